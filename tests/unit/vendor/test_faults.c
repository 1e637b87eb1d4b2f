/* Everything in a phone's files that cannot be written, with where it comes from. */
#include <string.h>

#include "base/arena.h"
#include "harness/test.h"
#include "vendor/faults.h"

static struct bk_line line_of(int index, const char *name)
{
    return (struct bk_line){.index = index,
                            .number = BK_STR("1001"),
                            .auth_id = BK_STR("1001"),
                            .display_name = bk_str_of(name),
                            .secret = BK_STR("secret"),
                            .pbx = {.domain = BK_STR("pbx.example")}};
}

static struct bk_phone phone_of(const char *vendor, struct bk_line *lines, size_t line_count)
{
    return (struct bk_phone){
        .mac = {{0x00, 0x80, 0xf0, 0x00, 0x00, 0x01}},
        .vendor = bk_str_of(vendor),
        .provisioning_url = BK_STR("https://prov.example/0123456789abcdef"),
        .lines = lines,
        .line_count = line_count,
    };
}

static struct bk_faults faults_of(struct bk_arena *arena, const struct bk_phone *phone)
{
    struct bk_faults faults;
    struct bk_detail detail = {""};
    const struct bk_vendor *vendor = bk_vendor_find(phone->vendor);
    assert_int_equal(bk_vendor_faults(vendor, phone, NULL, arena, &faults, &detail), BK_OK);
    return faults;
}

static bool has(const struct bk_faults *faults, enum bk_origin_kind kind, const char *value)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (faults->rows[i].origin.kind == kind &&
            bk_str_eq(faults->rows[i].value, bk_str_of(value)))
            return true;
    }
    return false;
}

static void all_are_told_not_only_the_first(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_line lines[] = {line_of(1, "a \"b\""), line_of(2, "fine"), line_of(3, "c \"d\"")};
    struct bk_phone phone = phone_of("panasonic", lines, BK_COUNT(lines));
    phone.settings[BK_NEUTRAL_ADMIN_SECRET] =
        (struct bk_setting){{.text = BK_STR("pass\"word")}, BK_LAYER_SITE};
    struct bk_faults faults = faults_of(arena, &phone);
    assert_true(has(&faults, BK_ORIGIN_LINE, "a \"b\""));
    assert_true(has(&faults, BK_ORIGIN_LINE, "c \"d\""));
    assert_true(has(&faults, BK_ORIGIN_SETTING, "pass\"word"));
    for (size_t i = 0; i < faults.count; i++) {
        const struct bk_fault *one = &faults.rows[i];
        assert_non_null(strstr(one->what, "holds a quote"));
        assert_true(one->name.len > 0);
        if (one->origin.kind == BK_ORIGIN_SETTING) {
            assert_int_equal(one->origin.id, BK_NEUTRAL_ADMIN_SECRET);
            assert_int_equal(one->origin.layer, BK_LAYER_SITE);
        }
        for (size_t j = 0; j < i; j++)
            assert_false(bk_str_eq(one->name, faults.rows[j].name));
    }
    bk_arena_free(arena);
}

static void a_phone_without_fault_has_none(void **state)
{
    (void)state;
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        struct bk_arena *arena = bk_arena_new();
        struct bk_line line = line_of(1, "Anna Berg");
        struct bk_phone phone = phone_of((*vendor)->name, &line, 1);
        print_message("  %s\n", (*vendor)->name);
        assert_int_equal(faults_of(arena, &phone).count, 0);
        bk_arena_free(arena);
    }
}

/* What a driver makes up of several values names the one that is bad. */
static void a_key_names_its_own_text(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_line line = line_of(1, "Anna Berg");
    struct bk_phone_key key = {.panel = BK_PANEL_LINE,
                               .slot = 2,
                               .kind = BK_KEY_SPEED_DIAL,
                               .value = BK_STR("1002"),
                               .label = BK_STR("a;b")};
    struct bk_phone phone = phone_of("avaya", &line, 1);
    phone.keys = &key;
    phone.key_count = 1;
    struct bk_faults faults = faults_of(arena, &phone);
    assert_int_equal(faults.count, 1);
    assert_true(has(&faults, BK_ORIGIN_KEY, "a;b"));
    assert_int_equal(faults.rows[0].origin.slot, 2);
    bk_arena_free(arena);
}

/* The list has an end, and so has a phone's file. */
static void too_much_is_told_once(void **state)
{
    (void)state;
    static struct bk_phone_key keys[BK_PHONE_KEY_MAX];
    struct bk_arena *arena = bk_arena_new();
    struct bk_line line = line_of(1, "Anna Berg");
    struct bk_phone phone = phone_of("mitel", &line, 1);
    for (size_t i = 0; i < BK_COUNT(keys); i++)
        keys[i] = (struct bk_phone_key){.panel = BK_PANEL_MODULE,
                                        .module = 1 + (int)i / 100,
                                        .slot = 1 + (int)i % 100,
                                        .kind = BK_KEY_BLF,
                                        .value = BK_STR("1002"),
                                        .label = BK_STR("#")};
    phone.keys = keys;
    phone.key_count = BK_COUNT(keys);
    struct bk_faults faults = faults_of(arena, &phone);
    assert_true(faults.count > 100 && faults.count <= BK_FAULT_MAX);
    bk_arena_free(arena);
}

static void the_same_value_on_the_same_parameter_is_the_same(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_faults faults = {.arena = arena};
    const struct bk_fault one = {BK_STR("label"), BK_STR("#"), "is bad", {0}};
    const struct bk_fault other_value = {BK_STR("label"), BK_STR("##"), "is bad", {0}};
    const struct bk_fault other_name = {BK_STR("name"), BK_STR("#"), "is bad", {0}};
    bk_faults_add(&faults, &one);
    bk_faults_add(&faults, &one);
    assert_int_equal(faults.count, 1);
    assert_true(bk_faults_has(&faults, &one));
    assert_false(bk_faults_has(&faults, &other_value));
    assert_false(bk_faults_has(&faults, &other_name));
    bk_arena_free(arena);
}

static int set_up(void **state)
{
    (void)state;
    return bk_vendors_init(NULL) == BK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    bk_vendors_deinit();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_told_not_only_the_first),
        cmocka_unit_test(a_phone_without_fault_has_none),
        cmocka_unit_test(a_key_names_its_own_text),
        cmocka_unit_test(too_much_is_told_once),
        cmocka_unit_test(the_same_value_on_the_same_parameter_is_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
