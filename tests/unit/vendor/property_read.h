/*
 * What stands in a file, to readers that the test has for itself: written from the fact pages of
 * the makers, sharing no code with the encoders and their check. Each takes a file apart to its
 * last byte: whatever is neither a parameter nor the frame that its maker wants is a fault.
 */
#ifndef TEST_VENDOR_PROPERTY_READ_H
#define TEST_VENDOR_PROPERTY_READ_H

#include "vendor/vendor.h"

#define PAIR_MAX 32768
#define PAIR_TEXT_SIZE (3 * BK_FILE_SIZE_MAX)

/* Names and values in the order of the file; an explicit empty form reads as an empty value. Too
 * large for a stack. */
struct pairs {
    struct {
        struct bk_str name, value;
    } rows[PAIR_MAX];
    size_t count;
    char text[PAIR_TEXT_SIZE]; /* what they borrow from */
    size_t used;
};
void pairs_clear(struct pairs *pairs);
void pairs_add(struct pairs *pairs, struct bk_str value, const char *name, ...) BK_PRINTF(3, 4);

/* False: why says what stands there that should not. file is what was asked for. */
typedef bool read_fn(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                     struct bk_detail *ret_why);

/* property_lines.c, property_xml.c; NULL: the maker's files are of the other sort. */
read_fn *lines_reader_of(const struct bk_vendor *vendor);
read_fn *xml_reader_of(const struct bk_vendor *vendor);

#endif
