/*
 * A write that would leave a phone without its file is refused before it is committed, with what in
 * the request to change (libcommon/guard).
 */
#include "guard/guard.h"

#include <string.h>

#include "front.h"
#include "resource.h"
#include "store/store_phone.h"
#include "store/store_tenant.h"

/* ---- which member of the request it is ---- */

struct search {
    struct bk_arena *arena;
    struct bk_str value;
    const struct bk_format *format;
    const char *path; /* "items[2].label"; NULL: nothing found yet */
    bool is_bad;      /* the text there cannot be written itself */
    size_t len;
};

/* The text of the request that is this value, or stands in it: one that is bad by itself rather
 * than another, the longest. */
static void search_in(struct search *search, const json_t *json, const char *path)
{
    const struct bk_str text = api_json_text(json), value = search->value;
    const char *name, *dot = path[0] == '\0' ? "" : ".";
    json_t *member;
    size_t i;
    if (text.len > 0 && value.len > 0 && memmem(value.ptr, value.len, text.ptr, text.len) != NULL) {
        const bool is_bad = search->format->check_value(search->format, text) != NULL;
        if (is_bad != search->is_bad ? is_bad : text.len > search->len) {
            search->path = path;
            search->is_bad = is_bad;
            search->len = text.len;
        }
    }
    json_object_foreach((json_t *)json, name, member)
        search_in(search, member, bk_arena_printf(search->arena, "%s%s%.64s", path, dot, name).ptr);
    json_array_foreach(json, i, member)
        search_in(search, member, bk_arena_printf(search->arena, "%s[%zu]", path, i).ptr);
}

static bool is_number(const json_t *object, const char *name, int number)
{
    return json_integer_value(json_object_get(object, name)) == number;
}

static bool is_of_item(const json_t *item, const struct bk_origin *origin)
{
    static const char *const panels[] = {"line", "programmable", "module"};
    if (origin->kind == BK_ORIGIN_LINE)
        return is_number(item, "index", origin->id);
    return origin->kind == BK_ORIGIN_KEY && is_number(item, "slot", origin->slot) &&
           is_number(item, "module", origin->module) &&
           bk_str_eq(api_json_text(json_object_get(item, "panel")),
                     bk_str_of(panels[origin->panel]));
}

/* By where the parameter comes from: the driver has made it up of several values. */
static const char *path_of_origin(struct api_call *call, const struct bk_origin *origin)
{
    const json_t *items = json_object_get(call->input, "items");
    const json_t *settings = json_object_get(call->input, "settings");
    const char *key = origin->kind == BK_ORIGIN_SETTING ? bk_neutral_options[origin->id].key : NULL;
    if (key != NULL && json_object_get(settings, key) != NULL)
        return bk_arena_printf(call->arena, "settings.%s", key).ptr;
    if (origin->kind == BK_ORIGIN_KEY && json_object_get(call->input, "kind") != NULL)
        return "slot"; /* the key as a whole */
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (is_of_item(json_array_get(items, i), origin))
            return bk_arena_printf(call->arena, "items[%zu]", i).ptr;
    }
    return NULL;
}

/* The member that leads to where it stands. */
static const char *reference_to(const struct bk_origin *origin)
{
    if (origin->kind == BK_ORIGIN_KEY)
        return "key_template_id";
    if (origin->kind == BK_ORIGIN_LINE)
        return "extension_id";
    return origin->layer == BK_LAYER_PROFILE ? "profile_id"
           : origin->layer == BK_LAYER_SITE  ? "site_id"
                                             : "vendor";
}

/* What was written brings to light what stands elsewhere, a profile's setting, say: how it does, or
 * the first member, or without a body what the path names last. */
static const char *path_to_elsewhere(struct api_call *call, const struct bk_origin *origin)
{
    const char *reference = reference_to(origin);
    if (json_object_get(call->input, reference) != NULL)
        return reference;
    const char *first = json_object_iter_key(json_object_iter(call->input));
    struct bk_str path = bk_str_of(call->route->path);
    ptrdiff_t begin = bk_str_find_last(path, '{'), end = bk_str_find_last(path, '}');
    if (first != NULL || begin < 0)
        return first != NULL ? first : "";
    return bk_arena_str(call->arena, bk_str_slice(path, (size_t)begin + 1, (size_t)end)).ptr;
}

static void tell(struct api_call *call, const struct bk_guard_fault *one)
{
    const struct bk_fault *fault = &one->fault;
    struct search search = {
        .arena = call->arena, .value = fault->value, .format = one->vendor->raw_format};
    struct bk_detail detail;
    search_in(&search, call->input, "");
    const char *path = search.path;
    if (path == NULL)
        path = path_of_origin(call, &fault->origin);
    if (path == NULL)
        path = path_to_elsewhere(call, &fault->origin);
    bk_guard_print(one, &detail);
    api_member_error(call, path, "%s", detail.text);
}

/* ---- what was there before ---- */

struct before {
    struct api_call *call;
    struct api_thread beside; /* a connection of its own: the call's sees what it has written */
};

static enum bk_err look_before(void *context, struct bk_store *ret_store)
{
    struct before *before = context;
    struct api_call *call = before->call;
    enum bk_err err = api_thread_connect(call->setup, &before->beside, &call->detail);
    struct bk_store store = {before->beside.pgc, call->arena, &call->detail};
    if (err == BK_OK)
        err = bk_pgc_script(before->beside.pgc, "begin read only", &call->detail);
    if (err == BK_OK)
        err = bk_store_tenant_look(&store, call->scope.tenant_id);
    *ret_store = store;
    return err;
}

enum bk_err api_guard(struct api_call *call)
{
    struct before before = {.call = call, .beside.name = "beckon-api before"};
    const struct bk_guard guard = {
        .store = call->store,
        .tenant_id = call->scope.tenant_id,
        .data_key = &call->scope.data_key,
        .public_url = api_public_url(call),
        .before = look_before,
        .context = &before,
    };
    struct bk_guard_faults faults;
    const int64_t *ids;
    size_t id_count;
    if (call->route->reads_only || call->scope.tenant_id == 0)
        return BK_OK;
    enum bk_err err = bk_store_raised(&call->store, BK_GUARD_SAMPLE, &ids, &id_count);
    if (err == BK_OK)
        err = bk_guard_check(&guard, ids, id_count, &faults);
    bk_pgc_close(before.beside.pgc);
    if (err != BK_OK || faults.count == 0)
        return err;
    for (size_t i = 0; i < faults.count; i++)
        tell(call, &faults.rows[i]);
    call->reply.problem = "unwritable";
    return BK_ERR_INVALID;
}
