-- 0031 key_kind: the kinds of keys that makers have, and values that URLs fit into.
-- Locks: app.key_template_key and app.device_key while their rows are checked.  Backfill: none.
-- Undo: put back the checks of 0008 and 0009; drop function app.is_key_kind.

set local role beckon_owner;

-- BK_KEY_KIND_WORDS (libcommon/model/phone.h): what a worker decodes. Kinds are added, never taken away.
create function app.is_key_kind(p_kind text) returns boolean
    language sql immutable parallel safe
    return p_kind in ('none', 'line', 'blf', 'speed_dial', 'park', 'dtmf', 'pickup', 'intercom', 'url',
                      'voicemail', 'conference', 'hold', 'transfer', 'dnd', 'forward', 'paging',
                      'phonebook', 'xml');
grant execute on function app.is_key_kind(text) to beckon_cross, beckon_api, beckon_operator;

alter table app.key_template_key
    drop constraint key_template_key_kind_ck,
    drop constraint key_template_key_value_ck,
    add constraint key_template_key_kind_ck check (app.is_key_kind(kind)),
    add constraint key_template_key_value_ck check (app.is_text(value, 255));
alter table app.device_key
    drop constraint device_key_kind_ck,
    drop constraint device_key_value_ck,
    add constraint device_key_kind_ck check (app.is_key_kind(kind)),
    add constraint device_key_value_ck check (app.is_text(value, 255));

reset role;
