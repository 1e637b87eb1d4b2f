/* The phone document: decoded, refused with a reason, secrets bound to their place. */
#include "harness/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex.h"
#include "model/phone.h"

#define TENANT 9

static const struct bk_key key = {{1, 2, 3, 4}};
static const struct bk_key other_key = {{4, 3, 2, 1}};

struct sealed {
    char text[512];
};

static struct sealed seal(int64_t tenant, const char *field, int64_t row, const char *plain)
{
    struct sealed sealed;
    char space[BK_SEAL_PLACE_SIZE];
    uint8_t bytes[256];
    size_t len;
    assert_int_equal(bk_seal(&key, bk_seal_place(&space, tenant, field, row), bk_str_of(plain),
                             bytes, sizeof bytes, &len),
                     BK_OK);
    bk_base64_print(bytes, len, sealed.text);
    return sealed;
}

static enum bk_err decode(struct bk_arena *arena, const char *json, struct bk_phone *ret_phone,
                          struct bk_detail *ret_detail)
{
    return bk_phone_decode(arena, bk_str_of(json), BK_STR("yealink"), TENANT, &key, ret_phone,
                           ret_detail);
}

#define PBX \
    "\"pbxs\":[{\"id\":3,\"domain\":\"pbx.example\",\"transport\":\"tls\",\"srtp\":\"required\"," \
    "\"registrars\":[{\"host\":\"sip1.example\",\"port\":5061},{\"host\":\"sip2.example\"}]," \
    "\"proxies\":[{\"host\":\"edge.example\",\"port\":443}]}]"

static void a_whole_document_is_decoded(void **state)
{
    (void)state;
    struct sealed password = seal(TENANT, "extension.secret", 42, "s3cret");
    struct sealed admin = seal(TENANT, "tenant.settings:security.admin_secret", 7, "adminadmin");
    char json[4096];
    snprintf(json, sizeof json,
             "{\"layers\":["
             "{\"layer\":\"operator\",\"id\":1,\"settings\":{\"ui.language\":\"en\","
             "\"net.lldp\":false},\"locks\":[\"net.lldp\",\"raw:features.x\"],"
             "\"raw\":{\"yealink\":{\"features.x\":\"1\"},\"snom\":{\"y\":\"2\"}}},"
             "{\"layer\":\"tenant\",\"id\":7,\"settings\":{\"ui.language\":\"de\","
             "\"net.lldp\":true,\"audio.codecs\":[\"pcma\",\"g722\"],"
             "\"sip.register_expires_s\":600,"
             "\"security.admin_secret\":{\"sealed\":\"%s\"}}},"
             "{\"layer\":\"device\",\"id\":8,"
             "\"raw\":{\"yealink\":{\"features.x\":\"9\",\"a.b\":\"\"}}}]," PBX ","
             "\"lines\":[{\"index\":2,\"id\":12,\"extension_id\":43,\"pbx_id\":3,"
             "\"number\":\"1002\",\"settings\":{\"sip.register_expires_s\":120},"
             "\"raw\":{\"yealink\":{\"account.2.z\":\"1\"}}},"
             "{\"index\":1,\"id\":11,\"extension_id\":42,\"pbx_id\":3,\"number\":\"1001\","
             "\"auth_id\":\"a1\",\"display_name\":\"Zo\\u00eb\",\"label\":\"L\",\"secret\":\"%s\","
             "\"shared\":true}],"
             "\"keys\":[{\"panel\":\"module\",\"module\":1,\"slot\":2,\"kind\":\"park\"},"
             "{\"panel\":\"line\",\"slot\":3,\"kind\":\"speed_dial\",\"value\":\"0\"},"
             "{\"panel\":\"line\",\"module\":0,\"slot\":1,\"kind\":\"blf\",\"line\":1,"
             "\"value\":\"1002\",\"label\":\"x\",\"extension\":\"*8\"}]}",
             admin.text, password.text);

    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail = {{0}};
    enum bk_err err = decode(arena, json, &phone, &detail);
    if (err != BK_OK)
        fail_msg("%s", detail.text);
    memset(json, '!', sizeof json); /* nothing is borrowed from it */

    assert_str_equal(phone.vendor, "yealink");
    assert_str_equal(phone.settings[BK_NEUTRAL_LANGUAGE].value.text, "de");
    assert_int_equal(phone.settings[BK_NEUTRAL_LANGUAGE].layer, BK_LAYER_TENANT);
    assert_int_equal(phone.settings[BK_NEUTRAL_LLDP].value.number, 0);
    assert_int_equal(phone.settings[BK_NEUTRAL_LLDP].layer, BK_LAYER_OPERATOR);
    assert_str_equal(phone.settings[BK_NEUTRAL_CODECS].value.text, "pcma,g722");
    assert_str_equal(phone.settings[BK_NEUTRAL_ADMIN_SECRET].value.text, "adminadmin");
    assert_int_equal(phone.settings[BK_NEUTRAL_SIP_EXPIRES_S].value.number, 600);

    assert_int_equal(phone.line_count, 2);
    const struct bk_line *line = &phone.lines[0];
    assert_int_equal(line->index, 1);
    assert_str_equal(line->secret, "s3cret");
    assert_str_equal(line->display_name, "Zo\xc3\xab");
    assert_true(line->is_shared);
    assert_str_equal(line->pbx.domain, "pbx.example");
    assert_int_equal(line->pbx.transport, BK_TRANSPORT_TLS);
    assert_int_equal(line->pbx.srtp, BK_SRTP_REQUIRED);
    assert_int_equal(line->pbx.registrar_count, 2);
    assert_int_equal(line->pbx.registrars[0].port, 5061);
    assert_int_equal(line->pbx.registrars[1].port, 0);
    assert_int_equal(line->pbx.proxy_count, 1);
    assert_int_equal(line->settings[BK_NEUTRAL_SIP_EXPIRES_S].value.number, 600);
    line = &phone.lines[1];
    assert_int_equal(line->settings[BK_NEUTRAL_SIP_EXPIRES_S].value.number, 120);
    assert_int_equal(line->settings[BK_NEUTRAL_SIP_EXPIRES_S].layer, BK_LAYER_LINE);
    assert_int_equal(line->secret.len, 0);

    assert_int_equal(phone.key_count, 3);
    assert_int_equal(phone.keys[0].slot, 1);
    assert_int_equal(phone.keys[0].kind, BK_KEY_BLF);
    assert_str_equal(phone.keys[0].extension, "*8");
    assert_int_equal(phone.keys[1].slot, 3);
    assert_int_equal(phone.keys[2].panel, BK_PANEL_MODULE);

    assert_int_equal(phone.raw_count, 3);
    assert_str_equal(phone.raws[0].name, "a.b");
    assert_str_equal(phone.raws[1].name, "account.2.z");
    assert_int_equal(phone.raws[1].layer, BK_LAYER_LINE);
    assert_str_equal(phone.raws[2].value, "1"); /* features.x was locked below */
    bk_arena_free(arena);
}

static void an_empty_document_is_an_empty_phone(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    assert_int_equal(decode(arena, "{}", &phone, NULL), BK_OK);
    assert_int_equal(phone.line_count + phone.key_count + phone.raw_count, 0);
    for (int i = 0; i < BK_NEUTRAL_COUNT; i++)
        assert_int_equal(phone.settings[i].layer, BK_LAYER_NONE);
    bk_arena_free(arena);
}

#define LINE(members) "{" PBX ",\"lines\":[{\"pbx_id\":3,\"number\":\"1\"," members "}]}"
#define KEY(members) "{\"keys\":[{" members "}]}"
#define LAYER(members) "{\"layers\":[{\"layer\":\"device\",\"id\":1," members "}]}"

static const struct {
    const char *label, *json, *says;
} refusals[] = {
    {"no JSON", "nope", "byte 0"},
    {"an array", "[]", "want an object"},
    {"layers that are an object", "{\"layers\":{}}", "layers: want an array"},
    {"an unknown layer", "{\"layers\":[{\"layer\":\"galaxy\"}]}", "layers[0]: layer"},
    {"a line as a layer", "{\"layers\":[{\"layer\":\"line\"}]}", "layers[0]: layer"},
    {"layers upside down", "{\"layers\":[{\"layer\":\"device\"},{\"layer\":\"tenant\"}]}",
     "layers[1]: layers must stand"},
    {"an unknown setting", LAYER("\"settings\":{\"time.zon\":\"x\"}"), "time.zon"},
    {"a number of another type", LAYER("\"settings\":{\"sip.local_port\":\"many\"}"),
     "sip.local_port"},
    {"a number out of range", LAYER("\"settings\":{\"sip.local_port\":80}"), "sip.local_port"},
    {"a fraction", LAYER("\"settings\":{\"sip.local_port\":5060.5}"), "sip.local_port"},
    {"an object as a setting", LAYER("\"settings\":{\"ui.language\":{}}"), "ui.language"},
    {"a comma inside a word", LAYER("\"settings\":{\"audio.codecs\":[\"pcma,pcmu\"]}"), "comma"},
    {"a secret in the clear", LAYER("\"settings\":{\"security.admin_secret\":\"12345678\"}"),
     "sealed"},
    {"a secret that is no base64",
     LAYER("\"settings\":{\"security.admin_secret\":{\"sealed\":\"!\"}}"), "base64"},
    {"an unknown lock", LAYER("\"locks\":[\"time.zon\"]"), "time.zon"},
    {"a raw number", LAYER("\"raw\":{\"yealink\":{\"a\":1}}"), "raw"},
    {"a raw without a name", LAYER("\"raw\":{\"yealink\":{\"\":\"1\"}}"), "raw"},
    {"an unknown transport",
     "{\"pbxs\":[{\"id\":1,\"domain\":\"d\",\"transport\":\"pigeon\",\"srtp\":\"off\"}]}",
     "pbxs[0]: transport: want one of udp tcp tls naptr"},
    {"a PBX without any name", "{\"pbxs\":[{\"id\":1,\"transport\":\"udp\",\"srtp\":\"off\"}]}",
     "domain or a registrar"},
    {"three registrars",
     "{\"pbxs\":[{\"id\":1,\"transport\":\"udp\",\"srtp\":\"off\",\"registrars\":"
     "[{\"host\":\"a\"},{\"host\":\"b\"},{\"host\":\"c\"}]}]}",
     "registrars: 3 members, at most 2"},
    {"a port too large",
     "{\"pbxs\":[{\"id\":1,\"transport\":\"udp\",\"srtp\":\"off\",\"registrars\":"
     "[{\"host\":\"a\",\"port\":65536}]}]}",
     "port"},
    {"a line of index 0", LINE("\"index\":0"), "index"},
    {"a line of index 17", LINE("\"index\":17"), "index: want a number from 1 to 16"},
    {"a line of no PBX", "{\"lines\":[{\"index\":1,\"number\":\"1\",\"pbx_id\":4}]}", "PBX"},
    {"a line without a number", "{" PBX ",\"lines\":[{\"index\":1,\"pbx_id\":3}]}", "number"},
    {"an index twice",
     "{" PBX ",\"lines\":[{\"index\":1,\"number\":\"1\",\"pbx_id\":3},"
     "{\"index\":1,\"number\":\"2\",\"pbx_id\":3}]}",
     "index 1 stands twice"},
    {"an unknown panel", KEY("\"panel\":\"moon\",\"slot\":1,\"kind\":\"line\""), "panel"},
    {"an unknown kind", KEY("\"panel\":\"line\",\"slot\":1,\"kind\":\"x\""), "kind"},
    {"slot 0", KEY("\"panel\":\"line\",\"slot\":0,\"kind\":\"line\""), "slot"},
    {"slot 1025", KEY("\"panel\":\"line\",\"slot\":1025,\"kind\":\"line\""), "slot"},
    {"a module on the line panel",
     KEY("\"panel\":\"line\",\"module\":1,\"slot\":1,\"kind\":\"line\""), "module"},
    {"a module panel without a module", KEY("\"panel\":\"module\",\"slot\":1,\"kind\":\"line\""),
     "module"},
    {"a key of line 17", KEY("\"panel\":\"line\",\"slot\":1,\"kind\":\"line\",\"line\":17"),
     "line"},
    {"a slot twice",
     "{\"keys\":[{\"panel\":\"line\",\"slot\":1,\"kind\":\"line\"},"
     "{\"panel\":\"line\",\"slot\":1,\"kind\":\"blf\"}]}",
     "slot 1 stands twice"},
};

static void bad_documents_are_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(refusals); i++) {
        struct bk_arena *arena = bk_arena_new();
        struct bk_phone phone;
        struct bk_detail detail = {{0}};
        print_message("  %s\n", refusals[i].label);
        assert_int_equal(decode(arena, refusals[i].json, &phone, &detail), BK_ERR_INVALID);
        if (strstr(detail.text, refusals[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
        bk_arena_free(arena);
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail = {{0}};

    size_t len = 512 * 1024 + 1;
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, ' ', len);
    memcpy(text, "{}", 2);
    text[len] = '\0';
    assert_int_equal(decode(arena, text, &phone, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "at most 524288"));
    text[len - 1] = '\0';
    assert_int_equal(decode(arena, text, &phone, &detail), BK_OK);
    free(text);

    struct bk_buf keys;
    bk_buf_init(&keys, 1 << 20);
    bk_buf_addf(&keys, "{\"keys\":[{}");
    for (int i = 0; i < BK_PHONE_KEY_MAX; i++)
        bk_buf_addf(&keys, ",{}");
    bk_buf_addf(&keys, "]}");
    assert_int_equal(decode(arena, bk_buf_text(&keys), &phone, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "1025 members, at most 1024"));
    bk_buf_deinit(&keys);
    bk_arena_free(arena);
}

/* The words that API and command line read are those that are stored, in the same order. */
static void kinds_of_keys_are_one_list(void **state)
{
    (void)state;
    struct bk_str words = BK_STR(BK_KEY_KIND_WORDS);
    for (int i = 0; i < BK_KEY_KIND_COUNT; i++) {
        struct bk_str word = bk_str_cut(&words, ' ');
        char json[128];
        snprintf(json, sizeof json,
                 "{\"keys\":[{\"panel\":\"line\",\"slot\":1,\"kind\":\"%.*s\"}]}",
                 BK_STR_ARG(word));
        struct bk_arena *arena = bk_arena_new();
        struct bk_phone phone;
        struct bk_detail detail = {{0}};
        assert_true(bk_str_eq(word, bk_str_of(bk_key_kind_name((enum bk_key_kind)i))));
        assert_int_equal(decode(arena, json, &phone, &detail), BK_OK);
        assert_int_equal(phone.keys[0].kind, i);
        bk_arena_free(arena);
    }
    assert_int_equal(words.len, 0);
}

struct place {
    const char *label;
    int64_t tenant;
    const char *field;
    int64_t row;
    enum bk_err want;
};

static void line_secret_at(const struct place *place, const struct bk_key *data_key)
{
    struct sealed sealed = seal(place->tenant, place->field, place->row, "s3cret");
    char json[2048];
    snprintf(json, sizeof json,
             "{" PBX ",\"lines\":[{\"index\":1,\"id\":42,\"extension_id\":42,\"pbx_id\":3,"
             "\"number\":\"1\",\"secret\":\"%s\"}]}",
             sealed.text);
    struct bk_arena *arena = bk_arena_new();
    struct bk_phone phone;
    struct bk_detail detail = {{0}};
    print_message("  %s\n", place->label);
    assert_int_equal(bk_phone_decode(arena, bk_str_of(json), BK_STR("yealink"), TENANT, data_key,
                                     &phone, &detail),
                     place->want);
    if (place->want == BK_OK)
        assert_str_equal(phone.lines[0].secret, "s3cret");
    else
        assert_non_null(strstr(detail.text, "does not open"));
    bk_arena_free(arena);
}

static void a_secret_opens_in_its_own_place_only(void **state)
{
    (void)state;
    static const struct place places[] = {
        {"its own", TENANT, "extension.secret", 42, BK_OK},
        {"another row", TENANT, "extension.secret", 43, BK_ERR_CRYPTO},
        {"another tenant", TENANT + 1, "extension.secret", 42, BK_ERR_CRYPTO},
        {"another field", TENANT, "extension.pin", 42, BK_ERR_CRYPTO},
        {"a setting of that row", TENANT, "line.settings:security.admin_secret", 42, BK_ERR_CRYPTO},
    };
    for (size_t i = 0; i < BK_COUNT(places); i++)
        line_secret_at(&places[i], &key);
    const struct place foreign = {"its own, another key", TENANT, "extension.secret", 42,
                                  BK_ERR_CRYPTO};
    line_secret_at(&foreign, &other_key);
}

static void without_a_key_secrets_are_masked(void **state)
{
    (void)state;
    static const char *const secrets[] = {"s3cret", "s3cret", "other1"};
    struct bk_arena *arena = bk_arena_new();
    struct bk_str masks[BK_COUNT(secrets)];
    for (size_t i = 0; i < BK_COUNT(secrets); i++) {
        struct sealed sealed = seal(TENANT, "extension.secret", 42, secrets[i]);
        char json[2048];
        snprintf(json, sizeof json,
                 "{" PBX ",\"lines\":[{\"index\":1,\"id\":42,\"extension_id\":42,\"pbx_id\":3,"
                 "\"number\":\"1\",\"secret\":\"%s\"}]}",
                 sealed.text);
        struct bk_phone phone;
        assert_int_equal(bk_phone_decode(arena, bk_arena_str(arena, bk_str_of(json)),
                                         BK_STR("yealink"), TENANT, NULL, &phone, NULL),
                         BK_OK);
        masks[i] = phone.lines[0].secret;
        assert_int_equal(masks[i].len, 15);
        assert_true(bk_str_starts(masks[i], BK_STR("********-")));
    }
    assert_false(bk_str_eq(masks[0], masks[2]));
    assert_false(bk_str_eq(masks[0], masks[1])); /* of what is sealed, which differs each time */
    bk_arena_free(arena);
}

/* Two phones' passwords swapped between their rows: neither opens. */
static void swapped_settings_do_not_open(void **state)
{
    (void)state;
    struct sealed device = seal(TENANT, "device.settings:security.admin_secret", 1, "devicedevice");
    struct sealed tenant = seal(TENANT, "tenant.settings:security.admin_secret", 1, "tenanttenant");
    const struct {
        const char *layer, *sealed;
        enum bk_err want;
    } rows[] = {{"device", device.text, BK_OK},
                {"tenant", tenant.text, BK_OK},
                {"device", tenant.text, BK_ERR_CRYPTO},
                {"tenant", device.text, BK_ERR_CRYPTO}};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char json[1024];
        snprintf(json, sizeof json,
                 "{\"layers\":[{\"layer\":\"%s\",\"id\":1,"
                 "\"settings\":{\"security.admin_secret\":{\"sealed\":\"%s\"}}}]}",
                 rows[i].layer, rows[i].sealed);
        struct bk_arena *arena = bk_arena_new();
        struct bk_phone phone;
        assert_int_equal(decode(arena, json, &phone, NULL), rows[i].want);
        bk_arena_free(arena);
    }
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    const char *json =
        LAYER("\"raw\":{\"yealink\":{\"a\":\"1\"}},\"settings\":{\"net.lldp\":true}");
    for (long n = 0;; n++) {
        assert_true(n < 1000);
        struct bk_arena *arena = bk_arena_new();
        struct bk_phone phone;
        bk_alloc_fail_after(n);
        enum bk_err err = decode(arena, json, &phone, NULL);
        bool has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        assert_int_equal(err, has_failed ? BK_ERR_NO_MEMORY : BK_OK);
        bk_arena_free(arena);
        if (!has_failed)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_document_is_decoded),
        cmocka_unit_test(an_empty_document_is_an_empty_phone),
        cmocka_unit_test(bad_documents_are_refused_with_a_reason),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(a_secret_opens_in_its_own_place_only),
        cmocka_unit_test(without_a_key_secrets_are_masked),
        cmocka_unit_test(swapped_settings_do_not_open),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
        cmocka_unit_test(kinds_of_keys_are_one_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
