/*
 * What may stand in a SIP message, and what is read out of one (RFC 3261 25.1). Pure. Everything
 * that a tenant typed passes here before a byte is sent: afterwards no text holds a line end, a
 * blank, a quote or a bracket that could end its field.
 */
#ifndef PBX_SIP_TEXT_H
#define PBX_SIP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum {
    BK_SIP_USER_SIZE = 256, /* of an escaped user part */
    BK_SIP_HOST_SIZE = 256, /* brackets included */
    BK_SIP_EVENT_SIZE = 64,
    BK_SIP_RETRY_AFTER_MAX_S = 3600
};

/*
 * "user" of a SIP URI: what is neither unreserved nor harmless is written as %XX, so that "1001",
 * "*21" and "näme" all work. False: empty, too long, or a control character or blank in it.
 */
bool bk_sip_user_print(struct bk_str user, char (*ret_text)[BK_SIP_USER_SIZE]);
/* A host name or address without port; an IPv6 address, bare or in brackets, gets brackets. */
bool bk_sip_host_print(struct bk_str host, char (*ret_text)[BK_SIP_HOST_SIZE]);
/* Event: a token and its parameters (RFC 6665 8.4): "check-sync;reboot=false". */
bool bk_sip_is_event(struct bk_str event);
/* A user name that digest can quote: UTF-8 without controls, 1 to 255 bytes. */
bool bk_sip_is_username(struct bk_str username);
/* "120", "120 (busy)", "120;duration=60": seconds, at most BK_SIP_RETRY_AFTER_MAX_S; else 0. */
int bk_sip_retry_after(struct bk_str value);

#endif
