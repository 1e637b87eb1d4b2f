"""Keys of devices and of key templates: who wins on a slot, and that no model is given more than it has."""

import itertools

import pytest

from stack import new_mac

_counter = itertools.count(1)


class Office:
    """A tenant's administrator, and short ways to make what keys stand on."""

    def __init__(self, stack, api):
        self.stack = stack
        self.tenant = stack.tenant(pbx=False)
        self.client = api.admin(self.tenant)

    def make(self, path, **body):
        return self.client.expect(201, "POST", path, body).json["id"]

    def template(self):
        return self.make("/v1/key-templates", name=f"keys {next(_counter)}")

    def profile(self, **body):
        return self.make("/v1/profiles", name=f"profile {next(_counter)}", **body)

    def device(self, model="T54W", **body):
        return self.make("/v1/devices", mac=new_mac(), vendor="yealink", model=model, **body)

    def put(self, path, **body):
        answer = self.client.request("PUT", path, body)
        assert answer.status in (200, 201), answer
        return answer.json

    def refused(self, method, path, body):
        answer = self.client.request(method, path, body)
        assert answer.status == 422, answer
        return answer.json["errors"][0]["member"], answer.json["detail"]

    def written(self, device):
        """What stands in the phone's file of its line keys: {slot: (type, value)}."""
        mac = self.client.get(f"/v1/devices/{device}").json["mac"]
        told = self.stack.beckon("render", "--tenant", self.tenant.name, "--mac", mac)
        text = next(one["content"] for one in told["files"] if "linekey.1.type" in one["content"])
        lines = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
        return {int(name.split(".")[1]): (kind, lines[name.replace("type", "value")])
                for name, kind in lines.items() if name.startswith("linekey.") and name.endswith(".type")
                and kind != "0"}


@pytest.fixture(scope="module")
def office(stack, api):
    return Office(stack, api)


def test_a_devices_own_key_takes_the_place_of_its_templates(office):
    template = office.template()
    office.put(f"/v1/key-templates/{template}/keys", items=[
        {"panel": "line", "slot": slot, "kind": "blf", "value": f"shared{slot}"} for slot in (2, 3)])
    device = office.device(key_template_id=template)
    assert office.written(device) == {2: ("16", "shared2"), 3: ("16", "shared3")}
    office.put(f"/v1/devices/{device}/keys/line/3", kind="speed_dial", value="own")
    assert office.written(device) == {2: ("16", "shared2"), 3: ("13", "own")}
    office.client.expect(204, "DELETE", f"/v1/devices/{device}/keys/line/3")
    office.put(f"/v1/devices/{device}/keys/line/2", kind="none")
    assert office.written(device) == {3: ("16", "shared3")}


def test_a_profiles_template_is_of_devices_that_name_none(office):
    of_profile, own = office.template(), office.template()
    for template, value in ((of_profile, "profile"), (own, "own")):
        office.put(f"/v1/key-templates/{template}/keys/line/2", kind="blf", value=value)
    profile = office.profile(key_template_id=of_profile)
    device = office.device(profile_id=profile)
    assert office.written(device) == {2: ("16", "profile")}
    office.client.expect(200, "PATCH", f"/v1/devices/{device}", {"key_template_id": own})
    assert office.written(device) == {2: ("16", "own")}
    told = office.client.request("DELETE", f"/v1/key-templates/{of_profile}")
    assert told.status == 409 and [one["kind"] for one in told.json["used_by"]] == ["profile"]


def test_each_change_of_a_template_is_in_the_audit_and_of_another_etag(office):
    template = office.template()
    path = f"/v1/key-templates/{template}"
    etags = [office.client.get(path).headers["ETag"]]
    for method, part, body in (("PUT", "/keys/line/2", {"kind": "blf", "value": "1"}),
                               ("PUT", "/keys", {"items": [{"panel": "line", "slot": 3, "kind": "dnd"}]}),
                               ("DELETE", "/keys/line/3", None)):
        assert office.client.request(method, path + part, body).status in (200, 201, 204)
        etags.append(office.client.get(path).headers["ETag"])
    assert len(set(etags)) == len(etags)
    events = office.client.get("/v1/audit-events?object_kind=key_template&limit=200").json["items"]
    assert [one["action"] for one in events if one["object_id"] == str(template)][:4] == [
        "key_template.key_delete", "key_template.keys", "key_template.key", "key_template.create"]


def test_a_template_fits_every_model_that_uses_it(office):
    template = office.template()
    keys = f"/v1/key-templates/{template}/keys"
    office.put(f"{keys}/line/27", kind="blf", value="1")
    office.put(f"{keys}/line/150", kind="blf", value="1")  # nobody uses it yet
    device = office.device()
    member, detail = office.refused("PATCH", f"/v1/devices/{device}", {"key_template_id": template})
    assert member == "key_template_id" and "T54W has 27 line keys, no line key 150" in detail
    office.client.expect(204, "DELETE", f"{keys}/line/150")
    office.client.expect(200, "PATCH", f"/v1/devices/{device}", {"key_template_id": template})
    mac = office.client.get(f"/v1/devices/{device}").json["mac"]
    member, detail = office.refused("PUT", f"{keys}/line/28", {"kind": "none"})
    assert member == "slot" and f"device {mac} uses this template: T54W has 27 line keys" in detail
    member, detail = office.refused("PUT", f"{keys}/line/1", {"kind": "blf", "line": 17})
    assert member == "line" and "from 0 to 16" in detail
    member, detail = office.refused("PATCH", f"/v1/devices/{device}", {"model": "T19P_E2"})
    assert member == "model" and "T19P_E2 has 0 line keys, no line key 27" in detail


def test_a_profile_brings_no_more_keys_than_its_devices_have(office):
    template, profile = office.template(), office.profile()
    office.put(f"/v1/key-templates/{template}/keys/programmable/14", kind="dnd")
    office.put(f"/v1/key-templates/{template}/keys/module/2/1", kind="dnd")
    office.device("T19P_E2", profile_id=profile)
    member, detail = office.refused("PATCH", f"/v1/profiles/{profile}", {"key_template_id": template})
    assert member == "key_template_id" and "T19P_E2 has 0 expansion modules" in detail
    other = office.profile(key_template_id=template)
    member, detail = office.refused("POST", "/v1/devices", {
        "mac": new_mac(), "vendor": "yealink", "model": "T19P_E2", "profile_id": other})
    assert member == "profile_id" and "T19P_E2 has 0 expansion modules" in detail


def test_a_model_in_no_table_has_what_the_makers_largest_has(office):
    device = office.device("T999Z")
    office.put(f"/v1/devices/{device}/keys/module/3/60", kind="dnd")
    member, detail = office.refused("PUT", f"/v1/devices/{device}/keys/line/200", {"kind": "none"})
    assert member == "slot" and "the largest yealink has " in detail
