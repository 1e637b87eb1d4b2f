/*
 * Names of the subject's fields, as people write them.
 */
#include "model/cert_subject.h"

const char *bk_cert_field_name(enum bk_cert_field field)
{
    static const char *const names[BK_CERT_FIELD_COUNT] = {
        [BK_CERT_CN] = "CN", [BK_CERT_SERIAL_NUMBER] = "serialNumber",
        [BK_CERT_O] = "O",   [BK_CERT_OU] = "OU",
        [BK_CERT_L] = "L",   [BK_CERT_ST] = "ST",
        [BK_CERT_C] = "C",   [BK_CERT_OTHER] = "other",
    };
    return field < BK_CERT_FIELD_COUNT ? names[field] : "none";
}
