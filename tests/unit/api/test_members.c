/* What a caller wrote is judged member by member, each fault with its member's name. */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>

#include "resource.h"
#include "vendor/vendor.h"

static const struct api_field part_fields[] = {
    {.name = "host", .type = API_T_HOST, .flags = API_REQUIRED, .min = 1, .help = "h"},
    {.name = "port", .type = API_T_INT, .min = 0, .max = 65535, .initial = "0", .help = "p"},
    {0},
};

static const struct api_field fields[] = {
    {.name = "text", .type = API_T_TEXT, .flags = API_REQUIRED, .min = 2, .max = 4, .help = "t"},
    {.name = "int", .type = API_T_INT, .min = -1, .max = 9, .help = "i"},
    {.name = "number", .type = API_T_NUMBER, .max = 10, .help = "n"},
    {.name = "bool", .type = API_T_BOOL, .help = "b"},
    {.name = "word", .type = API_T_WORD, .flags = API_NEVER_NULL, .words = "a b", .help = "w"},
    {.name = "vendor", .type = API_T_VENDOR, .help = "v"},
    {.name = "ref", .type = API_T_REF, .flags = API_NULL, .help = "r"},
    {.name = "secret", .type = API_T_SECRET, .min = 1, .max = 8, .help = "s"},
    {.name = "mac", .type = API_T_MAC, .help = "m"},
    {.name = "host", .type = API_T_HOST, .help = "h"},
    {.name = "email", .type = API_T_EMAIL, .help = "e"},
    {.name = "texts", .type = API_T_TEXTS, .min = 1, .max = 2, .help = "t"},
    {.name = "ids", .type = API_T_IDS, .min = 1, .max = 2, .help = "i"},
    {.name = "networks", .type = API_T_NETWORKS, .max = 3, .help = "n"},
    {.name = "sha256", .type = API_T_SHA256, .help = "s"},
    {.name = "map", .type = API_T_MAP, .max = 64, .help = "m"},
    {.name = "locks", .type = API_T_LOCKS, .max = 4, .help = "l"},
    {.name = "parts", .type = API_T_OBJECTS, .max = 2, .members = part_fields, .help = "p"},
    {.name = "born", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "b"},
    {.name = "first", .type = API_T_BOOL, .flags = API_ON_CREATE, .help = "f"},
    {.name = "later", .type = API_T_BOOL, .flags = API_ON_PATCH, .help = "l"},
    {0},
};

struct world {
    struct api_call call;
    struct api_write write;
    json_t *input;
};

static void judge(struct world *world, const char *json, bool is_new)
{
    *world = (struct world){.call = {.arena = bk_arena_new()}};
    world->input = json_loads(json, 0, NULL);
    assert_non_null(world->input);
    api_members_read(&world->call, fields, "", world->input, is_new, &world->write);
}

static void end(struct world *world)
{
    json_decref(world->call.reply.problem_members);
    bk_arena_free(world->call.arena);
    json_decref(world->input);
}

#define HEX32 "0123456789abcdef0123456789ABCDEF"
#define COLONS16 "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF"

/* fault: the member that is named first; NULL: none. */
static const struct {
    const char *json, *fault;
} patches[] = {
    {"{}", NULL},
    {"{\"text\": \"ab\"}", NULL},
    {"{\"text\": \"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\"}", NULL}, /* characters, not bytes */
    {"{\"text\": \"a\"}", "text"},
    {"{\"text\": \"abcde\"}", "text"},
    {"{\"text\": \"a\\nb\"}", "text"},
    {"{\"text\": \"a\\u2028\"}", "text"},
    {"{\"text\": \"a\\ufeff\"}", "text"},
    {"{\"text\": null}", "text"},
    {"{\"text\": 12}", "text"},
    {"{\"int\": -1}", NULL},
    {"{\"int\": 10}", "int"},
    {"{\"int\": 1.0}", "int"},
    {"{\"int\": \"1\"}", "int"},
    {"{\"int\": null}", NULL},
    {"{\"number\": 0.01}", NULL},
    {"{\"number\": 0.001}", "number"},
    {"{\"number\": 10.5}", "number"},
    {"{\"bool\": 1}", "bool"},
    {"{\"word\": \"a\"}", NULL},
    {"{\"word\": \"a b\"}", "word"},
    {"{\"word\": \"\"}", "word"},
    {"{\"word\": null}", "word"},
    {"{\"vendor\": \"yealink\"}", NULL},
    {"{\"vendor\": \"Yealink\"}", "vendor"},
    {"{\"ref\": 1}", NULL},
    {"{\"ref\": 0}", "ref"},
    {"{\"ref\": null}", NULL},
    {"{\"secret\": \"12345678\"}", NULL},
    {"{\"secret\": \"123456789\"}", "secret"},
    {"{\"secret\": \"a\\u0085\"}", "secret"},
    {"{\"mac\": \"80:5E:C0:00:00:01\"}", NULL},
    {"{\"mac\": \"00:00:00:00:00:00\"}", "mac"},
    {"{\"mac\": \"ffffffffffff\"}", "mac"},
    {"{\"mac\": \"805ec000000\"}", "mac"},
    {"{\"host\": \"\"}", NULL},
    {"{\"host\": \"sip.example\"}", NULL},
    {"{\"host\": \"2001:db8::1\"}", NULL},
    {"{\"host\": \"[2001:db8::1]\"}", "host"},
    {"{\"host\": \"999.1.1.1\"}", "host"},
    {"{\"host\": \"-a\"}", "host"},
    {"{\"host\": \"a..b\"}", "host"},
    {"{\"host\": \"a b\"}", "host"},
    {"{\"email\": \"Anna@Acme.example\"}", NULL},
    {"{\"email\": \"anna\"}", "email"},
    {"{\"email\": \"a@b@c\"}", "email"},
    {"{\"email\": \"a @b\"}", "email"},
    {"{\"texts\": [\"a\"]}", NULL},
    {"{\"texts\": []}", "texts"},
    {"{\"texts\": [\"a\", \"\"]}", "texts[1]"},
    {"{\"ids\": [1, 0]}", "ids[1]"},
    {"{\"networks\": []}", NULL},
    {"{\"networks\": [\"192.0.2.0/24\", \"192.0.2.0/25\", \"2001:db8::/48\"]}", NULL},
    {"{\"networks\": [\"192.0.2.7\", \"2001:db8::7\", \"10.0.0.0/8\"]}", NULL},
    {"{\"networks\": [\"192.0.2.7/24\"]}", "networks[0]"},
    {"{\"networks\": [\"2001:db8::1/48\"]}", "networks[0]"},
    {"{\"networks\": [\"0.0.0.0/0\"]}", "networks[0]"},
    {"{\"networks\": [\"2000::/3\"]}", "networks[0]"},
    {"{\"networks\": [\"::ffff:192.0.2.0/120\"]}", "networks[0]"},
    {"{\"networks\": [\"192.0.2.0/33\"]}", "networks[0]"},
    {"{\"networks\": [\"192.0.2.0/\"]}", "networks[0]"},
    {"{\"networks\": [\"\"]}", "networks[0]"},
    {"{\"networks\": [7]}", "networks[0]"},
    {"{\"networks\": [\"192.0.2.7\", \"192.0.2.7/32\"]}", "networks[1]"},
    {"{\"networks\": [\"2001:DB8::7\", \"2001:db8:0::7\"]}", "networks[1]"},
    {"{\"networks\": [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\", \"10.0.0.4\"]}", "networks"},
    {"{\"sha256\": \"" HEX32 HEX32 "\"}", NULL},
    {"{\"sha256\": \"" COLONS16 ":" COLONS16 "\"}", NULL},
    {"{\"sha256\": \"" HEX32 "\"}", "sha256"},
    {"{\"sha256\": \"" HEX32 HEX32 "0\"}", "sha256"},
    {"{\"sha256\": \"" HEX32 "x" HEX32 "\"}", "sha256"},
    {"{\"sha256\": \"" HEX32 COLONS16 "\"}", "sha256"},
    {"{\"sha256\": 7}", "sha256"},
    {"{\"map\": {\"floor\": \"3\", \"room\": null}}", NULL},
    {"{\"map\": {\"floor\": 3}}", "map.floor"},
    {"{\"locks\": [\"time.zone\", \"raw:features.x\"]}", NULL},
    {"{\"locks\": [\"no.such\"]}", "locks[0]"},
    {"{\"locks\": [\"time.zone\", \"time.zone\"]}", "locks[1]"},
    {"{\"parts\": [{\"host\": \"a\"}]}", NULL},
    {"{\"parts\": [{\"port\": 1}]}", "parts[0].host"},
    {"{\"parts\": [{\"host\": \"a\", \"x\": 1}]}", "parts[0].x"},
    {"{\"parts\": [{}, {}, {}]}", "parts"},
    {"{\"born\": \"2026-01-31T08:00:00Z\"}", "born"},
    {"{\"id\": 7}", "id"},
    {"{\"first\": true}", "first"},
    {"{\"later\": true}", NULL},
    {"{\"nope\": 1}", "nope"},
    {"{\"bad\\u0007\": 1}", "?"},
};

static void faults_name_their_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(patches); i++) {
        struct world world;
        print_message("  %s\n", patches[i].json);
        judge(&world, patches[i].json, false);
        const json_t *errors = json_object_get(world.call.reply.problem_members, "errors");
        const char *member =
            json_string_value(json_object_get(json_array_get(errors, 0), "member"));
        if (patches[i].fault == NULL) {
            assert_null(member);
            assert_int_equal(api_members_err(&world.call), BK_OK);
        } else {
            assert_string_equal(member, patches[i].fault);
            assert_int_equal(api_members_err(&world.call), BK_ERR_INVALID);
            assert_memory_equal(world.call.detail.text, member, strlen(member));
        }
        end(&world);
    }
}

static void a_new_one_must_have_what_is_required(void **state)
{
    (void)state;
    struct world world;
    judge(&world, "{\"later\": true, \"first\": true}", true);
    const json_t *errors = json_object_get(world.call.reply.problem_members, "errors");
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(errors, 0), "member")),
                        "later");
    assert_string_equal(json_string_value(json_object_get(json_array_get(errors, 1), "member")),
                        "text");
    end(&world);
}

static void values_are_made_one_form(void **state)
{
    (void)state;
    struct world world;
    judge(&world,
          "{\"mac\": \"80-5E-C0-00-00-01\", \"email\": \"A@B.example\", \"parts\": [{\"host\": "
          "\"a\", \"port\": null}]}",
          false);
    assert_string_equal(api_member_text(&world.write, "mac", BK_STR("")).ptr, "805ec0000001");
    assert_string_equal(api_member_text(&world.write, "email", BK_STR("")).ptr, "a@b.example");
    const json_t *part = json_array_get(api_member_find(&world.write, "parts")->value, 0);
    assert_int_equal(json_integer_value(json_object_get(part, "port")), 0);
    assert_int_equal(api_member_int(&world.write, "int", 7), 7);
    end(&world);
    judge(&world,
          "{\"networks\": [\"192.0.2.7\", \"2001:DB8:0:0::/48\"],"
          " \"sha256\": \"" COLONS16 ":" COLONS16 "\"}",
          false);
    char *networks = json_dumps(api_member_find(&world.write, "networks")->value, JSON_COMPACT);
    assert_string_equal(networks, "[\"192.0.2.7/32\",\"2001:db8::/48\"]");
    free(networks);
    assert_string_equal(api_member_text(&world.write, "sha256", BK_STR("")).ptr,
                        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    end(&world);
}

static void what_was_written_is_told_without_values(void **state)
{
    (void)state;
    struct world world;
    judge(&world, "{\"secret\": \"hunter2\", \"int\": 3}", false);
    json_t *changed = api_members_changed(&world.write);
    char *text = json_dumps(changed, JSON_COMPACT);
    assert_string_equal(text, "{\"members\":[\"secret\",\"int\"]}");
    free(text);
    json_decref(changed);
    end(&world);
}

static void a_fault_cut_in_a_character_stays_text(void **state)
{
    (void)state;
    struct world world;
    char long_text[600];
    judge(&world, "{}", false);
    for (size_t i = 0; i + 2 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xc3\xa4", 2);
    long_text[sizeof long_text - 2] = '\0';
    api_member_error(&world.call, "text", "x%s", long_text);
    const json_t *error =
        json_array_get(json_object_get(world.call.reply.problem_members, "errors"), 0);
    assert_non_null(json_string_value(json_object_get(error, "detail")));
    end(&world);
}

static const struct {
    const char *text;
    bool want;
} times[] = {
    {"2026-01-31T08:00:00Z", true},
    {"2026-01-31T08:00:00.5Z", true},
    {"2026-01-31T08:00:00.123456Z", true},
    {"2026-01-31T08:00:00.1234567Z", false},
    {"2026-01-31T08:00:00", false},
    {"2026-01-31 08:00:00Z", false},
    {"2026-13-31T08:00:00Z", false},
    {"2026-01-31T24:00:00Z", false},
    {"2026-01-31T08:00:00.Z", false},
    {"2026-01-31T08:00:00+01:00", false},
    {"2028-02-29T08:00:00Z", true},
    {"2026-02-29T08:00:00Z", false},
    {"2026-04-31T08:00:00Z", false},
    {"", false},
    {"Z", false},
};

static void times_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(times); i++) {
        print_message("  %s\n", times[i].text);
        assert_int_equal(api_is_time(bk_str_of(times[i].text)), times[i].want);
    }
}

static int setup(void **state)
{
    (void)state;
    return bk_vendors_init(NULL) == BK_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bk_vendors_deinit();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_name_their_member),
        cmocka_unit_test(a_new_one_must_have_what_is_required),
        cmocka_unit_test(values_are_made_one_form),
        cmocka_unit_test(what_was_written_is_told_without_values),
        cmocka_unit_test(a_fault_cut_in_a_character_stays_text),
        cmocka_unit_test(times_follow_table),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
