/*
 * Phones at the edge of what can be stored: as many lines and keys as there may be, rows of models
 * that have none, long texts; and what a driver was given and has no parameter for, which it tells.
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "vendor/vendor.h"

#define TEXT_LEN 300

static struct bk_line lines[BK_LINE_MAX];
static struct bk_phone_key keys[BK_PHONE_KEY_MAX];

static const struct {
    const char *label;
    struct bk_model model;
    bool is_known;
} models[] = {
    {"of no known model", {.line_count = 0}, false},
    {"without lines and keys", {.name = {"NONE", 4}}, true},
    {"of one line and key", {.name = {"ONE", 3}, .line_count = 1, .key_count = 1}, true},
    {"of many keys",
     {.name = {"ALL", 3},
      .line_count = 3,
      .key_count = 512,
      .programmable_count = 64,
      .module_count = 6,
      .module_key_count = 60},
     true},
};

/* What stands in all texts of a phone; a format may refuse it, in words. */
static const char *const texts[] = {"a", "📞", "ä", "%", "$", "<", "'", ";", ""};

static struct bk_str repeat(const char *piece, char (*space)[TEXT_LEN + 8])
{
    size_t len = 0, step = strlen(piece);
    for (; step > 0 && len + step <= TEXT_LEN; len += step)
        memcpy(*space + len, piece, step);
    return (struct bk_str){*space, len};
}

static struct bk_phone phone_of(struct bk_str text)
{
    memset(lines, 0, sizeof lines);
    memset(keys, 0, sizeof keys);
    for (int i = 0; i < BK_LINE_MAX; i++) {
        lines[i].index = i + 1;
        lines[i].label = lines[i].display_name = lines[i].number = text;
        lines[i].auth_id = lines[i].secret = text;
        lines[i].is_shared = true;
        lines[i].pbx.domain = BK_STR("pbx.example");
    }
    for (int i = 0; i < BK_PHONE_KEY_MAX; i++) {
        keys[i].slot = i + 1;
        keys[i].kind = (enum bk_key_kind)(i % BK_KEY_KIND_COUNT);
        keys[i].line = i % 17;
        keys[i].value = keys[i].label = keys[i].extension = text;
    }
    return (struct bk_phone){.mac = {{0x02, 0, 0, 0, 0, 1}},
                             .provisioning_url = BK_STR("https://p.example/k"),
                             .lines = lines,
                             .line_count = 3,
                             .keys = keys,
                             .key_count = BK_PHONE_KEY_MAX};
}

/* Written or refused in words; it may not be there. Nothing of half a file is left. */
static void check_file(const struct bk_vendor *vendor, const struct bk_phone *phone,
                       const struct bk_model *model, enum bk_file_kind kind)
{
    const struct bk_file_request request = {.kind = kind, .has_mac = true};
    struct bk_detail detail = {{0}};
    struct bk_buf out;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    enum bk_err err = bk_vendor_render(vendor, phone, model, &request, &out, NULL, &detail);
    if (err == BK_OK)
        assert_true(phone->is_bootstrap || out.len > 0);
    else if (err != BK_ERR_NOT_FOUND && err != BK_ERR_INVALID && err != BK_ERR_TOO_LARGE)
        fail_msg("%s, %s: %s", vendor->name, bk_file_kind_name(kind), detail.text);
    if (err != BK_OK) {
        assert_int_equal(out.len, 0);
        assert_true(detail.text[0] != '\0');
    }
    bk_buf_deinit(&out);
}

static void every_maker_bears_the_largest_phone(void **state)
{
    (void)state;
    char space[TEXT_LEN + 8];
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        for (size_t i = 0; i < BK_COUNT(models) * BK_COUNT(texts); i++) {
            struct bk_phone phone = phone_of(repeat(texts[i % BK_COUNT(texts)], &space));
            const size_t at = i / BK_COUNT(texts);
            const struct bk_model *model = models[at].is_known ? &models[at].model : NULL;
            for (int kind = BK_FILE_BOOT; kind < BK_FILE_KIND_COUNT; kind++) {
                check_file(*vendor, &phone, model, (enum bk_file_kind)kind);
                phone.is_bootstrap = true;
                check_file(*vendor, &phone, model, (enum bk_file_kind)kind);
                phone.is_bootstrap = false;
            }
        }
    }
    bk_vendors_deinit();
}

static void a_phone_with_nothing_is_written(void **state)
{
    (void)state;
    const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        for (size_t at = 0; at < BK_COUNT(models); at++) {
            const struct bk_model *model = models[at].is_known ? &models[at].model : NULL;
            size_t written = 0;
            print_message("  %s, %s\n", (*vendor)->name, models[at].label);
            for (int kind = BK_FILE_BOOT; kind < BK_FILE_KIND_COUNT; kind++) {
                const struct bk_file_request request = {.kind = (enum bk_file_kind)kind,
                                                        .has_mac = true};
                struct bk_detail detail = {{0}};
                struct bk_buf out;
                bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
                enum bk_err err =
                    bk_vendor_render(*vendor, &phone, model, &request, &out, NULL, &detail);
                if (err != BK_OK && err != BK_ERR_NOT_FOUND)
                    fail_msg("%s: %s", bk_file_kind_name(request.kind), detail.text);
                written += err == BK_OK;
                bk_buf_deinit(&out);
            }
            assert_true(written > 0);
        }
    }
    bk_vendors_deinit();
}

/* --- what is told as lost --------------------------------------------------------------------- */

static const struct {
    const char *vendor, *lost; /* of the phone below, in the order they are told */
} tellers[] = {
    {"algo", "second NTP server|SRTP|shared line|label of a line|label of a line|display name of "
             "an alert|third account|"
             "blf|"},
    {"avaya", "SRTP|shared line|label of a line|second account|second account|"
              "extension of a key|"},
    {"dinstar", "shared line|label of a line|SRTP|label of a line|SRTP|label of a line|SRTP|blf|"},
};

static void add_lost(void *context, const struct bk_parameter *parameter)
{
    char *text = context;
    size_t len = strlen(text);
    if (parameter->is_lost)
        snprintf(text + len, 512 - len, "%.*s|", BK_STR_ARG(parameter->name));
}

static void what_has_no_parameter_is_told(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(tellers); i++) {
        struct bk_phone phone = phone_of(BK_STR("7"));
        const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
        char lost[512] = "";
        phone.settings[BK_NEUTRAL_TIME_NTP] =
            (struct bk_setting){{.text = BK_STR("a.example,b.example")}, BK_LAYER_TENANT};
        phone.line_count = 3;
        phone.key_count = 1;
        keys[0].kind = BK_KEY_BLF;
        lines[1].is_shared = lines[2].is_shared = false;
        for (size_t line = 0; line < phone.line_count; line++)
            lines[line].pbx.srtp = BK_SRTP_OPTIONAL;
        print_message("  %s\n", tellers[i].vendor);
        assert_int_equal(bk_vendor_list(bk_vendor_find(bk_str_of(tellers[i].vendor)), &phone, NULL,
                                        &request, add_lost, lost, NULL),
                         BK_OK);
        assert_string_equal(lost, tellers[i].lost);
    }
    bk_vendors_deinit();
}

/* Phones with one server for all accounts: another port or second proxy is another server. */
static void all_lines_of_one_server_are_of_one_pbx(void **state)
{
    (void)state;
    static const char *const vendors[] = {"algo", "dinstar"};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(vendors); i++) {
        for (int round = 0; round < 5; round++) {
            const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
            struct bk_phone phone = phone_of(BK_STR("7"));
            struct bk_pbx_side *other = &lines[1].pbx;
            struct bk_buf out;
            phone.line_count = 2;
            phone.key_count = 0;
            lines[0].pbx = (struct bk_pbx_side){
                .registrars = {{BK_STR("r.example"), 5070}},
                .proxies = {{BK_STR("p.example"), 0}, {BK_STR("q.example"), 0}},
                .registrar_count = 1,
                .proxy_count = 2};
            *other = lines[0].pbx;
            if (round == 1)
                other->registrars[0].port = 5071;
            if (round == 2)
                other->proxies[1].host = BK_STR("x.example");
            if (round == 3)
                other->proxy_count = 1;
            if (round == 4)
                other->transport = BK_TRANSPORT_TCP;
            bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
            print_message("  %s, %d\n", vendors[i], round);
            assert_int_equal(bk_vendor_render(bk_vendor_find(bk_str_of(vendors[i])), &phone, NULL,
                                              &request, &out, NULL, NULL),
                             round == 0 ? BK_OK : BK_ERR_INVALID);
            bk_buf_deinit(&out);
        }
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_maker_bears_the_largest_phone),
        cmocka_unit_test(a_phone_with_nothing_is_written),
        cmocka_unit_test(what_has_no_parameter_is_told),
        cmocka_unit_test(all_lines_of_one_server_are_of_one_pbx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
