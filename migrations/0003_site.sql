-- 0003 site: a place where phones stand; a settings layer.
-- Locks: new objects only.  Backfill: none.  Undo: drop table app.site.

set local role beckon_owner;

create table app.site (
    tenant_id         bigint      not null,
    site_id           bigint      not null generated always as identity,
    name              text        not null,
    time_zone         text        not null default '', -- IANA; counts as time.zone of this layer
    country           text        not null default '', -- ISO 3166-1 alpha-2; as ui.tone_country
    emergency_address jsonb       not null default '{}', -- civic address, RFC 5139 names: {"A3": "Bonn"}
    settings          jsonb       not null default '{}',
    locks             text[]      not null default '{}',
    raw               jsonb       not null default '{}',
    json              text        not null generated always as ( -- with the site's own facts
        app.layer_json('site', site_id,
                       case when time_zone = '' then '{}'
                            else ('{"time.zone":"' || time_zone || '"}')::jsonb end
                       || case when country = '' then '{}'
                               else ('{"ui.tone_country":"' || country || '"}')::jsonb end
                       || settings,
                       locks, raw)) stored,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    constraint site_pk           primary key (tenant_id, site_id),
    constraint site_name_uq      unique (tenant_id, name),
    constraint site_tenant_fk    foreign key (tenant_id) references app.tenant on delete cascade,
    constraint site_name_ck      check (name <> '' and app.is_text(name, 128)),
    constraint site_time_zone_ck check (time_zone ~ '^([A-Za-z][A-Za-z0-9_+/-]{0,63})?$'),
    constraint site_country_ck   check (country ~ '^([A-Z]{2})?$'),
    constraint site_address_ck   check (jsonb_typeof(emergency_address) = 'object'
                                        and octet_length(emergency_address::text) <= 2048),
    constraint site_settings_ck  check (app.is_layer_settings(settings)),
    constraint site_locks_ck     check (app.is_locks(locks)),
    constraint site_raw_ck       check (app.is_layer_raw(raw))
);

select app.protect('app.site');

reset role;
