/*
 * The table of answers (RFC 3261 21, RFC 6665 8.3; which of them phones and proxies really give:
 * README.md).
 */
#include "pbx/sip/outcome.h"

#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 40 };

static const struct {
    int status; /* the exact one, or the hundred of a class */
    enum bk_pbx_outcome outcome;
    const char *text; /* at most 145 characters, so that status and reason fit before it */
} rows[] = {
    {200, BK_PBX_ANSWERED, "the phone took it"},
    {403, BK_PBX_ACCOUNT,
     "the PBX does not let this account or address send NOTIFY: allow it on the PBX"},
    {404, BK_PBX_OFFLINE, "the extension is not registered, or the PBX does not know it"},
    {405, BK_PBX_REFUSED,
     "NOTIFY is not relayed, or the phone's contact does not allow it: check the PBX's routing of "
     "NOTIFY"},
    {408, BK_PBX_SILENT, "the phone did not answer the PBX in time"},
    {480, BK_PBX_OFFLINE, "the extension is not registered"},
    {481, BK_PBX_REFUSED,
     "the phone refuses a NOTIFY without subscription: allow unsolicited check-sync on the phone; "
     "a PBX that ends SIP itself needs its own driver"},
    {482, BK_PBX_REFUSED, "the PBX relays in a loop: check its routing of NOTIFY"},
    {483, BK_PBX_REFUSED, "the PBX relays in a loop: check its routing of NOTIFY"},
    {489, BK_PBX_REFUSED,
     "the phone does not know this event: check maker and model, and that check-sync is enabled"},
    {501, BK_PBX_REFUSED,
     "the PBX does not relay NOTIFY: it needs its own driver, or a proxy that relays"},
    {300, BK_PBX_REFUSED, "the PBX redirects, which is not followed: give its final address"},
    {400, BK_PBX_REFUSED, "the phone or its PBX refuses: look into the PBX's log for why"},
    {500, BK_PBX_ILL, "the PBX has a fault: look into its log"},
    {600, BK_PBX_REFUSED, "the phone refuses everywhere: check what blocks it, do-not-disturb too"},
};

void bk_sip_outcome(int status, struct bk_str reason, struct bk_pbx_result *ret_result)
{
    char clean[REASON_MAX + 1];
    size_t len = reason.len < REASON_MAX ? reason.len : REASON_MAX, at = 0;
    for (size_t i = 0; i < len; i++)
        clean[i] = reason.ptr[i] >= 0x20 && reason.ptr[i] < 0x7f ? reason.ptr[i] : '?';
    clean[len] = '\0';
    if (status < 200 || status > 699) { /* libre takes any number for one */
        *ret_result = (struct bk_pbx_result){.outcome = BK_PBX_ILL, .status = status};
        snprintf(ret_result->text, sizeof ret_result->text,
                 "the PBX answers %d, which is no SIP status", status);
        return;
    }
    while (at < BK_COUNT(rows) && rows[at].status != status)
        at++;
    if (at == BK_COUNT(rows))
        for (at = 0; rows[at].status != status / 100 * 100;)
            at++;
    *ret_result = (struct bk_pbx_result){.outcome = rows[at].outcome, .status = status};
    snprintf(ret_result->text, sizeof ret_result->text, "%d %s: %s", status, clean, rows[at].text);
}

void bk_sip_outcome_refused(int status, enum bk_sip_refusal refusal,
                            struct bk_pbx_result *ret_result)
{
    static const struct {
        enum bk_pbx_outcome outcome;
        const char *text;
    } sentences[BK_SIP_REFUSAL_COUNT] = {
        [BK_SIP_ACCOUNT_REFUSED] = {BK_PBX_ACCOUNT, "the PBX refuses the control account: check "
                                                    "username and secret; if the PBX lets our "
                                                    "address in without one, set none"},
        [BK_SIP_ACCOUNT_MISSING] = {BK_PBX_ACCOUNT, "the PBX wants a control account: set username "
                                                    "and secret"},
        [BK_SIP_ACCOUNT_UNUSABLE] = {BK_PBX_ACCOUNT,
                                     "the PBX asks for a kind of authentication that is not "
                                     "known here: let it offer Digest with MD5 or SHA-256"},
        [BK_SIP_LINE_REFUSED] = {BK_PBX_REFUSED,
                                 "the phone asks for its line's credentials and refuses the "
                                 "extension's: it holds others, which its next fetch replaces"},
        [BK_SIP_LINE_MISSING] = {BK_PBX_REFUSED,
                                 "the phone asks for its line's credentials, and the extension "
                                 "has no secret: set it, or turn the phone's challenge off"},
        [BK_SIP_LINE_UNUSABLE] = {BK_PBX_REFUSED,
                                  "the phone asks for a kind of authentication that is not known "
                                  "here: turn its challenge of check-sync off"},
        [BK_SIP_UNKNOWN_REFUSED] = {BK_PBX_REFUSED,
                                    "the extension's credentials are refused: the phone holds "
                                    "others; or it is the PBX that asks, then set a control "
                                    "account"},
        [BK_SIP_UNKNOWN_MISSING] = {BK_PBX_REFUSED,
                                    "the PBX or the phone asks for credentials: set a control "
                                    "account; if the phone asks, set the extension's secret"},
    };
    *ret_result = (struct bk_pbx_result){.outcome = sentences[refusal].outcome, .status = status};
    snprintf(ret_result->text, sizeof ret_result->text, "%d: %s", status, sentences[refusal].text);
}
