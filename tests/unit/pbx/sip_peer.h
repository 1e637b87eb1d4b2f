/*
 * A PBX that follows a script: plain sockets and OpenSSL on a thread of its own, and nothing of
 * libre or of ours, so that it confirms none of our mistakes. Each new request (by its branch)
 * takes the next step of the script; a retransmission gets the same again. After the last step:
 * silence.
 */
#ifndef SIP_PEER_H
#define SIP_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum peer_kind { PEER_UDP, PEER_TCP, PEER_TLS };
enum { PEER_SEEN_MAX = 16, PEER_TEXT_SIZE = 4096 };

struct peer_step {
    /* Status line and further fields, each with its line end; what a response must repeat is added.
     * NULL: silence. */
    const char *head;
    size_t padding;           /* so many 'x' behind the status line's phrase */
    const char *raw;          /* sent before it, as it is; on UDP instead of the first answer */
    size_t raw_len;           /* 0: strlen */
    int provisional_count;    /* "100 Trying" before it */
    int ignored_count;        /* transmissions that are not answered, first */
    bool is_late;             /* kept until peer_release */
    bool closes;              /* TCP: the connection, after what is sent */
    const char *not_repeated; /* "Via", "CSeq": left out of the response */
    bool has_wrong_cseq, has_wrong_branch;
};

struct peer {
    enum peer_kind kind;
    const struct peer_step *steps;
    size_t step_count;
    SSL_CTX *ctx; /* PEER_TLS: borrowed */
    int port;

    /* the thread's */
    pthread_t thread;
    int fd, wake[2], connection;
    SSL *ssl;
    char last_branch[128];
    size_t step_at;
    int transmissions;
    struct sockaddr_storage client;
    socklen_t client_len;
    char pending[4 * PEER_TEXT_SIZE]; /* of the connection: no whole request yet */
    size_t pending_len;
    char late[2 * PEER_TEXT_SIZE];
    size_t late_len;

    /* under lock */
    pthread_mutex_t lock;
    char seen[PEER_SEEN_MAX][PEER_TEXT_SIZE];    /* distinct requests */
    char answers[PEER_SEEN_MAX][PEER_TEXT_SIZE]; /* responses to peer_request */
    size_t seen_count, answer_count;
    size_t packet_count; /* datagrams or connections, of any content */
    size_t connection_count;
    char server_name[256]; /* what the TLS client asked for */
    int client_port;
};

/* Listens on 127.0.0.1; port 0: any free one. steps and ctx stay the caller's. */
void peer_start(struct peer *peer, enum peer_kind kind, int port, const struct peer_step *steps,
                size_t step_count, SSL_CTX *ctx);
void peer_stop(struct peer *peer);
size_t peer_seen_count(struct peer *peer);
/* The at-th, which does not change any more; at is below the count. */
const char *peer_seen(struct peer *peer, size_t at);
const char *peer_answer(struct peer *peer, size_t at);
size_t peer_packet_count(struct peer *peer);
size_t peer_answer_count(struct peer *peer);
int peer_client_port(struct peer *peer);
/* The answer that was kept is sent now (UDP). */
void peer_release(struct peer *peer);
/* A request of the PBX's own, to where the last one came from (UDP). */
void peer_request(struct peer *peer, const char *method, const char *to_params);

#endif
