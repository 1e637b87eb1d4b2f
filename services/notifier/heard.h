/*
 * Doorbells that were heard and not yet looked at: each device once, however often it rang. Pure.
 */
#ifndef NOTIFIER_HEARD_H
#define NOTIFIER_HEARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "store/store_notify.h"

struct ntf_heard {
    struct bk_heard devices[BK_SETTLE_DEVICE_MAX]; /* in the order of their first ring */
    size_t count;
    bool is_anything; /* device 0, or more devices than there is room for: look at everything due */
};

/* "7:42": tenant and device. False: no doorbell of ours, nothing changes. */
bool ntf_heard_add(struct ntf_heard *heard, struct bk_str entry);

#endif
