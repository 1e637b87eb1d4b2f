-- 0007 profile: a settings layer that many devices share, usually those of one model.
-- Locks: new objects only.  Backfill: none.  Undo: drop table app.profile.

set local role beckon_owner;

create table app.profile (
    tenant_id  bigint      not null,
    profile_id bigint      not null generated always as identity,
    name       text        not null,
    vendor     text        not null default '', -- what it is meant for; empty: any
    model      text        not null default '',
    settings   jsonb       not null default '{}',
    locks      text[]      not null default '{}',
    raw        jsonb       not null default '{}',
    json text not null generated always as (
        app.layer_json('profile', profile_id, settings, locks, raw)) stored,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint profile_pk          primary key (tenant_id, profile_id),
    constraint profile_name_uq     unique (tenant_id, name),
    constraint profile_tenant_fk   foreign key (tenant_id) references app.tenant on delete cascade,
    constraint profile_name_ck     check (name <> '' and app.is_text(name, 128)),
    constraint profile_vendor_ck   check (vendor ~ '^([a-z][a-z0-9_]{0,31})?$'),
    constraint profile_model_ck    check (app.is_text(model, 64)),
    constraint profile_settings_ck check (app.is_layer_settings(settings)),
    constraint profile_locks_ck    check (app.is_locks(locks)),
    constraint profile_raw_ck      check (app.is_layer_raw(raw))
);

select app.protect('app.profile');

reset role;
