/*
 * The files: the phone's own, and the common one, which leads it there. And the settings of the
 * phone as a whole.
 */
#include <stdio.h>

#include "vendor/snom/snom.h"

#define URL_SIZE 400

const struct bk_format *snom_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &snom_format : NULL;
}

/* The phone puts its MAC, in capitals, where {mac} stands. */
static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str name = BK_STR("setting_server");
    char url[URL_SIZE];
    int len = snprintf(url, sizeof url, "%.*s/{mac}.xml", BK_STR_ARG(phone->provisioning_url));
    if (len < 0 || (size_t)len >= sizeof url)
        bk_sheet_fail(sheet, name, "is too long");
    else
        bk_put(sheet, name, bk_str_of(url));
    bk_put(sheet, BK_STR("http_client_user"), phone->provisioning_user);
    bk_put(sheet, BK_STR("http_client_pass"), phone->provisioning_password);
}

/* The admin's password opens menus and web page; the newer firmware has other names for the latter.
 */
static void put_passwords(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    static const char *const names[] = {"admin_mode_password", "admin_mode_password_confirm",
                                        "http_pass", "webserver_admin_password"};
    for (size_t i = 0; i < BK_COUNT(names); i++)
        bk_put_secret(sheet, bk_str_of(names[i]), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_beside_secret(sheet, BK_STR("http_user"), settings, BK_NEUTRAL_ADMIN_SECRET, "admin");
    bk_put_beside_secret(sheet, BK_STR("webserver_admin_name"), settings, BK_NEUTRAL_ADMIN_SECRET,
                         "admin");
}

static void put_provisioning(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    if (interval->layer == BK_LAYER_NONE)
        bk_put_empty(sheet, BK_STR("settings_refresh_timer"));
    else
        bk_put_int(sheet, BK_STR("settings_refresh_timer"), interval->value.number * 60);
    bk_put_choice(sheet, BK_STR("pnp_config"), settings, BK_NEUTRAL_PROV_PNP, "off on");
    bk_put_setting(sheet, BK_STR("firmware"), settings, BK_NEUTRAL_FIRMWARE_URL);
    bk_put_word(sheet, BK_STR("update_policy"),
                settings[BK_NEUTRAL_FIRMWARE_URL].layer != BK_LAYER_NONE ? "auto_update"
                                                                         : "settings_only");
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("ntp_server"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
    bk_put_choice(sheet, BK_STR("time_24_format"), settings, BK_NEUTRAL_TIME_FORMAT, "off on");
    /* It knows day or month first, and no more of a date's form. */
    bk_put_choice(sheet, BK_STR("date_us_format"), settings, BK_NEUTRAL_DATE_FORMAT,
                  "on off - off on off off");
}

void snom_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    fill_address(sheet, file->phone);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    put_passwords(sheet, settings);
    put_provisioning(sheet, settings);
    put_time(sheet, settings);
    snom_fill_settings(sheet, file);
    snom_fill_accounts(sheet, file);
    bk_put_raws(sheet, file);
    snom_fill_keys(sheet, file);
}
