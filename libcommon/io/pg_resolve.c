/*
 * Where a connection string leads, without ever waiting for a name server in the loop: host names
 * go through getaddrinfo on a thread at every attempt, and libpq gets addresses (hostaddr). Host
 * names stay beside them, since certificates are checked against names. Unix sockets and literal
 * addresses need no thread.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "io/pg_impl.h"

#define HOST_MAX 8
#define ADDRESS_MAX 8 /* used of one name */
#define NAME_SIZE 256
#define LIST_TEXT_MAX 65536

struct host {
    char name[NAME_SIZE];
    char port[8]; /* "" : the default */
    bool is_name; /* neither path nor literal address */
};

struct bk_pg_target {
    PQconninfoOption *dsn;      /* what the string says, nothing else */
    PQconninfoOption *defaults; /* what libpq would add: environment, service file */
    char role[64];
    char user_timeout_ms[16];
    struct host hosts[HOST_MAX];
    size_t host_count; /* 0: libpq's default */
    bool has_hostaddr; /* given by the operator: passed on as it is */
};

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL && options->val[0] != '\0' ? options->val : NULL;
    }
    return NULL;
}

/* Of the string, else of the environment. */
static const char *setting_of(const struct bk_pg_target *target, const char *keyword)
{
    const char *value = option_of(target->dsn, keyword);
    return value != NULL ? value : option_of(target->defaults, keyword);
}

static bool is_literal_or_path(const char *name)
{
    struct in6_addr address;
    /* '@' is Linux's abstract namespace; "" is libpq's default socket. */
    if (name[0] == '/' || name[0] == '@' || name[0] == '\0')
        return true;
    char copy[NAME_SIZE];
    snprintf(copy, sizeof copy, "%s", name);
    copy[strcspn(copy, "%")] = '\0'; /* fe80::1%eth0 */
    return inet_pton(AF_INET, copy, &address) == 1 || inet_pton(AF_INET6, copy, &address) == 1;
}

static enum bk_err split_hosts(struct bk_pg_target *target, struct bk_detail *ret_detail)
{
    struct bk_str hosts = bk_str_of(setting_of(target, "host"));
    struct bk_str ports = bk_str_of(setting_of(target, "port"));
    bool is_one_port = bk_str_find(ports, ',') < 0;
    for (bool more = hosts.ptr != NULL; more;) {
        if (target->host_count == HOST_MAX) {
            bk_detail_set(ret_detail, "database: more than %d hosts, name fewer", HOST_MAX);
            return BK_ERR_INVALID;
        }
        more = bk_str_find(hosts, ',') >= 0;
        struct bk_str name = bk_str_cut(&hosts, ',');
        struct bk_str port = is_one_port ? ports : bk_str_cut(&ports, ',');
        struct host *host = &target->hosts[target->host_count++];
        if (name.len >= sizeof host->name || port.len >= sizeof host->port) {
            bk_detail_set(ret_detail, "database: host or port \"%.*s\" is too long, check it",
                          (int)(name.len < 60 ? name.len : 60), name.ptr);
            return BK_ERR_INVALID;
        }
        memcpy(host->name, name.ptr, name.len);
        if (port.len > 0)
            memcpy(host->port, port.ptr, port.len);
        host->is_name = !is_literal_or_path(host->name);
    }
    return BK_OK;
}

enum bk_err bk_pg_target_new(const struct bk_pg_options *options, struct bk_pg_target **ret_target,
                             struct bk_detail *ret_detail)
{
    struct bk_pg_target *target = bk_alloc(sizeof *target);
    if (target == NULL)
        return BK_ERR_NO_MEMORY;

    enum bk_err err = BK_ERR_INVALID;
    char *message = NULL;
    target->dsn = PQconninfoParse(options->dsn, &message);
    if (target->dsn == NULL) {
        bk_pg_detail_line(ret_detail, "database: the connection string cannot be read", message);
        goto out;
    }
    if (option_of(target->dsn, "service") != NULL) {
        bk_detail_set(ret_detail, "database: \"service\" is not supported, give host and dbname");
        goto out;
    }
    target->defaults = PQconndefaults();
    target->has_hostaddr = setting_of(target, "hostaddr") != NULL;
    snprintf(target->role, sizeof target->role, "%s", options->role);
    snprintf(target->user_timeout_ms, sizeof target->user_timeout_ms, "%d",
             2 * options->query_timeout_ms);
    err = split_hosts(target, ret_detail);
out:
    PQfreemem(message);
    if (err == BK_OK)
        *ret_target = target;
    else
        bk_pg_target_free(target);
    return err;
}

void bk_pg_target_free(struct bk_pg_target *target)
{
    if (target == NULL)
        return;
    PQconninfoFree(target->dsn);
    PQconninfoFree(target->defaults);
    bk_free(target);
}

bool bk_pg_target_needs_lookup(const struct bk_pg_target *target)
{
    for (size_t i = 0; !target->has_hostaddr && i < target->host_count; i++) {
        if (target->hosts[i].is_name)
            return true;
    }
    return false;
}

/* ---- looking up ---- */

struct bk_pg_lookup {
    pthread_mutex_t lock;
    bool is_abandoned, is_posted; /* under lock */
    struct bk_loop *loop;
    bk_pg_lookup_fn *on_done;
    void *ctx;
    size_t host_count;
    struct {
        bool is_name;
        char name[NAME_SIZE];
        size_t address_count;
        char addresses[ADDRESS_MAX][INET6_ADDRSTRLEN + 32]; /* and a scope */
    } hosts[HOST_MAX];
    size_t found_count;
    char error[NAME_SIZE + 64];
};

static void lookup_free(struct bk_pg_lookup *lookup)
{
    pthread_mutex_destroy(&lookup->lock);
    bk_free(lookup);
}

/* On the loop's thread. */
static void on_looked_up(void *ctx)
{
    struct bk_pg_lookup *lookup = ctx;
    pthread_mutex_lock(&lookup->lock); /* the thread has let go of it after this */
    bool is_abandoned = lookup->is_abandoned;
    pthread_mutex_unlock(&lookup->lock);
    if (!is_abandoned)
        lookup->on_done(lookup->ctx, lookup, lookup->found_count > 0 ? NULL : lookup->error);
    lookup_free(lookup);
}

static void look_up_one(struct bk_pg_lookup *lookup, size_t at)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(lookup->hosts[at].name, NULL, &hints, &found);
    if (status != 0) {
        snprintf(lookup->error, sizeof lookup->error, "%s: %s", lookup->hosts[at].name,
                 gai_strerror(status));
        return;
    }
    for (struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        size_t *count = &lookup->hosts[at].address_count;
        if (*count == ADDRESS_MAX)
            break;
        char *text = lookup->hosts[at].addresses[*count];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof lookup->hosts[at].addresses[0],
                        NULL, 0, NI_NUMERICHOST) == 0) {
            ++*count;
            lookup->found_count++;
        }
    }
    freeaddrinfo(found);
}

static void *look_up(void *ctx)
{
    struct bk_pg_lookup *lookup = ctx;
    for (size_t i = 0; i < lookup->host_count; i++) {
        if (lookup->hosts[i].is_name)
            look_up_one(lookup, i);
        else
            lookup->found_count++;
    }
    pthread_mutex_lock(&lookup->lock);
    bool is_abandoned = lookup->is_abandoned;
    if (!is_abandoned) {
        lookup->is_posted = true;
        bk_loop_post(lookup->loop, on_looked_up, lookup);
    }
    pthread_mutex_unlock(&lookup->lock);
    if (is_abandoned)
        lookup_free(lookup);
    return NULL;
}

struct bk_pg_lookup *bk_pg_lookup_start(struct bk_loop *loop, const struct bk_pg_target *target,
                                        bk_pg_lookup_fn *on_done, void *ctx)
{
    struct bk_pg_lookup *lookup = bk_alloc(sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->loop = loop;
    lookup->on_done = on_done;
    lookup->ctx = ctx;
    lookup->host_count = target->host_count;
    for (size_t i = 0; i < target->host_count; i++) {
        lookup->hosts[i].is_name = target->hosts[i].is_name;
        memcpy(lookup->hosts[i].name, target->hosts[i].name, NAME_SIZE);
    }

    /* Signals belong to the thread of the loop. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int status = pthread_create(&thread, NULL, look_up, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0) {
        lookup_free(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

void bk_pg_lookup_abandon(struct bk_pg_lookup *lookup)
{
    if (lookup == NULL)
        return;
    /* Freed by its thread, or by the message when that is under way; both look at the flag. */
    pthread_mutex_lock(&lookup->lock);
    lookup->is_abandoned = true;
    pthread_mutex_unlock(&lookup->lock);
}

/* ---- connecting ---- */

struct lists {
    struct bk_buf host, hostaddr, port;
    bool is_first;
};

static void lists_add(struct lists *lists, const struct host *host, const char *address)
{
    if (!lists->is_first) {
        bk_buf_add_char(&lists->host, ',');
        bk_buf_add_char(&lists->hostaddr, ',');
        bk_buf_add_char(&lists->port, ',');
    }
    lists->is_first = false;
    bk_buf_add(&lists->host, bk_str_of(host->name));
    bk_buf_add(&lists->hostaddr, bk_str_of(address));
    bk_buf_add(&lists->port, bk_str_of(host->port));
}

static void lists_fill(struct lists *lists, const struct bk_pg_target *target,
                       const struct bk_pg_lookup *lookup)
{
    for (size_t i = 0; i < target->host_count; i++) {
        const struct host *host = &target->hosts[i];
        if (!host->is_name) {
            bool is_path = host->name[0] == '/' || host->name[0] == '@' || host->name[0] == '\0';
            lists_add(lists, host, is_path ? "" : host->name);
            continue;
        }
        assert(lookup != NULL);
        for (size_t a = 0; a < lookup->hosts[i].address_count; a++)
            lists_add(lists, host, lookup->hosts[i].addresses[a]);
    }
}

PGconn *bk_pg_target_connect(const struct bk_pg_target *target, const struct bk_pg_lookup *lookup)
{
    struct lists lists = {.is_first = true};
    bk_buf_init(&lists.host, LIST_TEXT_MAX);
    bk_buf_init(&lists.hostaddr, LIST_TEXT_MAX);
    bk_buf_init(&lists.port, LIST_TEXT_MAX);
    bool is_listed = target->host_count > 0 && !target->has_hostaddr;
    if (is_listed)
        lists_fill(&lists, target, lookup);

    const char *keywords[96], *values[96];
    size_t count = 0;
#define ADD(keyword_, value_) \
    do { \
        assert(count + 1 < BK_COUNT(keywords)); \
        keywords[count] = (keyword_); \
        values[count++] = (value_); \
    } while (0)
    /* A later value of a keyword wins: ours first where the operator may say otherwise. */
    ADD("gssencmode", "disable"); /* a Kerberos library asks name servers, blocking */
    ADD("keepalives_idle", "10");
    ADD("keepalives_interval", "5");
    ADD("keepalives_count", "3");
    ADD("tcp_user_timeout", target->user_timeout_ms);
    for (const PQconninfoOption *o = target->dsn; o->keyword != NULL; o++) {
        if (o->val != NULL)
            ADD(o->keyword, o->val);
    }
    if (is_listed) {
        ADD("host", bk_buf_text(&lists.host));
        ADD("hostaddr", bk_buf_text(&lists.hostaddr));
        ADD("port", bk_buf_text(&lists.port));
    }
    ADD("application_name", target->role);
    ADD("client_encoding", "UTF8");
#undef ADD
    keywords[count] = NULL;
    values[count] = NULL;

    PGconn *conn = NULL;
    if (lists.host.err == BK_OK && lists.hostaddr.err == BK_OK && lists.port.err == BK_OK)
        conn = PQconnectStartParams(keywords, values, 0);
    bk_buf_deinit(&lists.host);
    bk_buf_deinit(&lists.hostaddr);
    bk_buf_deinit(&lists.port);
    return conn;
}
