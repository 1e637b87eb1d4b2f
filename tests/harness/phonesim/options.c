/* See options.h. */
#include "options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options without a letter. */
enum {
    SIP = 256,
    SIP_LOCAL,
    SIP_EXPIRES,
    SIP_RETRY,
    OFFLINE,
    BOOT,
    REBOOT_UNREGISTER,
    NOTIFY_ANSWER,
    NOTIFY_DELAY,
    NOTIFY_CHALLENGE,
    IGNORE_CHECK_SYNC,
    NEVER_FETCH,
    MAKER,
    SOURCE,
    FACTORY_RESET,
};

void sim_options_usage(FILE *out)
{
    fputs(
        "usage: phonesim --url URL --mac MAC --server-ca FILE [--cert FILE --key FILE] [options]\n"
        "\n"
        "A simulated phone of one of six makers gets its configuration and follows it.\n"
        "\n"
        "  --url URL         where to ask: https://host[:port]/key, without a file name\n"
        "  --mac MAC         12 hexadecimal digits, separators allowed\n"
        "  --cert FILE       the phone's certificate with its chain, PEM; --key FILE its key\n"
        "  --server-ca FILE  who may vouch for the server, PEM\n"
        "  --maker NAME      yealink (default), grandstream, poly, snom, fanvil or cisco\n"
        "  --model NAME      default T54W, GRP2614, VVX_450, D785, X6, CP-8841-3PCC\n"
        "  --firmware V      as the fact page has one\n"
        "  --source ADDRESS  to come from, IPv4\n"
        "  --state DIR       what survives a reboot is kept there\n"
        "  --factory-reset   forget all of that first, and ask at --url again\n"
        "  --once            one round (default); --for-s N: keep going for N seconds\n"
        "  --minute-ms N     length of one of the phone's minutes, default 60000\n"
        "  --timeout-ms N    for one request, default 10000\n"
        "  --no-boot-files   as firmware before boot files: the classic pair only\n"
        "  --keep-alive      one connection for all requests\n"
        "  --print-state     print everything the phone holds, at the end (passwords too)\n"
        "\n"
        "With --sip, which needs --for-s, it registers with the accounts it was given, over UDP "
        "or\n"
        "TCP, and obeys NOTIFY with its maker's events: a round of provisioning, or a reboot, as "
        "these\n"
        "and its configuration say. TERM and INT end it, taking its registrations back; USR1 "
        "pulls\n"
        "its cable out (nothing is said, what comes is not heard), USR2 plugs it in again.\n"
        "\n"
        "  --sip-local ADDRESS[:PORT]  of UDP, and the address of TCP; default 127.0.0.1:0\n"
        "  --sip-expires-s N      instead of the configured time\n"
        "  --sip-retry-ms N       between a failed REGISTER and the next, default 5000\n"
        "  --offline-ms N         unplugged from SIP for so long first\n"
        "  --boot-ms N            how long a reboot takes, default 1500\n"
        "  --reboot-unregister    a reboot takes registrations back; without it the phone just "
        "goes\n"
        "  --notify-answer CODE   of a check-sync; not 2xx: nothing follows; 0: no answer either\n"
        "  --notify-delay-ms N    before that answer; what it asks for follows the answer\n"
        "  --notify-challenge     401 first: the line's own credentials are wanted (MD5); some "
        "makers'\n"
        "                         phones want them anyway\n"
        "  --ignore-check-sync    answer, and do nothing\n"
        "  --never-fetch          obey, but provision only at the start\n"
        "\n"
        "Tells what happens as JSON lines, each with at_ms, the wall clock: request, status, "
        "applied,\n"
        "round {cause: start|time|check-sync|reboot}, registered, register_failed, unregistered,\n"
        "notify {sip_event, answer, is_duplicate, leads_to}, reboot, offline, online, error.\n"
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

/* "96.86.0.70", "11-1-0-MSR4", "7.4.8a" */
static bool firmware_is_good(const char *text)
{
    static const char others[] = ".-()";
    for (const char *at = text; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr(others, *at) == NULL)
            return false;
    }
    return text[0] != '\0';
}

bool sim_options_read(int argc, char **argv, struct sim_options *options, struct sim_phone *phone)
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
        {"maker", required_argument, NULL, MAKER},
        {"source", required_argument, NULL, SOURCE},
        {"factory-reset", no_argument, NULL, FACTORY_RESET},
        {"once", no_argument, NULL, '1'},
        {"for-s", required_argument, NULL, 'F'},
        {"minute-ms", required_argument, NULL, 't'},
        {"timeout-ms", required_argument, NULL, 'T'},
        {"no-boot-files", no_argument, NULL, 'n'},
        {"keep-alive", no_argument, NULL, 'K'},
        {"print-state", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {"sip", no_argument, NULL, SIP},
        {"sip-local", required_argument, NULL, SIP_LOCAL},
        {"sip-expires-s", required_argument, NULL, SIP_EXPIRES},
        {"sip-retry-ms", required_argument, NULL, SIP_RETRY},
        {"offline-ms", required_argument, NULL, OFFLINE},
        {"boot-ms", required_argument, NULL, BOOT},
        {"reboot-unregister", no_argument, NULL, REBOOT_UNREGISTER},
        {"notify-answer", required_argument, NULL, NOTIFY_ANSWER},
        {"notify-delay-ms", required_argument, NULL, NOTIFY_DELAY},
        {"notify-challenge", no_argument, NULL, NOTIFY_CHALLENGE},
        {"ignore-check-sync", no_argument, NULL, IGNORE_CHECK_SYNC},
        {"never-fetch", no_argument, NULL, NEVER_FETCH},
        {NULL, 0, NULL, 0},
    };
    const struct sim_maker *maker = &sim_maker_yealink;
    const char *model = NULL;
    struct in_addr source;
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
            model = optarg;
            break;
        case MAKER:
            good = sim_maker_find(optarg) != NULL;
            maker = good ? sim_maker_find(optarg) : maker;
            break;
        case SOURCE:
            good = inet_pton(AF_INET, optarg, &source) == 1;
            options->http.source = optarg;
            break;
        case FACTORY_RESET:
            options->factory_reset = true;
            break;
        case 'f':
            phone->firmware = optarg;
            good = firmware_is_good(optarg);
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
            sim_options_usage(stdout);
            exit(EXIT_SUCCESS);
        case SIP:
            options->use_sip = true;
            break;
        case SIP_LOCAL:
            options->sip_local = optarg;
            break;
        case SIP_EXPIRES:
            good = number_take(optarg, 1, 86400, &options->line.expires_s);
            break;
        case SIP_RETRY:
            good = number_take(optarg, 1, 3600000, &options->line.retry_ms);
            break;
        case OFFLINE:
            good = number_take(optarg, 0, 86400000, &options->offline_ms);
            break;
        case BOOT:
            good = number_take(optarg, 0, 3600000, &options->boot_ms);
            break;
        case REBOOT_UNREGISTER:
            options->reboot_unregisters = true;
            break;
        case NOTIFY_ANSWER:
            good = number_take(optarg, 0, 699, &options->server.notify_answer) &&
                   (options->server.notify_answer == 0 || options->server.notify_answer >= 200);
            break;
        case NOTIFY_DELAY:
            good = number_take(optarg, 0, 600000, &options->server.notify_delay_ms);
            break;
        case NOTIFY_CHALLENGE:
            options->server.notify_challenge = true;
            break;
        case IGNORE_CHECK_SYNC:
            options->server.ignore_check_sync = true;
            break;
        case NEVER_FETCH:
            options->never_fetch = true;
            break;
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
    phone->model = sim_model_find(model != NULL ? model : maker->default_model);
    if (good && (phone->model == NULL || phone->model->maker != maker)) {
        fprintf(stderr, "phonesim: %s has no model %s\n", maker->name, model);
        good = false;
    }
    if (phone->firmware == NULL)
        phone->firmware = maker->default_firmware;
    if (good && options->use_sip && options->for_s == 0) {
        fputs("phonesim: --sip needs --for-s; see --help\n", stderr);
        good = false;
    }
    return good;
}
