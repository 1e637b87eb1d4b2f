/*
 * The sip driver: a NOTIFY to an AOR through the proxy that relays it (README.md beside this file).
 */
#ifndef PBX_SIP_SIP_H
#define PBX_SIP_SIP_H

#include "pbx/pbx.h"

extern const struct bk_pbx_driver bk_pbx_driver_sip;

#endif
