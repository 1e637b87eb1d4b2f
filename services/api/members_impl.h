/*
 * Judging by type (members_text.c, networks.c), as members.c asks for it. A fault is remembered
 * under path, and told by false or NULL; what is returned is as it is stored, and the call's.
 */
#ifndef API_MEMBERS_IMPL_H
#define API_MEMBERS_IMPL_H

#include "resource.h"

/* min..max characters, none of them a control character. */
bool api_judge_text(struct api_call *call, const char *path, const json_t *value, int64_t min,
                    int64_t max);
bool api_judge_secret(struct api_call *call, const struct api_field *field, const char *path,
                      const json_t *value);
bool api_judge_word(struct api_call *call, const char *path, const char *words,
                    const json_t *value);
json_t *api_judge_vendor(struct api_call *call, const char *path, json_t *value);
json_t *api_judge_mac(struct api_call *call, const char *path, const json_t *value);
json_t *api_judge_email(struct api_call *call, const char *path, json_t *value);
json_t *api_judge_sha256(struct api_call *call, const char *path, const json_t *value);
/* A list; how many is judged already. */
json_t *api_judge_networks(struct api_call *call, const char *path, const json_t *value);

#endif
