/* See phone.h. */
#include "phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- parameters ------------------------------------------------------------------------------ */

/* Index of key, or where it belongs. */
static size_t position(const struct sim_phone *phone, const char *key, bool *ret_found)
{
    size_t low = 0, high = phone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(phone->parameters[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < phone->count && strcmp(phone->parameters[low].key, key) == 0;
    return low;
}

const char *sim_phone_value(const struct sim_phone *phone, const char *key)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    return found ? phone->parameters[at].value : NULL;
}

void sim_phone_set(struct sim_phone *phone, const char *key, const char *value)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    char *copy = sim_strdup(value);
    if (found) {
        free(phone->parameters[at].value);
        phone->parameters[at].value = copy;
        return;
    }
    if (phone->count == phone->room) {
        phone->room = phone->room == 0 ? 64 : phone->room * 2;
        phone->parameters = sim_grow(phone->parameters, phone->room, sizeof *phone->parameters);
    }
    memmove(phone->parameters + at + 1, phone->parameters + at,
            (phone->count - at) * sizeof *phone->parameters);
    phone->parameters[at] = (struct sim_parameter){sim_strdup(key), copy};
    phone->count++;
}

void sim_phone_reset(struct sim_phone *phone, const char *key)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    if (!found)
        return;
    free(phone->parameters[at].key);
    free(phone->parameters[at].value);
    phone->count--;
    memmove(phone->parameters + at, phone->parameters + at + 1,
            (phone->count - at) * sizeof *phone->parameters);
}

void sim_phone_reset_all(struct sim_phone *phone)
{
    for (size_t i = 0; i < phone->count; i++) {
        free(phone->parameters[i].key);
        free(phone->parameters[i].value);
    }
    phone->count = 0;
}

void sim_phone_deinit(struct sim_phone *phone)
{
    sim_phone_reset_all(phone);
    free(phone->parameters);
    *phone = (struct sim_phone){0};
}

void sim_phone_apply(struct sim_phone *phone, const struct sim_config *config, const char *where,
                     struct sim_applied *ret_applied)
{
    struct sim_applied applied = {0};
    for (size_t i = 0; i < config->count; i++) {
        const struct sim_pair *pair = &config->pairs[i];
        bool known = false;
        struct sim_fault fault;
        if (!phone->model->maker->check(pair, &known, &fault)) {
            sim_event_error(where, &fault);
            applied.refused++;
            continue;
        }
        const char *old = sim_phone_value(phone, pair->key);
        if (pair->is_reset) {
            applied.reset++;
            applied.differs = applied.differs || old != NULL;
            sim_phone_reset(phone, pair->key);
            continue;
        }
        const bool is_other = old == NULL || strcmp(old, pair->value) != 0;
        applied.set++;
        applied.changed += is_other;
        applied.differs = applied.differs || is_other;
        applied.unknown += !known;
        sim_phone_set(phone, pair->key, pair->value);
    }
    *ret_applied = applied;
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

void sim_text_copy(char *target, size_t size, const char *text)
{
    snprintf(target, size, "%s", text == NULL ? "" : text);
}

void sim_host_port_split(const char *text, char *ret_host, size_t size, int *ret_port)
{
    sim_text_copy(ret_host, size, text);
    char *colon = strrchr(ret_host, ':');
    *ret_port = 5060;
    if (colon != NULL && strchr(colon, ']') == NULL && sim_int_parse(colon + 1, ret_port))
        *colon = '\0';
}

struct sim_account sim_phone_account(const struct sim_phone *phone, int index)
{
    return phone->model->maker->account(phone, index);
}

char *sim_phone_server_url(const struct sim_phone *phone)
{
    return phone->model->maker->server_url(phone);
}

int sim_phone_repeat_min(const struct sim_phone *phone)
{
    return phone->model->maker->repeat_min(phone);
}

bool sim_phone_login(const struct sim_phone *phone, const char **ret_user,
                     const char **ret_password)
{
    const char *user = sim_phone_value(phone, phone->model->maker->user_parameter);
    const char *password = sim_phone_value(phone, phone->model->maker->password_parameter);
    *ret_user = user;
    *ret_password = password == NULL ? "" : password;
    return is_given(user);
}

bool sim_phone_is_configured(const struct sim_phone *phone)
{
    int enabled = 0;
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable)
            continue;
        enabled++;
        if (!is_given(account.user_name) || !is_given(account.password) ||
            !is_given(account.server))
            return false;
    }
    return enabled > 0;
}

static void account_print(struct sim_json *json, const struct sim_account *account)
{
    sim_json_int(json, "index", account->index);
    sim_json_bool(json, "enable", account->enable);
    sim_json_text(json, "label", account->label);
    sim_json_text(json, "display_name", account->display_name);
    sim_json_text(json, "auth_name", account->auth_name);
    sim_json_text(json, "user_name", account->user_name);
    sim_json_text(json, "password", account->password);
    sim_json_text(json, "server", is_given(account->server) ? account->server : NULL);
    sim_json_int(json, "port", account->port);
    sim_json_int(json, "transport", account->transport);
    sim_json_int(json, "expires_s", account->expires_s);
    sim_json_int(json, "srtp", account->srtp);
}

void sim_phone_tell(const struct sim_phone *phone)
{
    const struct sim_maker *maker = phone->model->maker;
    struct sim_json json;
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable)
            continue;
        account.password = account.password == NULL ? NULL : "***"; /* whole only in the state */
        sim_event_begin(&json, "account");
        account_print(&json, &account);
        sim_event_end(&json);
    }
    for (size_t i = 0; i < phone->count; i++) {
        char name[64];
        if (!maker->key_of(&phone->parameters[i], name, sizeof name))
            continue;
        sim_event_begin(&json, "key");
        maker->key_print(&json, phone, name);
        sim_event_end(&json);
    }
}

void sim_phone_print_state(const struct sim_phone *phone, const char *url)
{
    const struct sim_maker *maker = phone->model->maker;
    struct sim_json json;
    sim_event_begin(&json, "state");
    sim_json_text(&json, "mac", phone->mac);
    sim_json_text(&json, "model", phone->model->name);
    sim_json_text(&json, "firmware", phone->firmware);
    sim_json_text(&json, "url", url);
    sim_json_bool(&json, "configured", sim_phone_is_configured(phone));

    sim_json_begin(&json, "accounts", '[');
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable && account.user_name == NULL)
            continue;
        sim_json_begin(&json, NULL, '{');
        account_print(&json, &account);
        sim_json_end(&json, '}');
    }
    sim_json_end(&json, ']');

    sim_json_begin(&json, "keys", '[');
    for (size_t i = 0; i < phone->count; i++) {
        char name[64];
        if (!maker->key_of(&phone->parameters[i], name, sizeof name))
            continue;
        sim_json_begin(&json, NULL, '{');
        maker->key_print(&json, phone, name);
        sim_json_end(&json, '}');
    }
    sim_json_end(&json, ']');

    sim_json_begin(&json, "parameters", '{');
    for (size_t i = 0; i < phone->count; i++)
        sim_json_text(&json, phone->parameters[i].key, phone->parameters[i].value);
    sim_json_end(&json, '}');
    sim_event_end(&json);
}
