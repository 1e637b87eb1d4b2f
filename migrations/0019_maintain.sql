-- 0019 maintain: what time makes due: partitions ahead, and everything that has had its day.
-- Locks: new objects only; each run takes a short exclusive lock on app.visit when it drops a day.
-- Backfill: makes the first partitions.  Undo: drop function bk.maintain, app.visit_day_*.

set local role beckon_owner;

-- Tables belong to beckon_owner, so it makes and drops them; rows are moved by bk.maintain, since
-- forced row-level security shows their owner none.
create function app.visit_day_create(p_day date) returns regclass
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_name text := 'visit_' || to_char(p_day, 'YYYYMMDD');
begin
    -- Apart from the parent at first: attaching, unlike making it as a partition, lets visits be
    -- written meanwhile.
    execute format('create table app.%I (like app.visit including defaults including constraints)', v_name);
    perform app.protect(('app.' || quote_ident(v_name))::regclass);
    execute format('revoke all on app.%I from beckon_api, beckon_operator, beckon_notifier', v_name);
    return ('app.' || quote_ident(v_name))::regclass;
end
$$;

create function app.visit_day_attach(p_day date) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    execute format('alter table app.visit attach partition app.%I for values from (%L) to (%L)',
                   'visit_' || to_char(p_day, 'YYYYMMDD'),
                   p_day::text || ' 00:00:00+00', (p_day + 1)::text || ' 00:00:00+00');
end
$$;

create function app.visit_day_drop(p_day date) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    execute format('drop table app.%I', 'visit_' || to_char(p_day, 'YYYYMMDD'));
end
$$;
grant execute on function app.visit_day_create(date), app.visit_day_attach(date),
                          app.visit_day_drop(date) to beckon_cross;

/*
 * Called by notifiers about once an hour; any number may, one at a time does the work, the others
 * return at once. Days are UTC. Whatever is done is told as (what, how many).
 *
 * A day whose lock is not to be had within two seconds is left for the next run: visits go to the
 * default partition meanwhile, and are moved when their day is made.
 */
create function bk.maintain(p_now timestamptz default now())
    returns table (what text, done_count bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC'
    set lock_timeout = '2s' as
$$
declare
    c_ahead constant integer := 7;
    c_stranger_days constant integer := 30;
    c_job_days constant integer := 90;
    v_today date := p_now::date;
    v_day date;
    v_table regclass;
    v_rows bigint;
    v_keep_days integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('beckon'), hashtext('bk.maintain')) then
        what := 'busy';
        done_count := 0;
        return next;
        return;
    end if;

    -- Days ahead, and those of which visits lie in the default partition.
    for v_day in
        select d::date from generate_series(v_today - 1, v_today + c_ahead, interval '1 day') as d
         union
        select v.at::date from app.visit_default as v
         where v.at >= p_now - interval '400 days' and v.at < v_today + c_ahead + 1
         order by 1
    loop
        continue when to_regclass('app.visit_' || to_char(v_day, 'YYYYMMDD')) is not null;
        begin
            v_table := app.visit_day_create(v_day);
            execute format('with gone as (delete from app.visit_default as v'
                           ' where v.at >= %L and v.at < %L returning *)'
                           ' insert into %s select * from gone',
                           v_day::timestamptz, (v_day + 1)::timestamptz, v_table);
            get diagnostics v_rows = row_count;
            perform app.visit_day_attach(v_day);
            what := 'visit day made';
            done_count := v_rows; -- moved from the default partition
            return next;
        exception when lock_not_available or check_violation then
            -- check_violation: a visit of that day was written to the default partition just now
            what := 'visit day postponed';
            done_count := 0;
            return next;
        end;
    end loop;

    -- Whole days that nobody keeps, then rows of tenants that keep less.
    select coalesce(max(t.retention_days), 1) into v_keep_days
      from app.tenant as t where t.status <> 'deleted';
    for v_day in
        select to_date(substr(c.relname, 7), 'YYYYMMDD')
          from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
         where i.inhparent = 'app.visit'::regclass and c.relname ~ '^visit_[0-9]{8}$'
         order by 1
    loop
        exit when v_day >= v_today - v_keep_days;
        begin
            perform app.visit_day_drop(v_day);
            what := 'visit day dropped';
            done_count := 1;
            return next;
        exception when lock_not_available then
            what := 'visit day postponed';
            done_count := 0;
            return next;
        end;
    end loop;
    delete from app.visit as v using app.tenant as t
     where t.tenant_id = v.tenant_id and t.retention_days < v_keep_days
       and v.at < p_now - make_interval(days => t.retention_days);
    get diagnostics done_count = row_count;
    what := 'visits past retention';
    return next;
    delete from app.visit_default as v
     where v.at < p_now - make_interval(days => v_keep_days);
    get diagnostics done_count = row_count;
    what := 'visits past all retention';
    return next;

    delete from app.stranger as s where s.minute < p_now - make_interval(days => c_stranger_days);
    get diagnostics done_count = row_count;
    what := 'strangers';
    return next;
    delete from app.tenant_key as k where k.valid_until < p_now - interval '30 days';
    get diagnostics done_count = row_count;
    what := 'tenant keys long expired';
    return next;
    delete from app.idempotency as i where i.created_at < p_now - interval '24 hours';
    get diagnostics done_count = row_count;
    what := 'idempotency keys';
    return next;
    delete from app.enrolment as e where e.valid_until < p_now - interval '30 days';
    get diagnostics done_count = row_count;
    what := 'enrolments';
    return next;
    delete from app.webhook_delivery as w
     where coalesce(w.delivered_at, w.failed_at) < p_now - interval '30 days';
    get diagnostics done_count = row_count;
    what := 'webhook deliveries';
    return next;
    delete from app.job as j where j.ended_at < p_now - make_interval(days => c_job_days);
    get diagnostics done_count = row_count;
    what := 'jobs';
    return next;
    delete from app.job_batch as b
     where b.created_at < p_now - make_interval(days => c_job_days)
       and not exists (select from app.job as j
                        where j.tenant_id = b.tenant_id and j.job_batch_id = b.job_batch_id);
    get diagnostics done_count = row_count;
    what := 'job batches';
    return next;
    delete from app.change as c where c.done_at < p_now - interval '30 days';
    get diagnostics done_count = row_count;
    what := 'changes';
    return next;
    delete from app.registration as r where r.expires_at < p_now - interval '1 day';
    get diagnostics done_count = row_count;
    what := 'registrations';
    return next;
end
$$;

reset role;

grant create on schema bk to beckon_cross;
alter function bk.maintain(timestamptz) owner to beckon_cross;
revoke create on schema bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.maintain(timestamptz) to beckon_notifier, beckon_operator;
select what, done_count from bk.maintain();
reset role;
