-- 0020 callback: how phones are called back: what a fetch tells of open jobs, the line by which a phone
-- is called, leases on PBXs, claims, reports, and the settling of jobs by what phones did.
-- Locks: short exclusive ones on app.device, app.device_state, app.job; functions are replaced.
-- Backfill: leases of the PBXs that have a control side.
-- Undo: drop the functions below; restore bk.device_fetch (0016), bk.visits_record (0017),
--       bk.changes_apply (0013); drop the columns.
--
-- Who moves jobs: bk.jobs_request makes them, bk.job_cancel ends one that waits, everything else is the
-- notifier's: bk.jobs_claim (queued -> sent, committed before anything leaves), bk.jobs_report (what came
-- of it) and app.jobs_settle (what the phone did, and what time did).

set local role beckon_owner;

-- ---- columns ------------------------------------------------------------------------------------

-- When the oldest change happened that the phone does not hold yet; of no meaning once it holds
-- `revision` (device_state.revision_held).
alter table app.device add column revised_at timestamptz not null default now();
-- The latest request that marks a boot, as the maker's driver knows it.
alter table app.device_state add column booted_at timestamptz;
-- Attempts that reached no phone; attempt_count - wait_count is how often it was really called.
alter table app.job add column wait_count integer not null default 0,
    add constraint job_wait_ck check (wait_count between 0 and attempt_count);
alter table app.job drop constraint job_attempt_ck,
    add constraint job_attempt_ck check (attempt_count between 0 and 100000);
alter table app.pbx_lease add column note text not null default '', -- why the breaker is not closed
    add constraint pbx_lease_note_ck check (app.is_text(note, 255));

create index job_queue_ix on app.job (tenant_id, pbx_id, due_at) where state = 'queued';
create index job_pbx_open_ix on app.job (tenant_id, pbx_id) where ended_at is null;
create index job_device_ix on app.job (tenant_id, device_id);

-- As in 0014, but the answer to the call that ended a job may be told after the phone has come.
create or replace function app.job_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    if old.ended_at is not null then
        if old.answered_at is null
           and (new.state, new.fence, new.sent_at, new.ended_at, new.outcome)
               is not distinct from (old.state, old.fence, old.sent_at, old.ended_at, old.outcome) then
            return new;
        end if;
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

create function app.device_revised() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if exists (select from app.device_state as s
                where s.tenant_id = new.tenant_id and s.device_id = new.device_id
                  and s.revision_held >= old.revision) then
        new.revised_at := now();
    end if;
    return new;
end
$$;
-- After device_revision in the order of names, which may just have raised it.
create trigger device_revision_time before update on app.device
    for each row when (old.revision is distinct from new.revision)
    execute function app.device_revised();

-- A PBX can be leased as soon as it can be controlled. Fences begin with the time, so that a control
-- side which was taken away and made again goes on above the fences its jobs carry.
create function app.pbx_lease_add() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    insert into app.pbx_lease (tenant_id, pbx_id, fence)
    values (new.tenant_id, new.pbx_id, extract(epoch from clock_timestamp())::bigint)
        on conflict on constraint pbx_lease_pk do nothing;
    return null;
end
$$;
create trigger pbx_lease_add after insert on app.pbx_control
    for each row execute function app.pbx_lease_add();
-- What is edited gets a new chance at once.
create function app.pbx_control_changed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.pbx_lease as l set breaker = 'closed', breaker_until = null, failed_count = 0, note = ''
     where l.tenant_id = new.tenant_id and l.pbx_id = new.pbx_id and l.breaker <> 'closed';
    return null;
end
$$;
create trigger pbx_control_changed after update on app.pbx_control
    for each row when ((old.driver, old.address, old.username, old.secret, old.options, old.is_enabled)
                       is distinct from
                       (new.driver, new.address, new.username, new.secret, new.options, new.is_enabled))
    execute function app.pbx_control_changed();
insert into app.pbx_lease (tenant_id, pbx_id, fence)
select c.tenant_id, c.pbx_id, extract(epoch from clock_timestamp())::bigint from app.pbx_control as c
    on conflict on constraint pbx_lease_pk do nothing;

-- ---- a fetch, and what is written of it ---------------------------------------------------------

/*
 * As in 0016, and: has_open_job: a job waits for this device, so its visit is told at once;
 * fetched_at_us: this database's clock in microseconds of the epoch, which visits carry as their time,
 * so that "fetched after the job was made" is one clock's word.
 */
drop function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text);
create function bk.device_fetch(
    p_tenant_key text, p_mac macaddr, p_claimed_mac macaddr, p_maker text, p_root_ids bigint[],
    p_fingerprint bytea, p_kind text,
    out verdict text, out tenant_id bigint, out device_id bigint, out other_tenant_id bigint,
    out data_key bytea, out vendor text, out model text, out revision bigint, out config text,
    out has_open_job boolean, out fetched_at_us bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as -- workers set plan_cache_mode for their connections (io/pg.h)
$$
#variable_conflict use_column
declare
    v_status text;
    v_data_key bytea;
    v_root_maker text;
    v_root_tenant_id bigint;
    v_root_sha256 bytea;
    v_is_blocked boolean;
    v_state text;
    v_is_own_bound boolean;
    v_is_own_root boolean := false;
    v_holder_id bigint;
    v_layers text;
    v_parts text;
begin
    fetched_at_us := (extract(epoch from now()) * 1000000)::bigint;
    -- Everything a verdict needs, and the configuration as it was put together for this revision, in one
    -- statement. It looks up the same rows whatever it finds, so that the time of an answer does not tell
    -- unknown from foreign.
    select t.tenant_id, t.status, t.data_key, r.maker, r.tenant_id, r.sha256,
           exists (select from app.blocked_certificate as b
                    where b.fingerprint = p_fingerprint
                      and coalesce(b.tenant_id, t.tenant_id) = t.tenant_id), -- one index scan, not two
           d.device_id, d.vendor, d.model, d.revision, d.state,
           d.is_bound_by_own_root,
           c.layers, c.parts,
           exists (select from app.job as j
                    where j.tenant_id = d.tenant_id and j.device_id = d.device_id and j.ended_at is null)
      into tenant_id, v_status, v_data_key, v_root_maker, v_root_tenant_id, v_root_sha256,
           v_is_blocked, device_id, vendor, model, revision, v_state, v_is_own_bound,
           v_layers, v_parts, has_open_job
      from app.tenant_key as k
      join app.tenant as t on t.tenant_id = k.tenant_id
      -- A root that was deleted or disabled after the handshake vouches for nobody.
      left join lateral (select r.maker, r.tenant_id, r.sha256
                           from app.trust_root as r
                          where r.root_id = any (p_root_ids) and r.is_enabled
                          order by r.tenant_id is not null, r.tenant_id <> t.tenant_id
                          limit 1) as r on true
      left join app.device as d on d.tenant_id = t.tenant_id and d.mac = p_mac
      left join app.device_config as c on c.tenant_id = d.tenant_id and c.device_id = d.device_id
                                      and c.revision = d.revision
     where k.tenant_key = p_tenant_key and (k.valid_until is null or k.valid_until > now());

    if tenant_id is null then
        verdict := 'unknown_tenant_key';
    elsif v_status <> 'active' then
        verdict := 'tenant_suspended';
    elsif p_mac is null or p_maker is null or p_fingerprint is null or v_root_maker is null then
        verdict := 'no_identity';
    elsif v_is_blocked then
        verdict := 'blocked_certificate';
    elsif device_id is null then
        verdict := 'unknown_device';
    elsif v_root_maker <> p_maker or p_maker <> vendor then
        verdict := 'maker_mismatch';
    elsif v_root_tenant_id is not null then
        -- The same certificate may be the operator's too, or this tenant's own.
        select bool_and(r.tenant_id is not null) into v_is_own_root
          from app.trust_root as r
         where r.sha256 = v_root_sha256 and r.is_enabled and r.maker = p_maker
           and (r.tenant_id is null or r.tenant_id = device_fetch.tenant_id);
        if v_is_own_root is null then
            verdict := 'foreign_root';
        end if;
    end if;
    -- A phone that is bound here has no other holder (device_bound_uq). Whoever is not served, for
    -- whatever reason, costs this look-up.
    if verdict is not null or v_state <> 'bound' or v_is_own_bound or p_claimed_mac <> p_mac
       or coalesce(p_kind, '') not in ('device', 'common', 'boot') then
        select h.tenant_id into v_holder_id from app.device as h
         where h.mac = p_mac and h.bound_at is not null and not h.is_bound_by_own_root;
    end if;
    if verdict is null then
        if p_claimed_mac <> p_mac then
            verdict := 'mac_mismatch';
        elsif v_state in ('suspended', 'quarantined', 'released') then
            verdict := v_state;
        elsif v_holder_id <> tenant_id and not v_is_own_root then
            verdict := 'bound_elsewhere';
        elsif coalesce(p_kind, '') not in ('device', 'common', 'boot') then
            verdict := 'unknown_path'; -- what a phone writes itself is never served
        end if;
    end if;
    if verdict is not null then
        if verdict not in ('unknown_tenant_key', 'tenant_suspended', 'no_identity',
                           'blocked_certificate')
           and v_root_tenant_id is null and v_holder_id <> tenant_id then
            other_tenant_id := v_holder_id;
        end if;
        return;
    end if;

    if v_state = 'claimed' or (v_is_own_bound and not v_is_own_root) then
        begin
            update app.device as d
               set state = 'bound', bound_at = coalesce(d.bound_at, now()),
                   is_bound_by_own_root = v_is_own_root
             where d.tenant_id = device_fetch.tenant_id and d.device_id = device_fetch.device_id
               and d.mac = p_mac
               and (d.state = 'claimed'
                    or (d.state = 'bound' and d.is_bound_by_own_root and not v_is_own_root));
            if found then
                update app.device_state as s set fingerprint = p_fingerprint, fingerprint_at = now()
                 where s.tenant_id = device_fetch.tenant_id
                   and s.device_id = device_fetch.device_id;
            else -- another fetch or an admin was first
                select d.state into v_state
                  from app.device as d
                 where d.tenant_id = device_fetch.tenant_id
                   and d.device_id = device_fetch.device_id and d.mac = p_mac;
                if v_state is distinct from 'bound' then
                    verdict := coalesce(v_state, 'unknown_device');
                    return;
                end if;
            end if;
        exception when unique_violation then -- another tenant's phone was first: device_bound_uq
            verdict := 'bound_elsewhere';
            if v_root_tenant_id is null then
                select d.tenant_id into other_tenant_id
                  from app.device as d
                 where d.mac = p_mac and d.bound_at is not null and not d.is_bound_by_own_root;
            end if;
            return;
        end;
    end if;

    verdict := 'serve';
    data_key := v_data_key;
    if v_layers is null then -- its first fetch at this revision
        select c.layers, c.parts into v_layers, v_parts
          from app.phone_config(tenant_id, device_id) as c;
        insert into app.device_config as c (tenant_id, device_id, revision, layers, parts)
        values (device_fetch.tenant_id, device_fetch.device_id, device_fetch.revision, v_layers, v_parts)
            on conflict on constraint device_config_pk
            do update set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts
         where c.revision < excluded.revision;
    end if;
    config := concat('{"layers":[', v_layers, '],',
                     case p_kind when 'device' then v_parts
                                 else '"pbxs":[],"lines":[],"keys":[]' end, '}');
end
$$;

-- As in 0017, and p_is_boot: the request marks a boot.
drop function bk.visits_record(timestamptz[], bigint[], bigint[], macaddr[], inet[], text[], text[],
    text[], integer[], text[], text[], text[], text[], bytea[], bigint[], integer[], integer[], text[],
    boolean[]);
create function bk.visits_record(
    p_at timestamptz[], p_tenant_id bigint[], p_device_id bigint[], p_mac macaddr[], p_source inet[],
    p_listener text[], p_kind text[], p_path text[], p_status integer[], p_reason text[],
    p_user_agent text[], p_model text[], p_firmware text[], p_fingerprint bytea[],
    p_revision bigint[], p_bytes integer[], p_duration_us integer[], p_request_id text[],
    p_is_whole boolean[], p_is_boot boolean[]) returns integer
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_written integer;
begin
    insert into app.visit (tenant_id, at, device_id, mac, source, listener, kind, path, status, reason,
                           user_agent, model, firmware, fingerprint, revision, bytes, duration_us,
                           request_id)
    select v.tenant_id, v.at, v.device_id, v.mac, v.source, left(coalesce(v.listener, ''), 64),
           left(coalesce(v.kind, 'none'), 32), left(coalesce(v.path, ''), 256),
           case when v.status between 0 and 599 then v.status else 0 end, left(v.reason, 64),
           left(coalesce(v.user_agent, ''), 256), left(coalesce(v.model, ''), 64),
           left(coalesce(v.firmware, ''), 64),
           case when octet_length(v.fingerprint) = 32 then v.fingerprint end, v.revision,
           greatest(coalesce(v.bytes, 0), 0), greatest(coalesce(v.duration_us, 0), 0),
           left(coalesce(v.request_id, ''), 64)
      from unnest(p_at, p_tenant_id, p_device_id, p_mac, p_source, p_listener, p_kind, p_path, p_status,
                  p_reason, p_user_agent, p_model, p_firmware, p_fingerprint, p_revision, p_bytes,
                  p_duration_us, p_request_id)
           as v (at, tenant_id, device_id, mac, source, listener, kind, path, status, reason, user_agent,
                 model, firmware, fingerprint, revision, bytes, duration_us, request_id)
      join app.tenant as t on t.tenant_id = v.tenant_id
     where v.at is not null and v.source is not null;
    get diagnostics v_written = row_count;

    with served as (
        select tenant_id, device_id, at, source, model, firmware, revision, is_boot,
               kind = 'device' and status in (200, 304) and is_whole and revision is not null as holds
          from unnest(p_at, p_tenant_id, p_device_id, p_source, p_kind, p_status, p_reason, p_model,
                      p_firmware, p_revision, p_is_whole, p_is_boot)
               as v (at, tenant_id, device_id, source, kind, status, reason, model, firmware, revision,
                     is_whole, is_boot)
         where reason is null and status in (200, 206, 304) and device_id is not null
           and tenant_id is not null and at is not null
    ), news as (
        select tenant_id, device_id, max(at) as at,
               (array_agg(source order by at desc))[1] as source,
               (array_agg(model order by at desc) filter (where model <> ''))[1] as model,
               (array_agg(firmware order by at desc) filter (where firmware <> ''))[1] as firmware,
               (array_agg(revision order by at desc) filter (where holds))[1] as revision,
               max(at) filter (where holds) as held_at,
               max(at) filter (where is_boot) as booted_at
          from served
         group by tenant_id, device_id
    ), locked as (
        select s.tenant_id, s.device_id
          from app.device_state as s join news as n using (tenant_id, device_id)
         order by s.tenant_id, s.device_id
           for no key update of s
    )
    update app.device_state as s
       set last_visit_at = greatest(s.last_visit_at, n.at),
           last_source = case when s.last_visit_at > n.at then s.last_source else n.source end,
           model_seen = case when s.last_visit_at > n.at then s.model_seen
                             else coalesce(left(n.model, 64), s.model_seen) end,
           firmware_seen = case when s.last_visit_at > n.at then s.firmware_seen
                                else coalesce(left(n.firmware, 64), s.firmware_seen) end,
           revision_held = case when n.held_at is null or s.held_at > n.held_at then s.revision_held
                                else n.revision end,
           held_at = greatest(s.held_at, n.held_at),
           booted_at = greatest(s.booted_at, n.booted_at)
      from locked as l join news as n using (tenant_id, device_id)
     where s.tenant_id = l.tenant_id and s.device_id = l.device_id;
    return v_written;
end
$$;

-- ---- changes of many devices --------------------------------------------------------------------

-- As in 0013, and jobs that waited for a device's change become due with it.
drop function bk.changes_apply(integer);
create function bk.changes_apply(p_batch integer) returns integer
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_left integer := least(greatest(p_batch, 1), 1000);
    v_change record;
    v_ids bigint[];
    v_count integer := 0;
begin
    while v_left > 0 loop
        select c.tenant_id, c.change_id, c.device_ids, c.raised_count into v_change
          from app.change as c where c.done_at is null
         order by c.change_id limit 1 for update skip locked;
        exit when not found;
        v_ids := v_change.device_ids[v_change.raised_count + 1 : v_change.raised_count + v_left];
        with locked as (
            select d.tenant_id, d.device_id from app.device as d
             where d.tenant_id = v_change.tenant_id and d.device_id = any (v_ids)
             order by d.device_id for no key update
        )
        update app.device as d set revision = d.revision + 1
          from locked as l where d.tenant_id = l.tenant_id and d.device_id = l.device_id;
        update app.job as j set due_at = now()
         where j.tenant_id = v_change.tenant_id and j.device_id = any (v_ids)
           and j.ended_at is null and j.due_at = 'infinity';
        update app.change as c
           set raised_count = v_change.raised_count + cardinality(v_ids),
               done_at = case when v_change.raised_count + cardinality(v_ids)
                                   = cardinality(v_change.device_ids) then now() end
         where c.tenant_id = v_change.tenant_id and c.change_id = v_change.change_id;
        v_left := v_left - cardinality(v_ids);
        v_count := v_count + cardinality(v_ids);
    end loop;
    return v_count;
end
$$;

-- ---- making jobs --------------------------------------------------------------------------------

/*
 * The line by which a device is called back: of those whose PBX can be controlled, one that no other
 * device uses before one that is shared, then the lowest. No row: there is none.
 */
create function app.device_route(p_tenant_id bigint, p_device_id bigint)
    returns table (pbx_id bigint, line_id bigint, extension_id bigint, is_exclusive boolean)
    language sql stable
    set search_path = pg_catalog, pg_temp
    as $$
        select e.pbx_id, l.line_id, l.extension_id, x.is_exclusive
          from app.device_line as l
          join app.extension as e on e.tenant_id = l.tenant_id and e.extension_id = l.extension_id
          join app.pbx_control as c on c.tenant_id = e.tenant_id and c.pbx_id = e.pbx_id and c.is_enabled
         cross join lateral (select not l.is_shared and not exists (
                                 select from app.device_line as o
                                  where o.tenant_id = l.tenant_id and o.extension_id = l.extension_id
                                    and o.device_id <> l.device_id) as is_exclusive) as x
         where l.tenant_id = p_tenant_id and l.device_id = p_device_id
         order by x.is_exclusive desc, l.line_index
         limit 1
    $$;
grant execute on function app.device_route(bigint, bigint) to beckon_cross, beckon_api, beckon_operator;

/*
 * Ask devices of this transaction's tenant to come (p_kind reprovision) or to start again (reboot). One
 * row for each that exists: its job, is_new false when one of that kind was open already and is joined;
 * or refusal: why there is none. A joined job wants the device's revision of now as well.
 *
 * A device that a change of many devices still has to raise (app.change) has its job wait for that.
 */
create function bk.jobs_request(p_kind text, p_device_ids bigint[], p_job_batch_id bigint, p_actor text)
    returns table (device_id bigint, job_id bigint, is_new boolean, refusal text)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
declare
    v_tenant_id constant bigint := app.current_tenant_id();
begin
    if v_tenant_id is null then
        raise exception 'no tenant is set in this transaction'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'select set_config(''bk.tenant_id'', …, true) comes first';
    end if;
    return query
    with asked as (
        select distinct one.device_id from unnest(p_device_ids) as one (device_id)
    ), waits as ( -- how often each will still be raised
        select one.device_id, count(*) as raise_count
          from app.change as c
         cross join unnest(c.device_ids[c.raised_count + 1 :]) as one (device_id)
         where c.tenant_id = v_tenant_id and c.done_at is null
         group by one.device_id
    ), found as (
        select d.device_id, d.mac, d.revision + coalesce(w.raise_count, 0) as revision,
               w.device_id is not null and p_kind = 'reprovision' as waits,
               case when d.state in ('claimed', 'bound') then ''
                    else 'the device is ' || d.state end as refusal
          from asked as a
          join app.device as d on d.tenant_id = v_tenant_id and d.device_id = a.device_id
          left join waits as w on w.device_id = a.device_id
    ), made as (
        insert into app.job as j (tenant_id, job_batch_id, device_id, mac, kind, wanted_revision, pbx_id,
                                  due_at, created_by)
        select v_tenant_id, p_job_batch_id, f.device_id, f.mac, p_kind,
               case p_kind when 'reprovision' then f.revision end, r.pbx_id,
               case when f.waits then 'infinity' else now() end, p_actor
          from found as f
          left join lateral app.device_route(v_tenant_id, f.device_id) as r on true
         where f.refusal = ''
         order by f.device_id
            on conflict (tenant_id, device_id, kind) where ended_at is null
            do update set wanted_revision = greatest(j.wanted_revision, excluded.wanted_revision),
                          due_at = case when j.state = 'queued' and isfinite(j.due_at)
                                        then excluded.due_at else j.due_at end
        returning j.device_id, j.job_id, j.xmax = 0 as is_new
    )
    select f.device_id, m.job_id, coalesce(m.is_new, false), f.refusal
      from found as f left join made as m on m.device_id = f.device_id
     order by f.device_id;
end
$$;
grant execute on function bk.jobs_request(text, bigint[], bigint, text) to beckon_api, beckon_operator;

-- End a job of this transaction's tenant that has not been sent. The state it is in afterwards; null:
-- there is no such job.
create function bk.job_cancel(p_job_id bigint, p_actor text) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_state text;
begin
    select j.state into v_state from app.job as j
     where j.tenant_id = app.current_tenant_id() and j.job_id = p_job_id for update;
    if v_state = 'queued' then
        update app.job as j
           set state = 'cancelled', ended_at = now(), waiting_reason = '',
               outcome = left('cancelled by ' || p_actor, 255)
         where j.tenant_id = app.current_tenant_id() and j.job_id = p_job_id;
        return 'cancelled';
    end if;
    return v_state;
end
$$;
grant execute on function bk.job_cancel(bigint, text) to beckon_api, beckon_operator;
revoke update (state, ended_at, outcome) on app.job from beckon_api, beckon_operator;

-- ---- leases -------------------------------------------------------------------------------------

/*
 * Renew what p_owner holds and still has open jobs for, take what is free and has jobs due; returns
 * all of it. Everything that is needed to work a PBX; secrets are sealed.
 *
 * is_new      taken now, not renewed: the fence is a higher one
 * free_ms     is_new: for how long nobody held it, at most an hour; so much of its rate has surely not
 *             been used
 * version     changes with the control side or the domain
 * breaker_s   until an open breaker may be probed; 0: now
 */
create function bk.leases_take(p_owner text, p_lease_s integer)
    returns table (tenant_id bigint, pbx_id bigint, fence bigint, is_new boolean, free_ms integer,
                   driver text, domain text, address text, username text, secret bytea, options text,
                   rate_per_s double precision, in_flight_max integer, version text,
                   breaker text, breaker_s integer, failed_count integer, data_key bytea)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
begin
    return query
    with mine as (
        select l.tenant_id, l.pbx_id, l.owner = p_owner and l.leased_until > now() as is_held,
               extract(epoch from now() - greatest(l.leased_until, now() - interval '1 hour'))
               * 1000 as free_ms
          from app.pbx_lease as l
          join app.pbx_control as c on c.tenant_id = l.tenant_id and c.pbx_id = l.pbx_id and c.is_enabled
          join app.tenant as t on t.tenant_id = l.tenant_id and t.status = 'active'
         where (l.owner = p_owner and l.leased_until > now()
                and exists (select from app.job as j
                             where j.tenant_id = l.tenant_id and j.pbx_id = l.pbx_id
                               and j.ended_at is null))
            or (l.leased_until <= now()
                and exists (select from app.job as j
                             where j.tenant_id = l.tenant_id and j.pbx_id = l.pbx_id
                               and j.state = 'queued' and j.due_at <= now()))
         order by l.tenant_id, l.pbx_id
           for no key update of l skip locked
    ), taken as (
        update app.pbx_lease as l
           set owner = p_owner, leased_until = now() + make_interval(secs => p_lease_s),
               fence = l.fence + case when m.is_held then 0 else 1 end
          from mine as m
         where l.tenant_id = m.tenant_id and l.pbx_id = m.pbx_id
        returning l.*, m.is_held, m.free_ms
    )
    select k.tenant_id, k.pbx_id, k.fence, not k.is_held,
           case when k.is_held then 0 else greatest(k.free_ms, 0)::integer end,
           c.driver, p.domain, c.address, c.username, c.secret, c.options::text,
           c.rate_per_s::double precision, c.in_flight_max,
           md5(row(c.driver, p.domain, c.address, c.username, c.secret, c.options, c.rate_per_s,
                   c.in_flight_max)::text),
           k.breaker,
           greatest(ceil(extract(epoch from k.breaker_until - now())), 0)::integer,
           k.failed_count, t.data_key
      from taken as k
      join app.pbx_control as c on c.tenant_id = k.tenant_id and c.pbx_id = k.pbx_id
      join app.pbx as p on p.tenant_id = k.tenant_id and p.pbx_id = k.pbx_id
      join app.tenant as t on t.tenant_id = k.tenant_id;
end
$$;

-- A graceful end: others need not wait for the leases to run out. The fences stay.
create function bk.leases_drop(p_owner text) returns void
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ update app.pbx_lease set leased_until = now() where owner = p_owner and leased_until > now() $$;

-- What the holder of a lease knows of its PBX's health; false: it holds it no longer.
create function bk.lease_breaker(p_owner text, p_tenant_id bigint, p_pbx_id bigint, p_fence bigint,
                                 p_breaker text, p_wait_s integer, p_failed_count integer, p_note text)
    returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.pbx_lease as l
       set breaker = p_breaker, failed_count = p_failed_count, note = left(p_note, 255),
           breaker_until = case p_breaker when 'closed' then null
                                          else now() + make_interval(secs => p_wait_s) end
     where l.tenant_id = p_tenant_id and l.pbx_id = p_pbx_id and l.owner = p_owner
       and l.fence = p_fence and l.leased_until > now();
    return found;
end
$$;

-- ---- claims -------------------------------------------------------------------------------------

/*
 * Take up to p_limits due jobs of each PBX whose lease p_owner holds under that fence, oldest first. A
 * row that comes back is `sent`, which is committed before anything leaves: deliver it now, or report
 * it back. Until its window is over (p_window_s, p_reboot_window_s) it is not sent again, whatever
 * crashes.
 *
 * Not sent, and put right instead: jobs whose device is gone (cancelled) or may not be served (they
 * wait), whose line is now on another PBX (they move there), and whatever would call a phone that is
 * being rebooted, or reboot one twice within the window. They come back with attempt 0 and nothing but
 * their keys: nothing is to be done, but there may be more behind them.
 */
create function bk.jobs_claim(p_owner text, p_tenant_ids bigint[], p_pbx_ids bigint[], p_fences bigint[],
                              p_limits integer[], p_window_s integer, p_reboot_window_s integer)
    returns table (tenant_id bigint, pbx_id bigint, job_id bigint, attempt integer, wait_count integer,
                   kind text, device_id bigint, mac macaddr, vendor text, model text, number text,
                   domain text, auth_id text, extension_id bigint, extension_secret bytea,
                   is_exclusive boolean, firmware text)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off -- keys only; statistics of a queue are always of another moment
    set enable_hashjoin = off
    set enable_mergejoin = off as
$$
#variable_conflict use_column
begin
    return query
    with held as (
        select w.tenant_id, w.pbx_id, w.fence, w.limit_count
          from unnest(p_tenant_ids, p_pbx_ids, p_fences, p_limits)
               as w (tenant_id, pbx_id, fence, limit_count)
          join app.pbx_lease as l on l.tenant_id = w.tenant_id and l.pbx_id = w.pbx_id
         where l.owner = p_owner and l.fence = w.fence and l.leased_until > now()
         order by w.tenant_id, w.pbx_id
           for share of l
    ), picked as (
        select h.tenant_id, h.pbx_id, h.fence, j.job_id, j.device_id, j.kind,
               -- Of another PBX's lease, whose fences count by themselves: app.job_guard would refuse this
               -- row, and with it the claim of everybody.
               coalesce(j.fence > h.fence, false) as is_odd
          from held as h
         cross join lateral (
            select j.job_id, j.device_id, j.kind, j.fence from app.job as j
             where j.tenant_id = h.tenant_id and j.pbx_id = h.pbx_id and j.state = 'queued'
               and j.due_at <= now() and j.expires_at > now()
             order by j.due_at
             limit h.limit_count
               for no key update skip locked) as j
    ), judged as materialized ( -- else the updates join jobs by tenant alone: n * n
        select p.tenant_id, p.pbx_id, p.fence, p.job_id, p.kind, p.is_odd, d.device_id, d.vendor, d.model,
               s.firmware_seen, d.state as device_state, r.pbx_id as route_pbx_id,
               r.extension_id, r.is_exclusive, b.until as reboot_until, e.number,
               coalesce(nullif(e.domain, ''), x.domain) as domain,
               case e.auth_id when '' then e.number else e.auth_id end as auth_id, e.secret
          from picked as p
          left join app.device as d on d.tenant_id = p.tenant_id and d.device_id = p.device_id
          left join app.device_state as s on s.tenant_id = d.tenant_id and s.device_id = d.device_id
          left join lateral app.device_route(d.tenant_id, d.device_id) as r on true
          left join lateral (
            select max(o.sent_at) + make_interval(secs => p_reboot_window_s) as until
              from app.job as o
             where o.tenant_id = p.tenant_id and o.device_id = p.device_id and o.kind = 'reboot'
               and o.job_id <> p.job_id -- its own window is in its due_at
               and o.sent_at > now() - make_interval(secs => p_reboot_window_s)
               and (p.kind = 'reboot' or o.ended_at is null)) as b on true
          left join app.extension as e on e.tenant_id = p.tenant_id and e.extension_id = r.extension_id
          left join app.pbx as x on x.tenant_id = e.tenant_id and x.pbx_id = e.pbx_id
    ), sent as (
        update app.job as j
           set state = 'sent', sent_at = now(), answered_at = null, waiting_reason = '',
               attempt_count = j.attempt_count + 1, fence = w.fence,
               contact = 'sip:' || w.number || '@' || w.domain,
               due_at = now() + make_interval(secs => case j.kind when 'reboot' then p_reboot_window_s
                                                                  else p_window_s end)
          from judged as w
         where j.tenant_id = w.tenant_id and j.job_id = w.job_id
           and w.device_state in ('claimed', 'bound') and w.route_pbx_id = w.pbx_id
           and w.reboot_until is null and not w.is_odd
        returning j.tenant_id, j.pbx_id, j.job_id, j.attempt_count, j.wait_count, j.kind, j.device_id,
                  j.mac, w.vendor, w.model, w.number, w.domain, w.auth_id, w.extension_id, w.secret,
                  w.is_exclusive, w.firmware_seen
    ), kept as (
        update app.job as j
           set state = case when w.device_id is null then 'cancelled' else 'queued' end,
               ended_at = case when w.device_id is null then now() end,
               outcome = case when w.device_id is null then 'the device was deleted' else '' end,
               pbx_id = case when w.device_state in ('claimed', 'bound') then w.route_pbx_id
                             else w.pbx_id end,
               fence = null,
               waiting_reason = case when w.device_id is null then ''
                                     when w.device_state not in ('claimed', 'bound')
                                         then 'the device is ' || w.device_state
                                     when w.route_pbx_id is null then 'no line on a PBX that can be called'
                                     when w.route_pbx_id <> w.pbx_id or w.reboot_until is null then ''
                                     else 'a reboot is under way' end,
               due_at = case when w.device_id is null then j.due_at
                             when w.device_state not in ('claimed', 'bound') or w.route_pbx_id is null
                                 then now() + interval '1 minute'
                             when w.route_pbx_id <> w.pbx_id or w.reboot_until is null then now()
                             else w.reboot_until end
          from judged as w
         where j.tenant_id = w.tenant_id and j.job_id = w.job_id
           and not coalesce(w.device_state in ('claimed', 'bound') and w.route_pbx_id = w.pbx_id
                            and w.reboot_until is null and not w.is_odd, false)
        returning w.tenant_id, w.pbx_id, w.job_id
    )
    select * from sent
    union all
    select k.tenant_id, k.pbx_id, k.job_id, 0, 0, null, null, null, null, null, null, null, null, null, null,
           null, null
      from kept as k;
end
$$;

/*
 * What came of attempts: arrays of one length. p_results: 'answered' (the phone's own 2xx), 'sent' (it
 * may have arrived), 'queued' (again after p_delays_s; the text is the waiting reason), 'failed' (for
 * good; the text is the outcome). p_is_idle: nothing reached the phone, so the attempt does not count
 * and its window is not waited for. A row counts only while its job is still in that attempt under that
 * fence. Returns how many did.
 */
create function bk.jobs_report(p_tenant_ids bigint[], p_job_ids bigint[], p_fences bigint[],
                               p_attempts integer[], p_results text[], p_texts text[],
                               p_delays_s integer[], p_is_idle boolean[]) returns integer
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off as
$$
declare
    v_count integer;
begin
    with given as (
        select r.tenant_id, r.job_id, r.fence, r.attempt, r.result, coalesce(r.text, '') as text,
               greatest(coalesce(r.delay_s, 0), 0) as delay_s, coalesce(r.is_idle, false) as is_idle
          from unnest(p_tenant_ids, p_job_ids, p_fences, p_attempts, p_results, p_texts, p_delays_s,
                      p_is_idle)
               as r (tenant_id, job_id, fence, attempt, result, text, delay_s, is_idle)
    ), locked as (
        select j.tenant_id, j.job_id, g.result, g.text, g.delay_s, g.is_idle
          from given as g
          join app.job as j on j.tenant_id = g.tenant_id and j.job_id = g.job_id
         where j.state = 'sent' and j.fence = g.fence and j.attempt_count = g.attempt
         order by j.tenant_id, j.job_id
           for no key update of j
    )
    update app.job as j
       set state = case l.result when 'answered' then 'answered' when 'queued' then 'queued'
                                 when 'failed' then 'failed' else 'sent' end,
           answered_at = case l.result when 'answered' then now() end,
           ended_at = case l.result when 'failed' then now() end,
           outcome = case when l.result in ('failed', 'sent') then left(l.text, 255) else '' end,
           waiting_reason = case l.result when 'queued' then left(l.text, 64) else '' end,
           due_at = case l.result when 'queued' then now() + make_interval(secs => l.delay_s)
                                  else j.due_at end,
           wait_count = j.wait_count + case when l.is_idle then 1 else 0 end,
           -- an attempt that reached nobody was not sent, as far as the tenant is concerned
           sent_at = case when l.is_idle and l.result = 'queued'
                               and j.attempt_count = j.wait_count + 1 then null
                          else j.sent_at end
      from locked as l
     where j.tenant_id = l.tenant_id and j.job_id = l.job_id;
    get diagnostics v_count = row_count;
    -- A phone may fetch faster than its answer is told: the time of the answer is kept all the same.
    update app.job as j set answered_at = j.ended_at
      from unnest(p_tenant_ids, p_job_ids, p_fences, p_attempts, p_results)
           as r (tenant_id, job_id, fence, attempt, result)
     where r.result = 'answered' and j.tenant_id = r.tenant_id and j.job_id = r.job_id
       and j.fence = r.fence and j.attempt_count = r.attempt and j.state = 'done'
       and j.answered_at is null;
    return v_count;
end
$$;

-- ---- settling -----------------------------------------------------------------------------------

/*
 * Move the given open jobs by what their phones did and by what time did, whichever holds first:
 *
 *   the device is gone                                             -> cancelled
 *   reprovision: its own file at the wanted revision or a later
 *   one was delivered whole, or confirmed, after the job was made  -> done
 *   reboot: a request that marks a boot, after it was sent         -> done
 *   expires_at is over                                             -> expired
 *   the window after an attempt is over: a second attempt, then    -> expired
 *   the phone came, but for an older revision: called again        -> queued
 *   it waits for an offline phone that just came                   -> due, once it had time to register
 *   no PBX is known, or its control side was taken away            -> looked for again
 *   its change has been applied                                    -> due
 */
create function app.jobs_settle(p_tenant_ids bigint[], p_job_ids bigint[],
                                out ended integer, out woken integer)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off as
$$
begin
    with locked as (
        select j.tenant_id, j.job_id, j.device_id, j.kind, j.state, j.waiting_reason, j.wanted_revision,
               j.pbx_id, j.created_at, j.sent_at, j.due_at, j.expires_at,
               j.attempt_count - j.wait_count as call_count,
               not exists (select from app.pbx_control as c
                            where c.tenant_id = j.tenant_id and c.pbx_id = j.pbx_id
                              and c.is_enabled) as is_lost
          from unnest(p_tenant_ids, p_job_ids) as w (tenant_id, job_id)
          join app.job as j on j.tenant_id = w.tenant_id and j.job_id = w.job_id
         where j.state in ('queued', 'sent', 'answered') -- in words that lead to no index but the key
         order by j.tenant_id, j.job_id
           for no key update of j skip locked
    ), judged as materialized (
        select l.*, s.revision_held, r.pbx_id as route_pbx_id,
               case
                   when d.device_id is null then 'gone'
                   when l.kind = 'reprovision' and s.held_at >= l.created_at
                        and s.revision_held >= l.wanted_revision then 'holds'
                   when l.kind = 'reboot' and l.call_count > 0 and s.booted_at > l.sent_at then 'booted'
                   when l.expires_at <= now() then 'over'
                   when l.state in ('sent', 'answered') and l.kind = 'reprovision'
                        and s.held_at > l.sent_at and s.revision_held < l.wanted_revision then 'older'
                   when l.state in ('sent', 'answered') and l.due_at <= now() then
                        case when l.call_count < 2 then 'again' else 'silent' end
                   when l.state = 'queued' and l.waiting_reason = 'phone offline'
                        and l.due_at > now() + interval '5 seconds'
                        and s.last_visit_at > now() - interval '10 seconds' then 'back'
                   when l.state = 'queued' and l.is_lost and l.due_at <= now() then 'route'
                   when l.due_at = 'infinity' and not exists (
                        select from app.change as c
                         where c.tenant_id = l.tenant_id and c.done_at is null) then 'changed'
               end as verdict
          from locked as l
          left join app.device as d on d.tenant_id = l.tenant_id and d.device_id = l.device_id
          left join app.device_state as s on s.tenant_id = d.tenant_id and s.device_id = d.device_id
          left join lateral (select one.pbx_id
                               from app.device_route(d.tenant_id, d.device_id) as one
                              where l.is_lost) as r on true
    ), moved as (
        update app.job as j
           set state = case v.verdict
                           when 'gone' then 'cancelled' when 'holds' then 'done' when 'booted' then 'done'
                           when 'over' then 'expired' when 'silent' then 'expired'
                           when 'older' then 'queued' when 'again' then 'queued' else j.state end,
               ended_at = case when v.verdict in ('gone', 'holds', 'booted', 'over', 'silent')
                               then now() end,
               outcome = case v.verdict
                             when 'gone' then 'the device was deleted'
                             when 'holds' then 'the phone holds revision ' || v.revision_held::text
                             when 'booted' then 'the phone started again'
                             when 'over' then left('not done in time'
                                 || case when v.waiting_reason <> '' then ': ' || v.waiting_reason
                                         when v.state = 'answered'
                                             then ': the phone answered and did not come'
                                         when v.state = 'sent' then ': no sign of the phone'
                                         else '' end, 255)
                             when 'silent' then
                                 case when v.state = 'answered'
                                      then 'the phone answered 2xx and did not come for its configuration'
                                      else 'no sign of the phone after ' || v.call_count || ' calls' end
                             when 'older' then '' when 'again' then '' else j.outcome end,
               waiting_reason = case v.verdict
                                    when 'older' then 'the phone came for an older revision'
                                    when 'again' then 'no reaction yet'
                                    when 'back' then j.waiting_reason
                                    when 'route' then
                                        case when v.route_pbx_id is null
                                             then 'no line on a PBX that can be called' else '' end
                                    when 'changed' then j.waiting_reason
                                    else '' end,
               wait_count = j.wait_count + case v.verdict when 'older' then 1 else 0 end,
               pbx_id = case v.verdict when 'route' then v.route_pbx_id else j.pbx_id end,
               fence = case v.verdict when 'route' then null else j.fence end, -- each PBX has its own
               due_at = case v.verdict
                            when 'older' then now() when 'again' then now() when 'changed' then now()
                            when 'back' then now() + interval '5 seconds'
                            when 'route' then case when v.route_pbx_id is null
                                                   then now() + interval '1 minute' else now() end
                            else j.due_at end
          from judged as v
         where j.tenant_id = v.tenant_id and j.job_id = v.job_id and v.verdict is not null
        returning j.ended_at
    )
    select count(*) filter (where m.ended_at is not null), count(*) filter (where m.ended_at is null)
      into ended, woken
      from moved as m;
end
$$;

-- The jobs of devices that were just heard of.
create function bk.jobs_settle_devices(p_tenant_ids bigint[], p_device_ids bigint[],
                                       out ended integer, out woken integer)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off as
$$
begin
    select s.ended, s.woken into ended, woken
      from (select coalesce(array_agg(j.tenant_id), '{}') as tenant_ids,
                   coalesce(array_agg(j.job_id), '{}') as job_ids
              from unnest(p_tenant_ids, p_device_ids) as w (tenant_id, device_id)
              join app.job as j on j.tenant_id = w.tenant_id and j.device_id = w.device_id
                               and j.ended_at is null) as open_jobs
     cross join lateral app.jobs_settle(open_jobs.tenant_ids, open_jobs.job_ids) as s;
end
$$;

/*
 * The sweep: every job that time or an unheard visit concerns, at most p_limit at a time; one notifier
 * at a time, the others get zeros. next_due_ms: until the next one is due, at most an hour; 0: more
 * wait already.
 */
create function bk.jobs_settle(p_limit integer, out ended integer, out woken integer,
                               out next_due_ms integer)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_ids bigint[];
    v_job_ids bigint[];
begin
    ended := 0;
    woken := 0;
    next_due_ms := 3600000;
    if not pg_try_advisory_xact_lock(hashtext('beckon'), hashtext('bk.jobs_settle')) then
        return;
    end if;
    select coalesce(array_agg(c.tenant_id), '{}'), coalesce(array_agg(c.job_id), '{}')
      into v_tenant_ids, v_job_ids
      from (select j.tenant_id, j.job_id
              from app.job as j
              left join app.device_state as s on s.tenant_id = j.tenant_id
                                             and s.device_id = j.device_id
             where j.ended_at is null
               and (j.device_id is null
                    or j.expires_at <= now()
                    or (j.state in ('sent', 'answered') and j.due_at <= now())
                    or (j.state = 'queued' and j.due_at <= now()
                        and (j.pbx_id is null
                             or (j.tenant_id, j.pbx_id) not in (select c.tenant_id, c.pbx_id
                                                                  from app.pbx_control as c
                                                                 where c.is_enabled)))
                    or (j.due_at = 'infinity'
                        and not exists (select from app.change as c
                                         where c.tenant_id = j.tenant_id and c.done_at is null))
                    or (j.kind = 'reprovision' and s.held_at >= j.created_at
                        and s.revision_held >= j.wanted_revision)
                    or (j.kind = 'reprovision' and j.state in ('sent', 'answered')
                        and s.held_at > j.sent_at)
                    or (j.kind = 'reboot' and j.sent_at is not null and s.booted_at > j.sent_at))
             limit p_limit) as c;
    select s.ended, s.woken into ended, woken from app.jobs_settle(v_tenant_ids, v_job_ids) as s;
    if cardinality(v_job_ids) >= p_limit then
        next_due_ms := 0;
    else
        select least(coalesce(ceil(extract(epoch from min(j.due_at) - now()) * 1000), 3600000), 3600000)
          into next_due_ms
          from app.job as j
         where j.ended_at is null and j.due_at > now() and j.due_at < 'infinity';
    end if;
end
$$;

reset role;

do $$
declare
    v_function regprocedure;
begin
    grant create on schema app, bk to beckon_cross;
    for v_function in
        select p.oid from pg_proc as p
         where p.oid in ('app.device_revised'::regproc, 'app.pbx_lease_add'::regproc,
                         'app.pbx_control_changed'::regproc, 'app.jobs_settle'::regproc,
                         'bk.changes_apply'::regproc, 'bk.device_fetch'::regproc, 'bk.visits_record'::regproc,
                         'bk.leases_take'::regproc, 'bk.leases_drop'::regproc,
                         'bk.lease_breaker'::regproc, 'bk.jobs_claim'::regproc,
                         'bk.jobs_report'::regproc, 'bk.jobs_settle_devices'::regproc,
                         'bk.jobs_settle'::regproc)
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema app, bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text),
    bk.visits_record(timestamptz[], bigint[], bigint[], macaddr[], inet[], text[], text[], text[],
        integer[], text[], text[], text[], text[], bytea[], bigint[], integer[], integer[], text[],
        boolean[], boolean[])
    to beckon_config;
grant execute on function bk.leases_take(text, integer), bk.leases_drop(text),
    bk.lease_breaker(text, bigint, bigint, bigint, text, integer, integer, text),
    bk.jobs_claim(text, bigint[], bigint[], bigint[], integer[], integer, integer),
    bk.jobs_report(bigint[], bigint[], bigint[], integer[], text[], text[], integer[], boolean[]),
    bk.jobs_settle_devices(bigint[], bigint[]), bk.jobs_settle(integer)
    to beckon_notifier;
grant execute on function bk.changes_apply(integer) to beckon_notifier, beckon_operator;
reset role;
