/*
 * Gigaset PRO: multicell bases (N530 to N870), Maxwell desk phones and the single-cell base N510;
 * the N720 is recognised. The P-series is built by Snom and speaks its language.
 * The driver's face. Facts and their sources: README.md.
 */
#include "vendor/gigaset/gigaset.h"

extern const unsigned char bk_gigaset_models[]; /* made from models.tsv */

static const char *const ouis[] = {"7c2f80", "589ec6", "002104", "14b370", "00acdc", NULL};

#define USE_LINE "give the device a line instead"
#define USE_PBX "change the phone side of the PBX instead"
#define USE_PASSWORD "set security.admin_secret instead"
#define USE_ADDRESS "Beckon keeps the address that the phone fetches from"
#define USE_NONE "Beckon must keep control of the phone; there is no setting for it"

static const struct bk_reserved reserved[] = {
    {"sipaccount.*", USE_LINE},
    {"sipprovider.*", USE_PBX},
    {"sip.account.*", USE_LINE},
    {"sip.transport*", USE_PBX},
    {"sip.security.*", USE_PBX},
    {"phoneui.keys.functionkeys.#.*", "set a key of the device instead"},
    {"provisioning.*", USE_ADDRESS},
    {"system.provision*", USE_ADDRESS},
    {"firmwaremanag*", USE_NONE}, /* where images come from; the phone spells it without an e */
    {"net.ip.ipv4.dhcp.options*", "set provisioning.dhcp instead"},
    {"systemsettings.global.sipmulticast*", "set provisioning.pnp instead"},
    {"systemsettings.*", USE_NONE}, /* CheckSync…: else no NOTIFY reboots it */
    {"webuiaccounts.*", USE_PASSWORD},
    {"webui.adminpassword", USE_PASSWORD},
    {"webui.userpassword", "set security.user_secret instead"},
    {"webui.*", USE_NONE},
    {"dmglobal.#.ntpserver*", "set time.ntp_servers instead"},
    {"system.dateandtime.timeserver*", "set time.ntp_servers instead"},
    {"system.dateandtime.autoadjusttime", "set time.ntp_servers instead"},
    /* N510. An N720 has the same without a number, or in other places. */
    {"bs_ip_data#.aucs_sip_server*", USE_PBX},
    {"bs_ip_data#.aucs_sip_registrar*", USE_PBX},
    {"bs_ip_data#.aucs_sip_domain*", USE_PBX},
    {"bs_ip_data#.aucs_sip_*", USE_LINE},
    {"bs_ip_data#.ucb_sip_*", USE_LINE},
    {"bs_ip_data#.uii_sip_*", USE_PBX},
    {"bs_ip_data#.uci_sip_preferred_vocoder*", "set audio.codecs instead"},
    {"bs_ip_data#.uci_sip_available_vocoder*", "set audio.codecs instead"},
    {"bs_ip_data#.uci_sip_*", USE_PBX},
    {"bs_ip_data#.aucs_outbound_proxy*", USE_PBX},
    {"bs_ip_data#.uii_outbound_proxy*", USE_PBX},
    {"bs_ip_data#.uci_outbound_proxy*", USE_PBX},
    {"bs_ip_data#.uii_re_registration_timer*", "set sip.register_expires_s instead"},
    {"bs_ip_data#.aucs_stun_server*", USE_PBX},
    {"bs_ip_data#.ucb_srtp*", USE_PBX},
    {"bs_ip_data#.uci_srtp*", USE_PBX},
    {"bs_ip_data#.aucs_voip_net_am_number*", "set call.voicemail_number instead"},
    {"bs_ip_data#.ucb_voip_net_am_enabled*", "set call.voicemail_number instead"},
    {"bs_ip_data#.aucs_time_ntp_server*", "set time.ntp_servers instead"},
    {"bs_ip_data#.aucs_data_server*", USE_ADDRESS},
    {"bs_ip_data#.ucb_auto_update*", USE_ADDRESS},
    {"bs_ip_data#.uci_oneshot_provisioning*", USE_ADDRESS},
    {"bs_ip_data#.ucb_accept_foreign_subnet*", USE_NONE},
    {"bs_ip_data.aucs_sip*", USE_PBX},
    {"bs_ip_data.aucs_data_server*", USE_ADDRESS},
    {"bs_ip_data.ucb_auto_update*", USE_ADDRESS},
    {"bs_ip_data.ucb_accept_foreign_subnet*", USE_NONE},
    {"bs_voip_data.*", USE_PBX},
    {"bs_accounts.*", USE_LINE},
    {"bs_custom.auckdspin*", USE_NONE},
    {"s_special_data_srv*", USE_NONE},
    {"mac_address", USE_NONE},
    {"profile_name", USE_NONE},
    /* No name of these families is known: none of them could be meant well. */
    {"tr069*", USE_NONE},
    {"tr-069*", USE_NONE},
    {"tr69*", USE_NONE},
    {"cwmp*", USE_NONE},
    {"system.tr*", USE_NONE},
    {"net.http*", USE_NONE},
    {"net.proxy*", USE_NONE},
    {"certificate*", USE_NONE},
    {"system.security.*", USE_NONE},
    {"system.certificate*", USE_NONE},
    {"ssh.*", USE_NONE},
    {"telnet.*", USE_NONE},
    {"system.ssh*", USE_NONE},
    {"system.telnet*", USE_NONE},
    {0},
};

static const char *const files[] = {"provisioning.xml", "$mac.xml", NULL};

const struct bk_vendor bk_vendor_gigaset = {
    .name = "gigaset", /* stored in device.vendor: never rename */
    .title = "Gigaset",
    .ouis = ouis,
    .models_text = (const char *)bk_gigaset_models,
    .reserved = reserved,
    .enrol_secrets = 1u << BK_ENROL_URL, /* the password it answers a 401 with cannot be set */
    .match_path = gigaset_match_path,
    .match_agent = gigaset_match_agent,
    .match_sip_agent = gigaset_match_agent,
    .form = gigaset_form,
    .fill = gigaset_fill,
    .raw_format = &gigaset_format,
    .files = files,
    .resync_event = "check-sync;reboot=false",
    .reboot_event = "check-sync;reboot=true",
    .boot_kinds = 1u << BK_FILE_COMMON | 1u << BK_FILE_DEVICE,
};
