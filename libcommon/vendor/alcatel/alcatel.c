/*
 * Alcatel-Lucent Enterprise phones in SIP mode: Myriad M3, M5, M7, H3 and 8008 to 8078s. The old
 * IP Touch is recognised only.
 * The driver's face: what it is called, what it keeps for itself.
 * Facts and their sources: README.md.
 */
#include "vendor/alcatel/alcatel.h"

extern const unsigned char bk_alcatel_models[]; /* made from models.tsv */

static const char *const ouis[] = {"3c28a6", "487a55", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"
#define USE_ADMIN "set security.admin_secret or security.user_secret instead"

/* Families are kept whole, by their beginning. */
static const struct bk_reserved reserved[] = {
    {"account#enable", USE_LINE},
    {"account#user*", USE_LINE},
    {"account#auth*", USE_LINE},
    {"account#regname", USE_LINE},
    {"account#password*", USE_LINE},
    {"account#displayname", USE_LINE},
    {"account#label", USE_LINE},
    {"account#server#expire", "set sip.register_expires_s instead"},
    {"account#server#*", USE_PBX},
    {"account#register*", USE_PBX},
    {"account#transport*", USE_PBX},
    {"account#usetls*", USE_PBX},
    {"account#outboundproxy*", USE_PBX},
    {"account#srtp*", USE_PBX},
    {"account#audiocodec", "set audio.codecs instead"},
    {"account#vmnumber", "set call.voicemail_number instead"},
    /* The 8028s-GE has accounts of other names, which are not written. */
    {"sipserver#*", USE_PBX},
    {"sipgroup#*", USE_LINE},
    {"sipregister*", USE_PBX},

    {"programkey#type", USE_KEY},
    {"programkey#account", USE_KEY},
    {"programkey#label", USE_KEY},
    {"programkey#value", USE_KEY},
    {"programkey#number", USE_KEY},
    {"programkey#extension", USE_KEY},
    {"aom#programkey#type", USE_KEY},
    {"aom#programkey#account", USE_KEY},
    {"aom#programkey#label", USE_KEY},
    {"aom#programkey#value", USE_KEY},
    {"aom#programkey#number", USE_KEY},
    {"aom#programkey#extension", USE_KEY},

    {"deviceprovisionpnpenable", "set provisioning.pnp instead"},
    {"deviceprovisiondhcpenable", "set provisioning.dhcp instead"},
    {"deviceprovisionpollingbyintervalenable", "set provisioning.interval_min instead"},
    {"deviceprovision*", USE_ADDRESS}, /* servers, files, users, times, its own configuration */
    {"localenetcfgdmurl", USE_ADDRESS},
    {"edsenetcfg*", USE_ADDRESS},
    {"dmenetcfg*", USE_ADDRESS},
    {"deviceredirect*", USE_ADDRESS},
    {"deviceeds*", USE_ADDRESS},
    {"devicecloud*", USE_ADDRESS},
    {"localadmcfgrunmode", USE_NONE}, /* else it is a phone of its maker's own PBX */
    {"sipapprunmode", USE_NONE},
    {"devicesecurityadminname", USE_ADMIN},
    {"devicesecurityadminpwd", USE_ADMIN},
    {"devicesecurityuserpwd", USE_ADMIN},
    {"devicesecurity*", USE_NONE}, /* more passwords, the key of encrypted files, SSH */
    {"deviceuseraccess*", USE_NONE},
    {"devicenetworkhttp*", USE_NONE}, /* its web page */
    {"devicenetworklanvlan*", "set net.vlan_id instead"},
    {"devicenetworkpcvlan*", "set net.pc_vlan_id instead"},
    {"settingsntpserver", "set time.ntp_servers instead"},
    {"devicebackup*", USE_NONE}, /* sends what the phone holds to another server */
    {"devicelogupload*", USE_NONE},
    {"webuserpasswd", USE_ADMIN},
    {"dmadminpasswd", USE_ADMIN},
    {"tr069*", USE_NONE},
    {"devicetr069*", USE_NONE},
    {"cwmp*", USE_NONE},
    {"devicecwmp*", USE_NONE},
    {"devicefirmware*", "set firmware.url instead"},
    {"deviceautoupgrade*", "set firmware.url instead"},
    {0},
};

static const char *const files[] = {"config.$model.xml", "config.$mac.xml", NULL};

const struct bk_vendor bk_vendor_alcatel = {
    .name = "alcatel", /* stored in device.vendor: never rename */
    .title = "Alcatel-Lucent Enterprise",
    .ouis = ouis,
    .models_text = (const char *)bk_alcatel_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC, /* Basic: inferred (README.md) */
    .match_path = alcatel_match_path,
    .match_agent = alcatel_match_agent,
    .match_sip_agent = alcatel_match_agent, /* that of REGISTER is not known */
    .form = alcatel_form,
    .fill = alcatel_fill,
    .raw_format = &alcatel_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = NULL, /* not known */
    .boot_kinds = 1u << BK_FILE_COMMON,
};
