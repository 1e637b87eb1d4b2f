/* See http.h. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* The oldest error tells the reason; the rest is who passed it on. */
static void tls_fault(struct sim_fault *fault, const char *what)
{
    char text[128] = "no reason given";
    unsigned long code = ERR_get_error();
    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    sim_fault_set(fault, 0, "%s: %s", what, text);
    ERR_clear_error();
}

bool sim_http_open(struct sim_http *http, const struct sim_http_options *options,
                   struct sim_fault *ret_fault)
{
    *http = (struct sim_http){.options = options, .fd = -1};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) {
        tls_fault(ret_fault, "TLS");
        return false;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);

    const char *failed = NULL;
    if (SSL_CTX_load_verify_locations(context, options->server_ca_path, NULL) != 1)
        failed = options->server_ca_path;
    else if (options->cert_path != NULL &&
             SSL_CTX_use_certificate_chain_file(context, options->cert_path) != 1)
        failed = options->cert_path;
    else if (options->key_path != NULL &&
             SSL_CTX_use_PrivateKey_file(context, options->key_path, SSL_FILETYPE_PEM) != 1)
        failed = options->key_path;
    if (failed != NULL) {
        tls_fault(ret_fault, failed);
        SSL_CTX_free(context);
        return false;
    }
    http->context = context;
    return true;
}

static void hang_up(struct sim_http *http)
{
    if (http->ssl != NULL) {
        SSL_shutdown(http->ssl);
        SSL_free(http->ssl);
    }
    if (http->fd >= 0)
        close(http->fd);
    http->ssl = NULL;
    http->fd = -1;
}

void sim_http_close(struct sim_http *http)
{
    hang_up(http);
    SSL_CTX_free(http->context);
    http->context = NULL;
    ERR_clear_error();
}

/* Wait for the descriptor; false when the deadline came first. */
static bool wait_for(int fd, short events, int64_t due_mono_ms)
{
    for (;;) {
        int64_t left = due_mono_ms - sim_mono_ms();
        if (left <= 0)
            return false;
        struct pollfd item = {fd, events, 0};
        int ready = poll(&item, 1, (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* After an SSL call that returned result <= 0: true when it may be tried again. */
static bool tls_wait(struct sim_http *http, int result, int64_t due_mono_ms, int *ret_error)
{
    int error = SSL_get_error(http->ssl, result);
    *ret_error = error;
    if (error == SSL_ERROR_WANT_READ)
        return wait_for(http->fd, POLLIN, due_mono_ms);
    if (error == SSL_ERROR_WANT_WRITE)
        return wait_for(http->fd, POLLOUT, due_mono_ms);
    return false;
}

/* False: errno tells. */
static bool source_take(int fd, int family, const char *source)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (source == NULL)
        return true;
    if (family != AF_INET || inet_pton(AF_INET, source, &address.sin_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    return bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static int tcp_connect(const struct sim_url *url, const char *source, int64_t due_mono_ms,
                       struct sim_fault *fault)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int found = getaddrinfo(url->host, url->port, &hints, &list), fd = -1;
    if (found != 0) {
        sim_fault_set(fault, 0, "%s: %s", url->host, gai_strerror(found));
        return -1;
    }
    for (struct addrinfo *item = list; item != NULL && fd < 0; item = item->ai_next) {
        int error = 0, one = 1;
        socklen_t size = sizeof error;
        fd = socket(item->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        if (!source_take(fd, item->ai_family, source) ||
            (connect(fd, item->ai_addr, item->ai_addrlen) != 0 && errno != EINPROGRESS))
            error = errno;
        else if (!wait_for(fd, POLLOUT, due_mono_ms))
            error = ETIMEDOUT;
        else
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            break;
        }
        sim_fault_set(fault, 0, "connect to %s:%s: %s", url->host, url->port, strerror(error));
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

static bool tls_connect(struct sim_http *http, const struct sim_url *url, int64_t due_mono_ms,
                        struct sim_fault *fault)
{
    http->fd = tcp_connect(url, http->options->source, due_mono_ms, fault);
    if (http->fd < 0)
        return false;
    http->ssl = SSL_new(http->context);
    if (http->ssl == NULL || SSL_set_fd(http->ssl, http->fd) != 1) {
        tls_fault(fault, "TLS");
        return false;
    }
    if (url->is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(http->ssl), url->host);
    } else {
        SSL_set1_host(http->ssl, url->host);
        SSL_set_tlsext_host_name(http->ssl, url->host);
    }
    for (;;) {
        int error = 0, result = SSL_connect(http->ssl);
        if (result == 1)
            break;
        if (tls_wait(http, result, due_mono_ms, &error))
            continue;
        long verdict = SSL_get_verify_result(http->ssl);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
            sim_fault_set(fault, 0, "TLS handshake: no answer in time");
        else if (verdict != X509_V_OK)
            sim_fault_set(fault, 0, "certificate of the server: %s",
                          X509_verify_cert_error_string(verdict));
        else
            tls_fault(fault, "TLS handshake");
        ERR_clear_error();
        return false;
    }
    snprintf(http->peer, sizeof http->peer, "%s:%s", url->host, url->port);
    return true;
}

static bool write_all(struct sim_http *http, const struct sim_buf *text, int64_t due_mono_ms,
                      struct sim_fault *fault)
{
    for (size_t done = 0; done < text->len;) {
        int error = 0, result = SSL_write(http->ssl, text->data + done, (int)(text->len - done));
        if (result > 0) {
            done += (size_t)result;
        } else if (!tls_wait(http, result, due_mono_ms, &error)) {
            tls_fault(fault, "sending the request");
            return false;
        }
    }
    return true;
}

/* Reads once. False at the end or on a fault; *ret_ended tells a clean end. */
static bool read_more(struct sim_http *http, struct sim_buf *in, int64_t due_mono_ms,
                      bool *ret_ended, struct sim_fault *fault)
{
    char bytes[16384];
    *ret_ended = false;
    for (;;) {
        int error = 0, result = SSL_read(http->ssl, bytes, sizeof bytes);
        if (result > 0) {
            sim_buf_add(in, bytes, (size_t)result);
            return true;
        }
        if (tls_wait(http, result, due_mono_ms, &error))
            continue;
        *ret_ended = error == SSL_ERROR_ZERO_RETURN;
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
            sim_fault_set(fault, 0, "no answer within %d ms", http->options->timeout_ms);
        else if (*ret_ended)
            sim_fault_set(fault, 0, "connection closed before the answer was whole");
        else
            tls_fault(fault, "reading the answer");
        return false;
    }
}

/* --- the answer ------------------------------------------------------------------------------ */

struct framing {
    bool has_length, is_chunked, will_close;
    size_t length;
};

static bool size_parse(const char *text, size_t *ret_size)
{
    size_t len = strlen(text);
    if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
        return false;
    *ret_size = (size_t)strtoul(text, NULL, 10);
    return true;
}

static void keep_text(char *target, size_t size, const char *value)
{
    snprintf(target, size, "%s", value);
}

static bool field_take(const char *name, const char *value, struct framing *framing,
                       struct sim_reply *reply, struct sim_fault *fault)
{
    if (strcasecmp(name, "content-length") == 0) {
        if (framing->has_length || !size_parse(value, &framing->length) ||
            framing->length > SIM_BODY_MAX) {
            sim_fault_set(fault, 0, "Content-Length twice, no number, or above %zu", SIM_BODY_MAX);
            return false;
        }
        framing->has_length = true;
    } else if (strcasecmp(name, "transfer-encoding") == 0) {
        if (framing->is_chunked || strcasecmp(value, "chunked") != 0) {
            sim_fault_set(fault, 0, "Transfer-Encoding: %.60s", value);
            return false;
        }
        framing->is_chunked = true;
    } else if (strcasecmp(name, "connection") == 0) {
        framing->will_close = framing->will_close || strcasecmp(value, "close") == 0;
    } else if (strcasecmp(name, "etag") == 0) {
        size_t len = strlen(value);
        if (len < 2 || len >= sizeof reply->etag || value[len - 1] != '"' ||
            (value[0] != '"' && strncmp(value, "W/\"", 3) != 0)) {
            sim_fault_set(fault, 0, "ETag is not a quoted string: %.60s", value);
            return false;
        }
        keep_text(reply->etag, sizeof reply->etag, value);
    } else if (strcasecmp(name, "content-type") == 0) {
        keep_text(reply->content_type, sizeof reply->content_type, value);
    } else if (strcasecmp(name, "www-authenticate") == 0) {
        sim_http_challenge_take(reply, value);
    } else if (strcasecmp(name, "retry-after") == 0) {
        reply->has_retry_after = sim_int_parse(value, &reply->retry_after_s);
    }
    return true;
}

/* head: the lines up to the empty one, terminated; taken apart in place. */
static bool head_parse(char *head, struct framing *framing, struct sim_reply *reply,
                       struct sim_fault *fault)
{
    char *line = head, *next = strstr(line, "\r\n");
    if (next == NULL || strncmp(line, "HTTP/1.1 ", 9) != 0 || strspn(line + 9, "0123456789") != 3 ||
        line[12] != ' ') {
        sim_fault_set(fault, 0, "not an HTTP/1.1 status line: %.40s", line);
        return false;
    }
    reply->status = atoi(line + 9);
    for (line = next + 2; *line != '\0'; line = next + 2) {
        next = strstr(line, "\r\n");
        char *colon = next == NULL ? NULL : memchr(line, ':', (size_t)(next - line));
        if (colon == NULL || colon == line || colon[-1] == ' ') {
            sim_fault_set(fault, 0, "not a header field: %.60s", line);
            return false;
        }
        *colon = '\0';
        *next = '\0';
        char *value = colon + 1, *end = next;
        while (*value == ' ' || *value == '\t')
            value++;
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
            *--end = '\0';
        if (!field_take(line, value, framing, reply, fault))
            return false;
    }
    if (framing->has_length && framing->is_chunked) {
        sim_fault_set(fault, 0, "both Content-Length and Transfer-Encoding");
        return false;
    }
    return true;
}

static bool body_read_length(struct sim_http *http, struct sim_buf *in, size_t length,
                             int64_t due_mono_ms, struct sim_fault *fault)
{
    bool ended = false;
    while (in->len < length) {
        if (!read_more(http, in, due_mono_ms, &ended, fault))
            return false;
    }
    if (in->len > length) {
        sim_fault_set(fault, 0, "%zu bytes more than one answer", in->len - length);
        return false;
    }
    return true;
}

static bool body_read_chunks(struct sim_http *http, struct sim_buf *in, struct sim_buf *body,
                             int64_t due_mono_ms, struct sim_fault *fault)
{
    bool ended = false;
    size_t at = 0;
    for (;;) {
        char *line_end = NULL;
        while (in->data == NULL || (line_end = strstr(in->data + at, "\r\n")) == NULL) {
            if (!read_more(http, in, due_mono_ms, &ended, fault))
                return false;
        }
        char *stop = NULL;
        unsigned long size = strtoul(in->data + at, &stop, 16);
        if (stop != line_end || stop == in->data + at || body->len + size > SIM_BODY_MAX) {
            sim_fault_set(fault, 0, "size of a chunk is no number, or too large");
            return false;
        }
        at = (size_t)(line_end - in->data) + 2;
        while (in->len < at + size + 2) {
            if (!read_more(http, in, due_mono_ms, &ended, fault))
                return false;
        }
        if (memcmp(in->data + at + size, "\r\n", 2) != 0) {
            sim_fault_set(fault, 0, "chunk does not end where it says");
            return false;
        }
        sim_buf_add(body, in->data + at, size);
        at += size + 2;
        if (size == 0)
            return true;
    }
}

static bool body_read(struct sim_http *http, const struct framing *framing, struct sim_buf *in,
                      struct sim_reply *reply, int64_t due_mono_ms, struct sim_fault *fault)
{
    if (reply->status == 304 || reply->status == 204) {
        if (in->len > 0)
            sim_fault_set(fault, 0, "%d with a body", reply->status);
        return in->len == 0;
    }
    if (framing->is_chunked)
        return body_read_chunks(http, in, &reply->body, due_mono_ms, fault);
    if (framing->has_length) {
        if (!body_read_length(http, in, framing->length, due_mono_ms, fault))
            return false;
    } else {
        bool ended = false;
        while (in->len <= SIM_BODY_MAX && read_more(http, in, due_mono_ms, &ended, fault))
            continue;
        if (!ended) /* a cut connection is no end (RFC 9112 8) */
            return false;
    }
    sim_buf_add(&reply->body, in->data == NULL ? "" : in->data, in->len);
    return true;
}

static bool reply_read(struct sim_http *http, struct sim_reply *reply, int64_t due_mono_ms,
                       bool *ret_will_close, struct sim_fault *fault)
{
    struct sim_buf in = {0};
    struct framing framing = {0};
    char *end = NULL;
    bool good = true, ended = false;
    while (good && (in.data == NULL || (end = strstr(in.data, "\r\n\r\n")) == NULL)) {
        good = read_more(http, &in, due_mono_ms, &ended, fault);
        if (good && in.len > SIM_HEAD_MAX && strstr(in.data, "\r\n\r\n") == NULL) {
            sim_fault_set(fault, 0, "head of more than %d bytes", SIM_HEAD_MAX);
            good = false;
        }
    }
    if (good) {
        size_t head_len = (size_t)(end - in.data) + 4;
        char *head = sim_strndup(in.data, head_len - 2);
        memmove(in.data, in.data + head_len, in.len - head_len + 1);
        in.len -= head_len;
        good = head_parse(head, &framing, reply, fault) &&
               body_read(http, &framing, &in, reply, due_mono_ms, fault);
        free(head);
    }
    *ret_will_close =
        framing.will_close || (!framing.has_length && !framing.is_chunked && reply->status != 304);
    sim_buf_free(&in);
    return good;
}

static void request_print(struct sim_buf *out, const struct sim_http *http,
                          const struct sim_url *url, const struct sim_request *request)
{
    sim_buf_format(out, "%s %s HTTP/1.1\r\nHost: %s", request->method, request->path, url->host);
    if (strcmp(url->port, "443") != 0)
        sim_buf_format(out, ":%s", url->port);
    sim_buf_format(out, "\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: %s\r\n", http->user_agent,
                   http->options->keep_alive ? "keep-alive" : "close");
    if (request->if_none_match != NULL)
        sim_buf_format(out, "If-None-Match: %s\r\n", request->if_none_match);
    if (request->body != NULL)
        sim_buf_format(out, "Content-Length: %zu\r\n", strlen(request->body));
    if (request->fields != NULL)
        sim_buf_text(out, request->fields);
    sim_buf_text(out, "\r\n");
    if (request->body != NULL)
        sim_buf_text(out, request->body);
}

bool sim_http_send(struct sim_http *http, const struct sim_url *url,
                   const struct sim_request *request, struct sim_reply *ret_reply,
                   struct sim_fault *ret_fault)
{
    int64_t due_mono_ms = sim_mono_ms() + http->options->timeout_ms;
    char peer[300];
    struct sim_buf text = {0};
    bool will_close = true;
    *ret_reply = (struct sim_reply){0};
    snprintf(peer, sizeof peer, "%s:%s", url->host, url->port);
    if (http->ssl != NULL && strcmp(http->peer, peer) != 0)
        hang_up(http);

    bool good = http->ssl != NULL || tls_connect(http, url, due_mono_ms, ret_fault);
    if (good) {
        request_print(&text, http, url, request);
        keep_text(ret_reply->tls, sizeof ret_reply->tls, SSL_get_version(http->ssl));
        good = write_all(http, &text, due_mono_ms, ret_fault) &&
               reply_read(http, ret_reply, due_mono_ms, &will_close, ret_fault);
    }
    if (!good || will_close || !http->options->keep_alive)
        hang_up(http);
    sim_buf_free(&text);
    ERR_clear_error();
    return good;
}
