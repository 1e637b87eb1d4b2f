/*
 * The files: the phone's own cfg<mac>.xml, and the common ones, which hold the address alone.
 * Neither the maker's binary nor a phone book is served.
 */
#include "vendor/grandstream/grandstream.h"

const struct bk_format *grandstream_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &grandstream_format : NULL;
}

/*
 * Of a model that is not known only what every phone has: a P-value that is harmless to one may
 * be something else to another, and aliases are for newer phones.
 */
static struct grandstream_model model_of(const struct bk_file *file)
{
    const struct bk_model *row = file->model;
    if (!file->is_model_known)
        return (struct grandstream_model){.line_count = GRANDSTREAM_NUMBERED_MAX};
    return (struct grandstream_model){
        .line_count = row->line_count,
        .key_count = row->key_count,
        .programmable_count = row->programmable_count,
        .has_aliases = bk_model_has_trait(row, BK_STR("alias")),
        .is_adapter = bk_model_has_trait(row, BK_STR("ht")),
    };
}

void grandstream_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct grandstream_model model = model_of(file);
    grandstream_fill_address(sheet, phone);
    if (phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    grandstream_fill_settings(sheet, phone, model.is_adapter);
    grandstream_fill_accounts(sheet, phone, &model, 1, GRANDSTREAM_NUMBERED_MAX);
    bk_put_raws_if(sheet, file, grandstream_is_number);

    grandstream_fill_accounts(sheet, phone, &model, GRANDSTREAM_NUMBERED_MAX + 1, BK_LINE_MAX);
    grandstream_fill_aliases(sheet, phone, &model);
    grandstream_fill_keys(sheet, phone, &model);
    /* Raw parameters are a maker's, not a model's: who knows no aliases is spared them. */
    if (model.has_aliases)
        bk_put_raws_if(sheet, file, grandstream_is_alias);
}
