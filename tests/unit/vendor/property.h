/*
 * What test_property.c is trying, and what must hold of a file beside its text (property_rules.c).
 */
#ifndef TEST_VENDOR_PROPERTY_H
#define TEST_VENDOR_PROPERTY_H

#include "property_read.h"

struct trial {
    const struct bk_vendor *vendor;
    const struct bk_phone *phone;
    const struct bk_model *model; /* NULL: not known */
    uint64_t number;
    const char *kind; /* of file */
};
extern struct trial now;

/* The test fails: says of what, and how to try it again. */
void give_up(const char *format, ...) BK_PRINTF(1, 2);

/* Of what stands twice a phone takes one, and nobody says which. */
void require_names_once(const struct pairs *found);
/*
 * The same phone to which nobody gave anything has the same parameters, emptied or kept: what is
 * removed leaves the phone (rule 11 of docs/rules.md). Raw ones are left out.
 */
void require_emptied(const struct bk_file_request *request);
/* Is this the file in which the phone's lines and keys stand? */
bool is_own_file(const struct bk_file_request *request);
/* What was given to lines and keys stands in the phone's own file, or is told as lost. */
void require_told(const struct bk_file_request *request);

#endif
