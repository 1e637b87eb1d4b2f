/*
 * One connection to Redis under a bk_loop, in RESP2
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 *
 * Of hiredis 0.14 only the reader is used, with replies of our own making, so that they are
 * bounded. Its asynchronous connection is not: it has no deadlines, aborts the process when a
 * server answers what nobody asked, and is freed under whoever closes it from a callback of
 * connecting.
 *
 * Every command is an entry of one list, answered in order and told exactly once: by its answer, by
 * its deadline (the connection is then given up, for what follows would wait too), or by the end of
 * the connection.
 *
 * Who is told may do anything, closing included: the connection then stays in memory until the
 * outermost of our functions is left (enter, leave).
 */
#include "io/redis.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <hiredis/read.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/list.h"
#include "base/secret.h"

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    STABLE_MS = 1000, /* a connection that lived shorter does not end the back-off */
    READ_BYTES = 16384,
    OUT_KEEP_BYTES = 16384 /* memory of the way out that is kept when all is sent */
};

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
    };
    socklen_t size;
};

struct command {
    struct bk_list node;
    bk_redis_done_fn *on_done;
    void *ctx;
    int64_t due_mono_ms;
};

enum stage {
    STAGE_AWAY,       /* no socket: attempt_timer makes the next one */
    STAGE_CONNECTING, /* attempt_timer limits it */
    STAGE_GREETING,   /* AUTH and PING are under way; the same limit */
    STAGE_UP
};

struct bk_redis {
    struct bk_loop *loop;
    struct address address;
    char name[128]; /* the address as it was given, for messages */
    char *user;     /* NULL: none */
    struct bk_secret password;
    size_t queue_max;
    int timeout_ms;
    bk_redis_state_fn *on_state;
    void *on_state_ctx;

    enum stage stage;
    int fd; /* -1: none */
    struct bk_watch *watch;
    redisReader *reader;
    size_t reply_bytes, reply_count; /* of the answer that is being read: bytes, parts */
    bool is_too_large;
    struct bk_buf out;
    size_t sent_bytes; /* of out */

    struct bk_list commands; /* in the order of sending */
    size_t command_count;
    struct bk_timer attempt_timer, deadline_timer;
    int64_t backoff_ms, up_mono_ms;
    bool is_told_down, is_closed;
    unsigned depth; /* functions of ours that are under way */
};

static void on_attempt(void *ctx);
static void on_attempt_late(void *ctx);
static void on_deadline(void *ctx);

static void destroy(struct bk_redis *redis)
{
    bk_buf_deinit(&redis->out);
    bk_secret_deinit(&redis->password);
    bk_free(redis->user);
    bk_free(redis);
}

static void enter(struct bk_redis *redis)
{
    redis->depth++;
}

static void leave(struct bk_redis *redis)
{
    if (--redis->depth == 0 && redis->is_closed)
        destroy(redis);
}

/* ---- replies ---- */

struct bk_redis_reply {
    enum bk_redis_kind kind;
    bool is_error;
    int64_t number;
    size_t count; /* bytes of a text, elements of an array */
    struct bk_redis_reply **elements;
    char text[];
};

enum bk_redis_kind bk_redis_kind(const struct bk_redis_reply *reply)
{
    return reply == NULL ? BK_REDIS_NIL : reply->kind;
}

struct bk_str bk_redis_text(const struct bk_redis_reply *reply)
{
    if (bk_redis_kind(reply) != BK_REDIS_TEXT)
        return BK_STR("");
    return (struct bk_str){reply->text, reply->count};
}

int64_t bk_redis_int(const struct bk_redis_reply *reply)
{
    return bk_redis_kind(reply) == BK_REDIS_INT ? reply->number : 0;
}

size_t bk_redis_count(const struct bk_redis_reply *reply)
{
    return bk_redis_kind(reply) == BK_REDIS_ARRAY ? reply->count : 0;
}

const struct bk_redis_reply *bk_redis_at(const struct bk_redis_reply *reply, size_t index)
{
    return index < bk_redis_count(reply) ? reply->elements[index] : NULL;
}

/* The reader nests at most 7 deep. */
static void reply_free(void *object)
{
    struct bk_redis_reply *reply = object;
    if (reply == NULL)
        return;
    if (reply->elements != NULL)
        for (size_t i = 0; i < reply->count; i++)
            reply_free(reply->elements[i]);
    bk_free(reply->elements);
    bk_free(reply);
}

/* NULL, which ends the reading: too many, or no memory. */
static struct bk_redis_reply *reply_new(const redisReadTask *task, enum bk_redis_kind kind,
                                        size_t text_bytes)
{
    struct bk_redis *redis = task->privdata;
    if (redis->reply_count >= BK_REDIS_REPLY_COUNT_MAX) {
        redis->is_too_large = true;
        return NULL;
    }
    struct bk_redis_reply *reply = bk_alloc(sizeof *reply + text_bytes + 1);
    if (reply == NULL)
        return NULL;
    redis->reply_count++;
    reply->kind = kind;
    return reply;
}

static void *reply_attach(const redisReadTask *task, struct bk_redis_reply *reply)
{
    if (reply != NULL && task->parent != NULL) {
        struct bk_redis_reply *parent = task->parent->obj;
        parent->elements[task->idx] = reply;
    }
    return reply;
}

static void *on_text(const redisReadTask *task, char *text, size_t len)
{
    struct bk_redis_reply *reply = reply_new(task, BK_REDIS_TEXT, len);
    if (reply != NULL) {
        memcpy(reply->text, text, len);
        reply->count = len;
        reply->is_error = task->type == REDIS_REPLY_ERROR;
    }
    return reply_attach(task, reply);
}

static void *on_array(const redisReadTask *task, int count)
{
    struct bk_redis *redis = task->privdata;
    /* Announced, not yet here: what is taken for it now must be bounded as well. */
    if ((size_t)count > BK_REDIS_REPLY_COUNT_MAX - redis->reply_count) {
        redis->is_too_large = true;
        return NULL;
    }
    struct bk_redis_reply *reply = reply_new(task, BK_REDIS_ARRAY, 0);
    if (reply != NULL && count > 0) {
        reply->elements = bk_alloc((size_t)count * sizeof reply->elements[0]);
        if (reply->elements == NULL) {
            bk_free(reply);
            return NULL;
        }
        reply->count = (size_t)count;
    }
    return reply_attach(task, reply);
}

static void *on_number(const redisReadTask *task, long long number)
{
    struct bk_redis_reply *reply = reply_new(task, BK_REDIS_INT, 0);
    if (reply != NULL)
        reply->number = number;
    return reply_attach(task, reply);
}

static void *on_nil(const redisReadTask *task)
{
    return reply_attach(task, reply_new(task, BK_REDIS_NIL, 0));
}

static redisReplyObjectFunctions reply_functions = {on_text, on_array, on_number, on_nil,
                                                    reply_free};

/* ---- the end of a connection ---- */

static void tell(struct bk_redis *redis, struct command *command, enum bk_err err,
                 const struct bk_redis_reply *reply, const struct bk_detail *detail)
{
    bk_redis_done_fn *on_done = command->on_done;
    void *ctx = command->ctx;
    bk_list_remove(&command->node);
    redis->command_count--;
    bk_free(command);
    if (on_done != NULL)
        on_done(ctx, err, reply, detail);
}

static void tell_state(struct bk_redis *redis, bool is_up, const struct bk_detail *detail)
{
    redis->is_told_down = !is_up;
    if (redis->on_state != NULL)
        redis->on_state(redis->on_state_ctx, is_up, detail);
}

/* From here on nothing is accepted, so that end_commands comes to an end. */
static void drop_socket(struct bk_redis *redis)
{
    redis->stage = STAGE_AWAY;
    bk_timer_stop(&redis->attempt_timer);
    bk_timer_stop(&redis->deadline_timer);
    bk_watch_close(redis->watch);
    redis->watch = NULL;
    if (redis->fd >= 0)
        close(redis->fd);
    redis->fd = -1;
    if (redis->reader != NULL)
        redisReaderFree(redis->reader);
    redis->reader = NULL;
    bk_buf_deinit(&redis->out);
    redis->sent_bytes = 0;
}

/* Whatever was due at late_mono_ms has timed out; the rest shares its fate. */
static void end_commands(struct bk_redis *redis, int64_t late_mono_ms,
                         const struct bk_detail *detail)
{
    while (!bk_list_is_empty(&redis->commands)) {
        struct command *command = BK_CONTAINER(redis->commands.next, struct command, node);
        bool is_late = command->due_mono_ms <= late_mono_ms;
        tell(redis, command, is_late ? BK_ERR_TIMEOUT : BK_ERR_DOWN, NULL, detail);
    }
}

static void try_later(struct bk_redis *redis)
{
    bk_timer_start(redis->loop, &redis->attempt_timer, redis->backoff_ms, on_attempt, redis);
    redis->backoff_ms = redis->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * redis->backoff_ms;
    if (redis->backoff_ms > BACKOFF_MAX_MS)
        redis->backoff_ms = BACKOFF_MAX_MS;
}

static void lose(struct bk_redis *redis, int64_t late_mono_ms, const char *reason)
{
    bool was_up = redis->stage == STAGE_UP;
    if (was_up && bk_loop_now_ms(redis->loop) - redis->up_mono_ms >= STABLE_MS)
        redis->backoff_ms = 0;
    struct bk_detail detail;
    bk_detail_set(&detail, "Redis at %s: %s", redis->name, reason);
    drop_socket(redis);
    end_commands(redis, late_mono_ms, &detail);
    if (!redis->is_closed && (was_up || !redis->is_told_down))
        tell_state(redis, false, &detail);
    if (!redis->is_closed)
        try_later(redis);
}

static void lose_now(struct bk_redis *redis, const char *reason)
{
    lose(redis, INT64_MIN, reason);
}

/* ---- deadlines ---- */

static void set_deadline(struct bk_redis *redis, int64_t due_mono_ms)
{
    struct bk_timer *timer = &redis->deadline_timer;
    /* An earlier one stays, though its command may be answered: looking once for nothing is
     * cheaper than looking through the list at each answer. */
    if (!bk_timer_is_running(timer) || due_mono_ms < timer->due_mono_ms)
        bk_timer_start(redis->loop, timer, due_mono_ms - bk_loop_now_ms(redis->loop), on_deadline,
                       redis);
}

static void on_deadline(void *ctx)
{
    struct bk_redis *redis = ctx;
    int64_t due_mono_ms = INT64_MAX;
    for (struct bk_list *at = redis->commands.next; at != &redis->commands; at = at->next) {
        const struct command *command = BK_CONTAINER(at, struct command, node);
        if (command->due_mono_ms < due_mono_ms)
            due_mono_ms = command->due_mono_ms;
    }
    int64_t now_ms = bk_loop_now_ms(redis->loop);
    enter(redis);
    if (due_mono_ms <= now_ms)
        lose(redis, now_ms, "no answer in time");
    else if (due_mono_ms < INT64_MAX)
        set_deadline(redis, due_mono_ms);
    leave(redis);
}

static void on_attempt_late(void *ctx)
{
    struct bk_redis *redis = ctx;
    enter(redis);
    lose_now(redis, "no connection in time");
    leave(redis);
}

/* ---- sending ---- */

/* 0, also when the rest must wait; else errno. */
static int flush(struct bk_redis *redis)
{
    int err = 0;
    while (err == 0 && redis->sent_bytes < redis->out.len) {
        ssize_t count = send(redis->fd, redis->out.ptr + redis->sent_bytes,
                             redis->out.len - redis->sent_bytes, MSG_NOSIGNAL);
        if (count >= 0)
            redis->sent_bytes += (size_t)count;
        else if (errno != EINTR)
            err = errno;
    }
    bool is_all = redis->sent_bytes == redis->out.len;
    if (is_all) {
        redis->sent_bytes = 0;
        if (redis->out.size > OUT_KEEP_BYTES)
            bk_buf_deinit(&redis->out);
        else
            bk_buf_clear(&redis->out);
    }
    bk_watch_want(redis->watch, is_all ? BK_READABLE : BK_READABLE | BK_WRITABLE);
    return err == EAGAIN || err == EWOULDBLOCK ? 0 : err;
}

/* An array of bulk strings. On an error nothing was added. */
static enum bk_err encode(struct bk_buf *out, const struct bk_str *args, size_t count)
{
    size_t before = out->len;
    bk_buf_addf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        bk_buf_addf(out, "$%zu\r\n", args[i].len);
        bk_buf_add(out, args[i]);
        bk_buf_add(out, BK_STR("\r\n"));
    }
    enum bk_err err = out->err;
    if (err != BK_OK)
        bk_buf_cut(out, before);
    return err;
}

static enum bk_err push(struct bk_redis *redis, const struct bk_str *args, size_t count,
                        int wait_ms, bk_redis_done_fn *on_done, void *ctx)
{
    assert(count >= 1 && count <= BK_REDIS_ARG_MAX && wait_ms >= 0);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (args[i].len > BK_REDIS_ARG_BYTES_MAX - bytes)
            return BK_ERR_TOO_LARGE;
        bytes += args[i].len;
    }
    struct command *command = bk_alloc(sizeof *command);
    if (command == NULL)
        return BK_ERR_NO_MEMORY;
    bool was_empty = redis->out.len == 0;
    enum bk_err err = encode(&redis->out, args, count);
    if (err != BK_OK) {
        bk_free(command);
        return err;
    }
    command->on_done = on_done;
    command->ctx = ctx;
    command->due_mono_ms = bk_loop_now_ms(redis->loop) + redis->timeout_ms + wait_ms;
    bk_list_append(&redis->commands, &command->node);
    redis->command_count++;
    set_deadline(redis, command->due_mono_ms);
    /* Nobody is told from in here: what fails now, fails again when the loop tries. */
    if (was_empty)
        (void)flush(redis);
    return BK_OK;
}

enum bk_err bk_redis_send(struct bk_redis *redis, const struct bk_str *args, size_t count,
                          int wait_ms, bk_redis_done_fn *on_done, void *ctx)
{
    if (redis->stage != STAGE_UP)
        return BK_ERR_DOWN;
    if (redis->command_count >= redis->queue_max)
        return BK_ERR_BUSY;
    return push(redis, args, count, wait_ms, on_done, ctx);
}

/* ---- answers ---- */

static enum bk_err err_of(const struct bk_redis_reply *reply)
{
    static const char *const denials[] = {"NOAUTH ", "NOPERM ", "WRONGPASS "};
    if (!reply->is_error)
        return BK_OK;
    for (size_t i = 0; i < BK_COUNT(denials); i++)
        if (bk_str_starts(bk_redis_text(reply), bk_str_of(denials[i])))
            return BK_ERR_DENIED;
    return BK_ERR_INTERNAL;
}

static void answer(struct bk_redis *redis, const struct bk_redis_reply *reply)
{
    enum bk_err err = err_of(reply);
    struct bk_detail detail = {{0}};
    if (err != BK_OK) /* its first line: it has no other */
        bk_detail_set(&detail, "%.200s", reply->text);
    if (!bk_list_is_empty(&redis->commands))
        tell(redis, BK_CONTAINER(redis->commands.next, struct command, node), err, reply, &detail);
    else if (err != BK_OK)
        lose_now(redis, detail.text); /* "ERR max number of clients reached" */
    else
        lose_now(redis, "an answer that nobody asked for");
}

static void receive(struct bk_redis *redis)
{
    char bytes[READ_BYTES];
    ssize_t count = read(redis->fd, bytes, sizeof bytes);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count <= 0) {
        lose_now(redis, count == 0 ? "the connection was closed" : strerror(errno));
        return;
    }
    redis->reply_bytes += (size_t)count;
    bool is_fed = redisReaderFeed(redis->reader, bytes, (size_t)count) == REDIS_OK;
    while (is_fed) {
        void *reply = NULL;
        if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK)
            break;
        if (reply == NULL) {
            if (redis->reply_bytes <= BK_REDIS_REPLY_BYTES_MAX)
                return;
            redis->is_too_large = true;
            break;
        }
        redis->reply_bytes = redis->reply_count = 0;
        answer(redis, reply);
        reply_free(reply);
        if (redis->stage == STAGE_AWAY)
            return;
    }
    char reason[128]; /* the reader goes with the connection */
    snprintf(reason, sizeof reason, "%s",
             redis->is_too_large ? "an answer is too large" : redis->reader->errstr);
    lose_now(redis, reason);
}

/* ---- connecting ---- */

/* What AUTH or PING was refused with ends the attempt. BK_ERR_DOWN: it has ended. */
static void on_greeted(struct bk_redis *redis, enum bk_err err, const struct bk_detail *detail)
{
    if (err == BK_ERR_DENIED || err == BK_ERR_INTERNAL)
        lose_now(redis, detail->text);
}

static void on_auth(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    (void)reply;
    on_greeted(ctx, err, detail);
}

static void on_ping(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    struct bk_redis *redis = ctx;
    (void)reply;
    on_greeted(redis, err, detail);
    if (err != BK_OK)
        return;
    redis->stage = STAGE_UP;
    redis->up_mono_ms = bk_loop_now_ms(redis->loop);
    bk_timer_stop(&redis->attempt_timer);
    struct bk_detail up;
    bk_detail_set(&up, "Redis at %s", redis->name);
    tell_state(redis, true, &up);
}

static void greet(struct bk_redis *redis)
{
    struct bk_str auth[3] = {BK_STR("AUTH")}, ping = BK_STR("PING");
    size_t count = 1;
    if (redis->user != NULL)
        auth[count++] = bk_str_of(redis->user);
    auth[count++] = bk_secret_str(&redis->password);
    redis->stage = STAGE_GREETING;
    enum bk_err err = BK_OK;
    if (redis->password.len > 0)
        err = push(redis, auth, count, 0, on_auth, redis);
    /* AUTH alone is answered while Redis still loads its data. */
    if (err == BK_OK)
        err = push(redis, &ping, 1, 0, on_ping, redis);
    if (err != BK_OK)
        lose_now(redis, bk_err_text(err));
}

static void on_connected(struct bk_redis *redis)
{
    int err = 0;
    socklen_t size = sizeof err;
    if (getsockopt(redis->fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
        err = errno;
    if (err != 0)
        lose_now(redis, strerror(err));
    else
        greet(redis);
}

static void on_ready(void *ctx, unsigned ready)
{
    struct bk_redis *redis = ctx;
    enter(redis);
    if (redis->stage == STAGE_CONNECTING) {
        on_connected(redis);
    } else {
        int err = (ready & BK_WRITABLE) != 0 ? flush(redis) : 0;
        if (err != 0)
            lose_now(redis, strerror(err));
        else if ((ready & BK_READABLE) != 0)
            receive(redis);
    }
    leave(redis);
}

static void on_attempt(void *ctx)
{
    struct bk_redis *redis = ctx;
    const int one = 1;
    bool is_local = redis->address.any.sa_family == AF_UNIX;
    int err = 0;
    enter(redis);
    redis->stage = STAGE_CONNECTING;
    redis->reply_bytes = redis->reply_count = 0;
    redis->is_too_large = false;
    bk_timer_start(redis->loop, &redis->attempt_timer, redis->timeout_ms, on_attempt_late, redis);
    redis->reader = redisReaderCreateWithFunctions(&reply_functions);
    redis->fd = socket(redis->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (redis->reader == NULL)
        err = ENOMEM;
    else if (redis->fd < 0 ||
             (!is_local && setsockopt(redis->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) ||
             (connect(redis->fd, &redis->address.any, redis->address.size) < 0 &&
              errno != EINPROGRESS))
        err = errno;
    else if (bk_watch_open(redis->loop, redis->fd, BK_WRITABLE, on_ready, redis, &redis->watch) !=
             BK_OK)
        err = EMFILE;
    if (err != 0)
        lose_now(redis, strerror(err));
    else
        redis->reader->privdata = redis;
    leave(redis);
}

/* ---- addresses ---- */

static bool parse_ip(struct bk_str host, in_port_t port, struct address *address)
{
    char text[INET6_ADDRSTRLEN];
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = bk_str_slice(host, 1, host.len - 1);
    if (host.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", BK_STR_ARG(host));
    if (inet_pton(AF_INET, text, &address->ip4.sin_addr) == 1) {
        address->ip4.sin_family = AF_INET;
        address->ip4.sin_port = port;
        address->size = sizeof address->ip4;
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->ip6.sin6_addr) != 1)
        return false;
    address->ip6.sin6_family = AF_INET6;
    address->ip6.sin6_port = port;
    address->size = sizeof address->ip6;
    return true;
}

static bool parse_address(struct bk_str text, struct address *ret_address)
{
    struct address address;
    memset(&address, 0, sizeof address);
    if (bk_str_starts(text, BK_STR("unix:"))) {
        struct bk_str path = bk_str_slice(text, 5, text.len);
        if (path.len < 2 || path.ptr[0] != '/' || path.len >= sizeof address.local.sun_path)
            return false;
        address.local.sun_family = AF_UNIX;
        memcpy(address.local.sun_path, path.ptr, path.len);
        address.size = sizeof address.local;
    } else {
        ptrdiff_t colon = bk_str_find_last(text, ':');
        int64_t port;
        if (colon <= 0 ||
            bk_str_parse_int(bk_str_slice(text, (size_t)colon + 1, text.len), 1, 65535, &port) !=
                BK_OK ||
            !parse_ip(bk_str_slice(text, 0, (size_t)colon), htons((uint16_t)port), &address))
            return false;
    }
    *ret_address = address;
    return true;
}

enum bk_err bk_redis_address_check(const char *address, struct bk_detail *ret_detail)
{
    struct address parsed;
    if (parse_address(bk_str_of(address), &parsed))
        return BK_OK;
    bk_detail_set(ret_detail,
                  "redis.address \"%.80s\" is neither unix:/path (at most 107 bytes) nor a numeric "
                  "address with a port",
                  address);
    return BK_ERR_INVALID;
}

/* ---- life ---- */

enum bk_err bk_redis_open(struct bk_loop *loop, const struct bk_redis_options *options,
                          struct bk_redis **ret_redis)
{
    assert(options->queue_max > 0 && options->timeout_ms > 0);
    struct bk_redis *redis = bk_alloc(sizeof *redis);
    if (redis == NULL)
        return BK_ERR_NO_MEMORY;
    redis->loop = loop;
    redis->queue_max = options->queue_max;
    redis->timeout_ms = options->timeout_ms;
    redis->fd = -1;
    bk_list_init(&redis->commands);
    /* queue_max bounds it; secret, for it begins with the password. */
    bk_buf_init_secret(&redis->out, SIZE_MAX - 1);
    snprintf(redis->name, sizeof redis->name, "%s", options->address);
    enum bk_err err = BK_OK;
    if (!parse_address(bk_str_of(options->address), &redis->address))
        err = BK_ERR_INVALID;
    if (err == BK_OK && options->user != NULL && options->user[0] != '\0') {
        redis->user = bk_strdup(options->user);
        if (redis->user == NULL)
            err = BK_ERR_NO_MEMORY;
    }
    if (err == BK_OK && options->password != NULL && options->password[0] != '\0')
        err = bk_secret_set(&redis->password, bk_str_of(options->password));
    if (err != BK_OK) {
        destroy(redis);
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
    return redis->stage == STAGE_UP;
}

void bk_redis_close(struct bk_redis *redis)
{
    struct bk_detail detail;
    if (redis == NULL)
        return;
    assert(!redis->is_closed);
    enter(redis);
    redis->is_closed = true;
    bk_detail_set(&detail, "Redis at %s is not used any more", redis->name);
    drop_socket(redis);
    end_commands(redis, INT64_MIN, &detail);
    leave(redis);
}
