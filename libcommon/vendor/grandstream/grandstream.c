/*
 * Grandstream desk phones (GXP, GRP, GXV), conference phones (GAC) and adapters (HT).
 * The driver's face: what it is called, what it keeps for itself, what it cannot set.
 * Facts and their sources: README.md.
 */
#include "vendor/grandstream/grandstream.h"

extern const unsigned char bk_grandstream_models[]; /* made from models.tsv */

static const char *const ouis[] = {"000b82", "c074ad", "ec74d7", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_KEY "set a key of the device instead"
#define USE_CODECS "set audio.codecs instead"
#define USE_EXPIRES "set sip.register_expires_s instead"
#define USE_VOICEMAIL "set call.voicemail_number instead"
#define USE_PASSWORD "set security.admin_secret or security.user_secret instead"
#define USE_INTERVAL "set provisioning.interval_min instead"
#define USE_DHCP "set provisioning.dhcp instead"
#define USE_FIRMWARE "set firmware.url instead"
#define USE_NTP "set time.ntp_servers instead"
#define USE_LOG "set log.syslog_server instead"
#define USE_VLAN "set net.vlan_id, net.vlan_priority and net.pc_vlan_id instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

/*
 * The numbers of one account: accounts.c. Of accounts 5 and 6 both series that the sources name,
 * though the driver writes neither: which of them a phone takes for its account is not known.
 */
#define ACCOUNT_ROWS(hundreds) \
    {"p" #hundreds "01", USE_LINE}, {"p" #hundreds "17", USE_LINE}, {"p" #hundreds "02", USE_PBX}, \
        {"p" #hundreds "03", USE_PBX}, {"p" #hundreds "04", USE_LINE}, \
        {"p" #hundreds "05", USE_LINE}, {"p" #hundreds "06", USE_LINE}, \
        {"p" #hundreds "07", USE_LINE}, {"p" #hundreds "26", USE_VOICEMAIL}, \
        {"p" #hundreds "48", USE_PBX}, {"p" #hundreds "12", USE_EXPIRES}, \
        {"p" #hundreds "43", USE_PBX}, {"p" #hundreds "51", USE_CODECS}, \
        {"p" #hundreds "52", USE_CODECS}, {"p" #hundreds "53", USE_CODECS}, \
        {"p" #hundreds "54", USE_CODECS}, {"p" #hundreds "55", USE_CODECS}, \
        {"p" #hundreds "56", USE_CODECS}, \
    { \
        "p" #hundreds "57", USE_CODECS \
    }

static const struct bk_reserved reserved[] = {
    {"p271", USE_LINE},
    {"p270", USE_LINE},
    {"p47", USE_PBX},
    {"p48", USE_PBX},
    {"p35", USE_LINE},
    {"p36", USE_LINE},
    {"p34", USE_LINE},
    {"p3", USE_LINE},
    {"p33", USE_VOICEMAIL},
    {"p130", USE_PBX},
    {"p32", USE_EXPIRES},
    {"p183", USE_PBX},
    {"p57", USE_CODECS},
    {"p58", USE_CODECS},
    {"p59", USE_CODECS},
    {"p60", USE_CODECS},
    {"p61", USE_CODECS},
    {"p62", USE_CODECS},
    {"p46", USE_CODECS},
    ACCOUNT_ROWS(4),
    ACCOUNT_ROWS(5),
    ACCOUNT_ROWS(6),
    ACCOUNT_ROWS(7),
    ACCOUNT_ROWS(8),
    ACCOUNT_ROWS(17),
    ACCOUNT_ROWS(18),
    {"p2312", USE_PBX}, /* second servers, accounts 1 to 6 */
    {"p2412", USE_PBX},
    {"p2512", USE_PBX},
    {"p2612", USE_PBX},
    {"p2712", USE_PBX},
    {"p2812", USE_PBX},
    /* An adapter's: second server and proxy of both ports, domain, and what the second port has
     * elsewhere than a second account. */
    {"p967", USE_PBX},
    {"p2333", USE_PBX},
    {"p8617", USE_PBX},
    {"p747", USE_PBX},
    {"p748", USE_PBX},
    {"p987", USE_PBX},
    {"p2433", USE_PBX},
    {"p8618", USE_PBX},
    {"p830", USE_PBX},
    {"p735", USE_LINE},
    {"p736", USE_LINE},
    {"p734", USE_LINE},
    {"p732", USE_EXPIRES},
    /* Addresses in the place of what DNS says, and a server that DHCP names. */
    {"p2308", USE_PBX},
    {"p2309", USE_PBX},
    {"p2310", USE_PBX},
    {"p2408", USE_PBX},
    {"p2409", USE_PBX},
    {"p2410", USE_PBX},
    {"p2508", USE_PBX},
    {"p2509", USE_PBX},
    {"p2510", USE_PBX},
    {"p2608", USE_PBX},
    {"p2609", USE_PBX},
    {"p2610", USE_PBX},
    {"p1411", USE_PBX},
    {"sip.override.*", USE_PBX},
    {"account.#.sip.fromdomain", USE_PBX},
    {"account.#.enable", USE_LINE},
    {"account.#.name", USE_LINE},
    {"account.#.sip.server.*", USE_PBX},
    {"account.#.sip.outboundproxy.*", USE_PBX},
    {"account.#.sip.userid", USE_LINE},
    {"account.#.sip.subscriber.*", USE_LINE},
    {"account.#.sip.voicemail.*", USE_VOICEMAIL},
    {"account.#.sip.transport", USE_PBX},
    {"account.#.sip.registerexpiration", USE_EXPIRES},
    {"account.#.audio.srtpmode", USE_PBX},
    {"account.#.codec.choice.*", USE_CODECS},
    {"account.#.call.autoanswer", "set call.auto_answer instead"},
    {"account.#.sip.syncfeaturekey", "set call.feature_sync instead"},
    {"account.#.sip.blf.callpickup.prefix", "set call.pickup_code instead"},
    {"account.#.dtmf.sendin*", "set audio.dtmf_mode instead"},

    {"pks.vpk.#.keymode", USE_KEY},
    {"pks.vpk.#.account", USE_KEY},
    {"pks.vpk.#.description", USE_KEY},
    {"pks.vpk.#.value", USE_KEY},
    {"pks.mpk.#.keymode", USE_KEY},
    {"pks.mpk.#.account", USE_KEY},
    {"pks.mpk.#.description", USE_KEY},
    {"pks.mpk.#.value", USE_KEY},

    {"p237", USE_ADDRESS},
    {"p212", USE_ADDRESS},
    {"p1360", USE_ADDRESS},
    {"p1361", USE_ADDRESS},
    {"p234", USE_ADDRESS}, /* prefix and postfix: the phone would ask for another name */
    {"p235", USE_ADDRESS},
    {"p1359", USE_NONE}, /* the phone would want its file encrypted, or signed */
    {"p240", USE_NONE},
    {"p194", USE_INTERVAL},
    {"p193", USE_INTERVAL},
    {"p145", USE_DHCP},
    {"p1414", "set provisioning.pnp instead"},
    {"p192", USE_FIRMWARE},
    {"p6767", USE_FIRMWARE},
    {"p8337", USE_DHCP},
    {"p8467", USE_ADDRESS}, /* which files are fetched, in which order and form */
    {"p8501", USE_ADDRESS},
    {"p8601", USE_ADDRESS},
    {"p22296", USE_INTERVAL},
    {"p232", USE_FIRMWARE},
    {"p233", USE_FIRMWARE},
    {"p238", USE_FIRMWARE},
    {"provisioning.config.*", USE_ADDRESS},
    {"provisioning.auto.*", USE_INTERVAL},
    {"provisioning.override.*", USE_DHCP},
    {"provisioning.3cx*", "set provisioning.pnp instead"},
    {"provisioning.validate*", USE_NONE},
    {"provisioning.userprotect*", USE_NONE}, /* what its user set would win over the file */
    {"provisioning.firmware.serverpath", USE_FIRMWARE},
    {"provisioning.firmware.protocol", USE_FIRMWARE},
    {"provisioning.firmware.username", USE_FIRMWARE},
    {"provisioning.firmware.password", USE_FIRMWARE},
    {"provisioning.firmware.file*", USE_FIRMWARE},
    {"provisioning.firmware.checkcondition", USE_FIRMWARE},
    {"network.proxy.*", USE_ADDRESS},

    {"p2", USE_PASSWORD},
    {"p196", USE_PASSWORD},
    {"users.*", USE_PASSWORD},
    /* The phone proves who it is with the certificate it was made with. */
    {"p8220", USE_NONE},
    {"p8221", USE_NONE},
    {"security.certificate", USE_NONE},
    {"security.key", USE_NONE},
    {"security.password", USE_NONE},
    /* Whom it trusts. */
    {"p8463", USE_NONE},
    {"p8433", USE_NONE},
    {"p8434", USE_NONE},
    {"p8435", USE_NONE},
    {"p8436", USE_NONE},
    {"p8437", USE_NONE},
    {"p8438", USE_NONE},
    {"p22030", USE_NONE},
    {"security.validate.*", "set security.verify_server instead"},
    {"trustedcacertificates.*", USE_NONE},
    /* Doors, and other masters: TR-069, the maker's cloud. */
    {"p276", USE_NONE},
    {"security.ssh*", USE_NONE},
    {"security.webaccess*", "set security.web_ui instead"},
    {"p1409", USE_NONE},
    {"p4503", USE_NONE},
    {"p4504", USE_NONE},
    {"p4505", USE_NONE},
    {"p4511", USE_NONE},
    {"p4512", USE_NONE},
    {"p4518", USE_NONE},
    {"tr069.*", USE_NONE},
    {"gdms.*", USE_NONE},
    {"p207", USE_LOG},
    {"maintain.syslog.server", USE_LOG},
    {"network.port.eth.#.vlan.*", USE_VLAN},
    {"network.port.pc.vlan.tag", USE_VLAN},
    {"network.lldp.enable", "set net.lldp instead"},
    {"network.cdp", "set net.cdp instead"},
    {"network.qos.for*", "set net.dscp_sip and net.dscp_rtp instead"},
    {"phonebook.download.mode", "set phonebook.xml_url instead"},
    {"phonebook.download.server", "set phonebook.xml_url instead"},
    {"p30", USE_NTP},
    {"p8333", USE_NTP},
    {"datetime.ntp.server.1", USE_NTP},
    {0},
};

static const char *const files[] = {"cfg$mac.xml", "cfg.xml", NULL};

const struct bk_vendor bk_vendor_grandstream = {
    .name = "grandstream", /* stored in device.vendor: never rename */
    .title = "Grandstream",
    .ouis = ouis,
    .models_text = (const char *)bk_grandstream_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL | 1u << BK_ENROL_BASIC,
    .match_path = grandstream_match_path,
    .match_agent = grandstream_match_agent,
    .match_sip_agent = grandstream_match_sip_agent,
    .form = grandstream_form,
    .fill = grandstream_fill,
    .raw_format = &grandstream_format,
    .files = files,
    .resync_event = "resync",
    .reboot_event = "check-sync;reboot=true",
    /* The phone's own file too: that every firmware still asks for the binary is not known. */
    .boot_kinds = 1u << BK_FILE_BINARY | 1u << BK_FILE_DEVICE,
};
