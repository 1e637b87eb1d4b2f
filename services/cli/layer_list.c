/*
 * Settings layers for eyes. The rule of precedence is model/merge's: the highest layer wins, unless
 * a lower one locked the key.
 */
#include "layer_list.h"

#include <string.h>

const struct cli_column cli_layer_columns[] = {
    {"key", "setting"},
    {"value", "value"},
    {"layer", "layer"},
    {"name", "of"},
    {"is_locked", "locks"},
    {"is_effective", "holds"},
    {0},
};

static bool array_has(const json_t *array, const char *text)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (strcmp(json_string_value(json_array_get(array, i)), text) == 0)
            return true;
    }
    return false;
}

struct listing {
    struct cli *cli;
    json_t *rows;
    json_t *locked; /* object: lock names of the layers below */
};

/* lock: the name in locks, the same for "raw:yealink:x" and another maker's x. */
static void add(struct listing *listing, const json_t *layer, const char *key, const char *lock,
                const json_t *value)
{
    bool is_effective = json_object_get(listing->locked, lock) == NULL;
    for (size_t i = 0; is_effective && i < json_array_size(listing->rows); i++) {
        json_t *below = json_array_get(listing->rows, i);
        if (strcmp(json_string_value(json_object_get(below, "key")), key) == 0)
            json_object_set_new(below, "is_effective", json_false());
    }
    json_t *row = json_object();
    json_object_set_new(row, "key", json_string(key));
    json_object_set_new(row, "value",
                        json_is_object(value) ? json_string("********") : json_deep_copy(value));
    json_object_set(row, "layer", json_object_get(layer, "layer"));
    json_object_set(row, "name", json_object_get(layer, "name"));
    json_object_set_new(row, "is_locked",
                        json_boolean(array_has(json_object_get(layer, "locks"), lock)));
    json_object_set_new(row, "is_effective", json_boolean(is_effective));
    json_array_append_new(listing->rows, row);
}

static void add_layer(struct listing *listing, json_t *layer)
{
    const char *key, *vendor, *name;
    json_t *value, *pairs;
    const json_t *locks = json_object_get(layer, "locks");
    json_object_foreach(json_object_get(layer, "settings"), key, value)
        add(listing, layer, key, key, value);
    json_object_foreach(json_object_get(layer, "raw"), vendor, pairs)
    {
        json_object_foreach(pairs, name, value)
        {
            struct bk_str lock = bk_arena_printf(listing->cli->arena, "raw:%s", name);
            struct bk_str full = bk_arena_printf(listing->cli->arena, "raw:%s:%s", vendor, name);
            add(listing, layer, full.ptr, lock.ptr, value);
        }
    }
    for (size_t i = 0; i < json_array_size(locks); i++)
        json_object_set_new(listing->locked, json_string_value(json_array_get(locks, i)),
                            json_true());
}

json_t *cli_layer_rows(struct cli *cli, const json_t *layers, bool of_one_device)
{
    struct listing listing = {cli, json_array(), json_object()};
    for (size_t i = 0; i < json_array_size(layers); i++)
        add_layer(&listing, json_array_get(layers, i));
    for (size_t i = 0; !of_one_device && i < json_array_size(listing.rows); i++)
        json_object_del(json_array_get(listing.rows, i), "is_effective");
    json_decref(listing.locked);
    return listing.rows;
}
