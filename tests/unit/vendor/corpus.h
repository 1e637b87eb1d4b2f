/*
 * Rows of a tab separated file, and the tests that run over the collected facts of each maker.
 */
#ifndef TEST_VENDOR_CORPUS_H
#define TEST_VENDOR_CORPUS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "harness/test.h"
#include "vendor/vendor.h"

/* The whole file, terminated; freed by the caller. NULL: it cannot be read. */
static inline char *corpus_read(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return NULL;
    size_t size = 1 << 20;
    char *text = malloc(size);
    if (text != NULL) {
        size_t len = fread(text, 1, size - 1, in);
        text[len] = '\0';
    }
    fclose(in);
    return text;
}

/* The next line's columns; false at the end. */
static inline bool corpus_row(struct bk_str *rest, struct bk_str *columns, size_t count)
{
    if (rest->len == 0)
        return false;
    struct bk_str line = bk_str_cut(rest, '\n');
    for (size_t i = 0; i < count; i++)
        columns[i] = bk_str_cut(&line, '\t');
    return true;
}

static inline void corpus_check_mac(bool has_mac, const struct bk_mac *mac, struct bk_str want)
{
    char text[BK_MAC_TEXT_SIZE];
    assert_int_equal(has_mac, !bk_str_eq(want, BK_STR("-")));
    if (!has_mac)
        return;
    bk_mac_print(mac, &text);
    assert_str_equal(want, text);
}

/* vendor, path, mac, kind: each is matched, and by this maker first. */
static inline void corpus_check_paths(const struct bk_vendor *vendor, const char *file,
                                      size_t rows_min)
{
    char *text = corpus_read(file);
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[4];
    size_t rows = 0;
    assert_true(corpus_row(&rest, columns, 4)); /* names */
    for (; corpus_row(&rest, columns, 4); rows++) {
        struct bk_str path = bk_str_slice(columns[1], 1, columns[1].len); /* without the slash */
        struct bk_path_match match;
        print_message("  %.*s\n", BK_STR_ARG(path));
        assert_true(vendor->match_path(path, &match));
        assert_str_equal(columns[3], bk_file_kind_name(match.kind));
        corpus_check_mac(match.has_mac, &match.mac, columns[2]);
        assert_ptr_equal(bk_vendor_of_path(path, &match), vendor);
    }
    assert_true(rows >= rows_min);
    free(text);
}

/* vendor, model, version, [mac,] User-Agent: each is read whole, and its model has a row. */
static inline void corpus_check_agents(const struct bk_vendor *vendor, const char *file,
                                       bool is_sip, size_t rows_min)
{
    char *text = corpus_read(file);
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[5];
    size_t rows = 0, count = is_sip ? 4 : 5;
    assert_true(corpus_row(&rest, columns, count));
    for (; corpus_row(&rest, columns, count); rows++) {
        struct bk_str agent = columns[count - 1], model = columns[1];
        struct bk_agent got;
        print_message("  %.*s\n", BK_STR_ARG(agent));
        assert_ptr_equal(
            is_sip ? bk_vendor_of_sip_agent(agent, &got) : bk_vendor_of_agent(agent, &got), vendor);
        if (bk_str_starts(model, BK_STR("SIP-"))) /* Yealink's, no part of the model */
            model = bk_str_slice(model, 4, model.len);
        bool says_nothing = bk_str_eq(model, BK_STR("-")); /* neither model nor version */
        assert_true(bk_str_eq(got.model, says_nothing ? BK_STR_NONE : model));
        assert_true(bk_str_eq(got.firmware, says_nothing ? BK_STR_NONE : columns[2]));
        corpus_check_mac(got.has_mac, &got.mac, is_sip ? BK_STR("-") : columns[3]);
        assert_true(says_nothing || bk_model_find(vendor, got.model) != NULL);
    }
    assert_true(rows >= rows_min);
    free(text);
}

#endif
