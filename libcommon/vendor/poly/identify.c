/*
 * What a Poly (Polycom) phone asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/poly/poly.h"

/* --- paths ----------------------------------------------------------------------------------- */

/* After the MAC, or after twelve zeros where the phone's own file is missing. */
static const struct {
    const char *suffix;
    enum bk_file_kind kind;
    bool is_shared_too;
} suffixes[] = {
    {".cfg", BK_FILE_MASTER, true},
    {"-license.cfg", BK_FILE_LICENSE, true},
    {"-directory.xml", BK_FILE_DIRECTORY, true},
    {"-phone.cfg", BK_FILE_OVERRIDE, false},
    {"-web.cfg", BK_FILE_OVERRIDE, false},
    {"-calls.xml", BK_FILE_CALLS, false},
    {"-app.log", BK_FILE_LOG, false},
    {"-boot.log", BK_FILE_LOG, false},
    {"-user.cfg", BK_FILE_DEVICE, false},
    {"-registration.cfg", BK_FILE_DEVICE, false},
};

static bool match_suffix(struct bk_str name, struct bk_path_match *ret_match)
{
    struct bk_mac mac;
    struct bk_str head = bk_str_slice(name, 0, 12), tail = bk_str_slice(name, 12, name.len);
    bool is_shared = bk_str_eq(head, BK_STR("000000000000"));
    if (!is_shared && bk_mac_parse_bare(head, &mac) != BK_OK)
        return false;
    for (size_t i = 0; i < BK_COUNT(suffixes); i++) {
        if (!bk_str_eq(tail, bk_str_of(suffixes[i].suffix)))
            continue;
        *ret_match = (struct bk_path_match){.kind = suffixes[i].kind, .has_mac = !is_shared};
        if (!is_shared)
            ret_match->mac = mac;
        return !is_shared || suffixes[i].is_shared_too;
    }
    return false;
}

/* Names that master files give to a phone's own: "phone<mac>.cfg", "VVX600-<mac>.cfg". */
static bool match_named(struct bk_str name, struct bk_path_match *ret_match)
{
    const struct bk_str end = BK_STR(".cfg");
    struct bk_mac mac;
    if (name.len <= 12 + end.len || !bk_str_ends(name, end))
        return false;
    struct bk_str head = bk_str_slice(name, 0, name.len - end.len - 12);
    struct bk_str digits = bk_str_slice(name, head.len, head.len + 12);
    if (bk_mac_parse_bare(digits, &mac) != BK_OK)
        return false;
    bool is_model = head.len > 1 && head.ptr[head.len - 1] == '-' &&
                    bk_agent_is_model(bk_str_slice(head, 0, head.len - 1));
    if (!is_model && !bk_str_eq(head, BK_STR("phone")))
        return false;
    *ret_match = (struct bk_path_match){.kind = BK_FILE_DEVICE, .has_mac = true, .mac = mac};
    return true;
}

/* Small letters, digits, and what joins them; may be nothing. */
static bool is_part(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

/* "sip", or "sip_318": stem and a release. */
static bool is_stem(struct bk_str name, struct bk_str stem)
{
    struct bk_str rest = bk_str_slice(name, stem.len, name.len);
    return bk_str_starts(name, stem) && (rest.len == 0 || (rest.ptr[0] == '_' && is_part(rest)));
}

/*
 * Images: "sip.ld", "sip_59x.ld", "3111-46157-002.sip.ld", the same with "bootrom". What master
 * files of others name: "common.cfg", "sip_318.cfg", "phone1.cfg". Everybody's contacts.
 */
static bool match_common(struct bk_str name, struct bk_path_match *ret_match)
{
    static const struct bk_str images[] = {{"sip", 3}, {"bootrom", 7}};
    static const struct bk_str commons[] = {{"common", 6}, {"sip", 3}, {"phone1", 6}};
    const struct bk_str ld = BK_STR(".ld"), cfg = BK_STR(".cfg");
    enum bk_file_kind kind = BK_FILE_NONE;
    if (bk_str_eq(name, BK_STR("000000000000-directory~.xml"))) {
        kind = BK_FILE_DIRECTORY;
    } else if (bk_str_ends(name, ld)) {
        struct bk_str stem = bk_str_slice(name, 0, name.len - ld.len);
        ptrdiff_t dot = bk_str_find_last(stem, '.');
        struct bk_str image = bk_str_slice(stem, (size_t)(dot + 1), stem.len);
        for (size_t i = 0; i < BK_COUNT(images); i++) {
            if (is_part(stem) && dot != 0 && is_stem(image, images[i]))
                kind = BK_FILE_FIRMWARE;
        }
    } else if (bk_str_ends(name, cfg)) {
        struct bk_str stem = bk_str_slice(name, 0, name.len - cfg.len);
        for (size_t i = 0; i < BK_COUNT(commons); i++) {
            if (is_stem(stem, commons[i]))
                kind = BK_FILE_COMMON;
        }
    }
    if (kind == BK_FILE_NONE)
        return false;
    *ret_match = (struct bk_path_match){.kind = kind};
    return true;
}

/*
 * A master file may name folders, each of one step, for what the phone writes and reads: they are
 * passed over. Anything else, be it a percent sign or two dots, is no file.
 */
bool poly_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    if (path.len > 64)
        return false;
    ptrdiff_t slash = bk_str_find(path, '/');
    if (slash >= 0) {
        struct bk_str folder = bk_str_slice(path, 0, (size_t)slash);
        if (!bk_agent_is_model(folder))
            return false;
        path = bk_str_slice(path, (size_t)slash + 1, path.len);
    }
    return match_suffix(path, ret_match) || match_named(path, ret_match) ||
           match_common(path, ret_match);
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/*
 * "PolycomVVX-VVX_450-UA/5.9.1.0615": family, model, version. The families begin with "Poly"; bars
 * say "G_SERIES". A phone that tells its serial number joins it to the version:
 * "5.5.2.8571_0004f2abcdef".
 */
static bool match_product(struct bk_str word, struct bk_agent *ret_agent)
{
    const struct bk_str mark = BK_STR("-UA/");
    ptrdiff_t slash = bk_str_find(word, '/');
    if (slash < (ptrdiff_t)mark.len || !bk_str_ends(bk_str_slice(word, 0, (size_t)slash + 1), mark))
        return false;
    struct bk_str product = bk_str_slice(word, 0, (size_t)slash - 3);
    struct bk_str version = bk_str_slice(word, (size_t)slash + 1, word.len);
    struct bk_str family = bk_str_cut(&product, '-');
    struct bk_agent found = {.model = product};
    ptrdiff_t joint = bk_str_find_last(version, '_');
    if (joint > 0 && bk_mac_parse_bare(bk_str_slice(version, (size_t)joint + 1, version.len),
                                       &found.mac) == BK_OK) {
        found.has_mac = true;
        version.len = (size_t)joint;
    }
    if (!bk_str_starts(family, BK_STR("Poly")) && !bk_str_eq(family, BK_STR("G_SERIES")))
        return false;
    if (!bk_agent_is_model(product) || version.len == 0 || version.len > 32)
        return false;
    for (size_t i = 0; i < version.len; i++) {
        char c = version.ptr[i];
        if (!((c >= '0' && c <= '9') || (i > 0 && (c == '.' || c == '_'))))
            return false;
    }
    if (!found.has_mac)
        found.mac = (struct bk_mac){{0}};
    found.firmware = version;
    *ret_agent = found;
    return true;
}

/* "(SN:64167f9f4c90)": a serial number that is the MAC, where it is one. */
static bool match_serial(struct bk_str word, struct bk_agent *agent)
{
    const struct bk_str begin = BK_STR("(SN:");
    if (!bk_str_starts(word, begin) || word.ptr[word.len - 1] != ')')
        return false;
    struct bk_str serial = bk_str_slice(word, begin.len, word.len - 1);
    agent->has_mac = bk_mac_parse_bare(serial, &agent->mac) == BK_OK;
    if (!agent->has_mac)
        agent->mac = (struct bk_mac){{0}};
    return serial.len > 0;
}

/*
 *   FileTransport PolyCCX-CCX_500-UA/9.4.1.0508 (SN:64167f9f4c90) Type/Application
 * The last two may be missing. While it starts (Type/Updater) the version is the updater's, not
 * that of the phone.
 */
bool poly_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found;
    size_t at = 2;
    if (!bk_agent_split(agent, &words) || words.count < 2 || words.count > 4 ||
        !bk_str_eq(words.words[0], BK_STR("FileTransport")) ||
        !match_product(words.words[1], &found))
        return false;
    if (at < words.count && match_serial(words.words[at], &found))
        at++;
    if (at < words.count && bk_str_eq(words.words[at], BK_STR("Type/Updater"))) {
        found.firmware = BK_STR_NONE;
        at++;
    } else if (at < words.count && bk_str_eq(words.words[at], BK_STR("Type/Application"))) {
        at++;
    }
    if (at != words.count)
        return false;
    *ret_agent = found;
    return true;
}

bool poly_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found;
    if (!bk_agent_split(agent, &words) || words.count != 1 ||
        !match_product(words.words[0], &found))
        return false;
    *ret_agent = found;
    return true;
}
