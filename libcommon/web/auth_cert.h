/*
 * From a certificate to text: subject attributes, bounded, decoded strictly, for the drivers'
 * rules; and a line for people ("CN=…, O=… issued by CN=…") of what a certificate claims.
 * Judges nothing: chain verification is io/tls, identity the service's.
 */
#ifndef WEB_AUTH_CERT_H
#define WEB_AUTH_CERT_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "model/cert_subject.h"

/*
 * BK_ERR_INVALID when the subject has more than BK_CERT_ATTRIBUTE_MAX attributes, several values in
 * one RDN, a text longer than BK_CERT_TEXT_MAX, a string type that is not text, invalid encoding,
 * NUL or control characters: such a certificate is no identity. Text types are UTF8String,
 * BMPString and UniversalString, and, as far as they are ASCII, PrintableString, IA5String,
 * NumericString and T61String. An empty subject is fine, and proves nothing.
 * Text lives in the arena.
 */
BK_MUST_USE enum bk_err bk_cert_subject_read(X509 *cert, struct bk_arena *arena,
                                             struct bk_cert_subject *ret_subject);

/*
 * At most 255 bytes, printable ASCII (others as \xNN), terminated: safe in logs and rows. Values
 * with blanks or signs are quoted (CN=001565000001, O="A, B"); "..." stands where something was
 * left out, "nobody" for an empty name.
 */
#define BK_CERT_CLAIM_SIZE 256
void bk_cert_claim_print(X509 *cert, char (*ret_text)[BK_CERT_CLAIM_SIZE]);

/* A certificate from PEM or DER; at most 64 KiB. The caller frees it.
 * BK_ERR_INVALID: anything else, or more than that one; BK_ERR_TOO_LARGE. */
BK_MUST_USE enum bk_err bk_cert_parse(struct bk_str pem_or_der, X509 **ret_cert,
                                      struct bk_detail *ret_detail);

/*
 * A CA's certificate as it is stored, judged as the listener would: what it leaves out must not be
 * stored. name is the claim above; all of it in the arena.
 * BK_ERR_INVALID with a detail: no certificate, no CA's, or one that has expired.
 */
struct bk_cert_root {
    struct bk_str name, der;
    int64_t not_after_s; /* of the epoch */
};
BK_MUST_USE enum bk_err bk_cert_root_read(struct bk_arena *arena, struct bk_str pem_or_der,
                                          struct bk_cert_root *ret_root,
                                          struct bk_detail *ret_detail);

#endif
