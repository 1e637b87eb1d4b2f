/*
 * The files of an Algo: algop<model>.conf holds the address, algom<MAC>.conf everything. Two
 * accounts: the one that pages and rings (sip.u1), and the first alert (sip.alert1).
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/algo/algo.h"
#include "vendor/format/lines.h"
#include "vendor/walk.h"

static const struct bk_lines lines = {.between = " = ", .comment = '#'};

/* A '#' within a line is part of the value; what stands between two dollar signs is replaced, as in
 * "alert-$MAC$". */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    const char *fault = bk_lines_check_value(format, value);
    if (fault == NULL && bk_str_find(value, '$') != bk_str_find_last(value, '$'))
        fault = "holds two dollar signs, and an Algo replaces what stands between them";
    return fault;
}

const struct bk_format algo_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = bk_is_dotted_name,
    .name_rule = "an Algo parameter has 1 to 128 letters, digits, dots, underscores and hyphens, "
                 "a letter first",
    .check_value = check_value,
    .put = bk_lines_put,
    .lines = &lines,
};

const struct bk_format *algo_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &algo_format : NULL;
}

static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_address address = bk_address_of(phone->provisioning_url);
    const bool is_usual = address.port == (address.is_tls ? 443 : 80);
    const struct bk_sip_server server = {address.host, is_usual ? 0 : address.port};
    char space[BK_HOST_PORT_SIZE];
    bk_prefix(sheet, BK_STR("prov."));
    bk_put_word(sheet, BK_STR("use"), "1");
    bk_put_word(sheet, BK_STR("server.method"), "static");
    bk_put(sheet, BK_STR("server.static"), bk_host_port_print(&server, &space));
    bk_put_word(sheet, BK_STR("download.method"), address.is_tls ? "https" : "http");
    bk_put(sheet, BK_STR("download.cfgpath"), address.path);
    bk_put(sheet, BK_STR("auth.user"), phone->provisioning_user);
    bk_put(sheet, BK_STR("auth.pwd"), phone->provisioning_password);
    bk_prefix(sheet, BK_STR_NONE);
}

static void fill_settings(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_put_secret(sheet, BK_STR("admin.pwd"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_setting(sheet, BK_STR("prov.sync.time"), settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);
    bk_put_setting(sheet, BK_STR("prov.sync.endtime"), settings, BK_NEUTRAL_PROV_WINDOW_END);
    bk_put_setting(sheet, BK_STR("admin.timezone"), settings, BK_NEUTRAL_TIME_ZONE);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("net.time"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
}

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "udp";
    case BK_TRANSPORT_TCP:
        return "tcp";
    case BK_TRANSPORT_TLS:
        return "tls";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return "auto";
}

/* How sip.srtp is written is not known: a call must not go in the clear for that. */
static void judge_srtp(struct bk_sheet *sheet, enum bk_srtp srtp)
{
    if (srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, BK_STR("srtp"),
                      "has no known values, so an Algo cannot have a PBX that requires SRTP");
    else if (srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
}

/* The server is one for both accounts: that of the first line. line NULL: there is none. */
static void put_server(struct bk_sheet *sheet, const struct bk_line *line)
{
    static const struct bk_line none;
    const struct bk_pbx_side *pbx = line != NULL ? &line->pbx : &none.pbx;
    const struct bk_route route = bk_route_of(pbx);
    char space[BK_HOST_PORT_SIZE];
    bk_put(sheet, BK_STR("proxy"), bk_host_port_print(&route.servers[0], &space));
    bk_put(sheet, BK_STR("obproxy"), bk_host_port_print(&route.proxies[0], &space));
    bk_put_empty(sheet, BK_STR("registrar")); /* that of the proxy */
    bk_put_word(sheet, BK_STR("transp"), line != NULL ? transport_word(pbx->transport) : NULL);
    if (route.server_count > 1 || route.proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second server"));
    judge_srtp(sheet, pbx->srtp);
    bk_put_setting(sheet, BK_STR("regexp"), line != NULL ? line->settings : bk_settings_unset,
                   BK_NEUTRAL_SIP_EXPIRES_S);
}

/* role: "u1.", "alert1." */
static void put_account(struct bk_sheet *sheet, const struct bk_line *line, int index,
                        const char *role)
{
    static const struct bk_line none;
    if (line == NULL)
        line = &none;
    bk_prefix(sheet, BK_STR("sip."));
    bk_from_line(sheet, index);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    char name[16];
    snprintf(name, sizeof name, "%suser", role);
    bk_put(sheet, bk_str_of(name), line->number);
    snprintf(name, sizeof name, "%sauth", role);
    bk_put(sheet, bk_str_of(name), line->auth_id.len > 0 ? line->auth_id : line->number);
    snprintf(name, sizeof name, "%spwd", role);
    bk_put(sheet, bk_str_of(name), line->secret);
}

static void fill_accounts(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    size_t at = 0;
    const struct bk_line *page = bk_line_at(phone, 1, &at), *alert = bk_line_at(phone, 2, &at);
    const struct bk_line *first = page != NULL ? page : alert;
    bk_prefix(sheet, BK_STR("sip."));
    bk_from_line(sheet, first != NULL ? first->index : 1);
    if (page != NULL && alert != NULL && !bk_is_same_route(&page->pbx, &alert->pbx))
        bk_sheet_fail(sheet, BK_STR("proxy"),
                      "is one for both accounts of an Algo; give its lines one PBX");
    put_server(sheet, first);
    put_account(sheet, page, 1, "u1.");
    bk_put(sheet, BK_STR("u1.dname"),
           page == NULL                 ? BK_STR_NONE
           : page->display_name.len > 0 ? page->display_name
                                        : page->number);
    put_account(sheet, alert, 2, "alert1.");
    if (alert != NULL && alert->display_name.len > 0)
        bk_put_lost(sheet, BK_STR("display name of an alert"));
    bk_prefix(sheet, BK_STR_NONE);
    for (size_t i = 0; i < phone->line_count; i++) {
        bk_from_line(sheet, phone->lines[i].index);
        if (phone->lines[i].index > 2)
            bk_put_lost(sheet, BK_STR("third account"));
    }
    bk_from_driver(sheet);
}

void algo_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    fill_address(sheet, phone);
    if (phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    fill_settings(sheet, phone->settings);
    fill_accounts(sheet, phone);
    bk_put_lost_keys(sheet, phone, ~0u /* all panels */, 1);
    bk_put_raws(sheet, file);
}
