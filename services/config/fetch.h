/*
 * One request of a phone, from its path to its visit: what the flows of beckon-config share.
 * flow_fetch.c is that of phones with a certificate, flow_enrol.c that of phones without; both end
 * in the steps of fetch.c, or of upload.c for what the phone writes itself. Nobody else includes
 * this.
 *
 * A fetch ends twice: its flow (answered, or given up because the phone left) and its request (h2o
 * has sent the answer, or lost the phone). Whoever comes second records the visit and frees.
 */
#ifndef CONFIG_FETCH_H
#define CONFIG_FETCH_H

#include "io/flow.h"
#include "model/upload.h"
#include "store/store_fetch.h"
#include "worker.h"

enum {
    FETCH_ETAG_MAC_BYTES = 16,
    FETCH_ETAG_SIZE = 2 * FETCH_ETAG_MAC_BYTES + 3 /* quotes and terminator */
};

/* What a request is for. */
enum fetch_use {
    FETCH_NOTHING,  /* no file, or not to be written */
    FETCH_RENDERED, /* to read a file that a driver writes */
    FETCH_STORED,   /* to read one that the phone wrote itself */
    FETCH_UPLOAD    /* to write that */
};

struct fetch {
    struct bk_flow flow; /* first: fetch_of */
    struct cfg_worker *worker;
    struct bk_request *request; /* NULL once it is over */
    const struct cfg_identity *identity;
    struct bk_arena *arena;
    bool is_flow_over, is_request_over;

    struct bk_str tenant_key;
    const struct bk_vendor *vendor; /* whose grammar and format count; NULL: no driver */
    struct bk_file_request file;
    enum fetch_use use;
    char upload_name[BK_UPLOAD_NAME_MAX + 1]; /* with FETCH_STORED and FETCH_UPLOAD */
    bool has_claimed_mac; /* by path, User-Agent or user name: compared, never trusted */
    struct bk_mac claimed_mac;

    struct bk_pg_query *query;
    enum bk_err query_err;
    struct bk_pg_rows *rows;        /* of the verdict */
    struct bk_pg_rows *upload_rows; /* of what upload.c asked */
    bool is_too_often;              /* 503 is no fault of ours then */
    struct bk_fetch_row row;

    struct fetch_enrol *enrol; /* flow_enrol.c's; NULL in flow_fetch.c */

    /* What the file is to say of how it is fetched; set when it is to be served. */
    struct bk_mac mac;
    struct bk_str provisioning_url, provisioning_user, provisioning_password;
    bool is_bootstrap;
    struct bk_phone phone;
    struct bk_buf body;
    const char *content_type; /* of the body */
    char etag[FETCH_ETAG_SIZE];

    int64_t other_tenant_id; /* told as well, when a phone came under the wrong key */
    struct bk_visit visit;
    struct bk_detail detail;
};

static inline struct fetch *fetch_of(struct bk_flow *flow)
{
    return (struct fetch *)flow;
}

/* --- flow_enrol.c --- */

/* A request on an enrolment listener begins here; fetch->enrol is made. */
void fetch_enrol_start(struct fetch *fetch);
/* Wiped with the fetch. */
void fetch_enrol_wipe(struct fetch_enrol *enrol);
/* The path as it may be written down: token and secret are left out. */
void fetch_enrol_print_path(struct bk_str path, char *ret_text, size_t size);

/* --- fetch.c: what flows are made of --- */

/* End the flow with a reason that the tenant can read; err decides what the phone sees. */
enum bk_next fetch_refuse(struct fetch *fetch, enum bk_err err, struct bk_str reason);
/* Of a database that did not give what was asked. */
struct bk_str fetch_fault_reason(enum bk_err err);

/* "/<tenant key>/<rest>": false when the key cannot be one. */
bool fetch_take_tenant_key(struct fetch *fetch, struct bk_str *ret_rest);
/* GET or HEAD. */
bool fetch_is_read(const struct bk_request *request);
/* What a request whose path matches is for, by method, maker and listener; and what bk.device_fetch
 * and bk.enrol_fetch call that, NULL with FETCH_NOTHING. */
enum fetch_use fetch_use_of(const struct bk_request *request, const struct bk_vendor *vendor,
                            const struct bk_path_match *match);
const char *fetch_kind_name(enum fetch_use use, const struct bk_vendor *vendor,
                            enum bk_file_kind kind);
/* The request is for this: path is what matched. */
void fetch_take_match(struct fetch *fetch, const struct bk_vendor *vendor,
                      const struct bk_path_match *match, struct bk_str path);
/* A MAC that the request names. Two that differ become that of nobody, which is refused. */
void fetch_claim_mac(struct fetch *fetch, const struct bk_mac *mac);
/* What the User-Agent tells: into the visit, and its MAC among the claims. By fetch->vendor's
 * grammar; by that of any maker while it is NULL. */
void fetch_read_agent(struct fetch *fetch);

/* What a wait on the database needs: given to bk_store_*_start with fetch as ctx, and to bk_wait.
 */
void fetch_on_rows(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                   const struct bk_detail *detail);
void fetch_cancel(void *ctx);

/* Opens the tenant's data key, which the row brought; whoever calls wipes it. */
enum bk_err fetch_open_data_key(const struct fetch *fetch, struct bk_key *ret_key);

/* The database's row, its facts in the visit. BK_NEXT, whatever its verdict; BK_FAIL: a fault. */
enum bk_next fetch_take_row(struct fetch *fetch);

bk_step_fn fetch_step_render; /* pure: no I/O, no clock */
bk_step_fn fetch_step_reply;  /* 200 or 304 */

struct fetch *fetch_new(struct cfg_worker *worker, struct bk_request *request);
/* Runs the flow; visit and end follow by themselves. */
void fetch_run(struct fetch *fetch, const struct bk_step *steps);
/* Answer, once; the visit gets status and size. */
void fetch_reply(struct fetch *fetch, int status, const struct bk_header *headers);

/* A keyed hash of the body, which tells a change of data and of the encoder, and nothing else. */
void fetch_print_etag(struct fetch *fetch, const struct bk_key *data_key);

/* --- upload.c: files that phones write themselves --- */

bk_step_fn fetch_step_write;   /* seal and send what the phone wrote */
bk_step_fn fetch_step_written; /* 200, 413 or 503 */
bk_step_fn fetch_step_look_up; /* what it wrote before */
bk_step_fn fetch_step_open;    /* into the body */

#endif
