/*
 * One round of provisioning: the requests in the order of the fact page, section 1, and what the
 * phone makes of the answers.
 */
#ifndef PHONESIM_ROUND_H
#define PHONESIM_ROUND_H

#include <stdbool.h>

#include "http.h"
#include "phone.h"
#include "state.h"

struct sim_round {
    struct sim_phone *phone;
    struct sim_state *state;
    struct sim_http *http;
    const char *server_url; /* without '/' at the end */
    bool use_boot_files;
    int number; /* of the round, for events */
    /* results */
    bool is_failed;    /* a file was not got, not understood, or refused in part */
    int retry_after_s; /* largest of a 503; 0: none */
};

/*
 * Yealink: <mac>.boot, y000000000000.boot; when neither is there y000000000NNN.cfg and
 * <mac>.cfg. Grandstream: cfg<mac>.bin, cfg<mac>.xml, and where that fails cfg<model>.xml and
 * cfg.xml, the first that is there.
 */
void sim_round_run(struct sim_round *round);

#endif
