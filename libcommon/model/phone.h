/*
 * What one phone is to hold: the merged result of all layers, its lines and its keys. A phone
 * driver turns this into files; nothing here knows a maker. All text is borrowed from the arena
 * that bk_phone_decode was given (wiped when freed, since SIP passwords are in it).
 */
#ifndef MODEL_PHONE_H
#define MODEL_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/seal.h"
#include "base/str.h"
#include "model/mac.h"
#include "model/setting.h"

#define BK_LINE_MAX 16
#define BK_PHONE_KEY_MAX 1024
#define BK_RAW_MAX 512
#define BK_SERVER_MAX 2

/* Lowest precedence first (docs/rules.md). */
enum bk_layer {
    BK_LAYER_NONE, /* set by nobody */
    BK_LAYER_OPERATOR,
    BK_LAYER_TENANT,
    BK_LAYER_SITE,
    BK_LAYER_PROFILE,
    BK_LAYER_DEVICE,
    BK_LAYER_LINE,
    BK_LAYER_COUNT
};
const char *bk_layer_name(enum bk_layer layer);

struct bk_setting {
    struct bk_option_value value;
    enum bk_layer layer; /* who set it; BK_LAYER_NONE: value is empty */
};

enum bk_transport { BK_TRANSPORT_UDP, BK_TRANSPORT_TCP, BK_TRANSPORT_TLS, BK_TRANSPORT_NAPTR };
enum bk_srtp { BK_SRTP_OFF, BK_SRTP_OPTIONAL, BK_SRTP_REQUIRED };

struct bk_sip_server {
    struct bk_str host;
    int port; /* 0: the transport's default */
};

/* The phone side of a PBX: what a phone is told of it. */
struct bk_pbx_side {
    struct bk_str domain; /* SIP domain; may differ from the registrar's host */
    struct bk_sip_server registrars[BK_SERVER_MAX], proxies[BK_SERVER_MAX];
    size_t registrar_count, proxy_count;
    enum bk_transport transport;
    enum bk_srtp srtp;
};

struct bk_line {
    int index; /* 1..BK_LINE_MAX: the phone's account number */
    struct bk_str label, display_name, number, auth_id;
    struct bk_str secret; /* SIP password, in the clear */
    bool is_shared;
    struct bk_pbx_side pbx;
    struct bk_setting settings[BK_NEUTRAL_COUNT]; /* line layer merged over the device's */
};

enum bk_panel { BK_PANEL_LINE, BK_PANEL_PROGRAMMABLE, BK_PANEL_MODULE };
enum bk_key_kind {
    BK_KEY_NONE,
    BK_KEY_LINE,       /* a line of the phone */
    BK_KEY_BLF,        /* another extension's state */
    BK_KEY_SPEED_DIAL, /* calls value */
    BK_KEY_PARK,       /* parks a call at value */
    BK_KEY_DTMF,       /* sends the digits of value */
    BK_KEY_PICKUP,     /* takes the call that rings at value */
    BK_KEY_INTERCOM,   /* calls value, which answers at once */
    BK_KEY_URL,        /* fetches value: an action URL */
    BK_KEY_VOICEMAIL,
    BK_KEY_CONFERENCE,
    BK_KEY_HOLD,
    BK_KEY_TRANSFER,  /* to value, where there is one */
    BK_KEY_DND,       /* do not disturb, on and off */
    BK_KEY_FORWARD,   /* to value, where there is one */
    BK_KEY_PAGING,    /* multicast to value, address:port */
    BK_KEY_PHONEBOOK, /* LDAP or XML, as the settings have it */
    BK_KEY_XML,       /* opens the XML page at value */
    BK_KEY_KIND_COUNT
};
/* In the enum's order, as they are stored; the schema's app.is_key_kind has the same. */
#define BK_KEY_KIND_WORDS \
    "none line blf speed_dial park dtmf pickup intercom url voicemail conference hold transfer" \
    " dnd forward paging phonebook xml"
const char *bk_key_kind_name(enum bk_key_kind kind); /* "speed_dial" */

struct bk_phone_key {
    enum bk_panel panel;
    int module; /* 1…, only on BK_PANEL_MODULE */
    int slot;   /* 1… */
    enum bk_key_kind kind;
    int line; /* 1…; 0: none */
    struct bk_str value, label, extension;
};

/* A maker's own parameter that the neutral settings lack. */
struct bk_raw {
    struct bk_str name, value;
    enum bk_layer layer;
};

struct bk_phone {
    struct bk_mac mac;
    struct bk_str vendor, model;    /* as the device row has them; model may be empty */
    struct bk_str provisioning_url; /* https://host/<tenant key>, no slash at the end */
    /* What the phone answers a 401 with; both empty: nothing, and what it holds is cleared. */
    struct bk_str provisioning_user, provisioning_password;
    /* Enrolment's first file: where to fetch from and as whom, and nothing else is touched. */
    bool is_bootstrap;
    /* Masks stand for its secrets: it is shown, never served. */
    bool is_masked;
    int64_t revision;
    struct bk_setting settings[BK_NEUTRAL_COUNT];
    struct bk_line *lines; /* by index, ascending */
    size_t line_count;
    struct bk_phone_key *keys; /* by panel, module, slot, ascending */
    size_t key_count;
    struct bk_raw *raws; /* of this vendor, merged, by name ascending */
    size_t raw_count;
};

/*
 * Decode the JSON that bk.device_fetch (migrations) builds; at most 512 KiB. Shape:
 *
 * {"layers":[{"layer":"operator|tenant|site|profile|device","id":7,
 *             "settings":{"time.zone":"Europe/Berlin","security.admin_secret":{"sealed":"…"}},
 *             "locks":["time.zone","raw:features.x"],
 *             "raw":{"yealink":{"features.x":"1"}}}, …],
 *  "pbxs":[{"id":3,"domain":"pbx.example",
 *           "transport":"udp|tcp|tls|naptr","srtp":"off|optional|required",
 *           "registrars":[{"host":"…","port":5060}],"proxies":[…]}],
 *  "lines":[{"index":1,"id":11,"extension_id":42,"pbx_id":3,"number":"1001","auth_id":"1001",
 *            "display_name":"…","label":"…","secret":"<base64, sealed>","shared":false,
 *            "settings":{…},"raw":{…}}],
 *  "keys":[{"panel":"line|programmable|module","module":0,"slot":1,"kind":"blf","line":1,
 *           "value":"1002","label":"…","extension":""}]}
 *
 * Layers stand lowest precedence first; those of one name may stand several times (a reseller's
 * tenants). A lower layer's lock wins over every higher layer's value. What is missing or null is
 * empty or 0. Settings values are JSON strings, whole numbers, booleans or arrays of strings;
 * secrets must be sealed. The raw parameters of a line join the device's.
 *
 * Sealed values (base64) open at place "<tenant>/<layer>.settings:<key>/<id>" (bk_seal_place with
 * table_field "<layer>.settings:<key>"), line secrets at
 * "<tenant>/extension.secret/<extension_id>".
 *
 * data_key NULL: secrets stay sealed, and each reads as a mask of 15 characters, which is another
 * one once it was set anew: for showing a phone, never for serving one.
 *
 * returns  BK_ERR_INVALID names what is wrong, an unknown setting too: a phone must not lose one
 *          because one of our processes is older. BK_ERR_CRYPTO when a secret does not open.
 *          BK_ERR_NO_MEMORY. mac, model, revision and how it is provisioned are the caller's to
 *          fill.
 */
BK_MUST_USE enum bk_err bk_phone_decode(struct bk_arena *arena, struct bk_str json,
                                        struct bk_str vendor, int64_t tenant_id,
                                        const struct bk_key *data_key, struct bk_phone *ret_phone,
                                        struct bk_detail *ret_detail);

#endif
