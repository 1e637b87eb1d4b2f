/*
 * Algo SIP speakers, alerters and paging adapters.
 * The driver's face: what it is called, what it keeps for itself.
 * Facts and their sources: README.md.
 */
#include "vendor/algo/algo.h"

extern const unsigned char bk_algo_models[]; /* made from models.tsv */

static const char *const ouis[] = {NULL}; /* not known */

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_ADDRESS "Beckon keeps the address that the device fetches from"
#define USE_NONE "Beckon must keep control of the device; there is no setting for it"

/* Whole families where another member could hand the device to somebody else. */
static const struct bk_reserved reserved[] = {
    {"sip.proxy*", USE_PBX},
    {"sip.obproxy*", USE_PBX},
    {"sip.outbound*", USE_PBX},
    {"sip.registrar*", USE_PBX},
    {"sip.bkproxy*", USE_PBX},
    {"sip.transp*", USE_PBX},
    {"sip.sips*", USE_PBX},
    {"sip.tls*", USE_PBX},
    {"sip.srtp*", USE_PBX},
    {"sip.regexp", "set sip.register_expires_s instead"},
    {"sip.register.*", USE_LINE},
    {"sip.u#*", USE_LINE},
    {"sip.alert#.use", USE_LINE},
    {"sip.alert#.user", USE_LINE},
    {"sip.alert#.auth", USE_LINE},
    {"sip.alert#.pwd", USE_LINE},
    {"sip.alert#.dname", USE_LINE},
    {"sip.interop.checksync*", USE_NONE}, /* else a re-fetch could reboot the device */

    {"prov.sync.time", "set provisioning.window_begin instead"},
    {"prov.sync.endtime", "set provisioning.window_end instead"},
    /* prov.sync.frequency and .wdays have no setting: they may be raw. */
    {"prov.use*", USE_ADDRESS},
    {"prov.server*", USE_ADDRESS},
    {"prov.download*", USE_ADDRESS},
    {"prov.auth*", USE_ADDRESS},
    {"prov.ztp*", USE_ADDRESS},
    {"prov.cert*", USE_ADDRESS},
    {"prov.i*", USE_ADDRESS},

    {"admin.pwd*", "set security.admin_secret instead"},
    {"admin.timezone", "set time.zone instead"},
    {"net.time*", "set time.ntp_servers instead"},
    /* Other ways into the device: its REST and control interfaces, SNMP, the maker's cloud, the web
     * page without TLS, users of it. */
    {"api.*", USE_NONE},
    {"admin.web*", USE_NONE},
    {"admin.sic*", USE_NONE},
    {"admin.security.*", USE_NONE},
    {"admin.teams.*", USE_PBX},
    {"iot.*", USE_NONE},
    {"net.http*", USE_NONE},
    {"net.snmp*", USE_NONE},
    {"net.srv.*", USE_NONE},
    {"system.u#*", USE_NONE},
    {0},
};

static const char *const files[] = {"algom$mac.conf", NULL};

const struct bk_vendor bk_vendor_algo = {
    .name = "algo", /* stored in device.vendor: never rename */
    .title = "Algo",
    .ouis = ouis,
    .models_text = (const char *)bk_algo_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC, /* no Digest: README.md */
    .match_path = algo_match_path,
    .match_agent = algo_match_agent,
    .match_sip_agent = algo_match_agent,
    .form = algo_form,
    .fill = algo_fill,
    .raw_format = &algo_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_COMMON,
};
