/*
 * No write may leave a phone without its file. After a write's statements and before its commit,
 * the phones that it has raised are put together and written out as beckon-config would write them.
 * What cannot be written, and was not so before, is why the write is refused (docs/adr/0009).
 *
 * Nothing here knows what was written: the database's triggers know whom it concerns.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include "base/seal.h"
#include "store/store.h"
#include "vendor/faults.h"

/* For bk_store_raised: what is looked at of a write that concerns too many to be raised at once. */
#define BK_GUARD_SAMPLE 200
/* What is told of one write. */
#define BK_GUARD_FAULT_MAX 16

/* Gives a store, of the same tenant, that sees what was there before the write; asked for once, and
 * only when something is wrong. It belongs to context. */
typedef enum bk_err bk_guard_before_fn(void *context, struct bk_store *ret_store);

struct bk_guard {
    struct bk_store store; /* the write's own; its tenant was set by bk_store_tenant_set */
    int64_t tenant_id;
    const struct bk_key *data_key; /* NULL: masks stand for secrets, which are not judged then */
    struct bk_str public_url;      /* as beckon-config has it */
    bk_guard_before_fn *before;
    void *context;
};

struct bk_guard_fault {
    struct bk_str mac, label; /* of the phone */
    const struct bk_vendor *vendor;
    struct bk_fault fault;
};

struct bk_guard_faults {
    struct bk_guard_fault rows[BK_GUARD_FAULT_MAX]; /* texts in the store's arena */
    size_t count;
};

/* These devices, of bk_store_raised. BK_OK also with faults, which the caller refuses the write
 * for; the check ends when it has as many as are told. Else the database's errors. */
BK_MUST_USE enum bk_err bk_guard_check(const struct bk_guard *guard, const int64_t *ids,
                                       size_t id_count, struct bk_guard_faults *ret_faults);

/*
 * "device 0080f0000001 "Reception" (Panasonic), line 1: DISPLAY_NAME_1: holds a quote, …"
 * A key's value is quoted, as it may come from elsewhere; nothing else is: it may be a secret.
 */
void bk_guard_print(const struct bk_guard_fault *fault, struct bk_detail *ret_detail);

#endif
