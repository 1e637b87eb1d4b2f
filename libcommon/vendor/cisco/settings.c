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

#define MINUTES_A_DAY (24 * 60)
#define RULE_SIZE 128

/* "3/-1/7/2:0:0": the last Sunday; "3/8/7/2:0:0": the first Sunday from the 8th on. */
static size_t print_change(char *at, size_t size, const struct bk_zone_change *change)
{
    int day = change->week == 5 ? -1 : (change->week - 1) * 7 + 1;
    return (size_t)snprintf(at, size, "%d/%d/%d/%d:%d:0", change->month, day,
                            change->weekday == 0 ? 7 : change->weekday, change->minute / 60,
                            change->minute % 60);
}

static bool is_same_day(const struct bk_zone_change *change)
{
    return change->minute >= 0 && change->minute < MINUTES_A_DAY;
}

/* "start=3/-1/7/2:0:0;end=10/-1/7/3:0:0;save=1:0:0". row NULL: nobody set a zone. */
static void put_summer_time(struct bk_sheet *sheet, const struct bk_zone *row)
{
    const struct bk_zone_dst *dst = row != NULL ? row->dst : NULL;
    bool is_known = dst != NULL && is_same_day(&dst->start) && is_same_day(&dst->end);
    char rule[RULE_SIZE] = "";
    size_t len = 0;
    if (is_known) {
        len = (size_t)snprintf(rule, sizeof rule, "start=");
        len += print_change(rule + len, sizeof rule - len, &dst->start);
        len += (size_t)snprintf(rule + len, sizeof rule - len, ";end=");
        len += print_change(rule + len, sizeof rule - len, &dst->end);
        len += (size_t)snprintf(rule + len, sizeof rule - len, ";save=%d:%d:0", dst->saved_min / 60,
                                dst->saved_min % 60);
    }
    bk_put_word(sheet, BK_STR("Daylight_Saving_Time_Enable"), is_known ? "Yes" : "No");
    bk_put(sheet, BK_STR("Daylight_Saving_Time_Rule"), (struct bk_str){rule, len});
    if (dst != NULL && !is_known)
        bk_put_lost(sheet, BK_STR("daylight saving time that begins on another day"));
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
    put_summer_time(sheet, row);
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("Primary_NTP_Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_put(sheet, BK_STR("Secondary_NTP_Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    put_zone(sheet, settings);
}

static void put_vlan(struct bk_sheet *sheet, const struct bk_setting *settings, enum bk_neutral id,
                     struct bk_str enable, struct bk_str value)
{
    bool is_set = settings[id].layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, enable, is_set ? "Yes" : "No");
    bk_put(sheet, value, is_set ? settings[id].value.text : BK_STR("1"));
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
        cisco_put_rule(sheet, BK_STR("Custom_CA_Rule"), settings, BK_NEUTRAL_CA_URL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    bk_put_word(sheet, BK_STR("Upgrade_Enable"), "Yes");
    cisco_put_rule(sheet, BK_STR("Upgrade_Rule"), settings, BK_NEUTRAL_FIRMWARE_URL);
    put_time(sheet, settings);
    put_vlan(sheet, settings, BK_NEUTRAL_VLAN_ID, BK_STR("Enable_VLAN"), BK_STR("VLAN_ID"));
    put_vlan(sheet, settings, BK_NEUTRAL_PC_VLAN_ID, BK_STR("Enable_PC_Port_VLAN_Tagging"),
             BK_STR("PC_Port_VLAN_ID"));
    cisco_put_switch(sheet, BK_STR("Enable_CDP"), settings, BK_NEUTRAL_CDP, "Yes");
    bk_put_setting(sheet, BK_STR("Syslog_Server"), settings, BK_NEUTRAL_SYSLOG_SERVER);
    bk_put_setting(sheet, BK_STR("Voice_Mail_Number"), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_setting(sheet, BK_STR("Call_Pickup_Code"), settings, BK_NEUTRAL_PICKUP_CODE);
    bk_put_setting(sheet, BK_STR("Attendant_Console_Call_Pickup_Code"), settings,
                   BK_NEUTRAL_PICKUP_CODE);
    cisco_put_switch(sheet, BK_STR("CW_Setting"), settings, BK_NEUTRAL_CALL_WAITING, "Yes");
    cisco_put_switch(sheet, BK_STR("DND_Serv"), settings, BK_NEUTRAL_DND_ALLOWED, "Yes");
    put_phonebook(sheet, settings);
    bk_from_driver(sheet);
}
