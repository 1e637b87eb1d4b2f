#include "base/seal.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "harness/test.h"

/* 00 01 02 … 1f */
static struct bk_key counting_key(void)
{
    struct bk_key key;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)i;
    return key;
}

static struct bk_str as_str(const uint8_t *bytes, size_t len)
{
    return (struct bk_str){(const char *)bytes, len};
}

/* Made with another implementation: Python's `cryptography` AESGCM, nonce 40 41 … 4b. */
static const char foreign_sealed[] =
    "01404142434445464748494a4bd2819f160b4fe260bfa163829d3b652ad660"
    "7a849b1040f716c024";

static void a_foreign_sealing_opens(void **state)
{
    (void)state;
    const struct bk_key key = counting_key();
    char space[BK_SEAL_PLACE_SIZE];
    uint8_t sealed[(sizeof foreign_sealed - 1) / 2], plain[32];
    size_t len = 0;
    assert_int_equal(bk_hex_parse(bk_str_of(foreign_sealed), sealed, sizeof sealed), BK_OK);
    struct bk_str place = bk_seal_place(&space, 7, "extension.secret", 42);
    assert_str_equal(place, "7/extension.secret/42");
    assert_int_equal(
        bk_seal_open(&key, place, as_str(sealed, sizeof sealed), plain, sizeof plain, &len), BK_OK);
    assert_str_equal(as_str(plain, len), "0815-secret");
}

static void what_is_sealed_opens_whatever_its_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 15, 16, 17, 100, BK_SEAL_PLAIN_MAX};
    const struct bk_key key = counting_key();
    uint8_t text[BK_SEAL_PLAIN_MAX], plain[BK_SEAL_PLAIN_MAX];
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES];
    memset(text, 0xa5, sizeof text);
    for (size_t i = 0; i < BK_COUNT(lengths); i++) {
        size_t sealed_len = 0, len = 0;
        assert_int_equal(bk_seal(&key, BK_STR("7/a.b/1"), as_str(text, lengths[i]), sealed,
                                 sizeof sealed, &sealed_len),
                         BK_OK);
        assert_int_equal(sealed_len, lengths[i] + BK_SEAL_OVERHEAD_BYTES);
        assert_int_equal(bk_seal_open(&key, BK_STR("7/a.b/1"), as_str(sealed, sealed_len), plain,
                                      lengths[i], &len),
                         BK_OK);
        assert_int_equal(len, lengths[i]);
        if (len > 0)
            assert_memory_equal(plain, text, len);
    }
}

static void the_same_text_never_seals_the_same(void **state)
{
    (void)state;
    const struct bk_key key = counting_key();
    uint8_t a[64], b[64];
    size_t a_len, b_len;
    assert_int_equal(bk_seal(&key, BK_STR("p"), BK_STR("1234"), a, sizeof a, &a_len), BK_OK);
    assert_int_equal(bk_seal(&key, BK_STR("p"), BK_STR("1234"), b, sizeof b, &b_len), BK_OK);
    assert_memory_not_equal(a + 1, b + 1, 12);
    assert_memory_not_equal(a + 13, b + 13, 4);
}

static void swapped_places_do_not_open(void **state)
{
    (void)state;
    static const struct {
        const char *label, *table_field;
        int64_t tenant_id, row_id;
        enum bk_err want;
    } rows[] = {
        {"where it was sealed", "extension.secret", 7, 42, BK_OK},
        {"another row", "extension.secret", 7, 43, BK_ERR_CRYPTO},
        {"another tenant", "extension.secret", 8, 42, BK_ERR_CRYPTO},
        {"another field", "extension.pin", 7, 42, BK_ERR_CRYPTO},
        {"another table", "handset.secret", 7, 42, BK_ERR_CRYPTO},
        {"digits moved between tenant and row", "extension.secret", 74, 2, BK_ERR_CRYPTO},
    };
    const struct bk_key key = counting_key();
    char space[BK_SEAL_PLACE_SIZE];
    uint8_t sealed[64];
    size_t sealed_len;
    assert_int_equal(bk_seal(&key, bk_seal_place(&space, 7, "extension.secret", 42),
                             BK_STR("0815-secret"), sealed, sizeof sealed, &sealed_len),
                     BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        uint8_t plain[32] = {0};
        size_t len = 99;
        print_message("  %s\n", rows[i].label);
        struct bk_str place =
            bk_seal_place(&space, rows[i].tenant_id, rows[i].table_field, rows[i].row_id);
        assert_int_equal(
            bk_seal_open(&key, place, as_str(sealed, sealed_len), plain, sizeof plain, &len),
            rows[i].want);
        if (rows[i].want != BK_OK) {
            assert_int_equal(len, 99);
            assert_memory_equal(plain, (uint8_t[32]){0}, sizeof plain);
        }
    }
}

static void a_data_key_opens_for_its_tenant_and_its_master_key_alone(void **state)
{
    (void)state;
    const struct bk_key master_key = counting_key();
    struct bk_key other_master = master_key, key = {{0}}, again = {{0}};
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES], second[BK_DATA_KEY_SEALED_BYTES];
    char space[BK_SEAL_PLACE_SIZE];
    size_t len = 0;
    other_master.bytes[0] ^= 1;
    assert_int_equal(bk_data_key_new(&master_key, 7, &sealed), BK_OK);
    const struct bk_str text = as_str(sealed, sizeof sealed);
    assert_int_equal(bk_data_key_open(&master_key, 8, text, &key), BK_ERR_CRYPTO);
    assert_int_equal(bk_data_key_open(&other_master, 7, text, &key), BK_ERR_CRYPTO);
    assert_int_equal(bk_data_key_open(&master_key, 7, BK_STR(""), &key), BK_ERR_CRYPTO);
    assert_memory_equal(key.bytes, again.bytes, sizeof key.bytes); /* not written */

    assert_int_equal(bk_data_key_open(&master_key, 7, text, &key), BK_OK);
    assert_int_equal(bk_data_key_new(&master_key, 7, &second), BK_OK);
    assert_int_equal(bk_data_key_open(&master_key, 7, as_str(second, sizeof second), &again),
                     BK_OK);
    assert_memory_not_equal(key.bytes, again.bytes, sizeof key.bytes); /* a new one each time */

    /* Sealed in its place, but no key: half of one. */
    assert_int_equal(bk_seal(&master_key, bk_seal_place(&space, 0, "tenant.data_key", 7),
                             as_str(key.bytes, BK_KEY_SIZE / 2), second, sizeof second, &len),
                     BK_OK);
    assert_int_equal(bk_data_key_open(&master_key, 7, as_str(second, len), &again), BK_ERR_CRYPTO);
}

static void no_changed_byte_and_no_other_key_opens(void **state)
{
    (void)state;
    const struct bk_key key = counting_key();
    uint8_t sealed[64], plain[32];
    size_t sealed_len, len;
    assert_int_equal(bk_seal(&key, BK_STR("p"), BK_STR("0815"), sealed, sizeof sealed, &sealed_len),
                     BK_OK);
    for (size_t i = 0; i < sealed_len; i++) {
        sealed[i] ^= 1;
        assert_int_equal(
            bk_seal_open(&key, BK_STR("p"), as_str(sealed, sealed_len), plain, sizeof plain, &len),
            BK_ERR_CRYPTO);
        sealed[i] ^= 1;
    }
    for (size_t cut = 0; cut < sealed_len; cut++)
        assert_int_equal(
            bk_seal_open(&key, BK_STR("p"), as_str(sealed, cut), plain, sizeof plain, &len),
            BK_ERR_CRYPTO);

    struct bk_key other = key;
    other.bytes[31] ^= 0x80;
    assert_int_equal(
        bk_seal_open(&other, BK_STR("p"), as_str(sealed, sealed_len), plain, sizeof plain, &len),
        BK_ERR_CRYPTO);
    /* and after all these failures, the right one still does */
    assert_int_equal(
        bk_seal_open(&key, BK_STR("p"), as_str(sealed, sealed_len), plain, sizeof plain, &len),
        BK_OK);
    assert_str_equal(as_str(plain, len), "0815");
}

static void limits_are_kept_without_a_byte_written(void **state)
{
    (void)state;
    const struct bk_key key = counting_key();
    uint8_t text[BK_SEAL_PLAIN_MAX + 1] = {0};
    uint8_t sealed[BK_SEAL_PLAIN_MAX + 1 + BK_SEAL_OVERHEAD_BYTES];
    size_t len = 99, sealed_len;
    assert_int_equal(
        bk_seal(&key, BK_STR("p"), as_str(text, sizeof text), sealed, sizeof sealed, &len),
        BK_ERR_TOO_LARGE);
    assert_int_equal(
        bk_seal(&key, BK_STR("p"), BK_STR("1234"), sealed, 4 + BK_SEAL_OVERHEAD_BYTES - 1, &len),
        BK_ERR_TOO_LARGE);
    assert_int_equal(
        bk_seal(&key, BK_STR("p"), BK_STR("1234"), sealed, 4 + BK_SEAL_OVERHEAD_BYTES, &sealed_len),
        BK_OK);
    uint8_t plain[4] = {9, 9, 9, 9};
    assert_int_equal(bk_seal_open(&key, BK_STR("p"), as_str(sealed, sealed_len), plain, 3, &len),
                     BK_ERR_TOO_LARGE);
    assert_memory_equal(plain, "\x09\x09\x09\x09", 4);
    sealed[0] = 1;
    assert_int_equal(
        bk_seal_open(&key, BK_STR("p"), as_str(sealed, sizeof sealed), text, sizeof text, &len),
        BK_ERR_TOO_LARGE);
    assert_int_equal(len, 99);
}

static void content_of_any_length_opens_again_and_stands_behind_what_was_there(void **state)
{
    (void)state;
    const struct bk_key key = counting_key();
    static const size_t lengths[] = {0, 1, 1024, 1025, 70000, BK_SEAL_CONTENT_MAX};
    static char text[BK_SEAL_CONTENT_MAX + 1];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < BK_COUNT(lengths); i++) {
        struct bk_buf sealed, plain;
        bk_buf_init(&sealed, 2 * BK_SEAL_CONTENT_MAX);
        bk_buf_init_secret(&plain, 2 * BK_SEAL_CONTENT_MAX);
        bk_buf_add(&plain, BK_STR("before "));
        assert_int_equal(
            bk_seal_content(&key, BK_STR("p"), (struct bk_str){text, lengths[i]}, &sealed), BK_OK);
        assert_int_equal(sealed.len, lengths[i] + BK_SEAL_OVERHEAD_BYTES);
        assert_int_equal(bk_seal_content_open(&key, BK_STR("p"), bk_buf_str(&sealed), &plain),
                         BK_OK);
        assert_int_equal(plain.len, 7 + lengths[i]);
        assert_memory_equal(plain.ptr, "before ", 7);
        assert_memory_equal(plain.ptr + 7, text, lengths[i]);
        assert_int_equal(bk_seal_content_open(&key, BK_STR("q"), bk_buf_str(&sealed), &plain),
                         BK_ERR_CRYPTO);
        sealed.ptr[sealed.len / 2] ^= 1;
        assert_int_equal(bk_seal_content_open(&key, BK_STR("p"), bk_buf_str(&sealed), &plain),
                         BK_ERR_CRYPTO);
        assert_int_equal(plain.len, 7 + lengths[i]);
        bk_buf_deinit(&sealed);
        bk_buf_deinit(&plain);
    }
    struct bk_buf out;
    bk_buf_init(&out, 2 * BK_SEAL_CONTENT_MAX);
    assert_int_equal(bk_seal_content(&key, BK_STR("p"), (struct bk_str){text, sizeof text}, &out),
                     BK_ERR_TOO_LARGE);
    assert_int_equal(bk_seal_content_open(&key, BK_STR("p"), BK_STR("\1short"), &out),
                     BK_ERR_CRYPTO);
    assert_int_equal(out.len, 0);
    bk_buf_deinit(&out);
}

/* Values made with Python's hmac module. */
static void keyed_hash_follows_table(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"etag", "3c3b996ef4a86b341c7c74859973e63a6a14baecb819c55c9bd606ab1e25fb41"},
        {"", "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb"},
        {"etag", "3c3b996ef4a86b341c7c74859973e63a6a14baecb819c55c9bd606ab1e25fb41"},
    };
    const struct bk_key key = counting_key();
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        uint8_t mac[32];
        char text[65];
        bk_mac_sha256(&key, bk_str_of(rows[i].text), &mac);
        bk_hex_print(mac, sizeof mac, text);
        assert_string_equal(text, rows[i].want);
        struct bk_key derived;
        bk_key_derive(&key, bk_str_of(rows[i].text), &derived);
        assert_memory_equal(derived.bytes, mac, sizeof mac);
    }
    struct bk_key twice = key; /* in place */
    bk_key_derive(&twice, BK_STR("etag"), &twice);
    assert_memory_not_equal(twice.bytes, key.bytes, sizeof key.bytes);
}

#define DIGITS "000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void key_files_follow_table(void **state)
{
    (void)state;
    static const struct {
        const char *label, *content;
        mode_t mode;
        const char *in_detail; /* NULL: the key is good */
    } rows[] = {
        {"line end", DIGITS "\n", 0600, NULL},
        {"no line end", DIGITS, 0400, NULL},
        {"DOS line end", DIGITS "\r\n", 0600, NULL},
        {"group may read", DIGITS "\n", 0640, NULL},
        {"others may read", DIGITS "\n", 0604, "chmod o="},
        {"others may write", DIGITS "\n", 0602, "chmod o="},
        {"everybody may read", DIGITS "\n", 0644, "mode 644"},
        {"two line ends", DIGITS "\n\n", 0600, "64 hexadecimal digits"},
        {"a digit short", "0102\n", 0600, "64 hexadecimal digits"},
        {"a digit too many", DIGITS "0\n", 0600, "64 hexadecimal digits"},
        {"much too long", DIGITS DIGITS DIGITS, 0600, "64 hexadecimal digits"},
        {"empty", "", 0600, "beckon keys new"},
        {"blank in front", " " DIGITS, 0600, "64 hexadecimal digits"},
    };
    const struct bk_key want = counting_key();
    char path[] = "/tmp/beckon-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_key key = {{0}};
        struct bk_detail detail = {""};
        size_t len = strlen(rows[i].content);
        print_message("  %s\n", rows[i].label);
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, rows[i].content, len, 0), len);
        assert_int_equal(fchmod(fd, rows[i].mode), 0);
        enum bk_err err = bk_key_read(path, &key, &detail);
        if (rows[i].in_detail == NULL) {
            assert_int_equal(err, BK_OK);
            assert_memory_equal(key.bytes, want.bytes, sizeof key.bytes);
        } else {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_non_null(strstr(detail.text, path));
            assert_non_null(strstr(detail.text, rows[i].in_detail));
            assert_null(strstr(detail.text, "0001"));
            assert_memory_equal(key.bytes, (uint8_t[32]){0}, sizeof key.bytes);
        }
    }
    close(fd);
    unlink(path);

    static const struct {
        const char *path, *in_detail;
    } no_files[] = {
        {"/nonexistent/beckon.key", "No such file"},
        {"/tmp", "not a regular file"},
        {"/dev/zero", "not a regular file"},
    };
    for (size_t i = 0; i < BK_COUNT(no_files); i++) {
        struct bk_key key;
        struct bk_detail detail = {""};
        assert_int_equal(bk_key_read(no_files[i].path, &key, &detail), BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, no_files[i].path));
        assert_non_null(strstr(detail.text, no_files[i].in_detail));
        assert_int_equal(bk_key_read(no_files[i].path, &key, NULL), BK_ERR_INVALID);
    }
}

static void *seal_and_open(void *ctx)
{
    bool *is_good = ctx;
    struct bk_key key = {{7}};
    uint8_t sealed[64], plain[64], mac[32];
    size_t sealed_len = 0, len = 0;
    *is_good = bk_seal(&key, BK_STR("1/x.y/2"), BK_STR("text"), sealed, sizeof sealed,
                       &sealed_len) == BK_OK &&
               bk_seal_open(&key, BK_STR("1/x.y/2"), (struct bk_str){(char *)sealed, sealed_len},
                            plain, sizeof plain, &len) == BK_OK &&
               len == 4;
    bk_mac_sha256(&key, BK_STR("text"), &mac);
    return NULL;
}

/* LeakSanitizer is the judge: what a thread keeps goes with it. */
static void threads_seal_and_leave_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        pthread_t threads[2];
        bool is_good[2] = {false, false};
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, seal_and_open, &is_good[j]), 0);
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(pthread_join(threads[j], NULL), 0);
        assert_true(is_good[0] && is_good[1]);
    }
}

/* FIPS 180-4, appendix of examples: "abc". */
static void sha256_is_the_standards(void **state)
{
    static const uint8_t want[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                     0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                     0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                     0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t hash[32];
    (void)state;
    bk_sha256(BK_STR("abc"), &hash);
    assert_memory_equal(hash, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_the_standards),
        cmocka_unit_test(a_foreign_sealing_opens),
        cmocka_unit_test(what_is_sealed_opens_whatever_its_length),
        cmocka_unit_test(the_same_text_never_seals_the_same),
        cmocka_unit_test(swapped_places_do_not_open),
        cmocka_unit_test(a_data_key_opens_for_its_tenant_and_its_master_key_alone),
        cmocka_unit_test(no_changed_byte_and_no_other_key_opens),
        cmocka_unit_test(limits_are_kept_without_a_byte_written),
        cmocka_unit_test(content_of_any_length_opens_again_and_stands_behind_what_was_there),
        cmocka_unit_test(keyed_hash_follows_table),
        cmocka_unit_test(key_files_follow_table),
        cmocka_unit_test(threads_seal_and_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
