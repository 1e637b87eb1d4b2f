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

/* Families are kept whole, by their beginning. What stands behind an account's number is left open,
 * since old firmware may know a name without the last underscore. */
static const struct bk_reserved reserved[] = {
    {"line_enable_#*", USE_LINE},
    {"display_name_#*", USE_LINE},
    {"user_id_#*", USE_LINE},
    {"use_auth_id_#*", USE_LINE},
    {"auth_id_#*", USE_LINE},
    {"password_#*", USE_LINE},
    {"share_ext_#*", USE_LINE},
    {"share_call_appearance_#*", USE_LINE}, /* an older name of it */
    {"proxy_#*", USE_PBX},
    {"outbound_proxy_#*", USE_PBX},
    {"use_outbound_proxy_#*", USE_PBX},
    {"alternate_proxy_#*", USE_PBX},
    {"alternate_outbound_proxy_#*", USE_PBX},
    {"survival_proxy_#*", USE_PBX},
    {"use_dns_srv_#*", USE_PBX},
    {"sip_transport_#*", USE_PBX},
    {"tls_name_validate_#*", USE_PBX}, /* off: any certificate will do for SIP */
    {"register_#*", USE_PBX},
    {"secure_call_serv", USE_PBX},
    {"secure_call_setting", USE_PBX},
    {"srtp_method", USE_PBX},
    {"encryption_method", USE_PBX},
    {"register_expires_#*", "set sip.register_expires_s instead"},
    {"preferred_codec_#*", USE_CODECS},
    {"second_preferred_codec_#*", USE_CODECS},
    {"third_preferred_codec_#*", USE_CODECS},
    {"use_pref_codec_only_#*", USE_CODECS},
    {"g729a_enable_#*", USE_CODECS},
    {"g722_enable_#*", USE_CODECS},
    {"g726-32_enable_#*", USE_CODECS},
    {"dtmf_tx_method_#*", "set audio.dtmf_mode instead"},
    {"sip_tos_diffserv_value_#*", "set net.dscp_sip instead"},
    {"rtp_tos_diffserv_value_#*", "set net.dscp_rtp instead"},

    {"extension_#*", USE_KEY},
    {"short_name_#*", USE_KEY},
    {"extended_function_#*", USE_KEY},
    {"unit_#_key_#*", USE_KEY},

    {"provision_enable", USE_ADDRESS},
    {"profile_*", USE_ADDRESS},
    {"gpp_*", USE_NONE}, /* a rule's variables, keys and passwords among them */
    {"resync_on_reset", "set provisioning.at_boot instead"},
    {"resync_periodic", "set provisioning.interval_min instead"},
    {"resync_at__hhmm_", "set provisioning.window_begin instead"},
    {"resync_*", USE_NONE}, /* From_SIP: else no NOTIFY is obeyed; triggers, delays */
    {"forced_resync_delay", USE_NONE},
    {"user_configurable_resync", USE_NONE}, /* a rule typed in at the phone */
    {"dhcp_option_to_use", "set provisioning.dhcp instead"},
    {"dhcpv6_option_to_use", "set provisioning.dhcp instead"},
    /* What would send what the phone holds to another server. */
    {"report_*", USE_NONE},
    {"http_report_method", USE_NONE},
    {"log_*", USE_NONE},
    {"prt_*", USE_NONE},
    {"xsi_*", USE_NONE}, /* a directory that may be shown the SIP password */
    /* The proxy that it fetches by. */
    {"proxy_mode", USE_ADDRESS},
    {"proxy_host", USE_ADDRESS},
    {"proxy_server", USE_ADDRESS},
    {"proxy_port", USE_ADDRESS},
    {"proxy_auth*", USE_ADDRESS},
    {"proxy_user*", USE_ADDRESS},
    {"proxy_passw*", USE_ADDRESS},
    {"pac_url*", USE_ADDRESS},
    {"web_proxy_*", USE_ADDRESS},
    {"upgrade_*", USE_FIRMWARE},
    {"downgrade_rev_limit", USE_FIRMWARE},
    {"peer_firmware_sharing*", USE_FIRMWARE},
    {"trans_auth_*", USE_FIRMWARE}, /* the licence to load another family's firmware */
    {"transition_*", USE_FIRMWARE},
    {"custom_ca_*", "set security.ca_url instead"},
    {"custom_sudi_*", USE_NONE},
    {"mic_cert_*", USE_NONE},
    {"webex_onboard_*", USE_NONE},
    /* TR-069: another way to all of the above. */
    {"enable_tr*", USE_NONE},
    {"tr-069*", USE_NONE},
    {"tr069*", USE_NONE},
    {"acs_*", USE_NONE},
    {"backup_acs_*", USE_NONE},
    {"connection_request_*", USE_NONE},

    {"admin_*", USE_PASSWORD},
    {"user_passw*", USE_PASSWORD},
    {"ssh_*", USE_NONE},
    {"enable_web_server", "set security.web_ui instead"},
    {"enable_web_*", USE_NONE},
    {"enable_wan_web_server", USE_NONE},
    {"web_server_*", USE_NONE},
    {"wan_web_server_*", USE_NONE},
    {"enable_protocol", USE_NONE},          /* of the web page */
    {"enable_direct_action_url", USE_NONE}, /* reboot and resync for anybody's browser */
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
    {"feature_key_sync_#*", "set call.feature_sync instead"},
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
