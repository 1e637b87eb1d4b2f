/*
 * Identity: what the phone's certificate proves (docs/rules.md, rule 1). The roots that vouch for
 * its chain name the maker and the rules it may be judged by; a rule says where the MAC stands. No
 * rule, no identity. The URL and the User-Agent are never looked at here.
 *
 * Several roots vouch when tenants have imported the same CA each for itself. Which of them counts
 * is known when the tenant is (bk.device_fetch); here only those are kept that agree with the first
 * on maker and MAC.
 */
#include <string.h>

#include "web/auth_cert.h"
#include "worker.h"

/* What one root's maker and rules make of the subject. */
static bool judge(const struct bk_trust_root *root, const struct bk_cert_subject *subject,
                  const struct bk_vendor **ret_vendor, struct bk_mac *ret_mac)
{
    const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(root->maker));
    if (vendor == NULL)
        return false;
    const struct bk_cert_rule *rule = bk_cert_rule_match(vendor, subject, ret_mac);
    *ret_vendor = vendor;
    return rule != NULL && bk_words_find(root->rules, bk_str_of(rule->name)) >= 0;
}

void cfg_identify(void *worker, struct bk_peer *peer)
{
    (void)worker;
    struct cfg_identity *identity = bk_arena_alloc(peer->arena, sizeof *identity);
    peer->identity = identity;
    const struct bk_tls_peer *tls = peer->tls;
    if (tls == NULL || !tls->has_certificate || !tls->is_verified)
        return;
    memcpy(identity->fingerprint, tls->fingerprint, sizeof identity->fingerprint);
    identity->has_fingerprint = true;

    struct bk_cert_subject subject;
    if (bk_cert_subject_read(tls->certificate, peer->arena, &subject) != BK_OK)
        return;
    for (size_t i = 0; i < tls->root_count; i++) {
        const struct bk_vendor *vendor = NULL;
        struct bk_mac mac;
        if (!judge(tls->roots[i], &subject, &vendor, &mac))
            continue;
        if (!identity->is_known) {
            identity->is_known = true;
            identity->vendor = vendor;
            identity->mac = mac;
        } else if (vendor != identity->vendor || !bk_mac_eq(&mac, &identity->mac)) {
            continue;
        }
        identity->root_ids[identity->root_count++] = tls->roots[i]->root_id;
    }
}
