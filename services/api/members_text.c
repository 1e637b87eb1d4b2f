/*
 * Judging members that are texts: names and words, secrets, addresses, certificates' hashes.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/hex.h"
#include "base/option.h"
#include "base/secret.h"
#include "members_impl.h"
#include "model/mac.h"
#include "vendor/vendor.h"

#define HOST_BYTES_MAX 253

struct bk_str api_json_text(const json_t *json)
{
    return json_is_string(json) ? (struct bk_str){json_string_value(json), json_string_length(json)}
                                : BK_STR_NONE;
}

size_t api_char_count(struct bk_str utf8)
{
    size_t count = 0;
    for (size_t i = 0; i < utf8.len; i++)
        count += ((unsigned char)utf8.ptr[i] & 0xc0) != 0x80;
    return count;
}

static bool is_address(int family, struct bk_str text)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    bool is_good = inet_pton(family, terminated, &ignored) == 1;
    bk_wipe(terminated, sizeof terminated); /* it may be anything */
    return is_good;
}

bool api_is_host(struct bk_str host)
{
    size_t label = 0;
    bool is_number = true;
    if (host.len == 0 || host.len > HOST_BYTES_MAX)
        return false;
    if (bk_str_find(host, ':') >= 0)
        return is_address(AF_INET6, host);
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool is_edge = label == 0 || i + 1 == host.len || host.ptr[i + 1] == '.';
        if (c == '.' ? label == 0 : !is_digit && !is_letter && (c != '-' || is_edge))
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
        is_number = is_number && (is_digit || c == '.');
    }
    return label > 0 && (!is_number || is_address(AF_INET, host));
}

static bool is_day(int64_t year, int64_t month, int64_t day)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && is_leap);
}

bool api_is_time(struct bk_str text)
{
    static const char form[] = "0000-00-00T00:00:00";
    static const struct {
        size_t at, len;
        int64_t min, max;
    } parts[] = {{0, 4, 1970, 9999}, {5, 2, 1, 12},  {8, 2, 1, 31},
                 {11, 2, 0, 23},     {14, 2, 0, 59}, {17, 2, 0, 59}};
    int64_t numbers[BK_COUNT(parts)], fraction;
    size_t at = sizeof form - 1;
    if (text.len < at + 1 || text.ptr[text.len - 1] != 'Z')
        return false;
    for (size_t i = 0; i < at; i++) {
        if (form[i] != '0' && text.ptr[i] != form[i])
            return false;
    }
    for (size_t i = 0; i < BK_COUNT(parts); i++) {
        if (bk_str_parse_int(bk_str_slice(text, parts[i].at, parts[i].at + parts[i].len),
                             parts[i].min, parts[i].max, &numbers[i]) != BK_OK)
            return false;
    }
    if (!is_day(numbers[0], numbers[1], numbers[2]))
        return false;
    if (text.ptr[at] == 'Z')
        return text.len == at + 1;
    return text.ptr[at] == '.' && text.len > at + 2 && text.len <= at + 8 &&
           bk_str_parse_int(bk_str_slice(text, at + 1, text.len - 1), 0, 999999, &fraction) ==
               BK_OK;
}

bool api_judge_text(struct api_call *call, const char *path, const json_t *value, int64_t min,
                    int64_t max)
{
    struct bk_str text = api_json_text(value);
    if (text.ptr == NULL) {
        api_member_error(call, path, "want a text");
        return false;
    }
    size_t count = api_char_count(text);
    if (count < (size_t)min || count > (size_t)max) {
        api_member_error(call, path, "%zu characters, want %lld to %lld", count, (long long)min,
                         (long long)max);
        return false;
    }
    if (bk_str_has_control(text)) {
        api_member_error(call, path, "want text without control characters");
        return false;
    }
    return true;
}

/* A secret goes to phones and PBXs as it is: bytes are counted, and no end of line is in it. */
bool api_judge_secret(struct api_call *call, const struct api_field *field, const char *path,
                      const json_t *value)
{
    struct bk_str text = api_json_text(value);
    if (text.ptr == NULL || text.len < (size_t)field->min || text.len > (size_t)field->max ||
        bk_str_has_control(text)) {
        api_member_error(call, path, "want a text of %lld to %lld bytes without control characters",
                         (long long)field->min, (long long)field->max);
        return false;
    }
    return true;
}

bool api_judge_word(struct api_call *call, const char *path, const char *words, const json_t *value)
{
    if (json_is_string(value) && bk_words_find(words, api_json_text(value)) >= 0)
        return true;
    api_member_error(call, path, "want one of: %s", words);
    return false;
}

json_t *api_judge_vendor(struct api_call *call, const char *path, json_t *value)
{
    if (json_is_string(value) && bk_vendor_find(api_json_text(value)) != NULL)
        return value;
    char known[BK_VENDOR_NAMES_SIZE];
    bk_vendor_names_print(&known);
    api_member_error(call, path, "no such maker; there are %s", known);
    return NULL;
}

json_t *api_judge_mac(struct api_call *call, const char *path, const json_t *value)
{
    static const uint8_t none[6] = {0}, all[6] = {255, 255, 255, 255, 255, 255};
    struct bk_mac mac;
    char text[BK_MAC_TEXT_SIZE];
    if (!json_is_string(value) || bk_mac_parse(api_json_text(value), &mac) != BK_OK ||
        memcmp(mac.bytes, none, sizeof none) == 0 || memcmp(mac.bytes, all, sizeof all) == 0) {
        api_member_error(call, path, "want a MAC: 12 hexadecimal digits, or six pairs with : or -");
        return NULL;
    }
    bk_mac_print(&mac, &text);
    return api_keep(call, json_string(text));
}

json_t *api_judge_email(struct api_call *call, const char *path, json_t *value)
{
    if (!api_judge_text(call, path, value, 3, 254))
        return NULL;
    struct bk_str text = bk_arena_str(call->arena, api_json_text(value));
    ptrdiff_t at = bk_str_find(text, '@');
    bool is_good = at > 0 && (size_t)at + 1 < text.len && at == bk_str_find_last(text, '@');
    char *lower = bk_arena_alloc(call->arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        is_good = is_good && c > ' ' && c < 0x7f; /* the schema folds case by its own rules */
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (!is_good) {
        api_member_error(call, path, "want an e-mail address");
        return NULL;
    }
    return api_keep(call, json_string(lower));
}

/* "AB:CD:…" and "abcd…" are the same. */
json_t *api_judge_sha256(struct api_call *call, const char *path, const json_t *value)
{
    struct bk_str text = api_json_text(value);
    char digits[2 * 32 + 1];
    uint8_t bytes[32];
    size_t count = 0, colons = 0;
    for (size_t i = 0; i < text.len && count < sizeof digits; i++) {
        if (text.ptr[i] == ':' && i % 3 == 2)
            colons++;
        else
            digits[count++] = text.ptr[i];
    }
    bool is_good = (colons == 0 || colons == 31) && text.len == 64 + colons &&
                   bk_hex_parse((struct bk_str){digits, count}, bytes, sizeof bytes) == BK_OK;
    bk_wipe(digits, sizeof digits); /* it may be anything */
    if (!is_good) {
        api_member_error(call, path, "want the SHA-256 of a certificate: 64 hexadecimal digits");
        return NULL;
    }
    bk_hex_print(bytes, sizeof bytes, digits);
    return api_keep(call, json_string(digits));
}
