/*
 * Walks over accounts and keys.
 */
#include "vendor/walk.h"

#include <string.h>

/* Lines are few and sorted: the walk keeps its place. */
const struct bk_line *bk_line_at(const struct bk_phone *phone, int index, size_t *at)
{
    while (*at < phone->line_count && phone->lines[*at].index < index)
        (*at)++;
    return *at < phone->line_count && phone->lines[*at].index == index ? &phone->lines[*at] : NULL;
}

int bk_line_last(const struct bk_phone *phone, int line_count)
{
    int last = phone->line_count > 0 ? phone->lines[phone->line_count - 1].index : 0;
    return last > line_count ? last : line_count;
}

void bk_key_walk_panel(struct bk_key_walk *walk, enum bk_panel panel, int module, int count)
{
    walk->panel = panel;
    walk->module = module;
    walk->count = count;
    walk->slot = 0;
}

bool bk_key_walk_next(struct bk_key_walk *walk)
{
    const struct bk_phone *phone = walk->phone;
    const struct bk_phone_key *key = walk->at < phone->key_count ? &phone->keys[walk->at] : NULL;
    if (key != NULL && (key->panel != walk->panel || key->module != walk->module))
        key = NULL;
    walk->slot++;
    if (walk->slot > walk->count) {
        if (key == NULL)
            return false;
        walk->slot = key->slot;
    } else if (key != NULL && key->slot != walk->slot) {
        key = NULL;
    }
    walk->key = key;
    if (key != NULL)
        walk->at++;
    return true;
}

void bk_put_lost_parts(struct bk_sheet *sheet, const struct bk_phone_key *key, unsigned parts)
{
    const unsigned without_value = 1u << BK_KEY_LINE | 1u << BK_KEY_VOICEMAIL |
                                   1u << BK_KEY_CONFERENCE | 1u << BK_KEY_HOLD | 1u << BK_KEY_DND |
                                   1u << BK_KEY_PHONEBOOK;
    if (key->kind == BK_KEY_NONE)
        return;
    bool has_value = key->value.len > 0 && (without_value >> key->kind & 1) == 0;
    if ((parts & BK_KEY_VALUE) != 0 && has_value)
        bk_put_lost(sheet, BK_STR("value of a key"));
    if ((parts & BK_KEY_LABEL) != 0 && key->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a key"));
    if ((parts & BK_KEY_EXTENSION) != 0 && key->extension.len > 0)
        bk_put_lost(sheet, BK_STR("extension of a key"));
}

struct bk_route bk_route_of(const struct bk_pbx_side *pbx)
{
    struct bk_route route = {0};
    bool is_domain_apart =
        pbx->domain.len > 0 &&
        (pbx->registrar_count == 0 || !bk_str_eq_nocase(pbx->domain, pbx->registrars[0].host));
    if (!is_domain_apart) {
        memcpy(route.servers, pbx->registrars, sizeof route.servers);
        route.server_count = pbx->registrar_count;
        memcpy(route.proxies, pbx->proxies, sizeof route.proxies);
        route.proxy_count = pbx->proxy_count;
        return route;
    }
    route.servers[0].host = pbx->domain;
    route.servers[0].port = pbx->registrar_count > 0 ? pbx->registrars[0].port : 0;
    route.server_count = 1;
    bool has_proxy = pbx->proxy_count > 0;
    memcpy(route.proxies, has_proxy ? pbx->proxies : pbx->registrars, sizeof route.proxies);
    route.proxy_count = has_proxy ? pbx->proxy_count : pbx->registrar_count;
    return route;
}

static bool is_same_list(const struct bk_sip_server *a, size_t a_count,
                         const struct bk_sip_server *b, size_t b_count)
{
    for (size_t i = 0; a_count == b_count && i < a_count; i++) {
        if (!bk_str_eq_nocase(a[i].host, b[i].host) || a[i].port != b[i].port)
            return false;
    }
    return a_count == b_count;
}

bool bk_is_same_route(const struct bk_pbx_side *a, const struct bk_pbx_side *b)
{
    const struct bk_route one = bk_route_of(a), other = bk_route_of(b);
    return a->transport == b->transport &&
           is_same_list(one.servers, one.server_count, other.servers, other.server_count) &&
           is_same_list(one.proxies, one.proxy_count, other.proxies, other.proxy_count);
}
