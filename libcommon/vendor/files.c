/*
 * Names of files, and the walk over all of them.
 */
#include "vendor/files.h"

#include <string.h>

#define CODE_LEN 12

struct name {
    char *text; /* BK_FILE_NAME_SIZE */
    size_t len;
    bool is_too_long;
};

static void add(struct name *name, struct bk_str text)
{
    if (text.len >= BK_FILE_NAME_SIZE - name->len) {
        name->is_too_long = true;
        return;
    }
    if (text.len > 0)
        memcpy(name->text + name->len, text.ptr, text.len);
    name->len += text.len;
}

static struct bk_str first_code(const struct bk_model *model)
{
    struct bk_str codes = model == NULL ? BK_STR_NONE : model->codes;
    return bk_str_trim(bk_str_cut(&codes, ','));
}

/* One word of a pattern; false: this phone has none. */
static bool add_word(struct name *name, struct bk_str word, const struct bk_mac *mac,
                     const struct bk_model *model)
{
    char digits[BK_MAC_TEXT_SIZE], code[CODE_LEN + 1] = "000000000000";
    struct bk_str first = first_code(model);
    bk_mac_print(mac, &digits);
    if (bk_str_eq(word, BK_STR("$code"))) {
        if (first.len > 0 && first.len <= CODE_LEN)
            memcpy(code + CODE_LEN - first.len, first.ptr, first.len);
        add(name, bk_str_of(code));
    } else if (bk_str_eq(word, BK_STR("$model"))) {
        add(name, first);
        return first.len > 0;
    } else {
        for (char *c = digits; bk_str_eq(word, BK_STR("$MAC")) && *c != '\0'; c++)
            *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 'a' + 'A') : *c;
        add(name, bk_str_of(digits));
    }
    return true;
}

bool bk_file_name_print(const char *pattern, const struct bk_mac *mac, const struct bk_model *model,
                        char (*ret_name)[BK_FILE_NAME_SIZE])
{
    static const char *const words[] = {"$mac", "$MAC", "$code", "$model"};
    struct name name = {.text = *ret_name};
    struct bk_str rest = bk_str_of(pattern);
    while (rest.len > 0) {
        struct bk_str part = bk_str_slice(rest, 0, 1);
        bool is_word = false;
        for (size_t i = 0; i < BK_COUNT(words) && !is_word; i++) {
            is_word = bk_str_starts(rest, bk_str_of(words[i]));
            if (is_word)
                part = bk_str_of(words[i]);
        }
        if (!is_word)
            add(&name, part);
        else if (!add_word(&name, part, mac, model))
            return false;
        rest = bk_str_slice(rest, part.len, rest.len);
    }
    name.text[name.len] = '\0';
    return !name.is_too_long;
}

bool bk_file_find(const struct bk_vendor *vendor, const struct bk_mac *mac, struct bk_str name,
                  struct bk_file_request *ret_request)
{
    struct bk_path_match match = {0};
    if (!vendor->match_path(name, &match) || match.kind == BK_FILE_NONE ||
        (match.has_mac && !bk_mac_eq(&match.mac, mac)))
        return false;
    *ret_request = (struct bk_file_request){match.kind, match.has_mac, match.model_code};
    return true;
}

static bool has_of_line(const struct bk_explanation *explanation, enum bk_neutral id)
{
    for (size_t i = 0; i < explanation->count; i++) {
        const struct bk_origin *origin = &explanation->rows[i].parameter.origin;
        if (origin->kind == BK_ORIGIN_SETTING && origin->layer == BK_LAYER_LINE &&
            origin->id == (int)id)
            return true;
    }
    return false;
}

/* A line may have a setting of its own that the maker's phones have once for all lines. */
static void add_lost_of_lines(struct bk_explanation *explanation, const struct bk_phone *phone)
{
    for (size_t line = 0; line < phone->line_count; line++) {
        for (int i = 0; i < BK_NEUTRAL_COUNT; i++) {
            enum bk_neutral id = (enum bk_neutral)i;
            if (phone->lines[line].settings[id].layer != BK_LAYER_LINE ||
                !bk_explanation_has(explanation, id) || has_of_line(explanation, id))
                continue;
            const struct bk_parameter lost = {
                .name = bk_str_of(bk_neutral_options[id].key),
                .origin = {.kind = BK_ORIGIN_SETTING, .layer = BK_LAYER_LINE, .id = i},
                .is_lost = true,
            };
            bk_explanation_add(explanation, &lost);
        }
    }
}

enum bk_err bk_vendor_explain(const struct bk_vendor *vendor, const struct bk_phone *phone,
                              const struct bk_model *model, struct bk_explanation *explanation,
                              struct bk_detail *ret_detail)
{
    for (const char *const *pattern = vendor->files; *pattern != NULL; pattern++) {
        char name[BK_FILE_NAME_SIZE];
        struct bk_file_request request;
        if (!bk_file_name_print(*pattern, &phone->mac, model, &name) ||
            !bk_file_find(vendor, &phone->mac, bk_str_of(name), &request))
            continue;
        explanation->file = bk_arena_str(explanation->arena, bk_str_of(name));
        request.model_code = BK_STR_NONE; /* it borrows from name */
        enum bk_err err = bk_vendor_list(vendor, phone, model, &request, bk_explanation_add,
                                         explanation, ret_detail);
        if (err != BK_OK && err != BK_ERR_NOT_FOUND)
            return err;
    }
    add_lost_of_lines(explanation, phone);
    return BK_OK;
}
