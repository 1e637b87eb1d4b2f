"""A12: another tenant sees, changes and deletes no row of any table, whatever a query forgets."""

import psycopg2
import pytest

# Tables that this test fills through the command line and fetches: seeing nothing there means something.
FILLED = {
    "tenant", "tenant_key", "pbx", "extension", "device", "device_line", "device_key", "device_state",
    "visit", "trust_root", "upload", "upload_part",
}
ROLES = ["beckon_api", "beckon_operator", "beckon_notifier"]


@pytest.fixture(scope="module")
def tenants(stack, authorities):
    """Two tenants with a row in every table of FILLED."""
    import pki

    made = []
    for number in range(2):
        tenant = stack.tenant()
        phone = tenant.phone("--key", "line/2=blf,line=1,value=1002,label=x")
        assert phone.get().status == 200
        assert phone.get(f"/{tenant.key}/{phone.mac}-local.cfg", "PUT", body=b"of its user").status == 200
        tenant.wait_visit("200", lambda status, *_: status == 200)
        stack.import_root(pki.Authority(f"Own CA of {tenant.name}"), "yealink", tenant)
        made.append(tenant)
    return made


def tenant_tables(stack):
    return [
        row[0]
        for row in stack.sql(
            "select distinct c.relname from pg_class as c"
            "  join pg_namespace as n on n.oid = c.relnamespace"
            "  join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'"
            " where n.nspname = 'app' and c.relkind in ('r', 'p') and not a.attisdropped"
            " order by 1"
        )
    ]


def test_every_table_with_a_tenant_is_under_forced_row_security(stack):
    tables = tenant_tables(stack)
    assert FILLED <= set(tables)
    unprotected = stack.sql(
        "select relname from pg_class where relnamespace = 'app'::regnamespace and relname = any(%s)"
        "   and not (relrowsecurity and relforcerowsecurity)", (tables,)
    )
    assert unprotected == []
    without_policy = set(tables) - {
        row[0] for row in stack.sql("select tablename from pg_policies where schemaname = 'app'")
    }
    assert without_policy == set()


@pytest.mark.parametrize("role", ROLES)
def test_nothing_of_another_tenant_is_seen(stack, tenants, role):
    mine, theirs = tenants
    connection = stack.database.connect(role, autocommit=False)
    seen = set()
    try:
        for table in tenant_tables(stack):
            with connection, connection.cursor() as cursor:
                cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(mine.id),))
                try:
                    cursor.execute(f"select tenant_id from app.{table}")
                except psycopg2.errors.InsufficientPrivilege:
                    connection.rollback()
                    continue
                rows = {row[0] for row in cursor.fetchall()}
            assert rows <= {mine.id}, table
            if rows:
                seen.add(table)
            with connection, connection.cursor() as cursor:  # no tenant set: nothing at all
                cursor.execute(f"select count(*) from app.{table}")
                assert cursor.fetchone()[0] == 0, table
    finally:
        connection.close()
    assert FILLED - seen <= {"trust_root", "upload", "upload_part"} if role == "beckon_notifier" else FILLED <= seen
    for table in FILLED:  # the control: the other tenant's rows are there
        assert stack.sql(
            f"select count(*) from app.{table} where tenant_id = %s", (theirs.id,)
        )[0][0] > 0, table


@pytest.mark.parametrize("role", ["beckon_api", "beckon_operator"])
def test_nothing_of_another_tenant_is_changed_or_deleted(stack, tenants, role):
    mine, theirs = tenants
    connection = stack.database.connect(role, autocommit=False)
    before = {
        table: stack.sql(f"select * from app.{table} where tenant_id = %s order by 1, 2", (theirs.id,))
        for table in FILLED - {"device_state"}
    }
    try:
        for table in tenant_tables(stack):
            for statement in (
                f"delete from app.{table} where tenant_id = {theirs.id}",
                f"update app.{table} set tenant_id = {mine.id} where tenant_id = {theirs.id}",
            ):
                with connection.cursor() as cursor:
                    cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(mine.id),))
                    try:
                        cursor.execute(statement)
                        assert cursor.rowcount == 0, statement
                    except psycopg2.errors.InsufficientPrivilege:
                        pass
                connection.rollback()
    finally:
        connection.close()
    for table, rows in before.items():
        assert stack.sql(
            f"select * from app.{table} where tenant_id = %s order by 1, 2", (theirs.id,)
        ) == rows, table


@pytest.mark.parametrize("role", ["beckon_api", "beckon_operator"])
def test_a_row_cannot_be_put_into_another_tenant(stack, tenants, role):
    mine, theirs = tenants
    connection = stack.database.connect(role, autocommit=False)

    def insert(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(mine.id),))
            cursor.execute(
                "insert into app.pbx (tenant_id, name, domain) values (%s, 'planted', 'evil.example')",
                (tenant_id,),
            )

    try:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="row-level security"):
            insert(theirs.id)
        connection.rollback()
        insert(mine.id)  # the control
        connection.rollback()
    finally:
        connection.close()


def test_the_fetching_role_has_no_table_at_all(stack):
    connection = stack.database.connect("beckon_config")
    try:
        for table in tenant_tables(stack):
            with connection.cursor() as cursor:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(f"select 1 from app.{table}")
    finally:
        connection.close()


def test_the_command_line_keeps_tenants_apart(stack, tenants):
    mine, theirs = tenants
    rows = stack.sql("select replace(mac::text, ':', '') from app.device where tenant_id = %s", (theirs.id,))
    mac = rows[0][0]
    shown = stack.beckon_run("device", "show", "--tenant", mine.name, mac, "--json")
    assert shown.returncode == 1
    assert mac not in str(stack.beckon("device", "list", "--tenant", mine.name)).replace(":", "")
    assert stack.beckon_run(
        "render", "--tenant", mine.name, "--mac", mac, "--json"
    ).returncode == 1
    number = stack.sql("select number from app.extension where tenant_id = %s", (theirs.id,))[0][0]
    assert number  # both tenants have a 1001: each its own
    own = stack.beckon("device", "show", "--tenant", theirs.name, mac)
    assert mac in str(own).replace(":", "")
