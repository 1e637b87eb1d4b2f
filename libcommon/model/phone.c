/*
 * From the document that the database builds for one device to struct bk_phone. Order: layers
 * are merged lowest first, lines over the result, each with its PBX; then keys.
 */
#include "model/phone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/phone_read.h"

#define DOCUMENT_BYTES_MAX (512 * 1024)
#define LAYER_MAX 32
#define PBX_MAX 64
#define TEXT_MAX 1020 /* labels, names, numbers, hosts: 255 characters */
#define SEALED_TEXT_MAX 2048
#define MODULE_MAX 16
#define SLOT_MAX 1024

static const char *const layer_names[] = {"none",    "operator", "tenant", "site",
                                          "profile", "device",   "line"};
_Static_assert(BK_COUNT(layer_names) == BK_LAYER_COUNT, "a name for each layer");

static const char *const kind_names[] = {
    "none",     "line",     "blf",     "speed_dial", "park",       "dtmf",
    "pickup",   "intercom", "url",     "voicemail",  "conference", "hold",
    "transfer", "dnd",      "forward", "paging",     "phonebook",  "xml"};
_Static_assert(BK_COUNT(kind_names) == BK_KEY_KIND_COUNT, "a name for each kind of key");

static const char *const panel_names[] = {"line", "programmable", "module"};
static const char *const transport_names[] = {"udp", "tcp", "tls", "naptr"};
static const char *const srtp_names[] = {"off", "optional", "required"};

const char *bk_layer_name(enum bk_layer layer)
{
    return layer_names[layer];
}

const char *bk_key_kind_name(enum bk_key_kind kind)
{
    return kind_names[kind];
}

struct pbx_row {
    int64_t id;
    struct bk_pbx_side side;
};

struct decoder {
    struct bk_phone_reader reader;
    struct bk_merge merge; /* of the layers below a line */
    struct pbx_row *pbxs;
    size_t pbx_count;
    struct bk_phone phone;
};

/* From here on messages speak of member `index` of `array`. */
static void enter(struct bk_phone_reader *reader, const char *array, size_t index)
{
    reader->array = array;
    reader->index = index;
}

static enum bk_err read_layers(struct decoder *d, const struct bk_json *root)
{
    struct bk_phone_reader *reader = &d->reader;
    const struct bk_json *layers;
    enter(&d->reader, NULL, 0);
    enum bk_err err = bk_read_array(reader, root, BK_STR("layers"), LAYER_MAX, &layers);
    size_t before = BK_LAYER_NONE;
    if (err != BK_OK)
        return err;
    const struct bk_json *object = layers->first;
    for (size_t i = 0; err == BK_OK && object != NULL; i++, object = object->next) {
        enter(reader, "layers", i);
        size_t name;
        int64_t id;
        /* From "operator" to "device": a line's own settings stand with the line. */
        err = bk_read_word(reader, object, BK_STR("layer"), layer_names + 1, BK_LAYER_LINE - 1,
                           &name);
        if (err != BK_OK)
            return err;
        if (name + 1 < before)
            return bk_read_fail(reader, "layers must stand lowest precedence first");
        before = name + 1;
        err = bk_read_int(reader, object, BK_STR("id"), 0, INT64_MAX, 0, &id);
        if (err == BK_OK)
            err = bk_read_layer(reader, object, (enum bk_layer)before, id, &d->merge);
    }
    if (err == BK_OK)
        memcpy(d->phone.settings, d->merge.settings, sizeof d->phone.settings);
    return err;
}

static enum bk_err read_servers(struct bk_phone_reader *reader, const struct bk_json *object,
                                struct bk_str member, struct bk_sip_server *ret_servers,
                                size_t *ret_count)
{
    const struct bk_json *servers;
    enum bk_err err = bk_read_array(reader, object, member, BK_SERVER_MAX, &servers);
    if (err != BK_OK)
        return err;
    const struct bk_json *server = servers->first;
    for (size_t i = 0; err == BK_OK && server != NULL; i++, server = server->next) {
        int64_t port = 0;
        err = bk_read_text(reader, server, BK_STR("host"), TEXT_MAX, &ret_servers[i].host);
        if (err == BK_OK)
            err = bk_read_int(reader, server, BK_STR("port"), 0, 65535, 0, &port);
        if (err == BK_OK && ret_servers[i].host.len == 0)
            err = bk_read_fail(reader, "a registrar or proxy has no host");
        ret_servers[i].port = (int)port;
    }
    if (err == BK_OK)
        *ret_count = servers->count;
    return err;
}

static enum bk_err read_pbx(struct bk_phone_reader *reader, const struct bk_json *object,
                            struct pbx_row *ret_row)
{
    struct pbx_row row = {0};
    size_t transport, srtp;
    enum bk_err err = bk_read_int(reader, object, BK_STR("id"), 1, INT64_MAX, 0, &row.id);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("domain"), TEXT_MAX, &row.side.domain);
    if (err == BK_OK)
        err = bk_read_word(reader, object, BK_STR("transport"), transport_names,
                           BK_COUNT(transport_names), &transport);
    if (err == BK_OK)
        err = bk_read_word(reader, object, BK_STR("srtp"), srtp_names, BK_COUNT(srtp_names), &srtp);
    if (err == BK_OK)
        err = read_servers(reader, object, BK_STR("registrars"), row.side.registrars,
                           &row.side.registrar_count);
    if (err == BK_OK)
        err = read_servers(reader, object, BK_STR("proxies"), row.side.proxies,
                           &row.side.proxy_count);
    if (err == BK_OK && row.side.domain.len == 0 && row.side.registrar_count == 0)
        err = bk_read_fail(reader, "a PBX needs a domain or a registrar");
    if (err != BK_OK)
        return err;
    row.side.transport = (enum bk_transport)transport;
    row.side.srtp = (enum bk_srtp)srtp;
    *ret_row = row;
    return BK_OK;
}

static enum bk_err read_pbxs(struct decoder *d, const struct bk_json *root)
{
    const struct bk_json *pbxs;
    enter(&d->reader, NULL, 0);
    enum bk_err err = bk_read_array(&d->reader, root, BK_STR("pbxs"), PBX_MAX, &pbxs);
    if (err != BK_OK || pbxs->count == 0)
        return err;
    size_t count = pbxs->count;
    d->pbxs = bk_arena_try(d->reader.arena, count * sizeof d->pbxs[0]);
    if (d->pbxs == NULL)
        return BK_ERR_NO_MEMORY;
    const struct bk_json *object = pbxs->first;
    for (size_t i = 0; err == BK_OK && object != NULL; i++, object = object->next) {
        enter(&d->reader, "pbxs", i);
        err = read_pbx(&d->reader, object, &d->pbxs[i]);
    }
    d->pbx_count = count;
    return err;
}

static const struct bk_pbx_side *pbx_find(const struct decoder *d, int64_t id)
{
    for (size_t i = 0; i < d->pbx_count; i++) {
        if (d->pbxs[i].id == id)
            return &d->pbxs[i].side;
    }
    return NULL;
}

/*
 * Settings of a line go over the device's, which stay in d->merge for the next line; its raw
 * parameters stand with those of the device. Most lines have neither.
 */
static enum bk_err read_line_layer(struct decoder *d, const struct bk_json *object, int64_t id,
                                   struct bk_line *line)
{
    memcpy(line->settings, d->phone.settings, sizeof line->settings);
    enum bk_err err = bk_read_layer(&d->reader, object, BK_LAYER_LINE, id, &d->merge);
    if (bk_json_get(object, BK_STR("settings")) != NULL) {
        memcpy(line->settings, d->merge.settings, sizeof line->settings);
        memcpy(d->merge.settings, d->phone.settings, sizeof d->merge.settings);
    }
    return err;
}

static enum bk_err read_line(struct decoder *d, const struct bk_json *object, struct bk_line *line)
{
    struct bk_phone_reader *reader = &d->reader;
    int64_t index = 0, id = 0, extension_id = 0, pbx_id = 0;
    struct bk_str sealed = BK_STR_NONE;
    enum bk_err err = bk_read_int(reader, object, BK_STR("index"), 1, BK_LINE_MAX, 0, &index);
    if (err == BK_OK)
        err = bk_read_int(reader, object, BK_STR("id"), 0, INT64_MAX, 0, &id);
    if (err == BK_OK)
        err = bk_read_int(reader, object, BK_STR("extension_id"), 0, INT64_MAX, 0, &extension_id);
    if (err == BK_OK)
        err = bk_read_int(reader, object, BK_STR("pbx_id"), 1, INT64_MAX, 0, &pbx_id);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("number"), TEXT_MAX, &line->number);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("auth_id"), TEXT_MAX, &line->auth_id);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("display_name"), TEXT_MAX, &line->display_name);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("label"), TEXT_MAX, &line->label);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("secret"), SEALED_TEXT_MAX, &sealed);
    if (err != BK_OK)
        return err;

    const struct bk_json *shared = bk_json_get(object, BK_STR("shared"));
    line->index = (int)index;
    line->is_shared = shared != NULL && shared->type == BK_JSON_TRUE;
    if (line->number.len == 0)
        return bk_read_fail(reader, "a line has no number");
    const struct bk_pbx_side *pbx = pbx_find(d, pbx_id);
    if (pbx == NULL)
        return bk_read_fail(reader, "its PBX is not in the document");
    line->pbx = *pbx;
    if (sealed.len > 0) {
        err = bk_read_sealed(reader, sealed, "extension.secret", extension_id, &line->secret);
        if (err != BK_OK)
            return err;
    }
    return read_line_layer(d, object, id, line);
}

static int line_order(const void *a, const void *b)
{
    return ((const struct bk_line *)a)->index - ((const struct bk_line *)b)->index;
}

static enum bk_err read_lines(struct decoder *d, const struct bk_json *root)
{
    struct bk_phone *phone = &d->phone;
    const struct bk_json *lines;
    enter(&d->reader, NULL, 0);
    enum bk_err err = bk_read_array(&d->reader, root, BK_STR("lines"), BK_LINE_MAX, &lines);
    if (err != BK_OK || lines->count == 0)
        return err;
    size_t count = lines->count;
    phone->lines = bk_arena_try(d->reader.arena, count * sizeof phone->lines[0]);
    if (phone->lines == NULL)
        return BK_ERR_NO_MEMORY;
    bool is_sorted = true;
    const struct bk_json *object = lines->first;
    for (size_t i = 0; object != NULL; i++, object = object->next) {
        enter(&d->reader, "lines", i);
        err = read_line(d, object, &phone->lines[i]);
        if (err != BK_OK)
            return err;
        is_sorted = is_sorted && (i == 0 || line_order(&phone->lines[i - 1], &phone->lines[i]) < 0);
    }
    if (!is_sorted)
        qsort(phone->lines, count, sizeof phone->lines[0], line_order);
    for (size_t i = 1; i < count; i++) {
        if (phone->lines[i].index == phone->lines[i - 1].index) {
            bk_detail_set(d->reader.detail, "phone document: lines: index %d stands twice",
                          phone->lines[i].index);
            return BK_ERR_INVALID;
        }
    }
    phone->line_count = count;
    return BK_OK;
}

static enum bk_err read_key(struct bk_phone_reader *reader, const struct bk_json *object,
                            struct bk_phone_key *key)
{
    size_t panel, kind;
    int64_t module = 0, slot = 0, line = 0;
    enum bk_err err =
        bk_read_word(reader, object, BK_STR("panel"), panel_names, BK_COUNT(panel_names), &panel);
    if (err != BK_OK)
        return err;
    bool is_module = panel == BK_PANEL_MODULE;
    err = bk_read_int(reader, object, BK_STR("module"), is_module ? 1 : 0,
                      is_module ? MODULE_MAX : 0, 0, &module);
    if (err == BK_OK)
        err = bk_read_int(reader, object, BK_STR("slot"), 1, SLOT_MAX, 0, &slot);
    if (err == BK_OK)
        err = bk_read_word(reader, object, BK_STR("kind"), kind_names, BK_COUNT(kind_names), &kind);
    if (err == BK_OK)
        err = bk_read_int(reader, object, BK_STR("line"), 0, BK_LINE_MAX, 0, &line);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("value"), TEXT_MAX, &key->value);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("label"), TEXT_MAX, &key->label);
    if (err == BK_OK)
        err = bk_read_text(reader, object, BK_STR("extension"), TEXT_MAX, &key->extension);
    if (err != BK_OK)
        return err;
    key->panel = (enum bk_panel)panel;
    key->kind = (enum bk_key_kind)kind;
    key->module = (int)module;
    key->slot = (int)slot;
    key->line = (int)line;
    return BK_OK;
}

static int key_order(const void *a, const void *b)
{
    const struct bk_phone_key *x = a, *y = b;
    if (x->panel != y->panel)
        return x->panel < y->panel ? -1 : 1;
    if (x->module != y->module)
        return x->module - y->module;
    return x->slot - y->slot;
}

static enum bk_err read_keys(struct decoder *d, const struct bk_json *root)
{
    struct bk_phone *phone = &d->phone;
    const struct bk_json *keys;
    enter(&d->reader, NULL, 0);
    enum bk_err err = bk_read_array(&d->reader, root, BK_STR("keys"), BK_PHONE_KEY_MAX, &keys);
    if (err != BK_OK || keys->count == 0)
        return err;
    size_t count = keys->count;
    phone->keys = bk_arena_try(d->reader.arena, count * sizeof phone->keys[0]);
    if (phone->keys == NULL)
        return BK_ERR_NO_MEMORY;
    bool is_sorted = true;
    const struct bk_json *object = keys->first;
    for (size_t i = 0; object != NULL; i++, object = object->next) {
        enter(&d->reader, "keys", i);
        err = read_key(&d->reader, object, &phone->keys[i]);
        if (err != BK_OK)
            return err;
        is_sorted = is_sorted && (i == 0 || key_order(&phone->keys[i - 1], &phone->keys[i]) < 0);
    }
    if (!is_sorted)
        qsort(phone->keys, count, sizeof phone->keys[0], key_order);
    for (size_t i = 1; i < count; i++) {
        const struct bk_phone_key *key = &phone->keys[i];
        if (key_order(key - 1, key) == 0) {
            bk_detail_set(d->reader.detail,
                          "phone document: keys: panel %s, module %d, slot %d stands twice",
                          panel_names[key->panel], key->module, key->slot);
            return BK_ERR_INVALID;
        }
    }
    phone->key_count = count;
    return BK_OK;
}

enum bk_err bk_phone_decode(struct bk_arena *arena, struct bk_str json, struct bk_str vendor,
                            int64_t tenant_id, const struct bk_key *data_key,
                            struct bk_phone *ret_phone, struct bk_detail *ret_detail)
{
    if (json.len > DOCUMENT_BYTES_MAX) {
        bk_detail_set(ret_detail,
                      "phone document: %zu bytes, at most %d; remove keys or raw "
                      "parameters of the device",
                      json.len, DOCUMENT_BYTES_MAX);
        return BK_ERR_INVALID;
    }
    struct bk_detail why = {{0}};
    const struct bk_json *root;
    enum bk_err err = bk_json_parse(arena, json, &root, &why);
    if (err != BK_OK) {
        bk_detail_set(ret_detail, "phone document: %.200s", why.text);
        return err;
    }

    struct decoder *d = bk_arena_try(arena, sizeof *d);
    if (d == NULL)
        return BK_ERR_NO_MEMORY;
    d->reader.arena = arena; /* zeroed before */
    d->reader.tenant_id = tenant_id;
    d->reader.data_key = data_key;
    d->reader.vendor = vendor;
    d->reader.detail = ret_detail;
    bk_merge_init(&d->merge, arena);
    if (root->type != BK_JSON_OBJECT)
        return bk_read_fail(&d->reader, "want an object");

    err = read_layers(d, root);
    if (err == BK_OK)
        err = read_pbxs(d, root);
    if (err == BK_OK)
        err = read_lines(d, root);
    if (err == BK_OK)
        err = read_keys(d, root);
    if (err == BK_OK)
        err = bk_merge_raws(&d->merge, &d->phone.raws, &d->phone.raw_count);
    if (err != BK_OK)
        return err;
    d->phone.vendor = vendor;
    d->phone.is_masked = data_key == NULL;
    *ret_phone = d->phone;
    return BK_OK;
}
