/* See sip_line.h. */
#include "sip_line.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

/* RFC 3261 17.1.2: T1, T2 and timer F */
#define FIRST_COPY_MS 500
#define NEXT_COPY_MAX_MS 4000
#define GIVE_UP_MS 32000

#define CHALLENGE_MAX 2 /* answered in one attempt: the second says that the nonce was too old */

enum { TRANSPORT_UDP = 0, TRANSPORT_TCP = 1, TRANSPORT_TLS = 2 };

static char *copy_of(const char *text)
{
    return sim_strdup(text == NULL ? "" : text);
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void texts_free(struct sim_line *line)
{
    char *const texts[] = {line->user, line->auth_name, line->password, line->domain, line->host};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
}

/* Packets go to the outbound proxy, where there is one; the address is always the server's. */
static void account_take(struct sim_line *line, const struct sim_account *account)
{
    texts_free(line);
    bool has_proxy = account->proxy_enable && is_given(account->proxy);
    line->account = account->index;
    line->user = copy_of(account->user_name);
    line->auth_name =
        copy_of(is_given(account->auth_name) ? account->auth_name : account->user_name);
    line->password = copy_of(account->password);
    line->domain = copy_of(account->server);
    line->host = copy_of(has_proxy ? account->proxy : account->server);
    line->port = has_proxy ? account->proxy_port : account->port;
    line->transport = account->transport;
    line->expires_s = line->options->expires_s > 0 ? line->options->expires_s : account->expires_s;
}

void sim_line_init(struct sim_line *line, const struct sim_line_options *options,
                   const struct sim_account *account)
{
    *line = (struct sim_line){.options = options};
    account_take(line, account);
    sim_line_restart(line);
}

void sim_line_deinit(struct sim_line *line)
{
    texts_free(line);
    sim_buf_free(&line->request);
    *line = (struct sim_line){0};
}

bool sim_line_has_address_of(const struct sim_line *line, const struct sim_account *account)
{
    return strcmp(line->user, account->user_name == NULL ? "" : account->user_name) == 0 &&
           strcmp(line->domain, account->server) == 0;
}

void sim_line_update(struct sim_line *line, const struct sim_account *account)
{
    struct sim_line old = *line;
    line->user = line->auth_name = line->password = line->domain = line->host = NULL;
    account_take(line, account);
    bool is_same = strcmp(old.auth_name, line->auth_name) == 0 &&
                   strcmp(old.password, line->password) == 0 && strcmp(old.host, line->host) == 0 &&
                   old.port == line->port && old.transport == line->transport &&
                   old.expires_s == line->expires_s;
    texts_free(&old);
    if (!is_same)
        sim_line_restart(line);
}

void sim_line_restart(struct sim_line *line)
{
    line->state = SIM_LINE_WAITING;
    line->is_registered = false;
    line->has_challenge = false;
    line->due_mono_ms = sim_mono_ms();
    line->cseq = 0;
    sim_sip_random(line->call_id, sizeof line->call_id - 1);
    sim_sip_random(line->tag, sizeof line->tag - 1);
}

void sim_line_leave(struct sim_line *line)
{
    bool may_be_registered = line->is_registered || line->state == SIM_LINE_TRYING;
    line->is_leaving = true;
    line->state = may_be_registered ? SIM_LINE_WAITING : SIM_LINE_GONE;
    line->due_mono_ms = sim_mono_ms();
}

/* --- telling --------------------------------------------------------------------------------- */

static void tell(const struct sim_line *line, struct sim_json *json, const char *event)
{
    char via[64];
    sim_address_print(&line->target.address, via, sizeof via);
    sim_event_begin(json, event);
    sim_json_int(json, "account", line->account);
    sim_json_text(json, "user", line->user);
    sim_json_text(json, "server", line->domain);
    sim_json_text(json, "via", via);
    sim_json_text(json, "transport", line->transport == TRANSPORT_TCP ? "tcp" : "udp");
}

/* status 0: no answer. */
static void fail(struct sim_line *line, int status, const char *why)
{
    struct sim_json json;
    line->state = line->is_leaving ? SIM_LINE_GONE : SIM_LINE_WAITING;
    line->is_registered = false;
    line->has_challenge = false;
    line->due_mono_ms = sim_mono_ms() + line->options->retry_ms;
    tell(line, &json, "register_failed");
    sim_json_int(&json, "status", status);
    sim_json_text(&json, "text", why);
    if (!line->is_leaving)
        sim_json_int(&json, "retry_ms", line->options->retry_ms);
    sim_event_end(&json);
}

static void succeed(struct sim_line *line, int expires_s)
{
    struct sim_json json;
    bool was_registered = line->is_registered;
    line->is_registered = line->asked_s > 0;
    line->state = line->is_registered ? SIM_LINE_WAITING : SIM_LINE_GONE;
    line->due_mono_ms = sim_mono_ms() + SIM_LINE_REFRESH(expires_s);
    tell(line, &json, line->is_registered ? "registered" : "unregistered");
    if (line->is_registered) {
        sim_json_int(&json, "expires_s", expires_s);
        sim_json_text(&json, "contact", line->contact);
        sim_json_bool(&json, "is_refresh", was_registered);
    }
    sim_event_end(&json);
}

/* --- REGISTER -------------------------------------------------------------------------------- */

/* A user as a URI may hold it (RFC 3261 25.1). */
static void user_print(struct sim_buf *out, const char *user)
{
    for (; *user != '\0'; user++) {
        unsigned char c = (unsigned char)*user;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-_.!~*'()&=+$,;?/", c) != NULL)
            sim_buf_add(out, user, 1);
        else
            sim_buf_format(out, "%%%02X", c);
    }
}

/* A new transaction with the request as things stand now; false: told as a failure. */
static bool request_print(struct sim_line *line, struct sim_net *net)
{
    struct sockaddr_in local;
    struct sim_fault fault;
    char address[64];
    struct sim_buf user = {0}, contact = {0}, uri = {0}, *out = &line->request;
    const bool is_tcp = line->transport == TRANSPORT_TCP;
    if (!sim_net_local(net, &line->target, &local, &fault)) {
        fail(line, 0, fault.text);
        return false;
    }
    sim_address_print(&local, address, sizeof address);
    memcpy(line->branch, "z9hG4bK", 7); /* RFC 3261 8.1.1.7 */
    sim_sip_random(line->branch + 7, 24);
    line->cseq++;
    user_print(&user, line->user);
    sim_buf_format(&uri, "sip:%s", line->domain);
    sim_buf_format(&contact, "sip:%s@%s%s", user.data == NULL ? "" : user.data, address,
                   is_tcp ? ";transport=tcp" : "");
    snprintf(line->contact, sizeof line->contact, "%s", contact.data);

    out->len = 0;
    sim_buf_format(out, "REGISTER %s SIP/2.0\r\n", uri.data);
    sim_buf_format(out, "Via: SIP/2.0/%s %s;branch=%s;rport\r\n", is_tcp ? "TCP" : "UDP", address,
                   line->branch);
    sim_buf_format(out, "Max-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s@%s>\r\n",
                   user.data == NULL ? "" : user.data, line->domain, line->tag,
                   user.data == NULL ? "" : user.data, line->domain);
    sim_buf_format(out, "Call-ID: %s\r\nCSeq: %d REGISTER\r\nContact: <%s>\r\nExpires: %d\r\n",
                   line->call_id, line->cseq, line->contact, line->asked_s);
    sim_buf_format(out, "User-Agent: %s\r\nAllow: NOTIFY, OPTIONS\r\nAllow-Events: %s\r\n",
                   line->options->user_agent, line->options->events);
    if (line->has_challenge)
        sim_sip_credentials_print(out, &line->challenge, "REGISTER", uri.data, line->auth_name,
                                  line->password, ++line->nonce_count);
    sim_buf_text(out, "Content-Length: 0\r\n\r\n");
    sim_buf_free(&user);
    sim_buf_free(&contact);
    sim_buf_free(&uri);
    return true;
}

static void transaction_start(struct sim_line *line, struct sim_net *net)
{
    struct sim_fault fault;
    if (!request_print(line, net))
        return;
    line->state = SIM_LINE_TRYING;
    line->interval_ms = FIRST_COPY_MS;
    line->end_mono_ms = sim_mono_ms() + GIVE_UP_MS;
    line->due_mono_ms = line->target.is_tcp ? line->end_mono_ms : sim_mono_ms() + line->interval_ms;
    if (!sim_net_send(net, &line->target, line->request.data, line->request.len, &fault))
        fail(line, 0, fault.text);
}

static void attempt(struct sim_line *line, struct sim_net *net)
{
    struct sim_fault fault;
    line->asked_s = line->is_leaving ? 0 : line->expires_s;
    line->challenge_count = 0;
    if (line->transport != TRANSPORT_UDP && line->transport != TRANSPORT_TCP)
        fail(line, 0,
             line->transport == TRANSPORT_TLS ? "this phone speaks no TLS to a PBX"
                                              : "this phone asks no NAPTR");
    else if (!sim_target_find(line->host, line->port, line->transport == TRANSPORT_TCP,
                              &line->target, &fault))
        fail(line, 0, fault.text);
    else
        transaction_start(line, net);
}

void sim_line_work(struct sim_line *line, struct sim_net *net)
{
    struct sim_fault fault;
    int64_t now_mono_ms = sim_mono_ms();
    if (line->state == SIM_LINE_GONE || now_mono_ms < line->due_mono_ms)
        return;
    if (line->state == SIM_LINE_WAITING) {
        attempt(line, net);
        return;
    }
    if (now_mono_ms >= line->end_mono_ms) {
        fail(line, 0, "no answer");
        return;
    }
    if (!sim_net_send(net, &line->target, line->request.data, line->request.len, &fault)) {
        fail(line, 0, fault.text);
        return;
    }
    line->interval_ms =
        line->interval_ms * 2 < NEXT_COPY_MAX_MS ? line->interval_ms * 2 : NEXT_COPY_MAX_MS;
    line->due_mono_ms = now_mono_ms + line->interval_ms < line->end_mono_ms
                            ? now_mono_ms + line->interval_ms
                            : line->end_mono_ms;
}

/* What the registrar granted our contact (10.3, step 8): at the contact, else for all. */
static int granted_s(const struct sim_line *line, const struct sim_sip *answer)
{
    struct sim_slice value;
    int expires_s = line->asked_s;
    (void)sim_slice_int(sim_sip_find(answer, "Expires", 0), &expires_s);
    for (size_t i = 0; (value = sim_sip_find(answer, "Contact", i)).text != NULL; i++) {
        struct sim_slice one;
        while ((one = sim_sip_element(&value)).text != NULL) {
            if (memmem(one.text, one.len, line->contact, strlen(line->contact)) != NULL)
                (void)sim_slice_int(sim_sip_parameter(one, "expires"), &expires_s);
        }
    }
    return expires_s;
}

static bool is_answer_to(const struct sim_line *line, const struct sim_sip *answer)
{
    struct sim_slice list = sim_sip_find(answer, "Via", 0);
    return sim_slice_is(sim_sip_parameter(sim_sip_element(&list), "branch"), line->branch) &&
           sim_slice_is(answer->cseq_method, "REGISTER");
}

bool sim_line_answer(struct sim_line *line, struct sim_net *net, const struct sim_sip *answer)
{
    const int status = answer->status;
    int least_s = 0;
    if (line->state != SIM_LINE_TRYING || !is_answer_to(line, answer))
        return false;
    if (status < 200) {
        line->due_mono_ms = line->end_mono_ms < sim_mono_ms() + NEXT_COPY_MAX_MS
                                ? line->end_mono_ms
                                : sim_mono_ms() + NEXT_COPY_MAX_MS;
    } else if (status < 300) {
        succeed(line, granted_s(line, answer));
    } else if ((status == 401 || status == 407) && line->challenge_count < CHALLENGE_MAX &&
               sim_sip_challenge_find(answer, &line->challenge) &&
               (line->challenge_count == 0 || line->challenge.is_stale)) {
        line->challenge_count++;
        line->has_challenge = true;
        line->nonce_count = 0;
        transaction_start(line, net);
    } else if (status == 423 && line->asked_s > 0 &&
               sim_slice_int(sim_sip_find(answer, "Min-Expires", 0), &least_s) &&
               least_s > line->asked_s) {
        line->asked_s = least_s;
        transaction_start(line, net);
    } else {
        fail(line, status, sim_sip_reason(status));
    }
    return true;
}

void sim_line_lost(struct sim_line *line, const struct sim_target *target, const char *why)
{
    if (line->state == SIM_LINE_GONE || !line->target.is_tcp ||
        line->target.address.sin_port != target->address.sin_port ||
        line->target.address.sin_addr.s_addr != target->address.sin_addr.s_addr)
        return;
    /* The server reaches us by no other way: register again, or wait when it does not listen. */
    bool was_registered = line->is_registered;
    fail(line, 0, why);
    if (was_registered)
        line->due_mono_ms = sim_mono_ms();
}
