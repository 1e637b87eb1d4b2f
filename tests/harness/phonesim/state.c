/*
 * See state.h. One file, "phone", of lines "<what>\t<name>\t<value>"; neither names nor values can
 * hold tabs or line ends (URLs and ETags are visible ASCII, parameters are checked text). Texts of
 * boot files stand beside it in hexadecimal. Written whole and renamed, as a kill may come any
 * time.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STATE_FILE_MAX ((size_t)8 * 1024 * 1024)

const struct sim_kept *sim_state_find(const struct sim_state *state, const char *url)
{
    for (size_t i = 0; i < state->count; i++) {
        if (strcmp(state->kept[i].url, url) == 0)
            return &state->kept[i];
    }
    return NULL;
}

static void kept_free(struct sim_kept *kept)
{
    free(kept->url);
    free(kept->etag);
    free(kept->text);
}

void sim_state_keep(struct sim_state *state, const char *url, const char *etag, const char *text,
                    size_t text_len)
{
    for (size_t i = 0; i < state->count; i++) {
        if (strcmp(state->kept[i].url, url) == 0) {
            kept_free(&state->kept[i]);
            state->kept[i] = state->kept[--state->count];
            break;
        }
    }
    if (etag == NULL)
        return;
    state->kept = sim_grow(state->kept, state->count + 1, sizeof *state->kept);
    state->kept[state->count++] =
        (struct sim_kept){sim_strdup(url), sim_strdup(etag),
                          text == NULL ? NULL : sim_strndup(text, text_len), text_len};
}

void sim_state_forget(struct sim_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        kept_free(&state->kept[i]);
    free(state->kept);
    free(state->server_url);
    *state = (struct sim_state){.dir = state->dir};
}

void sim_state_deinit(struct sim_state *state)
{
    sim_state_forget(state);
    *state = (struct sim_state){0};
}

/* "dir/name" */
static char *path_of(const char *dir, const char *name)
{
    struct sim_buf path = {0};
    sim_buf_format(&path, "%s/%s", dir, name);
    return path.data;
}

static bool unhex(const char *hex, struct sim_buf *out)
{
    size_t len = strlen(hex);
    if (len % 2 != 0 || strspn(hex, "0123456789abcdef") != len)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        char pair[3] = {hex[i], hex[i + 1], '\0'};
        char byte = (char)strtol(pair, NULL, 16);
        sim_buf_add(out, &byte, 1);
    }
    return true;
}

static bool line_load(struct sim_state *state, struct sim_phone *phone, char *line)
{
    char *name = strchr(line, '\t');
    char *value = name == NULL ? NULL : strchr(name + 1, '\t');
    if (value == NULL)
        return false;
    *name++ = '\0';
    *value++ = '\0';

    if (strcmp(line, "parameter") == 0) {
        sim_phone_set(phone, name, value);
    } else if (strcmp(line, "server") == 0) {
        free(state->server_url);
        state->server_url = sim_strdup(name);
    } else if (strcmp(line, "etag") == 0) {
        sim_state_keep(state, name, value, NULL, 0);
    } else if (strcmp(line, "text") == 0) {
        struct sim_buf text = {0};
        const struct sim_kept *kept = sim_state_find(state, name);
        bool good = kept != NULL && unhex(value, &text);
        if (good) {
            char *etag = sim_strdup(kept->etag);
            sim_state_keep(state, name, etag, text.data == NULL ? "" : text.data, text.len);
            free(etag);
        }
        sim_buf_free(&text);
        return good;
    } else {
        return false;
    }
    return true;
}

bool sim_state_load(struct sim_state *state, const char *dir, struct sim_phone *phone,
                    struct sim_fault *ret_fault)
{
    *state = (struct sim_state){.dir = dir};
    if (dir == NULL)
        return true;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        sim_fault_set(ret_fault, 0, "cannot make %s: %s", dir, strerror(errno));
        return false;
    }

    char *path = path_of(dir, "phone"), *line = NULL;
    size_t size = 0, total = 0;
    bool good = true;
    int number = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        good = errno == ENOENT; /* a new phone */
        if (!good)
            sim_fault_set(ret_fault, 0, "cannot read %s: %s", path, strerror(errno));
        goto out;
    }
    for (ssize_t len = 0; good && (len = getline(&line, &size, file)) > 0;) {
        number++;
        total += (size_t)len;
        good = line[len - 1] == '\n' && total <= STATE_FILE_MAX;
        if (good) {
            line[len - 1] = '\0';
            good = line_load(state, phone, line);
        }
    }
    if (!good)
        sim_fault_set(ret_fault, number, "%s is damaged; remove it to begin as a new phone", path);
    fclose(file);
out:
    free(line);
    free(path);
    return good;
}

bool sim_state_save(const struct sim_state *state, const struct sim_phone *phone,
                    struct sim_fault *ret_fault)
{
    if (state->dir == NULL)
        return true;
    bool good = false;
    char *path = path_of(state->dir, "phone"), *fresh = path_of(state->dir, "phone.new");
    FILE *file = fopen(fresh, "w");
    if (file == NULL)
        goto out;
    if (state->server_url != NULL)
        fprintf(file, "server\t%s\t\n", state->server_url);
    for (size_t i = 0; i < state->count; i++) {
        const struct sim_kept *kept = &state->kept[i];
        fprintf(file, "etag\t%s\t%s\n", kept->url, kept->etag);
        if (kept->text == NULL)
            continue;
        fprintf(file, "text\t%s\t", kept->url);
        for (size_t byte = 0; byte < kept->text_len; byte++)
            fprintf(file, "%02x", (unsigned char)kept->text[byte]);
        fputc('\n', file);
    }
    for (size_t i = 0; i < phone->count; i++)
        fprintf(file, "parameter\t%s\t%s\n", phone->parameters[i].key, phone->parameters[i].value);
    good = !ferror(file);
    good = fclose(file) == 0 && good;
    good = good && rename(fresh, path) == 0;
out:
    if (!good)
        sim_fault_set(ret_fault, 0, "cannot write %s: %s", fresh, strerror(errno));
    free(path);
    free(fresh);
    return good;
}
