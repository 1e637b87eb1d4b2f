/*
 * Snom desk phones (3xx, 7xx, 8xx, D…), PA1 and DECT bases (M…).
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/snom/snom.h"

extern const unsigned char bk_snom_models[]; /* made from models.tsv */

static const char *const ouis[] = {"000413", "1c7126", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_PASSWORD "set security.admin_secret instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_ZONE "set time.zone instead"
#define USE_LDAP "use the phonebook.ldap_* settings instead"
#define USE_VLAN "set net.vlan_id, net.vlan_priority and net.pc_vlan_id instead"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/* With a number and without: <user_name> alone is the first identity's. */
#define IDENTITY(name, use) \
    {name, use}, \
    { \
        name "[#]", use \
    }

static const struct bk_reserved reserved[] = {
    IDENTITY("user_active", USE_LINE),
    IDENTITY("user_name", USE_LINE),
    IDENTITY("user_pname", USE_LINE),
    IDENTITY("user_pass", USE_LINE),
    IDENTITY("user_hash", USE_LINE),
    IDENTITY("user_realname", USE_LINE),
    IDENTITY("user_idle_text", USE_LINE),
    IDENTITY("user_host", USE_PBX),
    IDENTITY("user_outbound", USE_PBX),
    IDENTITY("user_srtp", USE_PBX),
    IDENTITY("user_savp", USE_PBX),
    IDENTITY("user_failover_identity", USE_PBX),
    IDENTITY("user_expiry", "set sip.register_expires_s instead"),
    IDENTITY("user_mailbox", "set call.voicemail_number instead"),
    IDENTITY("codec_priority_list", "set audio.codecs instead"),
    IDENTITY("user_shared_line", USE_LINE),
    IDENTITY("call_waiting", "set call.waiting instead"),
    {"fkey*", "set a key of the device instead"},

    {"setting_server*", USE_ADDRESS},
    {"http_client_*", USE_ADDRESS},
    {"http_proxy*", USE_ADDRESS},
    {"provisioning_order*", USE_ADDRESS},
    {"ignore_dhcp_findings*", USE_ADDRESS},
    {"dhcp_options_*", USE_ADDRESS},
    {"pnp_server*", USE_ADDRESS},
    {"vision_*", USE_ADDRESS},
    {"lcserver*", USE_ADDRESS},
    {"sip_proxy*", USE_PBX},
    {"prov_*", "set provisioning.interval_min instead"},
    {"settings_refresh_timer*", "set provisioning.interval_min instead"},
    {"pnp_config*", "set provisioning.pnp instead"},
    {"firmware*", USE_FIRMWARE},
    {"upload_*", USE_FIRMWARE},
    {"update_*", USE_FIRMWARE},
    {"subscribe_config*", USE_ADDRESS},
    {"wui_admin_only*", USE_PASSWORD}, /* pages that its user may not see */
    {"tls_server_authentication*", "set security.verify_server instead"},
    {"admin_mode*", USE_PASSWORD},
    {"user_admin_mode*", USE_PASSWORD},
    {"service_mode_*", USE_PASSWORD},
    {"http_user*", USE_PASSWORD}, /* its User-Agent too, by which it is known */
    {"http_pass*", USE_PASSWORD},
    {"webserver_admin_*", USE_PASSWORD},
    {"webserver_user_*", USE_PASSWORD},
    {"user_agent_string*", USE_NONE},
    /* Doors: its web page, SSH, settings that come by SIP, and TR-069. */
    {"webserver_type*", "set security.web_ui instead"},
    {"webserver_*", USE_NONE},
    {"http_scheme*", USE_NONE},
    {"http_port*", USE_NONE},
    {"https_port*", USE_NONE},
    {"restrict_uri_queries*", USE_NONE},
    {"sshd*", USE_NONE},
    {"allow_sip_*", USE_NONE},
    {"tr#_*", USE_NONE}, /* TR-069, TR-369 */
    {"reset_settings*", USE_NONE},
    /* Whom it trusts, and as whom it is trusted. */
    {"ignore_security_warning*", USE_NONE},
    {"check_fqdn_against_server_cert*", "set security.verify_server instead"},
    {"host_name_validation_flags*", USE_NONE},
    {"skip_provisioning_urls_on_tls_error*", USE_NONE},
    {"empty_tls_client_cert*", USE_NONE},
    {"phone_cert_type*", USE_NONE},
    {"cert*", USE_NONE},
    {"encrypt_secrets*", USE_NONE},
    {"tftp_secret*", USE_NONE},
    {"challenge_checksync*", USE_NONE},
    {"challenge_reboot*", USE_NONE},
    {"ntp_server*", "set time.ntp_servers instead"},
    {"timezone*", USE_ZONE},
    {"dst*", USE_ZONE},
    {"language*", "set ui.language instead"},
    {"web_language*", "set ui.language instead"},
    {"tone_scheme*", "set ui.tone_country instead"},
    {"ring_sound*", "set ui.ring_tone instead"},
    {"vol_ringer*", "set ui.ring_volume instead"},
    {"dim_timer*", "set ui.backlight_s instead"},
    {"custom_bg_image_url*", "set ui.wallpaper_url instead"},
    {"ldap_server*", USE_LDAP},
    {"ldap_port*", USE_LDAP},
    {"ldap_over_tls*", USE_LDAP},
    {"ldap_base*", USE_LDAP},
    {"ldap_username*", USE_LDAP},
    {"ldap_password*", USE_LDAP},
    {"vlan_id*", USE_VLAN},
    {"vlan_qos*", USE_VLAN},
    {"vlan_pc_id*", USE_VLAN},
    {"signaling_tos*", "set net.dscp_sip instead"},
    {"codec_tos*", "set net.dscp_rtp instead"},
    {"network_id_port*", "set sip.local_port instead"},
    {"rtp_port_*", "set rtp.port_min and rtp.port_max instead"},
    {"syslog_server*", "set log.syslog_server instead"},
    {"no_dnd*", "set call.dnd_allowed instead"},
    {"time_24_format*", "set time.format instead"},
    {"date_us_format*", "set time.date_format instead"},
    {0},
};

static const char *const files[] = {"snom$model.htm", "snom$model-$MAC.htm", "$MAC.xml", NULL};

const struct bk_vendor bk_vendor_snom = {
    .name = "snom", /* stored in device.vendor: never rename */
    .title = "Snom",
    .ouis = ouis,
    .models_text = (const char *)bk_snom_models,
    .reserved = reserved,
    /* Digest is not dependable on them (README.md). */
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = snom_match_path,
    .match_agent = snom_match_agent,
    .match_sip_agent = snom_match_sip_agent,
    .form = snom_form,
    .fill = snom_fill,
    .raw_format = &snom_format,
    .files = files,
    .resync_event = "check-sync;reboot=false",
    .reboot_event = "check-sync;reboot=true",
    /* A phone that knows its own file asks for it at every boot, and for nothing before it. */
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_DEVICE,
};
