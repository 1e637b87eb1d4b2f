/*
 * What a device's phone wrote itself: its log, what was changed at it, contacts, call lists. Only
 * the phone writes it; its tenant lists, reads and deletes.
 *
 * A file holds what the phone chose to write, passwords and people's calls among it. Whoever may
 * look sees that it is there; to read it takes a technician, who could as well have an enrolment's
 * URL with all that the phone is told, and each reading is noted in the audit. No browser shows it:
 * it is an attachment without a type.
 */
#include "handlers.h"
#include "model/upload.h"
#include "store/store_upload_list.h"

/* clang-format off */
#define SHOWN_SQL \
    "json_build_object('id', u.upload_id, 'name', u.name, 'kind', u.kind, 'bytes', u.bytes," \
    " 'lost_bytes', u.lost_bytes, 'source', host(u.source)," \
    " 'created_at', " API_TIME_SQL("u.created_at") ", 'updated_at', " API_TIME_SQL("u.updated_at") ")"
/* clang-format on */

/* The file of the path. */
static struct bk_store_upload upload_of(const struct api_call *call)
{
    return (struct bk_store_upload){
        .tenant_id = call->scope.tenant_id, .device_id = call->ids[0], .upload_id = call->ids[1]};
}

enum bk_err api_uploads_list(struct api_call *call)
{
    static const char sql[] =
        "select json_build_object('items', (select coalesce(json_agg(" SHOWN_SQL
        "           order by u.name), '[]')"
        "          from app.upload as u"
        "         where u.tenant_id = d.tenant_id and u.device_id = d.device_id))"
        "  from app.device as d"
        " where d.tenant_id = app.current_tenant_id() and d.device_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_row_answer(call, sql, params, BK_COUNT(params), 200);
}

enum bk_err api_uploads_get(struct api_call *call)
{
    static const char sql[] =
        "select " SHOWN_SQL "  from app.upload as u where u.tenant_id = app.current_tenant_id()"
        "   and u.device_id = $1::bigint and u.upload_id = $2::bigint";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_int(&call->store, call->ids[1])};
    return api_row_answer(call, sql, params, BK_COUNT(params), 200);
}

static enum bk_err audit(struct api_call *call, const char *action, struct bk_str name)
{
    return api_audit(call, action, "upload", call->ids[1],
                     json_pack("{s:I, s:s%}", "device_id", (json_int_t)call->ids[0], "name",
                               name.ptr, name.len));
}

enum bk_err api_uploads_content(struct api_call *call)
{
    const struct bk_store_upload upload = upload_of(call);
    struct bk_str name;
    bk_buf_init_secret(&call->reply.file, BK_UPLOADS_MAX);
    enum bk_err err = bk_store_upload_read(&call->store, &upload, &call->scope.data_key, &name,
                                           &call->reply.file);
    if (err == BK_OK)
        err = audit(call, "upload.read", name);
    if (err == BK_OK)
        call->reply.file_name = name.ptr;
    return err;
}

enum bk_err api_uploads_delete(struct api_call *call)
{
    const struct bk_store_upload upload = upload_of(call);
    struct bk_str name;
    enum bk_err err = bk_store_upload_delete(&call->store, &upload, &name);
    if (err == BK_OK)
        err = audit(call, "upload.delete", name);
    call->reply.status = 204;
    return err;
}

/* ---- the document ---- */

/* clang-format off */
#define FIELD(name_, type_, help_) \
    {.name = name_, .type = type_, .flags = API_READ_ONLY, .help = help_}
#define TEXT_FIELD(name_, max_, help_) \
    {.name = name_, .type = API_T_TEXT, .flags = API_READ_ONLY, .max = max_, .help = help_}

static const struct api_field fields[] = {
    FIELD("id", API_T_REF, "Its own id."),
    TEXT_FIELD("name", BK_UPLOAD_NAME_MAX, "Last step of the path that the phone wrote to, in lower case."),
    TEXT_FIELD("kind", 32, "What it is: log; override, local: what its user changed; directory: contacts; calls."),
    FIELD("bytes", API_T_INT, "Of its content."),
    FIELD("lost_bytes", API_T_INT, "Of a log: what was older and had to make room."),
    TEXT_FIELD("source", 64, "Address that it was last written from."),
    FIELD("created_at", API_T_TIME, "When it was first written."),
    FIELD("updated_at", API_T_TIME, "When it was last written."),
    {0},
};
/* clang-format on */

const struct api_doc api_doc_uploads_list = {
    .summary = "List what a device's phone wrote itself",
    .help = "Its log, what was changed at it, contacts, call lists: 16 files at most, by name.",
    .schema = "DeviceUpload",
    .answer = fields,
    .is_list = true,
    .statuses = "200 404",
};

const struct api_doc api_doc_uploads_get = {
    .summary = "Read about a file that a phone wrote",
    .schema = "DeviceUpload",
    .answer = fields,
    .statuses = "200 404",
};

const struct api_doc api_doc_uploads_content = {
    .summary = "Read a file that a phone wrote",
    .help = "As the phone wrote it, passwords and people's calls included: each reading is an "
            "audit event. Whatever it holds, it is answered as bytes, for no browser to show.",
    .is_file = true,
    .statuses = "200 404",
};

const struct api_doc api_doc_uploads_delete = {
    .summary = "Delete a file that a phone wrote",
    .help = "The phone finds none when it next reads it back: so ends what was changed at it. It "
            "may write it anew.",
    .statuses = "204 404",
};
