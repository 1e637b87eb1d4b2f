/*
 * SIP messages (RFC 3261) taken apart and answered: text in, text out. Strict where a real stack
 * would be lenient, as the simulator is an instrument. No I/O.
 */
#ifndef PHONESIM_SIP_MESSAGE_H
#define PHONESIM_SIP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

#define SIM_SIP_BYTES_MAX 65535
#define SIM_SIP_FIELD_MAX 128

/* Borrowed text; text NULL: there is none. */
struct sim_slice {
    const char *text;
    size_t len;
};
bool sim_slice_is(struct sim_slice slice, const char *text);
bool sim_slice_is_nocase(struct sim_slice slice, const char *text);
/* A whole number of at most nine digits and nothing else. */
bool sim_slice_int(struct sim_slice slice, int *ret_value);

struct sim_sip_field {
    struct sim_slice name, value; /* name in its long form, folded lines joined, blanks trimmed */
};

struct sim_sip {
    char *text; /* owned; everything below points into it */
    bool is_request;
    struct sim_slice method, uri; /* request */
    int status;                   /* response */
    struct sim_slice cseq_method;
    int cseq;
    struct sim_sip_field fields[SIM_SIP_FIELD_MAX];
    size_t field_count;
};

/*
 * Length of the first message of a stream, by its Content-Length (RFC 3261 18.3); empty lines
 * before it (7.5, keep-alives) count in. 0: not whole yet. False: what stands there never becomes
 * one.
 */
bool sim_sip_frame(const char *bytes, size_t len, size_t *ret_len, struct sim_fault *ret_fault);

/*
 * One whole message with Via, From, To, Call-ID and CSeq; ret_message is released by the caller,
 * on true only. False: told in fault, and nothing may be answered.
 */
bool sim_sip_parse(const char *bytes, size_t len, struct sim_sip *ret_message,
                   struct sim_fault *ret_fault);
void sim_sip_free(struct sim_sip *message);

/* Value of the field's n-th row, from 0; name in its long form. */
struct sim_slice sim_sip_find(const struct sim_sip *message, const char *name, size_t nth);
/* What stands before the first ';': an event's name, a URI with its brackets. */
struct sim_slice sim_sip_head(struct sim_slice value);
/* ";name=value" behind it; a name without value gives an empty text, a missing one text NULL. */
struct sim_slice sim_sip_parameter(struct sim_slice value, const char *name);
/* The next element of a comma-separated value, taken off *list; text NULL at its end. */
struct sim_slice sim_sip_element(struct sim_slice *list);
/* "sip:user@host;…", with or without name and brackets -> user; text NULL when there is none. */
struct sim_slice sim_sip_user(struct sim_slice address);

/* host and port of the topmost Via's sent-by; port 5060 when absent. */
bool sim_sip_sent_by(const struct sim_sip *message, struct sim_slice *ret_host, int *ret_port);

/*
 * An answer to request (8.2.6, 18.2.1): its Via rows, the topmost with received and rport (RFC
 * 3581) as it came from host and port, To with tag, and extra_fields, whole lines, or NULL.
 */
void sim_sip_answer(struct sim_buf *out, const struct sim_sip *request, int status, const char *tag,
                    const char *host, int port, const char *extra_fields);

/* "OK" of 200; of an unknown one its class's. */
const char *sim_sip_reason(int status);

/* count random hexadecimal digits (at most 64) and a terminator. */
void sim_sip_random(char *ret_text, size_t count);

#endif
