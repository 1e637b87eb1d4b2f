-- 0016 fetch: what beckon-config asks: one phone's verdict and configuration, and the trust roots.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop function bk.device_fetch, bk.trust_roots, bk.trust_roots_version, app.phone_config;
--       drop table app.device_config.

set local role beckon_owner;

/*
 * What one phone's file is made of, put together at its first fetch of a revision and kept: most
 * fetches find nothing new, and assembling it again would be two thirds of what a fetch costs. A
 * revision is written once; an older one is never used again, since a fetch asks for the device's own.
 * Derived: may be emptied at any time.
 */
create table app.device_config (
    tenant_id bigint not null,
    device_id bigint not null,
    revision  bigint not null,
    layers    text   compression lz4 not null,
    parts     text   compression lz4 not null, -- secrets of lines among them, sealed
    constraint device_config_pk        primary key (tenant_id, device_id),
    constraint device_config_device_fk foreign key (tenant_id, device_id) references app.device
                                       on delete cascade
) with (toast_tuple_target = 8160, fillfactor = 80); -- in the row, where it fits
select app.protect('app.device_config');
revoke insert, update on app.device_config from beckon_api, beckon_operator;

/*
 * The same, made anew from what the tables hold: the members of the JSON that libcommon/model/phone.h
 * describes, as text without its braces. With the rights, and so in the tenant, of who asks.
 */
create function app.phone_config(p_tenant_id bigint, p_device_id bigint, out layers text, out parts text)
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan as -- keys only: planning again would cost more than it finds
$$
declare
    v_key_template_id bigint;
    v_pbxs text;
    v_lines text;
    v_keys text;
begin
    select concat_ws(',', o.json, t.json, s.json, p.json, d.json), d.key_template_id
      into layers, v_key_template_id
      from app.device as d
      join app.tenant as t on t.tenant_id = d.tenant_id
      left join app.site as s on s.tenant_id = d.tenant_id and s.site_id = d.site_id
      left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id
     cross join app.operator_layer as o
     where d.tenant_id = p_tenant_id and d.device_id = p_device_id;

    select string_agg(distinct pbx_json, ','), string_agg(line_json, ',' order by line_index)
      into v_pbxs, v_lines
      from (select l.line_index,
                   '{"id":' || r.pbx_ref || ',"domain":"' || r.domain || '"' || x.json as pbx_json,
                   '{"index":' || l.line_index || ',"id":' || l.line_id
                   || ',"pbx_id":' || r.pbx_ref || e.json || l.json as line_json
              from app.device_line as l
              join app.extension as e on e.tenant_id = l.tenant_id
                                     and e.extension_id = l.extension_id
              join app.pbx as x on x.tenant_id = e.tenant_id and x.pbx_id = e.pbx_id
             -- An account with a SIP domain of its own has, to the phone, a PBX of its own, with an
             -- id out of the range of those of PBXs: 2^62 and up.
             cross join lateral (select case e.domain when '' then e.pbx_id
                                        else 4611686018427387904 + e.extension_id end as pbx_ref,
                                        case e.domain when '' then x.domain
                                        else e.domain end as domain) as r
             where l.tenant_id = p_tenant_id and l.device_id = p_device_id) as line;

    -- A key of the device's own takes the place of its template's.
    select string_agg(k.json, ',' order by k.panel, k.module, k.slot) into v_keys
      from (select own.panel, own.module, own.slot, own.json
              from app.device_key as own
             where own.tenant_id = p_tenant_id and own.device_id = p_device_id
            union all
            select shared.panel, shared.module, shared.slot, shared.json
              from app.key_template_key as shared
             where shared.tenant_id = p_tenant_id and shared.key_template_id = v_key_template_id
               and not exists (select from app.device_key as own
                                where own.tenant_id = p_tenant_id and own.device_id = p_device_id
                                  and own.panel = shared.panel and own.module = shared.module
                                  and own.slot = shared.slot)) as k;
    parts := concat('"pbxs":[', v_pbxs, '],"lines":[', v_lines, '],"keys":[', v_keys, ']');
end
$$;
grant execute on function app.phone_config(bigint, bigint) to beckon_cross, beckon_operator, beckon_api;

/*
 * One phone asks for one file. Always one row.
 *
 * p_mac, p_maker  what the certificate proves; null: no identity
 * p_claimed_mac   the MAC in the path or the User-Agent; null: none. Compared, never trusted
 * p_root_ids      the trust roots that vouch for the chain: one of the operator's, or one of each tenant
 *                 that trusts its CA; of those the operator's counts, else this tenant's
 * p_kind          bk_file_kind_name; null: no path of this maker
 * verdict         'serve', or the reason of the refusal; the first that holds, in this order:
 *                 unknown_tenant_key, tenant_suspended, no_identity, blocked_certificate,
 *                 unknown_device, maker_mismatch, foreign_root, mac_mismatch, suspended, quarantined,
 *                 released, bound_elsewhere, unknown_path
 * other_tenant_id the tenant that holds this MAC, when another one's key was used: both are told.
 *                 Only where an operator's root proved the MAC, or a tenant could, with a root of
 *                 its own, fill the records of others.
 * data_key        sealed, with 'serve' only; so is config
 * config          the latter two of device, common and boot without lines, keys and secrets of lines
 *
 * The first fetch with a good certificate binds a claim. Where a tenant's own root proved it, that
 * holds within the tenant and keeps the phone from nobody else; an operator's root makes up for it.
 */
create function bk.device_fetch(
    p_tenant_key text, p_mac macaddr, p_claimed_mac macaddr, p_maker text, p_root_ids bigint[],
    p_fingerprint bytea, p_kind text,
    out verdict text, out tenant_id bigint, out device_id bigint, out other_tenant_id bigint,
    out data_key bytea, out vendor text, out model text, out revision bigint, out config text)
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
    v_holder_id bigint;
    v_layers text;
    v_parts text;
begin
    -- Everything a verdict needs, and the configuration as it was put together for this revision, in one
    -- statement. It looks up the same rows whatever it finds, so that the time of an answer does not tell
    -- unknown from foreign.
    select t.tenant_id, t.status, t.data_key, r.maker, r.tenant_id, r.sha256,
           exists (select from app.blocked_certificate as b
                    where b.fingerprint = p_fingerprint
                      and coalesce(b.tenant_id, t.tenant_id) = t.tenant_id), -- one index scan, not two
           d.device_id, d.vendor, d.model, d.revision, d.state,
           d.is_bound_by_own_root,
           c.layers, c.parts
      into tenant_id, v_status, v_data_key, v_root_maker, v_root_tenant_id, v_root_sha256,
           v_is_blocked, device_id, vendor, model, revision, v_state, v_is_own_bound,
           v_layers, v_parts
      from app.tenant_key as k
      join app.tenant as t on t.tenant_id = k.tenant_id
      -- A root that was deleted or disabled after the handshake vouches for nobody.
      left join lateral (select r.maker, r.tenant_id, r.sha256
                           from app.trust_root as r
                          where r.root_id = any (p_root_ids) and r.is_enabled
                          order by r.tenant_id is not null, r.tenant_id <> t.tenant_id
                          limit 1) as r on true
      left join app.device as d on d.tenant_id = t.tenant_id and d.mac = p_mac
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
        elsif coalesce(p_kind, '') not in ('device', 'common', 'boot') then
            verdict := 'unknown_path'; -- what a phone writes itself is never served
        end if;
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
                update app.device_state as s set fingerprint = p_fingerprint, fingerprint_at = now()
                 where s.tenant_id = device_fetch.tenant_id
                   and s.device_id = device_fetch.device_id;
            else -- another fetch or an admin was first
                select d.state into v_state
                  from app.device as d
                 where d.tenant_id = device_fetch.tenant_id
                   and d.device_id = device_fetch.device_id and d.mac = p_mac;
                if v_state is distinct from 'bound' then
                    verdict := coalesce(v_state, 'unknown_device');
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

    verdict := 'serve';
    data_key := v_data_key;
    if v_layers is null then -- its first fetch at this revision
        select c.layers, c.parts into v_layers, v_parts
          from app.phone_config(tenant_id, device_id) as c;
        insert into app.device_config as c (tenant_id, device_id, revision, layers, parts)
        values (device_fetch.tenant_id, device_fetch.device_id, device_fetch.revision, v_layers, v_parts)
            on conflict on constraint device_config_pk
            do update set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts
         where c.revision < excluded.revision;
    end if;
    config := concat('{"layers":[', v_layers, '],',
                     case p_kind when 'device' then v_parts
                                 else '"pbxs":[],"lines":[],"keys":[]' end, '}');
end
$$;

-- The roots a worker trusts in its handshakes; read again when the version has changed.
create function bk.trust_roots()
    returns table (root_id bigint, tenant_id bigint, maker text, rules text[], certificate bytea,
                   not_after timestamptz)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select r.root_id, r.tenant_id, r.maker, r.rules, r.certificate, r.not_after
            from app.trust_root as r
            left join app.tenant as t on t.tenant_id = r.tenant_id
           where r.is_enabled and (r.tenant_id is null or t.status <> 'deleted')
           order by r.root_id $$;

create function bk.trust_roots_version() returns bigint
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    as $$ select version from app.trust_root_version $$;

reset role;

grant create on schema bk to beckon_cross;
alter function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text) owner to beckon_cross;
alter function bk.trust_roots() owner to beckon_cross;
alter function bk.trust_roots_version() owner to beckon_cross;
revoke create on schema bk from beckon_cross;

-- Given by the functions' owner, which is also who may take it back.
set local role beckon_cross;
grant execute on function bk.device_fetch(text, macaddr, macaddr, text, bigint[], bytea, text)
    to beckon_config;
grant execute on function bk.trust_roots(), bk.trust_roots_version() to beckon_config, beckon_operator;
reset role;
