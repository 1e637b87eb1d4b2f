/* See sip_ua.h. */
#include "sip_ua.h"

#include "event.h"

static void on_message(void *arg, const char *bytes, size_t len, const struct sim_target *source)
{
    struct sim_ua *ua = arg;
    struct sim_sip message;
    struct sim_fault fault;
    if (!sim_sip_parse(bytes, len, &message, &fault)) {
        sim_event_error("sip", &fault);
        return;
    }
    if (message.is_request)
        sim_server_request(&ua->server, &ua->net, &message, source);
    else
        for (size_t i = 0; i < ua->count; i++)
            if (sim_line_answer(&ua->lines[i], &ua->net, &message))
                break;
    sim_sip_free(&message);
}

static void on_lost(void *arg, const struct sim_target *target, const char *why)
{
    struct sim_ua *ua = arg;
    for (size_t i = 0; i < ua->count; i++)
        sim_line_lost(&ua->lines[i], target, why);
}

bool sim_ua_open(struct sim_ua *ua, const char *local, const struct sim_line_options *line_options,
                 const struct sim_server_options *server_options, const struct sim_phone *phone,
                 struct sim_fault *ret_fault)
{
    *ua = (struct sim_ua){
        .phone = phone,
        .line_options = line_options,
        .net = {.on_message = on_message, .on_lost = on_lost, .arg = ua},
    };
    sim_server_init(&ua->server, server_options, phone);
    return sim_net_open(&ua->net, local, ret_fault);
}

void sim_ua_close(struct sim_ua *ua)
{
    for (size_t i = 0; i < ua->count; i++)
        sim_line_deinit(&ua->lines[i]);
    ua->count = 0;
    sim_server_deinit(&ua->server);
    sim_net_close(&ua->net);
}

static struct sim_line *line_of(struct sim_ua *ua, const struct sim_account *account)
{
    for (size_t i = 0; i < ua->count; i++) {
        struct sim_line *line = &ua->lines[i];
        if (!line->is_leaving && line->account == account->index &&
            sim_line_has_address_of(line, account))
            return line;
    }
    return NULL;
}

static void gone_drop(struct sim_ua *ua)
{
    for (size_t i = 0; i < ua->count;) {
        if (ua->lines[i].state != SIM_LINE_GONE) {
            i++;
            continue;
        }
        sim_line_deinit(&ua->lines[i]);
        ua->lines[i] = ua->lines[--ua->count];
    }
}

void sim_ua_configure(struct sim_ua *ua)
{
    for (size_t i = 0; i < ua->count; i++) {
        struct sim_account account = sim_phone_account(ua->phone, ua->lines[i].account);
        if (!ua->lines[i].is_leaving &&
            (!account.enable || !sim_line_has_address_of(&ua->lines[i], &account)))
            sim_line_leave(&ua->lines[i]);
    }
    gone_drop(ua);
    for (int index = 1; index <= SIM_ACCOUNT_MAX; index++) {
        struct sim_account account = sim_phone_account(ua->phone, index);
        struct sim_line *line = line_of(ua, &account);
        if (!account.enable || account.user_name == NULL || account.server[0] == '\0')
            continue;
        if (line != NULL)
            sim_line_update(line, &account);
        else if (ua->count < SIM_LINE_MAX)
            sim_line_init(&ua->lines[ua->count++], ua->line_options, &account);
    }
}

void sim_ua_set_online(struct sim_ua *ua, bool is_online)
{
    if (is_online && !ua->is_online) {
        sim_net_hang_up(&ua->net);
        sim_server_restart(&ua->server);
        for (size_t i = 0; i < ua->count; i++)
            sim_line_restart(&ua->lines[i]);
    }
    ua->is_online = is_online;
}

void sim_ua_leave(struct sim_ua *ua)
{
    for (size_t i = 0; i < ua->count; i++)
        sim_line_leave(&ua->lines[i]);
    gone_drop(ua);
}

bool sim_ua_is_idle(const struct sim_ua *ua)
{
    return ua->count == 0;
}

size_t sim_ua_poll(const struct sim_ua *ua, struct pollfd *ret_items)
{
    return sim_net_poll(&ua->net, ret_items);
}

int64_t sim_ua_due_mono_ms(const struct sim_ua *ua)
{
    int64_t due_mono_ms = sim_server_due_mono_ms(&ua->server);
    if (!ua->is_online)
        return INT64_MAX;
    for (size_t i = 0; i < ua->count; i++) {
        if (ua->lines[i].state != SIM_LINE_GONE && ua->lines[i].due_mono_ms < due_mono_ms)
            due_mono_ms = ua->lines[i].due_mono_ms;
    }
    return due_mono_ms;
}

void sim_ua_work(struct sim_ua *ua, const struct pollfd *items, size_t count)
{
    sim_net_read(&ua->net, items, count, !ua->is_online);
    if (!ua->is_online)
        return;
    sim_server_work(&ua->server, &ua->net);
    for (size_t i = 0; i < ua->count; i++)
        sim_line_work(&ua->lines[i], &ua->net);
    gone_drop(ua);
}

enum sim_wish sim_ua_take_wish(struct sim_ua *ua)
{
    enum sim_wish wish = ua->server.wish;
    ua->server.wish = SIM_WISH_NONE;
    return wish;
}
