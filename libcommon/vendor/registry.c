/*
 * All phone drivers, their model tables, and the questions that are asked of all of them.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "vendor/cert_rule.h"
#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_cisco;
extern const struct bk_vendor bk_vendor_fanvil;
extern const struct bk_vendor bk_vendor_dinstar;
extern const struct bk_vendor bk_vendor_grandstream;
extern const struct bk_vendor bk_vendor_mitel;
extern const struct bk_vendor bk_vendor_avaya;
extern const struct bk_vendor bk_vendor_algo;
extern const struct bk_vendor bk_vendor_alcatel;
extern const struct bk_vendor bk_vendor_panasonic;
extern const struct bk_vendor bk_vendor_poly;
extern const struct bk_vendor bk_vendor_obihai;
extern const struct bk_vendor bk_vendor_snom;
extern const struct bk_vendor bk_vendor_flyingvoice;
extern const struct bk_vendor bk_vendor_htek;
extern const struct bk_vendor bk_vendor_sangoma;
extern const struct bk_vendor bk_vendor_gigaset;
extern const struct bk_vendor bk_vendor_yealink;

/* Recognised only (others.c). */
extern const struct bk_vendor bk_vendor_akuvox;
extern const struct bk_vendor bk_vendor_audiocodes;
extern const struct bk_vendor bk_vendor_nethesis;
extern const struct bk_vendor bk_vendor_patton;
extern const struct bk_vendor bk_vendor_technicolor;
extern const struct bk_vendor bk_vendor_unify;
extern const struct bk_vendor bk_vendor_vtech;
extern const struct bk_vendor bk_vendor_zenitel;
extern const struct bk_vendor bk_vendor_swissvoice;

/* One line a driver; where several makers could ask for a path, the first one is named. */
static const struct bk_vendor *const vendors[] = {
    &bk_vendor_yealink,     &bk_vendor_poly,        &bk_vendor_obihai,
    &bk_vendor_snom,        &bk_vendor_htek,        &bk_vendor_sangoma,
    &bk_vendor_gigaset,     &bk_vendor_grandstream, &bk_vendor_mitel,
    &bk_vendor_cisco,       &bk_vendor_dinstar,     &bk_vendor_fanvil,
    &bk_vendor_avaya,       &bk_vendor_algo,        &bk_vendor_alcatel,
    &bk_vendor_flyingvoice, &bk_vendor_panasonic,   NULL,
};

/* The same, then the makers that are only recognised. */
static const struct bk_vendor *const makers[] = {
    &bk_vendor_yealink,     &bk_vendor_poly,        &bk_vendor_obihai,
    &bk_vendor_snom,        &bk_vendor_htek,        &bk_vendor_sangoma,
    &bk_vendor_gigaset,     &bk_vendor_grandstream, &bk_vendor_mitel,
    &bk_vendor_cisco,       &bk_vendor_dinstar,     &bk_vendor_fanvil,
    &bk_vendor_avaya,       &bk_vendor_algo,        &bk_vendor_alcatel,
    &bk_vendor_flyingvoice, &bk_vendor_panasonic,   &bk_vendor_akuvox,
    &bk_vendor_audiocodes,  &bk_vendor_nethesis,    &bk_vendor_patton,
    &bk_vendor_technicolor, &bk_vendor_unify,       &bk_vendor_vtech,
    &bk_vendor_zenitel,     &bk_vendor_swissvoice,  NULL,
};

#define VENDOR_COUNT (BK_COUNT(vendors) - 1)
#define MAKER_COUNT (BK_COUNT(makers) - 1)

static struct {
    struct bk_model_table table;
    struct bk_model largest;
    char *text; /* of added rows, which borrow from it */
} models[VENDOR_COUNT];

static const char *const kind_names[] = {"none",
                                         "boot",
                                         "common",
                                         "device",
                                         "directory",
                                         "local",
                                         "master",
                                         "override",
                                         "calls",
                                         "log",
                                         "firmware",
                                         "language",
                                         "license",
                                         "index-by-serial",
                                         "device-binary",
                                         "device-encrypted",
                                         "common-encrypted"};
_Static_assert(BK_COUNT(kind_names) == BK_FILE_KIND_COUNT, "a name for each kind");

const char *bk_file_kind_name(enum bk_file_kind kind)
{
    return kind_names[kind];
}

const struct bk_vendor *const *bk_vendors(void)
{
    return vendors;
}

const struct bk_vendor *const *bk_makers(void)
{
    return makers;
}

void bk_vendor_names_print(char (*ret_text)[BK_VENDOR_NAMES_SIZE])
{
    size_t len = 0;
    for (size_t i = 0; i < VENDOR_COUNT && len < sizeof *ret_text; i++)
        len += (size_t)snprintf(*ret_text + len, sizeof *ret_text - len, "%s%s", i == 0 ? "" : ", ",
                                vendors[i]->name);
}

const struct bk_vendor *bk_vendor_find(struct bk_str name)
{
    for (size_t i = 0; i < VENDOR_COUNT; i++) {
        if (bk_str_eq(name, bk_str_of(vendors[i]->name)))
            return vendors[i];
    }
    return NULL;
}

/* --- models ---------------------------------------------------------------------------------- */

static size_t index_of(const struct bk_vendor *vendor)
{
    for (size_t i = 0; i < VENDOR_COUNT; i++) {
        if (vendors[i] == vendor)
            return i;
    }
    assert(false && "a vendor that is not registered");
    return 0;
}

static int max_of(int a, int b)
{
    return a > b ? a : b;
}

static struct bk_model largest_of(const struct bk_model_table *table)
{
    struct bk_model largest = {0};
    for (size_t i = 0; i < table->count; i++) {
        const struct bk_model *row = &table->rows[i];
        largest.line_count = max_of(largest.line_count, row->line_count);
        largest.key_count = max_of(largest.key_count, row->key_count);
        largest.programmable_count = max_of(largest.programmable_count, row->programmable_count);
        largest.module_count = max_of(largest.module_count, row->module_count);
        largest.module_key_count = max_of(largest.module_key_count, row->module_key_count);
    }
    return largest;
}

enum bk_err bk_vendors_init(struct bk_detail *ret_detail)
{
    bk_vendors_deinit();
    enum bk_err err = bk_cert_rules_init(ret_detail);
    for (size_t i = 0; err == BK_OK && i < VENDOR_COUNT; i++) {
        err = bk_models_parse(bk_str_of(vendors[i]->models_text), vendors[i]->name,
                              &models[i].table, ret_detail);
        models[i].largest = largest_of(&models[i].table);
    }
    if (err != BK_OK)
        bk_vendors_deinit();
    return err;
}

void bk_vendors_deinit(void)
{
    bk_cert_rules_deinit();
    for (size_t i = 0; i < VENDOR_COUNT; i++) {
        bk_models_free(&models[i].table);
        bk_free(models[i].text);
        memset(&models[i], 0, sizeof models[i]);
    }
}

static struct bk_model *find_row(const struct bk_model_table *table, struct bk_str name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (bk_str_eq_nocase(table->rows[i].name, name))
            return &table->rows[i];
    }
    return NULL;
}

enum bk_err bk_vendor_add_models(const struct bk_vendor *vendor, struct bk_str text,
                                 const char *file_name, struct bk_detail *ret_detail)
{
    size_t at = index_of(vendor);
    struct bk_model_table added = {0}, built_in = {0}, merged = {0};
    enum bk_err err = BK_ERR_NO_MEMORY;
    char *copy = bk_alloc(text.len + 1);
    if (copy == NULL)
        goto out;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);

    err = bk_models_parse((struct bk_str){copy, text.len}, file_name, &added, ret_detail);
    if (err == BK_OK)
        err = bk_models_parse(bk_str_of(vendor->models_text), vendor->name, &built_in, ret_detail);
    if (err != BK_OK)
        goto out;

    err = BK_ERR_NO_MEMORY;
    merged.rows = bk_alloc((built_in.count + added.count) * sizeof merged.rows[0]);
    if (merged.rows == NULL)
        goto out;
    memcpy(merged.rows, built_in.rows, built_in.count * sizeof merged.rows[0]);
    merged.count = built_in.count;
    for (size_t i = 0; i < added.count; i++) {
        struct bk_model *row = find_row(&merged, added.rows[i].name);
        if (row == NULL)
            row = &merged.rows[merged.count++];
        *row = added.rows[i];
    }

    /* A second file takes the place of the first: what stands is built-in rows and one file's. */
    bk_models_free(&models[at].table);
    bk_free(models[at].text);
    models[at].table = merged;
    models[at].text = copy;
    models[at].largest = largest_of(&merged);
    merged = (struct bk_model_table){0};
    copy = NULL;
    err = BK_OK;
out:
    bk_models_free(&added);
    bk_models_free(&built_in);
    bk_models_free(&merged);
    bk_free(copy);
    return err;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What is left of text, without what people put between the parts of a model's name. */
static struct bk_str skip_joints(struct bk_str text)
{
    size_t at = 0;
    while (at < text.len && strchr(" -_", text.ptr[at]) != NULL && text.ptr[at] != '\0')
        at++;
    return bk_str_slice(text, at, text.len);
}

/* "VVX450" and "vvx 450" are VVX_450. */
static bool is_alike(struct bk_str a, struct bk_str b)
{
    for (;;) {
        a = skip_joints(a);
        b = skip_joints(b);
        if (a.len == 0 || b.len == 0)
            return a.len == b.len;
        if (lower(a.ptr[0]) != lower(b.ptr[0]))
            return false;
        a = bk_str_slice(a, 1, a.len);
        b = bk_str_slice(b, 1, b.len);
    }
}

const struct bk_model *bk_model_find(const struct bk_vendor *vendor, struct bk_str name)
{
    if (vendor->fill == NULL)
        return NULL; /* a maker without a driver has no models */
    const struct bk_model_table *table = &models[index_of(vendor)].table;
    const struct bk_model *row = find_row(table, name);
    for (size_t i = 0; row == NULL && i < table->count; i++)
        row = is_alike(table->rows[i].name, name) ? &table->rows[i] : NULL;
    return row;
}

const struct bk_model *bk_model_at(const struct bk_vendor *vendor, size_t index)
{
    if (vendor->fill == NULL)
        return NULL;
    const struct bk_model_table *table = &models[index_of(vendor)].table;
    return index < table->count ? &table->rows[index] : NULL;
}

const struct bk_model *bk_model_largest(const struct bk_vendor *vendor)
{
    const struct bk_model *largest = &models[index_of(vendor)].largest;
    assert(largest->line_count > 0 && "bk_vendors_init was not called");
    return largest;
}

/* --- raw parameters -------------------------------------------------------------------------- */

/*
 * Letters of either case, since it is not known whether phones tell them apart. A number in the
 * name may have leading zeros for the same reason.
 */
static bool matches(const char *pattern, struct bk_str name)
{
    size_t at = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*')
            return true;
        if (*pattern == '#') {
            size_t digits = 0;
            for (; at < name.len && name.ptr[at] >= '0' && name.ptr[at] <= '9'; at++)
                digits++;
            if (digits == 0)
                return false;
        } else if (at == name.len || lower(name.ptr[at++]) != *pattern) {
            return false;
        }
    }
    return at == name.len;
}

static const struct bk_reserved *reserved_by(const struct bk_vendor *vendor, struct bk_str name)
{
    if (name.len < 2)
        return NULL;
    /* Two letters decide nearly always, and this runs for each raw parameter of each fetch. No row
     * begins with '#' or '*'. */
    const char first = lower(name.ptr[0]), second = lower(name.ptr[1]);
    for (const struct bk_reserved *row = vendor->reserved; row->name != NULL; row++) {
        if (row->name[0] == first && row->name[1] == second && matches(row->name, name))
            return row;
    }
    return NULL;
}

bool bk_vendor_enrols_by(const struct bk_vendor *vendor, struct bk_str method)
{
    ptrdiff_t bit = bk_words_find("url basic digest", method); /* enum bk_enrol_secret */
    return bit >= 0 && (vendor->enrol_secrets >> bit & 1) != 0;
}

bool bk_vendor_keeps(const struct bk_vendor *vendor, const struct bk_path_match *match)
{
    return match->has_mac && (vendor->upload_kinds >> match->kind & 1) != 0;
}

bool bk_is_reserved(const struct bk_vendor *vendor, struct bk_str name)
{
    return reserved_by(vendor, name) != NULL;
}

enum bk_err bk_raw_check(const struct bk_vendor *vendor, struct bk_str name, struct bk_str value,
                         struct bk_detail *ret_detail)
{
    const struct bk_format *format = vendor->raw_format;
    if (!format->is_name(name)) {
        bk_detail_set(ret_detail, "%s", format->name_rule);
        return BK_ERR_INVALID;
    }
    const char *fault = format->check_value(format, value);
    if (fault != NULL) {
        bk_detail_set(ret_detail, "%.*s: %s", BK_STR_ARG(name), fault);
        return BK_ERR_INVALID;
    }
    const struct bk_reserved *row = reserved_by(vendor, name);
    if (row == NULL)
        return BK_OK;
    bk_detail_set(ret_detail, "%.*s is written by the %s driver and cannot be set raw: %s",
                  BK_STR_ARG(name), vendor->title, row->use);
    return BK_ERR_DENIED;
}

/* --- guessing the maker ---------------------------------------------------------------------- */

bool bk_vendor_has_oui(const struct bk_vendor *vendor, const struct bk_mac *mac)
{
    char text[BK_MAC_TEXT_SIZE];
    bk_mac_print(mac, &text);
    for (const char *const *oui = vendor->ouis; *oui != NULL; oui++) {
        if (memcmp(*oui, text, 6) == 0)
            return true;
    }
    return false;
}

const struct bk_vendor *bk_vendor_of_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_vendor *first = NULL;
    for (size_t i = 0; i < MAKER_COUNT; i++) {
        const struct bk_vendor *maker = makers[i];
        struct bk_path_match match;
        if (!maker->match_path(path, &match))
            continue;
        if (match.has_mac && bk_vendor_has_oui(maker, &match.mac)) {
            *ret_match = match;
            return maker;
        }
        /* Many makers ask for <mac>.cfg: there the address must tell, unless nobody knows which
         * addresses are the maker's. */
        if (first == NULL && (!match.has_mac || maker->ouis[0] == NULL)) {
            first = maker;
            *ret_match = match;
        }
    }
    return first;
}

const struct bk_vendor *bk_vendor_of_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    for (size_t i = 0; i < MAKER_COUNT; i++) {
        if (makers[i]->match_agent(agent, ret_agent))
            return makers[i];
    }
    return NULL;
}

const struct bk_vendor *bk_vendor_of_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    for (size_t i = 0; i < MAKER_COUNT; i++) {
        if (makers[i]->match_sip_agent(agent, ret_agent))
            return makers[i];
    }
    return NULL;
}
