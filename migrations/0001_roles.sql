-- 0001 roles: who owns, who may look across tenants, who logs in; helpers that every table uses.
-- Locks: new objects only.  Backfill: none.  Undo: drop schema app; drop role … (deploy/postgres).
--
-- Roles belong to the cluster, not to this database: another Beckon may have made them already, or
-- be making them right now. Whoever cannot create them gets the next step named.

do $$
declare
    v_role text;
    v_wants record;
    v_is record;
begin
    if current_setting('server_encoding') <> 'UTF8' then
        raise exception 'database % has encoding %, Beckon needs UTF8',
            current_database(), current_setting('server_encoding')
            using hint = 'create the database with: createdb --encoding=UTF8 --template=template0';
    end if;

    for v_wants in
        select * from (values
            ('beckon_owner', false, false), -- owns schemas, tables, most functions
            ('beckon_cross', false, true),  -- owns the functions of cross_tenant_functions.txt
            ('beckon_config', true, false),
            ('beckon_api', true, false),
            ('beckon_notifier', true, false),
            ('beckon_operator', true, false)) as wants (name, can_login, bypasses_rls)
    loop
        if not exists (select from pg_roles where rolname = v_wants.name) then
            begin
                execute format('create role %I %s %s', v_wants.name,
                               case when v_wants.can_login then 'login' else 'nologin' end,
                               case when v_wants.bypasses_rls then 'bypassrls' else '' end);
            exception
                when duplicate_object or unique_violation then
                    null; -- made by another database's migration in this very moment
                when insufficient_privilege then
                    raise exception 'role % is missing and % may not create it',
                        v_wants.name, current_user
                        using hint = 'a database administrator prepares the cluster once with '
                                     'deploy/postgres/roles.sql, then migrate again';
            end;
        end if;
        select rolcanlogin, rolbypassrls, rolsuper into v_is
          from pg_roles where rolname = v_wants.name;
        if v_is.rolcanlogin <> v_wants.can_login or v_is.rolbypassrls <> v_wants.bypasses_rls
           or v_is.rolsuper then
            raise exception 'role % has other attributes than Beckon needs', v_wants.name
                using hint = format('alter role %I %s %s nosuperuser', v_wants.name,
                                    case when v_wants.can_login then 'login' else 'nologin' end,
                                    case when v_wants.bypasses_rls then 'bypassrls'
                                         else 'nobypassrls' end);
        end if;
    end loop;

    -- The migrating user acts as both owners. A superuser does so anyway.
    for v_role in values ('beckon_owner'), ('beckon_cross') loop
        if not pg_has_role(current_user, v_role, 'member') then
            raise exception '% is no member of role %', current_user, v_role
                using hint = format('a database administrator runs: grant %I to %I',
                                    v_role, current_user);
        end if;
    end loop;
end
$$;

-- The runner made schema bk and bk.migration before this file; both pass to the owner.
alter schema bk owner to beckon_owner;
alter table bk.migration owner to beckon_owner;
create schema app authorization beckon_owner;

grant usage on schema bk to beckon_cross, beckon_config, beckon_api, beckon_notifier, beckon_operator;
grant usage on schema app to beckon_cross, beckon_api, beckon_notifier, beckon_operator;

set local role beckon_owner;

-- Functions are nobody's until granted; in each migration that follows too.
alter default privileges for role beckon_owner revoke execute on functions from public;

comment on schema app is 'tables';
comment on schema bk is 'what services call';

-- The tenant of this transaction, or null: policies compare with it, so that unset means no rows.
-- After a commit a setting made by set_config(…, true) reads as '', not as null.
create function app.current_tenant_id() returns bigint
    language sql stable parallel safe
    return nullif(current_setting('bk.tenant_id', true), '')::bigint;

-- Text that may reach a phone's file, a log or a terminal: bounded, and no C0, DEL, C1, line and
-- paragraph separator or byte order mark, which file formats and phones take for ends of lines.
create function app.is_text(p_text text, p_max integer) returns boolean
    language sql immutable parallel safe
    return char_length(p_text) <= p_max
       and p_text !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\ufeff]';

-- A JSON string of text that app.is_text has passed: without control characters only these two need
-- an escape. Immutable, unlike to_json(), so that generated columns can use it.
create function app.json_text(p_text text) returns text
    language sql immutable parallel safe
    return '"' || replace(replace(p_text, '\', '\\'), '"', '\"') || '"';

-- A host name, IPv4 address or IPv6 address without brackets.
create function app.is_host(p_text text) returns boolean
    language sql immutable parallel safe
    return char_length(p_text) between 1 and 253
       and (p_text ~ '^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?([.][A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*[.]?$'
            or p_text ~ '^[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$');

-- Sealed bytes (libcommon/base/seal.h): version 1, nonce 12, tag 16, a plain text of at most 1024.
create function app.is_sealed(p_bytes bytea) returns boolean
    language sql immutable parallel safe
    return octet_length(p_bytes) between 29 and 1053 and get_byte(p_bytes, 0) = 1;

-- Names of settings and raw parameters that a layer closes to the layers above it.
create function app.is_locks(p_locks text[]) returns boolean
    language sql immutable parallel safe
    return cardinality(p_locks) <= 256 and array_ndims(p_locks) is not distinct from
           case when cardinality(p_locks) > 0 then 1 end
       and array_position(p_locks, null) is null
       and (select coalesce(bool_and(one <> '' and app.is_text(one, 160)), true)
              from unnest(p_locks) as one);

-- {"time.zone": "Europe/Berlin", "x": 1, "y": true, "z": ["a", "b"], "s": {"sealed": "<base64>"}}
-- Whether a key exists and its value fits it is the application's to check; what no checked write
-- may bring in is judged here.
create function app.is_settings(p_settings jsonb, p_max_bytes integer) returns boolean
    language plpgsql immutable parallel safe as
$$
declare
    v_key text;
    v_value jsonb;
    v_count integer := 0;
begin
    if jsonb_typeof(p_settings) <> 'object' or octet_length(p_settings::text) > p_max_bytes then
        return false;
    end if;
    for v_key, v_value in select key, value from jsonb_each(p_settings) loop
        v_count := v_count + 1;
        if v_count > 128 or v_key !~ '^[a-z][a-z0-9_]*([.][a-z0-9_]+)*$' or length(v_key) > 64 then
            return false;
        end if;
        case jsonb_typeof(v_value)
            when 'string' then
                if not app.is_text(v_value #>> '{}', 1024) then
                    return false;
                end if;
            when 'number', 'boolean' then
                null;
            when 'array' then
                if jsonb_array_length(v_value) > 32
                   or exists (select from jsonb_array_elements(v_value) as one
                               where jsonb_typeof(one) <> 'string'
                                  or not app.is_text(one #>> '{}', 255)) then
                    return false;
                end if;
            when 'object' then -- a secret: never plain
                if jsonb_typeof(v_value -> 'sealed') is distinct from 'string'
                   or v_value - 'sealed' <> '{}'
                   or length(v_value ->> 'sealed') not between 40 and 1404
                   or v_value ->> 'sealed' !~ '^[A-Za-z0-9+/]+={0,2}$' then
                    return false;
                end if;
            else
                return false;
        end case;
    end loop;
    return true;
end
$$;

-- {"yealink": {"features.x": "1"}}: a maker's own parameters, always text.
create function app.is_raw(p_raw jsonb, p_max_bytes integer) returns boolean
    language plpgsql immutable parallel safe as
$$
declare
    v_vendor text;
    v_pairs jsonb;
begin
    if jsonb_typeof(p_raw) <> 'object' or octet_length(p_raw::text) > p_max_bytes then
        return false;
    end if;
    for v_vendor, v_pairs in select key, value from jsonb_each(p_raw) loop
        if v_vendor !~ '^[a-z][a-z0-9_]{0,31}$' or jsonb_typeof(v_pairs) <> 'object'
           or (select count(*) from jsonb_object_keys(v_pairs)) > 512
           or exists (select from jsonb_each(v_pairs) as pair
                       where pair.key = '' or not app.is_text(pair.key, 128)
                          or jsonb_typeof(pair.value) <> 'string'
                          or not app.is_text(pair.value #>> '{}', 1024)) then
            return false;
        end if;
    end loop;
    return true;
end
$$;

-- Size limits of one layer. The whole of a phone must stay below the 512 KiB that a worker decodes:
-- five layers, sixteen lines (smaller), 1,024 keys.
create function app.is_layer_settings(p_settings jsonb) returns boolean
    language sql immutable parallel safe
    return app.is_settings(p_settings, 8192);
create function app.is_layer_raw(p_raw jsonb) returns boolean
    language sql immutable parallel safe
    return app.is_raw(p_raw, 32768);

-- One layer as a worker decodes it (libcommon/model/phone.h); a generated column of every layer, made
-- once when written, since every fetch needs it.
create function app.layer_json(p_layer text, p_id bigint, p_settings jsonb, p_locks text[], p_raw jsonb)
    returns text
    language sql immutable parallel safe
    return '{"layer":"' || p_layer || '","id":' || p_id::text || ',"settings":' || p_settings::text
           || ',"locks":[' || coalesce((select string_agg(app.json_text(one), ',')
                                          from unnest(p_locks) as one), '')
           || '],"raw":' || p_raw::text || '}';

-- What each tenant-owned table gets: row-level security that its owner cannot step around, one
-- policy, and the grants every service has under it. Tables that need less revoke afterwards.
create function app.protect(p_table regclass) returns void
    language plpgsql as
$$
begin
    execute format('alter table %s enable row level security', p_table);
    execute format('alter table %s force row level security', p_table);
    execute format('create policy %I on %s using (tenant_id = app.current_tenant_id())',
                   (select relname || '_tenant' from pg_class where oid = p_table), p_table);
    execute format('grant select, insert, update, delete on %s'
                   ' to beckon_cross, beckon_api, beckon_operator', p_table);
    execute format('grant select on %s to beckon_notifier', p_table);
end
$$;

-- Check constraints and policies call these with the rights of whoever writes or reads the row.
grant execute on function
    app.current_tenant_id(), app.is_text(text, integer), app.json_text(text), app.is_host(text),
    app.is_sealed(bytea), app.is_locks(text[]), app.is_settings(jsonb, integer), app.is_raw(jsonb, integer),
    app.is_layer_settings(jsonb), app.is_layer_raw(jsonb),
    app.layer_json(text, bigint, jsonb, text[], jsonb)
    to beckon_cross, beckon_api, beckon_operator, beckon_notifier;

-- Identifiers are drawn before the row is written, since a sealed value is bound to its row's id.
alter default privileges for role beckon_owner in schema app
    grant usage, select on sequences to beckon_cross, beckon_api, beckon_operator;

-- The latest migration applied; 0: none.
create function bk.schema_version() returns integer
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select coalesce(max(version), 0) from bk.migration $$;
grant execute on function bk.schema_version()
    to beckon_config, beckon_api, beckon_notifier, beckon_operator;

reset role;
