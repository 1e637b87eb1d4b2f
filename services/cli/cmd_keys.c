/*
 * beckon keys new: a fresh master key in a file of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/secret.h"
#include "commands.h"

static const struct cli_option options[] = {{0}};

static enum bk_err write_key(struct cli *cli, const char *path, const char *text, size_t len)
{
    /* O_EXCL: a master key that is overwritten takes every tenant's secrets with it. */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        bk_detail_set(&cli->detail, "%s exists already and is left as it is; choose another name",
                      path);
        return BK_ERR_EXISTS;
    }
    if (fd < 0) {
        bk_detail_set(&cli->detail, "%s cannot be made: %s", path, strerror(errno));
        return BK_ERR_IO;
    }
    bool is_written = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    int why = errno;
    if (close(fd) == 0 && is_written)
        return BK_OK;
    (void)unlink(path);
    bk_detail_set(&cli->detail, "%s cannot be written: %s", path, strerror(why));
    return BK_ERR_IO;
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {{"file", "master key"}, {0}};
    const char *path = cli_operand(cli, 0);
    struct bk_key key;
    char text[2 * BK_KEY_SIZE + 2];
    bk_random(key.bytes, sizeof key.bytes);
    bk_hex_print(key.bytes, sizeof key.bytes, text);
    text[2 * BK_KEY_SIZE] = '\n';
    enum bk_err err = write_key(cli, path, text, 2 * BK_KEY_SIZE + 1);
    bk_wipe(&key, sizeof key);
    bk_wipe(text, sizeof text);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    json_object_set_new(answer, "file", cli_json_text(bk_str_of(path)));
    cli_answer(cli, answer, NULL, columns, NULL);
    if (!cli->is_json)
        puts("Keep a copy away from the database's backups: without it no secret can be read.");
    return BK_OK;
}

const struct cli_command cli_cmd_keys_new = {
    .name = "keys new",
    .operands = "FILE",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "write a fresh master key",
    .text =
        "Writes 64 random hexadecimal digits to FILE, readable by its owner alone (mode 0600). An\n"
        "existing file is never overwritten. The master key wraps each tenant's data key; it "
        "stays\n"
        "out of the database, and beckon-config, beckon-api and this command line read it by\n"
        "BECKON_MASTER_KEY_FILE.",
    .example = "beckon keys new /etc/beckon/master.key",
    .run = run,
};
