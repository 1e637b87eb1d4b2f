/*
 * What a Dinstar adapter asks for. What it says of itself is not known, so no User-Agent is its.
 */
#include "vendor/agent.h"
#include "vendor/dinstar/dinstar.h"

#define PRODUCT_LEN_MAX 4

/* "da44-1017-9088-0092": four groups of four hexadecimal digits. */
static bool is_serial(struct bk_str text)
{
    if (text.len != 19)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (i % 5 == 4 ? c != '-' : !is_hex)
            return false;
    }
    return true;
}

/* 83/da44-1017-9088-0092.xml: the index, by product and serial number. It names <mac>.cfg. */
bool dinstar_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str xml = BK_STR(".xml"), cfg = BK_STR(".cfg");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (bk_str_ends(path, xml)) {
        struct bk_str serial = bk_str_slice(path, 0, path.len - xml.len);
        match.model_code = bk_str_cut(&serial, '/');
        if (bk_is_digits(match.model_code) && match.model_code.len <= PRODUCT_LEN_MAX &&
            is_serial(serial))
            match.kind = BK_FILE_INDEX;
    } else if (bk_str_ends(path, cfg) &&
               bk_mac_parse_bare(bk_str_slice(path, 0, path.len - cfg.len), &match.mac) == BK_OK) {
        match.kind = BK_FILE_DEVICE;
        match.has_mac = true;
    }
    if (match.kind == BK_FILE_NONE)
        return false;
    *ret_match = match;
    return true;
}

bool dinstar_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    (void)agent;
    (void)ret_agent;
    return false;
}
