/*
 * The sip driver: a NOTIFY through the proxy that relays it, on libre 1.1.0.
 *
 * An order goes: address found and judged (pbx/resolve.h) -> stack (sip/stack.h) -> NOTIFY ->
 * challenges of the PBX, then of the phone, answered once each -> outcome. Whatever comes of it is
 * told from a timer, never from inside a callback of libre, so that the PBX may be closed by
 * whoever hears it.
 *
 * libre's own deadline of a transaction is 32 s (timer F); ours is the order's.
 */
#include "pbx/sip/sip.h"

#include <assert.h>
#include <errno.h>
#include <re.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/list.h"
#include "base/secret.h"
#include "model/json.h"
#include "pbx/resolve.h"
#include "pbx/sip/digest.h"
#include "pbx/sip/outcome.h"
#include "pbx/sip/stack.h"
#include "pbx/sip/text.h"

enum {
    URI_SIZE = sizeof "sip:@" + BK_SIP_USER_SIZE + BK_SIP_HOST_SIZE,
    NAME_SIZE = 256,
    SECRET_MAX = 1024,
    CREDENTIALS_MAX = 8192, /* two header fields */
    CALL_ID_BYTES = 16,
    TAG_BYTES = 8
};

struct bk_pbx {
    struct bk_loop *loop;
    char domain[BK_SIP_HOST_SIZE], from_user[BK_SIP_USER_SIZE];
    char host[NAME_SIZE], username[NAME_SIZE]; /* username empty: no account */
    uint8_t secret[SECRET_MAX];
    size_t secret_len;
    struct bk_resolve *resolve;
    struct bk_sip_stack_setup stack_setup;
    struct bk_sip_stack *stack; /* for the next order; NULL: none yet */
    size_t turn;                /* which of the allowed addresses is tried first */
    struct bk_list ops;
};

struct bk_pbx_op {
    struct bk_list node;
    struct bk_pbx *pbx;
    bk_pbx_done_fn *on_done;
    void *ctx;
    bool (*may_send)(void *ctx); /* NULL: always */
    struct bk_timer deadline, tell;
    struct bk_pbx_result result;
    bool is_probe, is_over, is_waiting; /* for the address */
    struct bk_sip_stack *stack;
    struct sip_request *request;
    char uri[URI_SIZE], event[BK_SIP_EVENT_SIZE];
    char call_id[2 * CALL_ID_BYTES + 1], tag[2 * TAG_BYTES + 1];
    uint32_t cseq;
    struct bk_str line_auth_id, line_secret; /* borrowed until on_done */
    struct answered {
        struct bk_digest digest;
        bool was_tried, was_stale;
    } account, line;
};

/* --- what is told --- */

static void on_tell(void *ctx)
{
    struct bk_pbx_op *op = ctx;
    bk_list_remove(&op->node);
    bk_sip_stack_unref(op->stack);
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
    bk_timer_start(op->pbx->loop, &op->tell, 0, on_tell, op);
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
    if (op->is_waiting) { /* nothing has been sent */
        end_with(op, BK_PBX_ILL, "the PBX's name was not found in time: ", op->pbx->host);
        return;
    }
    /* OPTIONS are the PBX's to answer: a connection may be dead without having been closed. */
    if (op->is_probe && op->stack != NULL)
        op->stack->is_bad = true;
    end_with(op, BK_PBX_SILENT,
             op->is_probe ? "the PBX does not answer OPTIONS: check its address, port, transport "
                            "and firewall"
                          : "no final answer in time",
             "");
}

/*
 * What libre says of its sockets. An error that comes after sending leaves open what has arrived:
 * on UDP any (a retransmission failed), on a connection all but those of making it.
 */
static bool was_sent(const struct bk_pbx_op *op, int err)
{
    return op->pbx->stack_setup.transport == BK_SIP_UDP ||
           (err != ECONNREFUSED && err != EPROTO && err != EHOSTUNREACH && err != ENETUNREACH);
}

static void end_lost(struct bk_pbx_op *op, int err, bool may_have_arrived)
{
    const struct bk_sip_stack *stack = op->stack;
    op->stack->is_bad = true;
    op->result = (struct bk_pbx_result){.outcome = may_have_arrived ? BK_PBX_SILENT : BK_PBX_ILL};
    char *text = op->result.text;
    size_t size = sizeof op->result.text;
    if (err == ECONNREFUSED)
        snprintf(text, size, "the PBX refuses connections: check address, port and transport");
    else if (stack->tls_error != NULL)
        snprintf(text, size, "the PBX's certificate is refused (%s): it must hold the name %.80s",
                 stack->tls_error, stack->name);
    else if (err == EPROTO && stack->tls != NULL)
        snprintf(text, size, "the PBX does not speak TLS 1.2 or later: check port and transport");
    else if (may_have_arrived)
        snprintf(text, size, "the connection to the PBX was lost before an answer came: %s",
                 strerror(err));
    else
        snprintf(text, size, "no connection to the PBX: %s", strerror(err));
    end(op);
}

/* --- challenges --- */

static bool on_challenge(const struct sip_hdr *hdr, const struct sip_msg *msg, void *ctx)
{
    (void)msg;
    struct bk_digest *digest = ctx;
    struct bk_str value = {hdr->val.p, hdr->val.l};
    /* The first that we know: the server lists them by its preference (RFC 8760 2.4). */
    return bk_digest_parse(value, hdr->id == SIP_HDR_PROXY_AUTHENTICATE, digest) == BK_OK;
}

/* Once, and once more when the nonce was merely old (RFC 7616 3.3, stale). */
static bool may_answer(const struct answered *answered, const struct bk_digest *digest)
{
    return !answered->was_tried || (digest->is_stale && !answered->was_stale);
}

static void take(struct answered *answered, const struct bk_digest *digest)
{
    answered->was_stale = answered->was_tried;
    answered->was_tried = true;
    answered->digest = *digest;
}

/*
 * Whose challenge is it, and is there an answer left? 407 is always a proxy's. A 401 is the PBX's
 * as long as our account has not been tried, or when it is the one that was answered with it; else,
 * and with no account, it is the phone's, which wants its own line's credentials (Grandstream, and
 * Snom with challenge_checksync). BK_SIP_REFUSAL_COUNT: answered, send again.
 */
static enum bk_sip_refusal answer(struct bk_pbx_op *op, const struct sip_msg *msg)
{
    struct bk_digest digest = {0};
    const bool is_proxy = msg->scode == 407, has_account = op->pbx->username[0] != '\0';
    const struct bk_digest *ours = &op->account.digest;
    (void)sip_msg_hdr_apply(msg, true,
                            is_proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
                            on_challenge, &digest);
    bool is_ours_again = ours->is_set && digest.is_set && ours->is_proxy == is_proxy &&
                         strcmp(ours->realm, digest.realm) == 0;
    if (is_proxy || is_ours_again || (has_account && !op->account.was_tried)) {
        if (!has_account)
            return BK_SIP_ACCOUNT_MISSING;
        if (!digest.is_set)
            return BK_SIP_ACCOUNT_UNUSABLE;
        if (!may_answer(&op->account, &digest))
            return BK_SIP_ACCOUNT_REFUSED;
        take(&op->account, &digest);
        return BK_SIP_REFUSAL_COUNT;
    }
    if (op->line_secret.len == 0)
        return has_account ? BK_SIP_LINE_MISSING : BK_SIP_UNKNOWN_MISSING;
    if (!digest.is_set)
        return BK_SIP_LINE_UNUSABLE;
    if (!may_answer(&op->line, &digest))
        return has_account ? BK_SIP_LINE_REFUSED : BK_SIP_UNKNOWN_REFUSED;
    take(&op->line, &digest);
    return BK_SIP_REFUSAL_COUNT;
}

static enum bk_err print_credentials(struct bk_pbx_op *op, struct bk_buf *out)
{
    const struct bk_pbx *pbx = op->pbx;
    const struct bk_str secret = {(const char *)pbx->secret, pbx->secret_len};
    enum bk_err err = BK_OK;
    if (op->account.digest.is_set)
        err = bk_digest_print(&op->account.digest, bk_str_of(pbx->username), secret, "NOTIFY",
                              bk_str_of(op->uri), out);
    if (err == BK_OK && op->line.digest.is_set)
        err = bk_digest_print(&op->line.digest, op->line_auth_id, op->line_secret, "NOTIFY",
                              bk_str_of(op->uri), out);
    return err;
}

/* --- one request --- */

static void send_request(struct bk_pbx_op *op);

static void on_response(int err, const struct sip_msg *msg, void *ctx)
{
    struct bk_pbx_op *op = ctx;
    if (err == 0 && msg->scode < 200)
        return;
    op->request = NULL; /* libre has let go of it */
    if (err == ETIMEDOUT) {
        on_deadline(op);
        return;
    }
    if (err != 0) {
        end_lost(op, err, was_sent(op, err));
        return;
    }
    if (op->is_probe) {
        op->result = (struct bk_pbx_result){.outcome = BK_PBX_ANSWERED, .status = msg->scode};
        snprintf(op->result.text, sizeof op->result.text, "the PBX answers: OPTIONS %d",
                 (int)msg->scode);
        end(op);
        return;
    }
    if (msg->scode == 401 || msg->scode == 407) {
        enum bk_sip_refusal refusal = answer(op, msg);
        if (refusal == BK_SIP_REFUSAL_COUNT) {
            send_request(op);
            return;
        }
        bk_sip_outcome_refused(msg->scode, refusal, &op->result);
    } else {
        bk_sip_outcome(msg->scode, (struct bk_str){msg->reason.p, msg->reason.l}, &op->result);
    }
    const struct sip_hdr *retry = sip_msg_hdr(msg, SIP_HDR_RETRY_AFTER);
    if (retry != NULL)
        op->result.retry_after_s = bk_sip_retry_after((struct bk_str){retry->val.p, retry->val.l});
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

static void send_request(struct bk_pbx_op *op)
{
    const struct bk_pbx *pbx = op->pbx;
    const char *method = op->is_probe ? "OPTIONS" : "NOTIFY";
    struct bk_buf fields;
    if (op->may_send != NULL && !op->may_send(op->ctx)) {
        end_with(op, BK_PBX_SILENT, "withdrawn before it was sent", "");
        return;
    }
    bk_buf_init(&fields, CREDENTIALS_MAX);
    enum bk_err err = print_credentials(op, &fields);
    if (err == BK_OK && !op->is_probe)
        bk_buf_addf(&fields, "Event: %s\r\nSubscription-State: terminated;reason=noresource\r\n",
                    op->event);
    if (err != BK_OK || fields.err != BK_OK) {
        bk_buf_deinit(&fields);
        end_with(op, BK_PBX_ILL,
                 "no credentials made: ", bk_err_text(err != BK_OK ? err : fields.err));
        return;
    }
    int code = sip_requestf(&op->request, op->stack->sip, true, method, op->uri, &op->stack->route,
                            NULL, on_send, on_response, op,
                            "From: <sip:%s@%s>;tag=%s\r\nTo: <%s>\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
                            "%sUser-Agent: %s\r\nContent-Length: 0\r\n\r\n",
                            pbx->from_user, pbx->domain, op->tag, op->uri, op->call_id, op->cseq++,
                            method, bk_buf_text(&fields), pbx->stack_setup.agent);
    bk_buf_deinit(&fields);
    if (code != 0)
        end_lost(op, code, false);
}

/* --- the way there --- */

/* The stack in use, if what it leads to is still allowed; else one for the first that opens. */
static struct bk_sip_stack *find_stack(struct bk_pbx *pbx, const struct bk_resolve_result *found)
{
    bool is_good = false;
    for (size_t i = 0; pbx->stack != NULL && !is_good && i < found->count; i++)
        is_good =
            memcmp(&pbx->stack->address, &found->addresses[i], sizeof found->addresses[i]) == 0;
    if (is_good && bk_sip_stack_is_good(pbx->stack))
        return pbx->stack;
    if (is_good) /* of several addresses another's turn */
        pbx->turn++;
    bk_sip_stack_unref(pbx->stack);
    pbx->stack = NULL;
    for (size_t i = 0; i < found->count; i++)
        if (bk_sip_stack_open(&pbx->stack_setup, &found->addresses[(pbx->turn + i) % found->count],
                              &pbx->stack))
            return pbx->stack;
    return NULL;
}

/* The address is known, or known not to be. */
static void start(struct bk_pbx_op *op)
{
    struct bk_pbx *pbx = op->pbx;
    const struct bk_resolve_result *found = bk_resolve_result(pbx->resolve);
    op->is_waiting = false;
    if (found->count == 0) {
        end_with(op, found->is_forbidden ? BK_PBX_FORBIDDEN : BK_PBX_ILL, found->text, "");
        return;
    }
    struct bk_sip_stack *stack = find_stack(pbx, found);
    if (stack == NULL) {
        end_with(op, BK_PBX_ILL, "no socket towards the PBX: no route",
                 pbx->stack_setup.transport == BK_SIP_TLS
                     ? ", or the operator's sip.tls_ca_file cannot be read"
                     : "");
        return;
    }
    op->stack = bk_sip_stack_ref(stack);
    send_request(op);
}

static void on_resolved(void *ctx)
{
    struct bk_pbx *pbx = ctx;
    for (struct bk_list *at = pbx->ops.next, *next; at != &pbx->ops; at = next) {
        struct bk_pbx_op *op = BK_CONTAINER(at, struct bk_pbx_op, node);
        next = at->next;
        if (op->is_waiting && !op->is_over)
            start(op);
    }
}

/* --- orders --- */

static void print_random(size_t bytes, char *ret_text)
{
    uint8_t random[CALL_ID_BYTES];
    bk_random(random, bytes);
    bk_hex_print(random, bytes, ret_text);
}

static enum bk_err begin(struct bk_pbx *pbx, struct bk_pbx_op *op, int timeout_ms,
                         bk_pbx_done_fn *on_done, void *ctx, struct bk_pbx_op **ret_op)
{
    bool is_known = false;
    assert(timeout_ms >= 1 && timeout_ms <= 60000);
    enum bk_err err = bk_resolve_start(pbx->resolve, &is_known);
    if (err != BK_OK) {
        bk_free(op);
        return err;
    }
    op->pbx = pbx;
    op->on_done = on_done;
    op->ctx = ctx;
    op->cseq = 1;
    op->is_waiting = !is_known;
    print_random(CALL_ID_BYTES, op->call_id);
    print_random(TAG_BYTES, op->tag);
    bk_list_append(&pbx->ops, &op->node);
    bk_timer_start(pbx->loop, &op->deadline, timeout_ms, on_deadline, op);
    *ret_op = op;
    if (is_known)
        start(op);
    return BK_OK;
}

static enum bk_err deliver(struct bk_pbx *pbx, const struct bk_pbx_order *order,
                           bk_pbx_done_fn *on_done, void *ctx, struct bk_pbx_op **ret_op)
{
    char user[BK_SIP_USER_SIZE], host[BK_SIP_HOST_SIZE];
    const struct bk_str event = bk_str_of(order->event);
    if (!bk_sip_user_print(order->number, &user) || !bk_sip_host_print(order->domain, &host) ||
        !bk_sip_is_event(event) ||
        (order->line_secret.len > 0 && !bk_sip_is_username(order->line_auth_id)))
        return BK_ERR_INVALID;
    struct bk_pbx_op *op = bk_alloc(sizeof *op);
    if (op == NULL)
        return BK_ERR_NO_MEMORY;
    snprintf(op->uri, sizeof op->uri, "sip:%s@%s", user, host);
    snprintf(op->event, sizeof op->event, "%s", order->event);
    op->line_auth_id = order->line_auth_id;
    op->line_secret = order->line_secret;
    op->may_send = order->may_send;
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
    bk_sip_stack_unref(op->stack);
    bk_free(op);
}

/* --- life --- */

enum { TRANSPORT, FROM_USER, TLS_NAME, OPTION_COUNT }; /* rows of bk_pbx_kind_sip */

static enum bk_err read_options(struct bk_arena *arena, const struct bk_pbx_account *account,
                                struct bk_option_value *values, struct bk_detail *ret_detail)
{
    const struct bk_option *options = bk_pbx_kind_sip.options;
    const struct bk_json *root = NULL;
    enum bk_err err = bk_json_parse(arena, account->options_json, &root, ret_detail);
    for (size_t i = 0; err == BK_OK && options[i].key != NULL; i++) {
        assert(i < OPTION_COUNT);
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
    struct bk_option_value values[OPTION_COUNT] = {{{0}, 0}};
    const struct bk_str username = bk_str_of(account->username);
    struct bk_str host;
    int port = 0;
    enum bk_err err = read_options(arena, account, values, ret_detail);
    if (err == BK_OK)
        err = bk_pbx_address_parse(bk_str_of(account->address), &host, &port, ret_detail);
    if (err != BK_OK)
        return err;
    const char *bad = NULL;
    struct bk_str from = values[FROM_USER].text;
    if (from.len == 0)
        from = username.len > 0 ? username : BK_STR("beckon");
    const struct bk_str name = values[TLS_NAME].text.len > 0 ? values[TLS_NAME].text : host;
    if (!bk_sip_host_print(bk_str_of(account->domain), &pbx->domain))
        bad = "the domain is no host name: letters, digits, dots and dashes";
    else if (username.len > 0 && !bk_sip_is_username(username))
        bad = "username: at most 255 bytes without control characters";
    else if (!bk_sip_user_print(from, &pbx->from_user))
        bad = "from_user (without it the username) must have no blanks, and not be that long";
    else if (account->secret.len > sizeof pbx->secret)
        bad = "the secret is longer than 1024 bytes";
    else if (bk_str_find(name, '[') >= 0 || bk_str_has_control(name) ||
             name.len >= sizeof pbx->stack_setup.name)
        bad = "tls_name is no host name or address";
    if (bad != NULL) {
        bk_detail_set(ret_detail, "%s", bad);
        return BK_ERR_INVALID;
    }
    struct bk_sip_stack_setup *setup = &pbx->stack_setup;
    setup->transport = (enum bk_sip_transport)values[TRANSPORT].number;
    setup->port = port != 0 ? port : setup->transport == BK_SIP_TLS ? 5061 : 5060;
    snprintf(setup->name, sizeof setup->name, "%.*s", BK_STR_ARG(name));
    snprintf(pbx->host, sizeof pbx->host, "%.*s", BK_STR_ARG(host));
    snprintf(pbx->username, sizeof pbx->username, "%.*s", (int)username.len,
             username.len > 0 ? username.ptr : "");
    if (account->secret.len > 0)
        memcpy(pbx->secret, account->secret.ptr, account->secret.len);
    pbx->secret_len = account->secret.len;
    return BK_OK;
}

static void close_pbx(struct bk_pbx *pbx)
{
    if (pbx == NULL)
        return;
    while (!bk_list_is_empty(&pbx->ops))
        cancel(BK_CONTAINER(pbx->ops.next, struct bk_pbx_op, node));
    bk_resolve_close(pbx->resolve);
    bk_sip_stack_unref(pbx->stack);
    bk_wipe(pbx->secret, sizeof pbx->secret);
    bk_free(pbx);
}

static enum bk_err open_pbx(const struct bk_pbx_setup *setup, const struct bk_pbx_account *account,
                            struct bk_pbx **ret_pbx, struct bk_detail *ret_detail)
{
    struct bk_pbx *pbx = bk_alloc(sizeof *pbx);
    if (pbx == NULL)
        return BK_ERR_NO_MEMORY;
    struct bk_arena *arena = bk_arena_new();
    pbx->loop = setup->loop;
    pbx->stack_setup.agent = setup->agent;
    pbx->stack_setup.ca_file = setup->tls_ca_file;
    bk_list_init(&pbx->ops);
    enum bk_err err = fill(pbx, account, arena, ret_detail);
    bk_arena_free(arena);
    const struct bk_resolve_setup resolve = {setup->loop, setup->work, setup->egress,
                                             pbx->stack_setup.transport == BK_SIP_TLS};
    if (err == BK_OK)
        err = bk_resolve_open(&resolve, pbx->host, on_resolved, pbx, &pbx->resolve);
    if (err == BK_OK)
        *ret_pbx = pbx;
    else
        close_pbx(pbx);
    return err;
}

const struct bk_pbx_driver bk_pbx_driver_sip = {
    .kind = &bk_pbx_kind_sip,
    .open = open_pbx,
    .close = close_pbx,
    .deliver = deliver,
    .probe = probe,
    .cancel = cancel,
};
