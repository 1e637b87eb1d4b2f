/*
 * The phone's SIP as a whole: a line for each enabled account, the requests of others, one set of
 * sockets. Driven by its owner's poll loop.
 */
#ifndef PHONESIM_SIP_UA_H
#define PHONESIM_SIP_UA_H

#include <stdbool.h>
#include <stdint.h>

#include "phone.h"
#include "sip_line.h"
#include "sip_server.h"
#include "sip_transport.h"

#define SIM_LINE_MAX (2 * SIM_ACCOUNT_MAX) /* an account that moved leaves its old line behind */

struct sim_ua {
    const struct sim_phone *phone;
    const struct sim_line_options *line_options;
    struct sim_net net;
    struct sim_server server;
    struct sim_line lines[SIM_LINE_MAX];
    size_t count;
    bool is_online;
};

/* Opened offline, without lines; options and phone are borrowed. */
bool sim_ua_open(struct sim_ua *ua, const char *local, const struct sim_line_options *line_options,
                 const struct sim_server_options *server_options, const struct sim_phone *phone,
                 struct sim_fault *ret_fault);
void sim_ua_close(struct sim_ua *ua);

/* Lines follow the phone's accounts: called when the phone may have changed. */
void sim_ua_configure(struct sim_ua *ua);
/*
 * Offline is a cable pulled out: nothing is said, what comes is not heard. Online again is a fresh
 * start: new connections, every line registers.
 */
void sim_ua_set_online(struct sim_ua *ua, bool is_online);
void sim_ua_leave(struct sim_ua *ua); /* un-REGISTER all; over when sim_ua_is_idle() */
bool sim_ua_is_idle(const struct sim_ua *ua);

/* For the loop: descriptors (at most SIM_NET_POLL_MAX), the next time something is due, the work.
 */
size_t sim_ua_poll(const struct sim_ua *ua, struct pollfd *ret_items);
int64_t sim_ua_due_mono_ms(const struct sim_ua *ua); /* INT64_MAX: nothing */
void sim_ua_work(struct sim_ua *ua, const struct pollfd *items, size_t count);

/* What a NOTIFY asked for since the last call. Its answer is out. */
enum sim_wish sim_ua_take_wish(struct sim_ua *ua);

#endif
