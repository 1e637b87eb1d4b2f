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

struct sim_maker;
struct sim_round;

/* What the fact pages know of a model. */
struct sim_model {
    const char *name; /* "T54W" */
    const struct sim_maker *maker;
    int number; /* Yealink: 96, of y000000000096.cfg */
    /* Yealink, Poly: of the User-Agent, "SIP-", "PolycomVVX"; Fanvil: common file, "F0V00X600000"
     */
    const char *code;
};
const struct sim_model *sim_model_find(const char *name);

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
void sim_phone_reset_all(struct sim_phone *phone); /* as it left the factory */

struct sim_applied {
    int set, changed, reset; /* lines that set, set to something else, or reset a parameter */
    int unknown;             /* parameters the fact page does not name: kept, without meaning */
    bool differs;            /* the phone is not what it was */
    int refused;             /* values this phone cannot take; each was told as an error */
};

/* where: the file's name, for events. Values out of range are told and not taken. */
void sim_phone_apply(struct sim_phone *phone, const struct sim_config *config, const char *where,
                     struct sim_applied *ret_applied);

struct sim_account {
    int index; /* 1..SIM_ACCOUNT_MAX */
    bool enable;
    const char *label, *display_name, *auth_name, *user_name, *password; /* NULL: not set */
    char server[256], proxy[256];                                        /* hosts; empty: not set */
    int port, proxy_port, transport, expires_s, srtp;
    bool proxy_enable;
};
struct sim_account sim_phone_account(const struct sim_phone *phone, int index);

/* At least one enabled account, and each enabled one knows its user, password and server. */
bool sim_phone_is_configured(const struct sim_phone *phone);

/* Where to ask next, without '/' at the end, owned; NULL: nothing said. */
char *sim_phone_server_url(const struct sim_phone *phone);
/* What to answer a 401 of that server with; false: it has been told no user. */
bool sim_phone_login(const struct sim_phone *phone, const char **ret_user,
                     const char **ret_password);
/* Minutes between two fetches; 0: not by time. */
int sim_phone_repeat_min(const struct sim_phone *phone);

/* What an event asks of the phone (fact pages, section 6), the larger including the smaller. */
enum sim_wish { SIM_WISH_NONE, SIM_WISH_SYNC, SIM_WISH_REBOOT };

/* What tells the phones of one maker from those of another. */
struct sim_maker {
    const char *name, *default_model, *default_firmware;
    const char *user_parameter, *password_parameter; /* of the provisioning server */
    const char *events;  /* of NOTIFY that it obeys, as in Allow-Events */
    bool is_conditional; /* asks with the ETag it was given */
    /* Provisions at a sync, and starts again when something has changed. */
    bool restarts_when_changed;
    void (*agent_print)(struct sim_buf *out, const struct sim_phone *phone, bool is_sip);
    /* The requests of one round, in their order. */
    void (*run)(struct sim_round *round);
    /* A configuration file's text; what sim_config_parse returns. */
    bool (*parse)(const char *text, size_t len, const struct sim_phone *phone,
                  struct sim_config *ret_config, struct sim_fault *ret_fault);
    /* False: not a value of this parameter. ret_known: the fact page names it. */
    bool (*check)(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault);
    struct sim_account (*account)(const struct sim_phone *phone, int index);
    char *(*server_url)(const struct sim_phone *phone);
    enum sim_wish (*wish)(const struct sim_phone *phone, const char *event, bool asks_reboot);
    /* Does it want the line's credentials for that (401)? NULL: never. */
    bool (*challenges)(const struct sim_phone *phone, int account, enum sim_wish wish);
    int (*repeat_min)(const struct sim_phone *phone);
    /* The parameter that says what a key in use is for: the key's name, "linekey.3". */
    bool (*key_of)(const struct sim_parameter *parameter, char *ret_name, size_t size);
    void (*key_print)(struct sim_json *json, const struct sim_phone *phone, const char *name);
};
extern const struct sim_maker sim_maker_yealink, sim_maker_grandstream, sim_maker_poly,
    sim_maker_snom, sim_maker_fanvil, sim_maker_cisco;
const struct sim_maker *sim_maker_find(const char *name); /* or NULL */

/* "host", "host:port", "[IPv6]:port"; port 5060 when it is not told. NULL: empty. */
void sim_host_port_split(const char *text, char *ret_host, size_t size, int *ret_port);
void sim_text_copy(char *target, size_t size, const char *text); /* cut to fit; NULL: empty */

/* "account" and "key" events of what is configured; the "state" event with everything. */
void sim_phone_tell(const struct sim_phone *phone);
void sim_phone_print_state(const struct sim_phone *phone, const char *url);

#endif
