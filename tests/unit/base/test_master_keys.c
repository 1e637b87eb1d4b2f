/* Master keys of a process: two of them, from files that change while it runs. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/master_keys.h"

struct files {
    char directory[64], key[96], previous[96];
};

static struct bk_key key_of(uint8_t byte)
{
    struct bk_key key;
    memset(key.bytes, byte, sizeof key.bytes);
    return key;
}

static void write_key(const char *path, uint8_t byte)
{
    const struct bk_key key = key_of(byte);
    char hex[2 * BK_KEY_SIZE + 1];
    bk_hex_print(key.bytes, sizeof key.bytes, hex);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, hex, sizeof hex - 1), sizeof hex - 1);
    close(fd);
}

static void make_files(struct files *files)
{
    snprintf(files->directory, sizeof files->directory, "/tmp/beckon-keys-XXXXXX");
    assert_non_null(mkdtemp(files->directory));
    snprintf(files->key, sizeof files->key, "%s/key", files->directory);
    snprintf(files->previous, sizeof files->previous, "%s/previous", files->directory);
}

static void remove_files(const struct files *files)
{
    unlink(files->key);
    unlink(files->previous);
    assert_int_equal(rmdir(files->directory), 0);
}

static struct bk_master_keys *keys_of(const struct files *files)
{
    const struct bk_master_key_names names = {files->key, files->previous, NULL, NULL};
    struct bk_master_keys *keys = NULL;
    assert_int_equal(bk_master_keys_new(&names, &keys, NULL), BK_OK);
    return keys;
}

/* Whether a data key that was sealed under byte opens. */
static bool opens(struct bk_master_keys *keys, uint8_t byte)
{
    const struct bk_key master = key_of(byte);
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    struct bk_key key;
    assert_int_equal(bk_data_key_new(&master, 7, &sealed), BK_OK);
    struct bk_str text = {(const char *)sealed, sizeof sealed};
    assert_int_equal(bk_master_keys_data_key_open(keys, 8, text, &key), BK_ERR_CRYPTO);
    return bk_master_keys_data_key_open(keys, 7, text, &key) == BK_OK;
}

static void a_data_key_opens_under_either_and_is_sealed_under_the_first(void **state)
{
    (void)state;
    struct files files;
    make_files(&files);
    write_key(files.key, 1);
    write_key(files.previous, 2);
    struct bk_master_keys *keys = keys_of(&files);
    assert_true(opens(keys, 1));
    assert_true(opens(keys, 2));
    assert_false(opens(keys, 3));
    const struct bk_key first = key_of(1), second = key_of(2), third = key_of(3);
    assert_true(bk_master_keys_has(keys, &first));
    assert_true(bk_master_keys_has(keys, &second));
    assert_false(bk_master_keys_has(keys, &third));

    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    struct bk_key key;
    assert_int_equal(bk_master_keys_data_key_new(keys, 7, &sealed), BK_OK);
    struct bk_str text = {(const char *)sealed, sizeof sealed};
    assert_int_equal(bk_data_key_open(&first, 7, text, &key), BK_OK);
    assert_int_equal(bk_data_key_open(&second, 7, text, &key), BK_ERR_CRYPTO);
    bk_master_keys_free(keys);
    remove_files(&files);
}

static void files_are_read_again_and_what_is_bad_changes_nothing(void **state)
{
    (void)state;
    struct files files;
    struct bk_detail detail = {""};
    make_files(&files);
    write_key(files.key, 1);
    struct bk_master_keys *keys = keys_of(&files); /* there is no previous one yet */
    assert_true(opens(keys, 1));
    assert_false(opens(keys, 2));

    write_key(files.previous, 1);
    write_key(files.key, 2);
    assert_int_equal(bk_master_keys_reload(keys, &detail), BK_OK);
    assert_true(opens(keys, 1));
    assert_true(opens(keys, 2));

    write_key(files.key, 3);
    assert_int_equal(chmod(files.previous, 0644), 0);
    assert_int_equal(bk_master_keys_reload(keys, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, files.previous));
    assert_true(opens(keys, 1));
    assert_true(opens(keys, 2));
    assert_false(opens(keys, 3));

    unlink(files.previous);
    assert_int_equal(bk_master_keys_reload(keys, &detail), BK_OK);
    assert_false(opens(keys, 1));
    assert_false(opens(keys, 2));
    assert_true(opens(keys, 3));
    bk_master_keys_free(keys);
    remove_files(&files);
}

#define ONES "0101010101010101010101010101010101010101010101010101010101010101"
#define TWOS "0202020202020202020202020202020202020202020202020202020202020202"

static void names_follow_table(void **state)
{
    (void)state;
    static const struct {
        const char *label, *file, *text, *previous_file, *previous_text;
        const char *in_detail; /* NULL: good */
    } rows[] = {
        {"text", NULL, ONES, NULL, NULL, NULL},
        {"two texts", "", ONES, "", TWOS, NULL},
        {"a previous file that is not there", NULL, ONES, "/nonexistent/key", NULL, NULL},
        {"nothing", NULL, NULL, NULL, TWOS, "beckon keys new"},
        {"file and text", "/nonexistent/key", ONES, NULL, NULL, "one of master_key_file"},
        {"a file that is not there", "/nonexistent/key", NULL, NULL, NULL, "No such file"},
        {"two previous ones", NULL, ONES, "/nonexistent/key", TWOS, "master_key_previous"},
        {"half a previous text", NULL, ONES, NULL, "0202", "64 hexadecimal"},
        {"a previous file that is none", NULL, ONES, "/dev/null", NULL, "not a regular file"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char text[80] = "", previous[80] = "";
        struct bk_detail detail = {""};
        struct bk_master_keys *keys = NULL;
        print_message("  %s\n", rows[i].label);
        snprintf(text, sizeof text, "%s", rows[i].text != NULL ? rows[i].text : "");
        snprintf(previous, sizeof previous, "%s",
                 rows[i].previous_text != NULL ? rows[i].previous_text : "");
        const struct bk_master_key_names names = {rows[i].file, rows[i].previous_file, text,
                                                  previous};
        enum bk_err err = bk_master_keys_new(&names, &keys, &detail);
        assert_int_equal(err, rows[i].in_detail == NULL ? BK_OK : BK_ERR_INVALID);
        if (rows[i].in_detail != NULL) {
            assert_non_null(strstr(detail.text, rows[i].in_detail));
            assert_null(keys);
            continue;
        }
        assert_true(opens(keys, 1));
        assert_int_equal(opens(keys, 2), rows[i].previous_text != NULL);
        assert_string_equal(text, ""); /* wiped */
        assert_string_equal(previous, "");
        assert_int_equal(bk_master_keys_reload(keys, &detail), BK_OK);
        assert_true(opens(keys, 1));
        bk_master_keys_free(keys);
    }
    bk_master_keys_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_key_opens_under_either_and_is_sealed_under_the_first),
        cmocka_unit_test(files_are_read_again_and_what_is_bad_changes_nothing),
        cmocka_unit_test(names_follow_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
