/*
 * The phone document, and every file rendered from it: whatever is accepted must give a file whose
 * parameters the driver's own parser reads, or a refusal.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/format/gs_xml.h"
#include "vendor/format/keyvalue.h"
#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

/* The provisioning address comes from one place only, whatever the document says. */
static void check_yealink(struct bk_str text)
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

static void check_grandstream(struct bk_str text)
{
    static const struct bk_mac mac;
    struct bk_gs_reader reader;
    struct bk_str name, escaped;
    enum bk_gs_line line;
    size_t addresses = 0;
    demand(bk_gs_read(text, &mac, &reader));
    while ((line = bk_gs_next(&reader, &name, &escaped)) == BK_GS_PAIR) {
        if (bk_str_eq(name, BK_STR("P237"))) {
            demand(bk_str_eq(escaped, BK_STR("p.example/k")));
            addresses++;
        }
        demand(!bk_str_eq_nocase(name, BK_STR("provisioning.config.serverPath")));
    }
    demand(line == BK_GS_END);
    demand(addresses == 1);
}

static const struct {
    const char *vendor, *model;
    void (*check)(struct bk_str text);
} makers[] = {
    {"yealink", "T31G", check_yealink},
    {"grandstream", "GXP2135", check_grandstream},
    {"grandstream", "GRP2614", check_grandstream},
};

static void try_maker(size_t at, struct bk_str json)
{
    static const struct bk_key key;
    const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(makers[at].vendor));
    const struct bk_model *model = bk_model_find(vendor, bk_str_of(makers[at].model));
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail;
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
            makers[at].check(bk_buf_str(&out));
        bk_buf_deinit(&out);
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
    for (size_t i = 0; i < BK_COUNT(makers); i++)
        try_maker(i, (struct bk_str){(const char *)data, size});
    return 0;
}
