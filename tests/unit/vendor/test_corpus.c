/*
 * The collected facts as a whole: each row of each maker's tables gives its vendor, model, version,
 * MAC and kind, whoever else is registered.
 */
#include "harness/test.h"

#include <glob.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

/* Rows that there are at least, so that no table goes missing. */
#define PATH_ROWS 190
#define AGENT_ROWS 119
#define SIP_AGENT_ROWS 13

static const struct bk_vendor *maker_find(struct bk_str name)
{
    for (const struct bk_vendor *const *maker = bk_makers(); *maker != NULL; maker++) {
        if (bk_str_eq(name, bk_str_of((*maker)->name)))
            return *maker;
    }
    return NULL;
}

/* "-": nothing. */
static void assert_same_or_none(struct bk_str got, struct bk_str want)
{
    assert_true(bk_str_eq(got, bk_str_eq(want, BK_STR("-")) ? BK_STR_NONE : want));
}

static size_t check_paths(const char *file)
{
    char *text = corpus_read(file);
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[4];
    size_t rows = 0;
    assert_true(corpus_row(&rest, columns, 4)); /* names */
    for (; corpus_row(&rest, columns, 4); rows++) {
        struct bk_str path = bk_str_slice(columns[1], 1, columns[1].len);
        struct bk_path_match match;
        print_message("  %.*s: %.*s\n", BK_STR_ARG(columns[0]), BK_STR_ARG(path));
        const struct bk_vendor *maker = maker_find(columns[0]);
        assert_non_null(maker);
        assert_true(maker->match_path(path, &match));
        assert_str_equal(columns[3], bk_file_kind_name(match.kind));
        corpus_check_mac(match.has_mac, &match.mac, columns[2]);
        /* A name without a MAC may be that of several makers: then the first is named. */
        const struct bk_vendor *guess = bk_vendor_of_path(path, &match);
        assert_non_null(guess);
        if (match.has_mac)
            assert_ptr_equal(guess, maker);
    }
    free(text);
    return rows;
}

static size_t check_agents(const char *file, bool is_sip)
{
    char *text = corpus_read(file);
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[5];
    size_t rows = 0, count = is_sip ? 4 : 5;
    assert_true(corpus_row(&rest, columns, count));
    for (; corpus_row(&rest, columns, count); rows++) {
        struct bk_str agent = columns[count - 1], model = columns[1];
        struct bk_agent got;
        print_message("  %.*s: %.*s\n", BK_STR_ARG(columns[0]), BK_STR_ARG(agent));
        const struct bk_vendor *maker = maker_find(columns[0]);
        assert_non_null(maker);
        assert_ptr_equal(
            is_sip ? bk_vendor_of_sip_agent(agent, &got) : bk_vendor_of_agent(agent, &got), maker);
        if (bk_str_eq(columns[0], BK_STR("yealink")) && bk_str_starts(model, BK_STR("SIP-")))
            model = bk_str_slice(model, 4, model.len); /* no part of the model */
        assert_same_or_none(got.model, model);
        assert_same_or_none(got.firmware, columns[2]);
        if (!is_sip)
            corpus_check_mac(got.has_mac, &got.mac, columns[3]);
    }
    free(text);
    return rows;
}

static size_t check_http_agents(const char *file)
{
    /* The pattern finds those of SIP too. */
    return strstr(file, "-sip-") != NULL ? 0 : check_agents(file, false);
}

static size_t check_sip_agents(const char *file)
{
    return check_agents(file, true);
}

static size_t check_all(const char *pattern, size_t (*check)(const char *file))
{
    glob_t files;
    size_t rows = 0;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        rows += check(files.gl_pathv[i]);
    globfree(&files);
    return rows;
}

static void every_collected_path_names_its_maker(void **state)
{
    (void)state;
    assert_true(check_all("tests/corpus/*-request-paths.tsv", check_paths) >= PATH_ROWS);
}

static void every_collected_agent_names_its_maker(void **state)
{
    (void)state;
    assert_true(check_all("tests/corpus/*-user-agents.tsv", check_http_agents) >= AGENT_ROWS);
}

static void every_collected_sip_agent_names_its_maker(void **state)
{
    (void)state;
    assert_true(check_all("tests/corpus/*-sip-user-agents.tsv", check_sip_agents) >=
                SIP_AGENT_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_names_its_maker),
        cmocka_unit_test(every_collected_agent_names_its_maker),
        cmocka_unit_test(every_collected_sip_agent_names_its_maker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
