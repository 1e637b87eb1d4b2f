/*
 * Dinstar adapters (DAG2000).
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/dinstar/dinstar.h"

extern const unsigned char bk_dinstar_models[]; /* made from models.tsv */

static const char *const ouis[] = {NULL}; /* none is known */

/* Raw parameters have groups of their own (format.c): of these only the last three are reached. */
static const struct bk_reserved reserved[] = {
    {"provision/*", "Beckon keeps the address that the device fetches from"},
    {"sipserver/*", "change the phone side of the PBX instead"},
    {"sipacc/*", "give the device a line instead"},
    {"ports/*", "give the device a line instead"},
    {"system/ntp/*", "set time.ntp_servers and time.zone instead"},
    {"system/access_ctrl/*", "set security.admin_secret instead"},
    {"syslog/*", "set log.syslog_server instead"},
    {"sippnp/*", "set provisioning.pnp instead"},
    {"media/codec#*", "set audio.codecs instead"},
    {"media/start_rtp_port", "set rtp.port_min instead"},
    {"sip/voicemail", "set call.voicemail_number instead"},
    {0},
};

static const char *const files[] = {"$mac.cfg", NULL}; /* the index has a serial number's name */

const struct bk_vendor bk_vendor_dinstar = {
    .name = "dinstar", /* stored in device.vendor: never rename */
    .title = "Dinstar",
    .ouis = ouis,
    .models_text = (const char *)bk_dinstar_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = dinstar_match_path,
    .match_agent = dinstar_match_agent,
    .match_sip_agent = dinstar_match_agent,
    .form = dinstar_form,
    .fill = dinstar_fill,
    .raw_format = &dinstar_format,
    .files = files,
    .resync_event = NULL, /* unknown */
    .reboot_event = NULL,
    .boot_kinds = 1u << BK_FILE_INDEX,
};
