/* The commands of the table in main.c, one file cmd_<name>.c each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli.h"
#include "vendor/cert_rule.h"

extern const struct cli_command cli_cmd_migrate, cli_cmd_check, cli_cmd_keys_new, cli_cmd_keys_jwt,
    cli_cmd_keys_rotate, cli_cmd_maintain;
extern const struct cli_command cli_cmd_tenant_add, cli_cmd_tenant_list;
extern const struct cli_command cli_cmd_pbx_add, cli_cmd_pbx_control, cli_cmd_pbx_list;
extern const struct cli_command cli_cmd_extension_add, cli_cmd_extension_list;
extern const struct cli_command cli_cmd_device_add, cli_cmd_device_import, cli_cmd_device_list,
    cli_cmd_device_show;
extern const struct cli_command cli_cmd_setting_set, cli_cmd_setting_list;
extern const struct cli_command cli_cmd_trust_root_import, cli_cmd_trust_root_list;
extern const struct cli_command cli_cmd_device_accept, cli_cmd_device_block, cli_cmd_device_arm,
    cli_cmd_device_enrol, cli_cmd_device_disarm, cli_cmd_anomaly_list;
extern const struct cli_command cli_cmd_certificate_block, cli_cmd_certificate_unblock,
    cli_cmd_certificate_list;
extern const struct cli_command cli_cmd_policy_show, cli_cmd_policy_set;
extern const struct cli_command cli_cmd_site_add, cli_cmd_site_addresses, cli_cmd_site_list;
extern const struct cli_command cli_cmd_key_template_add, cli_cmd_key_template_set,
    cli_cmd_key_template_use, cli_cmd_key_template_list, cli_cmd_key_template_show,
    cli_cmd_key_template_delete;
extern const struct cli_command cli_cmd_key_rule_set, cli_cmd_key_rule_list,
    cli_cmd_key_rule_preview;
extern const struct cli_command cli_cmd_refusals;
extern const struct cli_command cli_cmd_cert_rule_add, cli_cmd_cert_rule_list,
    cli_cmd_cert_rule_delete;
extern const struct cli_command cli_cmd_upload_list, cli_cmd_upload_show, cli_cmd_upload_delete;
extern const struct cli_command cli_cmd_visits, cli_cmd_render, cli_cmd_explain, cli_cmd_identify;
extern const struct cli_command cli_cmd_ban_list, cli_cmd_ban_add, cli_cmd_ban_lift;
extern const struct cli_command cli_cmd_user_add, cli_cmd_user_list, cli_cmd_user_password,
    cli_cmd_user_disable, cli_cmd_user_enable;

/* cmd_cert_rule.c: the operator's own issuer rules, within the transaction; the caller frees. */
BK_MUST_USE enum bk_err cli_cert_rules_read(struct cli *cli, struct bk_cert_rules *ret_rules);

#endif
