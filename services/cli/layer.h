/*
 * One settings layer while a command changes it: values checked, secrets sealed, locks kept.
 */
#ifndef CLI_LAYER_H
#define CLI_LAYER_H

#include "cli.h"
#include "store/store_setting.h"

struct cli_layer {
    enum bk_layer layer;
    int64_t layer_id; /* of the row: secrets are sealed to it */
    json_t *settings, *locks, *raw;
};

BK_MUST_USE enum bk_err cli_layer_open(struct cli *cli, const struct bk_store_layer *stored,
                                       struct cli_layer *ret_layer);
void cli_layer_close(struct cli_layer *layer);

/*
 * Put one KEY=VALUE in; "KEY=" takes it out, with its lock. A secret's value is @FILE or @-. tenant
 * has its data key open when has_key, else a secret is refused.
 */
BK_MUST_USE enum bk_err cli_layer_set(struct cli *cli, const struct cli_tenant *tenant,
                                      struct cli_layer *layer, const char *text, bool lock);
/* Does any of these KEY=VALUE need the tenant's data key? */
bool cli_layer_has_secret(const struct cli *cli, const char *option, size_t operand_from);

/* BK_ERR_DENIED when a layer below locks the key of one of these; mac empty: none of a device. */
BK_MUST_USE enum bk_err cli_layer_check_locks(struct cli *cli, int64_t tenant_id,
                                              const struct cli_layer *layer, struct bk_str mac,
                                              const char *text);
void cli_layer_store(struct cli *cli, const struct cli_layer *layer,
                     struct bk_store_layer *ret_stored);

#endif
