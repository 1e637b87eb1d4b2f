-- 0025 cert_rule: issuer rules of the operator's own, beside those that travel in the programs.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop function bk.api_cert_rule_delete, bk.api_cert_rule_add, bk.cert_rule_delete, bk.cert_rule_add,
--       bk.cert_rules; drop table app.cert_rule; drop function app.is_cert_rule_subject.

set local role beckon_owner;

-- The grammar of libcommon/vendor/cert_rule.h, as far as an expression can tell it: fields that are known,
-- placeholders that are known, "; " between. The programs judge again.
create function app.is_cert_rule_subject(p_subject text) returns boolean
    language sql immutable parallel safe
    return app.is_text(p_subject, 512)
       and p_subject ~ ('^((CN|serialNumber|O|OU|L|ST|C)='
                        '([^;{}]|[{](mac|mac-lower|mac-upper|mac-uuid|model|serial|none)[}])+'
                        '(; (?!$)|$))+$');
grant execute on function app.is_cert_rule_subject(text) to beckon_cross, beckon_operator;

-- No tenant's: a rule says what a maker's CA means, and that is the same for all.
create table app.cert_rule (
    cert_rule_id bigint      not null generated always as identity,
    name         text        not null, -- in trust_root.rules; none of the built-in ones
    maker        text        not null, -- device.vendor
    subject      text        not null,
    is_generic   boolean     not null default false,
    source       text        not null default '', -- where the operator has it from
    created_at   timestamptz not null default now(),
    constraint cert_rule_pk         primary key (cert_rule_id),
    constraint cert_rule_name_uq    unique (name),
    constraint cert_rule_name_ck    check (name ~ '^[a-z][a-z0-9-]{0,63}$'),
    constraint cert_rule_maker_ck   check (maker ~ '^[a-z][a-z0-9_]{0,30}$'),
    constraint cert_rule_subject_ck check (app.is_cert_rule_subject(subject)),
    constraint cert_rule_generic_ck check (is_generic = (subject !~ '[{]mac')),
    constraint cert_rule_source_ck  check (app.is_text(source, 255))
);
grant select, insert, delete on app.cert_rule to beckon_cross;

-- One version of roots and rules, so that a worker sees a change of either. Who makes a trigger must be
-- allowed to call its function, then and not later.
reset role;
set local role beckon_cross;
grant execute on function app.trust_root_changed() to beckon_owner;
reset role;
set local role beckon_owner;
create trigger cert_rule_changed after insert or update or delete or truncate on app.cert_rule
    for each statement execute function app.trust_root_changed();
reset role;
set local role beckon_cross;
revoke execute on function app.trust_root_changed() from beckon_owner;
reset role;
set local role beckon_owner;

create function bk.cert_rules()
    returns table (cert_rule_id bigint, name text, maker text, subject text, is_generic boolean,
                   source text, created_at timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select r.cert_rule_id, r.name, r.maker, r.subject, r.is_generic, r.source, r.created_at
            from app.cert_rule as r order by r.cert_rule_id $$;

-- As many as a worker takes (BK_CERT_RULES_MAX).
create function bk.cert_rule_add(p_name text, p_maker text, p_subject text, p_is_generic boolean,
                                 p_source text) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_id bigint;
begin
    lock table app.cert_rule in share row exclusive mode;
    if (select count(*) from app.cert_rule) >= 256 then
        raise exception 'there are 256 issuer rules already'
            using errcode = 'check_violation', constraint = 'cert_rule_count_ck',
                  schema = 'app', table = 'cert_rule';
    end if;
    insert into app.cert_rule (name, maker, subject, is_generic, source)
    values (p_name, p_maker, p_subject, p_is_generic, coalesce(p_source, ''))
    returning cert_rule_id into v_id;
    return v_id;
end
$$;

-- '': deleted; null: there is none; else why not. Roots that name it would silently vouch for less.
create function bk.cert_rule_delete(p_name text) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_users text;
begin
    perform from app.cert_rule as r where r.name = p_name;
    if not found then
        return null;
    end if;
    select string_agg(u.word, ', ' order by u.root_id) into v_users
      from (select r.root_id, format('%s (%s)', r.root_id, coalesce('tenant ' || t.name, 'operator')) as word
              from app.trust_root as r
              left join app.tenant as t on t.tenant_id = r.tenant_id
             where p_name = any (r.rules)
             order by r.root_id limit 5) as u;
    if v_users is not null then
        return format('trust roots name this rule: %s; give them other rules or delete them first', v_users);
    end if;
    delete from app.cert_rule as r where r.name = p_name;
    return '';
end
$$;

-- For operators who sign in to the API, which may not write the operator's chain of audit rows.
create function bk.api_cert_rule_add(p_user_id bigint, p_name text, p_maker text, p_subject text,
                                     p_is_generic boolean, p_source text, p_request_id text,
                                     p_address inet) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_id bigint;
begin
    perform app.demand_operator(p_user_id);
    v_id := bk.cert_rule_add(p_name, p_maker, p_subject, p_is_generic, p_source);
    perform app.audit_write(null, 'user:' || p_user_id, 'cert_rule.create', 'cert_rule', v_id::text,
                            p_request_id, p_address,
                            jsonb_build_object('name', p_name, 'maker', p_maker, 'subject', p_subject,
                                               'is_generic', p_is_generic));
    return v_id;
end
$$;

create function bk.api_cert_rule_delete(p_user_id bigint, p_cert_rule_id bigint, p_request_id text,
                                        p_address inet) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_name text;
    v_refusal text;
begin
    perform app.demand_operator(p_user_id);
    select r.name into v_name from app.cert_rule as r where r.cert_rule_id = p_cert_rule_id;
    v_refusal := bk.cert_rule_delete(v_name);
    if v_refusal = '' then
        perform app.audit_write(null, 'user:' || p_user_id, 'cert_rule.delete', 'cert_rule',
                                p_cert_rule_id::text, p_request_id, p_address,
                                jsonb_build_object('name', v_name));
    end if;
    return v_refusal;
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
         where p.pronamespace = 'bk'::regnamespace
           and p.proname in ('cert_rules', 'cert_rule_add', 'cert_rule_delete', 'api_cert_rule_add',
                             'api_cert_rule_delete')
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function bk.cert_rules() to beckon_config, beckon_api, beckon_operator;
grant execute on function bk.cert_rule_add(text, text, text, boolean, text), bk.cert_rule_delete(text)
    to beckon_operator;
grant execute on function
    bk.api_cert_rule_add(bigint, text, text, text, boolean, text, text, inet),
    bk.api_cert_rule_delete(bigint, bigint, text, inet)
    to beckon_api;
reset role;
