"""bk.device_fetch: every verdict, what is served, and who wins a phone."""

import base64
import json
import threading
import time

import pytest
from psycopg2 import errors

from schema_world import FINGERPRINT, SEALED, cluster, constraint_of, world  # noqa: F401


class Scene:
    """One tenant with a key, an operator's root and a device, ready to be served."""

    def __init__(self, world, **device):
        self.world = world
        self.tenant = world.tenant()
        self.key = world.key(self.tenant)
        self.root = world.root()
        self.mac = device.get("mac") or world.mac()
        device["mac"] = self.mac
        self.device = world.device(self.tenant, **device)

    def fetch(self, **changes):
        asked = {"key": self.key, "mac": self.mac, "root": self.root, **changes}
        return self.world.fetch(**asked)

    def verdict(self, **changes):
        return self.fetch(**changes)["verdict"]

    def set(self, **columns):
        sets = ", ".join(f"{name} = %s" for name in columns)
        self.world.sql(
            f"update app.device set {sets} where tenant_id = %s and device_id = %s",
            (*columns.values(), self.tenant, self.device),
        )

    def state(self):
        return self.world.sql(
            "select d.state, d.bound_at is not null, s.fingerprint from app.device as d"
            "  join app.device_state as s using (tenant_id, device_id)"
            " where tenant_id = %s and device_id = %s", (self.tenant, self.device))[0]


@pytest.fixture
def scene(world):
    return Scene(world)


def test_a_good_fetch_serves_and_binds_once(scene):
    answer = scene.fetch()
    assert answer["verdict"] == "serve"
    assert (answer["tenant_id"], answer["device_id"]) == (scene.tenant, scene.device)
    assert bytes(answer["data_key"]) == SEALED
    assert (answer["vendor"], answer["model"], answer["revision"]) == ("yealink", "", 1)
    assert answer["other_tenant_id"] is None
    state, bound, fingerprint = scene.state()
    assert (state, bound, bytes(fingerprint)) == ("bound", True, FINGERPRINT)
    # A later fetch with another certificate does not move the pin: it is refused, and told.
    assert scene.verdict(fingerprint=b"\xf2" * 32) == "quarantined"
    assert bytes(scene.state()[2]) == FINGERPRINT


def test_unknown_tenant_key(scene):
    for key in ("nosuchkey", "", None, scene.key.upper()):
        answer = scene.fetch(key=key)
        assert answer.pop("fetched_at_us") > 0
        assert answer == {**dict.fromkeys(answer), "verdict": "unknown_tenant_key"}


def test_an_expired_tenant_key_is_unknown_and_an_overlapping_one_is_not(scene):
    old = scene.world.key(scene.tenant, "2001-01-01")
    ending = scene.world.key(scene.tenant, "2100-01-01")
    assert scene.verdict(key=old) == "unknown_tenant_key"
    assert scene.verdict(key=ending) == "serve"
    assert scene.verdict() == "serve"


def test_tenant_suspended(scene):
    scene.world.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (scene.tenant,))
    assert scene.verdict() == "tenant_suspended"


@pytest.mark.parametrize("missing", ["mac", "maker", "root", "fingerprint"])
def test_no_identity_when_a_part_of_it_is_missing(scene, missing):
    answer = scene.fetch(**{missing: None})
    assert answer["verdict"] == "no_identity"
    assert answer["data_key"] is None and answer["config"] is None
    assert scene.state()[0] == "claimed"


def test_a_disabled_or_deleted_root_vouches_for_nobody(scene):
    assert scene.verdict() == "serve"
    scene.world.sql("update app.trust_root set is_enabled = false where root_id = %s", (scene.root,))
    assert scene.verdict() == "no_identity"
    scene.world.sql("delete from app.trust_root where root_id = %s", (scene.root,))
    assert scene.verdict() == "no_identity"


def test_blocked_certificate_by_the_operator_or_the_tenant_but_not_by_another(scene):
    one, two, three = (bytes([n]) * 32 for n in (1, 2, 3))
    other = scene.world.tenant()
    for tenant, fingerprint in ((None, one), (scene.tenant, two), (other, three)):
        scene.world.sql(
            "insert into app.blocked_certificate (tenant_id, fingerprint) values (%s, %s)",
            (tenant, fingerprint),
        )
    assert scene.verdict(fingerprint=one) == "blocked_certificate"
    assert scene.verdict(fingerprint=two) == "blocked_certificate"
    assert scene.verdict(fingerprint=three) == "serve"


def test_unknown_device_tells_who_holds_it_only_when_an_operators_root_proved_it(scene):
    assert scene.fetch(mac="02:00:00:00:00:09")["other_tenant_id"] is None
    assert scene.verdict(mac="02:00:00:00:00:09") == "unknown_device"
    assert scene.verdict() == "serve"
    other = scene.world.tenant()
    key = scene.world.key(other)
    answer = scene.fetch(key=key)
    assert (answer["verdict"], answer["tenant_id"]) == ("unknown_device", other)
    assert answer["other_tenant_id"] == scene.tenant
    # With a root of its own a tenant could claim any MAC, and fill the records of others.
    own = scene.world.root(other)
    answer = scene.fetch(key=key, root=own)
    assert (answer["verdict"], answer["other_tenant_id"]) == ("unknown_device", None)


def test_a_mere_claim_elsewhere_is_not_told(scene):
    other = scene.world.tenant()
    answer = scene.fetch(key=scene.world.key(other))
    assert (answer["verdict"], answer["other_tenant_id"]) == ("unknown_device", None)


def test_maker_mismatch_of_root_certificate_and_device(scene):
    snom = scene.world.root(maker="snom")
    assert scene.verdict(root=snom) == "maker_mismatch"
    assert scene.verdict(maker="snom") == "maker_mismatch"
    assert scene.verdict(root=snom, maker="snom") == "maker_mismatch"
    scene.set(vendor="snom")
    assert scene.verdict() == "maker_mismatch"
    assert scene.verdict(root=snom, maker="snom") == "serve"


def test_foreign_root_vouches_only_in_its_tenant(scene):
    other = scene.world.tenant()
    assert scene.verdict(root=scene.world.root(other)) == "foreign_root"
    assert scene.verdict(root=scene.world.root(scene.tenant)) == "serve"


def test_of_several_roots_that_of_this_tenant_counts(scene):
    others = [scene.world.root(scene.world.tenant()) for _ in range(2)]
    own = scene.world.root(scene.tenant)
    assert scene.verdict(root=others) == "foreign_root"
    assert scene.verdict(root=[others[0], own, others[1]]) == "serve"
    assert scene.verdict(root=[]) == "no_identity"


def test_another_tenants_copy_of_a_root_takes_nothing_away(scene):
    certificate = bytes(scene.world.one(
        "select certificate from app.trust_root where root_id = %s", (scene.root,)))
    copy = scene.world.root(scene.world.tenant(), certificate=certificate)
    assert scene.verdict(root=copy) == "serve"
    scene.world.sql("update app.trust_root set is_enabled = false where root_id = %s", (scene.root,))
    assert scene.verdict(root=copy) == "foreign_root"


def test_mac_mismatch_between_path_and_certificate(scene):
    assert scene.verdict(path_mac="02:00:00:00:00:07") == "mac_mismatch"
    assert scene.verdict(path_mac=scene.mac) == "serve"


def test_suspended_quarantined_and_released_are_refused_and_say_so(scene):
    assert scene.verdict() == "serve"
    for state in ("suspended", "quarantined", "released"):
        scene.set(state=state)
        answer = scene.fetch()
        assert answer["verdict"] == state
        assert answer["data_key"] is None and answer["config"] is None


def test_suspended_and_quarantined_keep_the_phone_from_other_tenants(scene):
    assert scene.verdict() == "serve"
    other = Scene(scene.world, mac=scene.mac)
    for state in ("suspended", "bound", "quarantined"):
        scene.set(state=state)
        answer = other.fetch()
        assert (answer["verdict"], answer["other_tenant_id"]) == ("bound_elsewhere", scene.tenant)
        assert answer["config"] is None
    scene.set(state="released")
    assert other.verdict() == "serve"
    scene.set(state="claimed")
    assert scene.verdict() == "bound_elsewhere"


def test_suspending_an_unproved_claim_holds_nothing(world):
    squatter = Scene(world)
    squatter.set(state="suspended")
    owner = Scene(world, mac=squatter.mac)
    assert owner.verdict() == "serve"
    with pytest.raises(errors.CheckViolation) as error:
        squatter.set(state="bound")
    assert constraint_of(error) == "device_bound_ck"
    squatter.set(state="claimed")
    assert squatter.verdict() == "bound_elsewhere"


def test_a_tenants_own_root_binds_within_the_tenant_and_keeps_the_phone_from_nobody(world):
    squatter = Scene(world)
    own = world.root(squatter.tenant)
    assert squatter.verdict(root=own) == "serve"
    assert squatter.state()[:2] == ("bound", True)
    owner = Scene(world, mac=squatter.mac)
    assert owner.verdict() == "serve"
    # Within the tenant its root still vouches; outside of it the phone is somebody else's.
    assert squatter.verdict(root=own) == "serve"
    answer = squatter.fetch()
    assert (answer["verdict"], answer["other_tenant_id"]) == ("bound_elsewhere", owner.tenant)


def test_an_operators_root_makes_up_for_a_binding_by_a_tenants_own(world):
    scene = Scene(world)
    own = world.root(scene.tenant)
    assert scene.verdict(root=own) == "serve"
    assert scene.verdict() == "serve"
    other = Scene(world, mac=scene.mac)
    assert other.verdict() == "bound_elsewhere"
    assert scene.verdict(root=own) == "serve"
    scene.set(state="released")
    assert other.verdict() == "serve"


def test_a_new_mac_on_a_row_proves_nothing(world):
    squatter = Scene(world)
    assert squatter.verdict() == "serve"
    victim = world.mac()
    squatter.set(mac=victim)
    assert squatter.state() == ("claimed", False, None)
    owner = Scene(world, mac=victim)
    assert owner.verdict() == "serve"


def test_unknown_path_is_refused_and_binds_nothing(scene):
    assert scene.verdict(kind=None) == "unknown_path"
    assert scene.state()[0] == "claimed"


def test_release_and_claim_again_starts_from_nothing(scene):
    assert scene.verdict() == "serve"
    with pytest.raises(errors.CheckViolation) as error:
        scene.set(state="claimed")
    assert constraint_of(error) == "device_transition_ck"
    scene.set(state="released")
    assert scene.state() == ("released", False, None)
    with pytest.raises(errors.CheckViolation) as error:
        scene.set(state="bound")
    assert constraint_of(error) in ("device_transition_ck", "device_bound_ck")
    scene.set(state="claimed")
    assert scene.verdict(fingerprint=b"\xf3" * 32) == "serve"
    assert bytes(scene.state()[2]) == b"\xf3" * 32


def test_twenty_connections_of_two_tenants_race_and_one_tenant_wins(world):
    for _ in range(10):
        first = Scene(world)
        second = Scene(world, mac=first.mac)
        barrier = threading.Barrier(20)
        answers = [None] * 20

        def run(number, first=first, second=second, barrier=barrier, answers=answers):
            scene = first if number % 2 else second
            with world.as_role("beckon_config") as cursor:
                cursor.execute("select 1")
                barrier.wait(20)
                answers[number] = world.fetch(scene.key, scene.mac, root=scene.root, cursor=cursor)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        winners = {answer["tenant_id"] for answer in answers if answer["verdict"] == "serve"}
        assert len(winners) == 1
        winner = winners.pop()
        for answer in answers:
            if answer["tenant_id"] == winner:
                assert answer["verdict"] == "serve"
            else:
                assert (answer["verdict"], answer["other_tenant_id"]) == ("bound_elsewhere", winner)
        assert world.one(
            "select count(*) from app.device where mac = %s and bound_at is not null", (first.mac,)
        ) == 1


def test_config_has_the_shape_that_a_worker_decodes(world):
    tenant = world.tenant(settings={"ui.language": "de"}, locks=["ui.language", 'raw:a"b\\c'])
    site = world.site(tenant, time_zone="Europe/Berlin", country="DE",
                      settings={"ui.tone_country": "AT"})
    profile = world.profile(tenant, raw={"yealink": {"features.x": "1"}})
    scene = Scene(world)
    sealed = base64.b64encode(SEALED).decode()
    device = world.device(
        tenant, site_id=site, profile_id=profile, model="T54W",
        settings={"security.admin_secret": {"sealed": sealed}, "audio.codecs": ["pcma", "g722"]},
        mac="02:00:00:00:10:01",
    )
    one = world.pbx(tenant, domain="one.example", transport="tls", srtp="required")
    world.sql("""update app.pbx set registrars = '[{"host": "r1.example", "port": 5061}]' where pbx_id = %s""",
              (one,))
    two = world.pbx(tenant, domain="two.example")
    hard = world.extension(tenant, one, number="1001", display_name='Müller "Chef" \\ %s', auth_id="a1")
    world.line(tenant, device, world.extension(tenant, two, number="2001"), 3)
    world.line(tenant, device, hard, 1, label='La"bel', is_shared=True,
               settings={"call.waiting": True}, raw={"yealink": {"x": "y"}})
    own = world.extension(tenant, one, number="1003", domain="own.example")
    world.line(tenant, device, own, 2)
    for panel, module, slot in (("module", 1, 2), ("programmable", 0, 1), ("line", 0, 10), ("line", 0, 9),
                                ("module", 1, 1)):
        world.sql(
            "insert into app.device_key (tenant_id, device_id, panel, module, slot, kind, line, value, label)"
            " values (%s, %s, %s, %s, %s, 'blf', 1, '10\\2', 'A \"b\"')", (tenant, device, panel, module, slot))
    answer = world.fetch(world.key(tenant), "02:00:00:00:10:01", root=scene.root)
    assert (answer["verdict"], answer["model"]) == ("serve", "T54W")
    config = json.loads(answer["config"])
    assert list(config) == ["layers", "pbxs", "lines", "keys"]
    assert [(one["layer"], one["id"]) for one in config["layers"]] == [
        ("operator", 1), ("tenant", tenant), ("site", site), ("profile", profile), ("device", device)]
    assert config["layers"][1] == {
        "layer": "tenant", "id": tenant, "settings": {"ui.language": "de"},
        "locks": ["ui.language", 'raw:a"b\\c'], "raw": {}}
    assert config["layers"][2]["settings"] == {"time.zone": "Europe/Berlin", "ui.tone_country": "AT"}
    assert config["layers"][3]["raw"] == {"yealink": {"features.x": "1"}}
    assert config["layers"][4]["settings"] == {
        "security.admin_secret": {"sealed": sealed}, "audio.codecs": ["pcma", "g722"]}

    pbxs = {pbx["id"]: pbx for pbx in config["pbxs"]}
    assert len(pbxs) == len(config["pbxs"]) == 3
    assert pbxs[one] == {
        "id": one, "domain": "one.example", "transport": "tls", "srtp": "required",
        "registrars": [{"host": "r1.example", "port": 5061}], "proxies": []}
    assert pbxs[two]["domain"] == "two.example" and pbxs[two]["registrars"] == []
    apart = 2**62 + own
    assert pbxs[apart] == {**pbxs[one], "id": apart, "domain": "own.example"}

    assert [(line["index"], line["pbx_id"]) for line in config["lines"]] == [(1, one), (2, apart), (3, two)]
    first = config["lines"][0]
    assert first.pop("id") > 0
    assert first == {
        "index": 1, "extension_id": hard, "pbx_id": one, "number": "1001", "auth_id": "a1",
        "display_name": 'Müller "Chef" \\ %s', "label": 'La"bel', "secret": sealed, "shared": True,
        "settings": {"call.waiting": True}, "raw": {"yealink": {"x": "y"}}}
    assert config["lines"][2]["auth_id"] == "2001"

    assert [(key["panel"], key["module"], key["slot"]) for key in config["keys"]] == [
        ("line", 0, 9), ("line", 0, 10), ("programmable", 0, 1), ("module", 1, 1), ("module", 1, 2)]
    assert config["keys"][0] == {
        "panel": "line", "module": 0, "slot": 9, "kind": "blf", "line": 1, "value": "10\\2",
        "label": 'A "b"', "extension": ""}


def test_a_secret_of_any_length_is_one_line_of_base64(scene):
    pbx = scene.world.pbx(scene.tenant)
    extension = scene.world.extension(scene.tenant, pbx)
    scene.world.line(scene.tenant, scene.device, extension)
    for length in (29, 60, 61, 62, 1053):
        secret = b"\x01" + bytes(range(200))[: length - 1] + bytes(max(0, length - 201))
        assert len(secret) == length
        scene.world.sql("update app.extension set secret = %s where extension_id = %s", (secret, extension))
        line = json.loads(scene.fetch()["config"])["lines"][0]
        assert base64.b64decode(line["secret"], validate=True) == secret


def test_keys_of_a_template_are_under_the_devices_own(scene):
    world, tenant = scene.world, scene.tenant
    template = world.one(
        "insert into app.key_template (tenant_id, name) values (%s, 'k') returning key_template_id", (tenant,))
    for slot in (1, 2, 3):
        world.sql(
            "insert into app.key_template_key (tenant_id, key_template_id, panel, slot, kind, value)"
            " values (%s, %s, 'line', %s, 'blf', 'shared')", (tenant, template, slot))
    world.sql(
        "insert into app.device_key (tenant_id, device_id, panel, slot, kind, value)"
        " values (%s, %s, 'line', 2, 'park', 'own'), (%s, %s, 'line', 4, 'blf', 'own')",
        (tenant, scene.device, tenant, scene.device))
    scene.set(key_template_id=template)
    keys = json.loads(scene.fetch()["config"])["keys"]
    assert [(key["slot"], key["kind"], key["value"]) for key in keys] == [
        (1, "blf", "shared"), (2, "park", "own"), (3, "blf", "shared"), (4, "blf", "own")]
    # Named by the profile: of devices that name none themselves.
    profile = world.profile(tenant, key_template_id=template)
    scene.set(key_template_id=None, profile_id=profile)
    assert json.loads(scene.fetch()["config"])["keys"] == keys
    empty = world.one(
        "insert into app.key_template (tenant_id, name) values (%s, 'e') returning key_template_id", (tenant,))
    scene.set(key_template_id=empty)
    assert [key["slot"] for key in json.loads(scene.fetch()["config"])["keys"]] == [2, 4]


def test_common_and_boot_files_get_layers_and_no_account(scene):
    pbx = scene.world.pbx(scene.tenant)
    scene.world.line(scene.tenant, scene.device, scene.world.extension(scene.tenant, pbx))
    for kind in ("common", "boot"):
        config = json.loads(scene.fetch(kind=kind)["config"])
        assert len(config["layers"]) == 3
        assert (config["pbxs"], config["lines"], config["keys"]) == ([], [], [])
    answer = scene.fetch(kind="directory")
    assert (answer["verdict"], answer["config"]) == ("unknown_path", None)


def test_the_time_of_a_refusal_does_not_tell_unknown_from_foreign(scene):
    """Not by orders of magnitude: medians of many within a factor of three."""
    assert scene.verdict() == "serve"
    key = scene.world.key(scene.world.tenant())
    medians = {}
    with scene.world.as_role("beckon_config") as cursor:
        for label, mac in (("foreign", scene.mac), ("unknown", "02:00:00:00:00:55")):
            times = []
            for _ in range(300):
                begin = time.perf_counter()
                answer = scene.world.fetch(key, mac, root=scene.root, cursor=cursor)
                times.append(time.perf_counter() - begin)
                assert answer["verdict"] == "unknown_device"
            medians[label] = sorted(times)[len(times) // 2]
    assert 1 / 3 < medians["foreign"] / medians["unknown"] < 3, medians


def test_trust_roots_are_the_enabled_ones_and_the_version_tells_of_any_change(world):
    def roots():
        with world.as_role("beckon_config") as cursor:
            cursor.execute("select root_id, tenant_id, maker, rules, certificate, not_after from bk.trust_roots()")
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def version():
        with world.as_role("beckon_config") as cursor:
            cursor.execute("select bk.trust_roots_version()")
            return cursor.fetchone()[0]

    seen = [version()]

    def changed():
        seen.append(version())
        return seen[-1] > seen[-2]

    tenant = world.tenant()
    root = world.root(tenant)
    assert changed() and roots()[root][:3] == (tenant, "yealink", ["yealink-cn"])
    assert not changed()
    world.sql("update app.trust_root set is_enabled = false where root_id = %s", (root,))
    assert changed() and root not in roots()
    world.sql("delete from app.trust_root where root_id = %s", (root,))
    assert changed()
