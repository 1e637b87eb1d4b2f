/*
 * Certificates made here, attribute by attribute: which subjects are read, which are refused, and
 * what a claim looks like. Then what bk_cert_parse takes for one certificate.
 */
#include "web/auth_cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "harness/test.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define EURO "\x20\xac" /* two bytes of BMPString, three of UTF-8 */
#define EUROS10 EURO EURO EURO EURO EURO EURO EURO EURO EURO EURO
#define X128 X16 X16 X16 X16 X16 X16 X16 X16

/* An attribute as it will stand in the certificate: type and bytes, nothing checked or converted.
 */
struct attribute {
    const char *field; /* short name or OID */
    int type;          /* V_ASN1_… */
    const char *bytes;
    int count;
    bool joins; /* the RDN of the attribute before it */
};

#define UTF8(field, literal) \
    { \
        field, V_ASN1_UTF8STRING, literal, sizeof(literal) - 1, false \
    }
#define TYPED(field, type, literal) \
    { \
        field, type, literal, sizeof(literal) - 1, false \
    }
#define JOINED(field, literal) \
    { \
        field, V_ASN1_UTF8STRING, literal, sizeof(literal) - 1, true \
    }

static EVP_PKEY *key;

static int make_key(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return key == NULL ? -1 : 0;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

/* OpenSSL neither encodes nor reads names with strings of other types, or that it cannot decode. */
static bool is_encodable(const ASN1_STRING *value)
{
    const unsigned long in_names = B_ASN1_PRINTABLE, in_texts = B_ASN1_DIRECTORYSTRING;
    unsigned long type = ASN1_tag2bit(ASN1_STRING_type(value));
    if ((type & in_texts) == 0)
        return (type & in_names) != 0;
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, value);
    OPENSSL_free(utf8);
    return len >= 0;
}

/*
 * The raw value goes in behind the API's back, which would refuse or convert what we want to see.
 * What not even the encoder takes goes in as T61String (any bytes do), and gets its tag in
 * patch_tag.
 */
static void add_attribute(X509_NAME *name, const struct attribute *attribute)
{
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();
    ASN1_OBJECT *type = OBJ_txt2obj(attribute->field, 0);
    assert_non_null(entry);
    assert_non_null(type);
    assert_int_equal(X509_NAME_ENTRY_set_object(entry, type), 1);
    ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
    assert_int_equal(ASN1_STRING_set(value, attribute->bytes, attribute->count), 1);
    value->type = attribute->type;
    if (!is_encodable(value))
        value->type = V_ASN1_T61STRING;
    assert_int_equal(X509_NAME_add_entry(name, entry, -1, attribute->joins ? -1 : 0), 1);
    X509_NAME_ENTRY_free(entry);
    ASN1_OBJECT_free(type);
}

static void patch_tag(unsigned char *der, size_t der_bytes, const struct attribute *attribute)
{
    unsigned char element[130] = {V_ASN1_T61STRING, (unsigned char)attribute->count};
    if (attribute->count > 127)
        return;
    memcpy(element + 2, attribute->bytes, (size_t)attribute->count);
    unsigned char *at = memmem(der, der_bytes, element, (size_t)attribute->count + 2);
    if (at != NULL)
        *at = (unsigned char)attribute->type;
}

static X509_NAME *make_name(const struct attribute *attributes, size_t count)
{
    X509_NAME *name = X509_NAME_new();
    assert_non_null(name);
    for (size_t i = 0; i < count; i++)
        add_attribute(name, &attributes[i]);
    return name;
}

/*
 * Encoded and read back, as it would come out of a handshake: NULL when bk_cert_parse refuses it
 * already, which it does with strings that OpenSSL cannot compare.
 */
static X509 *make_cert(const struct attribute *subject, size_t count,
                       const struct attribute *issuer)
{
    X509 *cert = X509_new();
    assert_non_null(cert);
    X509_NAME *name = make_name(subject, count);
    assert_int_equal(X509_set_subject_name(cert, name), 1);
    X509_NAME_free(name);
    name = make_name(issuer, issuer == NULL ? 0 : 1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    X509_NAME_free(name);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);

    unsigned char *der = NULL;
    int der_bytes = i2d_X509(cert, &der);
    assert_true(der_bytes > 0);
    X509_free(cert);
    for (size_t i = 0; i < count; i++)
        patch_tag(der, (size_t)der_bytes, &subject[i]);
    ERR_clear_error();

    X509 *read = NULL;
    struct bk_detail detail = {""};
    struct bk_str text = {(const char *)der, (size_t)der_bytes};
    enum bk_err err = bk_cert_parse(text, &read, &detail);
    assert_true(err == BK_OK || err == BK_ERR_INVALID);
    OPENSSL_free(der);
    return read;
}

static const struct {
    const char *label;
    struct attribute attributes[BK_CERT_ATTRIBUTE_MAX + 1];
    enum bk_err want;
    const char *print; /* "field=text;" of each */
} subject_cases[] = {
    {"CN alone", {UTF8("CN", "001565000062")}, BK_OK, "CN=001565000062;"},
    {"all the fields, in their order",
     {TYPED("C", V_ASN1_PRINTABLESTRING, "CN"), UTF8("ST", "FuJian"), UTF8("L", "Xiamen"),
      UTF8("O", "Yealink Network Technology Co., Ltd."), UTF8("OU", "Yealink Equipment"),
      UTF8("CN", "yealink.com"),
      TYPED("serialNumber", V_ASN1_PRINTABLESTRING, "ffffffff-ffff-ffff-fff0-001565000062"),
      TYPED("emailAddress", V_ASN1_IA5STRING, "a@b.example")},
     BK_OK,
     "C=CN;ST=FuJian;L=Xiamen;O=Yealink Network Technology Co., Ltd.;OU=Yealink Equipment;"
     "CN=yealink.com;serialNumber=ffffffff-ffff-ffff-fff0-001565000062;other=a@b.example;"},
    {"empty subject", {{0}}, BK_OK, ""},
    {"empty CN", {UTF8("CN", "")}, BK_OK, "CN=;"},
    {"two CNs, for the rules to refuse",
     {UTF8("CN", "001565000062"), UTF8("CN", "001565000063")},
     BK_OK,
     "CN=001565000062;CN=001565000063;"},
    {"an attribute nobody knows", {UTF8("1.2.3.4.5", "x")}, BK_OK, "other=x;"},
    {"128 bytes", {UTF8("CN", X128)}, BK_OK, "CN=" X128 ";"},
    {"UTF-8", {UTF8("CN", "caf\xc3\xa9 \xe2\x82\xac")}, BK_OK, "CN=caf\xc3\xa9 \xe2\x82\xac;"},
    {"NumericString",
     {TYPED("CN", V_ASN1_NUMERICSTRING, "001565000062")},
     BK_OK,
     "CN=001565000062;"},
    {"T61String in ASCII",
     {TYPED("CN", V_ASN1_T61STRING, "001565000062")},
     BK_OK,
     "CN=001565000062;"},
    {"BMPString",
     {TYPED("CN", V_ASN1_BMPSTRING, "\0a\0\xe9\x20\xac")},
     BK_OK,
     "CN=a\xc3\xa9\xe2\x82\xac;"},
    {"UniversalString",
     {TYPED("CN", V_ASN1_UNIVERSALSTRING, "\0\0\0a\0\1\xf6\0")},
     BK_OK,
     "CN=a\xf0\x9f\x98\x80;"},
    {"16 attributes",
     {UTF8("OU", "1"), UTF8("OU", "2"), UTF8("OU", "3"), UTF8("OU", "4"), UTF8("OU", "5"),
      UTF8("OU", "6"), UTF8("OU", "7"), UTF8("OU", "8"), UTF8("OU", "9"), UTF8("OU", "10"),
      UTF8("OU", "11"), UTF8("OU", "12"), UTF8("OU", "13"), UTF8("OU", "14"), UTF8("OU", "15"),
      UTF8("OU", "16")},
     BK_OK,
     "OU=1;OU=2;OU=3;OU=4;OU=5;OU=6;OU=7;OU=8;OU=9;OU=10;OU=11;OU=12;OU=13;OU=14;OU=15;OU=16;"},
    {"17 attributes",
     {UTF8("OU", "1"), UTF8("OU", "2"), UTF8("OU", "3"), UTF8("OU", "4"), UTF8("OU", "5"),
      UTF8("OU", "6"), UTF8("OU", "7"), UTF8("OU", "8"), UTF8("OU", "9"), UTF8("OU", "10"),
      UTF8("OU", "11"), UTF8("OU", "12"), UTF8("OU", "13"), UTF8("OU", "14"), UTF8("OU", "15"),
      UTF8("OU", "16"), UTF8("CN", "001565000062")},
     BK_ERR_INVALID,
     NULL},
    {"129 bytes", {UTF8("CN", X128 "x")}, BK_ERR_INVALID, NULL},
    {"129 bytes in another attribute",
     {UTF8("CN", "001565000062"), UTF8("O", X128 "x")},
     BK_ERR_INVALID,
     NULL},
    {"86 bytes of BMPString, 129 of UTF-8",
     {TYPED("CN", V_ASN1_BMPSTRING, EUROS10 EUROS10 EUROS10 EUROS10 EURO EURO EURO)},
     BK_ERR_INVALID,
     NULL},
    {"600 bytes",
     {UTF8("CN", X128 X128 X128 X128 X16 X16 X16 X16 X16 "xxxxxxxx")},
     BK_ERR_INVALID,
     NULL},
    {"multi-valued RDN", {UTF8("CN", "001565000062"), JOINED("OU", "x")}, BK_ERR_INVALID, NULL},
    {"multi-valued RDN in the middle",
     {UTF8("O", "x"), UTF8("CN", "001565000062"), JOINED("CN", "001565000063"), UTF8("OU", "y")},
     BK_ERR_INVALID,
     NULL},
    {"NUL in CN", {UTF8("CN", "001565000062\0.example")}, BK_ERR_INVALID, NULL},
    {"NUL behind CN",
     {TYPED("CN", V_ASN1_PRINTABLESTRING, "001565000062\0")},
     BK_ERR_INVALID,
     NULL},
    {"NUL in BMPString", {TYPED("CN", V_ASN1_BMPSTRING, "\0a\0\0")}, BK_ERR_INVALID, NULL},
    {"line feed", {UTF8("CN", "a\nb")}, BK_ERR_INVALID, NULL},
    {"escape", {TYPED("CN", V_ASN1_IA5STRING, "\x1b[2J")}, BK_ERR_INVALID, NULL},
    {"DEL", {UTF8("CN", "a\x7f")}, BK_ERR_INVALID, NULL},
    {"C1 control", {UTF8("CN", "a\xc2\x85")}, BK_ERR_INVALID, NULL},
    {"line separator in BMPString",
     {TYPED("CN", V_ASN1_BMPSTRING, "\x20\x28")},
     BK_ERR_INVALID,
     NULL},
    {"byte order mark", {TYPED("CN", V_ASN1_BMPSTRING, "\xfe\xff\0a")}, BK_ERR_INVALID, NULL},
    {"control in another attribute",
     {UTF8("CN", "001565000062"), UTF8("OU", "\x01")},
     BK_ERR_INVALID,
     NULL},
    {"UTF-8 cut", {UTF8("CN", "a\xc3")}, BK_ERR_INVALID, NULL},
    {"UTF-8 overlong", {UTF8("CN", "\xc0\xb0")}, BK_ERR_INVALID, NULL},
    {"UTF-8 surrogate", {UTF8("CN", "\xed\xa0\x80")}, BK_ERR_INVALID, NULL},
    {"UTF-8 beyond Unicode", {UTF8("CN", "\xf4\x90\x80\x80")}, BK_ERR_INVALID, NULL},
    {"T61String with its upper half",
     {TYPED("CN", V_ASN1_T61STRING, "caf\xe9")},
     BK_ERR_INVALID,
     NULL},
    {"IA5String with 8 bits", {TYPED("CN", V_ASN1_IA5STRING, "caf\xe9")}, BK_ERR_INVALID, NULL},
    {"PrintableString with 8 bits",
     {TYPED("CN", V_ASN1_PRINTABLESTRING, "caf\xe9")},
     BK_ERR_INVALID,
     NULL},
    {"BMPString of odd length", {TYPED("CN", V_ASN1_BMPSTRING, "\0a\0")}, BK_ERR_INVALID, NULL},
    {"BMPString with surrogates",
     {TYPED("CN", V_ASN1_BMPSTRING, "\xd8\x3d\xde\0")},
     BK_ERR_INVALID,
     NULL},
    {"UniversalString of 5 bytes",
     {TYPED("CN", V_ASN1_UNIVERSALSTRING, "\0\0\0a\0")},
     BK_ERR_INVALID,
     NULL},
    {"UniversalString beyond Unicode",
     {TYPED("CN", V_ASN1_UNIVERSALSTRING, "\0\x11\0\0")},
     BK_ERR_INVALID,
     NULL},
    {"bytes where text belongs",
     {TYPED("CN", V_ASN1_OCTET_STRING, "001565000062")},
     BK_ERR_INVALID,
     NULL},
    {"VisibleString, which no directory string is",
     {TYPED("CN", V_ASN1_VISIBLESTRING, "001565000062")},
     BK_ERR_INVALID,
     NULL},
    {"bits where text belongs",
     {TYPED("CN", V_ASN1_BIT_STRING, "001565000062")},
     BK_ERR_INVALID,
     NULL},
    {"a sequence where text belongs",
     {TYPED("CN", V_ASN1_SEQUENCE, "\x30\x02\x0c\x00")},
     BK_ERR_INVALID,
     NULL},
    {"a number where text belongs", {TYPED("CN", V_ASN1_INTEGER, "\x01")}, BK_ERR_INVALID, NULL},
};

static size_t count_of(const struct attribute *attributes)
{
    size_t count = 0;
    while (count <= BK_CERT_ATTRIBUTE_MAX && attributes[count].field != NULL)
        count++;
    return count;
}

static void print_subject(const struct bk_cert_subject *subject, struct bk_arena *arena,
                          struct bk_str *ret_text)
{
    *ret_text = BK_STR_NONE;
    for (size_t i = 0; i < subject->count; i++)
        *ret_text = bk_arena_printf(arena, "%.*s%s=%.*s;", BK_STR_ARG(*ret_text),
                                    bk_cert_field_name(subject->attributes[i].field),
                                    BK_STR_ARG(subject->attributes[i].text));
}

static void subjects_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(subject_cases); i++) {
        print_message("  %s\n", subject_cases[i].label);
        X509 *cert =
            make_cert(subject_cases[i].attributes, count_of(subject_cases[i].attributes), NULL);
        struct bk_arena *arena = bk_arena_new();
        struct bk_cert_subject subject = {.count = 99};
        enum bk_err err =
            cert == NULL ? BK_ERR_INVALID : bk_cert_subject_read(cert, arena, &subject);
        assert_int_equal(err, subject_cases[i].want);
        if (subject_cases[i].want == BK_OK) {
            struct bk_str text;
            print_subject(&subject, arena, &text);
            assert_str_equal(text, subject_cases[i].print);
        } else {
            assert_int_equal(subject.count, 99);
        }
        assert_int_equal(ERR_peek_error(), 0);
        bk_arena_free(arena);
        X509_free(cert);
    }
}

static void a_claim_of_any_certificate_is_printable_and_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(subject_cases); i++) {
        const struct attribute issuer = UTF8("CN", "Yealink Root CA");
        X509 *cert =
            make_cert(subject_cases[i].attributes, count_of(subject_cases[i].attributes), &issuer);
        if (cert == NULL)
            continue;
        char claim[BK_CERT_CLAIM_SIZE];
        memset(claim, 0x7f, sizeof claim);
        bk_cert_claim_print(cert, &claim);
        assert_non_null(memchr(claim, '\0', sizeof claim));
        for (const char *c = claim; *c != '\0'; c++)
            assert_in_range(*c, ' ', '~');
        /* However long the subject, the issuer is seen. */
        if (strstr(claim, " issued by CN=\"Yealink Root CA\"") == NULL)
            fail_msg("%s: %s", subject_cases[i].label, claim);
        X509_free(cert);
    }
}

static const struct {
    const char *label;
    struct attribute subject[4];
    struct attribute issuer[1];
    const char *want;
} claim_cases[] = {
    {"a Yealink phone",
     {UTF8("CN", "001565000062"), UTF8("O", "Yealink Co., Ltd.")},
     {UTF8("CN", "Yealink Equipment Issuing CA")},
     "CN=001565000062, O=\"Yealink Co., Ltd.\" issued by CN=\"Yealink Equipment Issuing CA\""},
    {"nobody by nobody", {{0}}, {{0}}, "nobody issued by nobody"},
    {"an empty value", {UTF8("CN", "")}, {UTF8("CN", "a")}, "CN=\"\" issued by CN=a"},
    {"a CN that claims an issuer",
     {UTF8("CN", "a issued by CN=b")},
     {UTF8("CN", "c")},
     "CN=\"a issued by CN=b\" issued by CN=c"},
    {"a CN that closes its quotes",
     {UTF8("CN", "a\" issued by \\")},
     {UTF8("CN", "c")},
     "CN=\"a\\x22 issued by \\x5c\" issued by CN=c"},
    {"other bytes",
     {UTF8("CN", "a\0\n\xc3\xa9")},
     {UTF8("CN", "c")},
     "CN=\"a\\x00\\x0a\\xc3\\xa9\" issued by CN=c"},
    {"other attributes",
     {TYPED("emailAddress", V_ASN1_IA5STRING, "a@b"), UTF8("1.2.3.4", "x")},
     {UTF8("CN", "c")},
     "emailAddress=a@b, 1.2.3.4=x issued by CN=c"},
    {"a long one is cut, and its issuer too",
     {UTF8("CN", X128), UTF8("O", X128)},
     {UTF8("CN", X128)},
     "CN=" X128 ", O=xxxxxxxxxxxx... issued by "
     "CN=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxx..."},
    {"an escape is not cut in half",
     {UTF8("CN", X128 "xxxxxxxxxxxx\x01\x01\x01")},
     {UTF8("CN", "c")},
     "CN=\"" X128 "xxxxxxxxxxxx... issued by CN=c"},
};

static void claims_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(claim_cases); i++) {
        print_message("  %s\n", claim_cases[i].label);
        X509 *cert =
            make_cert(claim_cases[i].subject, count_of(claim_cases[i].subject),
                      claim_cases[i].issuer[0].field == NULL ? NULL : claim_cases[i].issuer);
        assert_non_null(cert);
        char claim[BK_CERT_CLAIM_SIZE];
        bk_cert_claim_print(cert, &claim);
        assert_string_equal(claim, claim_cases[i].want);
        X509_free(cert);
    }
}

/* --- bk_cert_parse --- */

struct text {
    char bytes[80 * 1024];
    size_t len;
};

static void add(struct text *text, const void *bytes, size_t count)
{
    assert_true(text->len + count <= sizeof text->bytes);
    memcpy(text->bytes + text->len, bytes, count);
    text->len += count;
}

static void add_text(struct text *text, const char *more)
{
    add(text, more, strlen(more));
}

static void add_pem(struct text *text, const char *name, const unsigned char *der, size_t bytes)
{
    BIO *out = BIO_new(BIO_s_mem());
    assert_non_null(out);
    assert_true(PEM_write_bio(out, name, "", der, (long)bytes) > 0);
    char *pem = NULL;
    long pem_bytes = BIO_get_mem_data(out, &pem);
    add(text, pem, (size_t)pem_bytes);
    BIO_free(out);
}

struct parse_case {
    const char *label;
    enum bk_err want;
    const char *detail; /* part of it */
};

static void check_parse(const struct text *text, const struct parse_case *want)
{
    print_message("  %s\n", want->label);
    char *copy = malloc(text->len > 0 ? text->len : 1);
    assert_non_null(copy);
    memcpy(copy, text->bytes, text->len);
    X509 *cert = NULL;
    struct bk_detail detail = {""};
    enum bk_err err = bk_cert_parse((struct bk_str){copy, text->len}, &cert, &detail);
    assert_int_equal(err, want->want);
    assert_true((cert != NULL) == (err == BK_OK));
    if (strstr(detail.text, want->detail) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", want->detail, detail.text);
    /* And without anybody to read the detail. */
    X509 *again = NULL;
    assert_int_equal(bk_cert_parse((struct bk_str){copy, text->len}, &again, NULL), err);
    assert_int_equal(ERR_peek_error(), 0);
    X509_free(cert);
    X509_free(again);
    free(copy);
}

static void one_certificate_is_parsed_and_nothing_else(void **state)
{
    (void)state;
    const struct attribute name = UTF8("CN", "001565000062");
    X509 *cert = make_cert(&name, 1, NULL);
    unsigned char *der = NULL;
    assert_non_null(cert);
    size_t bytes = (size_t)i2d_X509(cert, &der);
    X509_free(cert);
    struct text *text = calloc(1, sizeof *text);
    assert_non_null(text);

#define CHECK(label, want, detail) \
    do { \
        check_parse(text, &(const struct parse_case){label, want, detail}); \
        text->len = 0; \
    } while (0)

    add(text, der, bytes);
    CHECK("DER", BK_OK, "");
    add_pem(text, "CERTIFICATE", der, bytes);
    CHECK("PEM", BK_OK, "");
    add_text(text, "Certificate:\n    Data:\n        Version: 3 (0x2)\n");
    add_pem(text, "CERTIFICATE", der, bytes);
    add_text(text, "\n\n");
    CHECK("PEM with text around it", BK_OK, "");

    CHECK("nothing", BK_ERR_INVALID, "empty");
    add_text(text, "hello");
    CHECK("hello", BK_ERR_INVALID, "neither DER nor");
    add(text, der, bytes - 1);
    CHECK("DER, last byte missing", BK_ERR_INVALID, "no X.509 certificate");
    add(text, der, bytes);
    add_text(text, "x");
    CHECK("DER and a byte", BK_ERR_INVALID, "1 bytes follow");
    add(text, der, bytes);
    add(text, der, bytes);
    CHECK("DER twice", BK_ERR_INVALID, "follow its end");
    add_pem(text, "CERTIFICATE", der, bytes);
    add_pem(text, "CERTIFICATE", der, bytes);
    CHECK("PEM twice", BK_ERR_INVALID, "more than one PEM block");
    add_pem(text, "CERTIFICATE", der, bytes);
    add_pem(text, "PRIVATE KEY", der, bytes);
    CHECK("PEM with a key", BK_ERR_INVALID, "more than one PEM block");
    add_pem(text, "PRIVATE KEY", der, bytes);
    CHECK("a key", BK_ERR_INVALID, "something else");
    add_pem(text, "TRUSTED CERTIFICATE", der, bytes);
    CHECK("with OpenSSL's own trust settings", BK_ERR_INVALID, "something else");
    add_pem(text, "CERTIFICATE", der, bytes - 1);
    CHECK("PEM of broken DER", BK_ERR_INVALID, "no X.509 certificate");
    add_pem(text, "CERTIFICATE", der, bytes);
    text->len -= 30;
    CHECK("PEM without its end", BK_ERR_INVALID, "neither DER nor");
    add_text(text, "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                   "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n"
                   "-----END CERTIFICATE-----\n");
    CHECK("PEM that asks for a password", BK_ERR_INVALID, "something else");
    memset(text->bytes, '\n', 64 * 1024);
    text->len = 64 * 1024 + 1;
    CHECK("64 KiB and a byte", BK_ERR_TOO_LARGE, "65537 bytes, the limit is 65536");
    memset(text->bytes, '\n', 64 * 1024);
    add_pem(text, "CERTIFICATE", der, bytes);
    memmove(text->bytes + 64 * 1024 - text->len, text->bytes, text->len);
    memset(text->bytes, '\n', 64 * 1024 - text->len);
    text->len = 64 * 1024;
    CHECK("64 KiB of it blank lines", BK_OK, "");
#undef CHECK
    free(text);
    OPENSSL_free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects_follow_the_table),
        cmocka_unit_test(a_claim_of_any_certificate_is_printable_and_bounded),
        cmocka_unit_test(claims_follow_the_table),
        cmocka_unit_test(one_certificate_is_parsed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
