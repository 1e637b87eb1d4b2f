/*
 * Is this request head one that every HTTP implementation reads the same way? Checked before h2o's
 * parser, which is lenient (LF line ends, two Hosts, both lengths: docs/threats.md A20) and cannot
 * be asked afterwards. RFC 9112 is the measure; where it allows leniency we have none.
 */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "web/scan.h"

struct bk_head_limits {
    size_t head_bytes_max; /* request line and fields with their line ends, e.g. 16384 */
    size_t field_count_max;
    bool is_body_allowed; /* for methods other than GET and HEAD: one Content-Length */
};

struct bk_head {
    size_t head_bytes;  /* the whole head, with the empty line */
    size_t body_bytes;  /* Content-Length; 0 without */
    const char *reason; /* static; when bad: "two Host fields" */
};

/*
 * *scanned: bytes already looked at by earlier calls on the same, since grown input; 0 at first,
 * and 0 again after a good head. ret_head is written when good or bad.
 * Bad as early as it is certain (a bare LF, a control character, an over-long head), so that nobody
 * waits for the rest. GET and HEAD: any Content-Length or Transfer-Encoding is bad. Others:
 * Transfer-Encoding is bad; Content-Length once, digits only and no leading zero, if bodies are
 * allowed at all. HTTP/1.1 needs exactly one Host, HTTP/1.0 at most one: a name or an address, with
 * or without a port. Method: token of 1..16 bytes. Target: visible ASCII, starting with '/'. An
 * empty line before the request, obs-fold, blanks before ':', empty names, NUL: bad.
 * "PRI * HTTP/2.0" is bad like any other version than 1.0 and 1.1.
 */
enum bk_scan bk_head_scan(struct bk_str input, const struct bk_head_limits *limits, size_t *scanned,
                          struct bk_head *ret_head);

#endif
