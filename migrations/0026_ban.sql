-- 0026 ban: addresses and networks that are kept out for a while, and those that never are by a limit.
-- Locks: new objects only; bk.maintain becomes a part of a new one.  Backfill: none.
-- Undo: drop the functions below; alter function app.maintain_records rename to maintain, and set schema bk;
--       drop table app.ban, app.good_source.

set local role beckon_owner;

-- ---- where phones were served -------------------------------------------------------------------

-- At such an address nobody is banned by a limit for a day: one phone there is a good one, and a ban
-- would hit it. Workers tell of each address every half hour.
create table app.good_source (
    address inet        not null,
    last_at timestamptz not null,
    constraint good_source_pk         primary key (address),
    constraint good_source_address_ck check (masklen(address) = case family(address) when 4 then 32 else 128 end)
);
create index good_source_last_ix on app.good_source (last_at);
grant select, insert, update, delete on app.good_source to beckon_cross;

create function app.is_good_source(p_address inet) returns boolean
    language sql stable
    set search_path = pg_catalog, pg_temp
    return exists (select from app.good_source as g
                    where g.address = p_address and g.last_at > now() - interval '24 hours');
grant execute on function app.is_good_source(inet) to beckon_cross;

-- ---- bans ---------------------------------------------------------------------------------------

create table app.ban (
    ban_id      bigint      not null generated always as identity,
    network     cidr        not null,
    reason      text        not null, -- 'scan', 'failures', or an operator's words
    seen        jsonb       not null default '{}', -- what a limit counted: {"macs": 61, "failures": 80, …}
    spares_good boolean     not null default true, -- addresses in it where phones were served stay welcome
    banned_by   text        not null, -- 'limits', "operator:<login>", "user:7"
    banned_at   timestamptz not null default now(),
    until       timestamptz not null,
    lifted_at   timestamptz,
    lifted_by   text,
    constraint ban_pk         primary key (ban_id),
    -- Wider ones are what a firewall is for, and 0.0.0.0/0 is a slip of the hand.
    constraint ban_network_ck check (masklen(network) >= case family(network) when 4 then 8 else 16 end),
    constraint ban_reason_ck  check (reason <> '' and app.is_text(reason, 128)),
    constraint ban_seen_ck    check (jsonb_typeof(seen) = 'object' and octet_length(seen::text) <= 2048),
    constraint ban_by_ck      check (banned_by <> '' and app.is_text(banned_by, 128)
                                     and app.is_text(lifted_by, 128)),
    constraint ban_until_ck   check (until > banned_at and until <= banned_at + interval '366 days'),
    constraint ban_lifted_ck  check ((lifted_at is null) = (lifted_by is null))
);
create index ban_until_ix on app.ban (until) where lifted_at is null;
create index ban_network_ix on app.ban (network, until);
grant select, insert, update, delete on app.ban to beckon_cross;

-- One network is written by one at a time.
create function app.ban_lock(p_network cidr) returns void
    language sql volatile
    set search_path = pg_catalog, pg_temp
    as $$ select pg_advisory_xact_lock(hashtext('app.ban'), hashtext(p_network::text)) $$;
grant execute on function app.ban_lock(cidr) to beckon_cross;

/*
 * Phones were served at these addresses. A ban that a limit made of one of them ends: the worker that
 * asked for it did not know yet. Addresses are locked in their order, since batches of several workers
 * meet on the same.
 */
create function bk.good_sources_record(p_addresses inet[]) returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_address inet;
begin
    for v_address in
        select distinct one from unnest(p_addresses) as one
         where one is not null
           and not exists (select from app.good_source as g
                            where g.address = one and g.last_at > now() - interval '1 minute')
         order by one
    loop
        perform app.ban_lock(v_address::cidr);
        insert into app.good_source as g (address, last_at) values (v_address, now())
            on conflict on constraint good_source_pk do update set last_at = excluded.last_at;
        update app.ban as b set lifted_at = now(), lifted_by = 'limits: a phone was served'
         where b.network = v_address::cidr and b.banned_by = 'limits'
           and b.lifted_at is null and b.until > now();
    end loop;
end
$$;

/*
 * A worker's limit was passed. verdict:
 *   banned  from now on
 *   good    refused: a phone was served at this address within 24 hours, or at a thousand in this network
 *   known   it is in force already
 *   lifted  refused: the operator lifted one, which holds until that would have ended
 *   full    refused: there are 10,000 bans; whoever comes from so many places is no matter of lists
 * seconds_left of 'banned' and 'known'. A worker may ban an address, a /24 or a /48 and nothing wider; good
 * addresses in a network are spared.
 */
create function bk.ban_request(p_network cidr, p_reason text, p_seen jsonb, p_seconds integer,
                               out verdict text, out seconds_left integer)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    c_bans_max constant integer := 10000;
    c_spared_max constant integer := 1000; -- bk.bans
    v_bits constant integer := case family(p_network) when 4 then 32 else 128 end;
    v_ban app.ban;
begin
    if masklen(p_network) not in (case family(p_network) when 4 then 32 else 128 end,
                                  case family(p_network) when 4 then 24 else 48 end) then
        raise exception 'a limit bans an address, a /24 or a /48, not %', p_network
            using errcode = 'check_violation', constraint = 'ban_network_ck', schema = 'app', table = 'ban';
    end if;
    perform app.ban_lock(p_network);
    select b.* into v_ban from app.ban as b
     where b.network = p_network and b.until > now()
     order by b.lifted_at is not null, b.until desc limit 1;
    if v_ban.lifted_at is null and v_ban.ban_id is not null then
        verdict := 'known';
    elsif masklen(p_network) in (32, 128) and app.is_good_source(p_network::inet) then
        verdict := 'good';
    -- More good addresses than bk.bans can spare: a ban would hit some of them.
    elsif masklen(p_network) not in (32, 128)
          and (select count(*) from (select from app.good_source as g
                                      where g.address >= set_masklen(p_network::inet, v_bits)
                                        and g.address <= set_masklen(broadcast(p_network), v_bits)
                                        and g.last_at > now() - interval '24 hours'
                                      limit c_spared_max + 1) as few) > c_spared_max then
        verdict := 'good';
    elsif v_ban.ban_id is not null then
        verdict := 'lifted';
    elsif (select count(*) from (select from app.ban as b where b.until > now() and b.lifted_at is null
                                  limit c_bans_max) as few) = c_bans_max then
        verdict := 'full';
    else
        verdict := 'banned';
        insert into app.ban (network, reason, seen, banned_by, until)
        values (p_network, p_reason, p_seen, 'limits', now() + make_interval(secs => p_seconds))
        returning * into v_ban;
    end if;
    if verdict in ('banned', 'known') then
        seconds_left := floor(extract(epoch from v_ban.until - now()));
    end if;
end
$$;

-- What workers go by, every few seconds. good: addresses that a ban of a network spares, with commas.
create function bk.bans()
    returns table (network cidr, seconds_left integer, spares_good boolean, good text)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select b.network, floor(extract(epoch from b.until - now()))::integer, b.spares_good,
               case when b.spares_good and masklen(b.network) < n.bits then
                   (select string_agg(host(g.address), ',')
                      from (select g.address from app.good_source as g
                             where g.address >= set_masklen(b.network::inet, n.bits)
                               and g.address <= set_masklen(broadcast(b.network), n.bits)
                               and g.last_at > now() - interval '24 hours'
                             order by g.last_at desc
                             limit 1000) as g)
               end
          from app.ban as b
         cross join lateral (select case family(b.network) when 4 then 32 else 128 end as bits) as n
         where b.lifted_at is null and b.until > now()
         order by masklen(b.network), b.ban_id desc
         limit 10000
    $$;

-- ---- for operators ------------------------------------------------------------------------------

-- Those in force, or with p_all every one that is remembered, newest first; ids below p_before (null: all).
create function bk.operator_ban_list(p_all boolean, p_before bigint, p_limit integer)
    returns table (ban_id bigint, network cidr, reason text, seen jsonb, spares_good boolean,
                   banned_by text, banned_at timestamptz, until timestamptz, lifted_at timestamptz,
                   lifted_by text, is_in_force boolean)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$
        select b.ban_id, b.network, b.reason, b.seen, b.spares_good, b.banned_by, b.banned_at, b.until,
               b.lifted_at, b.lifted_by, b.lifted_at is null and b.until > now()
          from app.ban as b
         where (p_all or (b.lifted_at is null and b.until > now()))
           and b.ban_id < coalesce(p_before, 9223372036854775807)
         order by b.ban_id desc
         limit least(greatest(p_limit, 1), 10000)
    $$;

-- A ban by hand takes the place of one that is in force. good_count: good addresses in the network now.
create function bk.operator_ban_add(p_network cidr, p_reason text, p_seconds integer,
                                    p_spares_good boolean, p_actor text, out ban_id bigint,
                                    out good_count bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
declare
    v_bits constant integer := case family(p_network) when 4 then 32 else 128 end;
begin
    perform app.ban_lock(p_network);
    update app.ban as b set lifted_at = now(), lifted_by = p_actor
     where b.network = p_network and b.lifted_at is null and b.until > now();
    insert into app.ban as b (network, reason, spares_good, banned_by, until)
    values (p_network, p_reason, p_spares_good, p_actor, now() + make_interval(secs => p_seconds))
    returning b.ban_id into ban_id;
    select count(*) into good_count from app.good_source as g
     where g.address >= set_masklen(p_network::inet, v_bits)
       and g.address <= set_masklen(broadcast(p_network), v_bits)
       and g.last_at > now() - interval '24 hours';
end
$$;

-- Null: there is no ban in force of this network, or with this id.
create function bk.operator_ban_lift(p_network cidr, p_ban_id bigint, p_actor text) returns bigint
    language sql volatile security definer
    set search_path = pg_catalog, pg_temp
    as $$
        with lifted as (
            update app.ban as b set lifted_at = now(), lifted_by = p_actor
             where (b.network = p_network or b.ban_id = p_ban_id)
               and b.lifted_at is null and b.until > now()
            returning b.ban_id
        )
        select max(ban_id) from lifted
    $$;

-- The same through the API, for people who are operators; told in the installation's own audit chain.
create function bk.api_ban_list(p_user_id bigint, p_all boolean, p_before bigint, p_limit integer)
    returns table (ban_id bigint, network cidr, reason text, seen jsonb, spares_good boolean,
                   banned_by text, banned_at timestamptz, until timestamptz, lifted_at timestamptz,
                   lifted_by text, is_in_force boolean)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.demand_operator(p_user_id);
    return query select * from bk.operator_ban_list(p_all, p_before, p_limit);
end
$$;

create function bk.api_ban_add(p_user_id bigint, p_network cidr, p_reason text, p_seconds integer,
                               p_spares_good boolean, p_request_id text, p_source inet) returns bigint
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_ban_id bigint;
begin
    perform app.demand_operator(p_user_id);
    select a.ban_id into v_ban_id
      from bk.operator_ban_add(p_network, p_reason, p_seconds, p_spares_good, 'user:' || p_user_id) as a;
    perform app.audit_write(null, 'user:' || p_user_id, 'ban.create', 'ban', v_ban_id::text, p_request_id,
                            p_source, jsonb_build_object('network', p_network, 'reason', p_reason,
                                                         'seconds', p_seconds));
    return v_ban_id;
end
$$;

create function bk.api_ban_lift(p_user_id bigint, p_ban_id bigint, p_request_id text, p_source inet)
    returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform app.demand_operator(p_user_id);
    if bk.operator_ban_lift(null, p_ban_id, 'user:' || p_user_id) is null then
        return false;
    end if;
    perform app.audit_write(null, 'user:' || p_user_id, 'ban.lift', 'ban', p_ban_id::text, p_request_id,
                            p_source, '{}');
    return true;
end
$$;

reset role;

-- ---- maintenance --------------------------------------------------------------------------------

-- What bk.maintain did is a part of it now.
set local role beckon_cross;
revoke execute on function bk.maintain(timestamptz) from beckon_notifier, beckon_operator;
reset role;
grant create on schema app, bk to beckon_cross;

set local role beckon_cross;
alter function bk.maintain(timestamptz) rename to maintain_records;
alter function bk.maintain_records(timestamptz) set schema app;
create function bk.maintain(p_now timestamptz default now())
    returns table (what text, done_count bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp
    set timezone = 'UTC' as
$$
#variable_conflict use_column
begin
    return query select r.what, r.done_count from app.maintain_records(p_now) as r;
    delete from app.good_source as g where g.last_at < p_now - interval '2 days';
    get diagnostics done_count = row_count;
    what := 'good addresses';
    return next;
    delete from app.ban as b where b.until < p_now - interval '90 days';
    get diagnostics done_count = row_count;
    what := 'bans';
    return next;
end
$$;
revoke execute on function bk.maintain(timestamptz) from public;
grant execute on function bk.maintain(timestamptz) to beckon_notifier, beckon_operator;
reset role;

do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select p.oid from pg_proc as p
         where p.pronamespace = 'bk'::regnamespace
           and p.proname in ('good_sources_record', 'ban_request', 'bans', 'operator_ban_list',
                             'operator_ban_add', 'operator_ban_lift', 'api_ban_list', 'api_ban_add',
                             'api_ban_lift')
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema app, bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function bk.good_sources_record(inet[]), bk.ban_request(cidr, text, jsonb, integer), bk.bans()
    to beckon_config;
grant execute on function bk.operator_ban_list(boolean, bigint, integer),
    bk.operator_ban_add(cidr, text, integer, boolean, text), bk.operator_ban_lift(cidr, bigint, text)
    to beckon_operator;
grant execute on function bk.api_ban_list(bigint, boolean, bigint, integer),
    bk.api_ban_add(bigint, cidr, text, integer, boolean, text, inet), bk.api_ban_lift(bigint, bigint, text, inet)
    to beckon_api;
reset role;
