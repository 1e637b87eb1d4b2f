/*
 * What a PBX driver is: how a phone is called back through one kind of PBX. A const struct with its
 * option rows; the registry (registry.c) is an array written by hand. Drivers may wait; they run on
 * the notifier's loop and know nothing of jobs.
 */
#ifndef PBX_PBX_H
#define PBX_PBX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/work.h"
#include "pbx/egress.h"
#include "pbx/kind.h"

/* What all PBXs of a process share. */
struct bk_pbx_setup {
    struct bk_loop *loop;
    struct bk_work *work;           /* where names are looked up */
    const struct bk_egress *egress; /* where connections may go (docs/rules.md, rule 10) */
    const char *tls_ca_file; /* PEM: who vouches for PBXs' certificates; NULL: the system's */
    const char *agent;       /* User-Agent; this and the CA file outlive the PBXs */
};

/* One PBX's control side; texts are copied by open, the secret too (and wiped by close). */
struct bk_pbx_account {
    const char *name;    /* for logs: "<tenant_id>/<pbx_id>" */
    const char *domain;  /* the PBX's SIP domain: that of From */
    const char *address; /* as the driver reads it; sip: "host[:port]" */
    const char *username;
    struct bk_str secret;
    struct bk_str options_json; /* the driver's rows, as a flat JSON object; "{}" */
};

/* One message to one phone. Borrowed until on_done. */
struct bk_pbx_order {
    struct bk_str number, domain;            /* AOR: sip:number@domain */
    const char *event;                       /* "check-sync;reboot=false" */
    struct bk_str line_auth_id, line_secret; /* for a phone that challenges; may be empty */
    int timeout_ms;                          /* 1..60000, all retransmissions and challenges */
    /*
     * Asked, with on_done's ctx, right before each message leaves: the first, which may have waited
     * for a look-up, and each one repeated with credentials; not for retransmissions. Whoever pays
     * for messages counts here. false: nothing more is sent, and the order ends as BK_PBX_SILENT.
     * May be asked inside the call of deliver. NULL: always.
     */
    bool (*may_send)(void *ctx);
};

/* What came of it; the sentences for people are result.text. */
enum bk_pbx_outcome {
    BK_PBX_ANSWERED,  /* 2xx of the phone, where the driver can know it */
    BK_PBX_TAKEN,     /* the PBX took it; nothing is known of the phone */
    BK_PBX_OFFLINE,   /* not registered: 404, 480 */
    BK_PBX_SILENT,    /* no final answer in time, connection lost after sending, or 408: it may
                       * have arrived */
    BK_PBX_REFUSED,   /* for good, by the phone or for it: 405 481 482 483 489 501 6xx … */
    BK_PBX_ACCOUNT,   /* 401 403 407: our account or address is not accepted: stop this PBX */
    BK_PBX_ILL,       /* 5xx, no connection, TLS refused, name not found: the PBX's fault */
    BK_PBX_FORBIDDEN, /* the operator's address policy does not allow this PBX: nothing was sent */
    BK_PBX_OUTCOME_COUNT
};
const char *bk_pbx_outcome_name(enum bk_pbx_outcome outcome);

struct bk_pbx_result {
    enum bk_pbx_outcome outcome;
    int status;        /* SIP status; 0: none came */
    int retry_after_s; /* 0: not said */
    char text[200];    /* for the tenant: what happened, and what to set where */
};

struct bk_pbx;    /* an open PBX */
struct bk_pbx_op; /* a message or probe under way */

/* Once per operation, from the loop, never from inside the call that started it. */
typedef void bk_pbx_done_fn(void *ctx, const struct bk_pbx_result *result);

struct bk_pbx_driver {
    const struct bk_pbx_kind *kind;

    /* BK_ERR_INVALID with a detail that names the option; connects lazily, resolves on a thread. */
    enum bk_err (*open)(const struct bk_pbx_setup *setup, const struct bk_pbx_account *account,
                        struct bk_pbx **ret_pbx, struct bk_detail *ret_detail);
    /* Nothing is reported any more; operations under way are dropped. */
    void (*close)(struct bk_pbx *pbx);
    enum bk_err (*deliver)(struct bk_pbx *pbx, const struct bk_pbx_order *order,
                           bk_pbx_done_fn *on_done, void *ctx, struct bk_pbx_op **ret_op);
    /* Is the PBX there? Touches no phone (sip: OPTIONS). ANSWERED by any answer at all, else
     * SILENT, ILL or FORBIDDEN. */
    enum bk_err (*probe)(struct bk_pbx *pbx, int timeout_ms, bk_pbx_done_fn *on_done, void *ctx,
                         struct bk_pbx_op **ret_op);
    void (*cancel)(struct bk_pbx_op *op); /* not reported any more */
};

/* By stored name, or NULL. What kinds there are: bk_pbx_kinds. */
const struct bk_pbx_driver *bk_pbx_driver_find(struct bk_str name);

#endif
