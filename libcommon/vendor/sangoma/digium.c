/*
 * The file of one phone of the P- and D-series, in the language that was Digium's: settings, then
 * accounts, whose parameters are attributes. In lists they are named by where they stand:
 * "account.0.username", "account.0.host_primary.server".
 *
 *     <config>
 *     <setting id="time_zone" value="Europe/Berlin"/>
 *     <accounts>
 *     <account index="0"
 *     username="1001">
 *     <host_primary
 *     server="sip.example"/>
 *     </account>
 *     </accounts>
 *     </config>
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/agent.h"
#include "vendor/format/xml.h"
#include "vendor/sangoma/sangoma.h"
#include "vendor/walk.h"

/* --- format ----------------------------------------------------------------------------------- */

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Two letters first: "p47" must not be taken for P47 of the other language. */
bool digium_is_name(struct bk_str name)
{
    if (name.len < 2 || name.len > BK_PARAM_NAME_MAX || !is_small(name.ptr[0]) ||
        !is_small(name.ptr[1]))
        return false;
    for (size_t i = 2; i < name.len; i++) {
        char c = name.ptr[i];
        if (!is_small(c) && c != '_' && (c < '0' || c > '9'))
            return false;
    }
    return true;
}

void digium_begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "config");
}

void digium_end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
}

/* What has a prefix is an attribute of the element that is open. */
void digium_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    if (sheet->prefix_len == 0)
        bk_xml_put_named(sheet, "setting", "id", "value", name, value);
    else
        bk_xml_put_attribute(sheet, bk_str_slice(name, sheet->prefix_len, name.len), value);
}

/* --- settings --------------------------------------------------------------------------------- */

/* The password is entered on the phone's keys. A mask is none: the phone is only shown. */
static void put_pin(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str name = BK_STR("login_password");
    struct bk_str pin = phone->settings[BK_NEUTRAL_ADMIN_SECRET].value.text;
    if (pin.len == 0 || bk_is_digits(pin) || phone->is_masked) {
        bk_put_secret(sheet, name, phone->settings, BK_NEUTRAL_ADMIN_SECRET);
        return;
    }
    bk_from_setting(sheet, phone->settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_sheet_fail_value(sheet, name, pin,
                        "is a PIN on the P- and D-series, and can be of digits alone");
}

/* Allowed where a line uses it; else the phone's own default. */
static void put_transport(struct bk_sheet *sheet, const struct bk_phone *phone, struct bk_str name,
                          enum bk_transport transport)
{
    size_t at = 0;
    bk_from_driver(sheet);
    while (at < phone->line_count && phone->lines[at].pbx.transport != transport)
        at++;
    if (at < phone->line_count)
        bk_from_line(sheet, phone->lines[at].index);
    bk_put_word(sheet, name, at < phone->line_count ? "1" : NULL);
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_put_setting(sheet, BK_STR("time_zone"), settings, BK_NEUTRAL_TIME_ZONE);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put_word(sheet, BK_STR("time_source"), servers.len > 0 ? "ntp" : NULL);
    bk_put(sheet, BK_STR("ntp_server"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
}

static void fill_settings(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    put_pin(sheet, phone);
    bk_from_driver(sheet);
    bk_put_word(sheet, BK_STR("enable_check_sync"), "1");
    bk_put_word(sheet, BK_STR("send_mac_with_useragent"), "1");
    bk_put_choice(sheet, BK_STR("allow_insecure_ssl"), phone->settings, BK_NEUTRAL_VERIFY_SERVER,
                  "1 0");
    put_transport(sheet, phone, BK_STR("transport_udp_enabled"), BK_TRANSPORT_UDP);
    put_transport(sheet, phone, BK_STR("transport_tcp_enabled"), BK_TRANSPORT_TCP);
    put_transport(sheet, phone, BK_STR("transport_tls_allowed"), BK_TRANSPORT_TLS);
    put_time(sheet, phone->settings);
    bk_from_driver(sheet);
}

/* --- accounts --------------------------------------------------------------------------------- */

static const char *const transports[] = {[BK_TRANSPORT_UDP] = "udp",
                                         [BK_TRANSPORT_TCP] = "tcp",
                                         [BK_TRANSPORT_TLS] = "tls",
                                         [BK_TRANSPORT_NAPTR] = NULL};

static void judge_transport(struct bk_sheet *sheet, const struct bk_file *file,
                            const struct bk_line *line)
{
    const struct bk_str transport = BK_STR("host_primary.transport");
    if (line->pbx.transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(sheet, transport,
                      "has no word for NAPTR; choose udp, tcp or tls for the PBX");
    if (line->pbx.transport == BK_TRANSPORT_TLS && !bk_model_has_trait(file->model, BK_STR("tls")))
        bk_sheet_fail(sheet, transport,
                      "cannot be tls on this model; choose udp or tcp for the PBX");
}

/* What has no known parameter: a call must not go in the clear for that. */
static void judge(struct bk_sheet *sheet, const struct bk_line *line, const struct bk_route *route)
{
    if (line->pbx.srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, BK_STR("SRTP"),
                      "has no known parameter on the P- and D-series, so they cannot have a PBX "
                      "that requires it");
    else if (line->pbx.srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
    if (route->proxy_count > 0)
        bk_put_lost(sheet, BK_STR("outbound proxy"));
    if (route->proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
}

static void prefix_account(struct bk_sheet *sheet, int index, const char *after)
{
    bk_prefix(sheet, BK_STR("account."));
    bk_prefix_number(sheet, index - 1, bk_str_of(after));
}

/* server NULL: none. */
static void put_host(struct bk_sheet *sheet, const char *tag, const char *after,
                     const struct bk_line *line, const struct bk_sip_server *server)
{
    const struct bk_setting *settings = server != NULL ? line->settings : bk_settings_unset;
    prefix_account(sheet, line->index, after);
    bk_xml_open(sheet, tag);
    bk_from_line(sheet, line->index);
    bk_put(sheet, BK_STR("server"), server != NULL ? server->host : BK_STR_NONE);
    if (server != NULL)
        bk_put_int(sheet, BK_STR("port"), bk_sip_port(server->port, line->pbx.transport));
    else
        bk_put_empty(sheet, BK_STR("port"));
    bk_put_word(sheet, BK_STR("transport"),
                server != NULL ? transports[line->pbx.transport] : NULL);
    bk_put_setting(sheet, BK_STR("reregister"), settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_xml_close(sheet);
}

/* line: all empty where the account has none. */
static void put_account(struct bk_sheet *sheet, const struct bk_file *file,
                        const struct bk_line *line, bool is_used)
{
    const struct bk_route route = bk_route_of(&line->pbx);
    char number[16];
    snprintf(number, sizeof number, "%d", line->index - 1);
    bk_xml_open(sheet, "account");
    bk_xml_attr(sheet, "index", bk_str_of(number));
    bk_from_line(sheet, line->index);
    bk_prefix(sheet, BK_STR_NONE);
    if (is_used)
        judge(sheet, line, &route);
    prefix_account(sheet, line->index, ".");
    if (is_used)
        judge_transport(sheet, file, line);
    bk_put_word(sheet, BK_STR("status"), is_used ? "1" : "0");
    bk_put_word(sheet, BK_STR("register"), is_used ? "1" : "0");
    bk_put(sheet, BK_STR("account_id"), line->number);
    bk_put(sheet, BK_STR("username"), line->number);
    bk_put(sheet, BK_STR("authname"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("password"), line->secret);
    bk_put(sheet, BK_STR("line_label"), line->label.len > 0 ? line->label : line->number);
    bk_put(sheet, BK_STR("caller_id"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put_setting(sheet, BK_STR("voicemail"), line->settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    put_host(sheet, "host_primary", ".host_primary.", line,
             route.server_count > 0 ? &route.servers[0] : NULL);
    put_host(sheet, "host_alternate", ".host_alternate.", line,
             route.server_count > 1 ? &route.servers[1] : NULL);
    bk_xml_close(sheet);
}

static void fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const int last = bk_line_last(file->phone, file->model->line_count);
    size_t at = 0;
    bk_xml_open(sheet, "accounts");
    for (int index = 1; index <= last; index++) {
        const struct bk_line none = {.index = index}, *line = bk_line_at(file->phone, index, &at);
        put_account(sheet, file, line != NULL ? line : &none, line != NULL);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_xml_close(sheet);
    bk_from_driver(sheet);
}

/* Keys show contacts, of a file that is not described well enough to be written. */
void digium_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    fill_settings(sheet, file->phone);
    bk_put_raws_if(sheet, file, digium_is_name);
    fill_accounts(sheet, file);
    bk_put_lost_keys(sheet, file->phone,
                     1u << BK_PANEL_LINE | 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
}
