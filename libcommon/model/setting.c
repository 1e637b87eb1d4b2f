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

/* What follows one of the schemes (separated by blanks); none of them: nothing. */
static struct bk_str after_scheme(struct bk_str text, struct bk_str schemes)
{
    while (schemes.len > 0) {
        struct bk_str scheme = bk_str_cut(&schemes, ' ');
        if (bk_str_starts(text, scheme))
            return bk_str_slice(text, scheme.len, text.len);
    }
    return BK_STR_NONE;
}

/* Scheme, host and a path of printable ASCII: phones have no use for more. */
static bool is_url(struct bk_str text)
{
    struct bk_str rest = after_scheme(text, BK_STR("https:// http:// tftp://"));
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] <= ' ' || rest.ptr[i] > '~' || rest.ptr[i] == '"' || rest.ptr[i] == '\\')
            return false;
    }
    return is_host_port(bk_str_cut(&rest, '/'));
}

/* No path: the base is a setting of its own. */
static bool is_ldap_url(struct bk_str text)
{
    return is_host_port(after_scheme(text, BK_STR("ldaps:// ldap://")));
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

static bool is_zone(struct bk_str text)
{
    return bk_zone_find(text) != NULL;
}

/* attribute=value, joined by commas; values are the directory's business. */
static bool is_ldap_name(struct bk_str text)
{
    ptrdiff_t equals = bk_str_find(text, '=');
    for (ptrdiff_t i = 0; i < equals; i++) {
        if (!is_name_char(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '.')
            return false;
    }
    return equals > 0 && (size_t)equals + 1 < text.len;
}

#define WANT_URL \
    "want https://, http:// or tftp:// and a host, no user, no blank, quote or backslash; " \
    "letters " \
    "beyond ASCII as %XX"
#define WANT_TIME "want HH:MM from 00:00 to 23:59"
#define WANT_DIALABLE "want digits, letters and * # + - . _ only"

/* Beyond the type; what has no row is any value of its type. */
static const struct {
    bool (*is_good)(struct bk_str text);
    const char *fault;
} checks[BK_NEUTRAL_COUNT] = {
    [BK_NEUTRAL_TIME_ZONE] = {is_zone, "is no time zone we know; want an IANA name such as "
                                       "Europe/Berlin"},
    [BK_NEUTRAL_TIME_NTP] = {are_hosts, "want host names or addresses"},
    [BK_NEUTRAL_LANGUAGE] = {is_language, "want a BCP 47 tag such as de or pt-BR"},
    [BK_NEUTRAL_TONE_COUNTRY] = {is_country, "want two capital letters (ISO 3166-1) such as DE"},
    [BK_NEUTRAL_WALLPAPER_URL] = {is_url, WANT_URL},
    [BK_NEUTRAL_LOGO_URL] = {is_url, WANT_URL},
    [BK_NEUTRAL_CA_URL] = {is_url, WANT_URL},
    [BK_NEUTRAL_PROV_WINDOW_BEGIN] = {is_time, WANT_TIME},
    [BK_NEUTRAL_PROV_WINDOW_END] = {is_time, WANT_TIME},
    [BK_NEUTRAL_FIRMWARE_URL] = {is_url, WANT_URL},
    [BK_NEUTRAL_PICKUP_CODE] = {is_dialable, WANT_DIALABLE},
    [BK_NEUTRAL_VOICEMAIL_NUMBER] = {is_dialable, WANT_DIALABLE},
    [BK_NEUTRAL_SYSLOG_SERVER] = {is_host_port, "want a host name or address, :port if not 514"},
    [BK_NEUTRAL_PHONEBOOK_URL] = {is_url, WANT_URL},
    [BK_NEUTRAL_LDAP_URL] = {is_ldap_url, "want ldap:// or ldaps:// and a host, without a path"},
    [BK_NEUTRAL_LDAP_BASE] = {is_ldap_name, "want a name such as ou=people,dc=example"},
};

/* What is wrong with a value of the right type; NULL: nothing. */
static const char *fault_of(enum bk_neutral id, struct bk_str text)
{
    if (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' '))
        return "begins or ends with a blank";
    return checks[id].is_good == NULL || checks[id].is_good(text) ? NULL : checks[id].fault;
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

const char *bk_neutral_unit(enum bk_neutral id)
{
    switch ((int)id) {
    case BK_NEUTRAL_BACKLIGHT_S:
    case BK_NEUTRAL_SIP_EXPIRES_S:
        return "seconds";
    case BK_NEUTRAL_PROV_INTERVAL_MIN:
        return "minutes";
    default:
        return NULL;
    }
}
