"""What no checked write may bring in: control characters, shapes, sizes, plain secrets."""

import json

import pytest
from psycopg2 import errors

from schema_world import SEALED, cluster, constraint_of, world  # noqa: F401

# C0, DEL, C1, line and paragraph separator, byte order mark
CONTROLS = ["\x01", "\t", "\n", "\r", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff"]
PRINTABLE = ["ü", "Ж", "電", "😀", "'", '"', "\\", "%", "<", "&", "=", "\u00a0", "\u202f"]

# table, column, longest, extra columns
TEXTS = [
    ("site", "name", 128, {}),
    ("pbx", "name", 128, {"domain": "a.example"}),
    ("profile", "name", 128, {}),
    ("key_template", "name", 128, {}),
    ("extension", "display_name", 128, {"pbx_id": "pbx", "secret": SEALED, "number": "1"}),
    ("extension", "number", 64, {"pbx_id": "pbx", "secret": SEALED}),
    ("extension", "auth_id", 128, {"pbx_id": "pbx", "secret": SEALED, "number": "1"}),
    ("device", "label", 128, {"mac": "02:00:00:00:00:01", "vendor": "yealink"}),
    ("device", "model", 64, {"mac": "02:00:00:00:00:01", "vendor": "yealink"}),
    ("device", "serial", 64, {"mac": "02:00:00:00:00:01", "vendor": "yealink"}),
    ("device_line", "label", 64, {"device_id": "device", "extension_id": "extension", "line_index": 2}),
    ("device_key", "label", 64, {"device_id": "device", "panel": "line", "slot": 1, "kind": "blf"}),
    ("device_key", "value", 255, {"device_id": "device", "panel": "line", "slot": 1, "kind": "blf"}),
    ("device_key", "extension", 64, {"device_id": "device", "panel": "line", "slot": 1, "kind": "blf"}),
    ("key_template_key", "label", 64, {"key_template_id": "template", "panel": "line", "slot": 1, "kind": "blf"}),
    ("key_template_key", "value", 255, {"key_template_id": "template", "panel": "line", "slot": 1, "kind": "blf"}),
    ("key_template_key", "extension", 64, {"key_template_id": "template", "panel": "line", "slot": 1, "kind": "blf"}),
    ("handset", "label", 64, {"device_id": "device", "handset_index": 1}),
]


@pytest.fixture(scope="module")
def place(world):
    tenant = world.tenant()
    pbx = world.pbx(tenant)
    extension, device = world.extension(tenant, pbx), world.device(tenant)
    world.line(tenant, device, extension)
    world.site(tenant)
    world.profile(tenant)
    return {
        "tenant": tenant, "pbx": pbx, "extension": extension, "device": device,
        "template": world.one("insert into app.key_template (tenant_id, name) values (%s, 'k')"
                              " returning key_template_id", (tenant,)),
    }


def insert(world, place, table, columns):
    """Insert as the API would, and take it back; raises what the database says."""
    columns = {"tenant_id": place["tenant"],
               **{name: place.get(value, value) if isinstance(value, str) and name.endswith("_id") else value
                  for name, value in columns.items()}}
    with world.as_role("beckon_api", place["tenant"]) as cursor:
        cursor.execute(
            f"insert into app.{table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})",
            tuple(columns.values()))
        cursor.connection.rollback()


@pytest.mark.parametrize("table, column, longest, others", TEXTS, ids=[f"{row[0]}.{row[1]}" for row in TEXTS])
def test_text_that_reaches_a_phone_is_bounded_and_without_control_characters(
        world, place, table, column, longest, others):
    for control in CONTROLS:
        with pytest.raises(errors.CheckViolation) as error:
            insert(world, place, table, {**others, column: f"a{control}b"})
        assert constraint_of(error).startswith(f"{table}_"), repr(control)
    with pytest.raises(errors.CheckViolation) as error:
        insert(world, place, table, {**others, column: "ü" * (longest + 1)})
    assert constraint_of(error).startswith(f"{table}_")
    insert(world, place, table, {**others, column: "ü" * longest})
    if column != "number":
        for text in PRINTABLE:
            insert(world, place, table, {**others, column: f"a{text}b"})


def test_every_free_text_of_a_phones_file_is_among_those_tried(world):
    """A text column added to these tables later must be tried above, or be bound by a pattern here."""
    patterns = {"extension.domain", "pbx.domain", "pbx.transport", "pbx.srtp", "device.vendor", "device.state",
                "site.time_zone", "site.country", "profile.vendor", "profile.model", "handset.ipui",
                "device_key.kind", "key_template_key.kind"}
    tables = {row[0] for row in TEXTS}
    columns = {
        f"{table}.{column}" for table, column in world.sql(
            "select c.relname, a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
            " where c.relnamespace = 'app'::regnamespace and a.atttypid = 'text'::regtype and a.attnum > 0"
            "   and a.attgenerated = '' and c.relkind = 'r' and c.relname = any (%s)", (list(tables),))}
    assert columns == patterns | {f"{row[0]}.{row[1]}" for row in TEXTS}


LAYERS = ["operator_layer", "tenant", "site", "profile", "device", "device_line"]
GOOD_SETTINGS = [
    {}, {"time.zone": "Europe/Berlin"}, {"a.b_c": 1, "d": True, "e": ["x", "y"], "f": -1.5},
    {"security.admin_secret": {"sealed": "A" * 40}},
]
BAD_SETTINGS = [
    [], "x", 1, {"Upper": "x"}, {"a..b": "x"}, {"a b": "x"}, {"": "x"}, {"a": None}, {"a": {}},
    {"a": {"sealed": "short"}}, {"a": {"sealed": "!" * 40}}, {"a": {"sealed": "A" * 40, "plain": "x"}},
    {"a": {"plain": "x"}}, {"a": ["x", 1]}, {"a": [["x"]]}, {"a": "x" * 1025}, {"a": ["x"] * 33},
    {f"k{number}": 1 for number in range(129)}, {f"k{number}": "x" * 1000 for number in range(10)},
    *[{"a": f"x{control}"} for control in CONTROLS], *[{"a": [f"x{control}"]} for control in CONTROLS],
]
GOOD_RAW = [{}, {"yealink": {}}, {"yealink": {"account.1.x": "1", "y": "ü"}, "snom": {"a&b": "%"}}]
BAD_RAW = [
    [], {"Yealink": {}}, {"yealink": []}, {"yealink": {"a": 1}}, {"yealink": {"": "x"}},
    {"yealink": {"a": "x" * 1025}}, {"yealink": {"a" * 129: "x"}},
    {"yealink": {f"k{number}": "" for number in range(513)}},
    *[{"yealink": {"a": f"x{control}"}} for control in CONTROLS],
    *[{"yealink": {f"a{control}": "x"}} for control in CONTROLS],
]
GOOD_LOCKS = [[], ["time.zone"], ["raw:features.x"]]
BAD_LOCKS = [[""], [None], ["a"] * 257, ["a" * 161], [["a"], ["b"]], *[[f"a{control}"] for control in CONTROLS]]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("column, good, bad", [
    ("settings", GOOD_SETTINGS, BAD_SETTINGS), ("raw", GOOD_RAW, BAD_RAW), ("locks", GOOD_LOCKS, BAD_LOCKS)])
def test_every_layer_refuses_what_is_not_a_layer(world, place, layer, column, good, bad):
    assert place and world.one(f"select count(*) from app.{layer}") > 0
    cast = "text[]" if column == "locks" else "jsonb"

    def write(value):
        text = value if column == "locks" else json.dumps(value, ensure_ascii=False)
        connection = world.database.connect(autocommit=False)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"update app.{layer} set {column} = %s::{cast}", (text,))
        finally:
            connection.close()

    for value in good:
        if layer == "operator_layer" and "sealed" in json.dumps(value):
            with pytest.raises(errors.CheckViolation) as error:
                write(value)
            assert constraint_of(error) == "operator_layer_secret_ck"
        else:
            write(value)
    for value in bad:
        with pytest.raises(errors.CheckViolation) as error:
            write(value)
        assert constraint_of(error) in (f"{layer}_{column}_ck", "operator_layer_secret_ck"), value


@pytest.mark.parametrize("servers", [
    {}, [1], [{"host": "a"}], [{"port": 1}], [{"host": "a", "port": "1"}], [{"host": "a", "port": 65536}],
    [{"host": "a", "port": -1}], [{"host": "a", "port": 1.5}], [{"host": "a b", "port": 1}],
    [{"host": "a\n", "port": 1}], [{"host": "", "port": 1}], [{"host": 'a"', "port": 1}],
    [{"host": "a", "port": 1, "x": 1}], [{"host": "a", "port": 1}] * 3,
])
def test_servers_of_a_pbx_have_a_shape(world, place, servers):
    for column in ("registrars", "proxies"):
        with pytest.raises(errors.CheckViolation) as error:
            insert(world, place, "pbx", {"name": "x", "domain": "a.example", column: json.dumps(servers)})
        assert constraint_of(error) == f"pbx_{column}_ck"


@pytest.mark.parametrize("host, good", [
    ("pbx.example", True), ("192.0.2.1", True), ("2001:db8::1", True), ("::ffff:192.0.2.1", True), ("a", True),
    ("_sip.example", True), ("example.", True), ("", False), (".a", False), ("a..b", False), ("-a", False),
    ("a/b", False), ("a:5060", False), ("a%b", False), ("ü.example", False), ("a" * 254, False),
    ('a"b', False), ("a\nb", False), ("a\n", False), ("[::1]", False),
])
def test_domains_are_hosts(world, place, host, good):
    columns = {"name": "x", "domain": host}
    if good:
        insert(world, place, "pbx", columns)
    else:
        with pytest.raises(errors.CheckViolation) as error:
            insert(world, place, "pbx", columns)
        assert constraint_of(error) == "pbx_domain_ck"


@pytest.mark.parametrize("secret", [b"hunter2", b"", b"a plain password of thirty and more bytes", b"\x02" + bytes(60),
                                    b"\x01" + bytes(2000)])
def test_a_secret_that_is_not_sealed_is_refused(world, place, secret):
    with pytest.raises(errors.CheckViolation) as error:
        insert(world, place, "extension", {"pbx_id": "pbx", "number": "77", "secret": secret})
    assert constraint_of(error) == "extension_secret_ck"
    for column in ("pending_secret", "pin"):
        with pytest.raises(errors.CheckViolation):
            insert(world, place, "extension", {"pbx_id": "pbx", "number": "77", "secret": SEALED, column: secret})


def test_no_column_that_is_named_a_secret_is_text(world):
    assert world.sql(
        "select c.relname, a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
        " where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0"
        "   and a.attname ~ '(^|_)(secret|pin|password)$' and a.atttypid <> 'bytea'::regtype") == []


def test_tenant_keys_are_of_the_grammar_of_urls_and_unique_over_tenants(world):
    tenant, other = world.tenant(), world.tenant()
    key = world.key(tenant)
    with world.as_role("beckon_operator") as cursor:
        with pytest.raises(errors.UniqueViolation) as error:
            cursor.execute("select bk.tenant_key_add(%s, %s)", (other, key))
        assert constraint_of(error) == "tenant_key_uq"
    for bad in ("short12", "a" * 17, "Upper1234", "with-dash", "a b c d e", "", "abcdefgh\n"):
        with world.as_role("beckon_operator") as cursor:
            with pytest.raises(errors.CheckViolation) as error:
                cursor.execute("select bk.tenant_key_add(%s, %s)", (other, bad))
            assert constraint_of(error) == "tenant_key_ck", bad


def test_every_check_has_a_name_that_says_its_table(world):
    rows = world.sql(
        "select c.relname, n.conname, n.contype from pg_constraint as n join pg_class as c on c.oid = n.conrelid"
        " where c.relnamespace = 'app'::regnamespace and n.conparentid = 0 and c.relname !~ '^visit_'"
    )
    suffix = {"c": "_ck", "p": "_pk", "u": "_uq", "f": "_fk"}
    wrong = [(table, name) for table, name, kind in rows
             if kind in suffix and not (name.startswith(table + "_") and name.endswith(suffix[kind]))]
    assert wrong == []


def test_references_do_not_cross_tenants(world, place):
    other = world.tenant()
    for table, columns in (
            ("device", {"mac": "02:00:00:00:00:31", "vendor": "yealink", "site_id": world.site(other)}),
            ("device", {"mac": "02:00:00:00:00:31", "vendor": "yealink", "profile_id": world.profile(other)}),
            ("extension", {"pbx_id": world.pbx(other), "number": "1", "secret": SEALED}),
            ("device_key", {"device_id": world.device(other), "panel": "line", "slot": 1, "kind": "blf"})):
        with pytest.raises(errors.ForeignKeyViolation):
            insert(world, place, table, columns)


def test_a_line_takes_a_handset_of_its_own_base_only(world, place):
    base, other = world.device(place["tenant"]), world.device(place["tenant"])
    handset = world.one("insert into app.handset (tenant_id, device_id, handset_index) values (%s, %s, 1)"
                        " returning handset_id", (place["tenant"], base))
    with pytest.raises(errors.ForeignKeyViolation):
        world.line(place["tenant"], other, place["extension"], handset_id=handset)
    line = world.line(place["tenant"], base, place["extension"], handset_id=handset)
    world.sql("delete from app.handset where handset_id = %s", (handset,))
    assert world.sql("select handset_id from app.device_line where line_id = %s", (line,)) == [(None,)]


def test_an_ended_job_stays_as_it_ended_and_one_of_a_kind_lives(world, place):
    tenant, device = place["tenant"], place["device"]
    add = ("insert into app.job (tenant_id, device_id, mac, kind) values (%s, %s, '02:00:00:00:00:01', 'reboot')"
           " returning job_id")
    with world.as_role("beckon_api", tenant) as cursor:
        cursor.execute(add, (tenant, device))
        job = cursor.fetchone()[0]
    with pytest.raises(errors.UniqueViolation) as error:
        world.sql(add, (tenant, device))
    assert constraint_of(error) == "job_active_uq"
    with world.as_role("beckon_notifier", tenant) as cursor:
        cursor.execute("update app.job set state = 'sent', sent_at = now(), fence = 5 where job_id = %s", (job,))
        assert cursor.rowcount == 1
    with pytest.raises(errors.CheckViolation) as error:
        world.sql("update app.job set state = 'answered', answered_at = now(), fence = 4 where job_id = %s", (job,))
    assert constraint_of(error) == "job_fence_ck"
    world.sql("update app.job set state = 'done', ended_at = now() where job_id = %s", (job,))
    with pytest.raises(errors.CheckViolation) as error:
        world.sql("update app.job set state = 'failed' where job_id = %s", (job,))
    assert constraint_of(error) == "job_transition_ck"
    world.sql(add, (tenant, device))


def test_a_destroyed_tenant_leaves_its_name_and_its_chain_and_nothing_sealed(world):
    tenant = world.tenant()
    pbx = world.pbx(tenant)
    device = world.device(tenant, site_id=world.site(tenant), profile_id=world.profile(tenant))
    world.line(tenant, device, world.extension(tenant, pbx))
    world.key(tenant)
    with world.as_role("beckon_api", tenant) as cursor:
        cursor.execute("select bk.audit_append('user:1', 'device.create', '', '', '', null, '{\"x\": 1}')")
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select bk.tenant_destroy(%s)", (tenant,))
        assert cursor.fetchone()[0] is True
        cursor.execute("select bk.tenant_destroy(%s), bk.audit_verify(%s)", (tenant, tenant))
        assert cursor.fetchone() == (False, None)
        cursor.execute("select status, data_key from bk.tenant_list() join bk.tenant_find(name) using (tenant_id, status)"
                       " where tenant_id = %s", (tenant,))
        assert cursor.fetchall() == [("deleted", None)]
    for table in ("device", "device_state", "device_line", "extension", "pbx", "site", "profile", "tenant_key"):
        assert world.one(f"select count(*) from app.{table} where tenant_id = %s", (tenant,)) == 0, table
    assert world.sql("select payload from app.audit where tenant_id = %s", (tenant,)) == [(None,)]


def test_the_operator_makes_finds_and_lists_tenants(world):
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select bk.tenant_next_id()")
        tenant = cursor.fetchone()[0]
        cursor.execute("select bk.tenant_create(%s, 'acme', 'Acme Ltd', %s, 'acmekey12345')", (tenant, SEALED))
        cursor.execute("select * from bk.tenant_find('acme')")
        found = cursor.fetchone()
        assert (*found[:4], bytes(found[4])) == (tenant, "acme", "Acme Ltd", "active", SEALED)
        cursor.execute("select tenant_id from bk.tenant_find(%s)", (str(tenant),))
        assert cursor.fetchone()[0] == tenant
        cursor.execute("select * from bk.tenant_find('nobody')")
        assert cursor.fetchall() == []
        cursor.execute("select tenant_key, valid_until from bk.tenant_key_list(%s)", (tenant,))
        assert cursor.fetchall() == [("acmekey12345", None)]
        cursor.execute("select bk.tenant_key_expire(%s, 'acmekey12345', now()), bk.tenant_set_status(%s, 'suspended')",
                       (tenant, tenant))
        assert cursor.fetchone() == (True, True)
        cursor.execute("select name, status, device_count from bk.tenant_list() where tenant_id = %s", (tenant,))
        assert cursor.fetchall() == [("acme", "suspended", 0)]


def test_the_operator_keeps_trust_roots_and_blocked_certificates(world):
    certificate = b"\x30" + bytes(80)
    add = "select bk.operator_trust_root_add('Maker CA', %s, '{yealink-cn}', %s, '2040-01-01')"
    with world.as_role("beckon_operator") as cursor:
        cursor.execute(add, ("yealink", certificate))
        root = cursor.fetchone()[0]
        cursor.execute(add, ("snom", certificate))  # the same once more: an update
        assert cursor.fetchone()[0] == root
        cursor.execute("select maker, is_enabled from bk.operator_trust_root_list() where root_id = %s", (root,))
        assert cursor.fetchall() == [("snom", True)]
        cursor.execute("select bk.operator_trust_root_enable(%s, false), bk.operator_trust_root_delete(%s),"
                       " bk.operator_trust_root_delete(%s)", (root, root, root))
        assert cursor.fetchone() == (True, True, False)
        cursor.execute("select bk.operator_certificate_block(sha256('a'), 'stolen')")
        first = cursor.fetchone()[0]
        cursor.execute("select bk.operator_certificate_block(sha256('a'), 'stolen twice')")
        assert cursor.fetchone()[0] == first
        cursor.execute("select bk.operator_certificate_unblock(sha256('a')), bk.operator_certificate_unblock(sha256('a'))")
        assert cursor.fetchone() == (True, False)
