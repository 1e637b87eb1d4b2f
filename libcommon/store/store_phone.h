/*
 * What one phone is to hold, for showing it: the JSON that bk.device_fetch serves, made anew
 * by the same function (app.phone_config) under row-level security and without a phone's
 * certificate, so also for one that would be refused.
 */
#ifndef STORE_STORE_PHONE_H
#define STORE_STORE_PHONE_H

#include "store/store.h"

struct bk_store_phone {
    int64_t device_id, revision;
    struct bk_str vendor, model, config_json; /* in the arena */
    /* What the files that were handed out last were made of, and its revision; empty when that is
     * not kept (none were, or the tenant's data key has changed since). */
    struct bk_str last_json;
    int64_t last_revision;
    int64_t revision_held; /* by the phone, as far as it was seen; 0: not known */
};

/* BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_phone_read(const struct bk_store *store, int64_t tenant_id,
                                            struct bk_str mac, struct bk_store_phone *ret_phone);

/*
 * The devices that this transaction has made or raised since it was asked last, and as many as
 * sample of those that it has left to be raised in batches, some of each maker and model
 * (app.devices_raised). Noted from bk_store_tenant_set on.
 */
BK_MUST_USE enum bk_err bk_store_raised(const struct bk_store *store, int sample,
                                        const int64_t **ret_ids, size_t *ret_count);

struct bk_store_document {
    int64_t device_id;
    struct bk_str mac, label, vendor, model, config_json; /* in the arena */
};
/* What these devices are to hold, in the order of ids; those that there are. */
BK_MUST_USE enum bk_err bk_store_documents(const struct bk_store *store, const int64_t *ids,
                                           size_t id_count,
                                           const struct bk_store_document **ret_documents,
                                           size_t *ret_count);

#endif
