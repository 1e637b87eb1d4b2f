/* See sip_server.h. */
#include "sip_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

void sim_server_init(struct sim_server *server, const struct sim_server_options *options,
                     const struct sim_phone *phone)
{
    *server = (struct sim_server){.options = options, .phone = phone};
    snprintf(server->challenge.realm, sizeof server->challenge.realm, "phonesim");
    sim_sip_random(server->challenge.nonce, 32);
    server->challenge.has_qop = true;
}

static void answer_drop(struct sim_answer *answer)
{
    free(answer->key);
    free(answer->text);
    *answer = (struct sim_answer){0};
}

void sim_server_restart(struct sim_server *server)
{
    for (size_t i = 0; i < SIM_ANSWER_COUNT; i++)
        answer_drop(&server->answers[i]);
    server->wish = SIM_WISH_NONE;
}

void sim_server_deinit(struct sim_server *server)
{
    sim_server_restart(server);
}

/* branch and sent-by of the topmost Via, and the method: RFC 3261 17.2.3 */
static char *key_of(const struct sim_sip *request)
{
    struct sim_buf key = {0};
    struct sim_slice list = sim_sip_find(request, "Via", 0);
    struct sim_slice via = sim_sip_element(&list), branch = sim_sip_parameter(via, "branch"), host;
    struct sim_slice call_id = sim_sip_find(request, "Call-ID", 0);
    int port = 0;
    (void)sim_sip_sent_by(request, &host, &port);
    sim_buf_format(&key, "%.*s %.*s:%d %.*s %d %.*s", (int)branch.len,
                   branch.text == NULL ? "" : branch.text, (int)host.len, host.text, port,
                   (int)request->method.len, request->method.text, request->cseq, (int)call_id.len,
                   call_id.text);
    return key.data;
}

/* Where answers go: back along the connection, or by RFC 3261 18.2.2 and RFC 3581. */
static struct sim_target way_back(const struct sim_sip *request, const struct sim_target *source)
{
    struct sim_target target = *source;
    struct sim_slice list = sim_sip_find(request, "Via", 0), host;
    struct sim_slice via = sim_sip_element(&list);
    int port = 0;
    if (!source->is_tcp && sim_sip_parameter(via, "rport").text == NULL &&
        sim_sip_sent_by(request, &host, &port))
        target.address.sin_port = htons((uint16_t)port);
    return target;
}

static void answer_send(struct sim_server *server, struct sim_net *net, struct sim_answer *answer)
{
    struct sim_fault fault;
    answer->is_due = false;
    if (answer->text != NULL &&
        !sim_net_send(net, &answer->target, answer->text, strlen(answer->text), &fault))
        sim_event_error("sip", &fault);
    if (answer->wish > server->wish)
        server->wish = answer->wish;
    answer->wish = SIM_WISH_NONE;
}

static void print_answer(struct sim_answer *answer, const struct sim_sip *request,
                         const struct sim_target *source, int status, const char *fields)
{
    struct sim_buf out = {0};
    char host[INET_ADDRSTRLEN] = "", tag[17];
    answer->status = status;
    if (status == 0)
        return;
    inet_ntop(AF_INET, &source->address.sin_addr, host, sizeof host);
    sim_sip_random(tag, 16);
    sim_sip_answer(&out, request, status, tag, host, ntohs(source->address.sin_port), fields);
    answer->text = out.data;
}

/* --- NOTIFY ---------------------------------------------------------------------------------- */

/* The enabled account the request is for; index 0: none. */
static struct sim_account account_of(const struct sim_phone *phone, const struct sim_sip *request)
{
    struct sim_slice user = sim_sip_user(request->uri);
    for (int i = 1; user.text != NULL && i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (account.enable && account.user_name != NULL && sim_slice_is(user, account.user_name))
            return account;
    }
    return (struct sim_account){0};
}

static enum sim_wish wish_of(const struct sim_phone *phone, struct sim_slice event)
{
    struct sim_slice head = sim_sip_head(event);
    bool asks_reboot = sim_slice_is_nocase(sim_sip_parameter(event, "reboot"), "true");
    char *name = sim_strndup(head.text, head.len);
    enum sim_wish wish = phone->model->maker->wish(phone, name, asks_reboot);
    free(name);
    return wish;
}

static bool wants_login(const struct sim_server *server, int account, enum sim_wish wish)
{
    const struct sim_maker *maker = server->phone->model->maker;
    return server->options->notify_challenge ||
           (maker->challenges != NULL && maker->challenges(server->phone, account, wish));
}

static bool is_one_of(const char *events, struct sim_slice event)
{
    struct sim_slice list = {events, strlen(events)}, one;
    while ((one = sim_sip_element(&list)).text != NULL) {
        if (one.len == event.len && memcmp(one.text, event.text, one.len) == 0)
            return true;
    }
    return false;
}

/* Decides on a NOTIFY: status, fields to go with it, and what becomes of it. */
static int judge_notify(struct sim_server *server, const struct sim_sip *request,
                        const struct sim_account *account, struct sim_buf *fields,
                        enum sim_wish *ret_wish)
{
    const char *events = server->phone->model->maker->events;
    struct sim_slice event = sim_sip_find(request, "Event", 0);
    if (account->index == 0)
        return 404;
    if (!is_one_of(events, sim_sip_head(event))) {
        sim_buf_format(fields, "Allow-Events: %s\r\n", events);
        return 489;
    }
    const char *user = account->auth_name != NULL && account->auth_name[0] != '\0'
                           ? account->auth_name
                           : account->user_name;
    enum sim_wish wish = wish_of(server->phone, event);
    if (wants_login(server, account->index, wish) &&
        !sim_sip_credentials_are_good(request, &server->challenge, user,
                                      account->password == NULL ? "" : account->password)) {
        sim_sip_challenge_print(fields, &server->challenge);
        return 401;
    }
    int status = server->options->notify_answer;
    if (status >= 200 && status < 300 && !server->options->ignore_check_sync)
        *ret_wish = wish;
    return status;
}

static const char *word_of(enum sim_wish wish)
{
    switch (wish) {
    case SIM_WISH_SYNC:
        return "sync";
    case SIM_WISH_REBOOT:
        return "reboot";
    case SIM_WISH_NONE:
    default:
        return "nothing";
    }
}

static void tell_notify(const struct sim_sip *request, const struct sim_target *source, int account,
                        int status, bool is_duplicate, enum sim_wish wish)
{
    struct sim_json json;
    char from[64];
    struct sim_slice event = sim_sip_find(request, "Event", 0);
    char *text = sim_strndup(event.text == NULL ? "" : event.text, event.len);
    sim_address_print(&source->address, from, sizeof from);
    sim_event_begin(&json, "notify");
    sim_json_int(&json, "account", account);
    sim_json_text(&json, "sip_event", text);
    sim_json_text(&json, "from", from);
    sim_json_int(&json, "answer", status);
    sim_json_bool(&json, "is_duplicate", is_duplicate);
    sim_json_text(&json, "leads_to", word_of(wish));
    sim_event_end(&json);
    free(text);
}

/* --- any request ----------------------------------------------------------------------------- */

static int judge(const struct sim_sip *request, struct sim_buf *fields)
{
    struct sim_slice to = sim_sip_find(request, "To", 0);
    if (sim_sip_parameter(to, "tag").text != NULL || sim_slice_is(request->method, "CANCEL") ||
        sim_slice_is(request->method, "BYE"))
        return 481; /* this phone has neither dialogs nor calls */
    sim_buf_text(fields, "Allow: NOTIFY, OPTIONS\r\n");
    return sim_slice_is(request->method, "OPTIONS") ? 200 : 405;
}

static struct sim_answer *answer_find(struct sim_server *server, const char *key)
{
    for (size_t i = 0; i < SIM_ANSWER_COUNT; i++) {
        if (server->answers[i].key != NULL && strcmp(server->answers[i].key, key) == 0)
            return &server->answers[i];
    }
    return NULL;
}

void sim_server_request(struct sim_server *server, struct sim_net *net,
                        const struct sim_sip *request, const struct sim_target *source)
{
    if (sim_slice_is(request->method, "ACK"))
        return;
    bool is_notify = sim_slice_is(request->method, "NOTIFY") &&
                     sim_sip_parameter(sim_sip_find(request, "To", 0), "tag").text == NULL;
    char *key = key_of(request);
    struct sim_answer *answer = answer_find(server, key);
    if (answer != NULL) {
        free(key);
        if (is_notify)
            tell_notify(request, source, account_of(server->phone, request).index, answer->status,
                        true, SIM_WISH_NONE);
        if (!answer->is_due)
            answer_send(server, net, answer);
        return;
    }
    answer = &server->answers[server->next];
    server->next = (server->next + 1) % SIM_ANSWER_COUNT;
    answer_drop(answer);
    answer->key = key;
    answer->target = way_back(request, source);

    struct sim_buf fields = {0};
    struct sim_account account = {0};
    sim_buf_text(&fields, "");
    if (is_notify)
        account = account_of(server->phone, request);
    int status = is_notify ? judge_notify(server, request, &account, &fields, &answer->wish)
                           : judge(request, &fields);
    print_answer(answer, request, source, status, fields.data);
    sim_buf_free(&fields);
    if (is_notify)
        tell_notify(request, source, account.index, status, false, answer->wish);
    answer->is_due = true;
    answer->due_mono_ms = sim_mono_ms() + (is_notify ? server->options->notify_delay_ms : 0);
    sim_server_work(server, net);
}

void sim_server_work(struct sim_server *server, struct sim_net *net)
{
    int64_t now_mono_ms = sim_mono_ms();
    for (size_t i = 0; i < SIM_ANSWER_COUNT; i++) {
        if (server->answers[i].is_due && server->answers[i].due_mono_ms <= now_mono_ms)
            answer_send(server, net, &server->answers[i]);
    }
}

int64_t sim_server_due_mono_ms(const struct sim_server *server)
{
    int64_t due_mono_ms = INT64_MAX;
    for (size_t i = 0; i < SIM_ANSWER_COUNT; i++) {
        if (server->answers[i].is_due && server->answers[i].due_mono_ms < due_mono_ms)
            due_mono_ms = server->answers[i].due_mono_ms;
    }
    return due_mono_ms;
}
