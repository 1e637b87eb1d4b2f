/*
 * Dinstar's two files. The configuration is a tree of groups with parameters as their leaves:
 *
 *     <config version="5.8" md5=" ">
 *     <sipserver>
 *     <server0>
 *     <param name="domain" value="pbx.example"/>
 *
 * and a parameter is named by its way down: "sipserver/server0/domain". The index names the
 * configuration by a macro, and what the device is to do with it.
 */
#include "vendor/dinstar/dinstar.h"
#include "vendor/format/xml.h"

#define NUMBERED(name) \
    name "1", name "2", name "3", name "4", name "5", name "6", name "7", name "8", name "9", \
        name "10", name "11", name "12", name "13", name "14", name "15", name "16"

/* All groups that the driver opens. */
static const char *const groups[] = {
    "provision",
    "sipserver",
    "server0",
    "server1",
    "server2",
    "outbound",
    "local",
    "sipacc",
    "ports",
    "system",
    "ntp",
    "access_ctrl",
    "web",
    "users",
    "user1",
    "DaylightSavingTime",
    "syslog",
    "sippnp",
    NUMBERED("sipacc"),
    NUMBERED("port"),
    "codec0",
    NUMBERED("codec"), /* the last is one more than there are */
};

/* Groups of raw parameters: the driver writes nothing in them, or puts them behind its own, so that
 * none stands twice. */
static const char *const raw_groups[] = {"digitmap", "fax", "media", "nat_config", "pbx", "sip"};

/* The group's own name, which outlives the file; NULL: there is none such. */
static const char *group_of(struct bk_str name)
{
    for (size_t i = 0; i < BK_COUNT(groups); i++) {
        if (bk_str_eq(name, bk_str_of(groups[i])))
            return groups[i];
    }
    for (size_t i = 0; i < BK_COUNT(raw_groups); i++) {
        if (bk_str_eq(name, bk_str_of(raw_groups[i])))
            return raw_groups[i];
    }
    return NULL;
}

/* Of a raw parameter: "sip/session_timer". */
static bool is_name(struct bk_str name)
{
    struct bk_str rest = name, group = bk_str_cut(&rest, '/');
    for (size_t i = 0; i < BK_COUNT(raw_groups); i++) {
        if (bk_str_eq(group, bk_str_of(raw_groups[i])))
            return name.len <= BK_PARAM_NAME_MAX && bk_xml_is_name(rest);
    }
    return false;
}

/* Close groups until that many elements are open, the root being one of them. */
static void leave(struct bk_sheet *sheet, size_t depth)
{
    while (sheet->depth > depth && sheet->err == BK_OK)
        bk_xml_close(sheet);
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    struct bk_str rest = name;
    size_t depth = 1;
    bool is_same = true; /* as far as the groups that are open */
    while (bk_str_find(rest, '/') >= 0) {
        const char *group = group_of(bk_str_cut(&rest, '/'));
        if (group == NULL) {
            bk_sheet_fail(sheet, name, "stands in no group");
            return;
        }
        is_same = is_same && depth < sheet->depth && sheet->tags[depth] == group;
        if (!is_same) {
            leave(sheet, depth);
            bk_xml_open(sheet, group);
        }
        depth++;
    }
    leave(sheet, depth);
    bk_xml_put_named(sheet, "param", "name", "value", rest, value);
}

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "config");
    bk_xml_attr(sheet, "version", BK_STR("5.8"));
    bk_xml_attr(sheet, "md5", BK_STR(" "));
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    leave(sheet, 0);
}

const struct bk_format dinstar_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = "a raw Dinstar parameter is one of the groups digitmap, fax, media, nat_config, "
                 "pbx and sip, a slash, and a name of letters, digits and - _ .",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = put,
};

/*
 * "$(MA)": the device puts its MAC in. A first index that leads to an address with a password names
 * none: the device learns the password from its file, which it then asks for where it is.
 */
static void begin_index(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const bool stays = phone->is_bootstrap && phone->provisioning_user.len > 0;
    bk_xml_open(sheet, "provision");
    bk_xml_attr(sheet, "version", BK_STR("2.0"));
    bk_xml_open(sheet, "product");
    bk_xml_attr(sheet, "id", file->request.model_code);
    bk_xml_attr(sheet, "url", stays ? BK_STR_NONE : phone->provisioning_url);
    bk_xml_attr(sheet, "force", BK_STR("false"));
    bk_xml_open(sheet, "ConfigFile");
    bk_xml_attr(sheet, "name", BK_STR("$(MA).cfg"));
    bk_xml_attr(sheet, "action", BK_STR("merge"));
    bk_xml_attr(sheet, "reboot", BK_STR("never"));
}

const struct bk_format dinstar_index_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .check_value = bk_xml_check_value,
    .begin = begin_index,
    .end = end,
    .put = put,
};
