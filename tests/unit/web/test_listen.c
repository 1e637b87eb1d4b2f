/*
 * Addresses of listeners: literal, never a name.
 */
#include "harness/test.h"

#include <sys/socket.h>

#include "web/master.h"

static void listener_addresses_are_literal(void **state)
{
    (void)state;
    struct sockaddr_storage address;
    socklen_t len = 0;
    static const struct {
        const char *text;
        enum bk_err want;
        int family;
    } rows[] = {
        {"127.0.0.1:8443", BK_OK, AF_INET},    {"[::1]:8443", BK_OK, AF_INET6},
        {"0.0.0.0:0", BK_OK, AF_INET},         {"localhost:8443", BK_ERR_INVALID, 0},
        {"127.0.0.1", BK_ERR_INVALID, 0},      {"127.0.0.1:65536", BK_ERR_INVALID, 0},
        {"127.0.0.1:http", BK_ERR_INVALID, 0}, {"", BK_ERR_INVALID, 0},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(bk_address_parse(rows[i].text, &address, &len), rows[i].want);
        if (rows[i].want == BK_OK)
            assert_int_equal(address.ss_family, rows[i].family);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_addresses_are_literal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
