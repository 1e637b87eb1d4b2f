/*
 * The neutral settings of the phone as a whole. A parameter that is one of several words is given
 * the factory's when nobody sets it, since an empty one is none of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model/zone.h"
#include "vendor/cisco/cisco.h"

void cisco_put_switch(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                      enum bk_neutral id, const char *factory)
{
    const struct bk_setting *setting = &settings[id];
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, name,
                setting->layer == BK_LAYER_NONE ? factory
                : setting->value.number != 0    ? "Yes"
                                                : "No");
}

/* "GMT+01:00". */
static void put_zone(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str zone = settings[BK_NEUTRAL_TIME_ZONE].value.text;
    const struct bk_zone *row = bk_zone_find(zone);
    const struct bk_str name = BK_STR("Time_Zone");
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (zone.len > 0 && row == NULL) {
        bk_sheet_fail(sheet, name, "the time zone is not in the table; choose another time.zone");
        return;
    }
    char offset[16] = "";
    if (row != NULL)
        snprintf(offset, sizeof offset, "GMT%c%02d:%02d", row->offset_min < 0 ? '-' : '+',
                 abs(row->offset_min) / 60 % 24, abs(row->offset_min) % 60);
    bk_put(sheet, name, bk_str_of(offset));
    /* Off where the zone has it too: how the rule is written is not verified. */
    bk_put_word(sheet, BK_STR("Daylight_Saving_Time_Enable"), "No");
    bk_put_empty(sheet, BK_STR("Daylight_Saving_Time_Rule"));
    if (row != NULL && row->dst != NULL)
        bk_put_lost(sheet, BK_STR("daylight saving time"));
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("Primary_NTP_Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_put(sheet, BK_STR("Secondary_NTP_Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    put_zone(sheet, settings);
}

static void put_vlan(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *vlan = &settings[BK_NEUTRAL_VLAN_ID];
    bool is_set = vlan->layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_VLAN_ID);
    bk_put_word(sheet, BK_STR("Enable_VLAN"), is_set ? "Yes" : "No");
    bk_put(sheet, BK_STR("VLAN_ID"), is_set ? vlan->value.text : BK_STR("1"));
}

static void put_passwords(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    if (cisco_is_spa(file))
        bk_put_secret(sheet, BK_STR("Admin_Passwd"), settings, BK_NEUTRAL_ADMIN_SECRET);
    if (cisco_is_mpp(file))
        bk_put_secret(sheet, BK_STR("Admin_Password"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_secret(sheet, BK_STR("User_Password"), settings, BK_NEUTRAL_USER_SECRET);
}

/* As in the phone's own list of directories. */
static void put_phonebook(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bool is_set = settings[BK_NEUTRAL_PHONEBOOK_URL].layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PHONEBOOK_URL);
    bk_put_word(sheet, BK_STR("XML_Directory_Service_Name"), is_set ? "Phone book" : NULL);
    bk_put_setting(sheet, BK_STR("XML_Directory_Service_URL"), settings, BK_NEUTRAL_PHONEBOOK_URL);
}

void cisco_fill_settings(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    put_passwords(sheet, file);
    cisco_put_switch(sheet, BK_STR("Enable_Web_Server"), settings, BK_NEUTRAL_WEB_UI, "Yes");
    if (cisco_is_mpp(file))
        bk_put_setting(sheet, BK_STR("Custom_CA_Rule"), settings, BK_NEUTRAL_CA_URL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    bk_put_word(sheet, BK_STR("Upgrade_Enable"), "Yes");
    bk_put_setting(sheet, BK_STR("Upgrade_Rule"), settings, BK_NEUTRAL_FIRMWARE_URL);
    put_time(sheet, settings);
    put_vlan(sheet, settings);
    bk_put_setting(sheet, BK_STR("Syslog_Server"), settings, BK_NEUTRAL_SYSLOG_SERVER);
    bk_put_setting(sheet, BK_STR("Voice_Mail_Number"), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_setting(sheet, BK_STR("Call_Pickup_Code"), settings, BK_NEUTRAL_PICKUP_CODE);
    bk_put_setting(sheet, BK_STR("Attendant_Console_Call_Pickup_Code"), settings,
                   BK_NEUTRAL_PICKUP_CODE);
    cisco_put_switch(sheet, BK_STR("CW_Setting"), settings, BK_NEUTRAL_CALL_WAITING, "Yes");
    put_phonebook(sheet, settings);
    bk_from_driver(sheet);
}
