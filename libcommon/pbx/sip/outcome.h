/*
 * What a final SIP answer to a NOTIFY means for whoever wanted the phone to come. Pure.
 */
#ifndef PBX_SIP_OUTCOME_H
#define PBX_SIP_OUTCOME_H

#include "pbx/pbx.h"

/*
 * status 200..699; reason: the phrase, from the wire. 401 and 407 are those that credentials did
 * not cure: is_line tells that the phone refused its line's, not the PBX our account's.
 */
void bk_sip_outcome(int status, struct bk_str reason, bool is_line,
                    struct bk_pbx_result *ret_result);

#endif
