/*
 * What the commands about a phone's identity share.
 */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include "cli.h"

/* The device of the tenant by the MAC of operand 0, within the transaction; BK_ERR_NOT_FOUND with a
 * detail. */
struct cli_device {
    struct bk_str mac; /* 12 hexadecimal digits */
    int64_t device_id;
};
BK_MUST_USE enum bk_err cli_device_find(struct cli *cli, const struct cli_tenant *tenant,
                                        struct bk_str mac, struct cli_device *ret_device);

/* Anomalies as rows for people and scripts: what the kind means ("kind_text"), and what was seen as
 * one text ("seen_text"). Takes text, a JSON array (store_identity.h). */
BK_MUST_USE enum bk_err cli_anomaly_rows(struct cli *cli, struct bk_str text, json_t **ret_rows);
extern const struct cli_column cli_anomaly_columns[];

#endif
