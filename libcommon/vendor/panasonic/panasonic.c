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

static const struct bk_reserved reserved[] = {
    {"phone_number_#", USE_LINE},
    {"sip_uri_#", USE_LINE},
    {"sip_authid_#", USE_LINE},
    {"sip_pass_#", USE_LINE},
    {"display_name_#", USE_LINE},
    {"sip_rgstr_*", USE_PBX},
    {"sip_prxy_*", USE_PBX},
    {"sip_2ndproxy_*", USE_PBX},
    {"sip_2ndrgstr_*", USE_PBX},
    {"sip_outproxy_*", USE_PBX},
    {"sip_svcdomain_#", USE_PBX},
    {"sip_transport_#", USE_PBX},
    {"reg_expire_time_#", "set sip.register_expires_s instead"},
    {"vm_number_#", "set call.voicemail_number instead"},
    {"codec_enable*", USE_CODECS},
    {"codec_priority*", USE_CODECS},

    {"provision_enable", USE_ADDRESS},
    {"cfg_standard_file_path", USE_ADDRESS},
    {"cfg_product_file_path", USE_ADDRESS},
    {"cfg_master_file_path", USE_ADDRESS},
    {"cfg_file_key*", USE_ADDRESS},
    {"option66_*", USE_ADDRESS},
    {"cfg_cyclic*", USE_INTERVAL},
    {"cfg_resync_time", "set provisioning.window_begin instead"},
    {"cfg_resync_from_sip", USE_NONE},
    {"http_user_agent", USE_NONE},
    {"http_ssl_verify", "set security.verify_server instead"},
    {"cfg_root_certificate_path", "set security.ca_url instead"},
    {"firm_upgrade_*", USE_FIRMWARE},
    {"firm_file_path", USE_FIRMWARE},

    {"admin_id", USE_NONE},
    {"admin_pass", USE_PASSWORD},
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
