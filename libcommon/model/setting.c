/*
 * The table of neutral settings, and the checks that a type alone cannot make.
 */
#include "model/setting.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "model/zone.h"

#define HOST_BYTES_MAX 253 /* RFC 1035, 2.3.4, without the closing dot */

const struct bk_option bk_neutral_options[] = {
#define X(id, key, type, min, max, words, help) {key, type, min, max, NULL, help, words},
    BK_NEUTRAL_LIST(X)
#undef X
        {0},
};

static size_t word_count(struct bk_str list)
{
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    return count;
}

enum bk_err bk_neutral_parse(enum bk_neutral id, struct bk_str text,
                             struct bk_option_value *ret_value, struct bk_detail *ret_detail)
{
    const struct bk_option *option = &bk_neutral_options[id];
    if (option->type != BK_T_LIST)
        return bk_option_parse(option, text, ret_value, ret_detail);

    /* Ranges of an option row count bytes; a list is bounded by its words. */
    struct bk_option list = *option;
    list.min = 1;
    list.max = BK_NEUTRAL_LIST_BYTES_MAX;
    struct bk_option_value value;
    enum bk_err err = bk_option_parse(&list, text, &value, ret_detail);
    if (err != BK_OK)
        return err;
    int64_t count = (int64_t)word_count(text);
    if (count < option->min || count > option->max) {
        bk_detail_set(ret_detail, "%s: %" PRId64 " words, want %" PRId64 " to %" PRId64,
                      option->key, count, option->min, option->max);
        return BK_ERR_INVALID;
    }
    *ret_value = value;
    return BK_OK;
}

static bool is_time(struct bk_str text)
{
    int64_t hour, minute;
    return text.len == 5 && text.ptr[2] == ':' &&
           bk_str_parse_int(bk_str_slice(text, 0, 2), 0, 23, &hour) == BK_OK &&
           bk_str_parse_int(bk_str_slice(text, 3, 5), 0, 59, &minute) == BK_OK;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A DNS name or an IPv4 address; IPv6 only in brackets. */
static bool is_host(struct bk_str host)
{
    if (host.len >= 4 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        char text[INET6_ADDRSTRLEN];
        struct in6_addr ignored;
        if (host.len - 2 >= sizeof text)
            return false;
        memcpy(text, host.ptr + 1, host.len - 2);
        text[host.len - 2] = '\0';
        return inet_pton(AF_INET6, text, &ignored) == 1;
    }
    if (host.len == 0 || host.len > HOST_BYTES_MAX)
        return false;
    char before = '.';
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool is_inner = c == '.' || c == '-' || c == '_';
        if (!is_name_char(c) && !is_inner)
            return false;
        if (before == '.' && (c == '.' || c == '-'))
            return false;
        before = c;
    }
    return before != '.' && before != '-';
}

static bool is_host_port(struct bk_str text)
{
    ptrdiff_t colon = bk_str_find_last(text, ':');
    if (colon < 0 || (text.len > 0 && text.ptr[text.len - 1] == ']'))
        return is_host(text);
    int64_t port;
    return is_host(bk_str_slice(text, 0, (size_t)colon)) &&
           bk_str_parse_int(bk_str_slice(text, (size_t)colon + 1, text.len), 1, 65535, &port) ==
               BK_OK;
}

/* Scheme, host and a path of printable ASCII: phones have no use for more. */
static bool is_url(struct bk_str text)
{
    static const char *const schemes[] = {"https://", "http://", "tftp://"};
    struct bk_str rest = BK_STR_NONE;
    for (size_t i = 0; i < BK_COUNT(schemes); i++) {
        struct bk_str scheme = bk_str_of(schemes[i]);
        if (bk_str_starts(text, scheme))
            rest = bk_str_slice(text, scheme.len, text.len);
    }
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] <= ' ' || rest.ptr[i] > '~' || rest.ptr[i] == '"' || rest.ptr[i] == '\\')
            return false;
    }
    return is_host_port(bk_str_cut(&rest, '/'));
}

/* Letters and digits in parts of at most eight, hyphens between (the shape of RFC 5646, 2.1). */
static bool is_language(struct bk_str text)
{
    size_t part_len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-') {
            if (part_len == 0)
                return false;
            part_len = 0;
        } else if (!is_name_char(text.ptr[i]) || ++part_len > 8) {
            return false;
        }
    }
    return part_len > 0;
}

static bool is_country(struct bk_str text)
{
    return text.len == 2 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' &&
           text.ptr[1] <= 'Z';
}

static bool is_dialable(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_char(text.ptr[i]) && strchr("*#+-._", text.ptr[i]) == NULL)
            return false;
    }
    return text.len > 0;
}

static bool are_hosts(struct bk_str list)
{
    while (list.len > 0) {
        if (!is_host(bk_str_trim(bk_str_cut(&list, ','))))
            return false;
    }
    return true;
}

/* What is wrong with a value of the right type; NULL: nothing. */
static const char *fault_of(enum bk_neutral id, struct bk_str text)
{
    if (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' '))
        return "begins or ends with a blank";

    if (id == BK_NEUTRAL_TIME_ZONE)
        return bk_zone_find(text) != NULL
                   ? NULL
                   : "is no time zone we know; want an IANA name such as Europe/Berlin "
                     "(`beckon setting list time.zone` shows all)";
    if (id == BK_NEUTRAL_TIME_NTP)
        return are_hosts(text) ? NULL : "want host names or addresses";
    if (id == BK_NEUTRAL_LANGUAGE)
        return is_language(text) ? NULL : "want a BCP 47 tag such as de or pt-BR";
    if (id == BK_NEUTRAL_TONE_COUNTRY)
        return is_country(text) ? NULL : "want two capital letters (ISO 3166-1) such as DE";
    if (id == BK_NEUTRAL_PROV_WINDOW_BEGIN || id == BK_NEUTRAL_PROV_WINDOW_END)
        return is_time(text) ? NULL : "want HH:MM from 00:00 to 23:59";
    if (id == BK_NEUTRAL_CA_URL || id == BK_NEUTRAL_FIRMWARE_URL || id == BK_NEUTRAL_PHONEBOOK_URL)
        return is_url(text) ? NULL : "want a URL that begins with https://, http:// or tftp://";
    if (id == BK_NEUTRAL_SYSLOG_SERVER)
        return is_host_port(text) ? NULL : "want a host name or address, :port if not 514";
    if (id == BK_NEUTRAL_PICKUP_CODE || id == BK_NEUTRAL_VOICEMAIL_NUMBER)
        return is_dialable(text) ? NULL : "want digits, letters and * # + - . _ only";
    return NULL;
}

enum bk_err bk_neutral_check(enum bk_neutral id, struct bk_str text,
                             struct bk_option_value *ret_value, struct bk_detail *ret_detail)
{
    struct bk_option_value value;
    enum bk_err err = bk_neutral_parse(id, text, &value, ret_detail);
    if (err != BK_OK)
        return err;
    const char *fault = fault_of(id, value.text);
    if (fault != NULL) {
        /* Never the value itself: it may be a secret. */
        bk_detail_set(ret_detail, "%s: %s", bk_neutral_options[id].key, fault);
        return BK_ERR_INVALID;
    }
    *ret_value = value;
    return BK_OK;
}

ptrdiff_t bk_neutral_find(struct bk_str key)
{
    return bk_option_find(bk_neutral_options, key);
}
