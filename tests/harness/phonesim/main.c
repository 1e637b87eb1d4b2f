/*
 * phonesim: a simulated desk phone, of one of six makers, that provisions itself, registers
 * and obeys their events, as the documents tell of the real one. For end-to-end tests,
 * demonstrations and load; knows nothing of the server's code, nor of its SIP library. Prints what
 * happens as JSON lines.
 */
#include <stdlib.h>
#include <string.h>

#include "session.h"

enum { EXIT_CONFIGURED = 0, EXIT_NOT_CONFIGURED = 1, EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
    struct sim_phone phone = {0};
    struct sim_options options = {
        .use_boot_files = true,
        .minute_ms = 60000,
        .http = {.timeout_ms = 10000},
        .sip_local = "127.0.0.1:0",
        .boot_ms = 1500,
        .line = {.retry_ms = 5000},
        .server = {.notify_answer = 200},
    };
    struct sim_state state = {0};
    struct sim_http http = {.fd = -1};
    struct sim_ua *ua = NULL;
    struct sim_fault fault;
    bool good = false, has_ua = false;
    if (!sim_options_read(argc, argv, &options, &phone))
        return EXIT_USAGE;
    sim_session_signals();

    const struct sim_maker *maker = phone.model->maker;
    struct sim_buf sip_agent = {0};
    maker->agent_print(&sip_agent, &phone, true);
    options.line.user_agent = sip_agent.data;
    options.line.events = maker->events;
    if (options.use_sip)
        ua = sim_alloc(1, sizeof *ua);
    bool started = sim_state_load(&state, options.state_dir, &phone, &fault) &&
                   sim_http_open(&http, &options.http, &fault);
    if (started && ua != NULL)
        started = has_ua =
            sim_ua_open(ua, options.sip_local, &options.line, &options.server, &phone, &fault);
    if (started && options.factory_reset) {
        sim_state_forget(&state);
        sim_phone_reset_all(&phone);
    }
    if (started) {
        struct sim_session session = {
            .options = &options,
            .phone = &phone,
            .state = &state,
            .http = &http,
            .ua = ua,
            .url = sim_url_trimmed(state.server_url != NULL ? state.server_url : options.url)};
        good = sim_session_run(&session) && sim_phone_is_configured(&phone);
        if (options.print_state)
            sim_phone_print_state(&phone, session.url);
        free(session.url);
    } else {
        sim_event_error("start", &fault);
    }
    sim_http_close(&http);
    if (has_ua)
        sim_ua_close(ua);
    free(ua);
    sim_state_deinit(&state);
    sim_phone_deinit(&phone);
    sim_buf_free(&sip_agent);
    if (!started)
        return EXIT_USAGE;
    return good ? EXIT_CONFIGURED : EXIT_NOT_CONFIGURED;
}
