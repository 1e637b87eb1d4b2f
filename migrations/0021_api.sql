-- 0021 api: what beckon-api needs beside the tables under row-level security: signing in, the scope of a
-- call, the people of a tenant, and tenants for operators.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop the functions below.
--
-- People belong to no tenant (0004), so all that touches app_user is a function that looks across
-- tenants, and asks first whether the caller's tenant, or an operator, may.

set local role beckon_owner;

-- ---- signing in ---------------------------------------------------------------------------------

-- By e-mail in lower case; no row: nobody. locked_s: seconds until another try is heard, 0: now.
-- memberships: [{"tenant_id": 7, "name": "acme", "role": "admin"}], of tenants that are there.
create function bk.login_find(p_email text)
    returns table (user_id bigint, password_hash text, is_operator boolean, status text,
                   locked_s integer, memberships jsonb)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select u.user_id, u.password_hash, u.is_operator, u.status,
               greatest(ceil(extract(epoch from u.locked_until - now())), 0)::integer,
               coalesce((select jsonb_agg(jsonb_build_object('tenant_id', m.tenant_id, 'name', t.name,
                                                             'role', m.role) order by t.name)
                           from app.membership as m join app.tenant as t on t.tenant_id = m.tenant_id
                          where m.user_id = u.user_id and t.status <> 'deleted'), '[]')
          from app.app_user as u
         where u.email = lower(p_email)
    $$;

-- Five failures in a row close the account for five minutes. Nobody waits for the disk: how long that
-- takes would tell an account that is there from one that is not.
create function bk.login_done(p_user_id bigint, p_is_good boolean) returns void
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select set_config('synchronous_commit', 'off', true);
        update app.app_user as u
           set failed_count = case when p_is_good or u.failed_count >= 4 then 0
                                   else u.failed_count + 1 end,
               locked_until = case when p_is_good then null
                                   when u.failed_count >= 4 then now() + interval '5 minutes'
                                   else u.locked_until end,
               last_login_at = case when p_is_good then now() else u.last_login_at end
         where u.user_id = p_user_id
    $$;

/*
 * What this person may do in this tenant now; no row: nothing. role 'operator' for operators, in any
 * tenant and (p_tenant_id null or 0) in none. status is the tenant's; data_key is sealed.
 */
create function bk.scope_find(p_user_id bigint, p_tenant_id bigint)
    returns table (role text, status text, data_key bytea, name text)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select case when u.is_operator then 'operator' else m.role end,
               coalesce(t.status, 'active'), t.data_key, coalesce(t.name, '')
          from app.app_user as u
          left join app.tenant as t on t.tenant_id = nullif(p_tenant_id, 0) and t.status <> 'deleted'
          left join app.membership as m on m.tenant_id = t.tenant_id and m.user_id = u.user_id
         where u.user_id = p_user_id and u.status = 'active'
           and case when coalesce(p_tenant_id, 0) = 0 then u.is_operator
                    else t.tenant_id is not null and (u.is_operator or m.role is not null) end
    $$;

-- ---- the people of a tenant ---------------------------------------------------------------------

/*
 * Give somebody a role in this transaction's tenant. p_by_user_id asks; null: the command line.
 *
 * An account that has a role elsewhere, or is an operator's, is given only by an operator, and keeps its
 * name and its password (is_new false): a tenant that could take it would read who it is, and would keep
 * the other tenant from closing it; one that had made it first would know the password of the other
 * tenant's admin. An account without any role is nobody's: it begins again with what is given here.
 *
 * constraint membership_pk: has a role here already; app_user_email_uq: not this tenant's to take.
 */
create function bk.user_create(p_email text, p_display_name text, p_password_hash text, p_role text,
                               p_by_user_id bigint, out user_id bigint, out is_new boolean)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
declare
    v_is_operator boolean;
begin
    if app.current_tenant_id() is null then
        raise exception 'no tenant is set in this transaction'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'select set_config(''bk.tenant_id'', …, true) comes first';
    end if;
    insert into app.app_user as u (email, display_name, password_hash)
    values (lower(p_email), coalesce(p_display_name, ''), p_password_hash)
        on conflict on constraint app_user_email_uq do nothing
    returning u.user_id into user_id;
    is_new := user_id is not null;
    if not is_new then
        -- Locked against roles that are being given: what follows is true until the commit.
        select u.user_id, u.is_operator into user_id, v_is_operator
          from app.app_user as u where u.email = lower(p_email) for update;
        if not v_is_operator and not exists (select from app.membership as m
                                              where m.user_id = user_create.user_id) then
            update app.app_user as u
               set display_name = coalesce(p_display_name, ''), password_hash = p_password_hash,
                   status = 'active', failed_count = 0, locked_until = null, last_login_at = null,
                   updated_at = now()
             where u.user_id = user_create.user_id;
            is_new := true;
        elsif p_by_user_id is not null
              and not exists (select from app.app_user as u
                               where u.user_id = p_by_user_id and u.is_operator and u.status = 'active')
              and not exists (select from app.membership as m
                               where m.user_id = user_create.user_id
                                 and m.tenant_id = app.current_tenant_id()) then
            raise exception 'this account is not this tenant''s to take'
                using errcode = 'unique_violation', constraint = 'app_user_email_uq',
                      schema = 'app', table = 'app_user';
        end if;
    end if;
    insert into app.membership (tenant_id, user_id, role)
    values (app.current_tenant_id(), user_create.user_id, p_role);
end
$$;

-- May this transaction's tenant decide about the account itself? Only when nobody else relies on it.
create function app.user_is_own(p_user_id bigint) returns boolean
    language sql stable
    set search_path = pg_catalog, pg_temp
    as $$
        select exists (select from app.membership as m
                        where m.user_id = p_user_id and m.tenant_id = app.current_tenant_id())
           and not exists (select from app.membership as m
                            where m.user_id = p_user_id and m.tenant_id <> app.current_tenant_id())
           and not exists (select from app.app_user as u
                            where u.user_id = p_user_id and u.is_operator)
    $$;

-- False: not an account of this tenant alone, so not this tenant's to change.
create function bk.user_set_password(p_user_id bigint, p_password_hash text) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.app_user as u
       set password_hash = p_password_hash, failed_count = 0, locked_until = null, updated_at = now()
     where u.user_id = p_user_id and app.user_is_own(p_user_id);
    return found;
end
$$;

create function bk.user_set_status(p_user_id bigint, p_status text) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.app_user as u set status = p_status, updated_at = now()
     where u.user_id = p_user_id and app.user_is_own(p_user_id);
    return found;
end
$$;

create function bk.user_set_name(p_user_id bigint, p_display_name text) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.app_user as u set display_name = p_display_name, updated_at = now()
     where u.user_id = p_user_id and app.user_is_own(p_user_id);
    return found;
end
$$;

-- ---- people, for the command line ---------------------------------------------------------------

-- constraint app_user_email_uq: there is one.
create function bk.operator_user_create(p_email text, p_display_name text, p_password_hash text,
                                        p_is_operator boolean) returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        insert into app.app_user (email, display_name, password_hash, is_operator)
        values (lower(p_email), coalesce(p_display_name, ''), p_password_hash, p_is_operator)
        returning user_id
    $$;

create function bk.operator_user_list()
    returns table (user_id bigint, email text, display_name text, is_operator boolean, status text,
                   last_login_at timestamptz, memberships jsonb)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select u.user_id, u.email, u.display_name, u.is_operator, u.status, u.last_login_at,
               coalesce((select jsonb_agg(jsonb_build_object('tenant', t.name, 'role', m.role)
                                          order by t.name)
                           from app.membership as m join app.tenant as t on t.tenant_id = m.tenant_id
                          where m.user_id = u.user_id), '[]')
          from app.app_user as u
         order by u.email
    $$;

-- Null leaves as it is. False: there is nobody of this e-mail.
create function bk.operator_user_set(p_email text, p_password_hash text, p_status text) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.app_user as u
       set password_hash = coalesce(p_password_hash, u.password_hash),
           status = coalesce(p_status, u.status), failed_count = 0, locked_until = null,
           updated_at = now()
     where u.email = lower(p_email);
    return found;
end
$$;

-- ---- tenants, for operators who sign in to the API ----------------------------------------------

create function app.demand_operator(p_user_id bigint) returns void
    language plpgsql stable
    set search_path = pg_catalog, pg_temp as
$$
begin
    if not exists (select from app.app_user as u
                    where u.user_id = p_user_id and u.is_operator and u.status = 'active') then
        raise exception 'user % is no operator', p_user_id using errcode = 'insufficient_privilege';
    end if;
end
$$;

create function bk.api_tenant_list(p_user_id bigint, p_after bigint, p_limit integer)
    returns table (tenant_id bigint, name text, title text, status text, region text,
                   parent_tenant_id bigint, retention_days integer, created_at timestamptz,
                   updated_at timestamptz, version text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
begin
    perform app.demand_operator(p_user_id);
    return query
    select t.tenant_id, t.name, t.title, t.status, t.region, t.parent_tenant_id, t.retention_days,
           t.created_at, t.updated_at, t.xmin::text
      from app.tenant as t
     where t.tenant_id > coalesce(p_after, 0)
     order by t.tenant_id
     limit least(greatest(p_limit, 1), 1000);
end
$$;

-- The same of one; no row: there is none.
create function bk.api_tenant_get(p_user_id bigint, p_tenant_id bigint)
    returns table (tenant_id bigint, name text, title text, status text, region text,
                   parent_tenant_id bigint, retention_days integer, created_at timestamptz,
                   updated_at timestamptz, version text)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select * from bk.api_tenant_list(p_user_id, p_tenant_id - 1, 1) as t
           where t.tenant_id = p_tenant_id $$;

create function bk.api_tenant_next_id(p_user_id bigint) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.demand_operator(p_user_id);
    return bk.tenant_next_id();
end
$$;

create function bk.api_tenant_create(p_user_id bigint, p_tenant_id bigint, p_name text, p_title text,
                                     p_data_key bytea, p_tenant_key text, p_region text,
                                     p_retention_days integer) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.demand_operator(p_user_id);
    perform bk.tenant_create(p_tenant_id, p_name, p_title, p_data_key, p_tenant_key, null, p_region,
                             p_retention_days);
end
$$;

-- Null leaves as it is. False: there is none, or it was deleted.
create function bk.api_tenant_update(p_user_id bigint, p_tenant_id bigint, p_title text, p_status text,
                                     p_retention_days integer) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.demand_operator(p_user_id);
    if p_status not in ('active', 'suspended') then
        raise exception 'status % is not active or suspended', p_status
            using errcode = 'check_violation', constraint = 'tenant_status_ck',
                  schema = 'app', table = 'tenant';
    end if;
    update app.tenant as t
       set title = coalesce(p_title, t.title), status = coalesce(p_status, t.status),
           retention_days = coalesce(p_retention_days, t.retention_days), updated_at = now()
     where t.tenant_id = p_tenant_id and t.status <> 'deleted';
    return found;
end
$$;

reset role;

do $$
declare
    v_function regprocedure;
begin
    grant create on schema app, bk to beckon_cross;
    for v_function in
        select p.oid from pg_proc as p
         where (p.pronamespace = 'bk'::regnamespace
                and p.proname in ('login_find', 'login_done', 'scope_find', 'user_create',
                                  'user_set_password', 'user_set_status', 'user_set_name',
                                  'operator_user_create', 'operator_user_list', 'operator_user_set',
                                  'api_tenant_list', 'api_tenant_get', 'api_tenant_next_id',
                                  'api_tenant_create', 'api_tenant_update'))
            or p.oid in ('app.user_is_own'::regproc, 'app.demand_operator'::regproc)
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema app, bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function
    bk.login_find(text), bk.login_done(bigint, boolean), bk.scope_find(bigint, bigint),
    bk.user_set_password(bigint, text), bk.user_set_status(bigint, text), bk.user_set_name(bigint, text),
    bk.api_tenant_list(bigint, bigint, integer), bk.api_tenant_get(bigint, bigint),
    bk.api_tenant_next_id(bigint),
    bk.api_tenant_create(bigint, bigint, text, text, bytea, text, text, integer),
    bk.api_tenant_update(bigint, bigint, text, text, integer)
    to beckon_api;
grant execute on function bk.user_create(text, text, text, text, bigint) to beckon_api, beckon_operator;
grant execute on function bk.operator_user_create(text, text, text, boolean), bk.operator_user_list(),
    bk.operator_user_set(text, text, text)
    to beckon_operator;
reset role;
