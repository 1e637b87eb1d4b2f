/*
 * Names of settings in the environment; shared by the reader and the manual, for nobody else.
 */
#ifndef CONF_SETTINGS_ENV_H
#define CONF_SETTINGS_ENV_H

#include <stddef.h>

/* A key in full ("listener.<name>.tls.certificate"), and a variable's name, with terminator. */
#define BK_SETTINGS_KEY_SIZE 160
#define BK_SETTINGS_ENV_SIZE (BK_SETTINGS_KEY_SIZE + 16)

/* prefix, then key in capitals, every other character than letter and digit an underscore. */
void bk_settings_env_name(const char *prefix, const char *key, char *ret_name, size_t size);

#endif
