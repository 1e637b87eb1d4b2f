/*
 * Settings: option rows filled from a file, the environment and the command line, lowest first,
 * each value checked where it is read, so that a mistake is named with its place even when a
 * higher source covers it. Called once, at start.
 * The manual is in settings_print.c.
 */
#include "conf/settings.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "conf/settings_env.h"

#define FILE_BYTES_MAX 65536
#define LINE_BYTES_MAX 4096
#define NAME_BYTES_MAX 32

/* Where a value comes from, as it stands at the head of a message. */
struct source {
    const char *name; /* file, variable or argument */
    int line;         /* 0: not a file */
};

struct seen_key {
    struct bk_str key; /* in the file's text */
    int line;
};

struct reader {
    const struct bk_settings *settings;
    char *target;
    FILE *err_out;
    enum bk_err err;
    struct seen_key *seen;
    size_t seen_count, seen_size;
};

/* A row, and the struct its value goes into. */
struct place {
    const struct bk_setting_row *row;
    char *base;
    char key[BK_SETTINGS_KEY_SIZE]; /* in full: "listener.phones.address" */
};

static void complain(struct reader *reader, struct source source, const char *format, ...)
    BK_PRINTF(3, 4);

static void complain(struct reader *reader, struct source source, const char *format, ...)
{
    if (reader->err == BK_OK)
        reader->err = BK_ERR_INVALID;
    if (source.line > 0)
        fprintf(reader->err_out, "%s:%d: ", source.name, source.line);
    else
        fprintf(reader->err_out, "%s: ", source.name);
    va_list args;
    va_start(args, format);
    vfprintf(reader->err_out, format, args);
    va_end(args);
    fputc('\n', reader->err_out);
}

static void complain_memory(struct reader *reader)
{
    complain(reader, (struct source){"settings", 0}, "%s", bk_err_text(BK_ERR_NO_MEMORY));
    reader->err = BK_ERR_NO_MEMORY;
}

/* A key somebody wrote, cut and only if it can be printed. */
struct shown_key {
    char text[72];
};

static struct shown_key show(struct bk_str key)
{
    struct shown_key shown = {"(not printable)"};
    if (key.len > 64)
        return (struct shown_key){"(longer than 64 bytes)"};
    if (bk_str_is_utf8(key) && !bk_str_has_control(key))
        snprintf(shown.text, sizeof shown.text, "\"%.*s\"", BK_STR_ARG(key));
    return shown;
}

static bool is_text(enum bk_option_type type)
{
    return type != BK_T_BOOL && type != BK_T_INT && type != BK_T_ENUM;
}

/* Members are copied byte-wise: the target's type is known to the service alone. */
static void free_value(const struct bk_setting_row *row, char *base)
{
    char *text;
    if (!is_text(row->option.type))
        return;
    memcpy(&text, base + row->offset, sizeof text);
    if (text != NULL && row->option.type == BK_T_SECRET)
        bk_wipe(text, strlen(text));
    bk_free(text);
    text = NULL;
    memcpy(base + row->offset, &text, sizeof text);
}

static bool store(const struct bk_setting_row *row, char *base, struct bk_option_value value)
{
    char *at = base + row->offset;
    switch (row->option.type) {
    case BK_T_BOOL: {
        bool is_on = value.number != 0;
        memcpy(at, &is_on, sizeof is_on);
        return true;
    }
    case BK_T_INT:
        memcpy(at, &value.number, sizeof value.number);
        return true;
    case BK_T_ENUM: {
        int index = (int)value.number;
        memcpy(at, &index, sizeof index);
        return true;
    }
    case BK_T_TEXT:
    case BK_T_SECRET:
    case BK_T_LIST:
    case BK_T_PATH:
    case BK_T_ADDRESS:
        break;
    }
    char *copy = bk_alloc(value.text.len + 1);
    if (copy == NULL)
        return false;
    if (value.text.len > 0)
        memcpy(copy, value.text.ptr, value.text.len);
    free_value(row, base);
    memcpy(at, &copy, sizeof copy);
    return true;
}

static void apply(struct reader *reader, struct source source, const struct place *place,
                  struct bk_str text)
{
    struct bk_option option = place->row->option;
    struct bk_option_value value;
    struct bk_detail detail;
    option.key = place->key;
    if (bk_option_parse(&option, text, &value, &detail) != BK_OK)
        complain(reader, source, "%s", detail.text);
    else if (!store(place->row, place->base, value))
        complain_memory(reader);
}

static void apply_default(struct reader *reader, const struct bk_setting_row *row, char *base)
{
    struct place place = {row, base, ""};
    if (row->option.default_text == NULL)
        return;
    snprintf(place.key, sizeof place.key, "%s", row->option.key);
    apply(reader, (struct source){"built-in default", 0}, &place,
          bk_str_of(row->option.default_text));
}

/* ---- groups ---- */

static const struct bk_setting_group *first_group(const struct bk_settings *settings)
{
    static const struct bk_setting_group none[] = {{0}};
    return settings->groups != NULL ? settings->groups : none;
}

static size_t group_count(const struct bk_setting_group *group, const char *target)
{
    size_t count;
    memcpy(&count, target + group->count_offset, sizeof count);
    return count;
}

static char *group_element(const struct bk_setting_group *group, const char *target, size_t index)
{
    char *array;
    memcpy(&array, target + group->array_offset, sizeof array);
    return array + index * group->element_size;
}

static char *element_name(const struct bk_setting_group *group, const char *element)
{
    char *name;
    memcpy(&name, element + group->name_offset, sizeof name);
    return name;
}

static char *find_element(const struct bk_setting_group *group, const char *target,
                          struct bk_str name)
{
    for (size_t i = 0; i < group_count(group, target); i++) {
        char *element = group_element(group, target, i);
        if (bk_str_eq(bk_str_of(element_name(group, element)), name))
            return element;
    }
    return NULL;
}

static bool is_group_name(struct bk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return name.len > 0 && name.len <= NAME_BYTES_MAX;
}

/* The element of that name, made when it is new; NULL after a complaint. */
static char *need_element(struct reader *reader, struct source source,
                          const struct bk_setting_group *group, struct bk_str name)
{
    char *element = find_element(group, reader->target, name);
    if (element != NULL)
        return element;
    if (!is_group_name(name)) {
        complain(reader, source, "%s: %s is no name, want 1 to %d of a-z, 0-9 and '-'",
                 group->prefix, show(name).text, NAME_BYTES_MAX);
        return NULL;
    }
    size_t count = group_count(group, reader->target);
    if (count >= group->count_max) {
        complain(reader, source, "%s: more than %zu of them, take %s away", group->prefix,
                 group->count_max, show(name).text);
        return NULL;
    }
    char *array;
    memcpy(&array, reader->target + group->array_offset, sizeof array);
    if (array == NULL) {
        array = bk_alloc(group->count_max * group->element_size);
        if (array == NULL) {
            complain_memory(reader);
            return NULL;
        }
        memcpy(reader->target + group->array_offset, &array, sizeof array);
    }
    char *copy = bk_alloc(name.len + 1);
    if (copy == NULL) {
        complain_memory(reader);
        return NULL;
    }
    memcpy(copy, name.ptr, name.len);
    element = array + count * group->element_size;
    memcpy(element + group->name_offset, &copy, sizeof copy);
    count++;
    memcpy(reader->target + group->count_offset, &count, sizeof count);
    for (const struct bk_setting_row *row = group->rows; row->option.key != NULL; row++)
        apply_default(reader, row, element);
    return element;
}

/* ---- file and command line: keys as they are ---- */

static const struct bk_setting_row *find_row(const struct bk_setting_row *rows, struct bk_str key)
{
    for (; rows->option.key != NULL; rows++) {
        if (bk_str_eq(bk_str_of(rows->option.key), key))
            return rows;
    }
    return NULL;
}

/* False after a complaint, or when the key is another service's business. */
static bool find_place(struct reader *reader, struct source source, struct bk_str key,
                       struct place *ret_place)
{
    struct place place = {find_row(reader->settings->rows, key), reader->target, ""};
    for (const struct bk_setting_group *group = first_group(reader->settings);
         place.row == NULL && group->prefix != NULL; group++) {
        struct bk_str rest = key;
        if (!bk_str_eq(bk_str_cut(&rest, '.'), bk_str_of(group->prefix)))
            continue;
        struct bk_str name = bk_str_cut(&rest, '.');
        place.row = find_row(group->rows, rest);
        if (place.row == NULL)
            continue;
        place.base = need_element(reader, source, group, name);
        if (place.base == NULL)
            return false;
    }
    if (place.row == NULL && reader->settings->passes_unknown && source.line > 0)
        return false;
    if (place.row == NULL) {
        complain(reader, source, "unknown key %s; `%s --help` lists all keys", show(key).text,
                 reader->settings->service);
        return false;
    }
    assert(key.len < sizeof place.key);
    snprintf(place.key, sizeof place.key, "%.*s", BK_STR_ARG(key));
    *ret_place = place;
    return true;
}

/* True for the first line with this key. */
static bool is_first_time(struct reader *reader, struct source source, struct bk_str key)
{
    for (size_t i = 0; i < reader->seen_count; i++) {
        if (bk_str_eq(reader->seen[i].key, key)) {
            complain(reader, source, "%s is set in line %d already, take one away", show(key).text,
                     reader->seen[i].line);
            return false;
        }
    }
    if (reader->seen_count == reader->seen_size) {
        size_t size = reader->seen_size == 0 ? 32 : reader->seen_size * 2;
        struct seen_key *seen = bk_realloc(reader->seen, size * sizeof *seen);
        if (seen == NULL) {
            complain_memory(reader);
            return false;
        }
        reader->seen = seen;
        reader->seen_size = size;
    }
    reader->seen[reader->seen_count++] = (struct seen_key){key, source.line};
    return true;
}

static void read_line(struct reader *reader, struct source source, struct bk_str line)
{
    struct place place;
    if (line.len > LINE_BYTES_MAX) {
        complain(reader, source, "line of %zu bytes, at most %d are allowed", line.len,
                 LINE_BYTES_MAX);
        return;
    }
    if (!bk_str_is_utf8(line)) {
        complain(reader, source, "not UTF-8; save the file in that encoding");
        return;
    }
    if (bk_str_ends(line, BK_STR("\r")))
        line.len--;
    line = bk_str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    if (bk_str_find(line, '=') < 0) {
        /* The line is not shown: it may be a secret without its key. */
        complain(reader, source, "no '=' in this line, want `key = value`");
        return;
    }
    struct bk_str value = line;
    struct bk_str key = bk_str_trim(bk_str_cut(&value, '='));
    if (find_place(reader, source, key, &place) && is_first_time(reader, source, key))
        apply(reader, source, &place, bk_str_trim(value));
}

/* Reads the whole file; -1 after a complaint. */
static ssize_t slurp(struct reader *reader, const char *path, char *text, size_t size)
{
    const struct source source = {path, 0};
    struct stat about;
    size_t len = 0;
    /* Not blocking: a named pipe must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0) {
        complain(reader, source,
                 "settings file cannot be read: %s; correct --settings or BECKON_SETTINGS",
                 strerror(errno));
    } else if (!S_ISREG(about.st_mode)) {
        complain(reader, source, "not a regular file; correct --settings or BECKON_SETTINGS");
    } else {
        for (ssize_t got = 1; got != 0 && len < size;) {
            got = read(fd, text + len, size - len);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0) {
                complain(reader, source, "settings file cannot be read: %s", strerror(errno));
                close(fd);
                return -1;
            }
            len += (size_t)got;
        }
        close(fd);
        if (len <= FILE_BYTES_MAX)
            return (ssize_t)len;
        complain(reader, source, "settings file is longer than %d bytes", FILE_BYTES_MAX);
        return -1;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static void read_file(struct reader *reader, const char *path)
{
    const size_t size = FILE_BYTES_MAX + 1; /* one more tells that it is too long */
    char *text = bk_alloc(size);
    if (text == NULL) {
        complain_memory(reader);
        return;
    }
    ssize_t len = slurp(reader, path, text, size);
    if (len > 0) {
        const struct bk_str mark = BK_STR("\xef\xbb\xbf"); /* some editors begin a file with it */
        struct bk_str rest = {text, (size_t)len};
        if (bk_str_starts(rest, mark))
            rest = bk_str_slice(rest, mark.len, rest.len);
        for (int line = 1; rest.len > 0; line++)
            read_line(reader, (struct source){path, line}, bk_str_cut(&rest, '\n'));
    }
    bk_wipe(text, size);
    bk_free(text);
}

/* ---- environment: names in capitals ---- */

/* The value of a variable; none when it is absent or empty. */
static struct bk_str env_find(char **environment, const char *name)
{
    for (; *environment != NULL; environment++) {
        struct bk_str value = bk_str_of(*environment);
        if (bk_str_eq(bk_str_cut(&value, '='), bk_str_of(name)))
            return value;
    }
    return BK_STR_NONE;
}

/*
 * Split what follows BECKON_LISTENER_ into name and row: "PHONES_TLS_KEY". An element that exists
 * decides; else the row with the longest key does.
 */
static const struct bk_setting_row *env_split(const struct bk_setting_group *group,
                                              const char *target, struct bk_str rest,
                                              char (*ret_name)[NAME_BYTES_MAX + 1])
{
    const struct bk_setting_row *best = NULL;
    size_t best_len = 0;
    for (const struct bk_setting_row *row = group->rows; row->option.key != NULL; row++) {
        char suffix[BK_SETTINGS_KEY_SIZE];
        bk_settings_env_name("", row->option.key, suffix, sizeof suffix);
        size_t suffix_len = strlen(suffix);
        if (rest.len < suffix_len + 2 || !bk_str_ends(rest, bk_str_of(suffix)) ||
            rest.ptr[rest.len - suffix_len - 1] != '_')
            continue;
        size_t name_len = rest.len - suffix_len - 1;
        if (name_len > NAME_BYTES_MAX)
            continue;
        char name[NAME_BYTES_MAX + 1] = "";
        for (size_t i = 0; i < name_len; i++) {
            char c = rest.ptr[i];
            name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
        }
        bool is_there = find_element(group, target, bk_str_of(name)) != NULL;
        if (is_there || suffix_len > best_len) {
            best = row;
            best_len = is_there ? SIZE_MAX : suffix_len;
            memcpy(*ret_name, name, sizeof name);
        }
    }
    return best;
}

static bool is_row_variable(const struct bk_settings *settings, struct bk_str variable)
{
    char name[BK_SETTINGS_ENV_SIZE];
    for (const struct bk_setting_row *row = settings->rows; row->option.key != NULL; row++) {
        bk_settings_env_name("BECKON_", row->option.key, name, sizeof name);
        if (bk_str_eq(bk_str_of(name), variable))
            return true;
    }
    return false;
}

static void read_group_variable(struct reader *reader, const struct bk_setting_group *group,
                                struct bk_str variable, struct bk_str value)
{
    char prefix[BK_SETTINGS_ENV_SIZE];
    char name[NAME_BYTES_MAX + 1];
    char shown[BK_SETTINGS_ENV_SIZE + NAME_BYTES_MAX + BK_SETTINGS_KEY_SIZE];
    bk_settings_env_name("BECKON_", group->prefix, prefix, sizeof prefix);
    struct bk_str head = bk_str_of(prefix);
    if (!bk_str_starts(variable, head) || variable.len >= sizeof shown ||
        variable.len < head.len + 2 || variable.ptr[head.len] != '_')
        return;
    struct bk_str rest = bk_str_slice(variable, head.len + 1, variable.len);
    const struct bk_setting_row *row = env_split(group, reader->target, rest, &name);
    if (row == NULL)
        return;
    snprintf(shown, sizeof shown, "%.*s", BK_STR_ARG(variable));
    struct source source = {shown, 0};
    struct place place = {row, need_element(reader, source, group, bk_str_of(name)), ""};
    if (place.base == NULL)
        return;
    snprintf(place.key, sizeof place.key, "%s.%s.%s", group->prefix, name, row->option.key);
    apply(reader, source, &place, value);
}

static void read_environment(struct reader *reader, char **environment)
{
    for (const struct bk_setting_row *row = reader->settings->rows; row->option.key != NULL;
         row++) {
        char name[BK_SETTINGS_ENV_SIZE];
        struct place place = {row, reader->target, ""};
        bk_settings_env_name("BECKON_", row->option.key, name, sizeof name);
        struct bk_str value = env_find(environment, name);
        if (value.len == 0)
            continue;
        snprintf(place.key, sizeof place.key, "%s", row->option.key);
        apply(reader, (struct source){name, 0}, &place, value);
    }
    for (const struct bk_setting_group *group = first_group(reader->settings);
         group->prefix != NULL; group++) {
        for (char **entry = environment; *entry != NULL; entry++) {
            struct bk_str value = bk_str_of(*entry);
            struct bk_str variable = bk_str_cut(&value, '=');
            if (value.len > 0 && !is_row_variable(reader->settings, variable))
                read_group_variable(reader, group, variable, value);
        }
    }
}

/* ---- command line ---- */

static const struct source command_line = {"command line", 0};

/* First pass: what decides where to read. */
static void read_flags(struct reader *reader, int argc, char **argv, const char **ret_file,
                       struct bk_settings_flags *ret_flags)
{
    const struct bk_str settings_is = BK_STR("--settings=");
    for (int i = 1; i < argc; i++) {
        struct bk_str arg = bk_str_of(argv[i]);
        if (bk_str_starts(arg, settings_is)) {
            *ret_file = argv[i] + settings_is.len;
        } else if (bk_str_eq(arg, BK_STR("--settings"))) {
            if (i + 1 < argc)
                *ret_file = argv[++i];
            else
                complain(reader, command_line, "--settings wants a file: --settings FILE");
        } else if (bk_str_eq(arg, BK_STR("--check-config"))) {
            ret_flags->check_only = true;
        } else if (bk_str_eq(arg, BK_STR("--help")) || bk_str_eq(arg, BK_STR("-h"))) {
            ret_flags->help = true;
        } else if (bk_str_eq(arg, BK_STR("--print-settings-md"))) {
            ret_flags->markdown = true;
        }
    }
}

static void read_argument(struct reader *reader, struct bk_str arg)
{
    static const char *const flags[] = {"--check-config", "--help", "-h", "--print-settings-md"};
    struct place place;
    for (size_t i = 0; i < BK_COUNT(flags); i++) {
        if (bk_str_eq(arg, bk_str_of(flags[i])))
            return;
    }
    if (bk_str_starts(arg, BK_STR("--settings=")))
        return;
    if (!bk_str_starts(arg, BK_STR("--"))) {
        complain(reader, command_line, "unexpected argument; settings are given as --key=value");
        return;
    }
    struct bk_str value = bk_str_slice(arg, 2, arg.len);
    bool has_value = bk_str_find(value, '=') >= 0;
    struct bk_str key = bk_str_cut(&value, '=');
    if (!find_place(reader, command_line, key, &place))
        return;
    if (has_value)
        apply(reader, command_line, &place, value);
    else
        complain(reader, command_line, "--%s wants a value: --%s=VALUE", place.key, place.key);
}

/* Second pass: the values. */
static void read_arguments(struct reader *reader, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct bk_str arg = bk_str_of(argv[i]);
        if (bk_str_eq(arg, BK_STR("--settings")))
            i++;
        else
            read_argument(reader, arg);
    }
}

enum bk_err bk_settings_read(const struct bk_settings *settings, int argc, char **argv,
                             char **environment, void *target, struct bk_settings_flags *ret_flags,
                             FILE *err_out)
{
    char *no_environment[] = {NULL};
    struct reader reader = {.settings = settings, .target = target, .err_out = err_out};
    struct bk_settings_flags flags = {0};
    const char *file = NULL;

    read_flags(&reader, argc, argv, &file, &flags);
    if (flags.help || flags.markdown) {
        *ret_flags = flags;
        return BK_OK;
    }
    if (environment == NULL)
        environment = no_environment;
    if (file == NULL)
        file = env_find(environment, "BECKON_SETTINGS").ptr;

    for (const struct bk_setting_row *row = settings->rows; row->option.key != NULL; row++)
        apply_default(&reader, row, reader.target);
    if (file != NULL && file[0] != '\0')
        read_file(&reader, file);
    read_environment(&reader, environment);
    read_arguments(&reader, argc, argv);

    bk_free(reader.seen);
    if (reader.err == BK_OK)
        *ret_flags = flags;
    else
        bk_settings_free(settings, target);
    return reader.err;
}

void bk_settings_free(const struct bk_settings *settings, void *target)
{
    char *base = target;
    for (const struct bk_setting_row *row = settings->rows; row->option.key != NULL; row++)
        free_value(row, base);
    for (const struct bk_setting_group *group = first_group(settings); group->prefix != NULL;
         group++) {
        char *array;
        const size_t none = 0;
        memcpy(&array, base + group->array_offset, sizeof array);
        for (size_t i = 0; i < group_count(group, base); i++) {
            char *element = group_element(group, base, i);
            for (const struct bk_setting_row *row = group->rows; row->option.key != NULL; row++)
                free_value(row, element);
            bk_free(element_name(group, element));
        }
        bk_free(array);
        array = NULL;
        memcpy(base + group->array_offset, &array, sizeof array);
        memcpy(base + group->count_offset, &none, sizeof none);
    }
}
