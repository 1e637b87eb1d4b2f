-- 0013 revision: a device's revision rises exactly when the file it should hold changes.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop the triggers *_revision* and function app.revision_*, app.devices_raise, bk.changes_apply;
--       drop table app.change.
--
-- Triggers, so that no writer can forget it: services, the command line and a hand on psql alike.
-- They run as beckon_cross: an operator's change concerns devices of all tenants.

set local role beckon_owner;

-- More devices than one transaction may raise: their ids, raised in batches by bk.changes_apply. The
-- set is that of the moment of the change; who comes into it later is raised by coming.
create table app.change (
    tenant_id    bigint      not null,
    change_id    bigint      not null generated always as identity,
    reason       text        not null, -- the table that changed
    device_ids   bigint[]    not null,
    raised_count integer     not null default 0,
    created_at   timestamptz not null default now(),
    done_at      timestamptz,
    constraint change_pk        primary key (tenant_id, change_id),
    constraint change_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint change_reason_ck check (reason <> '' and char_length(reason) <= 64),
    constraint change_ids_ck    check (cardinality(device_ids) between 1 and 10000),
    constraint change_raised_ck check (raised_count between 0 and cardinality(device_ids)),
    constraint change_done_ck   check (done_at is null or raised_count = cardinality(device_ids))
);
create index change_open_ix on app.change (change_id) where done_at is null;
select app.protect('app.change');
revoke insert, update, delete on app.change from beckon_api, beckon_operator;

-- Up to 1,000 devices at once, in the order of their keys, so that two such transactions queue
-- instead of killing each other; more are left to bk.changes_apply.
create function app.devices_raise(p_reason text, p_tenant_ids bigint[], p_device_ids bigint[])
    returns void
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_now_max constant integer := 1000;
    c_change_max constant integer := 10000;
    v_tenant_ids bigint[];
    v_device_ids bigint[];
begin
    select array_agg(tenant_id order by tenant_id, device_id),
           array_agg(device_id order by tenant_id, device_id)
      into v_tenant_ids, v_device_ids
      from (select distinct d.tenant_id, d.device_id
              from unnest(p_tenant_ids, p_device_ids) as d (tenant_id, device_id)) as one;
    if coalesce(cardinality(v_device_ids), 0) = 0 then
        return;
    end if;
    if cardinality(v_device_ids) <= c_now_max then
        with locked as (
            select d.tenant_id, d.device_id
              from app.device as d
              join unnest(v_tenant_ids, v_device_ids) as w (tenant_id, device_id)
                using (tenant_id, device_id)
             order by d.tenant_id, d.device_id
               for no key update of d
        )
        update app.device as d set revision = d.revision + 1
          from locked as l where d.tenant_id = l.tenant_id and d.device_id = l.device_id;
    else
        insert into app.change (tenant_id, reason, device_ids)
        select tenant_id, p_reason, array_agg(device_id order by device_id)
          from (select w.tenant_id, w.device_id,
                       (row_number() over (partition by w.tenant_id order by w.device_id) - 1)
                       / c_change_max as part
                  from unnest(v_tenant_ids, v_device_ids) as w (tenant_id, device_id)) as numbered
         group by tenant_id, part
         order by tenant_id, part;
    end if;
end
$$;

-- Raise up to p_batch devices of open changes, oldest first; returns how many. 0: nothing is open, or
-- others are at it. A transaction of its own, called until it returns 0.
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

-- The device's own layer and what it points to: no further statement is needed for its own row.
create function app.revision_of_device() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    new.revision := old.revision + 1;
    return new;
end
$$;
create trigger device_revision before update on app.device
    for each row when (old.settings is distinct from new.settings or old.locks is distinct from new.locks
                       or old.raw is distinct from new.raw or old.site_id is distinct from new.site_id
                       or old.profile_id is distinct from new.profile_id
                       or old.key_template_id is distinct from new.key_template_id
                       or old.vendor is distinct from new.vendor or old.model is distinct from new.model
                       or old.mac is distinct from new.mac)
    execute function app.revision_of_device();

-- Lines and keys: whatever row came, went or changed. Transition tables: old_rows, new_rows.
create function app.revision_of_part() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    case tg_op
        when 'INSERT' then
            perform app.devices_raise(tg_table_name, array_agg(tenant_id), array_agg(device_id))
               from (select distinct tenant_id, device_id from new_rows) as d;
        when 'DELETE' then
            perform app.devices_raise(tg_table_name, array_agg(tenant_id), array_agg(device_id))
               from (select distinct tenant_id, device_id from old_rows) as d;
        else -- rows that are in both, as they are, changed nothing
            perform app.devices_raise(tg_table_name, array_agg(tenant_id), array_agg(device_id))
               from (select tenant_id, device_id
                       from (select * from new_rows except all select * from old_rows) as n
                     union
                     select tenant_id, device_id
                       from (select * from old_rows except all select * from new_rows) as o) as d;
    end case;
    return null;
end
$$;

create function app.revision_of_key_template() returns trigger
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
       from app.device as d
       join unnest(v_tenant_ids, v_template_ids) as t (tenant_id, key_template_id)
         using (tenant_id, key_template_id);
    return null;
end
$$;

-- What phones are told of an account or a PBX; not the control side, not a secret that still waits.
create function app.revision_of_extension() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(l.tenant_id), array_agg(l.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id, extension_id)
       join app.device_line as l using (tenant_id, extension_id)
      where (n.json, n.domain, n.pbx_id) is distinct from (o.json, o.domain, o.pbx_id);
    return null;
end
$$;

create function app.revision_of_pbx() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(l.tenant_id), array_agg(l.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id, pbx_id)
       join app.extension as e using (tenant_id, pbx_id)
       join app.device_line as l using (tenant_id, extension_id)
      where n.json <> o.json or (n.domain <> o.domain and e.domain = '');
    return null;
end
$$;

-- Layers: "json" is what a worker is given of one, the site's zone and country included.
create function app.revision_of_site() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id, site_id)
       join app.device as d using (tenant_id, site_id)
      where n.json <> o.json;
    return null;
end
$$;

create function app.revision_of_profile() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id, profile_id)
       join app.device as d using (tenant_id, profile_id)
      where n.json <> o.json;
    return null;
end
$$;

create function app.revision_of_tenant() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
       from new_rows as n
       join old_rows as o using (tenant_id)
       join app.device as d using (tenant_id)
      where n.json <> o.json;
    return null;
end
$$;

create function app.revision_of_operator() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if exists (select from new_rows as n join old_rows as o using (layer_id) where n.json <> o.json) then
        perform app.devices_raise(tg_table_name, array_agg(d.tenant_id), array_agg(d.device_id))
           from app.device as d;
    end if;
    return null;
end
$$;

create trigger device_line_revision_insert after insert on app.device_line
    referencing new table as new_rows
    for each statement execute function app.revision_of_part();
create trigger device_line_revision_update after update on app.device_line
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_part();
create trigger device_line_revision_delete after delete on app.device_line
    referencing old table as old_rows
    for each statement execute function app.revision_of_part();

create trigger device_key_revision_insert after insert on app.device_key
    referencing new table as new_rows
    for each statement execute function app.revision_of_part();
create trigger device_key_revision_update after update on app.device_key
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_part();
create trigger device_key_revision_delete after delete on app.device_key
    referencing old table as old_rows
    for each statement execute function app.revision_of_part();

create trigger key_template_key_revision_insert after insert on app.key_template_key
    referencing new table as new_rows
    for each statement execute function app.revision_of_key_template();
create trigger key_template_key_revision_update after update on app.key_template_key
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_key_template();
create trigger key_template_key_revision_delete after delete on app.key_template_key
    referencing old table as old_rows
    for each statement execute function app.revision_of_key_template();

create trigger extension_revision after update on app.extension
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_extension();
create trigger pbx_revision after update on app.pbx
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_pbx();
create trigger site_revision after update on app.site
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_site();
create trigger profile_revision after update on app.profile
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_profile();
create trigger tenant_revision after update on app.tenant
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_tenant();
create trigger operator_layer_revision after update on app.operator_layer
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.revision_of_operator();

reset role;

grant create on schema app, bk to beckon_cross;
alter function app.devices_raise(text, bigint[], bigint[]) owner to beckon_cross;
alter function app.revision_of_part() owner to beckon_cross;
alter function app.revision_of_key_template() owner to beckon_cross;
alter function app.revision_of_extension() owner to beckon_cross;
alter function app.revision_of_pbx() owner to beckon_cross;
alter function app.revision_of_site() owner to beckon_cross;
alter function app.revision_of_profile() owner to beckon_cross;
alter function app.revision_of_tenant() owner to beckon_cross;
alter function app.revision_of_operator() owner to beckon_cross;
alter function bk.changes_apply(integer) owner to beckon_cross;
revoke create on schema app, bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.changes_apply(integer) to beckon_notifier, beckon_operator;
reset role;
