-- 0023 enrolment: phones without a certificate. A one-time token gives a first file that names the
-- phone's own steady secret; who comes with that gets the whole.
-- Locks: new objects only; app.enrolment, which nothing has used yet, is made anew.  Backfill: none.
-- Undo: drop the functions below and app.enrolment; create the latter as in 0011.

set local role beckon_owner;

drop table app.enrolment;

-- One a device. A token that has led to the steady secret's use is locked: who comes with it again is a
-- phone after a factory reset, or somebody else.
create table app.enrolment (
    tenant_id      bigint      not null,
    device_id      bigint      not null,
    method         text        not null, -- how the steady secret is shown
    token_hash     bytea, -- SHA-256; null: its site's address is what it begins with
    username       text        not null default '', -- Basic, Digest: the device's MAC
    secret_hash    bytea       not null, -- SHA-256 of the steady secret
    secret         bytea       not null, -- sealed at "<tenant>/enrolment.secret/<device_id>"
    valid_until    timestamptz not null, -- the token's window
    token_used_at  timestamptz, -- first use, from
    token_source   inet,        -- this address, which may repeat it until
    secret_used_at timestamptz, -- the steady secret is used
    failed_count   integer     not null default 0, -- other MACs that were asked for with token or secret
    created_at     timestamptz not null default now(),
    constraint enrolment_pk          primary key (tenant_id, device_id),
    constraint enrolment_token_uq    unique (tenant_id, token_hash),
    constraint enrolment_secret_uq   unique (tenant_id, secret_hash),
    constraint enrolment_device_fk   foreign key (tenant_id, device_id) references app.device
                                     on delete cascade,
    constraint enrolment_method_ck   check (method in ('url', 'basic', 'digest')),
    constraint enrolment_token_ck    check (octet_length(token_hash) = 32),
    constraint enrolment_username_ck check (app.is_text(username, 64)),
    constraint enrolment_hash_ck     check (octet_length(secret_hash) = 32),
    constraint enrolment_secret_ck   check (app.is_sealed(secret)),
    constraint enrolment_failed_ck   check (failed_count >= 0)
);
select app.protect('app.enrolment');
revoke insert, update, delete on app.enrolment from beckon_api, beckon_operator;

/*
 * One phone without a certificate asks for one file. Always one row.
 *
 * p_proof     token: of a one-time URL; url, basic, digest: the steady secret, by that way; none: nothing
 *             but where it comes from
 * p_hash      SHA-256 of token or secret; null with none
 * p_claimed_mac  the MAC in path, User-Agent or user name; null: none. With proof none it names the
 *             device, whose site's addresses are what is proved; otherwise it is compared
 * p_makers, p_kinds  the makers whose grammar the path fits, and what it asks for with each
 * p_model, p_source  as in bk.device_fetch
 * verdict     serve: the whole file, as in bk.device_fetch.
 *             enrol: a first file that names the steady secret (method, secret) and nothing else.
 *             renew: as enrol, when the caller has drawn a secret and bk.enrolment_renew has taken it.
 *             Else the reason of the refusal, the first that holds: unknown_tenant_key, tenant_suspended,
 *             unknown_secret, unknown_device, enrolment_off, mac_mismatch, suspended, quarantined, released,
 *             no_identity, unknown_path, quarantined (now), unarmed, enrolment_address, factory_reset,
 *             enrolment_closed, enrolment_used
 * data_key    sealed, with the first three; secret too, which with renew is the one to end
 *
 * The steady secret's first use binds a claim and locks the token. It was the tenant's to give, so that
 * binding holds within the tenant and keeps the phone from nobody else (is_bound_by_own_root).
 */
create function bk.enrol_fetch(
    p_tenant_key text, p_proof text, p_hash bytea, p_claimed_mac macaddr, p_makers text[], p_kinds text[],
    p_model text, p_source inet,
    out verdict text, out tenant_id bigint, out device_id bigint, out mac macaddr, out data_key bytea,
    out vendor text, out model text, out revision bigint, out config text, out has_open_job boolean,
    out fetched_at_us bigint, out kind text, out method text, out secret bytea)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
#variable_conflict use_column
declare
    c_guesses_max constant integer := 5; -- other MACs that a token or secret may ask for
    v_status text;
    v_data_key bytea;
    v_policy jsonb;
    v_state text;
    v_claimed_at timestamptz;
    v_is_armed boolean;
    v_pinned_model text;
    v_last_source inet;
    v_is_at_site boolean;
    v_has_certificate boolean;
    v_is_enrolled boolean;
    v_method text;
    v_secret bytea;
    v_valid_until timestamptz;
    v_token_used_at timestamptz;
    v_token_source inet;
    v_secret_used_at timestamptz;
    v_layers text;
    v_parts text;
    v_failed_count integer;
begin
    fetched_at_us := (extract(epoch from now()) * 1000000)::bigint;
    select t.tenant_id, t.status, t.data_key, app.policy_default() || t.policy || coalesce(p.policy, '{}'),
           d.device_id, d.mac, d.vendor, d.model, d.revision, d.state, d.claimed_at,
           d.armed_until > now() or d.revision > s.revision_held,
           s.model_pinned, s.last_source, p_source <<= any (w.addresses), s.fingerprint is not null,
           e.device_id is not null, e.method, e.secret, e.valid_until, e.token_used_at, e.token_source,
           e.secret_used_at, c.layers, c.parts,
           exists (select from app.job as j
                    where j.tenant_id = d.tenant_id and j.device_id = d.device_id and j.ended_at is null)
      into tenant_id, v_status, v_data_key, v_policy,
           device_id, mac, vendor, model, revision, v_state, v_claimed_at,
           v_is_armed, v_pinned_model, v_last_source, v_is_at_site, v_has_certificate,
           v_is_enrolled, v_method, v_secret, v_valid_until, v_token_used_at, v_token_source,
           v_secret_used_at, v_layers, v_parts, has_open_job
      from app.tenant_key as k
      join app.tenant as t on t.tenant_id = k.tenant_id
      left join lateral (select o.device_id from app.enrolment as o
                          where p_proof = 'token' and o.tenant_id = t.tenant_id and o.token_hash = p_hash
                         union all
                         select o.device_id from app.enrolment as o
                          where p_proof = o.method and o.tenant_id = t.tenant_id
                            and o.secret_hash = p_hash
                         union all
                         select o.device_id from app.device as o
                          where p_proof = 'none' and o.tenant_id = t.tenant_id
                            and o.mac = p_claimed_mac) as f on true
      left join app.device as d on d.tenant_id = t.tenant_id and d.device_id = f.device_id
      left join app.enrolment as e on e.tenant_id = d.tenant_id and e.device_id = d.device_id
      left join app.device_state as s on s.tenant_id = d.tenant_id and s.device_id = d.device_id
      left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
      left join app.site as w on w.tenant_id = d.tenant_id and w.site_id = d.site_id
      left join app.device_config as c on c.tenant_id = d.tenant_id and c.device_id = d.device_id
                                      and c.revision = d.revision
     where k.tenant_key = p_tenant_key and (k.valid_until is null or k.valid_until > now());
    kind := p_kinds[array_position(p_makers, vendor)];
    method := coalesce(v_method, v_policy ->> 'enrolment_secret');

    -- Who is this, and may it come at all?
    if tenant_id is null then
        verdict := 'unknown_tenant_key';
    elsif v_status <> 'active' then
        verdict := 'tenant_suspended';
    elsif device_id is null then
        verdict := case p_proof when 'none' then 'unknown_device' else 'unknown_secret' end;
    elsif v_policy ->> 'enrolment' = 'off' then
        verdict := 'enrolment_off';
    elsif p_claimed_mac <> mac then
        verdict := 'mac_mismatch';
        update app.enrolment as e set failed_count = e.failed_count + 1
         where e.tenant_id = enrol_fetch.tenant_id and e.device_id = enrol_fetch.device_id
        returning e.failed_count into v_failed_count;
        if v_failed_count >= c_guesses_max then
            perform app.anomaly_note(tenant_id, device_id, 'enrolment_guessing',
                                     jsonb_build_object('source', host(p_source)));
        end if;
    elsif v_state in ('suspended', 'quarantined', 'released') then
        verdict := v_state;
    elsif (p_proof = 'none' and v_policy ->> 'enrolment' <> 'address')
          or (p_proof = 'token' and v_policy ->> 'enrolment' = 'address') then
        verdict := 'no_identity'; -- not by this way
    elsif p_proof = 'none' and v_has_certificate and not v_is_enrolled then
        verdict := 'no_identity'; -- it has proved more than an address once, and nobody armed it
    elsif coalesce(kind, '') not in ('device', 'common', 'boot') then
        verdict := 'unknown_path';
    end if;
    if verdict is not null then
        return;
    end if;

    -- The steady secret: the whole file.
    if p_proof not in ('token', 'none') then
        if v_state = 'bound' and p_model <> '' and lower(v_pinned_model) <> lower(left(p_model, 64)) then
            verdict := 'quarantined';
            perform app.device_quarantine(tenant_id, device_id, 'other_model', jsonb_build_object(
                'source', host(p_source), 'model', left(p_model, 64)));
            return;
        elsif v_policy ->> 'serving' = 'armed' and v_is_armed is not true
              and not app.is_reprovision_open(tenant_id, device_id) then
            verdict := 'unarmed';
            return;
        end if;
        if v_state = 'claimed' then
            update app.device as d
               set state = 'bound', bound_at = coalesce(d.bound_at, now()), is_bound_by_own_root = true
             where d.tenant_id = enrol_fetch.tenant_id and d.device_id = enrol_fetch.device_id
               and d.mac = enrol_fetch.mac and d.state = 'claimed';
            if not found then -- another fetch or an admin was first
                select d.state into v_state from app.device as d
                 where d.tenant_id = enrol_fetch.tenant_id and d.device_id = enrol_fetch.device_id
                   and d.mac = enrol_fetch.mac;
                if v_state is distinct from 'bound' then
                    verdict := coalesce(v_state, 'unknown_device');
                    return;
                end if;
            end if;
        end if;
        if v_secret_used_at is null then
            update app.enrolment as e set secret_used_at = now()
             where e.tenant_id = enrol_fetch.tenant_id and e.device_id = enrol_fetch.device_id
               and e.secret_hash = p_hash and e.secret_used_at is null;
        end if;
        if v_pinned_model is null and p_model <> '' then
            update app.device_state as s set model_pinned = left(p_model, 64)
             where s.tenant_id = enrol_fetch.tenant_id and s.device_id = enrol_fetch.device_id
               and s.model_pinned is null;
        end if;
        verdict := 'serve';
        data_key := v_data_key;
        if v_layers is null then -- its first fetch at this revision
            select c.layers, c.parts into v_layers, v_parts
              from app.device_config_make(tenant_id, device_id, revision) as c;
        end if;
        config := concat('{"layers":[', v_layers, '],',
                         case kind when 'device' then v_parts
                                   else '"pbxs":[],"lines":[],"keys":[]' end, '}');
        secret := v_secret; -- its file names it
        return;
    end if;

    -- A beginning.
    if v_policy ->> 'enrolment' in ('address', 'token_and_address') and v_is_at_site is not true then
        verdict := 'enrolment_address';
    elsif kind <> 'device' then
        verdict := 'unknown_path'; -- the phone goes on to its own file
    elsif v_secret_used_at is not null or (not v_is_enrolled and v_state = 'bound') then
        if v_policy ->> 'reset' = 'reenrol'
           and (v_is_at_site or app.network_of(p_source) = app.network_of(v_last_source)) then
            verdict := 'renew';
        else
            verdict := 'factory_reset';
            perform app.anomaly_note(tenant_id, device_id, 'factory_reset', jsonb_build_object(
                'source', host(p_source), 'model', nullif(left(p_model, 64), '')));
        end if;
    elsif coalesce(v_valid_until, v_claimed_at
                   + make_interval(hours => (v_policy ->> 'enrolment_hours')::integer)) < now() then
        verdict := 'enrolment_closed';
    elsif v_token_source <> p_source then
        verdict := 'enrolment_used';
    elsif not v_is_enrolled then
        verdict := 'renew';
    else
        verdict := 'enrol';
        secret := v_secret;
        if v_token_used_at is null then
            update app.enrolment as e set token_used_at = now(), token_source = p_source
             where e.tenant_id = enrol_fetch.tenant_id and e.device_id = enrol_fetch.device_id
               and e.secret = v_secret and e.token_used_at is null;
            if not found then -- somebody else, or armed anew, a moment ago
                verdict := 'enrolment_used';
                secret := null;
            end if;
        end if;
    end if;
    if verdict in ('enrol', 'renew') then
        data_key := v_data_key;
        secret := case verdict when 'renew' then v_secret else secret end; -- the one that ends
    end if;
end
$$;

/*
 * What HTTP Digest needs before it can be judged: the steady secret itself, sealed. Always one row, of
 * nulls where there is nothing. p_mac: the user name.
 */
create function bk.enrol_digest(p_tenant_key text, p_mac macaddr, out tenant_id bigint, out device_id bigint,
                                out data_key bytea, out secret bytea)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    select t.tenant_id, d.device_id, t.data_key, e.secret
      into enrol_digest.tenant_id, enrol_digest.device_id, enrol_digest.data_key, enrol_digest.secret
      from app.tenant_key as k
      join app.tenant as t on t.tenant_id = k.tenant_id and t.status = 'active'
      join app.device as d on d.tenant_id = t.tenant_id and d.mac = p_mac
      join app.enrolment as e on e.tenant_id = d.tenant_id and e.device_id = d.device_id
                             and e.method = 'digest'
     where k.tenant_key = p_tenant_key and (k.valid_until is null or k.valid_until > now());
end
$$;

/*
 * After verdict renew: a new steady secret for a phone that begins at its site, or begins again after a
 * factory reset. It holds nothing now, so its file is due whatever it held before. False: the device has
 * changed meanwhile, or p_former, the secret that enrol_fetch gave to be ended (null: none), is not its secret
 * any more: whoever was armed since is not put out by somebody who came before. Null: p_data_key, as enrol_fetch gave it, is not what secrets of this tenant are sealed
 * with any more, or is being changed (0024): come again.
 */
create function bk.enrolment_renew(p_tenant_id bigint, p_device_id bigint, p_method text,
                                   p_former bytea, p_secret_hash bytea, p_secret bytea, p_data_key bytea,
                                   p_source inet)
    returns boolean
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_policy constant jsonb := app.policy_of(p_tenant_id, p_device_id);
    v_is_reset boolean;
    v_secret bytea;
begin
    if not pg_try_advisory_xact_lock_shared(hashtextextended('bk.data_key', p_tenant_id))
       or not exists (select from app.tenant as t
                       where t.tenant_id = p_tenant_id and t.data_key = p_data_key) then
        return null;
    end if;
    update app.device as d
       set armed_until = greatest(d.armed_until, now()
               + make_interval(hours => (v_policy ->> 'armed_hours')::integer))
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id and d.state in ('claimed', 'bound');
    if not found then
        return false;
    end if;
    -- The device is locked, as it is by who arms and disarms: what is read now stays.
    select e.secret_used_at is not null, e.secret into v_is_reset, v_secret from app.enrolment as e
     where e.tenant_id = p_tenant_id and e.device_id = p_device_id for update;
    if v_secret is distinct from p_former then
        return false;
    end if;
    insert into app.enrolment as e (tenant_id, device_id, method, username, secret_hash, secret, valid_until,
                                    token_used_at, token_source)
    select p_tenant_id, p_device_id, p_method,
           case p_method when 'url' then '' else replace(d.mac::text, ':', '') end, p_secret_hash, p_secret,
           now() + make_interval(hours => (v_policy ->> 'enrolment_hours')::integer), now(), p_source
      from app.device as d
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id
        on conflict on constraint enrolment_pk
        do update set method = excluded.method, username = excluded.username,
                      secret_hash = excluded.secret_hash, secret = excluded.secret,
                      valid_until = excluded.valid_until, token_used_at = excluded.token_used_at,
                      token_source = excluded.token_source, secret_used_at = null, failed_count = 0;
    if v_is_reset then
        update app.device_state as s set revision_held = null, held_at = null
         where s.tenant_id = p_tenant_id and s.device_id = p_device_id;
        perform app.anomaly_note(p_tenant_id, p_device_id, 'factory_reset',
                                 jsonb_build_object('source', host(p_source)));
        update app.anomaly as a
           set decision = 'accepted', decided_at = now(), decided_by = 'policy reset: reenrol'
         where a.tenant_id = p_tenant_id and a.device_id = p_device_id and a.kind = 'factory_reset'
           and a.decision is null;
    end if;
    return true;
end
$$;

/*
 * The tenant lets a device of this transaction's tenant begin (again): a token, or none where its site's
 * addresses are what counts, and the steady secret that the first file will name. What was given before
 * ends. p_method, p_hours null: the policy's. refusal '' or why not, in words.
 */
create function bk.enrolment_arm(p_device_id bigint, p_method text, p_token_hash bytea, p_username text,
                                 p_secret_hash bytea, p_secret bytea, p_hours integer,
                                 out valid_until timestamptz, out refusal text)
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_tenant_id constant bigint := app.current_tenant_id();
    v_state text;
    v_mac macaddr;
    v_policy jsonb;
    v_hours integer;
    v_method text;
begin
    if v_tenant_id is null then
        raise exception 'no tenant is set in this transaction'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'select set_config(''bk.tenant_id'', …, true) comes first';
    end if;
    select d.state, d.mac into v_state, v_mac from app.device as d
     where d.tenant_id = v_tenant_id and d.device_id = p_device_id for no key update;
    v_policy := app.policy_of(v_tenant_id, p_device_id);
    v_hours := coalesce(p_hours, (v_policy ->> 'enrolment_hours')::integer);
    v_method := coalesce(p_method, v_policy ->> 'enrolment_secret');
    refusal := case
        when v_state is null then 'there is no such device'
        when v_state not in ('claimed', 'bound') then 'the device is ' || v_state
        when v_policy ->> 'enrolment' = 'off' then
            'the policy allows no enrolment without a certificate: set enrolment in the policy of the'
            ' tenant or of the device''s profile'
        when v_policy ->> 'enrolment' = 'address' and p_token_hash is not null then
            'the policy enrols by the site''s addresses: no token is used'
        when v_policy ->> 'enrolment' <> 'address' and p_token_hash is null then
            'the policy wants a token'
        when v_policy ->> 'enrolment' in ('address', 'token_and_address')
             and not exists (select from app.device as d
                               join app.site as s on s.tenant_id = d.tenant_id and s.site_id = d.site_id
                              where d.tenant_id = v_tenant_id and d.device_id = p_device_id
                                and s.addresses <> '{}') then
            'the policy wants the addresses of the device''s site, and there are none'
        when v_hours not between 1 and 720 then 'a window has 1 to 720 hours, not ' || v_hours
        else '' end;
    if refusal <> '' then
        return;
    end if;
    enrolment_arm.valid_until := now() + make_interval(hours => v_hours);
    insert into app.enrolment as e (tenant_id, device_id, method, token_hash, username, secret_hash, secret,
                                    valid_until)
    values (v_tenant_id, p_device_id, v_method, p_token_hash,
            case v_method when 'url' then '' else coalesce(nullif(p_username, ''),
                                                           replace(v_mac::text, ':', '')) end,
            p_secret_hash, p_secret, enrolment_arm.valid_until)
        on conflict on constraint enrolment_pk
        do update set method = excluded.method, token_hash = excluded.token_hash,
                      username = excluded.username, secret_hash = excluded.secret_hash,
                      secret = excluded.secret, valid_until = excluded.valid_until, token_used_at = null,
                      token_source = null, secret_used_at = null, failed_count = 0, created_at = now();
    -- It will hold nothing when it comes: its file is due in a window of its own.
    update app.device as d
       set armed_until = greatest(d.armed_until, enrolment_arm.valid_until
               + make_interval(hours => (v_policy ->> 'armed_hours')::integer))
     where d.tenant_id = v_tenant_id and d.device_id = p_device_id;
    update app.anomaly as a set decision = 'accepted', decided_at = now(), decided_by = 'enrolment armed'
     where a.tenant_id = v_tenant_id and a.device_id = p_device_id and a.decision is null
       and a.kind in ('factory_reset', 'enrolment_guessing');
end
$$;

-- Token and steady secret of the device prove nothing from now on. '' or why not.
create function bk.enrolment_disarm(p_device_id bigint) returns text
    language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    perform from app.device as d
     where d.tenant_id = app.current_tenant_id() and d.device_id = p_device_id for no key update;
    delete from app.enrolment as e
     where e.tenant_id = app.current_tenant_id() and e.device_id = p_device_id;
    return case when found then '' else 'the device has no enrolment' end;
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
         where p.oid in ('bk.enrol_fetch'::regproc, 'bk.enrol_digest'::regproc,
                         'bk.enrolment_renew'::regproc, 'bk.enrolment_arm'::regproc,
                         'bk.enrolment_disarm'::regproc)
    loop
        execute format('alter function %s owner to beckon_cross', v_function);
    end loop;
    revoke create on schema bk from beckon_cross;
end
$$;

set local role beckon_cross;
grant execute on function
    bk.enrol_fetch(text, text, bytea, macaddr, text[], text[], text, inet),
    bk.enrol_digest(text, macaddr), bk.enrolment_renew(bigint, bigint, text, bytea, bytea, bytea, bytea, inet)
    to beckon_config;
grant execute on function
    bk.enrolment_arm(bigint, text, bytea, text, bytea, bytea, integer), bk.enrolment_disarm(bigint)
    to beckon_api, beckon_operator;
reset role;
