-- 0014 job: asking phones to come back or to reboot; and what PBXs said of who is registered.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.registration, app.job, app.job_batch; drop function app.job_guard().

set local role beckon_owner;

-- One request of an admin that concerns many devices.
create table app.job_batch (
    tenant_id    bigint      not null,
    job_batch_id bigint      not null generated always as identity,
    label        text        not null default '',
    created_by   text        not null default '', -- the actor, as in audit
    job_count    integer     not null default 0,
    change_id    bigint, -- its jobs become due when this change has been applied
    created_at   timestamptz not null default now(),
    constraint job_batch_pk            primary key (tenant_id, job_batch_id),
    constraint job_batch_tenant_fk     foreign key (tenant_id) references app.tenant on delete cascade,
    constraint job_batch_change_fk     foreign key (tenant_id, change_id) references app.change
                                       on delete set null (change_id),
    constraint job_batch_label_ck      check (app.is_text(label, 128)),
    constraint job_batch_created_by_ck check (app.is_text(created_by, 128)),
    constraint job_batch_count_ck      check (job_count >= 0)
);

-- The words of docs/rules.md, and no others: queued -> sent -> answered -> done | failed | expired | cancelled.
create table app.job (
    tenant_id        bigint      not null,
    job_id           bigint      not null generated always as identity,
    job_batch_id     bigint,
    device_id        bigint,               -- null: deleted since
    mac              macaddr     not null, -- of then
    kind             text        not null,
    state            text        not null default 'queued',
    waiting_reason   text        not null default '', -- why a queued one is not sent: phone offline, …
    wanted_revision  bigint,     -- reprovision: done when the phone holds this or a later one
    pbx_id           bigint,     -- whose registration was picked
    contact          text        not null default '',
    fence            bigint,     -- of the lease under which it was last written
    attempt_count    integer     not null default 0,
    due_at           timestamptz not null default now(),
    expires_at       timestamptz not null default now() + interval '24 hours',
    sent_at          timestamptz, -- committed before the attempt goes out
    answered_at      timestamptz,
    ended_at         timestamptz,
    outcome          text        not null default '',
    created_by       text        not null default '',
    created_at       timestamptz not null default now(),
    constraint job_pk            primary key (tenant_id, job_id),
    constraint job_tenant_fk     foreign key (tenant_id) references app.tenant on delete cascade,
    constraint job_batch_fk      foreign key (tenant_id, job_batch_id) references app.job_batch
                                 on delete set null (job_batch_id),
    constraint job_device_fk     foreign key (tenant_id, device_id) references app.device
                                 on delete set null (device_id),
    constraint job_pbx_fk        foreign key (tenant_id, pbx_id) references app.pbx
                                 on delete set null (pbx_id),
    constraint job_kind_ck       check (kind in ('reprovision', 'reboot')),
    constraint job_state_ck      check (state in ('queued', 'sent', 'answered', 'done', 'failed', 'expired',
                                                  'cancelled')),
    constraint job_ended_ck      check ((state in ('done', 'failed', 'expired', 'cancelled'))
                                        = (ended_at is not null)),
    constraint job_sent_ck       check (state not in ('sent', 'answered') or sent_at is not null),
    constraint job_answered_ck   check (state <> 'answered' or answered_at is not null),
    constraint job_waiting_ck    check (app.is_text(waiting_reason, 64)
                                        and (waiting_reason = '' or state = 'queued')),
    constraint job_wanted_ck     check (kind <> 'reprovision' or wanted_revision is not null),
    constraint job_attempt_ck    check (attempt_count between 0 and 1000),
    constraint job_contact_ck    check (app.is_text(contact, 512)),
    constraint job_outcome_ck    check (app.is_text(outcome, 255)),
    constraint job_created_by_ck check (app.is_text(created_by, 128))
) with (fillfactor = 70);
-- One living job of a kind for a device: asking twice is asking once.
create unique index job_active_uq on app.job (tenant_id, device_id, kind) where ended_at is null;
create index job_due_ix on app.job (due_at) where ended_at is null;
create index job_batch_ix on app.job (tenant_id, job_batch_id) where job_batch_id is not null;
create index job_pbx_ix on app.job (tenant_id, pbx_id) where pbx_id is not null;

-- A job ends once, and never goes back to before it was sent but to wait for its next attempt.
create function app.job_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    if old.ended_at is not null then
        raise exception 'job % has ended as %; retrying it makes a new one', old.job_id, old.state
            using errcode = 'check_violation', constraint = 'job_transition_ck',
                  schema = 'app', table = 'job';
    end if;
    if new.fence < old.fence then
        raise exception 'job % was written under a later lease', old.job_id
            using errcode = 'check_violation', constraint = 'job_fence_ck',
                  schema = 'app', table = 'job';
    end if;
    return new;
end
$$;
create trigger job_guard before update of state, fence, sent_at, answered_at, ended_at, outcome
    on app.job for each row execute function app.job_guard();

-- Who is registered where, as a PBX last told.
create table app.registration (
    tenant_id       bigint      not null,
    pbx_id          bigint      not null,
    registration_id bigint      not null generated always as identity,
    extension_id    bigint,
    device_id       bigint,
    aor             text        not null, -- user@domain
    contact         text        not null,
    user_agent      text        not null default '',
    source          inet,
    expires_at      timestamptz,
    seen_at         timestamptz not null default now(),
    constraint registration_pk           primary key (tenant_id, registration_id),
    constraint registration_contact_uq   unique (tenant_id, pbx_id, aor, contact),
    constraint registration_pbx_fk       foreign key (tenant_id, pbx_id) references app.pbx
                                         on delete cascade,
    constraint registration_extension_fk foreign key (tenant_id, extension_id) references app.extension
                                         on delete set null (extension_id),
    constraint registration_device_fk    foreign key (tenant_id, device_id) references app.device
                                         on delete set null (device_id),
    constraint registration_aor_ck       check (aor <> '' and app.is_text(aor, 255)),
    constraint registration_contact_ck   check (contact <> '' and app.is_text(contact, 512)),
    constraint registration_agent_ck     check (app.is_text(user_agent, 255))
) with (fillfactor = 70);
create index registration_extension_ix on app.registration (tenant_id, extension_id);
create index registration_device_ix on app.registration (tenant_id, device_id);

select app.protect('app.job_batch'), app.protect('app.job'), app.protect('app.registration');
-- The API makes jobs and may cancel one; only the notifier moves them on.
revoke update, delete on app.job from beckon_api, beckon_operator;
grant update (state, ended_at, outcome) on app.job to beckon_api, beckon_operator;
grant update on app.job to beckon_notifier;
revoke insert, update, delete on app.registration from beckon_api, beckon_operator;
grant insert, update, delete on app.registration to beckon_notifier;
grant insert, update on app.pbx_lease to beckon_notifier;

reset role;
