/*
 * Flyingvoice FIP and P series: a part of Yealink's dialect, written by that driver's own
 * functions. What of it is known to be understood: README.md.
 */
#include "vendor/flyingvoice/flyingvoice.h"

#include "vendor/yealink/yealink.h"

extern const unsigned char bk_flyingvoice_models[]; /* made from models.tsv */

static const char *const ouis[] = {"0021f2", "789912", NULL};

/* The boot file's lines are not known to be understood: without it the phone asks for the others.
 */
static const struct bk_format *form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &yealink_format : NULL;
}

static void fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    yealink_fill_address(sheet, file);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    /* 0: a NOTIFY reboots only when it says so, as Yealink's. */
    bk_put_word(sheet, BK_STR("sip.notify_reboot_enable"), "0");
    yealink_fill_provisioning(sheet, file);
    flyingvoice_fill_settings(sheet, file->phone->settings);
    yealink_fill_accounts(sheet, file);
    yealink_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}

static const char *const files[] = {"y000000000000.cfg", "$mac.cfg", NULL};

const struct bk_vendor bk_vendor_flyingvoice = {
    .name = "flyingvoice", /* stored in device.vendor: never rename */
    .title = "Flyingvoice",
    .ouis = ouis,
    .models_text = (const char *)bk_flyingvoice_models,
    .reserved = yealink_reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC, /* Basic: inferred (README.md) */
    .match_path = flyingvoice_match_path,
    .match_agent = flyingvoice_match_agent,
    .match_sip_agent = flyingvoice_match_agent, /* that of REGISTER is not known */
    .form = form,
    .fill = fill,
    .raw_format = &yealink_format,
    .files = files,
    .resync_event = "check-sync", /* inferred from the dialect */
    .reboot_event = NULL,         /* not known */
    .boot_kinds = 1u << BK_FILE_BOOT | 1u << BK_FILE_COMMON,
};
