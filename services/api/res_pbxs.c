/*
 * PBXs: what phones are told of a telephone system, and how Beckon itself reaches it (control).
 */
#include <string.h>

#include "base/option.h"
#include "base/secret.h"
#include "pbx/kind.h"
#include "resource.h"

/* ---- control ---- */

static const struct api_field state_fields[] = {
    {.name = "breaker",
     .type = API_T_WORD,
     .flags = API_READ_ONLY,
     .words = "closed open probing",
     .help = "closed: calls go out. open: the PBX did not answer or refuses us, and is left alone "
             "for a while. probing: it is being tried."},
    {.name = "reason",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 255,
     .help = "Why it is not closed."},
    {.name = "probe_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "When it is tried again; null: it is not open."},
    {0},
};

static const struct api_field control_fields[] = {
    {.name = "driver",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 32,
     .help = "How the PBX is spoken to. \"sip\": NOTIFY through a proxy that relays it.",
     .example = "\"sip\""},
    {.name = "address",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 255,
     .help = "Where it is, as its driver reads it; sip: host, or host:port. Networks that the "
             "operator does not allow are refused when calls go out.",
     .example = "\"sip.pbx.example:5061\""},
    {.name = "username",
     .type = API_T_TEXT,
     .max = 128,
     .initial = "\"\"",
     .help = "Account of Beckon there; empty: the PBX knows us by our address.",
     .example = "\"beckon\""},
    {.name = "secret",
     .type = API_T_SECRET,
     .flags = API_NULL | API_WRITE_ONLY,
     .min = 1,
     .max = 128,
     .help = "Password of that account; null takes it away.",
     .example = "\"9sQv27LxTb\""},
    {.name = "has_secret",
     .type = API_T_BOOL,
     .flags = API_READ_ONLY,
     .help = "Whether a password is stored."},
    {.name = "options",
     .type = API_T_OBJECT,
     .initial = "{}",
     .help = "Options of the driver. sip: transport (udp, tcp, tls), from_user, tls_name. Written "
             "as a merge-patch.",
     .example = "{\"transport\": \"tls\"}"},
    {.name = "rate_per_s",
     .type = API_T_NUMBER,
     .min = 0,
     .max = 1000,
     .initial = "2",
     .help = "Messages a second that Beckon sends it at most."},
    {.name = "in_flight_max",
     .type = API_T_INT,
     .min = 1,
     .max = 1000,
     .initial = "5",
     .help = "Messages that wait for its answer at most."},
    {.name = "enabled",
     .type = API_T_BOOL,
     .initial = "true",
     .help = "False: no phone is called back through it."},
    {.name = "state",
     .type = API_T_OBJECT,
     .flags = API_READ_ONLY,
     .members = state_fields,
     .help = "How Beckon gets on with it."},
    {0},
};

/* clang-format off */
#define CONTROL_SQL \
    "case when c.pbx_id is not null then json_build_object('driver', c.driver," \
    " 'address', c.address, 'username', c.username, 'has_secret', c.secret is not null," \
    " 'options', c.options, 'rate_per_s', c.rate_per_s, 'in_flight_max', c.in_flight_max," \
    " 'enabled', c.is_enabled, 'state', json_build_object(" \
    "'breaker', coalesce(l.breaker, 'closed'), 'reason', coalesce(l.note, '')," \
    " 'probe_at', " API_TIME_SQL("l.breaker_until") ")) end"
/* clang-format on */

/* One option of the driver, by its row; what is stored is text, number or truth as the row says. */
static json_t *read_option(struct api_call *call, const struct bk_option *option, const char *path,
                           const json_t *value)
{
    struct bk_option_value parsed;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    struct bk_str text =
        json_is_string(value) ? api_json_text(value) : api_json_print(call->arena, value);
    if (bk_option_parse(option, text, &parsed, &detail) != BK_OK) {
        api_member_error(call, path, "%s", detail.text);
        return NULL;
    }
    if (option->type == BK_T_INT)
        return json_integer(parsed.number);
    if (option->type == BK_T_BOOL)
        return json_boolean(parsed.number != 0);
    return json_stringn(parsed.text.ptr, parsed.text.len);
}

static void merge_options(struct api_call *call, const struct bk_pbx_kind *kind, json_t *options,
                          const json_t *wanted)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)wanted, name, value)
    {
        ptrdiff_t at = bk_option_find(kind->options, bk_str_of(name));
        struct bk_str path = bk_arena_printf(call->arena, "control.options.%.64s", name);
        if (at < 0) {
            api_member_error(call, path.ptr, "driver %s has no such option", kind->name);
        } else if (json_is_null(value)) {
            json_object_del(options, name);
        } else {
            json_t *read = read_option(call, &kind->options[at], path.ptr, value);
            if (read != NULL)
                json_object_set_new(options, name, read);
        }
    }
}

/* What control will be: what it is, with what was written over it. */
static void merge_control(struct api_call *call, const struct api_write *control, json_t *merged)
{
    struct bk_str host, known = BK_STR("");
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    int port;
    for (size_t i = 0; i < control->count; i++) {
        const struct api_member *member = &control->members[i];
        if (member->field->type == API_T_OBJECT || member->field->type == API_T_SECRET)
            continue;
        json_t *value = json_is_null(member->value)
                            ? json_loads(member->field->initial, JSON_DECODE_ANY, NULL)
                            : json_incref(member->value);
        json_object_set_new(merged, member->field->name, value);
    }
    const struct bk_pbx_kind *kind =
        bk_pbx_kind_find(api_json_text(json_object_get(merged, "driver")));
    for (const struct bk_pbx_kind *const *one = bk_pbx_kinds(); *one != NULL; one++)
        known = bk_arena_printf(call->arena, "%.*s %s", BK_STR_ARG(known), (*one)->name);
    if (kind == NULL) {
        api_member_error(call, "control.driver", "no such driver; there are:%.*s",
                         BK_STR_ARG(known));
        return;
    }
    if (bk_pbx_address_parse(api_json_text(json_object_get(merged, "address")), &host, &port,
                             &detail) != BK_OK)
        api_member_error(call, "control.address", "%s; want %s", detail.text, kind->address_help);
    const struct api_member *options = api_member_find(control, "options");
    if (options != NULL && json_is_null(options->value))
        json_object_clear(json_object_get(merged, "options"));
    else if (options != NULL)
        merge_options(call, kind, json_object_get(merged, "options"), options->value);
}

struct control {
    struct api_write write; /* of its members */
    json_t *merged;
};

static enum bk_err prepare(struct api_call *call, struct api_write *write)
{
    const struct api_member *member = api_member_find(write, "control");
    const json_t *before = json_object_get(write->before, "control");
    const bool is_there = json_is_object(before);
    if (member == NULL || json_is_null(member->value))
        return BK_OK;
    struct control *control = bk_arena_alloc(call->arena, sizeof *control);
    write->state = control;
    api_members_read(call, control_fields, "control", member->value, !is_there, &control->write);
    if (api_members_err(call) != BK_OK)
        return BK_OK; /* told with the others */
    control->merged =
        api_keep(call, is_there ? json_deep_copy(before)
                                : json_pack("{s:s, s:{}, s:i, s:i, s:b}", "username", "", "options",
                                            "rate_per_s", 2, "in_flight_max", 5, "enabled", 1));
    merge_control(call, &control->write, control->merged);
    return BK_OK;
}

static enum bk_err put_control(struct api_call *call, int64_t pbx_id, const struct control *control)
{
    static const char sql[] =
        "insert into app.pbx_control as c (tenant_id, pbx_id, driver, address, username, options,"
        "                                  rate_per_s, in_flight_max, is_enabled, secret)"
        " select app.current_tenant_id(), $1::bigint, x.driver, x.address, x.username, x.options,"
        "        x.rate_per_s, x.in_flight_max, x.enabled, $3::bytea"
        "   from jsonb_to_record($2::jsonb) as x(driver text, address text, username text,"
        "            options jsonb, rate_per_s numeric, in_flight_max integer, enabled boolean)"
        "     on conflict on constraint pbx_control_pk do update"
        "    set driver = excluded.driver, address = excluded.address,"
        "        username = excluded.username, options = excluded.options,"
        "        rate_per_s = excluded.rate_per_s, in_flight_max = excluded.in_flight_max,"
        "        is_enabled = excluded.is_enabled, updated_at = now(),"
        "        secret = case when $4::boolean then excluded.secret else c.secret end";
    const struct api_member *secret = api_member_find(&control->write, "secret");
    struct bk_str sealed = BK_STR_NONE;
    if (secret != NULL && json_is_string(secret->value)) {
        enum bk_err err =
            api_seal(call, "pbx_control.secret", pbx_id, api_json_text(secret->value), &sealed);
        if (err != BK_OK)
            return err;
    }
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, pbx_id),
        bk_store_text(api_json_print(call->arena, control->merged)), bk_store_bytes(sealed),
        bk_store_text(bk_str_of(secret != NULL ? "true" : "false"))};
    return api_explain(call, bk_store_run(&call->store, sql, params, BK_COUNT(params), NULL));
}

static enum bk_err finish(struct api_call *call, struct api_write *write)
{
    const struct api_member *member = api_member_find(write, "control");
    const struct bk_pg_param params[] = {bk_store_int(&call->store, write->id)};
    if (member == NULL)
        return BK_OK;
    if (!json_is_null(member->value))
        return put_control(call, write->id, write->state);
    return bk_store_run(&call->store,
                        "delete from app.pbx_control"
                        " where tenant_id = app.current_tenant_id() and pbx_id = $1::bigint",
                        params, BK_COUNT(params), NULL);
}

/* ---- the table ---- */

static const struct api_field server_fields[] = {
    {.name = "host",
     .type = API_T_HOST,
     .flags = API_REQUIRED,
     .min = 1,
     .help = "Name or address.",
     .example = "\"sip.pbx.example\""},
    {.name = "port",
     .type = API_T_INT,
     .min = 0,
     .max = 65535,
     .initial = "0",
     .help = "0: the transport's default.",
     .example = "5060"},
    {0},
};

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 128,
     .column = "name",
     .help = "Unique in the tenant.",
     .example = "\"main\""},
    {.name = "domain",
     .type = API_T_HOST,
     .flags = API_REQUIRED,
     .min = 1,
     .column = "domain",
     .help = "SIP domain: what stands behind the @ of an account.",
     .example = "\"pbx.example\""},
    {.name = "registrars",
     .type = API_T_OBJECTS,
     .max = BK_SERVER_MAX,
     .column = "registrars",
     .members = server_fields,
     .initial = "[]",
     .help = "Where phones register, best first; none: the domain."},
    {.name = "proxies",
     .type = API_T_OBJECTS,
     .max = BK_SERVER_MAX,
     .column = "proxies",
     .members = server_fields,
     .initial = "[]",
     .help = "Outbound proxies, best first."},
    {.name = "transport",
     .type = API_T_WORD,
     .words = "udp tcp tls naptr",
     .column = "transport",
     .initial = "\"udp\"",
     .help = "How phones reach it."},
    {.name = "srtp",
     .type = API_T_WORD,
     .words = "off optional required",
     .column = "srtp",
     .initial = "\"off\"",
     .help = "Encryption of voice."},
    {.name = "control",
     .type = API_T_OBJECT,
     .flags = API_NULL,
     .members = control_fields,
     .read = CONTROL_SQL,
     .initial = "null",
     .help = "How Beckon reaches it to call phones back; null: it cannot. Written as a "
             "merge-patch."},
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"name", API_T_TEXT, "t.name = @@", NULL, "The PBX of this name."},
    {"domain", API_T_TEXT, "t.domain = @@", NULL, "PBXs of this SIP domain."},
    {0},
};

const struct api_resource api_res_pbxs = {
    .name = "pbx",
    .schema = "Pbx",
    .plural = "pbxs",
    .path = "/v1/pbxs",
    .help = "A telephone system: what phones are told of it, and how Beckon reaches it.",
    .table = "app.pbx",
    .joins = "left join app.pbx_control as c on c.tenant_id = t.tenant_id and c.pbx_id = t.pbx_id"
             " left join app.pbx_lease as l on l.tenant_id = c.tenant_id and l.pbx_id = c.pbx_id",
    .id = "pbx_id",
    .spreads = true,
    .version = "t.xmin::text || coalesce('-' || c.xmin::text, '')",
    .fields = fields,
    .filters = filters,
    .prepare = prepare,
    .finish = finish,
    .users_sql = "select 'extension', extension_id, number from app.extension"
                 " where tenant_id = app.current_tenant_id() and pbx_id = $1::bigint"
                 " order by extension_id",
};
