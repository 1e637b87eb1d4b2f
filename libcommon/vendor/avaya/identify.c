/*
 * What an Avaya asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/avaya/avaya.h"

#define UPGRADE_LEN_MAX 24

/* --- paths ----------------------------------------------------------------------------------- */

/* "1220" and its like: 12, a digit, 0. */
static bool is_1200(struct bk_str text)
{
    return text.len == 4 && bk_str_starts(text, BK_STR("12")) && bk_is_digits(text) &&
           text.ptr[3] == '0';
}

/*
 * The whole grammar: J100Supgrade.txt and other series' <letters and digits>upgrade.txt,
 * 46xxsettings.txt, <mac>.txt and <mac>.cfg; of the 1200 series 1220.cfg, 1220SIP.cfg and
 * SIP<MAC>.cfg. A MAC is taken in either case.
 */
bool avaya_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str text = BK_STR(".txt"), cfg = BK_STR(".cfg"), sip = BK_STR("SIP");
    const struct bk_str upgrade = BK_STR("upgrade.txt");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    bool is_cfg = bk_str_ends(path, cfg);
    if (path.len < 8 || (!is_cfg && !bk_str_ends(path, text)))
        return false;
    struct bk_str stem = bk_str_slice(path, 0, path.len - 4);
    bool is_sip = is_cfg && bk_str_starts(stem, sip);
    struct bk_str mac = is_sip ? bk_str_slice(stem, sip.len, stem.len) : stem;
    if (bk_mac_parse_bare(mac, &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else if (bk_str_eq(path, BK_STR("46xxsettings.txt"))) {
        match.kind = BK_FILE_MASTER; /* it names the phone's own */
    } else if (is_cfg && is_1200(bk_str_slice(stem, 0, 4)) &&
               (stem.len == 4 || bk_str_eq(bk_str_slice(stem, 4, stem.len), sip))) {
        match.kind = BK_FILE_COMMON;
        match.model_code = bk_str_slice(stem, 0, 4);
    } else if (bk_str_ends(path, upgrade) && path.len <= UPGRADE_LEN_MAX &&
               bk_agent_is_model(bk_str_slice(path, 0, path.len - upgrade.len))) {
        match.kind = BK_FILE_FIRMWARE;
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* "J179-4.1.3.0.6", then "(MAC:c81fea83e85a)" */
static bool match_j100(struct bk_str product, struct bk_str address, struct bk_agent *ret_agent)
{
    const struct bk_str before = BK_STR("(MAC:");
    ptrdiff_t hyphen = bk_str_find_last(product, '-');
    struct bk_agent found = {.has_mac = true};
    if (hyphen < 1 || !bk_str_starts(address, before) || !bk_str_ends(address, BK_STR(")")))
        return false;
    found.model = bk_str_slice(product, 0, (size_t)hyphen);
    found.firmware = bk_str_slice(product, (size_t)hyphen + 1, product.len);
    if (!bk_agent_is_model(found.model) || !bk_agent_is_release(found.firmware) ||
        bk_mac_parse(bk_str_slice(address, before.len, address.len - 1), &found.mac) != BK_OK)
        return false;
    *ret_agent = found;
    return true;
}

/* "SIP12x0", one byte of any value, "/04.00.04.00": no MAC. */
static bool match_1200(struct bk_str product, struct bk_agent *ret_agent)
{
    const struct bk_str model = BK_STR("SIP12x0");
    struct bk_str version = product, name = bk_str_cut(&version, '/');
    if (!bk_str_starts(name, model) || name.len > model.len + 1 || !bk_agent_is_version(version))
        return false;
    *ret_agent = (struct bk_agent){.model = bk_str_slice(name, 0, model.len), .firmware = version};
    return true;
}

/*
 *   Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e85a)
 *   AVAYA/SIP12x0\x14/04.00.04.00
 */
bool avaya_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("AVAYA/");
    struct bk_agent_words words;
    if (!bk_agent_split(agent, &words) || words.count == 0)
        return false;
    struct bk_str last = words.words[words.count - 1];
    if (words.count == 1 && bk_str_starts(last, maker))
        return match_1200(bk_str_slice(last, maker.len, last.len), ret_agent);
    if (words.count < 2)
        return false;
    struct bk_str product = words.words[words.count - 2];
    return bk_str_starts(product, maker) &&
           match_j100(bk_str_slice(product, maker.len, product.len), last, ret_agent);
}
