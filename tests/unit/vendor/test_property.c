/*
 * Random phones of every maker, with values that mean something in some format: a file is written
 * whole or refused with a reason, is the same each time, and read by itself gives exactly the
 * parameters that are listed. Seeds are fixed, and told when something fails.
 */
#include "harness/test.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/zone.h"
#include "vendor/format/lines.h"
#include "vendor/format/xml.h"
#include "vendor/vendor.h"

#define PHONES_A_MAKER 60
#define LINE_COUNT_MAX 6
#define KEY_COUNT_MAX 20
#define TEXT_SPACE (64 * 1024)

/* --- random values ---------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t random_below(uint32_t bound) /* xorshift64* */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * 2685821657736338717u) >> 33) % bound;
}

static bool chance(uint32_t percent)
{
    return random_below(100) < percent;
}

static char space[TEXT_SPACE];
static size_t space_used;

static struct bk_str keep(const char *text, size_t len)
{
    assert_true(len <= sizeof space - space_used);
    struct bk_str kept = {space + space_used, len};
    memcpy(space + space_used, text, len);
    space_used += len;
    return kept;
}

/* Pieces that end, open or comment something in one format or another. */
static struct bk_str hostile_text(size_t len_max)
{
    static const char *const pieces[] = {
        "a",  "B",   "7", "Anna", " ",    "\"",  "'",   "<",      ">",       "&", "&amp;", "%",
        "%s", "#",   ";", "=",    ":",    "\\",  "{",   "}",      "[",       "]", "|",     "$MAC",
        "ß",  "Zoë", "📞", "</a>", "<!--", "-->", "]]>", "%NULL%", "SET X y", "^", "!",     ","};
    char text[512];
    size_t len = 0;
    size_t want = 1 + random_below(chance(10) ? 300 : 12);
    while (len < want && len < len_max) {
        const char *piece = pieces[random_below(BK_COUNT(pieces))];
        size_t piece_len = strlen(piece);
        if (len + piece_len > sizeof text || len + piece_len > len_max)
            break;
        memcpy(text + len, piece, piece_len);
        len += piece_len;
    }
    return bk_str_trim(keep(text, len));
}

/* Mostly what people type, so that most files can be written. */
static struct bk_str text_of(size_t len_max)
{
    static const char *const plain[] = {"1001", "Anna Beispiel", "Empfang 2", "k3-9_x.Y", "x"};
    if (chance(75)) {
        const char *text = plain[random_below(BK_COUNT(plain))];
        return bk_str_of(text);
    }
    return hostile_text(len_max);
}

static struct bk_str number_text(int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    return keep(text, (size_t)len);
}

/* A word of the row, or several of a list. */
static struct bk_str words_of(const struct bk_option *option)
{
    char text[256];
    size_t len = 0, words = 0;
    struct bk_str rest = bk_str_of(option->words);
    size_t count_max = option->type == BK_T_LIST ? (size_t)option->max : 1;
    while (rest.len > 0 && words < count_max) {
        struct bk_str word = bk_str_cut(&rest, ' ');
        if (!chance(40) && !(words == 0 && rest.len == 0))
            continue;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", words > 0 ? "," : "",
                                BK_STR_ARG(word));
        words++;
    }
    return keep(text, len);
}

static struct bk_str setting_text(enum bk_neutral id)
{
    static const char *const candidates[] = {"https://h.example/a.b",
                                             "http://h.example:8080/x?a=1&b=2",
                                             "de",
                                             "DE",
                                             "02:30",
                                             "*97",
                                             "log.example:1514",
                                             "h.example",
                                             "dc=example,dc=org",
                                             "secret-12345"};
    const struct bk_option *option = &bk_neutral_options[id];
    if (id == BK_NEUTRAL_TIME_ZONE)
        return bk_str_of(bk_zone_table[random_below((uint32_t)bk_zone_count)].name);
    if (id == BK_NEUTRAL_TIME_NTP)
        return BK_STR("ntp1.example,192.0.2.7");
    if (option->type == BK_T_INT)
        return number_text(option->min +
                           (int64_t)random_below((uint32_t)(option->max - option->min + 1)));
    if (option->type == BK_T_BOOL)
        return chance(50) ? BK_STR("yes") : BK_STR("no");
    if (option->words != NULL)
        return words_of(option);
    return bk_str_of(candidates[random_below(BK_COUNT(candidates))]);
}

/* What an admin could have written: whatever the checks refuse is not set. */
static void set_settings(struct bk_setting *settings, enum bk_layer layer, uint32_t percent)
{
    for (int id = 0; id < BK_NEUTRAL_COUNT; id++) {
        struct bk_option_value value;
        if (chance(percent) &&
            bk_neutral_check((enum bk_neutral)id, setting_text((enum bk_neutral)id), &value,
                             NULL) == BK_OK)
            settings[id] = (struct bk_setting){value, layer};
    }
}

static struct bk_pbx_side pbx_of(void)
{
    struct bk_pbx_side pbx = {
        .domain = chance(50) ? BK_STR("pbx.example") : BK_STR("tenant.example"),
        .registrar_count = random_below(BK_SERVER_MAX + 1),
        .proxy_count = random_below(BK_SERVER_MAX + 1),
        .transport = (enum bk_transport)random_below(chance(10) ? 4 : 3),
        .srtp = (enum bk_srtp)random_below(chance(20) ? 3 : 2),
    };
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        pbx.registrars[i] = (struct bk_sip_server){BK_STR("reg.example"),
                                                   chance(50) ? 0 : 5000 + (int)random_below(999)};
        pbx.proxies[i] = (struct bk_sip_server){BK_STR("192.0.2.9"), chance(50) ? 0 : 5080};
    }
    return pbx;
}

static struct bk_line lines[LINE_COUNT_MAX];
static struct bk_phone_key keys[KEY_COUNT_MAX];

static struct bk_phone phone_of(const struct bk_model *model)
{
    struct bk_phone phone = {.mac = {{0, 0x11, 0x22, 0x33, 0x44, (uint8_t)random_below(256)}},
                             .provisioning_url = BK_STR("https://p.example/k7Qm2"),
                             .lines = lines,
                             .keys = keys};
    space_used = 0;
    set_settings(phone.settings, BK_LAYER_TENANT, random_below(100));
    const struct bk_pbx_side pbx = pbx_of();
    int line_count = (int)random_below((uint32_t)(model->line_count < 2 ? 2 : 4));
    for (int i = 0; i < line_count && i < LINE_COUNT_MAX; i++) {
        lines[i] = (struct bk_line){.index = i + 1,
                                    .number = text_of(64),
                                    .label = text_of(64),
                                    .display_name = text_of(128),
                                    .auth_id = chance(50) ? text_of(64) : BK_STR_NONE,
                                    .secret = text_of(128),
                                    .is_shared = chance(20),
                                    .pbx = chance(90) ? pbx : pbx_of()};
        memcpy(lines[i].settings, phone.settings, sizeof phone.settings);
        set_settings(lines[i].settings, BK_LAYER_LINE, 5);
        phone.line_count++;
    }
    int slot = 0;
    for (int i = 0; i < KEY_COUNT_MAX && slot < 40; i++) {
        slot += 1 + (int)random_below(3);
        keys[i] = (struct bk_phone_key){.panel = BK_PANEL_LINE,
                                        .slot = slot,
                                        .kind = (enum bk_key_kind)random_below(BK_KEY_KIND_COUNT),
                                        .line = (int)random_below(3),
                                        .value = text_of(128),
                                        .label = text_of(64),
                                        .extension = chance(20) ? text_of(64) : BK_STR_NONE};
        phone.key_count++;
    }
    return phone;
}

/* --- reading a file by itself ----------------------------------------------------------------- */

struct reading {
    const struct bk_lines *lines; /* NULL: XML */
    struct bk_str rest;           /* of lines */
    const struct bk_xml_tokens *tokens;
    size_t at; /* of tokens */
    size_t found;
};

/* The next line that is a parameter of this name has this value; lines between are the format's. */
static bool has_line(struct reading *reading, const struct bk_parameter *parameter)
{
    struct bk_str value = parameter->value, name, got;
    if (value.len == 0)
        value = bk_str_of(reading->lines->empty);
    while (reading->rest.len > 0) {
        struct bk_str line = bk_str_cut(&reading->rest, '\n');
        /* A format may write a part of a name alone ("MODULE/Name"). */
        if (bk_lines_parse(reading->lines, line, &name, &got) && bk_str_eq(got, value) &&
            bk_str_ends(parameter->name, name))
            return true;
    }
    return false;
}

/* The value stands in a token, behind those of the parameters before it. */
static bool has_token(struct reading *reading, const struct bk_parameter *parameter)
{
    if (parameter->value.len == 0)
        return true;
    for (; reading->at < reading->tokens->count; reading->at++) {
        if (bk_str_eq(reading->tokens->rows[reading->at].value, parameter->value)) {
            reading->at++;
            return true;
        }
    }
    return false;
}

static void look_for(void *context, const struct bk_parameter *parameter)
{
    struct reading *reading = context;
    if (parameter->is_kept || parameter->is_lost)
        return;
    reading->found++;
    bool is_there =
        reading->lines != NULL ? has_line(reading, parameter) : has_token(reading, parameter);
    if (!is_there)
        fail_msg("%.*s is listed as \"%.*s\", and not in the file", BK_STR_ARG(parameter->name),
                 BK_STR_ARG(parameter->value));
}

static void check_reading(const struct bk_vendor *vendor, const struct bk_phone *phone,
                          const struct bk_model *model, const struct bk_file_request *request,
                          struct bk_str text)
{
    const struct bk_file file = {vendor, phone, model, true, *request};
    struct reading reading = {.lines = vendor->form(&file)->lines, .rest = text};
    struct bk_xml_tokens tokens = {0};
    if (reading.lines == NULL) {
        assert_int_equal(bk_xml_read(text, &tokens, NULL), BK_OK);
        reading.tokens = &tokens;
    }
    assert_int_equal(bk_vendor_list(vendor, phone, model, request, look_for, &reading, NULL),
                     BK_OK);
    if (reading.lines == NULL)
        bk_xml_tokens_free(&tokens);
}

/* --- the property ----------------------------------------------------------------------------- */

/* True: a file was written. */
static bool try_file(const struct bk_vendor *vendor, const struct bk_phone *phone,
                     const struct bk_model *model, enum bk_file_kind kind)
{
    const struct bk_file_request request = {.kind = kind, .has_mac = true};
    struct bk_detail detail = {{0}};
    struct bk_buf out, again;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    bk_buf_init_secret(&again, BK_FILE_SIZE_MAX);
    enum bk_err err = bk_vendor_render(vendor, phone, model, &request, &out, NULL, &detail);
    if (err != BK_OK && err != BK_ERR_NOT_FOUND && err != BK_ERR_INVALID)
        fail_msg("%s, %s: error %d: %s", vendor->name, bk_file_kind_name(kind), (int)err,
                 detail.text);
    assert_int_equal(out.len > 0, err == BK_OK);
    assert_true(err == BK_OK || strlen(detail.text) > 5);
    if (err == BK_OK) {
        assert_int_equal(bk_vendor_render(vendor, phone, model, &request, &again, NULL, NULL),
                         BK_OK);
        assert_true(bk_str_eq(bk_buf_str(&out), bk_buf_str(&again)));
        check_reading(vendor, phone, model, &request, bk_buf_str(&out));
    }
    bk_buf_deinit(&out);
    bk_buf_deinit(&again);
    return err == BK_OK;
}

static void a_random_phone_gets_what_is_listed_or_a_reason(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *at = bk_vendors(); *at != NULL; at++) {
        size_t written = 0;
        for (uint64_t i = 1; i <= PHONES_A_MAKER; i++) {
            seed = i * 0x9e3779b97f4a7c15u;
            const struct bk_model *model = bk_model_at(*at, random_below(8));
            if (model == NULL || model->line_count == 0)
                model = bk_model_largest(*at);
            const struct bk_phone phone = phone_of(model);
            bool is_written = false;
            for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
                bool is_one = try_file(*at, &phone, model, (enum bk_file_kind)kind);
                is_written = is_written || (kind == BK_FILE_DEVICE && is_one);
            }
            written += is_written;
        }
        print_message("  %s: %zu of %d phones got their own file\n", (*at)->name, written,
                      PHONES_A_MAKER);
        assert_true(written >= 5); /* or the property says nothing */
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_phone_gets_what_is_listed_or_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
