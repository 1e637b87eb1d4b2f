/*
 * Golden files: tests/golden/<vendor>/<case>/in.json is a phone, want/ the files it gets. The
 * wanted files are written by hand from the maker's facts, never by the driver.
 *
 * in.json: {"mac": …, "model": …, "url": …, "document": {the phone document}}, document last.
 * Where they are wanted before it: "user", "password", "bootstrap": true.
 * "@seal:<table.field>:<row>:<plain>" in the document stands for that text, sealed.
 * tests/golden/<vendor>/models.tsv adds models that are small enough to read.
 */
#include "harness/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "model/json.h"
#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

#define TENANT 9

static const struct bk_key key = {{1, 2, 3, 4}};

static void add_sealed(struct bk_buf *out, struct bk_str mark)
{
    struct bk_str rest = mark;
    char field[96], space[BK_SEAL_PLACE_SIZE], text[512];
    uint8_t bytes[256];
    size_t len;
    int64_t row;
    /* A setting's field holds a colon itself: "device.settings:security.admin_secret". */
    struct bk_str name = bk_str_cut(&rest, ':');
    if (bk_str_ends(name, BK_STR(".settings"))) {
        struct bk_str setting = bk_str_cut(&rest, ':');
        name.len += 1 + setting.len;
    }
    snprintf(field, sizeof field, "%.*s", BK_STR_ARG(name));
    assert_int_equal(bk_str_parse_int(bk_str_cut(&rest, ':'), 0, INT64_MAX, &row), BK_OK);
    assert_int_equal(
        bk_seal(&key, bk_seal_place(&space, TENANT, field, row), rest, bytes, sizeof bytes, &len),
        BK_OK);
    bk_base64_print(bytes, len, text);
    bk_buf_add(out, bk_str_of(text));
}

static void seal_marks(struct bk_str text, struct bk_buf *out)
{
    const struct bk_str mark = BK_STR("@seal:");
    while (text.len > 0) {
        const char *at = memmem(text.ptr, text.len, mark.ptr, mark.len);
        size_t before = at == NULL ? text.len : (size_t)(at - text.ptr);
        bk_buf_add(out, bk_str_slice(text, 0, before));
        text = bk_str_slice(text, before, text.len);
        if (at == NULL)
            return;
        ptrdiff_t end = bk_str_find(text, '"');
        assert_true(end > 0);
        add_sealed(out, bk_str_slice(text, mark.len, (size_t)end));
        text = bk_str_slice(text, (size_t)end, text.len);
    }
}

static void compare(const char *path, struct bk_str got, struct bk_str want)
{
    for (size_t line = 1; got.len > 0 || want.len > 0; line++) {
        struct bk_str got_line = bk_str_cut(&got, '\n'), want_line = bk_str_cut(&want, '\n');
        if (!bk_str_eq(got_line, want_line))
            fail_msg("%s:%zu: got \"%.*s\", want \"%.*s\"", path, line, BK_STR_ARG(got_line),
                     BK_STR_ARG(want_line));
        assert_int_equal(got.len == 0, want.len == 0);
    }
}

/* A text beside the document; empty when it is not there. */
static struct bk_str text_of(const struct bk_json *root, struct bk_str name)
{
    const struct bk_json *member = bk_json_get(root, name);
    return member == NULL ? BK_STR_NONE : member->text;
}

static void check_file(const struct bk_vendor *vendor, const struct bk_phone *phone,
                       const char *folder, const char *name)
{
    char path[600];
    struct bk_path_match match;
    struct bk_buf out;
    struct bk_detail detail = {{0}};
    snprintf(path, sizeof path, "%s/want/%s", folder, name);
    print_message("  %s\n", path);
    char *want = corpus_read(path);
    assert_non_null(want);
    assert_true(vendor->match_path(bk_str_of(name), &match));
    assert_true(!match.has_mac || bk_mac_eq(&match.mac, &phone->mac));

    struct bk_file_request request = {match.kind, match.has_mac, match.model_code};
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    enum bk_err err = bk_vendor_render(vendor, phone, bk_model_find(vendor, phone->model), &request,
                                       &out, NULL, &detail);
    if (err != BK_OK)
        fail_msg("%s: %s", path, detail.text);
    compare(path, bk_buf_str(&out), bk_str_of(want));
    bk_buf_deinit(&out);
    free(want);
}

static void check_case(const struct bk_vendor *vendor, const char *folder)
{
    char path[600];
    snprintf(path, sizeof path, "%s/in.json", folder);
    char *text = corpus_read(path);
    assert_non_null(text);
    struct bk_arena *arena = bk_arena_new();
    struct bk_detail detail = {{0}};
    const struct bk_json *root;
    if (bk_json_parse(arena, bk_str_of(text), &root, &detail) != BK_OK)
        fail_msg("%s: %s", path, detail.text);

    /* The decoder wants the document's own text: from its brace to the last but one. */
    const char *from = strstr(text, "\"document\":");
    assert_non_null(from);
    from += strlen("\"document\":");
    ptrdiff_t last = bk_str_find_last(bk_str_of(from), '}');
    struct bk_buf document;
    bk_buf_init(&document, 1 << 20);
    seal_marks((struct bk_str){from, (size_t)last}, &document);

    struct bk_phone phone;
    if (bk_phone_decode(arena, bk_buf_str(&document), bk_str_of(vendor->name), TENANT, &key, &phone,
                        &detail) != BK_OK)
        fail_msg("%s: %s", path, detail.text);
    assert_int_equal(bk_mac_parse(bk_json_get(root, BK_STR("mac"))->text, &phone.mac), BK_OK);
    phone.model = text_of(root, BK_STR("model"));
    phone.provisioning_url = text_of(root, BK_STR("url"));
    phone.provisioning_user = text_of(root, BK_STR("user"));
    phone.provisioning_password = text_of(root, BK_STR("password"));
    phone.is_bootstrap = bk_json_get(root, BK_STR("bootstrap")) != NULL;

    snprintf(path, sizeof path, "%s/want", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    size_t files = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        check_file(vendor, &phone, folder, entry->d_name);
        files++;
    }
    closedir(dir);
    assert_true(files > 0);
    bk_buf_deinit(&document);
    bk_arena_free(arena);
    free(text);
}

static void every_golden_phone_gets_its_files(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        char folder[200], path[300];
        struct bk_detail detail = {{0}};
        snprintf(folder, sizeof folder, "tests/golden/%s", (*vendor)->name);
        snprintf(path, sizeof path, "%s/models.tsv", folder);
        char *models = corpus_read(path);
        assert_non_null(models);
        if (bk_vendor_add_models(*vendor, bk_str_of(models), path, &detail) != BK_OK)
            fail_msg("%s", detail.text);
        free(models);

        DIR *dir = opendir(folder);
        assert_non_null(dir);
        size_t cases = 0;
        for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') != NULL)
                continue;
            char case_folder[600];
            snprintf(case_folder, sizeof case_folder, "%s/%s", folder, entry->d_name);
            check_case(*vendor, case_folder);
            cases++;
        }
        closedir(dir);
        assert_true(cases >= 3);
    }
    bk_vendors_deinit();
}

static void files_that_are_the_phones_own_are_not_served(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    static const enum bk_file_kind kinds[] = {BK_FILE_NONE, BK_FILE_LOCAL, BK_FILE_DIRECTORY};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(kinds); i++) {
        struct bk_file_request request = {.kind = kinds[i]};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(yealink, &phone, NULL, &request, &out, NULL, &detail),
                         BK_ERR_NOT_FOUND);
        assert_int_equal(out.len, 0);
        assert_non_null(strstr(detail.text, bk_file_kind_name(kinds[i])));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* The canary of every golden phone: its registrar and its password come from their own fields. */
static void hostile_values_refuse_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *label, *display_name, *says;
    } rows[] = {
        {"a new line", "x\naccount.1.sip_server.1.address = evil.example",
         "account.1.display_name"},
        {"a carriage return", "x\raccount.1.password = x", "account.1.display_name"},
        {"a line separator", "x\xe2\x80\xa8y", "account.1.display_name"},
        {"the reset word", "%NULL%", "account.1.display_name"},
        {"a blank behind", "x ", "account.1.display_name"},
    };
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {.index = 1, .number = BK_STR("1001")};
        line.display_name = bk_str_of(rows[i].display_name);
        line.pbx.domain = BK_STR("pbx.example");
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = &line, .line_count = 1};
        struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        print_message("  %s\n", rows[i].label);
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(yealink, &phone, NULL, &request, &out, NULL, &detail),
                         BK_ERR_INVALID);
        assert_int_equal(out.len, 0);
        assert_non_null(strstr(detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_phone_gets_its_files),
        cmocka_unit_test(files_that_are_the_phones_own_are_not_served),
        cmocka_unit_test(hostile_values_refuse_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
