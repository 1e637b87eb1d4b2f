/*
 * What a Snom asks for and what it says of itself.
 */
#include <string.h>

#include "vendor/agent.h"
#include "vendor/snom/snom.h"

/* --- paths ----------------------------------------------------------------------------------- */

static bool cut_suffix(struct bk_str *name)
{
    static const struct bk_str suffixes[] = {{".htm", 4}, {".xml", 4}};
    for (size_t i = 0; i < BK_COUNT(suffixes); i++) {
        if (bk_str_ends(*name, suffixes[i])) {
            name->len -= suffixes[i].len;
            return true;
        }
    }
    return false;
}

/* Letters and digits: "D785", "710", "M900", "PA1". */
static bool is_model(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return text.len > 0 && text.len <= 16;
}

/*
 *   snom<model>            common        <MAC>             device, in either case
 *   snom<model>-<MAC>      device        snom<model>-firmware   firmware
 *   gui_lang, web_lang     language      snom-general      common (DECT)
 * each .htm or .xml, but languages and the general file, which are .xml.
 */
bool snom_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str maker = BK_STR("snom");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    struct bk_str stem = path;
    bool is_xml = bk_str_ends(path, BK_STR(".xml"));
    if (path.len > 64 || !cut_suffix(&stem))
        return false;
    if (bk_mac_parse_bare(stem, &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else if (is_xml &&
               (bk_str_eq(stem, BK_STR("gui_lang")) || bk_str_eq(stem, BK_STR("web_lang")))) {
        match.kind = BK_FILE_LANGUAGE;
    } else if (is_xml && bk_str_eq(stem, BK_STR("snom-general"))) {
        match.kind = BK_FILE_COMMON;
    } else if (bk_str_starts(stem, maker)) {
        struct bk_str rest = bk_str_slice(stem, maker.len, stem.len);
        bool has_dash = bk_str_find(rest, '-') >= 0;
        match.model_code = bk_str_cut(&rest, '-');
        if (!is_model(match.model_code))
            return false;
        if (!has_dash)
            match.kind = BK_FILE_COMMON;
        else if (bk_str_eq(rest, BK_STR("firmware")))
            match.kind = BK_FILE_FIRMWARE;
        else if (bk_mac_parse_bare(rest, &match.mac) == BK_OK)
            match =
                (struct bk_path_match){.kind = BK_FILE_DEVICE, .has_mac = true, .mac = match.mac};
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* The last word of twelve digits is the MAC: what stands before it has blanks and brackets. */
static void find_mac(struct bk_str rest, struct bk_agent *agent)
{
    while (rest.len > 0) {
        struct bk_mac mac;
        if (bk_mac_parse_bare(bk_str_cut(&rest, ' '), &mac) == BK_OK) {
            agent->has_mac = true;
            agent->mac = mac;
        }
    }
}

/* "10.1.33.33", "6.5.20" */
static bool is_version(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') || (i > 0 && text.ptr[i] == '.')))
            return false;
    }
    return text.len > 0 && text.len <= 32;
}

/*
 *   Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 … 000413922D24 SXM:0 UXM:0)
 *   Mozilla/4.0 (compatible; snom320-SIP 6.5.20; snom320 jffs2 v3.36; …)
 *   Mozilla/4.0 (compatible; Snom M900 05.20.0001 000413b60680)      DECT bases
 *   Mozilla/4.0 (compatible; snom lid 3605)                          before 6.5: says nothing
 */
bool snom_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str begin = BK_STR("Mozilla/4.0 (compatible; "), sip = BK_STR("-SIP");
    struct bk_agent found = {.has_mac = false};
    if (agent.len > BK_AGENT_BYTES_MAX || !bk_str_starts(agent, begin) ||
        !bk_str_ends(agent, BK_STR(")")))
        return false;
    struct bk_str rest = bk_str_slice(agent, begin.len, agent.len - 1);
    if (bk_str_eq(rest, BK_STR("snom lid 3605"))) {
        *ret_agent = found;
        return true;
    }
    struct bk_str word = bk_str_cut(&rest, ' ');
    if (bk_str_starts(word, BK_STR("snom")) && bk_str_ends(word, sip))
        found.model = bk_str_slice(word, 4, word.len - sip.len);
    else if (bk_str_eq(word, BK_STR("Snom")))
        found.model = bk_str_cut(&rest, ' ');
    found.firmware = bk_str_cut(&rest, ' ');
    if (bk_str_ends(found.firmware, BK_STR(";")))
        found.firmware.len--;
    if (!is_model(found.model) || !is_version(found.firmware))
        return false;
    find_mac(rest, &found);
    *ret_agent = found;
    return true;
}

/*
 *   snomPA1/8.7.3.19
 *   Snom-m700/03.55.0013 (MAC=000413aabbcc; HW=1)      DECT bases: maker apart, a remark behind
 */
bool snom_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("snom"), begin = BK_STR("(MAC=");
    struct bk_str remark = agent;
    struct bk_str product = bk_str_cut(&remark, '/');
    if (agent.len > BK_AGENT_BYTES_MAX || product.len > 32 ||
        !bk_str_eq_nocase(bk_str_slice(product, 0, maker.len), maker))
        return false;
    size_t at = maker.len;
    if (at < product.len && (product.ptr[at] == '-' || product.ptr[at] == ' '))
        at++;
    struct bk_agent found = {.model = bk_str_slice(product, at, product.len)};
    found.firmware = bk_str_cut(&remark, ' ');
    if (!is_model(found.model) || !is_version(found.firmware) ||
        (remark.len > 0 &&
         !(bk_str_starts(remark, BK_STR("(")) && bk_str_ends(remark, BK_STR(")")))))
        return false;
    if (bk_str_starts(remark, begin) &&
        bk_mac_parse_bare(bk_str_slice(remark, begin.len, begin.len + 12), &found.mac) == BK_OK)
        found.has_mac = true;
    else
        found.mac = (struct bk_mac){{0}};
    *ret_agent = found;
    return true;
}
