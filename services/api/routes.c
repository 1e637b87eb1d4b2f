/*
 * The operations of the API, one row each, and how a path finds its row.
 */
#include <string.h>

#include "base/buf.h"
#include "front.h"

/* clang-format off */
const struct api_route api_routes[] = {
    {"POST", "/v1/auth/login", "login", API_ROLE_NONE, false, false, api_login, NULL, NULL},
    {"GET", "/v1/me", "getMe", API_VIEWER, false, true, api_me, NULL, NULL},

    {NULL, NULL, NULL, API_ROLE_NONE, false, false, NULL, NULL, NULL},
};
/* clang-format on */

/* Segment by segment; "{…}" takes a positive integer without a leading zero. */
static bool is_match(const char *pattern, struct bk_str path, int64_t (*ret_ids)[API_ID_MAX])
{
    struct bk_str want = bk_str_of(pattern), got = path;
    size_t id_count = 0;
    while (want.len > 0 && got.len > 0) {
        struct bk_str want_part = bk_str_cut(&want, '/'), got_part = bk_str_cut(&got, '/');
        if (bk_str_starts(want_part, BK_STR("{"))) {
            if (id_count == API_ID_MAX || bk_str_starts(got_part, BK_STR("0")) ||
                bk_str_parse_int(got_part, 1, INT64_MAX, &(*ret_ids)[id_count]) != BK_OK)
                return false;
            id_count++;
        } else if (!bk_str_eq(want_part, got_part)) {
            return false;
        }
    }
    return want.len == 0 && got.len == 0 && !bk_str_ends(path, BK_STR("/"));
}

const struct api_route *api_route_find(struct bk_arena *arena, struct bk_str method,
                                       struct bk_str path, int64_t (*ret_ids)[API_ID_MAX],
                                       struct bk_str *ret_allow)
{
    /* HEAD is GET without its body. */
    struct bk_str wanted = bk_str_eq(method, BK_STR("HEAD")) ? BK_STR("GET") : method;
    const struct api_route *found = NULL;
    struct bk_str allow = BK_STR_NONE;
    for (const struct api_route *route = api_routes; route->method != NULL; route++) {
        int64_t ids[API_ID_MAX] = {0};
        if (!is_match(route->path, path, &ids))
            continue;
        bool is_get = strcmp(route->method, "GET") == 0;
        allow = bk_arena_printf(arena, "%.*s%s%s%s", BK_STR_ARG(allow), allow.len > 0 ? ", " : "",
                                route->method, is_get ? ", HEAD" : "");
        if (found == NULL && bk_str_eq(wanted, bk_str_of(route->method))) {
            found = route;
            memcpy(*ret_ids, ids, sizeof ids);
        }
    }
    *ret_allow = allow;
    return found;
}
