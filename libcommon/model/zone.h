/*
 * Time zones by IANA name: what `time.zone` accepts, and what a phone driver needs to know of one.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct bk_zone {
    const char *name; /* "Europe/Berlin" */
    int offset_min;   /* of standard time, east of Greenwich positive */
    bool has_dst;     /* the clock is put forward for a part of the year */
};

const struct bk_zone *bk_zone_find(struct bk_str name); /* NULL: not in the table */
const struct bk_zone *bk_zones(size_t *ret_count);      /* all, by name */

#endif
