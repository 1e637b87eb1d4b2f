/*
 * What an Obihai device asks for and what it says of itself.
 */
#include "vendor/agent.h"
#include "vendor/obihai/obihai.h"

/* "OBi202.xml": the factory's $DM.xml. */
static bool is_model_file(struct bk_str path)
{
    const struct bk_str maker = BK_STR("OBi"), suffix = BK_STR(".xml");
    if (!bk_str_starts(path, maker) || !bk_str_ends(path, suffix) || path.len > 20)
        return false;
    return bk_agent_is_model(bk_str_slice(path, maker.len, path.len - suffix.len));
}

/*
 * <MAC>.xml and <MAC>.aes, also in the folder OBi. The name is whatever ConfigURL says; its macro
 * $MAC gives capitals, and a name that somebody wrote may have small ones.
 */
bool obihai_match_path(struct bk_str path, struct bk_path_match *ret_match)
{
    const struct bk_str folder = BK_STR("OBi/");
    struct bk_path_match match = {.kind = BK_FILE_DEVICE, .has_mac = true};
    if (is_model_file(path)) {
        *ret_match = (struct bk_path_match){.kind = BK_FILE_COMMON,
                                            .model_code = bk_str_slice(path, 0, path.len - 4)};
        return true;
    }
    if (bk_str_starts(path, folder))
        path = bk_str_slice(path, folder.len, path.len);
    if (!bk_str_ends(path, BK_STR(".xml")) && !bk_str_ends(path, BK_STR(".aes")))
        return false;
    if (bk_mac_parse_bare(bk_str_slice(path, 0, path.len - 4), &match.mac) != BK_OK)
        return false;
    *ret_match = match;
    return true;
}

/* Its User-Agents of HTTP are not known. */
bool obihai_match_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    (void)agent;
    (void)ret_agent;
    return false;
}

/* "3.2.2.5921", "3.2.2.8680EX": letters may end it. */
static bool is_version(struct bk_str word)
{
    while (word.len > 0 && word.ptr[word.len - 1] >= 'A' && word.ptr[word.len - 1] <= 'Z')
        word.len--;
    return bk_agent_is_version(word);
}

/* "OBIHAI/OBi202-3.2.2.5921" */
bool obihai_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent)
{
    const struct bk_str maker = BK_STR("OBIHAI/");
    if (agent.len > BK_AGENT_BYTES_MAX || !bk_str_starts(agent, maker))
        return false;
    struct bk_str version = bk_str_slice(agent, maker.len, agent.len);
    ptrdiff_t dash = bk_str_find_last(version, '-');
    if (dash <= 0)
        return false;
    struct bk_str model = bk_str_slice(version, 0, (size_t)dash);
    version = bk_str_slice(version, (size_t)dash + 1, version.len);
    if (!bk_agent_is_model(model) || !is_version(version))
        return false;
    *ret_agent = (struct bk_agent){.model = model, .firmware = version};
    return true;
}
