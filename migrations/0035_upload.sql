-- 0035 upload: what a phone writes itself (its log, what was changed at it, contacts, call lists) is kept for
-- its tenant, sealed, and given back to the phone.
-- Locks: a short exclusive one on app.device_state; functions are replaced.  Backfill: none.
-- Undo: drop the tables, columns and functions below; app.device_state_add (0022), app.sealed_column (0024),
--       bk.maintain (0026), and the texts changed in bk.device_fetch and bk.enrol_fetch (0034) as they were.

set local role beckon_owner;

-- One file of one phone, by the last step of its path in lower case.
create table app.upload (
    tenant_id  bigint      not null,
    upload_id  bigint      not null generated always as identity,
    device_id  bigint      not null,
    name       text        not null,
    kind       text        not null, -- bk_file_kind_name
    bytes      integer     not null, -- of its parts, as the phone sent them
    lost_bytes bigint      not null default 0, -- of a log: what was older, and had to go
    source     inet        not null, -- who wrote last
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint upload_pk        primary key (tenant_id, upload_id),
    constraint upload_name_uq   unique (tenant_id, device_id, name),
    constraint upload_device_fk foreign key (tenant_id, device_id) references app.device on delete cascade,
    constraint upload_name_ck   check (name ~ '^[a-z0-9._-]{1,64}$'),
    constraint upload_kind_ck   check (char_length(kind) <= 32),
    constraint upload_bytes_ck  check (bytes >= 0 and lost_bytes >= 0)
);
select app.protect('app.upload');

/*
 * What one request brought: a log has a part for each, any other file has one. Its text is sealed under a key of
 * its own, so that a change of the tenant's data key seals 32 bytes anew and not the text.
 */
create table app.upload_part (
    tenant_id   bigint      not null,
    part_id     bigint      not null, -- drawn at random by who seals, before the row is written
    upload_id   bigint      not null,
    part_index  integer     not null,
    bytes       integer     not null,
    content_key bytea       not null, -- sealed at "<tenant>/upload_part.content_key/<part_id>"
    content     bytea       not null, -- sealed under that key at "<tenant>/upload_part.content/<part_id>"
    created_at  timestamptz not null default now(),
    constraint upload_part_pk         primary key (tenant_id, part_id),
    constraint upload_part_index_uq   unique (tenant_id, upload_id, part_index),
    constraint upload_part_upload_fk  foreign key (tenant_id, upload_id) references app.upload on delete cascade,
    constraint upload_part_bytes_ck   check (bytes between 0 and 1048576),
    constraint upload_part_key_ck     check (app.is_sealed(content_key)),
    constraint upload_part_content_ck check (octet_length(content) = bytes + 29 and get_byte(content, 0) = 1)
);
select app.protect('app.upload_part');
alter table app.upload_part alter column content set storage external; -- sealed: nothing is left to compress

-- Written by phones alone; their tenant reads and deletes.
revoke insert, update on app.upload, app.upload_part from beckon_api, beckon_operator;
revoke all on app.upload, app.upload_part from beckon_notifier;

-- How often a phone has written in the hour that runs.
alter table app.device_state
    add column upload_hour timestamptz,
    add column upload_count integer not null default 0;

reset role;
grant create on schema app, bk to beckon_cross;
set local role beckon_cross;

/*
 * A phone writes a file, or more of a log (p_kind 'log'). After bk.device_fetch or bk.enrol_fetch said 'serve' to
 * kind 'upload'. The oldest parts of a device's logs go when it would keep more than p_device_bytes_max.
 *
 * p_data_key   sealed, as the fetch gave it: what p_content_key is sealed with
 * p_part_id    at random; p_content_key and p_content are sealed for it
 * returns      stored; too_often: p_per_hour_max in this hour already; full: more than the device may keep, in bytes
 *              or in files; unknown_device: gone meanwhile; busy: the tenant's data key is being changed
 */
create function bk.upload_put(
    p_tenant_id bigint, p_device_id bigint, p_data_key bytea, p_name text, p_kind text,
    p_source inet, p_part_id bigint, p_bytes integer, p_content_key bytea, p_content bytea,
    p_per_hour_max integer, p_device_bytes_max integer) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_files_max constant integer := 16;
    c_parts_max constant integer := 256; -- of one log
    v_hour constant timestamptz := date_trunc('hour', now(), 'UTC');
    v_is_append constant boolean := p_kind = 'log';
    v_upload_id bigint;
    v_is_known boolean;
    v_file_count integer;
    v_all_bytes integer;
    v_log_bytes integer;    -- of these: what may go to make room,
    v_former_bytes integer; -- and what is replaced
    v_excess integer;
    v_index integer;
    v_part record;
begin
    if not pg_try_advisory_xact_lock_shared(hashtextextended('bk.data_key', p_tenant_id))
       or not exists (select from app.tenant as t
                       where t.tenant_id = p_tenant_id and t.data_key = p_data_key) then
        return 'busy';
    end if;
    -- Holds device_state to the end: files of one device are written one after another, and whoever releases
    -- the device meanwhile deletes this one too.
    update app.device_state as s
       set upload_count = case when s.upload_hour = v_hour then s.upload_count + 1 else 1 end,
           upload_hour = v_hour
     where s.tenant_id = p_tenant_id and s.device_id = p_device_id
       and (s.upload_hour is distinct from v_hour or s.upload_count < p_per_hour_max);
    if not found then
        return case when exists (select from app.device as d where d.tenant_id = p_tenant_id
                                                               and d.device_id = p_device_id)
                    then 'too_often' else 'unknown_device' end;
    end if;
    if not exists (select from app.device as d
                    where d.tenant_id = p_tenant_id and d.device_id = p_device_id and d.state = 'bound') then
        return 'unknown_device';
    end if;

    select count(*), coalesce(sum(u.bytes), 0), coalesce(sum(u.bytes) filter (where u.kind = 'log'), 0),
           coalesce(sum(u.bytes) filter (where u.name = p_name and not v_is_append), 0),
           coalesce(bool_or(u.name = p_name), false)
      into v_file_count, v_all_bytes, v_log_bytes, v_former_bytes, v_is_known
      from app.upload as u
     where u.tenant_id = p_tenant_id and u.device_id = p_device_id;
    if v_file_count + (not v_is_known)::integer > c_files_max
       or v_all_bytes - v_former_bytes - v_log_bytes + p_bytes > p_device_bytes_max then
        return 'full';
    end if;

    insert into app.upload as u (tenant_id, device_id, name, kind, bytes, source)
    values (p_tenant_id, p_device_id, p_name, p_kind, p_bytes, p_source)
        on conflict on constraint upload_name_uq
        do update set kind = excluded.kind, source = excluded.source, updated_at = now(),
                      bytes = excluded.bytes + case when v_is_append then u.bytes else 0 end
    returning u.upload_id into v_upload_id;
    if not v_is_append then
        delete from app.upload_part as p where p.tenant_id = p_tenant_id and p.upload_id = v_upload_id;
    end if;
    select coalesce(max(p.part_index), 0) + 1 into v_index
      from app.upload_part as p where p.tenant_id = p_tenant_id and p.upload_id = v_upload_id;

    v_excess := v_all_bytes - v_former_bytes + p_bytes - p_device_bytes_max;
    for v_part in
        select p.part_id, p.upload_id, p.bytes,
               p.upload_id = v_upload_id and p.part_index <= v_index - c_parts_max as is_far
          from app.upload as u
          join app.upload_part as p on p.tenant_id = u.tenant_id and p.upload_id = u.upload_id
         where u.tenant_id = p_tenant_id and u.device_id = p_device_id and u.kind = 'log'
         order by is_far desc, p.created_at, p.part_index
    loop
        exit when v_excess <= 0 and not v_part.is_far;
        -- A file is locked before its parts, as by who deletes it or lets it expire.
        update app.upload as u set bytes = u.bytes - v_part.bytes, lost_bytes = u.lost_bytes + v_part.bytes
         where u.tenant_id = p_tenant_id and u.upload_id = v_part.upload_id;
        delete from app.upload_part as p where p.tenant_id = p_tenant_id and p.part_id = v_part.part_id;
        v_excess := v_excess - v_part.bytes;
    end loop;

    insert into app.upload_part (tenant_id, part_id, upload_id, part_index, bytes, content_key, content, created_at)
    values (p_tenant_id, p_part_id, v_upload_id, v_index, p_bytes, p_content_key, p_content,
            clock_timestamp()); -- by whose order they go: that of who waited, not of who came
    return 'stored';
end
$$;

-- The parts of one file, in their order; no row: there is no such file. After 'serve' to kind 'stored'.
create function bk.upload_get(p_tenant_id bigint, p_device_id bigint, p_name text)
    returns table (part_id bigint, bytes integer, content_key bytea, content bytea)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select p.part_id, p.bytes, p.content_key, p.content
            from app.upload as u
            join app.upload_part as p on p.tenant_id = u.tenant_id and p.upload_id = u.upload_id
           where u.tenant_id = p_tenant_id and u.device_id = p_device_id and u.name = p_name
           order by p.part_index $$;

/*
 * Logs and call lists past their tenant's retention. What a phone's user made, contacts and own settings, the
 * phone reads back: it stays as long as the device has that phone.
 */
create function app.uploads_expire(p_now timestamptz) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_count bigint;
begin
    with due as ( -- locked before their parts; what is written to just now has its turn next time
        select u.tenant_id, u.upload_id, p_now - make_interval(days => t.retention_days) as since
          from app.upload as u join app.tenant as t on t.tenant_id = u.tenant_id
         where u.kind in ('log', 'calls')
           and u.created_at < p_now - make_interval(days => t.retention_days)
           for no key update of u skip locked
    ), gone as (
        delete from app.upload_part as p
         using due as d
         where p.tenant_id = d.tenant_id and p.upload_id = d.upload_id and p.created_at < d.since
        returning p.tenant_id, p.upload_id, p.bytes
    ), fewer as (
        update app.upload as u set bytes = u.bytes - g.bytes
          from (select tenant_id, upload_id, sum(bytes) as bytes from gone group by 1, 2) as g
         where u.tenant_id = g.tenant_id and u.upload_id = g.upload_id
    )
    select count(*) into v_count from gone;
    delete from app.upload as u
     where u.kind in ('log', 'calls')
       and u.updated_at < p_now - interval '1 hour' -- not while it is written to
       and not exists (select from app.upload_part as p
                        where p.tenant_id = u.tenant_id and p.upload_id = u.upload_id);
    return v_count;
end
$$;

-- As in 0026, and uploads.
create or replace function bk.maintain(p_now timestamptz default now())
    returns table (what text, done_count bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC' as
$$
#variable_conflict use_column
begin
    return query select r.what, r.done_count from app.maintain_records(p_now) as r;
    delete from app.good_source as g where g.last_at < p_now - interval '2 days';
    get diagnostics done_count = row_count;
    what := 'good addresses';
    return next;
    delete from app.ban as b where b.until < p_now - interval '90 days';
    get diagnostics done_count = row_count;
    what := 'bans';
    return next;
    done_count := app.uploads_expire(p_now);
    what := 'parts of uploads';
    return next;
end
$$;

-- As in 0022, and uploads: nothing of a phone that is gone stays.
create or replace function app.device_state_add() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if tg_op = 'INSERT' then
        insert into app.device_state (tenant_id, device_id) values (new.tenant_id, new.device_id);
    else
        update app.device_state
           set fingerprint = null, fingerprint_at = null, revision_held = null, held_at = null,
               model_seen = null, firmware_seen = null, last_visit_at = null, last_source = null,
               model_pinned = null, serial_seen = null, mismatch_count = 0, mismatch_at = null,
               upload_hour = null, upload_count = 0
         where tenant_id = new.tenant_id and device_id = new.device_id;
        delete from app.device_network as n
         where n.tenant_id = new.tenant_id and n.device_id = new.device_id;
        delete from app.enrolment as e
         where e.tenant_id = new.tenant_id and e.device_id = new.device_id;
        delete from app.upload as u
         where u.tenant_id = new.tenant_id and u.device_id = new.device_id;
        update app.anomaly as a
           set decision = 'superseded', decided_at = now(), decided_by = 'another phone'
         where a.tenant_id = new.tenant_id and a.device_id = new.device_id and a.decision is null;
    end if;
    return null;
end
$$;

/*
 * Two kinds more for bk.device_fetch and bk.enrol_fetch: 'upload', the phone writes a file of its own, and
 * 'stored', it reads one back. To write, it needs no window of serving 'armed': it gets nothing. The functions
 * are long and only these places change: they are changed in the text that stands.
 */
do $$
declare
    c_changes constant text[] := array[
        '(''device'', ''common'', ''boot'', ''master'', ''index-by-serial'')',
        '(''device'', ''common'', ''boot'', ''master'', ''index-by-serial'', ''upload'', ''stored'')',
        'elsif v_is_armed is not true and not', 'elsif p_kind <> ''upload'' and v_is_armed is not true and not',
        'elsif v_policy ->> ''serving'' = ''armed'' and v_is_armed is not true',
        'elsif kind <> ''upload'' and v_policy ->> ''serving'' = ''armed'' and v_is_armed is not true'];
    c_counts constant integer[] := array[2, 1, 1]; -- functions that have it
    v_function regprocedure;
    v_count integer;
begin
    for i in 1 .. cardinality(c_counts) loop
        v_count := 0;
        for v_function in
            select p.oid from pg_catalog.pg_proc as p
             where p.pronamespace = 'bk'::regnamespace and position(c_changes[2 * i - 1] in p.prosrc) > 0
        loop
            execute replace(pg_get_functiondef(v_function), c_changes[2 * i - 1], c_changes[2 * i]);
            v_count := v_count + 1;
        end loop;
        if v_count <> c_counts[i] then
            raise exception '"%" stands in % functions, not in %', c_changes[2 * i - 1], v_count, c_counts[i];
        end if;
    end loop;
end
$$;

revoke execute on function
    bk.upload_put(bigint, bigint, bytea, text, text, inet, bigint, integer, bytea, bytea, integer, integer),
    bk.upload_get(bigint, bigint, text), app.uploads_expire(timestamptz) from public;
grant execute on function
    bk.upload_put(bigint, bigint, bytea, text, text, inet, bigint, integer, bytea, bytea, integer, integer),
    bk.upload_get(bigint, bigint, text) to beckon_config;
reset role;
revoke create on schema app, bk from beckon_cross;
