/*
 * Encryption of what is worth stealing, before it reaches PostgreSQL (docs/rules.md, rule 5).
 *
 * Envelope: a master key (file, never in the database) wraps one data key per tenant; the data key
 * seals each field. AES-256-GCM (NIST SP 800-38D), random 96-bit nonce, and the place of the value
 * (tenant, table, row, field) as associated data, so that a ciphertext moved to another row,
 * field or tenant does not open.
 *
 * Sealed form, both for keys and for fields:  version(1) = 1 | nonce(12) | ciphertext(n) | tag(16)
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define BK_KEY_SIZE 32
#define BK_SEAL_OVERHEAD_BYTES (1 + 12 + 16)
/* The longest plain text that is sealed: a SIP password, a PIN, a web password. */
#define BK_SEAL_PLAIN_MAX 1024

struct bk_key {
    uint8_t bytes[BK_KEY_SIZE];
};

/*
 * Read the master key: a file of 64 hexadecimal digits and at most one line end, not readable by
 * others (mode & 007 == 0), else BK_ERR_INVALID with a detail that names path and cure.
 * `beckon keys new` writes one; `openssl rand -hex 32` does as well.
 */
BK_MUST_USE enum bk_err bk_key_read(const char *path, struct bk_key *ret_key,
                                    struct bk_detail *ret_detail);
BK_MUST_USE enum bk_err bk_key_parse(struct bk_str hex, struct bk_key *ret_key);
/*
 * The master key as a service's settings give it: exactly one of file and text, either may be NULL
 * or empty; text is wiped. BK_ERR_INVALID with a detail.
 */
BK_MUST_USE enum bk_err bk_key_take(const char *file, char *text, struct bk_key *ret_key,
                                    struct bk_detail *ret_detail);

/*
 * Seal and open. `place` is the associated data, made by bk_seal_place. ret_* hold at most
 * size bytes; BK_ERR_TOO_LARGE when it does not fit, BK_ERR_CRYPTO when the tag does not match
 * (wrong key, wrong place, changed bytes).
 */
BK_MUST_USE enum bk_err bk_seal(const struct bk_key *key, struct bk_str place, struct bk_str plain,
                                uint8_t *ret_sealed, size_t size, size_t *ret_len);
BK_MUST_USE enum bk_err bk_seal_open(const struct bk_key *key, struct bk_str place,
                                     struct bk_str sealed, uint8_t *ret_plain, size_t size,
                                     size_t *ret_len);

/*
 * The same for texts of up to BK_SEAL_CONTENT_MAX bytes, behind what stands in out, which gets
 * nothing when they fail; BK_ERR_NO_MEMORY, and BK_ERR_TOO_LARGE also when out is full. For plain
 * text out should be a secret buffer.
 */
#define BK_SEAL_CONTENT_MAX (1024 * 1024)
BK_MUST_USE enum bk_err bk_seal_content(const struct bk_key *key, struct bk_str place,
                                        struct bk_str plain, struct bk_buf *out);
BK_MUST_USE enum bk_err bk_seal_content_open(const struct bk_key *key, struct bk_str place,
                                             struct bk_str sealed, struct bk_buf *out);

/* "<tenant_id>/<table>.<field>/<row_id>", e.g. "7/extension.secret/42". */
#define BK_SEAL_PLACE_SIZE 128
struct bk_str bk_seal_place(char (*space)[BK_SEAL_PLACE_SIZE], int64_t tenant_id,
                            const char *table_field, int64_t row_id);

/*
 * A tenant's data key, sealed under the master key at "0/tenant.data_key/<tenant_id>". open:
 * BK_ERR_CRYPTO when it is none, another tenant's, or of another master key; whoever opens it wipes
 * it. Both: BK_ERR_NO_MEMORY.
 */
#define BK_DATA_KEY_SEALED_BYTES (BK_KEY_SIZE + BK_SEAL_OVERHEAD_BYTES)
BK_MUST_USE enum bk_err bk_data_key_new(const struct bk_key *master_key, int64_t tenant_id,
                                        uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES]);
BK_MUST_USE enum bk_err bk_data_key_seal(const struct bk_key *master_key, int64_t tenant_id,
                                         const struct bk_key *key,
                                         uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES]);
BK_MUST_USE enum bk_err bk_data_key_open(const struct bk_key *master_key, int64_t tenant_id,
                                         struct bk_str sealed, struct bk_key *ret_key);

/* A key for one purpose, derived from another (HMAC-SHA256 over `purpose`). */
void bk_key_derive(const struct bk_key *key, struct bk_str purpose, struct bk_key *ret_key);
/* HMAC-SHA256: the keyed hash behind ETags. */
void bk_mac_sha256(const struct bk_key *key, struct bk_str text, uint8_t (*ret_mac)[32]);
/* SHA-256: what is kept of a secret that is too random to be found from it. */
void bk_sha256(struct bk_str text, uint8_t (*ret_hash)[32]);

#endif
