/*
 * Between tls.c (contexts) and tls_trust.c (whom a chain leads to).
 */
#ifndef IO_TLS_IMPL_H
#define IO_TLS_IMPL_H

#include "io/tls.h"

/*
 * Verify the leaf in peer->certificate with what the client sent beside it, and fill in the rest
 * of peer. Returns X509_V_OK or why not.
 */
int bk_trust_verify(struct bk_trust *trust, STACK_OF(X509) * sent, struct bk_tls_peer *peer);

/* Of its roots. */
bool bk_trust_is_legacy(const struct bk_trust *trust);

/* Seconds since 1970; INT64_MIN when the time cannot be read. */
int64_t bk_tls_time_s(const ASN1_TIME *time);
/* OpenSSL's last reason, and empties its queue. */
const char *bk_tls_reason(void);

#endif
