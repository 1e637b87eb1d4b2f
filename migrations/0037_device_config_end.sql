-- 0037 device_config_end: what a phone was handed out last is not compared with the files of another maker, model or
-- phone: of those it was handed nothing.
-- Locks: a short exclusive one on app.device.  Backfill: none.  Undo: drop function app.device_config_end cascade.

set local role beckon_owner;

create function app.device_config_end() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp as
$$
begin
    delete from app.device_config as c where c.tenant_id = new.tenant_id and c.device_id = new.device_id;
    return null;
end
$$;
create trigger device_config_end after update on app.device
    for each row when (old.vendor <> new.vendor or old.model <> new.model or old.mac <> new.mac)
    execute function app.device_config_end();
