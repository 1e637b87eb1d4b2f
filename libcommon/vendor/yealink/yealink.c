/*
 * Yealink desk phones (SIP-T…), conference phones (CP…), DECT bases (W…) and Wi-Fi phones (AX…).
 * The driver's face: what it is called, what it keeps for itself.
 * Facts and their sources: README.md.
 */
#include "vendor/yealink/yealink.h"

extern const unsigned char bk_yealink_models[]; /* made from models.tsv */

static const char *const ouis[] = {
    "001565", "805ec0", "805e0c", "249ad8", "e434d7", "3497d7", "44dbd2",
    "644f56", "b061a9", "c4fc22", "ec1da9", "f01653", NULL,
};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_PROVISIONING "use the provisioning.* settings instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/*
 * Names without "static." are those of firmware before V80; a phone may still take them. Whole
 * families are reserved where another member could hand the phone to a foreign server.
 */
const struct bk_reserved yealink_reserved[] = {
    {"account.#.enable", USE_LINE},
    {"account.#.label", USE_LINE},
    {"account.#.display_name", USE_LINE},
    {"account.#.auth_name", USE_LINE},
    {"account.#.user_name", USE_LINE},
    {"account.#.password", USE_LINE},
    {"account.#.shared_line", USE_LINE},
    {"account.#.sip_server.*", USE_PBX},
    {"account.#.sip_server_host*", USE_PBX},
    {"account.#.sip_server_port*", USE_PBX},
    {"account.#.transport", USE_PBX},
    {"account.#.expires", "set sip.register_expires_s instead"},
    {"account.#.outbound_proxy*", USE_PBX},
    {"account.#.outbound_host*", USE_PBX},
    {"account.#.outbound_port*", USE_PBX},
    {"account.#.backup_outbound*", USE_PBX},
    {"account.#.srtp_encryption", USE_PBX},
    {"account.#.codec.pcmu.*", "set audio.codecs instead"},
    {"account.#.codec.pcma.*", "set audio.codecs instead"},
    {"account.#.codec.g722.*", "set audio.codecs instead"},
    {"account.#.codec.g729.*", "set audio.codecs instead"},
    {"account.#.codec.opus.enable", "set audio.codecs instead"},
    {"account.#.codec.opus.priority", "set audio.codecs instead"},
    {"account.#.codec.ilbc_13_33kbps.*", "set audio.codecs instead"},
    {"account.#.codec.g726_32.*", "set audio.codecs instead"},
    {"account.#.dtmf.type", "set audio.dtmf_mode instead"},
    {"account.#.auto_answer", "set call.auto_answer instead"},
    {"voice_mail.number.#", "set call.voicemail_number instead"},

    {"linekey.#.type", USE_KEY},
    {"linekey.#.line", USE_KEY},
    {"linekey.#.value", USE_KEY},
    {"linekey.#.label", USE_KEY},
    {"linekey.#.extension", USE_KEY},
    {"programablekey.#.type", USE_KEY},
    {"programablekey.#.line", USE_KEY},
    {"programablekey.#.value", USE_KEY},
    {"programablekey.#.label", USE_KEY},
    {"programablekey.#.extension", USE_KEY},
    {"expansion_module.#.key.#.type", USE_KEY},
    {"expansion_module.#.key.#.line", USE_KEY},
    {"expansion_module.#.key.#.value", USE_KEY},
    {"expansion_module.#.key.#.label", USE_KEY},
    {"expansion_module.#.key.#.extension", USE_KEY},

    {"static.auto_provision.server.*", USE_ADDRESS},
    {"auto_provision.server.*", USE_ADDRESS},
    {"static.auto_provision.*", USE_PROVISIONING},
    {"auto_provision.*", USE_PROVISIONING},
    {"static.autoprovision.*", USE_ADDRESS},
    {"autoprovision.*", USE_ADDRESS},
    {"static.zero_touch.*", USE_ADDRESS},
    {"zero_touch.*", USE_ADDRESS},
    {"static.configuration.url", USE_ADDRESS},
    {"configuration.url", USE_ADDRESS},
    {"static.custom_mac_cfg.url", USE_ADDRESS},
    {"custom_mac_cfg.url", USE_ADDRESS},
    {"static.custom_factory_configuration.*", USE_ADDRESS},
    {"custom_factory_configuration.*", USE_ADDRESS},
    {"static.managementserver.*", USE_NONE},
    {"managementserver.*", USE_NONE},
    {"dm.*", USE_NONE},
    {"static.dm.*", USE_NONE},

    {"static.security.user_name.*", "set security.admin_secret or security.user_secret instead"},
    {"security.user_name.*", "set security.admin_secret or security.user_secret instead"},
    {"static.security.user_password", "set security.admin_secret or security.user_secret instead"},
    {"security.user_password", "set security.admin_secret or security.user_secret instead"},
    {"static.security.trust_certificates", "set security.verify_server instead"},
    {"security.trust_certificates", "set security.verify_server instead"},
    {"static.security.ca_cert", "set security.ca_url instead"},
    {"security.ca_cert", "set security.ca_url instead"},
    {"static.trusted_certificates.*", "set security.ca_url instead"},
    {"trusted_certificates.*", "set security.ca_url instead"},
    /* The phone proves who it is with its built-in certificate. */
    {"static.security.dev_cert", USE_NONE},
    {"security.dev_cert", USE_NONE},
    {"static.server_certificates.*", USE_NONE},
    {"server_certificates.*", USE_NONE},
    {"static.wui.http_enable", "set security.web_ui instead"},
    {"wui.http_enable", "set security.web_ui instead"},
    {"static.wui.https_enable", "set security.web_ui instead"},
    {"wui.https_enable", "set security.web_ui instead"},

    {"static.firmware.url", "set firmware.url instead"},
    {"firmware.url", "set firmware.url instead"},
    {"sip.notify_reboot_enable", USE_NONE},
    {"sip.listen_port", "set sip.local_port instead"},
    {"static.network.port.min_rtpport", "set rtp.port_min instead"},
    {"network.port.min_rtpport", "set rtp.port_min instead"},
    {"static.network.port.max_rtpport", "set rtp.port_max instead"},
    {"network.port.max_rtpport", "set rtp.port_max instead"},
    {"static.network.vlan.internet_port_*", "set net.vlan_id and net.vlan_priority instead"},
    {"network.vlan.internet_port_*", "set net.vlan_id and net.vlan_priority instead"},
    {"static.network.lldp.enable", "set net.lldp instead"},
    {"network.lldp.enable", "set net.lldp instead"},
    {"static.network.qos.signaltos", "set net.dscp_sip instead"},
    {"network.qos.signaltos", "set net.dscp_sip instead"},
    {"static.network.qos.audiotos", "set net.dscp_rtp instead"},
    {"network.qos.audiotos", "set net.dscp_rtp instead"},
    {"local_time.ntp_server#", "set time.ntp_servers instead"},
    {"local_time.time_zone", "set time.zone instead"},
    {"local_time.time_zone_name", "set time.zone instead"},
    {"local_time.summer_time", "set time.zone instead"},
    {"local_time.time_format", "set time.format instead"},
    {"local_time.date_format", "set time.date_format instead"},
    {"lang.gui", "set ui.language instead"},
    {"lang.wui", "set ui.language instead"},
    {"voice.tone.country", "set ui.tone_country instead"},
    {"phone_setting.backlight_time", "set ui.backlight_s instead"},
    {"call_waiting.enable", "set call.waiting instead"},
    {"features.pickup.direct_pickup_enable", "set call.pickup_code instead"},
    {"features.pickup.direct_pickup_code", "set call.pickup_code instead"},
    {"static.syslog.enable", "set log.syslog_server instead"},
    {"static.syslog.server", "set log.syslog_server instead"},
    {"static.syslog.server_port", "set log.syslog_server instead"},
    {"syslog.server", "set log.syslog_server instead"},
    {"remote_phonebook.data.1.url", "set phonebook.xml_url instead"},
    {"remote_phonebook.data.1.name", "set phonebook.xml_url instead"},
    {0},
};

static const char *const files[] = {"$mac.boot", "y$code.cfg", "$mac.cfg", NULL};

const struct bk_vendor bk_vendor_yealink = {
    .name = "yealink", /* stored in device.vendor: never rename */
    .title = "Yealink",
    .ouis = ouis,
    .models_text = (const char *)bk_yealink_models,
    .reserved = yealink_reserved,
    /* Digest: whether the phones can is not known (README.md). */
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = yealink_match_path,
    .match_agent = yealink_match_agent,
    .match_sip_agent = yealink_match_agent, /* the same words, the MAC missing by default */
    .form = yealink_form,
    .fill = yealink_fill,
    .raw_format = &yealink_format,
    .files = files,
    .resync_event = "check-sync;reboot=false",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_BOOT | 1u << BK_FILE_COMMON, /* the latter: older firmware */
    .upload_kinds = 1u << BK_FILE_LOCAL | 1u << BK_FILE_DIRECTORY,
};
