/*
 * The grammars, as strict as the RFC where a peer could be misled and no stricter.
 */
#include "pbx/sip/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *list)
{
    return c != '\0' && strchr(list, c) != NULL;
}

bool bk_sip_user_print(struct bk_str user, char (*ret_text)[BK_SIP_USER_SIZE])
{
    /* mark, and "+" of user-unreserved: telephone numbers begin with it. */
    static const char plain[] = "-_.!~*'()+";
    size_t at = 0;
    for (size_t i = 0; i < user.len; i++) {
        unsigned char c = (unsigned char)user.ptr[i];
        if (c <= 0x20 || c == 0x7f || at + 4 > sizeof *ret_text)
            return false;
        if (is_alphanumeric((char)c) || is_one_of((char)c, plain))
            (*ret_text)[at++] = (char)c;
        else
            at += (size_t)snprintf(*ret_text + at, sizeof *ret_text - at, "%%%02X", c);
    }
    (*ret_text)[at] = '\0';
    return at > 0;
}

bool bk_sip_host_print(struct bk_str host, char (*ret_text)[BK_SIP_HOST_SIZE])
{
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (host.len == 0 || host.len > 253)
        return false;
    if (bk_str_find(host, ':') >= 0) {
        if (host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
            host = bk_str_slice(host, 1, host.len - 1);
        if (host.len >= sizeof inner)
            return false;
        snprintf(inner, sizeof inner, "%.*s", BK_STR_ARG(host));
        snprintf(*ret_text, sizeof *ret_text, "[%s]", inner);
        return inet_pton(AF_INET6, inner, &address) == 1;
    }
    for (size_t i = 0; i < host.len; i++)
        if (!is_alphanumeric(host.ptr[i]) && !is_one_of(host.ptr[i], ".-_"))
            return false;
    snprintf(*ret_text, sizeof *ret_text, "%.*s", BK_STR_ARG(host));
    return true;
}

bool bk_sip_is_event(struct bk_str event)
{
    for (size_t i = 0; i < event.len; i++)
        if (!is_alphanumeric(event.ptr[i]) && !is_one_of(event.ptr[i], "-.!%*_+`'~;="))
            return false;
    return event.len > 0 && event.len < BK_SIP_EVENT_SIZE && event.ptr[0] != ';';
}

bool bk_sip_is_username(struct bk_str username)
{
    return username.len > 0 && username.len < 256 && bk_str_is_utf8(username) &&
           !bk_str_has_control(username);
}

int bk_sip_retry_after(struct bk_str value)
{
    int seconds = 0;
    value = bk_str_trim(value);
    for (size_t i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9'; i++)
        if (seconds <= BK_SIP_RETRY_AFTER_MAX_S)
            seconds = 10 * seconds + (value.ptr[i] - '0');
    return seconds < BK_SIP_RETRY_AFTER_MAX_S ? seconds : BK_SIP_RETRY_AFTER_MAX_S;
}
