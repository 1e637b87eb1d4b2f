-- 0011 trust: whose certificates prove a phone, which never do, and secrets of phones without any.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.enrolment, app.blocked_certificate, app.trust_root_version, app.trust_root;
--       drop function app.trust_root_changed(), app.is_cert_rules(text[]).

set local role beckon_owner;

create function app.is_cert_rules(p_rules text[]) returns boolean
    language sql immutable parallel safe
    return cardinality(p_rules) between 1 and 16 and array_position(p_rules, null) is null
       and (select bool_and(one ~ '^[a-z][a-z0-9-]{0,63}$') from unnest(p_rules) as one);
grant execute on function app.is_cert_rules(text[]) to beckon_cross, beckon_api, beckon_operator;

-- tenant_id null: the operator's, vouches for the devices of its maker in every tenant; else a
-- tenant's own, for that tenant only. root_id is the key alone: TLS knows the root before the tenant.
create table app.trust_root (
    tenant_id   bigint,
    root_id     bigint      not null generated always as identity,
    name        text        not null,
    maker       text        not null, -- device.vendor
    rules       text[]      not null, -- where this CA writes the MAC: bk_cert_rule.name
    certificate bytea       not null, -- DER
    sha256      bytea       not null generated always as (sha256(certificate)) stored,
    not_after   timestamptz not null,
    is_enabled  boolean     not null default true,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    constraint trust_root_pk        primary key (root_id),
    constraint trust_root_sha256_uq unique nulls not distinct (tenant_id, sha256),
    constraint trust_root_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint trust_root_name_ck   check (name <> '' and app.is_text(name, 255)),
    constraint trust_root_maker_ck  check (maker ~ '^[a-z][a-z0-9_]{0,31}$'),
    constraint trust_root_rules_ck  check (app.is_cert_rules(rules)),
    constraint trust_root_certificate_ck check (octet_length(certificate) between 64 and 16384
                                                and get_byte(certificate, 0) = 48) -- SEQUENCE
);

-- Raised in the transaction of any change, so that a reader that sees it sees the change too.
create table app.trust_root_version (
    one     boolean not null default true,
    version bigint  not null default 1,
    constraint trust_root_version_pk     primary key (one),
    constraint trust_root_version_one_ck check (one)
);
insert into app.trust_root_version default values;
create function app.trust_root_changed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.trust_root_version set version = version + 1;
    return null;
end
$$;
create trigger trust_root_changed after insert or update or delete or truncate on app.trust_root
    for each statement execute function app.trust_root_changed();

-- Certificates that prove nothing any more. tenant_id null: to nobody.
create table app.blocked_certificate (
    tenant_id   bigint,
    blocked_id  bigint      not null generated always as identity,
    fingerprint bytea       not null, -- SHA-256 of the certificate
    note        text        not null default '',
    created_at  timestamptz not null default now(),
    constraint blocked_certificate_pk        primary key (blocked_id),
    constraint blocked_certificate_uq        unique nulls not distinct (fingerprint, tenant_id),
    constraint blocked_certificate_tenant_fk foreign key (tenant_id) references app.tenant
                                             on delete cascade,
    constraint blocked_certificate_fingerprint_ck check (octet_length(fingerprint) = 32),
    constraint blocked_certificate_note_ck   check (app.is_text(note, 255))
);
create index blocked_certificate_tenant_ix on app.blocked_certificate (tenant_id);

-- A phone without a certificate enrols with a secret of its own, in the URL or as Basic/Digest.
create table app.enrolment (
    tenant_id    bigint      not null,
    enrolment_id bigint      not null generated always as identity,
    device_id    bigint      not null,
    method       text        not null,
    username     text        not null default '',
    secret_hash  bytea, -- SHA-256 of a random secret; for 'url' and 'basic'
    secret       bytea, -- sealed at "<tenant>/enrolment.secret/<enrolment_id>"; Digest needs it plain
    valid_until  timestamptz not null,
    used_count   integer     not null default 0,
    use_max      integer     not null default 1,
    failed_count integer     not null default 0,
    created_at   timestamptz not null default now(),
    constraint enrolment_pk          primary key (tenant_id, enrolment_id),
    constraint enrolment_hash_uq     unique (tenant_id, secret_hash),
    constraint enrolment_device_fk   foreign key (tenant_id, device_id) references app.device
                                     on delete cascade,
    constraint enrolment_method_ck   check (method in ('url', 'basic', 'digest')),
    constraint enrolment_username_ck check (app.is_text(username, 64)),
    constraint enrolment_hash_ck     check (octet_length(secret_hash) = 32),
    constraint enrolment_secret_ck   check (app.is_sealed(secret)),
    constraint enrolment_one_ck      check (case method when 'digest' then secret is not null
                                                        else secret_hash is not null end),
    constraint enrolment_use_ck      check (use_max between 1 and 1000
                                            and used_count between 0 and use_max
                                            and failed_count >= 0)
);
create index enrolment_device_ix on app.enrolment (tenant_id, device_id);

select app.protect('app.trust_root'), app.protect('app.blocked_certificate'),
       app.protect('app.enrolment');
grant select, update on app.trust_root_version to beckon_cross;

reset role;

grant create on schema app to beckon_cross;
alter function app.trust_root_changed() owner to beckon_cross;
revoke create on schema app from beckon_cross;
