/*
 * XADD with a cap. The password is read from its file, never from the settings themselves.
 */
#include "io/doorbell.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

enum { PASSWORD_SIZE = 256, QUEUE_MAX = 1000, TIMEOUT_MS = 1000 };
#define STREAM_MAX_TEXT "1000" /* entries kept: a reader that is further behind sweeps */

struct bk_doorbell {
    struct bk_redis *redis;
    char password[PASSWORD_SIZE], key[64];
};

static enum bk_err read_password(const char *path, char (*ret_password)[PASSWORD_SIZE],
                                 struct bk_detail *ret_detail)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL || fgets(*ret_password, sizeof *ret_password, in) == NULL) {
        bk_detail_set(ret_detail, "redis.password_file %.160s cannot be read, or is empty", path);
        if (in != NULL)
            fclose(in);
        return BK_ERR_IO;
    }
    fclose(in);
    (*ret_password)[strcspn(*ret_password, "\r\n")] = '\0';
    return BK_OK;
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

enum bk_err bk_doorbell_check(const struct bk_doorbell_options *options,
                              struct bk_detail *ret_detail)
{
    char password[PASSWORD_SIZE];
    enum bk_err err = BK_OK;
    if (is_set(options->address))
        err = bk_redis_address_check(options->address, ret_detail);
    if (err == BK_OK && is_set(options->password_file))
        err = read_password(options->password_file, &password, ret_detail);
    bk_wipe(password, sizeof password);
    return err;
}

enum bk_err bk_doorbell_open(struct bk_loop *loop, const struct bk_doorbell_options *options,
                             bk_redis_state_fn *on_state, void *ctx, struct bk_doorbell **ret_bell,
                             struct bk_detail *ret_detail)
{
    struct bk_doorbell *bell = bk_alloc(sizeof *bell);
    enum bk_err err = BK_OK;
    if (bell == NULL)
        return BK_ERR_NO_MEMORY;
    snprintf(bell->key, sizeof bell->key, "%s:doorbell", options->prefix);
    if (is_set(options->password_file))
        err = read_password(options->password_file, &bell->password, ret_detail);
    if (err == BK_OK && is_set(options->address)) {
        const struct bk_redis_options redis = {options->address, options->user, bell->password,
                                               QUEUE_MAX, TIMEOUT_MS};
        err = bk_redis_open(loop, &redis, &bell->redis);
        if (err == BK_OK && on_state != NULL)
            bk_redis_on_state(bell->redis, on_state, ctx);
    }
    if (err == BK_OK)
        *ret_bell = bell;
    else
        bk_doorbell_close(bell);
    return err;
}

bool bk_doorbell_ring(struct bk_doorbell *bell, int64_t tenant_id, int64_t device_id)
{
    char entry[48];
    if (bell->redis == NULL)
        return false;
    snprintf(entry, sizeof entry, "%lld:%lld", (long long)tenant_id, (long long)device_id);
    const struct bk_str args[] = {
        BK_STR("XADD"),          bk_str_of(bell->key), BK_STR("MAXLEN"), BK_STR("~"),
        BK_STR(STREAM_MAX_TEXT), BK_STR("*"),          BK_STR("d"),      bk_str_of(entry),
    };
    return bk_redis_send(bell->redis, args, BK_COUNT(args), 0, NULL, NULL) == BK_OK;
}

struct bk_redis *bk_doorbell_redis(struct bk_doorbell *bell)
{
    return bell->redis;
}

const char *bk_doorbell_key(const struct bk_doorbell *bell)
{
    return bell->key;
}

void bk_doorbell_close(struct bk_doorbell *bell)
{
    if (bell == NULL)
        return;
    bk_redis_close(bell->redis);
    bk_wipe(bell->password, sizeof bell->password);
    bk_free(bell);
}
