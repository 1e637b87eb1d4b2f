/*
 * Address ranges of PROXY peers, and literal listener addresses.
 */
#include "harness/test.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cidr.h"

static const struct {
    const char *label, *range, *address;
    bool is_inside;
} cases[] = {
    {"single v4", "192.0.2.7", "192.0.2.7", true},
    {"single v4, neighbour", "192.0.2.7", "192.0.2.8", false},
    {"/8 first", "10.0.0.0/8", "10.0.0.0", true},
    {"/8 last", "10.0.0.0/8", "10.255.255.255", true},
    {"/8 beyond", "10.0.0.0/8", "11.0.0.0", false},
    {"/12 inside its last byte's bits", "172.16.0.0/12", "172.31.255.255", true},
    {"/12 just beyond", "172.16.0.0/12", "172.32.0.0", false},
    {"/0 takes every v4", "0.0.0.0/0", "203.0.113.9", true},
    {"/0 of v4 takes no v6", "0.0.0.0/0", "2001:db8::1", false},
    {"v4 peer on a dual-stack socket", "10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"v6 /32", "2001:db8::/32", "2001:db8:ffff::1", true},
    {"v6 /32 beyond", "2001:db8::/32", "2001:db9::1", false},
    {"v6 /127", "2001:db8::2/127", "2001:db8::3", true},
    {"v6 ::/0 takes mapped v4 too", "::/0", "10.0.0.1", true},
};

static void address_of(const char *text, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *v4 = (void *)ret_address;
    struct sockaddr_in6 *v6 = (void *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        return;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
    v6->sin6_family = AF_INET6;
}

static void ranges_hold_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_cidr cidr;
        struct sockaddr_storage address;
        print_message("  %s\n", cases[i].label);
        assert_int_equal(bk_cidr_parse(bk_str_of(cases[i].range), &cidr), BK_OK);
        address_of(cases[i].address, &address);
        assert_int_equal(bk_cidr_has(&cidr, 1, (const struct sockaddr *)&address),
                         cases[i].is_inside);
    }
}

static void what_is_no_range_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "10.0.0.0/33", "10.0.0.0/",   "10.0.0/8",
                                      "::/129", "host",        "10.0.0.0/8x", "10.0.0.0/-1",
                                      "/8",     "10.0.0.0//8", "::1::/8",     "10.0.0.0 /8"};
    for (size_t i = 0; i < BK_COUNT(bad); i++) {
        struct bk_cidr cidr;
        print_message("  \"%s\"\n", bad[i]);
        assert_int_equal(bk_cidr_parse(bk_str_of(bad[i]), &cidr), BK_ERR_INVALID);
    }
}

static void a_list_has_a_bound_and_names_what_is_wrong(void **state)
{
    (void)state;
    struct bk_cidr cidrs[BK_CIDR_MAX];
    struct bk_detail detail = {{0}};
    size_t count = 99;
    assert_int_equal(bk_cidr_parse_list(bk_str_of(""), &cidrs, &count, &detail), BK_OK);
    assert_int_equal(count, 0);
    assert_int_equal(bk_cidr_parse_list(bk_str_of("10.0.0.1, ::1"), &cidrs, &count, &detail),
                     BK_OK);
    assert_int_equal(count, 2);
    assert_int_equal(bk_cidr_parse_list(bk_str_of("10.0.0.1,nobody"), &cidrs, &count, &detail),
                     BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "nobody"));
    char many[BK_CIDR_MAX * 4 + 4] = "";
    for (int i = 0; i <= BK_CIDR_MAX; i++)
        memcpy(many + 3 * i, "::,", 3);
    assert_int_equal(bk_cidr_parse_list(bk_str_of(many), &cidrs, &count, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "16"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_hold_what_they_say),
        cmocka_unit_test(what_is_no_range_is_refused),
        cmocka_unit_test(a_list_has_a_bound_and_names_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
