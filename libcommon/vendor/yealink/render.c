/*
 * The files: boot, common, and the phone's own. The others (-local.cfg, -contact.xml) are the
 * phone's to write and are never served.
 */
#include <string.h>

#include "vendor/yealink/yealink.h"

/* Judged once: what is filled is filled twice. */
static void judge_raws(struct yealink_file *file)
{
    for (size_t i = 0; i < file->phone->raw_count; i++)
        file->raw_is_ours[i] = bk_is_reserved(&bk_vendor_yealink, file->phone->raws[i].name);
}

static void fill_raws(struct bk_kv *kv, const struct yealink_file *file)
{
    for (size_t i = 0; i < file->phone->raw_count; i++) {
        const struct bk_raw *raw = &file->phone->raws[i];
        if (file->raw_is_ours[i])
            continue; /* vendor.h: the driver's own value stands */
        if (!bk_kv_is_name(raw->name)) {
            bk_kv_fail(kv, BK_STR("raw parameter"),
                       "its name may hold letters, digits and . _ - only");
            return;
        }
        bk_kv_put(kv, raw->name, raw->value);
    }
}

static void fill_device(struct bk_kv *kv, const void *context)
{
    const struct yealink_file *file = context;
    if (file->phone->is_bootstrap) {
        yealink_fill_address(kv, file);
        return;
    }
    yealink_fill_shared(kv, file);
    yealink_fill_settings(kv, file);
    yealink_fill_accounts(kv, file);
    yealink_fill_keys(kv, file);
    fill_raws(kv, file);
}

static void fill_common(struct bk_kv *kv, const void *context)
{
    const struct yealink_file *file = context;
    if (file->phone->is_bootstrap)
        yealink_fill_address(kv, file);
    else
        yealink_fill_shared(kv, file);
}

/* "y000000000096.cfg" for a T54W; the first of the model's codes, else that of all phones. */
static void set_common_code(struct yealink_file *file, struct bk_str codes)
{
    struct bk_str code = bk_str_trim(bk_str_cut(&codes, ','));
    memcpy(file->common_code, "000000000000", sizeof file->common_code);
    int64_t number;
    if (bk_str_parse_int(code, 0, INT64_MAX, &number) == BK_OK && code.len <= 12)
        memcpy(file->common_code + 12 - code.len, code.ptr, code.len);
}

/*
 * Both boot files name the same two, since the phone that asks is always known. With
 * overwrite_mode a parameter that no file mentions any more goes back to the factory's value: so
 * a raw parameter that was removed leaves the phone as well. A bootstrap must reset nothing.
 */
static void write_boot(const struct yealink_file *file, struct bk_buf *out)
{
    char mac[BK_MAC_TEXT_SIZE];
    bk_mac_print(&file->phone->mac, &mac);
    bk_buf_addf(out, "%s\n", yealink_format.header);
    bk_buf_addf(out, "include:config \"y%s.cfg\"\n", file->common_code);
    bk_buf_addf(out, "include:config \"%s.cfg\"\n", mac);
    if (!file->phone->is_bootstrap)
        bk_buf_addf(out, "overwrite_mode = 1\n");
}

enum bk_err yealink_render(const struct bk_phone *phone, const struct bk_model *model,
                           const struct bk_file_request *request, struct bk_buf *out,
                           struct bk_detail *ret_detail)
{
    struct yealink_file file = {
        .phone = phone,
        .model = model != NULL ? model : bk_model_largest(&bk_vendor_yealink),
    };
    switch (request->kind) {
    case BK_FILE_BOOT:
        set_common_code(&file, file.model->codes);
        write_boot(&file, out);
        return out->err;
    case BK_FILE_COMMON:
        return bk_kv_render(&yealink_format, fill_common, &file, out, ret_detail);
    case BK_FILE_DEVICE:
        judge_raws(&file);
        return bk_kv_render(&yealink_format, fill_device, &file, out, ret_detail);
    case BK_FILE_NONE:
    case BK_FILE_DIRECTORY:
    case BK_FILE_LOCAL:
    case BK_FILE_KIND_COUNT:
        break;
    }
    bk_detail_set(ret_detail, "Yealink: no %s file is served", bk_file_kind_name(request->kind));
    return BK_ERR_NOT_FOUND;
}
