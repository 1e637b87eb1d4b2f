-- 0006 extension: one account on a PBX; any number of devices may hold it.
-- Locks: new objects only.  Backfill: none.  Undo: drop table app.extension.

set local role beckon_owner;

create table app.extension (
    tenant_id      bigint      not null,
    extension_id   bigint      not null generated always as identity,
    pbx_id         bigint      not null,
    domain         text        not null default '', -- SIP domain, where it is not the PBX's
    number         text        not null,
    auth_id        text        not null default '', -- empty: the number
    -- All three sealed at "<tenant>/extension.<column>/<extension_id>". `secret` is what phones get;
    -- a new one waits in pending_secret until the PBX has it, so that no phone loses its account.
    secret         bytea       not null,
    pending_secret bytea,
    pin            bytea,
    display_name   text        not null default '',
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    -- As a worker decodes it: made once when written, since every fetch needs it.
    json           text        not null generated always as (
        ',"extension_id":' || extension_id::text || ',"number":' || app.json_text(number)
        || ',"auth_id":' || app.json_text(case auth_id when '' then number else auth_id end)
        || ',"display_name":' || app.json_text(display_name)
        || ',"secret":"' || replace(encode(secret, 'base64'), E'\n', '') || '"') stored,
    constraint extension_pk         primary key (tenant_id, extension_id),
    constraint extension_number_uq  unique (tenant_id, pbx_id, domain, number),
    constraint extension_pbx_fk     foreign key (tenant_id, pbx_id) references app.pbx,
    constraint extension_domain_ck  check (domain = '' or app.is_host(domain)),
    constraint extension_number_ck  check (number <> '' and app.is_text(number, 64)
                                           and number !~ '[\s"<>@]'),
    constraint extension_auth_id_ck check (app.is_text(auth_id, 128)),
    constraint extension_secret_ck  check (app.is_sealed(secret)),
    constraint extension_pending_secret_ck check (app.is_sealed(pending_secret)),
    constraint extension_pin_ck     check (app.is_sealed(pin)),
    constraint extension_name_ck    check (app.is_text(display_name, 128))
);
create index extension_search_ix on app.extension (tenant_id, number text_pattern_ops);

select app.protect('app.extension');

reset role;
