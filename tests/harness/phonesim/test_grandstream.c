/* The simulator's Grandstream: its reader of XML, and what the parameters mean to it. */
/* cmocka.h wants these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "gs_config.h"
#include "http.h"
#include "phone.h"

#define MAC "c074ad000001"
#define OPEN "<gs_provision version=\"1\">"
#define ONE "<config version=\"1\">"
#define TWO "<config version=\"2\">"
#define SHUT "</config>"
#define END "</gs_provision>"
#define FILE_OF(text) OPEN ONE text SHUT END

static const struct {
    const char *label, *text;
    int count; /* of parameters; -1: refused */
} cases[] = {
    {"one P-value", FILE_OF("<P47>sip.example</P47>"), 1},
    {"as the guides print it",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a comment -->\n" OPEN "\n<mac>" MAC
     "</mac>\n" ONE "\n<P47>a</P47>\n<P35></P35>\n" SHUT "\n" END "\n",
     2},
    {"MAC in capitals", OPEN "<mac>C074AD000001</mac>" ONE SHUT END, 0},
    {"both configs", OPEN ONE "<P2>a</P2>" SHUT TWO "<item name=\"a.b\">c</item>" SHUT END, 2},
    {"attribute in single quotes", OPEN TWO "<item name='account.5.enable'>Yes</item>" SHUT END, 1},
    {"empty element tag", FILE_OF("<P47/><P48 />"), 2},
    {"nothing at all", "", -1},
    {"a page", "<html><body>404</body></html>", -1},
    {"another phone's", OPEN "<mac>c074ad000002</mac>" ONE SHUT END, -1},
    {"a MAC and more", OPEN "<mac>" MAC "0</mac>" ONE SHUT END, -1},
    {"two MACs", OPEN "<mac>" MAC "</mac><mac>" MAC "</mac>" ONE SHUT END, -1},
    {"MAC after the configs", OPEN ONE SHUT "<mac>" MAC "</mac>" END, -1},
    {"document type", "<!DOCTYPE gs_provision>" FILE_OF("<P2>a</P2>"), -1},
    {"entity declared",
     "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" FILE_OF(
         "<P2>&x;</P2>"),
     -1},
    {"entity of nobody", FILE_OF("<P2>&x;</P2>"), -1},
    {"entity without end", FILE_OF("<P2>&amp</P2>"), -1},
    {"bare ampersand", FILE_OF("<P2>a & b</P2>"), -1},
    {"CDATA", FILE_OF("<P2><![CDATA[a]]></P2>"), -1},
    {"processing instruction", FILE_OF("<?php x ?><P2>a</P2>"), -1},
    {"element inside of a value", FILE_OF("<P2>a<P3>b</P3></P2>"), -1},
    {"other end tag", FILE_OF("<P2>a</P3>"), -1},
    {"end tag of a longer name", FILE_OF("<P2>a</P22>"), -1},
    {"leading zero", FILE_OF("<P02>a</P02>"), -1},
    {"no number", FILE_OF("<P>a</P>"), -1},
    {"six digits", FILE_OF("<P123456>a</P123456>"), -1},
    {"small p", FILE_OF("<p2>a</p2>"), -1},
    {"attribute of a P-value", FILE_OF("<P2 a=\"b\">a</P2>"), -1},
    {"item among P-values", FILE_OF("<item name=\"a\">b</item>"), -1},
    {"P-value among items", OPEN TWO "<P2>a</P2>" SHUT END, -1},
    {"item without name", OPEN TWO "<item>a</item>" SHUT END, -1},
    {"alias with two dots", OPEN TWO "<item name=\"a..b\">a</item>" SHUT END, -1},
    {"alias with a reference", OPEN TWO "<item name=\"a&quot;b\">a</item>" SHUT END, -1},
    {"config of version 3", OPEN "<config version=\"3\">" SHUT END, -1},
    {"gs_provision of version 2", "<gs_provision version=\"2\">" ONE SHUT END, -1},
    {"same name twice", FILE_OF("<P2>a</P2><P2>b</P2>"), -1},
    {"text between elements", FILE_OF("a<P2>a</P2>"), -1},
    {"text where '<' should be", FILE_OF("xP2>a</P2>"), -1},
    {"something behind the end", FILE_OF("<P2>a</P2>") "<P3/>", -1},
    {"cut off", OPEN ONE "<P2>a", -1},
    {"comment without end", OPEN ONE "<!-- a", -1},
    {"two lines", FILE_OF("<P2>a\nb</P2>"), -1},
    {"control character", FILE_OF("<P2>a\x01</P2>"), -1},
    {"control character by number", FILE_OF("<P2>&#1;</P2>"), -1},
    {"line end by number", FILE_OF("<P2>&#10;</P2>"), -1},
    {"surrogate by number", FILE_OF("<P2>&#xD800;</P2>"), -1},
    {"number without end", FILE_OF("<P2>&#65</P2>"), -1},
    {"number too large", FILE_OF("<P2>&#x110000;</P2>"), -1},
    {"Latin-1", FILE_OF("<P2>J\xfcrgen</P2>"), -1},
    {"byte order mark", "\xef\xbb\xbf" FILE_OF("<P2>a</P2>"), -1},
};

static void reader_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_config config = {0};
        struct sim_fault fault = {0};
        print_message("  %s\n", cases[i].label);
        bool good = sim_gs_config_parse(cases[i].text, strlen(cases[i].text), MAC, &config, &fault);
        assert_int_equal(good, cases[i].count >= 0);
        assert_int_equal(config.count, good ? cases[i].count : 0);
        sim_config_free(&config);
    }
}

/* Every cut of a good file, in a buffer of its own so that a sanitizer sees a byte too many. */
static void reader_refuses_every_cut(void **state)
{
    (void)state;
    static const char whole[] =
        "<?xml version=\"1.0\"?><!-- a -->" OPEN "<mac>" MAC "</mac>" ONE
        "<P2>&#x41;&amp;</P2>" SHUT TWO "<item name=\"a.b\">c</item>" SHUT END;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct sim_config config = {0};
        struct sim_fault fault;
        char *text = malloc(len + 1);
        assert_non_null(text);
        char *cut = text + 1; /* so that an empty one has an address too */
        memcpy(cut, whole, len);
        assert_false(sim_gs_config_parse(cut, len, MAC, &config, &fault));
        free(text);
    }
}

static void values_lose_their_references(void **state)
{
    (void)state;
    static const char text[] = FILE_OF(
        "<P2>&lt;a&gt; &amp;amp; &quot;&apos;</P2><P3>&#x4a;&#252;&#x20AC;&#x1F600;</P3><P4></P4>");
    struct sim_config config = {0};
    struct sim_fault fault;
    assert_true(sim_gs_config_parse(text, sizeof text - 1, MAC, &config, &fault));
    assert_int_equal(config.count, 3);
    assert_string_equal(config.pairs[0].value, "<a> &amp; \"'");
    assert_string_equal(config.pairs[1].value, "J\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_true(config.pairs[2].is_reset);
    assert_false(config.pairs[0].is_reset);
    sim_config_free(&config);
}

static void apply(struct sim_phone *phone, const char *text, int refused)
{
    struct sim_config config = {0};
    struct sim_applied applied;
    struct sim_fault fault = {0};
    assert_true(sim_gs_config_parse(text, strlen(text), MAC, &config, &fault));
    sim_phone_apply(phone, &config, "test", &applied);
    sim_config_free(&config);
    assert_int_equal(applied.refused, refused);
}

static struct sim_phone phone_new(void)
{
    return (struct sim_phone){.mac = MAC, .model = sim_model_find("GRP2614"), .firmware = "1"};
}

static void accounts_are_read_by_number_and_by_alias(void **state)
{
    (void)state;
    struct sim_phone phone = phone_new();
    apply(&phone,
          OPEN ONE "<P271>1</P271><P47>sip.example:5070</P47><P48>edge.example</P48><P35>101</P35>"
                   "<P36>auth</P36><P34>pw</P34><P130>1</P130><P32>10</P32><P401>0</P401>" SHUT TWO
                   "<item name=\"account.5.enable\">Yes</item>"
                   "<item name=\"account.5.sip.transport\">Tls Or Tcp</item>" SHUT END,
          0);
    struct sim_account account = sim_phone_account(&phone, 1);
    assert_true(account.enable);
    assert_string_equal(account.server, "sip.example");
    assert_int_equal(account.port, 5070);
    assert_true(account.proxy_enable);
    assert_string_equal(account.proxy, "edge.example");
    assert_int_equal(account.proxy_port, 5060);
    assert_string_equal(account.user_name, "101");
    assert_string_equal(account.auth_name, "auth");
    assert_int_equal(account.transport, 1);
    assert_int_equal(account.expires_s, 600);
    assert_false(sim_phone_account(&phone, 2).enable);
    assert_true(sim_phone_account(&phone, 5).enable);
    assert_int_equal(sim_phone_account(&phone, 5).transport, 2);
    assert_false(sim_phone_is_configured(&phone)); /* the fifth knows no user */

    apply(&phone, FILE_OF("<P48></P48>"), 0);
    assert_false(sim_phone_account(&phone, 1).proxy_enable);
    sim_phone_deinit(&phone);
}

static void values_out_of_range_are_not_taken(void **state)
{
    (void)state;
    struct sim_phone phone = phone_new();
    apply(&phone, FILE_OF("<P271>2</P271><P448>3</P448><P212>https</P212><P194>9</P194>"), 4);
    apply(&phone, OPEN TWO "<item name=\"account.5.enable\">1</item>" SHUT END, 1);
    assert_int_equal(phone.count, 0);
    sim_phone_deinit(&phone);
}

static void server_is_told_in_two_parts(void **state)
{
    (void)state;
    struct sim_phone phone = phone_new();
    const char *user, *password;
    assert_null(sim_phone_server_url(&phone));
    assert_false(sim_phone_login(&phone, &user, &password));
    apply(&phone, FILE_OF("<P237>prov.example:8444/k/s-1/</P237>"), 0);
    char *url = sim_phone_server_url(&phone);
    assert_string_equal(url, "http://prov.example:8444/k/s-1");
    free(url);
    apply(&phone, FILE_OF("<P212>2</P212><P1360>" MAC "</P1360><P1361>pw</P1361>"), 0);
    url = sim_phone_server_url(&phone);
    assert_string_equal(url, "https://prov.example:8444/k/s-1");
    free(url);
    assert_true(sim_phone_login(&phone, &user, &password));
    assert_string_equal(user, MAC);
    assert_string_equal(password, "pw");
    sim_phone_deinit(&phone);
}

static void phone_repeats_as_it_is_told(void **state)
{
    (void)state;
    struct sim_phone phone = phone_new();
    apply(&phone, FILE_OF("<P193>30</P193>"), 0);
    assert_int_equal(sim_phone_repeat_min(&phone), 0);
    apply(&phone, FILE_OF("<P194>1</P194>"), 0);
    assert_int_equal(sim_phone_repeat_min(&phone), 30);
    sim_phone_deinit(&phone);
}

static void login_answers_what_was_asked(void **state)
{
    (void)state;
    struct sim_reply reply = {.status = 401};
    struct sim_buf out = {0};
    assert_false(sim_http_login_print(&out, &reply, "/k", "Aladdin", "open sesame"));
    sim_http_challenge_take(&reply, "Bearer realm=\"x\"");
    assert_false(sim_http_login_print(&out, &reply, "/k", "Aladdin", "open sesame"));

    sim_http_challenge_take(&reply, "Basic realm=\"x\", charset=\"UTF-8\""); /* RFC 7617 2 */
    assert_true(sim_http_login_print(&out, &reply, "/k", "Aladdin", "open sesame"));
    assert_string_equal(out.data, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n");

    out.len = 0;
    sim_http_challenge_take(&reply,
                            "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"");
    sim_http_challenge_take(&reply, "Digest realm=\"x\", nonce=\"m\", algorithm=MD5, qop=\"auth\"");
    assert_true(sim_http_login_print(&out, &reply, "/k", "u", "p"));
    assert_non_null(strstr(out.data, "algorithm=SHA-256"));
    assert_non_null(strstr(out.data, "uri=\"/k\""));
    sim_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_follows_table),
        cmocka_unit_test(reader_refuses_every_cut),
        cmocka_unit_test(values_lose_their_references),
        cmocka_unit_test(accounts_are_read_by_number_and_by_alias),
        cmocka_unit_test(values_out_of_range_are_not_taken),
        cmocka_unit_test(server_is_told_in_two_parts),
        cmocka_unit_test(phone_repeats_as_it_is_told),
        cmocka_unit_test(login_answers_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
