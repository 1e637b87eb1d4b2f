/*
 * What kinds of PBX there are, as rows: names, options, abilities. Apart from the drivers' code, so
 * that whoever writes a PBX down (API, command line) can judge it without linking a SIP stack.
 */
#ifndef PBX_KIND_H
#define PBX_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"
#include "base/str.h"

struct bk_pbx_kind {
    const char *name;                /* pbx_control.driver: never rename */
    const char *title;               /* "SIP NOTIFY through a proxy" */
    const struct bk_option *options; /* members of pbx_control.options; key NULL ends */
    bool knows_answer;               /* the phone's own answer is known */
    bool addresses_contact;          /* one contact of several can be picked */
    const char *address_help;        /* form of pbx_control.address */
};

extern const struct bk_pbx_kind bk_pbx_kind_sip;

/* By stored name, or NULL; all of them, NULL-terminated. */
const struct bk_pbx_kind *bk_pbx_kind_find(struct bk_str name);
const struct bk_pbx_kind *const *bk_pbx_kinds(void);

/* "host", "host:port", "[v6]:port" -> parts, port 0 when absent; BK_ERR_INVALID with a detail. */
BK_MUST_USE enum bk_err bk_pbx_address_parse(struct bk_str address, struct bk_str *ret_host,
                                             int *ret_port, struct bk_detail *ret_detail);

#endif
