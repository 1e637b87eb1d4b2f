/*
 * The subject of a phone's certificate as text: extracted by web/auth_cert (and the command line),
 * judged by a driver's rules. Bounded and clean by construction.
 */
#ifndef MODEL_CERT_SUBJECT_H
#define MODEL_CERT_SUBJECT_H

#include <stddef.h>

#include "base/str.h"

enum bk_cert_field {
    BK_CERT_CN,
    BK_CERT_SERIAL_NUMBER,
    BK_CERT_O,
    BK_CERT_OU,
    BK_CERT_L,
    BK_CERT_ST,
    BK_CERT_C,
    BK_CERT_OTHER,
    BK_CERT_FIELD_COUNT
};
const char *bk_cert_field_name(enum bk_cert_field field); /* "CN", "serialNumber", … */

#define BK_CERT_ATTRIBUTE_MAX 16
#define BK_CERT_TEXT_MAX 128

/* Attributes in the order of the certificate; texts are valid UTF-8 without control characters. */
struct bk_cert_subject {
    struct {
        enum bk_cert_field field;
        struct bk_str text;
    } attributes[BK_CERT_ATTRIBUTE_MAX];
    size_t count;
};

#endif
