"""device.revision rises for exactly the devices whose file changes."""

import pytest

from schema_world import SEALED, World, cluster, world  # noqa: F401

OTHER = SEALED[:-1] + b"\x09"


class Fleet:
    """Two tenants. Of the first: a (site 1, profile 1, key template, pbx 1), b (site 2, profile 1, pbx 1
    and 2), c (nothing); of the second: z."""

    def __init__(self, world):
        self.world = world
        tenant, foreign = world.tenant(), world.tenant()
        self.tenant, self.foreign = tenant, foreign
        self.sites = [world.site(tenant), world.site(tenant)]
        self.profile = world.profile(tenant)
        self.template = world.one(
            "insert into app.key_template (tenant_id, name) values (%s, 'k') returning key_template_id", (tenant,))
        self.pbxs = [world.pbx(tenant), world.pbx(tenant)]
        self.extensions = [world.extension(tenant, self.pbxs[0]), world.extension(tenant, self.pbxs[0]),
                           world.extension(tenant, self.pbxs[1], domain="own.example")]
        self.devices = {
            "a": world.device(tenant, site_id=self.sites[0], profile_id=self.profile,
                              key_template_id=self.template),
            "b": world.device(tenant, site_id=self.sites[1], profile_id=self.profile),
            "c": world.device(tenant),
            "z": world.device(foreign, site_id=world.site(foreign)),
        }
        self.lines = [world.line(tenant, self.devices["a"], self.extensions[0], 1),
                      world.line(tenant, self.devices["b"], self.extensions[0], 1),
                      world.line(tenant, self.devices["b"], self.extensions[1], 2),
                      world.line(tenant, self.devices["b"], self.extensions[2], 3)]
        world.sql("insert into app.device_key (tenant_id, device_id, panel, slot, kind)"
                  " values (%s, %s, 'line', 1, 'blf')", (tenant, self.devices["c"]))
        world.sql("insert into app.pbx_control (tenant_id, pbx_id, driver) values (%s, %s, 'sip')",
                  (tenant, self.pbxs[0]))

    def revisions(self):
        rows = self.world.sql("select device_id, revision from app.device where device_id = any (%s)",
                              (list(self.devices.values()),))
        by_id = dict(rows)
        return {name: by_id[device] for name, device in self.devices.items() if device in by_id}

    def keep_configs(self):
        """As if every phone had fetched just now."""
        self.world.sql(
            "insert into app.device_config as k (tenant_id, device_id, revision, layers, parts)"
            " select d.tenant_id, d.device_id, d.revision, c.layers, c.parts"
            "   from app.device as d, app.phone_config(d.tenant_id, d.device_id) as c"
            "  where d.device_id = any (%s)"
            "     on conflict on constraint device_config_pk do update"
            "    set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts",
            (list(self.devices.values()),))

    def stale_configs(self):
        """Devices that would be served what was kept although their tables say otherwise."""
        return self.world.sql(
            "select d.device_id from app.device as d"
            "  join app.device_config as k using (tenant_id, device_id, revision),"
            "       app.phone_config(d.tenant_id, d.device_id) as c"
            " where (k.layers, k.parts) is distinct from (c.layers, c.parts)")

    def names(self):
        a, b, c, z = (self.devices[name] for name in "abcz")
        return {"t": self.tenant, "f": self.foreign, "a": a, "b": b, "c": c, "z": z, "s1": self.sites[0],
                "s2": self.sites[1], "p": self.profile, "k": self.template, "x1": self.pbxs[0],
                "x2": self.pbxs[1], "e1": self.extensions[0], "e2": self.extensions[1],
                "e3": self.extensions[2], "l1": self.lines[0], "sealed": OTHER}


@pytest.fixture(scope="module")
def fleet(world):
    return Fleet(world)


# label, statement, who is raised
CASES = [
    ("operator settings", """update app.operator_layer set settings = '{"ui.language": "de"}'""", "abcz"),
    ("operator settings, the same", "update app.operator_layer set settings = settings, updated_at = now()", ""),
    ("operator locks", "update app.operator_layer set locks = '{ui.language}'", "abcz"),
    ("tenant settings", """update app.tenant set settings = '{"ui.language": "de"}' where tenant_id = %(t)s""", "abc"),
    ("tenant title", "update app.tenant set title = 'x', retention_days = 7 where tenant_id = %(t)s", ""),
    ("tenant raw", """update app.tenant set raw = '{"yealink": {"a": "1"}}' where tenant_id = %(t)s""", "abc"),
    ("tenant suspended and back", "update app.tenant set status = 'suspended' where tenant_id = %(t)s;"
     " update app.tenant set status = 'active' where tenant_id = %(t)s", ""),
    ("site settings", """update app.site set settings = '{"ui.language": "de"}' where site_id = %(s1)s""", "a"),
    ("site name and address", """update app.site set name = 'n', emergency_address = '{"A3": "Bonn"}'
     where site_id = %(s1)s""", ""),
    ("site time zone", "update app.site set time_zone = 'Europe/Berlin' where site_id = %(s2)s", "b"),
    ("site country", "update app.site set country = 'DE' where tenant_id = %(t)s", "ab"),
    ("site locks", "update app.site set locks = '{time.zone}' where site_id = %(s1)s", "a"),
    ("profile raw", """update app.profile set raw = '{"yealink": {"a": "1"}}' where profile_id = %(p)s""", "ab"),
    ("profile name", "update app.profile set name = 'n2' where profile_id = %(p)s", ""),
    ("device settings", """update app.device set settings = '{"ui.language": "de"}' where device_id = %(c)s""", "c"),
    ("device label, serial, location", """update app.device set label = 'x', serial = 's', location = '{"floor": "1"}'
     where device_id = %(c)s""", ""),
    ("device model", "update app.device set model = 'T54W' where device_id = %(c)s", "c"),
    ("device moves to a site", "update app.device set site_id = %(s1)s where device_id = %(c)s", "c"),
    ("device suspended and back", "update app.device set state = 'suspended' where device_id = %(c)s;"
     " update app.device set state = 'claimed' where device_id = %(c)s", ""),
    ("device leaves its site", "update app.device set site_id = null where device_id = %(c)s", "c"),
    ("a visit", "update app.device_state set last_visit_at = now() where device_id = %(c)s", ""),
    ("key changed", "update app.device_key set label = 'x' where device_id = %(c)s", "c"),
    ("key written as it is", "update app.device_key set label = label where device_id = %(c)s", ""),
    ("key added", "insert into app.device_key (tenant_id, device_id, panel, slot, kind)"
     " values (%(t)s, %(b)s, 'line', 1, 'blf'), (%(t)s, %(b)s, 'line', 2, 'blf')", "b"),
    ("keys removed", "delete from app.device_key where tenant_id = %(t)s", "bc"),
    ("template key added", "insert into app.key_template_key (tenant_id, key_template_id, panel, slot, kind)"
     " values (%(t)s, %(k)s, 'line', 1, 'blf')", "a"),
    ("template key changed", "update app.key_template_key set value = '1' where key_template_id = %(k)s", "a"),
    ("template renamed", "update app.key_template set name = 'k2' where key_template_id = %(k)s", ""),
    ("template key removed", "delete from app.key_template_key where key_template_id = %(k)s", "a"),
    ("profile names the template", "update app.profile set key_template_id = %(k)s where profile_id = %(p)s", "b"),
    ("template key of devices and a profile", "insert into app.key_template_key (tenant_id, key_template_id, panel,"
     " slot, kind) values (%(t)s, %(k)s, 'line', 5, 'voicemail')", "ab"),
    ("profile names none", "update app.profile set key_template_id = null where profile_id = %(p)s", "b"),
    ("template key of devices", "delete from app.key_template_key where key_template_id = %(k)s", "a"),
    ("extension on two devices", "update app.extension set display_name = 'x' where extension_id = %(e1)s", "ab"),
    ("extension secret", "update app.extension set secret = %(sealed)s where extension_id = %(e2)s", "b"),
    ("extension secret that waits", "update app.extension set pending_secret = %(sealed)s, pin = %(sealed)s", ""),
    ("all extensions as they are", "update app.extension set number = number, updated_at = now()", ""),
    ("pbx registrars", """update app.pbx set registrars = '[{"host": "r.example", "port": 0}]' where pbx_id = %(x1)s""", "ab"),
    ("pbx domain", "update app.pbx set domain = 'new.example' where pbx_id = %(x1)s", "ab"),
    ("pbx domain that the only extension replaces", "update app.pbx set domain = 'new.example' where pbx_id = %(x2)s", ""),
    ("pbx transport there", "update app.pbx set transport = 'tls' where pbx_id = %(x2)s", "b"),
    ("pbx name", "update app.pbx set name = name || '!' where tenant_id = %(t)s", ""),
    ("pbx control side", "update app.pbx_control set address = '192.0.2.1:5038', secret = %(sealed)s", ""),
    ("line label", "update app.device_line set label = 'x' where line_id = %(l1)s", "a"),
    ("line changes its extension", "update app.device_line set extension_id = %(e2)s where line_id = %(l1)s", "a"),
    ("line moves to another device", "update app.device_line set device_id = %(c)s where line_id = %(l1)s", "ac"),
    ("line removed", "delete from app.device_line where line_id = %(l1)s", "c"),
    ("extension removed with its lines", "delete from app.extension where extension_id = %(e3)s", "b"),
    ("registration seen", "insert into app.registration (tenant_id, pbx_id, aor, contact)"
     " values (%(t)s, %(x1)s, 'a', 'b')", ""),
    ("handset renamed", "insert into app.handset (tenant_id, device_id, handset_index) values (%(t)s, %(c)s, 1);"
     " update app.handset set label = 'x'", ""),
]


@pytest.mark.parametrize("label, statement, raised", CASES, ids=[case[0] for case in CASES])
def test_a_change_raises_exactly_the_devices_whose_file_changes(fleet, label, statement, raised):
    fleet.keep_configs()
    before = fleet.revisions()
    fleet.world.sql(statement, fleet.names())
    after = fleet.revisions()
    assert fleet.stale_configs() == []
    assert "".join(sorted(name for name in after if after[name] != before[name])) == raised
    # Once, not once a row.
    assert all(after[name] == before[name] + 1 for name in raised)


def test_a_tenants_own_change_under_row_level_security_raises_too(fleet):
    before = fleet.revisions()
    with fleet.world.as_role("beckon_api", fleet.tenant) as cursor:
        cursor.execute("""update app.site set settings = '{"ui.language": "fr"}'""")
        assert cursor.rowcount == 2
    after = fleet.revisions()
    assert {name for name in after if after[name] != before[name]} == {"a", "b"}


def test_a_rolled_back_change_raises_nothing(fleet):
    before = fleet.revisions()
    with pytest.raises(ZeroDivisionError):
        with fleet.world.as_role("beckon_api", fleet.tenant) as cursor:
            cursor.execute("""update app.site set settings = '{"ui.language": "it"}'""")
            raise ZeroDivisionError
    assert fleet.revisions() == before


def many(world, count):
    tenant = world.tenant()
    site = world.site(tenant)
    world.sql("insert into app.device (tenant_id, mac, vendor, site_id)"
              " select %s, ('06' || lpad(to_hex(%s), 4, '0') || lpad(to_hex(n), 6, '0'))::macaddr, 'yealink', %s"
              "  from generate_series(1, %s) as n", (tenant, tenant, site, count))
    return tenant, site


def raised(world, tenant):
    return dict(world.sql("select revision, count(*) from app.device where tenant_id = %s group by 1", (tenant,)))


def test_a_thousand_devices_are_raised_at_once(world):
    tenant, site = many(world, 1000)
    world.sql("update app.site set country = 'DE' where site_id = %s", (site,))
    assert raised(world, tenant) == {2: 1000}
    assert world.one("select count(*) from app.change where tenant_id = %s", (tenant,)) == 0


def test_more_are_left_to_the_notifier_and_raised_in_batches(cluster):
    world = World(cluster.database("many"))
    tenant, site = many(world, 2100)
    world.sql("update app.site set country = 'DE' where site_id = %s", (site,))
    assert raised(world, tenant) == {1: 2100}
    world.sql("delete from app.device where device_id in"
              " (select device_id from app.device where tenant_id = %s limit 100)", (tenant,))
    batches = []
    while True:
        with world.as_role("beckon_notifier") as cursor:
            cursor.execute("select bk.changes_apply(900)")
            batches.append(cursor.fetchone()[0])
        if batches[-1] == 0:
            break
        assert sum(raised(world, tenant).values()) == 2000
    assert batches == [900, 900, 300, 0]
    assert raised(world, tenant) == {2: 2000}
    assert world.sql("select reason, done_at is not null from app.change where tenant_id = %s", (tenant,)) == [
        ("site", True)]


def test_a_big_change_of_the_operator_reaches_every_tenant(cluster):
    world = World(cluster.database("operator"))
    tenants = [many(world, 700)[0], many(world, 700)[0]]
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("""update app.operator_layer set settings = '{"ui.language": "de"}'""")
    assert world.sql("select tenant_id, cardinality(device_ids) from app.change order by 1") == [
        (tenants[0], 700), (tenants[1], 700)]
    with world.as_role("beckon_notifier") as cursor:
        cursor.execute("select bk.changes_apply(1000), bk.changes_apply(1000)")
        assert cursor.fetchone() == (1000, 400)
    for tenant in tenants:
        assert raised(world, tenant) == {2: 700}
