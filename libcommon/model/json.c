/*
 * Recursive descent over a private copy of the text; strings are unescaped in place.
 */
#include "model/json.h"

#include <string.h>

#include "base/hex.h"

struct parser {
    struct bk_arena *arena;
    char *begin, *at, *end;
    const char *fault; /* NULL: none yet */
    bool is_out_of_memory;
    struct bk_json *nodes; /* a block of them, cut one by one */
    size_t nodes_left;
};

#define NODE_BLOCK 128

static struct bk_json *fail(struct parser *p, const char *fault)
{
    if (p->fault == NULL)
        p->fault = fault;
    return NULL;
}

static struct bk_json *node_new(struct parser *p, enum bk_json_type type)
{
    if (p->nodes_left == 0) {
        p->nodes = bk_arena_try(p->arena, NODE_BLOCK * sizeof *p->nodes);
        if (p->nodes == NULL) {
            p->is_out_of_memory = true;
            return fail(p, "out of memory");
        }
        p->nodes_left = NODE_BLOCK;
    }
    p->nodes_left--;
    struct bk_json *node = p->nodes++;
    node->type = type; /* zeroed by the arena */
    return node;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
        p->at++;
}

static bool take(struct parser *p, char c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

/* --- strings --------------------------------------------------------------------------------- */

/* The four digits after "\u"; -1: not there. */
static long parse_unit(struct parser *p)
{
    long unit = 0;
    if (p->end - p->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = bk_hex_digit(p->at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    p->at += 4;
    return unit;
}

/* A code point as UTF-8; never longer than the escape it stands for. */
static char *print_utf8(char *to, long code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* What follows "\u", surrogate pairs joined (RFC 8259, 7). NULL: fault. */
static char *parse_code(struct parser *p, char *to)
{
    long code = parse_unit(p);
    if (code >= 0xd800 && code <= 0xdbff) {
        long low = -1;
        if (take(p, '\\') && take(p, 'u'))
            low = parse_unit(p);
        code = low >= 0xdc00 && low <= 0xdfff ? 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00)
                                              : -1;
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        code = -1;
    }
    if (code <= 0) {
        fail(p, "bad \\u escape");
        return NULL;
    }
    return print_utf8(to, code);
}

static char *parse_escape(struct parser *p, char *to)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end) {
        fail(p, "string without an end");
        return NULL;
    }
    char c = *p->at++;
    if (c == 'u')
        return parse_code(p, to);
    const char *found = c == '\0' ? NULL : strchr(names, c);
    if (found == NULL) {
        fail(p, "bad escape");
        return NULL;
    }
    *to++ = values[found - names];
    return to;
}

/* The opening quote has been taken. */
static bool parse_string(struct parser *p, struct bk_str *ret_text)
{
    char *from = p->at, *to = p->at;
    for (;;) {
        if (p->at == p->end) {
            fail(p, "string without an end");
            return false;
        }
        char c = *p->at++;
        if (c == '"')
            break;
        if ((unsigned char)c < 0x20) {
            fail(p, "control character in a string");
            return false;
        }
        if (c == '\\') {
            to = parse_escape(p, to);
            if (to == NULL)
                return false;
        } else {
            *to++ = c;
        }
    }
    *ret_text = (struct bk_str){from, (size_t)(to - from)};
    return true;
}

/* --- the rest -------------------------------------------------------------------------------- */

static size_t skip_digits(struct parser *p)
{
    char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - from);
}

static struct bk_json *parse_number(struct parser *p)
{
    char *from = p->at;
    take(p, '-');
    char *digits = p->at;
    size_t count = skip_digits(p);
    if (count == 0 || (count > 1 && *digits == '0'))
        return fail(p, "bad number");
    bool is_integer = true;
    struct bk_str text = {from, (size_t)(p->at - from)};
    if (take(p, '.')) {
        is_integer = false;
        if (skip_digits(p) == 0)
            return fail(p, "bad number");
    }
    if (take(p, 'e') || take(p, 'E')) {
        is_integer = false;
        if (!take(p, '+'))
            take(p, '-');
        if (skip_digits(p) == 0)
            return fail(p, "bad number");
    }
    int64_t number = 0;
    is_integer = is_integer && bk_str_parse_int(text, INT64_MIN, INT64_MAX, &number) == BK_OK;
    struct bk_json *node = node_new(p, is_integer ? BK_JSON_INTEGER : BK_JSON_NUMBER);
    if (node != NULL)
        node->number = number;
    return node;
}

static struct bk_json *parse_word(struct parser *p, struct bk_str word, enum bk_json_type type)
{
    if (!bk_str_starts((struct bk_str){p->at, (size_t)(p->end - p->at)}, word))
        return fail(p, "no such word");
    p->at += word.len;
    return node_new(p, type);
}

static struct bk_json *parse_value(struct parser *p, int depth);

/* As PostgreSQL sorts the keys of a jsonb: by length, then by bytes. */
static bool is_before(struct bk_str a, struct bk_str b)
{
    if (a.len != b.len)
        return a.len < b.len;
    return a.len > 0 && memcmp(a.ptr, b.ptr, a.len) < 0;
}

/*
 * Key and colon of a member; the key must be new to the object. While keys come sorted, as they
 * do from jsonb, a key behind the last one is new without looking at the others.
 */
static bool parse_key(struct parser *p, const struct bk_json *object, const struct bk_json *last,
                      bool *is_sorted, struct bk_str *ret_key)
{
    skip_blanks(p);
    if (!take(p, '"')) {
        fail(p, "want a name in quotes");
        return false;
    }
    if (!parse_string(p, ret_key))
        return false;
    *is_sorted = *is_sorted && (last == NULL || is_before(last->key, *ret_key));
    if (!*is_sorted && bk_json_get(object, *ret_key) != NULL) {
        fail(p, "a name stands twice");
        return false;
    }
    skip_blanks(p);
    if (!take(p, ':')) {
        fail(p, "want a colon");
        return false;
    }
    return true;
}

/* Members up to the closing bracket; the opening one has been taken. */
static struct bk_json *parse_members(struct parser *p, enum bk_json_type type, char close,
                                     int depth)
{
    struct bk_json *node = node_new(p, type);
    if (node == NULL)
        return NULL;
    if (depth == BK_JSON_DEPTH_MAX)
        return fail(p, "nested too deep");
    skip_blanks(p);
    if (take(p, close))
        return node;
    struct bk_json *last = NULL;
    bool is_sorted = true;
    for (;;) {
        if (node->count == BK_JSON_MEMBER_MAX)
            return fail(p, "too many members");
        struct bk_str key = BK_STR_NONE;
        if (type == BK_JSON_OBJECT && !parse_key(p, node, last, &is_sorted, &key))
            return NULL;
        struct bk_json *member = parse_value(p, depth + 1);
        if (member == NULL)
            return NULL;
        member->key = key;
        if (last == NULL)
            node->first = member;
        else
            last->next = member;
        last = member;
        node->count++;
        skip_blanks(p);
        if (take(p, close))
            return node;
        if (!take(p, ','))
            return fail(p, "want a comma or the closing bracket");
    }
}

static struct bk_json *parse_value(struct parser *p, int depth)
{
    skip_blanks(p);
    if (p->at == p->end)
        return fail(p, "ends too early");
    switch (*p->at) {
    case '{':
        p->at++;
        return parse_members(p, BK_JSON_OBJECT, '}', depth);
    case '[':
        p->at++;
        return parse_members(p, BK_JSON_ARRAY, ']', depth);
    case '"': {
        struct bk_str text;
        p->at++;
        if (!parse_string(p, &text))
            return NULL;
        struct bk_json *node = node_new(p, BK_JSON_STRING);
        if (node != NULL)
            node->text = text;
        return node;
    }
    case 't':
        return parse_word(p, BK_STR("true"), BK_JSON_TRUE);
    case 'f':
        return parse_word(p, BK_STR("false"), BK_JSON_FALSE);
    case 'n':
        return parse_word(p, BK_STR("null"), BK_JSON_NULL);
    default:
        return parse_number(p);
    }
}

/* A loop without branches, so that a document of plain ASCII costs next to nothing. */
static bool is_ascii(struct bk_str text)
{
    unsigned char seen = 0;
    for (size_t i = 0; i < text.len; i++)
        seen |= (unsigned char)text.ptr[i];
    return seen < 0x80;
}

enum bk_err bk_json_parse(struct bk_arena *arena, struct bk_str text,
                          const struct bk_json **ret_root, struct bk_detail *ret_detail)
{
    if (!is_ascii(text) && !bk_str_is_utf8(text)) {
        bk_detail_set(ret_detail, "no valid UTF-8");
        return BK_ERR_INVALID;
    }
    char *copy = bk_arena_try(arena, text.len + 1);
    if (copy == NULL)
        return BK_ERR_NO_MEMORY;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);

    struct parser p = {.arena = arena, .begin = copy, .at = copy, .end = copy + text.len};
    struct bk_json *root = parse_value(&p, 0);
    if (root != NULL) {
        skip_blanks(&p);
        if (p.at != p.end)
            root = fail(&p, "more text after the end");
    }
    if (root == NULL) {
        bk_detail_set(ret_detail, "byte %zu: %s", (size_t)(p.at - p.begin), p.fault);
        return p.is_out_of_memory ? BK_ERR_NO_MEMORY : BK_ERR_INVALID;
    }
    *ret_root = root;
    return BK_OK;
}

const struct bk_json *bk_json_get(const struct bk_json *value, struct bk_str key)
{
    if (value == NULL || value->type != BK_JSON_OBJECT)
        return NULL;
    for (const struct bk_json *member = value->first; member != NULL; member = member->next) {
        /* bk_str_eq, but inline: this runs for every member of every line and key. */
        if (member->key.len == key.len &&
            (key.len == 0 || memcmp(member->key.ptr, key.ptr, key.len) == 0))
            return member;
    }
    return NULL;
}
