/*
 * Intrusive doubly linked list. A node that is in no list points at itself.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct bk_list {
    struct bk_list *prev, *next;
};

static inline void bk_list_init(struct bk_list *node)
{
    node->prev = node->next = node;
}

static inline bool bk_list_is_empty(const struct bk_list *head)
{
    return head->next == head;
}

static inline void bk_list_append(struct bk_list *head, struct bk_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void bk_list_remove(struct bk_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    bk_list_init(node);
}

/* First node, or NULL. */
static inline struct bk_list *bk_list_first(struct bk_list *head)
{
    return bk_list_is_empty(head) ? NULL : head->next;
}

#endif
