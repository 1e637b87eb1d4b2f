#include "base/err.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/test.h"

static const struct {
    enum bk_err err;
    const char *symbol;
    int status;
} rows[] = {
#define X(name, status, text) {name, #name, status},
    BK_ERR_LIST(X)
#undef X
};

static void every_error_has_its_name_status_and_text(void **state)
{
    (void)state;
    assert_int_equal(BK_COUNT(rows), BK_ERR_COUNT);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char want[64];
        const char *symbol = rows[i].symbol;
        symbol += strncmp(symbol, "BK_ERR_", 7) == 0 ? 7 : 3;
        size_t len = strlen(symbol);
        for (size_t k = 0; k <= len; k++)
            want[k] = (char)tolower((unsigned char)symbol[k]);
        assert_string_equal(bk_err_name(rows[i].err), want);
        assert_int_equal(bk_err_http_status(rows[i].err), rows[i].status);
        assert_true(strlen(bk_err_text(rows[i].err)) > 0);
    }
}

static void a_number_outside_the_enum_reads_as_internal(void **state)
{
    (void)state;
    const int outside[] = {BK_ERR_COUNT, -1, 1000};
    for (size_t i = 0; i < BK_COUNT(outside); i++) {
        assert_string_equal(bk_err_name((enum bk_err)outside[i]), "internal");
        assert_int_equal(bk_err_http_status((enum bk_err)outside[i]), 503);
    }
}

static void a_detail_is_terminated_and_cut_between_characters(void **state)
{
    (void)state;
    struct bk_detail detail;
    bk_detail_set(NULL, "%d", 1); /* allowed */
    bk_detail_set(&detail, "%s: %d", "port", 7);
    assert_string_equal(detail.text, "port: 7");

    /* Each offset puts the cut at another byte of a two, three or four byte character. */
    static const char *const characters[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\x9e"};
    for (size_t c = 0; c < BK_COUNT(characters); c++) {
        for (size_t offset = 0; offset < 4; offset++) {
            char text[600];
            size_t len = offset;
            memset(text, 'x', offset);
            while (len + 5 < sizeof text) {
                memcpy(text + len, characters[c], strlen(characters[c]));
                len += strlen(characters[c]);
            }
            text[len] = '\0';
            bk_detail_set(&detail, "%s", text);
            size_t got = strlen(detail.text);
            assert_true(bk_str_is_utf8(bk_str_of(detail.text)));
            assert_in_range(got, sizeof detail.text - 4, sizeof detail.text - 1);
            assert_memory_equal(detail.text, text, got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_name_status_and_text),
        cmocka_unit_test(a_number_outside_the_enum_reads_as_internal),
        cmocka_unit_test(a_detail_is_terminated_and_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
