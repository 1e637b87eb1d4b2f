"""Phones without a certificate: tokens, steady secrets, sites, resets; what the tenant allows."""

import hashlib
import json
import threading

import pytest

from schema_world import SEALED, cluster, world  # noqa: F401
from stack import wait_until
from test_schema_identity import anomalies, call

HOME = "203.0.113.5"
ELSEWHERE = "198.51.100.9"


class Scene:
    """A tenant that enrols by token, and a device of a maker without certificates."""

    def __init__(self, world, **policy):
        self.world = world
        self.tenant = world.tenant(policy={"enrolment": "token", **policy})
        self.key = world.key(self.tenant)
        self.mac = world.mac()
        self.site = world.site(self.tenant)
        self.device = world.device(self.tenant, mac=self.mac, vendor="grandstream", site_id=self.site)

    def addresses(self, *networks):
        self.world.sql("update app.site set addresses = %s::cidr[] where site_id = %s",
                       (list(networks), self.site))

    def policy(self, **keys):
        self.world.sql("update app.tenant set policy = %s where tenant_id = %s",
                       (json.dumps(keys), self.tenant))

    def arm(self, token="t" * 24, secret="s" * 24, method="url", hours=None):
        hashed = [hashlib.sha256(one.encode()).digest() if one else None for one in (token, secret)]
        return call(self, "enrolment_arm", self.device, method, hashed[0], "", hashed[1], SEALED, hours)

    def fetch(self, proof, proved=None, **changes):
        asked = {"mac": self.mac, "source": HOME, **changes}
        return self.world.enrol(self.key, proof, proved, **asked)

    def verdict(self, proof, proved=None, **changes):
        return self.fetch(proof, proved, **changes)["verdict"]

    def token(self, **changes):
        return self.verdict("token", "t" * 24, **changes)

    def steady(self, **changes):
        return self.verdict("url", "s" * 24, **changes)

    def state(self):
        return self.world.sql(
            "select state, is_bound_by_own_root from app.device where device_id = %s", (self.device,))[0]


@pytest.fixture
def scene(world):
    return Scene(world)


def test_a_token_gives_the_steady_secret_and_that_the_whole(scene):
    assert scene.arm()[1] == ""
    answer = scene.fetch("token", "t" * 24)
    assert (answer["verdict"], answer["method"], answer["config"]) == ("enrol", "url", None)
    assert bytes(answer["secret"]) == SEALED and bytes(answer["data_key"]) == SEALED
    assert scene.state() == ("claimed", False)
    answer = scene.fetch("url", "s" * 24)
    assert answer["verdict"] == "serve" and '"lines"' in answer["config"]
    assert answer["mac"].replace(":", "") == scene.mac
    assert scene.state() == ("bound", True)


def test_a_token_may_be_repeated_from_where_it_was_used_until_the_secret_is(scene):
    scene.arm()
    assert scene.token() == "enrol"
    assert scene.token() == "enrol"
    assert scene.token(source=ELSEWHERE) == "enrolment_used"
    assert scene.steady() == "serve"
    assert scene.token() == "factory_reset"
    assert scene.steady() == "serve"


def test_a_token_is_the_devices_alone(scene):
    scene.arm()
    other = scene.world.mac()
    for _ in range(5):
        assert scene.token(mac=other) == "mac_mismatch"
    assert scene.token(mac=None) == "enrol"  # a path without one: boot and common files are told below
    assert anomalies(scene) == [("enrolment_guessing", 1, None)]
    assert scene.verdict("token", "x" * 24) == "unknown_secret"
    assert scene.verdict("url", "t" * 24) == "unknown_secret"
    assert scene.verdict("basic", "s" * 24) == "unknown_secret"  # the way it was given is the way


def test_only_the_devices_own_file_begins(scene):
    scene.arm()
    for kind in ("boot", "common", "none"):
        assert scene.token(kind=kind) == "unknown_path"
    assert scene.token(maker="yealink") == "unknown_path"  # the device is of another maker


def test_a_token_has_a_window(scene):
    scene.arm(hours=1)
    scene.world.sql("update app.enrolment set valid_until = now() - interval '1 second'"
                    " where device_id = %s", (scene.device,))
    assert scene.token() == "enrolment_closed"
    scene.arm()
    assert scene.token() == "enrol"


def test_arming_again_ends_what_was_given(scene):
    scene.arm()
    scene.token()
    scene.steady()
    scene.arm(token="u" * 24, secret="v" * 24)
    assert scene.token() == "unknown_secret"
    assert scene.steady() == "unknown_secret"
    assert scene.verdict("token", "u" * 24) == "enrol"
    assert scene.verdict("url", "v" * 24) == "serve"
    assert call(scene, "enrolment_disarm", scene.device) == ("",)
    assert scene.verdict("url", "v" * 24) == "unknown_secret"
    assert call(scene, "enrolment_disarm", scene.device) == ("the device has no enrolment",)


def test_policy_off_ends_tokens_and_secrets(scene):
    scene.arm()
    scene.token()
    scene.steady()
    scene.policy()
    assert scene.token() == "enrolment_off"
    assert scene.steady() == "enrolment_off"
    assert "allows no enrolment" in scene.arm()[1]


def test_suspended_and_released_get_nothing(scene):
    scene.arm()
    scene.steady()
    scene.world.sql("update app.device set state = 'suspended' where device_id = %s", (scene.device,))
    assert scene.steady() == "suspended"
    scene.world.sql("update app.device set state = 'released' where device_id = %s", (scene.device,))
    assert scene.steady() == "unknown_secret"  # gone with what it proved
    assert "released" in scene.arm()[1]


def test_site_addresses_as_additional_condition(scene):
    scene.policy(enrolment="token_and_address")
    assert "there are none" in scene.arm()[1]
    scene.addresses("203.0.113.0/24")
    assert scene.arm()[1] == ""
    assert scene.token(source=ELSEWHERE) == "enrolment_address"
    assert scene.token() == "enrol"
    assert scene.steady(source=ELSEWHERE) == "serve"  # a phone may move once it is known


def test_site_addresses_instead_of_a_token(scene):
    scene.policy(enrolment="address")
    scene.addresses("203.0.113.0/24")
    assert scene.verdict("none", source=ELSEWHERE) == "enrolment_address"
    assert scene.verdict("none", mac=scene.world.mac()) == "unknown_device"
    assert scene.verdict("none") == "renew"
    assert scene.token() == "unknown_secret"
    assert renew(scene, former=None)
    assert scene.verdict("none") == "enrol"
    assert scene.verdict("url", "n" * 24) == "serve"
    assert scene.verdict("none") == "factory_reset"
    assert "no token" in scene.arm()[1]


def test_without_any_proof_a_token_policy_gives_nothing(scene):
    assert scene.verdict("none") == "no_identity"


def test_a_claim_at_its_site_has_a_window(scene):
    scene.policy(enrolment="address", enrolment_hours=1)
    scene.addresses("203.0.113.0/24")
    scene.world.sql("update app.device set claimed_at = now() - interval '2 hours' where device_id = %s",
                    (scene.device,))
    assert scene.verdict("none") == "enrolment_closed"


def renew(scene, secret="n" * 24, source=HOME, data_key=SEALED, former=SEALED, sealed=SEALED):
    with scene.world.as_role("beckon_config") as cursor:
        cursor.execute(
            "select bk.enrolment_renew(%s, %s, 'url', %s::bytea, %s::bytea, %s::bytea, %s::bytea, %s::inet)",
            (scene.tenant, scene.device, former, hashlib.sha256(secret.encode()).digest(), sealed, data_key,
             source))
        return cursor.fetchone()[0]


def seen_at(scene, source):
    scene.world.sql("update app.device_state set last_source = %s, revision_held = 1 where device_id = %s",
                    (source, scene.device))


def test_a_reset_is_refused_and_told_unless_the_policy_enrols_again(scene):
    scene.arm()
    scene.token()
    scene.steady()
    seen_at(scene, HOME)
    assert scene.token() == "factory_reset"
    assert anomalies(scene) == [("factory_reset", 1, None)]
    scene.policy(enrolment="token", reset="reenrol")
    assert scene.token(source=ELSEWHERE) == "factory_reset"  # a token found elsewhere is no reset
    assert scene.token() == "renew"
    assert renew(scene)
    assert scene.steady() == "unknown_secret"
    assert scene.token() == "enrol"
    assert scene.verdict("url", "n" * 24) == "serve"
    assert scene.world.one("select revision_held from app.device_state where device_id = %s",
                           (scene.device,)) is None
    assert [row[2] for row in anomalies(scene)] == ["accepted"]


def test_arming_again_answers_a_reset(scene):
    scene.arm()
    scene.steady()
    scene.token()
    assert [row[2] for row in anomalies(scene)] == [None]
    scene.arm(token="u" * 24, secret="v" * 24)
    assert [row[2] for row in anomalies(scene)] == ["accepted"]


def test_another_model_with_the_secret_quarantines(scene):
    scene.arm()
    assert scene.steady(model="GRP2614") == "serve"
    assert scene.steady(model="HT802") == "quarantined"
    assert scene.steady(model="GRP2614") == "quarantined"
    assert call(scene, "device_block", scene.device, "user:1") == ("",)
    assert scene.steady(model="GRP2614") == "unknown_secret"  # the secret is out: enrol again


def test_armed_serving_holds_for_secrets_too(scene):
    scene.policy(enrolment="token", serving="armed")
    scene.arm()
    assert scene.steady() == "serve"
    scene.world.sql("update app.device set armed_until = null where device_id = %s", (scene.device,))
    seen_at(scene, HOME)
    assert scene.steady() == "unarmed"


def test_a_secret_of_the_tenants_own_keeps_the_phone_from_nobody(scene):
    scene.arm()
    scene.steady()
    other = Scene(scene.world)
    scene.world.sql("update app.device set mac = %s where device_id = %s", (scene.mac, other.device))
    other.mac = scene.mac
    other.arm()
    assert other.steady() == "serve"
    assert scene.steady() == "serve"
    assert scene.world.enrol(scene.key, "url", "s" * 24, mac=scene.mac)["tenant_id"] == scene.tenant


def test_a_certificate_of_the_factory_takes_over_an_enrolled_phone(scene):
    scene.arm()
    scene.steady()
    root = scene.world.root(maker="grandstream")
    assert scene.world.fetch(scene.key, scene.mac, maker="grandstream", root=root)["verdict"] == "serve"
    assert scene.state() == ("bound", False)
    assert scene.steady() == "serve"


def test_digest_gets_the_sealed_secret_of_its_device_and_nothing_else(scene):
    def ask(key, mac):
        with scene.world.as_role("beckon_config") as cursor:
            cursor.execute("select * from bk.enrol_digest(%s, %s::macaddr)", (key, mac))
            return cursor.fetchone()

    nothing = (None, None, None, None)
    scene.arm(method="basic")
    assert ask(scene.key, scene.mac) == nothing
    scene.arm(method="digest")
    row = ask(scene.key, scene.mac)
    assert row[:2] == (scene.tenant, scene.device) and bytes(row[3]) == SEALED
    assert ask(scene.key, scene.world.mac()) == nothing
    assert ask("nosuchkey", scene.mac) == nothing
    assert ask(Scene(scene.world).key, scene.mac) == nothing


def test_another_tenant_arms_and_disarms_nothing(scene):
    scene.arm()
    stranger = Scene(scene.world)
    stranger.device = scene.device
    assert stranger.arm()[1] == "there is no such device"
    assert call(stranger, "enrolment_disarm", scene.device) == ("the device has no enrolment",)
    assert scene.token() == "enrol"


def test_unknown_keys_and_suspended_tenants(scene):
    scene.arm()
    assert scene.world.enrol("nosuchkey", "token", "t" * 24)["verdict"] == "unknown_tenant_key"
    scene.world.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (scene.tenant,))
    answer = scene.fetch("token", "t" * 24)
    assert (answer["verdict"], answer["data_key"], answer["secret"]) == ("tenant_suspended", None, None)


def test_a_secret_sealed_with_a_key_that_is_changing_is_not_taken(scene):
    scene.arm()
    scene.steady()
    assert renew(scene, data_key=SEALED[:-1] + b"\1") is None
    with scene.world.as_role("beckon_operator", scene.tenant) as cursor:
        cursor.execute("select bk.data_key_claim()")
        assert renew(scene) is None
        assert scene.steady() == "serve"
    assert renew(scene)
    assert scene.steady() == "unknown_secret"


def test_no_address_stands_for_a_phone_that_has_a_certificate(scene):
    scene.policy(enrolment="address", reset="reenrol")
    scene.addresses("203.0.113.0/24")
    root = scene.world.root(maker="grandstream")
    assert scene.world.fetch(scene.key, scene.mac, maker="grandstream", root=root)["verdict"] == "serve"
    assert scene.verdict("none") == "no_identity"
    scene.arm(token=None)  # unless its tenant says so
    assert scene.verdict("none") == "enrol"


class Waiting(threading.Thread):
    """Does something that waits for a lock; .result when it is over."""

    def __init__(self, world, do):
        super().__init__()
        self.do = do
        self.start()
        wait_until("it waits", lambda: world.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"))

    def run(self):
        self.result = self.do()

    def end(self):
        self.join(10)
        return self.result


def arming(scene, cursor, token, secret, sealed):
    hashed = [hashlib.sha256(one.encode()).digest() for one in (token, secret)]
    cursor.execute("select refusal from bk.enrolment_arm(%s, 'url', %s, '', %s, %s, null)",
                   (scene.device, hashed[0], hashed[1], sealed))
    assert cursor.fetchone() == ("",)


def test_who_came_before_does_not_put_out_who_is_armed_now(scene):
    """Judged renew by the former token, written after the device was armed anew."""
    scene.arm()
    scene.steady()
    other = SEALED[:-1] + b"\1"
    with scene.world.as_role("beckon_api", scene.tenant) as cursor:
        arming(scene, cursor, "u" * 24, "v" * 24, other)
        late = Waiting(scene.world, lambda: renew(scene))
    assert late.end() is False
    assert scene.verdict("url", "v" * 24) == "serve"
    assert scene.verdict("url", "n" * 24) == "unknown_secret"


def test_what_was_disarmed_is_not_renewed(scene):
    scene.arm()
    scene.steady()
    with scene.world.as_role("beckon_api", scene.tenant) as cursor:
        cursor.execute("select bk.enrolment_disarm(%s)", (scene.device,))
        late = Waiting(scene.world, lambda: renew(scene))
    assert late.end() is False
    assert scene.verdict("url", "n" * 24) == "unknown_secret"


def test_a_former_token_in_flight_does_not_burn_the_new_one(scene):
    scene.arm()
    other = SEALED[:-1] + b"\1"
    with scene.world.as_role("beckon_api", scene.tenant) as cursor:
        arming(scene, cursor, "u" * 24, "v" * 24, other)
        late = Waiting(scene.world, lambda: scene.token(source=ELSEWHERE))
    assert late.end() == "enrolment_used"
    assert scene.verdict("token", "u" * 24) == "enrol"
