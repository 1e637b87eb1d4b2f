/*
 * The master keys of a process: the one that seals, and one beside it that opens as well, so that
 * the master key can change while all serve (docs/keys.md). They come from where the settings say,
 * and those in files are read again on SIGHUP.
 *
 * thread: any; a data key is opened and sealed under whichever keys are there at that moment.
 */
#ifndef BASE_MASTER_KEYS_H
#define BASE_MASTER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/seal.h"
#include "base/str.h"

/*
 * As settings give them; NULL and empty: not set. Of file and text exactly one, of the previous
 * ones at most one. Files are borrowed as long as the keys live; texts are wiped when they are
 * read. A previous_file that does not exist is no key: its name may stand in the settings for good.
 */
struct bk_master_key_names {
    const char *file, *previous_file;
    char *text, *previous_text;
};

struct bk_master_keys;

/* BK_ERR_INVALID with a detail that names setting and cure; BK_ERR_NO_MEMORY. */
BK_MUST_USE enum bk_err bk_master_keys_new(const struct bk_master_key_names *names,
                                           struct bk_master_keys **ret_keys,
                                           struct bk_detail *ret_detail);
/* From the files once more; what cannot be read leaves all keys as they are. */
BK_MUST_USE enum bk_err bk_master_keys_reload(struct bk_master_keys *keys,
                                              struct bk_detail *ret_detail);
void bk_master_keys_free(struct bk_master_keys *keys); /* wiped; NULL is accepted */

/* bk_data_key_new and bk_data_key_open (base/seal.h): under the key; under either. */
BK_MUST_USE enum bk_err
bk_master_keys_data_key_new(struct bk_master_keys *keys, int64_t tenant_id,
                            uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES]);
BK_MUST_USE enum bk_err bk_master_keys_data_key_open(struct bk_master_keys *keys, int64_t tenant_id,
                                                     struct bk_str sealed, struct bk_key *ret_key);
/* The one that seals; the caller wipes it. */
void bk_master_keys_get(struct bk_master_keys *keys, struct bk_key *ret_key);
/* Is this one of them? */
bool bk_master_keys_has(struct bk_master_keys *keys, const struct bk_key *key);

#endif
