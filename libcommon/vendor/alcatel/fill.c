/*
 * The files of a Myriad: config.<model>.xml holds the address and the names of the files,
 * config.<mac>.xml everything. <settings><setting id="…" value="…"/>…</settings>.
 */
#include "vendor/address.h"
#include "vendor/alcatel/alcatel.h"
#include "vendor/format/lines.h"
#include "vendor/format/xml.h"

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "settings");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_xml_put_named(sheet, "setting", "id", "value", name, value);
}

const struct bk_format alcatel_format = {
    .content_type = "application/xml; charset=utf-8",
    .is_name = bk_is_dotted_name,
    .name_rule = "a parameter of an Alcatel-Lucent phone has 1 to 128 letters, digits, dots, "
                 "underscores and hyphens, a letter first",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = put,
};

/* The IP Touch has the same kinds of file in a format that is not known. */
const struct bk_format *alcatel_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_touch = file->is_model_known && bk_model_has_trait(file->model, BK_STR("iptouch"));
    bool is_served = kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE;
    return is_served && !is_touch ? &alcatel_format : NULL;
}

static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bk_put(sheet, BK_STR("DeviceProvisionServerUrl"), phone->provisioning_url);
    bk_put(sheet, BK_STR("DeviceProvisionServerUsername"), phone->provisioning_user);
    bk_put(sheet, BK_STR("DeviceProvisionServerPassword"), phone->provisioning_password);
}

static void fill_file_names(struct bk_sheet *sheet)
{
    bk_put_word(sheet, BK_STR("DeviceProvisionFileFirst"), "config.$model.xml");
    bk_put_word(sheet, BK_STR("DeviceProvisionFileSecond"), "config.$mac.xml");
    bk_put_empty(sheet, BK_STR("DeviceProvisionFileThird"));
}

static void put_vlan(struct bk_sheet *sheet, const struct bk_setting *settings, enum bk_neutral id,
                     struct bk_str enable, struct bk_str number)
{
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, enable, settings[id].layer != BK_LAYER_NONE ? "true" : "false");
    bk_put_setting(sheet, number, settings, id);
}

static void fill_network(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("SettingSntpServer"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
    put_vlan(sheet, settings, BK_NEUTRAL_VLAN_ID, BK_STR("DeviceNetworkLanVlanEnable"),
             BK_STR("DeviceNetworkLanVlanNumber"));
    put_vlan(sheet, settings, BK_NEUTRAL_PC_VLAN_ID, BK_STR("DeviceNetworkPcVlanEnable"),
             BK_STR("DeviceNetworkPcVlanNumber"));
    bk_from_driver(sheet);
}

static void fill_settings(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_word(sheet, BK_STR("DeviceProvisionPollingByIntervalEnable"),
                interval->layer == BK_LAYER_NONE ? NULL
                : interval->value.number > 0     ? "true"
                                                 : "false");
    if (interval->layer != BK_LAYER_NONE && interval->value.number > 0)
        bk_put_lost(sheet, BK_STR("minutes of the interval"));
    bk_put_choice(sheet, BK_STR("DeviceProvisionPnpEnable"), settings, BK_NEUTRAL_PROV_PNP,
                  "false true");
    bk_put_choice(sheet, BK_STR("DeviceProvisionDhcpEnable"), settings, BK_NEUTRAL_PROV_DHCP,
                  "false true");

    bk_put_beside_secret(sheet, BK_STR("DeviceSecurityAdminName"), settings,
                         BK_NEUTRAL_ADMIN_SECRET, "admin");
    bk_put_secret(sheet, BK_STR("DeviceSecurityAdminPwd"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_secret(sheet, BK_STR("DeviceSecurityUserPwd"), settings, BK_NEUTRAL_USER_SECRET);
    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    bk_put(sheet, BK_STR("DeviceFirmwareUpgradeUrl"),
           bk_url_folder(settings[BK_NEUTRAL_FIRMWARE_URL].value.text));
    bk_from_driver(sheet);
}

void alcatel_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    fill_address(sheet, file->phone);
    if (file->phone->is_bootstrap)
        return;
    fill_file_names(sheet);
    if (file->request.kind == BK_FILE_COMMON)
        return;
    fill_settings(sheet, file);
    fill_network(sheet, file->phone->settings);
    alcatel_fill_accounts(sheet, file);
    alcatel_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
