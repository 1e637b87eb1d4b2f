/*
 * Certificates as text. Called by the phone listener once per handshake (subject and claim) and by
 * whoever stores a trust root. What OpenSSL makes of a name is checked again here: its decoders
 * take Latin-1 for T61String and leave control characters in.
 */
#include "web/auth_cert.h"

#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "io/tls.h"

#define CERT_BYTES_MAX 65536
#define CLAIM_SUBJECT_BYTES_MAX \
    150 /* of a claim, so that a long subject leaves the issuer visible */

/* --- subject --- */

static enum bk_cert_field field_of(const ASN1_OBJECT *type)
{
    switch (OBJ_obj2nid(type)) {
    case NID_commonName:
        return BK_CERT_CN;
    case NID_serialNumber:
        return BK_CERT_SERIAL_NUMBER;
    case NID_organizationName:
        return BK_CERT_O;
    case NID_organizationalUnitName:
        return BK_CERT_OU;
    case NID_localityName:
        return BK_CERT_L;
    case NID_stateOrProvinceName:
        return BK_CERT_ST;
    case NID_countryName:
        return BK_CERT_C;
    default:
        return BK_CERT_OTHER;
    }
}

static bool is_text_type(const ASN1_STRING *value)
{
    bool is_ascii = true;
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    for (int i = 0; i < ASN1_STRING_length(value); i++)
        is_ascii = is_ascii && bytes[i] < 0x80;

    switch (ASN1_STRING_type(value)) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return true;
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_T61STRING: /* its upper half means T.61 to some and Latin-1 to others */
        return is_ascii;
    default:
        return false;
    }
}

static enum bk_err read_text(const ASN1_STRING *value, struct bk_arena *arena,
                             struct bk_str *ret_text)
{
    /* Four bytes a character at most, whatever the type: nothing longer needs decoding. */
    if (ASN1_STRING_length(value) > 4 * BK_CERT_TEXT_MAX || !is_text_type(value))
        return BK_ERR_INVALID;

    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, value);
    if (len < 0)
        return BK_ERR_INVALID;
    struct bk_str text = {(const char *)utf8, (size_t)len};
    enum bk_err err = BK_ERR_INVALID;
    if (text.len <= BK_CERT_TEXT_MAX && bk_str_is_utf8(text) && !bk_str_has_control(text)) {
        *ret_text = bk_arena_str(arena, text);
        err = BK_OK;
    }
    OPENSSL_free(utf8);
    return err;
}

enum bk_err bk_cert_subject_read(X509 *cert, struct bk_arena *arena,
                                 struct bk_cert_subject *ret_subject)
{
    const X509_NAME *name = X509_get_subject_name(cert);
    struct bk_cert_subject subject = {.count = 0};
    int count = X509_NAME_entry_count(name);
    if (count < 0 || count > BK_CERT_ATTRIBUTE_MAX)
        return BK_ERR_INVALID;

    enum bk_err err = BK_OK;
    ERR_set_mark(); /* an error left behind would be taken for the connection's by SSL_get_error */
    for (int i = 0; err == BK_OK && i < count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        /* RDNs are numbered: one that holds two attributes, or none, puts the numbers out of step.
         */
        if (X509_NAME_ENTRY_set(entry) != i) {
            err = BK_ERR_INVALID;
            break;
        }
        subject.attributes[i].field = field_of(X509_NAME_ENTRY_get_object(entry));
        err = read_text(X509_NAME_ENTRY_get_data(entry), arena, &subject.attributes[i].text);
        subject.count++;
    }
    ERR_pop_to_mark();
    if (err == BK_OK)
        *ret_subject = subject;
    return err;
}

/* --- claim --- */

struct line {
    char *text;
    size_t len, len_max;
    bool is_cut;
};

/* All or nothing, so that no escape is cut in half; nothing more after the first that fails. */
static void line_add(struct line *line, struct bk_str piece)
{
    line->is_cut = line->is_cut || piece.len > line->len_max - line->len;
    if (line->is_cut)
        return;
    memcpy(line->text + line->len, piece.ptr, piece.len);
    line->len += piece.len;
}

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("-._:@*/", c) != NULL);
}

/* Quoted unless plain, or a CN could claim an issuer of its own. */
static void line_add_value(struct line *line, const ASN1_STRING *value)
{
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    int count = ASN1_STRING_length(value);
    bool is_quoted = count == 0;
    for (int i = 0; i < count && !is_quoted; i++)
        is_quoted = !is_plain(bytes[i]);

    if (is_quoted)
        line_add(line, BK_STR("\""));
    for (int i = 0; i < count && !line->is_cut; i++) {
        char c = (char)bytes[i];
        if (bytes[i] >= ' ' && bytes[i] <= '~' && c != '"' && c != '\\') {
            line_add(line, (struct bk_str){&c, 1});
        } else {
            char escaped[4] = "\\x";
            escaped[2] = "0123456789abcdef"[bytes[i] >> 4];
            escaped[3] = "0123456789abcdef"[bytes[i] & 15];
            line_add(line, (struct bk_str){escaped, sizeof escaped});
        }
    }
    if (is_quoted)
        line_add(line, BK_STR("\""));
}

static void line_add_name(struct line *line, const X509_NAME *name)
{
    int count = X509_NAME_entry_count(name);
    if (count <= 0)
        line_add(line, BK_STR("nobody"));
    for (int i = 0; i < count && !line->is_cut; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
        enum bk_cert_field field = field_of(type);
        char oid[80];
        const char *label = bk_cert_field_name(field);
        if (field == BK_CERT_OTHER) {
            int nid = OBJ_obj2nid(type);
            int len = nid == NID_undef ? OBJ_obj2txt(oid, sizeof oid, type, 1) : -1;
            label = nid != NID_undef ? OBJ_nid2sn(nid) : len > 0 ? oid : "?";
        }
        if (i > 0)
            line_add(line, BK_STR(", "));
        line_add(line, bk_str_of(label));
        line_add(line, BK_STR("="));
        line_add_value(line, X509_NAME_ENTRY_get_data(entry));
    }
}

/* Names up to `len_max` bytes of the line in all; what is left out shows as "...". */
static void line_add_part(struct line *line, const X509_NAME *name, size_t len_max)
{
    line->len_max = len_max - 3;
    line_add_name(line, name);
    line->len_max = len_max;
    if (line->is_cut) {
        line->is_cut = false;
        line_add(line, BK_STR("..."));
    }
}

void bk_cert_claim_print(X509 *cert, char (*ret_text)[BK_CERT_CLAIM_SIZE])
{
    struct line line = {.text = *ret_text};
    ERR_set_mark();
    line_add_part(&line, X509_get_subject_name(cert), CLAIM_SUBJECT_BYTES_MAX);
    line.len_max = BK_CERT_CLAIM_SIZE - 1;
    line_add(&line, BK_STR(" issued by "));
    line_add_part(&line, X509_get_issuer_name(cert), BK_CERT_CLAIM_SIZE - 1);
    ERR_pop_to_mark();
    line.text[line.len] = '\0';
}

/* --- file --- */

static enum bk_err parse_der(const unsigned char *der, size_t bytes, X509 **ret_cert,
                             struct bk_detail *ret_detail)
{
    const unsigned char *at = der;
    X509 *cert = d2i_X509(NULL, &at, (long)bytes);
    if (cert == NULL) {
        bk_detail_set(ret_detail, "certificate: %zu bytes that are no X.509 certificate in DER",
                      bytes);
        return BK_ERR_INVALID;
    }
    size_t used = (size_t)(at - der);
    if (used != bytes) {
        X509_free(cert);
        bk_detail_set(
            ret_detail,
            "certificate: %zu bytes follow its end; give one certificate and nothing else",
            bytes - used);
        return BK_ERR_INVALID;
    }
    *ret_cert = cert;
    return BK_OK;
}

/* Text before and after the block is allowed, as openssl prints it; a second block is not: which of
 * the two is meant would be a guess. */
static enum bk_err parse_pem(struct bk_str pem, X509 **ret_cert, struct bk_detail *ret_detail)
{
    enum bk_err err = BK_ERR_NO_MEMORY;
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long der_bytes = 0;
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (in == NULL)
        goto out;

    err = BK_ERR_INVALID;
    if (PEM_read_bio(in, &name, &header, &der, &der_bytes) != 1) {
        bk_detail_set(ret_detail, "certificate: neither DER nor a complete PEM block "
                                  "(-----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----)");
        goto out;
    }
    if (strcmp(name, PEM_STRING_X509) != 0 || header[0] != '\0') {
        bk_detail_set(ret_detail, "certificate: the file's PEM block is something else; give the "
                                  "one that begins with -----BEGIN CERTIFICATE-----");
        goto out;
    }
    static const char begin[] = "-----BEGIN ";
    const char *rest = NULL;
    long rest_bytes = BIO_get_mem_data(in, &rest);
    if (rest_bytes > 0 && memmem(rest, (size_t)rest_bytes, begin, sizeof begin - 1) != NULL) {
        bk_detail_set(ret_detail, "certificate: the file holds more than one PEM block; give one "
                                  "certificate per file");
        goto out;
    }
    err = parse_der(der, (size_t)der_bytes, ret_cert, ret_detail);
out:
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)der_bytes); /* it may be a key given by mistake */
    BIO_free(in);
    return err;
}

enum bk_err bk_cert_parse(struct bk_str pem_or_der, X509 **ret_cert, struct bk_detail *ret_detail)
{
    if (pem_or_der.len == 0) {
        bk_detail_set(ret_detail, "certificate: empty; give one certificate, PEM or DER");
        return BK_ERR_INVALID;
    }
    if (pem_or_der.len > CERT_BYTES_MAX) {
        bk_detail_set(ret_detail,
                      "certificate: %zu bytes, the limit is %d; give one certificate, not a bundle",
                      pem_or_der.len, CERT_BYTES_MAX);
        return BK_ERR_TOO_LARGE;
    }
    /* DER: a SEQUENCE with a length of more than one byte, since no certificate is that small. */
    const unsigned char *bytes = (const unsigned char *)pem_or_der.ptr;
    bool is_der = pem_or_der.len > 1 && bytes[0] == 0x30 && bytes[1] >= 0x80;

    ERR_set_mark();
    enum bk_err err = is_der ? parse_der(bytes, pem_or_der.len, ret_cert, ret_detail)
                             : parse_pem(pem_or_der, ret_cert, ret_detail);
    ERR_pop_to_mark();
    return err;
}

/* ---- trust roots ---- */

static enum bk_err describe(X509 *cert, struct bk_arena *arena, struct bk_cert_root *root,
                            struct bk_detail *ret_detail)
{
    char claim[BK_CERT_CLAIM_SIZE];
    struct tm tm;
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    if (len <= 0 || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1) {
        OPENSSL_free(der);
        bk_detail_set(ret_detail, "the certificate cannot be read again");
        return BK_ERR_INVALID;
    }
    bk_cert_claim_print(cert, &claim);
    root->name = bk_arena_str(arena, bk_str_of(claim));
    root->der = bk_arena_str(arena, (struct bk_str){(const char *)der, (size_t)len});
    root->not_after_s = (int64_t)timegm(&tm);
    OPENSSL_free(der);
    if (root->not_after_s < bk_clock_wall_ms() / 1000) {
        bk_detail_set(ret_detail, "%.150s: expired on %04d-%02d-%02d, it would vouch for nobody",
                      claim, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

static enum bk_err check_ca(const struct bk_cert_root *root, struct bk_detail *ret_detail)
{
    struct bk_trust *trust = NULL;
    struct bk_trust_root row = {.root_id = 1};
    struct bk_detail reason = {""};
    enum bk_err err = bk_trust_new(&trust);
    if (err == BK_OK)
        err = bk_trust_add(trust, &row, root->der, &reason);
    bk_trust_unref(trust);
    if (err != BK_OK)
        bk_detail_set(ret_detail, "%.120s: %.120s", root->name.ptr, reason.text);
    return err;
}

enum bk_err bk_cert_root_read(struct bk_arena *arena, struct bk_str pem_or_der,
                              struct bk_cert_root *ret_root, struct bk_detail *ret_detail)
{
    struct bk_cert_root root;
    X509 *cert = NULL;
    enum bk_err err = bk_cert_parse(pem_or_der, &cert, ret_detail);
    if (err == BK_OK)
        err = describe(cert, arena, &root, ret_detail);
    X509_free(cert);
    if (err == BK_OK)
        err = check_ca(&root, ret_detail);
    if (err == BK_OK)
        *ret_root = root;
    return err;
}
