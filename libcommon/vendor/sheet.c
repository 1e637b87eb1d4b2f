/*
 * A file's parameters: names, origins, values; and how a file is made of them, or a list.
 */
#include "vendor/sheet.h"

#include <string.h>

#include "vendor/format/lines.h"
#include "vendor/format/xml.h"
#include "vendor/vendor.h"

#define PREFIX_MAX 63

/* --- writing ---------------------------------------------------------------------------------- */

void bk_sheet_write(struct bk_sheet *sheet, struct bk_str text)
{
    bk_buf_add(sheet->out, text);
}

static void fail(struct bk_sheet *sheet, struct bk_str name, enum bk_err err, const char *what)
{
    if (sheet->err != BK_OK)
        return;
    sheet->err = err;
    bk_detail_set(sheet->detail, "%.*s: %s", BK_STR_ARG(name), what);
}

void bk_sheet_differs(struct bk_sheet *sheet, struct bk_str name)
{
    fail(sheet, name, BK_ERR_INTERNAL, "does not read back as it was written; nothing is served");
}

/* --- names ------------------------------------------------------------------------------------ */

static void prefix_add(struct bk_sheet *sheet, struct bk_str text)
{
    if (text.len > PREFIX_MAX - sheet->prefix_len) {
        fail(sheet, text, BK_ERR_INTERNAL, "makes the prefix too long");
        return;
    }
    bk_str_copy(sheet->name + sheet->prefix_len, text);
    sheet->prefix_len += text.len;
}

void bk_prefix(struct bk_sheet *sheet, struct bk_str text)
{
    sheet->prefix_len = 0;
    prefix_add(sheet, text);
}

struct bk_str bk_digits(int64_t number, char (*space)[BK_DIGITS_SIZE])
{
    char *end = *space + sizeof *space, *at = end;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    return (struct bk_str){at, (size_t)(end - at)};
}

void bk_prefix_number(struct bk_sheet *sheet, int number, struct bk_str text_after)
{
    char space[BK_DIGITS_SIZE];
    prefix_add(sheet, bk_digits(number, &space));
    prefix_add(sheet, text_after);
}

/* Prefix and name in one; empty and failed when that is too long. */
static struct bk_str whole_name(struct bk_sheet *sheet, struct bk_str name)
{
    if (sheet->prefix_len == 0)
        return name;
    if (sheet->prefix_len + name.len > BK_PARAM_NAME_MAX) {
        fail(sheet, name, BK_ERR_INTERNAL, "is too long a name");
        return BK_STR_NONE;
    }
    bk_str_copy(sheet->name + sheet->prefix_len, name);
    return (struct bk_str){sheet->name, sheet->prefix_len + name.len};
}

void bk_sheet_fail_value(struct bk_sheet *sheet, struct bk_str name, struct bk_str value,
                         const char *what)
{
    const struct bk_fault fault = {whole_name(sheet, name), value, what, sheet->origin};
    if (sheet->tell_fault == NULL)
        fail(sheet, fault.name, BK_ERR_INVALID, what);
    else if (sheet->err == BK_OK)
        sheet->tell_fault(sheet->fault_context, &fault);
}

void bk_sheet_fail(struct bk_sheet *sheet, struct bk_str name, const char *what)
{
    bk_sheet_fail_value(sheet, name, BK_STR_NONE, what);
}

/* --- where parameters come from --------------------------------------------------------------- */

const struct bk_setting bk_settings_unset[BK_NEUTRAL_COUNT];

void bk_from_driver(struct bk_sheet *sheet)
{
    sheet->origin = (struct bk_origin){.kind = BK_ORIGIN_DRIVER};
}

void bk_from_setting(struct bk_sheet *sheet, const struct bk_setting *settings, enum bk_neutral id)
{
    sheet->origin =
        (struct bk_origin){.kind = BK_ORIGIN_SETTING, .layer = settings[id].layer, .id = (int)id};
}

void bk_from_line(struct bk_sheet *sheet, int index)
{
    sheet->origin = (struct bk_origin){.kind = BK_ORIGIN_LINE, .id = index};
}

void bk_from_key(struct bk_sheet *sheet, enum bk_panel panel, int module, int slot)
{
    sheet->origin =
        (struct bk_origin){.kind = BK_ORIGIN_KEY, .panel = panel, .module = module, .slot = slot};
}

/* --- parameters ------------------------------------------------------------------------------- */

static void tell(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    const struct bk_parameter parameter = {.name = name, .value = value, .origin = sheet->origin};
    sheet->list(sheet->list_context, &parameter);
}

/* A value that needs no check: a constant or a number of the driver. */
static void emit(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    if (sheet->err != BK_OK)
        return;
    name = whole_name(sheet, name);
    if (sheet->list != NULL)
        tell(sheet, name, value);
    else
        sheet->format->put(sheet, name, value);
}

void bk_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    const char *fault = NULL;
    if (value.len > 0 && sheet->err == BK_OK)
        fault = sheet->format->check_value(sheet->format, value);
    if (fault != NULL)
        bk_sheet_fail_value(sheet, name, value, fault);
    else
        emit(sheet, name, value);
}

void bk_put_int(struct bk_sheet *sheet, struct bk_str name, int64_t value)
{
    char space[BK_DIGITS_SIZE];
    emit(sheet, name, bk_digits(value, &space));
}

void bk_put_word(struct bk_sheet *sheet, struct bk_str name, const char *word)
{
    emit(sheet, name, bk_str_of(word));
}

void bk_put_empty(struct bk_sheet *sheet, struct bk_str name)
{
    emit(sheet, name, BK_STR_NONE);
}

void bk_put_setting(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                    enum bk_neutral id)
{
    bk_from_setting(sheet, settings, id);
    bk_put(sheet, name, settings[id].value.text);
}

void bk_put_choice(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                   enum bk_neutral id, const char *words)
{
    bk_from_setting(sheet, settings, id);
    struct bk_str rest = bk_str_of(words), word = BK_STR_NONE;
    if (settings[id].layer != BK_LAYER_NONE) {
        for (int64_t at = 0; at <= settings[id].value.number; at++)
            word = bk_str_cut(&rest, ' ');
    }
    emit(sheet, name, bk_str_eq(word, BK_STR("-")) ? BK_STR_NONE : word);
}

void bk_put_secret(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                   enum bk_neutral id)
{
    bk_from_setting(sheet, settings, id);
    if (settings[id].value.text.len > 0)
        bk_put(sheet, name, settings[id].value.text);
    else
        bk_put_kept(sheet, name);
}

void bk_put_beside_secret(struct bk_sheet *sheet, struct bk_str name,
                          const struct bk_setting *settings, enum bk_neutral id, const char *word)
{
    bk_from_setting(sheet, settings, id);
    if (settings[id].value.text.len > 0)
        bk_put_word(sheet, name, word);
    else
        bk_put_kept(sheet, name);
}

void bk_put_kept(struct bk_sheet *sheet, struct bk_str name)
{
    const struct bk_parameter parameter = {
        .name = whole_name(sheet, name), .origin = sheet->origin, .is_kept = true};
    if (sheet->list != NULL && sheet->err == BK_OK)
        sheet->list(sheet->list_context, &parameter);
}

void bk_put_lost(struct bk_sheet *sheet, struct bk_str what)
{
    const struct bk_parameter parameter = {.name = what, .origin = sheet->origin, .is_lost = true};
    if (sheet->list != NULL && sheet->err == BK_OK)
        sheet->list(sheet->list_context, &parameter);
}

void bk_put_lost_keys(struct bk_sheet *sheet, const struct bk_phone *phone, unsigned panels,
                      int slot_min)
{
    for (size_t i = 0; i < phone->key_count; i++) {
        const struct bk_phone_key *key = &phone->keys[i];
        if (key->kind == BK_KEY_NONE || (panels >> key->panel & 1) == 0 || key->slot < slot_min)
            continue;
        bk_from_key(sheet, key->panel, key->module, key->slot);
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    }
    bk_from_driver(sheet);
}

void bk_put_raws_if(struct bk_sheet *sheet, const struct bk_file *file,
                    bool (*is_wanted)(struct bk_str name))
{
    const struct bk_phone *phone = file->phone;
    bk_prefix(sheet, BK_STR_NONE);
    for (size_t i = 0; i < phone->raw_count; i++) {
        const struct bk_raw *raw = &phone->raws[i];
        bool is_name = sheet->format->is_name(raw->name);
        if (is_name && is_wanted != NULL && !is_wanted(raw->name))
            continue;
        if (bk_is_reserved(file->vendor, raw->name))
            continue; /* vendor.h: the driver's own value stands */
        sheet->origin = (struct bk_origin){.kind = BK_ORIGIN_RAW, .layer = raw->layer};
        if (is_name)
            bk_put(sheet, raw->name, raw->value);
        else
            bk_sheet_fail(sheet, BK_STR("raw parameter"), sheet->format->name_rule);
    }
    bk_from_driver(sheet);
}

void bk_put_raws(struct bk_sheet *sheet, const struct bk_file *file)
{
    bk_put_raws_if(sheet, file, NULL);
}

/* ASCII from blank to tilde, eight bytes at a time. */
static bool is_printable(struct bk_str text)
{
    const uint64_t ones = 0x0101010101010101u, highs = ones << 7;
    uint64_t odd = 0, eight;
    size_t i = 0;
    for (; i + sizeof eight <= text.len; i += sizeof eight) {
        memcpy(&eight, text.ptr + i, sizeof eight);
        odd |= eight | (eight - ' ' * ones) | (eight + ones); /* a high bit: below, above, DEL */
    }
    for (; i < text.len; i++)
        odd |= text.ptr[i] < ' ' || text.ptr[i] > '~' ? highs : 0;
    return (odd & highs) == 0;
}

const char *bk_value_fault(struct bk_str value)
{
    if (value.len > BK_PARAM_VALUE_MAX)
        return "is longer than 1024 bytes";
    if (!is_printable(value)) { /* the common case is settled without decoding */
        if (!bk_str_is_utf8(value))
            return "is no valid UTF-8";
        if (bk_str_has_control(value))
            return "holds a control character, a line separator or a byte order mark";
    }
    if (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' '))
        return "begins or ends with a blank";
    return NULL;
}

/* --- a file ----------------------------------------------------------------------------------- */

#define FIRST_BYTES ((size_t)32 * 1024) /* more than most files have */

static void run(struct bk_sheet *sheet, const struct bk_file *file)
{
    if (sheet->format->lines != NULL)
        bk_lines_prepare(sheet);
    bk_from_driver(sheet);
    if (sheet->format->begin != NULL)
        sheet->format->begin(sheet, file);
    file->vendor->fill(sheet, file);
    bk_prefix(sheet, BK_STR_NONE);
    if (sheet->format->end != NULL)
        sheet->format->end(sheet, file);
}

static struct bk_file file_of(const struct bk_vendor *vendor, const struct bk_phone *phone,
                              const struct bk_model *model, const struct bk_file_request *request)
{
    return (struct bk_file){
        .vendor = vendor,
        .phone = phone,
        .model = model != NULL ? model : bk_model_largest(vendor),
        .is_model_known = model != NULL,
        .request = *request,
    };
}

static enum bk_err form_of(const struct bk_file *file, const struct bk_format **ret_format,
                           struct bk_detail *ret_detail)
{
    *ret_format = file->vendor->form(file);
    if (*ret_format != NULL)
        return BK_OK;
    bk_detail_set(ret_detail, "%s: no %s file is served", file->vendor->title,
                  bk_file_kind_name(file->request.kind));
    return BK_ERR_NOT_FOUND;
}

enum bk_err bk_vendor_render(const struct bk_vendor *vendor, const struct bk_phone *phone,
                             const struct bk_model *model, const struct bk_file_request *request,
                             struct bk_buf *out, const char **ret_content_type,
                             struct bk_detail *ret_detail)
{
    const struct bk_file file = file_of(vendor, phone, model, request);
    const struct bk_format *format;
    enum bk_err err = form_of(&file, &format, ret_detail);
    if (err != BK_OK)
        return err;

    struct bk_sheet sheet = {.format = format, .detail = ret_detail, .out = out};
    size_t begin = out->len;
    bk_notes_init(&sheet.notes);
    bk_buf_reserve(out, FIRST_BYTES);
    run(&sheet, &file);
    if (sheet.err == BK_OK)
        sheet.err = out->err;
    if (sheet.err == BK_OK)
        sheet.err = sheet.notes.bytes.err;
    if (sheet.err == BK_OK) {
        struct bk_str text = {out->ptr + begin, out->len - begin};
        if (format->lines != NULL)
            bk_lines_check(&sheet, text);
        else
            bk_xml_check(&sheet, text);
    }
    bk_notes_deinit(&sheet.notes);
    if (sheet.err == BK_ERR_TOO_LARGE)
        bk_detail_set(ret_detail, "the file is larger than %zu bytes", out->len_max);
    if (sheet.err != BK_OK)
        bk_buf_clear(out);
    else if (ret_content_type != NULL)
        *ret_content_type = format->content_type;
    return sheet.err;
}

enum bk_err bk_vendor_list(const struct bk_vendor *vendor, const struct bk_phone *phone,
                           const struct bk_model *model, const struct bk_file_request *request,
                           bk_list_fn *list, void *context, struct bk_detail *ret_detail)
{
    const struct bk_file file = file_of(vendor, phone, model, request);
    const struct bk_format *format;
    enum bk_err err = form_of(&file, &format, ret_detail);
    if (err != BK_OK)
        return err;
    struct bk_sheet sheet = {
        .format = format, .detail = ret_detail, .list = list, .list_context = context};
    run(&sheet, &file);
    return sheet.err;
}

enum bk_err bk_vendor_faults_of_file(const struct bk_vendor *vendor, const struct bk_phone *phone,
                                     const struct bk_model *model,
                                     const struct bk_file_request *request, struct bk_buf *scratch,
                                     bk_fault_fn *tell_fault, void *context,
                                     struct bk_detail *ret_detail)
{
    const struct bk_file file = file_of(vendor, phone, model, request);
    const struct bk_format *format;
    enum bk_err err = form_of(&file, &format, ret_detail);
    if (err != BK_OK)
        return err;
    struct bk_sheet sheet = {.format = format,
                             .detail = ret_detail,
                             .out = scratch,
                             .tell_fault = tell_fault,
                             .fault_context = context};
    bk_notes_init(&sheet.notes);
    run(&sheet, &file);
    bk_notes_deinit(&sheet.notes);
    bk_buf_clear(scratch);
    return sheet.err;
}
