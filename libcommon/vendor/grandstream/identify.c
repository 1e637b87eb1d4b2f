/*
 * What a Grandstream asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/grandstream/grandstream.h"

#define FILE_MODEL_LEN_MAX 16

/* --- paths ----------------------------------------------------------------------------------- */

/* "grp2614": as in the name of a common file, in small letters; a letter first. */
static bool is_file_model(struct bk_str text)
{
    if (text.len < 2 || text.len > FILE_MODEL_LEN_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_letter = text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
        if (!is_letter && (i == 0 || text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    return true;
}

/*
 * The whole grammar: cfg<mac>, cfg<mac>.bin, cfg<mac>.xml, cfg<model>.xml, cfg.xml, phonebook.xml,
 * gs_phonebook.xml, and <model>fw.bin, an image.
 *
 * The first two are the maker's own binary, which is never served; they are matched all the same,
 * since they are what a phone asks for first: so a request for another phone's is seen for what it
 * is, and the visit marks a boot.
 */
bool grandstream_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str xml = BK_STR(".xml"), image = BK_STR("fw.bin");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    struct bk_str rest = bk_str_slice(path, 3, path.len);
    if (bk_str_eq(path, BK_STR("phonebook.xml")) || bk_str_eq(path, BK_STR("gs_phonebook.xml"))) {
        match.kind = BK_FILE_DIRECTORY;
    } else if (bk_str_ends(path, image)) {
        match.model_code = bk_str_slice(path, 0, path.len - image.len);
        if (is_file_model(match.model_code))
            match.kind = BK_FILE_FIRMWARE;
    } else if (!bk_str_starts(path, BK_STR("cfg"))) {
        return false;
    } else if (bk_mac_parse_bare(bk_str_slice(rest, 0, 12), &match.mac) == BK_OK) {
        struct bk_str suffix = bk_str_slice(rest, 12, rest.len);
        if (bk_str_eq(suffix, xml))
            match.kind = BK_FILE_DEVICE;
        else if (suffix.len == 0 || bk_str_eq(suffix, BK_STR(".bin")))
            match.kind = BK_FILE_BINARY;
        match.has_mac = true;
    } else if (bk_str_ends(rest, xml)) {
        match.model_code = bk_str_slice(rest, 0, rest.len - xml.len);
        if (match.model_code.len == 0 || is_file_model(match.model_code))
            match.kind = BK_FILE_COMMON;
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

static bool has_word(const struct bk_agent_words *agent, size_t at, const char *word)
{
    return at < agent->count && bk_str_eq(agent->words[at], bk_str_of(word));
}

/* "(gxp2000e.bin:1.2.5.3/boot55e.bin:1.1.6.9)": the program's version, not that of the boot. */
static struct bk_str program_version(struct bk_str word)
{
    if (!bk_str_starts(word, BK_STR("(")) || !bk_str_ends(word, BK_STR(")")))
        return BK_STR_NONE;
    (void)bk_str_cut(&word, ':');
    struct bk_str version = bk_str_cut(&word, '/');
    return bk_agent_is_version(version) ? version : BK_STR_NONE;
}

/*
 *   Grandstream Model HW GXP2200 V2.2A SW 1.0.1.33 DevId 000b82462d97    V and the hardware's
 *                                                      version may be missing; one blank or two
 *   Grandstream GXP2000 (gxp2000e.bin:1.2.5.3/boot55e.bin:1.1.6.9) DevId 000b822726c8    the oldest
 * The MAC is bare, with a GRP2601W in pairs with colons.
 */
bool grandstream_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found = {.has_mac = true};
    if (!bk_agent_split(agent, &words) || !has_word(&words, 0, "Grandstream"))
        return false;
    size_t at = 1;
    if (has_word(&words, 1, "Model") && has_word(&words, 2, "HW") && words.count > 5) {
        found.model = words.words[3];
        at = has_word(&words, 4, "SW") ? 4 : 5;
        if (at == 5 && words.words[4].ptr[0] != 'V')
            return false;
        if (!has_word(&words, at, "SW") || at + 1 >= words.count ||
            !bk_agent_is_version(words.words[at + 1]))
            return false;
        found.firmware = words.words[at + 1];
        at += 2;
    } else if (words.count > 2) {
        found.model = words.words[1];
        found.firmware = program_version(words.words[2]);
        at = 3;
    }
    if (found.firmware.len == 0 || !bk_agent_is_model(found.model))
        return false;
    if (words.count != at + 2 || !has_word(&words, at, "DevId") ||
        bk_mac_parse(words.words[at + 1], &found.mac) != BK_OK)
        return false;
    *ret_agent = found;
    return true;
}

/* The hardware's word or words, if they stand at *at: "V1.1B", "(HW 2.0, Ch:4)". */
static void skip_hardware(const struct bk_agent_words *words, size_t *at)
{
    struct bk_str word = *at < words->count ? words->words[*at] : BK_STR_NONE;
    if (bk_str_starts(word, BK_STR("V"))) {
        (*at)++;
        return;
    }
    if (!bk_str_starts(word, BK_STR("(")))
        return;
    while (*at < words->count && !bk_str_ends(words->words[*at], BK_STR(")")))
        (*at)++;
    (*at)++;
}

/*
 *   Grandstream GXP2170 1.0.11.74
 *   Grandstream HT-502  V1.1B 1.0.16.2 chip V2.2      older adapters
 *   Grandstream GXW-4104 (HW 2.0, Ch:4) 1.3.4.10      gateways
 * No MAC.
 */
bool grandstream_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    size_t at = 2;
    if (!bk_agent_split(agent, &words) || !has_word(&words, 0, "Grandstream") || words.count < 3 ||
        !bk_agent_is_model(words.words[1]))
        return false;
    skip_hardware(&words, &at);
    if (at >= words.count || !bk_agent_is_version(words.words[at]))
        return false;
    bool is_end =
        words.count == at + 1 || (words.count == at + 3 && has_word(&words, at + 1, "chip"));
    if (!is_end)
        return false;
    *ret_agent = (struct bk_agent){.model = words.words[1], .firmware = words.words[at]};
    return true;
}
