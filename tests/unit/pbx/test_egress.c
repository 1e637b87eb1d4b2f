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
    /* Both ends of every row, and their neighbours. */
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"126.255.255.255", true},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.255.255", false},
    {"169.255.0.0", true},
    {"191.255.255.255", true},
    {"192.0.0.255", false},
    {"192.0.1.0", true},
    {"192.0.2.255", false},
    {"192.0.3.0", true},
    {"192.31.195.255", true},
    {"192.31.196.1", false},
    {"192.31.197.0", true},
    {"192.52.193.1", false},
    {"192.88.98.255", true},
    {"192.88.99.1", false},
    {"192.88.100.0", true},
    {"192.167.255.255", true},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"192.175.48.1", false},
    {"198.17.255.255", true},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.99.255", true},
    {"198.51.101.0", true},
    {"203.0.112.255", true},
    {"203.0.114.0", true},
    {"239.255.255.255", false},
    {"2000::1", true},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db7:ffff::1", true},
    {"2001:db9::1", true},
    {"2620:4f:7fff::1", true},
    {"2620:4f:8000::1", false},
    {"2620:4f:8001::1", true},
    {"3ffe:ffff::1", true},
    {"3fff:fff:ffff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"5f00::1", false},
    {"1fff::1", false},
    {"100:0:0:1::1", false},
    {"ff0e::1", false},
    /* IPv4 inside. */
    {"::2", false},
    {"::0.0.1.0", false},
    {"::8.8.8.8", true},
    {"::10.0.0.1", false},
    {"::ffff:0.0.0.0", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:0:10.0.0.1", false}, /* translated, RFC 2765: is_global_unicast */
    {"64:ff9b::a9fe:a9fe", false},
    {"64:ff9b::a00:1", false},
    {"64:ff9b:0:0:0:1:808:808", false}, /* not the /96 of RFC 6052 */
    {"2002:a00:1::1", false},
    {"2002:a9fe:a9fe::1", false},
    {"2002:e000:1::", false},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false}, /* RFC 4380's own: 192.0.2.45 */
    {"2001:0:1:2:3:4:5601:5601", false},             /* Teredo of 169.254.169.254 */
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
    /* However it is written; and an IPv4 network opens no IPv6 one. */
    assert_int_equal(bk_egress_parse(BK_STR("10.0.0.0/8,fd00:1::/32"),
                                     BK_STR("10.0.0.0/8,fd00:1::/32"), &egress, NULL),
                     BK_OK);
    assert_null(bk_egress_judge(&egress, address_of("64:ff9b::a00:1", &space), false));
    assert_null(bk_egress_judge(&egress, address_of("2002:a00:1::1", &space), false));
    assert_null(bk_egress_judge(&egress, address_of("fd00:1::1", &space), false));
    assert_non_null(bk_egress_judge(&egress, address_of("fd00:2::1", &space), false));
    assert_non_null(bk_egress_judge(&egress, address_of("64:ff9b::b00:1", &space), false));
    /* A path is no address. */
    memset(&space, 0, sizeof space);
    space.ss_family = AF_UNIX;
    assert_non_null(bk_egress_judge(&egress, (const struct sockaddr *)&space, true));
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
