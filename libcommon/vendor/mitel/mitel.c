/*
 * Mitel and Aastra desk phones: 6700i, 6800i and 6900 series. The 5300 series is recognised only.
 * The driver's face: what it is called, what it keeps for itself.
 * Facts and their sources: README.md.
 */
#include "vendor/mitel/mitel.h"

extern const unsigned char bk_mitel_models[]; /* made from models.tsv */

static const char *const ouis[] = {"00085d", "1400e9", "08000f", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_PROVISIONING "use the provisioning.* settings instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"

/* A name may begin with '!' or '^' (README.md); such a name is refused by its form. */
static const struct bk_reserved reserved[] = {
    {"sip line# user name", USE_LINE},
    {"sip line# auth name", USE_LINE},
    {"sip line# password", USE_LINE},
    {"sip line# display name", USE_LINE},
    {"sip line# screen name*", USE_LINE},
    {"sip line# proxy *", USE_PBX},
    {"sip line# registrar *", USE_PBX},
    {"sip line# backup *", USE_PBX},
    {"sip line# outbound proxy*", USE_PBX},
    {"sip line# srtp mode", USE_PBX},
    {"sip line# registration period", "set sip.register_expires_s instead"},
    {"sip line# vmail", "set call.voicemail_number instead"},
    /* The same without a line are defaults of all lines. */
    {"sip user name", USE_LINE},
    {"sip auth name", USE_LINE},
    {"sip password", USE_LINE},
    {"sip display name", USE_LINE},
    {"sip screen name*", USE_LINE},
    {"sip proxy *", USE_PBX},
    {"sip registrar *", USE_PBX},
    {"sip backup *", USE_PBX},
    {"sip outbound proxy*", USE_PBX},
    {"sip srtp mode", USE_PBX},
    {"sip transport protocol", USE_PBX},
    {"sip registration period", "set sip.register_expires_s instead"},
    {"sip vmail", "set call.voicemail_number instead"},
    {"sip customized codec", "set audio.codecs instead"},
    {"sip use basic codecs", "set audio.codecs instead"},

    {"prgkey# type", USE_KEY},
    {"prgkey# value", USE_KEY},
    {"prgkey# label", USE_KEY},
    {"prgkey# line", USE_KEY},
    {"topsoftkey# type", USE_KEY},
    {"topsoftkey# value", USE_KEY},
    {"topsoftkey# label", USE_KEY},
    {"topsoftkey# line", USE_KEY},
    {"softkey# type", USE_KEY},
    {"softkey# value", USE_KEY},
    {"softkey# label", USE_KEY},
    {"softkey# line", USE_KEY},
    {"expmod# key# type", USE_KEY},
    {"expmod# key# value", USE_KEY},
    {"expmod# key# label", USE_KEY},
    {"expmod# key# line", USE_KEY},

    {"download protocol", USE_ADDRESS},
    {"http server", USE_ADDRESS},
    {"http path", USE_ADDRESS},
    {"http port", USE_ADDRESS},
    {"http username", USE_ADDRESS},
    {"http password", USE_ADDRESS},
    {"https server", USE_ADDRESS},
    {"https path", USE_ADDRESS},
    {"https port", USE_ADDRESS},
    {"https username", USE_ADDRESS},
    {"https password", USE_ADDRESS},
    {"tftp *", USE_ADDRESS},
    {"ftp *", USE_ADDRESS},
    {"alternate tftp*", USE_ADDRESS},
    {"contact rcs", USE_ADDRESS},
    {"auto resync *", USE_PROVISIONING},

    {"admin password", "set security.admin_secret instead"},
    {"user password", "set security.user_secret instead"},
    {"https validate *", "set security.verify_server instead"},
    {"sips trusted certificates", "set security.ca_url instead"},
    {"sips root and intermediate certificates", USE_ADDRESS},
    {"sips local certificate", USE_ADDRESS},
    {"sips private key", USE_ADDRESS},
    {"firmware server", "set firmware.url instead"},
    {"upgrade uri", "set firmware.url instead"},
    {"time server#", "set time.ntp_servers instead"},
    {"time server disabled", "set time.ntp_servers instead"},
    {0},
};

static const char *const files[] = {"startup.cfg", "$mac.cfg", NULL};

const struct bk_vendor bk_vendor_mitel = {
    .name = "mitel", /* stored in device.vendor: never rename */
    .title = "Mitel",
    .ouis = ouis,
    .models_text = (const char *)bk_mitel_models,
    .reserved = reserved,
    /* No parameter for the password of a fetch is known. */
    .enrol_secrets = 1u << BK_ENROL_URL,
    .match_path = mitel_match_path,
    .match_agent = mitel_match_agent,
    .match_sip_agent = mitel_match_sip_agent,
    .form = mitel_form,
    .fill = mitel_fill,
    .raw_format = &mitel_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_COMMON,
};
