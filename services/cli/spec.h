/*
 * Small languages of the command line's values: servers, lines, keys, settings. Pure; texts that
 * come out live in the arena or borrow from what went in.
 */
#ifndef CLI_SPEC_H
#define CLI_SPEC_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/phone.h"

#define CLI_LABEL_MAX 128 /* bytes of a label, a display name, a title */

/* UTF-8 without control characters, 1 (0 when may_be_empty) to max bytes; `what` heads the detail.
 */
BK_MUST_USE enum bk_err cli_text_check(const char *what, struct bk_str text, size_t max,
                                       bool may_be_empty, struct bk_detail *ret_detail);

/* "pbx.example", "pbx.example:5060", "[2001:db8::1]:5060"; port 0: the transport's default. */
BK_MUST_USE enum bk_err cli_spec_server(const char *what, struct bk_str text,
                                        struct bk_sip_server *ret_server,
                                        struct bk_detail *ret_detail);

/* A host alone: a name or an address, as above. */
BK_MUST_USE enum bk_err cli_spec_host(const char *what, struct bk_str text,
                                      struct bk_detail *ret_detail);

/* "1001" or "1001@main": an extension, and the PBX where the number alone is not unique. */
struct cli_line_spec {
    int index;                 /* 1..BK_LINE_MAX */
    struct bk_str number, pbx; /* pbx empty: not said */
};
BK_MUST_USE enum bk_err cli_spec_extension(struct bk_str text, struct cli_line_spec *ret_line,
                                           struct bk_detail *ret_detail);
/* "1=1001@main" */
BK_MUST_USE enum bk_err cli_spec_line(struct bk_str text, struct cli_line_spec *ret_line,
                                      struct bk_detail *ret_detail);

/*
 * PANEL[.MODULE]/SLOT=KIND[,line=N][,value=V][,label=L][,extension=E]; "line/1=blf,value=1002".
 * A comma or backslash inside a value is written after a backslash.
 */
BK_MUST_USE enum bk_err cli_spec_key(struct bk_arena *arena, struct bk_str text,
                                     struct bk_phone_key *ret_key, struct bk_detail *ret_detail);
const char *cli_panel_name(enum bk_panel panel);
/* PANEL[.MODULE]/SLOT alone; option: what the error's sentence begins with, "--clear". */
BK_MUST_USE enum bk_err cli_spec_key_place(const char *option, struct bk_str place,
                                           struct bk_phone_key *key, struct bk_detail *ret_detail);

/*
 * PANEL[.MODULE]/SLOT+COUNT=KIND[,line=N][,site=NAME|,everyone]; "line/2+10=blf". Without site and
 * everyone: who is at the phone's own site.
 */
struct cli_rule_spec {
    struct bk_phone_key first; /* panel, module, slot, kind, line */
    int count;
    struct bk_str site; /* empty: not said */
    bool is_everyone;
};
BK_MUST_USE enum bk_err cli_spec_rule(struct bk_arena *arena, struct bk_str text,
                                      struct cli_rule_spec *ret_rule, struct bk_detail *ret_detail);

/* KEY=VALUE: neutral ("time.zone"), or a maker's own ("raw:yealink:features.x"). */
struct cli_setting_spec {
    struct bk_str key; /* as written, what stands in locks: "time.zone" or "raw:features.x" */
    struct bk_str raw_vendor, raw_name; /* empty for a neutral setting */
    struct bk_str value;
    bool is_empty; /* "KEY=" takes the value out of the layer */
};
BK_MUST_USE enum bk_err cli_spec_setting(struct bk_str text, struct cli_setting_spec *ret_setting,
                                         struct bk_detail *ret_detail);

#endif
