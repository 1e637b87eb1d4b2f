/*
 * Option rows: check one value against its row.
 */
#include "base/option.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define HOST_BYTES_MAX 253 /* RFC 1035, 2.3.4, without the closing dot */

ptrdiff_t bk_option_find(const struct bk_option *options, struct bk_str key)
{
    for (ptrdiff_t i = 0; options[i].key != NULL; i++) {
        if (bk_str_eq(bk_str_of(options[i].key), key))
            return i;
    }
    return -1;
}

ptrdiff_t bk_words_find(const char *words, struct bk_str word)
{
    struct bk_str rest = bk_str_of(words);
    if (word.len == 0)
        return -1;
    for (ptrdiff_t i = 0; rest.len > 0;) {
        struct bk_str one = bk_str_cut(&rest, ' ');
        if (bk_str_eq(one, word))
            return i;
        if (one.len > 0)
            i++;
    }
    return -1;
}

/*
 * The value for a message, quoted; nothing when it is secret, long or not fit to print. Not copied:
 * it may be a secret in the wrong place, and nobody would wipe the copy.
 */
struct quoted {
    const char *sign;
    struct bk_str text;
};
#define QUOTED "%s%.*s%s"
#define QUOTED_ARG(q) (q).sign, BK_STR_ARG((q).text), (q).sign

static struct quoted quote(const struct bk_option *option, struct bk_str text)
{
    if (option->type != BK_T_SECRET && text.len <= 64 && bk_str_is_utf8(text) &&
        !bk_str_has_control(text))
        return (struct quoted){"\"", text};
    return (struct quoted){"", BK_STR("the value")};
}

static bool parse_bool(struct bk_str text, bool *ret_value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"true", true}, {"false", false}, {"yes", true}, {"no", false},
        {"on", true},   {"off", false},   {"1", true},   {"0", false},
    };
    for (size_t i = 0; i < BK_COUNT(words); i++) {
        if (bk_str_eq_nocase(text, bk_str_of(words[i].word))) {
            *ret_value = words[i].value;
            return true;
        }
    }
    return false;
}

static bool is_token(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    }
    return text.len > 0;
}

/* Index of the first bad word in `ret_bad`; NULL reason when all is well. */
static const char *check_list(const struct bk_option *option, struct bk_str text,
                              struct bk_str *ret_bad)
{
    struct bk_str rest = text;
    while (rest.len > 0) {
        bool has_more = bk_str_find(rest, ',') >= 0;
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        *ret_bad = word;
        if (word.len == 0)
            return "an empty word";
        if (has_more && rest.len == 0)
            return "a comma without a word after";
        bool is_known = option->words == NULL || option->words[0] == '\0'
                            ? is_token(word)
                            : bk_words_find(option->words, word) >= 0;
        if (!is_known)
            return "an unknown word";
        for (struct bk_str later = rest; later.len > 0;) {
            if (bk_str_eq(bk_str_trim(bk_str_cut(&later, ',')), word))
                return "the same word twice";
        }
    }
    return NULL;
}

static bool is_host(struct bk_str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        if (host.len - 2 >= sizeof text)
            return false;
        memcpy(text, host.ptr + 1, host.len - 2);
        text[host.len - 2] = '\0';
        return strlen(text) == host.len - 2 && inet_pton(AF_INET6, text, &ignored) == 1;
    }
    if (host.len == 0 || host.len > HOST_BYTES_MAX || host.ptr[0] == '.' || host.ptr[0] == '-')
        return false;
    bool is_number = true;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && !is_letter && c != '.' && c != '-' && c != '_')
            return false;
        if (c == '.' && host.ptr[i - 1] == '.')
            return false;
        is_number = is_number && (is_digit || c == '.');
    }
    if (!is_number)
        return true;
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, &ignored) == 1;
}

static bool is_address(struct bk_str text)
{
    const struct bk_str unix_path = BK_STR("unix:/");
    if (bk_str_starts(text, unix_path)) {
        struct sockaddr_un address;
        return text.len > unix_path.len && text.len - 5 < sizeof address.sun_path;
    }
    ptrdiff_t colon = bk_str_find_last(text, ':');
    int64_t port;
    return colon > 0 && is_host(bk_str_slice(text, 0, (size_t)colon)) &&
           bk_str_parse_int(bk_str_slice(text, (size_t)colon + 1, text.len), 0, 65535, &port) ==
               BK_OK;
}

/* What every kind of text has in common. */
static enum bk_err check_text(const struct bk_option *option, struct bk_str text,
                              struct bk_detail *ret_detail)
{
    int64_t max = option->max > 0 ? option->max : BK_OPTION_TEXT_MAX;
    if ((uint64_t)text.len > (uint64_t)max || (int64_t)text.len < option->min) {
        bk_detail_set(ret_detail, "%s: %zu bytes long, want %" PRId64 " to %" PRId64, option->key,
                      text.len, option->min, max);
        return BK_ERR_INVALID;
    }
    if (!bk_str_is_utf8(text) || bk_str_has_control(text)) {
        bk_detail_set(ret_detail, "%s: want UTF-8 text without control characters", option->key);
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

enum bk_err bk_option_parse(const struct bk_option *option, struct bk_str text,
                            struct bk_option_value *ret_value, struct bk_detail *ret_detail)
{
    struct bk_option_value value = {text, 0};
    struct quoted q = quote(option, text);
    enum bk_err err = BK_OK;

    switch (option->type) {
    case BK_T_BOOL: {
        bool is_on = false;
        if (!parse_bool(text, &is_on)) {
            bk_detail_set(ret_detail,
                          "%s: " QUOTED " is neither true nor false (also yes no on off 1 0)",
                          option->key, QUOTED_ARG(q));
            return BK_ERR_INVALID;
        }
        value.text = is_on ? BK_STR("1") : BK_STR("0");
        value.number = is_on;
        break;
    }
    case BK_T_INT:
        err = bk_str_parse_int(text, option->min, option->max, &value.number);
        if (err != BK_OK)
            bk_detail_set(ret_detail,
                          "%s: " QUOTED " is not a whole number from %" PRId64 " to %" PRId64,
                          option->key, QUOTED_ARG(q), option->min, option->max);
        break;
    case BK_T_ENUM:
        value.number = bk_words_find(option->words, text);
        if (value.number < 0) {
            bk_detail_set(ret_detail, "%s: " QUOTED " is none of: %s", option->key, QUOTED_ARG(q),
                          option->words);
            return BK_ERR_INVALID;
        }
        break;
    case BK_T_LIST: {
        struct bk_str bad = BK_STR_NONE;
        const char *reason;
        err = check_text(option, text, ret_detail);
        if (err == BK_OK && (reason = check_list(option, text, &bad)) != NULL) {
            q = quote(option, bad);
            bk_detail_set(
                ret_detail, "%s: %s, " QUOTED "; want words with commas between, each once: %s",
                option->key, reason, QUOTED_ARG(q),
                option->words == NULL || option->words[0] == '\0' ? "any" : option->words);
            err = BK_ERR_INVALID;
        }
        break;
    }
    case BK_T_ADDRESS:
        err = check_text(option, text, ret_detail);
        if (err == BK_OK && !is_address(text)) {
            bk_detail_set(ret_detail,
                          "%s: " QUOTED " is no address; want host:port, [v6]:port or unix:/path",
                          option->key, QUOTED_ARG(q));
            err = BK_ERR_INVALID;
        }
        break;
    case BK_T_TEXT:
    case BK_T_SECRET:
    case BK_T_PATH:
        err = check_text(option, text, ret_detail);
        break;
    }
    if (err == BK_OK)
        *ret_value = value;
    return err;
}
