/*
 * The rows of pbx/kind.h, and what they share.
 */
#include "pbx/kind.h"

#include <string.h>

static const struct bk_option sip_options[] = {
    {"transport", BK_T_ENUM, 0, 0, "udp",
     "How the PBX is reached; udp and tcp only where the operator allows cleartext", "udp tcp tls"},
    {"from_user", BK_T_TEXT, 1, 64, "",
     "User of the From header; without it the control account's name, or beckon", NULL},
    {"tls_name", BK_T_TEXT, 1, 253, "",
     "Name that the PBX's certificate must hold; without it the host of the address", NULL},
    {0},
};

const struct bk_pbx_kind bk_pbx_kind_sip = {
    .name = "sip",
    .title = "SIP NOTIFY through a proxy that relays it (Kamailio, OpenSIPS, an SBC)",
    .options = sip_options,
    .knows_answer = true,
    .addresses_contact = false, /* a proxy forks to all contacts of an AOR */
    .address_help = "host or host:port; without a port 5060, with TLS 5061",
};

static const struct bk_pbx_kind *const kinds[] = {&bk_pbx_kind_sip, NULL};

const struct bk_pbx_kind *const *bk_pbx_kinds(void)
{
    return kinds;
}

const struct bk_pbx_kind *bk_pbx_kind_find(struct bk_str name)
{
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (bk_str_eq(name, bk_str_of(kinds[i]->name)))
            return kinds[i];
    return NULL;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

enum bk_err bk_pbx_address_parse(struct bk_str address, struct bk_str *ret_host, int *ret_port,
                                 struct bk_detail *ret_detail)
{
    struct bk_str host = address, port = BK_STR("");
    int64_t number = 0;
    bool is_v6 = address.len > 0 && address.ptr[0] == '[';
    if (is_v6) {
        struct bk_str rest = bk_str_slice(address, 1, address.len);
        if (bk_str_find(rest, ']') < 0)
            goto bad;
        host = bk_str_cut(&rest, ']');
        if (rest.len > 0 && rest.ptr[0] == ':')
            port = bk_str_slice(rest, 1, rest.len);
        else if (rest.len > 0)
            goto bad;
    } else {
        ptrdiff_t colon = bk_str_find_last(address, ':');
        if (colon >= 0) {
            host = bk_str_slice(address, 0, (size_t)colon);
            port = bk_str_slice(address, (size_t)colon + 1, address.len);
            if (port.len == 0)
                goto bad;
        }
    }
    if (port.len > 0 && bk_str_parse_int(port, 1, 65535, &number) != BK_OK)
        goto bad;
    if (host.len == 0 || host.len > 253)
        goto bad;
    for (size_t i = 0; i < host.len; i++)
        if (!is_host_char(host.ptr[i]) && !(is_v6 && host.ptr[i] == ':'))
            goto bad;
    *ret_host = host;
    *ret_port = (int)number;
    return BK_OK;
bad:
    bk_detail_set(ret_detail, "address \"%.*s\" is not host, host:port or [v6]:port",
                  (int)(address.len < 80 ? address.len : 80), address.len > 0 ? address.ptr : "");
    return BK_ERR_INVALID;
}
