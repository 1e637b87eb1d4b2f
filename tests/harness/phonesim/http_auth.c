/* User and password over HTTP: Basic (RFC 7617), and Digest as for SIP (RFC 7616). See http.h. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http.h"

void sim_http_challenge_take(struct sim_reply *reply, const char *value)
{
    struct sim_sip_challenge digest;
    if (strncasecmp(value, "Basic ", 6) == 0)
        reply->asks_basic = true;
    else if (sim_sip_challenge_parse((struct sim_slice){value, strlen(value)}, &digest) &&
             (!reply->asks_digest || (digest.is_sha256 && !reply->digest.is_sha256))) {
        reply->asks_digest = true;
        reply->digest = digest;
    }
}

static void basic_print(struct sim_buf *out, const char *user, const char *password)
{
    struct sim_buf pair = {0};
    sim_buf_format(&pair, "%s:%s", user, password);
    char *coded = sim_alloc(4 * (pair.len / 3 + 1) + 1, 1);
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)pair.data, (int)pair.len);
    sim_buf_format(out, "Authorization: Basic %s\r\n", coded);
    OPENSSL_cleanse(pair.data, pair.size);
    sim_buf_free(&pair);
    free(coded);
}

bool sim_http_login_print(struct sim_buf *out, const struct sim_reply *reply, const char *path,
                          const char *user, const char *password)
{
    if (reply->asks_digest)
        sim_sip_credentials_print(out, &reply->digest, "GET", path, user, password, 1);
    else if (reply->asks_basic && strchr(user, ':') == NULL)
        basic_print(out, user, password);
    else
        return false;
    return true;
}
