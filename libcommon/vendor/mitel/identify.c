/*
 * What a Mitel (or Aastra) asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/mitel/mitel.h"

#define FILE_MODEL_LEN_MAX 8

/* --- paths ----------------------------------------------------------------------------------- */

/*
 * "6867i", "6930", "9480iCT", "57i": two to four digits and a few letters. The series begin with
 * 5, 6 and 9; that keeps Avaya's 1220.cfg apart.
 */
static bool is_file_model(struct bk_str text)
{
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (digits < 2 || digits > 4 || text.len > FILE_MODEL_LEN_MAX ||
        (text.ptr[0] != '5' && text.ptr[0] != '6' && text.ptr[0] != '9'))
        return false;
    for (size_t i = digits; i < text.len; i++) {
        char lower = (char)(text.ptr[i] | 0x20);
        if (lower < 'a' || lower > 'z')
            return false;
    }
    return digits == 4 || text.len > digits;
}

static const struct {
    const char *suffix;
    enum bk_file_kind own, shared; /* with a MAC, and without */
} endings[] = {
    {".cfg", BK_FILE_DEVICE, BK_FILE_COMMON},
    {".tuz", BK_FILE_ENCRYPTED, BK_FILE_COMMON_ENCRYPTED},
    {".st", BK_FILE_NONE, BK_FILE_FIRMWARE},
};

static bool match_stem(struct bk_str stem, size_t ending, struct bk_path_match *ret_match)
{
    struct bk_path_match match = {.kind = endings[ending].own, .has_mac = true};
    const struct bk_str minet = BK_STR("MN_");
    bool is_minet = ending == 0 && bk_str_starts(stem, minet);
    if (is_minet)
        stem = bk_str_slice(stem, minet.len, stem.len);
    if (bk_mac_parse_bare(stem, &match.mac) != BK_OK) {
        match = (struct bk_path_match){.kind = endings[ending].shared};
        if (is_minet) {
            if (!bk_str_eq(stem, BK_STR("Generic")))
                return false;
        } else if (is_file_model(stem)) {
            match.model_code = stem;
        } else if (match.kind == BK_FILE_FIRMWARE ||
                   (!bk_str_eq(stem, BK_STR("startup")) && !bk_str_eq(stem, BK_STR("aastra")))) {
            return false;
        }
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/*
 * The whole grammar: startup, aastra, <model> and <MAC>, each .cfg or .tuz (encrypted);
 * <model>.st; MN_Generic.cfg and MN_<MAC>.cfg of the 5300 series. The phones write the MAC in
 * capitals; either case is taken.
 */
bool mitel_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    for (size_t i = 0; i < BK_COUNT(endings); i++) {
        struct bk_str suffix = bk_str_of(endings[i].suffix);
        if (bk_str_ends(path, suffix))
            return match_stem(bk_str_slice(path, 0, path.len - suffix.len), i, ret_match);
    }
    return false;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* "Aastra6731i", "Mitel6940": what follows the maker; empty: neither. */
static struct bk_str after_maker(struct bk_str word)
{
    static const char *const makers[] = {"Aastra", "Mitel"};
    for (size_t i = 0; i < BK_COUNT(makers); i++) {
        struct bk_str maker = bk_str_of(makers[i]);
        if (bk_str_starts(word, maker))
            return bk_str_slice(word, maker.len, word.len);
    }
    return BK_STR_NONE;
}

/* "V:6.4.0.4006-SIP" */
static struct bk_str version_of(struct bk_str word)
{
    const struct bk_str before = BK_STR("V:"), after = BK_STR("-SIP");
    if (!bk_str_starts(word, before) || !bk_str_ends(word, after))
        return BK_STR_NONE;
    struct bk_str version = bk_str_slice(word, before.len, word.len - after.len);
    return bk_agent_is_version(version) ? version : BK_STR_NONE;
}

/* "Mitel6940 MAC:14-00-E9-29-4C-6B V:6.4.0.4006-SIP", nothing else. */
bool mitel_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    const struct bk_str mac = BK_STR("MAC:");
    if (!bk_agent_split(agent, &words) || words.count != 3 || !bk_str_starts(words.words[1], mac))
        return false;
    struct bk_agent found = {.model = after_maker(words.words[0]),
                             .firmware = version_of(words.words[2]),
                             .has_mac = true};
    if (!bk_agent_is_model(found.model) || found.firmware.len == 0 ||
        bk_mac_parse(bk_str_slice(words.words[1], mac.len, words.words[1].len), &found.mac) !=
            BK_OK)
        return false;
    *ret_agent = found;
    return true;
}

/* "Mitel-6920-SIP/6.4.0.140", "Aastra 6757i/3.2.2.56"; other programs may follow: " MxSF/v3.6" */
bool mitel_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    if (agent.len > BK_AGENT_BYTES_MAX)
        return false;
    struct bk_str version = agent, model = after_maker(bk_str_cut(&version, '/'));
    version = bk_str_cut(&version, ' ');
    if (model.len < 2 || (model.ptr[0] != '-' && model.ptr[0] != ' ') ||
        !bk_agent_is_version(version))
        return false;
    model = bk_str_slice(model, 1, model.len);
    if (bk_str_ends(model, BK_STR("-SIP")))
        model = bk_str_slice(model, 0, model.len - 4);
    if (!bk_agent_is_model(model))
        return false;
    *ret_agent = (struct bk_agent){.model = model, .firmware = version};
    return true;
}
