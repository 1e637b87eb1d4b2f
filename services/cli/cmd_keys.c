/*
 * beckon keys new, keys jwt: a fresh key in a file of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/secret.h"
#include "commands.h"
#include "web/auth_jwt.h"

enum { PEM_MAX_BYTES = 1024 };

static const struct cli_option options[] = {{0}};

static enum bk_err write_key(struct cli *cli, const char *path, const char *text, size_t len)
{
    /* O_EXCL: a master key that is overwritten takes every tenant's secrets with it; one that signs
     * tokens, everybody's login. */
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

static void answer_file(struct cli *cli, const char *path, const struct cli_column *columns,
                        const char *advice)
{
    json_t *answer = json_object();
    json_object_set_new(answer, "file", cli_json_text(bk_str_of(path)));
    cli_answer(cli, answer, NULL, columns, NULL);
    if (!cli->is_json)
        puts(advice);
}

static enum bk_err run_new(struct cli *cli)
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
    answer_file(cli, path, columns,
                "Keep a copy away from the database's backups: without it no secret can be read.");
    return BK_OK;
}

static enum bk_err run_jwt(struct cli *cli)
{
    static const struct cli_column columns[] = {{"file", "key of access tokens"}, {0}};
    const char *path = cli_operand(cli, 0);
    struct bk_buf pem;
    bk_buf_init_secret(&pem, PEM_MAX_BYTES);
    enum bk_err err = bk_jwt_key_new(&pem);
    if (err == BK_OK)
        err = write_key(cli, path, pem.ptr, pem.len);
    bk_buf_deinit(&pem);
    if (err == BK_OK)
        answer_file(cli, path, columns,
                    "Name it as jwt.key_file of every beckon-api, and the one before it as "
                    "jwt.previous_key_file for 15 minutes.");
    return err;
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
        "out of the database; the three services and this command line read it by\n"
        "BECKON_MASTER_KEY_FILE.",
    .example = "beckon keys new /etc/beckon/master.key",
    .run = run_new,
};

const struct cli_command cli_cmd_keys_jwt = {
    .name = "keys jwt",
    .operands = "FILE",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "write a fresh key for access tokens",
    .text = "Writes a P-256 private key in PEM to FILE, readable by its owner alone (mode 0600).\n"
            "beckon-api signs access tokens with it (jwt.key_file). To change it, write a new one, "
            "name\n"
            "the old one as jwt.previous_key_file, and restart; take that away when the tokens it "
            "signed\n"
            "have ended.",
    .example = "beckon keys jwt /etc/beckon/jwt.pem",
    .run = run_jwt,
};
