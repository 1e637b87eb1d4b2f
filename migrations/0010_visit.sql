-- 0010 visit: every fetch and refusal, by day; and strangers, whom no tenant knows.
-- Locks: new objects only.  Backfill: none.  Undo: drop table app.visit, app.stranger.

set local role beckon_owner;

-- No foreign keys: history outlives devices, and a check per row would double what a visit costs.
-- bk.visits_record leaves out rows of unknown tenants. Partitions: bk.maintain.
create table app.visit (
    tenant_id   bigint      not null,
    at          timestamptz not null,
    visit_id    bigint      not null generated always as identity,
    device_id   bigint,           -- null: refused, and no device of this tenant
    mac         macaddr,          -- what the certificate proved, else what the path claimed
    source      inet        not null,
    listener    text        not null,
    kind        text        not null, -- bk_file_kind_name
    path        text        not null,
    status      integer     not null,
    reason      text,             -- null: served
    user_agent  text        not null default '',
    model       text        not null default '',
    firmware    text        not null default '',
    fingerprint bytea,
    revision    bigint,
    bytes       integer     not null default 0,
    duration_us integer     not null default 0,
    request_id  text        not null default '',
    constraint visit_pk             primary key (tenant_id, at, visit_id),
    constraint visit_listener_ck    check (char_length(listener) <= 64),
    constraint visit_kind_ck        check (char_length(kind) <= 32),
    constraint visit_path_ck        check (char_length(path) <= 256),
    constraint visit_status_ck      check (status between 0 and 599), -- 0: no HTTP was spoken
    constraint visit_reason_ck      check (char_length(reason) <= 64),
    constraint visit_user_agent_ck  check (char_length(user_agent) <= 256),
    constraint visit_model_ck       check (char_length(model) <= 64),
    constraint visit_firmware_ck    check (char_length(firmware) <= 64),
    constraint visit_fingerprint_ck check (octet_length(fingerprint) = 32),
    constraint visit_bytes_ck       check (bytes >= 0),
    constraint visit_duration_ck    check (duration_us >= 0),
    constraint visit_request_id_ck  check (char_length(request_id) <= 64)
) partition by range (at);
create index visit_device_ix on app.visit (tenant_id, device_id, at) where device_id is not null;
create index visit_mac_ix on app.visit (tenant_id, mac, at) where device_id is null;

-- For days that have no partition yet: a visit is never lost because maintenance did not run.
create table app.visit_default partition of app.visit default;

select app.protect('app.visit'), app.protect('app.visit_default');
revoke insert, update, delete on app.visit from beckon_api, beckon_operator;
revoke all on app.visit_default from beckon_api, beckon_operator, beckon_notifier;

-- Refusals that concern no tenant: scanners, unknown keys, failed handshakes. Aggregated, since
-- their number is in the hands of whoever sends them.
create table app.stranger (
    minute      timestamptz not null,
    source      inet        not null, -- a network where one minute had too many (bk.strangers_record)
    listener    text        not null,
    reason      text        not null,
    claimed     text        not null default '', -- what the certificate or the path said
    claimed_mac macaddr,
    seen_count  bigint      not null,
    constraint stranger_pk          primary key (minute, source, listener, reason, claimed),
    constraint stranger_minute_ck   check (minute = date_trunc('minute', minute, 'UTC')),
    constraint stranger_listener_ck check (char_length(listener) <= 64),
    constraint stranger_reason_ck   check (char_length(reason) <= 64),
    constraint stranger_claimed_ck  check (char_length(claimed) <= 256),
    constraint stranger_count_ck    check (seen_count >= 1)
) with (fillfactor = 85);
create index stranger_mac_ix on app.stranger (claimed_mac, minute) where claimed_mac is not null;
grant select, insert, update, delete on app.stranger to beckon_cross;

reset role;
