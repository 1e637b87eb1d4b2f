/*
 * One parameter of a phone's file, and where it comes from: what `explain` shows and `diff`
 * compares. No maker is known here; vendor/sheet.h makes the lists.
 */
#ifndef MODEL_PARAMETER_H
#define MODEL_PARAMETER_H

#include <stdbool.h>

#include "base/str.h"
#include "model/phone.h"

enum bk_origin_kind {
    BK_ORIGIN_DRIVER, /* the driver itself: where to fetch from, and what Beckon relies on */
    BK_ORIGIN_SETTING,
    BK_ORIGIN_LINE, /* a line, its extension and its PBX */
    BK_ORIGIN_KEY,
    BK_ORIGIN_RAW
};

struct bk_origin {
    enum bk_origin_kind kind;
    enum bk_layer layer; /* of a setting or a raw parameter; BK_LAYER_NONE: nobody set it */
    int id;              /* BK_ORIGIN_SETTING: enum bk_neutral; BK_ORIGIN_LINE: its index */
    enum bk_panel panel; /* BK_ORIGIN_KEY: which key */
    int module, slot;
};

struct bk_parameter {
    struct bk_str name, value; /* value as it goes into the file, before it is encoded */
    struct bk_origin origin;
    bool is_kept; /* not in the file: the phone keeps what it has */
    bool is_lost; /* not in the file: the maker has no parameter for it; name says for what */
};

#endif
