/*
 * What commands share: values of options, files, the answer. The database is in session.c.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "model/mac.h"

const char *cli_value(const struct cli *cli, const char *option)
{
    return cli_args_value(&cli->args, option);
}

bool cli_has(const struct cli *cli, const char *option)
{
    return cli_args_has(&cli->args, option);
}

const char *cli_operand(const struct cli *cli, size_t at)
{
    return at < cli->args.operand_count ? cli->args.operands[at] : NULL;
}

enum bk_err cli_number(struct cli *cli, const char *option, int64_t min, int64_t max,
                       int64_t fallback, int64_t *ret_number)
{
    const char *text = cli_value(cli, option);
    if (text == NULL) {
        *ret_number = fallback;
        return BK_OK;
    }
    if (bk_str_parse_int(bk_str_of(text), min, max, ret_number) == BK_OK)
        return BK_OK;
    bk_detail_set(&cli->detail, "--%s: want a number from %lld to %lld", option, (long long)min,
                  (long long)max);
    return BK_ERR_MALFORMED;
}

enum bk_err cli_file_read(struct cli *cli, const char *path, size_t bytes_max,
                          struct bk_str *ret_text)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *shown = is_stdin ? "standard input" : path;
    enum bk_err err = BK_ERR_IO;
    struct bk_buf buf;
    char chunk[16384];
    ssize_t got = 1;
    bk_buf_init_secret(&buf, bytes_max);
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        bk_detail_set(&cli->detail, "%s: cannot be read: %s", shown, strerror(errno));
        goto out;
    }
    while (got != 0 && buf.err == BK_OK) {
        got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            bk_detail_set(&cli->detail, "%s: cannot be read: %s", shown, strerror(errno));
            goto out;
        }
        bk_buf_add(&buf, (struct bk_str){chunk, (size_t)got});
    }
    err = buf.err;
    if (err != BK_OK) {
        bk_detail_set(&cli->detail, "%s: longer than %zu bytes", shown, bytes_max);
        goto out;
    }
    char *copy = bk_arena_try(cli->arena, buf.len + 1);
    if (copy == NULL) {
        err = BK_ERR_NO_MEMORY;
        goto out;
    }
    if (buf.len > 0)
        memcpy(copy, buf.ptr, buf.len);
    *ret_text = (struct bk_str){copy, buf.len};
out:
    if (fd >= 0 && !is_stdin)
        close(fd);
    explicit_bzero(chunk, sizeof chunk);
    bk_buf_deinit(&buf);
    return err;
}

enum bk_err cli_secret_read(struct cli *cli, const char *path, size_t bytes_max,
                            struct bk_str *ret_secret)
{
    struct bk_str text;
    enum bk_err err = cli_file_read(cli, path, bytes_max + 2, &text);
    if (err != BK_OK)
        return err;
    if (bk_str_ends(text, BK_STR("\n")))
        text.len--;
    if (bk_str_ends(text, BK_STR("\r")))
        text.len--;
    if (text.len == 0 || text.len > bytes_max) {
        bk_detail_set(&cli->detail, "%s: the secret is %zu bytes long, want 1 to %zu", path,
                      text.len, bytes_max);
        return BK_ERR_INVALID;
    }
    if (!bk_str_is_utf8(text) || bk_str_has_control(text)) {
        bk_detail_set(&cli->detail,
                      "%s: the secret must be one line of UTF-8 without control characters", path);
        return BK_ERR_INVALID;
    }
    *ret_secret = text;
    return BK_OK;
}

struct bk_str cli_random_text(struct bk_arena *arena, const char *alphabet, size_t len)
{
    char *text = bk_arena_alloc(arena, len + 1);
    bk_random_text(text, len, alphabet);
    return (struct bk_str){text, len};
}

enum bk_err cli_mac(struct cli *cli, const char *text, struct bk_str *ret_bare)
{
    struct bk_mac mac;
    char bare[BK_MAC_TEXT_SIZE];
    if (bk_mac_parse(bk_str_of(text), &mac) != BK_OK) {
        bk_detail_set(&cli->detail,
                      "\"%.40s\" is no MAC address; want 12 hexadecimal digits, bare or as pairs "
                      "with : - or . between",
                      text);
        return BK_ERR_INVALID;
    }
    bk_mac_print(&mac, &bare);
    *ret_bare = bk_arena_str(cli->arena, bk_str_of(bare));
    return BK_OK;
}

void cli_problem(struct cli *cli, int line, const char *column, const char *detail)
{
    json_t *one = json_object();
    if (line > 0)
        json_object_set_new(one, "line", json_integer(line));
    if (column != NULL)
        json_object_set_new(one, "column", cli_json_text(bk_str_of(column)));
    json_object_set_new(one, "detail", cli_json_text(bk_str_of(detail)));
    if (cli->problems == NULL)
        cli->problems = json_array();
    json_array_append_new(cli->problems, one);
}

enum bk_err cli_json_load(struct cli *cli, struct bk_str text, json_t **ret_value)
{
    json_error_t error;
    json_t *value =
        json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (value == NULL) {
        bk_detail_set(&cli->detail, "the database's answer is no JSON that can be read: %s",
                      error.text);
        return BK_ERR_INTERNAL;
    }
    *ret_value = value;
    return BK_OK;
}

void cli_answer(struct cli *cli, json_t *answer, const char *list, const struct cli_column *columns,
                const char *nothing)
{
    if (cli->is_json)
        cli_out_json(stdout, answer);
    else if (list != NULL)
        cli_out_table(stdout, json_object_get(answer, list), columns, nothing);
    else
        cli_out_fields(stdout, answer, columns);
    json_decref(answer);
}
