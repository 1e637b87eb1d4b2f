/*
 * Settings layers for eyes: one row a value, saying who set it and whether it holds.
 */
#ifndef CLI_LAYER_LIST_H
#define CLI_LAYER_LIST_H

#include "cli.h"

/*
 * layers: what bk_store_layer_list gives. An array of {key, value, layer, name, is_locked,
 * is_effective}, lowest layer first; secrets as "********". Without is_effective when the layers
 * are not those of one device: a site and a profile then lie beside each other.
 */
json_t *cli_layer_rows(struct cli *cli, const json_t *layers, bool of_one_device);
extern const struct cli_column cli_layer_columns[];

#endif
