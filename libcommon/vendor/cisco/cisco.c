/*
 * Cisco and Linksys SPA phones and adapters (SPA…, PAP2T, ATA19x), and multiplatform phones
 * (CP-…-3PCC). Not those that register with Cisco's own call manager.
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/cisco/cisco.h"

extern const unsigned char bk_cisco_models[]; /* made from models.tsv */

static const char *const ouis[] = {
    "00045a", "000625", "000e08", "001873", "002155", "0021a0", "00562b",
    "30e4db", "68efbd", "a44c11", "0002fd", "708105", "8843e1", NULL,
};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_CODECS "set audio.codecs instead"
#define USE_PASSWORD "set security.admin_secret or security.user_secret instead"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_ZONE "set time.zone instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

static const struct bk_reserved reserved[] = {
    {"line_enable_#_", USE_LINE},
    {"display_name_#_", USE_LINE},
    {"user_id_#_", USE_LINE},
    {"use_auth_id_#_", USE_LINE},
    {"auth_id_#_", USE_LINE},
    {"password_#_", USE_LINE},
    {"share_ext_#_", USE_LINE},
    {"proxy_#_", USE_PBX},
    {"outbound_proxy_#_", USE_PBX},
    {"use_outbound_proxy_#_", USE_PBX},
    {"alternate_proxy_#_", USE_PBX},
    {"alternate_outbound_proxy_#_", USE_PBX},
    {"use_dns_srv_#_", USE_PBX},
    {"sip_transport_#_", USE_PBX},
    {"register_#_", USE_PBX},
    {"secure_call_serv", USE_PBX},
    {"secure_call_setting", USE_PBX},
    {"srtp_method", USE_PBX},
    {"encryption_method", USE_PBX},
    {"register_expires_#_", "set sip.register_expires_s instead"},
    {"preferred_codec_#_", USE_CODECS},
    {"second_preferred_codec_#_", USE_CODECS},
    {"third_preferred_codec_#_", USE_CODECS},
    {"use_pref_codec_only_#_", USE_CODECS},
    {"g729a_enable_#_", USE_CODECS},
    {"g722_enable_#_", USE_CODECS},
    {"g726-32_enable_#_", USE_CODECS},
    {"dtmf_tx_method_#_", "set audio.dtmf_mode instead"},
    {"sip_tos_diffserv_value_#_", "set net.dscp_sip instead"},
    {"rtp_tos_diffserv_value_#_", "set net.dscp_rtp instead"},

    {"extension_#_", USE_KEY},
    {"short_name_#_", USE_KEY},
    {"extended_function_#_", USE_KEY},
    {"unit_#_key_#*", USE_KEY},

    {"provision_enable", USE_ADDRESS},
    {"profile_rule*", USE_ADDRESS},
    {"resync_from_sip", USE_NONE}, /* else no NOTIFY is obeyed */
    {"resync_on_reset", "set provisioning.at_boot instead"},
    {"resync_periodic", "set provisioning.interval_min instead"},
    {"dhcp_option_to_use", "set provisioning.dhcp instead"},
    {"report_rule*", USE_NONE}, /* would send what the phone holds to another server */
    {"upgrade_enable", USE_FIRMWARE},
    {"upgrade_rule", USE_FIRMWARE},
    {"custom_ca_rule", "set security.ca_url instead"},

    {"admin_passwd", USE_PASSWORD},
    {"admin_password", USE_PASSWORD},
    {"user_password", USE_PASSWORD},
    {"enable_web_server", "set security.web_ui instead"},
    {"primary_ntp_server", "set time.ntp_servers instead"},
    {"secondary_ntp_server", "set time.ntp_servers instead"},
    {"time_zone", USE_ZONE},
    {"daylight_saving_time_enable", USE_ZONE},
    {"daylight_saving_time_rule", USE_ZONE},
    {"enable_vlan", "set net.vlan_id instead"},
    {"vlan_id", "set net.vlan_id instead"},
    {"enable_pc_port_vlan_tagging", "set net.pc_vlan_id instead"},
    {"pc_port_vlan_id", "set net.pc_vlan_id instead"},
    {"enable_cdp", "set net.cdp instead"},
    {"dnd_serv", "set call.dnd_allowed instead"},
    {"feature_key_sync_#_", "set call.feature_sync instead"},
    {"syslog_server", "set log.syslog_server instead"},
    {"voice_mail_number", "set call.voicemail_number instead"},
    {"call_pickup_code", "set call.pickup_code instead"},
    {"attendant_console_call_pickup_code", "set call.pickup_code instead"},
    {"cw_setting", "set call.waiting instead"},
    {"xml_directory_service_name", "set phonebook.xml_url instead"},
    {"xml_directory_service_url", "set phonebook.xml_url instead"},
    {0},
};

static const char *const files[] = {"$model.cfg", "$mac.xml", NULL};

const struct bk_vendor bk_vendor_cisco = {
    .name = "cisco", /* stored in device.vendor: never rename */
    .title = "Cisco",
    .ouis = ouis,
    .models_text = (const char *)bk_cisco_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC | 1u << BK_ENROL_DIGEST,
    .match_path = cisco_match_path,
    .match_agent = cisco_match_agent,
    .match_sip_agent = cisco_match_sip_agent,
    .form = cisco_form,
    .fill = cisco_fill,
    .raw_format = &cisco_format,
    .files = files,
    .resync_event = "resync", /* both are challenged: the notifier answers as the line */
    .reboot_event = "reboot_now",
    /* A phone that knows its own file asks for it at every boot, and for nothing else. */
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_DEVICE,
};
