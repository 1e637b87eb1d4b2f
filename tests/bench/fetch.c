/* See fetch.h. */
#include "fetch.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool fetch_phone_init(struct fetch_phone *phone, const char *ca_file, const char *cert_file,
                      const char *key_file, const char *path)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    char *own_path = strdup(path);
    if (tls == NULL || own_path == NULL)
        goto fail;
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set1_groups_list(tls, "X25519:P-256") != 1 ||
        SSL_CTX_load_verify_locations(tls, ca_file, NULL) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, cert_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key_file, SSL_FILETYPE_PEM) != 1)
        goto fail;
    *phone = (struct fetch_phone){tls, own_path};
    return true;
fail:
    free(own_path);
    SSL_CTX_free(tls);
    return false;
}

void fetch_phone_deinit(struct fetch_phone *phone)
{
    SSL_CTX_free(phone->tls);
    free(phone->path);
}

static int socket_connect(const struct sockaddr_in *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const struct timeval limit = {.tv_sec = FETCH_TIMEOUT_S};
    const int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool fetch_open(const struct fetch_phone *phone, const struct sockaddr_in *server,
                struct fetch_connection *connection, const char **why)
{
    *connection = (struct fetch_connection){.fd = socket_connect(server)};
    *why = "no connection";
    if (connection->fd < 0)
        return false;

    *why = "no TLS session";
    connection->tls = SSL_new(phone->tls);
    if (connection->tls == NULL || SSL_set_fd(connection->tls, connection->fd) != 1 ||
        SSL_set_tlsext_host_name(connection->tls, "localhost") != 1 ||
        SSL_connect(connection->tls) != 1)
        goto fail;
    *why = "the session was resumed, so that this was no full handshake";
    if (SSL_session_reused(connection->tls) != 0)
        goto fail;
    return true;
fail:
    fetch_close(connection);
    return false;
}

/* The value of one field of a terminated head, or NULL. */
static const char *field_find(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    }
    return NULL;
}

bool fetch_get(const struct fetch_phone *phone, struct fetch_connection *connection,
               struct fetch_answer *ret_answer, const char **why)
{
    char text[FETCH_HEAD_BYTES_MAX + 1], body[16384];
    int len = snprintf(text, sizeof text,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\n"
                       "User-Agent: Yealink SIP-T54W 96.86.0.70\r\nAccept: */*\r\n\r\n",
                       phone->path);
    *why = "the request could not be sent";
    if (len < 0 || (size_t)len >= sizeof text || SSL_write(connection->tls, text, len) != len)
        return false;

    *why = "no whole answer head";
    size_t got = 0;
    char *end = NULL;
    while (end == NULL) {
        int step = got < FETCH_HEAD_BYTES_MAX
                       ? SSL_read(connection->tls, text + got, (int)(FETCH_HEAD_BYTES_MAX - got))
                       : 0;
        if (step <= 0)
            return false;
        got += (size_t)step;
        text[got] = '\0';
        end = strstr(text, "\r\n\r\n");
    }
    size_t body_got = got - (size_t)(end + 4 - text);
    end[2] = '\0';
    *why = "an answer without status or Content-Length";
    const char *length = field_find(text, "content-length");
    struct fetch_answer answer = {0};
    if (sscanf(text, "HTTP/1.1 %d ", &answer.status) != 1 || length == NULL)
        return false;
    answer.body_bytes = strtoul(length, NULL, 10);
    const char *after = field_find(text, "connection");
    answer.is_last = after != NULL && strncasecmp(after, "close", 5) == 0;

    *why = "the body ends early";
    while (body_got < answer.body_bytes) {
        int step = SSL_read(connection->tls, body, sizeof body);
        if (step <= 0)
            return false;
        body_got += (size_t)step;
    }
    *why = "more than the body";
    if (body_got != answer.body_bytes)
        return false;
    *ret_answer = answer;
    return true;
}

void fetch_close(struct fetch_connection *connection)
{
    if (connection->tls != NULL)
        (void)SSL_shutdown(connection->tls); /* our half: close_notify is on its way */
    SSL_free(connection->tls);
    if (connection->fd >= 0)
        (void)close(connection->fd);
    *connection = (struct fetch_connection){.fd = -1};
    ERR_clear_error();
}
