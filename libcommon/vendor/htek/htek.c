/*
 * Htek desk phones (UC8xx, UC9xx).
 * The driver's face: what it is called and how it is recognised. Facts and their sources:
 * README.md.
 */
#include "vendor/htek/htek.h"
#include "vendor/agent.h"

extern const unsigned char bk_htek_models[]; /* made from models.tsv */

static const char *const ouis[] = {"001fc1", "200a0d", NULL};

/* Besides, a phone fresh from the factory asks for "factory000x.bin". */
static bool match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_mac mac;
    if (bk_str_eq(path, BK_STR("factory000x.bin"))) {
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

/* "Htek UC903 2.0.4.2 00:1f:c1:1c:22:a9" */
static bool match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return bk_agent_match_plain(agent, BK_STR("Htek"), ret_agent);
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
