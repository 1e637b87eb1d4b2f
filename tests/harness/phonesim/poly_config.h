/*
 * The XML of a Poly phone (UC Software). A master file names the files to load,
 *
 *     <APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="a.cfg, b.cfg" LOG_FILE_DIRECTORY=""/>
 *
 * where a child APPLICATION_<model> tells it for that model alone, by names that end in _<model>.
 * In a configuration every attribute of any element is a parameter; an empty one resets.
 */
#ifndef PHONESIM_POLY_CONFIG_H
#define PHONESIM_POLY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

#define SIM_POLY_FILE_MAX 32

struct sim_poly_master {
    char *files[SIM_POLY_FILE_MAX]; /* CONFIG_FILES, from left to right; owned */
    size_t count;
    char *logs, *overrides, *contacts, *licenses, *calls; /* directories, "" when not told; owned */
};

/* model: as in the master's names, "VVX450". */
bool sim_poly_master_parse(const char *text, size_t len, const char *model,
                           struct sim_poly_master *ret_master, struct sim_fault *ret_fault);
void sim_poly_master_free(struct sim_poly_master *master);

/*
 * Twice the same parameter is a fault; so is a device.* one that the phone would pass over, since
 * device.set or its own .set is not "1" in the file.
 */
bool sim_poly_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                           struct sim_fault *ret_fault);

/* Those of other that config does not have yet: what stands further left wins. other is emptied. */
bool sim_poly_config_merge(struct sim_config *config, struct sim_config *other,
                           struct sim_fault *ret_fault);

#endif
