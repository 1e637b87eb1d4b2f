"""Row-level security, roles and cross-tenant functions, found from the catalog rather than listed."""

import pathlib
import re

import pytest
from psycopg2 import errors

from schema_world import SEALED, cluster, postgres, world  # noqa: F401 (fixtures)

CROSS_LIST = pathlib.Path(__file__).resolve().parents[2] / "migrations/cross_tenant_functions.txt"
SERVICES = ("beckon_config", "beckon_api", "beckon_notifier", "beckon_operator")

# A row of one tenant in every table that has a tenant_id. A table that is missing here fails the
# tests below: they take their tables from the catalog.
FILL = """
insert into app.tenant_key (tenant_id, tenant_key) values (%(t)s, 'rowskey' || lpad(%(t)s::text, 5, '0'));
insert into app.site (tenant_id, name) values (%(t)s, 's');
insert into app.app_user (email) values (%(t)s || '@example.org');
insert into app.membership (tenant_id, user_id, role)
    select %(t)s, user_id, 'admin' from app.app_user where email = %(t)s || '@example.org';
insert into app.api_token (tenant_id, token_hash, role) values (%(t)s, sha256(%(t)s::text::bytea), 'viewer');
insert into app.pbx (tenant_id, name, domain) values (%(t)s, 'p', 'pbx.example');
insert into app.pbx_control (tenant_id, pbx_id, driver) select tenant_id, pbx_id, 'sip' from app.pbx
    where tenant_id = %(t)s;
insert into app.extension (tenant_id, pbx_id, number, secret) select tenant_id, pbx_id, '100', %(sealed)s
    from app.pbx where tenant_id = %(t)s;
insert into app.profile (tenant_id, name) values (%(t)s, 'p');
insert into app.key_template (tenant_id, name) values (%(t)s, 'k');
insert into app.key_template_key (tenant_id, key_template_id, panel, slot, kind)
    select tenant_id, key_template_id, 'line', 1, 'blf' from app.key_template where tenant_id = %(t)s;
insert into app.device (tenant_id, mac, vendor)
    values (%(t)s, ('020000' || lpad(to_hex(%(t)s::integer), 6, '0'))::macaddr, 'yealink');
insert into app.handset (tenant_id, device_id, handset_index) select tenant_id, device_id, 1 from app.device
    where tenant_id = %(t)s;
insert into app.device_line (tenant_id, device_id, line_index, extension_id)
    select tenant_id, device_id, 1, extension_id from app.device join app.extension using (tenant_id)
     where tenant_id = %(t)s;
insert into app.device_key (tenant_id, device_id, panel, slot, kind)
    select tenant_id, device_id, 'line', 1, 'blf' from app.device where tenant_id = %(t)s;
insert into app.key_rule (tenant_id, device_id, panel, slot, slot_count, kind, source)
    select tenant_id, device_id, 'line', 3, 2, 'blf', 'own_site' from app.device where tenant_id = %(t)s;
insert into app.device_config (tenant_id, device_id, revision, layers, parts)
    select tenant_id, device_id, revision, '', '' from app.device where tenant_id = %(t)s;
insert into app.visit (tenant_id, at, source, listener, kind, path, status)
    values (%(t)s, now(), '192.0.2.1', 'l', 'device', '/', 200),
           (%(t)s, '2001-01-01', '192.0.2.1', 'l', 'device', '/', 200);
insert into app.trust_root (tenant_id, name, maker, rules, certificate, not_after)
    values (%(t)s, 'r', 'yealink', '{r}', '\\x30'::bytea || decode(repeat('00', 100), 'hex'), '2040-01-01');
insert into app.blocked_certificate (tenant_id, fingerprint) values (%(t)s, sha256(''));
insert into app.enrolment (tenant_id, device_id, method, secret_hash, secret, valid_until)
    select tenant_id, device_id, 'url', sha256(''), %(sealed)s, 'infinity' from app.device
     where tenant_id = %(t)s;
insert into app.device_network (tenant_id, device_id, network, last_at)
    select tenant_id, device_id, '192.0.2.0/24', now() from app.device where tenant_id = %(t)s;
insert into app.upload (tenant_id, device_id, name, kind, bytes, source)
    select tenant_id, device_id, 'a.log', 'log', 3, '192.0.2.1' from app.device where tenant_id = %(t)s;
insert into app.upload_part (tenant_id, part_id, upload_id, part_index, bytes, content_key, content)
    select tenant_id, tenant_id, upload_id, 1, 3, %(sealed)s, '\\x01'::bytea || decode(repeat('00', 31), 'hex')
      from app.upload where tenant_id = %(t)s;
insert into app.anomaly (tenant_id, device_id, kind, seen)
    select tenant_id, device_id, 'guessing', '{}' from app.device where tenant_id = %(t)s;
select app.audit_write(%(t)s, 'user:1', 'site.create', '', '', '', null, '{}');
insert into app.change (tenant_id, reason, device_ids) values (%(t)s, 'x', '{1}');
insert into app.job_batch (tenant_id) values (%(t)s);
insert into app.job (tenant_id, device_id, mac, kind) select tenant_id, device_id, mac, 'reboot' from app.device
    where tenant_id = %(t)s;
insert into app.registration (tenant_id, pbx_id, aor, contact) select tenant_id, pbx_id, 'a@b', 'c'
    from app.pbx where tenant_id = %(t)s;
insert into app.webhook (tenant_id, url, events, secret) values (%(t)s, 'https://a.example/', '{x}', %(sealed)s);
insert into app.webhook_delivery (tenant_id, webhook_id, event, body)
    select tenant_id, webhook_id, 'x', '{}' from app.webhook where tenant_id = %(t)s;
insert into app.idempotency (tenant_id, idempotency_key, request_hash) values (%(t)s, 'k', sha256(''));
"""


@pytest.fixture(scope="module")
def two(world):
    """Two tenants with a row in every table; and an operator's root that is neither's."""
    tenants = world.tenant(), world.tenant()
    for tenant in tenants:
        world.sql(FILL, {"t": tenant, "sealed": SEALED})
    world.root()
    return tenants


def tenant_tables(world):
    """Every table of ours with a tenant_id, partitions included."""
    return [
        row[0]
        for row in world.sql(
            "select c.oid::regclass::text from pg_class as c"
            "  join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'"
            " where c.relnamespace in ('app'::regnamespace, 'bk'::regnamespace)"
            "   and c.relkind in ('r', 'p') and not a.attisdropped order by 1"
        )
    ]


def attempt(cursor, text):
    """How many rows a statement touched; a refusal for want of rights touched none."""
    cursor.execute("savepoint attempt")
    try:
        cursor.execute(text)
        return cursor.rowcount
    except errors.InsufficientPrivilege:
        cursor.execute("rollback to savepoint attempt")
        return 0


def test_every_tenant_owned_table_forces_row_level_security(world):
    tables = tenant_tables(world)
    assert len(tables) > 25
    for table in tables:
        flags = world.sql(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass", (table,)
        )[0]
        assert flags == (True, True), table
        policies = world.sql(
            "select polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)"
            "  from pg_policy where polrelid = %s::regclass",
            (table,),
        )
        assert policies == [(True, "(tenant_id = app.current_tenant_id())", None)], table


def test_tenant_id_leads_every_key_of_a_tenant_owned_table(world):
    # Identities that a request carries before its tenant is known, and two tables the operator shares.
    over_all_tenants = {
        "tenant_name_uq", "tenant_key_uq", "api_token_hash_uq", "device_bound_uq", "trust_root_pk",
        "blocked_certificate_pk", "blocked_certificate_uq",
    }
    rows = world.sql(
        "select i.indexrelid::regclass::text, a.attname from pg_index as i"
        "  join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]"
        " where i.indisunique and i.indrelid::regclass::text = any (%s)",
        (tenant_tables(world),),
    )
    others = {name.removeprefix("app.") for name, first in rows if first != "tenant_id"}
    assert others == over_all_tenants - {"tenant_pk"}


def test_references_between_tenant_owned_tables_carry_the_tenant(world):
    tables = tenant_tables(world)
    rows = world.sql(
        "select conname, (select array_agg(attname order by ordinality)"
        "                   from unnest(conkey) with ordinality"
        "                   join pg_attribute on attrelid = conrelid and attnum = unnest)"
        "  from pg_constraint where contype = 'f' and conparentid = 0"
        "   and conrelid::regclass::text = any (%s) and confrelid::regclass::text = any (%s)",
        (tables, tables),
    )
    assert len(rows) > 20
    for name, columns in rows:
        if name != "tenant_parent_fk":  # a reseller is another tenant by its nature
            assert columns[0] == "tenant_id", name


def test_every_tenant_owned_table_has_a_row_of_both_tenants(world, two):
    for table in tenant_tables(world):
        if re.search(r"visit_\d{8}$", table):
            continue  # tomorrow's visits are not there yet
        for tenant in two:
            assert world.one(f"select count(*) from {table} where tenant_id = %s", (tenant,)), table


@pytest.mark.parametrize("role", ["beckon_api", "beckon_operator", "beckon_notifier"])
def test_another_tenant_sees_changes_and_deletes_no_row(world, two, role):
    mine, other = two
    before = {
        table: world.sql(f"select count(*), md5(string_agg(t::text, '' order by t::text)) from {table} as t"
                         " where tenant_id = %s", (other,))
        for table in tenant_tables(world)
    }
    for table in before:
        with world.as_role(role, mine) as cursor:
            assert attempt(cursor, f"select from {table} where tenant_id is distinct from {mine}") == 0, table
            assert attempt(cursor, f"delete from {table} where tenant_id is distinct from {mine}") == 0, table
            assert attempt(cursor, f"update {table} set tenant_id = {mine}"
                                   f" where tenant_id is distinct from {mine}") == 0, table
            columns = column_names(cursor, table)
            for column in columns:
                # A column that may be updated may only be so in own rows.
                assert attempt(cursor, f"update {table} set {column} = {column}"
                                       f" where tenant_id is distinct from {mine}") == 0, (table, column)
    for table, rows in before.items():
        assert rows == world.sql(
            f"select count(*), md5(string_agg(t::text, '' order by t::text)) from {table} as t"
            " where tenant_id = %s", (other,)), table


def column_names(cursor, table):
    cursor.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
        "   and attgenerated = '' and attidentity = '' and not attisdropped", (table,))
    return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("role", ["beckon_api", "beckon_operator", "beckon_notifier"])
@pytest.mark.parametrize("unset", [None, ""])
def test_without_a_tenant_there_is_no_row_at_all(world, two, role, unset):
    for table in tenant_tables(world):
        with world.as_role(role, unset) as cursor:
            assert attempt(cursor, f"select from {table}") == 0, table
            assert attempt(cursor, f"delete from {table}") == 0, table


def test_a_row_cannot_be_written_into_another_tenant(world, two):
    mine, other = two
    with world.as_role("beckon_api", mine) as cursor:
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            cursor.execute("insert into app.site (tenant_id, name) values (%s, 'x')", (other,))
    with world.as_role("beckon_api", mine) as cursor:
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            cursor.execute("update app.site set tenant_id = %s", (other,))


def test_a_setting_of_an_earlier_transaction_opens_nothing(world, two):
    connection = world.database.connect("beckon_api", autocommit=False)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(two[0]),))
            cursor.execute("select count(*) from app.site")
            assert cursor.fetchone()[0] == 1
        with connection, connection.cursor() as cursor:
            cursor.execute("select count(*) from app.site")
            assert cursor.fetchone()[0] == 0
    finally:
        connection.close()


def test_a_user_is_seen_by_the_tenants_it_serves_and_without_its_hash(world, two):
    with world.as_role("beckon_api", two[0]) as cursor:
        cursor.execute("select email from app.app_user")
        assert cursor.fetchall() == [(f"{two[0]}@example.org",)]
    with world.as_role("beckon_api", two[0]) as cursor:
        with pytest.raises(errors.InsufficientPrivilege):
            cursor.execute("select password_hash from app.app_user")


def test_the_config_service_reads_and_writes_no_table(world):
    relations = world.sql(
        "select c.oid::regclass::text, p.privilege from pg_class as c,"
        "       unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])"
        "       as p (privilege)"
        " where c.relnamespace in ('app'::regnamespace, 'bk'::regnamespace) and c.relkind in ('r', 'p', 'v')"
        "   and (has_table_privilege('beckon_config', c.oid, p.privilege)"
        "        or (p.privilege in ('select', 'insert', 'update', 'references')"
        "            and has_any_column_privilege('beckon_config', c.oid, p.privilege)))"
    )
    assert relations == []
    assert not world.one("select has_schema_privilege('beckon_config', 'app', 'usage')")
    functions = world.sql(
        "select p.proname from pg_proc as p where p.pronamespace = 'bk'::regnamespace"
        "   and has_function_privilege('beckon_config', p.oid, 'execute') order by 1"
    )
    assert [row[0] for row in functions] == [
        "ban_request", "bans", "cert_rules", "device_fetch", "enrol_digest", "enrol_fetch",
        "enrolment_renew", "good_sources_record", "schema_version", "strangers_record", "trust_roots",
        "trust_roots_version", "upload_get", "upload_put", "visits_record",
    ]


def test_services_log_in_own_nothing_and_bypass_nothing(world):
    for role in SERVICES:
        assert world.sql(
            "select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            "  from pg_roles where rolname = %s", (role,)
        ) == [(True, False, False, False, False, False)]
        assert world.one("select count(*) from pg_class where relowner = %s::regrole", (role,)) == 0
        assert world.one("select count(*) from pg_proc where proowner = %s::regrole", (role,)) == 0
        assert world.one(
            "select count(*) from pg_auth_members where member = %s::regrole", (role,)) == 0
        for schema in ("app", "bk", "public"):
            assert not world.one("select has_schema_privilege(%s, %s, 'create')", (role, schema))
    assert world.sql("select rolcanlogin, rolsuper, rolbypassrls from pg_roles"
                     " where rolname = 'beckon_cross'") == [(False, False, True)]
    assert world.sql("select rolcanlogin, rolsuper, rolbypassrls from pg_roles"
                     " where rolname = 'beckon_owner'") == [(False, False, False)]


def listed_functions():
    """name -> roles that may execute it, from THE list."""
    found = {}
    for line in CROSS_LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, who, _reason = re.split(r" {2,}", line)
            found[name] = set() if who.startswith("nobody") else set(who.split(", "))
    return found


def test_the_list_of_cross_tenant_functions_is_complete_and_exact(world):
    rows = world.sql(
        "select n.nspname || '.' || p.proname,"
        "       array(select r.rolname::text from pg_roles as r where r.rolname = any (%s)"
        "                and has_function_privilege(r.oid, p.oid, 'execute'))"
        "  from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace"
        " where p.proowner = 'beckon_cross'::regrole",
        (list(SERVICES),),
    )
    found = {name: set(roles) for name, roles in rows}
    assert len(found) == len(rows), "an overloaded function hides behind a listed name"
    assert found == listed_functions()


def test_cross_tenant_functions_have_a_fixed_search_path_and_are_nobodys_by_default(world):
    rows = world.sql(
        "select p.oid::regprocedure::text, p.proconfig,"
        "       exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a"
        "                where a.grantee = 0)"
        "  from pg_proc as p where p.proowner = 'beckon_cross'::regrole or p.prosecdef"
    )
    assert len(rows) > 20
    for name, config, is_public in rows:
        assert config and "search_path=pg_catalog, pg_temp" in config, name
        assert not is_public, name


def test_nothing_else_looks_past_row_level_security(world):
    assert [row[0] for row in world.sql(
        "select rolname from pg_roles where rolbypassrls and not rolsuper")] == ["beckon_cross"]
    # A definer's function of a superuser would pass too.
    assert world.sql(
        "select p.oid::regprocedure from pg_proc as p join pg_roles as r on r.oid = p.proowner"
        " where r.rolsuper and p.prosecdef and p.pronamespace in ('app'::regnamespace, 'bk'::regnamespace)"
    ) == []
    assert world.sql(
        "select c.oid::regclass from pg_class as c"
        " where c.relnamespace in ('app'::regnamespace, 'bk'::regnamespace)"
        "   and c.relowner <> 'beckon_owner'::regrole") == []


def test_api_cannot_bind_a_claim_or_raise_a_revision_itself(world, two):
    for text in ("update app.device set bound_at = now()", "update app.device set revision = 7",
                 "update app.device_state set revision_held = 7",
                 "insert into app.device (tenant_id, mac, vendor, bound_at)"
                 f" values ({two[0]}, '02:00:00:ff:00:01', 'yealink', now())"):
        with world.as_role("beckon_api", two[0]) as cursor:
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(text)
    with world.as_role("beckon_api", two[0]) as cursor:
        with pytest.raises(errors.CheckViolation):
            cursor.execute("update app.device set state = 'bound'")


def test_migrations_work_twice_in_one_cluster(cluster, world):
    again = cluster.database("second")
    assert again.sql("select bk.schema_version()") == world.sql("select bk.schema_version()")


def test_a_migrating_user_that_is_no_superuser_is_enough_once_roles_are_prepared(cluster, world):
    cluster.sql("postgres", "create role migrator login; grant beckon_owner, beckon_cross to migrator")
    cluster.sql("postgres", "create database third owner migrator encoding 'UTF8' template template0")
    database = postgres.Database(cluster, "third")
    database.migrate("migrator")
    assert database.sql("select bk.schema_version()") == world.sql("select bk.schema_version()")
    assert database.sql("select count(*) from pg_class where relowner = 'migrator'::regrole"
                        "   and relnamespace in ('app'::regnamespace, 'bk'::regnamespace)") == [(0,)]


def test_a_missing_role_is_named_with_the_next_step(cluster):
    cluster.sql("postgres", "create role stranger login")
    cluster.sql("postgres", "create database fourth owner stranger encoding 'UTF8' template template0")
    database = postgres.Database(cluster, "fourth")
    with pytest.raises(postgres.PostgresError, match="grant beckon_owner to stranger"):
        database.migrate("stranger")
    with pytest.raises(errors.UndefinedFunction):
        database.sql("select bk.schema_version()")


def test_the_end_of_a_login_waits_for_no_disk(world):
    """That would take longer for an account that is there than for one that is not."""
    user = world.sql("insert into app.app_user (email) values ('slow@disk.example') returning user_id")[0][0]
    for user_id, is_good in ((user, False), (user, True), (0, False)):
        with world.as_role("beckon_api") as cursor:
            cursor.execute("set local synchronous_commit = on")
            cursor.execute("select bk.login_done(%s, %s)", (user_id, is_good))
            cursor.execute("show synchronous_commit")
            assert cursor.fetchall() == [("off",)]
