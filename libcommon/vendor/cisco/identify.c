/*
 * What a Cisco (or Linksys) asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/cisco/cisco.h"

#define VERSION_LEN_MAX 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* --- paths ----------------------------------------------------------------------------------- */

/* Cut one of two suffixes; false: it has neither. */
static bool cut_suffix(struct bk_str *name)
{
    static const struct bk_str suffixes[] = {{".cfg", 4}, {".xml", 4}};
    for (size_t i = 0; i < BK_COUNT(suffixes); i++) {
        if (bk_str_ends(*name, suffixes[i])) {
            name->len -= suffixes[i].len;
            return true;
        }
    }
    return false;
}

/* digits_min digits or more, then up to two letters or digits: "508G", "2102", "525G2". */
static bool is_product(struct bk_str text, size_t digits_min)
{
    size_t at = 0;
    while (at < text.len && is_digit(text.ptr[at]))
        at++;
    if (at < digits_min || at > 5 || text.len > at + 2)
        return false;
    for (; at < text.len; at++) {
        if (!is_letter(text.ptr[at]) && !is_digit(text.ptr[at]))
            return false;
    }
    return true;
}

/*
 * Names by product, the macros of the factory's rules being filled in:
 *   spa508G.cfg    spa$PSN.cfg; ata191.cfg likewise; init.cfg: PAP2T
 *   CP-8841-3PCC   $PN and $PSN of multiplatform phones, .cfg or .xml; one of "CP-" and "-3PCC" may
 *                  be missing: 8841-3PCC, CP-8875
 *   spa-ata.xml    the second file of an ATA19x, which has its MAC in the query
 */
static bool is_common(struct bk_str stem, bool is_cfg)
{
    const struct bk_str mpp = BK_STR("-3PCC"), cp = BK_STR("CP-");
    bool is_mpp = bk_str_ends(stem, mpp), is_cp = bk_str_starts(stem, cp);
    if (is_mpp || is_cp)
        return is_product(bk_str_slice(stem, is_cp ? cp.len : 0, stem.len - (is_mpp ? mpp.len : 0)),
                          4);
    if (!is_cfg)
        return bk_str_eq(stem, BK_STR("spa-ata"));
    if (bk_str_starts(stem, BK_STR("spa")) || bk_str_starts(stem, BK_STR("ata")))
        return is_product(bk_str_slice(stem, 3, stem.len), 3);
    return bk_str_eq(stem, BK_STR("init"));
}

/*
 * What enterprise loads ask for, which Beckon does not serve (form says so): matched, so that the
 * visit tells the admin which software stands on the phone. model_code is CISCO_ENTERPRISE.
 */
static bool match_enterprise(struct bk_str path, struct bk_path_match *ret_match)
{
    static const struct {
        struct bk_str prefix, suffix;
        enum bk_file_kind kind;
    } rows[] = {
        {{"SEP", 3}, {".cnf.xml", 8}, BK_FILE_DEVICE},
        {{"SIP", 3}, {".cnf", 4}, BK_FILE_DEVICE},
        {{"CTLSEP", 6}, {".tlv", 4}, BK_FILE_BINARY},
        {{"ITLSEP", 6}, {".tlv", 4}, BK_FILE_BINARY},
    };
    struct bk_path_match match = {.model_code = BK_STR(CISCO_ENTERPRISE)};
    if (bk_str_eq(path, BK_STR("SIPDefault.cnf")) || bk_str_eq(path, BK_STR("dialplan.xml")))
        match.kind = BK_FILE_COMMON;
    for (size_t i = 0; i < BK_COUNT(rows) && match.kind == BK_FILE_NONE; i++) {
        size_t from = rows[i].prefix.len;
        if (bk_str_starts(path, rows[i].prefix) && path.len == from + 12 + rows[i].suffix.len &&
            bk_str_ends(path, rows[i].suffix) &&
            bk_mac_parse_bare(bk_str_slice(path, from, from + 12), &match.mac) == BK_OK) {
            match.kind = rows[i].kind;
            match.has_mac = true;
        }
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/* <mac>.xml ($MA), the same as .cfg, both also below Cisco/ or behind "spa", as rules often have
 * it; or a name by product. */
bool cisco_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str folder = BK_STR("Cisco/"), spa = BK_STR("spa");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (match_enterprise(path, ret_match))
        return true;
    bool has_folder = bk_str_starts(path, folder), is_cfg = bk_str_ends(path, BK_STR(".cfg"));
    struct bk_str stem = has_folder ? bk_str_slice(path, folder.len, path.len) : path;
    if (!cut_suffix(&stem))
        return false;
    struct bk_str digits = bk_str_starts(stem, spa) ? bk_str_slice(stem, spa.len, stem.len) : stem;
    if (bk_mac_parse_bare(digits, &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else if (!has_folder && is_common(stem, is_cfg)) {
        match.kind = BK_FILE_COMMON;
        match.model_code = stem;
    } else {
        return false;
    }
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

static bool is_version(struct bk_str text)
{
    if (text.len == 0 || text.len > VERSION_LEN_MAX || !is_digit(text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_letter(c) && !is_digit(c) && c != '.' && c != '-' && c != '_' && c != '(' &&
            c != ')')
            return false;
    }
    return true;
}

/*
 * "SPA-942-6.1.5(a)", "ATA191-MPP-11-1-0-MSR4": the version begins behind the first hyphen that
 * a digit follows and, somewhere, precedes.
 */
static bool split_product(struct bk_str text, struct bk_agent *agent)
{
    bool has_digit = false;
    for (size_t i = 0; i + 1 < text.len; i++) {
        has_digit = has_digit || is_digit(text.ptr[i]);
        if (has_digit && text.ptr[i] == '-' && is_digit(text.ptr[i + 1])) {
            agent->model = bk_str_slice(text, 0, i);
            agent->firmware = bk_str_slice(text, i + 1, text.len);
            return true;
        }
    }
    return false;
}

/* "(0002FDFF2103)(CBT141400UK)": the MAC if there is one, and the serial number. */
static bool read_brackets(struct bk_str text, struct bk_agent *agent)
{
    size_t groups = 0;
    while (text.len > 0) {
        ptrdiff_t end = bk_str_find(text, ')');
        if (text.ptr[0] != '(' || end < 0 || ++groups > 2)
            return false;
        struct bk_str group = bk_str_slice(text, 1, (size_t)end);
        if (!bk_agent_is_model(group))
            return false;
        if (groups == 1 && bk_mac_parse_bare(group, &agent->mac) == BK_OK)
            agent->has_mac = true;
        text = bk_str_slice(text, (size_t)end + 1, text.len);
    }
    return groups > 0;
}

/* "11.3.7_00562b043615_…": the MAC, where one stands behind the version. */
static void cut_mac(struct bk_agent *agent)
{
    ptrdiff_t at = bk_str_find(agent->firmware, '_');
    if (at < 0)
        return;
    struct bk_str tail = bk_str_slice(agent->firmware, (size_t)at + 1, agent->firmware.len);
    if (bk_mac_parse_bare(bk_str_cut(&tail, '_'), &agent->mac) != BK_OK)
        return;
    agent->has_mac = true;
    agent->firmware = bk_str_slice(agent->firmware, 0, (size_t)at);
}

/* Sipura became Linksys, Linksys became Cisco. */
static bool read_name(struct bk_str name, struct bk_agent *agent)
{
    static const char *const makers[] = {"Cisco/", "Linksys/", "Sipura/"};
    const struct bk_str mpp = BK_STR("Cisco-");
    for (size_t i = 0; i < BK_COUNT(makers); i++) {
        struct bk_str maker = bk_str_of(makers[i]);
        if (bk_str_starts(name, maker))
            return split_product(bk_str_slice(name, maker.len, name.len), agent);
    }
    if (!bk_str_starts(name, mpp))
        return false;
    agent->firmware = bk_str_slice(name, mpp.len, name.len);
    agent->model = bk_str_cut(&agent->firmware, '/');
    cut_mac(agent);
    return true;
}

static bool match(struct bk_str agent, bool wants_brackets, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found = {0};
    if (!bk_agent_split(agent, &words) || words.count == 0 || words.count > 2 ||
        !read_name(words.words[0], &found))
        return false;
    if (words.count == 2 ? !read_brackets(words.words[1], &found) : wants_brackets)
        return false;
    if (!bk_agent_is_model(found.model) || !is_version(found.firmware))
        return false;
    *ret_agent = found;
    return true;
}

/*
 *   Cisco/SPA508G-7.4.4 (0002FDFF2103)(CBT141400UK)   MAC and serial number
 *   Cisco/SPA525G-7.4.4 (CBT141900G7)                 serial number only
 *   Linksys/SPA-942-6.1.5(a) (88019FA42805)           one of the two
 *   Cisco-CP-8841-3PCC/11.0 (00562b043615)            multiplatform phones
 */
bool cisco_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return match(agent, true, ret_agent);
}

/* The same words, of which those in brackets may be missing (inferred: no sample is known). */
bool cisco_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return match(agent, false, ret_agent);
}
