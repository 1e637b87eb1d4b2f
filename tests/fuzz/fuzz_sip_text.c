/*
 * Texts of tenants on their way into SIP, and texts of PBXs on their way to tenants: whatever is
 * let through can end neither its field nor its URI, and what is told fits and can be printed.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pbx/sip/outcome.h"
#include "pbx/sip/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_only(const char *text, const char *allowed)
{
    assert(text[0] != '\0');
    for (; *text != '\0'; text++)
        assert((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
               (*text >= 'A' && *text <= 'Z') || strchr(allowed, *text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bk_str text = {(const char *)data, size};
    char user[BK_SIP_USER_SIZE], host[BK_SIP_HOST_SIZE];
    struct bk_pbx_result result;
    if (bk_sip_user_print(text, &user))
        assert_only(user, "-_.!~*'()+%");
    if (bk_sip_host_print(text, &host)) {
        assert_only(host, ".-_:[]");
        assert((strchr(host, ':') != NULL) == (host[0] == '['));
        assert((host[0] == '[') == (host[strlen(host) - 1] == ']'));
    }
    if (bk_sip_is_event(text))
        assert(size < BK_SIP_EVENT_SIZE && memchr(data, '\n', size) == NULL);
    if (bk_sip_is_username(text))
        assert(memchr(data, '\r', size) == NULL && memchr(data, '\n', size) == NULL &&
               memchr(data, '\0', size) == NULL);
    int wait_s = bk_sip_retry_after(text);
    assert(wait_s >= 0 && wait_s <= BK_SIP_RETRY_AFTER_MAX_S);
    bk_sip_outcome(size > 1 ? data[0] * 256 + data[1] : 0, text, &result);
    for (const char *at = result.text; *at != '\0'; at++)
        assert(*at >= 0x20 && *at < 0x7f);
    return 0;
}
