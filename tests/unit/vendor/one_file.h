/*
 * A driver of one file, for tests of formats: what it fills is the test's function.
 */
#ifndef TEST_VENDOR_ONE_FILE_H
#define TEST_VENDOR_ONE_FILE_H

#include "harness/test.h"
#include "vendor/vendor.h"

static const struct bk_format *one_format;
static void (*one_fill)(struct bk_sheet *sheet, const void *context);
static const void *one_context;

static inline const struct bk_format *one_form(const struct bk_file *file)
{
    (void)file;
    return one_format;
}

static inline void one_call(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    one_fill(sheet, one_context);
}

static inline enum bk_err one_render(const struct bk_format *format,
                                     void (*fill)(struct bk_sheet *sheet, const void *context),
                                     const void *context, struct bk_buf *out,
                                     struct bk_detail *ret_detail)
{
    static const struct bk_vendor vendor = {
        .name = "one", .title = "One", .form = one_form, .fill = one_call};
    static const struct bk_phone phone;
    static const struct bk_model model = {.line_count = 1};
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    one_format = format;
    one_fill = fill;
    one_context = context;
    return bk_vendor_render(&vendor, &phone, &model, &request, out, NULL, ret_detail);
}

#endif
