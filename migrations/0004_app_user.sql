-- 0004 app_user: people, what they may do in which tenant, and tokens of machines.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.api_token, app.membership, app.app_user.

set local role beckon_owner;

-- A person may serve several tenants (a reseller's staff), so the row is no tenant's.
create table app.app_user (
    user_id       bigint      not null generated always as identity,
    email         text        not null, -- lower case
    display_name  text        not null default '',
    password_hash text,                 -- null: signs in through an OIDC issuer only
    oidc_issuer   text,
    oidc_subject  text,
    is_operator   boolean     not null default false,
    status        text        not null default 'active',
    failed_count  integer     not null default 0,
    locked_until  timestamptz,
    last_login_at timestamptz,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    constraint app_user_pk           primary key (user_id),
    constraint app_user_email_uq     unique (email),
    constraint app_user_oidc_uq      unique (oidc_issuer, oidc_subject),
    constraint app_user_email_ck     check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'
                                            and app.is_text(email, 254)),
    constraint app_user_name_ck      check (app.is_text(display_name, 128)),
    constraint app_user_password_ck  check (password_hash ~ '^[$][a-z0-9-]+[$]'
                                            and app.is_text(password_hash, 255)),
    constraint app_user_oidc_ck      check ((oidc_issuer is null) = (oidc_subject is null)
                                            and app.is_text(oidc_issuer, 255)
                                            and app.is_text(oidc_subject, 255)),
    constraint app_user_status_ck    check (status in ('active', 'disabled')),
    constraint app_user_failed_ck    check (failed_count >= 0)
);

create table app.membership (
    tenant_id  bigint      not null,
    user_id    bigint      not null,
    role       text        not null,
    created_at timestamptz not null default now(),
    constraint membership_pk        primary key (tenant_id, user_id),
    constraint membership_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint membership_user_fk   foreign key (user_id) references app.app_user on delete cascade,
    -- "operator" is no membership: app_user.is_operator
    constraint membership_role_ck   check (role in ('admin', 'technician', 'viewer'))
);
create index membership_user_ix on app.membership (user_id);

create table app.api_token (
    tenant_id    bigint      not null,
    token_id     bigint      not null generated always as identity,
    token_hash   bytea       not null, -- SHA-256 of the token: 256 random bits need no slow hash
    label        text        not null default '',
    role         text        not null,
    created_by   bigint,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    created_at   timestamptz not null default now(),
    constraint api_token_pk        primary key (tenant_id, token_id),
    constraint api_token_hash_uq   unique (token_hash), -- over all tenants: it is how a token is found
    constraint api_token_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint api_token_user_fk   foreign key (created_by) references app.app_user on delete set null,
    constraint api_token_hash_ck   check (octet_length(token_hash) = 32),
    constraint api_token_label_ck  check (app.is_text(label, 128)),
    constraint api_token_role_ck   check (role in ('admin', 'technician', 'viewer'))
);
create index api_token_user_ix on app.api_token (created_by);

select app.protect('app.membership'), app.protect('app.api_token');

-- A tenant sees the people who serve it, without their hashes. Login, invitation and lock-out look
-- across tenants and go through listed functions.
alter table app.app_user enable row level security;
alter table app.app_user force row level security;
create policy app_user_tenant on app.app_user for select
    using (exists (select from app.membership as m
                    where m.tenant_id = app.current_tenant_id() and m.user_id = app_user.user_id));
grant select, insert, update, delete on app.app_user to beckon_cross;
grant select (user_id, email, display_name, status, last_login_at, created_at, updated_at)
    on app.app_user to beckon_api, beckon_operator;

reset role;
