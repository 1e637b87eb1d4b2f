/* See session.h. */
#include "session.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "round.h"

#define HOP_MAX 3     /* redirections by configuration before the phone stays where it is */
#define LEAVE_MS 1500 /* to take registrations back, at the end */

/* --- signals --------------------------------------------------------------------------------- */

/* Blocked except while polling, so that none comes between a look and the wait. */

static volatile sig_atomic_t stop_wanted, plug_wanted, unplug_wanted;
static sigset_t poll_signals;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        unplug_wanted = 1;
    else if (number == SIGUSR2)
        plug_wanted = 1;
    else
        stop_wanted = 1;
}

void sim_session_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(&blocked, numbers[i]);
        sigaction(numbers[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, &poll_signals);
    signal(SIGPIPE, SIG_IGN);
}

/* --- rounds ---------------------------------------------------------------------------------- */

static void tell_round(const struct sim_session *session, const struct sim_round *round,
                       const char *cause, int64_t next_ms)
{
    struct sim_json json;
    sim_event_begin(&json, "round");
    sim_json_int(&json, "round", round->number);
    sim_json_text(&json, "cause", cause);
    sim_json_bool(&json, "good", !round->is_failed);
    sim_json_bool(&json, "configured", sim_phone_is_configured(session->phone));
    sim_json_text(&json, "url", session->url);
    if (next_ms >= 0)
        sim_json_int(&json, "next_ms", next_ms);
    sim_event_end(&json);
}

/* The URL the configuration gave, when it is another than the one in use; owned. */
static char *url_new(const struct sim_session *session)
{
    char *given = sim_phone_server_url(session->phone);
    if (given != NULL && strcmp(given, session->url) == 0) {
        free(given);
        given = NULL;
    }
    return given;
}

/* When to ask again, in milliseconds of real time; -1: never by itself. */
static int64_t next_ms(const struct sim_session *session, const struct sim_round *round)
{
    int64_t minute_ms = session->options->minute_ms;
    int repeat_min = sim_phone_repeat_min(session->phone);
    if (round->retry_after_s > 0)
        return round->retry_after_s * minute_ms / 60;
    if (repeat_min > 0)
        return repeat_min * minute_ms;
    return round->is_failed ? minute_ms : -1;
}

/* One visit: rounds until the provisioning URL stays the same. False: the last one failed. */
static bool visit(struct sim_session *session, const char *cause, int64_t *ret_next_ms,
                  bool *ret_has_differed)
{
    *ret_has_differed = false;
    for (int hop = 0;; hop++) {
        struct sim_fault fault;
        struct sim_round round = {
            .phone = session->phone,
            .state = session->state,
            .http = session->http,
            .server_url = session->url,
            .use_boot_files = session->options->use_boot_files,
            .is_boot = hop == 0 && (strcmp(cause, "start") == 0 || strcmp(cause, "reboot") == 0),
            .number = ++session->rounds,
        };
        sim_round_run(&round);
        *ret_has_differed = *ret_has_differed || round.has_differed;
        if (!sim_state_save(session->state, session->phone, &fault)) {
            sim_event_error("state", &fault);
            round.is_failed = true;
        }
        *ret_next_ms = next_ms(session, &round);
        tell_round(session, &round, cause, *ret_next_ms);

        char *url = url_new(session);
        if (url == NULL || hop == HOP_MAX || round.is_failed) {
            free(url);
            return !round.is_failed;
        }
        struct sim_json json;
        sim_event_begin(&json, "redirected");
        sim_json_text(&json, "from", session->url);
        sim_json_text(&json, "to", url);
        sim_event_end(&json);
        free(session->url);
        session->url = url;
        free(session->state->server_url);
        session->state->server_url = sim_strdup(url);
    }
}

/* --- SIP between them ------------------------------------------------------------------------ */

static void tell(const char *event)
{
    struct sim_json json;
    sim_event_begin(&json, event);
    sim_event_end(&json);
}

static void cable_follow(struct sim_session *session)
{
    if (session->plug_mono_ms != 0 && sim_mono_ms() >= session->plug_mono_ms)
        plug_wanted = 1;
    if (unplug_wanted && !session->is_unplugged) {
        session->is_unplugged = true;
        tell("offline");
    }
    if (plug_wanted && session->is_unplugged) {
        session->is_unplugged = false;
        tell("online");
    }
    if (plug_wanted)
        session->plug_mono_ms = 0;
    plug_wanted = unplug_wanted = 0;
    sim_ua_set_online(session->ua, !session->is_unplugged && !session->is_booting);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Waits until then at most, and does what SIP has to do; returns early when something was done. */
static void wait_once(struct sim_session *session, int64_t until_mono_ms)
{
    struct pollfd items[SIM_NET_POLL_MAX];
    size_t count = 0;
    if (session->ua != NULL) {
        cable_follow(session);
        count = sim_ua_poll(session->ua, items);
        until_mono_ms = earlier(until_mono_ms, sim_ua_due_mono_ms(session->ua));
        if (session->plug_mono_ms != 0)
            until_mono_ms = earlier(until_mono_ms, session->plug_mono_ms);
    }
    int64_t left_ms = until_mono_ms - sim_mono_ms();
    if (left_ms < 0)
        left_ms = 0;
    struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000};
    for (size_t i = 0; i < count; i++)
        items[i].revents = 0;
    int ready = ppoll(items, count, &left, &poll_signals);
    if (session->ua != NULL) {
        cable_follow(session);
        sim_ua_work(session->ua, items, ready > 0 ? count : 0);
    }
}

/* Off for boot_ms, and on again; registers when the round that follows has told with what. */
static void reboot(struct sim_session *session)
{
    struct sim_json json;
    int64_t up_mono_ms = sim_mono_ms() + LEAVE_MS;
    sim_event_begin(&json, "reboot");
    sim_json_int(&json, "boot_ms", session->options->boot_ms);
    sim_event_end(&json);
    if (session->options->reboot_unregisters) {
        sim_ua_leave(session->ua);
        while (!sim_ua_is_idle(session->ua) && sim_mono_ms() < up_mono_ms && !stop_wanted)
            wait_once(session, up_mono_ms);
    }
    session->is_booting = true;
    up_mono_ms = sim_mono_ms() + session->options->boot_ms;
    while (sim_mono_ms() < up_mono_ms && !stop_wanted)
        wait_once(session, up_mono_ms);
    (void)sim_ua_take_wish(session->ua);
}

static void leave(struct sim_session *session)
{
    int64_t end_mono_ms = sim_mono_ms() + LEAVE_MS;
    if (session->ua == NULL || session->is_unplugged || session->is_booting)
        return;
    sim_ua_leave(session->ua);
    while (!sim_ua_is_idle(session->ua) && sim_mono_ms() < end_mono_ms)
        wait_once(session, end_mono_ms);
}

/* --- its life -------------------------------------------------------------------------------- */

/* Until the next round is due: its cause, or NULL at the end. */
static const char *cause_await(struct sim_session *session, int64_t next_mono_ms,
                               int64_t end_mono_ms)
{
    while (!stop_wanted && sim_mono_ms() < end_mono_ms) {
        if (sim_mono_ms() >= next_mono_ms && !session->options->never_fetch)
            return "time";
        wait_once(session,
                  session->options->never_fetch ? end_mono_ms : earlier(next_mono_ms, end_mono_ms));
        switch (session->ua == NULL ? SIM_WISH_NONE : sim_ua_take_wish(session->ua)) {
        case SIM_WISH_REBOOT:
            reboot(session);
            return stop_wanted ? NULL : "reboot";
        case SIM_WISH_SYNC:
            if (!session->options->never_fetch)
                return "check-sync";
            break;
        case SIM_WISH_NONE:
        default:
            break;
        }
    }
    return NULL;
}

bool sim_session_run(struct sim_session *session)
{
    const int64_t end_mono_ms = sim_mono_ms() + (int64_t)session->options->for_s * 1000;
    const char *cause = "start";
    bool good = false, has_differed = false;
    int64_t wait_ms = -1;
    if (session->options->offline_ms > 0) {
        session->is_unplugged = true;
        session->plug_mono_ms = sim_mono_ms() + session->options->offline_ms;
    }
    while (cause != NULL) {
        if (strcmp(cause, "start") == 0 || !session->options->never_fetch) {
            good = visit(session, cause, &wait_ms, &has_differed);
            sim_phone_tell(session->phone);
            if (has_differed && strcmp(cause, "check-sync") == 0 &&
                session->phone->model->maker->restarts_when_changed) {
                reboot(session);
                cause = stop_wanted ? NULL : "reboot";
                continue;
            }
        }
        session->is_booting = false;
        if (session->ua != NULL)
            sim_ua_configure(session->ua);
        else if (wait_ms < 0)
            break; /* nothing will ever happen again */
        if (session->options->for_s == 0)
            break;
        cause =
            cause_await(session, wait_ms < 0 ? INT64_MAX : sim_mono_ms() + wait_ms, end_mono_ms);
    }
    leave(session);
    return good;
}
