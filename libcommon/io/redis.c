/*
 * hiredis' asynchronous connection under a bk_loop. hiredis 0.14 has no deadlines, no bound on its
 * queue and no reconnect; those are here. Every command is an entry of our own list, told exactly
 * once: by its answer, by its deadline (the connection is then given up: answers come in order, so
 * what follows would wait for it too), or by the end of the connection.
 */
#include "io/redis.h"

#include <arpa/inet.h>
#include <assert.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/secret.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000, PORT_SIZE = 8 };

struct command {
    struct bk_list node;
    struct bk_redis *redis; /* NULL: told already; its answer is dropped */
    bk_redis_done_fn *on_done;
    void *ctx;
    int64_t due_mono_ms;
};

struct bk_redis {
    struct bk_loop *loop;
    struct bk_redis_options options;
    char host[128]; /* numeric, or the socket's path */
    int port;       /* 0: unix socket */
    bk_redis_state_fn *on_state;
    void *on_state_ctx;
    redisAsyncContext *context; /* NULL: between two attempts */
    struct bk_watch *watch;
    struct bk_timer attempt_timer, deadline_timer;
    int64_t backoff_ms;
    bool is_up, is_told_down, is_closing;
    struct bk_list commands; /* in the order of sending */
    size_t command_count;
};

static void attempt(void *ctx);

/* ---- replies ---- */

/* The public name of hiredis' own struct: nothing is copied. */
static const redisReply *reply_of(const struct bk_redis_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

enum bk_redis_kind bk_redis_kind(const struct bk_redis_reply *reply)
{
    switch (reply == NULL ? REDIS_REPLY_NIL : reply_of(reply)->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return BK_REDIS_TEXT;
    case REDIS_REPLY_INTEGER:
        return BK_REDIS_INT;
    case REDIS_REPLY_ARRAY:
        return BK_REDIS_ARRAY;
    default:
        return BK_REDIS_NIL;
    }
}

struct bk_str bk_redis_text(const struct bk_redis_reply *reply)
{
    if (bk_redis_kind(reply) != BK_REDIS_TEXT)
        return BK_STR("");
    return (struct bk_str){reply_of(reply)->str, reply_of(reply)->len};
}

int64_t bk_redis_int(const struct bk_redis_reply *reply)
{
    return bk_redis_kind(reply) == BK_REDIS_INT ? reply_of(reply)->integer : 0;
}

size_t bk_redis_count(const struct bk_redis_reply *reply)
{
    return bk_redis_kind(reply) == BK_REDIS_ARRAY ? reply_of(reply)->elements : 0;
}

const struct bk_redis_reply *bk_redis_at(const struct bk_redis_reply *reply, size_t index)
{
    if (index >= bk_redis_count(reply))
        return NULL;
    return (const struct bk_redis_reply *)(const void *)reply_of(reply)->element[index];
}

/* ---- hiredis' hooks on a bk_watch ---- */

static void on_ready(void *ctx, unsigned ready)
{
    struct bk_redis *redis = ctx;
    redisAsyncContext *context = redis->context;
    /* Either may free the context, so only one a turn; level triggered, the other comes again. */
    if ((ready & BK_READABLE) != 0)
        redisAsyncHandleRead(context);
    else
        redisAsyncHandleWrite(context);
}

static void want(void *data, unsigned add, unsigned take)
{
    struct bk_redis *redis = data;
    if (redis->watch == NULL)
        return;
    bk_watch_want(redis->watch, (bk_watch_wanted(redis->watch) | add) & ~take);
}

static void add_read(void *data)
{
    want(data, BK_READABLE, 0);
}

static void del_read(void *data)
{
    want(data, 0, BK_READABLE);
}

static void add_write(void *data)
{
    want(data, BK_WRITABLE, 0);
}

static void del_write(void *data)
{
    want(data, 0, BK_WRITABLE);
}

/* hiredis is about to close the descriptor. */
static void cleanup(void *data)
{
    struct bk_redis *redis = data;
    bk_watch_close(redis->watch);
    redis->watch = NULL;
}

/* ---- state ---- */

static void tell_state(struct bk_redis *redis, bool is_up, const struct bk_detail *detail)
{
    bool is_news = is_up != redis->is_up || (!is_up && !redis->is_told_down);
    redis->is_up = is_up;
    redis->is_told_down = !is_up;
    if (is_news && redis->on_state != NULL && !redis->is_closing)
        redis->on_state(redis->on_state_ctx, is_up, detail);
}

static void tell(struct command *command, enum bk_err err, const struct bk_redis_reply *reply,
                 const struct bk_detail *detail)
{
    struct bk_redis *redis = command->redis;
    bk_list_remove(&command->node);
    redis->command_count--;
    command->redis = NULL;
    if (command->on_done != NULL)
        command->on_done(command->ctx, err, reply, detail);
}

static void end_all(struct bk_redis *redis, enum bk_err err, const struct bk_detail *detail)
{
    while (!bk_list_is_empty(&redis->commands))
        tell(BK_CONTAINER(redis->commands.next, struct command, node), err, NULL, detail);
}

static void try_later(struct bk_redis *redis)
{
    if (redis->is_closing)
        return;
    bk_timer_start(redis->loop, &redis->attempt_timer, redis->backoff_ms, attempt, redis);
    redis->backoff_ms = redis->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * redis->backoff_ms;
    if (redis->backoff_ms > BACKOFF_MAX_MS)
        redis->backoff_ms = BACKOFF_MAX_MS;
}

static void lost(struct bk_redis *redis, const struct bk_detail *detail)
{
    redis->context = NULL;
    bk_timer_stop(&redis->attempt_timer);
    bk_timer_stop(&redis->deadline_timer);
    end_all(redis, BK_ERR_DOWN, detail);
    tell_state(redis, false, detail);
    try_later(redis);
}

static void on_disconnect(const redisAsyncContext *context, int status)
{
    (void)status;
    struct bk_redis *redis = context->data;
    struct bk_detail detail;
    if (redis == NULL)
        return; /* given up by us, told already */
    bk_detail_set(&detail, "Redis %s: %s", redis->options.address,
                  context->errstr != NULL && context->errstr[0] != '\0' ? context->errstr
                                                                        : "connection closed");
    lost(redis, &detail);
}

/* Leave a connection that is of no use; its later callbacks find nobody. */
static void give_up(struct bk_redis *redis, const struct bk_detail *detail)
{
    redisAsyncContext *context = redis->context;
    redis->context = NULL;
    if (context != NULL) {
        context->data = NULL;
        redisAsyncFree(context); /* calls cleanup, and on_reply with NULL for each command */
    }
    lost(redis, detail);
}

/* ---- commands ---- */

static void on_deadline(void *ctx);

static void set_deadline(struct bk_redis *redis)
{
    int64_t due_mono_ms = INT64_MAX;
    for (struct bk_list *at = redis->commands.next; at != &redis->commands; at = at->next) {
        const struct command *command = BK_CONTAINER(at, struct command, node);
        if (command->due_mono_ms < due_mono_ms)
            due_mono_ms = command->due_mono_ms;
    }
    if (due_mono_ms == INT64_MAX)
        bk_timer_stop(&redis->deadline_timer);
    else
        bk_timer_start(redis->loop, &redis->deadline_timer,
                       due_mono_ms - bk_loop_now_ms(redis->loop), on_deadline, redis);
}

static void on_deadline(void *ctx)
{
    struct bk_redis *redis = ctx;
    struct bk_detail detail;
    bk_detail_set(&detail, "Redis %s has not answered in time", redis->options.address);
    int64_t now_ms = bk_loop_now_ms(redis->loop);
    bool is_late = false;
    for (struct bk_list *at = redis->commands.next, *next; at != &redis->commands; at = next) {
        struct command *command = BK_CONTAINER(at, struct command, node);
        next = at->next;
        if (command->due_mono_ms <= now_ms) {
            is_late = true;
            tell(command, BK_ERR_TIMEOUT, NULL, &detail);
            next = redis->commands.next; /* the callback may have done anything */
        }
    }
    if (is_late && redis->context != NULL)
        give_up(redis, &detail);
    else
        set_deadline(redis);
}

static enum bk_err err_of(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ERROR)
        return BK_OK;
    return strncmp(reply->str, "NOAUTH", 6) == 0 || strncmp(reply->str, "NOPERM", 6) == 0 ||
                   strncmp(reply->str, "WRONGPASS", 9) == 0
               ? BK_ERR_DENIED
               : BK_ERR_INTERNAL;
}

/* hiredis calls this once per command, with NULL when the connection ends. */
static void on_reply(redisAsyncContext *context, void *answer, void *ctx)
{
    struct command *command = ctx;
    struct bk_redis *redis = command->redis;
    const redisReply *reply = answer;
    struct bk_detail detail = {{0}};
    if (redis != NULL && reply != NULL) {
        enum bk_err err = err_of(reply);
        if (err != BK_OK)
            bk_detail_set(&detail, "Redis: %s", reply->str);
        tell(command, err, (const struct bk_redis_reply *)answer, &detail);
        if (context->data != NULL)
            set_deadline(context->data);
    } else if (redis != NULL) {
        bk_detail_set(&detail, "Redis %s: connection lost", redis->options.address);
        tell(command, BK_ERR_DOWN, NULL, &detail);
    }
    bk_free(command);
}

static enum bk_err send_now(struct bk_redis *redis, const struct bk_str *args, size_t count,
                            int wait_ms, bk_redis_done_fn *on_done, void *ctx)
{
    const char *texts[BK_REDIS_ARG_MAX];
    size_t lengths[BK_REDIS_ARG_MAX], bytes = 0;
    assert(count >= 1 && count <= BK_REDIS_ARG_MAX);
    for (size_t i = 0; i < count; i++) {
        texts[i] = args[i].len > 0 ? args[i].ptr : "";
        lengths[i] = args[i].len;
        bytes += args[i].len;
    }
    if (bytes > BK_REDIS_ARG_BYTES_MAX)
        return BK_ERR_TOO_LARGE;
    struct command *command = bk_alloc(sizeof *command);
    if (command == NULL)
        return BK_ERR_NO_MEMORY;
    *command = (struct command){.redis = redis, .on_done = on_done, .ctx = ctx};
    command->due_mono_ms = bk_loop_now_ms(redis->loop) + redis->options.timeout_ms + wait_ms;
    bk_list_append(&redis->commands, &command->node);
    redis->command_count++;
    if (redisAsyncCommandArgv(redis->context, on_reply, command, (int)count, texts, lengths) !=
        REDIS_OK) {
        bk_list_remove(&command->node);
        redis->command_count--;
        bk_free(command);
        return BK_ERR_DOWN;
    }
    set_deadline(redis);
    return BK_OK;
}

enum bk_err bk_redis_send(struct bk_redis *redis, const struct bk_str *args, size_t count,
                          int wait_ms, bk_redis_done_fn *on_done, void *ctx)
{
    if (!redis->is_up)
        return BK_ERR_DOWN;
    if (redis->command_count >= redis->options.queue_max)
        return BK_ERR_BUSY;
    return send_now(redis, args, count, wait_ms, on_done, ctx);
}

/* ---- connecting ---- */

static void on_attempt_late(void *ctx)
{
    struct bk_redis *redis = ctx;
    struct bk_detail detail;
    bk_detail_set(&detail, "Redis %s: no connection within %d ms", redis->options.address,
                  redis->options.timeout_ms);
    give_up(redis, &detail);
}

/* The first answer: of AUTH, or of PING. */
static void on_hello(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                     const struct bk_detail *detail)
{
    (void)reply;
    struct bk_redis *redis = ctx;
    if (err == BK_OK) {
        bk_timer_stop(&redis->attempt_timer);
        redis->backoff_ms = 0;
        tell_state(redis, true, detail);
    } else if (err == BK_ERR_DENIED || err == BK_ERR_INTERNAL) {
        /* Not from inside hiredis' callback: the context is its own there. */
        tell_state(redis, false, detail);
        bk_timer_start(redis->loop, &redis->attempt_timer, 0, on_attempt_late, redis);
    }
}

static void on_connect(const redisAsyncContext *context, int status)
{
    struct bk_redis *redis = context->data;
    struct bk_detail detail;
    if (redis == NULL)
        return;
    if (status != REDIS_OK) { /* hiredis frees the context after this, without on_disconnect */
        bk_detail_set(&detail, "Redis %s: %s", redis->options.address, context->errstr);
        lost(redis, &detail);
        return;
    }
    const struct bk_redis_options *options = &redis->options;
    bool has_password = options->password != NULL && options->password[0] != '\0';
    bool has_user = options->user != NULL && options->user[0] != '\0';
    struct bk_str args[3] = {has_password ? BK_STR("AUTH") : BK_STR("PING")};
    size_t count = 1;
    if (has_password && has_user)
        args[count++] = bk_str_of(options->user);
    if (has_password)
        args[count++] = bk_str_of(options->password);
    enum bk_err err = send_now(redis, args, count, 0, on_hello, redis);
    if (err != BK_OK)
        bk_timer_start(redis->loop, &redis->attempt_timer, 0, on_attempt_late, redis);
}

static void attempt(void *ctx)
{
    struct bk_redis *redis = ctx;
    struct bk_detail detail;
    redisAsyncContext *context = redis->port == 0 ? redisAsyncConnectUnix(redis->host)
                                                  : redisAsyncConnect(redis->host, redis->port);
    if (context == NULL || context->err != 0 ||
        bk_watch_open(redis->loop, context->c.fd, 0, on_ready, redis, &redis->watch) != BK_OK) {
        bk_detail_set(&detail, "Redis %s: %s", redis->options.address,
                      context != NULL && context->err != 0 ? context->errstr
                                                           : "no memory or descriptor");
        if (context != NULL)
            redisAsyncFree(context);
        lost(redis, &detail);
        return;
    }
    redis->context = context;
    context->data = redis;
    context->ev.data = redis;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
    bk_timer_start(redis->loop, &redis->attempt_timer, redis->options.timeout_ms, on_attempt_late,
                   redis);
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    redisAsyncSetConnectCallback(context, on_connect); /* begins: asks for writable */
}

static enum bk_err parse_address(struct bk_str address, char *ret_host, size_t size, int *ret_port)
{
    struct in6_addr space;
    int64_t port = 0;
    struct bk_str host;
    if (bk_str_starts(address, BK_STR("unix:"))) {
        host = bk_str_slice(address, 5, address.len);
        if (host.len < 2 || host.ptr[0] != '/' ||
            host.len >= sizeof((struct sockaddr_un *)0)->sun_path)
            return BK_ERR_INVALID;
    } else {
        ptrdiff_t colon = bk_str_find_last(address, ':');
        if (colon <= 0)
            return BK_ERR_INVALID;
        host = bk_str_slice(address, 0, (size_t)colon);
        if (bk_str_parse_int(bk_str_slice(address, (size_t)colon + 1, address.len), 1, 65535,
                             &port) != BK_OK)
            return BK_ERR_INVALID;
        if (host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
            host = bk_str_slice(host, 1, host.len - 1);
    }
    if (host.len >= size)
        return BK_ERR_INVALID;
    snprintf(ret_host, size, "%.*s", BK_STR_ARG(host));
    if (port != 0 && inet_pton(AF_INET, ret_host, &space) != 1 &&
        inet_pton(AF_INET6, ret_host, &space) != 1)
        return BK_ERR_INVALID;
    *ret_port = (int)port;
    return BK_OK;
}

enum bk_err bk_redis_address_check(const char *address, struct bk_detail *ret_detail)
{
    char host[sizeof((struct bk_redis *)0)->host];
    int port;
    enum bk_err err = parse_address(bk_str_of(address), host, sizeof host, &port);
    if (err != BK_OK)
        bk_detail_set(ret_detail,
                      "redis.address \"%.80s\" is neither unix:/path (at most 107 bytes) nor a "
                      "numeric address with a port",
                      address);
    return err;
}

enum bk_err bk_redis_open(struct bk_loop *loop, const struct bk_redis_options *options,
                          struct bk_redis **ret_redis)
{
    struct bk_redis *redis = bk_alloc(sizeof *redis);
    if (redis == NULL)
        return BK_ERR_NO_MEMORY;
    redis->loop = loop;
    redis->options = *options;
    bk_list_init(&redis->commands);
    enum bk_err err =
        parse_address(bk_str_of(options->address), redis->host, sizeof redis->host, &redis->port);
    if (err != BK_OK) {
        bk_free(redis);
        return err;
    }
    try_later(redis);
    *ret_redis = redis;
    return BK_OK;
}

void bk_redis_on_state(struct bk_redis *redis, bk_redis_state_fn *on_state, void *ctx)
{
    redis->on_state = on_state;
    redis->on_state_ctx = ctx;
}

bool bk_redis_is_up(const struct bk_redis *redis)
{
    return redis->is_up;
}

void bk_redis_close(struct bk_redis *redis)
{
    struct bk_detail detail;
    if (redis == NULL)
        return;
    bk_detail_set(&detail, "Redis is not used any more");
    redis->is_closing = true;
    redis->is_up = false;
    give_up(redis, &detail);
    bk_timer_stop(&redis->attempt_timer);
    bk_timer_stop(&redis->deadline_timer);
    bk_free(redis);
}
