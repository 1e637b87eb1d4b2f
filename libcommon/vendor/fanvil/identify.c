/*
 * What a Fanvil asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/fanvil/fanvil.h"

#define MODEL_WORD_MAX 3
#define DESCRIPTOR_LEN_MAX 64

/* --- paths ----------------------------------------------------------------------------------- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/*
 * "F0V00X600000", "f0C00580000": F0, letters and digits, four zeros at the end.
 * "f0X3sghw1.100": f0, the model, "hw" and a hardware's version: older phones.
 */
static bool is_common(struct bk_str stem)
{
    if (!bk_str_starts(stem, BK_STR("F0")) && !bk_str_starts(stem, BK_STR("f0")))
        return false;
    ptrdiff_t dot = bk_str_find(stem, '.');
    struct bk_str code = dot < 0 ? stem : bk_str_slice(stem, 0, (size_t)dot);
    for (size_t i = 0; i < code.len; i++) {
        if (!is_plain(code.ptr[i]))
            return false;
    }
    if (dot < 0)
        return code.len >= 10 && code.len <= 14 && bk_str_ends(code, BK_STR("0000"));
    struct bk_str minor = bk_str_slice(stem, code.len + 1, stem.len);
    return code.len >= 6 && code.len <= 14 && bk_is_digits(minor) && minor.len <= 4 &&
           bk_is_digits(bk_str_slice(code, code.len - 1, code.len)) &&
           bk_str_eq(bk_str_slice(code, code.len - 3, code.len - 1), BK_STR("hw"));
}

/* fanvil_<model>_hwv<h>_<l>.txt: what the phone reads to see whether there is newer firmware. */
static bool match_descriptor(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str prefix = BK_STR("fanvil_"), suffix = BK_STR(".txt");
    if (!bk_str_starts(path, prefix) || !bk_str_ends(path, suffix) || path.len > DESCRIPTOR_LEN_MAX)
        return false;
    struct bk_str rest = bk_str_slice(path, prefix.len, path.len - suffix.len);
    ptrdiff_t last = bk_str_find_last(rest, '_');
    if (last < 0 || !bk_is_digits(bk_str_slice(rest, (size_t)last + 1, rest.len)))
        return false;
    rest.len = (size_t)last;
    last = bk_str_find_last(rest, '_');
    struct bk_str hardware = bk_str_slice(rest, last < 0 ? 0 : (size_t)last + 1, rest.len);
    if (last < 1 || !bk_str_starts(hardware, BK_STR("hwv")) ||
        !bk_is_digits(bk_str_slice(hardware, 3, hardware.len)))
        return false;
    struct bk_str model = bk_str_slice(rest, 0, (size_t)last);
    if (!bk_agent_is_model(model))
        return false;
    *ret_match = (struct bk_path_match){.kind = BK_FILE_FIRMWARE, .model_code = model};
    return true;
}

/* <mac>.cfg, also below Fanvil/; a model's common file; a firmware's descriptor. */
bool fanvil_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str folder = BK_STR("Fanvil/"), suffix = BK_STR(".cfg");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (match_descriptor(path, ret_match))
        return true;
    if (!bk_str_ends(path, suffix))
        return false;
    bool has_folder = bk_str_starts(path, folder);
    struct bk_str stem = bk_str_slice(path, has_folder ? folder.len : 0, path.len - suffix.len);
    if (bk_mac_parse_bare(stem, &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    } else if (!has_folder && is_common(stem)) {
        match.kind = BK_FILE_COMMON;
        match.model_code = stem;
    } else {
        return false;
    }
    *ret_match = match;
    return true;
}

/* --- User-Agents ----------------------------------------------------------------------------- */

/* "2.12.15", "2.6.6.187" */
static bool is_version(struct bk_str word)
{
    for (size_t dots = 0;; dots++) {
        bool is_last = bk_str_find(word, '.') < 0;
        if (!bk_is_digits(bk_str_cut(&word, '.')))
            return false;
        if (is_last)
            return dots > 0;
    }
}

/*
 *   Fanvil X4 2.10.2.6887 0c383e07e16c
 *   Fanvil X6U Pro 0.0.10 0c383e2cd782     a model of two words
 *   Fanvil X5U 2.12.15                     SIP: no MAC
 * From the right, since only the model varies.
 */
bool fanvil_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found = {0};
    if (!bk_agent_split(agent, &words) || words.count < 3 ||
        !bk_str_eq(words.words[0], BK_STR("Fanvil")))
        return false;
    size_t count = words.count;
    if (bk_mac_parse(words.words[count - 1], &found.mac) == BK_OK) {
        found.has_mac = true;
        count--;
    }
    if (count < 3 || count > 2 + MODEL_WORD_MAX || !is_version(words.words[count - 1]))
        return false;
    found.firmware = words.words[count - 1];
    for (size_t i = 1; i < count - 1; i++) {
        if (!bk_agent_is_model(words.words[i]))
            return false;
    }
    const struct bk_str last = words.words[count - 2];
    found.model.ptr = words.words[1].ptr; /* as written, with its blanks */
    found.model.len = (size_t)(last.ptr + last.len - found.model.ptr);
    *ret_agent = found;
    return true;
}
