/*
 * Rules of a device, or of a key template: ranges of keys that are filled with people, by name, and
 * follow them. What one would give on a phone is shown before it is saved.
 */
#include <string.h>

#include "handlers.h"
#include "limits.h"
#include "parts.h"
#include "store/store_key_rule.h"
#include "vendor/limits.h"

#define MODULE_MAX 6
#define SLOT_MAX 200
#define RULE_MAX 16

/* clang-format off */
#define RULE_FIELDS \
    {.name = "panel", .type = API_T_WORD, .flags = API_REQUIRED, \
     .words = "line programmable module", \
     .help = "The phone's line keys, its programmable keys, or those of an expansion module.", \
     .example = "\"line\""}, \
    {.name = "module", .type = API_T_INT, .min = 0, .max = MODULE_MAX, .initial = "0", \
     .help = "Which module, from 1; 0 on the phone itself."}, \
    {.name = "slot", .type = API_T_INT, .flags = API_REQUIRED, .min = 1, .max = SLOT_MAX, \
     .help = "The first of its keys.", .example = "2"}, \
    {.name = "count", .type = API_T_INT, .flags = API_REQUIRED, .min = 1, .max = SLOT_MAX, \
     .help = "How many keys from there on it may fill. One that is set otherwise is gone around.", \
     .example = "10"}, \
    {.name = "kind", .type = API_T_WORD, .words = "blf speed_dial", .initial = "\"blf\"", \
     .help = "What the keys do.", .example = "\"blf\""}, \
    {.name = "line", .type = API_T_INT, .min = 0, .max = BK_LINE_MAX, .initial = "0", \
     .help = "The line that they use; 0: the lowest that reaches the person."}, \
    {.name = "source", .type = API_T_WORD, .words = "own_site site tenant", \
     .initial = "\"own_site\"", \
     .help = "Who: everyone with a line on a phone at the site where this phone stands, at another " \
             "site, or anywhere; but for its own accounts, and for those that none of its lines " \
             "reaches, on another PBX or in another SIP domain."}, \
    {.name = "site_id", .type = API_T_REF, .flags = API_NULL, .initial = "null", \
     .help = "The site, with source site."}
/* clang-format on */

static const struct api_field rule_fields[] = {RULE_FIELDS, {0}};
static const struct api_field list_fields[] = {
    {.name = "items",
     .type = API_T_OBJECTS,
     .flags = API_REQUIRED,
     .max = RULE_MAX,
     .members = rule_fields,
     .help = "All rules. No two may have a key in common."},
    {0},
};
static const struct api_field preview_fields[] = {
    RULE_FIELDS,
    {.name = "of_template",
     .type = API_T_BOOL,
     .initial = "false",
     .help = "It is to be a rule of the device's key template, and goes around its keys too."},
    {0},
};
static const struct api_field preview_key_fields[] = {
    {.name = "panel", .type = API_T_WORD, .words = "line programmable module", .help = "Where."},
    {.name = "module", .type = API_T_INT, .min = 0, .max = MODULE_MAX, .help = "Which module."},
    {.name = "slot", .type = API_T_INT, .min = 1, .max = SLOT_MAX, .help = "Which key."},
    {.name = "kind", .type = API_T_WORD, .words = "blf speed_dial", .help = "What it does."},
    {.name = "line", .type = API_T_INT, .min = 0, .max = BK_LINE_MAX, .help = "By which line."},
    {.name = "value", .type = API_T_TEXT, .max = 255, .help = "The person's number."},
    {.name = "label",
     .type = API_T_TEXT,
     .max = 64,
     .help = "The name, or the number without one."},
    {.name = "extension", .type = API_T_TEXT, .max = 64, .help = "Empty."},
    {0},
};
static const struct api_field shown_preview_fields[] = {
    {.name = "keys",
     .type = API_T_OBJECTS,
     .max = SLOT_MAX,
     .members = preview_key_fields,
     .help = "What it gives on this phone as things are now."},
    {.name = "people", .type = API_T_INT, .help = "How many there are."},
    {.name = "left_out",
     .type = API_T_INT,
     .help = "How many of them have no key, for want of slots."},
    {0},
};

static struct bk_store_key_owner owner_of(const struct api_call *call)
{
    return api_is_of_key_template(call)
               ? (struct bk_store_key_owner){.key_template_id = call->ids[0]}
               : (struct bk_store_key_owner){.device_id = call->ids[0]};
}

#define SELECT_SQL(column) \
    "select json_build_object('panel', r.panel, 'module', r.module, 'slot', r.slot," \
    " 'count', r.slot_count, 'kind', r.kind, 'line', r.line, 'source', r.source," \
    " 'site_id', r.site_id)" \
    "  from app.key_rule as r" \
    " where r.tenant_id = app.current_tenant_id() and r." column " = $1::bigint" \
    " order by r.panel, r.module, r.slot"

enum bk_err api_key_rules_list(struct api_call *call)
{
    static const char *const sql[] = {SELECT_SQL("device_id"), SELECT_SQL("key_template_id")};
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_parts_answer(call, sql[api_is_of_key_template(call)], params, BK_COUNT(params),
                            true);
}

/* ---- judging ---- */

static int number_of(const json_t *rule, const char *name)
{
    return (int)json_integer_value(json_object_get(rule, name));
}

static const char *text_of(const json_t *rule, const char *name)
{
    return json_string_value(json_object_get(rule, name));
}

/* path: "items[2]", or empty for the whole body. */
static void judge(struct api_call *call, const struct bk_vendor *driver, struct bk_str model,
                  const json_t *rule, const char *path)
{
    const char *panel = text_of(rule, "panel");
    const bool is_line = strcmp(panel, "line") == 0, is_module = strcmp(panel, "module") == 0;
    const struct bk_phone_key last = {
        .panel = is_module ? BK_PANEL_MODULE
                 : is_line ? BK_PANEL_LINE
                           : BK_PANEL_PROGRAMMABLE,
        .module = number_of(rule, "module"),
        .slot = number_of(rule, "slot") + number_of(rule, "count") - 1,
        .line = number_of(rule, "line"),
    };
    const struct bk_extent extent = bk_extent_of_key(&last);
    const bool is_at_site = strcmp(text_of(rule, "source"), "site") == 0;
    struct bk_detail detail;
    if (is_module != (last.module > 0))
        api_member_error(call, path[0] == '\0' ? "module" : path,
                         "module is 0 on the phone itself, and from 1 on a module");
    else if (last.slot > (is_line ? 200 : is_module ? 120 : 100))
        api_member_error(call, path[0] == '\0' ? "count" : path, "no phone has that many keys");
    else if (driver != NULL && bk_limits_check(driver, model, &extent, &detail) != BK_OK)
        api_member_error(call, path[0] == '\0' ? "count" : path, "%s", detail.text);
    if (is_at_site != json_is_integer(json_object_get(rule, "site_id")))
        api_member_error(call, path[0] == '\0' ? "site_id" : path,
                         "site_id goes with source site, and with no other");
}

static bool is_overlap(const json_t *one, const json_t *other)
{
    return strcmp(text_of(one, "panel"), text_of(other, "panel")) == 0 &&
           number_of(one, "module") == number_of(other, "module") &&
           number_of(one, "slot") < number_of(other, "slot") + number_of(other, "count") &&
           number_of(other, "slot") < number_of(one, "slot") + number_of(one, "count");
}

static void judge_all(struct api_call *call, const struct api_device *device, const json_t *rules)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *path = bk_arena_printf(call->arena, "items[%zu]", i).ptr;
        judge(call, device->driver, device->model, rule, path);
        for (size_t j = 0; j < i; j++) {
            if (is_overlap(rule, json_array_get(rules, j)))
                api_member_error(call, path, "has keys in common with items[%zu]", j);
        }
    }
}

/* ---- writes ---- */

enum bk_err api_key_rules_put_all(struct api_call *call)
{
    const struct bk_store_key_owner owner = owner_of(call);
    const bool is_template = owner.key_template_id != 0;
    const char *kind = is_template ? "key_template" : "device";
    struct api_device device = {0};
    struct bk_str version;
    enum bk_err err = is_template ? api_key_template_open(call, true, &version)
                                  : api_device_open(call, true, &device);
    if (err != BK_OK)
        return err;
    const json_t *rules = api_parts_read(call, list_fields);
    err = api_members_err(call);
    if (err == BK_OK) {
        judge_all(call, &device, rules);
        err = api_members_err(call);
    }
    if (err == BK_OK)
        err = api_explain(call, bk_store_key_rules_put(&call->store, call->scope.tenant_id, &owner,
                                                       api_json_print(call->arena, rules)));
    if (err == BK_OK && is_template)
        err = api_limits_check(call, "items", 0, owner.key_template_id);
    if (err == BK_OK)
        err = api_key_rules_list(call);
    call->reply.rings = true; /* a template may be of more phones than are raised at once */
    if (err == BK_OK)
        err = api_audit(call, bk_arena_printf(call->arena, "%s.key_rules", kind).ptr, kind,
                        call->ids[0],
                        json_pack("{s:I}", "count", (json_int_t)json_array_size(rules)));
    return err;
}

enum bk_err api_key_rules_preview(struct api_call *call)
{
    struct api_device device;
    struct bk_str text;
    json_t *shown = NULL;
    enum bk_err err = api_device_open(call, false, &device);
    if (err != BK_OK)
        return err;
    const json_t *rule = api_part_read(call, preview_fields);
    err = api_members_err(call);
    if (err == BK_OK) {
        judge(call, device.driver, device.model, rule, "");
        err = api_members_err(call);
    }
    if (err == BK_OK)
        err = bk_store_key_rule_preview(&call->store, call->scope.tenant_id, device.id,
                                        json_is_true(json_object_get(rule, "of_template")),
                                        api_json_print(call->arena, rule), &text);
    if (err == BK_OK)
        err = api_json_load(call, text, &shown);
    call->reply.body = json_incref(shown);
    return err;
}

/* ---- the document ---- */

const struct api_doc api_doc_key_rules_list = {
    .summary = "List the rules of a device",
    .help = "Its own ones; a key template's are not among them.",
    .schema = "KeyRule",
    .answer = rule_fields,
    .is_part = true,
    .is_list = true,
    .statuses = "200 404",
};
const struct api_doc api_doc_key_rules_put_all = {
    .summary = "Replace all rules of a device",
    .help =
        "Each fills a range of keys with people when the phone's file is made, and follows them: "
        "who comes, leaves or is renamed makes the phone come for new keys. A key of the "
        "device's own keeps its slot; a rule of the device wins over its template. The ETag is "
        "the device's.",
    .schema = "KeyRule",
    .answer = rule_fields,
    .is_part = true,
    .request = list_fields,
    .is_list = true,
    .statuses = "200 404 412 422",
};
const struct api_doc api_doc_key_rules_preview = {
    .summary = "Show what a rule would give on a device",
    .help = "Nothing is written. Refused like the rule itself where the model has fewer keys.",
    .schema = "KeyRulePreview",
    .answer = shown_preview_fields,
    .request = preview_fields,
    .statuses = "200 404 422",
};
const struct api_doc api_doc_template_key_rules_list = {
    .summary = "List the rules of a key template",
    .schema = "KeyRule",
    .answer = rule_fields,
    .is_part = true,
    .is_list = true,
    .statuses = "200 404",
};
const struct api_doc api_doc_template_key_rules_put_all = {
    .summary = "Replace all rules of a key template",
    .help =
        "On each phone that uses it they give other keys: everyone but the phone's own accounts. "
        "Refused when a device that uses it has a model with fewer keys. The ETag is the "
        "template's.",
    .schema = "KeyRule",
    .answer = rule_fields,
    .is_part = true,
    .request = list_fields,
    .is_list = true,
    .statuses = "200 404 412 422",
};
