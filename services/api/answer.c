/*
 * Answers: JSON of what a handler left, problems (RFC 9457) of errors, and sending either.
 *
 * What a problem tells is decided here. A fault of ours says that, and its number in the log; what
 * does not exist, or is another tenant's, says nothing else (docs/rules.md, rule 2); refusals of
 * what a caller sent say what is wrong with it.
 */
#include <stdio.h>
#include <string.h>

#include "front.h"

#define PROBLEM_TYPE "urn:beckon:problem:"
enum { ANSWER_MAX_BYTES = 32 * 1024 * 1024, RETRY_AFTER_S = 2 };

const struct api_problem api_problem_token = {401, {"token", 5}, "no valid access token", NULL};
const struct api_problem api_problem_login = {
    401, {"login", 5}, "e-mail address or password is wrong", NULL};
const struct api_problem api_problem_method = {
    405, {"method", 6}, "the path does not know this method", "Allow names those it knows"};
const struct api_problem api_problem_media = {
    415,
    {"media-type", 10},
    "the body is of a type that is not taken",
    "send application/json, or application/merge-patch+json with PATCH"};
const struct api_problem api_problem_body = {413, {"too-large", 9}, "the body is too long", NULL};
const struct api_problem api_problem_busy_logins = {
    429, {"too-many-logins", 15}, "too many logins at once, retry later", NULL};

static int add_text(const char *text, size_t len, void *ctx)
{
    struct bk_buf *buf = ctx;
    bk_buf_add(buf, (struct bk_str){text, len});
    return buf->err == BK_OK ? 0 : -1;
}

static void put_body(struct api_answer *answer, const json_t *json, struct bk_str content_type)
{
    bk_buf_deinit(&answer->body);
    bk_buf_init_secret(&answer->body, ANSWER_MAX_BYTES); /* tokens, people, addresses */
    (void)json_dump_callback(json, add_text, &answer->body, JSON_COMPACT | JSON_ENCODE_ANY);
    answer->content_type = content_type;
}

struct bk_str api_json_print(struct bk_arena *arena, const json_t *json)
{
    struct bk_buf text;
    bk_buf_init_secret(&text, ANSWER_MAX_BYTES);
    (void)json_dump_callback(json, add_text, &text, JSON_COMPACT | JSON_ENCODE_ANY);
    struct bk_str kept = bk_arena_str(arena, bk_buf_str(&text));
    bk_buf_deinit(&text);
    return kept;
}

static void set_text(json_t *object, const char *name, struct bk_str text)
{
    json_t *value = json_stringn(text.ptr, text.len);
    json_object_set_new(object, name, value != NULL ? value : json_string(""));
}

void api_answer_problem(struct api_exchange *exchange, const struct api_problem *problem,
                        const json_t *members)
{
    struct api_answer *answer = &exchange->answer;
    json_t *body = json_object();
    char type[96];
    int len = snprintf(type, sizeof type, PROBLEM_TYPE "%.*s", BK_STR_ARG(problem->name));
    set_text(body, "type", (struct bk_str){type, (size_t)len});
    set_text(body, "title", bk_str_of(problem->title));
    json_object_set_new(body, "status", json_integer(problem->status));
    if (problem->detail != NULL && problem->detail[0] != '\0')
        set_text(body, "detail", bk_str_of(problem->detail));
    set_text(body, "instance", bk_str_of(exchange->call.request_id));
    if (members != NULL)
        json_object_update_missing(body, (json_t *)(uintptr_t)members);
    answer->status = problem->status;
    answer->location = answer->etag = answer->disposition = BK_STR_NONE;
    if (problem->status == 401)
        answer->challenge = "Bearer";
    if (problem->status == 503 || problem->status == 429)
        answer->retry_after_s = RETRY_AFTER_S;
    put_body(answer, body, BK_STR("application/problem+json"));
    json_decref(body);
}

static void put_file(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    struct api_answer *answer = &exchange->answer;
    bk_buf_deinit(&answer->body);
    answer->body = call->reply.file;
    call->reply.file = (struct bk_buf){0};
    answer->content_type = BK_STR("application/octet-stream");
    answer->disposition =
        bk_arena_printf(call->arena, "attachment; filename=\"%s\"", call->reply.file_name);
}

/* "not_found" -> "not-found" */
static struct bk_str name_of(struct bk_arena *arena, enum bk_err err)
{
    struct bk_str name = bk_arena_str(arena, bk_str_of(bk_err_name(err)));
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] == '_')
            ((char *)(uintptr_t)name.ptr)[i] = '-';
    return name;
}

static bool is_detail_told(const struct api_call *call, enum bk_err err)
{
    if (call->reply.problem != NULL)
        return true; /* the handler's own words */
    return err == BK_ERR_INVALID || err == BK_ERR_MALFORMED || err == BK_ERR_EXISTS ||
           err == BK_ERR_STALE || err == BK_ERR_TOO_LARGE;
}

static void put_error(struct api_exchange *exchange, enum bk_err err)
{
    struct api_call *call = &exchange->call;
    const char *name = call->reply.problem;
    bool is_told = is_detail_told(call, err);
    if (err == BK_ERR_DENIED && call->reply.status == 401) {
        api_answer_problem(exchange, &api_problem_login, NULL);
        return;
    }
    struct api_problem problem = {
        .status = bk_err_http_status(err),
        .name = name != NULL ? bk_str_of(name) : name_of(call->arena, err),
        .title = bk_err_text(err),
        .detail = is_told ? call->detail.text : NULL,
    };
    api_answer_problem(exchange, &problem, is_told ? call->reply.problem_members : NULL);
}

void api_answer_reply(struct api_exchange *exchange, enum bk_err err)
{
    struct api_call *call = &exchange->call;
    struct api_answer *answer = &exchange->answer;
    exchange->err = err;
    if (err != BK_OK) {
        put_error(exchange, err);
        return;
    }
    const struct api_reply *reply = &call->reply;
    answer->status = reply->status != 0 ? reply->status : 200;
    answer->location = bk_str_of(reply->location);
    answer->etag = bk_str_of(reply->etag);
    if (reply->body != NULL)
        put_body(answer, reply->body, BK_STR("application/json"));
    else if (reply->file_name != NULL)
        put_file(exchange);
    if (answer->body.err != BK_OK) {
        exchange->err = answer->body.err;
        bk_detail_set(&call->detail, "the answer is longer than its limit, or out of memory");
        put_error(exchange, BK_ERR_INTERNAL);
    }
}

void api_answer_send(struct api_exchange *exchange)
{
    struct api_answer *answer = &exchange->answer;
    struct bk_header headers[10];
    char retry_after[16];
    size_t count = 0;
#define ADD(name, text) \
    headers[count++] = (struct bk_header) \
    { \
        (name), (text) \
    }
    if (answer->content_type.len > 0)
        ADD("content-type", answer->content_type);
    ADD("cache-control", BK_STR("no-store"));
    if (answer->location.len > 0)
        ADD("location", answer->location);
    if (answer->etag.len > 0)
        ADD("etag", answer->etag);
    if (answer->disposition.len > 0) {
        ADD("content-disposition", answer->disposition);
        ADD("x-content-type-options", BK_STR("nosniff"));
    }
    if (answer->allow != NULL)
        ADD("allow", bk_str_of(answer->allow));
    if (answer->challenge != NULL)
        ADD("www-authenticate", bk_str_of(answer->challenge));
    if (answer->retry_after_s > 0) {
        snprintf(retry_after, sizeof retry_after, "%d", answer->retry_after_s);
        ADD("retry-after", bk_str_of(retry_after));
    }
#undef ADD
    headers[count] = (struct bk_header){NULL, BK_STR_NONE};
    bk_reply(exchange->request, answer->status, headers, &answer->body);
}
