/*
 * The reasons of refusals.
 */
#include "model/refusal.h"

#include <string.h>

#include "base/attr.h"

static const struct {
    const char *reason, *words;
} reasons[] = {
    {"unknown_tenant_key", "no tenant has this URL key"},
    {"tenant_suspended", "the tenant is suspended"},
    {"no_identity", "the certificate proves no MAC"},
    {"generic_certificate", "the certificate is one that many phones share: it proves no MAC"},
    {"blocked_certificate", "the certificate is blocked"},
    {"unknown_device", "the tenant has no device with this MAC"},
    {"foreign_tenant_key", "this phone is bound here, and came with another tenant's URL key"},
    {"maker_mismatch", "the certificate is of another maker than the device"},
    {"foreign_root", "the CA vouches for another tenant's devices only"},
    {"mac_mismatch", "path or User-Agent name another MAC than the certificate"},
    {"suspended", "the device is suspended"},
    {"quarantined", "the device is quarantined"},
    {"released", "the device was released"},
    {"bound_elsewhere", "this MAC is bound to another tenant"},
    {"legacy_not_allowed", "the device may not use a listener with old TLS"},
    {"unarmed", "its policy gives files in a window or for a new revision only; arm the device"},
    {"unknown_secret", "no device is enrolled with this token or secret"},
    {"enrolment_off", "the policy allows no enrolment without a certificate"},
    {"enrolment_address", "it came from outside the addresses of the device's site"},
    {"enrolment_closed", "the enrolment's window is over; arm it again"},
    {"enrolment_used", "the token was used from another address before; arm the enrolment again"},
    {"factory_reset", "its token came again after it was enrolled: a reset phone, or somebody "
                      "else's; arm the enrolment again"},
    {"unknown_path", "no file of this maker"},
    {"upload_too_long",
     "the file is longer than its listener takes (listener.<name>.upload_bytes)"},
    {"upload_too_often", "the device writes more often than limits.uploads_per_hour"},
    {"upload_full",
     "no room: the device's files have limits.upload_device_bytes together, 16 at most"},
    {"nothing_stored", "the phone has written no such file yet"},
    {"phone_left", "the phone left before the answer"},
    {"database_timeout", "the database did not answer in time"},
    {"database_busy", "the database was busy"},
    {"database_down", "the database was away"},
    {"database_error", "the database refused; see beckon-config's log"},
    {"secret_unreadable", "a secret does not open with the tenant's key"},
    {"render_failed", "a value cannot be written in the maker's format; see beckon-config's log"},
};

const char *bk_refusal_text(const char *reason)
{
    for (size_t i = 0; i < BK_COUNT(reasons); i++) {
        if (strcmp(reasons[i].reason, reason) == 0)
            return reasons[i].words;
    }
    return reason;
}
