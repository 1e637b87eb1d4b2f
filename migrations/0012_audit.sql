-- 0012 audit: who changed what, as one hash chain a tenant (and one of the operator's).
-- Locks: new objects only.  Backfill: none.
-- Undo: drop function bk.audit_append, bk.operator_audit_append, bk.audit_verify, bk.audit_erase,
--       app.audit_write, app.audit_hash; drop table app.audit, app.audit_head.

set local role beckon_owner;

-- Each row's hash covers the one before it and everything in the row except the payload, of which it
-- covers the hash: a payload can be erased (it may hold a person's data) and the chain still proves
-- that something was written there, when, and by whom.
create table app.audit (
    tenant_id    bigint,             -- null: the operator's own chain
    seq          bigint      not null,
    at           timestamptz not null,
    actor        text        not null, -- "user:7", "token:3", "operator:<login>", "phone:<mac>"
    action       text        not null, -- "device.update"
    object_kind  text        not null default '',
    object_id    text        not null default '',
    request_id   text        not null default '',
    source       inet,
    payload      text,               -- JSON, as it was hashed; null: erased
    payload_hash bytea       not null,
    prev_hash    bytea       not null, -- 32 zeros: the first
    hash         bytea       not null,
    constraint audit_uq              unique nulls not distinct (tenant_id, seq),
    constraint audit_tenant_fk       foreign key (tenant_id) references app.tenant,
    constraint audit_seq_ck          check (seq >= 1),
    constraint audit_actor_ck        check (actor <> '' and app.is_text(actor, 128)),
    constraint audit_action_ck       check (action ~ '^[a-z][a-z0-9_]*([.][a-z0-9_]+)+$'
                                            and char_length(action) <= 64),
    constraint audit_object_kind_ck  check (app.is_text(object_kind, 64)),
    constraint audit_object_id_ck    check (app.is_text(object_id, 128)),
    constraint audit_request_id_ck   check (app.is_text(request_id, 64)),
    constraint audit_payload_ck      check (octet_length(payload) <= 65536),
    constraint audit_payload_hash_ck check (octet_length(payload_hash) = 32),
    constraint audit_prev_hash_ck    check (octet_length(prev_hash) = 32),
    constraint audit_hash_ck         check (octet_length(hash) = 32)
);
create index audit_at_ix on app.audit (tenant_id, at);
create index audit_object_ix on app.audit (tenant_id, object_kind, object_id);

-- The end of each chain: locked by whoever appends, and what a chain cut short is found by.
create table app.audit_head (
    tenant_id bigint,
    seq       bigint not null,
    hash      bytea  not null,
    constraint audit_head_uq        unique nulls not distinct (tenant_id),
    constraint audit_head_tenant_fk foreign key (tenant_id) references app.tenant
) with (fillfactor = 50);

select app.protect('app.audit'), app.protect('app.audit_head');
-- Append only, and by the functions below.
revoke insert, update, delete on app.audit, app.audit_head from beckon_api, beckon_operator;

-- Lengths before values: no two different rows give the same bytes.
create function app.audit_hash(p_prev_hash bytea, p_tenant_id bigint, p_seq bigint, p_at timestamptz,
                               p_actor text, p_action text, p_object_kind text, p_object_id text,
                               p_request_id text, p_source inet, p_payload_hash bytea) returns bytea
    language sql stable
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC'
    as $$
        select sha256(p_prev_hash || p_payload_hash || convert_to(
            (select string_agg(octet_length(one)::text || ':' || one, ',' order by position)
               from unnest(array[coalesce(p_tenant_id::text, ''), p_seq::text,
                                 to_char(p_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), p_actor, p_action,
                                 p_object_kind, p_object_id, p_request_id,
                                 coalesce(p_source::text, '')])
                    with ordinality as part (one, position)), 'UTF8'))
    $$;

create function app.audit_write(p_tenant_id bigint, p_actor text, p_action text, p_object_kind text,
                                p_object_id text, p_request_id text, p_source inet, p_payload jsonb)
    returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_prev bytea := decode(repeat('00', 32), 'hex');
    v_seq bigint;
    v_at timestamptz;
    v_payload text := coalesce(p_payload, '{}')::text;
    v_payload_hash bytea := sha256(convert_to(v_payload, 'UTF8'));
    v_hash bytea;
begin
    insert into app.audit_head (tenant_id, seq, hash) values (p_tenant_id, 0, v_prev)
        on conflict on constraint audit_head_uq do nothing;
    select h.seq + 1, h.hash into v_seq, v_prev
      from app.audit_head as h where h.tenant_id is not distinct from p_tenant_id
       for update;
    v_at := clock_timestamp(); -- under the lock, so that time runs with seq
    v_hash := app.audit_hash(v_prev, p_tenant_id, v_seq, v_at, p_actor, p_action,
                             coalesce(p_object_kind, ''), coalesce(p_object_id, ''),
                             coalesce(p_request_id, ''), p_source, v_payload_hash);
    insert into app.audit (tenant_id, seq, at, actor, action, object_kind, object_id, request_id, source,
                           payload, payload_hash, prev_hash, hash)
    values (p_tenant_id, v_seq, v_at, p_actor, p_action, coalesce(p_object_kind, ''),
            coalesce(p_object_id, ''), coalesce(p_request_id, ''), p_source, v_payload, v_payload_hash,
            v_prev, v_hash);
    update app.audit_head as h set seq = v_seq, hash = v_hash
     where h.tenant_id is not distinct from p_tenant_id;
    return v_seq;
end
$$;

-- One more row of the tenant of this transaction; others of this tenant wait until it ends, so it is
-- the last statement before the commit. Returns its seq.
create function bk.audit_append(p_actor text, p_action text, p_object_kind text, p_object_id text,
                                p_request_id text, p_source inet, p_payload jsonb) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if app.current_tenant_id() is null then
        raise exception 'no tenant is set in this transaction'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'select set_config(''bk.tenant_id'', …, true) comes first';
    end if;
    return app.audit_write(app.current_tenant_id(), p_actor, p_action, p_object_kind, p_object_id,
                           p_request_id, p_source, p_payload);
end
$$;

-- The operator's: p_tenant_id null is the installation's own chain.
create function bk.operator_audit_append(p_tenant_id bigint, p_actor text, p_action text,
                                         p_object_kind text, p_object_id text, p_request_id text,
                                         p_source inet, p_payload jsonb) returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$ select app.audit_write(p_tenant_id, p_actor, p_action, p_object_kind, p_object_id,
                                 p_request_id, p_source, p_payload) $$;

-- The first seq at which a chain is broken: a row changed, missing or added. Null: whole.
create function bk.audit_verify(p_tenant_id bigint) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_row app.audit;
    v_prev bytea := decode(repeat('00', 32), 'hex');
    v_next bigint := 1;
    v_head app.audit_head;
begin
    select * into v_head from app.audit_head as h
     where h.tenant_id is not distinct from p_tenant_id for update; -- nobody appends meanwhile
    for v_row in select * from app.audit as a
                  where a.tenant_id is not distinct from p_tenant_id order by a.seq loop
        if v_row.seq <> v_next or v_row.prev_hash <> v_prev
           or v_row.payload_hash <> sha256(convert_to(v_row.payload, 'UTF8'))
           or v_row.hash <> app.audit_hash(v_prev, v_row.tenant_id, v_row.seq, v_row.at, v_row.actor,
                                           v_row.action, v_row.object_kind, v_row.object_id,
                                           v_row.request_id, v_row.source, v_row.payload_hash) then
            return least(v_row.seq, v_next);
        end if;
        v_prev := v_row.hash;
        v_next := v_next + 1;
    end loop;
    if coalesce(v_head.seq, 0) <> v_next - 1 or coalesce(v_head.hash, v_prev) <> v_prev then
        return v_next; -- the end is cut off, or the head is gone
    end if;
    return null;
end
$$;

-- Forget what one row said, not that it was there.
create function bk.audit_erase(p_tenant_id bigint, p_seq bigint) returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    update app.audit as a set payload = null
     where a.tenant_id is not distinct from p_tenant_id and a.seq = p_seq and a.payload is not null;
    return found;
end
$$;

reset role;

grant create on schema app, bk to beckon_cross;
alter function app.audit_hash(bytea, bigint, bigint, timestamptz, text, text, text, text, text, inet, bytea)
    owner to beckon_cross;
alter function app.audit_write(bigint, text, text, text, text, text, inet, jsonb) owner to beckon_cross;
alter function bk.audit_append(text, text, text, text, text, inet, jsonb) owner to beckon_cross;
alter function bk.operator_audit_append(bigint, text, text, text, text, text, inet, jsonb)
    owner to beckon_cross;
alter function bk.audit_verify(bigint) owner to beckon_cross;
alter function bk.audit_erase(bigint, bigint) owner to beckon_cross;
revoke create on schema app, bk from beckon_cross;

set local role beckon_cross;
grant execute on function bk.audit_append(text, text, text, text, text, inet, jsonb)
    to beckon_api, beckon_operator;
grant execute on function bk.operator_audit_append(bigint, text, text, text, text, text, inet, jsonb),
                          bk.audit_verify(bigint), bk.audit_erase(bigint, bigint)
    to beckon_operator;
reset role;
