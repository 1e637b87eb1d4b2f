-- 0024 rekey: the master key, and the data key of a tenant, change while all serve (docs/keys.md).
-- Locks: new objects only.  Backfill: none.
-- Undo: drop the functions below and view app.sealed_column; app.devices_raise, app.revision_of_device and
--       app.device_config_make as they were.

set local role beckon_owner;

/*
 * Where sealed values stand, from the catalog, so that none can be forgotten: each column with the check
 * app.is_sealed, at place "<tenant>/<table>.<column>/<id>", and the settings of each layer, at
 * "<tenant>/<table>.settings:<key>/<id>". The id is the last column of the primary key. (A line's settings hold no secrets;
 * an operator's may not.)
 */
create view app.sealed_column as
    select c.relname || '.' || a.attname as field, c.oid::regclass as of_table, a.attname as of_column,
           i.attname as id_column, a.atttypid = 'jsonb'::regtype as is_settings
      from pg_constraint as k
      join pg_depend as u on u.classid = 'pg_constraint'::regclass and u.objid = k.oid
                         and u.refclassid = 'pg_proc'::regclass
                         and u.refobjid in ('app.is_sealed(bytea)'::regprocedure,
                                            'app.is_layer_settings(jsonb)'::regprocedure)
      join pg_class as c on c.oid = k.conrelid
      join pg_attribute as a on a.attrelid = c.oid and a.attnum = any (k.conkey)
                            and a.atttypid in ('bytea'::regtype, 'jsonb'::regtype)
      join pg_index as x on x.indrelid = c.oid and x.indisprimary
      join pg_attribute as i on i.attrelid = c.oid and i.attnum = x.indkey[x.indnkeyatts - 1]
     where k.contype = 'c' and c.oid <> 'app.operator_layer'::regclass;
grant select on app.sealed_column to beckon_cross;

/*
 * Whoever seals with a tenant's data key, or keeps what is sealed with it, holds the key from before he
 * reads it to the end of his transaction; a change of the key waits for all of them, and they for it. A
 * statement of its own: the next one sees the key that is held.
 */
create function app.data_key_hold(p_tenant_id bigint) returns void
    language sql volatile
    return pg_advisory_xact_lock_shared(hashtextextended('bk.data_key', p_tenant_id));
grant execute on function app.data_key_hold(bigint) to beckon_api, beckon_operator;

-- ---- the master key -----------------------------------------------------------------------------

-- The data keys of all tenants, sealed, locked until the end of the transaction.
create function bk.data_keys() returns table (tenant_id bigint, name text, data_key bytea)
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ select t.tenant_id, t.name, t.data_key from app.tenant as t where t.data_key is not null
           order by t.tenant_id for no key update $$;

-- The same key under another master key; false: it is not p_from any more.
create function bk.data_key_reseal(p_tenant_id bigint, p_from bytea, p_to bytea) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.tenant as t set data_key = p_to where t.tenant_id = p_tenant_id and t.data_key = p_from;
    return found;
end
$$;

-- ---- the data key of this transaction's tenant --------------------------------------------------

-- Wait until nobody holds it, and keep others from it until the end of the transaction.
create function bk.data_key_claim() returns void
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ select pg_advisory_xact_lock(hashtextextended('bk.data_key', app.current_tenant_id())) $$;

-- Another key: what is sealed is sealed anew in the same transaction, what was derived goes.
create function bk.data_key_change(p_from bytea, p_to bytea) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.tenant as t set data_key = p_to
     where t.tenant_id = app.current_tenant_id() and t.data_key = p_from;
    if not found then
        return false;
    end if;
    delete from app.device_config as c where c.tenant_id = app.current_tenant_id();
    return true;
end
$$;

create function bk.sealed_fields() returns setof text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select s.field from app.sealed_column as s order by s.field $$;

-- The sealed values of up to p_limit rows of one field, base64, in the order of their ids, after p_after.
create function bk.sealed_list(p_field text, p_after bigint, p_limit integer)
    returns table (row_id bigint, place text, sealed text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_at app.sealed_column;
begin
    select * into strict v_at from app.sealed_column as s where s.field = p_field;
    if v_at.is_settings then
        return query execute format(
            'select r.%1$I, %4$L || '':'' || v.key, v.value ->> ''sealed'''
            '  from (select t.%1$I, t.%2$I from %3$s as t'
            '         where t.tenant_id = $1 and t.%1$I > $2 and jsonb_path_exists(t.%2$I, ''$.*.sealed'')'
            '         order by t.%1$I limit $3) as r'
            ' cross join jsonb_each(r.%2$I) as v'
            ' where jsonb_typeof(v.value) = ''object'' order by 1',
            v_at.id_column, v_at.of_column, v_at.of_table, v_at.field)
            using app.current_tenant_id(), p_after, p_limit;
    else
        return query execute format(
            'select t.%1$I, %4$L, replace(encode(t.%2$I, ''base64''), E''\n'', '''') from %3$s as t'
            ' where t.tenant_id = $1 and t.%1$I > $2 and t.%2$I is not null order by 1 limit $3',
            v_at.id_column, v_at.of_column, v_at.of_table, v_at.field)
            using app.current_tenant_id(), p_after, p_limit;
    end if;
end
$$;

/*
 * Put rows of sealed_list back, sealed anew: [{"row_id": 1, "place": "extension.secret", "sealed": "…"}].
 * Returns how many rows. No device's revision rises: what its file says is the same.
 */
create function bk.sealed_set(p_field text, p_rows jsonb) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_at app.sealed_column;
    v_count bigint;
begin
    select * into strict v_at from app.sealed_column as s where s.field = p_field;
    perform set_config('bk.is_resealing', 'on', true);
    if v_at.is_settings then
        execute format(
            'update %3$s as t set %2$I = t.%2$I || r.changed'
            '  from (select row_id, jsonb_object_agg(substr(place, length($3) + 2),'
            '                                        jsonb_build_object(''sealed'', sealed)) as changed'
            '          from jsonb_to_recordset($2) as one (row_id bigint, place text, sealed text)'
            '         group by row_id) as r'
            ' where t.tenant_id = $1 and t.%1$I = r.row_id',
            v_at.id_column, v_at.of_column, v_at.of_table)
            using app.current_tenant_id(), p_rows, p_field;
    else
        execute format(
            'update %3$s as t set %2$I = decode(r.sealed, ''base64'')'
            '  from jsonb_to_recordset($2) as r (row_id bigint, sealed text)'
            ' where t.tenant_id = $1 and t.%1$I = r.row_id',
            v_at.id_column, v_at.of_column, v_at.of_table)
            using app.current_tenant_id(), p_rows;
    end if;
    get diagnostics v_count = row_count;
    perform set_config('bk.is_resealing', 'off', true);
    return v_count;
end
$$;

-- ---- what must know of it -----------------------------------------------------------------------

-- As in 0022, and kept only under a key that nobody is changing: made from rows of the former key it would
-- be found by a fetch that has the new one.
create or replace function app.device_config_make(p_tenant_id bigint, p_device_id bigint, p_revision bigint,
                                                  out layers text, out parts text)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_is_kept constant boolean :=
        pg_try_advisory_xact_lock_shared(hashtextextended('bk.data_key', p_tenant_id));
begin
    select c.layers, c.parts into layers, parts from app.phone_config(p_tenant_id, p_device_id) as c;
    if v_is_kept then
        insert into app.device_config as c (tenant_id, device_id, revision, layers, parts)
        values (p_tenant_id, p_device_id, p_revision, device_config_make.layers, device_config_make.parts)
            on conflict on constraint device_config_pk
            do update set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts
         where c.revision < excluded.revision;
    end if;
end
$$;

-- As in 0013, but for values that are sealed anew.
create or replace function app.revision_of_device() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    if current_setting('bk.is_resealing', true) is distinct from 'on' then
        new.revision := old.revision + 1;
    end if;
    return new;
end
$$;

reset role;

grant create on schema app, bk to beckon_cross;
set local role beckon_cross;
create or replace function app.devices_raise(p_reason text, p_tenant_ids bigint[], p_device_ids bigint[])
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
    if current_setting('bk.is_resealing', true) = 'on' then
        return; -- bk.sealed_set: no file says anything else
    end if;
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
reset role;

alter function bk.data_keys() owner to beckon_cross;
alter function bk.data_key_reseal(bigint, bytea, bytea) owner to beckon_cross;
alter function bk.data_key_claim() owner to beckon_cross;
alter function bk.data_key_change(bytea, bytea) owner to beckon_cross;
alter function bk.sealed_fields() owner to beckon_cross;
alter function bk.sealed_list(text, bigint, integer) owner to beckon_cross;
alter function bk.sealed_set(text, jsonb) owner to beckon_cross;
revoke create on schema app, bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.data_keys(), bk.data_key_reseal(bigint, bytea, bytea), bk.data_key_claim(),
    bk.data_key_change(bytea, bytea), bk.sealed_fields(), bk.sealed_list(text, bigint, integer),
    bk.sealed_set(text, jsonb) to beckon_operator;
reset role;
