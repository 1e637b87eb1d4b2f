-- 0038 raised: a transaction can ask which devices it has raised, to write their files before it commits.
-- Locks: app.device, for a moment (its triggers).  Backfill: none.
-- Undo: drop trigger device_raised_insert, device_raised_update on app.device; drop function app.device_raised(),
--       app.devices_raised(integer), app.phone_documents(bigint[]); put back app.phone_config of 0033.

set local role beckon_owner;

-- Whoever wants to know sets bk.raised to ',' at the beginning of his transaction, as the API and the
-- command line do when they set its tenant; for all others these triggers do not fire.
create function app.device_raised() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform set_config('bk.raised', current_setting('bk.raised') || new.device_id || ',', true);
    return null;
end
$$;
create trigger device_raised_insert after insert on app.device
    for each row when (current_setting('bk.raised', true) <> '')
    execute function app.device_raised();
create trigger device_raised_update after update on app.device
    for each row when (old.revision is distinct from new.revision
                       and current_setting('bk.raised', true) <> '')
    execute function app.device_raised();

/*
 * Devices of the tenant that this transaction has made or raised since it asked last, and p_sample of those
 * that it has left to bk.changes_apply to raise: one of each maker and model, a second one of each, and so on.
 */
create function app.devices_raised(p_sample integer) returns bigint[]
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off -- by keys, whatever the statistics of before an import say
    set jit = off as -- which what it cannot do by keys would seem worth
$$
declare
    v_noted constant text := coalesce(current_setting('bk.raised', true), '');
    v_told_change_id constant bigint := coalesce(nullif(current_setting('bk.raised_change', true), ''), '0');
    v_change_id bigint;
    v_changed_ids bigint[];
    v_ids bigint[];
begin
    select max(c.change_id), array_agg(d.device_id) into v_change_id, v_changed_ids
      from app.change as c
     cross join lateral unnest(c.device_ids) as d (device_id)
     where c.tenant_id = app.current_tenant_id() and c.done_at is null
       and c.created_at = now() and c.change_id > v_told_change_id;
    if v_noted in ('', ',') and v_change_id is null then
        return '{}';
    end if;
    perform set_config('bk.raised', ',', true),
            set_config('bk.raised_change', coalesce(v_change_id, v_told_change_id)::text, true);
    select array_agg(r.device_id) into v_ids
      from (select one::bigint from string_to_table(trim(both ',' from v_noted), ',') as one
            union
            (select d.device_id
               from unnest(v_changed_ids) as c (device_id)
               join app.device as d on d.tenant_id = app.current_tenant_id() and d.device_id = c.device_id
              order by row_number() over (partition by d.vendor, d.model order by d.device_id), d.device_id
              limit p_sample)) as r (device_id);
    return coalesce(v_ids, '{}');
end
$$;

-- As in 0033, but a phone's lines are found first, then the extension and PBX of each, by their keys. Left to the
-- planner, a database that is filled for the first time, and has no statistics, had each phone found among all
-- lines of its extensions.
create or replace function app.phone_config(p_tenant_id bigint, p_device_id bigint,
                                            out layers text, out parts text)
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan as -- keys only: planning again would cost more than it finds
$$
declare
    v_key_template_id bigint;
    v_pbxs text;
    v_lines text;
    v_keys text;
begin
    select concat_ws(',', o.json, t.json, s.json, p.json, d.json),
           coalesce(d.key_template_id, p.key_template_id)
      into layers, v_key_template_id
      from app.device as d
      join app.tenant as t on t.tenant_id = d.tenant_id
      left join app.site as s on s.tenant_id = d.tenant_id and s.site_id = d.site_id
      left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
     cross join app.operator_layer as o
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id;

    select string_agg(distinct pbx_json, ','), string_agg(line_json, ',' order by line_index)
      into v_pbxs, v_lines
      from (select l.line_index,
                   '{"id":' || r.pbx_ref || ',"domain":"' || r.domain || '"' || x.json as pbx_json,
                   '{"index":' || l.line_index || ',"id":' || l.line_id
                   || ',"pbx_id":' || r.pbx_ref || e.json || l.json as line_json
              from (select * from app.device_line as one
                     where one.tenant_id = p_tenant_id and one.device_id = p_device_id offset 0) as l
             cross join lateral (select * from app.extension as one
                                  where one.tenant_id = l.tenant_id
                                    and one.extension_id = l.extension_id offset 0) as e
             cross join lateral (select * from app.pbx as one
                                  where one.tenant_id = e.tenant_id and one.pbx_id = e.pbx_id offset 0) as x
             -- An account with a SIP domain of its own has, to the phone, a PBX of its own, with an
             -- id out of the range of those of PBXs: 2^62 and up.
             cross join lateral (select case e.domain when '' then e.pbx_id
                                        else 4611686018427387904 + e.extension_id end as pbx_ref,
                                        case e.domain when '' then x.domain
                                        else e.domain end as domain) as r) as line;

    if exists (select from app.key_rule as r
                where r.tenant_id = p_tenant_id and r.device_id = p_device_id)
       or exists (select from app.key_rule as r
                   where r.tenant_id = p_tenant_id and r.key_template_id = v_key_template_id) then
        select string_agg(one.json, ',' order by one.panel, one.module, one.slot) into v_keys
          from (select distinct on (k.panel, k.module, k.slot) k.panel, k.module, k.slot, k.json
                  from (select own.panel, own.module, own.slot, own.json, 1 as rank, 0 as rule_id
                          from app.device_key as own
                         where own.tenant_id = p_tenant_id and own.device_id = p_device_id
                        union all
                        select shared.panel, shared.module, shared.slot, shared.json, 3, 0
                          from app.key_template_key as shared
                         where shared.tenant_id = p_tenant_id
                           and shared.key_template_id = v_key_template_id
                        union all
                        select r.panel, r.module, g.slot, g.json,
                               case when r.device_id is null then 4 else 2 end, r.key_rule_id
                          from app.key_rule as r
                         cross join lateral app.key_rule_keys(
                                   r.tenant_id, p_device_id, r.key_template_id, r.panel, r.module, r.slot,
                                   r.slot_count, r.kind, r.line, r.source, r.site_id) as g
                         where r.tenant_id = p_tenant_id
                           and (r.device_id = p_device_id
                                or r.key_template_id = v_key_template_id)) as k
                 order by k.panel, k.module, k.slot, k.rank, k.rule_id) as one;
    else
        -- A key of the device's own takes the place of its template's.
        select string_agg(k.json, ',' order by k.panel, k.module, k.slot) into v_keys
          from (select own.panel, own.module, own.slot, own.json
                  from app.device_key as own
                 where own.tenant_id = p_tenant_id and own.device_id = p_device_id
                union all
                select shared.panel, shared.module, shared.slot, shared.json
                  from app.key_template_key as shared
                 where shared.tenant_id = p_tenant_id and shared.key_template_id = v_key_template_id
                   and not exists (select from app.device_key as own
                                    where own.tenant_id = p_tenant_id and own.device_id = p_device_id
                                      and own.panel = shared.panel and own.module = shared.module
                                      and own.slot = shared.slot)) as k;
    end if;
    parts := concat('"pbxs":[', v_pbxs, '],"lines":[', v_lines, '],"keys":[', v_keys, ']');
end
$$;

-- What these devices are to hold, as the transaction has made it; in the order of p_device_ids.
create function app.phone_documents(p_device_ids bigint[])
    returns table (device_id bigint, mac macaddr, label text, vendor text, model text, layers text, parts text)
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
    set enable_seqscan = off -- and so app.phone_config, too, is planned
    set jit = off as
$$
begin
    return query
    select d.device_id, d.mac, d.label, d.vendor, d.model, c.layers, c.parts
      from unnest(p_device_ids) with ordinality as wanted (device_id, place)
     cross join lateral (select * from app.device as one
                          where one.tenant_id = app.current_tenant_id()
                            and one.device_id = wanted.device_id offset 0) as d
     cross join lateral app.phone_config(d.tenant_id, d.device_id) as c
     order by wanted.place;
end
$$;
grant execute on function app.devices_raised(integer), app.phone_documents(bigint[])
    to beckon_api, beckon_operator;

reset role;
