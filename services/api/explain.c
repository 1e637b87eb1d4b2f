/*
 * From a broken constraint of the schema to a problem that names member and cure. What the engine
 * judges before it writes never gets here; this is what only the database knows: names that are
 * taken, references that lead nowhere, states that do not follow each other.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "resource.h"

static const struct {
    const char *constraint, *member, *text;
} sentences[] = {
    {"tenant_name_uq", "name", "another tenant has this name"},
    {"tenant_key_uq", "key", "this provisioning key is taken; leave it out to have one drawn"},
    {"site_name_uq", "name", "another site has this name"},
    {"pbx_name_uq", "name", "another PBX has this name"},
    {"profile_name_uq", "name", "another profile has this name"},
    {"key_template_name_uq", "name", "another key template has this name"},
    {"membership_pk", "email", "this person has a role in this tenant already; change that one"},
    {"app_user_email_uq", "email",
     "this e-mail has an account already that is not this tenant's; ask the operator to add it"},
    {"extension_number_uq", "number", "this PBX has this number in this domain already"},
    {"device_mac_uq", "mac", "this tenant has a device with this MAC already"},
    {"cert_rule_name_uq", "name", "another rule has this name"},
    {"cert_rule_count_ck", "name", "there are 256 rules already, which is as many as can be"},
    {"trust_root_sha256_uq", "certificate", "this certificate is a trust root already"},
    {"device_line_index_uq", "index", "stands twice"},
    {"device_key_pk", "slot", "stands twice"},
    {"extension_pbx_fk", "pbx_id", "there is no such PBX"},
    {"device_site_fk", "site_id", "there is no such site"},
    {"device_profile_fk", "profile_id", "there is no such profile"},
    {"device_key_template_fk", "key_template_id", "there is no such key template"},
    {"profile_key_template_fk", "key_template_id", "there is no such key template"},
    {"key_template_key_slot_ck", "slot",
     "a phone has at most 200 line keys, 100 programmable keys, and 6 modules of 120 keys"},
    {"key_rule_site_fk", "items", "a rule's site_id leads to no site"},
    {"device_line_extension_fk", "extension_id", "there is no such extension"},
    {"device_line_device_fk", "device_id", "the device has just been deleted"},
    {"device_key_device_fk", "device_id", "the device has just been deleted"},
    {"device_begins_ck", "state", "a device begins as a claim; suspend it afterwards"},
    {"device_bound_ck", "state",
     "only the phone itself binds a claim, by a fetch with its certificate; one that was never "
     "bound goes back to \"claimed\""},
    {"device_transition_ck", "state",
     "a released device is claimed again before it can be anything else, and a bound one is "
     "released before it can be a mere claim"},
    {"tenant_settings_ck", "settings", "a layer's settings are at most 8 KiB, 128 of them"},
    {"site_settings_ck", "settings", "a layer's settings are at most 8 KiB, 128 of them"},
    {"profile_settings_ck", "settings", "a layer's settings are at most 8 KiB, 128 of them"},
    {"device_settings_ck", "settings", "a layer's settings are at most 8 KiB, 128 of them"},
    {"device_line_settings_ck", "settings", "a line's settings are at most 4 KiB"},
    {"tenant_raw_ck", "raw", "a layer's raw parameters are at most 32 KiB, 512 of a maker"},
    {"site_raw_ck", "raw", "a layer's raw parameters are at most 32 KiB, 512 of a maker"},
    {"profile_raw_ck", "raw", "a layer's raw parameters are at most 32 KiB, 512 of a maker"},
    {"device_raw_ck", "raw", "a layer's raw parameters are at most 32 KiB, 512 of a maker"},
    {"device_line_raw_ck", "raw", "a line's raw parameters are at most 4 KiB"},
    {"site_addresses_ck", "addresses", "at most 32 networks, each once"},
    {"tenant_policy_ck", "policy", "holds a key or a value that there is not"},
    {"profile_policy_ck", "policy", "holds a key or a value that there is not"},
    {"blocked_certificate_uq", "fingerprint", "this certificate is blocked already"},
    {"site_address_ck", "emergency_address", "at most 2 KiB in all"},
    {"device_location_ck", "location", "at most 2 KiB in all"},
    {"pbx_control_options_ck", "control.options", "at most 8 KiB in all"},
};

enum bk_err api_explain(struct api_call *call, enum bk_err err)
{
    const char *constraint = bk_pgc_constraint(call->store.pgc);
    bool is_taken = err == BK_ERR_EXISTS;
    if ((err != BK_ERR_EXISTS && err != BK_ERR_NOT_FOUND && err != BK_ERR_INVALID) ||
        constraint[0] == '\0')
        return err;
    for (size_t i = 0; i < BK_COUNT(sentences); i++) {
        if (strcmp(sentences[i].constraint, constraint) != 0)
            continue;
        api_member_error(call, sentences[i].member, "%s", sentences[i].text);
        call->reply.problem = is_taken ? "taken" : NULL;
        return is_taken ? BK_ERR_EXISTS : BK_ERR_INVALID;
    }
    /* One without a sentence: its name is better than nothing, and no secret. */
    bk_detail_set(&call->detail, "the database refused it (%s)", constraint);
    return is_taken ? BK_ERR_EXISTS : BK_ERR_INVALID;
}

enum bk_err api_refuse(struct api_call *call, enum bk_err err, const char *problem,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(call->detail.text, sizeof call->detail.text, format, args);
    va_end(args);
    call->reply.problem = problem;
    return err;
}
