/*
 * Avaya J100 desk phones in the mode for SIP servers of any make. The 1200 series is recognised
 * only.
 * The driver's face: what it is called, what it keeps for itself.
 * Facts and their sources: README.md.
 */
#include "vendor/avaya/avaya.h"

extern const unsigned char bk_avaya_models[]; /* made from models.tsv */

static const char *const ouis[] = {
    "00040d", "001b4f", "00549f", "048a15", "10cdae", "14612f", "24b209", "24d921", "2cf4c5",
    "3475c7", "38bb3c", "3c3a73", "3cb15b", "44322a", "506184", "50cd22", "581626", "6049c1",
    "646a52", "64a7dd", "64c354", "6ca849", "6cfa58", "703018", "7038ee", "7052c5", "707c69",
    "801daa", "848371", "90fb5b", "a009ed", "a01290", "a051c6", "a4251b", "a47886", "b0adaa",
    "b4475e", "b4a95a", "b4b017", "bcadab", "c057bc", "c4bed4", "c81fea", "c8f406", "ccf954",
    "d47856", "d4ea0e", "e45d52", "f81547", "f873a2", "fc8399", "fca841", NULL,
};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_MODE "Beckon sets how the phone works with SIP servers"
#define USE_CODECS "set audio.codecs instead"
#define USE_ADMIN "set security.admin_secret instead"
#define USE_WEB "set security.web_ui instead"
#define USE_CA "set security.ca_url instead"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"
#define USE_FIRMWARE "firmware of an Avaya lies beside its configuration; Beckon serves none"

/* Whole families where another member could hand the phone to somebody else. */
static const struct bk_reserved reserved[] = {
    {"force_sip_*", USE_LINE},
    {"sip_user*", USE_LINE},
    {"sipuser*", USE_LINE},
    {"sip_password*", USE_LINE},
    {"sippassword*", USE_LINE},
    {"prev_sip_*", USE_LINE},
    {"enable_sip_user_id", USE_LINE},
    {"display_name*", USE_LINE},
    {"primary_line_extension*", USE_LINE},
    {"sip_controller_*", USE_PBX},
    {"sipdomain*", USE_PBX},
    {"sipproxy*", USE_PBX},
    {"sipregistrar*", USE_PBX},
    {"sipregproxy*", USE_PBX},
    {"sipsignal*", USE_PBX},
    {"sipport*", USE_PBX},
    {"sip_proxy_*", USE_PBX},
    {"mwisrvr*", USE_PBX},
    {"mediaencryption*", USE_PBX},
    {"srtp*", USE_PBX},
    {"codec_priority", USE_CODECS},
    {"enable_g#", USE_CODECS},
    {"enable_opus", USE_CODECS},
    {"phonekey*", USE_KEY},

    {"http*", USE_ADDRESS},
    {"tls*", USE_ADDRESS},
    {"auth", USE_ADDRESS}, /* whether files may come without TLS */
    {"force_http_*", USE_ADDRESS},
    {"file_server*", USE_ADDRESS},
    {"check_file_server", USE_ADDRESS},
    {"config_server*", USE_ADDRESS},
    {"des_*", USE_ADDRESS},
    {"enable_avaya_environment", USE_MODE},
    {"enable_3pcc_*", USE_MODE},
    {"3pcc_*", USE_MODE},
    {"discover_avaya_environment", USE_MODE},
    {"enable_ipoffice*", USE_MODE},
    {"enable_ppm*", USE_MODE},
    {"enable_ood_*", USE_MODE},
    /* Servers that are shown the account's password, or may push to the phone. */
    {"xsi*", USE_MODE},
    {"bruri*", USE_MODE},
    {"brauth*", USE_MODE},
    {"user_store_uri*", USE_MODE},
    {"push*", USE_MODE},
    {"tpslist*", USE_MODE},
    {"subscribelist*", USE_MODE},

    {"force_web_*", USE_ADMIN},
    {"procpswd*", USE_ADMIN},
    {"admin_password*", USE_ADMIN},
    {"enable_webserver*", USE_WEB},
    {"webserver*", USE_WEB},
    {"ssh_*", USE_NONE},
    {"easg_*", USE_NONE},
    {"snmp*", USE_NONE},
    {"trustcerts*", USE_CA},
    {"trustlist*", USE_CA},
    {"enable_public_ca_certs", USE_CA},
    {"server_cert_*", USE_CA},
    {"ocsp_*", USE_CA},
    {"keyusage_*", USE_CA},
    /* The phone's own certificate is what it proves itself with. */
    {"mycert*", USE_ADDRESS},
    {"pkcs#*", USE_ADDRESS},
    {"scep*", USE_ADDRESS},
    {"delete_my_cert*", USE_ADDRESS},
    {"sntpsrvr*", "set time.ntp_servers instead"},
    {"gmtoffset*", "set time.zone instead"},
    {"dst*", "set time.zone instead"},
    {"daylight_saving_*", "set time.zone instead"},
    {"timezone*", "set time.zone instead"},
    {"appname*", USE_FIRMWARE},
    {"jem#_appname*", USE_FIRMWARE},
    {0},
};

static const char *const files[] = {"J100Supgrade.txt", "46xxsettings.txt", "$mac.txt", NULL};

const struct bk_vendor bk_vendor_avaya = {
    .name = "avaya", /* stored in device.vendor: never rename */
    .title = "Avaya",
    .ouis = ouis,
    .models_text = (const char *)bk_avaya_models,
    .reserved = reserved,
    /* No parameter for the user and password of a fetch is known. */
    .enrol_secrets = 1u << BK_ENROL_URL,
    .match_path = avaya_match_path,
    .match_agent = avaya_match_agent,
    .match_sip_agent = avaya_match_agent, /* that of REGISTER is not known */
    .form = avaya_form,
    .fill = avaya_fill,
    .raw_format = &avaya_format,
    .files = files,
    .resync_event = "check-sync;reboot=false",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_FIRMWARE,
};
