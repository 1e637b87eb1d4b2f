/*
 * The simulator's own SIP: messages, hostile ones included, and digests held to the RFCs' examples.
 */
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

#include "sip_auth.h"
#include "sip_message.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport\r\n"
#define FROM "From: <sip:beckon@a.example>;tag=1\r\n"
#define TO "To: <sip:1001@a.example>\r\n"
#define REST "Call-ID: c1\r\nCSeq: 7 NOTIFY\r\nEvent: check-sync;reboot=true\r\n"
#define NOTIFY "NOTIFY sip:1001@192.0.2.9:5060 SIP/2.0\r\n"
#define END "\r\n"

static const struct {
    const char *label, *text;
    bool is_good;
} message_cases[] = {
    {"a NOTIFY", NOTIFY VIA FROM TO REST END, true},
    {"with empty lines before", "\r\n\r\n" NOTIFY VIA FROM TO REST END, true},
    {"with a body", NOTIFY VIA FROM TO REST "Content-Length: 3\r\n" END "abc", true},
    {"compact names",
     "NOTIFY sip:a SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z\r\nf: <sip:b>\r\nt: <sip:c>\r\ni: x\r\n"
     "CSeq: 1 NOTIFY\r\no: check-sync\r\n" END,
     true},
    {"a folded line", NOTIFY VIA FROM TO REST "Subject: a\r\n\tb\r\n  c\r\n" END, true},
    {"names in any case, blanks before the colon",
     NOTIFY "VIA : SIP/2.0/UDP h;branch=z\r\n" FROM TO REST END, true},
    {"an answer", "SIP/2.0 200 OK\r\n" VIA FROM TO "Call-ID: c1\r\nCSeq: 7 REGISTER\r\n" END, true},
    {"an answer without a reason", "SIP/2.0 200 \r\n" VIA FROM TO REST END, true},
    {"IPv6", NOTIFY "Via: SIP/2.0/UDP [2001:db8::1]:5061;branch=z\r\n" FROM TO REST END, true},

    {"nothing", "", false},
    {"only line ends", "\r\n\r\n\r\n\r\n", false},
    {"no end", NOTIFY VIA FROM TO REST, false},
    {"lines that end with LF alone", "NOTIFY sip:a SIP/2.0\nVia: x\n\r\n\r\n", false},
    {"HTTP", "GET / HTTP/1.1\r\n" VIA FROM TO REST END, false},
    {"other version", "NOTIFY sip:a SIP/3.0\r\n" VIA FROM TO REST END, false},
    {"a blank in the URI", "NOTIFY sip:a b SIP/2.0\r\n" VIA FROM TO REST END, false},
    {"no URI", "NOTIFY  SIP/2.0\r\n" VIA FROM TO REST END, false},
    {"one word", "NOTIFY\r\n" VIA FROM TO REST END, false},
    {"status of two digits", "SIP/2.0 20 OK\r\n" VIA FROM TO REST END, false},
    {"status 099", "SIP/2.0 099 No\r\n" VIA FROM TO REST END, false},
    {"status 700", "SIP/2.0 700 No\r\n" VIA FROM TO REST END, false},
    {"the first line folded", "NOTIFY sip:a\r\n SIP/2.0\r\n" VIA FROM TO REST END, false},
    {"a field that begins with a blank", NOTIFY " Via: x\r\n" FROM TO REST END, false},
    {"no colon", NOTIFY VIA FROM TO REST "Subject\r\n" END, false},
    {"no name", NOTIFY VIA FROM TO REST ": x\r\n" END, false},
    {"a control character", NOTIFY VIA FROM TO REST "Subject: \x01\r\n" END, false},
    {"a lone CR", NOTIFY VIA FROM TO REST "Subject: a\rb\r\n" END, false},
    {"no Via", NOTIFY FROM TO REST END, false},
    {"an empty Via", NOTIFY "Via:\r\n" FROM TO REST END, false},
    {"a Via without a host", NOTIFY "Via: SIP/2.0/UDP ;branch=z\r\n" FROM TO REST END, false},
    {"a Via with port 0", NOTIFY "Via: SIP/2.0/UDP h:0\r\n" FROM TO REST END, false},
    {"a Via with port 99999", NOTIFY "Via: SIP/2.0/UDP h:99999\r\n" FROM TO REST END, false},
    {"a Via that is a comma", NOTIFY "Via: ,\r\n" FROM TO REST END, false},
    {"no From", NOTIFY VIA TO REST END, false},
    {"To twice", NOTIFY VIA FROM TO TO REST END, false},
    {"no Call-ID", NOTIFY VIA FROM TO "CSeq: 1 NOTIFY\r\n" END, false},
    {"CSeq of another method", NOTIFY VIA FROM TO "Call-ID: c\r\nCSeq: 1 INVITE\r\n" END, false},
    {"CSeq without number", NOTIFY VIA FROM TO "Call-ID: c\r\nCSeq: NOTIFY\r\n" END, false},
    {"CSeq too large", NOTIFY VIA FROM TO "Call-ID: c\r\nCSeq: 99999999999 NOTIFY\r\n" END, false},
};

static void messages_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof message_cases / sizeof message_cases[0]; i++) {
        struct sim_sip message = {0};
        struct sim_fault fault = {0};
        size_t len = strlen(message_cases[i].text);
        char *exact = malloc(len + 1); /* of its own size, for the sanitizer to watch its end */
        print_message("  %s\n", message_cases[i].label);
        assert_non_null(exact);
        memcpy(exact, message_cases[i].text, len);
        bool is_good = sim_sip_parse(exact, len, &message, &fault);
        assert_int_equal(is_good, message_cases[i].is_good);
        assert_int_equal(fault.text[0] == '\0', is_good);
        sim_sip_free(&message);
        free(exact);
    }
}

static void a_message_cut_or_changed_anywhere_does_no_harm(void **state)
{
    (void)state;
    static const char whole[] =
        NOTIFY VIA FROM TO REST "Authorization: Digest username=\"a\\\"b\", realm=\"r\", "
                                "nonce=\"n\", uri=\"sip:x\"\r\n" END;
    const struct sim_sip_challenge challenge = {.realm = "r", .nonce = "n"};
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        static const char bytes[] = {'\0', '"',  '<',  '>', ';',  ',',
                                     ':',  '\r', '\n', ' ', '\\', '='};
        for (size_t i = 0; i <= sizeof bytes; i++) {
            size_t len = i == sizeof bytes ? at : sizeof whole - 1, frame = 0;
            char *copy = malloc(len + 1);
            struct sim_sip message;
            struct sim_fault fault = {0};
            struct sim_buf out = {0};
            assert_non_null(copy);
            memcpy(copy, whole, len);
            if (i < sizeof bytes)
                copy[at] = bytes[i];
            (void)sim_sip_frame(copy, len, &frame, &fault);
            if (sim_sip_parse(copy, len, &message, &fault)) {
                sim_sip_answer(&out, &message, 200, "t", "192.0.2.1", 1, NULL);
                (void)sim_sip_credentials_are_good(&message, &challenge, "a", "p");
                (void)sim_sip_user(message.uri);
                sim_sip_free(&message);
            }
            sim_buf_free(&out);
            free(copy);
        }
    }
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    struct sim_buf text = {0};
    struct sim_sip message;
    struct sim_fault fault;
    sim_buf_text(&text, NOTIFY VIA FROM TO REST);
    for (int i = 0; i < SIM_SIP_FIELD_MAX; i++)
        sim_buf_text(&text, "X: y\r\n");
    sim_buf_text(&text, "\r\n");
    assert_false(sim_sip_parse(text.data, text.len, &message, &fault));
    sim_buf_free(&text);
}

static void streams_are_cut_by_content_length(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        bool is_good;
        size_t len;
    } cases[] = {
        {"nothing yet", "", true, 0},
        {"a keep-alive", "\r\n\r\n", true, 0},
        {"half a head", "A: b\r\n", true, 0},
        {"no body", "A: b\r\nContent-Length: 0\r\n\r\nNEXT", true, 27},
        {"compact", "A: b\r\nl:2\r\n\r\nxyNEXT", true, 15},
        {"empty lines before", "\r\n\r\nA: b\r\nl: 0\r\n\r\n", true, 18},
        {"half a body", "A: b\r\nl: 3\r\n\r\nxy", true, 0},
        {"no length", "A: b\r\n\r\n", false, 0},
        {"no number", "A: b\r\nContent-Length: x\r\n\r\n", false, 0},
        {"too large", "A: b\r\nContent-Length: 999999\r\n\r\n", false, 0},
        {"negative", "A: b\r\nContent-Length: -1\r\n\r\n", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = 99;
        struct sim_fault fault;
        print_message("  %s\n", cases[i].label);
        assert_int_equal(sim_sip_frame(cases[i].text, strlen(cases[i].text), &len, &fault),
                         cases[i].is_good);
        assert_int_equal(len, cases[i].len);
    }
}

static void assert_slice(struct sim_slice slice, const char *want)
{
    if (want == NULL) {
        assert_null(slice.text);
        return;
    }
    assert_non_null(slice.text);
    assert_int_equal(slice.len, strlen(want));
    assert_memory_equal(slice.text, want, slice.len);
}

static struct sim_slice slice_of(const char *text)
{
    return (struct sim_slice){text, strlen(text)};
}

static void addresses_and_parameters_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *address, *user;
    } users[] = {
        {"sip:1001@a", "1001"},
        {"<sip:1001@a;transport=tcp>;expires=5", "1001"},
        {"\"<sip:evil@x>\" <SIP:1001@a>", "1001"},
        {"Jane <sip:j.d:pw@a>", "j.d"},
        {"<sip:1001@a", NULL},
        {"sips:1001@a", NULL},
        {"sip:a.example", NULL},
        {"tel:1001", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        print_message("  %s\n", users[i].address);
        assert_slice(sim_sip_user(slice_of(users[i].address)), users[i].user);
    }
    struct sim_slice event = slice_of("check-sync ; reboot = true;x;y=\"a;b\"");
    assert_slice(sim_sip_head(event), "check-sync");
    assert_slice(sim_sip_parameter(event, "Reboot"), "true");
    assert_slice(sim_sip_parameter(event, "x"), "");
    assert_slice(sim_sip_parameter(event, "y"), "\"a;b\"");
    assert_slice(sim_sip_parameter(event, "b"), NULL);
    assert_slice(sim_sip_parameter(slice_of("<sip:a@b;tag=1>"), "tag"), NULL);

    struct sim_slice list = slice_of("a, \"b,c\" ,<d,e>,");
    assert_slice(sim_sip_element(&list), "a");
    assert_slice(sim_sip_element(&list), "\"b,c\"");
    assert_slice(sim_sip_element(&list), "<d,e>");
    assert_slice(sim_sip_element(&list), "");
    assert_slice(sim_sip_element(&list), NULL);
}

static void an_answer_says_where_the_request_came_from(void **state)
{
    (void)state;
    struct sim_sip message;
    struct sim_fault fault;
    struct sim_buf out = {0};
    static const char text[] =
        NOTIFY VIA "Via: SIP/2.0/UDP b;branch=2, SIP/2.0/UDP c;branch=3\r\n" FROM TO REST END;
    assert_true(sim_sip_parse(text, sizeof text - 1, &message, &fault));
    sim_sip_answer(&out, &message, 489, "t9", "198.51.100.7", 40000,
                   "Allow-Events: check-sync\r\n");
    assert_string_equal(out.data, "SIP/2.0 489 Bad Event\r\n"
                                  "Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport=40000;"
                                  "received=198.51.100.7\r\n"
                                  "Via: SIP/2.0/UDP b;branch=2, SIP/2.0/UDP c;branch=3\r\n"
                                  "From: <sip:beckon@a.example>;tag=1\r\n"
                                  "To: <sip:1001@a.example>;tag=t9\r\n"
                                  "Call-ID: c1\r\n"
                                  "CSeq: 7 NOTIFY\r\n"
                                  "Allow-Events: check-sync\r\n"
                                  "Content-Length: 0\r\n\r\n");
    sim_sip_free(&message);
    sim_buf_free(&out);
}

#define ANSWER(challenges) \
    "SIP/2.0 401 No\r\n" VIA FROM TO "Call-ID: c\r\nCSeq: 1 REGISTER\r\n" challenges END

static const struct {
    const char *label, *text;
    bool is_found, is_sha256, has_qop;
} challenge_cases[] = {
    {"plain", ANSWER("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"), true, false, false},
    {"qop list",
     ANSWER("WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",qop=\"auth-int,auth\"\r\n"), true,
     false, true},
    {"both algorithms, the weak one first",
     ANSWER(
         "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\", algorithm=MD5\r\n"
         "WWW-Authenticate: Digest realm=\"r\", nonce=\"s\", algorithm=SHA-256, qop=\"auth\"\r\n"),
     true, true, true},
    {"another scheme beside",
     ANSWER("WWW-Authenticate: Bearer realm=\"r\"\r\n"
            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"),
     true, false, false},
    {"unknown algorithm",
     ANSWER("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256\r\n"), false,
     false, false},
    {"auth-int alone",
     ANSWER("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"\r\n"), false,
     false, false},
    {"no nonce", ANSWER("WWW-Authenticate: Digest realm=\"r\"\r\n"), false, false, false},
    {"none", ANSWER(""), false, false, false},
    {"a proxy's in a 401", ANSWER("Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"), false,
     false, false},
};

static void challenges_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof challenge_cases / sizeof challenge_cases[0]; i++) {
        struct sim_sip answer;
        struct sim_fault fault;
        struct sim_sip_challenge challenge = {0};
        const char *text = challenge_cases[i].text;
        print_message("  %s\n", challenge_cases[i].label);
        assert_true(sim_sip_parse(text, strlen(text), &answer, &fault));
        assert_int_equal(sim_sip_challenge_find(&answer, &challenge), challenge_cases[i].is_found);
        assert_int_equal(challenge.is_sha256, challenge_cases[i].is_sha256);
        assert_int_equal(challenge.has_qop, challenge_cases[i].has_qop);
        sim_sip_free(&answer);
    }
}

/* RFC 2617 and RFC 7616 3.9.1 print what the answer must be; their method is GET. */
static void credentials_are_those_of_the_rfcs(void **state)
{
    (void)state;
    static const char rfc2617[] =
        "GET /dir/index.html SIP/2.0\r\n" VIA FROM TO "Call-ID: c\r\nCSeq: 1 GET\r\n"
        "Authorization: Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
        "nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\r\n\r\n";
    static const char rfc7616[] =
        "GET /dir/index.html SIP/2.0\r\n" VIA FROM TO "Call-ID: c\r\nCSeq: 1 GET\r\n"
        "Authorization: Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
        "uri=\"/dir/index.html\", algorithm=SHA-256, "
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
        "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
        "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"\r\n\r\n";
    struct sim_sip request;
    struct sim_fault fault;
    struct sim_sip_challenge challenge = {.realm = "testrealm@host.com",
                                          .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                          .has_qop = true};
    assert_true(sim_sip_parse(rfc2617, sizeof rfc2617 - 1, &request, &fault));
    assert_true(sim_sip_credentials_are_good(&request, &challenge, "Mufasa", "Circle Of Life"));
    assert_false(sim_sip_credentials_are_good(&request, &challenge, "Mufasa", "Circle of Life"));
    assert_false(sim_sip_credentials_are_good(&request, &challenge, "Simba", "Circle Of Life"));
    sim_sip_free(&request);

    challenge = (struct sim_sip_challenge){.realm = "http-auth@example.org",
                                           .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                                           .has_qop = true,
                                           .is_sha256 = true};
    assert_true(sim_sip_parse(rfc7616, sizeof rfc7616 - 1, &request, &fault));
    assert_true(sim_sip_credentials_are_good(&request, &challenge, "Mufasa", "Circle of Life"));
    challenge.is_sha256 = false;
    assert_false(sim_sip_credentials_are_good(&request, &challenge, "Mufasa", "Circle of Life"));
    sim_sip_free(&request);
}

static void what_is_printed_is_accepted(void **state)
{
    (void)state;
    for (int form = 0; form < 8; form++) {
        const struct sim_sip_challenge challenge = {.realm = "a \"b\" \\c",
                                                    .nonce = "n",
                                                    .is_proxy = form & 4,
                                                    .is_sha256 = form & 1,
                                                    .is_algorithm_named = true,
                                                    .has_qop = form & 2};
        struct sim_buf text = {0};
        struct sim_sip request;
        struct sim_fault fault;
        sim_buf_text(&text, NOTIFY VIA FROM TO REST);
        sim_sip_credentials_print(&text, &challenge, "NOTIFY", "sip:x", "u\"1", "p:w", 3);
        sim_buf_text(&text, "\r\n");
        assert_true(sim_sip_parse(text.data, text.len, &request, &fault));
        assert_true(sim_sip_credentials_are_good(&request, &challenge, "u\"1", "p:w"));
        sim_sip_free(&request);
        sim_buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_follow_the_table),
        cmocka_unit_test(a_message_cut_or_changed_anywhere_does_no_harm),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(streams_are_cut_by_content_length),
        cmocka_unit_test(addresses_and_parameters_are_taken_apart),
        cmocka_unit_test(an_answer_says_where_the_request_came_from),
        cmocka_unit_test(challenges_follow_the_table),
        cmocka_unit_test(credentials_are_those_of_the_rfcs),
        cmocka_unit_test(what_is_printed_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
