/* See sip_auth.h. */
#include "sip_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEX_SIZE (2 * EVP_MAX_MD_SIZE + 1)

/* Behind "Digest ", the list of its parameters; text NULL: another scheme. */
static struct sim_slice digest_list(struct sim_slice value)
{
    static const char scheme[] = "Digest ";
    const size_t size = sizeof scheme - 1;
    if (value.text == NULL || value.len < size || strncasecmp(value.text, scheme, size) != 0)
        return (struct sim_slice){0};
    return (struct sim_slice){value.text + size, value.len - size};
}

/* A parameter without its quotes and escapes; false: missing, or longer than its room. */
static bool parameter_take(struct sim_slice list, const char *name, char *ret_text, size_t size)
{
    struct sim_slice one;
    while ((one = sim_sip_element(&list)).text != NULL) {
        const char *equal = memchr(one.text, '=', one.len);
        size_t name_len = equal == NULL ? 0 : (size_t)(equal - one.text);
        if (!sim_slice_is_nocase((struct sim_slice){one.text, name_len}, name))
            continue;
        struct sim_slice value = {equal + 1, one.len - name_len - 1};
        bool is_quoted = value.len >= 2 && value.text[0] == '"' && value.text[value.len - 1] == '"';
        if (is_quoted)
            value = (struct sim_slice){value.text + 1, value.len - 2};
        size_t len = 0;
        for (size_t i = 0; i < value.len; i++) {
            if (is_quoted && value.text[i] == '\\' && i + 1 < value.len)
                i++;
            if (len + 1 >= size)
                return false;
            ret_text[len++] = value.text[i];
        }
        ret_text[len] = '\0';
        return true;
    }
    return false;
}

bool sim_sip_challenge_parse(struct sim_slice value, struct sim_sip_challenge *ret_challenge)
{
    struct sim_sip_challenge challenge = {0};
    struct sim_slice list = digest_list(value);
    char algorithm[32] = "MD5", qop[64], stale[8];
    if (list.text == NULL ||
        !parameter_take(list, "realm", challenge.realm, sizeof challenge.realm) ||
        !parameter_take(list, "nonce", challenge.nonce, sizeof challenge.nonce))
        return false;
    if (!parameter_take(list, "opaque", challenge.opaque, sizeof challenge.opaque))
        challenge.opaque[0] = '\0';
    challenge.is_algorithm_named = parameter_take(list, "algorithm", algorithm, sizeof algorithm);
    challenge.is_sha256 = strcasecmp(algorithm, "SHA-256") == 0;
    if (!challenge.is_sha256 && strcasecmp(algorithm, "MD5") != 0)
        return false;
    challenge.is_stale =
        parameter_take(list, "stale", stale, sizeof stale) && strcasecmp(stale, "true") == 0;
    if (parameter_take(list, "qop", qop, sizeof qop)) {
        struct sim_slice words = {qop, strlen(qop)}, word;
        while (!challenge.has_qop && (word = sim_sip_element(&words)).text != NULL)
            challenge.has_qop = sim_slice_is_nocase(word, "auth");
        if (!challenge.has_qop)
            return false; /* auth-int alone */
    }
    *ret_challenge = challenge;
    return true;
}

bool sim_sip_challenge_find(const struct sim_sip *answer, struct sim_sip_challenge *ret_challenge)
{
    bool is_proxy = answer->status == 407, found = false;
    struct sim_slice value;
    for (size_t i = 0;
         (value = sim_sip_find(answer, is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate", i))
             .text != NULL;
         i++) {
        struct sim_sip_challenge one;
        if (sim_sip_challenge_parse(value, &one) &&
            (!found || (one.is_sha256 && !ret_challenge->is_sha256))) {
            one.is_proxy = is_proxy;
            *ret_challenge = one;
            found = true;
        }
    }
    return found;
}

static void hash(bool is_sha256, const struct sim_buf *text, char ret_hex[HEX_SIZE])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(text->data, text->len, bytes, &len, is_sha256 ? EVP_sha256() : EVP_md5(),
                   NULL) != 1)
        abort();
    for (unsigned i = 0; i < len; i++)
        snprintf(ret_hex + (size_t)2 * i, 3, "%02x", bytes[i]);
}

/* RFC 7616 3.4.1; cnonce NULL: the form without qop. */
static void response_make(const struct sim_sip_challenge *challenge, const char *method,
                          const char *uri, const char *user, const char *password,
                          const char *count, const char *cnonce, char ret_hex[HEX_SIZE])
{
    char first[HEX_SIZE], second[HEX_SIZE];
    struct sim_buf text = {0};
    sim_buf_format(&text, "%s:%s:%s", user, challenge->realm, password);
    hash(challenge->is_sha256, &text, first);
    text.len = 0;
    sim_buf_format(&text, "%s:%s", method, uri);
    hash(challenge->is_sha256, &text, second);
    text.len = 0;
    sim_buf_format(&text, "%s:%s:", first, challenge->nonce);
    if (cnonce != NULL)
        sim_buf_format(&text, "%s:%s:auth:", count, cnonce);
    sim_buf_text(&text, second);
    hash(challenge->is_sha256, &text, ret_hex);
    OPENSSL_cleanse(text.data, text.size);
    sim_buf_free(&text);
}

static void quoted(struct sim_buf *out, const char *name, const char *text)
{
    sim_buf_format(out, "%s=\"", name);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            sim_buf_text(out, "\\");
        sim_buf_add(out, text, 1);
    }
    sim_buf_text(out, "\"");
}

static const char *algorithm_of(const struct sim_sip_challenge *challenge)
{
    return challenge->is_sha256 ? "SHA-256" : "MD5";
}

void sim_sip_credentials_print(struct sim_buf *out, const struct sim_sip_challenge *challenge,
                               const char *method, const char *uri, const char *user,
                               const char *password, int count)
{
    char cnonce[17], count_text[9], response[HEX_SIZE];
    sim_sip_random(cnonce, 16);
    snprintf(count_text, sizeof count_text, "%08x", (unsigned)count);
    response_make(challenge, method, uri, user, password, count_text,
                  challenge->has_qop ? cnonce : NULL, response);
    sim_buf_format(out, "%sAuthorization: Digest ", challenge->is_proxy ? "Proxy-" : "");
    quoted(out, "username", user);
    quoted(out, ", realm", challenge->realm);
    quoted(out, ", nonce", challenge->nonce);
    quoted(out, ", uri", uri);
    sim_buf_format(out, ", response=\"%s\"", response);
    if (challenge->is_algorithm_named)
        sim_buf_format(out, ", algorithm=%s", algorithm_of(challenge));
    if (challenge->opaque[0] != '\0')
        quoted(out, ", opaque", challenge->opaque);
    if (challenge->has_qop)
        sim_buf_format(out, ", qop=auth, nc=%s, cnonce=\"%s\"", count_text, cnonce);
    sim_buf_text(out, "\r\n");
}

void sim_sip_challenge_print(struct sim_buf *out, const struct sim_sip_challenge *challenge)
{
    sim_buf_format(out, "%s: Digest ",
                   challenge->is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
    quoted(out, "realm", challenge->realm);
    quoted(out, ", nonce", challenge->nonce);
    sim_buf_format(out, ", algorithm=%s%s\r\n", algorithm_of(challenge),
                   challenge->has_qop ? ", qop=\"auth\"" : "");
}

static bool is_good(const struct sim_sip *request, struct sim_slice list,
                    const struct sim_sip_challenge *challenge, const char *user,
                    const char *password)
{
    char given_user[256], realm[256], nonce[512], uri[512], response[HEX_SIZE], want[HEX_SIZE];
    char count[16] = "", cnonce[256] = "", algorithm[32] = "MD5", qop[16] = "", method[32];
    parameter_take(list, "algorithm", algorithm, sizeof algorithm);
    bool has_qop = parameter_take(list, "qop", qop, sizeof qop);
    if (!parameter_take(list, "username", given_user, sizeof given_user) ||
        !parameter_take(list, "realm", realm, sizeof realm) ||
        !parameter_take(list, "nonce", nonce, sizeof nonce) ||
        !parameter_take(list, "uri", uri, sizeof uri) ||
        !parameter_take(list, "response", response, sizeof response) ||
        strcmp(given_user, user) != 0 || strcmp(realm, challenge->realm) != 0 ||
        strcmp(nonce, challenge->nonce) != 0 ||
        strcasecmp(algorithm, algorithm_of(challenge)) != 0 || has_qop != challenge->has_qop)
        return false;
    if (has_qop &&
        (strcasecmp(qop, "auth") != 0 || !parameter_take(list, "nc", count, sizeof count) ||
         !parameter_take(list, "cnonce", cnonce, sizeof cnonce)))
        return false;
    snprintf(method, sizeof method, "%.*s", (int)request->method.len, request->method.text);
    response_make(challenge, method, uri, user, password, count, has_qop ? cnonce : NULL, want);
    return strcasecmp(response, want) == 0;
}

bool sim_sip_credentials_are_good(const struct sim_sip *request,
                                  const struct sim_sip_challenge *challenge, const char *user,
                                  const char *password)
{
    struct sim_slice value;
    const char *name = challenge->is_proxy ? "Proxy-Authorization" : "Authorization";
    for (size_t i = 0; (value = sim_sip_find(request, name, i)).text != NULL; i++) {
        struct sim_slice list = digest_list(value);
        if (list.text != NULL && is_good(request, list, challenge, user, password))
            return true;
    }
    return false;
}
