/*
 * The phone document, and every file rendered from it: whatever is accepted must give a file whose
 * parameters the driver's own parser reads, or a refusal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/format/keyvalue.h"
#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

/* The provisioning address comes from one place only, whatever the document says. */
static void check_file(struct bk_str text)
{
    struct bk_str name, value;
    enum bk_kv_line line;
    size_t addresses = 0;
    while ((line = bk_kv_next(&text, &name, &value)) == BK_KV_PAIR) {
        demand(bk_kv_is_name(name));
        if (bk_str_eq_nocase(name, BK_STR("static.auto_provision.server.url"))) {
            demand(bk_str_eq(value, BK_STR("https://p.example/k")));
            addresses++;
        }
    }
    demand(line == BK_KV_END);
    demand(addresses == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bk_key key;
    static bool is_ready;
    if (!is_ready) {
        demand(bk_vendors_init(NULL) == BK_OK);
        is_ready = true;
    }
    const struct bk_vendor *vendor = bk_vendors()[0];
    const struct bk_model *model = bk_model_find(vendor, BK_STR("T31G"));
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail;
    struct bk_str json = {(const char *)data, size};
    enum bk_err err =
        bk_phone_decode(arena, json, bk_str_of(vendor->name), 1, &key, &phone, &detail);
    demand(err == BK_OK || err == BK_ERR_INVALID || err == BK_ERR_CRYPTO);
    if (err == BK_OK) {
        phone.provisioning_url = BK_STR("https://p.example/k");
        struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        err = vendor->render(&phone, model, &request, &out, &detail);
        demand(err == BK_OK || err == BK_ERR_INVALID || err == BK_ERR_TOO_LARGE);
        if (err == BK_OK)
            check_file(bk_buf_str(&out));
        bk_buf_deinit(&out);
    }
    bk_arena_free(arena);
    return 0;
}
