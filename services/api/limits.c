/*
 * What is in use on devices, against their models.
 */
#include "limits.h"

#include "resource.h"
#include "store/store_key_template.h"
#include "vendor/limits.h"

enum bk_err api_limits_check(struct api_call *call, const char *member, int64_t device_id,
                             int64_t key_template_id)
{
    const struct bk_store_extent *extents;
    size_t count;
    enum bk_err err = bk_store_extents(&call->store, call->scope.tenant_id, device_id,
                                       key_template_id, &extents, &count);
    if (err != BK_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const struct bk_store_extent *one = &extents[i];
        const struct bk_vendor *vendor = bk_vendor_find(one->vendor);
        const struct bk_extent extent = {one->line, one->line_key, one->programmable_key,
                                         one->module, one->module_key};
        struct bk_detail detail;
        if (vendor == NULL || bk_limits_check(vendor, one->model, &extent, &detail) == BK_OK)
            continue;
        if (device_id != 0)
            api_member_error(call, member, "%s", detail.text);
        else
            api_member_error(call, member, "device %.*s uses this template: %s",
                             BK_STR_ARG(one->mac), detail.text);
    }
    return api_members_err(call);
}
