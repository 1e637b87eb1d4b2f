/*
 * Makers and settings are brought together by the drivers themselves: each fills the files of a
 * phone for which nobody set anything, in every model that it has, and tells which setting each
 * parameter comes from. So no list can be forgotten.
 */
#include "setting_keys.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/setting.h"
#include "vendor/files.h"

static const char *type_name(enum bk_option_type type)
{
    static const char *const names[] = {
        [BK_T_BOOL] = "bool",     [BK_T_INT] = "number",      [BK_T_TEXT] = "text",
        [BK_T_SECRET] = "secret", [BK_T_ENUM] = "word",       [BK_T_LIST] = "list",
        [BK_T_PATH] = "path",     [BK_T_ADDRESS] = "address",
    };
    return names[type];
}

static struct bk_str range_of(struct cli *cli, const struct bk_option *option)
{
    const char *of = option->type == BK_T_INT    ? ""
                     : option->type == BK_T_LIST ? " words"
                                                 : " bytes";
    if (option->type == BK_T_ENUM)
        return bk_str_of(option->words);
    if (option->type == BK_T_BOOL)
        return BK_STR("yes no");
    if (option->type == BK_T_LIST && option->words != NULL)
        return bk_arena_printf(cli->arena, "%" PRId64 " to %" PRId64 " of %s", option->min,
                               option->max, option->words);
    if (option->min == option->max)
        return bk_arena_printf(cli->arena, "%" PRId64 "%s", option->min, of);
    return bk_arena_printf(cli->arena, "%" PRId64 " to %" PRId64 "%s", option->min, option->max,
                           of);
}

/* ---- which maker has which ---- */

static void add_parameters(json_t *rows, const char *vendor, const struct bk_explanation *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct bk_parameter *parameter = &list->rows[i].parameter;
        if (parameter->origin.kind != BK_ORIGIN_SETTING || parameter->is_lost)
            continue;
        json_t *makers =
            json_object_get(json_array_get(rows, (size_t)parameter->origin.id), "makers");
        json_t *names = json_object_get(makers, vendor), *name = cli_json_text(parameter->name);
        size_t at = 0;
        if (names == NULL) {
            names = json_array();
            json_object_set_new(makers, vendor, names);
        }
        while (at < json_array_size(names) && !json_equal(json_array_get(names, at), name))
            at++;
        if (at == json_array_size(names))
            json_array_append(names, name);
        json_decref(name);
    }
}

/* One line, filled, so that what is a line's own is told once. */
static enum bk_err add_model(json_t *rows, const struct bk_vendor *vendor,
                             const struct bk_model *model, enum bk_transport transport,
                             struct bk_detail *ret_detail)
{
    struct bk_model small = *model;
    small.line_count = 1;
    struct bk_line line = {.index = 1, .number = BK_STR("1"), .secret = BK_STR("-")};
    line.pbx.domain = BK_STR("pbx.example");
    line.pbx.transport = transport;
    line.pbx.registrars[0].host = line.pbx.domain;
    line.pbx.registrar_count = 1;
    struct bk_phone phone = {.mac = {{0x02, 0, 0, 0, 0, 1}}, /* of zeros: a shared file */
                             .vendor = bk_str_of(vendor->name),
                             .model = model->name,
                             .provisioning_url = BK_STR("https://prov.example/key"),
                             .lines = &line,
                             .line_count = 1};
    struct bk_explanation list;
    struct bk_arena *arena = bk_arena_new();
    bk_explanation_init(&list, arena);
    enum bk_err err = bk_vendor_explain(vendor, &phone, &small, &list, ret_detail);
    if (err == BK_OK)
        add_parameters(rows, vendor->name, &list);
    bk_arena_free(arena);
    return err;
}

static enum bk_err add_makers(struct cli *cli, json_t *rows)
{
    enum bk_err err = bk_vendors_init(&cli->detail);
    for (const struct bk_vendor *const *vendor = bk_vendors(); err == BK_OK && *vendor != NULL;
         vendor++) {
        const struct bk_model *model;
        for (size_t i = 0; err == BK_OK && (model = bk_model_at(*vendor, i)) != NULL; i++) {
            err = add_model(rows, *vendor, model, BK_TRANSPORT_TLS, &cli->detail);
            if (err == BK_ERR_INVALID) /* a phone that has no TLS */
                err = add_model(rows, *vendor, model, BK_TRANSPORT_UDP, &cli->detail);
        }
    }
    return err;
}

static json_t *row_of(struct cli *cli, enum bk_neutral id)
{
    const struct bk_option *option = &bk_neutral_options[id];
    const char *unit = bk_neutral_unit(id);
    json_t *row = json_object();
    json_object_set_new(row, "key", json_string(option->key));
    json_object_set_new(row, "type", json_string(type_name(option->type)));
    json_object_set_new(row, "range", cli_json_text(range_of(cli, option)));
    json_object_set_new(row, "unit", json_string(unit == NULL ? "" : unit));
    json_object_set_new(row, "default",
                        json_string(option->type == BK_T_SECRET ? "kept" : "factory"));
    json_object_set_new(row, "help", json_string(option->help));
    json_object_set_new(row, "makers", json_object());
    return row;
}

/* ---- the page ---- */

static const char *text_of(const json_t *row, const char *member)
{
    return json_string_value(json_object_get(row, member));
}

static void print_rows(const json_t *rows)
{
    printf("## Settings\n\n| setting | type | allowed | unit | default | meaning |\n"
           "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        printf("| `%s` | %s | %s | %s | %s | %s |\n", text_of(row, "key"), text_of(row, "type"),
               text_of(row, "range"), text_of(row, "unit"), text_of(row, "default"),
               text_of(row, "help"));
    }
}

static void print_makers(const json_t *rows)
{
    printf("\n## Which maker has which\n\n| setting |");
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        printf(" %s |", (*vendor)->title);
    printf("\n| --- |");
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        printf(" --- |");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *makers = json_object_get(row, "makers");
        printf("\n| `%s` |", text_of(row, "key"));
        for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
            printf(" %s |", json_object_get(makers, (*vendor)->name) != NULL ? "yes" : "-");
    }
    printf("\n");
}

/* "a1", "a2": the same but for one number, which is one more. Names without numbers are no row. */
static bool is_next(struct bk_str before, struct bk_str name)
{
    size_t from = 0, ends = 0;
    int64_t number, next;
    while (from < before.len && from < name.len && before.ptr[from] == name.ptr[from])
        from++;
    while (from > 0 && before.ptr[from - 1] >= '0' && before.ptr[from - 1] <= '9')
        from--;
    while (ends < before.len - from && ends < name.len - from &&
           before.ptr[before.len - 1 - ends] == name.ptr[name.len - 1 - ends])
        ends++;
    while (ends > 0 && before.ptr[before.len - ends] >= '0' && before.ptr[before.len - ends] <= '9')
        ends--;
    return bk_str_parse_int(bk_str_slice(before, from, before.len - ends), 0, 99999, &number) ==
               BK_OK &&
           bk_str_parse_int(bk_str_slice(name, from, name.len - ends), 0, 99999, &next) == BK_OK &&
           next == number + 1;
}

/* Rows of three and more as "`a1` … `a7`". */
static void print_names(const json_t *names)
{
    for (size_t i = 0, end; i < json_array_size(names); i = end) {
        for (end = i + 1; end < json_array_size(names); end++) {
            if (!is_next(bk_str_of(json_string_value(json_array_get(names, end - 1))),
                         bk_str_of(json_string_value(json_array_get(names, end)))))
                break;
        }
        if (end - i < 3)
            end = i + 1;
        printf("%s`%s`", i == 0 ? "" : ", ", json_string_value(json_array_get(names, i)));
        if (end - i >= 3)
            printf(" … `%s`", json_string_value(json_array_get(names, end - 1)));
    }
}

static void print_maker(const json_t *rows, const struct bk_vendor *vendor)
{
    size_t none = 0;
    printf("\n### %s\n\n| setting | parameters |\n| --- | --- |\n", vendor->title);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *names = json_object_get(json_object_get(row, "makers"), vendor->name);
        if (names == NULL)
            continue;
        printf("| `%s` | ", text_of(row, "key"));
        print_names(names);
        printf(" |\n");
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (json_object_get(json_object_get(row, "makers"), vendor->name) == NULL)
            printf("%s`%s`", none++ == 0 ? "\nNot supported: " : ", ", text_of(row, "key"));
    }
    printf("%s", none > 0 ? ".\n" : "");
}

static void print_page(const json_t *rows)
{
    print_rows(rows);
    print_makers(rows);
    printf("\n## By which parameters\n");
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        print_maker(rows, *vendor);
}

enum bk_err cli_setting_keys(struct cli *cli, bool is_markdown)
{
    static const struct cli_column columns[] = {{"key", "setting"},   {"type", "type"},
                                                {"range", "allowed"}, {"unit", "unit"},
                                                {"help", ""},         {0}};
    json_t *answer = json_object(), *rows = json_array();
    for (int id = 0; id < BK_NEUTRAL_COUNT; id++)
        json_array_append_new(rows, row_of(cli, (enum bk_neutral)id));
    json_object_set_new(answer, "keys", rows);
    enum bk_err err = add_makers(cli, rows);
    if (err == BK_OK && !is_markdown) {
        cli_answer(cli, answer, "keys", columns, "");
        return BK_OK;
    }
    if (err == BK_OK)
        print_page(rows);
    json_decref(answer);
    return err;
}
