/*
 * From a device's rows to struct bk_phone.
 */
#include "phone.h"

#include "store/store_phone.h"
#include "store/store_tenant.h"

enum bk_err cli_phone_read(struct cli *cli, const struct cli_tenant *tenant, struct bk_str mac,
                           const struct bk_key *data_key, struct cli_phone *ret_phone)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_phone stored;
    struct bk_phone *phone = &ret_phone->phone;
    struct bk_str key = BK_STR_NONE;
    if (cli->settings.public_url == NULL) {
        bk_detail_set(&cli->detail, "the file names the URL phones come back to: set "
                                    "BECKON_PUBLIC_URL as beckon-config has it");
        return BK_ERR_INVALID;
    }
    enum bk_err err = bk_store_phone_read(&store, tenant->tenant_id, mac, &stored);
    if (err == BK_ERR_NOT_FOUND) {
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no device %.*s; `beckon device list` lists them",
                      BK_STR_ARG(tenant->name), BK_STR_ARG(mac));
        return err;
    }
    if (err == BK_OK)
        err = bk_store_tenant_key(&store, tenant->tenant_id, &key);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "tenant %.*s has no valid URL key: its phones reach nothing",
                      BK_STR_ARG(tenant->name));
    if (err != BK_OK)
        return err;
    ret_phone->vendor = bk_vendor_find(stored.vendor);
    if (ret_phone->vendor == NULL) {
        bk_detail_set(&cli->detail,
                      "device %.*s is of maker %.*s, which this program does not know",
                      BK_STR_ARG(mac), BK_STR_ARG(stored.vendor));
        return BK_ERR_INVALID;
    }
    err = bk_phone_decode(cli->arena, stored.config_json, stored.vendor, tenant->tenant_id,
                          data_key, phone, &cli->detail);
    if (err == BK_OK)
        err = bk_mac_parse_bare(mac, &phone->mac);
    if (err != BK_OK)
        return err;
    phone->vendor = stored.vendor;
    phone->model = stored.model;
    phone->revision = stored.revision;
    phone->provisioning_url =
        bk_arena_printf(cli->arena, "%s/%.*s", cli->settings.public_url, BK_STR_ARG(key));
    ret_phone->model = bk_model_find(ret_phone->vendor, stored.model);
    return BK_OK;
}
