-- 0028 operator_lists: what the command line shows of the operator's own.
-- Locks: new objects only.  Backfill: none.  Undo: drop function bk.operator_certificate_list().

set local role beckon_owner;

-- The certificates that prove nothing to any tenant.
create function bk.operator_certificate_list()
    returns table (blocked_id bigint, fingerprint bytea, note text, created_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select b.blocked_id, b.fingerprint, b.note, b.created_at
            from app.blocked_certificate as b where b.tenant_id is null $$;

reset role;

grant create on schema bk to beckon_cross;
alter function bk.operator_certificate_list() owner to beckon_cross;
revoke create on schema bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.operator_certificate_list() to beckon_operator;
reset role;
