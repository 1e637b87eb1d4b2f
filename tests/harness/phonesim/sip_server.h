/*
 * The phone asked: requests from outside of any dialog are answered, check-sync is understood.
 * Copies of a request (RFC 3261 17.2.3) get the same answer and have no second effect.
 */
#ifndef PHONESIM_SIP_SERVER_H
#define PHONESIM_SIP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "phone.h"
#include "sip_auth.h"
#include "sip_transport.h"

#define SIM_ANSWER_COUNT 64 /* remembered; a PBX has fewer requests to one phone under way */

struct sim_server_options {
    int notify_answer;      /* of a check-sync; 0: none, as one that did not hear it */
    int notify_delay_ms;    /* before that answer */
    bool notify_challenge;  /* 401 first, the line's own credentials wanted, as some makers do */
    bool ignore_check_sync; /* the answer, and nothing more */
};

struct sim_answer {
    char *key;  /* who asked what; NULL: unused */
    char *text; /* NULL: silence */
    struct sim_target target;
    int status;
    bool is_due;
    int64_t due_mono_ms;
    enum sim_wish wish; /* comes true when the answer has gone */
};

struct sim_server {
    const struct sim_server_options *options;
    const struct sim_phone *phone;
    struct sim_answer answers[SIM_ANSWER_COUNT];
    size_t next;
    enum sim_wish wish; /* for the phone to take */
    struct sim_sip_challenge challenge;
};

void sim_server_init(struct sim_server *server, const struct sim_server_options *options,
                     const struct sim_phone *phone);
void sim_server_deinit(struct sim_server *server);
void sim_server_restart(struct sim_server *server); /* forgets what it was asked */

void sim_server_request(struct sim_server *server, struct sim_net *net,
                        const struct sim_sip *request, const struct sim_target *source);
/* Sends delayed answers; sim_server_due_mono_ms() is when the next one is, INT64_MAX: none. */
void sim_server_work(struct sim_server *server, struct sim_net *net);
int64_t sim_server_due_mono_ms(const struct sim_server *server);

#endif
