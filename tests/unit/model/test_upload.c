/* What phones write is sealed for its tenant and its part, and opens nowhere else. */
#include "harness/test.h"

#include <string.h>

#include "model/upload.h"

static struct bk_key some_key(uint8_t first)
{
    struct bk_key key;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)(first + i);
    return key;
}

static void a_part_opens_where_it_was_sealed_for_and_nowhere_else(void **state)
{
    (void)state;
    const struct bk_key data_key = some_key(1), other = some_key(2);
    const struct bk_str text = BK_STR("0512000000|so  |4|00|sealed\n");
    uint8_t key[BK_UPLOAD_KEY_SEALED_BYTES];
    struct bk_str sealed_key = {(const char *)key, sizeof key};
    struct bk_buf sealed, plain;
    bk_buf_init(&sealed, BK_UPLOAD_MAX);
    bk_buf_init_secret(&plain, BK_UPLOAD_MAX);
    assert_int_equal(bk_upload_seal(&data_key, 7, 42, text, &key, &sealed), BK_OK);
    assert_int_equal(bk_upload_open(&data_key, 7, 42, sealed_key, bk_buf_str(&sealed), &plain),
                     BK_OK);
    assert_int_equal(plain.len, text.len);
    assert_memory_equal(plain.ptr, text.ptr, text.len);
    assert_null(memmem(sealed.ptr, sealed.len, "so  ", 4));

    static const struct {
        int64_t tenant_id, part_id;
        bool is_other_key;
    } rows[] = {{8, 42, false}, {7, 43, false}, {7, 42, true}};
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_int_equal(bk_upload_open(rows[i].is_other_key ? &other : &data_key,
                                        rows[i].tenant_id, rows[i].part_id, sealed_key,
                                        bk_buf_str(&sealed), &plain),
                         BK_ERR_CRYPTO);
    assert_int_equal(plain.len, text.len);
    bk_buf_deinit(&sealed);
    bk_buf_deinit(&plain);
}

static void two_parts_of_the_same_text_share_no_key(void **state)
{
    (void)state;
    const struct bk_key data_key = some_key(1);
    uint8_t keys[2][BK_UPLOAD_KEY_SEALED_BYTES];
    struct bk_buf sealed[2], plain;
    bk_buf_init_secret(&plain, BK_UPLOAD_MAX);
    for (size_t i = 0; i < 2; i++) {
        bk_buf_init(&sealed[i], BK_UPLOAD_MAX);
        assert_int_equal(bk_upload_seal(&data_key, 7, 1, BK_STR("the same"), &keys[i], &sealed[i]),
                         BK_OK);
    }
    assert_int_equal(bk_upload_open(&data_key, 7, 1,
                                    (struct bk_str){(const char *)keys[0], sizeof keys[0]},
                                    bk_buf_str(&sealed[1]), &plain),
                     BK_ERR_CRYPTO);
    for (size_t i = 0; i < 2; i++)
        bk_buf_deinit(&sealed[i]);
    bk_buf_deinit(&plain);
}

static void a_file_is_kept_under_the_last_step_of_its_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *want; /* NULL: none */
    } rows[] = {
        {"f04ea4691c59-app.log", "f04ea4691c59-app.log"},
        {"F04EA4691C59-app.log", "f04ea4691c59-app.log"},
        {"Calls/F04EA4691C59-calls.xml", "f04ea4691c59-calls.xml"},
        {"a/b/c_d.x", "c_d.x"},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "0123456789012345678901234567890123456789012345678901234567890123"},
        {"01234567890123456789012345678901234567890123456789012345678901234", NULL},
        {"", NULL},
        {"calls/", NULL},
        {"a b", NULL},
        {"a%2e", NULL},
        {"\303\204.log", NULL},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char name[BK_UPLOAD_NAME_MAX + 1];
        bool is_good = bk_upload_name(bk_str_of(rows[i].path), &name);
        assert_int_equal(is_good, rows[i].want != NULL);
        if (is_good)
            assert_string_equal(name, rows[i].want);
    }
}

static void identifiers_are_numbers_that_json_carries(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t id = bk_upload_part_id_new();
        assert_true(id >= 1 && id < ((int64_t)1 << 53));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_opens_where_it_was_sealed_for_and_nowhere_else),
        cmocka_unit_test(two_parts_of_the_same_text_share_no_key),
        cmocka_unit_test(a_file_is_kept_under_the_last_step_of_its_path),
        cmocka_unit_test(identifiers_are_numbers_that_json_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
