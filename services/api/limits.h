/*
 * Lines and keys that the models of devices do not have are refused after they are written, before
 * they are committed: then it is known what device, profile and template take together.
 */
#ifndef API_LIMITS_H
#define API_LIMITS_H

#include "api.h"

/* Of one device, or of all that use a key template (the other is 0): a fault of member says which
 * model has too few. */
BK_MUST_USE enum bk_err api_limits_check(struct api_call *call, const char *member,
                                         int64_t device_id, int64_t key_template_id);

#endif
