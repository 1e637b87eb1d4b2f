/*
 * What a Flyingvoice asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/flyingvoice/flyingvoice.h"
#include "vendor/yealink/yealink.h"

/* Yealink's grammar without its files of one phone but <mac>.cfg: y and 12 digits .boot and .cfg.
 * Where a name does not tell, Yealink is guessed: the maker is then known by the device's row. */
bool flyingvoice_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    struct bk_path_match match;
    if (!yealink_match_path(path, &match) || (match.has_mac && match.kind != BK_FILE_DEVICE))
        return false;
    *ret_match = match;
    return true;
}

/* "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE:F1" */
bool flyingvoice_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    return bk_agent_match_plain(agent, BK_STR("Flyingvoice"), ret_agent);
}
