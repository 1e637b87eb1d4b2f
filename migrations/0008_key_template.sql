-- 0008 key_template: keys that many devices share; a device's own key on a slot wins over it.
-- Locks: new objects only.  Backfill: none.
-- Undo: drop table app.key_template_key, app.key_template; drop type app.panel; drop function app.is_slot.

set local role beckon_owner;

-- In the order in which a phone's keys are listed (libcommon/model/phone.h).
create type app.panel as enum ('line', 'programmable', 'module');

-- Slots a phone can have. The bounds keep a device below 1,024 keys whatever is mixed.
create function app.is_slot(p_panel app.panel, p_module integer, p_slot integer) returns boolean
    language sql immutable parallel safe
    return case p_panel
               when 'line' then p_module = 0 and p_slot between 1 and 200
               when 'programmable' then p_module = 0 and p_slot between 1 and 100
               else p_module between 1 and 6 and p_slot between 1 and 120
           end;
grant execute on function app.is_slot(app.panel, integer, integer)
    to beckon_cross, beckon_api, beckon_operator;

create table app.key_template (
    tenant_id       bigint      not null,
    key_template_id bigint      not null generated always as identity,
    name            text        not null,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint key_template_pk        primary key (tenant_id, key_template_id),
    constraint key_template_name_uq   unique (tenant_id, name),
    constraint key_template_tenant_fk foreign key (tenant_id) references app.tenant on delete cascade,
    constraint key_template_name_ck   check (name <> '' and app.is_text(name, 128))
);

create table app.key_template_key (
    tenant_id       bigint    not null,
    key_template_id bigint    not null,
    panel           app.panel not null,
    module          integer   not null default 0,
    slot            integer   not null,
    kind            text      not null,
    line            integer   not null default 0, -- 0: none
    value           text      not null default '',
    label           text      not null default '',
    extension       text      not null default '',
    -- As a worker decodes it: made once when written, since every fetch needs it.
    json      text      not null generated always as (
        '{"panel":"' || case panel when 'line' then 'line' when 'programmable' then 'programmable'
                                   else 'module' end
        || '","module":' || module::text || ',"slot":' || slot::text || ',"kind":"' || kind
        || '","line":' || line::text || ',"value":' || app.json_text(value)
        || ',"label":' || app.json_text(label) || ',"extension":' || app.json_text(extension)
        || '}') stored,
    constraint key_template_key_pk          primary key (tenant_id, key_template_id, panel, module, slot),
    constraint key_template_key_template_fk foreign key (tenant_id, key_template_id)
                                            references app.key_template on delete cascade,
    constraint key_template_key_slot_ck     check (app.is_slot(panel, module, slot)),
    constraint key_template_key_kind_ck     check (kind in ('none', 'line', 'blf', 'speed_dial', 'park',
                                                            'dtmf')),
    constraint key_template_key_line_ck     check (line between 0 and 16),
    constraint key_template_key_value_ck    check (app.is_text(value, 128)),
    constraint key_template_key_label_ck    check (app.is_text(label, 64)),
    constraint key_template_key_extension_ck check (app.is_text(extension, 64))
);

select app.protect('app.key_template'), app.protect('app.key_template_key');

reset role;
