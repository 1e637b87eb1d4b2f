/*
 * getaddrinfo on bk_work's threads. A thread has a look-up to itself; whoever asked may be gone by
 * the time it reports.
 */
#include "pbx/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { HOST_SIZE = 254, ERROR_SIZE = 80 };

struct lookup {
    struct bk_resolve *resolve; /* NULL: closed meanwhile */
    char host[HOST_SIZE];
    char error[ERROR_SIZE]; /* empty: found */
    struct sockaddr_storage found[BK_RESOLVE_MAX];
    size_t count;
};

struct bk_resolve {
    struct bk_resolve_setup setup;
    char host[HOST_SIZE];
    bk_resolve_fn *on_end;
    void *ctx;
    struct lookup *lookup; /* under way */
    bool has_result;
    int64_t until_mono_ms; /* of the result */
    struct bk_resolve_result result;
};

enum bk_err bk_resolve_open(const struct bk_resolve_setup *setup, const char *host,
                            bk_resolve_fn *on_end, void *ctx, struct bk_resolve **ret_resolve)
{
    struct bk_resolve *resolve = bk_alloc(sizeof *resolve);
    if (resolve == NULL)
        return BK_ERR_NO_MEMORY;
    resolve->setup = *setup;
    resolve->on_end = on_end;
    resolve->ctx = ctx;
    snprintf(resolve->host, sizeof resolve->host, "%s", host);
    *ret_resolve = resolve;
    return BK_OK;
}

void bk_resolve_close(struct bk_resolve *resolve)
{
    if (resolve != NULL && resolve->lookup != NULL)
        resolve->lookup->resolve = NULL;
    bk_free(resolve);
}

/* On a thread. */
static void run(void *ctx, size_t thread)
{
    (void)thread;
    struct lookup *lookup = ctx;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *all = NULL;
    int code = getaddrinfo(lookup->host, NULL, &hints, &all);
    for (struct addrinfo *one = code == 0 ? all : NULL;
         one != NULL && lookup->count < BK_RESOLVE_MAX; one = one->ai_next)
        if (one->ai_addrlen <= sizeof lookup->found[0])
            memcpy(&lookup->found[lookup->count++], one->ai_addr, one->ai_addrlen);
    if (code == 0)
        freeaddrinfo(all);
    if (lookup->count == 0)
        snprintf(lookup->error, sizeof lookup->error, "%s",
                 code != 0 ? gai_strerror(code) : "no address");
}

static void judge(struct bk_resolve *resolve, const struct sockaddr_storage *found, size_t count)
{
    struct bk_resolve_result *result = &resolve->result;
    const char *reason = NULL;
    *result = (struct bk_resolve_result){0};
    for (size_t i = 0; i < count; i++) {
        const struct sockaddr *address = (const struct sockaddr *)&found[i];
        const char *why = bk_egress_judge(resolve->setup.egress, address, resolve->setup.is_tls);
        if (why == NULL)
            result->addresses[result->count++] = found[i];
        else if (reason == NULL)
            reason = why;
    }
    if (result->count == 0) {
        result->is_forbidden = true;
        snprintf(result->text, sizeof result->text, "%.60s: %s", resolve->host, reason);
    }
}

static void keep_for(struct bk_resolve *resolve, int ms)
{
    resolve->has_result = true;
    resolve->until_mono_ms = bk_loop_now_ms(resolve->setup.loop) + ms;
}

/* On the loop again. */
static void on_done(void *ctx)
{
    struct lookup *lookup = ctx;
    struct bk_resolve *resolve = lookup->resolve;
    if (resolve != NULL) {
        resolve->lookup = NULL;
        keep_for(resolve, lookup->count > 0 ? BK_RESOLVE_KEEP_MS : BK_RESOLVE_KEEP_NONE_MS);
        if (lookup->count > 0) {
            judge(resolve, lookup->found, lookup->count);
        } else if (resolve->result.count == 0) { /* else what we know serves on */
            resolve->result = (struct bk_resolve_result){0};
            snprintf(resolve->result.text, sizeof resolve->result.text,
                     "the PBX's name %.80s is not found (%.60s): check the address", lookup->host,
                     lookup->error);
        }
    }
    bk_free(lookup);
    if (resolve != NULL)
        resolve->on_end(resolve->ctx);
}

static bool is_numeric(const char *host, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_address;
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
        ret_address->ss_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1)
        ret_address->ss_family = AF_INET6;
    return ret_address->ss_family != AF_UNSPEC;
}

enum bk_err bk_resolve_start(struct bk_resolve *resolve, bool *ret_is_known)
{
    struct sockaddr_storage numeric;
    if (!resolve->has_result && is_numeric(resolve->host, &numeric)) {
        judge(resolve, &numeric, 1);
        resolve->has_result = true;
        resolve->until_mono_ms = INT64_MAX;
    }
    *ret_is_known =
        resolve->has_result && bk_loop_now_ms(resolve->setup.loop) < resolve->until_mono_ms;
    if (*ret_is_known || resolve->lookup != NULL)
        return BK_OK;
    struct lookup *lookup = bk_alloc(sizeof *lookup);
    if (lookup == NULL)
        return BK_ERR_NO_MEMORY;
    lookup->resolve = resolve;
    snprintf(lookup->host, sizeof lookup->host, "%s", resolve->host);
    enum bk_err err = bk_work_submit(resolve->setup.work, run, on_done, lookup);
    if (err == BK_OK)
        resolve->lookup = lookup;
    else
        bk_free(lookup);
    return err;
}

const struct bk_resolve_result *bk_resolve_result(const struct bk_resolve *resolve)
{
    return &resolve->result;
}
