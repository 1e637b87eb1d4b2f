/*
 * Identity: what the phone's certificate proves (design.md, rule 1). The chain's anchor names the
 * maker and the rules it may be judged by; a rule says where the MAC stands. No rule, no identity.
 * The URL and the User-Agent are never looked at here.
 */
#include <string.h>

#include "web/auth_cert.h"
#include "worker.h"

void cfg_identify(void *worker, struct bk_peer *peer)
{
    (void)worker;
    struct cfg_identity *identity = bk_arena_alloc(peer->arena, sizeof *identity);
    peer->identity = identity;
    const struct bk_tls_peer *tls = peer->tls;
    if (tls == NULL || !tls->has_certificate || !tls->is_verified || tls->root == NULL)
        return;
    identity->root_id = tls->root->root_id;
    memcpy(identity->fingerprint, tls->fingerprint, sizeof identity->fingerprint);

    const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(tls->root->maker));
    struct bk_cert_subject subject;
    if (vendor == NULL || bk_cert_subject_read(tls->certificate, peer->arena, &subject) != BK_OK)
        return;
    const struct bk_cert_rule *rule = bk_cert_rule_match(vendor, &subject, &identity->mac);
    if (rule == NULL || bk_words_find(tls->root->rules, bk_str_of(rule->name)) < 0)
        return;
    identity->vendor = vendor;
    identity->is_known = true;
}
