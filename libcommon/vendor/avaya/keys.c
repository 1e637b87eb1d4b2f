/*
 * Keys: one PHONEKEY a key, "Key=4;Type=autodial;Name=autodial;Label=Anna;attr1=1002". An empty
 * slot has no known form: it is left out (README.md).
 */
#include <stdio.h>
#include <string.h>

#include "vendor/avaya/avaya.h"
#include "vendor/walk.h"

static const char *type_of(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_LINE:
        return "Type=line;Name=primary";
    case BK_KEY_BLF:
        return "Type=feature;Name=blf";
    case BK_KEY_SPEED_DIAL:
        return "Type=autodial;Name=autodial";
    case BK_KEY_DND:
        return "Type=feature;Name=dnd";
    case BK_KEY_FORWARD:
        return "Type=feature;Name=callfwd";
    case BK_KEY_NONE:
    case BK_KEY_PARK:
    case BK_KEY_DTMF:
    case BK_KEY_PICKUP:
    case BK_KEY_INTERCOM:
    case BK_KEY_URL:
    case BK_KEY_VOICEMAIL:
    case BK_KEY_CONFERENCE:
    case BK_KEY_HOLD:
    case BK_KEY_TRANSFER:
    case BK_KEY_PAGING:
    case BK_KEY_PHONEBOOK:
    case BK_KEY_XML:
    case BK_KEY_KIND_COUNT:
        break;
    }
    return NULL;
}

static const struct bk_str key_name = {"PHONEKEY", 8};

static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key, const char *type)
{
    char text[BK_PARAM_VALUE_MAX + 64];
    const bool is_of_value = bk_str_find(key->value, ';') >= 0;
    if (is_of_value || bk_str_find(key->label, ';') >= 0) {
        bk_sheet_fail_value(sheet, key_name, is_of_value ? key->value : key->label,
                            "a key of an Avaya cannot hold a semicolon");
        return;
    }
    char line[12];
    snprintf(line, sizeof line, "%d", key->line);
    struct bk_str attribute = key->kind == BK_KEY_LINE ? bk_str_of(line) : key->value;
    bool has_label = key->label.len > 0, has_attribute = attribute.len > 0;
    int len = snprintf(text, sizeof text, "Key=%d;%s%s%.*s%s%.*s", key->slot, type,
                       has_label ? ";Label=" : "", BK_STR_ARG(key->label),
                       has_attribute ? ";attr1=" : "", BK_STR_ARG(attribute));
    if (len < 0 || (size_t)len >= sizeof text)
        bk_sheet_fail(sheet, key_name, "is too long");
    else
        bk_put(sheet, key_name, (struct bk_str){text, (size_t)len});
}

void avaya_fill_keys(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    size_t written = 0;
    for (size_t i = 0; i < phone->key_count; i++) {
        const struct bk_phone_key *key = &phone->keys[i];
        const char *type = type_of(key->kind);
        bk_from_key(sheet, key->panel, key->module, key->slot);
        if (type == NULL || key->panel != BK_PANEL_LINE) {
            if (key->kind != BK_KEY_NONE)
                bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
            continue;
        }
        bk_put_lost_parts(sheet, key, BK_KEY_EXTENSION);
        put_key(sheet, key, type);
        written++;
    }
    bk_from_driver(sheet);
    if (written == 0)
        bk_put_kept(sheet, key_name);
}
