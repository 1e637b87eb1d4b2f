"""Why a phone's parameters are what they are, and what its next files change, as the tenant's admin reads them."""

import pytest


@pytest.fixture
def admin(api, tenant):
    return api.admin(tenant)


def parameters(client, device_id):
    told = client.expect(200, "GET", f"/v1/devices/{device_id}/parameters").json
    return told, {row["name"]: row for row in told["items"]}


def changes(client, device_id):
    told = client.expect(200, "GET", f"/v1/devices/{device_id}/changes").json
    return told, {row["name"]: (row["before"], row["after"]) for row in told["items"]}


def test_each_parameter_is_told_with_its_layer_and_no_secret(stack, api, tenant, admin):
    phone = tenant.phone(secret="a-secret-of-this-phone")
    device_id = phone.device_id()
    admin.expect(200, "PATCH", "/v1/tenant", {"settings": {"time.format": "24h", "ui.ring_volume": 5}})
    admin.expect(200, "PATCH", f"/v1/devices/{device_id}", {
        "settings": {"call.waiting": True, "security.admin_secret": "Admin-12345"}, "raw": {"yealink": {"features.x": "1"}}})
    told, by_name = parameters(admin, device_id)
    assert by_name["local_time.time_format"]["value"] == "1"
    assert by_name["local_time.time_format"]["from"] == {
        "kind": "setting", "layer": "tenant", "setting": "time.format", "line": 0, "panel": None, "module": 0, "slot": 0}
    assert by_name["call_waiting.enable"]["from"]["layer"] == "device"
    assert by_name["local_time.ntp_server1"]["from"]["layer"] is None
    assert by_name["account.1.user_name"]["from"] == {
        "kind": "line", "layer": None, "setting": None, "line": 1, "panel": None, "module": 0, "slot": 0}
    assert by_name["features.x"]["from"]["kind"] == "raw"
    assert by_name["static.auto_provision.server.url"]["value"].endswith(f"/{tenant.key}")
    assert told["unsupported_settings"] == ["ui.ring_volume"]
    assert by_name["account.1.password"]["value"].startswith("********-")
    assert by_name["static.security.user_password"]["value"].startswith("admin:********-")
    text = str(told)
    assert "a-secret-of-this-phone" not in text and "Admin-12345" not in text


def test_changes_are_those_since_the_last_file(stack, api, tenant, admin):
    phone = tenant.phone(secret="first-secret")
    device_id = phone.device_id()
    assert admin.expect(409, "GET", f"/v1/devices/{device_id}/changes").json["type"].endswith("nothing-served")
    assert phone.get().status == 200
    told, differ = changes(admin, device_id)
    assert differ == {} and told["revision"] == told["last_revision"]
    admin.expect(200, "PATCH", f"/v1/devices/{device_id}", {
        "settings": {"call.waiting": True}, "raw": {"yealink": {"features.x": "1"}}})
    told, differ = changes(admin, device_id)
    assert differ == {"call_waiting.enable": ("", "1"), "features.x": (None, "1")}
    assert told["revision"] > told["last_revision"]
    # A new secret is told as a change, by masks.
    line = admin.get(f"/v1/devices/{device_id}/lines").json["items"][0]
    admin.expect(200, "PATCH", f"/v1/extensions/{line['extension_id']}", {"secret": "second-secret"})
    before, after = changes(admin, device_id)[1]["account.1.password"]
    assert before != after and before.startswith("********-") and after.startswith("********-")
    assert phone.get().status == 200
    assert changes(admin, device_id)[1] == {}


def test_another_tenant_sees_neither(stack, api, tenant, admin):
    phone = tenant.phone()
    assert phone.get().status == 200
    stranger = api.admin(stack.tenant())
    for part in ("parameters", "changes"):
        stranger.expect(404, "GET", f"/v1/devices/{phone.device_id()}/{part}")
