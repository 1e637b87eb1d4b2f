/*
 * What must hold for every driver, found by listing its files: nothing that it writes can be set
 * raw, a bootstrap touches the address alone, and what is listed is what is written.
 */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

/* One line, so that parameters of accounts are those of a phone in use. */
static struct bk_line line = {.index = 1,
                              .number = {"1001", 4},
                              .secret = {"s3cret-1001", 11},
                              .pbx.domain = {"pbx.example", 11}};

static struct bk_phone phone_of(void)
{
    return (struct bk_phone){
        .mac = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}},
        .provisioning_url = BK_STR("https://p.example/k7Qm2"),
        .lines = &line,
        .line_count = 1,
    };
}

struct seen {
    const struct bk_vendor *vendor;
    size_t count, foreign; /* foreign: of a bootstrap, not the driver's own */
    bool has_secret;
};

static void on_parameter(void *context, const struct bk_parameter *parameter)
{
    struct seen *seen = context;
    if (parameter->is_lost)
        return;
    seen->count++;
    seen->foreign += parameter->origin.kind != BK_ORIGIN_DRIVER;
    seen->has_secret = seen->has_secret || bk_str_eq(parameter->value, BK_STR("s3cret-1001"));
    if (parameter->origin.kind != BK_ORIGIN_RAW && !bk_is_reserved(seen->vendor, parameter->name))
        fail_msg("%s: %.*s is written and not reserved", seen->vendor->name,
                 BK_STR_ARG(parameter->name));
}

/* Every kind of file that the driver serves to this phone, as of this model. */
static void list_as(struct seen *seen, const struct bk_phone *phone, const struct bk_model *model)
{
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {.kind = (enum bk_file_kind)kind, .has_mac = true};
        struct bk_detail detail = {{0}};
        enum bk_err err =
            bk_vendor_list(seen->vendor, phone, model, &request, on_parameter, seen, &detail);
        if (err != BK_OK && err != BK_ERR_NOT_FOUND)
            fail_msg("%s, %s: %s", seen->vendor->name, bk_file_kind_name(request.kind),
                     detail.text);
    }
}

/* A model may have parameters that others have not. */
static void list_all(struct seen *seen, const struct bk_phone *phone)
{
    const struct bk_model *model;
    list_as(seen, phone, NULL);
    for (size_t i = 0; (model = bk_model_at(seen->vendor, i)) != NULL; i++)
        list_as(seen, phone, model);
}

static void every_parameter_that_is_written_is_reserved(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        struct seen seen = {.vendor = *vendor};
        const struct bk_phone phone = phone_of();
        print_message("  %s\n", (*vendor)->name);
        list_all(&seen, &phone);
        assert_true(seen.count > 10);
        assert_true(seen.has_secret); /* a phone without its password does not register */
    }
    bk_vendors_deinit();
}

static void a_bootstrap_touches_the_address_alone(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        struct seen seen = {.vendor = *vendor};
        struct bk_phone phone = phone_of();
        phone.is_bootstrap = true;
        print_message("  %s\n", (*vendor)->name);
        list_all(&seen, &phone);
        assert_true(seen.count > 0);
        assert_int_equal(seen.foreign, 0);
        assert_false(seen.has_secret);
    }
    bk_vendors_deinit();
}

static void every_file_of_an_empty_phone_can_be_written(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k7Qm2")};
        size_t files = 0;
        print_message("  %s\n", (*vendor)->name);
        for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
            const struct bk_file_request request = {.kind = (enum bk_file_kind)kind,
                                                    .has_mac = true};
            struct bk_detail detail = {{0}};
            struct bk_buf out;
            bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
            enum bk_err err =
                bk_vendor_render(*vendor, &phone, NULL, &request, &out, NULL, &detail);
            if (err != BK_OK && err != BK_ERR_NOT_FOUND)
                fail_msg("%s, %s: %s", (*vendor)->name, bk_file_kind_name(request.kind),
                         detail.text);
            files += err == BK_OK && out.len > 0;
            bk_buf_deinit(&out);
        }
        assert_true(files > 0);
    }
    bk_vendors_deinit();
}

/* Also by a name without what joins its parts: so no two rows differ in that alone. */
static void check_is_found(const struct bk_vendor *vendor, const struct bk_model *model)
{
    char bare[64];
    size_t len = 0;
    for (size_t i = 0; i < model->name.len && len < sizeof bare; i++) {
        if (strchr(" -_", model->name.ptr[i]) == NULL)
            bare[len++] = model->name.ptr[i];
    }
    assert_ptr_equal(bk_model_find(vendor, model->name), model);
    assert_ptr_equal(bk_model_find(vendor, (struct bk_str){bare, len}), model);
}

static void the_tables_of_drivers_are_whole(void **state)
{
    char names[BK_VENDOR_NAMES_SIZE];
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    bk_vendor_names_print(&names);
    for (const struct bk_vendor *const *at = bk_vendors(); *at != NULL; at++) {
        const struct bk_vendor *vendor = *at;
        print_message("  %s\n", vendor->name);
        assert_ptr_equal(bk_vendor_find(bk_str_of(vendor->name)), vendor);
        assert_non_null(vendor->title);
        assert_non_null(vendor->form);
        assert_non_null(vendor->fill);
        assert_non_null(vendor->files[0]);
        for (const struct bk_reserved *row = vendor->reserved; row->name != NULL; row++) {
            assert_true(strlen(row->name) >= 2 && strlen(row->use) > 5);
            for (const char *c = row->name; *c != '\0'; c++)
                assert_false(*c >= 'A' && *c <= 'Z'); /* patterns are of small letters */
        }
        for (const char *const *oui = vendor->ouis; *oui != NULL; oui++)
            assert_int_equal(strlen(*oui), 6);
        const struct bk_model *model;
        assert_non_null(bk_model_at(vendor, 0));
        for (size_t i = 0; (model = bk_model_at(vendor, i)) != NULL; i++)
            check_is_found(vendor, model);
        assert_non_null(strstr(names, vendor->name));
        assert_true(bk_model_largest(vendor)->line_count >= 1);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_parameter_that_is_written_is_reserved),
        cmocka_unit_test(a_bootstrap_touches_the_address_alone),
        cmocka_unit_test(every_file_of_an_empty_phone_can_be_written),
        cmocka_unit_test(the_tables_of_drivers_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
