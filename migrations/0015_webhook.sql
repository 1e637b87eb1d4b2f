-- 0015 webhook: where a tenant wants to be told of events; and answers kept for repeated requests.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.idempotency, app.webhook_delivery, app.webhook.

set local role beckon_owner;

create table app.webhook (
    tenant_id  bigint      not null,
    webhook_id bigint      not null generated always as identity,
    url        text        not null,
    events     text[]      not null,
    secret     bytea       not null, -- sealed at "<tenant>/webhook.secret/<webhook_id>": signs what is sent
    is_enabled boolean     not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint webhook_pk        primary key (tenant_id, webhook_id),
    constraint webhook_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint webhook_url_ck    check (url ~ '^https://[^\s]+$' and app.is_text(url, 1024)),
    constraint webhook_events_ck check (cardinality(events) between 1 and 64 and app.is_locks(events)),
    constraint webhook_secret_ck check (app.is_sealed(secret))
);

create table app.webhook_delivery (
    tenant_id     bigint      not null,
    delivery_id   bigint      not null generated always as identity,
    webhook_id    bigint      not null,
    event         text        not null,
    body          jsonb       not null,
    attempt_count integer     not null default 0,
    due_at        timestamptz not null default now(),
    delivered_at  timestamptz,
    failed_at     timestamptz, -- given up
    last_error    text        not null default '',
    created_at    timestamptz not null default now(),
    constraint webhook_delivery_pk         primary key (tenant_id, delivery_id),
    constraint webhook_delivery_webhook_fk foreign key (tenant_id, webhook_id) references app.webhook
                                           on delete cascade,
    constraint webhook_delivery_event_ck   check (event ~ '^[a-z][a-z0-9_.]{0,63}$'),
    constraint webhook_delivery_body_ck    check (octet_length(body::text) <= 65536),
    constraint webhook_delivery_attempt_ck check (attempt_count between 0 and 1000),
    constraint webhook_delivery_error_ck   check (app.is_text(last_error, 255))
) with (fillfactor = 70);
create index webhook_delivery_due_ix on app.webhook_delivery (due_at)
    where delivered_at is null and failed_at is null;
create index webhook_delivery_webhook_ix on app.webhook_delivery (tenant_id, webhook_id);

-- Idempotency-Key: the answer of the first request, for 24 hours.
create table app.idempotency (
    tenant_id       bigint      not null,
    idempotency_key text        not null,
    request_hash    bytea       not null, -- SHA-256 of method, path, body: the same key for another is an error
    status          integer,              -- null: the first request is still at work
    response        jsonb,
    created_at      timestamptz not null default now(),
    constraint idempotency_pk          primary key (tenant_id, idempotency_key),
    constraint idempotency_tenant_fk   foreign key (tenant_id) references app.tenant on delete cascade,
    constraint idempotency_key_ck      check (idempotency_key <> '' and app.is_text(idempotency_key, 255)),
    constraint idempotency_hash_ck     check (octet_length(request_hash) = 32),
    constraint idempotency_status_ck   check (status between 200 and 599),
    constraint idempotency_response_ck check (octet_length(response::text) <= 65536)
);
create index idempotency_created_ix on app.idempotency (created_at);

select app.protect('app.webhook'), app.protect('app.webhook_delivery'), app.protect('app.idempotency');
revoke insert, update, delete on app.webhook_delivery from beckon_api, beckon_operator;
grant insert on app.webhook_delivery to beckon_api, beckon_operator;
grant insert, update, delete on app.webhook_delivery to beckon_notifier;

reset role;
