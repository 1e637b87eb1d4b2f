/*
 * The neutral settings: what admins set, typed and documented once, the same for every maker.
 * A driver maps them to its own parameters; what it cannot map it lists as unsupported.
 * The rows are data for the API, the manual and `beckon setting list`.
 */
#ifndef MODEL_SETTING_H
#define MODEL_SETTING_H

#include <stddef.h>

#include "base/option.h"

/*
 * id, key, type, min, max (of a list: of its words), words, help. No neutral setting has a default
 * of its own: what nobody sets is reset to the phone's factory value (docs/rules.md, rule 11),
 * unless a driver must set it. What belongs to a registration (SIP server, outbound proxy,
 * transport, SRTP) stands with the phone side of a PBX, and where a phone fetches is Beckon's own.
 */
#define BK_NEUTRAL_LIST(X) \
    X(TIME_ZONE, "time.zone", BK_T_TEXT, 1, 64, NULL, "IANA time zone, e.g. Europe/Berlin") \
    X(TIME_NTP, "time.ntp_servers", BK_T_LIST, 1, 2, NULL, "NTP servers, best first") \
    X(TIME_FORMAT, "time.format", BK_T_ENUM, 0, 0, "12h 24h", "Clock on the display") \
    X(DATE_FORMAT, "time.date_format", BK_T_ENUM, 0, 0, \
      "www_mmm_dd dd_mmm_yy yyyy_mm_dd dd_mm_yyyy mm_dd_yy dd_mmm_yyyy www_dd_mmm", \
      "Date on the display") \
    X(LANGUAGE, "ui.language", BK_T_TEXT, 2, 16, NULL, "Language of menus, BCP 47, e.g. de") \
    X(TONE_COUNTRY, "ui.tone_country", BK_T_TEXT, 2, 2, NULL, "Call progress tones, ISO 3166-1") \
    X(BACKLIGHT_S, "ui.backlight_s", BK_T_INT, 0, 3600, NULL, \
      "Backlight off after; 0 = always on") \
    X(RING_VOLUME, "ui.ring_volume", BK_T_INT, 0, 15, NULL, "Ringer volume") \
    X(RING_TONE, "ui.ring_tone", BK_T_TEXT, 1, 64, NULL, "Ring tone, by the phone's name of it") \
    X(WALLPAPER_URL, "ui.wallpaper_url", BK_T_TEXT, 8, 255, NULL, "URL of a wallpaper") \
    X(LOGO_URL, "ui.logo_url", BK_T_TEXT, 8, 255, NULL, "URL of a logo") \
    X(CODECS, "audio.codecs", BK_T_LIST, 1, 12, "pcmu pcma g722 g729 opus ilbc g726_32", \
      "Codecs in order of preference; those not named are off") \
    X(DTMF_MODE, "audio.dtmf_mode", BK_T_ENUM, 0, 0, "inband rfc2833 info rfc2833_info", "DTMF") \
    X(HEADSET_FIRST, "audio.headset_first", BK_T_BOOL, 0, 0, NULL, \
      "Calls go to a headset while one is attached") \
    X(SIP_EXPIRES_S, "sip.register_expires_s", BK_T_INT, 60, 86400, NULL, \
      "Time between two REGISTERs") \
    X(SIP_PORT, "sip.local_port", BK_T_INT, 1024, 65535, NULL, "The phone's own SIP port") \
    X(RTP_PORT_MIN, "rtp.port_min", BK_T_INT, 1024, 65534, NULL, "Lowest RTP port") \
    X(RTP_PORT_MAX, "rtp.port_max", BK_T_INT, 1025, 65535, NULL, "Highest RTP port") \
    X(ADMIN_SECRET, "security.admin_secret", BK_T_SECRET, 8, 32, NULL, \
      "Password of the phone's web page and menus, for its admin") \
    X(USER_SECRET, "security.user_secret", BK_T_SECRET, 4, 32, NULL, \
      "Password of the phone's web page, for its user") \
    X(WEB_UI, "security.web_ui", BK_T_BOOL, 0, 0, NULL, "The phone's web page") \
    X(VERIFY_SERVER, "security.verify_server", BK_T_BOOL, 0, 0, NULL, \
      "The phone checks the certificate of servers it talks to") \
    X(CA_URL, "security.ca_url", BK_T_TEXT, 8, 255, NULL, "URL of a CA certificate to trust") \
    X(PROV_POWER_ON, "provisioning.at_boot", BK_T_BOOL, 0, 0, NULL, "Fetch at every boot") \
    X(PROV_INTERVAL_MIN, "provisioning.interval_min", BK_T_INT, 0, 43200, NULL, \
      "Minutes between two fetches; 0 = never by time") \
    X(PROV_WEEKLY_DAYS, "provisioning.weekly_days", BK_T_LIST, 1, 7, \
      "sun mon tue wed thu fri sat", "Days of a weekly fetch") \
    X(PROV_WINDOW_BEGIN, "provisioning.window_begin", BK_T_TEXT, 5, 5, NULL, \
      "Weekly fetch not before, HH:MM") \
    X(PROV_WINDOW_END, "provisioning.window_end", BK_T_TEXT, 5, 5, NULL, \
      "Weekly fetch not after, HH:MM") \
    X(PROV_PNP, "provisioning.pnp", BK_T_BOOL, 0, 0, NULL, "Multicast plug and play") \
    X(PROV_DHCP, "provisioning.dhcp", BK_T_BOOL, 0, 0, NULL, "Provisioning server from DHCP") \
    X(PROV_USER_DATA, "provisioning.user_data", BK_T_BOOL, 0, 0, NULL, \
      "The phone writes what its user changes, and contacts, to the server, and reads them back") \
    X(FIRMWARE_URL, "firmware.url", BK_T_TEXT, 8, 255, NULL, "URL of the firmware to run") \
    X(VLAN_ID, "net.vlan_id", BK_T_INT, 1, 4094, NULL, "802.1Q VLAN of the phone's own traffic") \
    X(VLAN_PRIORITY, "net.vlan_priority", BK_T_INT, 0, 7, NULL, "802.1p priority") \
    X(PC_VLAN_ID, "net.pc_vlan_id", BK_T_INT, 1, 4094, NULL, "802.1Q VLAN of the PC port") \
    X(LLDP, "net.lldp", BK_T_BOOL, 0, 0, NULL, "LLDP-MED") \
    X(CDP, "net.cdp", BK_T_BOOL, 0, 0, NULL, "Cisco Discovery Protocol") \
    X(DSCP_SIP, "net.dscp_sip", BK_T_INT, 0, 63, NULL, "DSCP of SIP") \
    X(DSCP_RTP, "net.dscp_rtp", BK_T_INT, 0, 63, NULL, "DSCP of RTP") \
    X(CALL_WAITING, "call.waiting", BK_T_BOOL, 0, 0, NULL, "Call waiting") \
    X(AUTO_ANSWER, "call.auto_answer", BK_T_BOOL, 0, 0, NULL, "Answer at once") \
    X(DND_ALLOWED, "call.dnd_allowed", BK_T_BOOL, 0, 0, NULL, \
      "The user may switch do-not-disturb on") \
    X(FEATURE_SYNC, "call.feature_sync", BK_T_BOOL, 0, 0, NULL, \
      "Do-not-disturb and forwarding are kept by the PBX, and shown by the phone") \
    X(PICKUP_CODE, "call.pickup_code", BK_T_TEXT, 1, 32, NULL, "Directed pickup code, e.g. *8") \
    X(VOICEMAIL_NUMBER, "call.voicemail_number", BK_T_TEXT, 1, 64, NULL, "Number of the mailbox") \
    X(SYSLOG_SERVER, "log.syslog_server", BK_T_TEXT, 1, 255, NULL, "Syslog server") \
    X(PHONEBOOK_URL, "phonebook.xml_url", BK_T_TEXT, 8, 255, NULL, "URL of an XML phone book") \
    X(LDAP_URL, "phonebook.ldap_url", BK_T_TEXT, 8, 255, NULL, \
      "LDAP phone book: ldap:// or ldaps://, host, :port if not the scheme's") \
    X(LDAP_BASE, "phonebook.ldap_base", BK_T_TEXT, 3, 255, NULL, \
      "LDAP: search below this name, e.g. ou=people,dc=example") \
    X(LDAP_USER, "phonebook.ldap_user", BK_T_TEXT, 1, 255, NULL, "LDAP: bind as this name") \
    X(LDAP_SECRET, "phonebook.ldap_secret", BK_T_SECRET, 1, 64, NULL, "LDAP: password of the bind")

enum bk_neutral {
#define X(id, key, type, min, max, words, help) BK_NEUTRAL_##id,
    BK_NEUTRAL_LIST(X)
#undef X
        BK_NEUTRAL_COUNT
};

#define BK_NEUTRAL_LIST_BYTES_MAX 1024

/*
 * BK_NEUTRAL_COUNT rows in the order of the enum, then a row with key NULL. Lists: min and max
 * count words, so parse with bk_neutral_parse or bk_neutral_check, not with bk_option_parse.
 */
extern const struct bk_option bk_neutral_options[];
ptrdiff_t bk_neutral_find(struct bk_str key);    /* its enum bk_neutral, or -1 */
const char *bk_neutral_unit(enum bk_neutral id); /* "seconds"; NULL: it has none */

/* Check the type only: for values that were checked when they were written. */
BK_MUST_USE enum bk_err bk_neutral_parse(enum bk_neutral id, struct bk_str text,
                                         struct bk_option_value *ret_value,
                                         struct bk_detail *ret_detail);

/*
 * Check a value as an admin wrote it, beyond its type: zone known, HH:MM, URLs with https/http/
 * tftp (LDAP: ldap/ldaps) scheme, host names, list lengths. ret_detail names key and limit.
 */
BK_MUST_USE enum bk_err bk_neutral_check(enum bk_neutral id, struct bk_str text,
                                         struct bk_option_value *ret_value,
                                         struct bk_detail *ret_detail);

#endif
