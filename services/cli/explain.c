/*
 * Constraints of the schema, in words: what is wrong and what comes next. Those that only our own
 * mistakes can break have none and show PostgreSQL's message.
 */
#include <string.h>

#include "cli.h"

static const struct {
    const char *constraint, *sentence;
} sentences[] = {
    {"tenant_name_uq", "a tenant of this name exists already; `beckon tenant list` shows it"},
    {"tenant_name_ck",
     "a tenant's name is 1 to 63 of a-z, 0-9 and '-', with none of these at its ends"},
    {"tenant_title_ck", "the title is too long (128 characters) or has control characters"},
    {"tenant_key_uq", "this URL key is in use already; leave --key away and one is drawn"},
    {"tenant_key_ck", "a URL key is 8 to 16 of a-z and 0-9"},
    {"app_user_email_uq", "somebody has this address already; `beckon user list` shows it"},
    {"app_user_email_ck", "this is no e-mail address"},
    {"membership_pk", "has a role in this tenant already; `beckon user list` shows it"},
    {"membership_role_ck", "a role is admin, technician or viewer"},
    {"pbx_name_uq", "the tenant has a PBX of this name already; `beckon pbx list` shows it"},
    {"pbx_domain_ck", "the domain is no host name"},
    {"pbx_registrars_ck", "a registrar is no host name with a port; at most two"},
    {"pbx_proxies_ck", "a proxy is no host name with a port; at most two"},
    {"extension_number_uq",
     "the PBX has an extension of this number already; `beckon extension list` shows it"},
    {"extension_number_ck",
     "a number has 1 to 64 characters, none of them a blank, a quote or one of < > @"},
    {"extension_auth_id_ck", "the auth id is longer than 128 characters"},
    {"extension_name_ck", "the display name is longer than 128 characters"},
    {"device_mac_uq",
     "the tenant has a device with this MAC already; `beckon device show` shows it"},
    {"device_bound_uq", "this MAC is bound to another tenant; it must be released there first"},
    {"device_mac_ck", "this MAC is no device's (all zeros or all ones)"},
    {"device_label_ck", "the label is longer than 128 characters"},
    {"device_model_ck", "the model is longer than 64 characters"},
    {"device_serial_ck", "the serial number is longer than 64 characters"},
    {"device_line_index_uq", "two --line have the same INDEX; a phone's account is one extension"},
    {"device_line_label_ck", "a line's label is longer than 64 characters"},
    {"key_template_name_uq", "there is a key template of this name already"},
    {"key_template_key_value_ck", "a key's value is longer than 255 characters"},
    {"device_key_template_fk",
     "phones use this template; `beckon key-template use --none` ends that"},
    {"profile_key_template_fk",
     "profiles use this template; `beckon key-template use --none` ends that"},
    {"device_key_pk", "two --key have the same panel and slot; take one away"},
    {"device_key_slot_ck", "a key's slot is beyond its panel"},
    {"device_key_value_ck", "a key's value is longer than 255 characters"},
    {"device_key_label_ck", "a key's label is longer than 64 characters"},
    {"device_key_extension_ck", "a key's extension is longer than 64 characters"},
    {"site_name_uq", "the tenant has a site of this name already"},
    {"site_name_ck", "a site's name is 1 to 128 characters"},
    {"profile_name_uq", "the tenant has a profile of this name already"},
    {"profile_name_ck", "a profile's name is 1 to 128 characters"},
    {"tenant_settings_ck", "the tenant's settings together are larger than 8 KiB"},
    {"site_settings_ck", "the site's settings together are larger than 8 KiB"},
    {"profile_settings_ck", "the profile's settings together are larger than 8 KiB"},
    {"device_settings_ck", "the device's settings together are larger than 8 KiB"},
    {"tenant_raw_ck",
     "the tenant's raw parameters together are larger than 32 KiB, or more than 512"},
    {"site_raw_ck", "the site's raw parameters together are larger than 32 KiB, or more than 512"},
    {"profile_raw_ck",
     "the profile's raw parameters together are larger than 32 KiB, or more than 512"},
    {"device_raw_ck",
     "the device's raw parameters together are larger than 32 KiB, or more than 512"},
    {"tenant_locks_ck", "more than 256 locks"},
    {"site_locks_ck", "more than 256 locks"},
    {"profile_locks_ck", "more than 256 locks"},
    {"device_locks_ck", "more than 256 locks"},
    {"cert_rule_name_uq", "there is a rule of this name already; `beckon cert-rule list` shows it"},
    {"cert_rule_count_ck", "there are 256 already, which is as many as can be"},
    {"ban_network_ck", "a network is at widest /8, or /16 for IPv6; a firewall is for wider ones"},
    {"ban_reason_ck", "the reason is longer than 128 characters or has control characters"},
    {"trust_root_maker_ck", "the maker's name is not one of ours"},
    {"trust_root_rules_ck", "want 1 to 16 certificate rules by name"},
    {"trust_root_certificate_ck", "the certificate is smaller than 64 bytes or larger than 16 KiB"},
};

const char *cli_explain(const char *constraint)
{
    for (size_t i = 0; i < BK_COUNT(sentences); i++) {
        if (strcmp(sentences[i].constraint, constraint) == 0)
            return sentences[i].sentence;
    }
    return NULL;
}
