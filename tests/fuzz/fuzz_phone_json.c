/*
 * The phone document, and every file of every maker rendered from it: whatever is accepted must
 * give files that read back, or a refusal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

struct seen {
    const struct bk_vendor *vendor;
    size_t addresses;
};

/* The provisioning address comes from one place only, whatever the document says. Some makers have
 * a parameter for the host alone. */
static void on_parameter(void *context, const struct bk_parameter *parameter)
{
    struct seen *seen = context;
    if (parameter->is_lost)
        return;
    bool is_ours = bk_is_reserved(seen->vendor, parameter->name);
    demand(is_ours != (parameter->origin.kind == BK_ORIGIN_RAW));
    seen->addresses += parameter->value.len > 0 &&
                       memmem(parameter->value.ptr, parameter->value.len, "p.example", 9) != NULL &&
                       parameter->origin.kind == BK_ORIGIN_DRIVER;
}

/* Every file of the phone: written and read back, and its parameters told. */
static void try_files(const struct bk_vendor *vendor, const struct bk_phone *phone,
                      const struct bk_model *model)
{
    struct seen seen = {.vendor = vendor};
    struct bk_detail detail;
    bool is_whole = true, is_served = false;
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {.kind = (enum bk_file_kind)kind, .has_mac = true};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        enum bk_err err = bk_vendor_render(vendor, phone, model, &request, &out, NULL, &detail);
        demand(err == BK_OK || err == BK_ERR_INVALID || err == BK_ERR_TOO_LARGE ||
               err == BK_ERR_NOT_FOUND);
        bk_buf_deinit(&out);
        is_whole = is_whole && (err == BK_OK || err == BK_ERR_NOT_FOUND);
        is_served = is_served || err == BK_OK;
        if (err == BK_OK)
            demand(bk_vendor_list(vendor, phone, model, &request, on_parameter, &seen, &detail) ==
                   BK_OK);
    }
    demand(!is_whole || !is_served || seen.addresses > 0);
}

static void try_maker(const struct bk_vendor *vendor, struct bk_str json)
{
    static const struct bk_key key;
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail;
    enum bk_err err =
        bk_phone_decode(arena, json, bk_str_of(vendor->name), 1, &key, &phone, &detail);
    demand(err == BK_OK || err == BK_ERR_INVALID || err == BK_ERR_CRYPTO);
    if (err == BK_OK) {
        phone.provisioning_url = BK_STR("https://p.example/k");
        try_files(vendor, &phone, bk_model_at(vendor, 0));
        try_files(vendor, &phone, NULL);
    }
    bk_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    if (!is_ready) {
        demand(bk_vendors_init(NULL) == BK_OK);
        is_ready = true;
    }
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        try_maker(*vendor, (struct bk_str){(const char *)data, size});
    return 0;
}
