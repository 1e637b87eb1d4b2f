-- 0034 file_kind: masters (Poly) and indexes by serial number (Dinstar) are served, as boot files are.
-- Locks: none.  Backfill: none.  Undo: bk.device_fetch as 0022 has it, bk.enrol_fetch as 0023.

grant create on schema bk to beckon_cross;
set local role beckon_cross;
-- The two functions are long and only their list of kinds changes: it is changed in the text that
-- stands. A list that is not found means that they are others than this file was written for.
do $$
declare
    v_function regprocedure;
    v_old constant text := '(''device'', ''common'', ''boot'')';
    v_new constant text := '(''device'', ''common'', ''boot'', ''master'', ''index-by-serial'')';
    v_count integer := 0;
begin
    for v_function in
        select p.oid from pg_catalog.pg_proc as p
         where p.pronamespace = 'bk'::regnamespace and position(v_old in p.prosrc) > 0
    loop
        execute replace(pg_get_functiondef(v_function), v_old, v_new);
        v_count := v_count + 1;
    end loop;
    if v_count <> 2 then
        raise exception 'the kinds of served files stand in % functions, not in 2', v_count;
    end if;
end
$$;
reset role;
revoke create on schema bk from beckon_cross;
