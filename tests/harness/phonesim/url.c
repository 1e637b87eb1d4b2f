/* See url.h. */
#include "url.h"

#include <arpa/inet.h>
#include <string.h>

bool sim_url_parse(const char *text, struct sim_url *ret_url, struct sim_fault *ret_fault)
{
    static const char scheme[] = "https://";
    struct sim_url url = {.port = "443"};
    struct in_addr address;
    const char *at = text + (sizeof scheme - 1);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}?#@", *c) != NULL) {
            sim_fault_set(ret_fault, 0, "URL with a character that does not belong there");
            return false;
        }
    }
    if (strncmp(text, scheme, sizeof scheme - 1) != 0) {
        sim_fault_set(ret_fault, 0, "URL is not https: %.100s", text);
        return false;
    }

    size_t host_len = strcspn(at, ":/");
    const char *rest = at + host_len;
    size_t port_len = rest[0] == ':' ? strcspn(rest + 1, "/") : 0;
    const char *path = rest + (rest[0] == ':' ? 1 + port_len : 0);
    size_t path_len = strlen(path);
    while (path_len > 0 && path[path_len - 1] == '/')
        path_len--;
    if (host_len == 0 || host_len >= sizeof url.host || port_len >= sizeof url.port ||
        (rest[0] == ':' && port_len == 0) || path_len >= sizeof url.path) {
        sim_fault_set(ret_fault, 0, "URL is not https://host[:port][/path]: %.100s", text);
        return false;
    }
    memcpy(url.host, at, host_len);
    if (port_len > 0) {
        memcpy(url.port, rest + 1, port_len);
        url.port[port_len] = '\0';
    }
    memcpy(url.path, path, path_len);
    url.is_address = inet_pton(AF_INET, url.host, &address) == 1;
    *ret_url = url;
    return true;
}

char *sim_url_trimmed(const char *url)
{
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return sim_strndup(url, len);
}
