/*
 * Address lists: CIDR networks as a tenant would write down for a site, each once. They prove
 * something (a phone may begin there without a certificate), so a list that holds half the Internet
 * is a mistake, and is told.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/cidr.h"
#include "members_impl.h"

enum { PREFIX_MIN_4 = 8, PREFIX_MIN_6 = 16, BITS_OF_MAPPED = 96 };

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const struct bk_cidr *network)
{
    return memcmp(network->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

/* "192.0.2.0/24" */
static struct bk_str print(struct api_call *call, const struct bk_cidr *network)
{
    char text[INET6_ADDRSTRLEN];
    const bool four = is_v4(network);
    inet_ntop(four ? AF_INET : AF_INET6, network->bytes + (four ? sizeof mapped_prefix : 0), text,
              sizeof text);
    return bk_arena_printf(call->arena, "%s/%d", text,
                           network->prefix_bits - (four ? BITS_OF_MAPPED : 0));
}

/* The network without the bits behind its prefix; true when it had some. */
static bool clear_host_bits(struct bk_cidr *network)
{
    bool had_some = false;
    for (int bit = network->prefix_bits; bit < 128; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        had_some = had_some || (network->bytes[bit / 8] & mask) != 0;
        network->bytes[bit / 8] &= (uint8_t)~mask;
    }
    return had_some;
}

static bool judge_one(struct api_call *call, const char *path, struct bk_str text,
                      struct bk_cidr *ret_network)
{
    struct bk_cidr network;
    if (text.ptr == NULL || bk_cidr_parse(text, &network) != BK_OK ||
        (is_v4(&network) && bk_str_find(text, ':') >= 0)) {
        api_member_error(call, path,
                         "want an address or a network: 192.0.2.0/24, 198.51.100.7, 2001:db8::/48");
        return false;
    }
    const int prefix = network.prefix_bits - (is_v4(&network) ? BITS_OF_MAPPED : 0);
    const int prefix_min = is_v4(&network) ? PREFIX_MIN_4 : PREFIX_MIN_6;
    if (prefix < prefix_min) {
        api_member_error(call, path, "/%d is too wide for a site; want /%d or longer", prefix,
                         prefix_min);
        return false;
    }
    if (clear_host_bits(&network)) {
        api_member_error(call, path, "has bits behind its prefix; want %.*s",
                         BK_STR_ARG(print(call, &network)));
        return false;
    }
    *ret_network = network;
    return true;
}

json_t *api_judge_networks(struct api_call *call, const char *path, const json_t *value)
{
    const size_t count = json_array_size(value);
    struct bk_cidr *networks = bk_arena_alloc(call->arena, (count + 1) * sizeof *networks);
    json_t *list = api_keep(call, json_array());
    for (size_t i = 0; i < count; i++) {
        const char *at = bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr;
        if (!judge_one(call, at, api_json_text(json_array_get(value, i)), &networks[i]))
            return NULL;
        for (size_t k = 0; k < i; k++) {
            if (networks[k].prefix_bits != networks[i].prefix_bits ||
                memcmp(networks[k].bytes, networks[i].bytes, sizeof networks[i].bytes) != 0)
                continue;
            api_member_error(call, at, "stands twice");
            return NULL;
        }
        struct bk_str text = print(call, &networks[i]);
        json_array_append_new(list, json_stringn(text.ptr, text.len));
    }
    return list;
}
