/*
 * Makers that are recognised and not served: their files and User-Agents are told apart from those
 * of the makers that have a driver, in `beckon identify` and in what is written down of a refusal.
 * Facts and their sources: OTHERS.md.
 */
#include "vendor/agent.h"
#include "vendor/vendor.h"

/* --- paths ----------------------------------------------------------------------------------- */

/* <mac> and what follows it. */
static bool match_own(struct bk_str path, struct bk_str suffix, struct bk_path_match *ret_match)
{
    struct bk_path_match match = {.kind = BK_FILE_DEVICE, .has_mac = true};
    if (!bk_str_ends(path, suffix) ||
        bk_mac_parse_bare(bk_str_slice(path, 0, path.len - suffix.len), &match.mac) != BK_OK)
        return false;
    *ret_match = match;
    return true;
}

static bool match_common(struct bk_str path, struct bk_str name, struct bk_path_match *ret_match)
{
    if (!bk_str_eq(path, name))
        return false;
    *ret_match = (struct bk_path_match){.kind = BK_FILE_COMMON};
    return true;
}

/* Akuvox, AudioCodes, Nethesis: <mac>.cfg */
static bool match_mac_cfg(struct bk_str path, struct bk_path_match *ret_match)
{
    return match_own(path, BK_STR(".cfg"), ret_match);
}

/* <mac>_config.xml, 000000000000_config.xml for all */
static bool unify_path(struct bk_str path, struct bk_path_match *ret_match)
{
    return match_common(path, BK_STR("000000000000_config.xml"), ret_match) ||
           match_own(path, BK_STR("_config.xml"), ret_match);
}

/* ipst_config.cfg, ipst_config_01_02_03_04_05_ab.cfg */
static bool zenitel_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str before = BK_STR("ipst_config_"), suffix = BK_STR(".cfg");
    struct bk_path_match match = {.kind = BK_FILE_DEVICE, .has_mac = true};
    if (match_common(path, BK_STR("ipst_config.cfg"), ret_match))
        return true;
    if (!bk_str_starts(path, before) || path.len != before.len + 17 + suffix.len ||
        !bk_str_ends(path, suffix))
        return false;
    char pairs[17]; /* with the separator that MACs are read with */
    for (size_t i = 0; i < sizeof pairs; i++) {
        char c = path.ptr[before.len + i];
        if ((i % 3 == 2) != (c == '_'))
            return false;
        pairs[i] = c == '_' ? ':' : c;
    }
    if (bk_mac_parse((struct bk_str){pairs, sizeof pairs}, &match.mac) != BK_OK)
        return false;
    *ret_match = match;
    return true;
}

/* CP2502.cfg: of a model, CP and four digits */
static bool swissvoice_path(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_str code = bk_str_slice(path, 0, 6);
    if (!bk_str_starts(code, BK_STR("CP")) || code.len != 6 ||
        !bk_is_digits(bk_str_slice(code, 2, 6)) ||
        !bk_str_eq(bk_str_slice(path, 6, path.len), BK_STR(".cfg")))
        return false;
    *ret_match = (struct bk_path_match){.kind = BK_FILE_COMMON, .model_code = code};
    return true;
}

/* ST2030S_<MAC>.txt */
static bool technicolor_path(struct bk_str path, struct bk_path_match *ret_match)
{
    ptrdiff_t line = bk_str_find(path, '_');
    if (line < 1 || !bk_agent_is_model(bk_str_slice(path, 0, (size_t)line)))
        return false;
    return match_own(bk_str_slice(path, (size_t)line + 1, path.len), BK_STR(".txt"), ret_match);
}

/* VCS754_<mac>.cfg, pb<mac>/directory.xml */
static bool vtech_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str book = BK_STR("pb");
    ptrdiff_t line = bk_str_find(path, '_');
    if (bk_str_starts(path, book) &&
        match_own(bk_str_slice(path, book.len, path.len), BK_STR("/directory.xml"), ret_match)) {
        ret_match->kind = BK_FILE_DIRECTORY;
        return true;
    }
    return line >= 1 && bk_agent_is_model(bk_str_slice(path, 0, (size_t)line)) &&
           match_own(bk_str_slice(path, (size_t)line + 1, path.len), BK_STR(".cfg"), ret_match);
}

static bool no_path(struct bk_str path, struct bk_path_match *ret_match)
{
    (void)path;
    (void)ret_match;
    return false;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

static bool no_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    (void)agent;
    (void)ret_agent;
    return false;
}

static bool akuvox_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return bk_agent_match_plain(agent, BK_STR("Akuvox"), ret_agent);
}

static bool nethesis_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return bk_agent_match_plain(agent, BK_STR("Nethesis"), ret_agent);
}

/* "2.2.8.61", "1.2.1_build_6" */
static bool is_audiocodes_version(struct bk_str text)
{
    bool has_dot = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (c < '0' || c > '9') && c != '.' && c != '_')
            return false;
        has_dot = has_dot || c == '.';
    }
    return has_dot && text.len <= 32;
}

/* What follows prefix; empty: it does not begin so. */
static struct bk_str after(struct bk_str text, struct bk_str prefix)
{
    return bk_str_starts(text, prefix) ? bk_str_slice(text, prefix.len, text.len) : BK_STR_NONE;
}

/* "440HDG-Rev0": the revision is no part of the model. */
static struct bk_str without_revision(struct bk_str model)
{
    ptrdiff_t hyphen = bk_str_find_last(model, '-');
    if (hyphen < 1)
        return model;
    struct bk_str number = after(bk_str_slice(model, (size_t)hyphen + 1, model.len), BK_STR("Rev"));
    return bk_is_digits(number) ? bk_str_slice(model, 0, (size_t)hyphen) : model;
}

/* "AUDC-IPPhone/2.2.8.61 (440HDG-Rev0; 00908F602AAC)" */
static bool audiocodes_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    if (!bk_agent_split(agent, &words) || words.count != 3)
        return false;
    struct bk_agent found = {.has_mac = true};
    found.firmware = after(words.words[0], BK_STR("AUDC-IPPhone/"));
    struct bk_str model = after(words.words[1], BK_STR("(")), mac = words.words[2];
    if (!is_audiocodes_version(found.firmware) || !bk_str_ends(model, BK_STR(";")) ||
        !bk_str_ends(mac, BK_STR(")")) ||
        bk_mac_parse(bk_str_slice(mac, 0, mac.len - 1), &found.mac) != BK_OK)
        return false;
    found.model = without_revision(bk_str_slice(model, 0, model.len - 1));
    if (!bk_agent_is_model(found.model))
        return false;
    *ret_agent = found;
    return true;
}

/* The same, or the version alone. */
static bool audiocodes_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_str version = after(agent, BK_STR("AUDC-IPPhone/"));
    if (!is_audiocodes_version(version))
        return audiocodes_agent(agent, ret_agent);
    *ret_agent = (struct bk_agent){.firmware = version};
    return true;
}

/* "THOMSON ST2030 hw5 fw2.72 00-14-7F-E1-47-B3" */
static bool technicolor_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    if (!bk_agent_split(agent, &words) || words.count != 5 ||
        !bk_str_eq_nocase(words.words[0], BK_STR("Thomson")) ||
        !bk_str_starts(words.words[2], BK_STR("hw")))
        return false;
    struct bk_agent found = {.has_mac = true, .model = words.words[1]};
    found.firmware = after(words.words[3], BK_STR("fw"));
    if (!bk_agent_is_model(found.model) || !bk_agent_is_release(found.firmware) ||
        bk_mac_parse(words.words[4], &found.mac) != BK_OK)
        return false;
    *ret_agent = found;
    return true;
}

/* "6.2", and "6.T" of another branch */
static bool is_patton_release(struct bk_str text)
{
    struct bk_str branch = text, major = bk_str_cut(&branch, '.');
    return bk_agent_is_release(text) || (bk_is_digits(major) && bk_agent_is_model(branch));
}

/*
 * "SmartNode (Model:SN4112/JS/EUI; Serial:00A0BA08933C; Software Version:R6.2 2012-09-11 H323 SIP
 * FXS FXO; Hardware Version:4.4)": the serial is the MAC.
 */
static bool patton_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    if (agent.len > BK_AGENT_BYTES_MAX)
        return false;
    struct bk_agent found = {.has_mac = true};
    struct bk_str rest = after(agent, BK_STR("SmartNode (Model:"));
    struct bk_str product = bk_str_cut(&rest, ';');
    struct bk_str serial = after(bk_str_cut(&rest, ';'), BK_STR(" Serial:"));
    struct bk_str software = after(bk_str_cut(&rest, ';'), BK_STR(" Software Version:R"));
    found.model = bk_str_cut(&product, '/');
    found.firmware = bk_str_cut(&software, ' ');
    if (!bk_agent_is_model(found.model) || !is_patton_release(found.firmware) ||
        bk_mac_parse_bare(serial, &found.mac) != BK_OK)
        return false;
    *ret_agent = found;
    return true;
}

/* --- the makers ------------------------------------------------------------------------------ */

/* A member without a name here is NULL: no driver. */
#define MAKER(id, text, path, http, sip, ...) \
    extern const struct bk_vendor bk_vendor_##id; \
    static const char *const id##_ouis[] = {__VA_ARGS__}; \
    const struct bk_vendor bk_vendor_##id = {.name = #id, \
                                             .title = text, \
                                             .ouis = id##_ouis, \
                                             .match_path = path, \
                                             .match_agent = http, \
                                             .match_sip_agent = sip};

MAKER(akuvox, "Akuvox", match_mac_cfg, akuvox_agent, akuvox_agent, "0c1105", "9c7514", NULL)
MAKER(audiocodes, "AudioCodes", match_mac_cfg, audiocodes_agent, audiocodes_sip_agent, "00908f",
      NULL)
MAKER(nethesis, "Nethesis", match_mac_cfg, nethesis_agent, nethesis_agent, "e0e656", NULL)
MAKER(patton, "Patton", no_path, patton_agent, no_agent, "00a0ba", NULL)
MAKER(technicolor, "Technicolor", technicolor_path, technicolor_agent, no_agent, "00147f", "0018f6",
      "001f9f", NULL)
MAKER(unify, "Unify", unify_path, no_agent, no_agent, NULL)
MAKER(vtech, "VTech", vtech_path, no_agent, no_agent, NULL)
MAKER(zenitel, "Zenitel", zenitel_path, no_agent, no_agent, NULL)
MAKER(swissvoice, "Swissvoice", swissvoice_path, no_agent, no_agent, NULL)
