/*
 * The sip driver on libre 1.1.0: one SIP stack a PBX, since the name that a TLS certificate must
 * hold sits in the stack's context, and since a PBX that floods or hangs then has its own sockets.
 *
 * An order goes: address looked up and judged (once a minute at most) -> NOTIFY -> challenges of
 * the PBX, then of the phone, answered once each -> outcome. Whatever comes of it is told from a
 * timer, never from inside a callback of libre, so that the PBX may be closed by whoever hears it.
 *
 * libre's own deadline of a transaction is 32 s (timer F); ours is the order's.
 */
#include "pbx/sip/sip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <re.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/list.h"
#include "base/secret.h"
#include "model/json.h"
#include "pbx/sip/digest.h"
#include "pbx/sip/outcome.h"

enum {
    ADDRESS_LIFE_MS = 60000,   /* a name is looked up again after so long */
    ADDRESS_MAX = 8,           /* of one name; further ones are not tried */
    CLIENT_TRANSACTIONS = 256, /* hash sizes, not limits */
    SERVER_TRANSACTIONS = 16,
    TCP_CONNECTIONS = 16,
    URI_SIZE = 640,
    TEXT_SIZE = 256,
    RETRY_AFTER_MAX_S = 3600
};

enum transport { UDP, TCP, TLS };

struct lookup;

struct bk_pbx {
    const struct bk_pbx_setup *setup;
    char domain[TEXT_SIZE], host[TEXT_SIZE], username[TEXT_SIZE], from_user[TEXT_SIZE];
    char tls_name[TEXT_SIZE];
    uint8_t secret[1024];
    size_t secret_len;
    int port;
    enum transport transport;

    struct lookup *lookup;         /* under way */
    int64_t address_until_mono_ms; /* 0: none yet */
    struct sockaddr_storage address;
    struct bk_pbx_result address_fault; /* text empty: address is good */
    struct sip *sip;
    struct tls *tls;
    struct sip_lsnr *listener;
    char route_text[TEXT_SIZE];
    struct uri route;
    struct bk_list ops;
};

struct bk_pbx_op {
    struct bk_list node;
    struct bk_pbx *pbx;
    bk_pbx_done_fn *on_done;
    void *ctx;
    struct bk_timer deadline, tell;
    struct bk_pbx_result result;
    bool is_probe, is_over, is_waiting; /* for the address */
    struct sip_request *request;
    char uri[URI_SIZE], from[URI_SIZE], event[64];
    char call_id[33], tag[17];
    uint32_t cseq;
    struct bk_str line_auth_id, line_secret; /* borrowed until on_done */
    struct bk_digest account, line;
    bool account_was_tried, line_was_tried, account_was_stale;
};

/* --- what is told --- */

static void on_tell(void *ctx)
{
    struct bk_pbx_op *op = ctx;
    bk_list_remove(&op->node);
    op->on_done(op->ctx, &op->result);
    bk_free(op);
}

/* The operation is over: nothing but the telling follows. */
static void end(struct bk_pbx_op *op)
{
    if (op->is_over)
        return;
    op->is_over = true;
    op->request = mem_deref(op->request);
    bk_timer_stop(&op->deadline);
    bk_timer_start(op->pbx->setup->loop, &op->tell, 0, on_tell, op);
}

static void end_with(struct bk_pbx_op *op, enum bk_pbx_outcome outcome, const char *what,
                     const char *more)
{
    op->result = (struct bk_pbx_result){.outcome = outcome};
    snprintf(op->result.text, sizeof op->result.text, "%s%s", what, more);
    end(op);
}

static void on_deadline(void *ctx)
{
    struct bk_pbx_op *op = ctx;
    end_with(op, BK_PBX_SILENT,
             op->is_waiting ? "the PBX's name was not found in time" : "no final answer in time",
             "");
}

/* --- texts --- */

/* RFC 3261 25.1, "user": what is not unreserved is escaped, so that nothing can end it. */
static bool print_user(struct bk_str user, char *ret_text, size_t size)
{
    static const char unreserved[] = "-_.!~*'()+";
    size_t at = 0;
    for (size_t i = 0; i < user.len; i++) {
        unsigned char c = (unsigned char)user.ptr[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') || (c != 0 && strchr(unreserved, c) != NULL);
        if (c <= 0x20 || c == 0x7f || at + 4 > size)
            return false;
        if (is_plain)
            ret_text[at++] = (char)c;
        else
            at += (size_t)snprintf(ret_text + at, size - at, "%%%02X", c);
    }
    ret_text[at] = '\0';
    return at > 0;
}

static bool is_host(struct bk_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '.' || c == '-' || c == '_' || c == ':'))
            return false;
    }
    return host.len > 0 && host.len < TEXT_SIZE;
}

static bool has_colon(const char *host)
{
    return strchr(host, ':') != NULL;
}

/* Event: a token with parameters (RFC 6665 8.4), as drivers of makers write them. */
static bool is_event(const char *event)
{
    static const char more[] = "-.!%*_+`'~;=";
    size_t len = strlen(event);
    for (size_t i = 0; i < len; i++)
        if (!((event[i] >= '0' && event[i] <= '9') || (event[i] >= 'a' && event[i] <= 'z') ||
              (event[i] >= 'A' && event[i] <= 'Z') || strchr(more, event[i]) != NULL))
            return false;
    return len > 0 && len < sizeof((struct bk_pbx_op *)0)->event;
}

/* --- the stack --- */

static void sni(const SSL *ssl, int where, int ret)
{
    (void)ret;
    const char *name = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && name != NULL &&
        SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) == NULL)
        SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, name);
}

/* libre 1.1.0 neither verifies a server nor sends its name: both are done on its context. */
static bool open_tls(struct bk_pbx *pbx)
{
    struct in6_addr space;
    const char *name = pbx->tls_name;
    bool is_numeric =
        inet_pton(AF_INET, name, &space) == 1 || inet_pton(AF_INET6, name, &space) == 1;
    if (tls_alloc(&pbx->tls, TLS_METHOD_SSLV23, NULL, NULL) != 0)
        return false;
    SSL_CTX *ctx = tls_openssl_context(pbx->tls);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    const char *ca_file = pbx->setup->tls_ca_file;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(ctx, 5);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!is_numeric) {
        SSL_CTX_set_app_data(ctx, pbx->tls_name);
        SSL_CTX_set_info_callback(ctx, sni);
    }
    return (is_numeric ? X509_VERIFY_PARAM_set1_ip_asc(param, name)
                       : X509_VERIFY_PARAM_set1_host(param, name, 0)) == 1 &&
           (ca_file != NULL && ca_file[0] != '\0' ? SSL_CTX_load_verify_file(ctx, ca_file)
                                                  : SSL_CTX_set_default_verify_paths(ctx)) == 1;
}

/* Requests to our socket: a PBX may look whether we live; anything else is not for us. */
static bool on_request(const struct sip_msg *msg, void *ctx)
{
    struct bk_pbx *pbx = ctx;
    bool is_options = pl_strcmp(&msg->met, "OPTIONS") == 0;
    if (pl_strcmp(&msg->met, "ACK") != 0)
        (void)sip_reply(pbx->sip, msg, is_options ? 200 : 405,
                        is_options ? "OK" : "Method Not Allowed");
    return true;
}

/* The address of ours that packets to the PBX leave from: Via and Contact show it. */
static bool find_source(const struct bk_pbx *pbx, struct sa *ret_source)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    socklen_t to_len = pbx->address.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                         : sizeof(struct sockaddr_in6);
    int fd = socket(pbx->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (const struct sockaddr *)&pbx->address, to_len) == 0 &&
                getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
                sa_set_sa(ret_source, (const struct sockaddr *)&own) == 0;
    if (good)
        sa_set_port(ret_source, 0);
    if (fd >= 0)
        close(fd);
    return good;
}

static void close_stack(struct bk_pbx *pbx)
{
    pbx->listener = mem_deref(pbx->listener);
    if (pbx->sip != NULL)
        sip_close(pbx->sip, true);
    pbx->sip = mem_deref(pbx->sip);
    pbx->tls = mem_deref(pbx->tls);
}

static bool open_stack(struct bk_pbx *pbx)
{
    static const enum sip_transp transports[] = {SIP_TRANSP_UDP, SIP_TRANSP_TCP, SIP_TRANSP_TLS};
    static const char *const words[] = {"udp", "tcp", "tls"};
    char host[INET6_ADDRSTRLEN] = "";
    struct sa source;
    struct pl route;
    const void *bytes = pbx->address.ss_family == AF_INET
                            ? (const void *)&((struct sockaddr_in *)&pbx->address)->sin_addr
                            : (const void *)&((struct sockaddr_in6 *)&pbx->address)->sin6_addr;
    bool is_v6 = pbx->address.ss_family == AF_INET6;
    if (inet_ntop(pbx->address.ss_family, bytes, host, sizeof host) == NULL ||
        !find_source(pbx, &source))
        return false;
    snprintf(pbx->route_text, sizeof pbx->route_text, "sip:%s%s%s:%d;transport=%s",
             is_v6 ? "[" : "", host, is_v6 ? "]" : "", pbx->port, words[pbx->transport]);
    pl_set_str(&route, pbx->route_text);
    if (uri_decode(&pbx->route, &route) != 0 ||
        sip_alloc(&pbx->sip, NULL, CLIENT_TRANSACTIONS, SERVER_TRANSACTIONS, TCP_CONNECTIONS,
                  pbx->setup->agent, NULL, NULL) != 0)
        return false;
    if (pbx->transport == TLS && !open_tls(pbx))
        return false;
    return sip_transp_add(pbx->sip, transports[pbx->transport], &source, pbx->tls) == 0 &&
           sip_listen(&pbx->listener, pbx->sip, true, on_request, pbx) == 0;
}

/* --- the address: looked up on a thread, judged, and then the one that is used --- */

struct lookup {
    struct bk_pbx *pbx; /* NULL: closed meanwhile */
    char host[TEXT_SIZE];
    char error[TEXT_SIZE]; /* empty: found */
    struct sockaddr_storage found[ADDRESS_MAX];
    size_t count;
};

static void run_lookup(void *ctx, size_t thread)
{
    struct lookup *lookup = ctx;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *all = NULL;
    (void)thread;
    int code = getaddrinfo(lookup->host, NULL, &hints, &all);
    for (struct addrinfo *one = all; one != NULL && lookup->count < ADDRESS_MAX; one = one->ai_next)
        if (one->ai_addrlen <= sizeof lookup->found[0])
            memcpy(&lookup->found[lookup->count++], one->ai_addr, one->ai_addrlen);
    if (all != NULL)
        freeaddrinfo(all);
    if (lookup->count == 0)
        snprintf(lookup->error, sizeof lookup->error, "%s",
                 code != 0 ? gai_strerror(code) : "no address");
}

static bool is_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return a->ss_family == b->ss_family &&
           memcmp(a, b,
                  a->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                          : sizeof(struct sockaddr_in6)) == 0;
}

/* The first allowed one counts; if it is the one in use, the stack stays. */
static void take_addresses(struct bk_pbx *pbx, const struct sockaddr_storage *found, size_t count)
{
    const char *reason = NULL;
    pbx->address_fault = (struct bk_pbx_result){0};
    for (size_t i = 0; i < count; i++) {
        reason = bk_egress_judge(pbx->setup->egress, (const struct sockaddr *)&found[i],
                                 pbx->transport == TLS);
        if (reason != NULL)
            continue;
        if (pbx->sip != NULL && is_same_address(&pbx->address, &found[i]))
            return;
        if (!bk_list_is_empty(&pbx->ops) && pbx->sip != NULL) {
            bool is_busy = false;
            for (struct bk_list *at = pbx->ops.next; at != &pbx->ops; at = at->next)
                is_busy |= BK_CONTAINER(at, struct bk_pbx_op, node)->request != NULL;
            if (is_busy) {
                pbx->address_until_mono_ms = 0; /* when they are done */
                return;
            }
        }
        close_stack(pbx);
        pbx->address = found[i];
        if (open_stack(pbx))
            return;
        close_stack(pbx);
        pbx->address_fault.outcome = BK_PBX_ILL;
        snprintf(pbx->address_fault.text, sizeof pbx->address_fault.text,
                 "no socket towards the PBX: %s",
                 pbx->transport == TLS ? "no route, or the operator's sip.tls_ca_file is bad"
                                       : "no route");
        return;
    }
    pbx->address_fault.outcome = BK_PBX_FORBIDDEN;
    snprintf(pbx->address_fault.text, sizeof pbx->address_fault.text, "%.60s: %s", pbx->host,
             reason);
}

static void start(struct bk_pbx_op *op);

static void start_waiting(struct bk_pbx *pbx)
{
    for (struct bk_list *at = pbx->ops.next, *next; at != &pbx->ops; at = next) {
        struct bk_pbx_op *op = BK_CONTAINER(at, struct bk_pbx_op, node);
        next = at->next;
        if (op->is_waiting && !op->is_over) {
            op->is_waiting = false;
            start(op);
        }
    }
}

static void on_looked_up(void *ctx)
{
    struct lookup *lookup = ctx;
    struct bk_pbx *pbx = lookup->pbx;
    if (pbx != NULL) {
        pbx->lookup = NULL;
        pbx->address_until_mono_ms = bk_loop_now_ms(pbx->setup->loop) + ADDRESS_LIFE_MS;
        if (lookup->count > 0) {
            take_addresses(pbx, lookup->found, lookup->count);
        } else if (pbx->sip == NULL) { /* else the one we know serves on */
            pbx->address_until_mono_ms = 0;
            pbx->address_fault = (struct bk_pbx_result){.outcome = BK_PBX_ILL};
            snprintf(pbx->address_fault.text, sizeof pbx->address_fault.text,
                     "the name %.100s is not found: %.60s", pbx->host, lookup->error);
        }
        start_waiting(pbx);
    }
    bk_free(lookup);
}

/* BK_OK: *ret_is_there tells whether the address is known now; else the look-up reports. */
static enum bk_err find_address(struct bk_pbx *pbx, bool *ret_is_there)
{
    struct sockaddr_storage numeric = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&numeric;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&numeric;
    bool is_v4 = inet_pton(AF_INET, pbx->host, &in->sin_addr) == 1;
    *ret_is_there = true;
    if (bk_loop_now_ms(pbx->setup->loop) < pbx->address_until_mono_ms)
        return BK_OK;
    if (is_v4 || inet_pton(AF_INET6, pbx->host, &in6->sin6_addr) == 1) {
        numeric.ss_family = is_v4 ? AF_INET : AF_INET6;
        pbx->address_until_mono_ms = bk_loop_now_ms(pbx->setup->loop) + ADDRESS_LIFE_MS;
        take_addresses(pbx, &numeric, 1);
        return BK_OK;
    }
    *ret_is_there = false;
    if (pbx->lookup != NULL)
        return BK_OK;
    struct lookup *lookup = bk_alloc(sizeof *lookup);
    if (lookup == NULL)
        return BK_ERR_NO_MEMORY;
    lookup->pbx = pbx;
    snprintf(lookup->host, sizeof lookup->host, "%s", pbx->host);
    enum bk_err err = bk_work_submit(pbx->setup->work, run_lookup, on_looked_up, lookup);
    if (err == BK_OK)
        pbx->lookup = lookup;
    else
        bk_free(lookup);
    return err;
}

/* --- one request --- */

static void send_request(struct bk_pbx_op *op);

static bool on_challenge(const struct sip_hdr *hdr, const struct sip_msg *msg, void *ctx)
{
    (void)msg;
    struct bk_digest *digest = ctx;
    struct bk_str value = {hdr->val.p, hdr->val.l};
    /* The first that we know: the server lists them by its preference (RFC 8760 2.4). */
    return bk_digest_parse(value, hdr->id == SIP_HDR_PROXY_AUTHENTICATE, digest) == BK_OK;
}

/*
 * Whose challenge is it, and is there an answer left? 407 is always a proxy's. A 401 is the PBX's
 * as long as our account has not been tried; after that, or with no account, the phone's: it wants
 * its own line's credentials (Grandstream, and Snom with challenge_checksync).
 */
static bool answer_challenge(struct bk_pbx_op *op, const struct sip_msg *msg)
{
    struct bk_pbx *pbx = op->pbx;
    struct bk_digest digest = {0};
    bool is_proxy = msg->scode == 407;
    if (sip_msg_hdr_apply(msg, true,
                          is_proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
                          on_challenge, &digest) == NULL)
        return false;
    bool has_account = pbx->username[0] != '\0';
    bool is_accounts_again = op->account.is_set && op->account.is_proxy == is_proxy &&
                             strcmp(op->account.realm, digest.realm) == 0;
    if (has_account && (!op->account_was_tried ||
                        (is_accounts_again && digest.is_stale && !op->account_was_stale))) {
        op->account_was_stale = op->account_was_tried;
        op->account_was_tried = true;
        op->account = digest;
        return true;
    }
    if (is_proxy || is_accounts_again || op->line_was_tried || op->is_probe ||
        op->line_secret.len == 0)
        return false;
    op->line_was_tried = true;
    op->line = digest;
    return true;
}

static void on_response(int err, const struct sip_msg *msg, void *ctx)
{
    struct bk_pbx_op *op = ctx;
    if (err == 0 && msg->scode < 200)
        return;
    op->request = NULL; /* libre has let go of it */
    if (err != 0) {
        /* What libre says of its sockets: 0.5 s after a refused connection, or at once. */
        const char *what = err == EPROTO && op->pbx->transport == TLS
                               ? "its certificate or the name in it was not accepted"
                               : strerror(err);
        if (err == ETIMEDOUT)
            end_with(op, BK_PBX_SILENT, "no final answer in time", "");
        else
            end_with(op, BK_PBX_ILL, "no connection to the PBX: ", what);
        return;
    }
    if (op->is_probe) {
        op->result = (struct bk_pbx_result){.outcome = BK_PBX_ANSWERED, .status = msg->scode};
        end(op);
        return;
    }
    if ((msg->scode == 401 || msg->scode == 407) && answer_challenge(op, msg)) {
        send_request(op);
        return;
    }
    struct bk_str reason = {msg->reason.p, msg->reason.l};
    bk_sip_outcome(msg->scode, reason, op->line_was_tried, &op->result);
    const struct sip_hdr *retry = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
    if (retry != NULL) {
        uint32_t seconds = pl_u32(&retry->val);
        op->result.retry_after_s = (int)(seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S);
    }
    end(op);
}

/* Contact shows the address that the packet leaves from, known only now. */
static int on_send(enum sip_transp transport, const struct sa *source, const struct sa *to,
                   struct mbuf *mb, void *ctx)
{
    const struct bk_pbx_op *op = ctx;
    (void)to;
    return mbuf_printf(mb, "Contact: <sip:%s@%J%s>\r\n", op->pbx->from_user, source,
                       sip_transp_param(transport));
}

static enum bk_err print_credentials(struct bk_pbx_op *op, struct bk_buf *out)
{
    struct bk_pbx *pbx = op->pbx;
    struct bk_str secret = {(const char *)pbx->secret, pbx->secret_len};
    enum bk_err err = BK_OK;
    if (op->account.is_set)
        err = bk_digest_print(&op->account, bk_str_of(pbx->username), secret, "NOTIFY",
                              bk_str_of(op->uri), out);
    if (err == BK_OK && op->line.is_set)
        err = bk_digest_print(&op->line, op->line_auth_id, op->line_secret, "NOTIFY",
                              bk_str_of(op->uri), out);
    bk_buf_add_char(out, '\0');
    return err == BK_OK ? out->err : err;
}

static void send_request(struct bk_pbx_op *op)
{
    struct bk_buf credentials;
    bk_buf_init(&credentials, 8192);
    if (print_credentials(op, &credentials) != BK_OK) {
        bk_buf_deinit(&credentials);
        end_with(op, BK_PBX_ACCOUNT, "the challenge cannot be answered with these credentials", "");
        return;
    }
    int err;
    if (op->is_probe)
        err = sip_requestf(&op->request, op->pbx->sip, true, "OPTIONS", op->uri, &op->pbx->route,
                           NULL, on_send, on_response, op,
                           "From: <%s>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %u OPTIONS\r\n"
                           "Content-Length: 0\r\n\r\n",
                           op->from, op->tag, op->uri, op->call_id, op->cseq++);
    else
        err = sip_requestf(&op->request, op->pbx->sip, true, "NOTIFY", op->uri, &op->pbx->route,
                           NULL, on_send, on_response, op,
                           "%sFrom: <%s>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %u NOTIFY\r\n"
                           "Event: %s\r\nSubscription-State: terminated;reason=noresource\r\n"
                           "Content-Length: 0\r\n\r\n",
                           credentials.ptr, op->from, op->tag, op->uri, op->call_id, op->cseq++,
                           op->event);
    bk_buf_deinit(&credentials);
    if (err != 0)
        end_with(op, BK_PBX_ILL, "no connection to the PBX: ", strerror(err));
}

static void start(struct bk_pbx_op *op)
{
    struct bk_pbx *pbx = op->pbx;
    if (pbx->address_fault.text[0] != '\0') {
        op->result = pbx->address_fault;
        end(op);
        return;
    }
    send_request(op);
}

static enum bk_err begin(struct bk_pbx *pbx, struct bk_pbx_op *op, int timeout_ms,
                         bk_pbx_done_fn *on_done, void *ctx, struct bk_pbx_op **ret_op)
{
    bool is_there = false;
    op->pbx = pbx;
    op->on_done = on_done;
    op->ctx = ctx;
    op->cseq = 1;
    snprintf(op->from, sizeof op->from, "sip:%s@%s", pbx->from_user, pbx->domain);
    rand_str(op->call_id, sizeof op->call_id);
    rand_str(op->tag, sizeof op->tag);
    enum bk_err err = find_address(pbx, &is_there);
    if (err != BK_OK) {
        bk_free(op);
        return err;
    }
    bk_list_append(&pbx->ops, &op->node);
    bk_timer_start(pbx->setup->loop, &op->deadline, timeout_ms, on_deadline, op);
    *ret_op = op;
    op->is_waiting = !is_there;
    if (is_there)
        start(op);
    return BK_OK;
}

static enum bk_err deliver(struct bk_pbx *pbx, const struct bk_pbx_order *order,
                           bk_pbx_done_fn *on_done, void *ctx, struct bk_pbx_op **ret_op)
{
    char user[TEXT_SIZE];
    bool is_v6 = bk_str_find(order->domain, ':') >= 0;
    if (!print_user(order->number, user, sizeof user) || !is_host(order->domain) ||
        !is_event(order->event))
        return BK_ERR_INVALID;
    struct bk_pbx_op *op = bk_alloc(sizeof *op);
    if (op == NULL)
        return BK_ERR_NO_MEMORY;
    snprintf(op->uri, sizeof op->uri, "sip:%s@%s%.*s%s", user, is_v6 ? "[" : "",
             BK_STR_ARG(order->domain), is_v6 ? "]" : "");
    snprintf(op->event, sizeof op->event, "%s", order->event);
    op->line_auth_id = order->line_auth_id;
    op->line_secret = order->line_secret;
    return begin(pbx, op, order->timeout_ms, on_done, ctx, ret_op);
}

static enum bk_err probe(struct bk_pbx *pbx, int timeout_ms, bk_pbx_done_fn *on_done, void *ctx,
                         struct bk_pbx_op **ret_op)
{
    struct bk_pbx_op *op = bk_alloc(sizeof *op);
    if (op == NULL)
        return BK_ERR_NO_MEMORY;
    op->is_probe = true;
    snprintf(op->uri, sizeof op->uri, "sip:%s", pbx->domain);
    return begin(pbx, op, timeout_ms, on_done, ctx, ret_op);
}

static void cancel(struct bk_pbx_op *op)
{
    bk_list_remove(&op->node);
    bk_timer_stop(&op->deadline);
    bk_timer_stop(&op->tell);
    op->request = mem_deref(op->request);
    bk_free(op);
}

/* --- life --- */

static enum bk_err read_options(struct bk_arena *arena, const struct bk_pbx_account *account,
                                struct bk_option_value *values, struct bk_detail *ret_detail)
{
    const struct bk_option *options = bk_pbx_kind_sip.options;
    const struct bk_json *root = NULL;
    enum bk_err err = bk_json_parse(arena, account->options_json, &root, ret_detail);
    for (size_t i = 0; err == BK_OK && options[i].key != NULL; i++) {
        const struct bk_json *value = bk_json_get(root, bk_str_of(options[i].key));
        if (!bk_json_is_missing(value) && value->text.len > 0)
            err = bk_option_parse(&options[i], value->text, &values[i], ret_detail);
        else if (options[i].type == BK_T_ENUM)
            err = bk_option_parse(&options[i], bk_str_of(options[i].default_text), &values[i],
                                  ret_detail);
    }
    return err;
}

static enum bk_err fill(struct bk_pbx *pbx, const struct bk_pbx_account *account,
                        struct bk_arena *arena, struct bk_detail *ret_detail)
{
    struct bk_option_value values[4] = {{{0}, 0}};
    struct bk_str host;
    enum bk_err err = read_options(arena, account, values, ret_detail);
    if (err == BK_OK)
        err = bk_pbx_address_parse(bk_str_of(account->address), &host, &pbx->port, ret_detail);
    if (err != BK_OK)
        return err;
    pbx->transport = (enum transport)values[0].number;
    if (pbx->port == 0)
        pbx->port = pbx->transport == TLS ? 5061 : 5060;
    struct bk_str from = values[1].text;
    if (from.len == 0)
        from = account->username != NULL && account->username[0] != '\0'
                   ? bk_str_of(account->username)
                   : BK_STR("beckon");
    bool good = is_host(bk_str_of(account->domain)) && host.len < sizeof pbx->host &&
                print_user(from, pbx->from_user, sizeof pbx->from_user) &&
                account->secret.len <= sizeof pbx->secret &&
                (account->username == NULL || strlen(account->username) < sizeof pbx->username);
    if (!good) {
        bk_detail_set(ret_detail, "domain, user name, from_user or secret cannot be used in SIP");
        return BK_ERR_INVALID;
    }
    snprintf(pbx->host, sizeof pbx->host, "%.*s", BK_STR_ARG(host));
    snprintf(pbx->domain, sizeof pbx->domain, has_colon(account->domain) ? "[%s]" : "%s",
             account->domain);
    snprintf(pbx->username, sizeof pbx->username, "%s",
             account->username != NULL ? account->username : "");
    struct bk_str tls_name = values[2].text.len > 0 ? values[2].text : host;
    snprintf(pbx->tls_name, sizeof pbx->tls_name, "%.*s", BK_STR_ARG(tls_name));
    if (account->secret.len > 0)
        memcpy(pbx->secret, account->secret.ptr, account->secret.len);
    pbx->secret_len = account->secret.len;
    return BK_OK;
}

static enum bk_err open_pbx(const struct bk_pbx_setup *setup, const struct bk_pbx_account *account,
                            struct bk_pbx **ret_pbx, struct bk_detail *ret_detail)
{
    struct bk_pbx *pbx = bk_alloc(sizeof *pbx);
    if (pbx == NULL)
        return BK_ERR_NO_MEMORY;
    struct bk_arena *arena = bk_arena_new();
    pbx->setup = setup;
    bk_list_init(&pbx->ops);
    enum bk_err err = fill(pbx, account, arena, ret_detail);
    bk_arena_free(arena);
    if (err == BK_OK)
        *ret_pbx = pbx;
    else
        bk_free(pbx);
    return err;
}

static void close_pbx(struct bk_pbx *pbx)
{
    if (pbx == NULL)
        return;
    while (!bk_list_is_empty(&pbx->ops))
        cancel(BK_CONTAINER(pbx->ops.next, struct bk_pbx_op, node));
    if (pbx->lookup != NULL)
        pbx->lookup->pbx = NULL;
    close_stack(pbx);
    bk_wipe(pbx->secret, sizeof pbx->secret);
    bk_free(pbx);
}

const struct bk_pbx_driver bk_pbx_driver_sip = {
    .kind = &bk_pbx_kind_sip,
    .open = open_pbx,
    .close = close_pbx,
    .deliver = deliver,
    .probe = probe,
    .cancel = cancel,
};
