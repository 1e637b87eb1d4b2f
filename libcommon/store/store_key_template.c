/*
 * Key templates: SQL text and row mapping.
 */
#include "store/store_key_template.h"

#define EXTENT_SQL(from) \
    "select x.mac, x.vendor, x.model, x.line, x.line_key, x.programmable_key, x.module," \
    "       x.module_key from " from

enum bk_err bk_store_extents(const struct bk_store *store, int64_t tenant_id, int64_t device_id,
                             int64_t key_template_id, const struct bk_store_extent **ret_extents,
                             size_t *ret_count)
{
    static const char of_device[] =
        EXTENT_SQL("app.extents_of_device($1::bigint, $2::bigint) as x");
    static const char of_template[] =
        EXTENT_SQL("app.key_template as t"
                   " cross join lateral app.extents_of_key_template(t.tenant_id, t.key_template_id)"
                   "     as x"
                   " where t.tenant_id = $1::bigint"
                   "   and ($2::bigint = 0 or t.key_template_id = $2::bigint)");
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_int(store, device_id != 0 ? device_id : key_template_id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, device_id != 0 ? of_device : of_template, params,
                                  BK_COUNT(params), &rows, store->detail);
    const size_t count = err == BK_OK ? (size_t)bk_pg_row_count(rows) : 0;
    struct bk_store_extent *extents = bk_arena_alloc(store->arena, (count + 1) * sizeof *extents);
    for (size_t i = 0; i < count; i++) {
        const int row = (int)i;
        extents[i] = (struct bk_store_extent){
            .mac = bk_arena_str(store->arena, bk_pg_text(rows, row, 0)),
            .vendor = bk_arena_str(store->arena, bk_pg_text(rows, row, 1)),
            .model = bk_arena_str(store->arena, bk_pg_text(rows, row, 2)),
            .line = (int)bk_pg_int(rows, row, 3),
            .line_key = (int)bk_pg_int(rows, row, 4),
            .programmable_key = (int)bk_pg_int(rows, row, 5),
            .module = (int)bk_pg_int(rows, row, 6),
            .module_key = (int)bk_pg_int(rows, row, 7),
        };
    }
    bk_pg_rows_free(rows);
    *ret_extents = extents;
    *ret_count = count;
    return err;
}

enum bk_err bk_store_key_template_add(const struct bk_store *store, int64_t tenant_id,
                                      struct bk_str name, int64_t *ret_id)
{
    static const char sql[] = "insert into app.key_template (tenant_id, name)"
                              " values ($1::bigint, $2) returning key_template_id";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_id);
}

enum bk_err bk_store_key_template_find(const struct bk_store *store, int64_t tenant_id,
                                       struct bk_str name, int64_t *ret_id)
{
    static const char sql[] = "select key_template_id from app.key_template"
                              " where tenant_id = $1::bigint and name = $2";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_id);
}

enum bk_err bk_store_key_template_delete(const struct bk_store *store, int64_t tenant_id,
                                         int64_t id)
{
    static const char sql[] = "delete from app.key_template"
                              " where tenant_id = $1::bigint and key_template_id = $2::bigint";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_int(store, id)};
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

/* Its keys are part of what the template's version tells of. */
#define TOUCHED_SQL \
    "with touched as (update app.key_template set updated_at = now()" \
    " where tenant_id = $1::bigint and key_template_id = $2::bigint) "

enum bk_err bk_store_key_template_put(const struct bk_store *store, int64_t tenant_id, int64_t id,
                                      struct bk_str keys)
{
    static const char sql[] = TOUCHED_SQL
        "insert into app.key_template_key as k (tenant_id, key_template_id, panel, module, slot,"
        "                                       kind, line, value, label, extension)"
        " select $1::bigint, $2::bigint, w.panel, w.module, w.slot, w.kind, w.line, w.value,"
        "        w.label, w.extension"
        "   from jsonb_to_recordset($3::jsonb) as w(panel app.panel, module integer, slot integer,"
        "        kind text, line integer, value text, label text, extension text)"
        "     on conflict on constraint key_template_key_pk do update"
        "    set kind = excluded.kind, line = excluded.line, value = excluded.value,"
        "        label = excluded.label, extension = excluded.extension"
        "  where (k.kind, k.line, k.value, k.label, k.extension) is distinct from"
        "        (excluded.kind, excluded.line, excluded.value, excluded.label, "
        "excluded.extension)";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_int(store, id),
                                         bk_store_text(keys)};
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_key_template_clear(const struct bk_store *store, int64_t tenant_id, int64_t id,
                                        const char *panel, int module, int slot)
{
    static const char sql[] = TOUCHED_SQL
        "delete from app.key_template_key where tenant_id = $1::bigint"
        "   and key_template_id = $2::bigint and panel = $3::app.panel and module = $4::bigint"
        "   and slot = $5::bigint returning 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_int(store, id),
                                         bk_store_text(bk_str_of(panel)),
                                         bk_store_int(store, module), bk_store_int(store, slot)};
    int64_t ignored;
    return bk_store_number(store, sql, params, BK_COUNT(params), &ignored);
}

enum bk_err bk_store_key_template_of_device(const struct bk_store *store, int64_t tenant_id,
                                            struct bk_str mac, int64_t key_template_id,
                                            int64_t *ret_device_id)
{
    static const char sql[] =
        "update app.device set key_template_id = nullif($3::bigint, 0), updated_at = now()"
        " where tenant_id = $1::bigint and mac = $2::macaddr returning device_id";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac),
                                         bk_store_int(store, key_template_id)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_device_id);
}

enum bk_err bk_store_key_template_of_profile(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str name, int64_t key_template_id)
{
    static const char sql[] =
        "update app.profile set key_template_id = nullif($3::bigint, 0), updated_at = now()"
        " where tenant_id = $1::bigint and name = $2 returning 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name),
                                         bk_store_int(store, key_template_id)};
    int64_t ignored;
    return bk_store_number(store, sql, params, BK_COUNT(params), &ignored);
}

enum bk_err bk_store_key_template_list(const struct bk_store *store, int64_t tenant_id,
                                       struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('key_template_id', t.key_template_id,"
        "           'name', t.name,"
        "           'keys', (select count(*) from app.key_template_key as k"
        "                     where k.tenant_id = t.tenant_id"
        "                       and k.key_template_id = t.key_template_id),"
        "           'devices', (select count(*) from app.device as d"
        "                        where d.tenant_id = t.tenant_id"
        "                          and d.key_template_id = t.key_template_id),"
        "           'profiles', (select count(*) from app.profile as p"
        "                         where p.tenant_id = t.tenant_id"
        "                           and p.key_template_id = t.key_template_id))"
        "           order by t.name), '[]')"
        "  from app.key_template as t where t.tenant_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_key_template_keys(const struct bk_store *store, int64_t tenant_id, int64_t id,
                                       struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(k.json::jsonb order by k.panel, k.module, k.slot), '[]')"
        "  from app.key_template_key as k"
        " where k.tenant_id = $1::bigint and k.key_template_id = $2::bigint";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_int(store, id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
