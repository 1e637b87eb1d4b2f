/*
 * The sip driver against a scripted PBX (sip_peer.h) on loopback: what it sends, whom it answers,
 * what it makes of every answer, and what hostile or silent peers do to it.
 */
#include "harness/test.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hex.h"
#include "io/loop_re.h"
#include "pbx/pbx.h"
#include "sip_peer.h"
#include "unit/io/certs.h"

enum { PATIENCE_MS = 15000, TIMEOUT_MS = 5000 };

static struct bk_loop *loop;
static struct bk_work *work;
static struct bk_egress local; /* loopback, in the clear */
static struct bk_egress nothing;
static struct bk_pbx_setup setup;

/* --- running --- */

static bool (*wanted)(void *);
static void *wanted_ctx;
static int64_t until_mono_ms;
static bool was_met;
static struct bk_timer look;

static void on_look(void *ctx)
{
    (void)ctx;
    was_met = wanted(wanted_ctx);
    if (was_met || bk_loop_now_ms(loop) > until_mono_ms)
        bk_loop_stop(loop);
    else
        bk_timer_start(loop, &look, 2, on_look, NULL);
}

static void run_until(bool (*is_met)(void *), void *ctx)
{
    wanted = is_met;
    wanted_ctx = ctx;
    until_mono_ms = bk_loop_now_ms(loop) + PATIENCE_MS;
    bk_timer_start(loop, &look, 0, on_look, NULL);
    bk_loop_run(loop);
    bk_timer_stop(&look);
    if (!was_met)
        fail_msg("it does not happen");
}

struct told {
    int count;
    int asked_count, allowed_count; /* of messages */
    struct bk_pbx_result result;
    struct bk_pbx *to_close; /* from inside the callback */
};

static void on_done(void *ctx, const struct bk_pbx_result *result)
{
    struct told *told = ctx;
    told->count++;
    told->result = *result;
    if (told->to_close != NULL)
        bk_pbx_driver_find(BK_STR("sip"))->close(told->to_close);
}

static bool is_told(void *ctx)
{
    return ((struct told *)ctx)->count > 0;
}

struct enough {
    struct peer *peer;
    size_t count;
};

static bool has_seen(void *ctx)
{
    struct enough *enough = ctx;
    return peer_seen_count(enough->peer) >= enough->count;
}

static bool has_answers(void *ctx)
{
    struct enough *enough = ctx;
    return peer_answer_count(enough->peer) >= enough->count;
}

static const struct bk_pbx_driver *driver(void)
{
    return bk_pbx_driver_find(BK_STR("sip"));
}

static const char *const words[] = {"udp", "tcp", "tls"};

/* NULL members of account: what most tests want. */
static struct bk_pbx *open_pbx(int port, enum peer_kind kind, const char *username,
                               const char *tls_name)
{
    char address[64], options[160];
    struct bk_pbx *pbx = NULL;
    struct bk_detail detail = {{0}};
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    snprintf(options, sizeof options, "{\"transport\":\"%s\"%s%s%s}", words[kind],
             tls_name != NULL ? ",\"tls_name\":\"" : "", tls_name != NULL ? tls_name : "",
             tls_name != NULL ? "\"" : "");
    const struct bk_pbx_account account = {
        .name = "1/1",
        .domain = "tenant.test",
        .address = address,
        .username = username,
        .secret = username != NULL ? BK_STR("rps-secret") : BK_STR_NONE,
        .options_json = bk_str_of(options),
    };
    if (driver()->open(&setup, &account, &pbx, &detail) != BK_OK)
        fail_msg("%s", detail.text);
    return pbx;
}

static const struct bk_pbx_order plain_order = {
    .number = {"1001", 4},
    .domain = {"tenant.test", 11},
    .event = "check-sync;reboot=false",
    .line_auth_id = {"1001", 4},
    .line_secret = {"line-secret", 11},
    .timeout_ms = TIMEOUT_MS,
};

static struct bk_pbx_result deliver(struct bk_pbx *pbx, const struct bk_pbx_order *order)
{
    struct told told = {0};
    struct bk_pbx_op *op = NULL;
    assert_int_equal(driver()->deliver(pbx, order, on_done, &told, &op), BK_OK);
    assert_int_equal(told.count, 0); /* never from inside */
    run_until(is_told, &told);
    assert_int_equal(told.count, 1);
    assert_true(told.result.text[0] != '\0');
    return told.result;
}

static struct bk_pbx_result probe(struct bk_pbx *pbx, int timeout_ms)
{
    struct told told = {0};
    struct bk_pbx_op *op = NULL;
    assert_int_equal(driver()->probe(pbx, timeout_ms, on_done, &told, &op), BK_OK);
    run_until(is_told, &told);
    return told.result;
}

/* --- reading what was sent --- */

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void value_of(const char *text, const char *name, char *ret_value, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strstr(text, key);
    if (at == NULL)
        fail_msg("no %s in\n%s", name, text);
    else
        snprintf(ret_value, size, "%.*s", (int)strcspn(at + strlen(key), "\r"), at + strlen(key));
}

/* Of a credentials field: quoted or not. */
static void parameter_of(const char *field, const char *name, char *ret_value, size_t size)
{
    char key[64];
    snprintf(key, sizeof key, " %s=", name);
    const char *at = strstr(field, key);
    ret_value[0] = '\0';
    if (at == NULL)
        return;
    at += strlen(key);
    snprintf(ret_value, size, "%.*s", (int)strcspn(at + (*at == '"'), *at == '"' ? "\"" : ",\r"),
             at + (*at == '"'));
}

static void hash_text(const EVP_MD *md, const char *text, char *ret_hex)
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    assert_int_equal(EVP_Digest(text, strlen(text), raw, &len, md, NULL), 1);
    for (unsigned i = 0; i < len; i++)
        sprintf(ret_hex + 2 * i, "%02x", raw[i]);
}

/* RFC 7616 3.4.1, computed here once more. */
static void assert_credentials(const char *request, const char *field_name, const char *user,
                               const char *secret, const char *realm, const char *nonce)
{
    char field[2048], got[256], algorithm[32], qop[32], nc[32], cnonce[128], uri[256];
    char text[1024], ha1[129], ha2[129], want[129];
    value_of(request, field_name, field, sizeof field);
    parameter_of(field, "username", got, sizeof got);
    assert_string_equal(got, user);
    parameter_of(field, "realm", got, sizeof got);
    assert_string_equal(got, realm);
    parameter_of(field, "nonce", got, sizeof got);
    assert_string_equal(got, nonce);
    parameter_of(field, "uri", uri, sizeof uri);
    assert_string_equal(uri, "sip:1001@tenant.test");
    parameter_of(field, "algorithm", algorithm, sizeof algorithm);
    parameter_of(field, "qop", qop, sizeof qop);
    parameter_of(field, "nc", nc, sizeof nc);
    parameter_of(field, "cnonce", cnonce, sizeof cnonce);
    const EVP_MD *md = strcmp(algorithm, "SHA-256") == 0 ? EVP_sha256() : EVP_md5();
    snprintf(text, sizeof text, "%s:%s:%s", user, realm, secret);
    hash_text(md, text, ha1);
    snprintf(text, sizeof text, "NOTIFY:%s", uri);
    hash_text(md, text, ha2);
    if (qop[0] != '\0')
        snprintf(text, sizeof text, "%s:%s:%s:%s:%s:%s", ha1, nonce, nc, cnonce, qop, ha2);
    else
        snprintf(text, sizeof text, "%s:%s:%s", ha1, nonce, ha2);
    hash_text(md, text, want);
    parameter_of(field, "response", got, sizeof got);
    assert_string_equal(got, want);
}

/* --- what is sent --- */

#define OK_STEP \
    { \
        .head = "SIP/2.0 200 OK\r\n" \
    }

static void a_notify_has_what_phones_and_proxies_demand(void **state)
{
    (void)state;
    for (enum peer_kind kind = PEER_UDP; kind <= PEER_TCP; kind++) {
        const struct peer_step steps[] = {OK_STEP, OK_STEP};
        struct peer peer;
        char value[256], first[256];
        peer_start(&peer, kind, 0, steps, 2, NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
        struct bk_pbx_result result = deliver(pbx, &plain_order);
        assert_int_equal(result.outcome, BK_PBX_ANSWERED);
        assert_int_equal(result.status, 200);
        const char *text = peer_seen(&peer, 0);
        print_message("%s", text);
        assert_int_equal(strncmp(text, "NOTIFY sip:1001@tenant.test SIP/2.0\r\n", 37), 0);
        value_of(text, "To", value, sizeof value);
        assert_string_equal(value, "<sip:1001@tenant.test>"); /* no tag */
        value_of(text, "From", value, sizeof value);
        assert_int_equal(strncmp(value, "<sip:rps@tenant.test>;tag=", 26), 0);
        snprintf(first, sizeof first, "<sip:rps@127.0.0.1:");
        value_of(text, "Contact", value, sizeof value);
        assert_int_equal(strncmp(value, first, strlen(first)), 0);
        value_of(text, "Event", value, sizeof value);
        assert_string_equal(value, "check-sync;reboot=false");
        value_of(text, "Subscription-State", value, sizeof value);
        assert_string_equal(value, "terminated;reason=noresource");
        value_of(text, "CSeq", value, sizeof value);
        assert_string_equal(value, "1 NOTIFY");
        value_of(text, "Max-Forwards", value, sizeof value);
        assert_string_equal(value, "70");
        value_of(text, "User-Agent", value, sizeof value);
        assert_string_equal(value, "beckon-test");
        value_of(text, "Content-Length", value, sizeof value);
        assert_string_equal(value, "0");
        assert_true(strlen(text) < 1300);
        assert_false(has(text, "Route:"));
        assert_false(has(text, "uthorization:"));
        /* Another order is another dialog-less request. */
        assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
        static const char *const fresh[] = {"Call-ID", "From", "Via"};
        for (size_t i = 0; i < BK_COUNT(fresh); i++) {
            value_of(peer_seen(&peer, 0), fresh[i], first, sizeof first);
            value_of(peer_seen(&peer, 1), fresh[i], value, sizeof value);
            assert_string_not_equal(first, value);
        }
        driver()->close(pbx);
        peer_stop(&peer);
    }
}

/* --- challenges --- */

#define P407 "SIP/2.0 407 Proxy Authentication Required\r\n"
#define W401 "SIP/2.0 401 Unauthorized\r\n"
#define PROXY_MD5 \
    P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p1\", qop=\"auth\"\r\n"
#define PHONE_MD5 W401 "WWW-Authenticate: Digest realm=\"phone\", nonce=\"w1\"\r\n"

static const struct {
    const char *label;
    bool has_account, has_line;
    struct peer_step steps[4];
    size_t seen_count;
    enum bk_pbx_outcome want;
    const char *words;
    /* Of the last request; NULL: must not be there. */
    const char *proxy_nonce, *www_realm, *www_user, *www_nonce;
    bool is_sha256;
} challenges[] = {
    {"407, MD5, qop",
     true,
     true,
     {{.head = PROXY_MD5}, OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "took it",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
    {"407, MD5, no qop",
     true,
     true,
     {{.head = P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p1\"\r\n"}, OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
    {"407, SHA-256",
     true,
     true,
     {{.head = P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p1\", "
                    "algorithm=SHA-256, qop=\"auth,auth-int\", opaque=\"o\"\r\n"},
      OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "",
     "p1",
     NULL,
     NULL,
     NULL,
     true},
    {"SHA-256 and MD5: the first",
     true,
     true,
     {{.head = P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p1\", "
                    "algorithm=SHA-256\r\n"
                    "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p2\"\r\n"},
      OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "",
     "p1",
     NULL,
     NULL,
     NULL,
     true},
    {"one we do not know and MD5",
     true,
     true,
     {{.head = P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p0\", "
                    "algorithm=SHA-512-256\r\nProxy-Authenticate: Bearer realm=\"x\"\r\n"
                    "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p2\"\r\n"},
      OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "",
     "p2",
     NULL,
     NULL,
     NULL,
     false},
    {"only what we do not know",
     true,
     true,
     {{.head = P407 "Proxy-Authenticate: Digest realm=\"t\", nonce=\"p\", algorithm=MD5-sess\r\n"}},
     1,
     BK_PBX_ACCOUNT,
     "MD5 or SHA-256",
     NULL,
     NULL,
     NULL,
     NULL,
     false},
    {"407 without any challenge",
     true,
     true,
     {{.head = P407}},
     1,
     BK_PBX_ACCOUNT,
     "Digest",
     NULL,
     NULL,
     NULL,
     NULL,
     false},
    {"the account is refused",
     true,
     true,
     {{.head = PROXY_MD5}, {.head = PROXY_MD5}},
     2,
     BK_PBX_ACCOUNT,
     "username and secret",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
    {"the account is refused by 401, same realm",
     true,
     true,
     {{.head = W401 "WWW-Authenticate: Digest realm=\"tenant.test\", nonce=\"a\"\r\n"},
      {.head = W401 "WWW-Authenticate: Digest realm=\"tenant.test\", nonce=\"b\"\r\n"}},
     2,
     BK_PBX_ACCOUNT,
     "username and secret",
     NULL,
     "tenant.test",
     "rps",
     "a",
     false},
    {"stale",
     true,
     true,
     {{.head = PROXY_MD5},
      {.head = P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p2\", stale=true, "
                    "qop=\"auth\"\r\n"},
      OK_STEP},
     3,
     BK_PBX_ANSWERED,
     "",
     "p2",
     NULL,
     NULL,
     NULL,
     false},
    {"stale for ever",
     true,
     true,
     {{.head = PROXY_MD5},
      {.head =
           P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p2\", stale=true\r\n"},
      {.head =
           P407 "Proxy-Authenticate: Digest realm=\"tenant.test\", nonce=\"p3\", stale=true\r\n"}},
     3,
     BK_PBX_ACCOUNT,
     "username and secret",
     "p2",
     NULL,
     NULL,
     NULL,
     false},
    {"no account, the proxy asks",
     false,
     true,
     {{.head = PROXY_MD5}},
     1,
     BK_PBX_ACCOUNT,
     "set username",
     NULL,
     NULL,
     NULL,
     NULL,
     false},
    {"the phone asks behind the PBX",
     true,
     true,
     {{.head = PROXY_MD5}, {.head = PHONE_MD5}, OK_STEP},
     3,
     BK_PBX_ANSWERED,
     "",
     "p1",
     "phone",
     "1001",
     "w1",
     false},
    {"the phone asks, no account",
     false,
     true,
     {{.head = PHONE_MD5}, OK_STEP},
     2,
     BK_PBX_ANSWERED,
     "",
     NULL,
     "phone",
     "1001",
     "w1",
     false},
    {"the phone refuses its line's",
     true,
     true,
     {{.head = PROXY_MD5}, {.head = PHONE_MD5}, {.head = PHONE_MD5}},
     3,
     BK_PBX_REFUSED,
     "holds others",
     "p1",
     "phone",
     "1001",
     "w1",
     false},
    {"the phone asks, the line has no secret",
     true,
     false,
     {{.head = PROXY_MD5}, {.head = PHONE_MD5}},
     2,
     BK_PBX_REFUSED,
     "has no secret",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
    {"the phone asks for what we do not know",
     true,
     true,
     {{.head = PROXY_MD5}, {.head = W401 "WWW-Authenticate: NTLM\r\n"}},
     2,
     BK_PBX_REFUSED,
     "not known here",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
    {"no account, nobody is content",
     false,
     true,
     {{.head = PHONE_MD5}, {.head = PHONE_MD5}},
     2,
     BK_PBX_REFUSED,
     "control account",
     NULL,
     "phone",
     "1001",
     "w1",
     false},
    {"no account and no secret",
     false,
     false,
     {{.head = PHONE_MD5}},
     1,
     BK_PBX_REFUSED,
     "control account",
     NULL,
     NULL,
     NULL,
     NULL,
     false},
    {"the phone's nonce is stale",
     true,
     true,
     {{.head = PROXY_MD5},
      {.head = PHONE_MD5},
      {.head = W401 "WWW-Authenticate: Digest realm=\"phone\", nonce=\"w2\", stale=true\r\n"},
      OK_STEP},
     4,
     BK_PBX_ANSWERED,
     "",
     "p1",
     "phone",
     "1001",
     "w2",
     false},
    {"the account, then 403",
     true,
     true,
     {{.head = PROXY_MD5}, {.head = "SIP/2.0 403 Wrong tenant\r\n"}},
     2,
     BK_PBX_ACCOUNT,
     "Wrong tenant",
     "p1",
     NULL,
     NULL,
     NULL,
     false},
};

static void challenges_are_answered_by_whom_they_are_meant_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(challenges); i++) {
        struct peer peer;
        struct bk_pbx_order order = plain_order;
        print_message("  %s\n", challenges[i].label);
        enum peer_kind kind = i % 2 == 0 ? PEER_UDP : PEER_TCP;
        peer_start(&peer, kind, 0, challenges[i].steps, 4, NULL);
        struct bk_pbx *pbx =
            open_pbx(peer.port, kind, challenges[i].has_account ? "rps" : NULL, NULL);
        if (!challenges[i].has_line)
            order.line_secret = BK_STR_NONE;
        struct bk_pbx_result result = deliver(pbx, &order);
        print_message("    %s\n", result.text);
        assert_int_equal(result.outcome, challenges[i].want);
        assert_true(has(result.text, challenges[i].words));
        assert_int_equal(peer_seen_count(&peer), challenges[i].seen_count);
        const char *last = peer_seen(&peer, challenges[i].seen_count - 1);
        assert_int_equal(has(last, "\r\nProxy-Authorization: "), challenges[i].proxy_nonce != NULL);
        assert_int_equal(has(last, "\r\nAuthorization: "), challenges[i].www_user != NULL);
        if (challenges[i].proxy_nonce != NULL)
            assert_credentials(last, "Proxy-Authorization", "rps", "rps-secret", "tenant.test",
                               challenges[i].proxy_nonce);
        if (challenges[i].www_user != NULL)
            assert_credentials(last, "Authorization", challenges[i].www_user,
                               strcmp(challenges[i].www_user, "rps") == 0 ? "rps-secret"
                                                                          : "line-secret",
                               challenges[i].www_realm, challenges[i].www_nonce);
        assert_int_equal(has(last, "algorithm=SHA-256"), challenges[i].is_sha256);
        /* One Call-ID throughout, CSeq counts (RFC 3261 22.2). */
        char first[128], now[128], cseq[32];
        value_of(peer_seen(&peer, 0), "Call-ID", first, sizeof first);
        for (size_t n = 0; n < challenges[i].seen_count; n++) {
            value_of(peer_seen(&peer, n), "Call-ID", now, sizeof now);
            assert_string_equal(first, now);
            value_of(peer_seen(&peer, n), "CSeq", now, sizeof now);
            snprintf(cseq, sizeof cseq, "%zu NOTIFY", n + 1);
            assert_string_equal(now, cseq);
        }
        driver()->close(pbx);
        peer_stop(&peer);
    }
}

/* --- answers --- */

static const struct {
    const char *head;
    enum bk_pbx_outcome want;
    int status, retry_after_s;
    const char *words;
} answers[] = {
    {"SIP/2.0 202 Accepted\r\n", BK_PBX_ANSWERED, 202, 0, "took it"},
    {"SIP/2.0 302 Moved\r\nContact: <sip:evil@192.0.2.1>\r\n", BK_PBX_REFUSED, 302, 0, "redirects"},
    {"SIP/2.0 403 Forbidden\r\n", BK_PBX_ACCOUNT, 403, 0, "allow it on the PBX"},
    {"SIP/2.0 404 Not Found\r\n", BK_PBX_OFFLINE, 404, 0, "not registered"},
    {"SIP/2.0 405 Method Not Allowed\r\n", BK_PBX_REFUSED, 405, 0, "routing"},
    {"SIP/2.0 408 Request Timeout\r\n", BK_PBX_SILENT, 408, 0, "in time"},
    {"SIP/2.0 480 Unavailable\r\nRetry-After: 30\r\n", BK_PBX_OFFLINE, 480, 30, "not registered"},
    {"SIP/2.0 481 No\r\n", BK_PBX_REFUSED, 481, 0, "allow unsolicited"},
    {"SIP/2.0 482 Loop\r\n", BK_PBX_REFUSED, 482, 0, "loop"},
    {"SIP/2.0 483 Hops\r\n", BK_PBX_REFUSED, 483, 0, "loop"},
    {"SIP/2.0 489 Bad Event\r\n", BK_PBX_REFUSED, 489, 0, "event"},
    {"SIP/2.0 500 Oops\r\n", BK_PBX_ILL, 500, 0, "fault"},
    {"SIP/2.0 501 Not Implemented\r\n", BK_PBX_REFUSED, 501, 0, "own driver"},
    {"SIP/2.0 503 Busy\r\nRetry-After: 120 (maintenance);duration=60\r\n", BK_PBX_ILL, 503, 120,
     ""},
    {"SIP/2.0 503 Busy\r\nRetry-After: 99999999999999\r\n", BK_PBX_ILL, 503, 3600, ""},
    {"SIP/2.0 603 Decline\r\n", BK_PBX_REFUSED, 603, 0, "everywhere"},
    {"SIP/2.0 700 What\r\n", BK_PBX_ILL, 700, 0, "no SIP status"},
    {"SIP/2.0 60000 What\r\n", BK_PBX_ILL, 60000, 0, "no SIP status"},
};

static void every_answer_becomes_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(answers); i++) {
        const struct peer_step steps[] = {{.head = answers[i].head}};
        struct peer peer;
        enum peer_kind kind = i % 2 == 0 ? PEER_UDP : PEER_TCP;
        peer_start(&peer, kind, 0, steps, 1, NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
        struct bk_pbx_result result = deliver(pbx, &plain_order);
        print_message("  %s\n", result.text);
        assert_int_equal(result.outcome, answers[i].want);
        assert_int_equal(result.status, answers[i].status);
        assert_int_equal(result.retry_after_s, answers[i].retry_after_s);
        assert_true(has(result.text, answers[i].words));
        assert_int_equal(peer_seen_count(&peer), 1);
        driver()->close(pbx);
        peer_stop(&peer);
    }
}

/* --- silence --- */

static void silence_ends_with_the_orders_own_deadline_and_late_answers_change_nothing(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{.head = "SIP/2.0 200 OK\r\n", .is_late = true}, OK_STEP};
    struct peer peer;
    struct bk_pbx_order order = plain_order;
    peer_start(&peer, PEER_UDP, 0, steps, 2, NULL);
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_UDP, "rps", NULL);
    order.timeout_ms = 300;
    int64_t from_mono_ms = bk_clock_mono_ms();
    struct bk_pbx_result result = deliver(pbx, &order);
    assert_int_equal(result.outcome, BK_PBX_SILENT);
    assert_true(bk_clock_mono_ms() - from_mono_ms < 10000); /* libre's is 32 s */
    peer_release(&peer);
    /* What comes after it in the same socket is seen: so is the late one, by nobody. */
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
    driver()->close(pbx);
    peer_stop(&peer);
}

static void a_lost_datagram_is_sent_again(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{.head = "SIP/2.0 200 OK\r\n", .ignored_count = 1}};
    struct peer peer;
    peer_start(&peer, PEER_UDP, 0, steps, 1, NULL);
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_UDP, "rps", NULL);
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
    assert_int_equal(peer_seen_count(&peer), 1);
    assert_int_equal(peer_packet_count(&peer), 2);
    driver()->close(pbx);
    peer_stop(&peer);
}

/* --- hostile answers --- */

#define RAW(text) .raw = text, .raw_len = sizeof text - 1

static const struct {
    const char *label;
    struct peer_step step;
    enum bk_pbx_outcome on_udp, on_tcp; /* a stream does not recover from what is no SIP */
} hostile[] = {
    {"a reason phrase of 10 kB",
     {.head = "SIP/2.0 486 \r\n", .padding = 7500},
     BK_PBX_REFUSED,
     BK_PBX_REFUSED},
    {"fifty provisional ones",
     {.head = "SIP/2.0 200 OK\r\n", .provisional_count = 50},
     BK_PBX_ANSWERED,
     BK_PBX_ANSWERED},
    {"no Via", {.head = "SIP/2.0 200 OK\r\n", .not_repeated = "Via"}, BK_PBX_SILENT, BK_PBX_SILENT},
    {"no CSeq",
     {.head = "SIP/2.0 200 OK\r\n", .not_repeated = "CSeq"},
     BK_PBX_SILENT,
     BK_PBX_SILENT},
    {"no To",
     {.head = "SIP/2.0 200 OK\r\n", .not_repeated = "To"},
     BK_PBX_ANSWERED,
     BK_PBX_ANSWERED},
    {"another's CSeq",
     {.head = "SIP/2.0 200 OK\r\n", .has_wrong_cseq = true},
     BK_PBX_SILENT,
     BK_PBX_SILENT},
    {"another's branch",
     {.head = "SIP/2.0 200 OK\r\n", .has_wrong_branch = true},
     BK_PBX_SILENT,
     BK_PBX_SILENT},
    {"bytes",
     {RAW("\xff\x00\x01\x02 \r\n\r\n\x80\x80"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_SILENT},
    {"a status line alone",
     {RAW("SIP/2.0 200 OK\r\n\r\n"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_SILENT},
    {"no status",
     {RAW("SIP/2.0 abc OK\r\n\r\n"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_SILENT},
    {"a request that is none",
     {RAW("X y SIP/2.0\r\n:\r\n\r\n"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_SILENT},
    {"a body that never comes",
     {RAW("SIP/2.0 200 OK\r\nContent-Length: 4294967295\r\n\r\n"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_SILENT},
    {"blank lines",
     {RAW("\r\n\r\n\r\n\r\n"), .head = "SIP/2.0 200 OK\r\n"},
     BK_PBX_ANSWERED,
     BK_PBX_ANSWERED},
};

static void hostile_answers_harm_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(hostile); i++)
        for (enum peer_kind kind = PEER_UDP; kind <= PEER_TCP; kind++) {
            struct peer peer;
            struct bk_pbx_order order = plain_order;
            print_message("  %s, %s\n", hostile[i].label, words[kind]);
            const struct peer_step steps[] = {hostile[i].step, OK_STEP, OK_STEP, OK_STEP};
            peer_start(&peer, kind, 0, steps, BK_COUNT(steps), NULL);
            struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
            enum bk_pbx_outcome want = kind == PEER_UDP ? hostile[i].on_udp : hostile[i].on_tcp;
            order.timeout_ms = want == BK_PBX_SILENT ? 250 : TIMEOUT_MS;
            struct bk_pbx_result result = deliver(pbx, &order);
            print_message("    %s: %s\n", bk_pbx_outcome_name(result.outcome), result.text);
            assert_int_equal(result.outcome, want);
            /* The next one is served; on a stream that is no longer one, after a probe. */
            if (result.outcome == BK_PBX_SILENT && kind == PEER_TCP)
                (void)probe(pbx, 300);
            assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
            driver()->close(pbx);
            peer_stop(&peer);
        }
}

/* --- connections --- */

static void a_lost_or_refused_connection_is_the_pbxs_and_heals(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{.closes = true}, OK_STEP};
    struct peer peer;
    peer_start(&peer, PEER_TCP, 0, steps, 2, NULL);
    int port = peer.port;
    struct bk_pbx *pbx = open_pbx(port, PEER_TCP, "rps", NULL);
    struct bk_pbx_order order = plain_order;
    order.timeout_ms = 500;
    struct bk_pbx_result result = deliver(pbx, &order);
    print_message("  %s\n", result.text);
    assert_int_equal(result.outcome, BK_PBX_SILENT); /* it was sent: it may have arrived */
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
    peer_stop(&peer);
    (void)deliver(pbx, &order); /* the connection is gone, perhaps unnoticed until now */
    result = deliver(pbx, &plain_order);
    print_message("  %s\n", result.text);
    assert_int_equal(result.outcome, BK_PBX_ILL);
    assert_true(has(result.text, "check address, port"));
    const struct peer_step good[] = {OK_STEP};
    peer_start(&peer, PEER_TCP, port, good, 1, NULL);
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
    driver()->close(pbx);
    peer_stop(&peer);
}

static void a_probe_takes_any_answer_and_a_dead_way_is_left(void **state)
{
    (void)state;
    static const struct peer_step steps[] = {
        {.head = "SIP/2.0 200 OK\r\n"}, {.head = P407}, {.head = "SIP/2.0 404 Not here\r\n"}, {0}};
    for (enum peer_kind kind = PEER_UDP; kind <= PEER_TCP; kind++) {
        struct peer peer;
        peer_start(&peer, kind, 0, steps, BK_COUNT(steps), NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
        for (size_t i = 0; i < 3; i++) {
            struct bk_pbx_result result = probe(pbx, TIMEOUT_MS);
            assert_int_equal(result.outcome, BK_PBX_ANSWERED);
            assert_true(has(result.text, "OPTIONS"));
        }
        assert_int_equal(strncmp(peer_seen(&peer, 0), "OPTIONS sip:tenant.test SIP/2.0\r\n", 33),
                         0);
        assert_false(has(peer_seen(&peer, 0), "Event:"));
        int port = peer_client_port(&peer);
        struct bk_pbx_result result = probe(pbx, 200);
        assert_int_equal(result.outcome, BK_PBX_SILENT);
        assert_true(has(result.text, "firewall"));
        assert_int_equal(probe(pbx, 200).outcome, BK_PBX_SILENT);
        assert_int_not_equal(peer_client_port(&peer), port);
        driver()->close(pbx);
        peer_stop(&peer);
    }
}

/* --- TLS --- */

static SSL_CTX *server_context(const struct cert *cert, int max_version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert->x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, cert->key), 1);
    if (max_version != 0) {
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(ctx, max_version);
    }
    return ctx;
}

static void tls_is_verified_by_chain_and_name(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    struct cert ca = cert_ca("PBX CA", NULL), other = cert_ca("another CA", NULL);
    struct cert good = cert_make(&(struct cert_options){
        .name = "x", .issuer = &ca, .usage = "serverAuth", .alt_names = "DNS:pbx.tenant.test"});
    struct cert numeric = cert_make(&(struct cert_options){
        .name = "x", .issuer = &ca, .usage = "serverAuth", .alt_names = "IP:127.0.0.1"});
    struct cert expired = cert_make(&(struct cert_options){.name = "x",
                                                           .issuer = &ca,
                                                           .usage = "serverAuth",
                                                           .from_s = -7200,
                                                           .until_s = -3600,
                                                           .alt_names = "DNS:pbx.tenant.test"});
    struct cert client = cert_make(&(struct cert_options){
        .name = "x", .issuer = &ca, .usage = "clientAuth", .alt_names = "DNS:pbx.tenant.test"});
    const char *ca_file = file_certs(&files, "ca.pem", (const struct cert *[]){&ca, NULL});
    const char *other_file = file_certs(&files, "other.pem", (const struct cert *[]){&other, NULL});
    const struct {
        const char *label;
        const struct cert *cert;
        int max_version;
        const char *ca_file, *tls_name;
        enum bk_pbx_outcome want;
        const char *words, *server_name;
    } rows[] = {
        {"name and chain are good", &good, 0, ca_file, "pbx.tenant.test", BK_PBX_ANSWERED,
         "took it", "pbx.tenant.test"},
        {"TLS 1.2", &good, TLS1_2_VERSION, ca_file, "pbx.tenant.test", BK_PBX_ANSWERED, "took it",
         "pbx.tenant.test"},
        {"the address is the name", &numeric, 0, ca_file, NULL, BK_PBX_ANSWERED, "took it", ""},
        {"another name", &good, 0, ca_file, "pbx.other.test", BK_PBX_ILL, "pbx.other.test",
         "pbx.other.test"},
        {"an address that is not in it", &good, 0, ca_file, NULL, BK_PBX_ILL, "127.0.0.1", ""},
        {"another CA", &good, 0, other_file, "pbx.tenant.test", BK_PBX_ILL, "certificate",
         "pbx.tenant.test"},
        {"the system's CAs", &good, 0, NULL, "pbx.tenant.test", BK_PBX_ILL, "certificate",
         "pbx.tenant.test"},
        {"expired", &expired, 0, ca_file, "pbx.tenant.test", BK_PBX_ILL, "expired",
         "pbx.tenant.test"},
        {"a client's certificate", &client, 0, ca_file, "pbx.tenant.test", BK_PBX_ILL, "purpose",
         "pbx.tenant.test"},
        {"TLS 1.1", &good, TLS1_1_VERSION, ca_file, "pbx.tenant.test", BK_PBX_ILL, "TLS 1.2", ""},
        {"no such CA file", &good, 0, "/nonexistent/ca.pem", "pbx.tenant.test", BK_PBX_ILL,
         "sip.tls_ca_file", ""},
    };
    const struct peer_step steps[] = {OK_STEP};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct peer peer;
        SSL_CTX *ctx = server_context(rows[i].cert, rows[i].max_version);
        print_message("  %s\n", rows[i].label);
        peer_start(&peer, PEER_TLS, 0, steps, 1, ctx);
        setup.tls_ca_file = rows[i].ca_file;
        struct bk_pbx *pbx = open_pbx(peer.port, PEER_TLS, "rps", rows[i].tls_name);
        struct bk_pbx_result result = deliver(pbx, &plain_order);
        print_message("    %s\n", result.text);
        assert_int_equal(result.outcome, rows[i].want);
        assert_true(has(result.text, rows[i].words));
        assert_int_equal(peer_seen_count(&peer), rows[i].want == BK_PBX_ANSWERED ? 1 : 0);
        driver()->close(pbx);
        peer_stop(&peer);
        if (rows[i].server_name[0] != '\0')
            assert_string_equal(peer.server_name, rows[i].server_name);
        SSL_CTX_free(ctx);
    }
    /* Somebody who does not speak TLS at all. */
    struct peer peer;
    peer_start(&peer, PEER_TCP, 0, steps, 1, NULL);
    setup.tls_ca_file = ca_file;
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_TLS, "rps", "pbx.tenant.test");
    struct bk_pbx_order order = plain_order;
    order.timeout_ms = 300;
    assert_int_equal(deliver(pbx, &order).outcome, BK_PBX_SILENT);
    driver()->close(pbx);
    peer_stop(&peer);
    setup.tls_ca_file = NULL;
    cert_free(&ca);
    cert_free(&other);
    cert_free(&good);
    cert_free(&numeric);
    cert_free(&expired);
    cert_free(&client);
    files_deinit(&files);
}

/* --- where nothing goes --- */

static void a_forbidden_address_is_sent_nothing(void **state)
{
    (void)state;
    struct bk_egress no_cleartext;
    const struct peer_step steps[] = {OK_STEP};
    assert_int_equal(bk_egress_parse(BK_STR("127.0.0.0/8"), BK_STR(""), &no_cleartext, NULL),
                     BK_OK);
    const struct {
        const char *label;
        const struct bk_egress *egress;
        enum peer_kind kind;
        const char *words;
    } rows[] = {
        {"not public, udp", &nothing, PEER_UDP, "egress.allow"},
        {"not public, tcp", &nothing, PEER_TCP, "egress.allow"},
        {"not public, tls", &nothing, PEER_TLS, "egress.allow"},
        {"in the clear, udp", &no_cleartext, PEER_UDP, "egress.cleartext"},
        {"in the clear, tcp", &no_cleartext, PEER_TCP, "egress.cleartext"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct peer peer;
        print_message("  %s\n", rows[i].label);
        peer_start(&peer, rows[i].kind == PEER_TLS ? PEER_TCP : rows[i].kind, 0, steps, 1, NULL);
        setup.egress = rows[i].egress;
        struct bk_pbx *pbx = open_pbx(peer.port, rows[i].kind, "rps", NULL);
        struct bk_pbx_result result = deliver(pbx, &plain_order);
        assert_int_equal(result.outcome, BK_PBX_FORBIDDEN);
        assert_true(has(result.text, rows[i].words));
        assert_int_equal(probe(pbx, TIMEOUT_MS).outcome, BK_PBX_FORBIDDEN);
        driver()->close(pbx);
        setup.egress = &local;
        /* Had anything been sent, it would be before this in the same queue. */
        if (rows[i].kind == PEER_UDP) {
            pbx = open_pbx(peer.port, rows[i].kind, "rps", NULL);
            assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
            assert_int_equal(peer_packet_count(&peer), 1);
            driver()->close(pbx);
        }
        peer_stop(&peer);
        assert_int_equal(peer.packet_count, rows[i].kind == PEER_UDP ? 1 : 0);
    }
}

static void what_cannot_stand_in_sip_is_refused_before_anything_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *label, *number, *domain, *event, *auth_id;
    } rows[] = {
        {"a line end in the number", "1001\r\nX: y", "tenant.test", "check-sync", "1"},
        {"a blank in the number", "10 01", "tenant.test", "check-sync", "1"},
        {"no number", "", "tenant.test", "check-sync", "1"},
        {"a line end in the domain", "1001", "tenant.test\r\nX: y", "check-sync", "1"},
        {"a bracket in the domain", "1001", "tenant.test>", "check-sync", "1"},
        {"a parameter in the domain", "1001", "tenant.test;maddr=1.2.3.4", "check-sync", "1"},
        {"no domain", "1001", "", "check-sync", "1"},
        {"a line end in the event", "1001", "tenant.test", "check-sync\r\nX: y", "1"},
        {"no event", "1001", "tenant.test", "", "1"},
        {"a line end in the line's account", "1001", "tenant.test", "check-sync", "1\r\nX: y"},
    };
    const struct peer_step steps[] = {OK_STEP};
    struct peer peer;
    peer_start(&peer, PEER_UDP, 0, steps, 1, NULL);
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_UDP, "rps", NULL);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct told told = {0};
        struct bk_pbx_op *op = NULL;
        struct bk_pbx_order order = plain_order;
        print_message("  %s\n", rows[i].label);
        order.number = bk_str_of(rows[i].number);
        order.domain = bk_str_of(rows[i].domain);
        order.event = rows[i].event;
        order.line_auth_id = bk_str_of(rows[i].auth_id);
        assert_int_equal(driver()->deliver(pbx, &order, on_done, &told, &op), BK_ERR_INVALID);
        assert_null(op);
    }
    /* What only looks dangerous is escaped. */
    struct bk_pbx_order order = plain_order;
    order.number = BK_STR("1>;x=\"@evil");
    assert_int_equal(deliver(pbx, &order).outcome, BK_PBX_ANSWERED);
    assert_int_equal(strncmp(peer_seen(&peer, 0),
                             "NOTIFY sip:1%3E%3Bx%3D%22%40evil@tenant.test SIP/2.0\r\n", 52),
                     0);
    assert_int_equal(peer_packet_count(&peer), 1);
    driver()->close(pbx);
    peer_stop(&peer);
}

static void an_account_that_cannot_be_used_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *address, *username, *options, *words;
    } rows[] = {
        {"tenant.test", "pbx.test", "rps", "{\"transport\":\"sctp\"}", "transport"},
        {"tenant.test", "pbx.test", "rps", "{\"from_user\":\"a b\"}", "from_user"},
        {"tenant.test", "pbx.test", "rps", "{\"tls_name\":\"[::1]\"}", "tls_name"},
        {"tenant.test", "pbx.test", "rps", "not json", ""},
        {"tenant.test", "pbx.test:0", "rps", "{}", "pbx.test:0"},
        {"tenant.test", "", "rps", "{}", "address"},
        {"ten ant", "pbx.test", "rps", "{}", "domain"},
        {"tenant.test:5060", "pbx.test", "rps", "{}", "domain"},
        {"tenant.test", "pbx.test", "r\nps", "{}", "username"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_pbx *pbx = NULL;
        struct bk_detail detail = {{0}};
        const struct bk_pbx_account account = {
            .name = "1/1",
            .domain = rows[i].domain,
            .address = rows[i].address,
            .username = rows[i].username,
            .options_json = bk_str_of(rows[i].options),
        };
        assert_int_equal(driver()->open(&setup, &account, &pbx, &detail), BK_ERR_INVALID);
        print_message("  %s\n", detail.text);
        assert_null(pbx);
        assert_true(detail.text[0] != '\0' && has(detail.text, rows[i].words));
    }
}

/* --- ends --- */

static void what_is_cancelled_or_closed_is_not_reported(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{0}, {0}, {.head = "SIP/2.0 200 OK\r\n"}, OK_STEP};
    for (enum peer_kind kind = PEER_UDP; kind <= PEER_TCP; kind++) {
        struct peer peer;
        struct told told[4] = {{0}};
        struct bk_pbx_op *op[4] = {NULL};
        peer_start(&peer, kind, 0, steps, BK_COUNT(steps), NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
        struct enough seen = {&peer, 1};
        /* In flight. */
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told[0], &op[0]), BK_OK);
        run_until(has_seen, &seen);
        driver()->cancel(op[0]);
        /* At once: on TCP the connection is being made. */
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told[1], &op[1]), BK_OK);
        driver()->cancel(op[1]);
        /* Closed with one in flight, and one forbidden that is about to be told. */
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told[2], &op[2]), BK_OK);
        driver()->close(pbx);
        setup.egress = &nothing;
        pbx = open_pbx(peer.port, kind, "rps", NULL);
        setup.egress = &local;
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told[3], &op[3]), BK_OK);
        driver()->close(pbx);
        pbx = open_pbx(peer.port, kind, "rps", NULL);
        (void)probe(pbx, 300);
        driver()->close(pbx);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(told[i].count, 0);
        peer_stop(&peer);
    }
}

static bool may_send(void *ctx)
{
    struct told *told = ctx;
    return told->asked_count++ < told->allowed_count;
}

static const struct {
    const char *label;
    int allowed_count;
    enum bk_pbx_outcome want;
    int asked_count;
    size_t seen_count;
} allowances[] = {
    {"both", 2, BK_PBX_ANSWERED, 2, 2},
    {"not the one with credentials", 1, BK_PBX_SILENT, 2, 1},
    {"none", 0, BK_PBX_SILENT, 1, 0},
};

static void each_message_is_asked_for_before_it_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(allowances); i++) {
        print_message("  %s\n", allowances[i].label);
        const struct peer_step steps[] = {{.head = PROXY_MD5}, OK_STEP};
        struct peer peer;
        struct told told = {.allowed_count = allowances[i].allowed_count};
        struct bk_pbx_op *op = NULL;
        struct bk_pbx_order order = plain_order;
        order.may_send = may_send;
        peer_start(&peer, PEER_UDP, 0, steps, 2, NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, PEER_UDP, "rps", NULL);
        assert_int_equal(driver()->deliver(pbx, &order, on_done, &told, &op), BK_OK);
        assert_int_equal(told.count, 0);
        run_until(is_told, &told);
        assert_int_equal(told.result.outcome, allowances[i].want);
        assert_int_equal(told.asked_count, allowances[i].asked_count);
        (void)probe(pbx, 200); /* comes behind all that was sent */
        assert_int_equal(peer_seen_count(&peer), allowances[i].seen_count + 1);
        driver()->close(pbx);
        peer_stop(&peer);
    }
}

static void whoever_is_told_may_close_the_pbx(void **state)
{
    (void)state;
    for (enum peer_kind kind = PEER_UDP; kind <= PEER_TCP; kind++) {
        const struct peer_step steps[] = {OK_STEP, {0}};
        struct peer peer;
        struct told told = {0}, never = {0};
        struct bk_pbx_op *op = NULL;
        peer_start(&peer, kind, 0, steps, 2, NULL);
        struct bk_pbx *pbx = open_pbx(peer.port, kind, "rps", NULL);
        told.to_close = pbx;
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told, &op), BK_OK);
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &never, &op), BK_OK);
        run_until(is_told, &told);
        assert_int_equal(told.result.outcome, BK_PBX_ANSWERED);
        assert_int_equal(never.count, 0);
        peer_stop(&peer);
    }
}

static void many_at_once_are_each_answered(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    struct peer_step steps[COUNT];
    struct told told[COUNT] = {{0}};
    struct bk_pbx_op *op = NULL;
    struct peer peer;
    for (size_t i = 0; i < COUNT; i++)
        steps[i] = (struct peer_step)OK_STEP;
    peer_start(&peer, PEER_TCP, 0, steps, COUNT, NULL);
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_TCP, "rps", NULL);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told[i], &op), BK_OK);
    for (size_t i = 0; i < COUNT; i++) {
        run_until(is_told, &told[i]);
        assert_int_equal(told[i].result.outcome, BK_PBX_ANSWERED);
    }
    driver()->close(pbx);
    peer_stop(&peer);
    assert_int_equal(peer.connection_count, 1); /* one connection a PBX */
}

/* --- requests to our socket --- */

static void the_pbx_may_ask_us_and_strangers_may_not(void **state)
{
    (void)state;
    const struct peer_step steps[] = {OK_STEP};
    static const char options[] =
        "OPTIONS sip:rps@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
        "127.0.0.2:5060;branch=z9hG4bKx;rport\r\n"
        "From: <sip:x@y>;tag=x\r\nTo: <sip:rps@tenant.test>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n";
    struct peer peer;
    peer_start(&peer, PEER_UDP, 0, steps, 1, NULL);
    struct bk_pbx *pbx = open_pbx(peer.port, PEER_UDP, "rps", NULL);
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);

    struct sockaddr_in own = {.sin_family = AF_INET}, to = own;
    inet_pton(AF_INET, "127.0.0.2", &own.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    to.sin_port = htons((uint16_t)peer_client_port(&peer));
    int stranger = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(stranger, (struct sockaddr *)&own, sizeof own), 0);
    assert_true(
        sendto(stranger, options, sizeof options - 1, 0, (struct sockaddr *)&to, sizeof to) > 0);
    peer_request(&peer, "OPTIONS", "");
    peer_request(&peer, "NOTIFY", "");
    peer_request(&peer, "INVITE", "");
    peer_request(&peer, "BYE", ";tag=old");
    struct enough enough = {&peer, 4};
    run_until(has_answers, &enough);
    assert_int_equal(strncmp(peer_answer(&peer, 0), "SIP/2.0 200 ", 12), 0);
    assert_true(has(peer_answer(&peer, 0), "\r\nAllow: OPTIONS\r\n"));
    assert_int_equal(strncmp(peer_answer(&peer, 1), "SIP/2.0 405 ", 12), 0);
    assert_true(has(peer_answer(&peer, 1), "\r\nAllow: OPTIONS\r\n"));
    assert_int_equal(strncmp(peer_answer(&peer, 2), "SIP/2.0 405 ", 12), 0);
    assert_int_equal(strncmp(peer_answer(&peer, 3), "SIP/2.0 481 ", 12), 0);
    char text[64];
    assert_int_equal(recv(stranger, text, sizeof text, MSG_DONTWAIT), -1); /* asked before them */
    close(stranger);
    driver()->close(pbx);
    peer_stop(&peer);
}

/* --- names, memory --- */

static void a_name_is_looked_up_and_one_that_is_not_found_is_told(void **state)
{
    (void)state;
    const struct peer_step steps[] = {OK_STEP, OK_STEP};
    struct peer peer;
    char address[64];
    struct bk_detail detail;
    struct bk_pbx *pbx = NULL;
    peer_start(&peer, PEER_UDP, 0, steps, 2, NULL);
    snprintf(address, sizeof address, "localhost:%d", peer.port);
    struct bk_pbx_account account = {.name = "1/1",
                                     .domain = "tenant.test",
                                     .address = address,
                                     .options_json = BK_STR("{\"from_user\":\"callback\"}")};
    /* ::1 first in some hosts files: allowed addresses are tried in turn. */
    assert_int_equal(driver()->open(&setup, &account, &pbx, &detail), BK_OK);
    assert_int_equal(deliver(pbx, &plain_order).outcome, BK_PBX_ANSWERED);
    assert_true(has(peer_seen(&peer, 0), "From: <sip:callback@tenant.test>"));
    /* Closed while a look-up runs. */
    driver()->close(pbx);
    assert_int_equal(driver()->open(&setup, &account, &pbx, &detail), BK_OK);
    struct told told = {0};
    struct bk_pbx_op *op = NULL;
    assert_int_equal(driver()->deliver(pbx, &plain_order, on_done, &told, &op), BK_OK);
    driver()->close(pbx);
    account.address = "no-such-host.invalid";
    assert_int_equal(driver()->open(&setup, &account, &pbx, &detail), BK_OK);
    struct bk_pbx_result result = deliver(pbx, &plain_order);
    print_message("  %s\n", result.text);
    assert_int_equal(result.outcome, BK_PBX_ILL);
    assert_true(has(result.text, "no-such-host.invalid"));
    assert_int_equal(told.count, 0);
    driver()->close(pbx);
    peer_stop(&peer);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        const struct peer_step steps[] = {{.head = PROXY_MD5}, OK_STEP};
        struct peer peer;
        struct bk_pbx *pbx = NULL;
        struct told told = {0};
        struct bk_pbx_op *op = NULL;
        struct bk_detail detail;
        char address[32];
        peer_start(&peer, PEER_UDP, 0, steps, 2, NULL);
        snprintf(address, sizeof address, "127.0.0.1:%d", peer.port);
        const struct bk_pbx_account account = {.name = "1/1",
                                               .domain = "tenant.test",
                                               .address = address,
                                               .username = "rps",
                                               .secret = BK_STR("rps-secret"),
                                               .options_json = BK_STR("{}")};
        bk_alloc_fail_after(n);
        enum bk_err err = driver()->open(&setup, &account, &pbx, &detail);
        if (err == BK_OK)
            err = driver()->deliver(pbx, &plain_order, on_done, &told, &op);
        if (err == BK_OK) {
            run_until(is_told, &told);
            assert_true(told.result.outcome == BK_PBX_ANSWERED ||
                        told.result.outcome == BK_PBX_ILL);
        } else {
            assert_int_equal(err, BK_ERR_NO_MEMORY);
        }
        bool has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        driver()->close(pbx);
        peer_stop(&peer);
        if (!has_failed) {
            assert_int_equal(told.result.outcome, BK_PBX_ANSWERED);
            print_message("  %ld places\n", n);
            break;
        }
    }
}

static int begin(void **state)
{
    (void)state;
    loop = bk_loop_re_new(1024);
    assert_int_equal(bk_work_new(loop, 1, 16, &work), BK_OK);
    assert_int_equal(
        bk_egress_parse(BK_STR("127.0.0.0/8, ::1"), BK_STR("127.0.0.0/8, ::1"), &local, NULL),
        BK_OK);
    setup =
        (struct bk_pbx_setup){.loop = loop, .work = work, .egress = &local, .agent = "beckon-test"};
    return 0;
}

static int finish(void **state)
{
    (void)state;
    bk_work_free(work);
    bk_loop_free(loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notify_has_what_phones_and_proxies_demand),
        cmocka_unit_test(challenges_are_answered_by_whom_they_are_meant_for),
        cmocka_unit_test(every_answer_becomes_its_outcome),
        cmocka_unit_test(silence_ends_with_the_orders_own_deadline_and_late_answers_change_nothing),
        cmocka_unit_test(a_lost_datagram_is_sent_again),
        cmocka_unit_test(hostile_answers_harm_nobody),
        cmocka_unit_test(a_lost_or_refused_connection_is_the_pbxs_and_heals),
        cmocka_unit_test(a_probe_takes_any_answer_and_a_dead_way_is_left),
        cmocka_unit_test(tls_is_verified_by_chain_and_name),
        cmocka_unit_test(a_forbidden_address_is_sent_nothing),
        cmocka_unit_test(what_cannot_stand_in_sip_is_refused_before_anything_is_sent),
        cmocka_unit_test(an_account_that_cannot_be_used_says_why),
        cmocka_unit_test(what_is_cancelled_or_closed_is_not_reported),
        cmocka_unit_test(each_message_is_asked_for_before_it_leaves),
        cmocka_unit_test(whoever_is_told_may_close_the_pbx),
        cmocka_unit_test(many_at_once_are_each_answered),
        cmocka_unit_test(the_pbx_may_ask_us_and_strangers_may_not),
        cmocka_unit_test(a_name_is_looked_up_and_one_that_is_not_found_is_told),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
