-- 0017 record: how beckon-config writes down what happened, in batches.
-- Locks: new objects only.  Backfill: none.  Undo: drop function bk.visits_record, bk.strangers_record.

set local role beckon_owner;

/*
 * Write visits: arrays of one length, one element a visit, in the order of the parameters. p_reason
 * null: served. p_is_whole: the body left us completely.
 *
 * Returns how many were written; a row of an unknown tenant is left out. Texts longer than their
 * column are cut and bad numbers clipped, since one odd phone must not cost a whole batch. A device
 * deleted meanwhile keeps its visits and has no state to update.
 *
 * What a served visit says goes into device_state: the latest visit; model and firmware, where the
 * phone told them; the revision it holds, when its own file came whole (200) or was confirmed (304).
 * Rows are locked in the order of their keys: batches of several workers meet on the same devices.
 */
create function bk.visits_record(
    p_at timestamptz[], p_tenant_id bigint[], p_device_id bigint[], p_mac macaddr[], p_source inet[],
    p_listener text[], p_kind text[], p_path text[], p_status integer[], p_reason text[],
    p_user_agent text[], p_model text[], p_firmware text[], p_fingerprint bytea[],
    p_revision bigint[], p_bytes integer[], p_duration_us integer[], p_request_id text[],
    p_is_whole boolean[]) returns integer
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
        select tenant_id, device_id, at, source, model, firmware, revision,
               kind = 'device' and status in (200, 304) and is_whole and revision is not null as holds
          from unnest(p_at, p_tenant_id, p_device_id, p_source, p_kind, p_status, p_reason, p_model,
                      p_firmware, p_revision, p_is_whole)
               as v (at, tenant_id, device_id, source, kind, status, reason, model, firmware, revision,
                     is_whole)
         where reason is null and status in (200, 206, 304) and device_id is not null
           and tenant_id is not null and at is not null
    ), news as (
        select tenant_id, device_id, max(at) as at,
               (array_agg(source order by at desc))[1] as source,
               (array_agg(model order by at desc) filter (where model <> ''))[1] as model,
               (array_agg(firmware order by at desc) filter (where firmware <> ''))[1] as firmware,
               (array_agg(revision order by at desc) filter (where holds))[1] as revision,
               max(at) filter (where holds) as held_at
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
           held_at = greatest(s.held_at, n.held_at)
      from locked as l join news as n using (tenant_id, device_id)
     where s.tenant_id = l.tenant_id and s.device_id = l.device_id;
    return v_written;
end
$$;

/*
 * Write refusals that concern no tenant: arrays of one length; p_minute is rounded down. Rows of one
 * minute, source, listener, reason and claim add up. In a minute that has 2,000 rows already the
 * claim is left out and the source becomes its network (/16, /32 for IPv6), so that a flood costs
 * counters, not rows. Returns the number of rows touched.
 */
create function bk.strangers_record(
    p_minute timestamptz[], p_source inet[], p_listener text[], p_reason text[], p_claimed text[],
    p_claimed_mac macaddr[], p_seen_count integer[]) returns integer
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_row_max constant integer := 2000;
    v_written integer;
begin
    with given as (
        select date_trunc('minute', g.minute, 'UTC') as minute, g.source,
               left(coalesce(g.listener, ''), 64) as listener,
               left(coalesce(g.reason, ''), 64) as reason,
               left(coalesce(g.claimed, ''), 256) as claimed, g.claimed_mac,
               greatest(coalesce(g.seen_count, 1), 1) as seen_count
          from unnest(p_minute, p_source, p_listener, p_reason, p_claimed, p_claimed_mac, p_seen_count)
               as g (minute, source, listener, reason, claimed, claimed_mac, seen_count)
         where g.minute is not null and g.source is not null
    ), crowd as (
        select m.minute, (select count(*) from (select from app.stranger as s where s.minute = m.minute
                                                 limit c_row_max) as few) as row_count
          from (select distinct minute from given) as m
    ), ranked as (
        select g.*, c.row_count
                    + dense_rank() over (partition by g.minute
                                         order by g.source, g.listener, g.reason, g.claimed)
                    > c_row_max as is_flood
          from given as g join crowd as c using (minute)
    ), folded as (
        select minute,
               case when not is_flood then source
                    else network(set_masklen(source, case family(source) when 4 then 16 else 32 end))::inet
               end as source,
               listener, reason, case when is_flood then '' else claimed end as claimed,
               case when not is_flood then claimed_mac end as claimed_mac, seen_count
          from ranked
    )
    insert into app.stranger as s (minute, source, listener, reason, claimed, claimed_mac, seen_count)
    select minute, source, listener, reason, claimed,
           (array_agg(claimed_mac) filter (where claimed_mac is not null))[1], sum(seen_count)
      from folded
     group by minute, source, listener, reason, claimed
     order by minute, source, listener, reason, claimed
        on conflict on constraint stranger_pk
        do update set seen_count = s.seen_count + excluded.seen_count,
                      claimed_mac = coalesce(s.claimed_mac, excluded.claimed_mac);
    get diagnostics v_written = row_count;
    return v_written;
end
$$;

reset role;

grant create on schema bk to beckon_cross;
alter function bk.visits_record(timestamptz[], bigint[], bigint[], macaddr[], inet[], text[], text[],
    text[], integer[], text[], text[], text[], text[], bytea[], bigint[], integer[], integer[], text[],
    boolean[]) owner to beckon_cross;
alter function bk.strangers_record(timestamptz[], inet[], text[], text[], text[], macaddr[], integer[])
    owner to beckon_cross;
revoke create on schema bk from beckon_cross;

set local role beckon_cross;
grant execute on function
    bk.visits_record(timestamptz[], bigint[], bigint[], macaddr[], inet[], text[], text[], text[],
        integer[], text[], text[], text[], text[], bytea[], bigint[], integer[], integer[], text[],
        boolean[]),
    bk.strangers_record(timestamptz[], inet[], text[], text[], text[], macaddr[], integer[])
    to beckon_config;
reset role;
