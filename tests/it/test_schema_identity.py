"""Pins, quarantine and what the tenant decides; policies; armed serving; what batches of visits tell."""

import datetime
import json

import pytest
from psycopg2 import errors

from schema_world import FINGERPRINT, cluster, constraint_of, world  # noqa: F401
from test_schema_fetch import Scene, scene  # noqa: F401
from test_schema_record import record

OTHER = b"\xf2" * 32


def call(scene, function, *arguments):
    """A function of the tenant's, as the API calls it."""
    marks = ", ".join(["%s"] * len(arguments))
    with scene.world.as_role("beckon_api", scene.tenant) as cursor:
        cursor.execute(f"select * from bk.{function}({marks})", arguments)
        return cursor.fetchone()


def anomalies(scene, columns="kind, seen_count, decision"):
    return scene.world.sql(
        f"select {columns} from app.anomaly where tenant_id = %s and device_id = %s order by anomaly_id",
        (scene.tenant, scene.device))


def policy(scene, **keys):
    scene.world.sql("update app.tenant set policy = %s where tenant_id = %s", (json.dumps(keys), scene.tenant))


# --- another certificate, model, maker ---


def test_another_certificate_quarantines_and_is_told_with_what_was_seen(scene):
    scene.verdict()
    assert scene.verdict(fingerprint=OTHER, source="198.51.100.7", serial="S1") == "quarantined"
    assert scene.state()[0] == "quarantined"
    assert scene.verdict() == "quarantined"  # the phone itself keeps what it has, too
    (kind, seen), = anomalies(scene, "kind, seen")
    assert kind == "other_certificate"
    assert seen == {"source": "198.51.100.7", "maker": "yealink", "fingerprint": OTHER.hex(), "serial": "S1"}


def test_accepting_pins_what_was_seen(scene):
    scene.verdict()
    scene.verdict(fingerprint=OTHER)
    assert call(scene, "device_accept", scene.device, "user:1") == ("",)
    assert scene.verdict(fingerprint=OTHER) == "serve"
    assert scene.verdict() == "quarantined"  # now the former one is another one
    assert anomalies(scene)[0] == ("other_certificate", 1, "accepted")


def test_blocking_keeps_the_pin_and_blocks_the_certificate_here_alone(scene):
    scene.verdict()
    scene.verdict(fingerprint=OTHER)
    assert call(scene, "device_block", scene.device, "user:1") == ("",)
    assert scene.verdict() == "serve"
    assert scene.verdict(fingerprint=OTHER) == "blocked_certificate"
    assert anomalies(scene) == [("other_certificate", 1, "blocked")]
    assert Scene(scene.world).verdict(fingerprint=OTHER) == "serve"


def test_another_model_quarantines_and_letters_do_not(scene):
    assert scene.verdict(model="T54W") == "serve"
    assert scene.verdict(model="t54w") == "serve"
    assert scene.verdict(model="") == "serve"
    assert scene.verdict(model="T46U") == "quarantined"
    assert call(scene, "device_accept", scene.device, "user:1") == ("",)
    assert scene.verdict(model="T46U") == "serve"


def test_a_model_that_is_told_later_is_pinned_then(scene):
    scene.verdict()
    assert scene.verdict(model="T54W") == "serve"
    assert scene.verdict(model="T46U") == "quarantined"


def test_a_cloned_certificate_is_blocked_itself(scene):
    scene.verdict(model="T54W")
    scene.verdict(model="T46U")
    assert call(scene, "device_block", scene.device, "user:1") == ("",)
    assert scene.verdict(model="T54W") == "blocked_certificate"


def test_another_makers_factory_quarantines_a_bound_device_only(scene):
    other = scene.world.root(maker="snom")
    asked = dict(maker="snom", root=other, path_mac=scene.mac, fingerprint=OTHER)
    assert scene.verdict(**asked) == "maker_mismatch"
    assert scene.state()[0] == "claimed"
    scene.verdict()
    assert scene.verdict(**asked) == "maker_mismatch"
    assert scene.state()[0] == "quarantined"
    assert "change the device's vendor" in call(scene, "device_accept", scene.device, "user:1")[0]
    assert call(scene, "device_block", scene.device, "user:1") == ("",)
    assert scene.verdict(**asked) == "blocked_certificate"
    assert scene.verdict() == "serve"


def test_an_operators_root_makes_up_for_a_tenants_own_with_a_certificate_of_its_own(scene):
    own = scene.world.root(tenant=scene.tenant)
    assert scene.verdict(root=own, fingerprint=OTHER) == "serve"
    assert scene.verdict() == "serve"
    assert bytes(scene.state()[2]) == FINGERPRINT
    assert scene.verdict(root=own, fingerprint=OTHER) == "quarantined"


def test_nothing_is_decided_where_nothing_waits(scene):
    for function in ("device_accept", "device_block"):
        assert call(scene, function, scene.device, "user:1") == (
            "the device is claimed: there is nothing to decide",)
        assert call(scene, function, 999999999, "user:1") == ("there is no such device",)


def test_another_tenant_decides_nothing(scene):
    scene.verdict()
    scene.verdict(fingerprint=OTHER)
    stranger = Scene(scene.world)
    stranger.device = scene.device
    for function in ("device_accept", "device_block"):
        assert call(stranger, function, scene.device, "user:1") == ("there is no such device",)
    assert call(stranger, "device_arm", scene.device, 1) == (None, "there is no such device")
    assert scene.state()[0] == "quarantined"


def test_quarantine_is_not_lifted_by_hand(scene):
    scene.verdict()
    scene.verdict(fingerprint=OTHER)
    with pytest.raises(errors.CheckViolation) as error:
        scene.set(state="bound")
    assert constraint_of(error) == "device_transition_ck"
    scene.set(state="suspended")
    scene.set(state="bound")  # its pin is as it was: the other certificate is refused again
    assert scene.verdict(fingerprint=OTHER) == "quarantined"


def test_a_released_or_swapped_phone_leaves_nothing_behind(scene):
    scene.verdict(model="T54W")
    scene.verdict(fingerprint=OTHER)
    scene.set(state="released")
    scene.set(state="claimed")
    assert anomalies(scene) == [("other_certificate", 1, "superseded")]
    assert scene.verdict(fingerprint=OTHER, model="T46U") == "serve"


# --- armed serving ---


def hold(scene, revision):
    scene.world.sql("update app.device_state set revision_held = %s where device_id = %s",
                    (revision, scene.device))


def test_armed_serving_gives_files_in_a_window_or_for_a_new_revision(scene):
    policy(scene, serving="armed")
    assert scene.verdict() == "serve"  # its first window
    scene.set(armed_until="2001-01-01")
    assert scene.verdict() == "unarmed"  # never held anything, and nobody opened a window
    hold(scene, 1)
    assert scene.verdict() == "unarmed"
    for kind in ("common", "boot"):
        assert scene.verdict(kind=kind) == "unarmed"
    scene.set(label="x", settings='{"time.zone": "Europe/Berlin"}')
    assert scene.fetch()["revision"] == 2
    assert scene.verdict() == "serve"
    hold(scene, 2)
    assert scene.verdict() == "unarmed"
    until, refusal = call(scene, "device_arm", scene.device, None)
    assert refusal == "" and until - datetime.datetime.now(datetime.timezone.utc) > datetime.timedelta(hours=71)
    assert scene.verdict() == "serve"


def test_a_reprovision_that_was_asked_for_arms_as_long_as_it_is_open(scene):
    policy(scene, serving="armed")
    scene.verdict()
    hold(scene, 1)
    scene.set(armed_until=None)
    call(scene, "jobs_request", "reboot", [scene.device], None, "user:1")
    assert scene.verdict() == "unarmed"
    call(scene, "jobs_request", "reprovision", [scene.device], None, "user:1")
    assert scene.verdict() == "serve"


def test_a_profile_overrides_its_tenant(scene):
    policy(scene, serving="armed")
    profile = scene.world.profile(scene.tenant, policy={"serving": "always"})
    scene.set(armed_until=None)
    assert scene.verdict() == "unarmed"
    scene.set(profile_id=profile)
    assert scene.verdict() == "serve"


def test_windows_have_bounds(scene):
    assert call(scene, "device_arm", scene.device, 721) == (None, "a window has 1 to 720 hours, not 721")
    assert call(scene, "device_arm", scene.device, 0)[0] is None


@pytest.mark.parametrize("bad", [
    '{"enrolment": "yes"}', '{"enrolment_hours": 0}', '{"enrolment_hours": 721}', '{"armed_hours": 1.5}',
    '{"armed_hours": "72"}', '{"networks_per_day_max": -1}', '{"networks_per_day_max": 1001}',
    '{"serving": null}', '{"unknown": 1}', "[]", '{"reset": true}',
])
def test_policies_are_judged(scene, bad):
    with pytest.raises(errors.CheckViolation) as error:
        scene.world.sql("update app.tenant set policy = %s where tenant_id = %s", (bad, scene.tenant))
    assert constraint_of(error) == "tenant_policy_ck"


def test_the_policy_of_a_device_is_whole(scene):
    policy(scene, enrolment="token", armed_hours=1)
    profile = scene.world.profile(scene.tenant, policy={"armed_hours": 2})
    scene.set(profile_id=profile)
    assert scene.world.one("select app.policy_of(%s, %s)", (scene.tenant, scene.device)) == {
        "enrolment": "token", "enrolment_hours": 72, "enrolment_secret": "url", "reset": "refuse",
        "serving": "always", "armed_hours": 2, "networks_per_day_max": 8}


def test_sites_have_at_most_32_networks_each_once(scene):
    site = scene.world.site(scene.tenant)
    many = [f"10.0.{number}.0/24" for number in range(32)]
    def put(networks):
        scene.world.sql("update app.site set addresses = %s::cidr[] where site_id = %s", (networks, site))
    put(many)
    for bad in ([*many, "10.1.0.0/24"], ["10.0.0.0/24", "10.0.0.0/24"], [None]):
        with pytest.raises(errors.CheckViolation) as error:
            put(bad)
        assert constraint_of(error) == "site_addresses_ck"


# --- legacy listeners ---


def test_old_tls_is_for_devices_that_were_allowed_it(scene):
    assert scene.verdict(is_legacy=True) == "legacy_not_allowed"
    scene.set(is_legacy=True)
    assert scene.verdict(is_legacy=True) == "serve"
    assert scene.verdict() == "serve"


# --- what batches tell ---


def visit(scene, **columns):
    return {"tenant_id": scene.tenant, "device_id": scene.device, "mac": scene.mac, **columns}


def test_a_certificate_that_guesses_is_told_from_the_fifth_on(scene):
    guess = visit(scene, reason="mac_mismatch", status=404, revision=None)
    record(scene.world, [guess] * 4)
    assert anomalies(scene) == []
    record(scene.world, [guess])
    assert anomalies(scene) == [("guessing", 1, None)]
    record(scene.world, [guess] * 7)
    assert anomalies(scene) == [("guessing", 8, None)]


def test_guesses_of_yesterday_are_forgotten(scene):
    guess = visit(scene, reason="mac_mismatch", status=404, revision=None)
    record(scene.world, [guess] * 4)
    scene.world.sql("update app.device_state set mismatch_at = now() - interval '25 hours'"
                    " where device_id = %s", (scene.device,))
    record(scene.world, [guess])
    assert anomalies(scene) == []


def from_networks(scene, count, first=0):
    for number in range(first, first + count):
        record(scene.world, [visit(scene, source=f"10.{number}.0.1")])


def test_too_many_networks_within_a_day_quarantine(scene):
    scene.verdict()
    from_networks(scene, 8)
    assert scene.state()[0] == "bound"
    record(scene.world, [visit(scene, source="10.7.0.9"), visit(scene, source="10.0.0.1")])  # known ones
    assert scene.state()[0] == "bound"
    from_networks(scene, 1, first=8)
    assert scene.state()[0] == "quarantined"
    (kind, seen), = anomalies(scene, "kind, seen")
    assert (kind, seen["networks"], seen["source"]) == ("many_networks", 9, "10.8.0.1")
    assert call(scene, "device_accept", scene.device, "user:1") == ("",)
    from_networks(scene, 8, first=20)
    assert scene.state()[0] == "bound"


def test_networks_of_one_batch_count_together(scene):
    scene.verdict()
    record(scene.world, [visit(scene, source=f"10.{number}.0.1") for number in range(9)])
    assert scene.state()[0] == "quarantined"


def test_networks_are_a_policy(scene):
    scene.verdict()
    policy(scene, networks_per_day_max=0)
    from_networks(scene, 12)
    assert scene.state()[0] == "bound"
    policy(scene, networks_per_day_max=2)
    scene.world.sql("delete from app.device_network where device_id = %s", (scene.device,))
    from_networks(scene, 3, first=20)
    assert scene.state()[0] == "quarantined"


def test_networks_of_yesterday_are_forgotten(scene):
    scene.verdict()
    from_networks(scene, 8)
    scene.world.sql("update app.device_network set last_at = now() - interval '25 hours'"
                    " where device_id = %s", (scene.device,))
    from_networks(scene, 1, first=30)
    assert scene.state()[0] == "bound"
    assert scene.world.one("select count(*) from app.device_network where device_id = %s",
                           (scene.device,)) == 1


def test_who_holds_a_phone_is_told_of_another_tenants_key(scene):
    scene.verdict()
    record(scene.world, [visit(scene, device_id=None, reason="foreign_tenant_key", status=404, revision=None)])
    assert anomalies(scene) == [("foreign_key", 1, None)]
