/*
 * What a final SIP answer to a NOTIFY means for whoever wanted the phone to come, and the sentence
 * that tells its tenant what to set where. Pure.
 */
#ifndef PBX_SIP_OUTCOME_H
#define PBX_SIP_OUTCOME_H

#include "pbx/pbx.h"

/* Why a challenge was not answered (again). */
enum bk_sip_refusal {
    BK_SIP_ACCOUNT_REFUSED,  /* the control account was tried */
    BK_SIP_ACCOUNT_MISSING,  /* a proxy asks, and there is none */
    BK_SIP_ACCOUNT_UNUSABLE, /* no challenge that is digest with MD5 or SHA-256 */
    BK_SIP_LINE_REFUSED,     /* the phone asked, its line's credentials were tried */
    BK_SIP_LINE_MISSING,     /* the phone asks, and the line has no secret */
    BK_SIP_LINE_UNUSABLE,
    BK_SIP_UNKNOWN_REFUSED, /* as for the line, but without a control account it may be the PBX */
    BK_SIP_UNKNOWN_MISSING,
    BK_SIP_REFUSAL_COUNT
};

/*
 * status as it came, 200..699 where the PBX speaks SIP; not 401 and 407, which are told by the one
 * below. reason: the phrase, from the wire; of any length and content.
 */
void bk_sip_outcome(int status, struct bk_str reason, struct bk_pbx_result *ret_result);
/* 401 or 407 that stands. */
void bk_sip_outcome_refused(int status, enum bk_sip_refusal refusal,
                            struct bk_pbx_result *ret_result);

#endif
