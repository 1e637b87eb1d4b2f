/*
 * Panasonic SIP phones (KX-UT, KX-HDV) and DECT bases (KX-TGP).
 * The driver's face: what it is called, what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/panasonic/panasonic.h"

extern const unsigned char bk_panasonic_models[]; /* made from models.tsv */

static const char *const ouis[] = {"0080f0", "080023", "bcc342", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_INTERVAL "set provisioning.interval_min instead"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_PASSWORD "set security.admin_secret instead"
#define USE_CODECS "set audio.codecs instead"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/* Families are kept whole, by their beginning: the guides name more of each than is written. */
static const struct bk_reserved reserved[] = {
    {"phone_number*", USE_LINE},
    {"sip_uri*", USE_LINE},
    {"sip_authid*", USE_LINE},
    {"sip_pass*", USE_LINE},
    {"display_name*", USE_LINE},
    {"sip_rgstr_*", USE_PBX},
    {"sip_prxy_*", USE_PBX},
    {"sip_prsnc_*", USE_PBX},
    {"sip_2nd*", USE_PBX},
    {"sip_outproxy_*", USE_PBX},
    {"sip_svcdomain*", USE_PBX},
    {"sip_transport*", USE_PBX},
    {"sip_tls_*", USE_PBX}, /* whether a server's certificate is checked, and by what */
    {"sip_root_cert*", USE_PBX},
    {"reg_expire_time*", "set sip.register_expires_s instead"},
    {"vm_number*", "set call.voicemail_number instead"},
    {"codec_enable*", USE_CODECS},
    {"codec_priority*", USE_CODECS},

    {"provision_*", USE_ADDRESS},
    {"cfg_cyclic*", USE_INTERVAL},
    {"cfg_resync_time", "set provisioning.window_begin instead"},
    {"cfg_resync_*", USE_NONE},
    {"cfg_root_certificate_path", "set security.ca_url instead"},
    {"cfg_*", USE_ADDRESS}, /* paths of files, their keys, certificates, times of retries */
    {"option66_*", USE_ADDRESS},
    {"option159_*", USE_ADDRESS},
    {"option160_*", USE_ADDRESS},
    {"dhcp_option*", USE_ADDRESS},
    {"sippnp*", USE_ADDRESS},
    {"http_user_agent", USE_NONE},
    {"sip_user_agent", USE_NONE},
    {"http_ssl_verify", "set security.verify_server instead"},
    {"http_*", USE_ADDRESS}, /* proxies, user and password of a fetch */
    {"firm_upgrade_*", USE_FIRMWARE},
    {"firm_file_path", USE_FIRMWARE},
    {"firm_server*", USE_FIRMWARE},
    /* TR-069: another way to all of the above. */
    {"acs_*", USE_NONE},
    {"tr069*", USE_NONE},
    {"periodic_inform_*", USE_NONE},
    {"con_req_*", USE_NONE},
    {"udp_con_req_*", USE_NONE},
    {"annex_g_*", USE_NONE},
    {"device_provisioning_code", USE_NONE},

    {"admin_pass", USE_PASSWORD},
    {"admin_*", USE_NONE},
    {"user_id", USE_NONE},
    {"user_pass*", USE_NONE},
    {"httpd_*", USE_NONE}, /* whether and where its web page is open */
    {"xml_*", USE_NONE},   /* pages pushed to it, and by whom */
    {"xmlapp_*", USE_NONE},
    {"web_pass*", USE_NONE},
    {"ssh*", USE_NONE},
    {"telnet*", USE_NONE},
    {"ntp_addr", "set time.ntp_servers instead"},
    {"time_zone", "set time.zone instead"},
    {0},
};

static const char *const files[] = {"$model.cfg", "Config$MAC.cfg", NULL};

const struct bk_vendor bk_vendor_panasonic = {
    .name = "panasonic", /* stored in device.vendor: never rename */
    .title = "Panasonic",
    .ouis = ouis,
    .models_text = (const char *)bk_panasonic_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL, /* no parameter is known for user and password */
    .match_path = panasonic_match_path,
    .match_agent = panasonic_match_agent,
    .match_sip_agent = panasonic_match_agent,
    .form = panasonic_form,
    .fill = panasonic_fill,
    .raw_format = &panasonic_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = "check-sync;reboot=true",
    /* The model's when it is new, its own from then on. */
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_DEVICE,
};
