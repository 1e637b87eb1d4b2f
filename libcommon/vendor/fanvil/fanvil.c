/*
 * Fanvil desk phones (X, V, H, W) and door phones (i).
 * The driver's face: what it is called and what it keeps for itself. Facts and their sources:
 * README.md.
 */
#include "vendor/fanvil/fanvil.h"

extern const unsigned char bk_fanvil_models[]; /* made from models.tsv */

static const char *const ouis[] = {"0c383e", "00a859", "00a85a", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_PASSWORD "set security.admin_secret or security.user_secret instead"
#define USE_ZONE "set time.zone instead"
#define USE_NTP "set time.ntp_servers instead"
#define USE_RTP "set rtp.port_min and rtp.port_max instead"
#define USE_VLAN "set net.vlan_id, net.vlan_priority and net.pc_vlan_id instead"
#define USE_DSCP "set net.dscp_sip and net.dscp_rtp instead"
#define USE_LDAP "use the phonebook.ldap_* settings instead"
#define USE_LOG "set log.syslog_server instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from; see provisioning.*"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

#define SIP "sip config module/"
#define MM "mm config module/"
#define CALL "call feature module/"
#define PHONE "phone feature module/"
#define QOS "qos config module/"
#define WEB "mmi config module/"
#define DOT1X "dot1x config module/"

static const struct bk_reserved reserved[] = {
    {SIP "sip# phone number", USE_LINE},
    {SIP "sip# display name", USE_LINE},
    {SIP "sip# sip name", USE_LINE},
    {SIP "sip# register user", USE_LINE},
    {SIP "sip# register pswd", USE_LINE},
    {SIP "sip# enable reg", USE_LINE},
    {SIP "sip# enable sca", USE_LINE},
    {SIP "sip# register addr", USE_PBX},
    {SIP "sip# register port", USE_PBX},
    {SIP "sip# register ttl", "set sip.register_expires_s instead"},
    {SIP "sip# backup *", USE_PBX},
    {SIP "sip# proxy *", USE_PBX},
    {SIP "sip# bakproxy *", USE_PBX},
    {SIP "sip# transport", USE_PBX},
    {SIP "sip# media crypto", USE_PBX},
    {SIP "sip# medcrypto *", USE_PBX},
    {SIP "sip# signal crypto", USE_PBX},
    {SIP "sip# sigcrypto *", USE_PBX},
    {SIP "sip# voicecodecmap", "set audio.codecs instead"},
    {SIP "sip# dtmf mode", "set audio.dtmf_mode instead"},
    {SIP "sip# pickup num", "set call.pickup_code instead"},
    {SIP "sip# mwi num", "set call.voicemail_number instead"},
    {SIP "sip# auto answer", "set call.auto_answer instead"},
    {SIP "sip# feature sync", "set call.feature_sync instead"},
    {SIP "sip  port", "set sip.local_port instead"},
    {SIP "sip port", "set sip.local_port instead"},
    {SIP "sip pswd encryption", USE_NONE},
    {SIP "notify reboot", USE_NONE}, /* else no NOTIFY reboots it */
    {MM "rtp initial port", USE_RTP},
    {MM "rtp port quantity", USE_RTP},
    {MM "select your tone", "set ui.tone_country instead"},
    {CALL "p# callwaiting", "set call.waiting instead"},
    {CALL "p# enable dnd", "set call.dnd_allowed instead"},
    {PHONE "enable sntp", USE_NTP},
    {PHONE "sntp server", USE_NTP},
    {PHONE "second sntp server", USE_NTP},
    {PHONE "time zone", USE_ZONE},
    {PHONE "time zone name", USE_ZONE},
    {PHONE "dst *", USE_ZONE},
    {PHONE "time display style", "set time.format instead"},
    {PHONE "ring type", "set ui.ring_tone instead"},
    {PHONE "ldap# title", USE_LDAP},
    {PHONE "ldap# server", USE_LDAP},
    {PHONE "ldap# port", USE_LDAP},
    {PHONE "ldap# base", USE_LDAP},
    {PHONE "ldap# use ssl", USE_LDAP},
    {PHONE "ldap# authenticate", USE_LDAP},
    {PHONE "ldap# username", USE_LDAP},
    {PHONE "ldap# password", USE_LDAP},
    {PHONE "backlight off time", "set ui.backlight_s instead"},
    {PHONE "all pswd encryption", USE_NONE},
    {PHONE "push xml *", USE_NONE}, /* who may push to it */
    {PHONE "sip notify xml", USE_NONE},
    {"dsskey config module/*", USE_KEY},
    {WEB "account#*", USE_PASSWORD},
    {WEB "enable telnet", USE_NONE},
    {WEB "telnet *", USE_NONE},
    {WEB "remote control", USE_NONE},
    {WEB "web authentication", USE_NONE},
    {WEB "web pswd *", USE_NONE},
    {"log config module/output device", USE_LOG},
    {"log config module/syslog server", USE_LOG},
    {"log config module/syslog server port", USE_LOG},
    {QOS "enable vlan", USE_VLAN},
    {QOS "vlan id", USE_VLAN},
    {QOS "signalling priority", USE_VLAN},
    {QOS "voice priority", USE_VLAN},
    {QOS "enable pvid", USE_VLAN},
    {QOS "pvid value", USE_VLAN},
    {QOS "enable diffserv", USE_DSCP},
    {QOS "singalling dscp", USE_DSCP},
    {QOS "voice dscp", USE_DSCP},
    {QOS "lldp transmit", "set net.lldp instead"},
    {QOS "lldp learn policy", "set net.lldp instead"},
    {QOS "cdp enable", "set net.cdp instead"},
    {"maintenance config module/*", USE_NONE},
    /* Whom it trusts, and as whom it is trusted. */
    {DOT1X "permission ctf", USE_NONE},
    {DOT1X "common name", USE_NONE},
    {DOT1X "ctf *", USE_NONE},
    {DOT1X "device cert *", USE_NONE},
    {"autoupdate config module/auto image url", "set firmware.url instead"},
    {"autoupdate config module/*", USE_ADDRESS},
    {"firmware check module/*", "set firmware.url instead"},
    {"tr069 config module/*", USE_NONE},
    {0},
};

static const char *const files[] = {"$model.cfg", "$mac.cfg", NULL};

const struct bk_vendor bk_vendor_fanvil = {
    .name = "fanvil", /* stored in device.vendor: never rename */
    .title = "Fanvil",
    .ouis = ouis,
    .models_text = (const char *)bk_fanvil_models,
    .reserved = reserved,
    /* Digest: whether the phones can is not known (README.md). */
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = fanvil_match_path,
    .match_agent = fanvil_match_agent,
    .match_sip_agent = fanvil_match_agent, /* the same words, the MAC missing */
    .form = fanvil_form,
    .fill = fanvil_fill,
    .raw_format = &fanvil_format,
    .files = files,
    .resync_event = "check-sync",
    .reboot_event = "check-sync;reboot=true",
    /* The phone's own file too: the common one can be switched off at the phone. */
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_DEVICE,
};
