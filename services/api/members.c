/*
 * Judging what a caller wrote, member by member. All faults of one input are told at once, each
 * with its member, its limit and what to write instead; nothing is looked up here.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/option.h"
#include "layer/layer.h"
#include "model/mac.h"
#include "resource.h"

#define ERROR_MAX 32 /* of one answer; who has more begins with these */
#define HOST_BYTES_MAX 253

/* ---- faults ---- */

static void drop(void *json)
{
    json_decref(json);
}

json_t *api_keep(struct api_call *call, json_t *json)
{
    if (json != NULL)
        bk_arena_on_free(call->arena, drop, json);
    return json;
}

void api_member_error(struct api_call *call, const char *path, const char *format, ...)
{
    struct bk_detail detail;
    va_list args;
    va_start(args, format);
    vsnprintf(detail.text, sizeof detail.text, format, args);
    va_end(args);
    /* A sentence that quotes half a character is told without any such. */
    if (!bk_str_is_utf8(bk_str_of(detail.text)))
        for (char *at = detail.text; *at != '\0'; at++)
            *at = (unsigned char)*at < 0x80 ? *at : '?';
    /* A name that was cut in the middle of a character is no JSON text: no fault may get lost so.
     */
    struct bk_str member = bk_str_of(path);
    while (!bk_str_is_utf8(member))
        member.len--;
    if (call->reply.problem_members == NULL)
        call->reply.problem_members = json_pack("{s:[]}", "errors");
    json_t *errors = json_object_get(call->reply.problem_members, "errors");
    if (errors == NULL) { /* another problem was being told; this one comes first */
        errors = json_array();
        json_object_set_new(call->reply.problem_members, "errors", errors);
    }
    if (json_array_size(errors) == 0)
        bk_detail_set(&call->detail, "%.*s: %s", BK_STR_ARG(member), detail.text);
    if (json_array_size(errors) < ERROR_MAX)
        json_array_append_new(errors, json_pack("{s:s%, s:o}", "member", member.ptr, member.len,
                                                "detail", json_string(detail.text)));
}

enum bk_err api_members_err(const struct api_call *call)
{
    return json_array_size(json_object_get(call->reply.problem_members, "errors")) > 0
               ? BK_ERR_INVALID
               : BK_OK;
}

static const char *path_of(struct api_call *call, const char *path, const char *name)
{
    return bk_arena_printf(call->arena, "%s%s%s", path, path[0] == '\0' ? "" : ".", name).ptr;
}

/* ---- texts ---- */

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
    return inet_pton(family, terminated, &ignored) == 1;
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

static bool judge_text(struct api_call *call, const char *path, const json_t *value, int64_t min,
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
static bool judge_secret(struct api_call *call, const struct api_field *field, const char *path,
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

static bool judge_word(struct api_call *call, const char *path, const char *words,
                       const json_t *value)
{
    if (json_is_string(value) && bk_words_find(words, api_json_text(value)) >= 0)
        return true;
    api_member_error(call, path, "want one of: %s", words);
    return false;
}

static json_t *judge_vendor(struct api_call *call, const char *path, json_t *value)
{
    if (json_is_string(value) && bk_vendor_find(api_json_text(value)) != NULL)
        return value;
    struct bk_str known = BK_STR("");
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        known = bk_arena_printf(call->arena, "%.*s %s", BK_STR_ARG(known), (*vendor)->name);
    api_member_error(call, path, "no such maker; there are:%.*s", BK_STR_ARG(known));
    return NULL;
}

static json_t *judge_mac(struct api_call *call, const char *path, const json_t *value)
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

static json_t *judge_email(struct api_call *call, const char *path, json_t *value)
{
    if (!judge_text(call, path, value, 3, 254))
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

/* ---- numbers ---- */

static bool judge_int(struct api_call *call, const char *path, const json_t *value, int64_t min,
                      int64_t max)
{
    if (json_is_integer(value) && json_integer_value(value) >= min &&
        json_integer_value(value) <= max)
        return true;
    api_member_error(call, path, "want a whole number from %lld to %lld", (long long)min,
                     (long long)max);
    return false;
}

static bool judge_number(struct api_call *call, const struct api_field *field, const char *path,
                         const json_t *value)
{
    /* Two places behind the point: what the narrowest of them (a rate) is given in. */
    if (json_is_number(value) && json_number_value(value) >= (double)field->min &&
        json_number_value(value) <= (double)field->max && json_number_value(value) >= 0.01)
        return true;
    api_member_error(call, path, "want a number from 0.01 to %lld", (long long)field->max);
    return false;
}

/* ---- lists and objects ---- */

static bool judge_count(struct api_call *call, const struct api_field *field, const char *path,
                        const json_t *value, const char *what)
{
    if (json_is_array(value) && json_array_size(value) >= (size_t)field->min &&
        json_array_size(value) <= (size_t)field->max)
        return true;
    api_member_error(call, path, "want a list of %lld to %lld %s", (long long)field->min,
                     (long long)field->max, what);
    return false;
}

static json_t *judge_texts(struct api_call *call, const struct api_field *field, const char *path,
                           json_t *value)
{
    if (!judge_count(call, field, path, value, "texts"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *at = bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr;
        const json_t *one = json_array_get(value, i);
        if (field->words != NULL ? !judge_word(call, at, field->words, one)
                                 : !judge_text(call, at, one, 1, 255))
            return NULL;
    }
    return value;
}

static json_t *judge_locks(struct api_call *call, const struct api_field *field, const char *path,
                           json_t *value)
{
    struct bk_detail detail;
    if (!judge_count(call, field, path, value, "names"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        const bool is_name = bk_layer_lock_check(api_json_text(one), &detail) == BK_OK;
        if (is_name && bk_layer_lock_find(value, api_json_text(one)) == i)
            continue;
        api_member_error(call, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr, "%s",
                         is_name ? "stands twice" : detail.text);
        return NULL;
    }
    return value;
}

static json_t *judge_ids(struct api_call *call, const struct api_field *field, const char *path,
                         json_t *value)
{
    if (!judge_count(call, field, path, value, "ids"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        if (json_is_integer(one) && json_integer_value(one) > 0)
            continue;
        api_member_error(call, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr, "want an id");
        return NULL;
    }
    return value;
}

/* "AB:CD:…" and "abcd…" are the same. */
static json_t *judge_sha256(struct api_call *call, const char *path, const json_t *value)
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
    if ((colons != 0 && colons != 31) || text.len != 64 + colons ||
        bk_hex_parse((struct bk_str){digits, count}, bytes, sizeof bytes) != BK_OK) {
        api_member_error(call, path, "want the SHA-256 of a certificate: 64 hexadecimal digits");
        return NULL;
    }
    bk_hex_print(bytes, sizeof bytes, digits);
    return api_keep(call, json_string(digits));
}

/* {"floor": "3"}: nulls stay, for the merge that follows. */
static json_t *judge_map(struct api_call *call, const struct api_field *field, const char *path,
                         json_t *value)
{
    const char *name;
    json_t *one;
    if (!json_is_object(value) || json_object_size(value) > 64) {
        api_member_error(call, path, "want an object of at most 64 texts");
        return NULL;
    }
    json_object_foreach(value, name, one)
    {
        const char *at = path_of(call, path, name);
        struct bk_str key = bk_str_of(name);
        if (key.len == 0 || key.len > 64 || bk_str_has_control(key)) {
            api_member_error(call, path, "names have 1 to 64 bytes and no control characters");
            return NULL;
        }
        if (!json_is_null(one) && !judge_text(call, at, one, 0, 255))
            return NULL;
    }
    (void)field; /* its size is judged when it is whole */
    return value;
}

static json_t *judge(struct api_call *call, const struct api_field *field, const char *path,
                     json_t *value);

/* What is not said is as it begins, so that what is stored is whole. */
static json_t *judge_object(struct api_call *call, const struct api_field *fields, const char *path,
                            const json_t *value)
{
    struct api_write write = {.is_new = true};
    if (!json_is_object(value)) {
        api_member_error(call, path, "want an object");
        return NULL;
    }
    api_members_read(call, fields, path, value, true, &write);
    json_t *object = api_keep(call, json_object());
    for (const struct api_field *field = fields; field->name != NULL; field++) {
        const struct api_member *member = api_member_find(&write, field->name);
        if (member != NULL && (!json_is_null(member->value) || (field->flags & API_NULL) != 0))
            json_object_set(object, field->name, member->value);
        else if (field->initial != NULL)
            json_object_set_new(object, field->name,
                                json_loads(field->initial, JSON_DECODE_ANY, NULL));
    }
    return object;
}

static json_t *judge_objects(struct api_call *call, const struct api_field *field, const char *path,
                             json_t *value)
{
    if (!judge_count(call, field, path, value, "objects"))
        return NULL;
    json_t *list = api_keep(call, json_array());
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *one =
            judge_object(call, field->members, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr,
                         json_array_get(value, i));
        if (one == NULL)
            return NULL;
        json_array_append(list, one);
    }
    return list;
}

/* ---- one member ---- */

static json_t *if_good(bool is_good, json_t *value)
{
    return is_good ? value : NULL;
}

static json_t *want(struct api_call *call, bool is_good, const char *path, const char *what,
                    json_t *value)
{
    if (!is_good)
        api_member_error(call, path, "want %s", what);
    return is_good ? value : NULL;
}

static json_t *judge_host(struct api_call *call, const struct api_field *field, const char *path,
                          json_t *value)
{
    struct bk_str host = api_json_text(value);
    return want(call, host.ptr != NULL && (api_is_host(host) || (host.len == 0 && field->min == 0)),
                path, "a host name, an IPv4 address or an IPv6 address without brackets", value);
}

/* The value as it is stored; NULL after a fault. */
static json_t *judge(struct api_call *call, const struct api_field *field, const char *path,
                     json_t *value)
{
    switch (field->type) {
    case API_T_TEXT:
        return if_good(judge_text(call, path, value, field->min, field->max), value);
    case API_T_SECRET:
        return if_good(judge_secret(call, field, path, value), value);
    case API_T_INT:
        return if_good(judge_int(call, path, value, field->min, field->max), value);
    case API_T_NUMBER:
        return if_good(judge_number(call, field, path, value), value);
    case API_T_BOOL:
        return want(call, json_is_boolean(value), path, "true or false", value);
    case API_T_WORD:
        return if_good(judge_word(call, path, field->words, value), value);
    case API_T_VENDOR:
        return judge_vendor(call, path, value);
    case API_T_REF:
        return want(call, json_is_integer(value) && json_integer_value(value) > 0, path, "an id",
                    value);
    case API_T_MAC:
        return judge_mac(call, path, value);
    case API_T_HOST:
        return judge_host(call, field, path, value);
    case API_T_EMAIL:
        return judge_email(call, path, value);
    case API_T_TEXTS:
        return judge_texts(call, field, path, value);
    case API_T_NETWORKS:
        return judge_count(call, field, path, value, "networks")
                   ? api_networks_judge(call, path, value)
                   : NULL;
    case API_T_SHA256:
        return judge_sha256(call, path, value);
    case API_T_IDS:
        return judge_ids(call, field, path, value);
    case API_T_MAP:
        return judge_map(call, field, path, value);
    case API_T_LOCKS:
        return judge_locks(call, field, path, value);
    case API_T_OBJECTS:
        return judge_objects(call, field, path, value);
    case API_T_PEM:
        return want(call, json_is_string(value) && json_string_length(value) <= (size_t)field->max,
                    path, "a text", value);
    case API_T_OBJECT: /* judged by its resource, which knows whether it is there already */
    case API_T_SETTINGS:
    case API_T_RAW:
        return want(call, json_is_object(value), path, "an object", value);
    case API_T_TIME:
    case API_T_COUNTS:
    case API_T_ANY:
        break; /* never written */
    }
    return NULL;
}

/* ---- all of them ---- */

static const struct api_field *field_find(const struct api_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0)
            return fields;
    }
    return NULL;
}

static void unknown(struct api_call *call, const struct api_field *fields, const char *path)
{
    struct bk_str known = BK_STR("");
    for (; fields->name != NULL; fields++) {
        if ((fields->flags & API_READ_ONLY) == 0)
            known = bk_arena_printf(call->arena, "%.*s %s", BK_STR_ARG(known), fields->name);
    }
    api_member_error(call, path, "unknown member; there are:%.*s", BK_STR_ARG(known));
}

static void read_member(struct api_call *call, const struct api_field *field, const char *path,
                        json_t *value, bool is_new, struct api_write *write)
{
    json_t *judged = value;
    if ((field->flags & API_ON_CREATE) != 0 && !is_new) {
        api_member_error(call, path, "cannot be changed later");
        return;
    }
    if ((field->flags & API_ON_PATCH) != 0 && is_new) {
        api_member_error(call, path, "is given to a new one; change it afterwards");
        return;
    }
    if (!json_is_null(value)) {
        judged = judge(call, field, path, value);
        if (judged != NULL && field->check != NULL)
            field->check(call, path, judged);
    } else if ((field->flags & (API_REQUIRED | API_NEVER_NULL)) != 0) {
        api_member_error(call, path, "cannot be null");
        return;
    }
    if (judged != NULL && write->count < API_FIELD_MAX)
        write->members[write->count++] = (struct api_member){field, judged};
}

void api_members_read(struct api_call *call, const struct api_field *fields, const char *path,
                      const json_t *input, bool is_new, struct api_write *write)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)input, name, value)
    {
        const struct api_field *field = field_find(fields, name);
        struct bk_str shown = bk_str_of(name);
        const char *at =
            path_of(call, path, shown.len > 64 || bk_str_has_control(shown) ? "?" : name);
        if (field == NULL && strcmp(name, "id") != 0)
            unknown(call, fields, at);
        else if (field == NULL || (field->flags & API_READ_ONLY) != 0)
            api_member_error(call, at, "is read only");
        else
            read_member(call, field, at, value, is_new, write);
    }
    for (const struct api_field *field = fields; is_new && field->name != NULL; field++) {
        if ((field->flags & API_REQUIRED) != 0 && json_object_get(input, field->name) == NULL)
            api_member_error(call, path_of(call, path, field->name), "is missing: %s", field->help);
    }
}

const struct api_member *api_member_find(const struct api_write *write, const char *name)
{
    for (size_t i = 0; i < write->count; i++) {
        if (strcmp(write->members[i].field->name, name) == 0)
            return &write->members[i];
    }
    return NULL;
}

void api_member_set(struct api_call *call, struct api_write *write, const char *name, json_t *value)
{
    api_keep(call, value);
    for (size_t i = 0; i < write->count; i++) {
        if (strcmp(write->members[i].field->name, name) == 0) {
            write->members[i].value = value;
            return;
        }
    }
    const struct api_field *field = field_find(write->resource->fields, name);
    if (field != NULL && write->count < API_FIELD_MAX)
        write->members[write->count++] = (struct api_member){field, value};
}

struct bk_str api_member_text(const struct api_write *write, const char *name,
                              struct bk_str fallback)
{
    const struct api_member *member = api_member_find(write, name);
    return member != NULL && json_is_string(member->value) ? api_json_text(member->value)
                                                           : fallback;
}

int64_t api_member_int(const struct api_write *write, const char *name, int64_t fallback)
{
    const struct api_member *member = api_member_find(write, name);
    return member != NULL && json_is_integer(member->value) ? json_integer_value(member->value)
                                                            : fallback;
}

json_t *api_members_changed(const struct api_write *write)
{
    json_t *names = json_array();
    for (size_t i = 0; i < write->count; i++)
        json_array_append_new(names, json_string(write->members[i].field->name));
    return json_pack("{s:o}", "members", names);
}
