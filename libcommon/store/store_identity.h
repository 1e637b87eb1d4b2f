/*
 * What a tenant decides about who its phones are: quarantine, windows, enrolment, policies, blocked
 * certificates (migrations/0022_identity.sql, 0023_enrolment.sql). The rules stand in functions of
 * schema bk; a refusal of theirs, in words, is BK_ERR_DENIED with that detail.
 */
#ifndef STORE_STORE_IDENTITY_H
#define STORE_STORE_IDENTITY_H

#include "store/store.h"

/* --- quarantine --- */

/* What was seen is the phone from now on; or it proves nothing any more, and the phone is what it
 * was. actor: as in audit rows. */
BK_MUST_USE enum bk_err bk_store_device_accept(const struct bk_store *store, int64_t device_id,
                                               struct bk_str actor);
BK_MUST_USE enum bk_err bk_store_device_block(const struct bk_store *store, int64_t device_id,
                                              struct bk_str actor);

/*
 * JSON array, newest first, at most limit: anomaly_id, mac, state (the device's), kind, seen (an
 * object), seen_count, first_at, last_at, decision (null: open), decided_at, decided_by.
 */
struct bk_store_anomaly_filter {
    int64_t device_id; /* 0: all */
    bool with_decided;
    int64_t limit;
};
BK_MUST_USE enum bk_err bk_store_anomaly_list(const struct bk_store *store, int64_t tenant_id,
                                              const struct bk_store_anomaly_filter *filter,
                                              struct bk_str *ret_json);

/* --- windows and enrolment --- */

/* hours 0: the policy's. *ret_until is RFC 3339 in UTC. */
BK_MUST_USE enum bk_err bk_store_device_arm(const struct bk_store *store, int64_t device_id,
                                            int64_t hours, struct bk_str *ret_until);

struct bk_store_enrolment {
    int64_t device_id;
    struct bk_str method;      /* "url", "basic", "digest"; no pointer: the policy's */
    struct bk_str token_hash;  /* SHA-256; no pointer: the site's addresses begin it */
    struct bk_str username;    /* of basic and digest: the MAC */
    struct bk_str secret_hash; /* SHA-256 of the steady secret */
    struct bk_str sealed;      /* the secret, at "<tenant>/enrolment.secret/<device_id>" */
    int64_t hours;             /* 0: the policy's */
};
BK_MUST_USE enum bk_err bk_store_enrolment_arm(const struct bk_store *store,
                                               const struct bk_store_enrolment *enrolment,
                                               struct bk_str *ret_until);
BK_MUST_USE enum bk_err bk_store_enrolment_disarm(const struct bk_store *store, int64_t device_id);

/* --- policies --- */

/* The device's maker, as device.vendor has it. */
BK_MUST_USE enum bk_err bk_store_device_vendor(const struct bk_store *store, int64_t tenant_id,
                                               int64_t device_id, struct bk_str *ret_vendor);

/* What holds for a device: every key, as a JSON object of texts and numbers. */
BK_MUST_USE enum bk_err bk_store_policy_of(const struct bk_store *store, int64_t tenant_id,
                                           int64_t device_id, struct bk_str *ret_json);
/* The defaults, the tenant's own, and a profile's (name without pointer: none), as JSON objects of
 * what each says; locked, since the caller writes back what it read. BK_ERR_NOT_FOUND without a
 * detail: no such profile. */
struct bk_store_policy {
    struct bk_str defaults, tenant, profile;
};
BK_MUST_USE enum bk_err bk_store_policy_read(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str profile,
                                             struct bk_store_policy *ret_policy);
/* The tenant's, or with a profile's name that one's. */
BK_MUST_USE enum bk_err bk_store_policy_write(const struct bk_store *store, int64_t tenant_id,
                                              struct bk_str profile, struct bk_str json);

/* --- blocked certificates --- */

/* fingerprint: 64 hexadecimal digits; tenant_id 0: for every tenant. */
BK_MUST_USE enum bk_err bk_store_certificate_block(const struct bk_store *store, int64_t tenant_id,
                                                   struct bk_str fingerprint, struct bk_str note);
/* BK_ERR_NOT_FOUND without a detail: it is not blocked there. */
BK_MUST_USE enum bk_err bk_store_certificate_unblock(const struct bk_store *store,
                                                     int64_t tenant_id, struct bk_str fingerprint);
/* JSON array, newest first: fingerprint, scope ("operator" or "tenant"), note, created_at; of the
 * operator, and with a tenant of that one besides. */
BK_MUST_USE enum bk_err bk_store_certificate_list(const struct bk_store *store, int64_t tenant_id,
                                                  struct bk_str *ret_json);

#endif
