/*
 * What a Gigaset asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/gigaset/gigaset.h"

/* --- paths ----------------------------------------------------------------------------------- */

/* Cut "42/" and "42/2/" from the front: what an N510 puts before its names. False: another folder.
 */
static bool cut_folders(struct bk_str *path)
{
    for (int i = 0; i < 2; i++) {
        ptrdiff_t slash = bk_str_find(*path, '/');
        if (slash < 0)
            return true;
        struct bk_str folder = bk_str_slice(*path, 0, (size_t)slash);
        if (!bk_is_digits(folder) || folder.len > 3)
            return false;
        *path = bk_str_slice(*path, (size_t)slash + 1, path->len);
    }
    return bk_str_find(*path, '/') < 0;
}

/* "fw262.bin" */
static bool is_firmware(struct bk_str name)
{
    const struct bk_str begin = BK_STR("fw"), end = BK_STR(".bin");
    return bk_str_starts(name, begin) && bk_str_ends(name, end) && name.len > begin.len + end.len &&
           name.len <= 24 && bk_is_digits(bk_str_slice(name, begin.len, name.len - end.len));
}

bool gigaset_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str xml = BK_STR(".xml");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    struct bk_str name = path;
    if (path.len > 64 || !cut_folders(&name))
        return false;
    bool is_in_folder = name.len < path.len;
    if (bk_str_ends(name, xml) &&
        bk_mac_parse_bare(bk_str_slice(name, 0, name.len - xml.len), &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else if (!is_in_folder && bk_str_eq(name, BK_STR("provisioning.xml"))) {
        match.kind = BK_FILE_COMMON;
    } else if (is_in_folder && (bk_str_eq(name, BK_STR("master.bin")) || is_firmware(name))) {
        match.kind = BK_FILE_FIRMWARE;
    } else {
        return false;
    }
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* Letters, digits and blanks inside: "N510 IP PRO". */
static bool is_model(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_edge = i == 0 || i + 1 == text.len;
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (is_edge || c != ' '))
            return false;
    }
    return text.len > 0 && text.len <= 32;
}

/* "42.258.00.000.000", "83.V2.11.0+build.a546b91" */
static bool is_version(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && c != '.' && c != '+' && c != '-')
            return false;
    }
    return text.len > 0 && text.len <= 64 && text.ptr[0] >= '0' && text.ptr[0] <= '9' &&
           bk_str_find(text, '.') > 0;
}

/*
 *   Gigaset N870 IP PRO/83.V2.11.0+build.a546b91;7C2F80E0D605
 *   N510 IP PRO/42.258.00.000.000;7C2F806257D7;Handset=2
 *   Maxwell 3/2.22.7;7C2F80CA21E4
 * The MAC may be missing, and the whole may stand in quotes. Without the maker's word it must read
 * like one of its products.
 */
bool gigaset_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("Gigaset ");
    struct bk_agent found = {.has_mac = false};
    if (agent.len > BK_AGENT_BYTES_MAX)
        return false;
    if (agent.len > 2 && agent.ptr[0] == '"' && agent.ptr[agent.len - 1] == '"')
        agent = bk_str_slice(agent, 1, agent.len - 1);
    struct bk_str rest = agent;
    bool has_maker = bk_str_starts(rest, maker);
    if (has_maker)
        rest = bk_str_slice(rest, maker.len, rest.len);
    struct bk_str product = bk_str_cut(&rest, '/');
    found.firmware = bk_str_cut(&rest, ';');
    found.model = product;
    bool is_base = bk_str_starts(product, BK_STR("N")) && bk_str_ends(product, BK_STR(" PRO"));
    bool is_product = is_base || bk_str_starts(product, BK_STR("Maxwell "));
    if ((!has_maker && !is_product) || !is_model(product) || !is_version(found.firmware))
        return false;
    struct bk_str word = bk_str_cut(&rest, ';');
    if (bk_mac_parse_bare(word, &found.mac) == BK_OK) {
        found.has_mac = true;
        word = bk_str_cut(&rest, ';');
    }
    if (word.len > 0 && !bk_str_starts(word, BK_STR("Handset=")))
        return false;
    *ret_agent = found;
    return true;
}
