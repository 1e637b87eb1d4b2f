/*
 * What the front of beckon-api shares among its own files: worker, threads, one call on its way.
 * Handlers (res_*.c) see api.h alone.
 */
#ifndef API_FRONT_H
#define API_FRONT_H

#include "api.h"
#include "base/master_keys.h"
#include "base/metric.h"
#include "io/doorbell.h"
#include "io/work.h"
#include "settings.h"
#include "web/auth_jwt.h"
#include "web/server.h"

/* The service's own metrics, behind web's in the table (metrics.c). */
enum api_metric {
    API_M_GOOD = BK_WEB_METRIC_COUNT,
    API_M_REFUSED,
    API_M_FAULTS,
    API_M_TOKENS_REFUSED,
    API_M_LOGINS_GOOD,
    API_M_LOGINS_REFUSED,
    API_M_REPEATED,
    API_M_CALLS,
    API_M_PG_UP,
    API_M_DOORBELLS_LOST,
    API_M_COUNT
};
extern const struct bk_metric_row api_metric_rows[API_M_COUNT];

/* Everything a worker needs and does not change; made before the workers are forked. */
struct api_setup {
    const struct api_settings *settings;
    struct bk_master_keys *master_keys; /* read again on SIGHUP */
    struct bk_jwt *jwt;
};

/* What a thread owns. */
struct api_thread {
    struct bk_pgc *pgc; /* NULL: to be opened */
    char name[64];      /* application_name */
};

struct api_worker {
    struct bk_worker *web;
    struct bk_loop *loop;
    const struct api_setup *setup;
    struct bk_work *calls, *logins; /* logins apart: they are slow, and nobody waits behind them */
    struct api_thread *call_threads, *login_threads;
    struct bk_doorbell *doorbell;
    struct bk_timer look; /* at the database, each second */
    bool is_looking;      /* and nothing else of this worker may write the next ones */
    enum bk_err look_err; /* of the look under way, by its thread */
    int64_t look_version; /* likewise */
    struct bk_detail look_detail;
    bool is_up, is_current; /* the database is there, and as new as this program */
    bool is_told;
};

/* An answer before it is sent. */
struct api_answer {
    int status;
    struct bk_str content_type; /* empty: no body */
    struct bk_buf body;
    struct bk_str location, etag; /* empty: none; of the call's arena */
    struct bk_str disposition;    /* likewise; of a file, which no browser shows or guesses about */
    const char *allow, *challenge;
    int retry_after_s; /* 0: not said */
};

/* One call, from the request to the end of its answer. */
struct api_exchange {
    struct api_call call; /* first: api_call of a handler */
    struct api_worker *worker;
    struct bk_request *request; /* NULL once it is over */
    bool is_run_over, is_request_over;
    bool has_run;     /* else the worker stopped before a thread took it */
    bool is_repeated; /* the answer is an earlier one, by Idempotency-Key */
    bool is_nobody;   /* the token is good, who it names has no rights here any more */
    enum bk_err err;
    int64_t begun_mono_ms;
    int64_t answer_bytes;
    struct api_answer answer;
};

/* --- answer.c --- */

/* What went wrong, as RFC 9457 tells it. */
struct api_problem {
    int status;
    struct bk_str name; /* "not-found": the stable end of its type */
    const char *title;
    const char *detail; /* NULL: none */
};
extern const struct api_problem api_problem_token, api_problem_login, api_problem_method,
    api_problem_media, api_problem_body, api_problem_busy_logins;

/* Fill in the exchange's answer. members may be NULL and is borrowed. */
void api_answer_problem(struct api_exchange *exchange, const struct api_problem *problem,
                        const json_t *members);
/* From what the handler left in call->reply, or from err. */
void api_answer_reply(struct api_exchange *exchange, enum bk_err err);
void api_answer_send(struct api_exchange *exchange);

/* --- call.c: on a thread --- */

/* Runs the call from its body to the answer. */
void api_call_run(struct api_exchange *exchange, struct api_thread *thread);
/* A connection that lives, with its limits; else a new one. */
BK_MUST_USE enum bk_err api_thread_connect(const struct api_setup *setup, struct api_thread *thread,
                                           struct bk_detail *detail);

/* --- guard.c --- */

/* Before the commit: BK_ERR_INVALID, told by member, when a phone's file could not be written. */
BK_MUST_USE enum bk_err api_guard(struct api_call *call);

/* --- idempotency.c: Idempotency-Key, in the transaction of its call --- */

/*
 * Take the call's key, waiting for another call that has it. *ret_is_repeated: the same call was
 * answered before, and this is its answer (in exchange->answer). BK_ERR_INVALID with a detail: the
 * key was used for another call.
 */
BK_MUST_USE enum bk_err api_idempotency_take(struct api_exchange *exchange, bool *ret_is_repeated);
/* Keep the answer for 24 hours; before the commit. */
BK_MUST_USE enum bk_err api_idempotency_keep(struct api_exchange *exchange);

/* --- routes.c --- */

/*
 * The route of a path, or NULL; ids are those of the path. *ret_allow: the methods the path knows,
 * "GET, HEAD, PATCH", empty when there is no such path; of the arena.
 */
const struct api_route *api_route_find(struct bk_arena *arena, struct bk_str method,
                                       struct bk_str path, int64_t (*ret_ids)[API_ID_MAX],
                                       struct bk_str *ret_allow);

/* --- input.c --- */

/* The body as an object: BK_ERR_MALFORMED with a detail. An empty one is {}. */
BK_MUST_USE enum bk_err api_input_parse(struct api_call *call);

/* --- auth.c --- */

/* POST /v1/auth/login: outside of a transaction, on a thread for logins. */
enum bk_err api_login(struct api_call *call);
enum bk_err api_me(struct api_call *call);

/* --- front.c --- */

void api_on_request(void *state, struct bk_request *request);

#endif
