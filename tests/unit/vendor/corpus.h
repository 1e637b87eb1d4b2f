/*
 * Rows of a tab separated file: for tests that run over the collected facts.
 */
#ifndef TEST_VENDOR_CORPUS_H
#define TEST_VENDOR_CORPUS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

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

#endif
