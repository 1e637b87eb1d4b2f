/* The grammar of requested paths: what is accepted must be one of its few forms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/upload.h"
#include "vendor/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_str path = {(const char *)data, size};
    for (const struct bk_vendor *const *vendor = bk_makers(); *vendor != NULL; vendor++) {
        struct bk_path_match match;
        if (!(*vendor)->match_path(path, &match))
            continue;
        demand(match.kind != BK_FILE_NONE && match.kind < BK_FILE_KIND_COUNT);
        /* Printable, and nothing that another reader of paths would take for more than a name. */
        for (size_t i = 0; i < size; i++)
            demand(data[i] > ' ' && data[i] < 0x7f && strchr("%?#\\:", data[i]) == NULL);
        struct bk_str rest = path;
        while (rest.len > 0) {
            struct bk_str folder = bk_str_cut(&rest, '/');
            demand(!bk_str_eq(folder, BK_STR(".")) && !bk_str_eq(folder, BK_STR("..")));
        }
        demand(size >= 6 && size <= 64); /* 57i.st; with a folder or two */
        /* A part of the path, or a word of the driver. */
        demand(match.model_code.len <= 32);
        for (size_t i = 0; i < match.model_code.len; i++)
            demand(match.model_code.ptr[i] > ' ' && match.model_code.ptr[i] <= '~');
        /* What a phone writes has a name that PostgreSQL takes (migrations/0035_upload.sql). */
        char name[BK_UPLOAD_NAME_MAX + 1];
        demand(!bk_vendor_keeps(*vendor, &match) || bk_upload_name(path, &name));
    }
    struct bk_path_match match;
    const struct bk_vendor *guess = bk_vendor_of_path(path, &match);
    demand(guess == NULL || !match.has_mac || guess->ouis[0] == NULL ||
           bk_vendor_has_oui(guess, &match.mac));
    return 0;
}
