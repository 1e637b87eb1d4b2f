"""Rules fill slots with people: who, in which order, on which slots, and whose revision rises with them."""

import itertools
import json

import pytest
from psycopg2 import errors

from schema_world import World, cluster, world  # noqa: F401

_counter = itertools.count(1)


class Office:
    """A tenant with a PBX and two sites; phones of people by name."""

    def __init__(self, world):
        self.world = world
        self.tenant = world.tenant()
        self.pbx = world.pbx(self.tenant)
        self.sites = [world.site(self.tenant), world.site(self.tenant)]
        self.devices, self.extensions, self.lines = {}, {}, {}

    def person(self, name, site=0, number=None, pbx=None, **columns):
        """A phone with one line of a new account."""
        number = number or str(next(_counter) + 5000)
        self.extensions[name] = self.world.extension(
            self.tenant, pbx or self.pbx, number=number, display_name=name, **columns)
        self.devices[name] = self.world.device(self.tenant, site_id=None if site is None else self.sites[site])
        self.lines[name] = self.world.line(self.tenant, self.devices[name], self.extensions[name])
        return self.devices[name]

    def rule(self, device=None, template=None, slot=2, count=5, kind="blf", source="own_site", site=None, line=0,
             panel="line", module=0):
        return self.world.one(
            "insert into app.key_rule (tenant_id, device_id, key_template_id, panel, module, slot, slot_count, kind,"
            " line, source, site_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning key_rule_id",
            (self.tenant, device, template, panel, module, slot, count, kind, line, source, site))

    def template(self):
        return self.world.one("insert into app.key_template (tenant_id, name) values (%s, %s)"
                              " returning key_template_id", (self.tenant, f"k{next(_counter)}"))

    def key(self, slot, device=None, template=None, kind="park"):
        table, column, owner = ("device_key", "device_id", device) if device else (
            "key_template_key", "key_template_id", template)
        self.world.sql(f"insert into app.{table} (tenant_id, {column}, panel, slot, kind)"
                       " values (%s, %s, 'line', %s, %s)", (self.tenant, owner, slot, kind))

    def keys(self, name):
        parts = self.world.one("select parts from app.phone_config(%s, %s)", (self.tenant, self.devices[name]))
        return json.loads("{" + parts + "}")["keys"]

    def labels(self, name):
        """{slot: label, or the kind of a key without}"""
        return {one["slot"]: one["label"] or one["kind"] for one in self.keys(name)}

    def keep(self):
        """As if every phone had fetched just now; the revisions."""
        self.world.sql(
            "insert into app.device_config as k (tenant_id, device_id, revision, layers, parts)"
            " select d.tenant_id, d.device_id, d.revision, c.layers, c.parts"
            "   from app.device as d, app.phone_config(d.tenant_id, d.device_id) as c where d.tenant_id = %s"
            "     on conflict on constraint device_config_pk do update"
            "    set revision = excluded.revision, layers = excluded.layers, parts = excluded.parts", (self.tenant,))
        return self.revisions()

    def revisions(self):
        return dict(self.world.sql("select device_id, revision from app.device where tenant_id = %s", (self.tenant,)))

    def changes(self, statement, names=None):
        """Run it on what is kept: (who was raised, who would be served what is not so any more)."""
        before = self.keep()
        self.world.sql(statement, names or self.names())
        stale = self.world.sql(
            "select d.device_id from app.device as d join app.device_config as k using (tenant_id, device_id, revision),"
            " app.phone_config(d.tenant_id, d.device_id) as c"
            " where d.tenant_id = %s and (k.layers, k.parts) is distinct from (c.layers, c.parts)", (self.tenant,))
        after = self.revisions()
        raised = {name for name, device in self.devices.items()
                  if device in after and after[device] != before[device]}
        assert all(after[self.devices[name]] == before[self.devices[name]] + 1 for name in raised)
        return raised, stale

    def names(self):
        return {"t": self.tenant, "s0": self.sites[0], "s1": self.sites[1],
                **{f"d_{name}": one for name, one in self.devices.items()},
                **{f"e_{name}": one for name, one in self.extensions.items()},
                **{f"l_{name}": one for name, one in self.lines.items()}}


@pytest.fixture
def office(world):
    return Office(world)


def test_everyone_of_the_site_but_me_by_name(office):
    for name in ("Zoe", "anna", "Änne", "Ben"):
        office.person(name)
    office.person("Far", site=1)
    office.rule(device=office.devices["Ben"])
    assert office.keys("Ben") == [
        {"panel": "line", "module": 0, "slot": slot, "kind": "blf", "line": 1, "value": number, "label": name,
         "extension": ""}
        for slot, name, number in [
            (slot, name, office.world.one("select number from app.extension where extension_id = %s",
                                          (office.extensions[name],)))
            for slot, name in ((2, "anna"), (3, "Änne"), (4, "Zoe"))]]
    assert office.keys("Zoe") == []


def test_a_rule_ends_with_its_slots(office):
    for number in range(6):
        office.person(f"P{number}")
    office.rule(device=office.devices["P0"], slot=3, count=2, kind="speed_dial")
    assert [(one["slot"], one["kind"], one["label"]) for one in office.keys("P0")] == [
        (3, "speed_dial", "P1"), (4, "speed_dial", "P2")]


def test_whoever_has_no_name_shows_the_number_and_texts_are_escaped(office):
    office.person("Me")
    office.person("", number="77")
    office.person('A "b" \\ c')
    office.rule(device=office.devices["Me"])
    assert [one["label"] for one in office.keys("Me")] == ["77", 'A "b" \\ c']


def test_an_account_on_several_phones_stands_once_and_ones_own_never(office):
    me = office.person("Me")
    office.person("Anna")
    office.world.line(office.tenant, office.person("Ben"), office.extensions["Anna"], 2)
    office.world.line(office.tenant, office.devices["Anna"], office.extensions["Me"], 2)
    office.rule(device=me)
    assert office.labels("Me") == {2: "Anna", 3: "Ben"}


def test_only_whom_a_line_reaches(office):
    """Of another PBX, or another SIP domain, nobody can be called or watched."""
    other = office.world.pbx(office.tenant)
    me = office.person("Me")
    office.person("Other", pbx=other)
    office.person("Domain", domain="own.example")
    office.person("Same")
    office.rule(device=me)
    assert office.labels("Me") == {2: "Same"}
    second = office.world.extension(office.tenant, other)
    office.world.line(office.tenant, me, second, 3)
    assert [(one["label"], one["line"]) for one in office.keys("Me")] == [("Other", 3), ("Same", 1)]
    office.world.sql("update app.key_rule set line = 3 where device_id = %s", (me,))
    assert [(one["label"], one["line"]) for one in office.keys("Me")] == [("Other", 3)]
    office.world.sql("update app.key_rule set line = 2 where device_id = %s", (me,))
    assert office.keys("Me") == []


def test_people_go_around_keys_that_are_set(office):
    for name in ("Me", "Anna", "Ben", "Cem"):
        office.person(name)
    template = office.template()
    office.key(3, template=template)
    office.rule(template=template, slot=2, count=4)
    office.world.sql("update app.device set key_template_id = %s where device_id = %s",
                     (template, office.devices["Me"]))
    assert office.labels("Me") == {2: "Anna", 3: "park", 4: "Ben", 5: "Cem"}
    office.key(2, device=office.devices["Me"], kind="dnd")
    assert office.labels("Me") == {2: "dnd", 3: "park", 4: "Anna", 5: "Ben"}
    # A rule of the device's own wins over what the template says, but for slots that nobody is left for.
    office.rule(device=office.devices["Me"], slot=3, count=2, source="site", site=office.sites[1])
    office.person("Dan", site=1)
    assert office.labels("Me") == {2: "dnd", 3: "Dan", 4: "Anna", 5: "Ben"}


def test_a_profiles_template_has_rules_too(office):
    for name in ("Me", "Anna"):
        office.person(name)
    template = office.template()
    profile = office.world.profile(office.tenant, key_template_id=template)
    office.rule(template=template, source="site", site=office.sites[0])
    raised, stale = office.changes("update app.device set profile_id = %(p)s where device_id = %(d)s",
                                   {"p": profile, "d": office.devices["Me"]})
    assert raised == {"Me"} and stale == [] and office.labels("Me") == {2: "Anna"}
    raised, stale = office.changes("update app.extension set display_name = 'Anne' where extension_id = %(e_Anna)s")
    assert raised == {"Me", "Anna"} and stale == [] and office.labels("Me") == {2: "Anne"}


def test_other_tenants_are_never_seen(office):
    foreign = Office(office.world)
    foreign.person("Foreign")
    office.person("Me")
    office.rule(device=office.devices["Me"], source="tenant")
    assert office.keys("Me") == []
    with pytest.raises(errors.ForeignKeyViolation):
        office.rule(device=office.devices["Me"], source="site", site=foreign.sites[0], slot=9)
    with pytest.raises(errors.ForeignKeyViolation):
        office.rule(device=foreign.devices["Foreign"], slot=9)


@pytest.mark.parametrize("wrong", [
    {"count": 0}, {"slot": 200, "count": 2}, {"slot": 0}, {"panel": "module", "module": 0}, {"kind": "park"},
    {"line": 17}, {"source": "nobody"}, {"source": "site"}, {"source": "own_site", "site": "0"},
])
def test_a_rule_is_of_a_form(office, wrong):
    me = office.person("Me")
    if "site" in wrong:
        wrong = {**wrong, "site": office.sites[0]}
    with pytest.raises(errors.CheckViolation):
        office.rule(device=me, **wrong)


# me: a rule for the own site; guest, at the other site: one for the first; chief: one for the tenant; far is at
# the other site and has no rule, nobody has no site.
CASES = [
    ("a rename", "update app.extension set display_name = 'Anne' where extension_id = %(e_anna)s",
     {"anna", "me", "guest", "chief"}),
    ("a rename at another site", "update app.extension set display_name = 'Fern' where extension_id = %(e_far)s",
     {"far", "chief"}),
    ("a rename of one without a site", "update app.extension set display_name = 'N' where extension_id = %(e_nobody)s",
     {"nobody", "chief"}),
    ("a number", "update app.extension set number = '4711' where extension_id = %(e_anna)s",
     {"anna", "me", "guest", "chief"}),
    ("a secret", "update app.extension set secret = secret || '\\x00'::bytea where extension_id = %(e_anna)s", {"anna"}),
    ("somebody joins", "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
     " values (%(t)s, %(d_anna)s, 2, %(e_spare)s)", {"anna", "me", "guest", "chief"}),
    ("a line's label", "update app.device_line set label = 'x' where line_id = %(l_anna)s", {"anna"}),
    ("a line changes hands", "update app.device_line set extension_id = %(e_spare)s where line_id = %(l_ben)s",
     {"ben", "me", "guest", "chief"}),
    ("somebody moves away", "update app.device set site_id = %(s1)s where device_id = %(d_anna)s",
     {"anna", "me", "guest"}),
    ("somebody moves back", "update app.device set site_id = %(s0)s where device_id = %(d_anna)s",
     {"anna", "me", "guest"}),
    ("somebody has no site any more", "update app.device set site_id = null where device_id = %(d_anna)s",
     {"anna", "me", "guest"}),
    ("whose rule it is moves", "update app.device set site_id = %(s1)s where device_id = %(d_me)s",
     {"me", "guest"}),
    ("and is back", "update app.device set site_id = %(s0)s where device_id = %(d_me)s", {"me", "guest"}),
    ("a site's setting", """update app.site set settings = '{"ui.language": "de"}' where site_id = %(s1)s""",
     {"far", "guest"}),
    ("a rule has fewer slots", "update app.key_rule set slot_count = 1 where device_id = %(d_me)s", {"me"}),
    ("a rule as it is", "update app.key_rule set slot_count = slot_count where tenant_id = %(t)s", set()),
    ("a rule more", "insert into app.key_rule (tenant_id, device_id, panel, slot, slot_count, kind, source)"
     " values (%(t)s, %(d_far)s, 'line', 2, 3, 'blf', 'own_site')", {"far"}),
    ("a line goes", "delete from app.device_line where line_id = %(l_ben)s", {"ben", "me", "guest", "chief"}),
    ("a phone goes", "delete from app.device where device_id = %(d_ben)s", {"me", "guest", "chief"}),
    ("an account goes with its lines", "delete from app.extension where extension_id = %(e_nobody)s",
     {"nobody", "chief"}),
    ("rules go", "delete from app.key_rule where tenant_id = %(t)s", {"me", "guest", "chief", "far"}),
]


@pytest.fixture(scope="module")
def followed(world):
    office = Office(world)
    for name, site in (("me", 0), ("anna", 0), ("ben", 0), ("guest", 1), ("far", 1), ("chief", None),
                       ("nobody", None)):
        office.person(name, site=site)
    office.extensions["spare"] = world.extension(office.tenant, office.pbx, display_name="Spare")
    office.rule(device=office.devices["me"])
    office.rule(device=office.devices["guest"], source="site", site=office.sites[0])
    office.rule(device=office.devices["chief"], source="tenant")
    return office


@pytest.mark.parametrize("label, statement, wanted", CASES, ids=[case[0] for case in CASES])
def test_who_comes_goes_or_is_renamed_raises_those_whose_rules_look_there(followed, label, statement, wanted):
    raised, stale = followed.changes(statement)
    assert stale == []
    assert raised == wanted


def test_a_phone_that_somebody_holds_is_left_to_a_change(office):
    """Not waited for: who writes his own phone and then others' would meet another one who does the same."""
    for name in ("me", "other"):
        office.rule(device=office.person(name))
    before = office.revisions()
    holder = office.world.database.connect(autocommit=False)
    try:
        with holder.cursor() as cursor:
            cursor.execute("select from app.device where device_id = %s for update", (office.devices["me"],))
            office.world.sql("set lock_timeout = '5s'; update app.extension set display_name = 'new'"
                             " where extension_id = %s", (office.extensions["other"],))
        holder.rollback()
    finally:
        holder.close()
    me, other = office.devices["me"], office.devices["other"]
    assert office.revisions() == {me: before[me], other: before[other] + 1}
    assert office.world.sql("select device_ids from app.change where tenant_id = %s", (office.tenant,)) == [([me],)]
    while office.world.one("select bk.changes_apply(1000)") > 0:
        pass
    assert office.revisions() == {me: before[me] + 1, other: before[other] + 1}


def test_more_than_a_thousand_are_raised_by_a_change(office):
    template = office.template()
    office.rule(template=template, source="site", site=office.sites[0])
    office.person("Anna")
    office.world.sql(
        "insert into app.device (tenant_id, mac, vendor, key_template_id)"
        " select %s, ('06' || lpad(to_hex(%s + n), 10, '0'))::macaddr, 'yealink', %s"
        "   from generate_series(1, 1001) as n", (office.tenant, office.tenant * 10000, template))
    office.world.sql("update app.extension set display_name = 'Anne' where extension_id = %s",
                     (office.extensions["Anna"],))
    assert office.world.one("select max(revision) from app.device where key_template_id = %s", (template,)) == 1
    assert office.world.one("select sum(cardinality(device_ids)) from app.change where tenant_id = %s",
                            (office.tenant,)) == 1001
