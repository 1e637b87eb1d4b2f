/*
 * What a phone writes itself (its log, what was changed at it, contacts, call lists), sealed as
 * PostgreSQL keeps it: each part under a key of its own, which alone is sealed with the tenant's
 * data key (migrations/0035_upload.sql).
 */
#ifndef MODEL_UPLOAD_H
#define MODEL_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/seal.h"
#include "base/str.h"

#define BK_UPLOAD_NAME_MAX 64             /* bytes of a file's name */
#define BK_UPLOAD_MAX BK_SEAL_CONTENT_MAX /* bytes of one part */
#define BK_UPLOADS_MAX (16 * 1024 * 1024) /* bytes of all files of one device, at most */

/*
 * The name that a path's file is kept under, terminated: its last step in lower case, since phones
 * differ in folders and letters. "Calls/F04EA4691C59-calls.xml" -> "f04ea4691c59-calls.xml". False:
 * it has none, of 1..BK_UPLOAD_NAME_MAX letters, digits, dots, hyphens, underscores.
 */
BK_MUST_USE bool bk_upload_name(struct bk_str path, char (*ret_name)[BK_UPLOAD_NAME_MAX + 1]);

/* Identifiers of parts are random, since a part is sealed for its row before that is written. */
int64_t bk_upload_part_id_new(void); /* 1 .. 2^53 - 1 */

/*
 * Seal one part: its new key into ret_key, its text into out, which is empty before.
 * BK_ERR_NO_MEMORY, BK_ERR_TOO_LARGE: text beyond BK_UPLOAD_MAX.
 */
#define BK_UPLOAD_KEY_SEALED_BYTES (BK_KEY_SIZE + BK_SEAL_OVERHEAD_BYTES)
BK_MUST_USE enum bk_err bk_upload_seal(const struct bk_key *data_key, int64_t tenant_id,
                                       int64_t part_id, struct bk_str text,
                                       uint8_t (*ret_key)[BK_UPLOAD_KEY_SEALED_BYTES],
                                       struct bk_buf *out);
/* Open one: its text behind what stands in out, a secret buffer. BK_ERR_CRYPTO: another tenant's,
 * another part's, or of another data key. */
BK_MUST_USE enum bk_err bk_upload_open(const struct bk_key *data_key, int64_t tenant_id,
                                       int64_t part_id, struct bk_str sealed_key,
                                       struct bk_str sealed_text, struct bk_buf *out);

#endif
