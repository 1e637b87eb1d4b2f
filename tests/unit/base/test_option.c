#include "base/option.h"

#include <string.h>

#include "harness/test.h"

enum row { BOOL, INT, SIGNED, TEXT, SECRET, ENUM, LIST, FREE_LIST, FILE_PATH, ADDRESS };

static const struct bk_option options[] = {
    [BOOL] = {"a.bool", BK_T_BOOL, 0, 0, NULL, "", NULL},
    [INT] = {"a.int", BK_T_INT, 10, 300, NULL, "", NULL},
    [SIGNED] = {"a.signed", BK_T_INT, -12, 14, NULL, "", NULL},
    [TEXT] = {"a.text", BK_T_TEXT, 2, 8, NULL, "", NULL},
    [SECRET] = {"a.secret", BK_T_SECRET, 8, 16, NULL, "", NULL},
    [ENUM] = {"a.enum", BK_T_ENUM, 0, 0, NULL, "", "udp tcp tls"},
    [LIST] = {"a.list", BK_T_LIST, 0, 0, NULL, "", "g722 pcma pcmu"},
    [FREE_LIST] = {"a.free_list", BK_T_LIST, 0, 20, NULL, "", NULL},
    [FILE_PATH] = {"a.path", BK_T_PATH, 1, 0, NULL, "", NULL},
    [ADDRESS] = {"a.address", BK_T_ADDRESS, 0, 0, NULL, "", NULL},
    {NULL, BK_T_BOOL, 0, 0, NULL, NULL, NULL},
};

#define LABEL_60 "a23456789a23456789a23456789a23456789a23456789a23456789a23456"

static const struct {
    enum row row;
    const char *text;
    int64_t number;
    const char *want_text;   /* NULL: as written */
    const char *want_detail; /* NULL: good */
} cases[] = {
    {BOOL, "true", 1, "1", NULL},
    {BOOL, "Yes", 1, "1", NULL},
    {BOOL, "on", 1, "1", NULL},
    {BOOL, "1", 1, "1", NULL},
    {BOOL, "false", 0, "0", NULL},
    {BOOL, "no", 0, "0", NULL},
    {BOOL, "off", 0, "0", NULL},
    {BOOL, "0", 0, "0", NULL},
    {BOOL, "2", 0, NULL, "a.bool: \"2\" is neither true nor false (also yes no on off 1 0)"},
    {BOOL, "", 0, NULL, "a.bool: \"\" is neither true nor false (also yes no on off 1 0)"},
    {INT, "10", 10, NULL, NULL},
    {INT, "300", 300, NULL, NULL},
    {INT, "9", 0, NULL, "a.int: \"9\" is not a whole number from 10 to 300"},
    {INT, "301", 0, NULL, "a.int: \"301\" is not a whole number from 10 to 300"},
    {INT, "1O", 0, NULL, "a.int: \"1O\" is not a whole number from 10 to 300"},
    {INT, "1\n0", 0, NULL, "a.int: the value is not a whole number from 10 to 300"},
    {INT, "", 0, NULL, "a.int: \"\" is not a whole number from 10 to 300"},
    {SIGNED, "-12", -12, NULL, NULL},
    {SIGNED, "-13", 0, NULL, "a.signed: \"-13\" is not a whole number from -12 to 14"},
    {TEXT, "ab", 0, NULL, NULL},
    {TEXT, "abcdefgh", 0, NULL, NULL},
    {TEXT, "B\xc3\xbcro", 0, NULL, NULL},
    {TEXT, "a", 0, NULL, "a.text: 1 bytes long, want 2 to 8"},
    {TEXT, "abcdefghi", 0, NULL, "a.text: 9 bytes long, want 2 to 8"},
    {TEXT, "ab\ncd", 0, NULL, "a.text: want UTF-8 text without control characters"},
    {TEXT, "ab\xe9", 0, NULL, "a.text: want UTF-8 text without control characters"},
    {SECRET, "hunter22", 0, NULL, NULL},
    {SECRET, "hunter2", 0, NULL, "a.secret: 7 bytes long, want 8 to 16"},
    {SECRET, "hunter22\x01", 0, NULL, "a.secret: want UTF-8 text without control characters"},
    {ENUM, "udp", 0, NULL, NULL},
    {ENUM, "tls", 2, NULL, NULL},
    {ENUM, "sctp", 0, NULL, "a.enum: \"sctp\" is none of: udp tcp tls"},
    {ENUM, "TLS", 0, NULL, "a.enum: \"TLS\" is none of: udp tcp tls"},
    {ENUM, "udp tcp", 0, NULL, "a.enum: \"udp tcp\" is none of: udp tcp tls"},
    {ENUM, "", 0, NULL, "a.enum: \"\" is none of: udp tcp tls"},
    {LIST, "pcma", 0, NULL, NULL},
    {LIST, "pcmu, g722", 0, NULL, NULL},
    {LIST, "", 0, NULL, NULL},
    {LIST, "pcma,opus", 0, NULL,
     "a.list: an unknown word, \"opus\"; want words with commas between, each once: g722 pcma "
     "pcmu"},
    {LIST, "pcma,g722,pcma", 0, NULL,
     "a.list: the same word twice, \"pcma\"; want words with commas between, each once: g722 pcma "
     "pcmu"},
    {LIST, "pcma,,pcmu", 0, NULL,
     "a.list: an empty word, \"\"; want words with commas between, each once: g722 pcma pcmu"},
    {LIST, "pcma,", 0, NULL,
     "a.list: a comma without a word after, \"pcma\"; want words with commas between, each once: "
     "g722 "
     "pcma pcmu"},
    {FREE_LIST, "10.0.0.0/8, ::1", 0, NULL, NULL},
    {FREE_LIST, "a b", 0, NULL,
     "a.free_list: an unknown word, \"a b\"; want words with commas between, each once: any"},
    {FREE_LIST, "012345678901234567890", 0, NULL, "a.free_list: 21 bytes long, want 0 to 20"},
    {FILE_PATH, "/etc/beckon/a.pem", 0, NULL, NULL},
    {FILE_PATH, "var/a.pem", 0, NULL, NULL},
    {FILE_PATH, "", 0, NULL, "a.path: 0 bytes long, want 1 to 4096"},
    {ADDRESS, "0.0.0.0:8443", 0, NULL, NULL},
    {ADDRESS, "localhost:0", 0, NULL, NULL},
    {ADDRESS, "db-1.example.net:65535", 0, NULL, NULL},
    {ADDRESS, "[::]:443", 0, NULL, NULL},
    {ADDRESS, "[2001:db8::1]:443", 0, NULL, NULL},
    {ADDRESS, "unix:/run/beckon/config", 0, NULL, NULL},
#define NO_ADDRESS(text) \
    { \
        ADDRESS, text, 0, NULL, \
            "a.address: \"" text "\" is no address; want host:port, [v6]:port or unix:/path" \
    }
    NO_ADDRESS(""),
    NO_ADDRESS("localhost"),
    NO_ADDRESS(":443"),
    NO_ADDRESS("localhost:"),
    NO_ADDRESS("localhost:65536"),
    NO_ADDRESS("localhost:-1"),
    NO_ADDRESS("::1:443"),
    NO_ADDRESS("[::1]"),
    NO_ADDRESS("[localhost]:443"),
    NO_ADDRESS("[]:443"),
    NO_ADDRESS("256.0.0.1:443"),
    NO_ADDRESS("127.1:443"),
    NO_ADDRESS("a..b:443"),
    NO_ADDRESS("-a:443"),
    NO_ADDRESS("a/b:443"),
    NO_ADDRESS("unix:run"),
    NO_ADDRESS("unix:/"),
    {ADDRESS, "unix:/" LABEL_60 LABEL_60, 0, NULL,
     "a.address: the value is no address; want host:port, [v6]:port or unix:/path"},
};

static void values_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        const struct bk_option *option = &options[cases[i].row];
        struct bk_option_value value = {BK_STR("untouched"), 99};
        struct bk_detail detail = {""};
        print_message("  %s = %s\n", option->key, cases[i].text);
        enum bk_err err = bk_option_parse(option, bk_str_of(cases[i].text), &value, &detail);
        if (cases[i].want_detail == NULL) {
            assert_int_equal(err, BK_OK);
            assert_true(value.number == cases[i].number);
            assert_str_equal(value.text,
                             cases[i].want_text != NULL ? cases[i].want_text : cases[i].text);
            assert_string_equal(detail.text, "");
        } else {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_string_equal(detail.text, cases[i].want_detail);
            assert_str_equal(value.text, "untouched");
            assert_int_equal(bk_option_parse(option, bk_str_of(cases[i].text), &value, NULL),
                             BK_ERR_INVALID);
        }
    }
}

static void rows_are_found_by_their_whole_key(void **state)
{
    (void)state;
    assert_int_equal(bk_option_find(options, BK_STR("a.bool")), BOOL);
    assert_int_equal(bk_option_find(options, BK_STR("a.address")), ADDRESS);
    assert_int_equal(bk_option_find(options, BK_STR("a.addres")), -1);
    assert_int_equal(bk_option_find(options, BK_STR("")), -1);
}

static void words_are_found_whole(void **state)
{
    (void)state;
    static const struct {
        const char *words, *word;
        ptrdiff_t want;
    } rows[] = {
        {"udp tcp tls", "udp", 0}, {"udp tcp tls", "tls", 2}, {"udp  tcp", "tcp", 1},
        {"udp tcp tls", "t", -1},  {"udp tcp", "", -1},       {"", "udp", -1},
        {NULL, "udp", -1},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_int_equal(bk_words_find(rows[i].words, bk_str_of(rows[i].word)), rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_table),
        cmocka_unit_test(rows_are_found_by_their_whole_key),
        cmocka_unit_test(words_are_found_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
