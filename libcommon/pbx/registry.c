/*
 * The PBX drivers, one line each.
 */
#include "pbx/pbx.h"
#include "pbx/sip/sip.h"

static const struct bk_pbx_driver *const drivers[] = {&bk_pbx_driver_sip, NULL};

const struct bk_pbx_driver *bk_pbx_driver_find(struct bk_str name)
{
    for (size_t i = 0; drivers[i] != NULL; i++)
        if (bk_str_eq(name, bk_str_of(drivers[i]->kind->name)))
            return drivers[i];
    return NULL;
}

const char *bk_pbx_outcome_name(enum bk_pbx_outcome outcome)
{
    static const char *const names[BK_PBX_OUTCOME_COUNT] = {
        [BK_PBX_ANSWERED] = "answered", [BK_PBX_TAKEN] = "taken",
        [BK_PBX_OFFLINE] = "offline",   [BK_PBX_SILENT] = "silent",
        [BK_PBX_REFUSED] = "refused",   [BK_PBX_ACCOUNT] = "account",
        [BK_PBX_ILL] = "ill",           [BK_PBX_FORBIDDEN] = "forbidden",
    };
    return names[outcome];
}
