/*
 * Sealing of what phones write.
 */
#include "model/upload.h"

#include <string.h>

#include "base/secret.h"

static const char key_field[] = "upload_part.content_key", text_field[] = "upload_part.content";

bool bk_upload_name(struct bk_str path, char (*ret_name)[BK_UPLOAD_NAME_MAX + 1])
{
    ptrdiff_t slash_at;
    while ((slash_at = bk_str_find(path, '/')) >= 0)
        path = bk_str_slice(path, (size_t)slash_at + 1, path.len);
    if (path.len == 0 || path.len > BK_UPLOAD_NAME_MAX)
        return false;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))
            return false;
        (*ret_name)[i] = c;
    }
    (*ret_name)[path.len] = '\0';
    return true;
}

int64_t bk_upload_part_id_new(void)
{
    uint64_t id;
    do {
        bk_random((uint8_t *)&id, sizeof id);
        id >>= 64 - 53;
    } while (id == 0);
    return (int64_t)id;
}

enum bk_err bk_upload_seal(const struct bk_key *data_key, int64_t tenant_id, int64_t part_id,
                           struct bk_str text, uint8_t (*ret_key)[BK_UPLOAD_KEY_SEALED_BYTES],
                           struct bk_buf *out)
{
    struct bk_key key;
    char place[BK_SEAL_PLACE_SIZE];
    size_t len;
    bk_random(key.bytes, sizeof key.bytes);
    enum bk_err err = bk_seal(data_key, bk_seal_place(&place, tenant_id, key_field, part_id),
                              (struct bk_str){(const char *)key.bytes, sizeof key.bytes}, *ret_key,
                              sizeof *ret_key, &len);
    if (err == BK_OK)
        err =
            bk_seal_content(&key, bk_seal_place(&place, tenant_id, text_field, part_id), text, out);
    bk_wipe(&key, sizeof key);
    return err;
}

enum bk_err bk_upload_open(const struct bk_key *data_key, int64_t tenant_id, int64_t part_id,
                           struct bk_str sealed_key, struct bk_str sealed_text, struct bk_buf *out)
{
    struct bk_key key;
    char place[BK_SEAL_PLACE_SIZE];
    size_t len = 0;
    enum bk_err err = bk_seal_open(data_key, bk_seal_place(&place, tenant_id, key_field, part_id),
                                   sealed_key, key.bytes, sizeof key.bytes, &len);
    if (err == BK_OK && len != sizeof key.bytes)
        err = BK_ERR_CRYPTO;
    if (err == BK_OK)
        err = bk_seal_content_open(&key, bk_seal_place(&place, tenant_id, text_field, part_id),
                                   sealed_text, out);
    bk_wipe(&key, sizeof key);
    return err;
}
