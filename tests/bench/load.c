/*
 * benchload: a bounded number of fetches by many phones, and what they cost the server in CPU time.
 * ./bench runs it against beckon-config and against nginx in turns. One line of JSON on stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu.h"
#include "fetch.h"

#define PHONE_MAX 4096
#define WORKER_MAX 64
#define COUNT_MAX 1000000
#define ROOT_MAX 2

enum mode { MODE_COLD, MODE_KEPT };

struct options {
    struct sockaddr_in server;
    const char *phones_file, *ca_file;
    enum mode mode;
    long count, worker_count, settle_ms;
    pid_t server_pid, database_pid; /* 0: not wanted */
};

struct load {
    const struct options *options;
    struct fetch_phone *phones;
    size_t phone_count;
    atomic_long taken, done, failed;
    atomic_size_t body_bytes; /* of the first answer; all must be alike */
    atomic_flag has_complained;
};

struct worker {
    struct load *load;
    size_t number;
    pthread_t thread;
    long *latency_us; /* of the fetches it took, done_count of them */
    long done_count;
};

static long long now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void complain_once(struct load *load, const char *why, int status)
{
    char text[256] = "";
    unsigned long code = ERR_peek_last_error();
    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    if (!atomic_flag_test_and_set(&load->has_complained))
        (void)fprintf(stderr, "benchload: %s (status %d) %s\n", why, status, text);
    ERR_clear_error();
}

/* One answer, as it must be: 200 and as long as the others. */
static bool answer_is_good(struct load *load, const struct fetch_answer *answer)
{
    size_t none = 0;
    if (answer->status != 200)
        return false;
    (void)atomic_compare_exchange_strong(&load->body_bytes, &none, answer->body_bytes);
    return atomic_load(&load->body_bytes) == answer->body_bytes;
}

static bool fetch_once(struct worker *worker, size_t turn, struct fetch_connection *connection)
{
    struct load *load = worker->load;
    /* On a kept connection it is one phone that asks again and again. */
    size_t at = load->options->mode == MODE_COLD ? turn : worker->number;
    const struct fetch_phone *phone = &load->phones[at % load->phone_count];
    struct fetch_answer answer = {0};
    const char *why = "";
    bool good =
        (connection->tls != NULL || fetch_open(phone, &load->options->server, connection, &why)) &&
        fetch_get(phone, connection, &answer, &why);
    if (good && !answer_is_good(load, &answer)) {
        why = "an answer unlike the others";
        good = false;
    }
    if (!good)
        complain_once(load, why, answer.status);
    if (!good || answer.is_last || load->options->mode == MODE_COLD)
        fetch_close(connection);
    return good;
}

static void *worker_run(void *arg)
{
    struct worker *worker = arg;
    struct load *load = worker->load;
    struct fetch_connection connection = {.fd = -1};
    for (long turn = 0; (turn = atomic_fetch_add(&load->taken, 1)) < load->options->count;) {
        long long started = now_us();
        if (fetch_once(worker, (size_t)turn, &connection)) {
            worker->latency_us[worker->done_count++] = (long)(now_us() - started);
            (void)atomic_fetch_add(&load->done, 1);
        } else {
            (void)atomic_fetch_add(&load->failed, 1);
        }
    }
    fetch_close(&connection);
    return NULL;
}

/* --- input ---------------------------------------------------------------------------------------
 */

static bool phones_read(struct load *load)
{
    char line[3 * 1024], cert[1024], key[1024], path[512];
    FILE *in = fopen(load->options->phones_file, "r");
    load->phones = calloc(PHONE_MAX, sizeof *load->phones);
    bool good = in != NULL && load->phones != NULL;
    while (good && fgets(line, sizeof line, in) != NULL) {
        good = load->phone_count < PHONE_MAX &&
               sscanf(line, "%1023s %1023s %511s", cert, key, path) == 3 &&
               fetch_phone_init(&load->phones[load->phone_count], load->options->ca_file, cert, key,
                                path);
        if (good)
            load->phone_count++;
    }
    if (in != NULL)
        (void)fclose(in);
    if (!good || load->phone_count == 0) {
        (void)fprintf(stderr,
                      "benchload: %s: line %zu: CERT KEY PATH is wanted, at most %d lines\n",
                      load->options->phones_file, load->phone_count + 1, PHONE_MAX);
        ERR_print_errors_fp(stderr);
        return false;
    }
    return true;
}

static bool number_read(const char *text, long min, long max, long *ret_number)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

static void usage(FILE *out)
{
    (void)fputs("usage: benchload --port N --phones FILE --ca FILE [options]\n"
                "\n"
                "  --port N        of a server on 127.0.0.1\n"
                "  --phones FILE   lines CERT KEY PATH; fetches take them in turns\n"
                "  --ca FILE       who vouches for the server\n"
                "  --mode cold     a connection and a full handshake for each fetch (default)\n"
                "  --mode kept     each client keeps its connection\n"
                "  --count N       fetches, 1 to 1000000, default 1000\n"
                "  --clients N     at the same time, 1 to 64, default 8\n"
                "  --server PID    whose CPU time is told, with that of its descendants\n"
                "  --database PID  the same, told apart\n"
                "  --settle-ms N   wait for work put off before reading CPU times, default 0\n",
                out);
}

static bool options_read(int argc, char **argv, struct options *options)
{
    static const struct option rows[] = {
        {"port", required_argument, NULL, 'p'},      {"phones", required_argument, NULL, 'f'},
        {"ca", required_argument, NULL, 'a'},        {"mode", required_argument, NULL, 'm'},
        {"count", required_argument, NULL, 'n'},     {"clients", required_argument, NULL, 'c'},
        {"server", required_argument, NULL, 's'},    {"database", required_argument, NULL, 'd'},
        {"settle-ms", required_argument, NULL, 't'}, {NULL, 0, NULL, 0},
    };
    bool good = true;
    long number = 0;
    for (int got = 0; good && (got = getopt_long(argc, argv, "", rows, NULL)) != -1;) {
        switch (got) {
        case 'p':
            good = number_read(optarg, 1, 65535, &number);
            options->server.sin_port = htons((uint16_t)number);
            break;
        case 'f':
            options->phones_file = optarg;
            break;
        case 'a':
            options->ca_file = optarg;
            break;
        case 'm':
            good = strcmp(optarg, "cold") == 0 || strcmp(optarg, "kept") == 0;
            options->mode = optarg[0] == 'c' ? MODE_COLD : MODE_KEPT;
            break;
        case 'n':
            good = number_read(optarg, 1, COUNT_MAX, &options->count);
            break;
        case 'c':
            good = number_read(optarg, 1, WORKER_MAX, &options->worker_count);
            break;
        case 's':
            good = number_read(optarg, 1, INT32_MAX, &number);
            options->server_pid = (pid_t)number;
            break;
        case 'd':
            good = number_read(optarg, 1, INT32_MAX, &number);
            options->database_pid = (pid_t)number;
            break;
        case 't':
            good = number_read(optarg, 0, 60000, &options->settle_ms);
            break;
        default:
            good = false;
        }
    }
    return good && optind == argc && options->server.sin_port != 0 &&
           options->phones_file != NULL && options->ca_file != NULL;
}

/* --- output --------------------------------------------------------------------------------------
 */

static int long_compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static void print_result(const struct load *load, const long *latency_us, long long wall_us,
                         const struct cpu_sample before[ROOT_MAX],
                         const struct cpu_sample after[ROOT_MAX])
{
    const struct options *options = load->options;
    long done = atomic_load(&load->done);
    const char *names[ROOT_MAX] = {"server", "database"};
    const pid_t pids[ROOT_MAX] = {options->server_pid, options->database_pid};
    printf("{\"mode\": \"%s\", \"fetches\": %ld, \"failed\": %ld, \"body_bytes\": %zu, "
           "\"wall_s\": %.3f, \"p50_us\": %ld, \"p99_us\": %ld",
           options->mode == MODE_COLD ? "cold" : "kept", done, atomic_load(&load->failed),
           atomic_load(&load->body_bytes), (double)wall_us / 1e6,
           done > 0 ? latency_us[done / 2] : 0, done > 0 ? latency_us[done * 99 / 100] : 0);
    for (size_t i = 0; i < ROOT_MAX; i++) {
        if (pids[i] != 0 && done > 0)
            printf(", \"%s_cpu_us\": %.2f, \"%s_processes\": %d, \"%s_clock\": \"%s\"", names[i],
                   (double)(after[i].ns - before[i].ns) / 1e3 / (double)done, names[i],
                   after[i].process_count, names[i], after[i].is_exact ? "schedstat" : "ticks");
    }
    puts("}");
}

static bool samples_read(const struct options *options, struct cpu_sample ret_samples[ROOT_MAX])
{
    const pid_t pids[ROOT_MAX] = {options->server_pid, options->database_pid};
    for (size_t i = 0; i < ROOT_MAX; i++) {
        if (pids[i] != 0 && !cpu_read(pids[i], &ret_samples[i])) {
            (void)fprintf(stderr, "benchload: no process %ld to measure\n", (long)pids[i]);
            return false;
        }
    }
    return true;
}

static void settle(long settle_ms)
{
    struct timespec left = {settle_ms / 1000, settle_ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static bool load_run(struct load *load)
{
    const struct options *options = load->options;
    struct worker workers[WORKER_MAX] = {0};
    struct cpu_sample before[ROOT_MAX] = {0}, after[ROOT_MAX] = {0};
    long *latency_us = calloc((size_t)options->count, sizeof *latency_us);
    bool good = latency_us != NULL && samples_read(options, before);
    long long started = now_us();
    size_t running = 0;
    for (; good && running < (size_t)options->worker_count; running++) {
        workers[running] = (struct worker){.load = load, .number = running};
        workers[running].latency_us = calloc((size_t)options->count, sizeof(long));
        good = workers[running].latency_us != NULL &&
               pthread_create(&workers[running].thread, NULL, worker_run, &workers[running]) == 0;
        if (!good) {
            free(workers[running].latency_us);
            break;
        }
    }
    long all = 0;
    for (size_t i = 0; i < running; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        memcpy(latency_us + all, workers[i].latency_us,
               (size_t)workers[i].done_count * sizeof *latency_us);
        all += workers[i].done_count;
        free(workers[i].latency_us);
    }
    long long wall_us = now_us() - started;
    if (good) {
        settle(options->settle_ms);
        good = samples_read(options, after);
    }
    if (good) {
        qsort(latency_us, (size_t)all, sizeof *latency_us, long_compare);
        print_result(load, latency_us, wall_us, before, after);
    }
    free(latency_us);
    return good && atomic_load(&load->failed) == 0;
}

int main(int argc, char **argv)
{
    struct options options = {.count = 1000, .worker_count = 8};
    options.server =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (!options_read(argc, argv, &options)) {
        usage(stderr);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    struct load load = {.options = &options, .has_complained = ATOMIC_FLAG_INIT};
    bool good = phones_read(&load) && load_run(&load);
    for (size_t i = 0; i < load.phone_count; i++)
        fetch_phone_deinit(&load.phones[i]);
    free(load.phones);
    return good ? 0 : 1;
}
