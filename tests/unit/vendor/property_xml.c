/*
 * Readers of XML files: expat's view of them as a tree, and what each maker makes of it.
 */
#include "property_read.h"

#include <ctype.h>
#include <expat.h>
#include <stdio.h>
#include <string.h>

/* --- the tree --------------------------------------------------------------------------------- */

#define NODE_MAX 65536
#define ATTRIBUTE_MAX 32768

struct node {
    struct bk_str tag, text; /* text of one that has no children */
    const struct attribute *attributes;
    size_t attribute_count;
    struct node *parent, *child, *last, *next; /* child, last: of its children */
};

struct attribute {
    struct bk_str name, value;
};

static struct tree {
    struct node nodes[NODE_MAX];
    struct attribute attributes[ATTRIBUTE_MAX];
    size_t node_count, attribute_count;
    struct node *open;
    char text[PAIR_TEXT_SIZE];
    size_t used, run; /* run: where the text begins that is being read */
    const char *fault;
} tree;

static struct bk_str keep(const char *text, size_t len)
{
    struct bk_str kept = {tree.text + tree.used, len};
    if (len > sizeof tree.text - tree.used) {
        tree.fault = "is larger than the test can read";
        return BK_STR_NONE;
    }
    memcpy(tree.text + tree.used, text, len);
    tree.used += len;
    return kept;
}

/* Between tags stand blanks only, but in what has no children. */
static void end_run(bool is_at_end_of_leaf)
{
    struct bk_str run = {tree.text + tree.run, tree.used - tree.run};
    size_t blanks = 0;
    while (blanks < run.len && strchr(" \n", run.ptr[blanks]) != NULL)
        blanks++;
    if (blanks < run.len) {
        if (is_at_end_of_leaf)
            tree.open->text = run;
        else
            tree.fault = "holds text between its elements";
    }
    tree.run = tree.used;
}

static void on_open(void *user, const XML_Char *tag, const XML_Char **attributes)
{
    (void)user;
    end_run(false);
    if (tree.node_count == NODE_MAX) {
        tree.fault = "has more elements than the test can read";
        return;
    }
    struct node *node = &tree.nodes[tree.node_count++];
    *node = (struct node){.tag = keep(tag, strlen(tag)),
                          .attributes = &tree.attributes[tree.attribute_count],
                          .parent = tree.open};
    for (; *attributes != NULL && tree.attribute_count < ATTRIBUTE_MAX; attributes += 2) {
        tree.attributes[tree.attribute_count++] = (struct attribute){
            keep(attributes[0], strlen(attributes[0])), keep(attributes[1], strlen(attributes[1]))};
        node->attribute_count++;
    }
    if (tree.open != NULL && tree.open->child == NULL)
        tree.open->child = node;
    else if (tree.open != NULL)
        tree.open->last->next = node;
    if (tree.open != NULL)
        tree.open->last = node;
    tree.open = node;
    tree.run = tree.used;
}

static void on_close(void *user, const XML_Char *tag)
{
    (void)user;
    (void)tag;
    end_run(tree.open->child == NULL);
    tree.open = tree.open->parent;
}

static void on_text(void *user, const XML_Char *text, int len)
{
    (void)user;
    (void)keep(text, (size_t)len);
}

/* Whatever no phone was ever seen to want: comments, instructions, document types, CDATA. */
static void on_other(void *user)
{
    (void)user;
    tree.fault = "holds more than elements and text";
}

static void on_comment(void *user, const XML_Char *text)
{
    (void)text;
    on_other(user);
}

static void on_instruction(void *user, const XML_Char *target, const XML_Char *data)
{
    (void)target;
    (void)data;
    on_other(user);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    on_other(user);
}

/* NULL: it is none. The declaration stands in a line of its own. */
static const struct node *tree_of(struct bk_str text, struct bk_detail *ret_why)
{
    const struct bk_str declaration = BK_STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    struct bk_str body = bk_str_slice(text, declaration.len, text.len);
    tree.node_count = tree.attribute_count = tree.used = tree.run = 0;
    tree.open = NULL;
    tree.fault = NULL;
    XML_Parser parser = XML_ParserCreate("UTF-8");
    XML_SetElementHandler(parser, on_open, on_close);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetCdataSectionHandler(parser, on_other, on_other);
    XML_SetCommentHandler(parser, on_comment);
    XML_SetProcessingInstructionHandler(parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    if (!bk_str_starts(text, declaration))
        tree.fault = "has not the declaration in its first line";
    else if (XML_Parse(parser, body.ptr, (int)body.len, XML_TRUE) != XML_STATUS_OK)
        tree.fault = XML_ErrorString(XML_GetErrorCode(parser));
    else if (tree.attribute_count == ATTRIBUTE_MAX)
        tree.fault = "has more attributes than the test can read";
    XML_ParserFree(parser);
    if (tree.fault != NULL)
        bk_detail_set(ret_why, "the file %s", tree.fault);
    return tree.fault != NULL ? NULL : &tree.nodes[0];
}

/* --- what an element must be ------------------------------------------------------------------ */

static bool is_wrong(const struct node *node, const char *what, struct bk_detail *ret_why)
{
    if (node == NULL)
        bk_detail_set(ret_why, "missing: %s", what);
    else
        bk_detail_set(ret_why, "<%.*s>: is not %s", BK_STR_ARG(node->tag), what);
    return false;
}

/* This tag (NULL: any) with these attributes, separated by blanks, in this order. */
static bool is_element(const struct node *node, const char *tag, const char *attributes)
{
    struct bk_str rest = bk_str_of(attributes);
    if (node == NULL || (tag != NULL && !bk_str_eq(node->tag, bk_str_of(tag))))
        return false;
    for (size_t i = 0; i < node->attribute_count; i++) {
        struct bk_str name = bk_str_cut(&rest, ' ');
        if (name.len == 0 || !bk_str_eq(name, node->attributes[i].name))
            return false;
    }
    return rest.len == 0;
}

static bool is_leaf(const struct node *node, const char *tag, const char *attributes)
{
    return is_element(node, tag, attributes) && node->child == NULL;
}

static bool is_bare(const struct node *node, const char *tag, const char *attributes)
{
    return is_leaf(node, tag, attributes) && node->text.len == 0;
}

static bool is_branch(const struct node *node, const char *tag, const char *attributes)
{
    return is_element(node, tag, attributes) && node->text.len == 0;
}

static struct bk_str attribute_of(const struct node *node, size_t i)
{
    return node->attributes[i].value;
}

static bool has_value(const struct node *node, size_t i, const char *value)
{
    return bk_str_eq(attribute_of(node, i), bk_str_of(value));
}

/* --- the makers ------------------------------------------------------------------------------- */

/* One element, of which each parameter is an attribute. */
static bool read_poly(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                      struct bk_detail *ret_why)
{
    const char *tag = file->request.kind == BK_FILE_MASTER ? "APPLICATION" : "polycomConfig";
    const struct node *root = tree_of(text, ret_why);
    if (root == NULL)
        return false;
    if (!bk_str_eq(root->tag, bk_str_of(tag)) || root->child != NULL || root->text.len > 0)
        return is_wrong(root, tag, ret_why);
    for (size_t i = 0; i < root->attribute_count; i++)
        pairs_add(ret_pairs, attribute_of(root, i), "%.*s", BK_STR_ARG(root->attributes[i].name));
    return true;
}

/* <name>value</name>, all children of one. */
static bool read_leaves(const struct node *parent, struct pairs *ret_pairs,
                        struct bk_detail *ret_why)
{
    for (const struct node *node = parent->child; node != NULL; node = node->next) {
        if (!is_leaf(node, NULL, ""))
            return is_wrong(node, "a parameter", ret_why);
        pairs_add(ret_pairs, node->text, "%.*s", BK_STR_ARG(node->tag));
    }
    return true;
}

/* <tag name="…" value="…"/>, all children of one. */
static bool read_named(const struct node *parent, const char *tag, const char *attributes,
                       struct pairs *ret_pairs, struct bk_detail *ret_why)
{
    for (const struct node *node = parent->child; node != NULL; node = node->next) {
        if (!is_bare(node, tag, attributes))
            return is_wrong(node, tag, ret_why);
        pairs_add(ret_pairs, attribute_of(node, 1), "%.*s", BK_STR_ARG(attribute_of(node, 0)));
    }
    return true;
}

static bool read_cisco(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                       struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    (void)file;
    if (root == NULL)
        return false;
    if (!is_branch(root, "flat-profile", ""))
        return is_wrong(root, "a profile", ret_why);
    return read_leaves(root, ret_pairs, ret_why);
}

static bool read_alcatel(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                         struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    (void)file;
    if (root == NULL)
        return false;
    if (!is_branch(root, "settings", ""))
        return is_wrong(root, "settings", ret_why);
    return read_named(root, "setting", "id value", ret_pairs, ret_why);
}

/* "7c2f80…" in capitals? */
static bool is_mac(struct bk_str text, const struct bk_mac *mac)
{
    char want[BK_MAC_TEXT_SIZE];
    bk_mac_print(mac, &want);
    bool is_same = text.len == strlen(want);
    for (size_t i = 0; is_same && i < text.len; i++)
        is_same = text.ptr[i] == toupper((unsigned char)want[i]);
    return is_same;
}

/* An N510's: texts, and no others, in quotes of their own. */
static bool read_gigaset_frame(const struct bk_file *file, const struct node *root,
                               struct pairs *ret_pairs, struct bk_detail *ret_why)
{
    const struct node *provider = root->child;
    if (!is_branch(root, "ProviderFrame", "") || !is_branch(provider, "Provider", "") ||
        provider->next != NULL)
        return is_wrong(root, "a frame of one provider", ret_why);
    const struct node *mac = provider->child;
    if (!is_bare(mac, "MAC_ADDRESS", "value") || !is_mac(attribute_of(mac, 0), &file->phone->mac))
        return is_wrong(mac, "this phone's MAC", ret_why);
    if (!is_bare(mac->next, "PROFILE_NAME", "class value") || !has_value(mac->next, 0, "string"))
        return is_wrong(mac->next, "the name of the profile", ret_why);
    for (const struct node *node = mac->next->next; node != NULL; node = node->next) {
        if (!is_bare(node, "SYMB_ITEM", "ID class value") || !has_value(node, 1, "symb_item"))
            return is_wrong(node, "an item", ret_why);
        struct bk_str name = attribute_of(node, 0), value = attribute_of(node, 2);
        if (memmem(name.ptr, name.len, ".aucS_", 6) != NULL) {
            if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
                return is_wrong(node, "a text in quotes", ret_why);
            value = bk_str_slice(value, 1, value.len - 1);
        }
        if (bk_str_find(value, '"') >= 0)
            return is_wrong(node, "free of quotes", ret_why);
        pairs_add(ret_pairs, value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

static bool read_gigaset(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                         struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    if (root == NULL)
        return false;
    if (bk_model_has_trait(file->model, BK_STR("frame")))
        return read_gigaset_frame(file, root, ret_pairs, ret_why);
    bool is_base = is_branch(root, "provisioning", "version productID");
    if ((!is_base && !is_branch(root, "provisioning", "version")) || !has_value(root, 0, "1.1") ||
        (is_base && !has_value(root, 1, "e2")))
        return is_wrong(root, "the provisioning of a Gigaset", ret_why);
    if (!is_branch(root->child, "nvm", "") || root->child->next != NULL)
        return is_wrong(root->child, "the only nvm", ret_why);
    return read_named(root->child, "param", "name value", ret_pairs, ret_why);
}

/* "P" and a number: Grandstream's and Htek's. */
static bool are_numbers(const struct node *parent, struct bk_detail *ret_why)
{
    for (const struct node *node = parent->child; node != NULL; node = node->next) {
        bool is_number = node->tag.len > 1 && node->tag.ptr[0] == 'P';
        for (size_t i = 1; i < node->tag.len; i++)
            is_number = is_number && node->tag.ptr[i] >= '0' && node->tag.ptr[i] <= '9';
        if (!is_number)
            return is_wrong(node, "a P-value", ret_why);
    }
    return true;
}

static bool read_htek(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                      struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    (void)file;
    if (root == NULL)
        return false;
    const struct node *config = root->child;
    if (!is_branch(root, "hl_provision", "version") || !has_value(root, 0, "1") ||
        !is_branch(config, "config", "version") || !has_value(config, 0, "1") ||
        config->next != NULL)
        return is_wrong(root, "a provision of one config", ret_why);
    return are_numbers(config, ret_why) && read_leaves(config, ret_pairs, ret_why);
}

/* The attributes of an element, from the first on, as parameters. */
static void add_attributes(const struct node *node, size_t first, int account, const char *inner,
                           struct pairs *ret_pairs)
{
    for (size_t i = first; i < node->attribute_count; i++)
        pairs_add(ret_pairs, attribute_of(node, i), "account.%d.%s%.*s", account, inner,
                  BK_STR_ARG(node->attributes[i].name));
}

/* Accounts in order from 0, each with its two hosts. */
static bool read_digium_accounts(const struct node *accounts, struct pairs *ret_pairs,
                                 struct bk_detail *ret_why)
{
    static const char account_names[] = "index status register account_id username authname "
                                        "password line_label caller_id voicemail",
                      host_names[] = "server port transport reregister";
    int index = 0;
    for (const struct node *node = accounts->child; node != NULL; node = node->next, index++) {
        const struct node *first = node->child, *second = first != NULL ? first->next : NULL;
        char number[16];
        snprintf(number, sizeof number, "%d", index);
        if (!is_branch(node, "account", account_names) || !has_value(node, 0, number) ||
            !is_bare(first, "host_primary", host_names) ||
            !is_bare(second, "host_alternate", host_names) || second->next != NULL)
            return is_wrong(node, "the next account, of two hosts", ret_why);
        add_attributes(node, 1, index, "", ret_pairs);
        add_attributes(first, 0, index, "host_primary.", ret_pairs);
        add_attributes(second, 0, index, "host_alternate.", ret_pairs);
    }
    return true;
}

/* Htek's language, or of the P- and D-series Digium's: settings, then accounts. */
static bool read_sangoma(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                         struct bk_detail *ret_why)
{
    if (file->request.kind != BK_FILE_MASTER)
        return read_htek(file, text, ret_pairs, ret_why);
    const struct node *root = tree_of(text, ret_why);
    if (root == NULL)
        return false;
    if (!is_branch(root, "config", ""))
        return is_wrong(root, "a configuration", ret_why);
    const struct node *node = root->child;
    for (; is_bare(node, "setting", "id value"); node = node->next)
        pairs_add(ret_pairs, attribute_of(node, 1), "%.*s", BK_STR_ARG(attribute_of(node, 0)));
    if (!is_branch(node, "accounts", "") || node->next != NULL)
        return is_wrong(node, "the accounts, which are last", ret_why);
    return read_digium_accounts(node, ret_pairs, ret_why);
}

/* The phone's own MAC in its own file, P-values, then aliases. */
static bool read_grandstream(const struct bk_file *file, struct bk_str text,
                             struct pairs *ret_pairs, struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    char mac[BK_MAC_TEXT_SIZE];
    if (root == NULL)
        return false;
    if (!is_branch(root, "gs_provision", "version") || !has_value(root, 0, "1"))
        return is_wrong(root, "a provision", ret_why);
    const struct node *node = root->child;
    if (file->request.kind == BK_FILE_DEVICE) {
        bk_mac_print(&file->phone->mac, &mac);
        if (!is_leaf(node, "mac", "") || !bk_str_eq(node->text, bk_str_of(mac)))
            return is_wrong(node, "this phone's MAC", ret_why);
        node = node->next;
    }
    if (node != NULL && is_branch(node, "config", "version") && has_value(node, 0, "1")) {
        if (!are_numbers(node, ret_why) || !read_leaves(node, ret_pairs, ret_why))
            return false;
        node = node->next;
    }
    if (node != NULL && is_branch(node, "config", "version") && has_value(node, 0, "2")) {
        for (const struct node *item = node->child; item != NULL; item = item->next) {
            if (!is_leaf(item, "item", "name"))
                return is_wrong(item, "an item", ret_why);
            pairs_add(ret_pairs, item->text, "%.*s", BK_STR_ARG(attribute_of(item, 0)));
        }
        node = node->next;
    }
    return node == NULL || is_wrong(node, "a config in its place", ret_why);
}

/* <tag idx="1" perm="R">value</tag>, then keys, which hold three parameters each. */
static bool read_snom(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                      struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    (void)file;
    if (root == NULL)
        return false;
    const struct node *settings = root->child;
    if (!is_branch(root, "settings", "") || !is_branch(settings, "phone-settings", ""))
        return is_wrong(root, "settings", ret_why);
    for (const struct node *node = settings->child; node != NULL; node = node->next) {
        bool is_one = is_leaf(node, NULL, "perm") && has_value(node, 0, "R");
        if (is_one)
            pairs_add(ret_pairs, node->text, "%.*s", BK_STR_ARG(node->tag));
        else if (is_leaf(node, NULL, "idx perm") && has_value(node, 1, "R"))
            pairs_add(ret_pairs, node->text, "%.*s[%.*s]", BK_STR_ARG(node->tag),
                      BK_STR_ARG(attribute_of(node, 0)));
        else
            return is_wrong(node, "a setting that its user cannot change", ret_why);
    }
    const struct node *keys = settings->next;
    if (keys == NULL)
        return true;
    if (!is_branch(keys, "functionKeys", "") || keys->next != NULL)
        return is_wrong(keys, "the keys", ret_why);
    for (const struct node *key = keys->child; key != NULL; key = key->next) {
        if (!is_leaf(key, "fkey", "idx context label perm") || !has_value(key, 3, ""))
            return is_wrong(key, "a key", ret_why);
        struct bk_str index = attribute_of(key, 0);
        pairs_add(ret_pairs, attribute_of(key, 1), "fkey[%.*s].context", BK_STR_ARG(index));
        pairs_add(ret_pairs, attribute_of(key, 2), "fkey[%.*s].label", BK_STR_ARG(index));
        pairs_add(ret_pairs, key->text, "fkey[%.*s]", BK_STR_ARG(index));
    }
    return true;
}

/* <Object>, its <Name>, and <ParameterValueStruct>s of name and value; no value: the default. */
static bool read_obihai_object(const struct node *object, struct pairs *ret_pairs,
                               struct bk_detail *ret_why)
{
    const struct node *name = object->child;
    if (!is_leaf(name, "Name", "") || !bk_str_ends(name->text, BK_STR(".")))
        return is_wrong(name, "the name of an object", ret_why);
    for (const struct node *node = name->next; node != NULL; node = node->next) {
        const struct node *own = node->child;
        if (!is_branch(node, "ParameterValueStruct", "") || !is_leaf(own, "Name", "") ||
            own->text.len == 0)
            return is_wrong(node, "a parameter", ret_why);
        const struct node *value = own->next;
        bool is_default = is_bare(value, "Value", "X_UseDefault") && has_value(value, 0, "Yes");
        bool is_set = is_leaf(value, "Value", "") && value->text.len > 0;
        if ((!is_default && !is_set) || value->next != NULL)
            return is_wrong(value, "a value", ret_why);
        pairs_add(ret_pairs, value->text, "%.*s%.*s", BK_STR_ARG(name->text),
                  BK_STR_ARG(own->text));
    }
    return true;
}

static bool read_obihai(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                        struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    (void)file;
    if (root == NULL)
        return false;
    if (!is_branch(root, "ParameterList", ""))
        return is_wrong(root, "a list", ret_why);
    for (const struct node *node = root->child; node != NULL; node = node->next) {
        if (!is_branch(node, "Object", ""))
            return is_wrong(node, "an object", ret_why);
        if (!read_obihai_object(node, ret_pairs, ret_why))
            return false;
    }
    return true;
}

/* Groups in groups, each but once where it stands; the leaves are <param name="…" value="…"/>. */
static bool read_dinstar_group(const struct node *group, const char *path, struct pairs *ret_pairs,
                               struct bk_detail *ret_why)
{
    char inner[256];
    for (const struct node *node = group->child; node != NULL; node = node->next) {
        if (is_bare(node, "param", "name value")) {
            pairs_add(ret_pairs, attribute_of(node, 1), "%s%.*s", path,
                      BK_STR_ARG(attribute_of(node, 0)));
            continue;
        }
        if (!is_branch(node, NULL, "") || node->child == NULL)
            return is_wrong(node, "a group", ret_why);
        for (const struct node *before = group->child; before != node; before = before->next) {
            if (bk_str_eq(before->tag, node->tag))
                return is_wrong(node, "the only group of its name", ret_why);
        }
        snprintf(inner, sizeof inner, "%s%.*s/", path, BK_STR_ARG(node->tag));
        if (!read_dinstar_group(node, inner, ret_pairs, ret_why))
            return false;
    }
    return true;
}

/* A first index names no address where there is a password to be learnt. */
static bool is_dinstar_index(const struct bk_file *file, const struct node *root)
{
    const struct bk_phone *phone = file->phone;
    const bool stays = phone->is_bootstrap && phone->provisioning_user.len > 0;
    const struct bk_str url = stays ? BK_STR_NONE : phone->provisioning_url;
    const struct node *product = root->child;
    const struct node *config = product != NULL ? product->child : NULL;
    return is_branch(root, "provision", "version") && has_value(root, 0, "2.0") &&
           is_branch(product, "product", "id url force") && product->next == NULL &&
           bk_str_eq(attribute_of(product, 0), file->request.model_code) &&
           bk_str_eq(attribute_of(product, 1), url) && has_value(product, 2, "false") &&
           is_bare(config, "ConfigFile", "name action reboot") && config->next == NULL &&
           has_value(config, 0, "$(MA).cfg") && has_value(config, 1, "merge") &&
           has_value(config, 2, "never");
}

static bool read_dinstar(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                         struct bk_detail *ret_why)
{
    const struct node *root = tree_of(text, ret_why);
    if (root == NULL)
        return false;
    if (file->request.kind == BK_FILE_INDEX)
        return is_dinstar_index(file, root) || is_wrong(root, "the index", ret_why);
    if (!is_branch(root, "config", "version md5") || !has_value(root, 0, "5.8") ||
        !has_value(root, 1, " "))
        return is_wrong(root, "a configuration", ret_why);
    return read_dinstar_group(root, "", ret_pairs, ret_why);
}

read_fn *xml_reader_of(const struct bk_vendor *vendor)
{
    static const struct {
        const char *maker;
        read_fn *read;
    } readers[] = {{"poly", read_poly},       {"cisco", read_cisco},
                   {"alcatel", read_alcatel}, {"gigaset", read_gigaset},
                   {"htek", read_htek},       {"sangoma", read_sangoma},
                   {"snom", read_snom},       {"grandstream", read_grandstream},
                   {"obihai", read_obihai},   {"dinstar", read_dinstar}};
    for (size_t i = 0; i < BK_COUNT(readers); i++) {
        if (strcmp(vendor->name, readers[i].maker) == 0)
            return readers[i].read;
    }
    return NULL;
}
