-- 0005 pbx: what phones are told of a telephone system (phone side), and how Beckon talks to it
-- (control side), in tables of their own: a change of one is no change of the other.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.pbx_lease, app.pbx_control, app.pbx; drop function app.is_servers(jsonb).

set local role beckon_owner;

-- [{"host": "sip.example", "port": 5060}], best first, at most two; port 0: the transport's default.
create function app.is_servers(p_servers jsonb) returns boolean
    language plpgsql immutable parallel safe as
$$
declare
    v_one jsonb;
begin
    if jsonb_typeof(p_servers) <> 'array' or jsonb_array_length(p_servers) > 2 then
        return false;
    end if;
    for v_one in select value from jsonb_array_elements(p_servers) loop
        if jsonb_typeof(v_one) <> 'object' or v_one - 'host' - 'port' <> '{}'
           or jsonb_typeof(v_one -> 'host') is distinct from 'string'
           or not app.is_host(v_one ->> 'host')
           or jsonb_typeof(v_one -> 'port') is distinct from 'number'
           or v_one ->> 'port' !~ '^[0-9]{1,5}$' or (v_one ->> 'port')::integer > 65535 then
            return false;
        end if;
    end loop;
    return true;
end
$$;
grant execute on function app.is_servers(jsonb) to beckon_cross, beckon_api, beckon_operator;

create table app.pbx (
    tenant_id  bigint      not null,
    pbx_id     bigint      not null generated always as identity,
    name       text        not null,
    domain     text        not null, -- SIP domain; may differ from the registrar's host
    registrars jsonb       not null default '[]', -- empty: whatever the domain resolves to
    proxies    jsonb       not null default '[]',
    transport  text        not null default 'udp',
    srtp       text        not null default 'off',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- As a worker decodes it, from after the domain, which an extension may replace.
    json       text        not null generated always as (
        ',"transport":"' || transport || '","srtp":"' || srtp || '"'
        || ',"registrars":' || registrars::text
        || ',"proxies":' || proxies::text || '}') stored,
    constraint pbx_pk            primary key (tenant_id, pbx_id),
    constraint pbx_name_uq       unique (tenant_id, name),
    constraint pbx_tenant_fk     foreign key (tenant_id) references app.tenant on delete cascade,
    constraint pbx_name_ck       check (name <> '' and app.is_text(name, 128)),
    constraint pbx_domain_ck     check (app.is_host(domain)),
    constraint pbx_registrars_ck check (app.is_servers(registrars)),
    constraint pbx_proxies_ck    check (app.is_servers(proxies)),
    constraint pbx_transport_ck  check (transport in ('udp', 'tcp', 'tls', 'naptr')),
    constraint pbx_srtp_ck       check (srtp in ('off', 'optional', 'required'))
);

create table app.pbx_control (
    tenant_id     bigint      not null,
    pbx_id        bigint      not null,
    driver        text        not null, -- a folder of libcommon/pbx
    address       text        not null default '', -- host:port or URL, as the driver reads it
    username      text        not null default '',
    secret        bytea, -- sealed at "<tenant>/pbx_control.secret/<pbx_id>"
    options       jsonb       not null default '{}', -- the driver's own option rows
    rate_per_s    numeric     not null default 2,
    in_flight_max integer     not null default 5,
    is_enabled    boolean     not null default true,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    constraint pbx_control_pk           primary key (tenant_id, pbx_id),
    constraint pbx_control_pbx_fk       foreign key (tenant_id, pbx_id) references app.pbx
                                        on delete cascade,
    constraint pbx_control_driver_ck    check (driver ~ '^[a-z][a-z0-9_]{0,31}$'),
    constraint pbx_control_address_ck   check (app.is_text(address, 255)),
    constraint pbx_control_username_ck  check (app.is_text(username, 128)),
    constraint pbx_control_secret_ck    check (app.is_sealed(secret)),
    constraint pbx_control_options_ck   check (app.is_settings(options, 8192)),
    constraint pbx_control_rate_ck      check (rate_per_s between 0.01 and 1000),
    constraint pbx_control_in_flight_ck check (in_flight_max between 1 and 1000)
);

-- Which notifier works a PBX, so that its rate, breaker and connections live in one process. Every
-- write on a job carries the fence; a lease is never given back, it ends or is taken over.
create table app.pbx_lease (
    tenant_id     bigint      not null,
    pbx_id        bigint      not null,
    owner         text        not null default '',
    fence         bigint      not null default 0,
    leased_until  timestamptz not null default '-infinity',
    breaker       text        not null default 'closed',
    breaker_until timestamptz,
    failed_count  integer     not null default 0,
    constraint pbx_lease_pk         primary key (tenant_id, pbx_id),
    constraint pbx_lease_pbx_fk     foreign key (tenant_id, pbx_id) references app.pbx
                                    on delete cascade,
    constraint pbx_lease_owner_ck   check (app.is_text(owner, 128)),
    constraint pbx_lease_fence_ck   check (fence >= 0),
    constraint pbx_lease_breaker_ck check (breaker in ('closed', 'open', 'probing')),
    constraint pbx_lease_failed_ck  check (failed_count >= 0)
) with (fillfactor = 70);

select app.protect('app.pbx'), app.protect('app.pbx_control'), app.protect('app.pbx_lease');
revoke insert, update, delete on app.pbx_lease from beckon_api, beckon_operator;

reset role;
