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
#define USE_CODECS "set audio.codecs instead"
#define USE_EXPIRES "set sip.register_expires_s instead"
#define USE_VOICEMAIL "set call.voicemail_number instead"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_PROVISIONING "use the provisioning.* settings instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/* A name may begin with '!' or '^' (README.md); such a name is refused by its form. Families are
 * kept whole, by their beginning. */
static const struct bk_reserved reserved[] = {
    {"sip line# user*", USE_LINE},
    {"sip line# auth*", USE_LINE},
    {"sip line# password*", USE_LINE},
    {"sip line# display name*", USE_LINE},
    {"sip line# screen name*", USE_LINE},
    {"sip line# proxy*", USE_PBX},
    {"sip line# registrar*", USE_PBX},
    {"sip line# backup*", USE_PBX},
    {"sip line# outbound*", USE_PBX},
    {"sip line# transport*", USE_PBX},
    {"sip line# srtp*", USE_PBX},
    {"sip line# registration period", USE_EXPIRES},
    {"sip line# vmail*", USE_VOICEMAIL},
    {"sip line# customized codec*", USE_CODECS},
    {"sip line# use basic codecs", USE_CODECS},
    /* The same without a line are defaults of all lines. */
    {"sip user*", USE_LINE},
    {"sip auth*", USE_LINE},
    {"sip password*", USE_LINE},
    {"sip display name*", USE_LINE},
    {"sip screen name*", USE_LINE},
    {"sip proxy*", USE_PBX},
    {"sip registrar*", USE_PBX},
    {"sip backup*", USE_PBX},
    {"sip outbound*", USE_PBX},
    {"sip transport*", USE_PBX},
    {"sip srtp*", USE_PBX},
    {"sip registration period", USE_EXPIRES},
    {"sip vmail*", USE_VOICEMAIL},
    {"sip customized codec*", USE_CODECS},
    {"sip use basic codecs", USE_CODECS},

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
    {"https validate certificates", "set security.verify_server instead"},
    /* Servers, users and passwords of a fetch, what is checked of a certificate, how it is
     * spoken. */
    {"http *", USE_ADDRESS},
    {"https *", USE_ADDRESS},
    {"tftp *", USE_ADDRESS},
    {"ftp *", USE_ADDRESS},
    {"alternate *", USE_ADDRESS},
    {"use alternate *", USE_ADDRESS},
    {"contact rcs", USE_ADDRESS},
    {"redirect *", USE_ADDRESS},
    {"dhcp config *", USE_ADDRESS}, /* which option names another server */
    {"dhcp userclass", USE_ADDRESS},
    {"options simple discovery", USE_ADDRESS},
    {"encryption *", USE_ADDRESS}, /* a key that our files are not written with */
    {"auto resync *", USE_PROVISIONING},

    {"admin password", "set security.admin_secret instead"},
    {"admin*", USE_NONE},
    {"user password", "set security.user_secret instead"},
    {"user password*", USE_NONE},
    {"options password*", USE_NONE},
    {"web interface*", USE_NONE},
    {"force web*", USE_NONE},
    {"upload system info*", USE_NONE}, /* its files, passwords among them, to another server */
    {"ssh *", USE_NONE},
    {"telnet *", USE_NONE},
    {"tr69*", USE_NONE},
    {"tr069*", USE_NONE},
    {"tr-069*", USE_NONE},
    {"xml application post list", USE_NONE}, /* who may push commands to it */
    {"sips trusted certificates", "set security.ca_url instead"},
    {"sips root*", USE_ADDRESS},
    {"sips local*", USE_ADDRESS},
    {"sips private*", USE_ADDRESS},
    {"sips validate*", USE_ADDRESS},
    {"sips cert*", USE_ADDRESS},
    {"firmware *", USE_FIRMWARE},
    {"upgrade *", USE_FIRMWARE},
    {"time server*", "set time.ntp_servers instead"},
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
