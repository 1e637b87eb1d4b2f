/*
 * The table of answers (RFC 3261 21, RFC 6665 8.3; which of them phones and proxies really give:
 * README.md).
 */
#include "pbx/sip/outcome.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int status; /* the exact one, or the hundred of a class */
    enum bk_pbx_outcome outcome;
    const char *text;
} rows[] = {
    {200, BK_PBX_ANSWERED, "the phone took it"},
    {401, BK_PBX_ACCOUNT, "the PBX refuses the control account: check username and secret"},
    {403, BK_PBX_ACCOUNT,
     "the PBX does not let this account or address send NOTIFY: allow it on the PBX"},
    {404, BK_PBX_OFFLINE, "the extension is not registered, or the PBX does not know it"},
    {405, BK_PBX_REFUSED,
     "NOTIFY is not relayed, or the phone's contact does not allow it: check the PBX's routing of "
     "NOTIFY"},
    {407, BK_PBX_ACCOUNT, "the PBX refuses the control account: check username and secret"},
    {408, BK_PBX_SILENT, "the phone did not answer the PBX in time"},
    {480, BK_PBX_OFFLINE, "the extension is not registered"},
    {481, BK_PBX_REFUSED,
     "the phone refuses a NOTIFY without subscription: allow unsolicited check-sync on the phone; "
     "a "
     "PBX that ends SIP itself needs its own driver"},
    {482, BK_PBX_REFUSED, "the PBX relays in a loop: check its routing of NOTIFY"},
    {483, BK_PBX_REFUSED, "the PBX relays in a loop: check its routing of NOTIFY"},
    {489, BK_PBX_REFUSED,
     "the phone does not know this event: check maker and model, and that check-sync is enabled"},
    {501, BK_PBX_REFUSED,
     "the PBX does not relay NOTIFY: it needs its own driver, or a proxy that relays"},
    {300, BK_PBX_REFUSED, "the PBX redirects, which is not followed: give its final address"},
    {400, BK_PBX_REFUSED, "the phone or its PBX refuses"},
    {500, BK_PBX_ILL, "the PBX has a fault"},
    {600, BK_PBX_REFUSED, "the phone refuses everywhere"},
};

void bk_sip_outcome(int status, struct bk_str reason, bool is_line,
                    struct bk_pbx_result *ret_result)
{
    char clean[41];
    size_t len = reason.len < sizeof clean - 1 ? reason.len : sizeof clean - 1, at = 0;
    for (size_t i = 0; i < len; i++)
        clean[i] = reason.ptr[i] >= 0x20 && reason.ptr[i] < 0x7f ? reason.ptr[i] : '?';
    clean[len] = '\0';
    while (at < BK_COUNT(rows) && rows[at].status != status)
        at++;
    if (at == BK_COUNT(rows))
        for (at = 0; rows[at].status != status / 100 * 100;)
            at++;
    *ret_result = (struct bk_pbx_result){.outcome = rows[at].outcome, .status = status};
    if ((status == 401 || status == 407) && is_line) {
        ret_result->outcome = BK_PBX_REFUSED;
        snprintf(ret_result->text, sizeof ret_result->text,
                 "%d: the phone asks for its line's credentials and refuses them: it holds others "
                 "than the extension",
                 status);
        return;
    }
    snprintf(ret_result->text, sizeof ret_result->text, "%d %s: %s", status, clean, rows[at].text);
}
