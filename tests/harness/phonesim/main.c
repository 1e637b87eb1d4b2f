/*
 * phonesim: a simulated Yealink desk phone that provisions itself, as the documents tell of the
 * real one. For end-to-end tests, demonstrations and load; knows nothing of the server's code.
 * Prints what happens as JSON lines. SIP is not spoken here (yet): phone.h holds what it will need.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "round.h"

#define HOP_MAX 3 /* redirections by configuration before the phone stays where it is */

enum { EXIT_CONFIGURED = 0, EXIT_NOT_CONFIGURED = 1, EXIT_USAGE = 2 };

struct options {
    const char *url, *state_dir;
    bool use_boot_files, print_state;
    int for_s;     /* 0: one round */
    int minute_ms; /* length of a minute of the phone's clock */
    struct sim_http_options http;
};

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void usage(FILE *out)
{
    fputs(
        "usage: phonesim --url URL --mac MAC --server-ca FILE [--cert FILE --key FILE] [options]\n"
        "\n"
        "A simulated Yealink phone gets its configuration and follows it.\n"
        "\n"
        "  --url URL         where to ask: https://host[:port]/key, without a file name\n"
        "  --mac MAC         12 hexadecimal digits, separators allowed\n"
        "  --cert FILE       the phone's certificate with its chain, PEM; --key FILE its key\n"
        "  --server-ca FILE  who may vouch for the server, PEM\n"
        "  --model NAME      default T54W\n"
        "  --firmware V      default 96.86.0.70\n"
        "  --state DIR       what survives a reboot is kept there\n"
        "  --once            one round (default); --for-s N: keep going for N seconds\n"
        "  --minute-ms N     length of one of the phone's minutes, default 60000\n"
        "  --timeout-ms N    for one request, default 10000\n"
        "  --no-boot-files   as firmware before boot files: the classic pair only\n"
        "  --keep-alive      one connection for all requests\n"
        "  --print-state     print everything the phone holds, at the end (passwords too)\n"
        "\n"
        "exit: 0 configured, 1 not configured or a fault in the last round, 2 usage\n",
        out);
}

static bool mac_take(const char *text, char (*ret_mac)[13])
{
    size_t digits = 0;
    for (const char *at = text; *at != '\0'; at++) {
        char c = *at >= 'A' && *at <= 'F' ? (char)(*at - 'A' + 'a') : *at;
        if (c == ':' || c == '-')
            continue;
        if (digits == 12 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        (*ret_mac)[digits++] = c;
    }
    (*ret_mac)[digits] = '\0';
    return digits == 12;
}

static bool number_take(const char *text, int min, int max, int *ret_value)
{
    int value = 0;
    if (!sim_int_parse(text, &value) || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

static bool options_read(int argc, char **argv, struct options *options, struct sim_phone *phone)
{
    static const struct option rows[] = {
        {"url", required_argument, NULL, 'u'},
        {"mac", required_argument, NULL, 'm'},
        {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},
        {"server-ca", required_argument, NULL, 'a'},
        {"model", required_argument, NULL, 'M'},
        {"firmware", required_argument, NULL, 'f'},
        {"state", required_argument, NULL, 's'},
        {"once", no_argument, NULL, '1'},
        {"for-s", required_argument, NULL, 'F'},
        {"minute-ms", required_argument, NULL, 't'},
        {"timeout-ms", required_argument, NULL, 'T'},
        {"no-boot-files", no_argument, NULL, 'n'},
        {"keep-alive", no_argument, NULL, 'K'},
        {"print-state", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool good = true;
    for (int got = 0; good && (got = getopt_long(argc, argv, "", rows, NULL)) != -1;) {
        switch (got) {
        case 'u':
            options->url = optarg;
            break;
        case 'm':
            good = mac_take(optarg, &phone->mac);
            break;
        case 'c':
            options->http.cert_path = optarg;
            break;
        case 'k':
            options->http.key_path = optarg;
            break;
        case 'a':
            options->http.server_ca_path = optarg;
            break;
        case 'M':
            phone->model = sim_model_find(optarg);
            good = phone->model != NULL;
            break;
        case 'f':
            phone->firmware = optarg;
            good = strspn(optarg, "0123456789.") == strlen(optarg) && optarg[0] != '\0';
            break;
        case 's':
            options->state_dir = optarg;
            break;
        case '1':
            options->for_s = 0;
            break;
        case 'F':
            good = number_take(optarg, 1, 86400, &options->for_s);
            break;
        case 't':
            good = number_take(optarg, 1, 60000, &options->minute_ms);
            break;
        case 'T':
            good = number_take(optarg, 1, 600000, &options->http.timeout_ms);
            break;
        case 'n':
            options->use_boot_files = false;
            break;
        case 'K':
            options->http.keep_alive = true;
            break;
        case 'p':
            options->print_state = true;
            break;
        case 'h':
            usage(stdout);
            exit(EXIT_SUCCESS);
        default:
            return false; /* getopt has told */
        }
        if (!good)
            fprintf(stderr, "phonesim: \"%s\" is not acceptable there\n", optarg);
    }
    if (good && (optind != argc || options->url == NULL || phone->mac[0] == '\0' ||
                 options->http.server_ca_path == NULL ||
                 (options->http.cert_path == NULL) != (options->http.key_path == NULL))) {
        fputs("phonesim: --url, --mac and --server-ca are needed, --cert with --key; see --help\n",
              stderr);
        good = false;
    }
    return good;
}

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

static char *url_trimmed(const char *url)
{
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return sim_strndup(url, len);
}

struct session {
    const struct options *options;
    struct sim_phone *phone;
    struct sim_state *state;
    struct sim_http *http;
    char *url;
    int rounds;
};

static void tell_round(const struct session *session, const struct sim_round *round,
                       int64_t next_ms)
{
    struct sim_json json;
    sim_event_begin(&json, "round");
    sim_json_int(&json, "round", round->number);
    sim_json_bool(&json, "good", !round->is_failed);
    sim_json_bool(&json, "configured", sim_phone_is_configured(session->phone));
    sim_json_text(&json, "url", session->url);
    if (next_ms >= 0)
        sim_json_int(&json, "next_ms", next_ms);
    sim_event_end(&json);
}

/* The URL the configuration gave, when it is another than the one in use; owned. */
static char *url_new(const struct session *session)
{
    const char *given = sim_phone_server_url(session->phone);
    char *trimmed = given == NULL ? NULL : url_trimmed(given);
    if (trimmed != NULL && strcmp(trimmed, session->url) == 0) {
        free(trimmed);
        trimmed = NULL;
    }
    return trimmed;
}

/* When to ask again, in milliseconds of real time; -1: never by itself. */
static int64_t next_ms(const struct session *session, const struct sim_round *round)
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
static bool visit(struct session *session, int64_t *ret_next_ms)
{
    for (int hop = 0;; hop++) {
        struct sim_fault fault;
        struct sim_round round = {
            .phone = session->phone,
            .state = session->state,
            .http = session->http,
            .server_url = session->url,
            .use_boot_files = session->options->use_boot_files,
            .number = ++session->rounds,
        };
        sim_round_run(&round);
        if (!sim_state_save(session->state, session->phone, &fault)) {
            sim_event_error("state", &fault);
            round.is_failed = true;
        }
        *ret_next_ms = next_ms(session, &round);
        tell_round(session, &round, *ret_next_ms);

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

static bool run(struct session *session)
{
    int64_t end_mono_ms = sim_mono_ms() + (int64_t)session->options->for_s * 1000;
    for (;;) {
        int64_t wait_ms = -1;
        bool good = visit(session, &wait_ms);
        sim_phone_tell(session->phone);
        int64_t left_ms = end_mono_ms - sim_mono_ms();
        if (left_ms <= 0 || wait_ms < 0 || stop_wanted)
            return good;
        if (wait_ms > left_ms)
            wait_ms = left_ms;
        poll(NULL, 0, (int)wait_ms); /* a signal ends it early */
        if (stop_wanted || sim_mono_ms() >= end_mono_ms)
            return good;
    }
}

int main(int argc, char **argv)
{
    struct sim_phone phone = {.model = sim_model_find("T54W"), .firmware = "96.86.0.70"};
    struct options options = {
        .use_boot_files = true, .minute_ms = 60000, .http = {.timeout_ms = 10000}};
    struct sim_state state;
    struct sim_http http;
    struct sim_fault fault;
    if (!options_read(argc, argv, &options, &phone))
        return EXIT_USAGE;

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    char *agent = user_agent_make(&phone);
    options.http.user_agent = agent;
    if (!sim_state_load(&state, options.state_dir, &phone, &fault) ||
        !sim_http_open(&http, &options.http, &fault)) {
        sim_event_error("start", &fault);
        sim_state_deinit(&state);
        sim_phone_deinit(&phone);
        free(agent);
        return EXIT_USAGE;
    }

    struct session session = {
        .options = &options,
        .phone = &phone,
        .state = &state,
        .http = &http,
        .url = url_trimmed(state.server_url != NULL ? state.server_url : options.url)};
    bool good = run(&session) && sim_phone_is_configured(&phone);
    if (options.print_state)
        sim_phone_print_state(&phone, session.url);

    free(session.url);
    sim_http_close(&http);
    sim_state_deinit(&state);
    sim_phone_deinit(&phone);
    free(agent);
    return good ? EXIT_CONFIGURED : EXIT_NOT_CONFIGURED;
}
