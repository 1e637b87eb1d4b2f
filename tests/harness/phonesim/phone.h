/*
 * The phone itself: who it is, and the parameters it holds. A configuration is applied to it;
 * accounts and keys are read out of it. Parameters that no file mentions stay as they are, as on
 * the real thing. No I/O beyond events.
 */
#ifndef PHONESIM_PHONE_H
#define PHONESIM_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "event.h"

#define SIM_ACCOUNT_MAX 16

/* What the fact page knows of a model: its number in y000000000NNN.cfg. */
struct sim_model {
    const char *name;   /* "T54W" */
    int number;         /* 96 */
    const char *prefix; /* of the User-Agent: "SIP-" on desk phones */
};
const struct sim_model *sim_model_find(const char *name);
void sim_models_print(struct sim_buf *out); /* names, blank separated */

struct sim_parameter {
    char *key, *value;
};

struct sim_phone {
    char mac[13]; /* 12 lower-case hexadecimal digits */
    const struct sim_model *model;
    const char *firmware;
    struct sim_parameter *parameters; /* sorted by key; only what differs from the factory */
    size_t count, room;
};

void sim_phone_deinit(struct sim_phone *phone);

const char *sim_phone_value(const struct sim_phone *phone, const char *key); /* or NULL */
void sim_phone_set(struct sim_phone *phone, const char *key, const char *value);
void sim_phone_reset(struct sim_phone *phone, const char *key);

struct sim_applied {
    int set, changed, reset; /* lines that set, set to something else, or reset a parameter */
    int unknown;             /* parameters the fact page does not name: kept, without meaning */
    int refused;             /* values this phone cannot take; each was told as an error */
};

/* where: the file's name, for events. Values out of range are told and not taken. */
void sim_phone_apply(struct sim_phone *phone, const struct sim_config *config, const char *where,
                     struct sim_applied *ret_applied);

struct sim_account {
    int index; /* 1..SIM_ACCOUNT_MAX */
    bool enable;
    const char *label, *display_name, *auth_name, *user_name, *password; /* NULL: not set */
    const char *server, *proxy;
    int port, proxy_port, transport, expires_s, srtp;
    bool proxy_enable;
};
struct sim_account sim_phone_account(const struct sim_phone *phone, int index);

/* At least one enabled account, and each enabled one knows its user, password and server. */
bool sim_phone_is_configured(const struct sim_phone *phone);

/* Where to ask next; NULL: nothing said. */
const char *sim_phone_server_url(const struct sim_phone *phone);
/* Minutes between two fetches; 0: not by time. */
int sim_phone_repeat_min(const struct sim_phone *phone);

/* What to do with a check-sync (fact page, section 6). */
enum sim_notify_reboot { SIM_REBOOT_WHEN_ASKED = 0, SIM_REBOOT_ALWAYS = 1, SIM_NOTIFY_IGNORED = 2 };
enum sim_notify_reboot sim_phone_notify_reboot(const struct sim_phone *phone);

/* "account" and "key" events of what is configured; the "state" event with everything. */
void sim_phone_tell(const struct sim_phone *phone);
void sim_phone_print_state(const struct sim_phone *phone, const char *url);

#endif
