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
#define USE_LDAP "use the phonebook.ldap_* settings instead"
#define USE_CODECS "set audio.codecs instead"
#define USE_PASSWORD "set security.admin_secret or security.user_secret instead"
#define USE_PROVISIONING "use the provisioning.* settings instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/* Names without "static." are those of firmware before V80; a phone may take either form. */
#define BOTH(name, use) \
    {name, use}, \
    { \
        "static." name, use \
    }

/*
 * Whole families are reserved where another member could hand the phone to a foreign server, lower
 * what it checks, or let somebody in. Numbers with leading zeros are no names (render.c).
 */
const struct bk_reserved yealink_reserved[] = {
    BOTH("account.#.enable", USE_LINE),
    BOTH("account.#.label", USE_LINE),
    BOTH("account.#.display_name", USE_LINE),
    BOTH("account.#.auth_name", USE_LINE),
    BOTH("account.#.user_name", USE_LINE),
    BOTH("account.#.password", USE_LINE),
    BOTH("account.#.shared_line", USE_LINE),
    BOTH("account.#.sip_server.*", USE_PBX),
    BOTH("account.#.sip_server_host*", USE_PBX),
    BOTH("account.#.sip_server_port*", USE_PBX),
    BOTH("account.#.transport", USE_PBX),
    BOTH("account.#.expires", "set sip.register_expires_s instead"),
    BOTH("account.#.outbound_proxy*", USE_PBX),
    BOTH("account.#.outbound_host*", USE_PBX),
    BOTH("account.#.outbound_port*", USE_PBX),
    BOTH("account.#.backup_outbound*", USE_PBX),
    BOTH("account.#.srtp_encryption", USE_PBX),
    BOTH("account.#.codec.pcmu.*", USE_CODECS),
    BOTH("account.#.codec.pcma.*", USE_CODECS),
    BOTH("account.#.codec.g722.*", USE_CODECS),
    BOTH("account.#.codec.g729.*", USE_CODECS),
    BOTH("account.#.codec.opus.enable", USE_CODECS),
    BOTH("account.#.codec.opus.priority", USE_CODECS),
    BOTH("account.#.codec.ilbc_13_33kbps.*", USE_CODECS),
    BOTH("account.#.codec.g726_32.*", USE_CODECS),
    BOTH("account.#.dtmf.type", "set audio.dtmf_mode instead"),
    BOTH("account.#.auto_answer", "set call.auto_answer instead"),
    BOTH("voice_mail.number.#", "set call.voicemail_number instead"),
    /* Names that the phone would look up in its own file instead of asking DNS. */
    BOTH("account.#.a.*", USE_NONE),
    BOTH("account.#.srv.*", USE_NONE),
    BOTH("account.#.naptr.*", USE_NONE),
    BOTH("dns_cache_*", USE_NONE),

    BOTH("linekey.#.type", USE_KEY),
    BOTH("linekey.#.line", USE_KEY),
    BOTH("linekey.#.value", USE_KEY),
    BOTH("linekey.#.label", USE_KEY),
    BOTH("linekey.#.extension", USE_KEY),
    BOTH("programablekey.#.type", USE_KEY),
    BOTH("programablekey.#.line", USE_KEY),
    BOTH("programablekey.#.value", USE_KEY),
    BOTH("programablekey.#.label", USE_KEY),
    BOTH("programablekey.#.extension", USE_KEY),
    BOTH("expansion_module.#.key.#.type", USE_KEY),
    BOTH("expansion_module.#.key.#.line", USE_KEY),
    BOTH("expansion_module.#.key.#.value", USE_KEY),
    BOTH("expansion_module.#.key.#.label", USE_KEY),
    BOTH("expansion_module.#.key.#.extension", USE_KEY),

    BOTH("auto_provision.server.*", USE_ADDRESS),
    BOTH("auto_provision.*", USE_PROVISIONING),
    BOTH("autoprovision.*", USE_ADDRESS),
    BOTH("custom.auto_provision.*", USE_ADDRESS),
    BOTH("zero_touch.*", USE_ADDRESS),
    BOTH("configuration.*", USE_ADDRESS),
    BOTH("custom_mac_cfg.*", USE_ADDRESS),
    BOTH("custom_factory_configuration.*", USE_ADDRESS),
    BOTH("features.custom_factory_config.*", USE_ADDRESS),
    /* Lines of a boot file. */
    BOTH("overwrite_mode", USE_NONE),
    BOTH("specific_model.*", USE_NONE),
    /* Other masters: TR-069, the maker's cloud, whoever may push settings. */
    BOTH("managementserver.*", USE_NONE),
    BOTH("dm.*", USE_NONE),
    BOTH("push_xml.*", USE_NONE),
    BOTH("rps.*", USE_NONE),
    BOTH("ymcs.*", USE_NONE),
    BOTH("yms.*", USE_NONE),
    BOTH("network.proxy.*", USE_NONE),
    BOTH("ssh.*", USE_NONE),
    BOTH("telnet.*", USE_NONE),
    BOTH("web_item_level.*", USE_NONE), /* who may see which page */
    BOTH("features.factory_pwd_enable", USE_PASSWORD),

    BOTH("security.user_name.*", USE_PASSWORD),
    BOTH("security.user_password", USE_PASSWORD),
    BOTH("security.trust_certificates", "set security.verify_server instead"),
    BOTH("security.ca_cert", "set security.ca_url instead"),
    BOTH("trusted_certificates.*", "set security.ca_url instead"),
    /* The phone proves who it is with its built-in certificate. */
    BOTH("server_certificates.*", USE_NONE),
    BOTH("security.*", USE_NONE),
    BOTH("wui.*", "set security.web_ui instead"),

    BOTH("firmware.*", "set firmware.url instead"),
    BOTH("sip.notify_reboot_enable", USE_NONE),
    BOTH("sip.listen_port", "set sip.local_port instead"),
    BOTH("network.port.min_rtpport", "set rtp.port_min instead"),
    BOTH("network.port.max_rtpport", "set rtp.port_max instead"),
    BOTH("network.vlan.internet_port_*", "set net.vlan_id and net.vlan_priority instead"),
    BOTH("network.lldp.enable", "set net.lldp instead"),
    BOTH("network.qos.signaltos", "set net.dscp_sip instead"),
    BOTH("network.qos.audiotos", "set net.dscp_rtp instead"),
    BOTH("local_time.ntp_server#", "set time.ntp_servers instead"),
    BOTH("local_time.time_zone", "set time.zone instead"),
    BOTH("local_time.time_zone_name", "set time.zone instead"),
    BOTH("local_time.summer_time", "set time.zone instead"),
    BOTH("local_time.time_format", "set time.format instead"),
    BOTH("local_time.date_format", "set time.date_format instead"),
    BOTH("lang.gui", "set ui.language instead"),
    BOTH("lang.wui", "set ui.language instead"),
    BOTH("voice.tone.country", "set ui.tone_country instead"),
    BOTH("phone_setting.backlight_time", "set ui.backlight_s instead"),
    BOTH("call_waiting.enable", "set call.waiting instead"),
    BOTH("features.pickup.direct_pickup_enable", "set call.pickup_code instead"),
    BOTH("features.pickup.direct_pickup_code", "set call.pickup_code instead"),
    BOTH("syslog.enable", "set log.syslog_server instead"),
    BOTH("syslog.server", "set log.syslog_server instead"),
    BOTH("syslog.server_port", "set log.syslog_server instead"),
    BOTH("network.cdp.enable", "set net.cdp instead"),
    BOTH("network.vlan.pc_port_enable", "set net.pc_vlan_id instead"),
    BOTH("network.vlan.pc_port_vid", "set net.pc_vlan_id instead"),
    BOTH("features.dnd.allow", "set call.dnd_allowed instead"),
    BOTH("features.feature_key_sync.enable", "set call.feature_sync instead"),
    BOTH("features.headset_prior", "set audio.headset_first instead"),
    BOTH("phone_setting.ring_type", "set ui.ring_tone instead"),
    BOTH("wallpaper_upload.url", "set ui.wallpaper_url instead"),
    BOTH("phone_setting.backgrounds", "set ui.wallpaper_url instead"),
    BOTH("phone_setting.lcd_logo.mode", "set ui.logo_url instead"),
    BOTH("lcd_logo.url", "set ui.logo_url instead"),
    BOTH("ldap.enable", USE_LDAP),
    BOTH("ldap.host", USE_LDAP),
    BOTH("ldap.port", USE_LDAP),
    BOTH("ldap.tls_mode", USE_LDAP),
    BOTH("ldap.base", USE_LDAP),
    BOTH("ldap.user", USE_LDAP),
    BOTH("ldap.password", USE_LDAP),
    BOTH("remote_phonebook.data.1.url", "set phonebook.xml_url instead"),
    BOTH("remote_phonebook.data.1.name", "set phonebook.xml_url instead"),
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
