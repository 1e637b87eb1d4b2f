-- 0022 identity: which phone this is for good, and what it may have: what was seen at first use is
-- pinned, what differs later quarantines, policies say when secrets leave.
-- Locks: short exclusive ones on app.tenant, app.profile, app.site, app.device, app.device_state;
--        functions are replaced.  Backfill: none; what is bound already is pinned at its next fetch.
-- Undo: drop the functions and tables below; restore bk.device_fetch (0020), app.device_guard and
--       app.device_state_add (0009); drop the columns.

set local role beckon_owner;

-- ---- policies -----------------------------------------------------------------------------------

/*
 * What a tenant, or a profile for its phones, decides about enrolment and serving:
 *
 *   enrolment             off, token, address, token_and_address: how a phone without a certificate begins
 *   enrolment_hours       1..720: how long a token, or a claim at its site, may be used
 *   enrolment_secret      url, basic, digest: how such a phone proves itself afterwards
 *   reset                 refuse, reenrol: a phone that comes with its token again after a factory reset
 *   serving               always, armed: armed gives files in a window, or for a new revision, only
 *   armed_hours           1..720: the window, from the claim on and whenever it is opened again
 *   networks_per_day_max  0..1000: more /24 or /48 networks within 24 hours quarantine; 0: any number
 *
 * A profile's key overrides its tenant's, and that the default (app.policy_default).
 */
create function app.is_policy(p_policy jsonb) returns boolean
    language plpgsql immutable parallel safe as
$$
declare
    v_key text;
    v_value jsonb;
    v_low integer;
    v_high integer;
begin
    if jsonb_typeof(p_policy) <> 'object' then
        return false;
    end if;
    for v_key, v_value in select key, value from jsonb_each(p_policy) loop
        if (v_key = 'enrolment'
            and v_value in ('"off"', '"token"', '"address"', '"token_and_address"'))
           or (v_key = 'enrolment_secret' and v_value in ('"url"', '"basic"', '"digest"'))
           or (v_key = 'reset' and v_value in ('"refuse"', '"reenrol"'))
           or (v_key = 'serving' and v_value in ('"always"', '"armed"')) then
            continue;
        elsif v_key in ('enrolment_hours', 'armed_hours') then
            v_low := 1;
            v_high := 720;
        elsif v_key = 'networks_per_day_max' then
            v_low := 0;
            v_high := 1000;
        else
            return false;
        end if;
        if jsonb_typeof(v_value) <> 'number' or v_value::numeric <> trunc(v_value::numeric)
           or v_value::numeric not between v_low and v_high then
            return false;
        end if;
    end loop;
    return true;
end
$$;
create function app.policy_default() returns jsonb
    language sql immutable parallel safe
    return '{"enrolment": "off", "enrolment_hours": 72, "enrolment_secret": "url", "reset": "refuse",
             "serving": "always", "armed_hours": 72, "networks_per_day_max": 8}'::jsonb;

-- Address lists: as many networks as a tenant would write down for a site, each once.
create function app.is_addresses(p_addresses cidr[]) returns boolean
    language sql immutable parallel safe
    return cardinality(p_addresses) <= 32 and array_position(p_addresses, null) is null
       and array_ndims(p_addresses) is not distinct from case when cardinality(p_addresses) > 0 then 1 end
       and (select count(distinct one) = count(*) from unnest(p_addresses) as one);

-- The network that stands for an address: /24, or /48 for IPv6.
create function app.network_of(p_source inet) returns cidr
    language sql immutable parallel safe
    return network(set_masklen(p_source, case family(p_source) when 4 then 24 else 48 end));

grant execute on function app.is_policy(jsonb), app.policy_default(), app.is_addresses(cidr[]),
                          app.network_of(inet)
    to beckon_cross, beckon_api, beckon_operator;

alter table app.tenant add column policy jsonb not null default '{}',
    add constraint tenant_policy_ck check (app.is_policy(policy));
grant update (policy) on app.tenant to beckon_api, beckon_operator;
alter table app.profile add column policy jsonb not null default '{}',
    add constraint profile_policy_ck check (app.is_policy(policy));
alter table app.site add column addresses cidr[] not null default '{}', -- where its phones come from
    add constraint site_addresses_ck check (app.is_addresses(addresses));

create function app.policy_of(p_tenant_id bigint, p_device_id bigint) returns jsonb
    language sql stable
    set search_path = pg_catalog, pg_temp
    return (select app.policy_default() || t.policy || coalesce(p.policy, '{}')
              from app.device as d
              join app.tenant as t on t.tenant_id = d.tenant_id
              left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
             where d.tenant_id = p_tenant_id and d.device_id = p_device_id);
grant execute on function app.policy_of(bigint, bigint) to beckon_cross, beckon_api, beckon_operator;

-- Do the addresses of the device's site hold this one?
create function app.is_at_site(p_tenant_id bigint, p_device_id bigint, p_source inet) returns boolean
    language sql stable
    set search_path = pg_catalog, pg_temp
    return exists (select from app.device as d
                     join app.site as s on s.tenant_id = d.tenant_id and s.site_id = d.site_id
                    where d.tenant_id = p_tenant_id and d.device_id = p_device_id
                      and p_source <<= any (s.addresses));
grant execute on function app.is_at_site(bigint, bigint, inet) to beckon_cross;

-- ---- what is known of a device ------------------------------------------------------------------

alter table app.device
    add column armed_until timestamptz, -- serving 'armed': until then its file is given whatever it holds
    add column is_legacy boolean not null default false; -- may use a legacy listener (TLS 1.0)
grant insert (is_legacy), update (is_legacy) on app.device to beckon_api, beckon_operator;

-- fingerprint, model_pinned: as at first use; another one quarantines.
alter table app.device_state
    add column model_pinned text,
    add column serial_seen text, -- as the certificate tells it
    add column mismatch_count integer not null default 0, -- other MACs that its certificate asked for
    add column mismatch_at timestamptz, -- when the first of them was
    add constraint device_state_pinned_ck check (char_length(model_pinned) <= 64),
    add constraint device_state_serial_ck check (char_length(serial_seen) <= 128);

-- Networks a phone was served in within a day; bk.visits_record forgets what is older.
create table app.device_network (
    tenant_id bigint      not null,
    device_id bigint      not null,
    network   cidr        not null,
    last_at   timestamptz not null,
    constraint device_network_pk        primary key (tenant_id, device_id, network),
    constraint device_network_device_fk foreign key (tenant_id, device_id) references app.device
                                        on delete cascade
);
select app.protect('app.device_network');
revoke insert, update, delete on app.device_network from beckon_api, beckon_operator;

-- What a tenant should look at: one open row for each device and kind, which counts.
create table app.anomaly (
    tenant_id  bigint      not null,
    anomaly_id bigint      not null generated always as identity,
    device_id  bigint      not null,
    kind       text        not null,
    seen       jsonb       not null, -- what was seen first: {"fingerprint": …, "source": …}
    seen_count bigint      not null default 1,
    first_at   timestamptz not null default now(),
    last_at    timestamptz not null default now(),
    decision   text, -- null: open
    decided_at timestamptz,
    decided_by text,
    constraint anomaly_pk          primary key (tenant_id, anomaly_id),
    constraint anomaly_device_fk   foreign key (tenant_id, device_id) references app.device
                                   on delete cascade,
    constraint anomaly_kind_ck     check (kind in ('other_certificate', 'other_model', 'other_maker',
                                                   'many_networks', 'foreign_key', 'guessing',
                                                   'factory_reset', 'enrolment_guessing')),
    constraint anomaly_seen_ck     check (jsonb_typeof(seen) = 'object'
                                          and octet_length(seen::text) <= 2048),
    constraint anomaly_count_ck    check (seen_count >= 1),
    constraint anomaly_decision_ck check (decision in ('accepted', 'blocked', 'superseded')),
    constraint anomaly_decided_ck  check ((decision is null) = (decided_at is null)),
    constraint anomaly_actor_ck    check (char_length(decided_by) <= 128)
);
create unique index anomaly_open_uq on app.anomaly (tenant_id, device_id, kind) where decision is null;
create index anomaly_device_ix on app.anomaly (tenant_id, device_id);
select app.protect('app.anomaly');
revoke insert, update, delete on app.anomaly from beckon_api, beckon_operator;

-- Note an anomaly; a repeated one counts, at most once a second, so that no phone makes us write as
-- often as it asks.
create function app.anomaly_note(p_tenant_id bigint, p_device_id bigint, p_kind text, p_seen jsonb,
                                 p_count bigint default 1)
    returns void
    language sql volatile
    set search_path = pg_catalog, pg_temp
    begin atomic
    insert into app.anomaly as a (tenant_id, device_id, kind, seen, seen_count)
    values (p_tenant_id, p_device_id, p_kind, jsonb_strip_nulls(p_seen), p_count)
        on conflict (tenant_id, device_id, kind) where decision is null
        do update set seen_count = a.seen_count + excluded.seen_count, last_at = now()
     where a.last_at < now() - interval '1 second' or excluded.seen_count > 1;
    end;
grant execute on function app.anomaly_note(bigint, bigint, text, jsonb, bigint) to beckon_cross;

-- A bound phone that is not what it was gets nothing until its tenant has decided.
create function app.device_quarantine(p_tenant_id bigint, p_device_id bigint, p_kind text, p_seen jsonb)
    returns void
    language sql volatile
    set search_path = pg_catalog, pg_temp
    begin atomic
    update app.device as d set state = 'quarantined', updated_at = now()
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id and d.state = 'bound';
    select app.anomaly_note(p_tenant_id, p_device_id, p_kind, p_seen);
    end;
grant execute on function app.device_quarantine(bigint, bigint, text, jsonb) to beckon_cross;

/*
 * As in 0009, and: a claim begins with its first boot window where its policy wants one; who looks
 * after quarantine is bk.device_accept and bk.device_block, not a change of state by hand.
 */
create or replace function app.device_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_is_ours constant boolean := current_user = 'beckon_cross'; -- a function of schema bk
begin
    if tg_op = 'INSERT' then
        if (new.state <> 'claimed' or new.bound_at is not null) then
            raise exception 'a device begins as a claim, not %', new.state
                using errcode = 'check_violation', constraint = 'device_begins_ck',
                      schema = 'app', table = 'device';
        end if;
        return new;
    end if;

    if new.mac <> old.mac then
        new.bound_at := null;
        new.is_bound_by_own_root := false;
        if new.state in ('bound', 'quarantined') then
            new.state := 'claimed';
        end if;
    elsif new.state = 'released' then
        new.bound_at := null;
        new.is_bound_by_own_root := false;
    elsif old.state = 'released' and new.state not in ('released', 'claimed') then
        raise exception 'a released device is claimed again before it can be %', new.state
            using errcode = 'check_violation', constraint = 'device_transition_ck',
                  schema = 'app', table = 'device';
    elsif new.state = 'claimed' and old.bound_at is not null then
        raise exception 'a bound device is released, it does not become a mere claim again'
            using errcode = 'check_violation', constraint = 'device_transition_ck',
                  schema = 'app', table = 'device';
    elsif old.state = 'quarantined' and new.state = 'bound' and not v_is_ours then
        raise exception 'a quarantined device is bound again by accepting or blocking what was seen'
            using errcode = 'check_violation', constraint = 'device_transition_ck',
                  schema = 'app', table = 'device';
    end if;
    if new.bound_at is distinct from old.bound_at and new.bound_at is not null and not v_is_ours then
        raise exception 'only the phone itself binds a claim, by a fetch that proves who it is'
            using errcode = 'check_violation', constraint = 'device_transition_ck',
                  schema = 'app', table = 'device';
    end if;
    return new;
end
$$;

-- The first boot window of serving 'armed': whatever begins anew has one.
create function app.device_arm_first() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    new.armed_until := now() + make_interval(hours => coalesce(
        (select (app.policy_default() || t.policy || coalesce(p.policy, '{}')) ->> 'armed_hours'
           from app.tenant as t
           left join app.profile as p on p.tenant_id = t.tenant_id and p.profile_id = new.profile_id
          where t.tenant_id = new.tenant_id)::integer, 72));
    return new;
end
$$;
create trigger device_arm_insert before insert on app.device
    for each row execute function app.device_arm_first();
create trigger device_arm_update before update on app.device
    for each row when (old.mac <> new.mac or (old.state = 'released' and new.state = 'claimed'))
    execute function app.device_arm_first();

-- ---- the tenant decides -------------------------------------------------------------------------

-- The device of this transaction's tenant, locked; '' when it is there in state quarantined.
create function app.device_quarantined(p_device_id bigint, out tenant_id bigint, out refusal text)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_state text;
begin
    tenant_id := app.current_tenant_id();
    if tenant_id is null then
        raise exception 'no tenant is set in this transaction'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'select set_config(''bk.tenant_id'', …, true) comes first';
    end if;
    select d.state into v_state from app.device as d
     where d.tenant_id = device_quarantined.tenant_id and d.device_id = p_device_id
       for no key update;
    refusal := case when v_state is null then 'there is no such device'
                    when v_state <> 'quarantined' then 'the device is ' || v_state
                                                       || ': there is nothing to decide'
                    else '' end;
end
$$;
grant execute on function app.device_quarantined(bigint) to beckon_cross;

/*
 * What was seen is the phone from now on: certificate and model are pinned as they came, and the device
 * is bound again. '' or why not. Networks seen so far no longer count.
 */
create function bk.device_accept(p_device_id bigint, p_actor text) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_id bigint;
    v_refusal text;
    v_seen record;
begin
    select q.tenant_id, q.refusal into v_tenant_id, v_refusal from app.device_quarantined(p_device_id) as q;
    if v_refusal <> '' then
        return v_refusal;
    end if;
    select max(a.seen ->> 'maker') filter (where a.kind = 'other_maker') as maker,
           max(a.seen ->> 'fingerprint') filter (where a.kind = 'other_certificate') as fingerprint,
           max(a.seen ->> 'model') filter (where a.kind = 'other_model') as model
      into v_seen
      from app.anomaly as a
     where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null;
    if v_seen.maker is not null then
        return 'a certificate of maker ' || v_seen.maker || ' came for it: change the device''s vendor, or'
               || ' block that certificate';
    end if;
    update app.device_state as s
       set fingerprint = coalesce(decode(v_seen.fingerprint, 'hex'), s.fingerprint),
           fingerprint_at = case when v_seen.fingerprint is not null then now() else s.fingerprint_at end,
           model_pinned = coalesce(v_seen.model, s.model_pinned)
     where s.tenant_id = v_tenant_id and s.device_id = p_device_id;
    delete from app.device_network as n where n.tenant_id = v_tenant_id and n.device_id = p_device_id;
    update app.anomaly as a set decision = 'accepted', decided_at = now(), decided_by = left(p_actor, 128)
     where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null;
    update app.device as d set state = 'bound', updated_at = now()
     where d.tenant_id = v_tenant_id and d.device_id = p_device_id;
    return '';
end
$$;

/*
 * What was seen is not the phone: the certificates seen prove nothing to this tenant any more, and the
 * device is bound again as it was pinned. '' or why not.
 */
create function bk.device_block(p_device_id bigint, p_actor text) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_id bigint;
    v_refusal text;
    v_pinned bytea;
    v_is_cloned boolean;
begin
    select q.tenant_id, q.refusal into v_tenant_id, v_refusal from app.device_quarantined(p_device_id) as q;
    if v_refusal <> '' then
        return v_refusal;
    end if;
    -- Another model or too many networks with the phone's own certificate: it is that certificate that
    -- somebody else has as well.
    select s.fingerprint into v_pinned from app.device_state as s
     where s.tenant_id = v_tenant_id and s.device_id = p_device_id;
    select coalesce(bool_or(a.kind in ('other_model', 'many_networks')), false) into v_is_cloned
      from app.anomaly as a
     where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null;
    insert into app.blocked_certificate (tenant_id, fingerprint, note)
    select v_tenant_id, one.fingerprint, left('seen at a quarantined device; blocked by ' || p_actor, 255)
      from (select decode(a.seen ->> 'fingerprint', 'hex') as fingerprint
              from app.anomaly as a
             where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null
               and a.kind in ('other_certificate', 'other_maker')
             union
            select v_pinned where v_is_cloned) as one
     where octet_length(one.fingerprint) = 32
        on conflict on constraint blocked_certificate_uq do nothing;
    if v_is_cloned then -- a secret of its own, where it has one, is known to somebody else too
        delete from app.enrolment as e where e.tenant_id = v_tenant_id and e.device_id = p_device_id;
    end if;
    delete from app.device_network as n where n.tenant_id = v_tenant_id and n.device_id = p_device_id;
    update app.anomaly as a set decision = 'blocked', decided_at = now(), decided_by = left(p_actor, 128)
     where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null;
    update app.device as d set state = 'bound', updated_at = now()
     where d.tenant_id = v_tenant_id and d.device_id = p_device_id;
    return '';
end
$$;

-- Open the window in which serving 'armed' gives the device its file. p_hours null: the policy's.
create function bk.device_arm(p_device_id bigint, p_hours integer, out armed_until timestamptz,
                              out refusal text)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_id constant bigint := app.current_tenant_id();
    v_hours integer := coalesce(p_hours,
                                (app.policy_of(v_tenant_id, p_device_id) ->> 'armed_hours')::integer);
begin
    refusal := '';
    if v_hours not between 1 and 720 then
        refusal := 'a window has 1 to 720 hours, not ' || v_hours;
        return;
    end if;
    update app.device as d set armed_until = now() + make_interval(hours => v_hours)
     where d.tenant_id = v_tenant_id and d.device_id = p_device_id
    returning d.armed_until into device_arm.armed_until;
    if not found then
        refusal := 'there is no such device';
    end if;
end
$$;

-- Put together what a device's file is made of, and keep it (app.device_config).
create function app.device_config_make(p_tenant_id bigint, p_device_id bigint, p_revision bigint,
                                       out layers text, out parts text)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp as
$$
begin
    select c.layers, c.parts into layers, parts from app.phone_config(p_tenant_id, p_device_id) as c;
    insert into app.device_config as c (tenant_id, device_id, revision, layers, parts)
    values (p_tenant_id, p_device_id, p_revision, device_config_make.layers, device_config_make.parts)
        on conflict on constraint device_config_pk
        do update set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts
     where c.revision < excluded.revision;
end
$$;
grant execute on function app.device_config_make(bigint, bigint, bigint) to beckon_cross;

-- Somebody has asked this device to come for its file: that arms it as long as it is open.
create function app.is_reprovision_open(p_tenant_id bigint, p_device_id bigint) returns boolean
    language sql stable
    set search_path = pg_catalog, pg_temp
    return exists (select from app.job as j
                    where j.tenant_id = p_tenant_id and j.device_id = p_device_id
                      and j.kind = 'reprovision' and j.ended_at is null);
grant execute on function app.is_reprovision_open(bigint, bigint) to beckon_cross;

-- ---- a fetch ------------------------------------------------------------------------------------

/*
 * One phone with a certificate asks for one file. Always one row.
 *
 * p_mac, p_maker  what the certificate proves; null: no identity
 * p_claimed_mac   the MAC in the path or the User-Agent; null: none. Compared, never trusted
 * p_root_ids      the trust roots that vouch for the chain: one of the operator's, or one of each tenant
 *                 that trusts its CA; of those the operator's counts, else this tenant's
 * p_kind          bk_file_kind_name; null: no path of this maker
 * p_model         as the certificate, else the User-Agent tells it; empty: untold
 * p_serial        as the certificate tells it; empty: untold
 * p_source        the phone's address; null: untold
 * p_is_legacy     it came by a listener with old TLS
 * verdict         'serve', or the reason of the refusal; the first that holds, in this order:
 *                 unknown_tenant_key, tenant_suspended, no_identity, blocked_certificate,
 *                 unknown_device, maker_mismatch, foreign_root, mac_mismatch, suspended, quarantined,
 *                 released, bound_elsewhere, legacy_not_allowed, unknown_path, quarantined (now), unarmed
 * other_tenant_id the tenant that holds this MAC, when another one's key was used: both are told.
 *                 Only where an operator's root proved the MAC, or a tenant could, with a root of
 *                 its own, fill the records of others.
 * data_key        sealed, with 'serve' only; so is config
 * config          the latter two of device, common and boot without lines, keys and secrets of lines
 * has_open_job    a job waits for this device, so its visit is told at once
 * fetched_at_us   this database's clock in microseconds of the epoch, which visits carry as their time,
 *                 so that "fetched after the job was made" is one clock's word
 *
 * The first fetch with a good certificate binds a claim. Where a tenant's own root proved it, that
 * holds within the tenant and keeps the phone from nobody else; an operator's root makes up for it.
 * Certificate and model are pinned then. A bound phone of another certificate, model or maker is
 * quarantined: refused from then on, until its tenant has decided (bk.device_accept, bk.device_block).
 */
drop function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text);
create function bk.device_fetch(
    p_tenant_key text, p_mac macaddr, p_claimed_mac macaddr, p_maker text, p_root_ids bigint[],
    p_fingerprint bytea, p_kind text, p_model text default '', p_serial text default '',
    p_source inet default null, p_is_legacy boolean default false,
    out verdict text, out tenant_id bigint, out device_id bigint, out other_tenant_id bigint,
    out data_key bytea, out vendor text, out model text, out revision bigint, out config text,
    out has_open_job boolean, out fetched_at_us bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as -- workers set plan_cache_mode for their connections (io/pg.h)
$$
#variable_conflict use_column
declare
    v_status text;
    v_data_key bytea;
    v_root_maker text;
    v_root_tenant_id bigint;
    v_root_sha256 bytea;
    v_is_blocked boolean;
    v_state text;
    v_is_own_bound boolean;
    v_is_own_root boolean := false;
    v_is_legacy_allowed boolean;
    v_is_armed boolean;
    v_pinned bytea;
    v_pinned_model text;
    v_serial_seen text;
    v_holder_id bigint;
    v_suspicion text;
    v_layers text;
    v_parts text;
begin
    fetched_at_us := (extract(epoch from now()) * 1000000)::bigint;
    -- Everything a verdict needs, and the configuration as it was put together for this revision, in one
    -- statement. It looks up the same rows whatever it finds, so that the time of an answer does not tell
    -- unknown from foreign.
    select t.tenant_id, t.status, t.data_key, r.maker, r.tenant_id, r.sha256,
           exists (select from app.blocked_certificate as b
                    where b.fingerprint = p_fingerprint
                      and coalesce(b.tenant_id, t.tenant_id) = t.tenant_id), -- one index scan, not two
           d.device_id, d.vendor, d.model, d.revision, d.state,
           d.is_bound_by_own_root, d.is_legacy, s.fingerprint, s.model_pinned, s.serial_seen,
           c.layers, c.parts,
           exists (select from app.job as j
                    where j.tenant_id = d.tenant_id and j.device_id = d.device_id and j.ended_at is null),
           coalesce(p.policy ->> 'serving', t.policy ->> 'serving', 'always') = 'always'
           or d.armed_until > now() or d.revision > s.revision_held
      into tenant_id, v_status, v_data_key, v_root_maker, v_root_tenant_id, v_root_sha256,
           v_is_blocked, device_id, vendor, model, revision, v_state, v_is_own_bound,
           v_is_legacy_allowed, v_pinned, v_pinned_model, v_serial_seen,
           v_layers, v_parts, has_open_job, v_is_armed
      from app.tenant_key as k
      join app.tenant as t on t.tenant_id = k.tenant_id
      -- A root that was deleted or disabled after the handshake vouches for nobody.
      left join lateral (select r.maker, r.tenant_id, r.sha256
                           from app.trust_root as r
                          where r.root_id = any (p_root_ids) and r.is_enabled
                          order by r.tenant_id is not null, r.tenant_id <> t.tenant_id
                          limit 1) as r on true
      left join app.device as d on d.tenant_id = t.tenant_id and d.mac = p_mac
      left join app.device_state as s on s.tenant_id = d.tenant_id and s.device_id = d.device_id
      left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
      left join app.device_config as c on c.tenant_id = d.tenant_id and c.device_id = d.device_id
                                      and c.revision = d.revision
     where k.tenant_key = p_tenant_key and (k.valid_until is null or k.valid_until > now());

    if tenant_id is null then
        verdict := 'unknown_tenant_key';
    elsif v_status <> 'active' then
        verdict := 'tenant_suspended';
    elsif p_mac is null or p_maker is null or p_fingerprint is null or v_root_maker is null then
        verdict := 'no_identity';
    elsif v_is_blocked then
        verdict := 'blocked_certificate';
    elsif device_id is null then
        verdict := 'unknown_device';
    elsif v_root_maker <> p_maker or p_maker <> vendor then
        verdict := 'maker_mismatch';
        -- A factory of another maker vouches for a MAC that is bound already.
        if v_root_maker = p_maker and v_root_tenant_id is null and v_state = 'bound'
           and p_claimed_mac is not distinct from p_mac then
            v_suspicion := 'other_maker';
        end if;
    elsif v_root_tenant_id is not null then
        -- The same certificate may be the operator's too, or this tenant's own.
        select bool_and(r.tenant_id is not null) into v_is_own_root
          from app.trust_root as r
         where r.sha256 = v_root_sha256 and r.is_enabled and r.maker = p_maker
           and (r.tenant_id is null or r.tenant_id = device_fetch.tenant_id);
        if v_is_own_root is null then
            verdict := 'foreign_root';
        end if;
    end if;
    -- A phone that is bound here has no other holder (device_bound_uq). Whoever is not served, for
    -- whatever reason, costs this look-up.
    if verdict is not null or v_state <> 'bound' or v_is_own_bound or p_claimed_mac <> p_mac
       or coalesce(p_kind, '') not in ('device', 'common', 'boot') then
        select h.tenant_id into v_holder_id from app.device as h
         where h.mac = p_mac and h.bound_at is not null and not h.is_bound_by_own_root;
    end if;
    if verdict is null then
        if p_claimed_mac <> p_mac then
            verdict := 'mac_mismatch';
        elsif v_state in ('suspended', 'quarantined', 'released') then
            verdict := v_state;
        elsif v_holder_id <> tenant_id and not v_is_own_root then
            verdict := 'bound_elsewhere';
        elsif p_is_legacy and not v_is_legacy_allowed then
            verdict := 'legacy_not_allowed';
        elsif coalesce(p_kind, '') not in ('device', 'common', 'boot') then
            verdict := 'unknown_path'; -- what a phone writes itself is never served
        elsif v_state = 'bound' and v_pinned <> p_fingerprint and not (v_is_own_bound and not v_is_own_root)
        then
            v_suspicion := 'other_certificate';
        elsif v_state = 'bound' and p_model <> '' and lower(v_pinned_model) <> lower(left(p_model, 64)) then
            v_suspicion := 'other_model';
        elsif v_is_armed is not true and not app.is_reprovision_open(tenant_id, device_id) then
            verdict := 'unarmed';
        end if;
    end if;
    if v_suspicion is not null then
        verdict := coalesce(verdict, 'quarantined');
        perform app.device_quarantine(tenant_id, device_id, v_suspicion, jsonb_build_object(
            'source', host(p_source), 'maker', p_maker, 'fingerprint', encode(p_fingerprint, 'hex'),
            'model', nullif(left(p_model, 64), ''), 'serial', nullif(left(p_serial, 128), '')));
        return;
    end if;
    if verdict is not null then
        if verdict not in ('unknown_tenant_key', 'tenant_suspended', 'no_identity',
                           'blocked_certificate')
           and v_root_tenant_id is null and v_holder_id <> tenant_id then
            other_tenant_id := v_holder_id;
        end if;
        return;
    end if;

    if v_state = 'claimed' or (v_is_own_bound and not v_is_own_root) then
        begin
            update app.device as d
               set state = 'bound', bound_at = coalesce(d.bound_at, now()),
                   is_bound_by_own_root = v_is_own_root
             where d.tenant_id = device_fetch.tenant_id and d.device_id = device_fetch.device_id
               and d.mac = p_mac
               and (d.state = 'claimed'
                    or (d.state = 'bound' and d.is_bound_by_own_root and not v_is_own_root));
            if found then
                v_pinned := null; -- this certificate is the one
            else -- another fetch or an admin was first
                select d.state into v_state
                  from app.device as d
                 where d.tenant_id = device_fetch.tenant_id
                   and d.device_id = device_fetch.device_id and d.mac = p_mac;
                if v_state is distinct from 'bound' then
                    verdict := coalesce(v_state, 'unknown_device');
                    return;
                end if;
                select s.fingerprint into v_pinned from app.device_state as s
                 where s.tenant_id = device_fetch.tenant_id and s.device_id = device_fetch.device_id;
                if v_pinned <> p_fingerprint then -- two at once: the later one is the suspect
                    verdict := 'quarantined';
                    perform app.device_quarantine(tenant_id, device_id, 'other_certificate',
                        jsonb_build_object('source', host(p_source), 'maker', p_maker,
                                           'fingerprint', encode(p_fingerprint, 'hex')));
                    return;
                end if;
            end if;
        exception when unique_violation then -- another tenant's phone was first: device_bound_uq
            verdict := 'bound_elsewhere';
            if v_root_tenant_id is null then
                select d.tenant_id into other_tenant_id
                  from app.device as d
                 where d.mac = p_mac and d.bound_at is not null and not d.is_bound_by_own_root;
            end if;
            return;
        end;
    end if;
    -- What is told for the first time is what it is from now on.
    if v_pinned is null or (v_pinned_model is null and p_model <> '')
       or (p_serial <> '' and v_serial_seen is distinct from left(p_serial, 128)) then
        update app.device_state as s
           set fingerprint = p_fingerprint,
               fingerprint_at = case when s.fingerprint is distinct from p_fingerprint then now()
                                     else s.fingerprint_at end,
               model_pinned = coalesce(s.model_pinned, nullif(left(p_model, 64), '')),
               serial_seen = coalesce(nullif(left(p_serial, 128), ''), s.serial_seen)
         where s.tenant_id = device_fetch.tenant_id and s.device_id = device_fetch.device_id
           and (s.fingerprint is null or s.fingerprint = p_fingerprint or v_pinned is null);
    end if;

    verdict := 'serve';
    data_key := v_data_key;
    if v_layers is null then -- its first fetch at this revision
        select c.layers, c.parts into v_layers, v_parts
          from app.device_config_make(tenant_id, device_id, revision) as c;
    end if;
    config := concat('{"layers":[', v_layers, '],',
                     case p_kind when 'device' then v_parts
                                 else '"pbxs":[],"lines":[],"keys":[]' end, '}');
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
         where p.oid in ('bk.device_fetch'::regproc, 'bk.device_accept'::regproc,
                         'bk.device_block'::regproc, 'bk.device_arm'::regproc)
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema bk from beckon_cross;
end
$$;

grant create on schema app to beckon_cross;
set local role beckon_cross;
-- As in 0009, with what is known since: nothing of a phone that is gone stays.
create or replace function app.device_state_add() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if tg_op = 'INSERT' then
        insert into app.device_state (tenant_id, device_id) values (new.tenant_id, new.device_id);
    else
        update app.device_state
           set fingerprint = null, fingerprint_at = null, revision_held = null, held_at = null,
               model_seen = null, firmware_seen = null, last_visit_at = null, last_source = null,
               model_pinned = null, serial_seen = null, mismatch_count = 0, mismatch_at = null
         where tenant_id = new.tenant_id and device_id = new.device_id;
        delete from app.device_network as n
         where n.tenant_id = new.tenant_id and n.device_id = new.device_id;
        delete from app.enrolment as e
         where e.tenant_id = new.tenant_id and e.device_id = new.device_id;
        update app.anomaly as a
           set decision = 'superseded', decided_at = now(), decided_by = 'another phone'
         where a.tenant_id = new.tenant_id and a.device_id = new.device_id and a.decision is null;
    end if;
    return null;
end
$$;
grant execute on function app.device_state_add() to beckon_owner; -- to make the trigger
reset role;
revoke create on schema app from beckon_cross;

set local role beckon_owner;
-- A mere claim may have an enrolment, which ends with it too.
drop trigger device_state_reset on app.device;
create trigger device_state_reset after update on app.device
    for each row when (old.mac <> new.mac or (old.bound_at is not null and new.bound_at is null)
                       or (old.state <> 'released' and new.state = 'released'))
    execute function app.device_state_add();
reset role;

set local role beckon_cross;
revoke execute on function app.device_state_add() from beckon_owner;
grant execute on function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text, text, text,
                                          inet, boolean) to beckon_config;
grant execute on function bk.device_accept(bigint, text), bk.device_block(bigint, text),
                          bk.device_arm(bigint, integer) to beckon_api, beckon_operator;
reset role;
