/*
 * What a phone writes itself (a Poly its log, what was changed at it, contacts and call lists), and
 * reads back: the last steps of such a request, whichever flow it came by. The text is kept as it
 * came, sealed, and nobody reads it as configuration but the phone that wrote it.
 */
#include "fetch.h"

#include "base/secret.h"
#include "store/store_upload.h"

/* The verdict's rows stay: texts of its row are borrowed from them. */
static void on_rows(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                    const struct bk_detail *detail)
{
    struct fetch *fetch = ctx;
    fetch->query = NULL;
    fetch->query_err = err;
    if (err == BK_OK)
        fetch->upload_rows = bk_pg_rows_take(rows);
    else if (detail != NULL)
        fetch->detail = *detail;
    bk_flow_resume(&fetch->flow);
}

/* --- it writes --- */

static enum bk_err seal(struct fetch *fetch, int64_t part_id,
                        uint8_t (*ret_key)[BK_UPLOAD_KEY_SEALED_BYTES], struct bk_buf *out)
{
    struct bk_key data_key;
    enum bk_err err = fetch_open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err = bk_upload_seal(&data_key, fetch->row.tenant_id, part_id, fetch->request->body,
                             ret_key, out);
    bk_wipe(&data_key, sizeof data_key);
    return err;
}

enum bk_next fetch_step_write(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    const struct cfg_settings *settings = fetch->worker->setup->settings;
    if (fetch->request->is_too_long)
        return fetch_refuse(fetch, BK_ERR_TOO_LARGE, BK_STR("upload_too_long"));

    uint8_t content_key[BK_UPLOAD_KEY_SEALED_BYTES];
    struct bk_buf content;
    struct bk_upload_put put = {
        .tenant_id = fetch->row.tenant_id,
        .device_id = fetch->row.device_id,
        .part_id = bk_upload_part_id_new(),
        .data_key = fetch->row.data_key,
        .data_key_len = fetch->row.data_key_len,
        .name = bk_str_of(fetch->upload_name),
        .kind = bk_file_kind_name(fetch->file.kind),
        .source = fetch->visit.source,
        .bytes = fetch->request->body.len,
        .content_key = content_key,
        .per_hour_max = settings->uploads_per_hour,
        .device_bytes_max = settings->uploads_max_bytes,
    };
    bk_buf_init(&content, BK_UPLOAD_MAX + BK_SEAL_OVERHEAD_BYTES);
    enum bk_err err = seal(fetch, put.part_id, &content_key, &content);
    struct bk_str reason = BK_STR("secret_unreadable");
    if (err == BK_OK) {
        put.content = bk_buf_str(&content);
        err = bk_store_upload_put_start(fetch->worker->upload_pg, &put, on_rows, fetch,
                                        &fetch->query);
        reason = fetch_fault_reason(err);
    }
    bk_buf_deinit(&content);
    return err == BK_OK ? bk_wait(flow, fetch, fetch_cancel) : fetch_refuse(fetch, err, reason);
}

static const struct {
    const char *answer; /* of bk.upload_put */
    enum bk_err err;
    const char *reason;
} answers[] = {
    {"too_often", BK_ERR_BUSY, "upload_too_often"}, /* comes again after Retry-After */
    {"full", BK_ERR_TOO_LARGE, "upload_full"},
    {"unknown_device", BK_ERR_NOT_FOUND, "unknown_device"}, /* gone meanwhile */
    {"busy", BK_ERR_BUSY, "database_busy"},
};

enum bk_next fetch_step_written(struct bk_flow *flow)
{
    static const struct bk_header headers[] = {
        {"content-type", {"text/plain", 10}},
        {NULL, {NULL, 0}},
    };
    struct fetch *fetch = fetch_of(flow);
    if (fetch->query_err != BK_OK)
        return fetch_refuse(fetch, fetch->query_err, fetch_fault_reason(fetch->query_err));
    struct bk_str answer = bk_pg_text(fetch->upload_rows, 0, 0);
    for (size_t i = 0; i < BK_COUNT(answers); i++) {
        if (!bk_str_eq(answer, bk_str_of(answers[i].answer)))
            continue;
        fetch->is_too_often = bk_str_eq(answer, BK_STR("too_often"));
        return fetch_refuse(fetch, answers[i].err, bk_str_of(answers[i].reason));
    }
    bk_worker_count(fetch->worker->web, CFG_M_UPLOADS_STORED, 1);
    cfg_limits_good(fetch->worker, fetch->request->peer);
    bk_buf_add(&fetch->body, BK_STR("stored\n"));
    int64_t written_bytes = (int64_t)fetch->request->body.len;
    fetch_reply(fetch, 200, headers);
    fetch->visit.bytes = written_bytes; /* and not those of "stored" */
    return BK_DONE;
}

/* --- it reads back --- */

enum bk_next fetch_step_look_up(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    if (fetch->use != FETCH_STORED)
        return BK_NEXT;
    enum bk_err err = bk_store_upload_get_start(fetch->worker->upload_pg, fetch->row.tenant_id,
                                                fetch->row.device_id, bk_str_of(fetch->upload_name),
                                                on_rows, fetch, &fetch->query);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    return bk_wait(flow, fetch, fetch_cancel);
}

enum bk_next fetch_step_open(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct bk_key data_key;
    if (fetch->use != FETCH_STORED)
        return BK_NEXT;
    if (fetch->query_err != BK_OK)
        return fetch_refuse(fetch, fetch->query_err, fetch_fault_reason(fetch->query_err));
    bk_buf_init_secret(&fetch->body, BK_UPLOADS_MAX); /* empty until now; a log may be long */
    enum bk_err err = fetch_open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err =
            bk_store_upload_open(fetch->upload_rows, &data_key, fetch->row.tenant_id, &fetch->body);
    if (err == BK_OK)
        fetch_print_etag(fetch, &data_key);
    bk_wipe(&data_key, sizeof data_key);
    if (err == BK_ERR_NOT_FOUND)
        return fetch_refuse(fetch, err, BK_STR("nothing_stored"));
    if (err == BK_ERR_CRYPTO)
        return fetch_refuse(fetch, err, BK_STR("secret_unreadable"));
    if (err != BK_OK)
        return fetch_refuse(fetch, BK_ERR_INTERNAL, BK_STR("render_failed"));
    fetch->content_type = "application/octet-stream";
    return BK_NEXT;
}
