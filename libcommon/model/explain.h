/*
 * Why a phone's parameters are what they are, and what its next files change: lists of parameters
 * as a driver tells them (vendor/sheet.h), gathered, compared and put into words. Pure.
 */
#ifndef MODEL_EXPLAIN_H
#define MODEL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/parameter.h"
#include "model/phone.h"

struct bk_explained {
    struct bk_str file; /* as the phone asks for it */
    struct bk_parameter parameter;
};

/* All parameters of all files of one phone, in their order. */
struct bk_explanation {
    struct bk_arena *arena; /* holds rows and texts; wiped when freed, since passwords are in it */
    struct bk_str file;     /* of what is added next */
    struct bk_explained *rows;
    size_t count, size;
};

void bk_explanation_init(struct bk_explanation *explanation, struct bk_arena *arena);
/* A bk_list_fn: adds a copy. */
void bk_explanation_add(void *explanation, const struct bk_parameter *parameter);

/* Does any parameter come from this setting, be it one that is not written? */
bool bk_explanation_has(const struct bk_explanation *explanation, enum bk_neutral id);

/*
 * The settings that somebody set, for the phone or one of its lines, and that none of its files
 * has a parameter for. ret_ids takes BK_NEUTRAL_COUNT; returns how many.
 */
size_t bk_explanation_unsupported(const struct bk_explanation *explanation,
                                  const struct bk_phone *phone, enum bk_neutral *ret_ids);

/* One difference; before or after is NULL when the parameter is in one list alone. */
typedef void bk_difference_fn(void *context, const struct bk_explained *before,
                              const struct bk_explained *after);

/*
 * What differs between two lists, parameters told by file and name: first what changed or came, in
 * the order of `after`, then what went, in that of `before`. A parameter that is kept (not written)
 * differs from none. Where a name stands several times in a file, its n-th is the n-th.
 * BK_ERR_NO_MEMORY.
 */
BK_MUST_USE enum bk_err bk_explanation_diff(const struct bk_explanation *before,
                                            const struct bk_explanation *after,
                                            bk_difference_fn *tell, void *context);

/* "tenant: time.zone", "default: time.zone", "line 2", "key module 1, 12", "device: raw", "driver";
 * truncated to what fits, terminated. */
#define BK_ORIGIN_TEXT_SIZE 96
struct bk_str bk_origin_print(const struct bk_origin *origin, char (*space)[BK_ORIGIN_TEXT_SIZE]);

/* "driver", "setting", "line", "key", "raw" */
const char *bk_origin_kind_name(enum bk_origin_kind kind);

#endif
