/*
 * Settings layers of a tenant.
 */
#include "store/store_setting.h"

#include <assert.h>

/* $1 the tenant, $2 the name; locked, since the caller writes back what it read. */
#define READ_SQL(id, table, condition) \
    "select " id ", settings, to_jsonb(locks), raw from " table \
    " where tenant_id = $1::bigint and " condition " for no key update"
#define WRITE_SQL(id, table) \
    "update " table " set settings = $3::jsonb," \
    " locks = array(select jsonb_array_elements_text($4::jsonb)), raw = $5::jsonb," \
    " updated_at = now() where tenant_id = $1::bigint and " id " = $2::bigint returning 1"

static const struct {
    const char *read_sql, *write_sql, *add_sql;
} layers[BK_LAYER_COUNT] = {
    [BK_LAYER_TENANT] = {READ_SQL("tenant_id", "app.tenant", "$2::text is not null"),
                         WRITE_SQL("tenant_id", "app.tenant"), NULL},
    [BK_LAYER_SITE] = {READ_SQL("site_id", "app.site", "name = $2"),
                       WRITE_SQL("site_id", "app.site"),
                       "insert into app.site (tenant_id, name) values ($1::bigint, $2)"},
    [BK_LAYER_PROFILE] = {READ_SQL("profile_id", "app.profile", "name = $2"),
                          WRITE_SQL("profile_id", "app.profile"),
                          "insert into app.profile (tenant_id, name) values ($1::bigint, $2)"},
    [BK_LAYER_DEVICE] = {READ_SQL("device_id", "app.device", "mac = $2::macaddr"),
                         WRITE_SQL("device_id", "app.device"), NULL},
};

enum bk_err bk_store_layer_read(const struct bk_store *store, int64_t tenant_id,
                                enum bk_layer layer, struct bk_str name,
                                struct bk_store_layer *ret_layer)
{
    assert(layers[layer].read_sql != NULL);
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_text(name.ptr == NULL ? BK_STR("") : name)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, layers[layer].read_sql, params, BK_COUNT(params),
                                  &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        *ret_layer = (struct bk_store_layer){
            .layer = layer,
            .layer_id = bk_pg_int(rows, 0, 0),
            .settings_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 1)),
            .locks_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 2)),
            .raw_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 3)),
        };
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_layer_write(const struct bk_store *store, int64_t tenant_id,
                                 const struct bk_store_layer *layer)
{
    int count = 0;
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id), bk_store_int(store, layer->layer_id),
        bk_store_text(layer->settings_json), bk_store_text(layer->locks_json),
        bk_store_text(layer->raw_json)};
    enum bk_err err =
        bk_store_run(store, layers[layer->layer].write_sql, params, BK_COUNT(params), &count);
    return err == BK_OK && count != 1 ? BK_ERR_NOT_FOUND : err;
}

enum bk_err bk_store_layer_add(const struct bk_store *store, int64_t tenant_id, enum bk_layer layer,
                               struct bk_str name)
{
    assert(layers[layer].add_sql != NULL);
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name)};
    return bk_store_run(store, layers[layer].add_sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_layer_list(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                struct bk_str *ret_json)
{
    static const char sql[] =
        "with device as (select * from app.device"
        "                 where tenant_id = $1::bigint and mac = nullif($2, '')::macaddr),"
        " layer (rank, layer, name, settings, locks, raw) as ("
        " select 1, 'operator', '', settings, locks, raw from app.operator_layer"
        " union all"
        " select 2, 'tenant', '', settings, locks, raw from app.tenant where tenant_id = $1::bigint"
        " union all"
        " select 3, 'site', s.name, case when s.time_zone <> ''"
        "               then jsonb_build_object('time.zone', s.time_zone) else '{}' end"
        "        || case when s.country <> ''"
        "                then jsonb_build_object('ui.tone_country', s.country) else '{}' end"
        "        || s.settings, s.locks, s.raw"
        "   from app.site as s where s.tenant_id = $1::bigint"
        "    and ($2 = '' or s.site_id = (select site_id from device))"
        " union all"
        " select 4, 'profile', f.name, f.settings, f.locks, f.raw"
        "   from app.profile as f where f.tenant_id = $1::bigint"
        "    and ($2 = '' or f.profile_id = (select profile_id from device))"
        " union all"
        " select 5, 'device', replace(mac::text, ':', ''), settings, locks, raw from device"
        ") select coalesce(jsonb_agg(jsonb_build_object('layer', layer, 'name', name,"
        "             'settings', settings, 'locks', locks, 'raw', raw) order by rank, name), '[]')"
        "    from layer where settings <> '{}' or locks <> '{}' or raw <> '{}'";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_text(mac.ptr == NULL ? BK_STR("") : mac)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
