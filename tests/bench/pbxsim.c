/*
 * pbxsim: many simulated PBXs in one process, each a UDP socket on 127.0.0.1 that answers NOTIFY
 * and OPTIONS as it is told, and writes down when. For ./bench and for tests of rates. Speaks SIP
 * with the simulated phone's own code, which shares nothing with the server's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "event.h"
#include "sip_auth.h"
#include "sip_message.h"

#define PBX_MAX 4096
#define SHARE_MAX 8
#define SEEN_COUNT ((size_t)1 << 18) /* transactions remembered; a power of two */
#define SEEN_US 32000000             /* 64*T1: no copy comes later (RFC 3261 17.1.2.2, timer F) */
#define BURST 256                    /* datagrams of one socket before the next gets its turn */

/* Of a hundred phones, which differ by their number, so many are answered like this. */
struct share {
    int percent, status; /* status 0: silence */
};

struct options {
    int count, first_port, delay_ms, for_s, share_count;
    bool has_challenge, with_times;
    const char *user, *password;
    struct share shares[SHARE_MAX];
};

struct pbx {
    int fd, port;
    long challenges, copies, options;
    int64_t *notify_us; /* when each NOTIFY was let in, oldest first */
    size_t notify_count, notify_room;
};

struct seen {
    uint64_t key; /* 0: unused */
    int64_t at_us;
    int status;
};

/* An answer that waits; all wait for equally long, so that they stand in order. */
struct late {
    const struct pbx *pbx;
    struct sockaddr_in to;
    char *text;
    int64_t due_us;
};

struct sim {
    struct options options;
    struct pbx *pbxs;
    struct seen *seen;
    struct late *late;
    size_t late_begin, late_end, late_room;
    struct sim_sip_challenge challenge;
    int epoll_fd;
};

static volatile sig_atomic_t stop_wanted, summary_wanted;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        summary_wanted = 1;
    else
        stop_wanted = 1;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * (int64_t)1000000 + now.tv_nsec / 1000;
}

static int64_t now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static int64_t wall_begin_us; /* wall clock when the other one was 0 */

/* --- what is told ------------------------------------------------------------------------------
 */

/* Most of them within any second, wherever it begins. */
static size_t max_per_s(const int64_t *at_us, size_t count)
{
    size_t most = 0;
    for (size_t first = 0, last = 0; last < count; last++) {
        while (at_us[last] - at_us[first] >= 1000000)
            first++;
        if (last - first + 1 > most)
            most = last - first + 1;
    }
    return most;
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void tell_times(struct sim_json *json, const int64_t *at_us, size_t count)
{
    sim_json_int(json, "notifies", (long long)count);
    sim_json_int(json, "max_per_s", (long long)max_per_s(at_us, count));
    if (count > 0) {
        sim_json_int(json, "first_ms", (wall_begin_us + at_us[0]) / 1000);
        sim_json_int(json, "last_ms", (wall_begin_us + at_us[count - 1]) / 1000);
    }
}

static void tell_pbx(struct sim_json *json, const struct pbx *pbx, bool with_times)
{
    sim_json_begin(json, NULL, '{');
    sim_json_int(json, "port", pbx->port);
    sim_json_int(json, "challenges", pbx->challenges);
    sim_json_int(json, "copies", pbx->copies);
    sim_json_int(json, "options", pbx->options);
    tell_times(json, pbx->notify_us, pbx->notify_count);
    if (with_times) {
        sim_json_begin(json, "at_us", '[');
        for (size_t i = 0; i < pbx->notify_count; i++)
            sim_json_int(json, NULL, wall_begin_us + pbx->notify_us[i]);
        sim_json_end(json, ']');
    }
    sim_json_end(json, '}');
}

static void tell_summary(const struct sim *sim)
{
    struct sim_json json;
    size_t total = 0;
    for (int i = 0; i < sim->options.count; i++)
        total += sim->pbxs[i].notify_count;
    int64_t *all_us = sim_alloc(total, sizeof *all_us);
    total = 0;
    for (int i = 0; i < sim->options.count; i++) {
        const struct pbx *pbx = &sim->pbxs[i];
        if (pbx->notify_count > 0)
            memcpy(all_us + total, pbx->notify_us, pbx->notify_count * sizeof *all_us);
        total += pbx->notify_count;
    }
    qsort(all_us, total, sizeof *all_us, by_time);
    sim_event_begin(&json, "summary");
    tell_times(&json, all_us, total);
    sim_json_begin(&json, "pbxs", '[');
    for (int i = 0; i < sim->options.count; i++)
        tell_pbx(&json, &sim->pbxs[i], sim->options.with_times);
    sim_json_end(&json, ']');
    sim_event_end(&json);
    free(all_us);
}

static void tell_ready(const struct sim *sim)
{
    struct sim_json json;
    sim_event_begin(&json, "ready");
    sim_json_begin(&json, "ports", '[');
    for (int i = 0; i < sim->options.count; i++)
        sim_json_int(&json, NULL, sim->pbxs[i].port);
    sim_json_end(&json, ']');
    sim_event_end(&json);
}

/* --- answering ---------------------------------------------------------------------------------
 */

/* FNV-1a */
static uint64_t hash_add(uint64_t hash, struct sim_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.text[i]) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}
#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static uint64_t transaction_key(const struct pbx *pbx, const struct sim_sip *request)
{
    struct sim_slice list = sim_sip_find(request, "Via", 0);
    uint64_t hash = hash_add(HASH_BEGIN + (uint64_t)pbx->port, sim_sip_element(&list));
    hash = hash_add(hash, request->method);
    return hash == 0 ? 1 : hash;
}

static int status_for(const struct options *options, const struct sim_sip *request)
{
    uint64_t hash = hash_add(HASH_BEGIN, sim_sip_user(request->uri));
    /* Numbers differ in few bits, and FNV spreads them little: murmur3's last step does. */
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    int draw = (int)(hash >> 33) % 100;
    for (int i = 0; i < options->share_count; i++) {
        if (draw < options->shares[i].percent)
            return options->shares[i].status;
        draw -= options->shares[i].percent;
    }
    return 200;
}

static void notify_note(struct pbx *pbx, int64_t at_us)
{
    if (pbx->notify_count == pbx->notify_room) {
        pbx->notify_room = pbx->notify_room == 0 ? 64 : pbx->notify_room * 2;
        pbx->notify_us = sim_grow(pbx->notify_us, pbx->notify_room, sizeof *pbx->notify_us);
    }
    pbx->notify_us[pbx->notify_count++] = at_us;
}

/* A NOTIFY seen for the first time. */
static int judge_notify(struct sim *sim, struct pbx *pbx, const struct sim_sip *request,
                        int64_t at_us)
{
    const struct options *options = &sim->options;
    bool is_let_in = !options->has_challenge;
    if (!is_let_in && options->password == NULL)
        is_let_in = sim_sip_find(request, "Proxy-Authorization", 0).text != NULL;
    else if (!is_let_in)
        is_let_in = sim_sip_credentials_are_good(request, &sim->challenge, options->user,
                                                 options->password);
    if (!is_let_in) {
        pbx->challenges++;
        return 407;
    }
    notify_note(pbx, at_us);
    return status_for(options, request);
}

static void late_add(struct sim *sim, const struct late *late)
{
    if (sim->late_end == sim->late_room && sim->late_begin > sim->late_room / 2) {
        memmove(sim->late, sim->late + sim->late_begin,
                (sim->late_end - sim->late_begin) * sizeof *sim->late);
        sim->late_end -= sim->late_begin;
        sim->late_begin = 0;
    } else if (sim->late_end == sim->late_room) {
        sim->late_room = sim->late_room == 0 ? 256 : sim->late_room * 2;
        sim->late = sim_grow(sim->late, sim->late_room, sizeof *sim->late);
    }
    sim->late[sim->late_end++] = *late;
}

/* due_us 0: at once. */
static void answer(struct sim *sim, const struct pbx *pbx, const struct sim_sip *request,
                   const struct sockaddr_in *from, int status, int64_t due_us)
{
    struct sim_buf fields = {0}, out = {0};
    char host[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &from->sin_addr, host, sizeof host);
    sim_buf_text(&fields, "");
    if (status == 407)
        sim_sip_challenge_print(&fields, &sim->challenge);
    sim_sip_answer(&out, request, status, "pbxsim", host, ntohs(from->sin_port), fields.data);
    sim_buf_free(&fields);
    if (due_us > 0) {
        late_add(sim, &(struct late){pbx, *from, out.data, due_us});
        return;
    }
    (void)sendto(pbx->fd, out.data, out.len, 0, (const struct sockaddr *)from, sizeof *from);
    sim_buf_free(&out);
}

static void request_take(struct sim *sim, struct pbx *pbx, const struct sim_sip *request,
                         const struct sockaddr_in *from)
{
    const int64_t at_us = now_us(), delay_us = sim->options.delay_ms * (int64_t)1000;
    if (!sim_slice_is(request->method, "NOTIFY")) {
        bool is_options = sim_slice_is(request->method, "OPTIONS");
        pbx->options += is_options;
        if (!sim_slice_is(request->method, "ACK"))
            answer(sim, pbx, request, from, is_options ? 200 : 405, 0);
        return;
    }
    const uint64_t key = transaction_key(pbx, request);
    struct seen *seen = &sim->seen[key & (SEEN_COUNT - 1)];
    bool is_copy = seen->key == key && at_us - seen->at_us < SEEN_US;
    if (is_copy)
        pbx->copies++;
    else
        *seen = (struct seen){key, at_us, judge_notify(sim, pbx, request, at_us)};
    bool is_late = seen->status != 407 && delay_us > 0;
    if (seen->status == 0 || (is_copy && is_late && at_us - seen->at_us < delay_us))
        return; /* silent, or the first answer is still to come */
    answer(sim, pbx, request, from, seen->status, !is_copy && is_late ? at_us + delay_us : 0);
}

static void socket_read(struct sim *sim, struct pbx *pbx)
{
    static char bytes[SIM_SIP_BYTES_MAX + 1];
    for (int i = 0; i < BURST; i++) {
        struct sockaddr_in from;
        struct sim_sip message;
        struct sim_fault fault;
        socklen_t size = sizeof from;
        ssize_t len = recvfrom(pbx->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        if (len < 0)
            return;
        if (!sim_sip_parse(bytes, (size_t)len, &message, &fault)) {
            sim_event_error("sip", &fault);
            continue;
        }
        if (message.is_request)
            request_take(sim, pbx, &message, &from);
        sim_sip_free(&message);
    }
}

static void late_send(struct sim *sim)
{
    int64_t at_us = now_us();
    while (sim->late_begin < sim->late_end && sim->late[sim->late_begin].due_us <= at_us) {
        struct late *late = &sim->late[sim->late_begin++];
        (void)sendto(late->pbx->fd, late->text, strlen(late->text), 0,
                     (const struct sockaddr *)&late->to, sizeof late->to);
        free(late->text);
    }
}

/* --- life --------------------------------------------------------------------------------------
 */

static bool pbx_open(struct sim *sim, struct pbx *pbx, int port)
{
    const int room_bytes = 4 * 1024 * 1024; /* as much of it as the system allows */
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = pbx};
    socklen_t size = sizeof address;
    pbx->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (pbx->fd < 0 || bind(pbx->fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(pbx->fd, (struct sockaddr *)&address, &size) != 0 ||
        epoll_ctl(sim->epoll_fd, EPOLL_CTL_ADD, pbx->fd, &event) != 0) {
        (void)fprintf(stderr, "pbxsim: port %d: %s\n", port, strerror(errno));
        return false;
    }
    (void)setsockopt(pbx->fd, SOL_SOCKET, SO_RCVBUF, &room_bytes, sizeof room_bytes);
    pbx->port = ntohs(address.sin_port);
    return true;
}

static void serve(struct sim *sim, const sigset_t *signals)
{
    struct epoll_event events[64];
    const int64_t end_us = now_us() + sim->options.for_s * (int64_t)1000000;
    while (!stop_wanted && now_us() < end_us) {
        int64_t until_us = end_us;
        if (sim->late_begin < sim->late_end && sim->late[sim->late_begin].due_us < until_us)
            until_us = sim->late[sim->late_begin].due_us;
        int64_t left_ms = (until_us - now_us() + 999) / 1000;
        int count = epoll_pwait(sim->epoll_fd, events, sizeof events / sizeof events[0],
                                left_ms < 0 ? 0 : (int)left_ms, signals);
        for (int i = 0; i < count; i++)
            socket_read(sim, events[i].data.ptr);
        late_send(sim);
        if (summary_wanted) {
            summary_wanted = 0;
            tell_summary(sim);
        }
    }
}

static void usage(FILE *out)
{
    (void)fputs(
        "usage: pbxsim [options]\n"
        "\n"
        "  --count N             PBXs, 1 to 4096, default 1\n"
        "  --port N              of the first, the others follow; default: free ones\n"
        "  --challenge           407 (MD5) first; with --user U --password P these are wanted,\n"
        "                        without them any credentials\n"
        "  --delay-ms N          before an answer to NOTIFY\n"
        "  --answer PERCENT=CODE so many phones of a hundred get this, by their number: always "
        "the\n"
        "                        same ones; CODE 0: silence; may be given again; all others get "
        "200\n"
        "  --times               the summary has the time of every NOTIFY, in microseconds\n"
        "  --for-s N             default 3600\n"
        "\n"
        "Prints {\"event\":\"ready\",\"ports\":[…]}, at USR1 and at the end (TERM, INT, time "
        "over)\n"
        "{\"event\":\"summary\",…}: in all and for each PBX notifies (that were let in, copies "
        "not\n"
        "counted), max_per_s (in any second, wherever it begins), first_ms, last_ms.\n",
        out);
}

static bool number_take(const char *text, int min, int max, int *ret_number)
{
    int number = 0;
    if (!sim_int_parse(text, &number) || number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

static bool share_take(char *text, struct options *options)
{
    struct share *share = &options->shares[options->share_count];
    char *equal = strchr(text, '=');
    if (equal == NULL || options->share_count == SHARE_MAX)
        return false;
    *equal = '\0';
    options->share_count++;
    return number_take(text, 0, 100, &share->percent) &&
           number_take(equal + 1, 0, 699, &share->status) &&
           (share->status == 0 || share->status >= 200);
}

static bool options_read(int argc, char **argv, struct options *options)
{
    static const struct option rows[] = {
        {"count", required_argument, NULL, 'n'},    {"port", required_argument, NULL, 'p'},
        {"challenge", no_argument, NULL, 'c'},      {"user", required_argument, NULL, 'u'},
        {"password", required_argument, NULL, 'w'}, {"delay-ms", required_argument, NULL, 'd'},
        {"answer", required_argument, NULL, 'a'},   {"times", no_argument, NULL, 't'},
        {"for-s", required_argument, NULL, 'f'},    {NULL, 0, NULL, 0},
    };
    bool good = true;
    for (int got = 0; good && (got = getopt_long(argc, argv, "", rows, NULL)) != -1;) {
        switch (got) {
        case 'n':
            good = number_take(optarg, 1, PBX_MAX, &options->count);
            break;
        case 'p':
            good = number_take(optarg, 1, 65535, &options->first_port);
            break;
        case 'c':
            options->has_challenge = true;
            break;
        case 'u':
            options->user = optarg;
            break;
        case 'w':
            options->password = optarg;
            break;
        case 'd':
            good = number_take(optarg, 0, 60000, &options->delay_ms);
            break;
        case 'a':
            good = share_take(optarg, options);
            break;
        case 't':
            options->with_times = true;
            break;
        case 'f':
            good = number_take(optarg, 1, 86400, &options->for_s);
            break;
        default:
            good = false;
        }
    }
    return good && optind == argc && (options->user == NULL) == (options->password == NULL) &&
           options->first_port + options->count <= 65536;
}

int main(int argc, char **argv)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
    struct sim sim = {.options = {.count = 1, .for_s = 3600}};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, before;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (!options_read(argc, argv, &sim.options)) {
        usage(stderr);
        return 2;
    }
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(&blocked, numbers[i]);
        sigaction(numbers[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, &before);

    wall_begin_us = clock_us(CLOCK_REALTIME) - now_us();
    sim.challenge = (struct sim_sip_challenge){
        .is_proxy = true, .has_qop = true, .realm = "pbxsim", .is_algorithm_named = true};
    sim_sip_random(sim.challenge.nonce, 32);
    sim.seen = sim_alloc(SEEN_COUNT, sizeof *sim.seen);
    sim.pbxs = sim_alloc((size_t)sim.options.count, sizeof *sim.pbxs);
    sim.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool good = sim.epoll_fd >= 0;
    int opened = 0;
    while (good && opened < sim.options.count) {
        int port = sim.options.first_port == 0 ? 0 : sim.options.first_port + opened;
        good = pbx_open(&sim, &sim.pbxs[opened++], port);
    }
    if (good) {
        tell_ready(&sim);
        serve(&sim, &before);
        tell_summary(&sim);
    }
    for (int i = 0; i < opened; i++) {
        if (sim.pbxs[i].fd >= 0)
            close(sim.pbxs[i].fd);
        free(sim.pbxs[i].notify_us);
    }
    for (size_t i = sim.late_begin; i < sim.late_end; i++)
        free(sim.late[i].text);
    free(sim.late);
    free(sim.seen);
    free(sim.pbxs);
    close(sim.epoll_fd);
    return good ? 0 : 1;
}
