/*
 * What an Algo asks for.
 */
#include "vendor/agent.h"
#include "vendor/algo/algo.h"

#define FILE_MODEL_LEN_MAX 11 /* one less than a MAC */

/*
 * The whole grammar: algop<model>.conf, algom<MAC>.conf, algo<mac>.conf. The device puts its path,
 * a slash and the name together, so that there may be a folder "provision", and one slash too many.
 */
bool algo_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str folder = BK_STR("provision/"), maker = BK_STR("algo"),
                        suffix = BK_STR(".conf");
    if (bk_str_starts(path, folder))
        path = bk_str_slice(path, folder.len, path.len);
    if (bk_str_starts(path, BK_STR("/")))
        path = bk_str_slice(path, 1, path.len);
    if (!bk_str_starts(path, maker) || !bk_str_ends(path, suffix) ||
        path.len <= maker.len + suffix.len)
        return false;

    struct bk_str stem = bk_str_slice(path, maker.len, path.len - suffix.len);
    struct bk_str rest = bk_str_slice(stem, 1, stem.len);
    struct bk_path_match match = {.kind = BK_FILE_DEVICE, .has_mac = true};
    if (bk_mac_parse_bare(stem.ptr[0] == 'm' ? rest : stem, &match.mac) != BK_OK) {
        match = (struct bk_path_match){.kind = BK_FILE_COMMON, .model_code = rest};
        if (stem.ptr[0] != 'p' || rest.len > FILE_MODEL_LEN_MAX || !bk_agent_is_model(rest))
            return false;
    }
    *ret_match = match;
    return true;
}

/* Its User-Agents are not known. */
bool algo_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    (void)agent;
    (void)ret_agent;
    return false;
}
