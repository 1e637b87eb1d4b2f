/*
 * Two keys under a lock, on a page of their own that is neither swapped out nor written to a core.
 */
#include "base/master_keys.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/secret.h"

struct ring {
    struct bk_key key, previous;
    bool has_previous;
};

/* A page of its own: mmap, not bk_alloc. */
struct bk_master_keys {
    pthread_mutex_t lock;
    const char *file, *previous_file; /* NULL: that key came as text, or is not set */
    struct ring ring;
};

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Where the limit of locked memory is 0 the page may be swapped, and is still in no core. */
static void guard(struct bk_master_keys *keys)
{
    (void)mlock(keys, sizeof *keys);
    (void)madvise(keys, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTDUMP);
}

static enum bk_err read_previous(const char *file, struct ring *ring, struct bk_detail *ret_detail)
{
    ring->has_previous = false;
    if (access(file, F_OK) != 0 && errno == ENOENT)
        return BK_OK;
    enum bk_err err = bk_key_read(file, &ring->previous, ret_detail);
    ring->has_previous = err == BK_OK;
    return err;
}

static enum bk_err take_texts(const struct bk_master_key_names *names, struct ring *ring,
                              struct bk_detail *ret_detail)
{
    if (is_set(names->previous_file) && is_set(names->previous_text)) {
        bk_detail_set(ret_detail, "set one of master_key_previous_file and master_key_previous");
        return BK_ERR_INVALID;
    }
    enum bk_err err = bk_key_take(names->file, names->text, &ring->key, ret_detail);
    if (err != BK_OK || !is_set(names->previous_text))
        return err;
    err = bk_key_parse(bk_str_of(names->previous_text), &ring->previous);
    ring->has_previous = err == BK_OK;
    bk_wipe(names->previous_text, strlen(names->previous_text));
    if (err != BK_OK)
        bk_detail_set(ret_detail, "master_key_previous: not 64 hexadecimal digits");
    return err;
}

enum bk_err bk_master_keys_new(const struct bk_master_key_names *names,
                               struct bk_master_keys **ret_keys, struct bk_detail *ret_detail)
{
    struct bk_master_keys *keys =
        mmap(NULL, sizeof *keys, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (keys == MAP_FAILED)
        return BK_ERR_NO_MEMORY;
    guard(keys);
    keys->file = is_set(names->file) ? names->file : NULL;
    keys->previous_file = is_set(names->previous_file) ? names->previous_file : NULL;
    pthread_mutex_init(&keys->lock, NULL);
    enum bk_err err = take_texts(names, &keys->ring, ret_detail);
    if (err == BK_OK && keys->previous_file != NULL)
        err = read_previous(keys->previous_file, &keys->ring, ret_detail);
    if (err == BK_OK)
        *ret_keys = keys;
    else
        bk_master_keys_free(keys);
    return err;
}

enum bk_err bk_master_keys_reload(struct bk_master_keys *keys, struct bk_detail *ret_detail)
{
    guard(keys); /* once more: a lock on memory does not survive a fork */
    struct ring fresh = keys->ring;
    enum bk_err err = BK_OK;
    if (keys->file != NULL)
        err = bk_key_read(keys->file, &fresh.key, ret_detail);
    if (err == BK_OK && keys->previous_file != NULL)
        err = read_previous(keys->previous_file, &fresh, ret_detail);
    if (err == BK_OK) {
        pthread_mutex_lock(&keys->lock);
        keys->ring = fresh;
        pthread_mutex_unlock(&keys->lock);
    }
    bk_wipe(&fresh, sizeof fresh);
    return err;
}

void bk_master_keys_free(struct bk_master_keys *keys)
{
    if (keys == NULL)
        return;
    pthread_mutex_destroy(&keys->lock);
    bk_wipe(keys, sizeof *keys);
    (void)munmap(keys, sizeof *keys);
}

static void copy_ring(struct bk_master_keys *keys, struct ring *ret_ring)
{
    pthread_mutex_lock(&keys->lock);
    *ret_ring = keys->ring;
    pthread_mutex_unlock(&keys->lock);
}

enum bk_err bk_master_keys_data_key_new(struct bk_master_keys *keys, int64_t tenant_id,
                                        uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES])
{
    struct ring ring;
    copy_ring(keys, &ring);
    enum bk_err err = bk_data_key_new(&ring.key, tenant_id, ret_sealed);
    bk_wipe(&ring, sizeof ring);
    return err;
}

enum bk_err bk_master_keys_data_key_open(struct bk_master_keys *keys, int64_t tenant_id,
                                         struct bk_str sealed, struct bk_key *ret_key)
{
    struct ring ring;
    copy_ring(keys, &ring);
    enum bk_err err = bk_data_key_open(&ring.key, tenant_id, sealed, ret_key);
    if (err == BK_ERR_CRYPTO && ring.has_previous)
        err = bk_data_key_open(&ring.previous, tenant_id, sealed, ret_key);
    bk_wipe(&ring, sizeof ring);
    return err;
}

void bk_master_keys_get(struct bk_master_keys *keys, struct bk_key *ret_key)
{
    struct ring ring;
    copy_ring(keys, &ring);
    *ret_key = ring.key;
    bk_wipe(&ring, sizeof ring);
}

bool bk_master_keys_has(struct bk_master_keys *keys, const struct bk_key *key)
{
    struct ring ring;
    copy_ring(keys, &ring);
    const struct bk_str wanted = {(const char *)key->bytes, sizeof key->bytes};
    bool has =
        bk_secret_eq((struct bk_str){(const char *)ring.key.bytes, BK_KEY_SIZE}, wanted) ||
        (ring.has_previous &&
         bk_secret_eq((struct bk_str){(const char *)ring.previous.bytes, BK_KEY_SIZE}, wanted));
    bk_wipe(&ring, sizeof ring);
    return has;
}
