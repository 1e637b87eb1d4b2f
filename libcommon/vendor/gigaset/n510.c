/*
 * The single-cell base N510: <ProviderFrame>, in which texts stand in quotes of their own and
 * numbers are hexadecimal. Every account of the model is written, those without a line empty.
 */
#include "base/secret.h"
#include "vendor/address.h"
#include "vendor/format/xml.h"
#include "vendor/gigaset/gigaset.h"
#include "vendor/walk.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64
#define URL_SIZE 400

/* --- the format ------------------------------------------------------------------------------- */

/* "aucS_…" behind the last dot: an array of unsigned characters. */
static bool is_text(struct bk_str name)
{
    for (size_t i = name.len; i > 0; i--) {
        if (name.ptr[i - 1] == '.')
            return bk_str_starts(bk_str_slice(name, i, name.len), BK_STR("aucS_"));
    }
    return false;
}

/* How one of the quotes' own marks would stand between them is not known. */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    if (bk_str_find(value, '"') >= 0)
        return "holds a quote, for which an N510 has no known form";
    if (bk_str_find(value, '\\') >= 0)
        return "holds a backslash, for which an N510 has no known form";
    return bk_xml_check_value(format, value);
}

static void put_item(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    char text[BK_PARAM_VALUE_MAX + 3];
    if (is_text(name)) {
        int len = snprintf(text, sizeof text, "\"%.*s\"", BK_STR_ARG(value));
        value = (struct bk_str){text, (size_t)len};
    }
    bk_xml_open(sheet, "SYMB_ITEM");
    bk_xml_attr(sheet, "ID", name);
    bk_xml_attr(sheet, "class", BK_STR("symb_item"));
    bk_xml_attr(sheet, "value", value);
    bk_xml_close(sheet);
    bk_wipe(text, sizeof text);
}

/* "7C2F80000001" */
static void print_mac(const struct bk_file *file, char (*ret_text)[BK_MAC_TEXT_SIZE])
{
    bk_mac_print(&file->phone->mac, ret_text);
    for (char *c = *ret_text; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    }
}

/* Where the MAC is another's, a base takes nothing from the file. */
static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    char mac[BK_MAC_TEXT_SIZE];
    print_mac(file, &mac);
    bk_xml_open(sheet, "ProviderFrame");
    bk_xml_open(sheet, "Provider");
    bk_xml_open(sheet, "MAC_ADDRESS");
    bk_xml_attr(sheet, "value", bk_str_of(mac));
    bk_xml_close(sheet);
    bk_xml_open(sheet, "PROFILE_NAME");
    bk_xml_attr(sheet, "class", BK_STR("string"));
    bk_xml_attr(sheet, "value", BK_STR("Beckon"));
    bk_xml_close(sheet);
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
    bk_xml_close(sheet);
}

const struct bk_format gigaset_frame_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = bk_xml_is_name,
    .name_rule = "a Gigaset parameter has 1 to 128 letters, digits, dots, underscores and hyphens, "
                 "a letter first",
    .check_value = check_value,
    .begin = begin,
    .end = end,
    .put = put_item,
};

/* --- accounts --------------------------------------------------------------------------------- */

struct account {
    struct bk_sheet *sheet;
    int index;
    const struct bk_line *line; /* NULL: empty */
    char name[NAME_SIZE];
};

/* "…aucS_SIP_SERVER" of the first account, "…aucS_SIP_SERVER_2" of the second. */
static struct bk_str shared_name(struct account *account, const char *stem)
{
    if (account->index == 1)
        return bk_str_of(stem);
    snprintf(account->name, sizeof account->name, "%s_%d", stem, account->index);
    return bk_str_of(account->name);
}

/* Some are numbered from the first account on. */
static struct bk_str numbered_name(struct account *account, const char *stem)
{
    snprintf(account->name, sizeof account->name, "%s_%d", stem, account->index);
    return bk_str_of(account->name);
}

static void put_hex(struct bk_sheet *sheet, struct bk_str name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    bk_put_word(sheet, name, text);
}

/* server NULL: none, and the port of the factory. */
static void put_server(struct account *account, const char *address, const char *port,
                       const struct bk_sip_server *server)
{
    bk_put(account->sheet, shared_name(account, address),
           server != NULL ? server->host : BK_STR_NONE);
    put_hex(account->sheet, shared_name(account, port),
            bk_sip_port(server != NULL ? server->port : 0, BK_TRANSPORT_UDP));
}

/* Neither a transport nor SRTP has a known parameter: no call may go in the clear for that. */
static void judge_security(struct account *account, const struct bk_pbx_side *pbx)
{
    if (pbx->transport != BK_TRANSPORT_UDP)
        bk_sheet_fail(account->sheet, shared_name(account, "BS_IP_Data1.aucS_SIP_SERVER"),
                      "no parameter is known that chooses a transport: an N510 can have a PBX that "
                      "is reached over udp alone");
    if (pbx->srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(account->sheet, BK_STR("SRTP"),
                      "has no known parameter, so an N510 cannot have a PBX that requires it");
    else if (pbx->srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(account->sheet, BK_STR("SRTP"));
}

static void put_route(struct account *account)
{
    struct bk_route route = {.server_count = 0};
    if (account->line != NULL) {
        judge_security(account, &account->line->pbx);
        route = bk_route_of(&account->line->pbx);
    }
    const struct bk_sip_server *server = route.server_count > 0 ? &route.servers[0] : NULL;
    const struct bk_sip_server *proxy = route.proxy_count > 0 ? &route.proxies[0] : NULL;
    bk_put(account->sheet, shared_name(account, "BS_IP_Data1.aucS_SIP_DOMAIN"),
           server != NULL ? server->host : BK_STR_NONE);
    /* Whether the outbound proxy is asked depends on a mode that is left as it is: calls take it
     * in either. */
    put_server(account, "BS_IP_Data1.aucS_SIP_SERVER", "BS_IP_Data1.uiI_SIP_SERVER_PORT",
               proxy != NULL ? proxy : server);
    put_server(account, "BS_IP_Data1.aucS_SIP_REGISTRAR", "BS_IP_Data1.uiI_SIP_REGISTRAR_PORT",
               server);
    put_server(account, "BS_IP_Data1.aucS_OUTBOUND_PROXY", "BS_IP_Data1.uiI_OUTBOUND_PROXY_PORT",
               proxy);
    if (route.server_count > 1)
        bk_put_lost(account->sheet, BK_STR("second registrar"));
    if (route.proxy_count > 1)
        bk_put_lost(account->sheet, BK_STR("second outbound proxy"));
}

static void put_expiry(struct account *account, const struct bk_setting *settings)
{
    const struct bk_setting *expiry = &settings[BK_NEUTRAL_SIP_EXPIRES_S];
    bk_from_setting(account->sheet, settings, BK_NEUTRAL_SIP_EXPIRES_S);
    put_hex(account->sheet, shared_name(account, "BS_IP_Data1.uiI_RE_REGISTRATION_TIMER"),
            expiry->layer != BK_LAYER_NONE ? expiry->value.number : 180);
}

/* Five places; 0xff: none. */
static void put_codecs(struct account *account, const struct bk_setting *settings)
{
    static const char *const codes[] = {"0x00", "0x01", "0x05", "0x03", "0x02"};
    const struct bk_str name = shared_name(account, "BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER");
    struct bk_str rest = settings[BK_NEUTRAL_CODECS].value.text;
    char text[sizeof "0x00,0x00,0x00,0x00,0x00"] = "";
    size_t count = 0;
    bk_from_setting(account->sheet, settings, BK_NEUTRAL_CODECS);
    if (rest.len == 0) {
        bk_put_word(account->sheet, name, "0x05,0x01,0x00,0x02,0x03");
        return;
    }
    while (rest.len > 0) {
        const struct bk_str codec = bk_str_trim(bk_str_cut(&rest, ','));
        ptrdiff_t at = bk_words_find("pcmu pcma g722 g729 g726_32", codec);
        if (at < 0 || count == BK_COUNT(codes)) {
            bk_put_lost(account->sheet, codec);
            continue;
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", count > 0 ? "," : "",
                 codes[at]);
        count++;
    }
    if (count == 0)
        bk_sheet_fail(account->sheet, name, "an N510 has none of the codecs in audio.codecs");
    for (; count < BK_COUNT(codes); count++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s0xff", count > 0 ? "," : "");
    bk_put_word(account->sheet, name, text);
}

static void put_mailbox(struct account *account, const struct bk_setting *settings)
{
    const struct bk_setting *number = &settings[BK_NEUTRAL_VOICEMAIL_NUMBER];
    bk_from_setting(account->sheet, settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_word(account->sheet, numbered_name(account, "BS_IP_Data1.ucB_VOIP_NET_AM_ENABLED"),
                number->layer != BK_LAYER_NONE ? "0x1" : "0x0");
    bk_put(account->sheet, numbered_name(account, "BS_IP_Data1.aucS_VOIP_NET_AM_NUMBER"),
           number->value.text);
}

static void put_account(struct account *account)
{
    static const struct bk_line nobody;
    struct bk_sheet *sheet = account->sheet;
    const struct bk_line *line = account->line != NULL ? account->line : &nobody;
    const struct bk_setting *settings = account->line != NULL ? line->settings : bk_settings_unset;
    bk_from_line(sheet, account->index);
    bk_put_word(sheet, numbered_name(account, "BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE"),
                account->line != NULL ? "0x1" : "0x0");
    bk_put(sheet, numbered_name(account, "BS_IP_Data1.aucS_SIP_ACCOUNT_NAME"), line->label);
    bk_put(sheet, shared_name(account, "BS_IP_Data1.aucS_SIP_DISPLAYNAME"),
           gigaset_display_name(line));
    bk_put(sheet, shared_name(account, "BS_IP_Data3.aucS_SIP_LOGIN_ID"), gigaset_auth_id(line));
    bk_put(sheet, shared_name(account, "BS_IP_Data1.aucS_SIP_PASSWORD"), line->secret);
    bk_put(sheet, shared_name(account, "BS_IP_Data1.aucS_SIP_USER_ID"), line->number);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    put_route(account);
    put_expiry(account, settings);
    put_codecs(account, settings);
    put_mailbox(account, settings);
    bk_from_driver(sheet);
}

/* --- the file --------------------------------------------------------------------------------- */

static void put_address(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_str name = BK_STR("BS_IP_Data1.aucS_DATA_SERVER[0]");
    char mac[BK_MAC_TEXT_SIZE], url[URL_SIZE];
    print_mac(file, &mac);
    /* With the file's name: else it asks for master.bin. */
    int len =
        snprintf(url, sizeof url, "%.*s/%s.xml", BK_STR_ARG(file->phone->provisioning_url), mac);
    if (len < 0 || (size_t)len >= sizeof url) {
        bk_sheet_fail(sheet, name, "is too long");
        return;
    }
    bk_put(sheet, name, bk_str_of(url));
    bk_put_word(sheet, BK_STR("BS_IP_Data.ucB_AUTO_UPDATE_PROFILE"), "0x1");
    bk_put_word(sheet, BK_STR("BS_IP_Data3.ucI_ONESHOT_PROVISIONING_MODE_1"), "0x1");
}

void gigaset_fill_frame(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    put_address(sheet, file);
    if (phone->is_bootstrap)
        return;
    gigaset_put_ntp(sheet, BK_STR("BS_IP_Data1.aucS_TIME_NTP_SERVER"), phone->settings);
    bk_from_driver(sheet);
    for (int index = 1; index <= last; index++) {
        struct account account = {
            .sheet = sheet, .index = index, .line = bk_line_at(phone, index, &at)};
        put_account(&account);
    }
    bk_put_lost_keys(sheet, phone,
                     1u << BK_PANEL_LINE | 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
    bk_put_raws(sheet, file);
}
