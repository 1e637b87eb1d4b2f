/* See sip_message.h. */
#include "sip_message.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool sim_slice_is(struct sim_slice slice, const char *text)
{
    return slice.text != NULL && slice.len == strlen(text) &&
           memcmp(slice.text, text, slice.len) == 0;
}

bool sim_slice_is_nocase(struct sim_slice slice, const char *text)
{
    return slice.text != NULL && slice.len == strlen(text) &&
           strncasecmp(slice.text, text, slice.len) == 0;
}

bool sim_slice_int(struct sim_slice slice, int *ret_value)
{
    char text[10];
    if (slice.text == NULL || slice.len >= sizeof text)
        return false;
    memcpy(text, slice.text, slice.len);
    text[slice.len] = '\0';
    return sim_int_parse(text, ret_value);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct sim_slice trimmed(struct sim_slice slice)
{
    while (slice.len > 0 && is_blank(slice.text[0])) {
        slice.text++;
        slice.len--;
    }
    while (slice.len > 0 && is_blank(slice.text[slice.len - 1]))
        slice.len--;
    return slice;
}

/* RFC 3261 25.1, token */
static bool is_token(struct sim_slice slice)
{
    for (size_t i = 0; i < slice.len; i++) {
        unsigned char c = (unsigned char)slice.text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (c != '\0' && strchr("-.!%*_+`'~", c) != NULL)))
            return false;
    }
    return slice.len > 0;
}

/* --- a message in a stream ------------------------------------------------------------------- */

bool sim_sip_frame(const char *bytes, size_t len, size_t *ret_len, struct sim_fault *ret_fault)
{
    static const char names[2][16] = {"content-length", "l"};
    size_t begin = 0;
    *ret_len = 0;
    while (begin + 1 < len && memcmp(bytes + begin, "\r\n", 2) == 0)
        begin += 2;
    const char *end = begin == len ? NULL : memmem(bytes + begin, len - begin, "\r\n\r\n", 4);
    if (end == NULL) {
        if (len - begin > SIM_SIP_BYTES_MAX) {
            sim_fault_set(ret_fault, 0, "head of more than %d bytes", SIM_SIP_BYTES_MAX);
            return false;
        }
        return true;
    }
    size_t head_len = (size_t)(end - bytes) + 4;
    for (const char *line = bytes + begin; line < end;) {
        const char *stop = memmem(line, head_len - (size_t)(line - bytes), "\r\n", 2);
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        struct sim_slice name = {line, colon == NULL ? 0 : (size_t)(colon - line)};
        name = trimmed(name);
        if (sim_slice_is_nocase(name, names[0]) || sim_slice_is_nocase(name, names[1])) {
            int body = 0;
            struct sim_slice value =
                trimmed((struct sim_slice){colon + 1, (size_t)(stop - colon) - 1});
            if (!sim_slice_int(value, &body) || body > SIM_SIP_BYTES_MAX) {
                sim_fault_set(ret_fault, 0, "Content-Length is no number, or too large");
                return false;
            }
            *ret_len = head_len + (size_t)body <= len ? head_len + (size_t)body : 0;
            return true;
        }
        line = stop + 2;
    }
    sim_fault_set(ret_fault, 0, "no Content-Length in a stream");
    return false;
}

/* --- parsing --------------------------------------------------------------------------------- */

static struct sim_slice long_name(struct sim_slice name)
{
    static const struct {
        char compact;
        const char *name;
    } rows[] = {
        {'v', "Via"},
        {'f', "From"},
        {'t', "To"},
        {'i', "Call-ID"},
        {'m', "Contact"},
        {'o', "Event"},
        {'l', "Content-Length"},
        {'c', "Content-Type"},
        {'u', "Allow-Events"},
        {'k', "Supported"},
    };
    for (size_t i = 0; name.len == 1 && i < sizeof rows / sizeof rows[0]; i++) {
        if ((name.text[0] | 0x20) == rows[i].compact)
            return (struct sim_slice){rows[i].name, strlen(rows[i].name)};
    }
    return name;
}

/* "METHOD URI SIP/2.0" or "SIP/2.0 200 OK" */
static bool first_line_parse(struct sim_sip *message, struct sim_slice line)
{
    static const char version[] = "SIP/2.0";
    const size_t size = sizeof version - 1;
    if (line.len > size && memcmp(line.text, version, size) == 0 && line.text[size] == ' ') {
        struct sim_slice code = {line.text + size + 1, 3};
        return line.len >= size + 5 && line.text[size + 4] == ' ' &&
               sim_slice_int(code, &message->status) && message->status >= 100 &&
               message->status <= 699;
    }
    const char *first = memchr(line.text, ' ', line.len);
    const char *last = memrchr(line.text, ' ', line.len);
    if (first == NULL || last == first)
        return false;
    message->is_request = true;
    message->method = (struct sim_slice){line.text, (size_t)(first - line.text)};
    message->uri = (struct sim_slice){first + 1, (size_t)(last - first) - 1};
    struct sim_slice rest = {last + 1, line.len - (size_t)(last - line.text) - 1};
    return is_token(message->method) && message->uri.len > 0 &&
           memchr(message->uri.text, ' ', message->uri.len) == NULL &&
           sim_slice_is_nocase(rest, version);
}

static bool field_parse(struct sim_sip *message, struct sim_slice line, int number,
                        struct sim_fault *fault)
{
    const char *colon = memchr(line.text, ':', line.len);
    struct sim_slice name = {line.text, colon == NULL ? 0 : (size_t)(colon - line.text)};
    name = trimmed(name); /* blanks are allowed before the colon: 7.3.1 */
    if (!is_token(name) || is_blank(line.text[0])) {
        sim_fault_set(fault, number, "not a header field");
        return false;
    }
    if (message->field_count == SIM_SIP_FIELD_MAX) {
        sim_fault_set(fault, number, "more than %d header fields", SIM_SIP_FIELD_MAX);
        return false;
    }
    struct sim_slice value = {colon + 1, line.len - (size_t)(colon - line.text) - 1};
    message->fields[message->field_count++] =
        (struct sim_sip_field){long_name(name), trimmed(value)};
    return true;
}

/* Joins folded lines in place (7.3.1); false: a byte that no head may have. */
static bool unfold(char *head, size_t len, struct sim_fault *fault)
{
    int number = 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)head[i];
        bool is_end = c == '\r' && i + 1 < len && head[i + 1] == '\n';
        if (is_end && i + 2 < len && is_blank(head[i + 2])) {
            head[i] = head[i + 1] = ' ';
        } else if (is_end) {
            i++;
            number++;
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            sim_fault_set(fault, number, "byte 0x%02x is not text", c);
            return false;
        }
    }
    return true;
}

static bool head_check(struct sim_sip *message, struct sim_fault *fault)
{
    static const char *const needed[] = {"Via", "From", "To", "Call-ID", "CSeq"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (sim_sip_find(message, needed[i], 0).len == 0) {
            sim_fault_set(fault, 0, "no %s", needed[i]);
            return false;
        }
        if (i > 0 && sim_sip_find(message, needed[i], 1).text != NULL) {
            sim_fault_set(fault, 0, "%s twice", needed[i]);
            return false;
        }
    }
    struct sim_slice cseq = sim_sip_find(message, "CSeq", 0), number = cseq;
    while (number.len > 0 && !is_blank(number.text[number.len - 1]))
        number.len--;
    message->cseq_method = (struct sim_slice){cseq.text + number.len, cseq.len - number.len};
    number = trimmed(number);
    bool fits = !message->is_request ||
                (message->cseq_method.len == message->method.len &&
                 memcmp(message->cseq_method.text, message->method.text, message->method.len) == 0);
    if (!sim_slice_int(number, &message->cseq) || !is_token(message->cseq_method) || !fits) {
        sim_fault_set(fault, 0, "CSeq is no number with the request's method");
        return false;
    }
    struct sim_slice host;
    int port = 0;
    if (!sim_sip_sent_by(message, &host, &port)) {
        sim_fault_set(fault, 0, "Via is not SIP/2.0/<transport> host[:port]");
        return false;
    }
    return true;
}

bool sim_sip_parse(const char *bytes, size_t len, struct sim_sip *ret_message,
                   struct sim_fault *ret_fault)
{
    struct sim_sip message = {0};
    int number = 0;
    while (len >= 2 && memcmp(bytes, "\r\n", 2) == 0) {
        bytes += 2;
        len -= 2;
    }
    const char *end =
        len > SIM_SIP_BYTES_MAX || len == 0 ? NULL : memmem(bytes, len, "\r\n\r\n", 4);
    if (end == NULL) {
        sim_fault_set(ret_fault, 0, "%zu bytes without the end of a head", len);
        return false;
    }
    size_t head_len = (size_t)(end - bytes) + 2;
    message.text = sim_strndup(bytes, head_len); /* nobody wants a body here */
    if (!unfold(message.text, head_len, ret_fault))
        goto bad;
    for (char *line = message.text; line < message.text + head_len;) {
        char *stop = strstr(line, "\r\n");
        struct sim_slice text = {line, (size_t)(stop - line)};
        number++;
        if (number == 1 && !first_line_parse(&message, text)) {
            sim_fault_set(ret_fault, 1, "neither a request line nor a status line");
            goto bad;
        }
        if (number > 1 && !field_parse(&message, text, number, ret_fault))
            goto bad;
        line = stop + 2;
    }
    if (!head_check(&message, ret_fault))
        goto bad;
    *ret_message = message;
    return true;
bad:
    free(message.text);
    return false;
}

void sim_sip_free(struct sim_sip *message)
{
    free(message->text);
    *message = (struct sim_sip){0};
}

/* --- looking in ------------------------------------------------------------------------------ */

struct sim_slice sim_sip_find(const struct sim_sip *message, const char *name, size_t nth)
{
    for (size_t i = 0; i < message->field_count; i++) {
        if (sim_slice_is_nocase(message->fields[i].name, name) && nth-- == 0)
            return message->fields[i].value;
    }
    return (struct sim_slice){0};
}

/* Length of value up to the first stop outside of quotes and brackets. */
static size_t span_to(struct sim_slice value, char stop)
{
    bool is_quoted = false, is_bracketed = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.text[i];
        if (is_quoted && c == '\\')
            i++;
        else if (c == stop && !is_quoted && !is_bracketed)
            return i;
        else if (c == '"' && !is_bracketed)
            is_quoted = !is_quoted;
        else if (!is_quoted && c == '<')
            is_bracketed = true;
        else if (!is_quoted && c == '>')
            is_bracketed = false;
    }
    return value.len;
}

struct sim_slice sim_sip_head(struct sim_slice value)
{
    if (value.text == NULL)
        return value;
    return trimmed((struct sim_slice){value.text, span_to(value, ';')});
}

struct sim_slice sim_sip_parameter(struct sim_slice value, const char *name)
{
    size_t skip = value.text == NULL ? 0 : span_to(value, ';');
    while (value.text != NULL && skip < value.len) {
        value = (struct sim_slice){value.text + skip + 1, value.len - skip - 1};
        skip = span_to(value, ';');
        struct sim_slice one = {value.text, skip};
        const char *equal = skip == 0 ? NULL : memchr(one.text, '=', one.len);
        size_t name_len = equal == NULL ? one.len : (size_t)(equal - one.text);
        if (!sim_slice_is_nocase(trimmed((struct sim_slice){one.text, name_len}), name))
            continue;
        return equal == NULL ? (struct sim_slice){"", 0}
                             : trimmed((struct sim_slice){equal + 1, one.len - name_len - 1});
    }
    return (struct sim_slice){0};
}

struct sim_slice sim_sip_element(struct sim_slice *list)
{
    if (list->text == NULL)
        return *list;
    size_t len = span_to(*list, ',');
    struct sim_slice element = trimmed((struct sim_slice){list->text, len});
    if (len == list->len)
        *list = (struct sim_slice){0};
    else
        *list = (struct sim_slice){list->text + len + 1, list->len - len - 1};
    return element;
}

struct sim_slice sim_sip_user(struct sim_slice address)
{
    size_t open = address.text == NULL ? 0 : span_to(address, '<');
    if (open < address.len) {
        const char *begin = address.text + open + 1;
        const char *close = memchr(begin, '>', address.len - open - 1);
        if (close == NULL)
            return (struct sim_slice){0};
        address = (struct sim_slice){begin, (size_t)(close - begin)};
    }
    if (address.len < 5 || strncasecmp(address.text, "sip:", 4) != 0)
        return (struct sim_slice){0};
    struct sim_slice rest = {address.text + 4, address.len - 4};
    const char *at = memchr(rest.text, '@', rest.len);
    if (at == NULL)
        return (struct sim_slice){0};
    rest.len = (size_t)(at - rest.text);
    const char *colon = memchr(rest.text, ':', rest.len); /* a password, which nobody uses */
    if (colon != NULL)
        rest.len = (size_t)(colon - rest.text);
    return rest;
}

bool sim_sip_sent_by(const struct sim_sip *message, struct sim_slice *ret_host, int *ret_port)
{
    static const char protocol[] = "SIP/2.0/";
    struct sim_slice list = sim_sip_find(message, "Via", 0);
    struct sim_slice via = sim_sip_head(sim_sip_element(&list));
    const char *blank = via.len == 0 ? NULL : memrchr(via.text, ' ', via.len);
    if (blank == NULL || via.len <= sizeof protocol ||
        strncasecmp(via.text, protocol, sizeof protocol - 1) != 0)
        return false;
    struct sim_slice host = {blank + 1, via.len - (size_t)(blank - via.text) - 1};
    const char *colon = memrchr(host.text, ':', host.len);
    if (colon != NULL && memchr(colon, ']', host.len - (size_t)(colon - host.text)) == NULL) {
        struct sim_slice port = {colon + 1, host.len - (size_t)(colon - host.text) - 1};
        host.len = (size_t)(colon - host.text);
        if (!sim_slice_int(port, ret_port) || *ret_port < 1 || *ret_port > 65535)
            return false;
    } else {
        *ret_port = 5060;
    }
    *ret_host = host;
    return host.len > 0;
}

/* --- answering ------------------------------------------------------------------------------- */

const char *sim_sip_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {202, "Accepted"},
        {401, "Unauthorized"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {480, "Temporarily Unavailable"},
        {481, "Call/Transaction Does Not Exist"},
        {486, "Busy Here"},
        {489, "Bad Event"},
        {503, "Service Unavailable"},
        {1, "Trying"}, /* from here on by class */
        {2, "OK"},
        {3, "Multiple Choices"},
        {4, "Bad Request"},
        {5, "Server Error"},
        {6, "Declined"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].status == status || rows[i].status == status / 100)
            return rows[i].reason;
    }
    return "Unknown";
}

/* The topmost Via as the answer carries it: where it came from, when it asked or was not told. */
static void via_top_print(struct sim_buf *out, const struct sim_sip *request, struct sim_slice via,
                          const char *host, int port)
{
    struct sim_slice sent_by;
    int sent_port = 0;
    size_t len = span_to(via, ';');
    struct sim_slice rest = {via.text + len, via.len - len};
    struct sim_slice rport = sim_sip_parameter(via, "rport");
    bool is_named = sim_sip_sent_by(request, &sent_by, &sent_port) && sim_slice_is(sent_by, host);
    sim_buf_format(out, "Via: %.*s", (int)len, via.text);
    while (rest.len > 0) {
        struct sim_slice one = {rest.text + 1, rest.len - 1};
        size_t size = span_to(one, ';');
        rest = (struct sim_slice){one.text + size, one.len - size};
        one.len = size;
        if (!sim_slice_is_nocase(trimmed(one), "rport"))
            sim_buf_format(out, ";%.*s", (int)one.len, one.text);
    }
    if (rport.text != NULL && rport.len == 0)
        sim_buf_format(out, ";rport=%d", port);
    if (rport.text != NULL || !is_named)
        sim_buf_format(out, ";received=%s", host);
}

void sim_sip_answer(struct sim_buf *out, const struct sim_sip *request, int status, const char *tag,
                    const char *host, int port, const char *extra_fields)
{
    static const char *const copied[] = {"From", "To", "Call-ID", "CSeq"};
    sim_buf_format(out, "SIP/2.0 %d %s\r\n", status, sim_sip_reason(status));
    struct sim_slice list = sim_sip_find(request, "Via", 0);
    via_top_print(out, request, sim_sip_element(&list), host, port);
    if (list.text != NULL)
        sim_buf_format(out, ", %.*s", (int)list.len, list.text);
    sim_buf_text(out, "\r\n");
    for (size_t i = 1; (list = sim_sip_find(request, "Via", i)).text != NULL; i++)
        sim_buf_format(out, "Via: %.*s\r\n", (int)list.len, list.text);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        struct sim_slice value = sim_sip_find(request, copied[i], 0);
        bool wants_tag =
            strcmp(copied[i], "To") == 0 && sim_sip_parameter(value, "tag").text == NULL;
        sim_buf_format(out, "%s: %.*s%s%s\r\n", copied[i], (int)value.len, value.text,
                       wants_tag ? ";tag=" : "", wants_tag ? tag : "");
    }
    sim_buf_format(out, "%sContent-Length: 0\r\n\r\n", extra_fields == NULL ? "" : extra_fields);
}

void sim_sip_random(char *ret_text, size_t count)
{
    unsigned char bytes[32];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    for (size_t i = 0; i < count && i < 2 * sizeof bytes; i++)
        ret_text[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 * 4) & 0xf];
    ret_text[count] = '\0';
}
