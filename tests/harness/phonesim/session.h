/*
 * A phone's life: rounds of provisioning by the clock and when it is told to, SIP in between,
 * reboots, a cable that is pulled out.
 */
#ifndef PHONESIM_SESSION_H
#define PHONESIM_SESSION_H

#include <stdbool.h>

#include "http.h"
#include "options.h"
#include "phone.h"
#include "sip_ua.h"
#include "state.h"

struct sim_session {
    const struct sim_options *options;
    struct sim_phone *phone;
    struct sim_state *state;
    struct sim_http *http;
    struct sim_ua *ua; /* NULL: speaks no SIP */
    char *url;         /* where to ask; owned by the caller, replaced as the configuration tells */
    int rounds;
    /* SIP's cable */
    bool is_unplugged, is_booting;
    int64_t plug_mono_ms; /* it is plugged in then; 0: by hand */
};

/* Takes over TERM and INT (end), USR1 and USR2 (unplug, plug). Before anything else is started. */
void sim_session_signals(void);
/* Until one round is done, the time is over or a signal ends it. False: the last round failed. */
bool sim_session_run(struct sim_session *session);

#endif
