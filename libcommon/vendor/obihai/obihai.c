/*
 * Obihai, later Poly OBi: adapters (OBi1xx to OBi5xx), phones (OBi10xx), VVX in their OBi Edition.
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/obihai/obihai.h"

extern const unsigned char bk_obihai_models[]; /* made from models.tsv */

static const char *const ouis[] = {"9cadef", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_ADDRESS "Beckon keeps the address that the device fetches from"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_VLAN "set net.vlan_id and net.vlan_priority instead"
#define USE_NONE "Beckon must keep control of the device; there is no setting for it"

static const struct bk_reserved reserved[] = {
    {"voiceservice.#.voiceprofile.#.line.#.sip.authusername", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.sip.authpassword", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.sip.uri", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.enable", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.x_servprovprofile", USE_PBX},
    {"voiceservice.#.voiceprofile.#.line.#.x_displaylabel", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.x_displaynumber", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.x_acceptresync", USE_NONE},
    {"voiceservice.#.voiceprofile.#.line.#.callingfeatures.calleridname", USE_LINE},
    {"voiceservice.#.voiceprofile.#.line.#.callingfeatures.x_checkvoicemailnumber",
     "set call.voicemail_number instead"},
    {"voiceservice.#.voiceprofile.#.sip.proxyserver*", USE_PBX},
    {"voiceservice.#.voiceprofile.#.sip.registrarserver*", USE_PBX},
    {"voiceservice.#.voiceprofile.#.sip.useragentdomain", USE_PBX},
    {"voiceservice.#.voiceprofile.#.sip.outboundproxy*", USE_PBX},
    {"voiceservice.#.voiceprofile.#.sip.x_outboundproxytransport", USE_PBX},
    {"voiceservice.#.voiceprofile.#.sip.registrationperiod", "set sip.register_expires_s instead"},
    {"voiceservice.#.voiceprofile.#.sip.registerexpires", "set sip.register_expires_s instead"},
    {"voiceservice.#.voiceprofile.#.sip.dscpmark", "set net.dscp_sip instead"},
    {"voiceservice.#.voiceprofile.#.rtp.localport*", "set rtp.port_min and rtp.port_max instead"},
    {"voiceservice.#.voiceprofile.#.rtp.dscpmark", "set net.dscp_rtp instead"},
    {"voiceservice.#.voiceprofile.#.x_featurecode.directedcallpickup",
     "set call.pickup_code instead"},
    {"voiceservice.#.phone.linekey.#.*", USE_KEY},
    {"voiceservice.#.phone.callingfeatures.callwaitingenable", "set call.waiting instead"},
    {"voiceservice.#.phone.callingfeatures.autoanswerenable", "set call.auto_answer instead"},
    {"deviceinfo.time.ntpserver#", "set time.ntp_servers instead"},
    {"deviceinfo.wan.vlanenable", USE_VLAN},
    {"deviceinfo.wan.vlanid", USE_VLAN},
    {"deviceinfo.wan.vlanpriority", USE_VLAN},
    {"x_pcportvlan.enable", "set net.pc_vlan_id instead"},
    {"x_pcportvlan.vlanid", "set net.pc_vlan_id instead"},
    {"deviceinfo.wan.lldp-med", "set net.lldp instead"},
    {"x_devicemanagement.syslog.server", "set log.syslog_server instead"},
    {"x_devicemanagement.itspprovisioning.*", USE_ADDRESS},
    {"x_devicemanagement.itspcustomizationupdate*", USE_ADDRESS},
    {"x_devicemanagement.provisioning.*", USE_ADDRESS},
    {"x_devicemanagement.httpclient.*", USE_ADDRESS}, /* a proxy, and who it says it is */
    {"x_localdnsrec.*", USE_ADDRESS},                 /* answers in the place of DNS */
    {"x_devicemanagement.firmwareupdate.*", USE_FIRMWARE},
    /* Whom the device trusts, and as whom it is trusted. */
    {"x_devicemanagement.platformcacert.*", USE_NONE},
    {"x_devicemanagement.customdevicecert.*", USE_NONE},
    {"x_devicemanagement.tlsplatformprofile.*", USE_NONE},
    /* Its web page with its passwords; what it listens to; macros, which stand for any other
     * value; reports to whoever is named; other masters. */
    {"x_devicemanagement.webserver.*", USE_NONE},
    {"x_devicemanagement.x_rpcapd.*", USE_NONE},
    {"x_devicemanagement.x_remotepcap.*", USE_NONE},
    {"x_devicemanagement.x_userdefinedmacro.*", USE_NONE},
    {"x_devicemanagement.syslog.reporting*", USE_NONE},
    {"x_devicemanagement.tr#*", USE_NONE},
    {"managementserver.*", USE_NONE},
    {"systeminfo.x_enable*", USE_NONE},
    {0},
};

static const char *const files[] = {"$MAC.xml", NULL};

const struct bk_vendor bk_vendor_obihai = {
    .name = "obihai", /* stored in device.vendor: never rename */
    .title = "Obihai",
    .ouis = ouis,
    .models_text = (const char *)bk_obihai_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = obihai_match_path,
    .match_agent = obihai_match_agent,
    .match_sip_agent = obihai_match_sip_agent,
    .form = obihai_form,
    .fill = obihai_fill,
    .raw_format = &obihai_format,
    .files = files,
    .resync_event = "resync", /* it reboots, then fetches */
    .reboot_event = "resync",
    .boot_kinds = 1u << BK_FILE_DEVICE,
};
