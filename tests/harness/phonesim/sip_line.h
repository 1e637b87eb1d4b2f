/*
 * One account's registration (RFC 3261 10.2): REGISTER with digest, retransmitted, refreshed before
 * it ends, tried again after a failure, taken back. Tells "registered", "register_failed" and
 * "unregistered".
 */
#ifndef PHONESIM_SIP_LINE_H
#define PHONESIM_SIP_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "phone.h"
#include "sip_auth.h"
#include "sip_transport.h"

#define SIM_LINE_REFRESH(expires_s) ((int64_t)(expires_s)*800) /* ms: at 80 % of its life */

struct sim_line_options {
    const char *user_agent;
    const char *events; /* that the phone obeys, as in Allow-Events */
    int expires_s;      /* 0: as configured */
    int retry_ms;       /* between a failure and the next try */
};

enum sim_line_state {
    SIM_LINE_WAITING, /* for due_mono_ms: the next REGISTER */
    SIM_LINE_TRYING,  /* one is under way; due_mono_ms is its next copy */
    SIM_LINE_GONE,    /* nothing more to do */
};

struct sim_line {
    const struct sim_line_options *options;
    /* owned copies of the account's texts */
    int account;
    char *user, *auth_name, *password, *domain, *host;
    int port, transport, expires_s;
    /* the registration */
    enum sim_line_state state;
    bool is_registered, is_leaving;
    int64_t due_mono_ms;
    char call_id[33], tag[17];
    int cseq;
    struct sim_target target;
    char contact[300];
    /* the transaction under way */
    char branch[40];
    int64_t interval_ms, end_mono_ms;
    int asked_s; /* Expires; 0 takes it back */
    int challenge_count;
    struct sim_buf request;
    /* what the registrar wants to see; kept for the next REGISTER */
    bool has_challenge;
    struct sim_sip_challenge challenge;
    int nonce_count;
};

void sim_line_init(struct sim_line *line, const struct sim_line_options *options,
                   const struct sim_account *account);
void sim_line_deinit(struct sim_line *line);

bool sim_line_has_address_of(const struct sim_line *line, const struct sim_account *account);
/* The account as it is now, at the same address: registers anew when something else has changed. */
void sim_line_update(struct sim_line *line, const struct sim_account *account);
void sim_line_restart(struct sim_line *line); /* as after power-on: registers at once */
void sim_line_leave(struct sim_line *line);   /* un-REGISTER, when it is registered; then gone */

/* What is due. */
void sim_line_work(struct sim_line *line, struct sim_net *net);
/* True: the answer was this line's. */
bool sim_line_answer(struct sim_line *line, struct sim_net *net, const struct sim_sip *answer);
void sim_line_lost(struct sim_line *line, const struct sim_target *target, const char *why);

#endif
