/*
 * The files: <mac>.xml, and what a phone from the factory asks for by its product, which holds the
 * way to <mac>.xml alone.
 */
#include <stdio.h>

#include "base/secret.h"
#include "vendor/cisco/cisco.h"
#include "vendor/format/xml.h"

#define RULE_SIZE (BK_PARAM_VALUE_MAX + 1)

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "flat-profile");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
}

/*
 * "$NAME" stands for something else: the MAC, the serial number, another parameter, passwords among
 * them. The guides list where a phone looks for such macros; that a firmware looks nowhere else is
 * not known, and there is no form that it surely leaves alone.
 */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    const char *fault = bk_xml_check_value(format, value);
    if (fault == NULL && bk_str_find(value, '$') >= 0)
        fault = "holds a '$', which this phone takes for the beginning of a macro";
    return fault;
}

void cisco_put_macros(struct bk_sheet *sheet, struct bk_str name, const char *text)
{
    const char *fault = bk_xml_check_value(sheet->format, bk_str_of(text));
    if (fault != NULL)
        bk_sheet_fail(sheet, name, fault);
    else
        bk_put_word(sheet, name, text);
}

const struct bk_format cisco_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = bk_xml_is_name,
    .name_rule = "a Cisco parameter has 1 to 128 letters, digits, underscores, hyphens and dots, "
                 "a letter or underscore first",
    .check_value = check_value,
    .begin = begin,
    .end = end,
    .put = bk_xml_put_element,
};

const struct bk_format *cisco_form(const struct bk_file *file)
{
    const struct bk_file_request *request = &file->request;
    if (bk_str_eq(request->model_code, BK_STR(CISCO_ENTERPRISE)))
        return NULL;
    return request->kind == BK_FILE_COMMON || request->kind == BK_FILE_DEVICE ? &cisco_format
                                                                              : NULL;
}

bool cisco_is_mpp(const struct bk_file *file)
{
    return !file->is_model_known || bk_model_has_trait(file->model, BK_STR("mpp"));
}

bool cisco_is_spa(const struct bk_file *file)
{
    return !file->is_model_known || !bk_model_has_trait(file->model, BK_STR("mpp"));
}

/* A rule is a small language of its own: blanks, brackets, '|' and '$' mean something in it. */
static bool is_rule_text(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= ' ' || c > '~' || c == '[' || c == ']' || c == '(' || c == ')' || c == '|' ||
            c == '$' || c == '"' || c == '\'' || c == '\\')
            return false;
    }
    return true;
}

void cisco_put_rule(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                    enum bk_neutral id)
{
    bk_from_setting(sheet, settings, id);
    if (is_rule_text(settings[id].value.text))
        bk_put(sheet, name, settings[id].value.text);
    else
        bk_sheet_fail(sheet, name, "holds what means something in a rule");
}

/* "[--uid u --pwd p]https://host/key/$MA.xml": the phone puts its MAC in, in small letters. */
static void put_profile_rule(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str name = BK_STR("Profile_Rule"), user = phone->provisioning_user,
                        password = phone->provisioning_password, url = phone->provisioning_url;
    char rule[RULE_SIZE];
    if (!is_rule_text(user) || !is_rule_text(password) || !is_rule_text(url)) {
        bk_sheet_fail(sheet, name, "user, password or address hold what means something in a rule");
        return;
    }
    int len = user.len == 0 ? snprintf(rule, sizeof rule, "%.*s/$MA.xml", BK_STR_ARG(url))
                            : snprintf(rule, sizeof rule, "[--uid %.*s --pwd %.*s]%.*s/$MA.xml",
                                       BK_STR_ARG(user), BK_STR_ARG(password), BK_STR_ARG(url));
    if (len < 0 || (size_t)len >= sizeof rule)
        bk_sheet_fail(sheet, name, "is too long");
    else
        cisco_put_macros(sheet, name, rule);
    bk_wipe(rule, sizeof rule);
}

/* "03:00" as "0300"; empty: at no time. */
static void put_resync_at(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str time = settings[BK_NEUTRAL_PROV_WINDOW_BEGIN].value.text;
    char digits[8];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);
    snprintf(digits, sizeof digits, "%.*s%.*s", BK_STR_ARG(bk_str_slice(time, 0, 2)),
             BK_STR_ARG(bk_str_slice(time, 3, 5)));
    bk_put(sheet, BK_STR("Resync_At__HHmm_"), bk_str_of(digits));
    if (time.len > 0 && settings[BK_NEUTRAL_PROV_INTERVAL_MIN].layer != BK_LAYER_NONE) {
        bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
        bk_put_lost(sheet, BK_STR("the interval, where an hour is set"));
    }
    bk_from_driver(sheet);
}

/* The other three rules would be followed too. The delays are the factory's: a phone that was given
 * others would come back late, or never. */
static void put_provisioning(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_setting *settings = phone->settings;
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_put_word(sheet, BK_STR("Provision_Enable"), "Yes");
    bk_put_empty(sheet, BK_STR("Profile_Rule_B"));
    bk_put_empty(sheet, BK_STR("Profile_Rule_C"));
    bk_put_empty(sheet, BK_STR("Profile_Rule_D"));
    bk_put_word(sheet, BK_STR("Resync_From_SIP"), "Yes");
    cisco_put_switch(sheet, BK_STR("Resync_On_Reset"), settings, BK_NEUTRAL_PROV_POWER_ON, "Yes");
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_int(sheet, BK_STR("Resync_Periodic"),
               interval->layer == BK_LAYER_NONE ? 3600 : 60 * interval->value.number);
    const struct bk_setting *dhcp = &settings[BK_NEUTRAL_PROV_DHCP];
    bool is_off = dhcp->layer != BK_LAYER_NONE && dhcp->value.number == 0;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_DHCP);
    bk_put_word(sheet, BK_STR("DHCP_Option_To_Use"), is_off ? NULL : "66,160,159,150");
    put_resync_at(sheet, settings);
    bk_put_word(sheet, BK_STR("Resync_Random_Delay"), "2");
    bk_put_word(sheet, BK_STR("Resync_Error_Retry_Delay"), "3600");
    bk_put_word(sheet, BK_STR("Forced_Resync_Delay"), "14400");
    bk_put_word(sheet, BK_STR("Resync_After_Upgrade_Attempt"), "Yes");
}

void cisco_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    put_profile_rule(sheet, file->phone);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    put_provisioning(sheet, file->phone);
    cisco_fill_settings(sheet, file);
    cisco_fill_accounts(sheet, file);
    cisco_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
