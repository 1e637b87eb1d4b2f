/*
 * Poly (Polycom) phones with UC Software: SoundPoint, SoundStation, VVX, CCX, Edge, Trio.
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/poly/poly.h"

extern const unsigned char bk_poly_models[]; /* made from models.tsv */

static const char *const ouis[] = {"0004f2", "00907a", "482567", "64167f", "f04ea4", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_CODECS "set audio.codecs instead"
#define USE_PASSWORD "set security.admin_secret or security.user_secret instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_POLLING "use the provisioning.* settings instead"
#define USE_VERIFY "set security.verify_server instead"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

static const struct bk_reserved reserved[] = {
    {"reg.#.address", USE_LINE},
    {"reg.#.auth.*", USE_LINE},
    {"reg.#.displayname", USE_LINE},
    {"reg.#.label", USE_LINE},
    {"reg.#.linekeys", USE_LINE},
    {"reg.#.type", USE_LINE},
    {"msg.mwi.#.callback*", "set call.voicemail_number instead"},
    {"reg.#.server.*", USE_PBX},
    {"reg.#.outboundproxy.*", USE_PBX},
    {"reg.#.srtp.*", USE_PBX},
    {"sec.srtp.*", USE_PBX},
    {"voipprot.server.*", USE_PBX}, /* of registrations that name none */
    {"voipprot.sip.outboundproxy.*", USE_PBX},
    {"dns.cache.*", USE_PBX}, /* answers in the place of DNS */
    {"device.net.dhcpboot*", USE_ADDRESS},
    {"upgrade.*", "set firmware.url instead"},
    {"sec.uploaddevice.*", USE_NONE},
    {"attendant.resourcelist.*", USE_KEY},
    {"linekey.*", USE_KEY},
    {"voice.codecpref.g711_mu", USE_CODECS},
    {"voice.codecpref.g711_a", USE_CODECS},
    {"voice.codecpref.g722", USE_CODECS},
    {"voice.codecpref.g729_ab", USE_CODECS},
    {"voice.codecpref.opus", USE_CODECS},
    {"voice.codecpref.ilbc.13_33kbps", USE_CODECS},
    {"tcpipapp.sntp.address*", "set time.ntp_servers instead"},
    {"tcpipapp.sntp.gmtoffset*", "set time.zone instead"},
    {"tcpipapp.sntp.daylightsavings.*", "set time.zone instead"},
    {"device.sntp.servername*", "set time.ntp_servers instead"},
    {"device.sntp.gmtoffset*", "set time.zone instead"},
    {"device.set", USE_ADDRESS},
    {"device.prov.*", USE_ADDRESS},
    {"device.dhcp.bootsrv*", USE_ADDRESS},
    {"device.dhcp.option60*", USE_ADDRESS},
    {"device.auth.*", USE_PASSWORD},
    {"sec.pwd.*", USE_PASSWORD},
    {"device.sec.tls.prov.strictcert*", USE_VERIFY},
    {"sec.tls.sip.strictcert*", USE_VERIFY},
    {"device.syslog.servername*", "set log.syslog_server instead"},
    {"call.callwaiting.enable", "set call.waiting instead"},
    {"feature.donotdisturb.enable", "set call.dnd_allowed instead"},
    {"call.directedcallpickup*", "set call.pickup_code instead"},
    {"device.sec.*", USE_NONE}, /* certificates, and whom the phone trusts */
    {"sec.tls.*", USE_NONE},
    {"sec.encryption.*", USE_NONE}, /* it would want its files encrypted */
    {"prov.*", USE_POLLING},
    /* Its web page, who may push to it, other masters: TR-069, the maker's cloud, Lync. */
    {"httpd.*", USE_NONE},
    {"apps.push.*", USE_NONE},
    {"tr069.*", USE_NONE},
    {"device.tr069.*", USE_NONE},
    {"device.feature.*", USE_NONE},
    {"device.baseprofile*", USE_NONE},
    {"feature.tr069*", USE_NONE},
    {"feature.obitalk*", USE_NONE},
    {"feature.lens*", USE_NONE},
    {"feature.da.*", USE_NONE},
    {"voipprot.sip.specialevent.checksync.*", USE_NONE},
    {"voipprot.sip.requestvalidation.*", USE_NONE},
    {"app_file_path*", "set firmware.url instead"},
    {"config_files*", USE_ADDRESS},
    {"misc_files*", USE_ADDRESS},
    {"log_file_directory*", USE_ADDRESS},
    {"overrides_directory*", USE_ADDRESS},
    {"contacts_directory*", USE_ADDRESS},
    {"call_lists_directory*", USE_ADDRESS},
    {"license_directory*", USE_ADDRESS},
    {"corefile_directory*", USE_ADDRESS},
    {"user_profiles_directory*", USE_ADDRESS},
    {0},
};

static const char *const files[] = {"$mac.cfg", "phone$mac.cfg", NULL};

const struct bk_vendor bk_vendor_poly = {
    .name = "poly", /* stored in device.vendor: never rename */
    .title = "Poly",
    .ouis = ouis,
    .models_text = (const char *)bk_poly_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = poly_match_path,
    .match_agent = poly_match_agent,
    .match_sip_agent = poly_match_sip_agent,
    .form = poly_form,
    .fill = poly_fill,
    .raw_format = &poly_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = NULL, /* it restarts only when its files have changed */
    .boot_kinds = 1u << BK_FILE_MASTER,
    .upload_kinds =
        1u << BK_FILE_LOG | 1u << BK_FILE_OVERRIDE | 1u << BK_FILE_DIRECTORY | 1u << BK_FILE_CALLS,
};
