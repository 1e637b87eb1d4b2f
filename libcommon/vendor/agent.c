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

bool bk_agent_is_version(struct bk_str word)
{
    size_t dots = 0;
    for (;;) {
        bool is_last = bk_str_find(word, '.') < 0;
        if (!bk_is_digits(bk_str_cut(&word, '.')))
            return false;
        if (is_last)
            return dots >= 3;
        dots++;
    }
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
