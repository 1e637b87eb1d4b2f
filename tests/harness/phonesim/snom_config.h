/*
 * Snom's configuration: <settings> with <phone-settings> (one element a setting; idx counts
 * identities from 1, perm tells what the user may do), <functionKeys> and <setting-files>, which
 * names files to load next. Only the parts that are there; an empty element resets.
 *
 *     <settings>
 *     <phone-settings><user_name idx="1" perm="R">101</user_name></phone-settings>
 *     <functionKeys><fkey idx="0" context="1" label="Bob" perm="">blf 101|**</fkey></functionKeys>
 *     <setting-files><file url="https://prov.example/000413000001.xml"/></setting-files>
 *     </settings>
 */
#ifndef PHONESIM_SNOM_CONFIG_H
#define PHONESIM_SNOM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/*
 * Parameters are called "user_name 1", "ntp_server", "fkey 0", and what a key has besides
 * "fkey 0 label", "fkey 0 short_label", "fkey 0 context". The URLs of files are "file 1", "file 2",
 * …: sim_snom_config_files() takes them out.
 */
bool sim_snom_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                           struct sim_fault *ret_fault);

#define SIM_SNOM_FILE_MAX 16
struct sim_snom_files {
    char *urls[SIM_SNOM_FILE_MAX]; /* owned */
    size_t count;
};
void sim_snom_config_files(struct sim_config *config, struct sim_snom_files *ret_files);
void sim_snom_files_free(struct sim_snom_files *files);

#endif
