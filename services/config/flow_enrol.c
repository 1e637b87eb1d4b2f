/*
 * A phone without a certificate fetches a file (docs/architecture.md, "Enrolment"). Read the table
 * at the end first, then the steps from the top; render and reply stand in fetch.c, what has to do
 * with files of the phone's own in upload.c.
 *
 *   /<tenant key>/e-<token>/<file>    a one-time token: its own file then says where to go on
 *   /<tenant key>/s-<secret>/<file>   the steady secret: the whole
 *   /<tenant key>/a/<file>            nothing but where it comes from: its site's addresses
 *   /<tenant key>/<file>              the steady secret by HTTP Basic or Digest
 *
 * The maker is the device's: until the database has named it, a path is read by every maker's
 * grammar, and all readings are asked about. The last form is answered 401 whoever asks, before
 * anything is looked up; wrong credentials are a 404 like everything else.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/secret.h"
#include "fetch.h"
#include "model/enrol.h"
#include "web/auth_http.h"

enum { READING_MAX = 32 };

/* What the phone shows; the names are those of bk.enrol_fetch and of enrolment.method. */
enum proof { PROOF_NONE, PROOF_TOKEN, PROOF_URL, PROOF_BASIC, PROOF_DIGEST };
static const char *const proof_names[] = {"none", "token", "url", "basic", "digest"};

struct fetch_enrol {
    enum proof proof;
    bool is_proof_due; /* a plain path: Basic or Digest */
    struct bk_enrol_reading readings[READING_MAX];
    struct bk_path_match matches[READING_MAX];
    size_t reading_count;
    struct bk_str file; /* the path without tenant key and proof */
    struct bk_http_auth auth;
    char auth_space[BK_HTTP_AUTH_MAX];
    struct bk_enrol_row row;
    /* Token or steady secret as shown; then the steady secret that the file is to name. */
    char secret[BK_HTTP_PASSWORD_MAX + 1];
    bool is_renewed;
};

void fetch_enrol_wipe(struct fetch_enrol *enrol)
{
    bk_wipe(enrol, sizeof *enrol);
    bk_free(enrol);
}

/* What PostgreSQL knows of tokens and secrets, which are too random to be guessed from it. */
static void hash_secret(const struct fetch_enrol *enrol, uint8_t (*ret_hash)[BK_SHA256_SIZE])
{
    bk_sha256(bk_str_of(enrol->secret), ret_hash);
}

/* --- match --- */

/* "e-" and 24 letters and digits: what stands behind the prefix; else empty. */
static struct bk_str proof_text(struct bk_str segment, const char *prefix)
{
    if (!bk_str_starts(segment, bk_str_of(prefix)) ||
        segment.len != strlen(prefix) + BK_ENROL_TEXT_LEN)
        return BK_STR_NONE;
    struct bk_str text = bk_str_slice(segment, strlen(prefix), segment.len);
    for (size_t i = 0; i < text.len; i++)
        if (memchr(BK_ENROL_ALPHABET, text.ptr[i], sizeof BK_ENROL_ALPHABET - 1) == NULL)
            return BK_STR_NONE;
    return text;
}

/* In whatever spelling: "E-…", "s%2D…", "%65-…". */
static bool may_be_proof(struct bk_str segment)
{
    if (segment.len < 2)
        return false;
    char first = segment.ptr[0], second = segment.ptr[1];
    bool is_letter = first == 'e' || first == 'E' || first == 's' || first == 'S';
    return first == '%' || (is_letter && (second == '-' || second == '%'));
}

void fetch_enrol_print_path(struct bk_str path, char *ret_text, size_t size)
{
    ptrdiff_t query_at = bk_str_find(path, '?');
    struct bk_str rest = query_at >= 0 ? bk_str_slice(path, 0, (size_t)query_at) : path;
    size_t len = 0;
    ret_text[0] = '\0';
    while (rest.len > 0 && len + 1 < size) {
        ptrdiff_t slash_at = bk_str_find(rest, '/');
        size_t end = slash_at >= 0 ? (size_t)slash_at + 1 : rest.len;
        struct bk_str segment = bk_str_slice(rest, 0, end);
        bool is_proof = may_be_proof(segment);
        if (is_proof) { /* also one that is written wrongly: it may be a secret but for a letter */
            char mask[] = {segment.ptr[0], '-', '*', slash_at >= 0 ? '/' : '\0', '\0'};
            cfg_print_clean(bk_str_of(mask), ret_text + len, size - len);
        } else {
            cfg_print_clean(segment, ret_text + len, size - len);
        }
        len += strlen(ret_text + len);
        rest = bk_str_slice(rest, end, rest.len);
    }
}

static void show(struct fetch_enrol *enrol, enum proof proof, struct bk_str text)
{
    enrol->proof = proof;
    memcpy(enrol->secret, text.ptr, text.len);
}

/* The proof in the path; what is left is the file. */
static struct bk_str take_proof(struct fetch_enrol *enrol, struct bk_str rest)
{
    struct bk_str file = rest;
    struct bk_str segment = bk_str_cut(&file, '/');
    struct bk_str token = proof_text(segment, "e-"), secret = proof_text(segment, "s-");
    if (token.len > 0)
        show(enrol, PROOF_TOKEN, token);
    else if (secret.len > 0)
        show(enrol, PROOF_URL, secret);
    else if (!bk_str_eq(segment, BK_STR("a")) || segment.len == rest.len) {
        enrol->is_proof_due = true;
        return rest;
    }
    return file;
}

static enum bk_next step_match(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    struct bk_str rest;
    if (!fetch_take_tenant_key(fetch, &rest))
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_tenant_key"));
    fetch_read_agent(fetch);
    struct bk_str file = enrol->file = take_proof(enrol, rest);

    for (const struct bk_vendor *const *vendor = bk_vendors();
         *vendor != NULL && enrol->reading_count < READING_MAX; vendor++) {
        struct bk_path_match *match = &enrol->matches[enrol->reading_count];
        if (!(*vendor)->match_path(file, match))
            continue;
        enum fetch_use use = fetch_use_of(fetch->request, *vendor, match);
        if (use == FETCH_NOTHING)
            continue;
        enrol->readings[enrol->reading_count++] =
            (struct bk_enrol_reading){(*vendor)->name, fetch_kind_name(use, *vendor, match->kind)};
        if (match->has_mac)
            fetch_claim_mac(fetch, &match->mac);
    }
    return BK_NEXT;
}

/* --- prove: Basic and Digest --- */

/* What everybody is asked who shows nothing; a phone whose nonce has aged is asked again. */
static enum bk_next challenge(struct fetch *fetch, bool is_stale)
{
    char digests[2][BK_HTTP_CHALLENGE_SIZE];
    struct bk_header headers[4] = {{"content-type", BK_STR("text/plain")}};
    bool is_basic = cfg_listener_of(fetch->request->peer)->auth == CFG_AUTH_BASIC;
    if (is_basic)
        headers[1] = (struct bk_header){"www-authenticate", BK_STR(BK_HTTP_BASIC_CHALLENGE)};
    for (size_t i = 0; i < BK_COUNT(digests) && !is_basic; i++) {
        bk_http_digest_challenge(&fetch->worker->setup->nonce_key, i == 0, is_stale,
                                 bk_clock_wall_ms() / 1000, &digests[i]);
        headers[i + 1] = (struct bk_header){"www-authenticate", bk_str_of(digests[i])};
    }
    bk_buf_clear(&fetch->body);
    bk_buf_add(&fetch->body, BK_STR("authentication required\n"));
    cfg_print_clean(BK_STR("challenged"), fetch->visit.reason, sizeof fetch->visit.reason);
    fetch_reply(fetch, 401, headers);
    return BK_DONE;
}

static void on_digest_row(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                          const struct bk_detail *detail)
{
    struct fetch *fetch = ctx;
    fetch->query = NULL;
    fetch->query_err =
        err == BK_OK ? bk_store_enrol_digest_row(rows, &fetch->row, &fetch->enrol->row) : err;
    if (detail != NULL)
        fetch->detail = *detail;
    bk_flow_resume(&fetch->flow);
}

static enum bk_next step_prove(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    struct bk_mac user;
    if (!enrol->is_proof_due)
        return BK_NEXT;
    if (cfg_listener_of(fetch->request->peer)->auth == CFG_AUTH_URL)
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("no_identity"));
    struct bk_str value = bk_request_header(fetch->request, "authorization");
    if (fetch->request->is_too_long) /* its head was dropped, proof and all (web/connection.c) */
        return fetch_refuse(fetch, BK_ERR_TOO_LARGE, BK_STR("upload_too_long"));
    if (value.ptr == NULL)
        return challenge(fetch, false);
    bool is_basic = cfg_listener_of(fetch->request->peer)->auth == CFG_AUTH_BASIC;
    if (bk_http_auth_parse(value, &enrol->auth_space, &enrol->auth) != BK_OK ||
        (enrol->auth.scheme == BK_HTTP_BASIC) != is_basic ||
        bk_mac_parse(enrol->auth.user, &user) != BK_OK)
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_secret"));
    fetch_claim_mac(fetch, &user);
    if (is_basic) {
        show(enrol, PROOF_BASIC, enrol->auth.password);
        return BK_NEXT;
    }
    enrol->proof = PROOF_DIGEST;
    enum bk_err err = bk_store_enrol_digest_start(fetch->worker->fetch_pg, fetch->tenant_key, &user,
                                                  on_digest_row, fetch, &fetch->query);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    return bk_wait(flow, fetch, fetch_cancel);
}

/* Open the steady secret into enrol->secret. */
static enum bk_err open_secret(struct fetch *fetch, int64_t tenant_id, int64_t device_id)
{
    struct fetch_enrol *enrol = fetch->enrol;
    struct bk_key data_key;
    char place[BK_SEAL_PLACE_SIZE];
    struct bk_str sealed = {(const char *)enrol->row.secret, enrol->row.secret_len};
    size_t len = 0;
    enum bk_err err = fetch_open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err =
            bk_seal_open(&data_key, bk_seal_place(&place, tenant_id, "enrolment.secret", device_id),
                         sealed, (uint8_t *)enrol->secret, sizeof enrol->secret - 1, &len);
    bk_wipe(&data_key, sizeof data_key);
    enrol->secret[len] = '\0';
    return err;
}

static enum bk_next step_judge(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    if (enrol->proof != PROOF_DIGEST)
        return BK_NEXT;
    if (fetch->query_err != BK_OK)
        return fetch_refuse(fetch, fetch->query_err, fetch_fault_reason(fetch->query_err));

    fetch->visit.tenant_id = fetch->row.tenant_id;
    fetch->visit.device_id = fetch->row.device_id;
    enum bk_err err = BK_OK;
    if (fetch->row.device_id != 0)
        err = open_secret(fetch, fetch->row.tenant_id, fetch->row.device_id);
    if (err == BK_OK)
        err = bk_http_digest_check(&fetch->worker->setup->nonce_key, &enrol->auth,
                                   bk_str_of(enrol->secret), fetch->request->method,
                                   fetch->request->target, bk_clock_wall_ms() / 1000);
    if (err == BK_ERR_STALE)
        return challenge(fetch, true);
    if (err == BK_ERR_CRYPTO)
        return fetch_refuse(fetch, err, BK_STR("secret_unreadable"));
    if (err != BK_OK)
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_secret"));
    return BK_NEXT;
}

/* --- load --- */

static enum bk_next step_load(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    struct bk_enrol_query query = {
        .tenant_key = fetch->tenant_key,
        .proof = proof_names[enrol->proof],
        .has_secret_hash = enrol->proof != PROOF_NONE,
        .has_claimed_mac = fetch->has_claimed_mac,
        .claimed_mac = fetch->claimed_mac,
        .readings = enrol->readings,
        .reading_count = enrol->reading_count,
        .model = bk_str_of(fetch->visit.model),
        .source = fetch->visit.source,
    };
    if (enrol->proof != PROOF_NONE)
        hash_secret(enrol, &query.secret_hash);
    enum bk_err err =
        bk_store_enrol_start(fetch->worker->fetch_pg, &query, fetch_on_rows, fetch, &fetch->query);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    return bk_wait(flow, fetch, fetch_cancel);
}

/* --- decide --- */

static void take_reading(struct fetch *fetch)
{
    const struct fetch_enrol *enrol = fetch->enrol;
    for (size_t i = 0; i < enrol->reading_count; i++) {
        const struct bk_path_match *match = &enrol->matches[i];
        if (!bk_str_eq(fetch->row.vendor, bk_str_of(enrol->readings[i].maker)))
            continue;
        fetch_take_match(fetch, fetch->vendor, match, enrol->file);
    }
}

static enum bk_next step_decide(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    enum bk_next next = fetch_take_row(fetch);
    if (next != BK_NEXT)
        return next;
    enum bk_err err = bk_store_enrol_row(fetch->rows, &enrol->row);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    fetch->mac = enrol->row.mac;
    fetch->visit.has_mac = enrol->row.has_mac || fetch->has_claimed_mac;
    fetch->visit.mac = enrol->row.has_mac ? enrol->row.mac : fetch->claimed_mac;
    fetch->vendor = bk_vendor_find(fetch->row.vendor);
    if (fetch->vendor != NULL)
        take_reading(fetch);
    if (bk_str_eq(fetch->row.verdict, BK_STR("serve")))
        return BK_NEXT;
    fetch->is_bootstrap = true;
    if (bk_str_eq(fetch->row.verdict, BK_STR("enrol"))) {
        err = open_secret(fetch, fetch->row.tenant_id, fetch->row.device_id);
        return err == BK_OK ? BK_NEXT : fetch_refuse(fetch, err, BK_STR("secret_unreadable"));
    }
    if (!bk_str_eq(fetch->row.verdict, BK_STR("renew")))
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, fetch->row.verdict);
    return BK_NEXT;
}

/* --- renew: a steady secret for who has none, or whose former one ends --- */

static void on_renewed(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    struct fetch *fetch = ctx;
    bool is_told = err == BK_OK && bk_pg_row_count(rows) == 1;
    fetch->query = NULL;
    /* The tenant's key is just being changed: as with a busy database, the phone comes again. */
    fetch->query_err = is_told && bk_pg_is_null(rows, 0, 0) ? BK_ERR_BUSY : err;
    fetch->enrol->is_renewed = is_told && bk_str_eq(bk_pg_text(rows, 0, 0), BK_STR("t"));
    if (err != BK_OK)
        fetch->detail = *detail;
    bk_flow_resume(&fetch->flow);
}

static enum bk_err draw_secret(struct fetch *fetch, struct bk_enrol_renewal *ret_renewal)
{
    struct fetch_enrol *enrol = fetch->enrol;
    struct bk_key data_key;
    char place[BK_SEAL_PLACE_SIZE];
    bk_random_text(enrol->secret, BK_ENROL_TEXT_LEN, BK_ENROL_ALPHABET);
    enum bk_err err = fetch_open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err = bk_seal(
            &data_key,
            bk_seal_place(&place, fetch->row.tenant_id, "enrolment.secret", fetch->row.device_id),
            bk_str_of(enrol->secret), ret_renewal->sealed, sizeof ret_renewal->sealed,
            &ret_renewal->sealed_len);
    bk_wipe(&data_key, sizeof data_key);
    hash_secret(enrol, &ret_renewal->secret_hash);
    return err;
}

static enum bk_next step_renew(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    if (!bk_str_eq(fetch->row.verdict, BK_STR("renew")))
        return BK_NEXT;
    struct bk_enrol_renewal renewal = {
        .tenant_id = fetch->row.tenant_id,
        .device_id = fetch->row.device_id,
        .method = enrol->row.method,
        .source = fetch->visit.source,
        .former = enrol->row.secret,
        .former_len = enrol->row.secret_len,
        .data_key = fetch->row.data_key,
        .data_key_len = fetch->row.data_key_len,
    };
    enum bk_err err = draw_secret(fetch, &renewal);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, BK_STR("secret_unreadable"));
    err = bk_store_enrol_renew_start(fetch->worker->fetch_pg, &renewal, on_renewed, fetch,
                                     &fetch->query);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    return bk_wait(flow, fetch, fetch_cancel);
}

/* --- name: how the phone is to come from now on --- */

static enum bk_next step_name(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct fetch_enrol *enrol = fetch->enrol;
    if (bk_str_eq(fetch->row.verdict, BK_STR("renew")) && !enrol->is_renewed) {
        if (fetch->query_err != BK_OK)
            return fetch_refuse(fetch, fetch->query_err, fetch_fault_reason(fetch->query_err));
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_device")); /* gone meanwhile */
    }
    const char *url =
        cfg_public_url(fetch->worker->setup->settings, CFG_LISTENER_ENROLMENT, fetch->row.vendor);
    if (bk_str_eq(enrol->row.method, BK_STR("url"))) {
        fetch->provisioning_url = bk_arena_printf(fetch->arena, "%s/%.*s/s-%s", url,
                                                  BK_STR_ARG(fetch->tenant_key), enrol->secret);
        return BK_NEXT;
    }
    char user[BK_MAC_TEXT_SIZE];
    bk_mac_print(&fetch->mac, &user);
    fetch->provisioning_url =
        bk_arena_printf(fetch->arena, "%s/%.*s", url, BK_STR_ARG(fetch->tenant_key));
    fetch->provisioning_user = bk_arena_str(fetch->arena, bk_str_of(user));
    fetch->provisioning_password = bk_str_of(enrol->secret);
    return BK_NEXT;
}

static const struct bk_step enrol_steps[] = {
    {"match", step_match},           /* path -> tenant key, proof, file by every maker's grammar */
    {"prove", step_prove},           /* Basic, Digest: 401 to all, before any look-up */
    {"judge", step_judge},           /* Digest needs the secret itself: one round trip more */
    {"load", step_load},             /* one round trip */
    {"decide", step_decide},         /* serve, a first file, or a reason not to */
    {"renew", step_renew},           /* at a site, or after a factory reset: one round trip more */
    {"name", step_name},             /* URL, user and password of the file */
    {"look_up", fetch_step_look_up}, /* a file that the phone wrote itself: one round trip more */
    {"open", fetch_step_open},
    {"render", fetch_step_render}, /* any other: pure, no I/O, no clock */
    {"reply", fetch_step_reply},   /* 200 or 304 */
    {0},
};

static const struct bk_step write_steps[] = {
    {"match", step_match},
    {"prove", step_prove},
    {"judge", step_judge},
    {"load", step_load},
    {"decide", step_decide},
    {"write", fetch_step_write},     /* one round trip more */
    {"written", fetch_step_written}, /* 200, 413 or 503 */
    {0},
};

void fetch_enrol_start(struct fetch *fetch)
{
    fetch->enrol = bk_alloc_or_abort(sizeof *fetch->enrol);
    fetch_run(fetch, fetch_is_read(fetch->request) ? enrol_steps : write_steps);
}
