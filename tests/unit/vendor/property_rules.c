/*
 * Names once, what is removed, what is not forgotten: held by lists of parameters.
 */
#include "property.h"

#include <stdlib.h>
#include <string.h>

#include "property_phone.h"

/* --- names ------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    const struct bk_str *one = a, *other = b;
    size_t len = one->len < other->len ? one->len : other->len;
    int order = len == 0 ? 0 : memcmp(one->ptr, other->ptr, len);
    return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

/* Avaya's keys have one name, and Yealink's passwords, of which each names its user. */
static bool may_stand_twice(struct bk_str name)
{
    return bk_str_eq(name, BK_STR("PHONEKEY")) ||
           bk_str_eq(name, BK_STR("static.security.user_password"));
}

static void sort(const struct pairs *pairs, struct bk_str (*ret_names)[PAIR_MAX])
{
    for (size_t i = 0; i < pairs->count; i++)
        (*ret_names)[i] = pairs->rows[i].name;
    qsort(*ret_names, pairs->count, sizeof(*ret_names)[0], by_name);
}

void require_names_once(const struct pairs *found)
{
    static struct bk_str sorted[PAIR_MAX];
    sort(found, &sorted);
    for (size_t i = 1; i < found->count; i++) {
        if (bk_str_eq(sorted[i], sorted[i - 1]) && !may_stand_twice(sorted[i]))
            give_up("%.*s stands twice", BK_STR_ARG(sorted[i]));
    }
}

/* --- what is removed -------------------------------------------------------------------------- */

static void on_managed(void *context, const struct bk_parameter *parameter)
{
    if (!parameter->is_lost && parameter->origin.kind != BK_ORIGIN_RAW)
        pairs_add(context, BK_STR_NONE, "%.*s", BK_STR_ARG(parameter->name));
}

/* Beyond its counts nobody knows what there is to be emptied. */
static bool is_within_model(const struct bk_phone *phone, const struct bk_model *model)
{
    const int slots[] = {[BK_PANEL_LINE] = model->key_count,
                         [BK_PANEL_PROGRAMMABLE] = model->programmable_count,
                         [BK_PANEL_MODULE] = model->module_key_count};
    bool is_within = true;
    for (size_t i = 0; i < phone->line_count; i++)
        is_within = is_within && phone->lines[i].index <= model->line_count;
    for (size_t i = 0; i < phone->key_count; i++)
        is_within = is_within && phone->keys[i].slot <= slots[phone->keys[i].panel];
    return is_within;
}

static void require_all(const struct pairs *of, const struct pairs *in, const char *what)
{
    static struct bk_str wanted[PAIR_MAX], had[PAIR_MAX];
    size_t at = 0;
    sort(of, &wanted);
    sort(in, &had);
    for (size_t i = 0; i < of->count; i++) {
        while (at < in->count && by_name(&had[at], &wanted[i]) < 0)
            at++;
        if (at == in->count || !bk_str_eq(had[at], wanted[i]))
            give_up("%.*s %s", BK_STR_ARG(wanted[i]), what);
    }
}

void require_emptied(const struct bk_file_request *request)
{
    static struct pairs names, names_of_bare;
    const struct bk_model *model = now.model != NULL ? now.model : bk_model_largest(now.vendor);
    struct bk_phone bare = *now.phone;
    if (!is_within_model(now.phone, model))
        return;
    memset(bare.settings, 0, sizeof bare.settings);
    bare.line_count = bare.key_count = bare.raw_count = 0;
    pairs_clear(&names);
    pairs_clear(&names_of_bare);
    if (bk_vendor_list(now.vendor, now.phone, now.model, request, on_managed, &names, NULL) !=
            BK_OK ||
        bk_vendor_list(now.vendor, &bare, now.model, request, on_managed, &names_of_bare, NULL) !=
            BK_OK)
        give_up("is not listed");
    require_all(&names, &names_of_bare, "stays on a phone that had it and has nothing any more");
    require_all(&names_of_bare, &names, "is emptied, and left out when there is something else");
}

/* --- what is not forgotten -------------------------------------------------------------------- */

/* Of a key or a line: a bit for each of its texts that was told somewhere, all of them when it is
 * said that they are lost. */
struct told {
    bool has_ntp, has_second_ntp;
    unsigned keys[BK_PHONE_KEY_MAX], lines[BK_LINE_MAX + 1]; /* lines by index */
};

static bool has_text(struct bk_str whole, struct bk_str part)
{
    return part.len == 0 ||
           (whole.len >= part.len && memmem(whole.ptr, whole.len, part.ptr, part.len) != NULL);
}

/* Bit i: the i-th of the texts is there. */
static unsigned told_by(const struct bk_parameter *parameter, const struct bk_str *texts,
                        size_t count)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (parameter->is_lost || has_text(parameter->value, texts[i]))
            bits |= 1u << i;
    }
    return bits;
}

static bool is_of_key(const struct bk_origin *origin, const struct bk_phone_key *key)
{
    return origin->kind == BK_ORIGIN_KEY && origin->panel == key->panel &&
           origin->module == key->module && origin->slot == key->slot;
}

static void on_told(void *context, const struct bk_parameter *parameter)
{
    struct told *told = context;
    if (parameter->origin.kind == BK_ORIGIN_SETTING &&
        parameter->origin.id == BK_NEUTRAL_TIME_NTP) {
        told->has_ntp = true;
        told->has_second_ntp = told->has_second_ntp || parameter->is_lost ||
                               has_text(parameter->value, BK_STR(SECOND_NTP));
    }
    for (size_t i = 0; i < now.phone->key_count; i++) {
        const struct bk_phone_key *key = &now.phone->keys[i];
        const struct bk_str texts[] = {key->value, key->label, key->extension};
        if (is_of_key(&parameter->origin, key))
            told->keys[i] |= told_by(parameter, texts, BK_COUNT(texts));
    }
    for (size_t i = 0; i < now.phone->line_count; i++) {
        const struct bk_line *line = &now.phone->lines[i];
        const struct bk_str texts[] = {line->number, line->secret, line->label, line->display_name,
                                       line->auth_id};
        bool is_own =
            parameter->origin.kind == BK_ORIGIN_LINE && parameter->origin.id == line->index;
        bool is_shown = parameter->origin.kind == BK_ORIGIN_KEY && !parameter->is_lost;
        if (is_own || is_shown) /* a Cisco has a line's label on its key */
            told->lines[line->index] |= told_by(parameter, texts, BK_COUNT(texts));
    }
}

/* A key that has no use for a value may have one. */
static bool needs_value(enum bk_key_kind kind)
{
    return bk_words_find("line voicemail conference hold dnd phonebook",
                         bk_str_of(bk_key_kind_name(kind))) < 0;
}

/* Sangoma's P- and D-series have all in the file that may name others. */
bool is_own_file(const struct bk_file_request *request)
{
    bool is_sangoma = strcmp(now.vendor->name, "sangoma") == 0;
    return request->kind == BK_FILE_DEVICE || (is_sangoma && request->kind == BK_FILE_MASTER);
}

void require_told(const struct bk_file_request *request)
{
    static const char *const parts[] = {"value", "label", "extension"};
    static const char *const line_parts[] = {"number", "password", "label", "display name",
                                             "authentication name"};
    struct told told;
    if (!is_own_file(request) || now.phone->is_bootstrap)
        return;
    memset(&told, 0, sizeof told);
    if (bk_vendor_list(now.vendor, now.phone, now.model, request, on_told, &told, NULL) != BK_OK)
        give_up("is not listed");
    for (size_t i = 0; i < now.phone->key_count; i++) {
        const struct bk_phone_key *key = &now.phone->keys[i];
        for (size_t k = 0; k < BK_COUNT(parts) && key->kind != BK_KEY_NONE; k++) {
            if ((told.keys[i] >> k & 1) == 0 && (k > 0 || needs_value(key->kind)))
                give_up("the %s of a %s key, slot %d, is dropped in silence", parts[k],
                        bk_key_kind_name(key->kind), key->slot);
        }
    }
    /* The only list of which a maker may have room for the first alone. */
    if (told.has_ntp && !told.has_second_ntp &&
        has_text(now.phone->settings[BK_NEUTRAL_TIME_NTP].value.text, BK_STR(SECOND_NTP)))
        give_up("the second NTP server is dropped in silence");
    for (size_t i = 0; i < now.phone->line_count; i++) {
        const struct bk_line *line = &now.phone->lines[i];
        for (size_t k = 0; k < BK_COUNT(line_parts); k++) {
            if ((told.lines[line->index] >> k & 1) == 0)
                give_up("the %s of line %d is dropped in silence", line_parts[k], line->index);
        }
    }
}
