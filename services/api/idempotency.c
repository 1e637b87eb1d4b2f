/*
 * Idempotency-Key: the answer of a POST is kept with its transaction for 24 hours, so that a caller
 * who did not hear it may ask again. The row is the lock too: the same key in two calls makes the
 * second wait for the first one's commit. A call that fails leaves no row, and may be tried again.
 */
#include <string.h>

#include "base/seal.h"
#include "base/secret.h"
#include "front.h"
#include "resource.h"

/* Of the answer as it is kept: the row has 64 KiB. A longer one is repeated without its body. */
enum {
    KEPT_MAX = 63 * 1024,
    HASHED_MAX = 32 * 1024 * 1024 /* limits.body_bytes goes to 16 MiB */
};

/*
 * Of what makes two calls the same. Keyed with the tenant's key: bodies hold secrets, and a plain
 * hash of a short one could be guessed from a stolen table.
 */
static enum bk_err hash_call(const struct api_call *call, uint8_t (*ret_hash)[32])
{
    struct bk_key key;
    struct bk_buf text;
    const struct bk_str parts[] = {bk_str_of(call->scope.actor), call->method, call->path,
                                   call->query, call->body};
    bk_buf_init_secret(&text, HASHED_MAX);
    for (size_t i = 0; i < BK_COUNT(parts); i++) {
        bk_buf_addf(&text, "%zu:", parts[i].len);
        bk_buf_add(&text, parts[i]);
    }
    enum bk_err err = text.err;
    bk_key_derive(&call->scope.data_key, BK_STR("idempotency"), &key);
    bk_mac_sha256(&key, bk_buf_str(&text), ret_hash);
    bk_wipe(&key, sizeof key);
    bk_buf_deinit(&text);
    return err;
}

static enum bk_err judge_key(struct api_call *call)
{
    struct bk_str key = call->idempotency_key;
    bool good = key.len >= 1 && key.len <= 255;
    for (size_t i = 0; good && i < key.len; i++)
        good = key.ptr[i] > ' ' && key.ptr[i] <= '~';
    if (!good) {
        bk_detail_set(&call->detail, "Idempotency-Key: want 1 to 255 visible ASCII characters");
        return BK_ERR_MALFORMED;
    }
    if (call->scope.tenant_id == 0) {
        call->reply.problem = "idempotency";
        bk_detail_set(&call->detail,
                      "Idempotency-Key: is kept with a tenant, and you are signed in "
                      "to none");
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

/* The earlier answer, as idempotency_keep has put it away. */
static enum bk_err repeat(struct api_exchange *exchange, int64_t status, struct bk_str kept)
{
    struct api_call *call = &exchange->call;
    struct api_answer *answer = &exchange->answer;
    json_t *json = json_loadb(kept.ptr, kept.len, 0, NULL);
    const char *body = NULL, *location = NULL, *etag = NULL;
    size_t body_len = 0;
    int is_shown_once = 0;
    if (json == NULL ||
        json_unpack(json, "{s?s%,s?s,s?s,s?b}", "body", &body, &body_len, "location", &location,
                    "etag", &etag, "is_shown_once", &is_shown_once) != 0) {
        json_decref(json);
        bk_detail_set(&call->detail, "a kept answer cannot be read");
        return BK_ERR_INTERNAL;
    }
    if (is_shown_once) {
        json_decref(json);
        return api_refuse(call, BK_ERR_EXISTS, "shown-once",
                          "this was done, and its answer held a secret that is shown once; take a "
                          "new Idempotency-Key to do it again");
    }
    answer->status = (int)status;
    answer->location = bk_arena_str(call->arena, bk_str_of(location));
    answer->etag = bk_arena_str(call->arena, bk_str_of(etag));
    if (body != NULL) {
        bk_buf_init_secret(&answer->body, body_len);
        bk_buf_add(&answer->body, (struct bk_str){body, body_len});
        answer->content_type = BK_STR("application/json");
    }
    json_decref(json);
    return answer->body.err;
}

/* BK_ERR_NOT_FOUND: the row went away in between. */
static enum bk_err read_kept(struct api_exchange *exchange, const uint8_t (*hash)[32])
{
    static const char sql[] = "select request_hash, status, response from app.idempotency"
                              " where tenant_id = $1::bigint and idempotency_key = $2";
    struct api_call *call = &exchange->call;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->scope.tenant_id),
                                         bk_store_text(call->idempotency_key)};
    struct bk_pg_rows *rows = NULL;
    uint8_t kept_hash[32];
    size_t len = 0;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = bk_pg_bytes(rows, 0, 0, kept_hash, sizeof kept_hash, &len);
    if (err == BK_OK && (len != sizeof kept_hash || memcmp(kept_hash, *hash, len) != 0)) {
        call->reply.problem = "idempotency";
        bk_detail_set(&call->detail,
                      "Idempotency-Key: was used for another request; take a new one "
                      "for each");
        err = BK_ERR_INVALID;
    }
    if (err == BK_OK)
        err = repeat(exchange, bk_pg_int(rows, 0, 1), bk_pg_text(rows, 0, 2));
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err api_idempotency_take(struct api_exchange *exchange, bool *ret_is_repeated)
{
    /* A row of yesterday is taken over; maintenance may not have come by. */
    static const char sql[] =
        "insert into app.idempotency as i (tenant_id, idempotency_key, request_hash)"
        " values ($1::bigint, $2, $3::bytea)"
        " on conflict on constraint idempotency_pk do update"
        "    set request_hash = excluded.request_hash, status = null, response = null,"
        "        created_at = now()"
        "  where i.created_at < now() - interval '24 hours'"
        " returning 1";
    struct api_call *call = &exchange->call;
    uint8_t hash[32];
    int taken = 0;
    enum bk_err err = judge_key(call);
    if (err == BK_OK)
        err = hash_call(call, &hash);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.tenant_id), bk_store_text(call->idempotency_key),
        bk_store_bytes((struct bk_str){(const char *)hash, sizeof hash})};
    err = bk_store_run(&call->store, sql, params, BK_COUNT(params), &taken);
    if (err != BK_OK || taken == 1)
        return err;
    err = read_kept(exchange, (const uint8_t(*)[32]) & hash);
    *ret_is_repeated = err == BK_OK;
    return err == BK_ERR_NOT_FOUND ? BK_ERR_BUSY : err;
}

enum bk_err api_idempotency_keep(struct api_exchange *exchange)
{
    static const char sql[] =
        "update app.idempotency set status = $3::integer, response = $4::jsonb"
        " where tenant_id = $1::bigint and idempotency_key = $2";
    struct api_call *call = &exchange->call;
    const struct api_answer *answer = &exchange->answer;
    struct bk_str body = bk_buf_str(&answer->body);
    json_t *kept = json_object();
    if (call->reply.is_shown_once)
        json_object_set_new(kept, "is_shown_once", json_true());
    else if (answer->content_type.len > 0 && body.len <= KEPT_MAX)
        json_object_set_new(kept, "body", json_stringn(body.ptr, body.len));
    if (answer->location.len > 0)
        json_object_set_new(kept, "location", json_string(answer->location.ptr));
    if (answer->etag.len > 0)
        json_object_set_new(kept, "etag", json_string(answer->etag.ptr));
    struct bk_str text = api_json_print(call->arena, kept);
    if (text.len > KEPT_MAX) { /* quotes within quotes: up to twice the body */
        json_object_del(kept, "body");
        text = api_json_print(call->arena, kept);
    }
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.tenant_id), bk_store_text(call->idempotency_key),
        bk_store_int(&call->store, answer->status), bk_store_text(text)};
    json_decref(kept);
    return bk_store_run(&call->store, sql, params, BK_COUNT(params), NULL);
}
