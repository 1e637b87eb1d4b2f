/*
 * Digest authentication (RFC 7616, RFC 8760): a challenge answered, and one of the phone's own
 * checked. MD5 and SHA-256, qop "auth" or none. Text in, text out.
 */
#ifndef PHONESIM_SIP_AUTH_H
#define PHONESIM_SIP_AUTH_H

#include <stdbool.h>

#include "sip_message.h"

struct sim_sip_challenge {
    bool is_proxy; /* 407: answered with Proxy-Authorization */
    bool is_sha256, is_algorithm_named, has_qop, is_stale;
    char realm[256], nonce[512], opaque[512]; /* opaque empty: none */
};

/* One value of WWW-Authenticate; false: not Digest, or nothing that can be answered. */
bool sim_sip_challenge_parse(struct sim_slice value, struct sim_sip_challenge *ret_challenge);
/* The best challenge of a 401 or 407 that can be answered: SHA-256 before MD5. */
bool sim_sip_challenge_find(const struct sim_sip *answer, struct sim_sip_challenge *ret_challenge);

/* The whole header field. count: how often the nonce has been used, from 1. */
void sim_sip_credentials_print(struct sim_buf *out, const struct sim_sip_challenge *challenge,
                               const char *method, const char *uri, const char *user,
                               const char *password, int count);

/* The challenge as a header field of a 401, or 407. */
void sim_sip_challenge_print(struct sim_buf *out, const struct sim_sip_challenge *challenge);
/* Do credentials of request answer the challenge with this account? */
bool sim_sip_credentials_are_good(const struct sim_sip *request,
                                  const struct sim_sip_challenge *challenge, const char *user,
                                  const char *password);

#endif
