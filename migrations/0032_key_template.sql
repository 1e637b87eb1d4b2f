-- 0032 key_template: a profile may name the key template of its devices; what the keys of a device, or of
-- a template, take of a phone.
-- Locks: app.profile for an instant (a column without a default, a key that is null everywhere).
-- Backfill: none.
-- Undo: put back the functions of 0013 and 0016; drop function app.extents_of_device,
--       app.extents_of_key_template, app.slots_used; alter table app.profile drop column key_template_id.

set local role beckon_owner;

-- Of devices that name none themselves.
alter table app.profile
    add column key_template_id bigint,
    add constraint profile_key_template_fk foreign key (tenant_id, key_template_id)
                                           references app.key_template;
create index profile_key_template_ix on app.profile (tenant_id, key_template_id)
    where key_template_id is not null;

-- Devices that use one of these: by themselves, or by their profile.
create function app.devices_of_key_templates(p_tenant_ids bigint[], p_key_template_ids bigint[])
    returns table (tenant_id bigint, device_id bigint)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    select d.tenant_id, d.device_id
      from unnest(p_tenant_ids, p_key_template_ids) as t (tenant_id, key_template_id)
      join app.device as d using (tenant_id, key_template_id)
    union
    select d.tenant_id, d.device_id
      from unnest(p_tenant_ids, p_key_template_ids) as t (tenant_id, key_template_id)
      join app.profile as p using (tenant_id, key_template_id)
      join app.device as d using (tenant_id, profile_id)
     where d.key_template_id is null
$$;

-- As in 0016, but for the profile's key template.
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
              from app.device_line as l
              join app.extension as e on e.tenant_id = l.tenant_id
                                     and e.extension_id = l.extension_id
              join app.pbx as x on x.tenant_id = e.tenant_id and x.pbx_id = e.pbx_id
             -- An account with a SIP domain of its own has, to the phone, a PBX of its own, with an
             -- id out of the range of those of PBXs: 2^62 and up.
             cross join lateral (select case e.domain when '' then e.pbx_id
                                        else 4611686018427387904 + e.extension_id end as pbx_ref,
                                        case e.domain when '' then x.domain
                                        else e.domain end as domain) as r
             where l.tenant_id = p_tenant_id and l.device_id = p_device_id) as line;

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
    parts := concat('"pbxs":[', v_pbxs, '],"lines":[', v_lines, '],"keys":[', v_keys, ']');
end
$$;

/*
 * ---- what a model must have ----
 *
 * The highest numbers in use, which who writes compares with what the model has (libcommon/vendor/limits.h).
 * With the rights, and so in the tenant, of who asks.
 */

create function app.slots_used(p_tenant_id bigint, p_device_id bigint, p_key_template_id bigint)
    returns table (panel app.panel, module integer, slot integer, line integer)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    select k.panel, k.module, k.slot, k.line from app.device_key as k
     where k.tenant_id = p_tenant_id and k.device_id = p_device_id
    union all
    select k.panel, k.module, k.slot, k.line from app.key_template_key as k
     where k.tenant_id = p_tenant_id and k.key_template_id = p_key_template_id
$$;

-- One row: of its lines, its keys and those of its template.
create function app.extents_of_device(p_tenant_id bigint, p_device_id bigint)
    returns table (mac text, vendor text, model text, line integer, line_key integer,
                   programmable_key integer, module integer, module_key integer)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    select replace(d.mac::text, ':', ''), d.vendor, d.model,
           greatest(u.line, (select max(l.line_index) from app.device_line as l
                              where l.tenant_id = d.tenant_id and l.device_id = d.device_id), 0),
           u.line_key, u.programmable_key, u.module, u.module_key
      from app.device as d
      left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
     cross join lateral (select max(u.line) as line,
                                coalesce(max(u.slot) filter (where u.panel = 'line'), 0) as line_key,
                                coalesce(max(u.slot) filter (where u.panel = 'programmable'), 0)
                                    as programmable_key,
                                coalesce(max(u.module), 0) as module,
                                coalesce(max(u.slot) filter (where u.panel = 'module'), 0) as module_key
                           from app.slots_used(d.tenant_id, d.device_id,
                                               coalesce(d.key_template_id, p.key_template_id)) as u) as u
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id
$$;

-- A row for each model that uses the template, with one device of it.
create function app.extents_of_key_template(p_tenant_id bigint, p_key_template_id bigint)
    returns table (mac text, vendor text, model text, line integer, line_key integer,
                   programmable_key integer, module integer, module_key integer)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    select min(replace(d.mac::text, ':', '')), d.vendor, d.model, u.line, u.line_key, u.programmable_key,
           u.module, u.module_key
      from (select coalesce(max(u.line), 0) as line,
                   coalesce(max(u.slot) filter (where u.panel = 'line'), 0) as line_key,
                   coalesce(max(u.slot) filter (where u.panel = 'programmable'), 0) as programmable_key,
                   coalesce(max(u.module), 0) as module,
                   coalesce(max(u.slot) filter (where u.panel = 'module'), 0) as module_key
              from app.slots_used(p_tenant_id, null, p_key_template_id) as u) as u
     cross join app.devices_of_key_templates(array[p_tenant_id], array[p_key_template_id]) as t
      join app.device as d using (tenant_id, device_id)
     group by d.vendor, d.model, u.line, u.line_key, u.programmable_key, u.module, u.module_key
$$;

grant execute on function
    app.slots_used(bigint, bigint, bigint), app.extents_of_device(bigint, bigint),
    app.extents_of_key_template(bigint, bigint), app.devices_of_key_templates(bigint[], bigint[])
    to beckon_cross, beckon_api, beckon_operator;

reset role;

grant create on schema app to beckon_cross;
set local role beckon_cross;

create or replace function app.revision_of_key_template() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_ids bigint[];
    v_template_ids bigint[];
begin
    case tg_op
        when 'INSERT' then
            select array_agg(tenant_id), array_agg(key_template_id) into v_tenant_ids, v_template_ids
              from (select distinct tenant_id, key_template_id from new_rows) as t;
        when 'DELETE' then
            select array_agg(tenant_id), array_agg(key_template_id) into v_tenant_ids, v_template_ids
              from (select distinct tenant_id, key_template_id from old_rows) as t;
        else
            select array_agg(tenant_id), array_agg(key_template_id) into v_tenant_ids, v_template_ids
              from (select tenant_id, key_template_id
                      from (select * from new_rows except all select * from old_rows) as n
                    union
                    select tenant_id, key_template_id
                      from (select * from old_rows except all select * from new_rows) as o) as t;
    end case;
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from app.devices_of_key_templates(v_tenant_ids, v_template_ids) as d;
    return null;
end
$$;

create or replace function app.revision_of_profile() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id, profile_id)
       join app.device as d using (tenant_id, profile_id)
      where n.json <> o.json
         or (n.key_template_id is distinct from o.key_template_id and d.key_template_id is null);
    return null;
end
$$;

reset role;

revoke create on schema app from beckon_cross;
