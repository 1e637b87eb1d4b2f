/*
 * What whoever edits a settings layer needs, be it the command line or the API: judging one value,
 * one raw parameter, one lock. What an admin may write is decided here and nowhere else; how it was
 * written down (KEY=VALUE, JSON) is the caller's.
 */
#ifndef LAYER_LAYER_H
#define LAYER_LAYER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/phone.h"
#include "vendor/vendor.h"

/* Seal a secret setting of the layer that is being edited; field is "site.settings:<key>". */
typedef enum bk_err bk_layer_seal_fn(void *ctx, const char *field, struct bk_str plain,
                                     struct bk_str *ret_sealed);

/*
 * The id of a setting by its key: BK_ERR_INVALID with a detail when there is none, or none that
 * this layer may hold (a secret on a line: it would be sealed to a row that comes and goes).
 */
BK_MUST_USE enum bk_err bk_layer_find(enum bk_layer layer, struct bk_str key,
                                      enum bk_neutral *ret_id, struct bk_detail *ret_detail);

/*
 * Check the text of a value, and make what the layer stores of it; a secret is sealed.
 * *ret_json: a new reference.
 */
BK_MUST_USE enum bk_err bk_layer_value(struct bk_arena *arena, enum bk_layer layer,
                                       enum bk_neutral id, struct bk_str text,
                                       bk_layer_seal_fn *seal, void *ctx, json_t **ret_json,
                                       struct bk_detail *ret_detail);
/*
 * The text of a value that came as JSON: a string, a whole number, a boolean, a list of strings,
 * each only where the setting's type is that.
 */
BK_MUST_USE enum bk_err bk_layer_value_text(struct bk_arena *arena, enum bk_neutral id,
                                            const json_t *json, struct bk_str *ret_text,
                                            struct bk_detail *ret_detail);

/* BK_ERR_INVALID or BK_ERR_DENIED (reserved) with a detail; the driver is *ret_vendor. */
BK_MUST_USE enum bk_err bk_layer_raw(struct bk_str vendor, struct bk_str name, struct bk_str value,
                                     const struct bk_vendor **ret_vendor,
                                     struct bk_detail *ret_detail);

/* Does a list of locks hold this name? Its index, or the list's size. */
size_t bk_layer_lock_find(const json_t *locks, struct bk_str name);
/* A name that may be locked: a setting's key, or "raw:" and a parameter's name. */
BK_MUST_USE enum bk_err bk_layer_lock_check(struct bk_str name, struct bk_detail *ret_detail);
/*
 * The row of `rows` that locks `name` against `layer`, or NULL. rows: a JSON array of {"layer",
 * "name", "locks"}, lowest first (bk_store_layer_list). The detail says what to do.
 */
const json_t *bk_layer_locked_by(const json_t *rows, enum bk_layer layer, struct bk_str name,
                                 struct bk_detail *ret_detail);

#endif
