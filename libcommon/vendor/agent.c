/*
 * Words of User-Agents.
 */
#include "vendor/agent.h"

#define MODEL_LEN_MAX 32

bool bk_agent_split(struct bk_str agent, struct bk_agent_words *ret_words)
{
    ret_words->count = 0;
    if (agent.len > BK_AGENT_BYTES_MAX)
        return false;
    while (agent.len > 0) {
        struct bk_str word = bk_str_cut(&agent, ' ');
        if (word.len == 0)
            continue;
        if (ret_words->count == BK_AGENT_WORD_MAX)
            return false;
        ret_words->words[ret_words->count++] = word;
    }
    return true;
}

bool bk_is_digits(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return text.len > 0;
}

/* Numbers with dots between them: how many dots; -1: it is something else. */
static int dots_of(struct bk_str word)
{
    for (int dots = 0;; dots++) {
        bool is_last = bk_str_find(word, '.') < 0;
        if (!bk_is_digits(bk_str_cut(&word, '.')))
            return -1;
        if (is_last)
            return dots;
    }
}

bool bk_agent_is_version(struct bk_str word)
{
    return dots_of(word) >= 3;
}

bool bk_agent_is_release(struct bk_str word)
{
    return dots_of(word) >= 1;
}

bool bk_agent_is_model(struct bk_str word)
{
    if (word.len == 0 || word.len > MODEL_LEN_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (c < '0' || c > '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

bool bk_agent_match_plain(struct bk_str agent, struct bk_str maker, struct bk_agent *ret_agent)
{
    struct bk_agent_words words;
    if (!bk_agent_split(agent, &words) || words.count < 3 || words.count > 4 ||
        !bk_str_eq_nocase(words.words[0], maker) || !bk_agent_is_model(words.words[1]))
        return false;
    struct bk_agent found = {.model = words.words[1], .firmware = words.words[2]};
    struct bk_str number = found.firmware;
    if (bk_str_starts(number, BK_STR("V")))
        number = bk_str_slice(number, 1, number.len);
    if (!bk_agent_is_release(number))
        return false;
    if (words.count == 4) {
        if (bk_mac_parse(words.words[3], &found.mac) != BK_OK)
            return false;
        found.has_mac = true;
    }
    *ret_agent = found;
    return true;
}
