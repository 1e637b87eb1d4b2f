/*
 * Neutral settings that have an alias and no P-value that is known: of the phone, and of each
 * account. For models that take aliases.
 */
#include <stdio.h>

#include "vendor/grandstream/grandstream.h"
#include "vendor/walk.h"

static void put_yes_no(struct bk_sheet *sheet, struct bk_str name,
                       const struct bk_setting *settings, enum bk_neutral id)
{
    bk_put_choice(sheet, name, settings, id, "No Yes");
}

/* "https://host/pb" is a mode and "host/pb". */
static void put_phonebook(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    static const struct {
        struct bk_str scheme;
        const char *mode;
    } schemes[] = {{{"https://", 8}, "EnabledUseHTTPS"},
                   {{"http://", 7}, "EnabledUseHTTP"},
                   {{"tftp://", 7}, "EnabledUseTFTP"}};
    struct bk_str url = settings[BK_NEUTRAL_PHONEBOOK_URL].value.text, rest = BK_STR_NONE;
    const char *mode = NULL;
    for (size_t i = 0; i < BK_COUNT(schemes) && mode == NULL; i++) {
        size_t len = schemes[i].scheme.len;
        if (!bk_str_eq_nocase(bk_str_slice(url, 0, len), schemes[i].scheme))
            continue;
        mode = schemes[i].mode;
        rest = bk_str_slice(url, len, url.len);
    }
    bk_from_setting(sheet, settings, BK_NEUTRAL_PHONEBOOK_URL);
    if (url.len > 0 && mode == NULL)
        bk_sheet_fail(sheet, BK_STR("phonebook.download.server"),
                      "wants a URL that begins with https://, http:// or tftp://");
    bk_put_word(sheet, BK_STR("phonebook.download.mode"), mode);
    bk_put(sheet, BK_STR("phonebook.download.server"), rest);
}

static void put_network(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bool has_vlan = settings[BK_NEUTRAL_VLAN_ID].layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_VLAN_ID);
    bk_put_word(sheet, BK_STR("network.port.eth.1.vlan.enable"), has_vlan ? "Yes" : NULL);
    bk_put_setting(sheet, BK_STR("network.port.eth.1.vlan.tag"), settings, BK_NEUTRAL_VLAN_ID);
    bk_put_setting(sheet, BK_STR("network.port.eth.1.vlan.priority"), settings,
                   BK_NEUTRAL_VLAN_PRIORITY);
    bk_put_setting(sheet, BK_STR("network.port.pc.vlan.tag"), settings, BK_NEUTRAL_PC_VLAN_ID);
    put_yes_no(sheet, BK_STR("network.lldp.enable"), settings, BK_NEUTRAL_LLDP);
    put_yes_no(sheet, BK_STR("network.cdp"), settings, BK_NEUTRAL_CDP);
    bk_put_setting(sheet, BK_STR("network.qos.forSip"), settings, BK_NEUTRAL_DSCP_SIP);
    bk_put_setting(sheet, BK_STR("network.qos.forRtp"), settings, BK_NEUTRAL_DSCP_RTP);
}

static void put_account(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    put_yes_no(sheet, BK_STR("call.autoAnswer"), settings, BK_NEUTRAL_AUTO_ANSWER);
    put_yes_no(sheet, BK_STR("sip.syncFeatureKey"), settings, BK_NEUTRAL_FEATURE_SYNC);
    bk_put_setting(sheet, BK_STR("sip.blf.callPickup.prefix"), settings, BK_NEUTRAL_PICKUP_CODE);
    /* In the order of the neutral words: in band, RFC 2833, INFO, the last two. */
    bk_put_choice(sheet, BK_STR("dtmf.sendInAudio"), settings, BK_NEUTRAL_DTMF_MODE,
                  "Yes No No No");
    bk_put_choice(sheet, BK_STR("dtmf.sendInRtp"), settings, BK_NEUTRAL_DTMF_MODE, "No Yes No Yes");
    bk_put_choice(sheet, BK_STR("dtmf.sendInSip"), settings, BK_NEUTRAL_DTMF_MODE, "No No Yes Yes");
}

void grandstream_fill_aliases(struct bk_sheet *sheet, const struct bk_phone *phone,
                              const struct grandstream_model *model)
{
    const struct bk_setting *settings = phone->settings;
    if (!model->has_aliases)
        return;
    put_yes_no(sheet, BK_STR("security.validate.serverCertificate"), settings,
               BK_NEUTRAL_VERIFY_SERVER);
    bk_put_choice(sheet, BK_STR("security.webaccessmode"), settings, BK_NEUTRAL_WEB_UI,
                  "Disabled HTTPS");
    bk_put_setting(sheet, BK_STR("maintain.syslog.server"), settings, BK_NEUTRAL_SYSLOG_SERVER);
    put_network(sheet, settings);
    put_phonebook(sheet, settings);
    int last = bk_line_last(phone, model->line_count);
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_prefix(sheet, BK_STR("account."));
        bk_prefix_number(sheet, index, BK_STR("."));
        put_account(sheet, line != NULL ? line->settings : bk_settings_unset);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
