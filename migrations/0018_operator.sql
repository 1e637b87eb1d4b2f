-- 0018 operator: what the command line may do across tenants. What belongs to one tenant it writes as
-- the API does: under row-level security, after select set_config('bk.tenant_id', …, true).
-- Locks: new objects only.  Backfill: none.  Undo: drop the functions below.

set local role beckon_owner;

-- A tenant's data key is sealed under its id, so the id is drawn first:
-- tenant_next_id, then tenant_create.
create function bk.tenant_next_id() returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ select nextval(pg_get_serial_sequence('app.tenant', 'tenant_id')) $$;

create function bk.tenant_create(p_tenant_id bigint, p_name text, p_title text, p_data_key bytea,
                                 p_tenant_key text, p_parent_tenant_id bigint default null,
                                 p_region text default '', p_retention_days integer default 90)
    returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    insert into app.tenant (tenant_id, parent_tenant_id, name, title, region, retention_days, data_key)
    values (p_tenant_id, p_parent_tenant_id, p_name, coalesce(p_title, ''), coalesce(p_region, ''),
            p_retention_days, p_data_key);
    insert into app.tenant_key (tenant_id, tenant_key) values (p_tenant_id, p_tenant_key);
end
$$;

create function bk.tenant_list()
    returns table (tenant_id bigint, name text, title text, status text, region text,
                   parent_tenant_id bigint, retention_days integer, device_count bigint,
                   created_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select t.tenant_id, t.name, t.title, t.status, t.region, t.parent_tenant_id, t.retention_days,
               (select count(*) from app.device as d where d.tenant_id = t.tenant_id), t.created_at
          from app.tenant as t
         order by t.name
    $$;

-- By name, or by id in decimal digits; no row: there is none. data_key is sealed.
create function bk.tenant_find(p_name text)
    returns table (tenant_id bigint, name text, title text, status text, data_key bytea)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select t.tenant_id, t.name, t.title, t.status, t.data_key
          from app.tenant as t
         where t.name = p_name
            or t.tenant_id = case when p_name ~ '^[0-9]{1,18}$' then p_name::bigint end
         order by t.name = p_name desc
         limit 1
    $$;

create function bk.tenant_set_status(p_tenant_id bigint, p_status text) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if p_status not in ('active', 'suspended') then
        raise exception 'status % is not active or suspended', p_status
            using errcode = 'check_violation', constraint = 'tenant_status_ck',
                  schema = 'app', table = 'tenant';
    end if;
    update app.tenant as t set status = p_status, updated_at = now()
     where t.tenant_id = p_tenant_id and t.status <> 'deleted';
    return found;
end
$$;

-- Without its data key nothing sealed of a tenant opens again, in no backup of this database made
-- later. Its rows go at once; the tenant and its audit chain stay as what tells that it was.
create function bk.tenant_destroy(p_tenant_id bigint) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform from app.tenant as t where t.tenant_id = p_tenant_id and t.status <> 'deleted' for update;
    if not found then
        return false;
    end if;
    delete from app.device where tenant_id = p_tenant_id;
    delete from app.extension where tenant_id = p_tenant_id;
    delete from app.pbx where tenant_id = p_tenant_id;
    delete from app.site where tenant_id = p_tenant_id;
    delete from app.profile where tenant_id = p_tenant_id;
    delete from app.key_template where tenant_id = p_tenant_id;
    delete from app.job where tenant_id = p_tenant_id;
    delete from app.job_batch where tenant_id = p_tenant_id;
    delete from app.change where tenant_id = p_tenant_id;
    delete from app.webhook where tenant_id = p_tenant_id;
    delete from app.idempotency where tenant_id = p_tenant_id;
    delete from app.api_token where tenant_id = p_tenant_id;
    delete from app.membership where tenant_id = p_tenant_id;
    delete from app.trust_root where tenant_id = p_tenant_id;
    delete from app.blocked_certificate where tenant_id = p_tenant_id;
    delete from app.tenant_key where tenant_id = p_tenant_id;
    delete from app.visit where tenant_id = p_tenant_id;
    update app.audit set payload = null where tenant_id = p_tenant_id;
    update app.tenant as t
       set status = 'deleted', data_key = null, settings = '{}', locks = '{}', raw = '{}',
           updated_at = now()
     where t.tenant_id = p_tenant_id;
    return true;
end
$$;

-- constraint tenant_key_uq: another tenant has this key; draw another.
create function bk.tenant_key_add(p_tenant_id bigint, p_tenant_key text) returns void
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ insert into app.tenant_key (tenant_id, tenant_key) values (p_tenant_id, p_tenant_key) $$;

create function bk.tenant_key_list(p_tenant_id bigint)
    returns table (tenant_key text, valid_until timestamptz, created_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select k.tenant_key, k.valid_until, k.created_at from app.tenant_key as k
         where k.tenant_id = p_tenant_id
         order by k.valid_until is not null, k.created_at desc
    $$;

create function bk.tenant_key_expire(p_tenant_id bigint, p_tenant_key text, p_valid_until timestamptz)
    returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.tenant_key as k set valid_until = p_valid_until
     where k.tenant_id = p_tenant_id and k.tenant_key = p_tenant_key;
    return found;
end
$$;

-- A new root, or the id of the one that is there already with this certificate, whose name, maker and
-- rules then become these.
create function bk.operator_trust_root_add(p_name text, p_maker text, p_rules text[], p_certificate bytea,
                                           p_not_after timestamptz) returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        insert into app.trust_root as r (tenant_id, name, maker, rules, certificate, not_after)
        values (null, p_name, p_maker, p_rules, p_certificate, p_not_after)
            on conflict on constraint trust_root_sha256_uq
            do update set name = excluded.name, maker = excluded.maker, rules = excluded.rules,
                          not_after = excluded.not_after, is_enabled = true, updated_at = now()
        returning r.root_id
    $$;

create function bk.operator_trust_root_list()
    returns table (root_id bigint, name text, maker text, rules text[], sha256 bytea,
                   not_after timestamptz, is_enabled boolean, created_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select r.root_id, r.name, r.maker, r.rules, r.sha256, r.not_after, r.is_enabled, r.created_at
          from app.trust_root as r where r.tenant_id is null
         order by r.maker, r.not_after, r.root_id
    $$;

create function bk.operator_trust_root_enable(p_root_id bigint, p_is_enabled boolean) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.trust_root as r set is_enabled = p_is_enabled, updated_at = now()
     where r.root_id = p_root_id and r.tenant_id is null;
    return found;
end
$$;

create function bk.operator_trust_root_delete(p_root_id bigint) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    delete from app.trust_root as r where r.root_id = p_root_id and r.tenant_id is null;
    return found;
end
$$;

-- Block a certificate for every tenant.
create function bk.operator_certificate_block(p_fingerprint bytea, p_note text) returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        insert into app.blocked_certificate as b (tenant_id, fingerprint, note)
        values (null, p_fingerprint, coalesce(p_note, ''))
            on conflict on constraint blocked_certificate_uq do update set note = excluded.note
        returning b.blocked_id
    $$;

create function bk.operator_certificate_unblock(p_fingerprint bytea) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    delete from app.blocked_certificate as b
     where b.fingerprint = p_fingerprint and b.tenant_id is null;
    return found;
end
$$;

-- Newest first; p_mac null: all.
create function bk.strangers_list(p_since timestamptz, p_mac macaddr default null,
                                  p_limit integer default 100)
    returns table (minute timestamptz, source inet, listener text, reason text, claimed text,
                   claimed_mac macaddr, seen_count bigint)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select s.minute, s.source, s.listener, s.reason, s.claimed, s.claimed_mac, s.seen_count
          from app.stranger as s
         where s.minute >= coalesce(p_since, '-infinity')
           and (p_mac is null or s.claimed_mac = p_mac)
         order by s.minute desc, s.seen_count desc, s.source
         limit least(greatest(p_limit, 1), 10000)
    $$;

reset role;

do $$
declare
    v_function regprocedure;
begin
    grant create on schema bk to beckon_cross;
    for v_function in
        select p.oid from pg_proc as p
         where p.pronamespace = 'bk'::regnamespace
           and p.proname in ('tenant_next_id', 'tenant_create', 'tenant_list', 'tenant_find',
                             'tenant_set_status', 'tenant_destroy', 'tenant_key_add', 'tenant_key_list',
                             'tenant_key_expire', 'operator_trust_root_add', 'operator_trust_root_list',
                             'operator_trust_root_enable', 'operator_trust_root_delete',
                             'operator_certificate_block', 'operator_certificate_unblock',
                             'strangers_list')
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
        execute format('set local role beckon_cross');
        execute format('grant execute on function %s to beckon_operator', v_function);
        execute format('reset role');
    end loop;
    revoke create on schema bk from beckon_cross;
end
$$;

set local role beckon_owner;
grant usage on sequence app.tenant_tenant_id_seq to beckon_cross;
reset role;
