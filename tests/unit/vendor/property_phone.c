/*
 * Random phones: texts, settings, lines, keys, raw parameters.
 */
#include "property_phone.h"

#include <stdlib.h>
#include <string.h>

#include "model/zone.h"

#define LINE_COUNT_MAX 6
#define KEYS_A_PANEL 12
#define RAW_COUNT_MAX 8
#define RAW_TRIES 30
#define TEXT_SIZE 640

/* --- chance ----------------------------------------------------------------------------------- */

static uint64_t state;

void random_start(uint64_t seed)
{
    state = (seed + 1) * 0x9e3779b97f4a7c15u;
}

uint32_t random_below(uint32_t bound) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717u) >> 33) % bound;
}

bool random_chance(uint32_t percent)
{
    return random_below(100) < percent;
}

/* --- texts ------------------------------------------------------------------------------------ */

/* Of the phone that is being made. Rough: with what no format can carry. */
static struct {
    struct bk_arena *arena;
    uint32_t hostile_percent;
    bool is_rough;
} mood;

static void choose_mood(struct bk_arena *arena)
{
    uint32_t dice = random_below(100);
    mood.arena = arena;
    mood.hostile_percent = dice < 30 ? 0 : 1 + random_below(50);
    mood.is_rough = dice >= 90;
}

static struct bk_str one_of(const char *const *texts, size_t count)
{
    const char *text = texts[random_below((uint32_t)count)];
    return bk_str_of(text);
}
#define ONE_OF(texts) one_of(texts, BK_COUNT(texts))

/* Pieces that end, open, name or comment something in one format or another. */
static struct bk_str hostile_text(size_t len_max)
{
    static const char *const pieces[] = {"a",
                                         "B",
                                         "7",
                                         "Anna",
                                         " ",
                                         "\"",
                                         "'",
                                         "<",
                                         ">",
                                         "&",
                                         "&amp;",
                                         "%",
                                         "%s",
                                         "#",
                                         ";",
                                         "=",
                                         ":",
                                         "\\",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "|",
                                         "$",
                                         "$MAC",
                                         "ß",
                                         "Zoë",
                                         "📞",
                                         "</a>",
                                         "<!--",
                                         "-->",
                                         "]]>",
                                         "%NULL%",
                                         "SET X y",
                                         "^",
                                         "!",
                                         ",",
                                         "@",
                                         "/",
                                         "\"/>",
                                         " = ",
                                         ": ",
                                         "%MACD",
                                         "{mac}",
                                         "$(MA)",
                                         "&#10;",
                                         "&lt;",
                                         "<<END OF FILE>>",
                                         "include",
                                         "-",
                                         "<?x y?>",
                                         "<![CDATA[",
                                         "\xef\xbf\xbd",
                                         "(",
                                         ")",
                                         "?"};
    static const char *const rough_pieces[] = {
        "\n", "\r\n", "\t", "\x01", "\x7f", "\xc3", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbe"};
    char text[TEXT_SIZE];
    size_t len = 0, want = 1 + random_below(random_chance(10) ? 300 : 12);
    want = want < len_max ? want : len_max;
    while (len < want) {
        struct bk_str piece =
            mood.is_rough && random_chance(10) ? ONE_OF(rough_pieces) : ONE_OF(pieces);
        if (len + piece.len > sizeof text || len + piece.len > len_max)
            break;
        memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
    struct bk_str whole = {text, len};
    return bk_arena_str(mood.arena, mood.is_rough ? whole : bk_str_trim(whole));
}

static struct bk_str number_of_phone(void)
{
    static const char *const numbers[] = {"1001", "1002", "*97", "030123456", "anna.b-2", "8"};
    return random_chance(mood.hostile_percent) ? hostile_text(64) : ONE_OF(numbers);
}

static struct bk_str name_of_person(size_t len_max)
{
    static const char *const names[] = {"Anna Beispiel", "Empfang 2", "Zoë", "k3-9_x.Y", "x"};
    return random_chance(mood.hostile_percent) ? hostile_text(len_max) : ONE_OF(names);
}

static struct bk_str password_of(void)
{
    static const char *const passwords[] = {"s3cret-1001", "Qx7!kf9.Lm2", "0000"};
    return random_chance(mood.hostile_percent) ? hostile_text(128) : ONE_OF(passwords);
}

static struct bk_str maybe(uint32_t percent, struct bk_str text)
{
    return random_chance(percent) ? text : BK_STR_NONE;
}

/* --- settings --------------------------------------------------------------------------------- */

/* A word of the row, or several of a list. */
static struct bk_str words_of(const struct bk_option *option)
{
    struct bk_str text = BK_STR_NONE, rest = bk_str_of(option->words);
    size_t words = 0, count_max = option->type == BK_T_LIST ? (size_t)option->max : 1;
    while (rest.len > 0 && words < count_max) {
        struct bk_str word = bk_str_cut(&rest, ' ');
        if (!random_chance(40) && !(words == 0 && rest.len == 0))
            continue;
        text = bk_arena_printf(mood.arena, "%.*s%s%.*s", BK_STR_ARG(text), words > 0 ? "," : "",
                               BK_STR_ARG(word));
        words++;
    }
    return text;
}

static struct bk_str setting_text(enum bk_neutral id)
{
    static const char *const texts[] = {"https://h.example/a.b",
                                        "http://h.example:8080/x?a=1&b=2",
                                        "ldaps://dir.example:3636",
                                        "de",
                                        "DE",
                                        "02:30",
                                        "*97",
                                        "log.example:1514",
                                        "h.example",
                                        "dc=example,dc=org",
                                        "secret-12345"};
    const struct bk_option *option = &bk_neutral_options[id];
    if (id == BK_NEUTRAL_TIME_ZONE)
        return bk_str_of(bk_zone_table[random_below((uint32_t)bk_zone_count)].name);
    if (id == BK_NEUTRAL_TIME_NTP)
        return random_chance(50) ? BK_STR("ntp1.example," SECOND_NTP) : BK_STR("ntp1.example");
    if (option->type == BK_T_INT)
        return bk_arena_printf(mood.arena, "%lld",
                               (long long)option->min +
                                   random_below((uint32_t)(option->max - option->min + 1)));
    if (option->type == BK_T_BOOL)
        return random_chance(50) ? BK_STR("yes") : BK_STR("no");
    if (option->words != NULL)
        return words_of(option);
    return random_chance(mood.hostile_percent) ? hostile_text((size_t)option->max) : ONE_OF(texts);
}

/* What the check at the API refuses is not set. */
static void set_settings(struct bk_setting *settings, enum bk_layer layer, uint32_t percent)
{
    for (int id = 0; id < BK_NEUTRAL_COUNT; id++) {
        struct bk_option_value value;
        if (random_chance(percent) &&
            bk_neutral_check((enum bk_neutral)id, setting_text((enum bk_neutral)id), &value,
                             NULL) == BK_OK)
            settings[id] = (struct bk_setting){value, layer};
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static struct bk_pbx_side random_pbx(void)
{
    struct bk_pbx_side pbx = {
        .domain = random_chance(50) ? BK_STR("pbx.example") : BK_STR("tenant.example"),
        .registrar_count = random_below(BK_SERVER_MAX + 1),
        .proxy_count = random_below(BK_SERVER_MAX + 1),
        .transport = random_chance(4) ? BK_TRANSPORT_NAPTR : (enum bk_transport)random_below(3),
        .srtp = random_chance(8) ? BK_SRTP_REQUIRED : (enum bk_srtp)random_below(2),
    };
    const struct bk_str host = random_chance(8) ? BK_STR(IPV6_HOST) : BK_STR("reg.example");
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        int port = random_chance(50) ? 0 : 5000 + (int)random_below(999);
        pbx.registrars[i] = (struct bk_sip_server){i == 0 ? host : BK_STR("reg2.example"), port};
        pbx.proxies[i] = (struct bk_sip_server){random_chance(8) ? host : BK_STR("192.0.2.9"),
                                                port == 0 ? 5080 : 0};
    }
    if (random_chance(5))
        pbx.domain = BK_STR(IPV6_HOST);
    return pbx;
}

static void add_lines(struct bk_phone *phone, int line_count)
{
    const struct bk_pbx_side pbx = random_pbx();
    uint32_t bound = (uint32_t)(line_count < LINE_COUNT_MAX ? line_count : LINE_COUNT_MAX) + 1;
    size_t count = random_below(bound);
    phone->lines = bk_arena_alloc(mood.arena, LINE_COUNT_MAX * sizeof phone->lines[0]);
    int last = random_chance(2) ? BK_LINE_MAX : line_count; /* more than the model has */
    int index = 0;
    while (phone->line_count < count) {
        index += random_chance(90) ? 1 : 2;
        if (index > last || index > BK_LINE_MAX)
            break;
        struct bk_line *line = &phone->lines[phone->line_count++];
        *line = (struct bk_line){.index = index,
                                 .number = number_of_phone(),
                                 .label = maybe(70, name_of_person(64)),
                                 .display_name = maybe(70, name_of_person(128)),
                                 .auth_id = maybe(50, number_of_phone()),
                                 .secret = password_of(),
                                 .is_shared = random_chance(15),
                                 .pbx = random_chance(95) ? pbx : random_pbx()};
        memcpy(line->settings, phone->settings, sizeof phone->settings);
        set_settings(line->settings, BK_LAYER_LINE, 3);
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

static void add_keys(struct bk_phone *phone, enum bk_panel panel, int module, int slot_count)
{
    int slot = 0, last = random_chance(4) ? slot_count + 3 : slot_count;
    for (int i = 0; i < KEYS_A_PANEL; i++) {
        slot += random_chance(70) ? 1 : 1 + (int)random_below(9);
        if (slot > last)
            return;
        phone->keys[phone->key_count++] =
            (struct bk_phone_key){.panel = panel,
                                  .module = module,
                                  .slot = slot,
                                  .kind = (enum bk_key_kind)random_below(BK_KEY_KIND_COUNT),
                                  .line = (int)random_below(3),
                                  .value = maybe(97, number_of_phone()),
                                  .label = maybe(70, name_of_person(64)),
                                  .extension = maybe(20, number_of_phone())};
    }
}

static void add_all_keys(struct bk_phone *phone, const struct bk_model *model)
{
    size_t panels = 2 + (size_t)model->module_count;
    phone->keys = bk_arena_alloc(mood.arena, panels * KEYS_A_PANEL * sizeof phone->keys[0]);
    if (random_chance(75))
        add_keys(phone, BK_PANEL_LINE, 0, model->key_count);
    if (random_chance(30))
        add_keys(phone, BK_PANEL_PROGRAMMABLE, 0, model->programmable_count);
    for (int module = 1; module <= model->module_count && random_chance(40); module++)
        add_keys(phone, BK_PANEL_MODULE, module, model->module_key_count);
}

/* --- raw parameters --------------------------------------------------------------------------- */

static struct bk_str random_word(size_t len_max, const char *letters)
{
    char text[160];
    size_t len = 1 + random_below((uint32_t)len_max);
    for (size_t i = 0; i < len; i++)
        text[i] = letters[random_below((uint32_t)strlen(letters))];
    return bk_arena_str(mood.arena, (struct bk_str){text, len});
}

/* In the manner of one maker or another; few are names to all. */
static struct bk_str random_name(void)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz-ABC_0123456789";
    static const char capital[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const struct bk_str a = random_word(10, small), b = random_word(10, small);
    struct bk_arena *arena = mood.arena;
    switch (random_below(9)) {
    case 0:
        return bk_arena_printf(arena, "P%u", (unsigned)random_below(99999));
    case 1:
        return bk_arena_printf(arena, "%.*s.%.*s", BK_STR_ARG(a), BK_STR_ARG(b));
    case 2:
        return bk_arena_printf(arena, "%.*s.%u.%.*s", BK_STR_ARG(a), (unsigned)random_below(99),
                               BK_STR_ARG(b));
    case 3:
        return random_word(30, capital);
    case 4:
        return bk_arena_printf(arena, "%.*s %.*s", BK_STR_ARG(a), BK_STR_ARG(b));
    case 5:
        return bk_arena_printf(arena, "%s/%.*s %.*s",
                               random_chance(50) ? "SIP CONFIG MODULE" : "NET CONFIG MODULE",
                               BK_STR_ARG(a), BK_STR_ARG(b));
    case 6:
        return bk_arena_printf(arena, "%s/%.*s", random_chance(50) ? "sip" : "media",
                               BK_STR_ARG(a));
    case 7:
        return bk_arena_printf(arena, "%.*s[%u]", BK_STR_ARG(a), (unsigned)random_below(20));
    default:
        return random_word(140, small); /* the limit is 128 */
    }
}

/* One that the driver writes itself, as if it had been allowed before. */
static struct bk_str reserved_name(const struct bk_vendor *vendor)
{
    size_t count = 0, len = 0;
    char name[160];
    while (vendor->reserved[count].name != NULL)
        count++;
    for (const char *c = vendor->reserved[random_below((uint32_t)count)].name; *c != '\0'; c++)
        name[len++] = *c == '#' ? '1' : *c == '*' ? 'x' : *c;
    return bk_arena_str(mood.arena, (struct bk_str){name, len});
}

static int by_name(const void *a, const void *b)
{
    const struct bk_raw *one = a, *other = b;
    size_t len = one->name.len < other->name.len ? one->name.len : other->name.len;
    int order = memcmp(one->name.ptr, other->name.ptr, len);
    return order != 0                        ? order
           : one->name.len < other->name.len ? -1
                                             : one->name.len > other->name.len;
}

static void add_raws(struct bk_phone *phone, const struct bk_vendor *vendor)
{
    size_t count = 0, kept = 0, want = random_below(RAW_COUNT_MAX);
    struct bk_raw *raws = bk_arena_alloc(mood.arena, RAW_COUNT_MAX * sizeof raws[0]);
    if (random_chance(25))
        raws[count++] =
            (struct bk_raw){reserved_name(vendor), BK_STR(RESERVED_VALUE), BK_LAYER_TENANT};
    for (int i = 0; i < RAW_TRIES && count < want; i++) {
        struct bk_raw raw = {random_name(), name_of_person(TEXT_SIZE), BK_LAYER_DEVICE};
        if (bk_raw_check(vendor, raw.name, raw.value, NULL) == BK_OK)
            raws[count++] = raw;
    }
    qsort(raws, count, sizeof raws[0], by_name);
    for (size_t i = 0; i < count; i++) { /* each name once */
        if (kept == 0 || by_name(&raws[kept - 1], &raws[i]) != 0)
            raws[kept++] = raws[i];
    }
    phone->raws = raws;
    phone->raw_count = kept;
}

/* --- the phone -------------------------------------------------------------------------------- */

struct bk_phone random_phone(struct bk_arena *arena, const struct bk_vendor *vendor,
                             const struct bk_model *model)
{
    choose_mood(arena);
    struct bk_phone phone = {
        .mac = {{0, 0x1b, 0xc5, (uint8_t)random_below(256), 0x44, (uint8_t)random_below(256)}},
        .vendor = bk_str_of(vendor->name),
        .model = model != NULL ? model->name : BK_STR_NONE,
        .provisioning_url = random_chance(80) ? BK_STR("https://p.example/k7Qm2")
                                              : BK_STR("http://p.example:8080/k7Qm2/s3"),
        .is_bootstrap = random_chance(8),
        .revision = random_below(1000000),
    };
    if (random_chance(50)) {
        phone.provisioning_user = BK_STR("001bc5000001");
        phone.provisioning_password = password_of();
    }
    set_settings(phone.settings, BK_LAYER_TENANT, random_below(100));
    if (model == NULL)
        model = bk_model_largest(vendor);
    add_lines(&phone, model->line_count);
    add_all_keys(&phone, model);
    add_raws(&phone, vendor);
    return phone;
}
