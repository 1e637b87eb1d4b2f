-- 0036 enrol_first_file: a phone whose first file is a master (Poly) or an index by serial number (Dinstar) begins
-- with that: it comes to its own file by no other way. So a token, or its site, is answered there too.
-- Locks: none.  Backfill: none.  Undo: bk.enrol_fetch as 0035 has it.

grant create on schema bk to beckon_cross;
set local role beckon_cross;
-- The function is long and only one place changes: it is changed in the text that stands.
do $$
declare
    c_old constant text := 'elsif kind <> ''device'' then';
    c_new constant text := 'elsif kind not in (''device'', ''master'', ''index-by-serial'') then';
    v_function regprocedure;
    v_count integer := 0;
begin
    for v_function in
        select p.oid from pg_catalog.pg_proc as p
         where p.pronamespace = 'bk'::regnamespace and position(c_old in p.prosrc) > 0
    loop
        execute replace(pg_get_functiondef(v_function), c_old, c_new);
        v_count := v_count + 1;
    end loop;
    if v_count <> 1 then
        raise exception '"%" stands in % functions, not in one', c_old, v_count;
    end if;
end
$$;
reset role;
revoke create on schema bk from beckon_cross;
