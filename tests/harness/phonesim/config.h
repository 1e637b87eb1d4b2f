/*
 * The text formats of a Yealink phone, read as the phone's documents tell them: configuration
 * ("#!version:1.0.0.1", key = value) and boot files (include:config "<file>").
 *
 * A real phone silently skips what it does not understand. This one is an instrument and refuses
 * it, with the line: whatever a server writes by mistake shall be heard.
 */
#ifndef PHONESIM_CONFIG_H
#define PHONESIM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

#define SIM_FILE_MAX ((size_t)1024 * 1024)
#define SIM_LINE_BYTES_MAX 4096
#define SIM_PAIR_MAX 32768
#define SIM_INCLUDE_MAX 32

struct sim_pair {
    char *key, *value;
    bool is_reset; /* back to the factory's value: %NULL% */
    int line;
};

struct sim_config {
    struct sim_pair *pairs; /* in the order of the file, each key once */
    size_t count;
};

/*
 * First line exactly "#!version:1.0.0.1"; then empty lines, '#' comments, "key = value" with blanks
 * around both taken off. A key is letters, digits, '_', '-' and '.'; a value is UTF-8 without
 * control characters; lines end with LF. Twice the same key, or a line of any other form: a
 * fault, and nothing is returned. %NULL% resets as the whole value; within a longer one it is text.
 */
bool sim_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                      struct sim_fault *ret_fault);
void sim_config_free(struct sim_config *config);

/* For the readers of other formats: key and value of pair become the configuration's, or are freed
 * when there are too many. */
bool sim_config_add(struct sim_config *config, struct sim_pair pair, struct sim_fault *ret_fault);
bool sim_config_keys_are_unique(const struct sim_config *config, struct sim_fault *ret_fault);

struct sim_boot {
    char *includes[SIM_INCLUDE_MAX]; /* file names, in order */
    size_t count;
};

/* "include:config "<file>"", overwrite_mode and specific_model.excluded_mode (0 or 1). */
bool sim_boot_parse(const char *text, size_t len, struct sim_boot *ret_boot,
                    struct sim_fault *ret_fault);
void sim_boot_free(struct sim_boot *boot);

#endif
