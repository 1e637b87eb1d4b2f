/*
 * A line of at most a thousand: looked through from the end, since who rings twice does so soon.
 */
#include "heard.h"

#include <stdint.h>

bool ntf_heard_add(struct ntf_heard *heard, struct bk_str entry)
{
    struct bk_str rest = entry, tenant = bk_str_cut(&rest, ':');
    int64_t tenant_id = 0, device_id = 0;
    if (bk_str_parse_int(tenant, 1, INT64_MAX, &tenant_id) != BK_OK ||
        bk_str_parse_int(rest, 0, INT64_MAX, &device_id) != BK_OK)
        return false;
    if (device_id == 0) {
        heard->is_anything = true;
        return true;
    }
    for (size_t i = heard->count; i > 0; i--)
        if (heard->devices[i - 1].device_id == device_id &&
            heard->devices[i - 1].tenant_id == tenant_id)
            return true;
    if (heard->count == BK_SETTLE_DEVICE_MAX)
        heard->is_anything = true;
    else
        heard->devices[heard->count++] = (struct bk_heard){tenant_id, device_id};
    return true;
}
