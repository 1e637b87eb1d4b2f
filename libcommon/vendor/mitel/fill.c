/*
 * The files of a Mitel. Later files win over earlier ones, so that <MAC>.cfg holds everything, and
 * startup.cfg and <model>.cfg nothing but the address.
 */
#include <string.h>

#include "vendor/address.h"
#include "vendor/format/lines.h"
#include "vendor/mitel/mitel.h"

/* "sip line1 user name": words with single blanks between them. */
static bool is_name(struct bk_str name)
{
    if (name.len == 0 || name.len > BK_PARAM_NAME_MAX || name.ptr[name.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i], lower = (char)(c | 0x20);
        bool is_letter = lower >= 'a' && lower <= 'z';
        bool is_other = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (!is_letter && (i == 0 || (!is_other && (c != ' ' || name.ptr[i - 1] == ' '))))
            return false;
    }
    return true;
}

/* Whether the phone takes a '#' inside a line for a comment is not known, nor what a quote does. */
static const struct bk_lines lines = {.between = ": ", .comment = '#', .forbidden = "#\""};

const struct bk_format mitel_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = is_name,
    .name_rule = "a Mitel parameter is of words of letters, digits and . _ -, at most 128 in all, "
                 "a letter first, with single blanks between the words",
    .check_value = bk_lines_check_value,
    .put = bk_lines_put,
    .lines = &lines,
};

/* The 5300 series has the same kinds of file in another format, which is not known. */
const struct bk_format *mitel_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_served = kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE;
    bool is_minet = file->is_model_known && bk_model_has_trait(file->model, BK_STR("minet"));
    return is_served && !is_minet ? &mitel_format : NULL;
}

static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    struct bk_address address = bk_address_of(phone->provisioning_url);
    bk_put_word(sheet, BK_STR("download protocol"), address.is_tls ? "HTTPS" : "HTTP");
    bk_prefix(sheet, address.is_tls ? BK_STR("https ") : BK_STR("http "));
    bk_put(sheet, BK_STR("server"), address.host);
    bk_put(sheet, BK_STR("path"), address.path);
    bk_put_int(sheet, BK_STR("port"), address.port);
    bk_prefix(sheet, BK_STR_NONE);
}

#define MINUTES_A_DAY (24 * 60)
#define RESYNC_DAYS_MAX 364

/* Once a day at most, at a time: 0 days between two looks is every day, and mode 0 is never. */
static void fill_resync(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_word(sheet, BK_STR("auto resync mode"),
                interval->layer == BK_LAYER_NONE ? NULL
                : interval->value.number > 0     ? "1"
                                                 : "0");
    int64_t minutes = interval->value.number, days = minutes / MINUTES_A_DAY;
    if (minutes > 0 && minutes < MINUTES_A_DAY)
        bk_put_lost(sheet, BK_STR("an interval of less than a day"));
    if (interval->layer == BK_LAYER_NONE)
        bk_put_empty(sheet, BK_STR("auto resync days"));
    else
        bk_put_int(sheet, BK_STR("auto resync days"),
                   days <= 1                 ? 0
                   : days <= RESYNC_DAYS_MAX ? days
                                             : RESYNC_DAYS_MAX);
    bk_put_setting(sheet, BK_STR("auto resync time"), settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);
}

static void fill_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *servers = &settings[BK_NEUTRAL_TIME_NTP];
    struct bk_str rest = servers->value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put_word(sheet, BK_STR("time server disabled"),
                servers->layer == BK_LAYER_NONE ? NULL : "0");
    bk_prefix(sheet, BK_STR("time server"));
    bk_put(sheet, BK_STR("1"), bk_str_trim(bk_str_cut(&rest, ',')));
    bk_put(sheet, BK_STR("2"), bk_str_trim(bk_str_cut(&rest, ',')));
    bk_put(sheet, BK_STR("3"), bk_str_trim(bk_str_cut(&rest, ',')));
    bk_prefix(sheet, BK_STR_NONE);
}

/* Their numbers in RTP, which do not change. */
static const struct {
    const char *word, *entry;
} codecs[] = {
    {"g722", "payload=9;ptime=20;silsupp=on"},
    {"pcmu", "payload=0;ptime=20;silsupp=on"},
    {"pcma", "payload=8;ptime=20;silsupp=on"},
    {"g729", "payload=18;ptime=20;silsupp=on"},
};

static const char *codec_entry(struct bk_str word)
{
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (bk_str_eq(word, bk_str_of(codecs[i].word)))
            return codecs[i].entry;
    }
    return NULL;
}

/* "payload=9;ptime=20;silsupp=on,payload=0;…": of the whole phone, in order of preference. */
static void fill_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    char text[40 * BK_COUNT(codecs)];
    size_t len = 0;
    struct bk_str rest = settings[BK_NEUTRAL_CODECS].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    while (rest.len > 0) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        const char *entry = codec_entry(word);
        size_t entry_len = entry == NULL ? 0 : strlen(entry);
        if (entry == NULL) {
            bk_put_lost(sheet, word);
        } else if (len + 1 + entry_len <= sizeof text) { /* a list names each codec once */
            if (len > 0)
                text[len++] = ',';
            memcpy(text + len, entry, entry_len);
            len += entry_len;
        }
    }
    bk_put_word(sheet, BK_STR("sip use basic codecs"), len > 0 ? "0" : NULL);
    bk_put(sheet, BK_STR("sip customized codec"), (struct bk_str){text, len});
}

static void fill_security(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bk_put_secret(sheet, BK_STR("admin password"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_secret(sheet, BK_STR("user password"), settings, BK_NEUTRAL_USER_SECRET);
    bk_put_setting(sheet, BK_STR("https validate certificates"), settings,
                   BK_NEUTRAL_VERIFY_SERVER);
    bk_put_setting(sheet, BK_STR("sips trusted certificates"), settings, BK_NEUTRAL_CA_URL);
    bk_put_setting(sheet, BK_STR("upgrade uri"), settings, BK_NEUTRAL_FIRMWARE_URL);
}

void mitel_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    fill_address(sheet, file->phone);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    fill_resync(sheet, settings);
    fill_security(sheet, settings);
    fill_time(sheet, settings);
    fill_codecs(sheet, settings);
    bk_from_driver(sheet);
    mitel_fill_accounts(sheet, file);
    mitel_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
