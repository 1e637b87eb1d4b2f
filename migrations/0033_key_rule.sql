-- 0033 key_rule: keys that follow people: "everyone of a site but me, by name".
-- Locks: app.device, app.device_line and app.profile for an instant (triggers, a foreign key).
-- Backfill: none.
-- Undo: drop table app.key_rule; drop the triggers device_rule_*; drop function app.key_rule_people,
--       app.key_rule_keys, app.rules_raise, app.revision_of_line, app.revision_of_key_rule,
--       app.revision_of_site_move, app.revision_of_site_left; put back app.phone_config and app.slots_used of 0032, the triggers
--       device_line_revision_* and app.revision_of_extension of 0013.

set local role beckon_owner;

-- A range of slots of a device, or of a key template, that is filled with people when the phone's
-- configuration is put together: one that says otherwise on a slot keeps it, and they go to the next.
create table app.key_rule (
    tenant_id       bigint      not null,
    key_rule_id     bigint      not null generated always as identity,
    device_id       bigint,
    key_template_id bigint,
    panel           app.panel   not null,
    module          integer     not null default 0,
    slot            integer     not null, -- the first
    slot_count      integer     not null,
    kind            text        not null,
    line            integer     not null default 0, -- 0: the lowest that reaches the person
    source          text        not null, -- who: at the site where the phone stands, at one, in the tenant
    site_id         bigint,
    created_at      timestamptz not null default now(),
    constraint key_rule_pk          primary key (tenant_id, key_rule_id),
    constraint key_rule_device_uq   unique (tenant_id, device_id, panel, module, slot),
    constraint key_rule_template_uq unique (tenant_id, key_template_id, panel, module, slot),
    constraint key_rule_device_fk   foreign key (tenant_id, device_id) references app.device
                                    on delete cascade,
    constraint key_rule_template_fk foreign key (tenant_id, key_template_id)
                                    references app.key_template on delete cascade,
    constraint key_rule_site_fk     foreign key (tenant_id, site_id) references app.site,
    constraint key_rule_of_ck       check (num_nonnulls(device_id, key_template_id) = 1),
    constraint key_rule_slot_ck     check (app.is_slot(panel, module, slot) and slot_count >= 1
                                           and app.is_slot(panel, module, slot + slot_count - 1)),
    constraint key_rule_kind_ck     check (kind in ('blf', 'speed_dial')),
    constraint key_rule_line_ck     check (line between 0 and 16),
    constraint key_rule_source_ck   check (source in ('own_site', 'site', 'tenant')
                                           and (source = 'site') = (site_id is not null))
);
create index key_rule_site_ix on app.key_rule (tenant_id, site_id) where site_id is not null;
select app.protect('app.key_rule');

/*
 * The people of a rule on one phone, by name: every account that has a line there, on the PBX and in the
 * SIP domain of a line of the phone's, since no other can be called or watched from it; but for its own.
 * Up to p_limit of them; total: how many there are.
 */
create function app.key_rule_people(p_tenant_id bigint, p_device_id bigint, p_line integer, p_source text,
                                    p_site_id bigint, p_limit integer)
    returns table (place bigint, line integer, number text, name text, total bigint)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    with own as (
        select e.extension_id, e.pbx_id, e.domain, l.line_index
          from app.device_line as l
          join app.extension as e on e.tenant_id = l.tenant_id and e.extension_id = l.extension_id
         where l.tenant_id = p_tenant_id and l.device_id = p_device_id
    ), reach as (
        select pbx_id, domain, min(line_index) as line_index
          from own where p_line in (0, line_index) group by pbx_id, domain
    ), there as (
        select distinct l.extension_id
          from app.device as d
          join app.device_line as l on l.tenant_id = d.tenant_id and l.device_id = d.device_id
         where d.tenant_id = p_tenant_id
           and (p_source = 'tenant'
                or d.site_id = case p_source
                                   when 'site' then p_site_id
                                   else (select me.site_id from app.device as me
                                          where me.tenant_id = p_tenant_id and me.device_id = p_device_id)
                               end)
    )
    select row_number() over (order by lower(x.name) collate "und-x-icu", x.number, x.extension_id),
           x.line_index, x.number, x.name, count(*) over ()
      from (select e.extension_id, e.number, r.line_index,
                   case e.display_name when '' then e.number else e.display_name end as name
              from there as t
              join app.extension as e on e.tenant_id = p_tenant_id and e.extension_id = t.extension_id
              join reach as r on r.pbx_id = e.pbx_id and r.domain = e.domain
             where t.extension_id not in (select o.extension_id from own as o)) as x
     order by 1
     limit p_limit
$$;

/*
 * The keys that a rule gives on one phone, saved or not. Slots with a key of the device's own are left to
 * it, and those with one of p_key_template_id, which is null for rules of the device's own.
 */
create function app.key_rule_keys(p_tenant_id bigint, p_device_id bigint, p_key_template_id bigint,
                                  p_panel app.panel, p_module integer, p_slot integer, p_slot_count integer,
                                  p_kind text, p_line integer, p_source text, p_site_id bigint)
    returns table (slot integer, json text)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    with free as (
        select s.slot, row_number() over (order by s.slot) as place
          from generate_series(p_slot, p_slot + p_slot_count - 1) as s (slot)
         where not exists (select from app.device_key as k
                            where k.tenant_id = p_tenant_id and k.device_id = p_device_id
                              and k.panel = p_panel and k.module = p_module and k.slot = s.slot)
           and not exists (select from app.key_template_key as k
                            where k.tenant_id = p_tenant_id and k.key_template_id = p_key_template_id
                              and k.panel = p_panel and k.module = p_module and k.slot = s.slot)
    )
    select f.slot,
           '{"panel":"' || p_panel::text || '","module":' || p_module || ',"slot":' || f.slot
           || ',"kind":"' || p_kind || '","line":' || p.line || ',"value":' || app.json_text(p.number)
           || ',"label":' || app.json_text(left(p.name, 64)) || ',"extension":""}'
      from app.key_rule_people(p_tenant_id, p_device_id, p_line, p_source, p_site_id, p_slot_count) as p
      join free as f using (place)
$$;
grant execute on function
    app.key_rule_people(bigint, bigint, integer, text, bigint, integer),
    app.key_rule_keys(bigint, bigint, bigint, app.panel, integer, integer, integer, text, integer, text,
                      bigint)
    to beckon_cross, beckon_api, beckon_operator;

-- As in 0032, with the last slot of rules.
create or replace function app.slots_used(p_tenant_id bigint, p_device_id bigint, p_key_template_id bigint)
    returns table (panel app.panel, module integer, slot integer, line integer)
    language sql stable
    set search_path = pg_catalog, pg_temp as
$$
    select k.panel, k.module, k.slot, k.line from app.device_key as k
     where k.tenant_id = p_tenant_id and k.device_id = p_device_id
    union all
    select k.panel, k.module, k.slot, k.line from app.key_template_key as k
     where k.tenant_id = p_tenant_id and k.key_template_id = p_key_template_id
    union all
    select r.panel, r.module, r.slot + r.slot_count - 1, r.line from app.key_rule as r
     where r.tenant_id = p_tenant_id and (r.device_id = p_device_id or r.key_template_id = p_key_template_id)
$$;

-- As in 0032, with the keys of rules. Which of two counts on a slot: a key of the device's own, one of its
-- rules, a key of its template, one of the template's rules.
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

/*
 * ---- revisions ----
 *
 * Whoever comes, leaves or is renamed changes keys on phones of others: on all whose rules look there. The
 * rule is not evaluated for that, so a phone may come for a file that says what the last one said (a rule
 * of ten keys, and the twelfth person is renamed).
 */

/*
 * Raise the devices whose rules look at one of these sites; site 0: at the whole tenant. Not those in
 * p_but, which have just been raised. Whose row another transaction holds is not waited for, but left to
 * bk.changes_apply: two writers that each hold their own phone and want each other's would else wait for
 * each other.
 */
create function app.rules_raise(p_reason text, p_tenant_ids bigint[], p_site_ids bigint[], p_but bigint[])
    returns void
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_now_max constant integer := 1000;
    v_tenant_ids bigint[];
    v_device_ids bigint[];
    v_raised_ids bigint[];
begin
    if p_tenant_ids is null
       or not exists (select from app.key_rule as r where r.tenant_id = any (p_tenant_ids)) then
        return;
    end if;
    select array_agg(w.tenant_id), array_agg(w.device_id) into v_tenant_ids, v_device_ids
      from (select distinct d.tenant_id, d.device_id
              from (select distinct tenant_id, site_id
                      from unnest(p_tenant_ids, p_site_ids) as u (tenant_id, site_id)) as s
              join app.key_rule as r on r.tenant_id = s.tenant_id
                                    and case r.source when 'tenant' then s.site_id = 0
                                                      when 'site' then s.site_id = r.site_id
                                                      else s.site_id <> 0 end
             cross join lateral (
                   select d.tenant_id, d.device_id, d.site_id from app.device as d
                    where d.tenant_id = r.tenant_id and d.device_id = r.device_id
                   union all
                   select d.tenant_id, d.device_id, d.site_id from app.device as d
                    where d.tenant_id = r.tenant_id and d.key_template_id = r.key_template_id
                   union all
                   select d.tenant_id, d.device_id, d.site_id
                     from app.profile as p
                     join app.device as d on d.tenant_id = p.tenant_id and d.profile_id = p.profile_id
                    where p.tenant_id = r.tenant_id and p.key_template_id = r.key_template_id
                      and d.key_template_id is null) as d
             where (r.source <> 'own_site' or d.site_id = s.site_id)
               and d.device_id <> all (coalesce(p_but, '{}'))) as w;
    if cardinality(v_device_ids) <= c_now_max then
        with locked as (
            select d.tenant_id, d.device_id
              from app.device as d
              join unnest(v_tenant_ids, v_device_ids) as w (tenant_id, device_id)
                using (tenant_id, device_id)
             order by d.tenant_id, d.device_id
               for no key update of d skip locked
        ), raised as (
            update app.device as d set revision = d.revision + 1
              from locked as l where d.tenant_id = l.tenant_id and d.device_id = l.device_id
            returning d.device_id
        )
        select array_agg(device_id) into v_raised_ids from raised;
        insert into app.change (tenant_id, reason, device_ids)
        select w.tenant_id, p_reason, array_agg(w.device_id order by w.device_id)
          from unnest(v_tenant_ids, v_device_ids) as w (tenant_id, device_id)
         where w.device_id <> all (coalesce(v_raised_ids, '{}'))
         group by w.tenant_id;
    else
        perform app.devices_raise(p_reason, v_tenant_ids, v_device_ids);
    end if;
end
$$;

create function app.revision_of_key_rule() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_rules app.key_rule[];
begin
    case tg_op
        when 'INSERT' then
            select array_agg(n) into v_rules from new_rows as n;
        when 'DELETE' then
            select array_agg(o) into v_rules from old_rows as o;
        else -- rows that are in both, as they are, changed nothing
            select array_agg(r) into v_rules
              from ((select * from new_rows except all select * from old_rows)
                    union all
                    (select * from old_rows except all select * from new_rows)) as r;
    end case;
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from (select r.tenant_id, r.device_id from unnest(v_rules) as r where r.device_id is not null
             union
             select d.tenant_id, d.device_id
               from (select array_agg(r.tenant_id) as tenant_ids,
                            array_agg(r.key_template_id) as key_template_ids
                       from unnest(v_rules) as r where r.key_template_id is not null) as t
              cross join lateral app.devices_of_key_templates(t.tenant_ids, t.key_template_ids) as d) as d;
    return null;
end
$$;

-- As app.revision_of_part, and then whoever has a rule that looks where an account came or went.
create function app.revision_of_line() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_ids bigint[]; -- of lines that changed
    v_device_ids bigint[];
    v_member_tenant_ids bigint[]; -- of those with another account than before
    v_member_ids bigint[];
begin
    case tg_op
        when 'INSERT' then
            select array_agg(tenant_id), array_agg(device_id) into v_tenant_ids, v_device_ids
              from (select distinct tenant_id, device_id from new_rows) as d;
            v_member_tenant_ids := v_tenant_ids;
            v_member_ids := v_device_ids;
        when 'DELETE' then
            select array_agg(tenant_id), array_agg(device_id) into v_tenant_ids, v_device_ids
              from (select distinct tenant_id, device_id from old_rows) as d;
            v_member_tenant_ids := v_tenant_ids;
            v_member_ids := v_device_ids;
        else -- rows that are in both, as they are, changed nothing
            select array_agg(tenant_id), array_agg(device_id) into v_tenant_ids, v_device_ids
              from (select tenant_id, device_id
                      from (select * from new_rows except all select * from old_rows) as n
                    union
                    select tenant_id, device_id
                      from (select * from old_rows except all select * from new_rows) as o) as d;
            select array_agg(tenant_id), array_agg(device_id) into v_member_tenant_ids, v_member_ids
              from (select tenant_id, device_id
                      from (select tenant_id, device_id, extension_id from new_rows
                            except all select tenant_id, device_id, extension_id from old_rows) as n
                    union
                    select tenant_id, device_id
                      from (select tenant_id, device_id, extension_id from old_rows
                            except all select tenant_id, device_id, extension_id from new_rows) as o) as d;
    end case;
    perform app.devices_raise(tg_table_name, v_tenant_ids, v_device_ids);
    -- A device that is being deleted is not there any more: app.revision_of_site_left.
    perform app.rules_raise(tg_table_name, array_agg(s.tenant_id), array_agg(s.site_id), v_device_ids)
       from (select d.tenant_id, unnest(array[0, coalesce(d.site_id, 0)]) as site_id
               from unnest(v_member_tenant_ids, v_member_ids) as m (tenant_id, device_id)
               join app.device as d using (tenant_id, device_id)) as s;
    return null;
end
$$;

create function app.revision_of_site_move() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_site_ids constant bigint[] := array_remove(array[old.site_id, new.site_id], null);
begin
    if exists (select from app.device_line as l
                where l.tenant_id = new.tenant_id and l.device_id = new.device_id) then
        perform app.rules_raise(tg_table_name, array_fill(new.tenant_id, array[cardinality(v_site_ids)]),
                                v_site_ids, array[new.device_id]);
    end if;
    return null;
end
$$;

create function app.revision_of_site_left() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.rules_raise(tg_table_name, array_agg(s.tenant_id), array_agg(s.site_id), null)
       from (select o.tenant_id, unnest(array[0, coalesce(o.site_id, 0)]) as site_id from old_rows as o) as s;
    return null;
end
$$;

create trigger key_rule_revision_insert after insert on app.key_rule
    referencing new table as new_rows
    for each statement execute function app.revision_of_key_rule();
create trigger key_rule_revision_update after update on app.key_rule
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_key_rule();
create trigger key_rule_revision_delete after delete on app.key_rule
    referencing old table as old_rows
    for each statement execute function app.revision_of_key_rule();

drop trigger device_line_revision_insert on app.device_line;
drop trigger device_line_revision_update on app.device_line;
drop trigger device_line_revision_delete on app.device_line;
create trigger device_line_revision_insert after insert on app.device_line
    referencing new table as new_rows
    for each statement execute function app.revision_of_line();
create trigger device_line_revision_update after update on app.device_line
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_line();
create trigger device_line_revision_delete after delete on app.device_line
    referencing old table as old_rows
    for each statement execute function app.revision_of_line();

-- By row, since every raised revision is an update of this table and few of them are moves.
create trigger device_rule_move after update on app.device
    for each row when (old.site_id is distinct from new.site_id)
    execute function app.revision_of_site_move();
create trigger device_rule_left after delete on app.device
    referencing old table as old_rows
    for each statement execute function app.revision_of_site_left();

reset role;

grant create on schema app to beckon_cross;
alter function app.rules_raise(text, bigint[], bigint[], bigint[]) owner to beckon_cross;
alter function app.revision_of_key_rule() owner to beckon_cross;
alter function app.revision_of_line() owner to beckon_cross;
alter function app.revision_of_site_move() owner to beckon_cross;
alter function app.revision_of_site_left() owner to beckon_cross;

set local role beckon_cross;
-- As in 0013, and then whoever has a rule that shows the account.
create or replace function app.revision_of_extension() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_ids bigint[];
    v_device_ids bigint[];
begin
    select array_agg(l.tenant_id), array_agg(l.device_id) into v_tenant_ids, v_device_ids
      from new_rows as n
      join old_rows as o using (tenant_id, extension_id)
      join app.device_line as l using (tenant_id, extension_id)
     where (n.json, n.domain, n.pbx_id) is distinct from (o.json, o.domain, o.pbx_id);
    perform app.devices_raise(tg_table_name, v_tenant_ids, v_device_ids);
    perform app.rules_raise(tg_table_name, array_agg(s.tenant_id), array_agg(s.site_id), v_device_ids)
       from (select d.tenant_id, unnest(array[0, coalesce(d.site_id, 0)]) as site_id
               from new_rows as n
               join old_rows as o using (tenant_id, extension_id)
               join app.device_line as l using (tenant_id, extension_id)
               join app.device as d using (tenant_id, device_id)
              where (n.number, n.display_name, n.domain, n.pbx_id)
                    is distinct from (o.number, o.display_name, o.domain, o.pbx_id)) as s;
    return null;
end
$$;
reset role;

revoke create on schema app from beckon_cross;
