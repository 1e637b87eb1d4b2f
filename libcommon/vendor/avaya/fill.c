/*
 * The files of a J100, a chain: J100Supgrade.txt names 46xxsettings.txt, which names <mac>.txt,
 * which holds everything.
 */
#include <stdio.h>

#include "model/zone.h"
#include "vendor/address.h"
#include "vendor/avaya/avaya.h"
#include "vendor/format/lines.h"

/* Words that begin a line which sets nothing. */
static bool is_directive(struct bk_str name)
{
    static const char *const words[] = {"SET", "GET", "IF", "GOTO"};
    for (size_t i = 0; i < BK_COUNT(words); i++) {
        if (bk_str_eq_nocase(name, bk_str_of(words[i])))
            return true;
    }
    return false;
}

/* "FORCE_SIP_EXTENSION", "3PCC_SERVER_MODE" */
static bool is_name(struct bk_str name)
{
    if (is_directive(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i], lower = (char)(c | 0x20);
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && c != '_' && (lower < 'a' || lower > 'z'))
            return false;
    }
    return name.len > 0 && name.len <= BK_PARAM_NAME_MAX;
}

/* A macro stands for itself nowhere: "$MACADDR" within a value is replaced. */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    const char *fault = bk_lines_check_value(format, value);
    for (size_t i = 0; fault == NULL && i + 1 < value.len; i++) {
        char lower = (char)(value.ptr[i + 1] | 0x20);
        if (value.ptr[i] == '$' && lower >= 'a' && lower <= 'z')
            fault = "holds a dollar sign before a letter, which an Avaya replaces as a macro";
    }
    return fault;
}

static const struct bk_lines lines = {
    .before = "SET ", .between = " ", .comment = '#', .quote = BK_QUOTE_WHEN_BLANK};
static const struct bk_lines quoted_lines = {
    .before = "SET ", .between = " ", .comment = '#', .quote = BK_QUOTE_ALWAYS};

/* Keys are quoted whether or not there is a blank in them. */
static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    static const struct bk_format quoted = {.lines = &quoted_lines};
    const struct bk_format *format = sheet->format;
    if (bk_str_eq(name, BK_STR("PHONEKEY")))
        sheet->format = &quoted;
    bk_lines_put(sheet, name, value);
    sheet->format = format;
}

const struct bk_format avaya_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = is_name,
    .name_rule = "an Avaya parameter has 1 to 128 letters, digits and underscores, and is none of "
                 "SET, GET, IF and GOTO",
    .check_value = check_value,
    .put = put,
    .lines = &lines,
};

/* The 1200 series asks for files of its own, whose format is not known. */
const struct bk_format *avaya_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_1200 = file->request.model_code.len > 0 ||
                   (file->is_model_known && bk_model_has_trait(file->model, BK_STR("1200")));
    bool is_served = kind == BK_FILE_FIRMWARE || kind == BK_FILE_MASTER || kind == BK_FILE_DEVICE;
    return is_served && !is_1200 ? &avaya_format : NULL;
}

static void put_server(struct bk_sheet *sheet, struct bk_str host, struct bk_str port,
                       const struct bk_address *address)
{
    bk_put(sheet, host, address->host);
    bk_put_int(sheet, port, address->port);
}

/* HTTPS is preferred where a server for it is set: so the one that is not used is emptied, but not
 * by a bootstrap. */
static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str tls = BK_STR("TLSSRVR"), tls_port = BK_STR("TLSPORT");
    const struct bk_str plain = BK_STR("HTTPSRVR"), plain_port = BK_STR("HTTPPORT");
    const struct bk_address address = bk_address_of(phone->provisioning_url);
    put_server(sheet, address.is_tls ? tls : plain, address.is_tls ? tls_port : plain_port,
               &address);
    bk_put(sheet, BK_STR("HTTPDIR"), address.path);
    if (phone->is_bootstrap)
        return;
    bk_put_empty(sheet, address.is_tls ? plain : tls);
    bk_put_empty(sheet, address.is_tls ? plain_port : tls_port);
}

/* A phone of a SIP server of any make, which lets itself be called back. */
static void fill_mode(struct bk_sheet *sheet)
{
    bk_put_word(sheet, BK_STR("ENABLE_AVAYA_ENVIRONMENT"), "0");
    bk_put_word(sheet, BK_STR("ENABLE_3PCC_ENVIRONMENT"), "1");
    bk_put_word(sheet, BK_STR("3PCC_SERVER_MODE"), "0");
    bk_put_word(sheet, BK_STR("DISCOVER_AVAYA_ENVIRONMENT"), "0");
    bk_put_word(sheet, BK_STR("ENABLE_OOD_RESET_NOTIFY"), "1");
}

/* "2SunMar2L": the second Sunday of March, at 2, local time; L: the last one. False: a change that
 * this form does not have. */
static bool print_change(const struct bk_zone_change *change, char (*ret_text)[16])
{
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char weeks[] = "1234L";
    int hour = change->minute / 60;
    if (change->minute < 0 || change->minute % 60 != 0 || hour > 9)
        return false;
    snprintf(*ret_text, sizeof *ret_text, "%c%.3s%.3s%dL", weeks[change->week - 1],
             weekdays + 3 * change->weekday, months + 3 * (change->month - 1), hour);
    return true;
}

static void fill_zone(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *setting = &settings[BK_NEUTRAL_TIME_ZONE];
    const struct bk_zone *zone = bk_zone_find(setting->value.text);
    char offset[16] = "", start[16] = "", stop[16] = "";
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (zone == NULL && setting->value.text.len > 0)
        bk_sheet_fail(sheet, BK_STR("GMTOFFSET"), "the time zone is not in the table");
    if (zone != NULL) {
        int minutes = zone->offset_min < 0 ? -zone->offset_min : zone->offset_min;
        snprintf(offset, sizeof offset, "%s%d:%02d",
                 zone->offset_min < 0   ? "-"
                 : zone->offset_min > 0 ? "+"
                                        : "",
                 minutes / 60, minutes % 60);
    }
    if (zone != NULL && zone->dst != NULL &&
        (zone->dst->saved_min != 60 || !print_change(&zone->dst->start, &start) ||
         !print_change(&zone->dst->end, &stop))) {
        bk_put_lost(sheet, BK_STR("daylight saving time"));
        start[0] = stop[0] = '\0';
    }
    bk_put_word(sheet, BK_STR("GMTOFFSET"), offset);
    bk_put_word(sheet, BK_STR("DSTSTART"), start);
    bk_put_word(sheet, BK_STR("DSTSTOP"), stop);
}

static void fill_settings(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bk_put_secret(sheet, BK_STR("FORCE_WEB_ADMIN_PASSWORD"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_setting(sheet, BK_STR("ENABLE_WEBSERVER"), settings, BK_NEUTRAL_WEB_UI);
    bk_put_setting(sheet, BK_STR("TRUSTCERTS"), settings, BK_NEUTRAL_CA_URL);
    bk_put_setting(sheet, BK_STR("SNTPSRVR"), settings, BK_NEUTRAL_TIME_NTP);
    fill_zone(sheet, settings);
    bk_from_driver(sheet);
}

void avaya_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    if (file->request.kind == BK_FILE_FIRMWARE) {
        bk_lines_literal(sheet, BK_STR("GET 46xxsettings.txt"));
        return;
    }
    if (file->request.kind == BK_FILE_MASTER) {
        bk_lines_literal(sheet, BK_STR("GET $MACADDR.txt"));
        return;
    }
    fill_address(sheet, phone);
    if (phone->is_bootstrap)
        return;
    fill_mode(sheet);
    fill_settings(sheet, phone->settings);
    avaya_fill_line(sheet, phone);
    avaya_fill_keys(sheet, phone);
    bk_put_raws(sheet, file);
}
