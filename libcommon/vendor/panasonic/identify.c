/*
 * What a Panasonic asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/panasonic/panasonic.h"

#define MODEL_LEN_MAX 24

/* "KX-HDV130", "KX-TGP500B04", "KX-UT136-B" */
static bool is_model(struct bk_str text)
{
    const struct bk_str series = BK_STR("KX-");
    if (!bk_str_starts(text, series) || text.len == series.len || text.len > MODEL_LEN_MAX)
        return false;
    for (size_t i = series.len; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_inner = c == '-' && i > series.len && i + 1 < text.len;
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || is_inner))
            return false;
    }
    return true;
}

/*
 *   <model>.cfg, Config<model>.cfg   common
 *   Config<MAC>.cfg                  device, in either case
 *   ConfigCom.cfg, ConfigCommon.cfg  master
 */
bool panasonic_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str begin = BK_STR("Config"), end = BK_STR(".cfg");
    struct bk_path_match match = {.kind = BK_FILE_COMMON};
    if (!bk_str_ends(path, end))
        return false;
    struct bk_str stem = bk_str_slice(path, 0, path.len - end.len);
    bool is_config = bk_str_starts(stem, begin);
    if (is_config)
        stem = bk_str_slice(stem, begin.len, stem.len);
    if (is_model(stem)) {
        match.model_code = stem;
    } else if (is_config && (bk_str_eq(stem, BK_STR("Com")) || bk_str_eq(stem, BK_STR("Common")))) {
        match.kind = BK_FILE_MASTER;
    } else if (is_config && bk_mac_parse_bare(stem, &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else {
        return false;
    }
    *ret_match = match;
    return true;
}

/* "Panasonic_KX-UT113/01.133 (0080f0c8c381)"; an admin can change it: the MAC may be
 * missing, and the maker may stand before a hyphen or a blank. */
bool panasonic_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("Panasonic");
    if (agent.len > BK_AGENT_BYTES_MAX || !bk_str_starts(agent, maker) || agent.len == maker.len)
        return false;
    char separator = agent.ptr[maker.len];
    if (separator != '_' && separator != '-' && separator != ' ')
        return false;
    struct bk_str rest = bk_str_slice(agent, maker.len + 1, agent.len);
    struct bk_agent found = {.model = bk_str_cut(&rest, '/')};
    found.firmware = bk_str_cut(&rest, ' ');
    if (!is_model(found.model) || found.firmware.len > 32 || !bk_agent_is_release(found.firmware))
        return false;
    if (rest.len > 0) {
        if (!bk_str_starts(rest, BK_STR("(")) || !bk_str_ends(rest, BK_STR(")")) ||
            bk_mac_parse_bare(bk_str_slice(rest, 1, rest.len - 1), &found.mac) != BK_OK)
            return false;
        found.has_mac = true;
    }
    *ret_agent = found;
    return true;
}
