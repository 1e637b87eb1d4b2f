/*
 * benchrender: what rendering a phone's own file costs, maker by maker: 6 lines and 60 keys, or as
 * many as its models have; written and read back, as a fetch does it. Prints JSON: {"yealink":
 * {"renders_per_s": …, "bytes": …}, …}. CPU time of one thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vendor/vendor.h"

#define LINES 6
#define KEYS 60

static struct bk_line lines[LINES];
static struct bk_phone_key keys[KEYS];
static char texts[LINES + KEYS][16];

static struct bk_str text_of(size_t at, int number)
{
    snprintf(texts[at], sizeof texts[at], "%d", number);
    return bk_str_of(texts[at]);
}

static struct bk_phone phone_of(const struct bk_vendor *vendor)
{
    for (int i = 0; i < LINES; i++) {
        lines[i] = (struct bk_line){
            .index = i + 1,
            .number = text_of((size_t)i, 1001 + i),
            .label = BK_STR("Anna Beispiel"),
            .display_name = BK_STR("Anna Beispiel"),
            .secret = BK_STR("kK3-92hs_Yw6-8831"),
            .pbx = {.domain = BK_STR("pbx.example"), .transport = BK_TRANSPORT_TLS},
        };
    }
    for (int i = 0; i < KEYS; i++) {
        keys[i] = (struct bk_phone_key){
            .panel = BK_PANEL_LINE,
            .slot = i + 1,
            .kind = BK_KEY_BLF,
            .line = 1,
            .value = text_of((size_t)(LINES + i), 1100 + i),
            .label = BK_STR("Kollegin"),
        };
    }
    return (struct bk_phone){
        .mac = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}},
        .vendor = bk_str_of(vendor->name),
        .provisioning_url = BK_STR("https://prov.example/k7Qm2"),
        .lines = lines,
        .line_count = LINES,
        .keys = keys,
        .key_count = KEYS,
    };
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The file that holds the lines: the largest of those served. False: none can be written. */
static bool find_file(const struct bk_vendor *vendor, const struct bk_phone *phone,
                      const struct bk_model *model, struct bk_file_request *ret_request,
                      size_t *ret_bytes)
{
    *ret_bytes = 0;
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {.kind = (enum bk_file_kind)kind, .has_mac = true};
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        enum bk_err err = bk_vendor_render(vendor, phone, model, &request, &out, NULL, &detail);
        if (err != BK_OK && err != BK_ERR_NOT_FOUND)
            fprintf(stderr, "%s: %s\n", vendor->name, detail.text);
        if (err == BK_OK && out.len > *ret_bytes) {
            *ret_bytes = out.len;
            *ret_request = request;
        }
        bk_buf_deinit(&out);
    }
    return *ret_bytes > 0;
}

static double renders_per_s(const struct bk_vendor *vendor, const struct bk_phone *phone,
                            const struct bk_model *model, const struct bk_file_request *request)
{
    struct bk_buf out;
    long count = 0;
    double begin, used;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    begin = cpu_s();
    do {
        for (int i = 0; i < 50; i++, count++) {
            bk_buf_clear(&out);
            if (bk_vendor_render(vendor, phone, model, request, &out, NULL, NULL) != BK_OK)
                exit(1);
        }
        used = cpu_s() - begin;
    } while (used < 0.5);
    bk_buf_deinit(&out);
    return (double)count / used;
}

int main(void)
{
    const char *comma = "";
    struct bk_detail detail;
    if (bk_vendors_init(&detail) != BK_OK) {
        fprintf(stderr, "%s\n", detail.text);
        return 1;
    }
    printf("{");
    for (const struct bk_vendor *const *at = bk_vendors(); *at != NULL; at++) {
        const struct bk_vendor *vendor = *at;
        /* As many as the phone has, so that the makers can be compared. */
        struct bk_model model = *bk_model_largest(vendor);
        struct bk_phone phone = phone_of(vendor);
        struct bk_file_request request;
        size_t bytes;
        if (model.line_count > LINES)
            model.line_count = LINES;
        if (model.key_count > KEYS)
            model.key_count = KEYS;
        if ((int)phone.line_count > model.line_count)
            phone.line_count = (size_t)model.line_count;
        if ((int)phone.key_count > model.key_count)
            phone.key_count = (size_t)model.key_count;
        model.programmable_count = model.module_count = 0;
        if (!find_file(vendor, &phone, &model, &request, &bytes))
            continue;
        printf(
            "%s\n \"%s\": {\"renders_per_s\": %.0f, \"bytes\": %zu, \"lines\": %zu, \"keys\": %zu}",
            comma, vendor->name, renders_per_s(vendor, &phone, &model, &request), bytes,
            phone.line_count, phone.key_count);
        comma = ",";
    }
    printf("\n}\n");
    bk_vendors_deinit();
    return 0;
}
