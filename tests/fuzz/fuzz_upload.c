/*
 * What a phone writes: the name that it gets, and what comes back as sealed from PostgreSQL. Its
 * text is kept as it came, so that nothing parses it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

/* One step of a path, in small letters; and the name of a name is itself. */
static void try_name(struct bk_str path)
{
    char name[BK_UPLOAD_NAME_MAX + 1], again[BK_UPLOAD_NAME_MAX + 1];
    if (!bk_upload_name(path, &name))
        return;
    size_t len = strlen(name);
    demand(len > 0 && len <= BK_UPLOAD_NAME_MAX && len <= path.len);
    demand(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == len);
    demand(bk_str_eq_nocase(bk_str_slice(path, path.len - len, path.len), bk_str_of(name)));
    demand(bk_upload_name(bk_str_of(name), &again) && strcmp(name, again) == 0);
}

/* Sealed by nobody: never opened. */
static void try_foreign(const struct bk_key *key, struct bk_str text)
{
    const size_t key_len = BK_UPLOAD_KEY_SEALED_BYTES;
    struct bk_buf out;
    bk_buf_init_secret(&out, BK_UPLOAD_MAX);
    enum bk_err err = bk_upload_open(key, 1, 1, bk_str_slice(text, 0, key_len),
                                     bk_str_slice(text, key_len, text.len), &out);
    demand(err == BK_ERR_CRYPTO && out.len == 0);
    bk_buf_deinit(&out);
}

/* Sealed by us: opens to the same, and no more once one bit is another. */
static void try_own(const struct bk_key *key, struct bk_str text)
{
    uint8_t sealed_key[BK_UPLOAD_KEY_SEALED_BYTES];
    const struct bk_str key_text = {(const char *)sealed_key, sizeof sealed_key};
    struct bk_buf sealed, out;
    bk_buf_init(&sealed, BK_UPLOAD_MAX + BK_SEAL_OVERHEAD_BYTES);
    bk_buf_init_secret(&out, BK_UPLOAD_MAX);
    demand(bk_upload_seal(key, 1, 7, text, &sealed_key, &sealed) == BK_OK);
    demand(bk_upload_open(key, 1, 7, key_text, bk_buf_str(&sealed), &out) == BK_OK);
    demand(bk_str_eq(bk_buf_str(&out), text));
    bk_buf_clear(&out);
    demand(bk_upload_open(key, 2, 7, key_text, bk_buf_str(&sealed), &out) == BK_ERR_CRYPTO);
    sealed.ptr[text.len % sealed.len] ^= 1;
    demand(bk_upload_open(key, 1, 7, key_text, bk_buf_str(&sealed), &out) == BK_ERR_CRYPTO);
    demand(out.len == 0);
    bk_buf_deinit(&sealed);
    bk_buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bk_key key = {.bytes = {1, 2, 3}};
    struct bk_str text = {(const char *)data, size};
    try_name(text);
    try_foreign(&key, text);
    try_own(&key, text);
    return 0;
}
