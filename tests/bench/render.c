/*
 * benchrender [maker…]: what rendering a phone's own file costs, maker by maker: 6 lines and 60
 * keys, or as many as its models have; written and read back, as a fetch does it. Prints JSON:
 * {"yealink": {"renders_per_s": …, "bytes": …}, …}.
 *
 * It is CPU time of one thread, and the best of several rounds: others who use the machine take
 * nothing but cache and clock rate, and of those the least that was seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vendor/vendor.h"

#define LINES 6
#define KEYS 60
#define ROUNDS 7
#define ROUND_S 0.1

static struct bk_line lines[LINES];
static struct bk_phone_key keys[KEYS];
static char texts[LINES + KEYS][16];

static struct bk_str text_of(size_t at, int number)
{
    snprintf(texts[at], sizeof texts[at], "%d", number);
    return bk_str_of(texts[at]);
}

static struct bk_phone phone_of(const struct bk_vendor *vendor)
{
    for (int i = 0; i < LINES; i++) {
        lines[i] = (struct bk_line){
            .index = i + 1,
            .number = text_of((size_t)i, 1001 + i),
            .label = BK_STR("Anna Beispiel"),
            .display_name = BK_STR("Anna Beispiel"),
            .secret = BK_STR("kK3-92hs_Yw6-8831"),
            .pbx = {.domain = BK_STR("pbx.example"), .transport = BK_TRANSPORT_TLS},
        };
    }
    for (int i = 0; i < KEYS; i++) {
        keys[i] = (struct bk_phone_key){
            .panel = BK_PANEL_LINE,
            .slot = i + 1,
            .kind = BK_KEY_BLF,
            .line = 1,
            .value = text_of((size_t)(LINES + i), 1100 + i),
            .label = BK_STR("Kollegin"),
        };
    }
    return (struct bk_phone){
        .mac = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}},
        .vendor = bk_str_of(vendor->name),
        .provisioning_url = BK_STR("https://prov.example/k7Qm2"),
        .lines = lines,
        .line_count = LINES,
        .keys = keys,
        .key_count = KEYS,
    };
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What is measured of a maker: the file that holds the lines, for one of its models. */
struct subject {
    struct bk_phone phone;
    struct bk_model model;
    struct bk_file_request request;
    size_t bytes; /* 0: none can be written */
};

/* The largest of those served. */
static void find_file(const struct bk_vendor *vendor, struct subject *subject)
{
    for (int kind = 0; kind < BK_FILE_KIND_COUNT; kind++) {
        const struct bk_file_request request = {.kind = (enum bk_file_kind)kind, .has_mac = true};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        enum bk_err err =
            bk_vendor_render(vendor, &subject->phone, &subject->model, &request, &out, NULL, NULL);
        if (err == BK_OK && out.len > subject->bytes) {
            subject->bytes = out.len;
            subject->request = request;
        }
        bk_buf_deinit(&out);
    }
}

static int min_of(int a, int b)
{
    return a < b ? a : b;
}

/* The model that takes most of the lines and keys, cut to these, so that makers can be compared. */
static struct subject subject_of(const struct bk_vendor *vendor)
{
    struct subject best = {.bytes = 0};
    const struct bk_model *row;
    for (size_t i = 0; (row = bk_model_at(vendor, i)) != NULL; i++) {
        struct subject other = {.phone = phone_of(vendor), .model = *row};
        other.model.line_count = min_of(row->line_count, LINES);
        other.model.key_count = min_of(row->key_count, KEYS);
        other.model.programmable_count = other.model.module_count = 0;
        other.phone.line_count = (size_t)other.model.line_count;
        other.phone.key_count = (size_t)other.model.key_count;
        if (other.phone.line_count + other.phone.key_count <=
            best.phone.line_count + best.phone.key_count)
            continue;
        find_file(vendor, &other);
        if (other.bytes > 0)
            best = other;
    }
    return best;
}

/* A buffer for each file, as a fetch has it. */
static void render(const struct bk_vendor *vendor, const struct subject *subject)
{
    struct bk_buf out;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    if (bk_vendor_render(vendor, &subject->phone, &subject->model, &subject->request, &out, NULL,
                         NULL) != BK_OK)
        exit(1);
    bk_buf_deinit(&out);
}

static double renders_per_s(const struct bk_vendor *vendor, const struct subject *subject)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double begin = cpu_s(), used;
        long count = 0;
        do {
            for (int i = 0; i < 50; i++, count++)
                render(vendor, subject);
            used = cpu_s() - begin;
        } while (used < ROUND_S);
        if ((double)count / used > best)
            best = (double)count / used;
    }
    return best;
}

static bool is_wanted(const char *name, char **wishes)
{
    if (*wishes == NULL)
        return true;
    while (*wishes != NULL && strcmp(*wishes, name) != 0)
        wishes++;
    return *wishes != NULL;
}

int main(int argc, char **argv)
{
    const char *comma = "";
    struct bk_detail detail;
    if (bk_vendors_init(&detail) != BK_OK) {
        fprintf(stderr, "%s\n", detail.text);
        return 1;
    }
    printf("{");
    for (const struct bk_vendor *const *at = bk_vendors(); *at != NULL; at++) {
        const struct bk_vendor *vendor = *at;
        if (!is_wanted(vendor->name, argc > 1 ? argv + 1 : argv + argc))
            continue;
        const struct subject subject = subject_of(vendor);
        if (subject.bytes == 0) {
            fprintf(stderr, "%s: no file can be written\n", vendor->name);
            return 1;
        }
        printf("%s\n \"%s\": {\"renders_per_s\": %.0f, \"bytes\": %zu, \"lines\": %zu, "
               "\"keys\": %zu}",
               comma, vendor->name, renders_per_s(vendor, &subject), subject.bytes,
               subject.phone.line_count, subject.phone.key_count);
        fflush(stdout);
        comma = ",";
    }
    printf("\n}\n");
    bk_vendors_deinit();
    return 0;
}
