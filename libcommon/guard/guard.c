/*
 * The phones that a write has raised, written out before it is committed.
 */
#include "guard/guard.h"

#include "base/secret.h"
#include "model/explain.h"
#include "store/store_phone.h"

#define BATCH 50 /* documents in memory at once: 512 KiB each at most, mostly 5 */
#define LABEL_SHOWN 40
#define VALUE_SHOWN 40

struct checking {
    const struct bk_guard *guard;
    struct bk_store before;
    bool has_before;
    struct bk_guard_faults *faults;
};

/* A key as long as they come stands for the tenant's own, which no admin chooses. */
static struct bk_str provisioning_url(const struct bk_guard *guard, struct bk_arena *arena)
{
    struct bk_str url =
        guard->public_url.len > 0 ? guard->public_url : BK_STR("https://beckon.invalid");
    return bk_arena_printf(arena, "%.*s/0123456789abcdef", BK_STR_ARG(url));
}

/* What is wrong with one phone's files. Of a maker without a driver: nothing, it gets none. */
static enum bk_err judge(const struct bk_guard *guard, const struct bk_store_document *document,
                         struct bk_arena *arena, struct bk_faults *ret_faults)
{
    const struct bk_vendor *vendor = bk_vendor_find(document->vendor);
    struct bk_phone phone;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail = {{0}};
    *ret_faults = (struct bk_faults){.arena = arena};
    if (vendor == NULL || vendor->fill == NULL)
        return BK_OK;
    enum bk_err err = bk_phone_decode(arena, document->config_json, document->vendor,
                                      guard->tenant_id, guard->data_key, &phone, &detail);
    if (err == BK_ERR_CRYPTO)
        return BK_OK; /* a secret that is lost is nothing that this write has done */
    if (err == BK_ERR_INVALID) {
        bk_faults_add(ret_faults, &(struct bk_fault){.name = BK_STR("all files together"),
                                                     .what = detail.text});
        return BK_OK;
    }
    if (err == BK_OK)
        err = bk_mac_parse_bare(document->mac, &phone.mac);
    if (err == BK_OK) {
        phone.vendor = document->vendor;
        phone.model = document->model;
        phone.provisioning_url = provisioning_url(guard, arena);
        err = bk_vendor_faults(vendor, &phone, bk_model_find(vendor, phone.model), arena,
                               ret_faults, &detail);
    }
    if (err != BK_OK)
        bk_detail_set(guard->store.detail, "device %.*s: %.200s", BK_STR_ARG(document->mac),
                      detail.text);
    return err;
}

/* The faults that this phone had before; none when it is new. */
static enum bk_err judge_before(struct checking *checking, int64_t device_id,
                                struct bk_arena *arena, struct bk_faults *ret_faults)
{
    const struct bk_guard *guard = checking->guard;
    const struct bk_store_document *documents;
    size_t count;
    enum bk_err err = BK_OK;
    *ret_faults = (struct bk_faults){.arena = arena};
    if (!checking->has_before)
        err = guard->before(guard->context, &checking->before);
    if (err != BK_OK)
        return err;
    checking->has_before = true;
    struct bk_store store = checking->before;
    store.arena = arena;
    err = bk_store_documents(&store, &device_id, 1, &documents, &count);
    return err == BK_OK && count == 1 ? judge(guard, &documents[0], arena, ret_faults) : err;
}

static void add(struct checking *checking, const struct bk_store_document *document,
                const struct bk_fault *fault)
{
    struct bk_guard_faults *faults = checking->faults;
    struct bk_arena *arena = checking->guard->store.arena;
    if (faults->count == BK_GUARD_FAULT_MAX)
        return;
    faults->rows[faults->count++] = (struct bk_guard_fault){
        .mac = bk_arena_str(arena, document->mac),
        .label = bk_arena_str(arena, document->label),
        .vendor = bk_vendor_find(document->vendor),
        .fault = {.name = bk_arena_str(arena, fault->name),
                  .value = bk_arena_str(arena, fault->value),
                  .what = bk_arena_str(arena, bk_str_of(fault->what)).ptr,
                  .origin = fault->origin},
    };
}

static enum bk_err check_one(struct checking *checking, const struct bk_store_document *document,
                             struct bk_arena *arena)
{
    struct bk_faults now, before;
    enum bk_err err = judge(checking->guard, document, arena, &now);
    if (err != BK_OK || now.count == 0)
        return err;
    err = judge_before(checking, document->device_id, arena, &before);
    if (before.count == BK_FAULT_MAX)
        return err; /* what came to so many cannot be told from what was there */
    for (size_t i = 0; err == BK_OK && i < now.count; i++) {
        if (!bk_faults_has(&before, &now.rows[i]))
            add(checking, document, &now.rows[i]);
    }
    return err;
}

static enum bk_err check_batch(struct checking *checking, const int64_t *ids, size_t id_count)
{
    const struct bk_guard *guard = checking->guard;
    const struct bk_store_document *documents;
    size_t count = 0;
    struct bk_store store = guard->store;
    store.arena = bk_arena_new();
    enum bk_err err = bk_store_documents(&store, ids, id_count, &documents, &count);
    for (size_t i = 0; err == BK_OK && i < count; i++) {
        struct bk_arena *arena = bk_arena_new();
        err = check_one(checking, &documents[i], arena);
        bk_arena_free(arena);
    }
    bk_arena_free(store.arena);
    return err;
}

enum bk_err bk_guard_check(const struct bk_guard *guard, const int64_t *ids, size_t id_count,
                           struct bk_guard_faults *ret_faults)
{
    struct checking checking = {.guard = guard, .faults = ret_faults};
    enum bk_err err = BK_OK;
    ret_faults->count = 0;
    for (size_t from = 0; err == BK_OK && from < id_count && ret_faults->count < BK_GUARD_FAULT_MAX;
         from += BATCH)
        err = check_batch(&checking, ids + from, id_count - from < BATCH ? id_count - from : BATCH);
    return err;
}

static int shown(struct bk_str text, size_t max)
{
    while (text.len > max || (text.len > 0 && !bk_str_is_utf8(text)))
        text.len--;
    return (int)text.len;
}

void bk_guard_print(const struct bk_guard_fault *fault, struct bk_detail *ret_detail)
{
    const struct bk_fault *what = &fault->fault;
    const bool is_quoted = what->origin.kind == BK_ORIGIN_KEY && what->value.len > 0;
    const bool has_origin = what->origin.kind != BK_ORIGIN_DRIVER;
    const bool has_label = fault->label.len > 0;
    char space[BK_ORIGIN_TEXT_SIZE];
    struct bk_str origin = bk_origin_print(&what->origin, &space);
    bk_detail_set(ret_detail, "device %.*s%s%.*s%s (%s)%s%.*s: %.*s: %s%s%.*s",
                  BK_STR_ARG(fault->mac), has_label ? " \"" : "", shown(fault->label, LABEL_SHOWN),
                  has_label ? fault->label.ptr : "", has_label ? "\"" : "", fault->vendor->title,
                  has_origin ? ", " : "", has_origin ? (int)origin.len : 0, origin.ptr,
                  shown(what->name, 64), what->name.ptr, what->what, is_quoted ? ": " : "",
                  is_quoted ? shown(what->value, VALUE_SHOWN) : 0,
                  is_quoted ? what->value.ptr : "");
}
