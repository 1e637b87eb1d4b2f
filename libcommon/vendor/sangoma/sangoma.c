/*
 * Sangoma's S-series, which Htek builds, and the P- and D-series, which were Digium's. The model
 * says which language a phone takes, and each has names of files of its own. Facts and their
 * sources: README.md.
 */
#include "vendor/sangoma/sangoma.h"
#include "vendor/agent.h"
#include "vendor/format/xml.h"
#include "vendor/htek/htek.h"

extern const unsigned char bk_sangoma_models[]; /* made from models.tsv */

/* Htek's own is among them: the S-series comes with either. */
static const char *const ouis[] = {"005058", "000fd3", "001fc1", NULL};

/* What P and D ask for: "<mac>.cfg", "<mac>.xml", "000000000000.cfg", and what those name. */
static bool match_digium(struct bk_str path, struct bk_path_match *ret_match)
{
    static const struct {
        const char *suffix;
        enum bk_file_kind kind;
    } suffixes[] = {
        {".cfg", BK_FILE_MASTER},
        {".xml", BK_FILE_MASTER},
        {"-contacts.xml", BK_FILE_DIRECTORY},
        {"-contacts.cfg", BK_FILE_DIRECTORY},
        {"-smartblf.cfg", BK_FILE_DIRECTORY}, /* which contacts stand on keys */
        {"-smartblf.xml", BK_FILE_DIRECTORY},
    };
    const struct bk_str folder = BK_STR("Digium/"), zeros = BK_STR("000000000000");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (bk_str_starts(path, folder))
        path = bk_str_slice(path, folder.len, path.len);
    size_t len = path.len > 17 && bk_str_find(path, ':') == 2 ? 17 : 12; /* with colons */
    struct bk_str head = bk_str_slice(path, 0, len), tail = bk_str_slice(path, len, path.len);
    bool is_shared = bk_str_eq(head, zeros);
    if (!is_shared && bk_mac_parse(head, &match.mac) != BK_OK)
        return false;
    for (size_t i = 0; i < BK_COUNT(suffixes); i++) {
        if (bk_str_eq(tail, bk_str_of(suffixes[i].suffix)))
            match.kind = suffixes[i].kind;
    }
    match.has_mac = !is_shared;
    if (match.kind == BK_FILE_NONE || (is_shared && !bk_str_eq(tail, BK_STR(".cfg"))))
        return false;
    *ret_match = match;
    return true;
}

static bool match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    return hl_match_path(path, ret_match) || match_digium(path, ret_match);
}

/* "4_27_8", "2_0_4" */
static bool is_digium_version(struct bk_str word)
{
    size_t lines = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '_')
            lines++;
        else if (word.ptr[i] < '0' || word.ptr[i] > '9')
            return false;
    }
    return word.len > 0 && word.len <= 32 && lines > 0;
}

/*
 *   Sangoma S500 V2.0.4.67              S-series: the V belongs to the version
 *   Sangoma P330 4_27_8 000FD3D0B030    P; the MAC may be missing
 *   Digium D65 2_9_19                   D
 */
static bool match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    struct bk_agent found = {.has_mac = false};
    if (!bk_agent_split(agent, &words) || words.count < 3 || words.count > 4)
        return false;
    if (!bk_str_eq_nocase(words.words[0], BK_STR("Sangoma")) &&
        !bk_str_eq_nocase(words.words[0], BK_STR("Digium")))
        return false;
    struct bk_str version = words.words[2], digits = version;
    if (bk_str_starts(digits, BK_STR("V")))
        digits = bk_str_slice(digits, 1, digits.len);
    if (!bk_agent_is_model(words.words[1]) ||
        (!bk_agent_is_release(digits) && !is_digium_version(version)))
        return false;
    if (words.count == 4 && bk_mac_parse(words.words[3], &found.mac) != BK_OK)
        return false;
    found.has_mac = words.count == 4;
    found.model = words.words[1];
    found.firmware = version;
    *ret_agent = found;
    return true;
}

/* The MAC is the SIP User-Agent's own: no other maker tells it there, and nobody asks for it. */
static bool match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    if (!match_agent(agent, ret_agent))
        return false;
    ret_agent->has_mac = false;
    ret_agent->mac = (struct bk_mac){{0}};
    return true;
}

/* Of either language: the raw parameters of a tenant are for all of its Sangoma phones. */
static bool is_name(struct bk_str name)
{
    return hl_is_name(name) || digium_is_name(name);
}

#define NAME_RULE \
    "a parameter of the S-series is P and a number of one to five digits without leading zeros; " \
    "one of the P- and D-series has 2 to 128 small letters, digits and underscores, two letters " \
    "first"

static const struct bk_format s_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = NAME_RULE,
    .check_value = bk_xml_check_value,
    .begin = hl_begin,
    .end = hl_end,
    .put = bk_xml_put_element,
};

static const struct bk_format digium_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = NAME_RULE,
    .check_value = bk_xml_check_value,
    .begin = digium_begin,
    .end = digium_end,
    .put = digium_put,
};

/* A P or D cannot be told where to fetch from, so it has no bootstrap. Of a phone of unknown model
 * it is not known that it is one. */
static const struct bk_format *form(const struct bk_file *file)
{
    const struct bk_file_request *request = &file->request;
    if (bk_model_has_trait(file->model, BK_STR("digium"))) {
        bool is_own = request->kind == BK_FILE_MASTER && request->has_mac;
        return is_own && !file->phone->is_bootstrap ? &digium_format : NULL;
    }
    bool is_served = request->kind == BK_FILE_COMMON || request->kind == BK_FILE_DEVICE;
    return is_served ? &s_format : NULL;
}

/* Raw parameters that only the other language has. */
static void tell_foreign_raws(struct bk_sheet *sheet, const struct bk_phone *phone,
                              bool (*is_own)(struct bk_str name))
{
    for (size_t i = 0; i < phone->raw_count; i++) {
        const struct bk_raw *raw = &phone->raws[i];
        if (is_own(raw->name) || bk_is_reserved(&bk_vendor_sangoma, raw->name))
            continue;
        sheet->origin = (struct bk_origin){.kind = BK_ORIGIN_RAW, .layer = raw->layer};
        bk_put_lost(sheet, raw->name);
    }
    bk_from_driver(sheet);
}

static void fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const enum bk_file_kind kind = file->request.kind;
    if (kind == BK_FILE_MASTER) {
        digium_fill(sheet, file);
        tell_foreign_raws(sheet, file->phone, digium_is_name);
        return;
    }
    hl_fill(sheet, file);
    if (kind == BK_FILE_DEVICE && !file->phone->is_bootstrap)
        tell_foreign_raws(sheet, file->phone, hl_is_name);
}

/* A P may ask for "$mac.xml" instead, which is the same. */
static const char *const files[] = {"cfg$model.xml", "cfg$mac.xml", "$mac.cfg", NULL};

const struct bk_vendor bk_vendor_sangoma = {
    .name = "sangoma", /* stored in device.vendor: never rename */
    .title = "Sangoma",
    .ouis = ouis,
    .models_text = (const char *)bk_sangoma_models,
    .reserved = hl_reserved,
    .enrol_secrets = 1u << BK_ENROL_URL,
    .match_path = match_path,
    .match_agent = match_agent,
    .match_sip_agent = match_sip_agent,
    .form = form,
    .fill = fill,
    .raw_format = &s_format,
    .files = files,
    .resync_event = "resync",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds =
        1u << BK_FILE_COMMON | 1u << BK_FILE_BINARY | 1u << BK_FILE_DEVICE | 1u << BK_FILE_MASTER,
};
