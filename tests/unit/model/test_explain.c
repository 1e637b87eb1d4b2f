/* Lists of parameters: what is unsupported, what differs, and origins in words. */
#include "harness/test.h"

#include <string.h>

#include "base/buf.h"
#include "model/explain.h"

struct row {
    const char *file, *name, *value;
    bool is_kept;
};

static void fill(struct bk_explanation *list, struct bk_arena *arena, const struct row *rows)
{
    bk_explanation_init(list, arena);
    for (; rows->file != NULL; rows++) {
        const struct bk_parameter parameter = {.name = bk_str_of(rows->name),
                                               .value = bk_str_of(rows->value),
                                               .is_kept = rows->is_kept};
        list->file = bk_str_of(rows->file);
        bk_explanation_add(list, &parameter);
    }
}

static void tell(void *context, const struct bk_explained *before, const struct bk_explained *after)
{
    const struct bk_explained *any = after != NULL ? after : before;
    bk_buf_addf(context, "%.*s/%.*s:%.*s>%.*s\n", BK_STR_ARG(any->file),
                BK_STR_ARG(any->parameter.name),
                before == NULL ? 1 : (int)before->parameter.value.len,
                before == NULL ? "-" : before->parameter.value.ptr,
                after == NULL ? 1 : (int)after->parameter.value.len,
                after == NULL ? "-" : after->parameter.value.ptr);
}

static const struct {
    const char *label;
    struct row before[5], after[5];
    const char *want;
} cases[] = {
    {"nothing at all", {{0}}, {{0}}, ""},
    {"the same",
     {{"a", "x", "1", 0}, {"a", "y", "2", 0}},
     {{"a", "x", "1", 0}, {"a", "y", "2", 0}},
     ""},
    {"another order is no difference",
     {{"a", "x", "1", 0}, {"a", "y", "2", 0}},
     {{"a", "y", "2", 0}, {"a", "x", "1", 0}},
     ""},
    {"changed", {{"a", "x", "1", 0}}, {{"a", "x", "2", 0}}, "a/x:1>2\n"},
    {"came, and went", {{"a", "x", "1", 0}}, {{"a", "y", "1", 0}}, "a/y:->1\na/x:1>-\n"},
    {"the file counts", {{"a", "x", "1", 0}}, {{"b", "x", "1", 0}}, "b/x:->1\na/x:1>-\n"},
    {"file and name are two texts",
     {{"ab", "c", "1", 0}},
     {{"a", "bc", "1", 0}},
     "a/bc:->1\nab/c:1>-\n"},
    {"the n-th of a name is the n-th",
     {{"a", "x", "1", 0}, {"a", "x", "2", 0}},
     {{"a", "x", "1", 0}, {"a", "x", "3", 0}, {"a", "x", "4", 0}},
     "a/x:2>3\na/x:->4\n"},
    {"what is kept is no difference", {{"a", "p", "", 1}}, {{"a", "p", "", 1}}, ""},
    {"from kept to written", {{"a", "p", "", 1}}, {{"a", "p", "1", 0}}, "a/p:->1\n"},
    {"from written to kept", {{"a", "p", "1", 0}}, {{"a", "p", "", 1}}, ""},
};

static void differences_are_told_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_new();
        struct bk_explanation before, after;
        struct bk_buf told;
        print_message("  %s\n", cases[i].label);
        bk_buf_init(&told, 1000);
        fill(&before, arena, cases[i].before);
        fill(&after, arena, cases[i].after);
        assert_int_equal(bk_explanation_diff(&before, &after, tell, &told), BK_OK);
        assert_str_equal(bk_str_of(bk_buf_text(&told)), cases[i].want);
        bk_buf_deinit(&told);
        bk_arena_free(arena);
    }
}

static void what_is_set_and_has_no_parameter_is_unsupported(void **state)
{
    (void)state;
    static struct bk_line lines[1];
    struct bk_phone phone = {.lines = lines, .line_count = 1};
    struct bk_arena *arena = bk_arena_new();
    struct bk_explanation list;
    enum bk_neutral ids[BK_NEUTRAL_COUNT];
    phone.settings[BK_NEUTRAL_TIME_ZONE].layer = BK_LAYER_SITE;
    phone.settings[BK_NEUTRAL_LLDP].layer = BK_LAYER_TENANT;
    lines[0].settings[BK_NEUTRAL_CODECS].layer = BK_LAYER_LINE;

    bk_explanation_init(&list, arena);
    const struct bk_parameter zone = {
        .name = BK_STR("tz"), .origin = {.kind = BK_ORIGIN_SETTING, .id = BK_NEUTRAL_TIME_ZONE}};
    /* A line of the same number is another thing; what is lost is no parameter. */
    const struct bk_parameter other = {.origin = {.kind = BK_ORIGIN_LINE, .id = BK_NEUTRAL_LLDP}};
    const struct bk_parameter lost = {
        .origin = {.kind = BK_ORIGIN_SETTING, .id = BK_NEUTRAL_CODECS}, .is_lost = true};
    bk_explanation_add(&list, &zone);
    bk_explanation_add(&list, &other);
    bk_explanation_add(&list, &lost);
    assert_int_equal(bk_explanation_unsupported(&list, &phone, ids), 2);
    assert_int_equal(ids[0], BK_NEUTRAL_CODECS);
    assert_int_equal(ids[1], BK_NEUTRAL_LLDP);
    bk_arena_free(arena);
}

static void origins_in_words(void **state)
{
    (void)state;
    static const struct {
        struct bk_origin origin;
        const char *want;
    } rows[] = {
        {{.kind = BK_ORIGIN_DRIVER}, "driver"},
        {{.kind = BK_ORIGIN_SETTING, .layer = BK_LAYER_SITE, .id = BK_NEUTRAL_TIME_ZONE},
         "site: time.zone"},
        {{.kind = BK_ORIGIN_SETTING, .id = BK_NEUTRAL_TIME_ZONE}, "default: time.zone"},
        {{.kind = BK_ORIGIN_LINE, .id = 2}, "line 2"},
        {{.kind = BK_ORIGIN_KEY, .panel = BK_PANEL_PROGRAMMABLE, .slot = 3}, "key programmable, 3"},
        {{.kind = BK_ORIGIN_KEY, .panel = BK_PANEL_MODULE, .module = 1, .slot = 12},
         "key module 1, 12"},
        {{.kind = BK_ORIGIN_RAW, .layer = BK_LAYER_DEVICE}, "device: raw"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char space[BK_ORIGIN_TEXT_SIZE];
        assert_str_equal(bk_origin_print(&rows[i].origin, &space), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_told_by_the_table),
        cmocka_unit_test(what_is_set_and_has_no_parameter_is_unsupported),
        cmocka_unit_test(origins_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
