/*
 * phonesim: a simulated Yealink desk phone that provisions itself, registers and obeys check-sync,
 * as the documents tell of the real one. For end-to-end tests, demonstrations and load; knows
 * nothing of the server's code, nor of its SIP library. Prints what happens as JSON lines.
 */
#include <stdlib.h>
#include <string.h>

#include "session.h"

enum { EXIT_CONFIGURED = 0, EXIT_NOT_CONFIGURED = 1, EXIT_USAGE = 2 };

/* "Yealink SIP-T54W 96.86.0.70 80:5e:c0:00:00:01" (fact page, section 2) */
static char *user_agent_make(const struct sim_phone *phone)
{
    struct sim_buf out = {0};
    sim_buf_format(&out, "Yealink %s%s %s ", phone->model->prefix, phone->model->name,
                   phone->firmware);
    for (int i = 0; i < 12; i += 2)
        sim_buf_format(&out, "%s%.2s", i == 0 ? "" : ":", phone->mac + i);
    return out.data;
}

int main(int argc, char **argv)
{
    struct sim_phone phone = {.model = sim_model_find("T54W"), .firmware = "96.86.0.70"};
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

    char *agent = user_agent_make(&phone);
    options.http.user_agent = options.line.user_agent = agent;
    if (options.use_sip)
        ua = sim_alloc(1, sizeof *ua);
    bool started = sim_state_load(&state, options.state_dir, &phone, &fault) &&
                   sim_http_open(&http, &options.http, &fault);
    if (started && ua != NULL)
        started = has_ua =
            sim_ua_open(ua, options.sip_local, &options.line, &options.server, &phone, &fault);
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
    free(agent);
    if (!started)
        return EXIT_USAGE;
    return good ? EXIT_CONFIGURED : EXIT_NOT_CONFIGURED;
}
