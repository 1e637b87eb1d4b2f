-- 0029 api_identity: what beckon-api needs to show refusals and to block certificates for everybody.
-- Locks: app.visit in share mode while the index is built: visits wait in beckon-config's queues.
-- Backfill: the index.  Undo: drop the index and the functions below.

set local role beckon_owner;

-- Refusals of a tenant by time; most visits are none.
create index visit_refusal_ix on app.visit (tenant_id, at) where reason is not null;

-- ---- certificates that no tenant accepts, for operators who sign in to the API --------------------

create function bk.api_certificate_list(p_user_id bigint, p_after bigint, p_limit integer)
    returns table (blocked_id bigint, fingerprint bytea, note text, created_at timestamptz, version text)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
begin
    perform app.demand_operator(p_user_id);
    return query
    select b.blocked_id, b.fingerprint, b.note, b.created_at, b.xmin::text
      from app.blocked_certificate as b
     where b.tenant_id is null and b.blocked_id > coalesce(p_after, 0)
     order by b.blocked_id
     limit least(greatest(p_limit, 1), 1000);
end
$$;

-- constraint blocked_certificate_uq: it is blocked already.
create function bk.api_certificate_block(p_user_id bigint, p_fingerprint bytea, p_note text,
                                         p_request_id text, p_source inet) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_id bigint;
begin
    perform app.demand_operator(p_user_id);
    insert into app.blocked_certificate as b (tenant_id, fingerprint, note)
    values (null, p_fingerprint, coalesce(p_note, ''))
    returning b.blocked_id into v_id;
    perform app.audit_write(null, 'user:' || p_user_id, 'blocked_certificate.create', 'blocked_certificate',
                            v_id::text, p_request_id, p_source,
                            jsonb_build_object('fingerprint', encode(p_fingerprint, 'hex')));
    return v_id;
end
$$;

-- False: there is none.
create function bk.api_certificate_unblock(p_user_id bigint, p_blocked_id bigint, p_request_id text,
                                           p_source inet) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_fingerprint bytea;
begin
    perform app.demand_operator(p_user_id);
    delete from app.blocked_certificate as b where b.blocked_id = p_blocked_id and b.tenant_id is null
    returning b.fingerprint into v_fingerprint;
    if not found then
        return false;
    end if;
    perform app.audit_write(null, 'user:' || p_user_id, 'blocked_certificate.delete', 'blocked_certificate',
                            p_blocked_id::text, p_request_id, p_source,
                            jsonb_build_object('fingerprint', encode(v_fingerprint, 'hex')));
    return true;
end
$$;

reset role;

do $$
declare
    v_function regprocedure;
begin
    grant create on schema bk to beckon_cross;
    for v_function in
        select p.oid from pg_proc as p
         where p.oid in ('bk.api_certificate_list'::regproc, 'bk.api_certificate_block'::regproc,
                         'bk.api_certificate_unblock'::regproc)
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function
    bk.api_certificate_list(bigint, bigint, integer),
    bk.api_certificate_block(bigint, bytea, text, text, inet),
    bk.api_certificate_unblock(bigint, bigint, text, inet)
    to beckon_api;
reset role;
