/*
 * pbx/kind.h: kinds of PBX and their addresses.
 */
#include "harness/test.h"

#include <string.h>

#include "pbx/kind.h"

static const struct {
    const char *text, *host;
    int port;
} rows[] = {
    {"pbx.example", "pbx.example", 0},
    {"pbx.example:5080", "pbx.example", 5080},
    {"192.0.2.1:5060", "192.0.2.1", 5060},
    {"[2001:db8::1]", "2001:db8::1", 0},
    {"[2001:db8::1]:5061", "2001:db8::1", 5061},
    {"", NULL, 0},
    {":5060", NULL, 0},
    {"h:", NULL, 0},
    {"h:0", NULL, 0},
    {"h:65536", NULL, 0},
    {"h:sip", NULL, 0},
    {"a b", NULL, 0},
    {"2001:db8::1", NULL, 0},
    {"[::1", NULL, 0},
    {"[::1]x", NULL, 0},
    {"h\r\nX: y", NULL, 0},
    {"h@evil", NULL, 0},
    {"sip:h", NULL, 0},
};

static void addresses_are_a_host_and_a_port(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_str host = BK_STR("");
        struct bk_detail detail = {{0}};
        int port = -1;
        enum bk_err err = bk_pbx_address_parse(bk_str_of(rows[i].text), &host, &port, &detail);
        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(err, rows[i].host != NULL ? BK_OK : BK_ERR_INVALID);
        if (err == BK_OK) {
            assert_true(bk_str_eq(host, bk_str_of(rows[i].host)));
            assert_int_equal(port, rows[i].port);
        } else {
            assert_true(detail.text[0] != '\0');
        }
    }
}

static void kinds_are_found_by_name_and_their_rows_are_sound(void **state)
{
    (void)state;
    assert_ptr_equal(bk_pbx_kind_find(BK_STR("sip")), &bk_pbx_kind_sip);
    assert_null(bk_pbx_kind_find(BK_STR("")));
    assert_null(bk_pbx_kind_find(BK_STR("telnet")));
    for (const struct bk_pbx_kind *const *kind = bk_pbx_kinds(); *kind != NULL; kind++)
        for (const struct bk_option *option = (*kind)->options; option->key != NULL; option++) {
            struct bk_option_value value;
            if (option->default_text[0] != '\0')
                assert_int_equal(
                    bk_option_parse(option, bk_str_of(option->default_text), &value, NULL), BK_OK);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_a_host_and_a_port),
        cmocka_unit_test(kinds_are_found_by_name_and_their_rows_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
