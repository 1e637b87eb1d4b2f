/*
 * What an Alcatel-Lucent Enterprise phone asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/alcatel/alcatel.h"

/* --- paths ----------------------------------------------------------------------------------- */

/*
 * The whole grammar: config.<model>.xml, config.<mac>.xml; of the old IP Touch lanpbx.cfg and
 * sipconfig-<mac>.txt. A MAC is taken in either case.
 */
bool alcatel_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str config = BK_STR("config."), xml = BK_STR(".xml");
    const struct bk_str touch = BK_STR("sipconfig-"), text = BK_STR(".txt");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (bk_str_eq(path, BK_STR("lanpbx.cfg"))) {
        match.kind = BK_FILE_COMMON;
    } else if (bk_str_starts(path, config) && bk_str_ends(path, xml) &&
               path.len > config.len + xml.len) {
        struct bk_str name = bk_str_slice(path, config.len, path.len - xml.len);
        if (bk_mac_parse_bare(name, &match.mac) == BK_OK) {
            match.kind = BK_FILE_DEVICE;
            match.has_mac = true;
        } else if (bk_agent_is_model(name)) {
            match.kind = BK_FILE_COMMON;
            match.model_code = name;
        }
    } else if (bk_str_starts(path, touch) && bk_str_ends(path, text) &&
               bk_mac_parse_bare(bk_str_slice(path, touch.len, path.len - text.len), &match.mac) ==
                   BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* "Alcatel IP Touch 4028/2.01.20": the model is all words behind the maker's. No MAC. */
static bool match_ip_touch(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("Alcatel "), series = BK_STR("IP Touch ");
    if (agent.len > BK_AGENT_BYTES_MAX || !bk_str_starts(agent, maker))
        return false;
    struct bk_str version = bk_str_slice(agent, maker.len, agent.len);
    struct bk_str model = bk_str_cut(&version, '/');
    if (!bk_str_starts(model, series) || !bk_agent_is_release(version) ||
        !bk_agent_is_model(bk_str_slice(model, series.len, model.len)))
        return false;
    *ret_agent = (struct bk_agent){.model = model, .firmware = version};
    return true;
}

/* "ALE M3-CE 2.11.01.1604 3c28a620089e" */
bool alcatel_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return bk_agent_match_plain(agent, BK_STR("ALE"), ret_agent) ||
           match_ip_touch(agent, ret_agent);
}
