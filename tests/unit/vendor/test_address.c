/* Addresses in pieces: of provisioning URLs, and hosts with ports. */
#include "harness/test.h"

#include "vendor/address.h"

static const struct {
    const char *url;
    bool is_tls;
    const char *host;
    int port;
    const char *path;
} urls[] = {
    {"https://host.example/k7Qm2", true, "host.example", 443, "k7Qm2"},
    {"http://host.example/k7Qm2", false, "host.example", 80, "k7Qm2"},
    {"https://host.example:8443/k7Qm2", true, "host.example", 8443, "k7Qm2"},
    {"https://192.0.2.7:1/a/b", true, "192.0.2.7", 1, "a/b"},
    {"https://[2001:db8::1]/k", true, "[2001:db8::1]", 443, "k"},
    {"https://[2001:db8::1]:8443/k", true, "[2001:db8::1]", 8443, "k"},
    {"https://host.example", true, "host.example", 443, ""},
    {"https://host.example:0/k", true, "host.example:0", 443, "k"},
    {"", true, "", 443, ""},
};

static void urls_are_cut_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(urls); i++) {
        print_message("  %s\n", urls[i].url);
        const struct bk_address got = bk_address_of(bk_str_of(urls[i].url));
        assert_int_equal(got.is_tls, urls[i].is_tls);
        assert_str_equal(got.host, urls[i].host);
        assert_int_equal(got.port, urls[i].port);
        assert_str_equal(got.path, urls[i].path);
    }
}

static const struct {
    const char *url;
    bool is_tls;
    const char *host;
    int port;
} ldap_urls[] = {
    {"ldap://dir.example", false, "dir.example", 389},
    {"ldaps://dir.example", true, "dir.example", 636},
    {"LDAPS://dir.example:1636", true, "dir.example", 1636},
    {"ldap://dir.example:10389/", false, "dir.example", 10389},
    {"ldap://[2001:db8::1]:10389", false, "[2001:db8::1]", 10389},
    {"", false, "", 389},
};

static void ldap_urls_are_cut_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(ldap_urls); i++) {
        print_message("  %s\n", ldap_urls[i].url);
        const struct bk_address got = bk_ldap_address_of(bk_str_of(ldap_urls[i].url));
        assert_int_equal(got.is_tls, ldap_urls[i].is_tls);
        assert_str_equal(got.host, ldap_urls[i].host);
        assert_int_equal(got.port, ldap_urls[i].port);
    }
}

static void a_port_of_zero_is_the_transports(void **state)
{
    (void)state;
    assert_int_equal(bk_sip_port(0, BK_TRANSPORT_UDP), 5060);
    assert_int_equal(bk_sip_port(0, BK_TRANSPORT_TCP), 5060);
    assert_int_equal(bk_sip_port(0, BK_TRANSPORT_TLS), 5061);
    assert_int_equal(bk_sip_port(5070, BK_TRANSPORT_TLS), 5070);
}

static void a_port_that_is_given_is_printed(void **state)
{
    (void)state;
    char space[BK_HOST_PORT_SIZE];
    struct bk_sip_server server = {.host = BK_STR("sip.example")};
    assert_str_equal(bk_host_port_print(&server, &space), "sip.example");
    server.port = 65535;
    assert_str_equal(bk_host_port_print(&server, &space), "sip.example:65535");
}

static void an_ipv6_address_is_told_from_its_port(void **state)
{
    (void)state;
    char space[BK_HOST_PORT_SIZE];
    struct bk_sip_server server = {.host = BK_STR("2001:db8::1")};
    assert_str_equal(bk_host_port_print(&server, &space), "[2001:db8::1]");
    server.port = 5070;
    assert_str_equal(bk_host_port_print(&server, &space), "[2001:db8::1]:5070");
    server.host = BK_STR("[2001:db8::1]"); /* of a provisioning URL */
    assert_str_equal(bk_host_port_print(&server, &space), "[2001:db8::1]:5070");
}

static void folders_are_cut_behind_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *url, *folder;
    } rows[] = {
        {"https://fw.example/phones/image-1.bin", "https://fw.example/phones"},
        {"https://fw.example/image.bin", "https://fw.example"},
        {"https://fw.example/", "https://fw.example"},
        {"https://fw.example", "https://fw.example"},
        {"http://[2001:db8::1]:80/a/b", "http://[2001:db8::1]:80/a"},
        {"fw.example/a", "fw.example"},
        {"", ""},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_str_equal(bk_url_folder(bk_str_of(rows[i].url)), rows[i].folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_cut_behind_the_host),
        cmocka_unit_test(urls_are_cut_by_the_table),
        cmocka_unit_test(ldap_urls_are_cut_by_the_table),
        cmocka_unit_test(a_port_of_zero_is_the_transports),
        cmocka_unit_test(a_port_that_is_given_is_printed),
        cmocka_unit_test(an_ipv6_address_is_told_from_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
