/*
 * What a Yealink asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/yealink/yealink.h"

/* --- paths ----------------------------------------------------------------------------------- */

static const struct {
    const char *suffix;
    enum bk_file_kind kind;
} device_files[] = {
    {".cfg", BK_FILE_DEVICE},        {".boot", BK_FILE_BOOT},
    {"-local.cfg", BK_FILE_LOCAL},   {"-contact.xml", BK_FILE_DIRECTORY},
    {"-calllog.xml", BK_FILE_CALLS}, {"-boot.log", BK_FILE_LOG},
    {"-sys.log", BK_FILE_LOG},
};

static bool match_model_file(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_str code = bk_str_slice(path, 1, 13), suffix = bk_str_slice(path, 13, path.len);
    if (path.ptr[0] != 'y' || !bk_is_digits(code))
        return false;
    enum bk_file_kind kind = bk_str_eq(suffix, BK_STR(".cfg"))    ? BK_FILE_COMMON
                             : bk_str_eq(suffix, BK_STR(".boot")) ? BK_FILE_BOOT
                                                                  : BK_FILE_NONE;
    if (kind == BK_FILE_NONE)
        return false;
    *ret_match = (struct bk_path_match){.kind = kind, .model_code = code};
    return true;
}

/*
 * The whole grammar: <mac> and one of the above, y and 12 digits .cfg .boot. Anything else, be it a
 * slash, a percent sign or a query, is no file.
 */
bool yealink_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_mac mac;
    if (path.len > 13 && match_model_file(path, ret_match))
        return true;
    if (bk_mac_parse_bare(bk_str_slice(path, 0, 12), &mac) != BK_OK)
        return false;
    struct bk_str suffix = bk_str_slice(path, 12, path.len);
    for (size_t i = 0; i < BK_COUNT(device_files); i++) {
        if (bk_str_eq(suffix, bk_str_of(device_files[i].suffix))) {
            *ret_match =
                (struct bk_path_match){.kind = device_files[i].kind, .has_mac = true, .mac = mac};
            return true;
        }
    }
    return false;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/*
 * Parsed from the right, since only the left end varies:
 *   Yealink SIP-T20P 9.72.0.30 00:15:65:5e:16:7c      the usual form; also "yealink", two blanks,
 *                                                     a bare MAC, no prefix SIP- (CP, W)
 *   Yealink SIP VP-T49G 51.80.0.10 00:15:65:9b:5a:44  prefix as a word of its own
 *   VP530P 23.70.0.40 00:15:65:31:4b:c0               no maker: believed with a Yealink MAC only;
 *                                                     also SIP-T22P …
 *   Yealink-T46G 28.71.0.81 28.1.0.128.0.0.0          hardware version in the place of the MAC
 */
bool yealink_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words agent_words;
    struct bk_agent found = {0};
    if (!bk_agent_split(agent, &agent_words))
        return false;

    const struct bk_str *tokens = agent_words.words;
    size_t count = agent_words.count;
    if (count > 0 && bk_mac_parse(tokens[count - 1], &found.mac) == BK_OK) {
        found.has_mac = true;
        count--;
    } else if (count > 2 && bk_agent_is_version(tokens[count - 1]) &&
               bk_agent_is_version(tokens[count - 2])) {
        count--;
    }
    if (count < 2 || !bk_agent_is_version(tokens[count - 1]))
        return false;
    found.firmware = tokens[--count];

    const struct bk_str maker = BK_STR("yealink"), sip = BK_STR("SIP");
    struct bk_str first = tokens[0];
    if (count == 3 && bk_str_eq_nocase(first, maker) && bk_str_eq(tokens[1], sip)) {
        found.model = tokens[2];
    } else if (count == 2 && bk_str_eq_nocase(first, maker)) {
        found.model = tokens[1];
    } else if (count == 1 && first.len > maker.len && first.ptr[maker.len] == '-' &&
               bk_str_eq_nocase(bk_str_slice(first, 0, maker.len), maker)) {
        found.model = bk_str_slice(first, maker.len + 1, first.len);
    } else if (count == 1 && found.has_mac && bk_vendor_has_oui(&bk_vendor_yealink, &found.mac)) {
        found.model = first;
    } else {
        return false;
    }
    if (bk_str_starts(found.model, BK_STR("SIP-")))
        found.model = bk_str_slice(found.model, 4, found.model.len);
    if (!bk_agent_is_model(found.model))
        return false;
    if (!found.has_mac)
        found.mac = (struct bk_mac){{0}};
    *ret_agent = found;
    return true;
}
