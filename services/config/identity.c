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

#include "vendor/cert_rule.h"
#include "web/auth_cert.h"
#include "worker.h"

static void know(struct cfg_identity *identity, struct bk_arena *arena,
                 const struct bk_cert_proof *proof)
{
    identity->is_known = true;
    identity->maker = bk_arena_str(arena, bk_str_of(proof->rule->maker));
    identity->vendor = bk_vendor_find(identity->maker);
    identity->mac = proof->mac;
    identity->model = bk_arena_str(arena, proof->model);
    identity->serial = bk_arena_str(arena, proof->serial);
}

void cfg_identify(void *worker, struct bk_peer *peer)
{
    const struct bk_cert_rules *own_rules = cfg_roots_rules(((struct cfg_worker *)worker)->roots);
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
    bool is_generic = false;
    for (size_t i = 0; i < tls->root_count; i++) {
        const struct bk_trust_root *root = tls->roots[i];
        struct bk_cert_proof proof;
        enum bk_cert_verdict verdict =
            bk_cert_judge(own_rules, bk_str_of(root->maker), root->rules, &subject, &proof);
        is_generic = is_generic || verdict == BK_CERT_GENERIC;
        if (verdict != BK_CERT_PROVED)
            continue;
        if (!identity->is_known)
            know(identity, peer->arena, &proof);
        else if (!bk_str_eq(identity->maker, bk_str_of(proof.rule->maker)) ||
                 !bk_mac_eq(&identity->mac, &proof.mac))
            continue;
        identity->root_ids[identity->root_count++] = root->root_id;
    }
    identity->is_generic = is_generic && !identity->is_known;
}
