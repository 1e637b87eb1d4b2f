-- 0027 record: what a batch of visits tells that is odd becomes an anomaly of its tenant; and whatever is
-- recorded of phones locks in one order, so that nobody meets a deadlock.
-- Locks: none.  Backfill: none.  Undo: bk.visits_record as 0020 has it.

grant create on schema bk to beckon_cross;
set local role beckon_cross;
-- As in 0020, and: guesses, too many networks and foreign keys (0022) are told; its locks come first.
create or replace function bk.visits_record(
    p_at timestamptz[], p_tenant_id bigint[], p_device_id bigint[], p_mac macaddr[], p_source inet[],
    p_listener text[], p_kind text[], p_path text[], p_status integer[], p_reason text[],
    p_user_agent text[], p_model text[], p_firmware text[], p_fingerprint bytea[],
    p_revision bigint[], p_bytes integer[], p_duration_us integer[], p_request_id text[],
    p_is_whole boolean[], p_is_boot boolean[]) returns integer
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_guesses_max constant integer := 5; -- other MACs a certificate may ask for within a day
    v_written integer;
    v_one record;
begin
    -- Whatever this writes of a device it writes behind its device_state, and these are locked first, in
    -- one order: workers record at once, and an admin's release takes device_state, then anomalies.
    perform from app.device_state as s
      join (select v.tenant_id, v.device_id from unnest(p_tenant_id, p_device_id) as v (tenant_id, device_id)
             union
            select d.tenant_id, d.device_id
              from unnest(p_tenant_id, p_mac, p_reason) as v (tenant_id, mac, reason)
              join app.device as d on d.tenant_id = v.tenant_id and d.mac = v.mac
             where v.reason = 'foreign_tenant_key') as v using (tenant_id, device_id)
     order by s.tenant_id, s.device_id
       for no key update of s;

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

    -- A certificate that asks for other phones' files is guessing: its own tenant is told.
    for v_one in
        with guesses as (
            select v.tenant_id, v.device_id, count(*) as guess_count, min(v.at) as at,
                   max(host(v.source)) as source, max(encode(v.fingerprint, 'hex')) as fingerprint
              from unnest(p_tenant_id, p_device_id, p_at, p_source, p_reason, p_fingerprint)
                   as v (tenant_id, device_id, at, source, reason, fingerprint)
             where v.reason = 'mac_mismatch' and v.device_id is not null
             group by v.tenant_id, v.device_id
        )
        update app.device_state as s
           set mismatch_count = least(g.guess_count
                   + case when s.mismatch_at > g.at - interval '1 day' then s.mismatch_count else 0 end,
                   1000000000),
               mismatch_at = case when s.mismatch_at > g.at - interval '1 day' then s.mismatch_at
                                  else g.at end
          from guesses as g
         where s.tenant_id = g.tenant_id and s.device_id = g.device_id
        returning s.tenant_id, s.device_id, s.mismatch_count, g.guess_count, g.source, g.fingerprint
    loop
        continue when v_one.mismatch_count < c_guesses_max;
        perform app.anomaly_note(v_one.tenant_id, v_one.device_id, 'guessing', jsonb_build_object(
            'source', v_one.source, 'fingerprint', v_one.fingerprint), v_one.guess_count);
    end loop;

    -- Another tenant's key brought a phone that is this one's.
    perform app.anomaly_note(d.tenant_id, d.device_id, 'foreign_key', jsonb_build_object(
                                 'source', v.source, 'fingerprint', v.fingerprint), v.seen_count)
       from (select w.tenant_id, w.mac, count(*) as seen_count, max(host(w.source)) as source,
                    max(encode(w.fingerprint, 'hex')) as fingerprint
               from unnest(p_tenant_id, p_mac, p_source, p_reason, p_fingerprint)
                    as w (tenant_id, mac, source, reason, fingerprint)
              where w.reason = 'foreign_tenant_key' and w.mac is not null
              group by w.tenant_id, w.mac) as v
       join app.device as d on d.tenant_id = v.tenant_id and d.mac = v.mac;

    -- Where phones were served; one that is in too many places is more than one phone.
    for v_one in
        with places as (
            select v.tenant_id, v.device_id, app.network_of(v.source) as network, max(v.at) as at,
                   max(encode(v.fingerprint, 'hex')) as fingerprint, max(host(v.source)) as source
              from unnest(p_tenant_id, p_device_id, p_at, p_source, p_reason, p_status, p_kind,
                          p_fingerprint)
                   as v (tenant_id, device_id, at, source, reason, status, kind, fingerprint)
             where v.reason is null and v.status in (200, 206, 304) and v.kind = 'device'
               and v.device_id is not null and v.source is not null
             group by v.tenant_id, v.device_id, app.network_of(v.source)
        ), news as ( -- most come from where they came from
            select p.* from places as p
              join app.device_state as s using (tenant_id, device_id)
             where app.network_of(s.last_source) is distinct from p.network
             order by p.tenant_id, p.device_id, p.network
        ), noted as (
            insert into app.device_network as n (tenant_id, device_id, network, last_at)
            select tenant_id, device_id, network, at from news
                on conflict on constraint device_network_pk
                do update set last_at = greatest(n.last_at, excluded.last_at)
            returning n.tenant_id, n.device_id, n.network
        )
        select n.tenant_id, n.device_id, max(w.source) as source, max(w.fingerprint) as fingerprint,
               -- as before this statement, and what it adds
               (select count(*) from (select o.network from app.device_network as o
                                       where o.tenant_id = n.tenant_id and o.device_id = n.device_id
                                         and o.last_at > now() - interval '1 day'
                                       union
                                      select m.network from noted as m
                                       where m.tenant_id = n.tenant_id and m.device_id = n.device_id) as u)
               as network_count
          from noted as n join news as w using (tenant_id, device_id, network)
         group by n.tenant_id, n.device_id
    loop
        delete from app.device_network as n
         where n.tenant_id = v_one.tenant_id and n.device_id = v_one.device_id
           and n.last_at < now() - interval '1 day';
        continue when (app.policy_of(v_one.tenant_id, v_one.device_id) ->> 'networks_per_day_max')::integer
                      not between 1 and v_one.network_count - 1;
        -- The device comes before its device_state wherever both are locked. Whoever has it locked now may
        -- be releasing it; if not, the next visit is as good.
        perform from app.device as d
          where d.tenant_id = v_one.tenant_id and d.device_id = v_one.device_id
            for no key update skip locked;
        continue when not found;
        perform app.device_quarantine(v_one.tenant_id, v_one.device_id, 'many_networks',
            jsonb_build_object('source', v_one.source, 'fingerprint', v_one.fingerprint,
                               'networks', v_one.network_count));
    end loop;

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
      from news as n
     where s.tenant_id = n.tenant_id and s.device_id = n.device_id;
    return v_written;
end
$$;
reset role;
revoke create on schema bk from beckon_cross;
