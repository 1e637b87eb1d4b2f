/*
 * The files: the phone's own cfg<mac>.xml, and the common ones, which hold the address alone.
 * Neither the maker's binary nor a phone book is served.
 */
#include "vendor/grandstream/grandstream.h"

/* Judged once: what is filled is filled twice. */
static void judge_raws(struct grandstream_file *file)
{
    for (size_t i = 0; i < file->phone->raw_count; i++)
        file->raw_is_ours[i] = bk_is_reserved(&bk_vendor_grandstream, file->phone->raws[i].name);
}

static void fill_raws(struct bk_gs *gs, const struct grandstream_file *file, enum bk_gs_form form)
{
    for (size_t i = 0; i < file->phone->raw_count; i++) {
        const struct bk_raw *raw = &file->phone->raws[i];
        enum bk_gs_form raw_form = bk_gs_form_of(raw->name);
        if (file->raw_is_ours[i])
            continue; /* vendor.h: the driver's own value stands */
        if (raw_form == BK_GS_NONE) {
            bk_gs_fail(gs, BK_STR("raw parameter"), "its name is neither a P-value nor an alias");
            return;
        }
        if (raw_form == form)
            bk_gs_put(gs, raw->name, raw->value);
    }
}

static void fill_device(struct bk_gs *gs, const void *context)
{
    const struct grandstream_file *file = context;
    grandstream_fill_address(gs, file);
    if (file->phone->is_bootstrap)
        return;
    grandstream_fill_settings(gs, file);
    grandstream_fill_accounts(gs, file, 1, GRANDSTREAM_NUMBERED_MAX);
    fill_raws(gs, file, BK_GS_NUMBER);

    grandstream_fill_accounts(gs, file, GRANDSTREAM_NUMBERED_MAX + 1, BK_LINE_MAX);
    grandstream_fill_keys(gs, file);
    /* Raw parameters are a maker's, not a model's: who knows no aliases is spared them. */
    if (file->has_aliases)
        fill_raws(gs, file, BK_GS_ALIAS);
}

static void fill_common(struct bk_gs *gs, const void *context)
{
    grandstream_fill_address(gs, context);
}

/*
 * Of a model that is not known only what every phone has: a P-value that is harmless to one may
 * be something else to another, and aliases are for newer phones.
 */
static void describe(struct grandstream_file *file, const struct bk_model *model)
{
    if (model == NULL) {
        file->line_count = GRANDSTREAM_NUMBERED_MAX;
        return;
    }
    file->line_count = model->line_count;
    file->key_count = model->key_count;
    file->programmable_count = model->programmable_count;
    file->has_aliases = bk_model_has_trait(model, BK_STR("alias"));
    file->is_adapter = bk_model_has_trait(model, BK_STR("ht"));
}

enum bk_err grandstream_render(const struct bk_phone *phone, const struct bk_model *model,
                               const struct bk_file_request *request, struct bk_buf *out,
                               struct bk_detail *ret_detail)
{
    struct grandstream_file file = {.phone = phone};
    describe(&file, model);
    switch (request->kind) {
    case BK_FILE_COMMON:
        return bk_gs_render(NULL, fill_common, &file, out, ret_detail);
    case BK_FILE_DEVICE:
        judge_raws(&file);
        return bk_gs_render(&phone->mac, fill_device, &file, out, ret_detail);
    case BK_FILE_NONE:
    case BK_FILE_BOOT:
    case BK_FILE_DIRECTORY:
    case BK_FILE_LOCAL:
    case BK_FILE_KIND_COUNT:
        break;
    }
    bk_detail_set(ret_detail, "Grandstream: no %s file is served",
                  bk_file_kind_name(request->kind));
    return BK_ERR_NOT_FOUND;
}
