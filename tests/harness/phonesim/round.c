/* See round.h. */
#include "round.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_round_fail(struct sim_round *round, const char *where, const struct sim_fault *fault)
{
    round->is_failed = true;
    sim_event_error(where, fault);
}

static void tell_request(const struct sim_round *round, const char *file, const char *etag)
{
    struct sim_json json;
    sim_event_begin(&json, "request");
    sim_json_int(&json, "round", round->number);
    sim_json_text(&json, "file", file);
    sim_json_text(&json, "if_none_match", etag);
    sim_event_end(&json);
}

static void tell_status(const struct sim_round *round, const char *file,
                        const struct sim_reply *reply)
{
    struct sim_json json;
    sim_event_begin(&json, "status");
    sim_json_int(&json, "round", round->number);
    sim_json_text(&json, "file", file);
    sim_json_int(&json, "status", reply->status);
    sim_json_int(&json, "bytes", (long long)reply->body.len);
    sim_json_text(&json, "etag", reply->etag[0] == '\0' ? NULL : reply->etag);
    sim_json_text(&json, "content_type",
                  reply->content_type[0] == '\0' ? NULL : reply->content_type);
    sim_json_text(&json, "tls", reply->tls);
    if (reply->has_retry_after)
        sim_json_int(&json, "retry_after_s", reply->retry_after_s);
    sim_event_end(&json);
}

/* What an answer means: only a file or its absence is an answer, all else the server's trouble. */
static enum sim_got judge(struct sim_round *round, const char *file, const char *etag,
                          const struct sim_reply *reply)
{
    struct sim_fault fault;
    if (reply->status == 200)
        return SIM_GOT_TEXT;
    if (reply->status == 304 && etag != NULL)
        return SIM_GOT_SAME;
    if (reply->status == 404)
        return SIM_GOT_NOTHING;
    if (reply->has_retry_after && reply->retry_after_s > round->retry_after_s)
        round->retry_after_s = reply->retry_after_s;
    sim_fault_set(&fault, 0, "status %d%s; kept what was there", reply->status,
                  reply->status == 304 ? " that nobody asked for" : "");
    sim_round_fail(round, file, &fault);
    return SIM_GOT_FAULT;
}

/* Once more, with user and password, when the server asks for them and the phone has been told. */
static bool get(struct sim_round *round, const char *file, const struct sim_url *url,
                const char *path, const char *etag, struct sim_reply *reply,
                struct sim_fault *fault)
{
    const char *user, *password;
    struct sim_buf login = {0};
    tell_request(round, file, etag);
    struct sim_request request = {.method = "GET", .path = path, .if_none_match = etag};
    if (!sim_http_send(round->http, url, &request, reply, fault))
        return false;
    tell_status(round, file, reply);
    if (reply->status != 401 || !sim_phone_login(round->phone, &user, &password) ||
        !sim_http_login_print(&login, reply, path, user, password))
        return true;
    sim_buf_free(&reply->body);
    request.fields = login.data;
    bool good = sim_http_send(round->http, url, &request, reply, fault);
    sim_buf_free(&login);
    if (good)
        tell_status(round, file, reply);
    return good;
}

/* file as a URL, owned. */
static char *url_of(const struct sim_round *round, const char *file)
{
    struct sim_buf whole = {0};
    if (strstr(file, "://") != NULL)
        sim_buf_text(&whole, file);
    else
        sim_buf_format(&whole, "%s/%s", round->server_url, file);
    return whole.data;
}

enum sim_got sim_round_fetch(struct sim_round *round, const char *file, struct sim_reply *reply)
{
    struct sim_url url;
    struct sim_fault fault;
    enum sim_got got = SIM_GOT_FAULT;
    char *whole = url_of(round, file);
    const struct sim_kept *kept = sim_state_find(round->state, whole);
    const char *etag = kept == NULL ? NULL : kept->etag;
    *reply = (struct sim_reply){0};

    if (!sim_url_parse(whole, &url, &fault) ||
        !get(round, file, &url, url.path, etag, reply, &fault)) {
        sim_round_fail(round, file, &fault);
        goto out;
    }
    got = judge(round, file, etag, reply);
    if (got == SIM_GOT_SAME && kept->text != NULL) {
        reply->body.len = 0;
        sim_buf_add(&reply->body, kept->text, kept->text_len);
    }
    if (reply->body.data == NULL)
        sim_buf_text(&reply->body, "");
out:
    free(whole);
    return got;
}

void sim_round_remember(struct sim_round *round, const char *file, const struct sim_reply *reply,
                        bool with_text)
{
    if (!round->phone->model->maker->is_conditional)
        return;
    char *whole = url_of(round, file);
    sim_state_keep(round->state, whole, reply->etag[0] == '\0' ? NULL : reply->etag,
                   with_text ? reply->body.data : NULL, with_text ? reply->body.len : 0);
    free(whole);
}

static void tell_applied(const struct sim_round *round, const char *file,
                         const struct sim_applied *applied)
{
    struct sim_json json;
    sim_event_begin(&json, "applied");
    sim_json_int(&json, "round", round->number);
    sim_json_text(&json, "file", file);
    sim_json_int(&json, "set", applied->set);
    sim_json_int(&json, "changed", applied->changed);
    sim_json_int(&json, "reset", applied->reset);
    sim_json_int(&json, "unknown", applied->unknown);
    sim_json_int(&json, "refused", applied->refused);
    sim_event_end(&json);
}

void sim_round_apply(struct sim_round *round, const char *file, const struct sim_config *config)
{
    struct sim_applied applied;
    sim_phone_apply(round->phone, config, file, &applied);
    tell_applied(round, file, &applied);
    round->is_failed = round->is_failed || applied.refused > 0;
    round->has_differed = round->has_differed || applied.differs;
}

bool sim_round_take(struct sim_round *round, const char *file, bool must_exist)
{
    struct sim_reply reply;
    struct sim_config config;
    struct sim_fault fault;
    enum sim_got got = sim_round_fetch(round, file, &reply);
    bool is_taken = got == SIM_GOT_SAME;
    if (got == SIM_GOT_NOTHING && must_exist) {
        sim_fault_set(&fault, 0, "not there; kept what was there");
        sim_round_fail(round, file, &fault);
    } else if (got == SIM_GOT_TEXT) {
        if (!round->phone->model->maker->parse(reply.body.data, reply.body.len, round->phone,
                                               &config, &fault)) {
            sim_round_fail(round, file, &fault);
        } else {
            sim_round_apply(round, file, &config);
            sim_config_free(&config);
            sim_round_remember(round, file, &reply, false);
            is_taken = true;
        }
    }
    sim_buf_free(&reply.body);
    return is_taken;
}

void sim_round_upload(struct sim_round *round, const char *file, const char *text)
{
    struct sim_url url;
    struct sim_fault fault;
    struct sim_reply reply = {0};
    struct sim_json json;
    char *whole = url_of(round, file);
    if (sim_url_parse(whole, &url, &fault)) {
        struct sim_request request = {.method = "PUT", .path = url.path, .body = text};
        if (sim_http_send(round->http, &url, &request, &reply, &fault)) {
            sim_event_begin(&json, "uploaded");
            sim_json_int(&json, "round", round->number);
            sim_json_text(&json, "file", file);
            sim_json_int(&json, "status", reply.status);
            sim_event_end(&json);
        } else {
            sim_event_error(file, &fault);
        }
        sim_buf_free(&reply.body);
    }
    free(whole);
}

/* --- names ----------------------------------------------------------------------------------- */

char *sim_expanded(const char *name, const struct sim_macro *macros)
{
    struct sim_buf out = {0};
    sim_buf_text(&out, "");
    while (*name != '\0') {
        const struct sim_macro *macro = macros;
        while (macro->name != NULL && strncmp(name, macro->name, strlen(macro->name)) != 0)
            macro++;
        if (macro->name == NULL) {
            sim_buf_add(&out, name++, 1);
        } else {
            sim_buf_text(&out, macro->value);
            name += strlen(macro->name);
        }
    }
    return out.data;
}

bool sim_url_names_file(const char *url)
{
    const char *host = strstr(url, "://");
    const char *last = strrchr(host == NULL ? url : host + 3, '/');
    return last != NULL && strpbrk(last, ".${") != NULL;
}

void sim_round_run(struct sim_round *round)
{
    struct sim_buf agent = {0};
    round->phone->model->maker->agent_print(&agent, round->phone, false);
    round->http->user_agent = agent.data;
    round->phone->model->maker->run(round);
    round->http->user_agent = NULL;
    sim_buf_free(&agent);
}
