/*
 * What device and key template commands share: templates by name, and whether models have what is
 * written.
 */
#include "device.h"
#include "store/store_key_template.h"
#include "vendor/limits.h"

enum bk_err cli_limits_check(struct cli *cli, int64_t tenant_id, int64_t device_id,
                             int64_t key_template_id)
{
    struct bk_store store = cli_store(cli);
    const struct bk_store_extent *extents;
    size_t count;
    enum bk_err err =
        bk_store_extents(&store, tenant_id, device_id, key_template_id, &extents, &count);
    for (size_t i = 0; err == BK_OK && i < count; i++) {
        const struct bk_store_extent *one = &extents[i];
        const struct bk_vendor *vendor = bk_vendor_find(one->vendor);
        const struct bk_extent extent = {one->line, one->line_key, one->programmable_key,
                                         one->module, one->module_key};
        struct bk_detail detail;
        if (vendor == NULL || bk_limits_check(vendor, one->model, &extent, &detail) == BK_OK)
            continue;
        bk_detail_set(&cli->detail, "device %.*s: %.200s", BK_STR_ARG(one->mac), detail.text);
        err = BK_ERR_INVALID;
    }
    return err;
}

enum bk_err cli_key_template_find(struct cli *cli, const struct cli_tenant *tenant,
                                  const char *name, int64_t *ret_id)
{
    struct bk_store store = cli_store(cli);
    enum bk_err err =
        bk_store_key_template_find(&store, tenant->tenant_id, bk_str_of(name), ret_id);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no key template \"%.64s\"; `beckon key-template add` makes "
                      "one",
                      BK_STR_ARG(tenant->name), name);
    return err;
}
