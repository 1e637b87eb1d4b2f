/* See round.h. */
#include "round.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum got { GOT_TEXT, GOT_SAME, GOT_NOTHING, GOT_FAULT };

static void fail(struct sim_round *round, const char *where, const struct sim_fault *fault)
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
static enum got judge(struct sim_round *round, const char *file, const char *etag,
                      const struct sim_reply *reply)
{
    struct sim_fault fault;
    if (reply->status == 200)
        return GOT_TEXT;
    if (reply->status == 304 && etag != NULL)
        return GOT_SAME;
    if (reply->status == 404)
        return GOT_NOTHING;
    if (reply->has_retry_after && reply->retry_after_s > round->retry_after_s)
        round->retry_after_s = reply->retry_after_s;
    sim_fault_set(&fault, 0, "status %d%s; kept what was there", reply->status,
                  reply->status == 304 ? " that nobody asked for" : "");
    fail(round, file, &fault);
    return GOT_FAULT;
}

/* Once more, with user and password, when the server asks for them and the phone has been told. */
static bool get(struct sim_round *round, const char *file, const struct sim_url *url,
                const char *path, const char *etag, struct sim_reply *reply,
                struct sim_fault *fault)
{
    const char *user, *password;
    struct sim_buf login = {0};
    tell_request(round, file, etag);
    if (!sim_http_get(round->http, url, path, etag, "", reply, fault))
        return false;
    tell_status(round, file, reply);
    if (reply->status != 401 || !sim_phone_login(round->phone, &user, &password) ||
        !sim_http_login_print(&login, reply, path, user, password))
        return true;
    sim_buf_free(&reply->body);
    bool good = sim_http_get(round->http, url, path, etag, login.data, reply, fault);
    sim_buf_free(&login);
    if (good)
        tell_status(round, file, reply);
    return good;
}

/*
 * The text is owned by the caller. On GOT_SAME it is what was kept of the file, if it was.
 * An ETag is remembered by the caller once the file has been understood.
 */
static enum got fetch(struct sim_round *round, const char *file, struct sim_reply *reply)
{
    struct sim_url url;
    struct sim_fault fault;
    struct sim_buf whole = {0}, path = {0};
    enum got got = GOT_FAULT;
    sim_buf_format(&whole, "%s/%s", round->server_url, file);
    const struct sim_kept *kept = sim_state_find(round->state, whole.data);
    const char *etag = kept == NULL ? NULL : kept->etag;
    *reply = (struct sim_reply){0};

    if (!sim_url_parse(round->server_url, &url, &fault)) {
        fail(round, file, &fault);
        goto out;
    }
    sim_buf_format(&path, "%s/%s", url.path, file);
    if (!get(round, file, &url, path.data, etag, reply, &fault)) {
        fail(round, file, &fault);
        goto out;
    }
    got = judge(round, file, etag, reply);
    if (got == GOT_SAME && kept->text != NULL) {
        reply->body.len = 0;
        sim_buf_add(&reply->body, kept->text, kept->text_len);
    }
out:
    sim_buf_free(&whole);
    sim_buf_free(&path);
    return got;
}

static void remember(struct sim_round *round, const char *file, const struct sim_reply *reply,
                     bool with_text)
{
    struct sim_buf whole = {0};
    sim_buf_format(&whole, "%s/%s", round->server_url, file);
    sim_state_keep(round->state, whole.data, reply->etag[0] == '\0' ? NULL : reply->etag,
                   with_text ? reply->body.data : NULL, with_text ? reply->body.len : 0);
    sim_buf_free(&whole);
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

/* must_exist: its absence leaves the phone without its configuration. False: nothing was taken. */
static bool config_take(struct sim_round *round, const char *file, bool must_exist)
{
    struct sim_reply reply;
    struct sim_config config;
    struct sim_fault fault;
    struct sim_applied applied;
    enum got got = fetch(round, file, &reply);
    bool is_taken = got == GOT_SAME;
    if (got == GOT_NOTHING && must_exist) {
        sim_fault_set(&fault, 0, "not there; kept what was there");
        fail(round, file, &fault);
    } else if (got == GOT_TEXT) {
        if (!round->phone->model->maker->parse(reply.body.data, reply.body.len, round->phone,
                                               &config, &fault)) {
            fail(round, file, &fault);
        } else {
            sim_phone_apply(round->phone, &config, file, &applied);
            tell_applied(round, file, &applied);
            round->is_failed = round->is_failed || applied.refused > 0;
            sim_config_free(&config);
            remember(round, file, &reply, false);
            is_taken = true;
        }
    }
    sim_buf_free(&reply.body);
    return is_taken;
}

/* "$MAC.cfg" -> "805ec0000001.cfg" */
static char *expanded(const struct sim_phone *phone, const char *name)
{
    struct sim_buf out = {0};
    sim_buf_text(&out, "");
    for (const char *at = name; *at != '\0';) {
        if (strncmp(at, "$MAC", 4) == 0) {
            sim_buf_text(&out, phone->mac);
            at += 4;
        } else {
            sim_buf_add(&out, at++, 1);
        }
    }
    return out.data;
}

/* True: the boot file decides, also when it could not be had. */
static bool boot_take(struct sim_round *round, const char *file)
{
    struct sim_reply reply;
    struct sim_boot boot;
    struct sim_fault fault;
    enum got got = fetch(round, file, &reply);
    if (got == GOT_TEXT || got == GOT_SAME) {
        if (!sim_boot_parse(reply.body.data == NULL ? "" : reply.body.data, reply.body.len, &boot,
                            &fault)) {
            fail(round, file, &fault);
        } else {
            if (got == GOT_TEXT)
                remember(round, file, &reply, true);
            for (size_t i = 0; i < boot.count; i++) {
                char *name = expanded(round->phone, boot.includes[i]);
                (void)config_take(round, name, true);
                free(name);
            }
            sim_boot_free(&boot);
        }
    }
    sim_buf_free(&reply.body);
    return got != GOT_NOTHING;
}

static void yealink_run(struct sim_round *round)
{
    char own_boot[32], common[32], own[32];
    snprintf(own_boot, sizeof own_boot, "%s.boot", round->phone->mac);
    snprintf(common, sizeof common, "y%012d.cfg", round->phone->model->number);
    snprintf(own, sizeof own, "%s.cfg", round->phone->mac);

    if (round->use_boot_files &&
        (boot_take(round, own_boot) || boot_take(round, "y000000000000.boot")))
        return;
    (void)config_take(round, common, false);
    (void)config_take(round, own, true);
}

/* "GRP2614" -> "cfggrp2614.xml" */
static void model_file(const struct sim_phone *phone, char *ret_name, size_t size)
{
    int len = snprintf(ret_name, size, "cfg%s.xml", phone->model->name);
    for (int i = 0; i < len && (size_t)i < size; i++)
        ret_name[i] = (char)tolower((unsigned char)ret_name[i]);
}

/* The maker's own binary, which nobody but its tool writes: one that is there is a fault. */
static void binary_take(struct sim_round *round, const char *file)
{
    struct sim_reply reply;
    struct sim_fault fault;
    if (fetch(round, file, &reply) == GOT_TEXT) {
        sim_fault_set(&fault, 0, "this phone does not read the maker's binary");
        fail(round, file, &fault);
    }
    sim_buf_free(&reply.body);
}

/* A common file is asked for when the phone's own is not there: it may tell where to ask next. */
static void grandstream_run(struct sim_round *round)
{
    char binary[32], own[32], model[64];
    struct sim_fault fault;
    snprintf(binary, sizeof binary, "cfg%s.bin", round->phone->mac);
    snprintf(own, sizeof own, "cfg%s.xml", round->phone->mac);
    model_file(round->phone, model, sizeof model);

    binary_take(round, binary);
    if (config_take(round, own, false) || config_take(round, model, false) ||
        config_take(round, "cfg.xml", false) || round->is_failed)
        return;
    sim_fault_set(&fault, 0, "neither it nor a common file is there; kept what was there");
    fail(round, own, &fault);
}

void sim_round_run(struct sim_round *round)
{
    if (round->phone->model->maker == &sim_maker_grandstream)
        grandstream_run(round);
    else
        yealink_run(round);
}
