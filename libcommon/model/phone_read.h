/*
 * Reading values out of the phone's JSON document: types, lengths, sealed secrets. Internal to
 * model; phone.c uses it.
 */
#ifndef MODEL_PHONE_READ_H
#define MODEL_PHONE_READ_H

#include "model/json.h"
#include "model/merge.h"
#include "model/phone.h"

struct bk_phone_reader {
    struct bk_arena *arena;
    int64_t tenant_id;
    const struct bk_key *data_key;
    struct bk_str vendor;
    struct bk_detail *detail;
    const char
        *array; /* which member of the document is read, for messages: "lines"; NULL: itself */
    size_t index;
};

/* BK_ERR_INVALID, with a detail that begins with the place, e.g. "lines[2]". */
BK_MUST_USE enum bk_err bk_read_fail(struct bk_phone_reader *reader, const char *format, ...)
    BK_PRINTF(2, 3);

/* Members of object. Missing or null: the given default; present: of this type and range. */
BK_MUST_USE enum bk_err bk_read_text(struct bk_phone_reader *reader, const struct bk_json *object,
                                     struct bk_str member, size_t len_max, struct bk_str *ret_text);
BK_MUST_USE enum bk_err bk_read_int(struct bk_phone_reader *reader, const struct bk_json *object,
                                    struct bk_str member, int64_t min, int64_t max, int64_t missing,
                                    int64_t *ret_value);
BK_MUST_USE enum bk_err bk_read_word(struct bk_phone_reader *reader, const struct bk_json *object,
                                     struct bk_str member, const char *const *words,
                                     size_t word_count, size_t *ret_index);
/* At most count_max members; an empty one when missing. For an object: NULL when missing. */
BK_MUST_USE enum bk_err bk_read_array(struct bk_phone_reader *reader, const struct bk_json *object,
                                      struct bk_str member, size_t count_max,
                                      const struct bk_json **ret_array);
BK_MUST_USE enum bk_err bk_read_object(struct bk_phone_reader *reader, const struct bk_json *object,
                                       struct bk_str member, const struct bk_json **ret_object);

/* Open what stands sealed at "<tenant>/<table_field>/<row_id>"; plain text in the arena. */
BK_MUST_USE enum bk_err bk_read_sealed(struct bk_phone_reader *reader, struct bk_str base64,
                                       const char *table_field, int64_t row_id,
                                       struct bk_str *ret_plain);

/* "settings", "locks" and "raw" of a layer or line, merged over what is there. */
BK_MUST_USE enum bk_err bk_read_layer(struct bk_phone_reader *reader, const struct bk_json *object,
                                      enum bk_layer layer, int64_t row_id, struct bk_merge *merge);

#endif
