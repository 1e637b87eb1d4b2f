/*
 * What survives a reboot of the phone: parameters, the provisioning URL, and for each URL the ETag
 * (and of boot files the text) of what was got from it. In memory, and in a directory when one is
 * given.
 */
#ifndef PHONESIM_STATE_H
#define PHONESIM_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "phone.h"

struct sim_kept {
    char *url, *etag;
    char *text; /* NULL: not kept */
    size_t text_len;
};

struct sim_state {
    const char *dir;  /* NULL: memory only; borrowed */
    char *server_url; /* as the configuration gave it, or NULL */
    struct sim_kept *kept;
    size_t count;
};

/* Read dir (made when missing) into state and phone. False: told in fault. */
bool sim_state_load(struct sim_state *state, const char *dir, struct sim_phone *phone,
                    struct sim_fault *ret_fault);
bool sim_state_save(const struct sim_state *state, const struct sim_phone *phone,
                    struct sim_fault *ret_fault);
/* Everything that is remembered; the directory holds it until the next save. */
void sim_state_forget(struct sim_state *state);
void sim_state_deinit(struct sim_state *state);

const struct sim_kept *sim_state_find(const struct sim_state *state, const char *url);
/* etag NULL forgets the URL. */
void sim_state_keep(struct sim_state *state, const char *url, const char *etag, const char *text,
                    size_t text_len);

#endif
