/*
 * Small languages of the command line's values. Everything a phone will read is checked here for
 * form; what only the database knows (does the extension exist?) is left to it.
 */
#include "spec.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_BYTES_MAX 253 /* RFC 1035, 2.3.4 */
#define NUMBER_BYTES_MAX 64
/* As the schema has them (app.key_template_key, app.device_key). */
#define KEY_VALUE_MAX 255
#define KEY_LABEL_MAX 64
#define MODULE_MAX 6
static const int slot_max[] = {
    [BK_PANEL_LINE] = 200,
    [BK_PANEL_PROGRAMMABLE] = 100,
    [BK_PANEL_MODULE] = 120,
};

enum bk_err cli_text_check(const char *what, struct bk_str text, size_t max, bool may_be_empty,
                           struct bk_detail *ret_detail)
{
    if (text.len > max || (text.len == 0 && !may_be_empty)) {
        bk_detail_set(ret_detail, "%s: %zu bytes long, want %d to %zu", what, text.len,
                      may_be_empty ? 0 : 1, max);
        return BK_ERR_INVALID;
    }
    if (!bk_str_is_utf8(text) || bk_str_has_control(text)) {
        bk_detail_set(ret_detail, "%s: want UTF-8 text without control characters", what);
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

/* ---- servers ---- */

static bool is_address(int family, struct bk_str text)
{
    char terminated[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return strlen(terminated) == text.len && inet_pton(family, terminated, &ignored) == 1;
}

static bool is_host_name(struct bk_str host)
{
    bool is_number = true;
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_digit && !is_letter && c != '.' && c != '-' && c != '_')
            return false;
        if (c == '.' && label == 0)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
        is_number = is_number && (is_digit || c == '.');
    }
    if (host.len == 0 || host.len > HOST_BYTES_MAX || label == 0 || host.ptr[0] == '-')
        return false;
    return !is_number || is_address(AF_INET, host);
}

static bool is_host(struct bk_str host)
{
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        return is_address(AF_INET6, bk_str_slice(host, 1, host.len - 1));
    return is_host_name(host);
}

enum bk_err cli_spec_host(const char *what, struct bk_str text, struct bk_detail *ret_detail)
{
    if (is_host(text))
        return BK_OK;
    bk_detail_set(ret_detail,
                  "%s: \"%.*s\" is no host; want a name, an IPv4 address or an IPv6 "
                  "address in brackets",
                  what, text.len > 64 ? 64 : (int)text.len, text.ptr);
    return BK_ERR_INVALID;
}

enum bk_err cli_spec_server(const char *what, struct bk_str text, struct bk_sip_server *ret_server,
                            struct bk_detail *ret_detail)
{
    struct bk_sip_server server = {text, 0};
    ptrdiff_t colon = bk_str_find_last(text, ':');
    if (colon >= 0 && !bk_str_ends(text, BK_STR("]"))) {
        int64_t port;
        if (bk_str_parse_int(bk_str_slice(text, (size_t)colon + 1, text.len), 1, 65535, &port) !=
            BK_OK) {
            bk_detail_set(ret_detail, "%s: the port after the last colon is not 1 to 65535", what);
            return BK_ERR_INVALID;
        }
        server.host = bk_str_slice(text, 0, (size_t)colon);
        server.port = (int)port;
    }
    enum bk_err err = cli_spec_host(what, server.host, ret_detail);
    if (err != BK_OK)
        return err;
    if (server.host.ptr[0] == '[') /* brackets belong to the port, the host is stored without */
        server.host = bk_str_slice(server.host, 1, server.host.len - 1);
    *ret_server = server;
    return BK_OK;
}

/* ---- lines ---- */

enum bk_err cli_spec_extension(struct bk_str text, struct cli_line_spec *ret_line,
                               struct bk_detail *ret_detail)
{
    struct bk_str pbx = text;
    bool has_pbx = bk_str_find(text, '@') >= 0;
    struct bk_str number = bk_str_cut(&pbx, '@');
    enum bk_err err =
        cli_text_check("extension number", number, NUMBER_BYTES_MAX, false, ret_detail);
    if (err == BK_OK && has_pbx)
        err = cli_text_check("PBX name after the @", pbx, CLI_LABEL_MAX, false, ret_detail);
    if (err == BK_OK) {
        ret_line->number = number;
        ret_line->pbx = has_pbx ? pbx : BK_STR_NONE;
    }
    return err;
}

enum bk_err cli_spec_line(struct bk_str text, struct cli_line_spec *ret_line,
                          struct bk_detail *ret_detail)
{
    struct bk_str rest = text;
    struct bk_str index = bk_str_cut(&rest, '=');
    int64_t number;
    if (index.len == text.len || bk_str_parse_int(index, 1, BK_LINE_MAX, &number) != BK_OK) {
        bk_detail_set(ret_detail, "--line: want INDEX=NUMBER or INDEX=NUMBER@PBX, INDEX 1 to %d",
                      BK_LINE_MAX);
        return BK_ERR_INVALID;
    }
    ret_line->index = (int)number;
    return cli_spec_extension(rest, ret_line, ret_detail);
}

/* ---- keys ---- */

static const char *const panel_names[] = {
    [BK_PANEL_LINE] = "line",
    [BK_PANEL_PROGRAMMABLE] = "programmable",
    [BK_PANEL_MODULE] = "module",
};

const char *cli_panel_name(enum bk_panel panel)
{
    return panel_names[panel];
}

/* Cut at the next comma that no backslash protects, and take the backslashes off. */
static struct bk_str cut_part(struct bk_arena *arena, struct bk_str *rest)
{
    char *out = bk_arena_alloc(arena, rest->len + 1);
    size_t len = 0, at = 0;
    for (; at < rest->len && rest->ptr[at] != ','; at++) {
        if (rest->ptr[at] == '\\' && at + 1 < rest->len)
            at++;
        out[len++] = rest->ptr[at];
    }
    *rest = bk_str_slice(*rest, at + 1, rest->len);
    return (struct bk_str){out, len};
}

enum bk_err cli_spec_key_place(const char *option, struct bk_str place, struct bk_phone_key *key,
                               struct bk_detail *ret_detail)
{
    struct bk_str slot = place;
    struct bk_str panel = bk_str_cut(&slot, '/');
    struct bk_str module = panel;
    bool has_module = bk_str_find(panel, '.') >= 0;
    int64_t number;
    panel = bk_str_cut(&module, '.');

    ptrdiff_t found = -1;
    for (size_t i = 0; i < BK_COUNT(panel_names); i++) {
        if (bk_str_eq(panel, bk_str_of(panel_names[i])))
            found = (ptrdiff_t)i;
    }
    if (found < 0) {
        bk_detail_set(
            ret_detail,
            "%s: the panel before the / is line, programmable or module.N (N the module's "
            "number)",
            option);
        return BK_ERR_INVALID;
    }
    key->panel = (enum bk_panel)found;
    if (has_module != (key->panel == BK_PANEL_MODULE)) {
        bk_detail_set(ret_detail, "%s: panel module, and only it, has a number: module.1/3",
                      option);
        return BK_ERR_INVALID;
    }
    if (has_module) {
        if (bk_str_parse_int(module, 1, MODULE_MAX, &number) != BK_OK) {
            bk_detail_set(ret_detail, "%s: the module's number is not 1 to %d", option, MODULE_MAX);
            return BK_ERR_INVALID;
        }
        key->module = (int)number;
    }
    if (bk_str_parse_int(slot, 1, slot_max[key->panel], &number) != BK_OK) {
        bk_detail_set(ret_detail, "%s: the slot after %s/ is not a number from 1 to %d", option,
                      panel_names[key->panel], slot_max[key->panel]);
        return BK_ERR_INVALID;
    }
    key->slot = (int)number;
    return BK_OK;
}

static enum bk_err read_key_part(struct bk_str part, struct bk_phone_key *key,
                                 struct bk_detail *ret_detail)
{
    struct bk_str value = part;
    struct bk_str name = bk_str_cut(&value, '=');
    if (bk_str_eq(name, BK_STR("line"))) {
        int64_t number;
        if (bk_str_parse_int(value, 1, BK_LINE_MAX, &number) != BK_OK) {
            bk_detail_set(ret_detail, "--key: line= is not 1 to %d", BK_LINE_MAX);
            return BK_ERR_INVALID;
        }
        key->line = (int)number;
        return BK_OK;
    }
    struct bk_str *target = NULL;
    if (bk_str_eq(name, BK_STR("value")))
        target = &key->value;
    else if (bk_str_eq(name, BK_STR("label")))
        target = &key->label;
    else if (bk_str_eq(name, BK_STR("extension")))
        target = &key->extension;
    if (target == NULL || name.len == part.len) {
        bk_detail_set(ret_detail,
                      "--key: after the kind come line=N, value=V, label=L, extension=E; "
                      "a comma inside a value is written \\,");
        return BK_ERR_INVALID;
    }
    *target = value;
    return cli_text_check("--key value or label", value,
                          target == &key->value ? KEY_VALUE_MAX : KEY_LABEL_MAX, true, ret_detail);
}

enum bk_err cli_spec_key(struct bk_arena *arena, struct bk_str text, struct bk_phone_key *ret_key,
                         struct bk_detail *ret_detail)
{
    struct bk_phone_key key = {0};
    struct bk_str rest = text;
    struct bk_str place = bk_str_cut(&rest, '=');
    if (place.len == text.len) {
        bk_detail_set(ret_detail, "--key: want PANEL/SLOT=KIND, e.g. line/2=blf,value=1002");
        return BK_ERR_INVALID;
    }
    enum bk_err err = cli_spec_key_place("--key", place, &key, ret_detail);
    if (err != BK_OK)
        return err;

    struct bk_str kind = cut_part(arena, &rest);
    ptrdiff_t found = bk_words_find(BK_KEY_KIND_WORDS, kind);
    if (found < 0) {
        bk_detail_set(ret_detail, "--key: \"%.*s\" is no kind; want one of: " BK_KEY_KIND_WORDS,
                      kind.len > 32 ? 32 : (int)kind.len, kind.ptr);
        return BK_ERR_INVALID;
    }
    key.kind = (enum bk_key_kind)found;
    while (err == BK_OK && rest.len > 0)
        err = read_key_part(cut_part(arena, &rest), &key, ret_detail);
    if (err == BK_OK)
        *ret_key = key;
    return err;
}

/* ---- rules ---- */

static enum bk_err read_rule_part(struct bk_str part, struct cli_rule_spec *rule,
                                  struct bk_detail *ret_detail)
{
    struct bk_str value = part;
    struct bk_str name = bk_str_cut(&value, '=');
    int64_t number;
    if (bk_str_eq(part, BK_STR("everyone"))) {
        rule->is_everyone = true;
    } else if (bk_str_eq(name, BK_STR("site")) && value.len > 0) {
        rule->site = value;
    } else if (bk_str_eq(name, BK_STR("line")) &&
               bk_str_parse_int(value, 1, BK_LINE_MAX, &number) == BK_OK) {
        rule->first.line = (int)number;
    } else {
        bk_detail_set(ret_detail,
                      "RULE: after the kind come line=N (1 to %d), and site=NAME or "
                      "everyone",
                      BK_LINE_MAX);
        return BK_ERR_INVALID;
    }
    if (rule->is_everyone && rule->site.len > 0) {
        bk_detail_set(ret_detail, "RULE: either site=NAME or everyone");
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

enum bk_err cli_spec_rule(struct bk_arena *arena, struct bk_str text,
                          struct cli_rule_spec *ret_rule, struct bk_detail *ret_detail)
{
    struct cli_rule_spec rule = {0};
    struct bk_str rest = text;
    struct bk_str count = bk_str_cut(&rest, '=');
    const bool has_kind = count.len < text.len;
    struct bk_str place = bk_str_cut(&count, '+');
    enum bk_err err = cli_spec_key_place("RULE", place, &rule.first, ret_detail);
    if (err != BK_OK)
        return err;
    int64_t number = 0;
    const int max = slot_max[rule.first.panel] - rule.first.slot + 1;
    if (!has_kind || bk_str_parse_int(count, 1, max, &number) != BK_OK) {
        bk_detail_set(
            ret_detail,
            "RULE: want PANEL/SLOT+COUNT=KIND, e.g. line/2+10=blf; COUNT is 1 to %d there", max);
        return BK_ERR_INVALID;
    }
    rule.count = (int)number;
    struct bk_str kind = cut_part(arena, &rest);
    const bool is_blf = bk_str_eq(kind, BK_STR("blf"));
    if (!is_blf && !bk_str_eq(kind, BK_STR("speed_dial"))) {
        bk_detail_set(ret_detail, "RULE: \"%.*s\" is no kind of a rule; want blf or speed_dial",
                      kind.len > 32 ? 32 : (int)kind.len, kind.ptr);
        return BK_ERR_INVALID;
    }
    rule.first.kind = is_blf ? BK_KEY_BLF : BK_KEY_SPEED_DIAL;
    while (err == BK_OK && rest.len > 0)
        err = read_rule_part(cut_part(arena, &rest), &rule, ret_detail);
    if (err == BK_OK)
        *ret_rule = rule;
    return err;
}

/* ---- settings ---- */

enum bk_err cli_spec_setting(struct bk_str text, struct cli_setting_spec *ret_setting,
                             struct bk_detail *ret_detail)
{
    struct cli_setting_spec setting = {0};
    const struct bk_str raw = BK_STR("raw:");
    setting.value = text;
    setting.key = bk_str_cut(&setting.value, '=');
    if (setting.key.len == text.len || setting.key.len == 0) {
        bk_detail_set(ret_detail, "want KEY=VALUE, e.g. time.zone=Europe/Berlin; KEY= takes the "
                                  "value out; `beckon setting list --keys` lists the keys");
        return BK_ERR_INVALID;
    }
    setting.is_empty = setting.value.len == 0;
    if (bk_str_starts(setting.key, raw)) {
        setting.raw_name = bk_str_slice(setting.key, raw.len, setting.key.len);
        setting.raw_vendor = bk_str_cut(&setting.raw_name, ':');
        if (setting.raw_vendor.len == 0 || setting.raw_name.len == 0) {
            bk_detail_set(ret_detail,
                          "a maker's own parameter is written raw:MAKER:NAME=VALUE, e.g. "
                          "raw:yealink:features.dnd.enable=0");
            return BK_ERR_INVALID;
        }
    }
    *ret_setting = setting;
    return BK_OK;
}
