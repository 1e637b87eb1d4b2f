/*
 * Resources as tables. A resource is a const struct: where its rows are, and a row for each member
 * of its JSON with type, bounds and help. From these one engine makes list, get, create, patch and
 * delete, and openapi.c makes the document, so that the two cannot differ.
 *
 * SQL is put together from the tables' own text alone; what a caller sent is always a parameter
 * (docs/threats.md, A14), and row-level security stands behind it (docs/rules.md, rule 4).
 *
 * A write is: read and lock the row (404), compare If-Match (412), judge every member (422, all
 * faults at once), seal, write, read again, audit. What a table cannot say is in the resource's
 * functions, called in between.
 */
#ifndef API_RESOURCE_H
#define API_RESOURCE_H

#include "api.h"
#include "io/pg.h"
#include "model/phone.h"

enum api_type {
    API_T_TEXT,   /* min..max characters; no control characters (app.is_text) */
    API_T_INT,    /* min..max */
    API_T_NUMBER, /* min..max, fractions allowed */
    API_T_BOOL,
    API_T_WORD,     /* one of words */
    API_T_VENDOR,   /* name of a phone driver */
    API_T_TIME,     /* RFC 3339, UTC */
    API_T_REF,      /* id of something of this tenant */
    API_T_SECRET,   /* min..max bytes; write only, sealed at "<field's sealed_at>/<id>" */
    API_T_MAC,      /* read as 12 lower-case hexadecimal digits, written as people write it */
    API_T_HOST,     /* host name, IPv4 address, IPv6 address without brackets; or empty if min 0 */
    API_T_EMAIL,    /* lower case when read */
    API_T_PEM,      /* at most max bytes, lines; its resource makes base64 of DER of it */
    API_T_TEXTS,    /* min..max texts of 1..255 characters; words: of these */
    API_T_IDS,      /* min..max ids */
    API_T_NETWORKS, /* at most max CIDR networks, each once; IPv4 from /8, IPv6 from /16 */
    API_T_SHA256,   /* 64 hexadecimal digits, also as OpenSSL writes them; lower case when read */
    API_T_MAP,      /* object of texts, at most max bytes in all */
    API_T_COUNTS,   /* read only: {"queued": 3, …}, words are its names */
    API_T_OBJECT,   /* by the rows of members */
    API_T_OBJECTS,  /* min..max of these */
    API_T_SETTINGS,
    API_T_LOCKS,
    API_T_RAW,
    API_T_ANY /* read only: whatever was stored */
};

enum api_flag {
    API_REQUIRED = 1,  /* a new one must have it, and it cannot be null */
    API_NULL = 2,      /* null is one of its values */
    API_READ_ONLY = 4, /* refused when written */
    API_WRITE_ONLY = 8,
    API_ON_CREATE = 16, /* cannot be changed later */
    API_ON_PATCH = 32,  /* of a new one it is given */
    API_NEVER_NULL = 64 /* and yet not required */
};

struct api_field;
/* A further check; says what is wrong with api_member_error. value is of the right type. */
typedef void api_check_fn(struct api_call *call, const char *path, const json_t *value);

struct api_field {
    const char *name;
    enum api_type type;
    unsigned flags;
    int64_t min, max;
    const char *column;  /* of the table; NULL: the resource's functions write it, or nobody */
    const char *read;    /* SQL of what is shown; NULL: the column, as its type is shown */
    const char *words;   /* "udp tcp tls", of API_T_WORD, API_T_TEXTS, API_T_COUNTS */
    const char *initial; /* JSON of what stands there when nothing was said; for the document */
    const char *help;
    const char *example;             /* JSON */
    const char *sealed_at;           /* API_T_SECRET: "extension.secret" */
    const struct api_field *members; /* API_T_OBJECT, API_T_OBJECTS */
    api_check_fn *check;
};

/* ?name=…; sql is a condition in which @@ stands for the value. */
struct api_filter {
    const char *name;
    enum api_type type; /* TEXT INT BOOL WORD VENDOR TIME REF MAC */
    const char *sql;
    const char *words;
    const char *help;
};

#define API_FIELD_MAX 40

struct api_member {
    const struct api_field *field;
    json_t *value; /* json_null(): the default */
};

/* A write under way. */
struct api_write {
    const struct api_resource *resource;
    bool is_new;
    int64_t id;
    json_t *before; /* as it was shown; NULL when new */
    struct api_member members[API_FIELD_MAX];
    size_t count;
    void *state; /* of the resource's functions; lives as long as the call */
};

typedef enum bk_err api_write_fn(struct api_call *call, struct api_write *write);
/* Make the shown object complete with what SQL does not know. */
typedef void api_show_fn(json_t *object);

struct api_resource {
    const char *name;   /* "extension": kind in audit rows */
    const char *schema; /* "Extension": in the document */
    const char *plural; /* "extensions": of the texts */
    const char *path;   /* "/v1/extensions" */
    const char *help;
    const char *with;    /* "with x as (…)" before every read, or NULL */
    const char *table;   /* "app.extension" */
    const char *joins;   /* behind "app.extension as t", or NULL */
    const char *id;      /* "extension_id" */
    const char *version; /* SQL of the ETag's text; NULL: t.xmin */
    /* What lists are sorted by where that is not the id, as SQL: the column, a bigint of it for the
     * cursor, and the column's value from that bigint (@@). It may have ties: a page is longer
     * rather than cut between them. */
    const char *order, *cursor, *cursor_value;
    bool newest_first;
    bool spreads;   /* a change of it may concern many phones, which somebody has to raise then */
    bool is_single; /* there is one, without an id in its path: the tenant */
    enum bk_layer layer; /* its settings, locks and raw columns; BK_LAYER_NONE: it has none */
    const struct api_field *fields;   /* name NULL ends; "id" is not among them */
    const struct api_filter *filters; /* name NULL ends; NULL: none */
    /* What keeps $1 from being deleted: rows of kind, id, name; at most 5 are shown. */
    const char *users_sql;
    api_write_fn *prepare; /* judged, not yet written */
    api_write_fn *finish;  /* written, in the same transaction */
    api_show_fn *show;
};

/* Handlers of routes whose `resource` is set. */
api_handler_fn api_resource_list, api_resource_get, api_resource_create, api_resource_patch,
    api_resource_delete;

/* ---- the engine's parts, for handlers of their own ---- */

/* Judge what stands in the query; *value is as PostgreSQL reads it. BK_ERR_INVALID: remembered. */
BK_MUST_USE enum bk_err api_filter_judge(struct api_call *call, const struct api_filter *filter,
                                         struct bk_str *value);

/* Remember a fault of one member: "errors" of the problem, its first the detail. */
void api_member_error(struct api_call *call, const char *path, const char *format, ...)
    BK_PRINTF(3, 4);
/* BK_ERR_INVALID when a fault was remembered. */
BK_MUST_USE enum bk_err api_members_err(const struct api_call *call);
/* A problem with a type of its own: api_refuse(call, BK_ERR_EXISTS, "in-use", "…"). Returns err. */
BK_MUST_USE enum bk_err api_refuse(struct api_call *call, enum bk_err err, const char *problem,
                                   const char *format, ...) BK_PRINTF(4, 5);
/* A broken constraint of the schema as a problem that names member and cure (explain.c). */
BK_MUST_USE enum bk_err api_explain(struct api_call *call, enum bk_err err);

/*
 * Judge input by rows into members. path: of input itself, "" at the top. is_new: what is required
 * must be there. Faults are remembered; values are normalised (MACs) and live as long as the call.
 */
void api_members_read(struct api_call *call, const struct api_field *fields, const char *path,
                      const json_t *input, bool is_new, struct api_write *write);
/* Put name beside (or in the place of) what was read; value is taken. */
void api_member_set(struct api_call *call, struct api_write *write, const char *name,
                    json_t *value);
const struct api_member *api_member_find(const struct api_write *write, const char *name);
/* Of a member that is there and not null; else the fallback. Borrowed. */
struct bk_str api_member_text(const struct api_write *write, const char *name,
                              struct bk_str fallback);
int64_t api_member_int(const struct api_write *write, const char *name, int64_t fallback);

/* One row as it is shown, a new reference, and its ETag's text; BK_ERR_NOT_FOUND without a detail.
 * is_locked: until the transaction ends. */
BK_MUST_USE enum bk_err api_resource_read(struct api_call *call,
                                          const struct api_resource *resource, int64_t id,
                                          bool is_locked, json_t **ret_object,
                                          struct bk_str *ret_version);
/* The same as the answer to a call: body, ETag, status. */
BK_MUST_USE enum bk_err api_resource_answer(struct api_call *call,
                                            const struct api_resource *resource, int64_t id,
                                            int status);
/* The answer is sql's one column of JSON, of its first row; BK_ERR_NOT_FOUND when there is none. */
BK_MUST_USE enum bk_err api_row_answer(struct api_call *call, const char *sql,
                                       const struct bk_pg_param *params, size_t count, int status);
/* Compare If-Match with the version; BK_ERR_STALE. */
BK_MUST_USE enum bk_err api_if_match(struct api_call *call, struct bk_str version);
/* The names of what was written, never the values; for the audit's payload. */
json_t *api_members_changed(const struct api_write *write);

/* Keep a reference until the call ends. */
json_t *api_keep(struct api_call *call, json_t *json);
BK_MUST_USE enum bk_err api_json_load(struct api_call *call, struct bk_str text, json_t **ret_json);
struct bk_str api_json_text(const json_t *json); /* of a string; else empty without pointer */
size_t api_char_count(struct bk_str utf8);
bool api_is_host(struct bk_str host);
bool api_is_time(struct bk_str text); /* RFC 3339 in UTC: "…Z" */

/* Does what is stored open to this text? Then writing it again would change nothing, but for a
 * nonce, and must not make phones come. */
bool api_is_sealed_text(struct api_call *call, const char *field, int64_t id, struct bk_str sealed,
                        struct bk_str plain);

/* ---- layers (layer.c) ---- */

struct api_layer {
    enum bk_layer layer;
    int64_t layer_id;
    json_t *settings, *locks, *raw; /* owned by the call */
};
/*
 * Put a merge-patch of settings and raw, and a new list of locks, over what is stored; any may be
 * NULL (left as it is) or null (emptied). Faults are remembered under path ("", "items[2]").
 */
BK_MUST_USE enum bk_err api_layer_merge(struct api_call *call, struct api_layer *layer,
                                        const char *path, const json_t *settings,
                                        const json_t *locks, const json_t *raw);
/* Does a layer below lock one of these? mac: of the device, or empty for layers below devices. */
BK_MUST_USE enum bk_err api_layer_check_locks(struct api_call *call, enum bk_layer layer,
                                              struct bk_str mac, const json_t *settings,
                                              const json_t *raw);

/* SQL of a layer as it is shown: sealed values become {"has_secret": true}. */
#define API_SHOWN_SETTINGS_SQL(column) \
    "(select coalesce(jsonb_object_agg(one.key, case jsonb_typeof(one.value) when 'object'" \
    " then '{\"has_secret\": true}'::jsonb else one.value end), '{}')" \
    " from jsonb_each(" column ") as one)"
#define API_TIME_SQL(value) \
    "to_char(" value " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

/* The three members of every layer. */
/* clang-format off */
#define API_LAYER_FIELDS \
    {.name = "settings", .type = API_T_SETTINGS, .column = "settings", .initial = "{}", \
     .example = "{\"time.ntp_servers\": [\"ntp.example\"]}", \
     .help = "Neutral settings of this layer. Written as a merge-patch: null takes one out. A " \
             "secret is written as a text and shown as {\"has_secret\": true}."}, \
    {.name = "locks", .type = API_T_LOCKS, .max = 256, .column = "locks", .initial = "[]", \
     .example = "[\"time.ntp_servers\"]", \
     .help = "Settings, and raw:NAME, that layers above this one cannot set. Written as a whole."}, \
    {.name = "raw", .type = API_T_RAW, .column = "raw", .initial = "{}", \
     .example = "{\"yealink\": {\"features.dnd_refuse_code\": \"486\"}}", \
     .help = "A maker's own parameters that no neutral setting covers, by maker. Written as a " \
             "merge-patch: null takes one out. What the driver writes itself is refused."}
#define API_TIMES_FIELDS \
    {.name = "created_at", .type = API_T_TIME, .flags = API_READ_ONLY, .column = "created_at", \
     .help = "When it was made."}, \
    {.name = "updated_at", .type = API_T_TIME, .flags = API_READ_ONLY, .column = "updated_at", \
     .help = "When it was last changed."}
/* clang-format on */

/* ---- the tables ---- */

extern const struct api_resource api_res_tenants, api_res_tenant, api_res_sites, api_res_users,
    api_res_pbxs, api_res_extensions, api_res_devices, api_res_profiles, api_res_trust_roots,
    api_res_cert_rules, api_res_visits, api_res_jobs, api_res_job_batches, api_res_audit_events,
    api_res_anomalies, api_res_key_templates, api_res_blocked_certificates, api_res_bans;

#endif
