/*
 * Bans: addresses and networks that beckon-config keeps out for a while. No tenant's: operators
 * see, make and lift them, through functions that ask whether the caller is one and write the
 * operator's own chain of audit rows.
 */
#include <string.h>

#include "base/cidr.h"
#include "base/option.h"
#include "handlers.h"

enum { SECONDS_MAX = 366 * 86400, SECONDS_INITIAL = 86400, V4_BITS_MIN = 8, V6_BITS_MIN = 16 };

/* As PostgreSQL's cidr wants it: no bit set beyond the prefix. */
static bool is_whole(const struct bk_cidr *cidr)
{
    for (int bit = cidr->prefix_bits; bit < 128; bit++)
        if ((cidr->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    return true;
}

static void check_network(struct api_call *call, const char *path, const json_t *value)
{
    struct bk_cidr cidr;
    struct bk_str text = api_json_text(value);
    bool is_v4 = bk_str_find(text, ':') < 0;
    if (bk_cidr_parse(text, &cidr) != BK_OK)
        api_member_error(call, path, "want an address or a network, e.g. 198.51.100.0/24");
    else if (!is_whole(&cidr))
        api_member_error(call, path, "bits are set beyond the network's length");
    else if (cidr.prefix_bits < (is_v4 ? 96 + V4_BITS_MIN : V6_BITS_MIN))
        api_member_error(call, path,
                         "want /8 or longer, for IPv6 /16; a firewall is for wider ones");
}

static const struct api_field fields[] = {
    {.name = "network",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = 49,
     .check = check_network,
     .help = "An address, or a network of /8 or longer, for IPv6 /16.",
     .example = "\"198.51.100.0/24\""},
    {.name = "reason",
     .type = API_T_TEXT,
     .flags = API_ON_CREATE | API_NEVER_NULL,
     .min = 1,
     .max = 128,
     .initial = "\"by hand\"",
     .help = "scan: a limit was passed by many MACs that were named without proof; failures: by a "
             "flood; else the words of who made it."},
    {.name = "seconds",
     .type = API_T_INT,
     .flags = API_ON_CREATE | API_WRITE_ONLY,
     .min = 60,
     .max = SECONDS_MAX,
     .initial = "86400",
     .help = "How long it lasts."},
    {.name = "spares_good",
     .type = API_T_BOOL,
     .flags = API_ON_CREATE,
     .initial = "true",
     .help = "Addresses where phones were served within 24 hours stay welcome."},
    {.name = "seen",
     .type = API_T_ANY,
     .flags = API_READ_ONLY,
     .help = "What a limit had counted: macs, failures, window_s, listener."},
    {.name = "banned_by",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 128,
     .help = "limits, or who made it: user:7, operator:<login>."},
    {.name = "banned_at", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "When it began."},
    {.name = "until",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .help = "When it ends by itself."},
    {.name = "lifted_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "When it was ended before; null: it was not."},
    {.name = "lifted_by",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 128,
     .help = "Who ended it."},
    {.name = "in_force", .type = API_T_BOOL, .flags = API_READ_ONLY, .help = "Now."},
    {0},
};

static const struct api_filter filters[] = {
    {"all", API_T_BOOL, NULL, NULL, "true: those that are over or were lifted, too; of 90 days."},
    {0},
};

const struct api_resource api_res_bans = {
    .name = "ban",
    .schema = "Ban",
    .plural = "bans",
    .path = "/v1/bans",
    .help = "An address or a network that beckon-config keeps out for a while.",
    .table = "app.ban",
    .id = "ban_id",
    .newest_first = true,
    .fields = fields,
    .filters = filters,
};

const struct api_doc api_doc_bans_lift = {
    .summary = "Lift a ban",
    .help =
        "Workers let the address or network in again within a few seconds, and no limit bans it "
        "again until the ban would have ended by itself. 409 when it is not in force.",
    .statuses = "200 404 409",
};

/* clang-format off */
#define SHOWN_SQL \
    "select b.ban_id, b.is_in_force, json_build_object('id', b.ban_id," \
    " 'network', b.network::inet, 'reason', b.reason, 'seen', b.seen," \
    " 'spares_good', b.spares_good, 'banned_by', b.banned_by," \
    " 'banned_at', " API_TIME_SQL("b.banned_at") ", 'until', " API_TIME_SQL("b.until") "," \
    " 'lifted_at', " API_TIME_SQL("b.lifted_at") ", 'lifted_by', b.lifted_by," \
    " 'in_force', b.is_in_force)" \
    " from bk.api_ban_list($1::bigint, $2::boolean, nullif($3::bigint, 0), $4::integer) as b "
/* clang-format on */

enum bk_err api_bans_list(struct api_call *call)
{
    static const char *const names[] = {"limit", "cursor", "all", NULL};
    int64_t limit = 0, cursor = 0;
    struct bk_str all = BK_STR_NONE;
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = api_query_only(call, names);
    if (err == BK_OK)
        err = api_page(call, &limit, &cursor);
    if (err == BK_OK)
        err = api_query(call, "all", &all);
    if (err == BK_OK && all.ptr != NULL && bk_words_find("true false", all) < 0) {
        bk_detail_set(&call->detail, "all: want true or false");
        err = BK_ERR_INVALID;
    }
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->scope.user_id),
                                         bk_store_text(all.ptr != NULL ? all : BK_STR("false")),
                                         bk_store_int(&call->store, cursor),
                                         bk_store_int(&call->store, limit + 1)};
    err = bk_pgc_exec(call->store.pgc, SHOWN_SQL, params, BK_COUNT(params), &rows, &call->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    json_t *items = json_array(), *next = NULL;
    for (int row = 0; err == BK_OK && row < count && row < (int)limit; row++) {
        json_t *item;
        err = api_json_load(call, bk_pg_text(rows, row, 2), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    if (count > (int)limit)
        next = json_sprintf("%lld", (long long)bk_pg_int(rows, (int)limit - 1, 0));
    call->reply.body =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", next != NULL ? next : json_null());
    bk_pg_rows_free(rows);
    return err;
}

/* The ban as it is shown; its version is whether it is in force, which is all that changes. */
static enum bk_err answer(struct api_call *call, int64_t id, int status)
{
    static const char sql[] = SHOWN_SQL "where b.ban_id = $3::bigint - 1";
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id), bk_store_text(BK_STR("true")),
        bk_store_int(&call->store, id < INT64_MAX ? id + 1 : id), bk_store_int(&call->store, 1)};
    struct bk_pg_rows *rows = NULL;
    json_t *object = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = api_json_load(call, bk_pg_text(rows, 0, 2), &object);
    if (err == BK_OK) {
        call->reply.status = status;
        call->reply.body = json_incref(object);
        call->reply.etag =
            bk_str_eq(bk_pg_text(rows, 0, 1), BK_STR("t")) ? "\"in-force\"" : "\"over\"";
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err api_bans_get(struct api_call *call)
{
    return answer(call, call->ids[0], 200);
}

enum bk_err api_bans_create(struct api_call *call)
{
    static const char sql[] = "select bk.api_ban_add($1::bigint, $2::cidr, $3, $4::integer,"
                              " $5::boolean, $6, $7::inet)";
    struct api_write write = {.resource = &api_res_bans, .is_new = true};
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err != BK_OK)
        return err;
    const struct api_member *spares = api_member_find(&write, "spares_good");
    const bool spares_good = spares == NULL || !json_is_false(spares->value);
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id),
        bk_store_text(api_member_text(&write, "network", BK_STR(""))),
        bk_store_text(api_member_text(&write, "reason", BK_STR("by hand"))),
        bk_store_int(&call->store, api_member_int(&write, "seconds", SECONDS_INITIAL)),
        bk_store_text(spares_good ? BK_STR("true") : BK_STR("false")),
        bk_store_text(bk_str_of(call->request_id)),
        bk_store_text(bk_str_of(call->source)),
    };
    err =
        api_explain(call, bk_store_number(&call->store, sql, params, BK_COUNT(params), &write.id));
    if (err == BK_OK)
        err = answer(call, write.id, 201);
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "/v1/bans/%lld", (long long)write.id).ptr;
    return err;
}

enum bk_err api_bans_lift(struct api_call *call)
{
    static const char sql[] = "select bk.api_ban_lift($1::bigint, $2::bigint, $3, $4::inet)";
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id),
        bk_store_int(&call->store, call->ids[0]),
        bk_store_text(bk_str_of(call->request_id)),
        bk_store_text(bk_str_of(call->source)),
    };
    struct bk_str is_lifted;
    enum bk_err err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &is_lifted);
    if (err == BK_OK)
        err = answer(call, call->ids[0], 200);
    if (err == BK_OK && !bk_str_eq(is_lifted, BK_STR("t")))
        return api_refuse(call, BK_ERR_EXISTS, "not-in-force",
                          "the ban is over, or was lifted before");
    return err;
}
