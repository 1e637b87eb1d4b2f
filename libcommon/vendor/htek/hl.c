/*
 * Files of <hl_provision>: P-values, which look like Grandstream's and are not the same list.
 */
#include "model/zone.h"
#include "vendor/address.h"
#include "vendor/agent.h"
#include "vendor/format/xml.h"
#include "vendor/htek/htek.h"
#include "vendor/walk.h"

#include <stdio.h>

#define ACCOUNT_MAX 16 /* whose numbers are known */
#define CODEC_SLOTS 6
#define KEY_MAX 116 /* beyond, the numbers are not known to be keys */
#define KEY_MODE_MAX 36

/* --- format ----------------------------------------------------------------------------------- */

/* "P" and 1 to 99999 without leading zeros. */
bool hl_is_name(struct bk_str name)
{
    return name.len >= 2 && name.len <= 6 && name.ptr[0] == 'P' && name.ptr[1] != '0' &&
           bk_is_digits(bk_str_slice(name, 1, name.len));
}

void hl_begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "hl_provision");
    bk_xml_attr(sheet, "version", BK_STR("1"));
    bk_xml_open(sheet, "config");
    bk_xml_attr(sheet, "version", BK_STR("1"));
}

void hl_end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
    bk_xml_close(sheet);
}

const struct bk_format hl_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = hl_is_name,
    .name_rule = "a parameter is P and a number of one to five digits without leading zeros",
    .check_value = bk_xml_check_value,
    .begin = hl_begin,
    .end = hl_end,
    .put = bk_xml_put_element,
};

bool hl_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str begin_word = BK_STR("cfg"), xml = BK_STR(".xml");
    struct bk_path_match match = {.kind = BK_FILE_NONE};
    if (!bk_str_starts(path, begin_word) || path.len > 32)
        return false;
    bool is_xml = bk_str_ends(path, xml);
    struct bk_str stem = bk_str_slice(path, begin_word.len, is_xml ? path.len - xml.len : path.len);
    if (bk_mac_parse_bare(stem, &match.mac) == BK_OK) {
        match.kind = is_xml ? BK_FILE_DEVICE : BK_FILE_BINARY;
        match.has_mac = true;
    } else if (is_xml && stem.len == 4 && (bk_is_digits(stem) || bk_str_eq(stem, BK_STR("000x")))) {
        match.kind = BK_FILE_COMMON; /* "000x": of a phone fresh from the factory */
        match.model_code = stem;
    } else {
        return false;
    }
    *ret_match = match;
    return true;
}

/* --- parameters ------------------------------------------------------------------------------- */

static void put(struct bk_sheet *sheet, int number, struct bk_str value)
{
    char name[16];
    snprintf(name, sizeof name, "P%d", number);
    bk_put(sheet, bk_str_of(name), value);
}

static void put_word(struct bk_sheet *sheet, int number, const char *word)
{
    put(sheet, number, bk_str_of(word));
}

/* The whole address, and its scheme again as a number that firmware shares. */
static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bool is_tls = bk_str_starts(phone->provisioning_url, BK_STR("https://"));
    put_word(sheet, 212, is_tls ? "3" : "1");
    put(sheet, 237, phone->provisioning_url);
}

/* The folder, in which the phone looks for an image by a name of its own. */
static void put_firmware(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str tls = BK_STR("https://"), plain = BK_STR("http://");
    struct bk_str url = phone->settings[BK_NEUTRAL_FIRMWARE_URL].value.text;
    bool is_tls = bk_str_starts(phone->provisioning_url, tls);
    struct bk_str scheme = is_tls ? tls : plain;
    bk_from_setting(sheet, phone->settings, BK_NEUTRAL_FIRMWARE_URL);
    if (url.len > 0 && !bk_str_starts(url, scheme)) {
        bk_put_lost(sheet, BK_STR("firmware by another scheme than the phone fetches with"));
        url = BK_STR_NONE;
    }
    put(sheet, 192, bk_url_folder(url));
}

/* The maker's number of a zone with this offset from UTC; NULL: none is known. */
static const char *zone_number(int offset_min)
{
    static const struct {
        int offset_min;
        const char *number;
    } rows[] = {
        {-660, "105"}, {-600, "2"},  {-540, "3"},  {-480, "6"},  {-420, "10"}, {-360, "14"},
        {-300, "18"},  {-270, "19"}, {-240, "20"}, {-210, "26"}, {-180, "30"}, {-120, "31"},
        {-60, "32"},   {0, "33"},    {60, "49"},   {120, "57"},  {180, "73"},  {210, "74"},
        {240, "77"},   {300, "83"},  {330, "84"},  {360, "85"},  {420, "88"},  {480, "89"},
        {540, "93"},   {570, "94"},  {600, "96"},  {630, "100"}, {660, "101"}, {720, "102"},
        {765, "103"},  {780, "104"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        if (rows[i].offset_min == offset_min)
            return rows[i].number;
    }
    return NULL;
}

/* Summer time: 0 never, 2 by the phone's own rules. */
static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    const struct bk_zone *zone = bk_zone_find(settings[BK_NEUTRAL_TIME_ZONE].value.text);
    const char *number = zone != NULL ? zone_number(zone->offset_min) : NULL;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    put(sheet, 30, bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (settings[BK_NEUTRAL_TIME_ZONE].layer != BK_LAYER_NONE && number == NULL)
        bk_put_lost(sheet, BK_STR("a time zone of this offset"));
    put_word(sheet, 64, number);
    put_word(sheet, 75, number == NULL ? NULL : zone->dst != NULL ? "2" : "0");
    bk_from_driver(sheet);
}

static void fill_settings(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_setting *settings = phone->settings;
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    put_word(sheet, 194,
             interval->layer == BK_LAYER_NONE ? NULL
             : interval->value.number > 0     ? "1"
                                              : "0");
    put(sheet, 193, interval->value.number > 0 ? interval->value.text : BK_STR_NONE);
    bk_put_setting(sheet, BK_STR("P145"), settings, BK_NEUTRAL_PROV_DHCP);
    bk_put_setting(sheet, BK_STR("P20165"), settings, BK_NEUTRAL_PROV_PNP);
    put_firmware(sheet, phone);
    bk_put_secret(sheet, BK_STR("P2"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_beside_secret(sheet, BK_STR("P8681"), settings, BK_NEUTRAL_ADMIN_SECRET, "admin");
    bk_put_secret(sheet, BK_STR("P196"), settings, BK_NEUTRAL_USER_SECRET);
    bk_put_beside_secret(sheet, BK_STR("P8682"), settings, BK_NEUTRAL_USER_SECRET, "user");
    put_time(sheet, settings);
}

/* --- the profile: what the accounts share ----------------------------------------------------- */

static void put_server(struct bk_sheet *sheet, int number, const struct bk_sip_server *servers,
                       size_t count, size_t at)
{
    char space[BK_HOST_PORT_SIZE];
    put(sheet, number, at < count ? bk_host_port_print(&servers[at], &space) : BK_STR_NONE);
}

static const char *codec_number(struct bk_str codec)
{
    static const struct {
        const char *word, *number;
    } codecs[] = {{"pcmu", "0"}, {"pcma", "8"}, {"g722", "9"}, {"g729", "18"}, {"opus", "120"}};
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (bk_str_eq(codec, bk_str_of(codecs[i].word)))
            return codecs[i].number;
    }
    return NULL;
}

/* The last one named fills the slots that are left: so none that was not named is offered. */
static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str list = settings[BK_NEUTRAL_CODECS].value.text;
    const char *number = NULL;
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    for (int slot = 0; slot < CODEC_SLOTS; slot++) {
        const char *next = NULL;
        while (list.len > 0 && next == NULL) {
            struct bk_str word = bk_str_trim(bk_str_cut(&list, ','));
            next = codec_number(word);
            if (next == NULL)
                bk_put_lost(sheet, word);
        }
        number = next != NULL ? next : number;
        put_word(sheet, 57 + slot, number);
    }
}

static void fill_profile(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    static const char *const transports[] = {[BK_TRANSPORT_UDP] = "0",
                                             [BK_TRANSPORT_TCP] = "1",
                                             [BK_TRANSPORT_TLS] = "2",
                                             [BK_TRANSPORT_NAPTR] = NULL};
    static const char *const srtps[] = {
        [BK_SRTP_OFF] = "0", [BK_SRTP_OPTIONAL] = "1", [BK_SRTP_REQUIRED] = "2"};
    const struct bk_line *line = phone->line_count > 0 ? &phone->lines[0] : NULL;
    const struct bk_setting *settings = line != NULL ? line->settings : phone->settings;
    const struct bk_setting *expires = &settings[BK_NEUTRAL_SIP_EXPIRES_S];
    struct bk_route route = {.server_count = 0};
    if (line != NULL) {
        route = bk_route_of(&line->pbx);
        bk_from_line(sheet, line->index);
        if (line->pbx.transport == BK_TRANSPORT_NAPTR)
            bk_sheet_fail(sheet, BK_STR("P130"),
                          "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    }
    put_server(sheet, 47, route.servers, route.server_count, 0);
    put_server(sheet, 967, route.servers, route.server_count, 1);
    put_server(sheet, 48, route.proxies, route.proxy_count, 0);
    put_server(sheet, 20047, route.proxies, route.proxy_count, 1);
    put_word(sheet, 130, line != NULL ? transports[line->pbx.transport] : NULL);
    put_word(sheet, 183, line != NULL ? srtps[line->pbx.srtp] : NULL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_SIP_EXPIRES_S);
    if (expires->layer == BK_LAYER_NONE)
        put_word(sheet, 32, NULL);
    else /* minutes, rounded down, at least 1 */
        bk_put_int(sheet, BK_STR("P32"),
                   expires->value.number >= 60 ? expires->value.number / 60 : 1);
    put_codecs(sheet, settings);
    bk_put_choice(sheet, BK_STR("P20166"), settings, BK_NEUTRAL_DTMF_MODE, "1 0 2 -");
    if (settings[BK_NEUTRAL_DTMF_MODE].layer != BK_LAYER_NONE &&
        settings[BK_NEUTRAL_DTMF_MODE].value.number == 3)
        bk_put_lost(sheet, BK_STR("two ways of DTMF at once"));
}

/* --- accounts --------------------------------------------------------------------------------- */

struct account {
    int active, label, user, auth_id, password, display_name, voicemail, profile;
};

/* index: 1 to ACCOUNT_MAX. From the seventh on the numbers follow one another. */
static struct account account_of(int index)
{
    static const struct account first[] = {
        {271, 20000, 35, 36, 34, 3, 33, 24082},
        {401, 20001, 735, 736, 734, 703, 426, 24083},
        {501, 20002, 504, 505, 506, 507, 526, 24084},
        {601, 20003, 604, 605, 606, 607, 626, 24085},
        {20360, 20378, 1704, 1705, 1706, 1707, 1726, 24086},
        {20361, 20379, 1804, 1805, 1806, 1807, 1826, 24087},
    };
    const int at = index - 7;
    return index <= (int)BK_COUNT(first)
               ? first[index - 1]
               : (struct account){24090 + at, 24100 + at, 24110 + at, 24120 + at,
                                  24130 + at, 24140 + at, 24170 + at, 24088 + at};
}

/* What the lines share is the first one's: another's own is told. */
static void tell_unlike(struct bk_sheet *sheet, const struct bk_line *line,
                        const struct bk_line *first)
{
    static const enum bk_neutral ids[] = {BK_NEUTRAL_SIP_EXPIRES_S, BK_NEUTRAL_CODECS,
                                          BK_NEUTRAL_DTMF_MODE};
    for (size_t i = 0; i < BK_COUNT(ids); i++) {
        const struct bk_setting *own = &line->settings[ids[i]],
                                *of_first = &first->settings[ids[i]];
        if (own->layer == BK_LAYER_NONE ? of_first->layer == BK_LAYER_NONE
                                        : bk_str_eq(own->value.text, of_first->value.text))
            continue;
        bk_from_setting(sheet, line->settings, ids[i]);
        bk_put_lost(sheet, bk_str_of(bk_neutral_options[ids[i]].key));
    }
}

static bool is_same_route(const struct bk_pbx_side *a, const struct bk_pbx_side *b)
{
    struct bk_route one = bk_route_of(a), other = bk_route_of(b);
    bool is_same = one.server_count == other.server_count && one.proxy_count == other.proxy_count &&
                   a->transport == b->transport && a->srtp == b->srtp;
    for (size_t i = 0; is_same && i < one.server_count; i++)
        is_same = bk_str_eq(one.servers[i].host, other.servers[i].host) &&
                  one.servers[i].port == other.servers[i].port;
    for (size_t i = 0; is_same && i < one.proxy_count; i++)
        is_same = bk_str_eq(one.proxies[i].host, other.proxies[i].host) &&
                  one.proxies[i].port == other.proxies[i].port;
    return is_same;
}

static void put_account(struct bk_sheet *sheet, int index, const struct bk_line *line)
{
    const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
    const struct account account = account_of(index);
    char name[16];
    bk_from_line(sheet, index);
    put_word(sheet, account.active, line != NULL ? "1" : "0");
    put_word(sheet, account.profile, "0"); /* the first: no other's numbers are known */
    if (line == NULL) {
        const int numbers[] = {account.label, account.user, account.auth_id, account.password,
                               account.display_name};
        for (size_t i = 0; i < BK_COUNT(numbers); i++)
            put_word(sheet, numbers[i], NULL);
    } else {
        put(sheet, account.label, line->label.len > 0 ? line->label : line->number);
        put(sheet, account.user, line->number);
        put(sheet, account.auth_id, line->auth_id.len > 0 ? line->auth_id : line->number);
        put(sheet, account.password, line->secret);
        put(sheet, account.display_name,
            line->display_name.len > 0 ? line->display_name : line->number);
        if (line->is_shared)
            bk_put_lost(sheet, BK_STR("shared line"));
    }
    snprintf(name, sizeof name, "P%d", account.voicemail);
    bk_put_setting(sheet, bk_str_of(name), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
}

static void fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    if (last > ACCOUNT_MAX)
        last = ACCOUNT_MAX; /* a row of a model may say more; there are no more lines */
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        if (line != NULL && !is_same_route(&line->pbx, &phone->lines[0].pbx))
            bk_sheet_fail(sheet, BK_STR("P47"),
                          "all lines of such a phone must be of one PBX: no second profile's "
                          "parameters are known");
        put_account(sheet, index, line);
        if (line != NULL)
            tell_unlike(sheet, line, &phone->lines[0]);
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static const char *type_word(enum bk_key_kind kind)
{
    if (kind == BK_KEY_LINE)
        return "1";
    if (kind == BK_KEY_SPEED_DIAL)
        return "2";
    if (kind == BK_KEY_BLF)
        return "3";
    if (kind == BK_KEY_PARK)
        return "8";
    return kind == BK_KEY_NONE ? "0" : NULL;
}

/* Type, value, label, account, extension: by steps of 100 up to the fourth key, of 1 beyond. */
static void put_key(struct bk_sheet *sheet, int slot, const struct bk_phone_key *key)
{
    static const struct bk_phone_key none = {.kind = BK_KEY_NONE};
    int first = slot <= 4   ? 41200 + slot - 1
                : slot < 37 ? 20200 + 5 * (slot - 5)
                            : 23000 + 5 * (slot - 37);
    int step = slot <= 4 ? 100 : 1;
    bk_from_key(sheet, BK_PANEL_LINE, 0, slot);
    if (key != NULL && type_word(key->kind) == NULL) {
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
        key = NULL;
    }
    if (key == NULL)
        key = &none;
    put_word(sheet, first, type_word(key->kind));
    if (slot <= KEY_MODE_MAX)
        put_word(sheet, 20600 + slot - 1, "0"); /* as its type says */
    put(sheet, first + step, key->value);
    put(sheet, first + 2 * step, key->label);
    if (key->kind != BK_KEY_NONE) {
        char name[16];
        snprintf(name, sizeof name, "P%d", first + 3 * step);
        bk_put_int(sheet, bk_str_of(name), key->line > 0 ? key->line - 1 : 0);
    } else {
        put_word(sheet, first + 3 * step, NULL);
    }
    put(sheet, first + 4 * step, key->extension);
}

static void fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    struct bk_key_walk walk = {.phone = phone};
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, file->model->key_count);
         bk_key_walk_next(&walk);) {
        if (walk.slot <= KEY_MAX)
            put_key(sheet, walk.slot, walk.key);
    }
    bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
    bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_LINE, KEY_MAX + 1);
}

void hl_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    fill_address(sheet, file->phone);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    fill_settings(sheet, file->phone);
    fill_profile(sheet, file->phone);
    fill_accounts(sheet, file);
    fill_keys(sheet, file);
    bk_put_raws_if(sheet, file, hl_is_name); /* a Sangoma may have others */
}
