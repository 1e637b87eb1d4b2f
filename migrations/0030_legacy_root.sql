-- 0030 legacy_root: roots of makers whose old phones know TLS 1.0 only. Legacy listeners believe these and
-- no others, all other listeners every root but these.
-- Locks: app.trust_root for an instant (a constant default).  Backfill: none.
-- Undo: drop function bk.operator_trust_root_add(text, text, text[], bytea, timestamptz, boolean), put back
--       the functions of 0016 and 0018; alter table app.trust_root drop column is_legacy.

set local role beckon_owner;

alter table app.trust_root add column is_legacy boolean not null default false;

drop function bk.trust_roots();
create function bk.trust_roots()
    returns table (root_id bigint, tenant_id bigint, maker text, rules text[], certificate bytea,
                   not_after timestamptz, is_legacy boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select r.root_id, r.tenant_id, r.maker, r.rules, r.certificate, r.not_after, r.is_legacy
            from app.trust_root as r
            left join app.tenant as t on t.tenant_id = r.tenant_id
           where r.is_enabled and (r.tenant_id is null or t.status <> 'deleted')
           order by r.root_id $$;

-- A new root, or the id of the one that is there already with this certificate, of which all else then
-- becomes as given.
drop function bk.operator_trust_root_add(text, text, text[], bytea, timestamptz);
create function bk.operator_trust_root_add(p_name text, p_maker text, p_rules text[], p_certificate bytea,
                                           p_not_after timestamptz, p_is_legacy boolean default false)
    returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        insert into app.trust_root as r (tenant_id, name, maker, rules, certificate, not_after, is_legacy)
        values (null, p_name, p_maker, p_rules, p_certificate, p_not_after, p_is_legacy)
            on conflict on constraint trust_root_sha256_uq
            do update set name = excluded.name, maker = excluded.maker, rules = excluded.rules,
                          not_after = excluded.not_after, is_legacy = excluded.is_legacy,
                          is_enabled = true, updated_at = now()
        returning r.root_id
    $$;

drop function bk.operator_trust_root_list();
create function bk.operator_trust_root_list()
    returns table (root_id bigint, name text, maker text, rules text[], sha256 bytea,
                   not_after timestamptz, is_enabled boolean, created_at timestamptz, is_legacy boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select r.root_id, r.name, r.maker, r.rules, r.sha256, r.not_after, r.is_enabled, r.created_at,
               r.is_legacy
          from app.trust_root as r where r.tenant_id is null
         order by r.maker, r.not_after, r.root_id
    $$;

reset role;

grant create on schema bk to beckon_cross;
alter function bk.trust_roots() owner to beckon_cross;
alter function bk.operator_trust_root_add(text, text, text[], bytea, timestamptz, boolean) owner to beckon_cross;
alter function bk.operator_trust_root_list() owner to beckon_cross;
revoke create on schema bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.trust_roots() to beckon_config, beckon_operator;
grant execute on function bk.operator_trust_root_add(text, text, text[], bytea, timestamptz, boolean),
    bk.operator_trust_root_list() to beckon_operator;
reset role;
