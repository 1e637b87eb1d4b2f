"""Phones without a usable certificate, through the API: policies, addresses of sites, one-time URLs, windows. What
the API says is tried by a phone that asks.
"""

import hashlib
import json
import re
import urllib.parse

import pytest

import enrolment
from api import Api
from seal import data_key, unseal

TOKEN = re.compile(r"/e-([a-z0-9]{24})/$")


@pytest.fixture
def admin(api, tenant):
    return api.admin(tenant)


@pytest.fixture
def device(tenant):
    """A claim that waits for its phone."""
    return enrolment.Enrolled(tenant)


def path(device, rest=""):
    return f"/v1/devices/{device.id}{rest}"


def set_policy(client, **keys):
    return client.expect(200, "PATCH", "/v1/tenant", {"policy": keys}).json["policy"]


def arm(client, device, body=None, **options):
    return client.expect(201, "POST", path(device, "/enrolment"), body or {}, **options).json


def ask(device, url, **options):
    return device.get(urllib.parse.urlsplit(url).path + device.file, **options)


def steady_of(answer):
    """What a first file names: the path that holds the phone's own secret."""
    return urllib.parse.urlsplit(enrolment.provisioning(answer)[0]).path


# --- one-time URLs --------------------------------------------------------------------------------------


def test_a_phone_enrols_by_the_url_that_the_api_gave(stack, admin, device):
    set_policy(admin, enrolment="token")
    made = arm(admin, device, {"method": "url", "hours": 3})
    assert made["url"].startswith(f"{stack.enrolment_url}/{device.tenant.key}/e-") and TOKEN.search(made["url"])
    assert (made["state"], made["has_token"], made["method"]) == ("armed", True, "url")
    state = admin.expect(200, "GET", path(device, "/enrolment")).json
    assert state == {name: value for name, value in made.items() if name != "url"}

    first = ask(device, made["url"])
    assert first.status == 200 and device.secret.encode() not in first.body
    started = admin.get(path(device, "/enrolment")).json
    assert (started["state"], started["token_source"]) == ("started", "127.0.0.1")
    whole = device.get(f"{steady_of(first)}/{device.file}")
    assert whole.status == 200 and device.secret.encode() in whole.body
    done = admin.get(path(device, "/enrolment")).json
    assert done["state"] == "done" and done["secret_used_at"] and done["failed_count"] == 0
    assert admin.get(path(device)).json["state"] == "bound"

    # Armed again: what it had before ends, and it begins anew.
    again = arm(admin, device)
    assert again["url"] != made["url"] and again["state"] == "armed"
    assert device.get(f"{steady_of(first)}/{device.file}").status == 404
    assert ask(device, made["url"]).status == 404
    assert ask(device, again["url"]).status == 200
    # And ended.
    assert admin.delete(path(device, "/enrolment")).status == 204
    assert admin.get(path(device, "/enrolment")).status == 404
    assert admin.delete(path(device, "/enrolment")).status == 404
    assert ask(device, again["url"]).status == 404


def test_only_hashes_and_what_is_sealed_are_kept(stack, api, admin, device):
    """Neither token nor secret: in no row, log or other answer."""
    set_policy(admin, enrolment="token")
    made = arm(admin, device, headers={"Idempotency-Key": "once"})
    token = TOKEN.search(made["url"]).group(1)
    row = stack.sql("select token_hash, secret_hash, secret, username from app.enrolment where device_id = %s",
                    (device.id,))[0]
    steady = unseal(data_key(stack, device.tenant.id),
                    f"{device.tenant.id}/enrolment.secret/{device.id}", bytes(row[2])).decode()
    assert re.fullmatch("[a-z0-9]{24}", steady) and steady != token
    assert bytes(row[0]) == hashlib.sha256(token.encode()).digest()
    assert bytes(row[1]) == hashlib.sha256(steady.encode()).digest()
    answers = [admin.get(one).body.decode() for one in (
        path(device), path(device, "/enrolment"), "/v1/audit-events?limit=200", "/v1/devices?limit=200")]
    kept = [stack.sql(f"select string_agg(t::text, ' ') from {table} as t")[0][0]
            for table in ("app.idempotency", "app.audit", "app.enrolment", "app.device")]
    for secret in (token, steady):
        for text in (*answers, *kept, api.log_tail(1 << 20), stack.log_tail(1 << 20)):
            assert secret not in text

    # The same key again does nothing again, and tells nothing.
    told = admin.post(path(device, "/enrolment"), {}, headers={"Idempotency-Key": "once"})
    assert told.status == 409 and told.problem == "shown-once" and "new Idempotency-Key" in told.json["detail"]
    assert bytes(stack.sql("select token_hash from app.enrolment where device_id = %s", (device.id,))[0][0]) \
        == bytes(row[0])


def test_what_is_drawn_is_uniform(admin, device):
    """24 of 36 characters: each occurs about as often as any other (chi-square, 35 degrees, p > 1e-6)."""
    set_policy(admin, enrolment="token")
    text = "".join(TOKEN.search(arm(admin, device)["url"]).group(1) for _ in range(150))
    expected = len(text) / 36
    counts = [text.count(one) for one in enrolment.ALPHABET]
    assert sum(counts) == len(text)
    assert sum((count - expected) ** 2 / expected for count in counts) < 95


def test_the_policy_allows_it_or_it_says_what_to_set(admin, device):
    refused = admin.post(path(device, "/enrolment"), {})
    assert refused.status == 409 and refused.problem == "device-refused"
    assert "set enrolment in the policy" in refused.json["detail"]
    assert admin.get(path(device, "/enrolment")).status == 404

    set_policy(admin, enrolment="address")
    refused = admin.post(path(device, "/enrolment"), {})
    assert refused.status == 409 and "addresses of the device's site" in refused.json["detail"]
    site = admin.expect(201, "POST", "/v1/sites", {"name": "Bonn", "addresses": ["127.0.0.1"]}).json
    admin.expect(200, "PATCH", path(device), {"site_id": site["id"]})
    made = arm(admin, device)
    assert made["url"].endswith(f"/{device.tenant.key}/a/") and made["has_token"] is False
    assert ask(device, made["url"]).status == 200

    set_policy(admin, enrolment="token_and_address")
    made = arm(admin, device)
    assert TOKEN.search(made["url"])
    admin.expect(200, "PATCH", f"/v1/sites/{site['id']}", {"addresses": ["192.0.2.0/24"]})
    assert ask(device, made["url"]).status == 404


@pytest.mark.parametrize("state", ["suspended", "released"])
def test_a_device_that_gets_nothing_does_not_enrol(admin, device, state):
    set_policy(admin, enrolment="token")
    admin.expect(200, "PATCH", path(device), {"state": state})
    refused = admin.post(path(device, "/enrolment"), {})
    assert refused.status == 409 and refused.json["detail"] == f"the device is {state}"


def test_a_method_that_the_makers_phones_lack_is_refused(admin, device):
    set_policy(admin, enrolment="token")
    for body, policy in (({"method": "digest"}, {}), ({}, {"enrolment_secret": "digest"})):
        set_policy(admin, **policy)
        told = admin.post(path(device, "/enrolment"), body)
        assert told.status == 422 and told.json["errors"][0]["member"] == "method"
        assert "cannot enrol by digest; they can by: url basic" in told.json["detail"]
    assert arm(admin, device, {"method": "basic"})["method"] == "basic"


def test_basic_is_named_in_the_first_file(admin, device):
    set_policy(admin, enrolment="token", enrolment_secret="basic")
    made = arm(admin, device)
    first = ask(device, made["url"])
    url, user, password = enrolment.provisioning(first)
    assert user == device.mac and re.fullmatch("[a-z0-9]{24}", password) and url.endswith(device.tenant.key)
    assert device.basic(password).status == 200
    assert admin.get(path(device, "/enrolment")).json["state"] == "done"


def test_an_installation_without_such_a_listener_says_so(stack, tenant):
    api = Api(stack, {"enrolment_url": ""})
    try:
        admin = api.admin(tenant)
        device = enrolment.Enrolled(tenant)
        set_policy(admin, enrolment="token")
        told = admin.post(path(device, "/enrolment"), {})
        assert told.status == 409 and told.problem == "no-enrolment"
        assert "no listener for phones without a certificate" in told.json["detail"]
        assert admin.get(path(device, "/enrolment")).status == 404
    finally:
        api.stop()


def test_expired(stack, admin, device):
    set_policy(admin, enrolment="token")
    made = arm(admin, device, {"hours": 1})
    stack.sql("update app.enrolment set valid_until = now() - interval '1 second' where device_id = %s",
              (device.id,))
    assert admin.get(path(device, "/enrolment")).json["state"] == "expired"
    assert ask(device, made["url"]).status == 404


def test_what_was_done_stands_in_the_audit_chain(admin, device):
    set_policy(admin, enrolment="token")
    arm(admin, device)
    admin.expect(204, "DELETE", path(device, "/enrolment"))
    admin.expect(200, "POST", path(device, "/arm"), {"hours": 2})
    events = admin.get(f"/v1/audit-events?object_kind=device&object_id={device.id}").json["items"]
    assert [(one["action"], one["payload"]) for one in events[:3]] == [
        ("device.arm", {"hours": 2}), ("enrolment.disarm", {}),
        ("enrolment.arm", {"method": "url", "has_token": True})]


# --- policies -------------------------------------------------------------------------------------------


def test_a_profiles_decision_goes_before_its_tenants(admin, device):
    effective = lambda: admin.expect(200, "GET", path(device, "/policy")).json  # noqa: E731
    default = effective()
    assert {one["layer"] for one in default.values()} == {"default"}
    assert default["enrolment"]["value"] == "off" and default["networks_per_day_max"]["value"] == 8
    assert set_policy(admin, enrolment="token", armed_hours=24) == {
        "enrolment": "token", "enrolment_hours": None, "enrolment_secret": None, "reset": None,
        "serving": None, "armed_hours": 24, "networks_per_day_max": None}
    profile = admin.expect(201, "POST", "/v1/profiles", {
        "name": "Lobby", "policy": {"enrolment": "off", "serving": "armed"}}).json
    assert profile["policy"]["serving"] == "armed" and profile["policy"]["reset"] is None
    assert effective()["enrolment"] == {"value": "token", "layer": "tenant"}
    admin.expect(200, "PATCH", path(device), {"profile_id": profile["id"]})
    assert effective()["enrolment"] == {"value": "off", "layer": "profile"}
    assert effective()["armed_hours"] == {"value": 24, "layer": "tenant"}
    # Keys are merged one by one; null gives one back, and no policy all of them.
    policy = admin.expect(200, "PATCH", f"/v1/profiles/{profile['id']}",
                          {"policy": {"enrolment": None, "reset": "reenrol"}}).json["policy"]
    assert (policy["enrolment"], policy["reset"], policy["serving"]) == (None, "reenrol", "armed")
    assert effective()["enrolment"] == {"value": "token", "layer": "tenant"}
    gone = admin.expect(200, "PATCH", f"/v1/profiles/{profile['id']}", {"policy": None}).json["policy"]
    assert set(gone.values()) == {None}
    assert effective()["serving"] == {"value": "always", "layer": "default"}


@pytest.mark.parametrize("key, value, limit", [
    ("enrolment", "on", "want one of: off token address token_and_address"),
    ("enrolment", True, "want one of"),
    ("enrolment_hours", 0, "want a whole number from 1 to 720"),
    ("enrolment_hours", 721, "want a whole number from 1 to 720"),
    ("enrolment_hours", 1.5, "want a whole number from 1 to 720"),
    ("enrolment_secret", "none", "want one of: url basic digest"),
    ("reset", "", "want one of: refuse reenrol"),
    ("serving", "never", "want one of: always armed"),
    ("armed_hours", "72", "want a whole number from 1 to 720"),
    ("networks_per_day_max", 1001, "want a whole number from 0 to 1000"),
    ("networks_per_day_max", -1, "want a whole number from 0 to 1000"),
    ("enrollment", "off", "unknown member; there are: enrolment enrolment_hours"),
])
def test_a_policy_that_is_none_is_named(admin, key, value, limit):
    before = admin.get("/v1/tenant").json
    for where, body in (("/v1/tenant", {}), ("/v1/profiles", {"name": "x"})):
        method = "PATCH" if where == "/v1/tenant" else "POST"
        told = admin.request(method, where, {**body, "policy": {key: value}})
        assert told.status == 422
        assert told.json["errors"][0]["member"] == f"policy.{key}" and limit in told.json["detail"]
    assert admin.get("/v1/tenant").json == before


def test_policies_are_the_admins(api, tenant, device):
    technician = api.member(tenant, "technician")
    assert technician.patch("/v1/tenant", {"policy": {"enrolment": "token"}}).status == 403
    assert technician.get(path(device, "/policy")).status == 200


def test_what_is_decided_is_no_change_of_a_file(stack, admin, phone):
    """Nobody comes because a policy, an address or what a phone may use has changed."""
    site = admin.expect(201, "POST", "/v1/sites", {"name": "Bonn"}).json
    profile = admin.expect(201, "POST", "/v1/profiles", {"name": "Lobby"}).json
    where = f"/v1/devices/{phone.device_id()}"
    admin.expect(200, "PATCH", where, {"site_id": site["id"], "profile_id": profile["id"]})
    before = admin.get(where).json["revision"]
    set_policy(admin, enrolment="token", serving="armed")
    admin.expect(200, "PATCH", f"/v1/profiles/{profile['id']}", {"policy": {"reset": "reenrol"}})
    admin.expect(200, "PATCH", f"/v1/sites/{site['id']}", {"addresses": ["192.0.2.0/24"]})
    admin.expect(200, "PATCH", where, {"is_legacy": True})
    admin.expect(200, "POST", f"{where}/arm", {})
    assert stack.sql("select count(*) from app.change where tenant_id = %s", (phone.tenant.id,))[0][0] == 0
    assert admin.get(where).json["revision"] == before


# --- addresses of sites -----------------------------------------------------------------------------------


def test_addresses_are_networks_each_once(admin):
    body = {"name": "Bonn", "addresses": ["192.0.2.7", "198.51.100.0/24", "2001:DB8:0:1::/64", "2001:db8::9"]}
    site = admin.expect(201, "POST", "/v1/sites", body).json
    assert site["addresses"] == ["192.0.2.7/32", "198.51.100.0/24", "2001:db8:0:1::/64", "2001:db8::9/128"]
    where = f"/v1/sites/{site['id']}"
    for value, member, text in (
        (["192.0.2.7/24"], "addresses[0]", "has bits behind its prefix; want 192.0.2.0/24"),
        (["2001:db8::1/32"], "addresses[0]", "want 2001:db8::/32"),
        (["0.0.0.0/0"], "addresses[0]", "/0 is too wide for a site; want /8 or longer"),
        (["10.0.0.0/8", "::/0"], "addresses[1]", "want /16 or longer"),
        (["::ffff:192.0.2.1"], "addresses[0]", "want an address or a network"),
        (["office"], "addresses[0]", "want an address or a network"),
        (["192.0.2.7", "192.0.2.7/32"], "addresses[1]", "stands twice"),
        ([f"192.0.2.{i}" for i in range(33)], "addresses", "want a list of 0 to 32 networks"),
        ("192.0.2.7", "addresses", "want a list of 0 to 32 networks"),
    ):
        told = admin.patch(where, {"addresses": value})
        assert told.status == 422, value
        assert told.json["errors"][0]["member"] == member and text in told.json["detail"], told
    full = [f"192.0.2.{i}/32" for i in range(32)]
    assert admin.expect(200, "PATCH", where, {"addresses": full}).json["addresses"] == full
    assert admin.expect(200, "PATCH", where, {"addresses": None}).json["addresses"] == []


# --- armed serving ------------------------------------------------------------------------------------------


def test_a_window_opens_for_a_phone(stack, admin, phone):
    assert phone.get().status == 200
    device_id = phone.device_id()
    set_policy(admin, serving="armed", armed_hours=5)
    # It holds the newest there is.
    stack.sql("update app.device set armed_until = null where device_id = %s", (device_id,))
    phone.tenant.wait_visit("served", lambda status, *_: status == 200)
    stack.sql("update app.device_state set revision_held = 1000 where device_id = %s", (device_id,))
    assert phone.get().status == 404
    armed = admin.expect(200, "POST", f"/v1/devices/{device_id}/arm").json
    hours = stack.sql("select extract(epoch from armed_until - now()) / 3600 from app.device"
                      " where device_id = %s", (device_id,))[0][0]
    assert armed["armed_until"] and 4.9 < hours <= 5
    assert phone.get().status == 200
    told = admin.post(f"/v1/devices/{device_id}/arm", {"hours": 721})
    assert told.status == 422 and told.json["errors"][0]["member"] == "hours"


def test_a_technician_may_and_a_viewer_may_not(api, admin, tenant, device):
    set_policy(admin, enrolment="token")
    technician, viewer = api.member(tenant, "technician"), api.member(tenant, "viewer")
    arm(technician, device)
    assert viewer.post(path(device, "/enrolment"), {}).status == 403
    assert viewer.post(path(device, "/arm"), {}).status == 403
    assert viewer.get(path(device, "/enrolment")).json["state"] == "armed"
    assert json.dumps(viewer.get(path(device, "/enrolment")).json).count("url") == 1  # the method's name
