#include "sip_peer.h"

#include "harness/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { IO_TIMEOUT_S = 5 };

/* --- texts --- */

static const char *line_of(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strchr(text, '\n'); line != NULL; line = strchr(line + 1, '\n'))
        if (strncasecmp(line + 1, name, len) == 0 && line[1 + len] == ':')
            return line + 1;
    return NULL;
}

static void append_line(char *out, size_t size, const char *text, const char *name,
                        const char *more)
{
    const char *line = line_of(text, name);
    size_t at = strlen(out);
    if (line != NULL)
        snprintf(out + at, size - at, "%.*s%s\r\n", (int)strcspn(line, "\r\n"), line, more);
}

static void branch_of(const char *text, char *ret_branch, size_t size)
{
    const char *at = strstr(text, "branch=");
    snprintf(ret_branch, size, "%.*s", at == NULL ? 0 : (int)strcspn(at, ";\r\n"),
             at == NULL ? "" : at);
}

static size_t make_response(const struct peer_step *step, const char *head, const char *request,
                            char *out, size_t size)
{
    static const char *const names[] = {"Via", "From", "To", "Call-ID", "CSeq"};
    size_t status_len = strcspn(head, "\r\n"), at;
    snprintf(out, size, "%.*s", (int)status_len, head);
    at = strlen(out);
    memset(out + at, 'x', step->padding);
    at += step->padding;
    snprintf(out + at, size - at, "%s", head + status_len);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (step->not_repeated != NULL && strcmp(step->not_repeated, names[i]) == 0)
            continue;
        if (step->has_wrong_cseq && strcmp(names[i], "CSeq") == 0)
            strcat(out, "CSeq: 4711 INVITE\r\n");
        else
            append_line(out, size, request, names[i],
                        strcmp(names[i], "To") == 0 ? ";tag=peer" : "");
    }
    if (step->has_wrong_branch && strstr(out, "z9hG4bK") != NULL)
        memcpy(strstr(out, "z9hG4bK"), "z9hG4bX", 7);
    strcat(out, "Content-Length: 0\r\n\r\n");
    return strlen(out);
}

/* --- the thread --- */

static void put(struct peer *peer, const char *bytes, size_t len)
{
    if (peer->kind == PEER_UDP)
        sendto(peer->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&peer->client,
               peer->client_len);
    else if (peer->ssl != NULL)
        SSL_write(peer->ssl, bytes, (int)len);
    else
        send(peer->connection, bytes, len, MSG_NOSIGNAL);
}

static void close_connection(struct peer *peer)
{
    if (peer->ssl != NULL)
        SSL_free(peer->ssl);
    if (peer->connection >= 0)
        close(peer->connection);
    peer->ssl = NULL;
    peer->connection = -1;
    peer->pending_len = 0;
    peer->pending[0] = '\0';
}

static void answer(struct peer *peer, const char *request)
{
    static char response[4 * PEER_TEXT_SIZE];
    if (peer->step_at >= peer->step_count)
        return;
    const struct peer_step *step = &peer->steps[peer->step_at];
    int transmission = peer->transmissions++;
    if (transmission < step->ignored_count)
        return;
    if (step->raw != NULL && transmission == 0) {
        put(peer, step->raw, step->raw_len > 0 ? step->raw_len : strlen(step->raw));
        if (peer->kind == PEER_UDP)
            return;
    }
    for (int i = 0; i < step->provisional_count; i++)
        put(peer, response,
            make_response(&(struct peer_step){0}, "SIP/2.0 100 Trying\r\n", request, response,
                          sizeof response));
    if (step->head != NULL) {
        size_t len = make_response(step, step->head, request, response, sizeof response);
        if (step->is_late) {
            memcpy(peer->late, response, len);
            peer->late_len = len;
        } else {
            put(peer, response, len);
        }
    }
    if (step->closes)
        close_connection(peer);
}

static void take(struct peer *peer, const char *text)
{
    char branch[128];
    pthread_mutex_lock(&peer->lock);
    if (strncmp(text, "SIP/2.0 ", 8) == 0) {
        if (peer->answer_count < PEER_SEEN_MAX)
            snprintf(peer->answers[peer->answer_count++], PEER_TEXT_SIZE, "%s", text);
        pthread_mutex_unlock(&peer->lock);
        return;
    }
    branch_of(text, branch, sizeof branch);
    if (strcmp(branch, peer->last_branch) != 0) {
        if (peer->last_branch[0] != '\0')
            peer->step_at++;
        peer->transmissions = 0;
        snprintf(peer->last_branch, sizeof peer->last_branch, "%s", branch);
        if (peer->seen_count < PEER_SEEN_MAX)
            snprintf(peer->seen[peer->seen_count++], PEER_TEXT_SIZE, "%s", text);
    }
    pthread_mutex_unlock(&peer->lock);
    answer(peer, text);
}

static void serve_datagram(struct peer *peer)
{
    char text[PEER_TEXT_SIZE];
    peer->client_len = sizeof peer->client;
    ssize_t len = recvfrom(peer->fd, text, sizeof text - 1, 0, (struct sockaddr *)&peer->client,
                           &peer->client_len);
    if (len <= 0)
        return;
    text[len] = '\0';
    pthread_mutex_lock(&peer->lock);
    peer->packet_count++;
    peer->client_port = ntohs(((struct sockaddr_in *)&peer->client)->sin_port);
    pthread_mutex_unlock(&peer->lock);
    take(peer, text);
}

static void serve_accept(struct peer *peer)
{
    struct timeval limit = {.tv_sec = IO_TIMEOUT_S};
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    close_connection(peer);
    peer->connection = accept(peer->fd, (struct sockaddr *)&from, &len);
    if (peer->connection < 0)
        return;
    setsockopt(peer->connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(peer->connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    pthread_mutex_lock(&peer->lock);
    peer->packet_count++;
    peer->connection_count++;
    peer->client_port = ntohs(from.sin_port);
    pthread_mutex_unlock(&peer->lock);
    if (peer->kind != PEER_TLS)
        return;
    peer->ssl = SSL_new(peer->ctx);
    SSL_set_fd(peer->ssl, peer->connection);
    int result = SSL_accept(peer->ssl);
    const char *name = SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name);
    pthread_mutex_lock(&peer->lock);
    snprintf(peer->server_name, sizeof peer->server_name, "%s", name != NULL ? name : "");
    pthread_mutex_unlock(&peer->lock);
    if (result != 1)
        close_connection(peer);
}

/* Our requests have no body, so an empty line ends one. */
static void serve_stream(struct peer *peer)
{
    size_t room = sizeof peer->pending - 1 - peer->pending_len;
    char *to = peer->pending + peer->pending_len, one[PEER_TEXT_SIZE];
    ssize_t got = peer->ssl != NULL ? SSL_read(peer->ssl, to, (int)room)
                                    : recv(peer->connection, to, room, 0);
    if (got <= 0) {
        close_connection(peer);
        return;
    }
    peer->pending_len += (size_t)got;
    peer->pending[peer->pending_len] = '\0';
    for (char *end; (end = strstr(peer->pending, "\r\n\r\n")) != NULL;) {
        size_t len = (size_t)(end + 4 - peer->pending);
        snprintf(one, sizeof one, "%.*s", (int)len, peer->pending);
        peer->pending_len -= len;
        memmove(peer->pending, end + 4, peer->pending_len + 1);
        take(peer, one); /* may close, and empty what is pending */
    }
}

static void *run(void *ctx)
{
    struct peer *peer = ctx;
    for (;;) {
        struct pollfd fds[] = {
            {peer->wake[0], POLLIN, 0}, {peer->fd, POLLIN, 0}, {peer->connection, POLLIN, 0}};
        poll(fds, 3, -1);
        if (fds[0].revents != 0) {
            char what = 0;
            if (read(peer->wake[0], &what, 1) != 1 || what == 'q')
                break;
            put(peer, peer->late, peer->late_len);
            continue;
        }
        if (fds[2].revents != 0)
            serve_stream(peer);
        if (fds[1].revents != 0 && peer->kind == PEER_UDP)
            serve_datagram(peer);
        else if (fds[1].revents != 0)
            serve_accept(peer);
    }
    close_connection(peer);
    return NULL;
}

/* --- from outside --- */

void peer_start(struct peer *peer, enum peer_kind kind, int port, const struct peer_step *steps,
                size_t step_count, SSL_CTX *ctx)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof own;
    int yes = 1;
    memset(peer, 0, sizeof *peer);
    peer->kind = kind;
    peer->steps = steps;
    peer->step_count = step_count;
    peer->ctx = ctx;
    peer->connection = -1;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->fd = socket(AF_INET, (kind == PEER_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    assert_true(peer->fd >= 0);
    setsockopt(peer->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(peer->fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&own, &len), 0);
    peer->port = ntohs(own.sin_port);
    if (kind != PEER_UDP)
        assert_int_equal(listen(peer->fd, 8), 0);
    assert_int_equal(pipe(peer->wake), 0);
    pthread_mutex_init(&peer->lock, NULL);
    assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
}

void peer_stop(struct peer *peer)
{
    assert_int_equal(write(peer->wake[1], "q", 1), 1);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    close(peer->wake[0]);
    close(peer->wake[1]);
    pthread_mutex_destroy(&peer->lock);
}

static size_t locked(struct peer *peer, const size_t *value)
{
    pthread_mutex_lock(&peer->lock);
    size_t copy = *value;
    pthread_mutex_unlock(&peer->lock);
    return copy;
}

size_t peer_seen_count(struct peer *peer)
{
    return locked(peer, &peer->seen_count);
}

size_t peer_packet_count(struct peer *peer)
{
    return locked(peer, &peer->packet_count);
}

size_t peer_answer_count(struct peer *peer)
{
    return locked(peer, &peer->answer_count);
}

const char *peer_seen(struct peer *peer, size_t at)
{
    assert_true(at < peer_seen_count(peer));
    return peer->seen[at];
}

const char *peer_answer(struct peer *peer, size_t at)
{
    assert_true(at < peer_answer_count(peer));
    return peer->answers[at];
}

int peer_client_port(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    int port = peer->client_port;
    pthread_mutex_unlock(&peer->lock);
    return port;
}

void peer_release(struct peer *peer)
{
    assert_int_equal(write(peer->wake[1], "r", 1), 1);
}

void peer_request(struct peer *peer, const char *method, const char *to_params)
{
    static int number;
    char text[1024];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)peer_client_port(peer))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    number++;
    snprintf(
        text, sizeof text,
        "%s sip:rps@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKpeer%d\r\n"
        "From: <sip:pbx@tenant.test>;tag=p\r\nTo: <sip:rps@tenant.test>%s\r\n"
        "Call-ID: peer%d\r\nCSeq: 1 %s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        method, peer->port, number, to_params, number, method);
    sendto(peer->fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to);
}
