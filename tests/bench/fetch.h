/*
 * A phone for measuring: TLS 1.3 with a client certificate, full handshakes only, GET requests on a
 * blocking socket. Knows just enough of HTTP to see that the answer is whole.
 */
#ifndef BENCH_FETCH_H
#define BENCH_FETCH_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define FETCH_HEAD_BYTES_MAX 8192
#define FETCH_TIMEOUT_S 20

struct fetch_phone {
    SSL_CTX *tls; /* its certificate and key */
    char *path;   /* "/<key>/<mac>.cfg" */
};

/* One line of the list: "CERT KEY PATH". On failure OpenSSL's error queue tells why. */
bool fetch_phone_init(struct fetch_phone *phone, const char *ca_file, const char *cert_file,
                      const char *key_file, const char *path);
void fetch_phone_deinit(struct fetch_phone *phone);

struct fetch_connection {
    int fd;
    SSL *tls;
};

struct fetch_answer {
    int status;
    size_t body_bytes;
    bool is_last; /* the server closes after this one */
};

/* Connect and shake hands; refuses anything but a full TLS 1.3 handshake. why: static text. */
bool fetch_open(const struct fetch_phone *phone, const struct sockaddr_in *server,
                struct fetch_connection *connection, const char **why);
bool fetch_get(const struct fetch_phone *phone, struct fetch_connection *connection,
               struct fetch_answer *ret_answer, const char **why);
void fetch_close(struct fetch_connection *connection);

#endif
