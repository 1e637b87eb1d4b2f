/*
 * Random phones of every maker (property_phone.c). Whatever is asked for one:
 *
 *     a file is written whole or refused; a refusal names the parameter or the setting
 *     it is the same each time
 *     the names and values that a reader of the test's own finds in it (property_read.h) are those
 *     that bk_vendor_list tells, in the same order, and nothing else stands in the file
 *     a phone to which nobody gave anything has all the same parameters, emptied or kept (rule 11
 *     of docs/rules.md), but raw ones
 *     what was given to a line or a key stands in the phone's own file, or is told as lost
 *     no name stands twice, no raw parameter in a reserved one's place, no IPv6 address beside
 *     something else without its brackets, and a bootstrap holds nothing but the driver's own
 *
 * It does not see whether a driver puts the right value behind a name: list and file come from the
 * same function. Golden files do.
 *
 * Phones are numbered, and the number is the seed. A failure tells the maker and the number:
 *     BECKON_PROPERTY="mitel 17" build/dev/bin/test_property      that phone again
 *     BECKON_PROPERTY="mitel 1000 50000"                          50,000 others, from the 1000th
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "property.h"
#include "property_phone.h"
#include "property_read.h"
#include "vendor/files.h"

#define PHONES_A_MAKER 300
#define WRITTEN_PERCENT_MIN 30
/* Values with a character that means something in some format, in all files of a maker. */
#define HOSTILE_MIN 100

struct trial now;

static size_t hostile_values;
static struct pairs listed, found;

void give_up(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail_msg("%s file of %s %llu (model %.*s): %s\nagain: BECKON_PROPERTY=\"%s %llu\" "
             "build/dev/bin/test_property",
             now.kind, now.vendor->name, (unsigned long long)now.number,
             BK_STR_ARG(now.model != NULL ? now.model->name : BK_STR("unknown")), text,
             now.vendor->name, (unsigned long long)now.number);
}

/* --- pairs ------------------------------------------------------------------------------------ */

void pairs_clear(struct pairs *pairs)
{
    pairs->count = pairs->used = 0;
}

void pairs_add(struct pairs *pairs, struct bk_str value, const char *name, ...)
{
    char *text = pairs->text + pairs->used;
    size_t room = sizeof pairs->text - pairs->used;
    va_list args;
    va_start(args, name);
    int name_len = vsnprintf(text, room, name, args);
    va_end(args);
    assert_true(name_len >= 0 && (size_t)name_len + value.len < room && pairs->count < PAIR_MAX);
    if (value.len > 0)
        memcpy(text + name_len, value.ptr, value.len);
    pairs->rows[pairs->count].name = (struct bk_str){text, (size_t)name_len};
    pairs->rows[pairs->count++].value = (struct bk_str){text + name_len, value.len};
    pairs->used += (size_t)name_len + value.len;
}

static bool is_hostile(struct bk_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < ' ' || value.ptr[i] > '~' || strchr("\"'<>&%#;=\\$[]{}", value.ptr[i]))
            return true;
    }
    return false;
}

/* Alone, or in brackets: else it cannot be told from a port. */
static bool has_bare_ipv6(struct bk_str value)
{
    const struct bk_str host = BK_STR(IPV6_HOST);
    for (size_t i = 0; i + host.len <= value.len; i++) {
        if (bk_str_starts(bk_str_slice(value, i, value.len), host) && value.len > host.len &&
            (i == 0 || value.ptr[i - 1] != '['))
            return true;
    }
    return false;
}

static void on_listed(void *context, const struct bk_parameter *parameter)
{
    (void)context;
    if (parameter->is_kept || parameter->is_lost)
        return; /* they say that something is not in the file */
    if (bk_str_eq(parameter->value, BK_STR(RESERVED_VALUE)))
        give_up("%.*s is reserved, and set raw", BK_STR_ARG(parameter->name));
    if (now.phone->is_bootstrap && parameter->origin.kind != BK_ORIGIN_DRIVER)
        give_up("%.*s stands in a bootstrap", BK_STR_ARG(parameter->name));
    if (has_bare_ipv6(parameter->value))
        give_up("%.*s: \"%.*s\" is no address", BK_STR_ARG(parameter->name),
                BK_STR_ARG(parameter->value));
    hostile_values += is_hostile(parameter->value);
    pairs_add(&listed, parameter->value, "%.*s", BK_STR_ARG(parameter->name));
}

/* --- what stands in it ------------------------------------------------------------------------ */

static void require_same(void)
{
    for (size_t i = 0; i < listed.count && i < found.count; i++) {
        if (!bk_str_eq(listed.rows[i].name, found.rows[i].name) ||
            !bk_str_eq(listed.rows[i].value, found.rows[i].value))
            give_up("parameter %zu is listed as %.*s \"%.*s\", and stands as %.*s \"%.*s\"", i + 1,
                    BK_STR_ARG(listed.rows[i].name), BK_STR_ARG(listed.rows[i].value),
                    BK_STR_ARG(found.rows[i].name), BK_STR_ARG(found.rows[i].value));
    }
    if (listed.count > found.count)
        give_up("%.*s is listed, and not in the file", BK_STR_ARG(listed.rows[found.count].name));
    if (found.count > listed.count)
        give_up("%.*s is in the file, and not listed", BK_STR_ARG(found.rows[listed.count].name));
}

/* --- one file --------------------------------------------------------------------------------- */

static void require_written(const struct bk_file_request *request, struct bk_str text)
{
    const struct bk_file file = {
        .vendor = now.vendor,
        .phone = now.phone,
        .model = now.model != NULL ? now.model : bk_model_largest(now.vendor),
        .is_model_known = now.model != NULL,
        .request = *request,
    };
    read_fn *read = lines_reader_of(now.vendor);
    struct bk_detail why = {{0}};
    if (read == NULL)
        read = xml_reader_of(now.vendor);
    if (read == NULL)
        give_up("no reader: write one in property_lines.c or property_xml.c");
    pairs_clear(&listed);
    pairs_clear(&found);
    if (bk_vendor_list(now.vendor, now.phone, now.model, request, on_listed, NULL, &why) != BK_OK)
        give_up("is written, and not listed: %s", why.text);
    if (!read(&file, text, &found, &why))
        give_up("%s", why.text);
    require_same();
    require_names_once(&found);
    require_emptied(request);
    require_told(request);
}

/* "sip.u1.user: holds a quote": a parameter, or what of a PBX or a device cannot be had. */
static bool names_its_cause(const struct bk_detail *detail)
{
    static const char *const others[] = {"SRTP", "accounts"};
    const struct bk_str text = bk_str_of(detail->text);
    for (size_t i = 1; i + 5 < text.len; i++) {
        struct bk_str name = bk_str_slice(text, 0, i);
        if (text.ptr[i] != ':' || text.ptr[i + 1] != ' ')
            continue;
        if (bk_is_reserved(now.vendor, name))
            return true;
        for (size_t k = 0; k < now.phone->raw_count; k++) {
            if (bk_str_eq(name, now.phone->raws[k].name))
                return true;
        }
        for (size_t k = 0; k < BK_COUNT(others); k++) {
            if (bk_str_eq(name, bk_str_of(others[k])))
                return true;
        }
    }
    return false;
}

static void ignore(void *context, const struct bk_parameter *parameter)
{
    (void)context;
    (void)parameter;
}

static enum bk_err try_file(const struct bk_file_request *request)
{
    struct bk_detail detail = {{0}};
    struct bk_buf out, again;
    now.kind = bk_file_kind_name(request->kind);
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    bk_buf_init_secret(&again, BK_FILE_SIZE_MAX);
    enum bk_err err =
        bk_vendor_render(now.vendor, now.phone, now.model, request, &out, NULL, &detail);
    if ((out.len > 0) != (err == BK_OK))
        give_up("%s, with %zu bytes", bk_err_name(err), out.len);
    if (err == BK_OK) {
        if (bk_vendor_render(now.vendor, now.phone, now.model, request, &again, NULL, NULL) !=
                BK_OK ||
            !bk_str_eq(bk_buf_str(&out), bk_buf_str(&again)))
            give_up("is another one the second time");
        require_written(request, bk_buf_str(&out));
    } else if (err == BK_ERR_INVALID) {
        if (!names_its_cause(&detail))
            give_up("is refused, and names no parameter: %s", detail.text);
        if (bk_vendor_list(now.vendor, now.phone, now.model, request, ignore, NULL, NULL) != err)
            give_up("is refused, and listed: %s", detail.text);
    } else if (err != BK_ERR_NOT_FOUND && err != BK_ERR_TOO_LARGE) {
        give_up("%s: %s", bk_err_name(err), detail.text);
    }
    bk_buf_deinit(&out);
    bk_buf_deinit(&again);
    return err;
}

/* --- all files of a phone --------------------------------------------------------------------- */

/* Those that it asks for by name, then the kinds that are left, as if they had been asked for.
 * True: the phone's own was written. */
static bool try_files(void)
{
    static const struct bk_str codes[] = {{NULL, 0}, {"83", 2}, {"000000000096", 12}};
    bool is_tried[BK_FILE_KIND_COUNT] = {false}, is_written = false;
    for (const char *const *pattern = now.vendor->files; *pattern != NULL; pattern++) {
        char name[BK_FILE_NAME_SIZE];
        struct bk_file_request request;
        if (!bk_file_name_print(*pattern, &now.phone->mac, now.model, &name))
            continue;
        now.kind = *pattern;
        if (!bk_file_find(now.vendor, &now.phone->mac, bk_str_of(name), &request))
            give_up("%s is not found by its own name", name);
        bool is_one = try_file(&request) == BK_OK;
        is_written = is_written || (is_one && is_own_file(&request));
        is_tried[request.kind] = true;
    }
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {
            .kind = (enum bk_file_kind)kind, .has_mac = true, .model_code = codes[random_below(3)]};
        if (!is_tried[kind])
            (void)try_file(&request);
    }
    return is_written;
}

static void try_maker(const struct bk_vendor *vendor, uint64_t first, uint64_t count)
{
    uint64_t written = 0, model_count = 0;
    while (bk_model_at(vendor, model_count) != NULL)
        model_count++;
    hostile_values = 0;
    for (uint64_t number = first; number < first + count; number++) {
        struct bk_arena *arena = bk_arena_new();
        random_start(number);
        const struct bk_model *model =
            random_chance(15) ? NULL : bk_model_at(vendor, random_below((uint32_t)model_count));
        const struct bk_phone phone = random_phone(arena, vendor, model);
        now.vendor = vendor;
        now.phone = &phone;
        now.model = model;
        now.number = number;
        written += try_files();
        bk_arena_free(arena);
    }
    print_message("  %s: %llu of %llu phones got their own file, %zu hostile values in all\n",
                  vendor->name, (unsigned long long)written, (unsigned long long)count,
                  hostile_values);
    if (count >= PHONES_A_MAKER) { /* else the property would say nothing */
        assert_true(written * 100 >= WRITTEN_PERCENT_MIN * count);
        assert_true(hostile_values >= HOSTILE_MIN);
    }
}

static void a_file_holds_what_is_listed_and_nothing_else(void **state)
{
    char maker[32] = "";
    unsigned long long first = 0, count = PHONES_A_MAKER;
    const char *wish = getenv("BECKON_PROPERTY");
    (void)state;
    if (wish != NULL) {
        int words = sscanf(wish, "%31s %llu %llu", maker, &first, &count);
        assert_true(words >= 2);
        count = words == 2 ? 1 : count;
    }
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *at = bk_vendors(); *at != NULL; at++) {
        if (wish == NULL || strcmp(maker, "all") == 0 || strcmp(maker, (*at)->name) == 0)
            try_maker(*at, first, count);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_what_is_listed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
