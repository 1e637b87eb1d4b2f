/*
 * One phone of a tenant as its files are made from it: what `beckon render` and `beckon explain`
 * share.
 */
#ifndef CLI_PHONE_H
#define CLI_PHONE_H

#include "cli.h"
#include "vendor/vendor.h"

struct cli_phone {
    const struct bk_vendor *vendor;
    const struct bk_model *model; /* NULL: not known */
    struct bk_phone phone;        /* in the arena */
};

/*
 * mac: 12 hex digits. data_key NULL: secrets are masked. BK_ERR_NOT_FOUND, BK_ERR_INVALID (the
 * maker is not known, BECKON_PUBLIC_URL is not set) with a detail that says what to do.
 */
BK_MUST_USE enum bk_err cli_phone_read(struct cli *cli, const struct cli_tenant *tenant,
                                       struct bk_str mac, const struct bk_key *data_key,
                                       struct cli_phone *ret_phone);

#endif
