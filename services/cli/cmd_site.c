/*
 * beckon site add, addresses, list: where a tenant's phones stand, and which networks they come
 * from. Settings of a site: `beckon setting set --site`.
 */
#include "base/cidr.h"
#include "commands.h"
#include "spec.h"
#include "store/store_site.h"

enum { ADDRESS_MAX = 32 };

/* PostgreSQL's cidr takes no bits behind the prefix. */
static bool is_network(struct bk_str text, struct bk_cidr *cidr)
{
    if (bk_cidr_parse(text, cidr) != BK_OK)
        return false;
    for (int bit = cidr->prefix_bits; bit < 128; bit++) {
        if ((cidr->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return false;
    }
    return true;
}

/* Networks as JSON, each judged; NULL after an error. */
static json_t *addresses_json(struct cli *cli, const char *const *texts, size_t count)
{
    json_t *addresses = json_array();
    if (count > ADDRESS_MAX) {
        bk_detail_set(&cli->detail, "a site has at most %d networks, not %zu", ADDRESS_MAX, count);
        json_decref(addresses);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct bk_cidr cidr;
        if (!is_network(bk_str_of(texts[i]), &cidr)) {
            bk_detail_set(
                &cli->detail,
                "\"%.64s\" is no network; want 192.0.2.0/24, 2001:db8::/48 or one address",
                texts[i]);
            json_decref(addresses);
            return NULL;
        }
        json_array_append_new(addresses, json_string(texts[i]));
    }
    return addresses;
}

static const struct cli_column columns[] = {{"name", "site"},          {"time_zone", "time zone"},
                                            {"country", "country"},    {"devices", "devices"},
                                            {"addresses", "networks"}, {0}};

static enum bk_err check_name(struct cli *cli, struct bk_str *ret_name)
{
    *ret_name = bk_str_of(cli_operand(cli, 0));
    cli->subject = bk_arena_printf(cli->arena, "site %.*s",
                                   ret_name->len > 64 ? 64 : (int)ret_name->len, ret_name->ptr)
                       .ptr;
    return cli_text_check("NAME", *ret_name, 128, false, &cli->detail);
}

static enum bk_err finish(struct cli *cli, enum bk_err err, const struct cli_tenant *tenant,
                          const char *action, struct bk_str name, json_t *addresses)
{
    json_t *answer = json_object();
    json_object_set_new(answer, "name", cli_json_text(name));
    json_object_set_new(answer, "addresses", addresses);
    if (err == BK_OK)
        err = cli_audit(cli, tenant->tenant_id, action, name, json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, answer, NULL, columns, NULL);
    else
        json_decref(answer);
    return err;
}

/* ---- add ---- */

static const struct cli_option add_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"address", CLI_REPEATED, false, "NETWORK", "a network that its phones come from"},
    {0},
};

static enum bk_err run_add(struct cli *cli)
{
    const char *texts[ADDRESS_MAX + 1], *text;
    size_t count = 0, cursor = 0;
    struct cli_tenant tenant;
    struct bk_str name;
    int64_t site_id;
    enum bk_err err = check_name(cli, &name);
    if (err != BK_OK)
        return err;
    while (count <= ADDRESS_MAX && (text = cli_args_next(&cli->args, "address", &cursor)) != NULL)
        texts[count++] = text;
    json_t *addresses = addresses_json(cli, texts, count);
    if (addresses == NULL)
        return BK_ERR_INVALID;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_site_add(&store, tenant.tenant_id, name,
                                cli_json_dump(cli->arena, addresses), &site_id);
    return finish(cli, err, &tenant, "site.add", name, addresses);
}

const struct cli_command cli_cmd_site_add = {
    .name = "site add",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add a place where phones stand",
    .text = "Adds a site, with the networks its phones come from as far as they are known: the "
            "policy may\n"
            "let phones without a certificate begin from there only (`beckon policy set "
            "enrolment=address`).",
    .example =
        "beckon site add --tenant acme bonn --address 192.0.2.0/24 --address 2001:db8:7::/48",
    .run = run_add,
};

/* ---- addresses ---- */

static const struct cli_option tenant_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

static enum bk_err run_addresses(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str name;
    enum bk_err err = check_name(cli, &name);
    if (err != BK_OK)
        return err;
    json_t *addresses = addresses_json(cli, cli->args.operands + 1, cli->args.operand_count - 1);
    if (addresses == NULL)
        return BK_ERR_INVALID;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_site_set_addresses(&store, tenant.tenant_id, name,
                                          cli_json_dump(cli->arena, addresses));
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "tenant %.*s has no such site; `beckon site list` lists them",
                      BK_STR_ARG(tenant.name));
    return finish(cli, err, &tenant, "site.addresses", name, addresses);
}

const struct cli_command cli_cmd_site_addresses = {
    .name = "site addresses",
    .operands = "NAME [NETWORK…]",
    .operand_min = 1,
    .operand_max = ADDRESS_MAX + 2,
    .options = tenant_options,
    .summary = "say which networks a site's phones come from",
    .text = "Writes the list of a site's networks anew, at most 32; without any it is emptied.",
    .example = "beckon site addresses --tenant acme bonn 192.0.2.0/24 198.51.100.7",
    .run = run_addresses,
};

/* ---- list ---- */

static enum bk_err run_list(struct cli *cli)
{
    return cli_list(cli, bk_store_site_list, "sites", columns,
                    "no site; `beckon site add` makes one");
}

const struct cli_command cli_cmd_site_list = {
    .name = "site list",
    .operands = "",
    .options = tenant_options,
    .summary = "list a tenant's sites",
    .text =
        "Lists sites with their networks. JSON: {\"sites\": [{site_id, name, time_zone, country,\n"
        "addresses, devices}]}.",
    .example = "beckon site list --tenant acme",
    .run = run_list,
};
