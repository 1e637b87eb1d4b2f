/*
 * pbx/egress.h: where connections may go.
 */
#include "harness/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "pbx/egress.h"

static const struct sockaddr *address_of(const char *text, struct sockaddr_storage *space)
{
    struct sockaddr_in *in = (struct sockaddr_in *)space;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)space;
    memset(space, 0, sizeof *space);
    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
        in6->sin6_family = AF_INET6;
    }
    return (const struct sockaddr *)space;
}

static const struct {
    const char *address;
    bool is_public;
} addresses[] = {
    {"8.8.8.8", true},
    {"1.1.1.1", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"223.255.255.255", true},
    {"0.0.0.0", false},
    {"0.1.2.3", false},
    {"10.0.0.1", false},
    {"100.64.0.1", false},
    {"127.0.0.1", false},
    {"127.255.255.254", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.0.0.1", false},
    {"192.0.2.1", false},
    {"192.168.1.1", false},
    {"198.18.0.1", false},
    {"198.51.100.1", false},
    {"203.0.113.1", false},
    {"224.0.1.75", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"2606:4700::1111", true},
    {"2a00:1450:4001::1", true},
    {"::", false},
    {"::1", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.0.0.1", false},
    {"::ffff:8.8.8.8", true},
    {"::127.0.0.1", false},
    {"64:ff9b::7f00:1", false},
    {"64:ff9b::808:808", true},
    {"64:ff9b:1::1", false},
    {"2002:7f00:1::", false},
    {"2002:808:808::", true},
    {"2002:c0a8:101::1", false},
    {"2001:0:1:2:3:4:80ff:fffe", false}, /* Teredo of 127.0.0.1 */
    {"2001:0:1:2:3:4:f7f7:f7f7", true},  /* Teredo of 8.8.8.8 */
    {"2001:db8::1", false},
    {"2001:2::1", false},
    {"fc00::1", false},
    {"fd12:3456::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    {"100::1", false},
    {"3fff::1", false},
};

static void without_settings_only_public_addresses_with_tls(void **state)
{
    (void)state;
    struct bk_egress egress;
    struct sockaddr_storage space;
    assert_int_equal(bk_egress_parse(BK_STR(""), BK_STR(""), &egress, NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(addresses); i++) {
        const struct sockaddr *address = address_of(addresses[i].address, &space);
        print_message("  %s\n", addresses[i].address);
        assert_int_equal(bk_egress_judge(&egress, address, true) == NULL, addresses[i].is_public);
        assert_non_null(bk_egress_judge(&egress, address, false));
    }
}

static void what_the_operator_names_is_allowed_and_nothing_beside(void **state)
{
    (void)state;
    struct bk_egress egress;
    struct sockaddr_storage space;
    assert_int_equal(
        bk_egress_parse(BK_STR("10.1.0.0/16, ::1"), BK_STR("10.1.2.0/24"), &egress, NULL), BK_OK);
    assert_null(bk_egress_judge(&egress, address_of("10.1.9.9", &space), true));
    assert_null(bk_egress_judge(&egress, address_of("::ffff:10.1.9.9", &space), true));
    assert_null(bk_egress_judge(&egress, address_of("::1", &space), true));
    assert_non_null(bk_egress_judge(&egress, address_of("10.2.0.1", &space), true));
    assert_null(bk_egress_judge(&egress, address_of("10.1.2.3", &space), false));
    assert_non_null(strstr(bk_egress_judge(&egress, address_of("10.1.9.9", &space), false),
                           "egress.cleartext"));
    assert_non_null(
        strstr(bk_egress_judge(&egress, address_of("10.2.0.1", &space), true), "egress.allow"));
    /* Cleartext alone opens nothing that is not public. */
    assert_int_equal(bk_egress_parse(BK_STR(""), BK_STR("10.0.0.0/8"), &egress, NULL), BK_OK);
    assert_non_null(bk_egress_judge(&egress, address_of("10.1.2.3", &space), false));
}

static void a_bad_network_is_named(void **state)
{
    (void)state;
    struct bk_egress egress;
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_egress_parse(BK_STR("10.0.0.0/8,nowhere"), BK_STR(""), &egress, &detail),
                     BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_only_public_addresses_with_tls),
        cmocka_unit_test(what_the_operator_names_is_allowed_and_nothing_beside),
        cmocka_unit_test(a_bad_network_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
