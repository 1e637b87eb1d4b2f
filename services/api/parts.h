/*
 * What lines and keys share: they are parts of a device, or of a key template. They are written
 * under its lock, bounded by the model, carry its ETag (each change of a part raises the device's
 * revision), and are in its audit.
 */
#ifndef API_PARTS_H
#define API_PARTS_H

#include "resource.h"
#include "vendor/vendor.h"

struct api_device {
    int64_t id;
    struct bk_str version, mac, vendor, model;
    const struct bk_vendor *driver;
};

/* Read the device of the path, locked when it is to be written, and compare If-Match then. */
BK_MUST_USE enum bk_err api_device_open(struct api_call *call, bool is_locked,
                                        struct api_device *ret_device);
/* The same of the key template of the path; *ret_version is of its ETag. */
BK_MUST_USE enum bk_err api_key_template_open(struct api_call *call, bool is_locked,
                                              struct bk_str *ret_version);
bool api_is_of_key_template(const struct api_call *call); /* or else of a device */

/* The body {"items": sql's one column of JSON objects} or, when it is not a list, its first row;
 * BK_ERR_NOT_FOUND when that is none. The ETag of now of the whole. */
BK_MUST_USE enum bk_err api_parts_answer(struct api_call *call, const char *sql,
                                         const struct bk_pg_param *params, size_t count,
                                         bool is_list);
/* items of {"items": […]}, judged by rows; faults are remembered. */
const json_t *api_parts_read(struct api_call *call, const struct api_field *list);
/* One part as its rows judge it, whole: what is not said is as it begins. NULL after a fault. */
json_t *api_part_read(struct api_call *call, const struct api_field *fields);

#endif
