/*
 * Notes, one behind the other.
 */
#include "vendor/notes.h"

#include "vendor/vendor.h"

/* A file of the greatest size may be of short things: each has a head and its name here. */
#define BYTES_MAX ((size_t)8 * BK_FILE_SIZE_MAX)
#define FIRST_BYTES ((size_t)32 * 1024)

void bk_notes_init(struct bk_notes *notes)
{
    notes->at = 0;
    bk_buf_init_secret(&notes->bytes, BYTES_MAX);
    bk_buf_reserve(&notes->bytes, FIRST_BYTES);
}

void bk_notes_deinit(struct bk_notes *notes)
{
    bk_buf_deinit(&notes->bytes);
}
