#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "harness/test.h"

static int fd = -1;
static char written[16384];

static void start(bool as_json)
{
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    bk_clock_fake(0, INT64_C(1795401959123));
    bk_log_setup("config", BK_LOG_INFO, as_json, fd);
}

static const char *finish(void)
{
    ssize_t len = pread(fd, written, sizeof written - 1, 0);
    assert_true(len >= 0);
    written[len] = '\0';
    bk_log_setup("config", BK_LOG_INFO, false, -1);
    bk_clock_fake(-1, -1);
    return written;
}

#define HEAD "time=2026-11-23T02:45:59.123Z level=info svc=config what=seen key="
#define JSON_HEAD \
    "{\"time\":\"2026-11-23T02:45:59.123Z\",\"level\":\"info\",\"svc\":\"config\"," \
    "\"what\":\"seen\",\"key\":"

/* Whatever a peer sends, it is one line, and no pair but ours. */
static void values_follow_table(void **state)
{
    (void)state;
    static const struct {
        const char *label, *value, *want, *want_json;
    } rows[] = {
        {"word", "abc", "abc", "\"abc\""},
        {"empty", "", "\"\"", "\"\""},
        {"blank", "a b", "\"a b\"", "\"a b\""},
        {"forged line", "x\nlevel=error", "\"x\\nlevel=error\"", "\"x\\nlevel=error\""},
        {"forged pair", "x tenant=1", "\"x tenant=1\"", "\"x tenant=1\""},
        {"equals sign", "a=b", "\"a=b\"", "\"a=b\""},
        {"quote", "a\"b", "\"a\\\"b\"", "\"a\\\"b\""},
        {"backslash", "a\\n", "\"a\\\\n\"", "\"a\\\\n\""},
        {"carriage return, tab", "\r\t", "\"\\r\\t\"", "\"\\r\\t\""},
        {"escape sequence", "\x1b[2J", "\"\\u001b[2J\"", "\"\\u001b[2J\""},
        {"delete", "\x7f", "\"\\u007f\"", "\"\\u007f\""},
        {"C1 control", "\xc2\x9b", "\"\\u009b\"", "\"\\u009b\""},
        {"line separator", "\xe2\x80\xa8", "\"\\u2028\"", "\"\\u2028\""},
        {"umlaut", "B\xc3\xbcro", "B\xc3\xbcro", "\"B\xc3\xbcro\""},
        {"no UTF-8", "a\xff", "\"a\\xff\"", "\"a\\ufffd\""},
        {"cut sequence", "\xe2\x82", "\"\\xe2\\x82\"", "\"\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char want[512];
        print_message("  %s\n", rows[i].label);
        start(false);
        bk_log(BK_LOG_INFO, "seen", BK_KV("key", rows[i].value), BK_KV_INT("n", -7));
        snprintf(want, sizeof want, HEAD "%s n=-7\n", rows[i].want);
        assert_string_equal(finish(), want);

        start(true);
        bk_log(BK_LOG_INFO, "seen", BK_KV("key", rows[i].value), BK_KV_INT("n", -7));
        snprintf(want, sizeof want, JSON_HEAD "%s,\"n\":-7}\n", rows[i].want_json);
        assert_string_equal(finish(), want);
    }
    start(false);
    bk_log(BK_LOG_INFO, "seen", BK_KV_STR("key", ((struct bk_str){"a\0b", 3})));
    assert_string_equal(finish(), HEAD "\"a\\u0000b\"\n");
}

static void long_values_are_cut_between_characters(void **state)
{
    (void)state;
    char value[2001], want[1024];
    for (size_t i = 0; i < 1000; i++)
        memcpy(value + 2 * i, "\xc3\xa4", 2);
    value[2000] = '\0';
    for (size_t odd = 0; odd < 2; odd++) { /* 512 is between two characters, or within one */
        if (odd == 1)
            value[0] = 'x', memmove(value + 1, value + 2, 1999);
        size_t kept = odd == 1 ? 511 : 512;
        start(false);
        bk_log(BK_LOG_INFO, "seen", BK_KV("key", value));
        snprintf(want, sizeof want, HEAD "\"%.*s\xe2\x80\xa6\"\n", (int)kept, value);
        assert_string_equal(finish(), want);
    }
}

static void a_line_is_at_most_4_kib_and_says_what_it_left_out(void **state)
{
    (void)state;
    char value[513];
    memset(value, 1, 512); /* six bytes each, escaped */
    value[512] = '\0';
    for (int as_json = 0; as_json < 2; as_json++) {
        start(as_json == 1);
        bk_log(BK_LOG_INFO, "seen", BK_KV("key", value), BK_KV("second", value),
               BK_KV_INT("third", 3));
        const char *line = finish();
        size_t len = strlen(line);
        assert_true(len > 3072 && len <= 4096);
        assert_ptr_equal(strchr(line, '\n'), line + len - 1);
        assert_null(strstr(line, "second"));
        const char *tail = as_json == 1 ? ",\"third\":3,\"cut\":true}\n" : " third=3 cut=true\n";
        assert_string_equal(line + len - strlen(tail), tail);
    }
}

static void lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    start(false);
    assert_false(bk_log_is_on(BK_LOG_DEBUG));
    assert_true(bk_log_is_on(BK_LOG_ERROR));
    bk_log(BK_LOG_DEBUG, "quiet", BK_KV_INT("n", 1));
    bk_log(BK_LOG_WARN, "loud", BK_KV_INT("n", 1));
    assert_string_equal(finish(),
                        "time=2026-11-23T02:45:59.123Z level=warn svc=config what=loud n=1\n");
    assert_false(bk_log_is_on(BK_LOG_ERROR)); /* fd -1 */
    bk_log(BK_LOG_ERROR, "silent", BK_KV_INT("n", 1));
}

static void errno_survives_logging(void **state)
{
    (void)state;
    start(false);
    bk_log_setup("config", BK_LOG_INFO, false, 1 << 20); /* no such descriptor */
    errno = ENOENT;
    bk_log(BK_LOG_INFO, "seen", BK_KV_INT("n", 1));
    assert_int_equal(errno, ENOENT);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_table),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(a_line_is_at_most_4_kib_and_says_what_it_left_out),
        cmocka_unit_test(lines_below_the_level_are_not_written),
        cmocka_unit_test(errno_survives_logging),
    };
    fd = memfd_create("log", MFD_CLOEXEC);
    return fd < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
