/*
 * Settings layers as the API writes them: merge-patches over what is stored, each value judged as
 * the command line judges it (layer/layer.h).
 */
#include <string.h>

#include "base/hex.h"
#include "base/secret.h"
#include "layer/layer.h"
#include "model/setting.h"
#include "resource.h"
#include "store/store_setting.h"

#define SETTING_MAX 128
#define RAW_PARAMETER_MAX 512

struct sealing {
    struct api_call *call;
    int64_t layer_id;
};

static enum bk_err seal(void *ctx, const char *field, struct bk_str plain,
                        struct bk_str *ret_sealed)
{
    const struct sealing *sealing = ctx;
    return api_seal(sealing->call, field, sealing->layer_id, plain, ret_sealed);
}

static const char *path_of(struct api_call *call, const char *path, const char *member,
                           const char *name)
{
    return bk_arena_printf(call->arena, "%s%s%s%s%.64s", path,
                           path[0] == '\0' || member[0] == '\0' ? "" : ".", member,
                           name[0] == '\0' ? "" : ".", name)
        .ptr;
}

/* The secret that is stored: sealed anew it would be another layer, and phones would come for it.
 */
static bool is_stored_secret(struct api_call *call, const struct api_layer *layer, const char *key,
                             struct bk_str text)
{
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES];
    size_t len = 0;
    struct bk_str base64 =
        api_json_text(json_object_get(json_object_get(layer->settings, key), "sealed"));
    struct bk_str field =
        bk_arena_printf(call->arena, "%s.settings:%s", bk_layer_name(layer->layer), key);
    return base64.ptr != NULL && bk_base64_parse(base64, sealed, sizeof sealed, &len) == BK_OK &&
           api_is_sealed_text(call, field.ptr, layer->layer_id,
                              (struct bk_str){(const char *)sealed, len}, text);
}

/* BK_OK also after a fault of the caller's, which is remembered; else the service's. */
static enum bk_err merge_setting(struct api_call *call, struct api_layer *layer, const char *at,
                                 const char *key, const json_t *value)
{
    struct sealing sealing = {call, layer->layer_id};
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    struct bk_str text;
    enum bk_neutral id;
    json_t *stored = NULL;
    enum bk_err err = bk_layer_find(layer->layer, bk_str_of(key), &id, &detail);
    if (err == BK_OK && json_is_null(value)) {
        json_object_del(layer->settings, key);
        return BK_OK;
    }
    if (err == BK_OK)
        err = bk_layer_value_text(call->arena, id, value, &text, &detail);
    if (err == BK_OK && is_stored_secret(call, layer, key, text))
        return BK_OK;
    if (err == BK_OK)
        err = bk_layer_value(call->arena, layer->layer, id, text, seal, &sealing, &stored, &detail);
    if (err == BK_ERR_INVALID) {
        api_member_error(call, at, "%s", detail.text);
        return BK_OK;
    }
    if (err == BK_OK)
        json_object_set_new(layer->settings, key, stored);
    return err;
}

static enum bk_err merge_settings(struct api_call *call, struct api_layer *layer, const char *path,
                                  const json_t *settings)
{
    const char *key;
    json_t *value;
    enum bk_err err = BK_OK;
    json_object_foreach((json_t *)settings, key, value)
    {
        if (err == BK_OK)
            err = merge_setting(call, layer, path_of(call, path, "settings", key), key, value);
    }
    if (json_object_size(layer->settings) > SETTING_MAX)
        api_member_error(call, path_of(call, path, "settings", ""), "more than %d settings",
                         SETTING_MAX);
    return err;
}

static void merge_pair(struct api_call *call, json_t *pairs, const char *at, const char *vendor,
                       const char *name, const json_t *value)
{
    const struct bk_vendor *found;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    if (json_is_null(value)) {
        json_object_del(pairs, name);
    } else if (!json_is_string(value)) {
        api_member_error(call, at, "want a text");
    } else if (bk_layer_raw(bk_str_of(vendor), bk_str_of(name), api_json_text(value), &found,
                            &detail) != BK_OK) {
        api_member_error(call, at, "%s", detail.text);
    } else {
        json_object_set(pairs, name, (json_t *)value);
    }
}

static void merge_raw(struct api_call *call, struct api_layer *layer, const char *path,
                      const json_t *raw)
{
    const char *vendor, *name;
    json_t *wanted, *value;
    json_object_foreach((json_t *)raw, vendor, wanted)
    {
        const char *at = path_of(call, path, "raw", vendor);
        json_t *pairs = json_object_get(layer->raw, vendor);
        if (json_is_null(wanted)) {
            json_object_del(layer->raw, vendor);
            continue;
        }
        if (!json_is_object(wanted) || bk_vendor_find(bk_str_of(vendor)) == NULL) {
            api_member_error(call, at,
                             json_is_object(wanted) ? "no such maker" : "want an object of texts");
            continue;
        }
        if (pairs == NULL) {
            pairs = json_object();
            json_object_set_new(layer->raw, vendor, pairs);
        }
        json_object_foreach(wanted, name, value)
            merge_pair(call, pairs, path_of(call, at, "", name), vendor, name, value);
        if (json_object_size(pairs) > RAW_PARAMETER_MAX)
            api_member_error(call, at, "more than %d parameters", RAW_PARAMETER_MAX);
        if (json_object_size(pairs) == 0)
            json_object_del(layer->raw, vendor);
    }
}

enum bk_err api_layer_merge(struct api_call *call, struct api_layer *layer, const char *path,
                            const json_t *settings, const json_t *locks, const json_t *raw)
{
    enum bk_err err = BK_OK;
    if (settings != NULL && json_is_null(settings))
        json_object_clear(layer->settings);
    else if (settings != NULL)
        err = merge_settings(call, layer, path, settings);
    if (locks != NULL && json_is_null(locks))
        json_array_clear(layer->locks);
    else if (locks != NULL)
        layer->locks = (json_t *)locks; /* judged already (members.c) */
    if (raw != NULL && json_is_null(raw))
        json_object_clear(layer->raw);
    else if (raw != NULL)
        merge_raw(call, layer, path, raw);
    return err;
}

/* ---- locks of the layers below ---- */

static void check_lock(struct api_call *call, const json_t *rows, enum bk_layer layer,
                       struct bk_str name, const char *at)
{
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    if (bk_layer_locked_by(rows, layer, name, &detail) != NULL)
        api_member_error(call, at, "%s", detail.text);
}

enum bk_err api_layer_check_locks(struct api_call *call, enum bk_layer layer, struct bk_str mac,
                                  const json_t *settings, const json_t *raw)
{
    const char *key, *vendor;
    json_t *value, *pairs, *rows = NULL;
    struct bk_str text;
    if (json_object_size(settings) == 0 && json_object_size(raw) == 0)
        return BK_OK;
    /* A MAC that no device has: the operator's layer and the tenant's, without all its sites. */
    enum bk_err err = bk_store_layer_list(&call->store, call->scope.tenant_id,
                                          mac.len == 0 ? BK_STR("000000000000") : mac, &text);
    if (err == BK_OK)
        err = api_json_load(call, text, &rows);
    if (err != BK_OK)
        return err;
    json_object_foreach((json_t *)settings, key, value)
    {
        if (!json_is_null(value))
            check_lock(call, rows, layer, bk_str_of(key), path_of(call, "", "settings", key));
    }
    json_object_foreach((json_t *)raw, vendor, pairs)
    {
        json_object_foreach(pairs, key, value)
        {
            if (!json_is_null(value))
                check_lock(call, rows, layer, bk_arena_printf(call->arena, "raw:%s", key),
                           path_of(call, path_of(call, "", "raw", vendor), "", key));
        }
    }
    return api_members_err(call);
}
