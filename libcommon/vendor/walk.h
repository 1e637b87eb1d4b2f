/*
 * Walks over a phone's accounts and keys as drivers write them: every slot of the model, those that
 * nobody set too, and what was set beyond the model's counts, since its row may be too small.
 */
#ifndef VENDOR_WALK_H
#define VENDOR_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "model/phone.h"
#include "vendor/sheet.h"

/* The line of an account, NULL when it has none. Ask by ascending index; *at begins as 0. */
const struct bk_line *bk_line_at(const struct bk_phone *phone, int index, size_t *at);
/* The highest account to be written: line_count of the model, or the last line's index. */
int bk_line_last(const struct bk_phone *phone, int line_count);

/*
 * One panel after the other, in the order of enum bk_panel, modules ascending:
 *     struct bk_key_walk walk = {.phone = phone};
 *     for (bk_key_walk_panel(&walk, panel, module, count); bk_key_walk_next(&walk);)
 *         … walk.slot, walk.key
 */
struct bk_key_walk {
    const struct bk_phone *phone;
    size_t at; /* of phone->keys */
    enum bk_panel panel;
    int module, count;
    int slot;                       /* 1… */
    const struct bk_phone_key *key; /* NULL: empty */
};
void bk_key_walk_panel(struct bk_key_walk *walk, enum bk_panel panel, int module, int count);
bool bk_key_walk_next(struct bk_key_walk *walk);

/*
 * Of a key that is written: what was given it and has no place in this file ("extension of a key"),
 * parts together. A value counts where its kind has a use for one. Only said when a list is made,
 * under the origin that stands.
 */
#define BK_KEY_VALUE 1u
#define BK_KEY_LABEL 2u
#define BK_KEY_EXTENSION 4u
void bk_put_lost_parts(struct bk_sheet *sheet, const struct bk_phone_key *key, unsigned parts);

/*
 * Where an account sends what. A phone builds its own address from the server it is given. Where
 * the domain is not the registrar's host, the domain must stand there, and the registrars become
 * outbound proxies, unless there are others.
 */
struct bk_route {
    struct bk_sip_server servers[BK_SERVER_MAX], proxies[BK_SERVER_MAX];
    size_t server_count, proxy_count;
};
struct bk_route bk_route_of(const struct bk_pbx_side *pbx);
/* Same servers, proxies and transport? For phones that have one of each for all accounts. */
bool bk_is_same_route(const struct bk_pbx_side *a, const struct bk_pbx_side *b);

#endif
