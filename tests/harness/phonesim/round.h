/*
 * One round of provisioning: what every maker's is made of. Which files a phone asks for, in which
 * order, is its maker's run (fact page, section 1).
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
    bool is_boot; /* the phone has just started */
    int number;   /* of the round, for events */
    /* results */
    bool is_failed;    /* a file was not got, not understood, or refused in part */
    bool has_differed; /* a file made the phone another than it was */
    int retry_after_s; /* largest of a 503; 0: none */
};

void sim_round_run(struct sim_round *round);

/* --- for the makers -------------------------------------------------------------------------- */

enum sim_got { SIM_GOT_TEXT, SIM_GOT_SAME, SIM_GOT_NOTHING, SIM_GOT_FAULT };

/*
 * file: a name below the server's URL, or a whole URL. The reply's body is the caller's to free. On
 * SIM_GOT_SAME it is what was kept of the file, if it was. An ETag is remembered by the caller once
 * the file has been understood.
 */
enum sim_got sim_round_fetch(struct sim_round *round, const char *file, struct sim_reply *reply);
void sim_round_remember(struct sim_round *round, const char *file, const struct sim_reply *reply,
                        bool with_text);
void sim_round_fail(struct sim_round *round, const char *where, const struct sim_fault *fault);

/* must_exist: its absence leaves the phone without its configuration. False: nothing was taken. */
bool sim_round_take(struct sim_round *round, const char *file, bool must_exist);
void sim_round_apply(struct sim_round *round, const char *file, const struct sim_config *config);

/* PUT of a text below the server's URL; told as "uploaded" with its status, which is no fault. */
void sim_round_upload(struct sim_round *round, const char *file, const char *text);

/*
 * name with each macro replaced, owned: {"$MA", "0004f2…"}. Rows end with NULL; the first that fits
 * is taken, so longer names stand before shorter ones.
 */
struct sim_macro {
    const char *name, *value;
};
char *sim_expanded(const char *name, const struct sim_macro *macros);

/* Does a URL name a file, or where files are? "/…/a.cfg" does, "/…/key" does not. */
bool sim_url_names_file(const char *url);

#endif
