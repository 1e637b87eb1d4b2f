-- 0009 device: one physical phone of one tenant, as a claim; its lines, keys and state.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.device_state, app.device_key, app.device_line, app.handset, app.device;
--       drop function app.device_guard(), app.device_state_add().

set local role beckon_owner;

create table app.device (
    tenant_id       bigint      not null,
    device_id       bigint      not null generated always as identity,
    mac             macaddr     not null,
    vendor          text        not null,
    model           text        not null default '',
    serial          text        not null default '',
    label           text        not null default '',
    site_id         bigint,
    profile_id      bigint,
    key_template_id bigint,
    location        jsonb       not null default '{}', -- dispatchable location: floor, room, …
    state           text        not null default 'claimed',
    claimed_at      timestamptz not null default now(),
    bound_at        timestamptz, -- first authenticated fetch; null: nobody has proved this MAC here
    -- Proved by a trust root of the tenant's own, which vouches to nobody else: it must not keep the
    -- phone from a tenant to which an operator's root proves it.
    is_bound_by_own_root boolean not null default false,
    settings        jsonb       not null default '{}',
    locks           text[]      not null default '{}',
    raw             jsonb       not null default '{}',
    json text not null generated always as (
        app.layer_json('device', device_id, settings, locks, raw)) stored,
    revision        bigint      not null default 1, -- what the phone should hold
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint device_pk              primary key (tenant_id, device_id),
    constraint device_mac_uq          unique (tenant_id, mac), -- a claim
    constraint device_tenant_fk       foreign key (tenant_id) references app.tenant on delete cascade,
    constraint device_site_fk         foreign key (tenant_id, site_id) references app.site,
    constraint device_profile_fk      foreign key (tenant_id, profile_id) references app.profile,
    constraint device_key_template_fk foreign key (tenant_id, key_template_id)
                                      references app.key_template,
    constraint device_mac_ck          check (mac <> '00:00:00:00:00:00' and mac <> 'ff:ff:ff:ff:ff:ff'),
    constraint device_vendor_ck       check (vendor ~ '^[a-z][a-z0-9_]{0,31}$'),
    constraint device_model_ck        check (app.is_text(model, 64)),
    constraint device_serial_ck       check (app.is_text(serial, 64)),
    constraint device_label_ck        check (app.is_text(label, 128)),
    constraint device_location_ck     check (jsonb_typeof(location) = 'object'
                                             and octet_length(location::text) <= 2048),
    constraint device_state_ck        check (state in ('claimed', 'bound', 'suspended', 'quarantined',
                                                       'released')),
    -- A claim that was never proved holds nothing against another tenant, suspended or not.
    constraint device_bound_ck        check (case state
                                                 when 'claimed' then bound_at is null
                                                 when 'released' then bound_at is null
                                                 when 'suspended' then true
                                                 else bound_at is not null
                                             end),
    constraint device_own_root_ck     check (not is_bound_by_own_root or bound_at is not null),
    constraint device_settings_ck     check (app.is_layer_settings(settings)),
    constraint device_locks_ck        check (app.is_locks(locks)),
    constraint device_raw_ck          check (app.is_layer_raw(raw)),
    constraint device_revision_ck     check (revision >= 1)
) with (fillfactor = 85);
-- One binding per MAC over all tenants, suspended and quarantined ones included: the reason why two
-- tenants that fetch at the same moment cannot both win.
create unique index device_bound_uq on app.device (mac)
    where bound_at is not null and not is_bound_by_own_root;
create index device_site_ix on app.device (tenant_id, site_id);
create index device_profile_ix on app.device (tenant_id, profile_id);
create index device_key_template_ix on app.device (tenant_id, key_template_id)
    where key_template_id is not null;

-- Hot: written at every visit, so apart from the row that people edit, and without indexes.
create table app.device_state (
    tenant_id          bigint      not null,
    device_id          bigint      not null,
    last_visit_at      timestamptz,
    last_source        inet,
    model_seen         text,
    firmware_seen      text,
    revision_held      bigint, -- of the device's own file, delivered whole or confirmed by a 304
    held_at            timestamptz,
    fingerprint        bytea,  -- SHA-256 of the certificate that bound the claim
    fingerprint_at     timestamptz,
    constraint device_state_pk             primary key (tenant_id, device_id),
    constraint device_state_device_fk      foreign key (tenant_id, device_id) references app.device
                                           on delete cascade,
    constraint device_state_model_ck       check (char_length(model_seen) <= 64),
    constraint device_state_firmware_ck    check (char_length(firmware_seen) <= 64),
    constraint device_state_fingerprint_ck check (octet_length(fingerprint) = 32)
) with (fillfactor = 50);

-- A cordless handset registered at a base (a device); hundreds per base.
create table app.handset (
    tenant_id     bigint      not null,
    handset_id    bigint      not null generated always as identity,
    device_id     bigint      not null,
    handset_index integer     not null,
    ipui          text        not null default '', -- ten hexadecimal digits
    pin           bytea, -- sealed at "<tenant>/handset.pin/<handset_id>"
    label         text        not null default '',
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    constraint handset_pk        primary key (tenant_id, handset_id),
    constraint handset_index_uq  unique (tenant_id, device_id, handset_index),
    -- A line names a handset of its own base: the key that device_line refers to.
    constraint handset_device_uq unique (tenant_id, device_id, handset_id),
    constraint handset_device_fk foreign key (tenant_id, device_id) references app.device
                                 on delete cascade,
    constraint handset_index_ck  check (handset_index between 1 and 4000),
    constraint handset_ipui_ck   check (ipui ~ '^([0-9A-F]{10})?$'),
    constraint handset_pin_ck    check (app.is_sealed(pin)),
    constraint handset_label_ck  check (app.is_text(label, 64))
);

create table app.device_line (
    tenant_id    bigint  not null,
    line_id      bigint  not null generated always as identity,
    device_id    bigint  not null,
    line_index   integer not null, -- the phone's account number
    extension_id bigint  not null,
    handset_id   bigint,
    label        text    not null default '',
    is_shared    boolean not null default false, -- shared line appearance: the PBX's matter as well
    settings     jsonb   not null default '{}',
    locks        text[]  not null default '{}',
    raw          jsonb   not null default '{}',
    -- As a worker decodes it, from after the line's extension and PBX.
    json         text    not null generated always as (
        ',"label":' || app.json_text(label)
        || case when is_shared then ',"shared":true' else ',"shared":false' end
        || ',"settings":' || settings::text || ',"raw":' || raw::text || '}') stored,
    constraint device_line_pk           primary key (tenant_id, line_id),
    constraint device_line_index_uq     unique (tenant_id, device_id, line_index),
    constraint device_line_device_fk    foreign key (tenant_id, device_id) references app.device
                                        on delete cascade,
    constraint device_line_extension_fk foreign key (tenant_id, extension_id) references app.extension
                                        on delete cascade,
    constraint device_line_handset_fk   foreign key (tenant_id, device_id, handset_id)
                                        references app.handset (tenant_id, device_id, handset_id)
                                        on delete set null (handset_id),
    -- BK_LINE_MAX: what a worker decodes. Widened together with it.
    constraint device_line_index_ck     check (line_index between 1 and 16),
    constraint device_line_label_ck     check (app.is_text(label, 64)),
    constraint device_line_settings_ck  check (app.is_settings(settings, 4096)),
    constraint device_line_locks_ck     check (app.is_locks(locks)),
    constraint device_line_raw_ck       check (app.is_raw(raw, 4096))
);
create index device_line_extension_ix on app.device_line (tenant_id, extension_id);
create index device_line_handset_ix on app.device_line (tenant_id, handset_id)
    where handset_id is not null;

create table app.device_key (
    tenant_id bigint    not null,
    device_id bigint    not null,
    panel     app.panel not null,
    module    integer   not null default 0,
    slot      integer   not null,
    kind      text      not null,
    line      integer   not null default 0, -- 0: none
    value     text      not null default '',
    label     text      not null default '',
    extension text      not null default '',
    -- As a worker decodes it: made once when written, since every fetch needs it.
    json      text      not null generated always as (
        '{"panel":"' || case panel when 'line' then 'line' when 'programmable' then 'programmable'
                                   else 'module' end
        || '","module":' || module::text || ',"slot":' || slot::text || ',"kind":"' || kind
        || '","line":' || line::text || ',"value":' || app.json_text(value)
        || ',"label":' || app.json_text(label) || ',"extension":' || app.json_text(extension)
        || '}') stored,
    constraint device_key_pk           primary key (tenant_id, device_id, panel, module, slot),
    constraint device_key_device_fk    foreign key (tenant_id, device_id) references app.device
                                       on delete cascade,
    constraint device_key_slot_ck      check (app.is_slot(panel, module, slot)),
    constraint device_key_kind_ck      check (kind in ('none', 'line', 'blf', 'speed_dial', 'park',
                                                       'dtmf')),
    constraint device_key_line_ck      check (line between 0 and 16),
    constraint device_key_value_ck     check (app.is_text(value, 128)),
    constraint device_key_label_ck     check (app.is_text(label, 64)),
    constraint device_key_extension_ck check (app.is_text(extension, 64))
);

select app.protect('app.device'), app.protect('app.device_state'), app.protect('app.handset'),
       app.protect('app.device_line'), app.protect('app.device_key');

-- Who writes a device's row says what it is and should hold, not whose it is proved to be nor which
-- revision it has reached.
revoke insert, update on app.device from beckon_api, beckon_operator;
grant insert (tenant_id, device_id, mac, vendor, model, serial, label, site_id, profile_id,
              key_template_id, location, settings, locks, raw, updated_at),
      update (mac, vendor, model, serial, label, site_id, profile_id, key_template_id, location, state,
              settings, locks, raw, updated_at)
    on app.device to beckon_api, beckon_operator;
revoke insert, update, delete on app.device_state from beckon_api, beckon_operator;

/*
 * The one place where a claim changes state.
 *
 *   claimed -> bound        only in bk.device_fetch: a certificate proved the MAC
 *   claimed -> suspended -> claimed           an unproved claim stays unproved
 *   bound <-> suspended, quarantined          keeps the binding
 *   any -> released -> claimed                gives the binding up; coming back starts from nothing
 *
 * Another MAC on the same row is another phone: what the old one proved is gone.
 */
create function app.device_guard() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
declare
    v_by_fetch constant boolean := current_user = 'beckon_cross';
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
    end if;
    if new.bound_at is distinct from old.bound_at and new.bound_at is not null and not v_by_fetch then
        raise exception 'only the phone itself binds a claim, by a fetch with its certificate'
            using errcode = 'check_violation', constraint = 'device_transition_ck',
                  schema = 'app', table = 'device';
    end if;
    return new;
end
$$;
create trigger device_guard_insert before insert on app.device
    for each row execute function app.device_guard();
create trigger device_guard_update before update on app.device
    for each row when (old.state is distinct from new.state or old.mac is distinct from new.mac
                       or old.bound_at is distinct from new.bound_at)
    execute function app.device_guard();

-- Every device has its state row, so that writers of visits only ever update. A swapped phone or a
-- released claim has held nothing yet.
create function app.device_state_add() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp as
$$
begin
    if tg_op = 'INSERT' then
        insert into app.device_state (tenant_id, device_id) values (new.tenant_id, new.device_id);
    else
        update app.device_state
           set fingerprint = null, fingerprint_at = null, revision_held = null, held_at = null,
               model_seen = null, firmware_seen = null, last_visit_at = null, last_source = null
         where tenant_id = new.tenant_id and device_id = new.device_id;
    end if;
    return null;
end
$$;
create trigger device_state_add after insert on app.device
    for each row execute function app.device_state_add();
create trigger device_state_reset after update on app.device
    for each row when (old.mac <> new.mac or (old.bound_at is not null and new.bound_at is null))
    execute function app.device_state_add();

reset role;

-- It must work for whoever writes the device, with and without a tenant set.
grant create on schema app to beckon_cross;
alter function app.device_state_add() owner to beckon_cross;
revoke create on schema app from beckon_cross;
