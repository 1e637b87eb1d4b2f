/*
 * What a phone is given and its driver does not write is told, never dropped in silence: one thing
 * about a phone is changed, and then the list of its parameters must change, or say that something
 * is lost, or be refused. Held for every model of the makers named below.
 */
#include "harness/test.h"

#include <string.h>

#include "vendor/files.h"
#include "vendor/vendor.h"

static const char *const makers[] = {
    "alcatel", "algo",  "cisco",     "dinstar", "fanvil",  "flyingvoice", "gigaset",
    "htek",    "mitel", "panasonic", "poly",    "sangoma", "snom",        "yealink",
};

/* Two lines of one PBX, a key, and settings: all that a change may touch. */
static struct bk_phone phone;
static struct bk_line lines[2];
static struct bk_phone_key key;

static void start(void)
{
    memset(lines, 0, sizeof lines);
    for (int i = 0; i < 2; i++) {
        lines[i] = (struct bk_line){
            .index = i + 1,
            .number = i == 0 ? BK_STR("1001") : BK_STR("1002"),
            .secret = BK_STR("s3cret"),
            .pbx = {.registrars = {{BK_STR("pbx.example"), 0}}, .registrar_count = 1},
        };
    }
    key = (struct bk_phone_key){
        .slot = 1, .kind = BK_KEY_SPEED_DIAL, .line = 1, .value = BK_STR("1003")};
    phone = (struct bk_phone){
        .mac = {{0x02, 0, 0, 0, 0, 1}},
        .provisioning_url = BK_STR("https://p.example/k"),
        .lines = lines,
        .line_count = 1,
        .keys = &key,
        .key_count = 1,
    };
}

static void give_label(void)
{
    lines[0].label = BK_STR("Front desk");
}

static void give_name(void)
{
    lines[0].display_name = BK_STR("Erika Muster");
}

static void give_auth_id(void)
{
    lines[0].auth_id = BK_STR("auth-1001");
}

static void share(void)
{
    lines[0].is_shared = true;
}

static void give_srtp(void)
{
    lines[0].pbx.srtp = BK_SRTP_OPTIONAL;
}

static void need_srtp(void)
{
    lines[0].pbx.srtp = BK_SRTP_REQUIRED;
}

static void give_port(void)
{
    lines[0].pbx.registrars[0].port = 5070;
}

static void give_domain(void)
{
    lines[0].pbx.domain = BK_STR("tenant.example");
}

static void give_second_registrar(void)
{
    lines[0].pbx.registrars[1].host = BK_STR("second.example");
    lines[0].pbx.registrar_count = 2;
}

static void give_proxy(void)
{
    lines[0].pbx.proxies[0].host = BK_STR("edge.example");
    lines[0].pbx.proxy_count = 1;
}

static void give_second_proxy(void)
{
    give_proxy();
    lines[0].pbx.proxies[1].host = BK_STR("edge2.example");
    lines[0].pbx.proxy_count = 2;
}

static void give_ntp(void)
{
    phone.settings[BK_NEUTRAL_TIME_NTP] =
        (struct bk_setting){{.text = BK_STR("a.example")}, BK_LAYER_TENANT};
}

static void give_second_ntp(void)
{
    phone.settings[BK_NEUTRAL_TIME_NTP] =
        (struct bk_setting){{.text = BK_STR("a.example,b.example")}, BK_LAYER_TENANT};
}

static void give_key_label(void)
{
    key.label = BK_STR("Otto");
}

static void give_key_extension(void)
{
    key.extension = BK_STR("*8");
}

static void take_key_line(void)
{
    phone.line_count = 2;
    key.line = 2;
}

static void give_line(void)
{
    phone.line_count = 2;
}

static void give_line_of_another_pbx(void)
{
    phone.line_count = 2;
    lines[1].pbx.registrars[0].host = BK_STR("other.example");
}

static void give_line_of_another_port(void)
{
    phone.line_count = 2;
    lines[1].pbx.registrars[0].port = 5099;
}

static void give_line_of_another_transport(void)
{
    phone.line_count = 2;
    lines[1].pbx.transport = BK_TRANSPORT_TLS;
}

static void nothing(void)
{
}

enum part { LINE, SECOND_LINE, KEY, SETTING };

static const struct {
    const char *label;
    void (*before)(void), (*after)(void); /* after is what is changed, on top of before */
    enum part part;
} changes[] = {
    {"a label", nothing, give_label, LINE},
    {"a name", nothing, give_name, LINE},
    {"a name for authentication", nothing, give_auth_id, LINE},
    {"shared", nothing, share, LINE},
    {"SRTP", nothing, give_srtp, LINE},
    {"SRTP required", nothing, need_srtp, LINE},
    {"SRTP required, not optional", give_srtp, need_srtp, LINE},
    {"a port", nothing, give_port, LINE},
    {"a domain", nothing, give_domain, LINE},
    {"a second registrar", nothing, give_second_registrar, LINE},
    {"a proxy", nothing, give_proxy, LINE},
    {"a second proxy", give_proxy, give_second_proxy, LINE},
    {"a second NTP server", give_ntp, give_second_ntp, SETTING},
    {"a label of a key", nothing, give_key_label, KEY},
    {"an extension of a key", nothing, give_key_extension, KEY},
    {"a line of a key", give_line, take_key_line, KEY},
    {"a second line", nothing, give_line, LINE},
    {"a line of another PBX", give_line, give_line_of_another_pbx, SECOND_LINE},
    {"a line of another port", give_line, give_line_of_another_port, SECOND_LINE},
    {"a line of another transport", give_line, give_line_of_another_transport, SECOND_LINE},
};

/* --- lists ------------------------------------------------------------------------------------ */

struct told {
    uint64_t digest; /* FNV-1a of all names and values */
    bool has_line;   /* of some file: others hold nothing that could change */
    bool is_key_lost, is_second_line_lost;
    bool is_refused;
};

static void add_text(struct told *told, struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        told->digest = (told->digest ^ (unsigned char)text.ptr[i]) * 1099511628211u;
    told->digest = (told->digest ^ 0xff) * 1099511628211u;
}

static void on_parameter(void *context, const struct bk_parameter *parameter)
{
    struct told *told = context;
    add_text(told, parameter->name);
    add_text(told, parameter->value);
    told->digest ^= (uint64_t)parameter->is_lost;
    const struct bk_origin *origin = &parameter->origin;
    told->has_line = told->has_line || origin->kind == BK_ORIGIN_LINE;
    if (!parameter->is_lost)
        return;
    told->is_key_lost = told->is_key_lost || origin->kind == BK_ORIGIN_KEY;
    told->is_second_line_lost =
        told->is_second_line_lost || (origin->kind == BK_ORIGIN_LINE && origin->id == 2);
}

static struct told list(const struct bk_vendor *vendor, const struct bk_model *model)
{
    struct told told = {.digest = 14695981039346656037u};
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {.kind = (enum bk_file_kind)kind, .has_mac = true};
        enum bk_err err =
            bk_vendor_list(vendor, &phone, model, &request, on_parameter, &told, NULL);
        told.is_refused = told.is_refused || (err != BK_OK && err != BK_ERR_NOT_FOUND);
    }
    return told;
}

/* Is the whole lost already, of which a part is changed? A setting that the maker does not have is
 * told elsewhere (bk_explanation_unsupported). */
static bool is_told_already(const struct told *before, enum part part,
                            const struct bk_vendor *vendor, const struct bk_model *model)
{
    if (part == SETTING) {
        start();
        return list(vendor, model).digest == before->digest;
    }
    return (part == KEY && before->is_key_lost) ||
           (part == SECOND_LINE && before->is_second_line_lost);
}

static void check(const struct bk_vendor *vendor, const struct bk_model *model, size_t at)
{
    start();
    changes[at].before();
    struct told before = list(vendor, model);
    changes[at].after();
    struct told after = list(vendor, model);
    if (!before.has_line || before.is_refused || after.is_refused)
        return;
    if (before.digest == after.digest && !is_told_already(&before, changes[at].part, vendor, model))
        fail_msg("%s %.*s: %s is dropped in silence", vendor->name,
                 BK_STR_ARG(model != NULL ? model->name : BK_STR("of no known model")),
                 changes[at].label);
}

static void nothing_is_dropped_in_silence(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(makers); i++) {
        const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(makers[i]));
        print_message("  %s\n", vendor->name);
        for (size_t at = 0; at < BK_COUNT(changes); at++) {
            const struct bk_model *model;
            check(vendor, NULL, at);
            for (size_t row = 0; (model = bk_model_at(vendor, row)) != NULL; row++)
                check(vendor, model, at);
        }
    }
    bk_vendors_deinit();
}

/* A mailbox of a line, where the phone has one for all of them, or one a line, or none. */
static void a_setting_of_a_line_is_told_where_phones_have_one(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *model;
        size_t lost, written;
    } rows[] = {
        {"cisco", "SPA504G", 1, 0},
        {"gigaset", "N870 IP PRO", 0, 1},
        {"mitel", "6930", 0, 1},
        {"algo", "8301", 0, 0},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(rows[i].maker));
        struct bk_arena *arena = bk_arena_new();
        struct bk_explanation explanation;
        size_t lost = 0, written = 0;
        print_message("  %s\n", rows[i].maker);
        start();
        lines[0].settings[BK_NEUTRAL_VOICEMAIL_NUMBER] =
            (struct bk_setting){{.text = BK_STR("*97")}, BK_LAYER_LINE};
        bk_explanation_init(&explanation, arena);
        assert_int_equal(bk_vendor_explain(vendor, &phone,
                                           bk_model_find(vendor, bk_str_of(rows[i].model)),
                                           &explanation, NULL),
                         BK_OK);
        for (size_t at = 0; at < explanation.count; at++) {
            const struct bk_parameter *row = &explanation.rows[at].parameter;
            if (row->origin.kind != BK_ORIGIN_SETTING || row->origin.layer != BK_LAYER_LINE)
                continue;
            lost += row->is_lost && bk_str_eq(row->name, BK_STR("call.voicemail_number"));
            written += !row->is_lost && bk_str_eq(row->value, BK_STR("*97"));
        }
        assert_int_equal(lost, rows[i].lost);
        assert_int_equal(written, rows[i].written);
        bk_arena_free(arena);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_dropped_in_silence),
        cmocka_unit_test(a_setting_of_a_line_is_told_where_phones_have_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
