/*
 * All files of one phone, written to see whether they can be.
 */
#include "vendor/faults.h"

#include "vendor/files.h"

bool bk_faults_has(const struct bk_faults *faults, const struct bk_fault *fault)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (bk_str_eq(faults->rows[i].name, fault->name) &&
            bk_str_eq(faults->rows[i].value, fault->value))
            return true;
    }
    return false;
}

void bk_faults_add(struct bk_faults *faults, const struct bk_fault *fault)
{
    if (faults->count == BK_FAULT_MAX || bk_faults_has(faults, fault))
        return;
    if (faults->rows == NULL)
        faults->rows = bk_arena_alloc(faults->arena, BK_FAULT_MAX * sizeof faults->rows[0]);
    faults->rows[faults->count++] = (struct bk_fault){
        .name = bk_arena_str(faults->arena, fault->name),
        .value = bk_arena_str(faults->arena, fault->value),
        .what = bk_arena_str(faults->arena, bk_str_of(fault->what)).ptr,
        .origin = fault->origin,
    };
}

static void add(void *context, const struct bk_fault *fault)
{
    bk_faults_add(context, fault);
}

/* Written as it is served; what is wrong with it is looked for only when that fails. */
static enum bk_err judge(const struct bk_vendor *vendor, const struct bk_phone *phone,
                         const struct bk_model *model, struct bk_str name,
                         const struct bk_file_request *request, struct bk_buf *scratch,
                         struct bk_faults *faults, struct bk_detail *detail)
{
    const size_t before = faults->count;
    enum bk_err err = bk_vendor_render(vendor, phone, model, request, scratch, NULL, detail);
    bk_buf_clear(scratch);
    if (err == BK_OK || err == BK_ERR_NOT_FOUND)
        return BK_OK;
    if (err != BK_ERR_INVALID && err != BK_ERR_TOO_LARGE && err != BK_ERR_INTERNAL)
        return err;
    if (err == BK_ERR_INVALID)
        err = bk_vendor_faults_of_file(vendor, phone, model, request, scratch, add, faults, NULL);
    if (faults->count == before)
        bk_faults_add(faults, &(struct bk_fault){.name = name, .what = detail->text});
    return err == BK_ERR_NO_MEMORY ? err : BK_OK;
}

enum bk_err bk_vendor_faults(const struct bk_vendor *vendor, const struct bk_phone *phone,
                             const struct bk_model *model, struct bk_arena *arena,
                             struct bk_faults *ret_faults, struct bk_detail *ret_detail)
{
    struct bk_faults faults = {.arena = arena};
    struct bk_buf scratch;
    struct bk_detail detail;
    enum bk_err err = BK_OK;
    bk_buf_init_secret(&scratch, BK_FILE_SIZE_MAX);
    for (const char *const *one = vendor->files; err == BK_OK && *one != NULL; one++) {
        char space[BK_FILE_NAME_SIZE];
        struct bk_file_request request;
        if (!bk_file_name_print(*one, &phone->mac, model, &space) ||
            !bk_file_find(vendor, &phone->mac, bk_str_of(space), &request))
            continue;
        err = judge(vendor, phone, model, bk_str_of(space), &request, &scratch, &faults, &detail);
    }
    bk_buf_deinit(&scratch);
    if (err == BK_OK)
        *ret_faults = faults;
    else
        bk_detail_set(ret_detail, "%s", detail.text);
    return err;
}
