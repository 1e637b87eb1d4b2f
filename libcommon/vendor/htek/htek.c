/*
 * Htek desk phones (UC8xx, UC9xx).
 * The driver's face: what it is called and how it is recognised. Facts and their sources:
 * README.md.
 */
#include "vendor/htek/htek.h"
#include "vendor/agent.h"

extern const unsigned char bk_htek_models[]; /* made from models.tsv */

static const char *const ouis[] = {"001fc1", "200a0d", NULL};

/* "factory000x.bin", where the guides write an x for a digit: "factory0010.bin". */
static bool is_factory(struct bk_str path)
{
    const struct bk_str begin = BK_STR("factory"), end = BK_STR(".bin");
    if (!bk_str_starts(path, begin) || !bk_str_ends(path, end) || path.len != 15)
        return false;
    struct bk_str code = bk_str_slice(path, begin.len, path.len - end.len);
    return bk_is_digits(code) || bk_str_eq(code, BK_STR("000x"));
}

static bool match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_mac mac;
    if (is_factory(path)) {
        *ret_match = (struct bk_path_match){.kind = BK_FILE_FIRMWARE};
        return true;
    }
    if (path.len == 16 && bk_str_ends(path, BK_STR(".cfg")) &&
        bk_mac_parse_bare(bk_str_slice(path, 0, 12), &mac) == BK_OK) {
        *ret_match = (struct bk_path_match){.kind = BK_FILE_BINARY, .has_mac = true, .mac = mac};
        return true;
    }
    return hl_match_path(path, ret_match);
}

/* "2.0.4.2", "V2.0.4.4.58", "2.42.6.5.24R" */
static bool is_version(struct bk_str word)
{
    if (bk_str_starts(word, BK_STR("V")))
        word = bk_str_slice(word, 1, word.len);
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && (i == 0 || (c != '.' && !is_letter)))
            return false;
    }
    return word.len > 0 && word.len <= 32 && bk_str_find(word, '.') > 0 &&
           word.ptr[word.len - 1] != '.';
}

/* "Htek UC903 2.0.4.2 00:1f:c1:1c:22:a9"; the MAC may be missing. */
static bool match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    if (!bk_agent_split(agent, &words) || words.count < 3 || words.count > 4 ||
        !bk_str_eq_nocase(words.words[0], BK_STR("Htek")) || !bk_agent_is_model(words.words[1]) ||
        !is_version(words.words[2]))
        return false;
    struct bk_agent found = {.model = words.words[1], .firmware = words.words[2]};
    if (words.count == 4) {
        if (bk_mac_parse(words.words[3], &found.mac) != BK_OK)
            return false;
        found.has_mac = true;
    }
    *ret_agent = found;
    return true;
}

static const struct bk_format *form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &hl_format : NULL;
}

static const char *const files[] = {"cfg$model.xml", "cfg$mac.xml", NULL};

const struct bk_vendor bk_vendor_htek = {
    .name = "htek", /* stored in device.vendor: never rename */
    .title = "Htek",
    .ouis = ouis,
    .models_text = (const char *)bk_htek_models,
    .reserved = hl_reserved,
    .enrol_secrets = 1u << BK_ENROL_URL, /* no parameter is known for user and password */
    .match_path = match_path,
    .match_agent = match_agent,
    .match_sip_agent = match_agent,
    .form = form,
    .fill = hl_fill,
    .raw_format = &hl_format,
    .files = files,
    .resync_event = "resync",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_BINARY | 1u << BK_FILE_DEVICE,
};
