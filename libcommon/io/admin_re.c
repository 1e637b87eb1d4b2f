/*
 * libre's HTTP server with three paths.
 */
#include "io/admin_re.h"

#include <re.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { METRICS_SIZE_MAX = 256 * 1024 };

struct bk_admin {
    const struct bk_metrics *metrics;
    bk_admin_ready_fn *is_ready;
    void *ctx;
    struct http_sock *socket;
};

static void on_request(struct http_conn *conn, const struct http_msg *msg, void *ctx)
{
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    const struct bk_admin *admin = ctx;
    struct bk_buf body;
    bk_buf_init(&body, METRICS_SIZE_MAX);
    uint16_t status = 200;
    if (pl_strcmp(&msg->met, "GET") != 0 && pl_strcmp(&msg->met, "HEAD") != 0) {
        status = 405;
        bk_buf_add(&body, BK_STR("only GET\n"));
    } else if (pl_strcmp(&msg->path, "/metrics") == 0) {
        bk_metrics_print(admin->metrics, &body);
    } else if (pl_strcmp(&msg->path, "/healthz") == 0) {
        bk_buf_add(&body, BK_STR("ok\n"));
    } else if (pl_strcmp(&msg->path, "/readyz") == 0) {
        bool is_ready = admin->is_ready(admin->ctx);
        status = is_ready ? 200 : 503;
        bk_buf_add(&body, is_ready ? BK_STR("ready\n") : BK_STR("not ready: no database\n"));
    } else {
        status = 404;
        bk_buf_add(&body, BK_STR("there is /metrics, /healthz and /readyz\n"));
    }
    if (body.err != BK_OK)
        http_ereply(conn, 503, "Service Unavailable");
    else
        http_creply(conn, status, status == 200 ? "OK" : "Other", type, "%b", body.ptr, body.len);
    bk_buf_deinit(&body);
}

static enum bk_err parse(const char *address, struct sa *ret_local, struct bk_detail *ret_detail)
{
    if (sa_decode(ret_local, address, strlen(address)) == 0 && sa_port(ret_local) != 0)
        return BK_OK;
    bk_detail_set(ret_detail, "admin.address \"%.80s\" is no numeric address:port or [v6]:port",
                  address);
    return BK_ERR_INVALID;
}

enum bk_err bk_admin_check(const char *address, struct bk_detail *ret_detail)
{
    struct sa local;
    return parse(address, &local, ret_detail);
}

enum bk_err bk_admin_open(const char *address, const struct bk_metrics *metrics,
                          bk_admin_ready_fn *is_ready, void *ctx, struct bk_admin **ret_admin,
                          struct bk_detail *ret_detail)
{
    struct sa local;
    enum bk_err bad = parse(address, &local, ret_detail);
    if (bad != BK_OK)
        return bad;
    struct bk_admin *admin = bk_alloc(sizeof *admin);
    if (admin == NULL)
        return BK_ERR_NO_MEMORY;
    *admin = (struct bk_admin){.metrics = metrics, .is_ready = is_ready, .ctx = ctx};
    int err = http_listen(&admin->socket, &local, on_request, admin);
    if (err != 0) {
        bk_detail_set(ret_detail, "admin.address %.80s: %s", address, strerror(err));
        bk_free(admin);
        return BK_ERR_IO;
    }
    *ret_admin = admin;
    return BK_OK;
}

void bk_admin_close(struct bk_admin *admin)
{
    if (admin == NULL)
        return;
    mem_deref(admin->socket);
    bk_free(admin);
}
