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


class People:
    """Phones with one line each, at two sites, on one PBX."""

    def __init__(self, office):
        self.office = office
        self.sites = [office.make("/v1/sites", name=f"site {next(_counter)}") for _ in range(2)]
        self.pbx = office.make("/v1/pbxs", name=f"pbx {next(_counter)}", domain=f"p{next(_counter)}.example")
        self.extensions, self.devices = {}, {}

    def come(self, name, number, site=0, **device):
        self.extensions[name] = self.office.make("/v1/extensions", pbx_id=self.pbx, number=number, secret="s",
                                                 display_name=name)
        self.devices[name] = self.office.device(site_id=self.sites[site], **device)
        self.office.put(f"/v1/devices/{self.devices[name]}/lines/1", extension_id=self.extensions[name])
        return self.devices[name]


@pytest.fixture
def people(office):
    made = People(office)
    for name, number, site in (("Me", "100", 0), ("Zoe", "101", 0), ("Anna", "102", 0), ("Far", "103", 1)):
        made.come(name, number, site)
    return made


def test_a_rule_is_shown_saved_and_follows_people(office, people):
    me = people.devices["Me"]
    path = f"/v1/devices/{me}"
    rule = {"panel": "line", "slot": 2, "count": 5}
    shown = office.client.expect(200, "POST", f"{path}/key-rules/preview", rule).json
    assert [(one["slot"], one["kind"], one["value"], one["label"], one["line"]) for one in shown["keys"]] == [
        (2, "blf", "102", "Anna", 1), (3, "blf", "101", "Zoe", 1)]
    assert (shown["people"], shown["left_out"]) == (2, 0)
    assert office.written(me) == {}  # shown, not saved
    assert office.put(f"{path}/key-rules", items=[rule])["items"] == [
        {**rule, "module": 0, "kind": "blf", "line": 0, "source": "own_site", "site_id": None}]
    assert office.written(me) == {2: ("16", "102"), 3: ("16", "101")}
    # A join, a rename that changes the order, a move, each of another phone.
    revision = office.client.get(path).json["revision"]
    people.come("Ben", "104")
    assert office.written(me) == {2: ("16", "102"), 3: ("16", "104"), 4: ("16", "101")}
    assert office.client.get(path).json["revision"] == revision + 1
    office.client.expect(200, "PATCH", f"/v1/extensions/{people.extensions['Anna']}", {"display_name": "Yan"})
    assert office.written(me) == {2: ("16", "104"), 3: ("16", "102"), 4: ("16", "101")}
    assert office.client.get(path).json["revision"] == revision + 2
    office.client.expect(200, "PATCH", f"/v1/devices/{people.devices['Ben']}", {"site_id": people.sites[1]})
    assert office.written(me) == {2: ("16", "102"), 3: ("16", "101")}
    assert office.client.get(path).json["revision"] == revision + 3
    office.put(f"{path}/key-rules", items=[])
    assert office.written(me) == {}
    events = office.client.get("/v1/audit-events?object_kind=device&limit=200").json["items"]
    assert [one["payload"] for one in events if one["action"] == "device.key_rules"
            and one["object_id"] == str(me)] == [{"count": 0}, {"count": 1}]


def test_a_templates_rule_gives_each_phone_everyone_else(office, people):
    template = office.template()
    office.put(f"/v1/key-templates/{template}/keys/line/2", kind="dtmf", value="1")
    office.put(f"/v1/key-templates/{template}/key-rules", items=[
        {"panel": "line", "slot": 1, "count": 2, "kind": "speed_dial", "source": "site", "site_id": people.sites[0]}])
    me, far = people.devices["Me"], people.devices["Far"]
    for device in (me, far):
        office.client.expect(200, "PATCH", f"/v1/devices/{device}", {"key_template_id": template})
    assert office.written(me) == {1: ("13", "102"), 2: ("11", "1")}
    assert office.written(far) == {1: ("13", "102"), 2: ("11", "1")}
    shown = office.client.expect(200, "POST", f"/v1/devices/{far}/key-rules/preview", {
        "panel": "line", "slot": 1, "count": 3, "source": "site", "site_id": people.sites[0],
        "of_template": True}).json
    assert [(one["slot"], one["label"]) for one in shown["keys"]] == [(1, "Anna"), (3, "Me")]
    assert (shown["people"], shown["left_out"]) == (3, 1)
    told = office.client.request("DELETE", f"/v1/sites/{people.sites[0]}")
    assert told.status == 409
    assert {"kind": "key_template", "id": template} in [
        {"kind": one["kind"], "id": one["id"]} for one in told.json["used_by"]]


def test_a_rule_is_refused_where_it_cannot_be(office, people):
    small = people.come("Small", "105", model="T21P_E2")
    template = office.template()
    rules, preview = f"/v1/devices/{small}/key-rules", f"/v1/devices/{small}/key-rules/preview"
    good = {"panel": "line", "slot": 1, "count": 2}
    for change, member, says in (
        ({"count": 3}, "count", "T21P_E2 has 2 line keys, no line key 3"),
        ({"line": 3}, "count", "T21P_E2 has 2 lines, no line 3"),
        ({"panel": "module", "module": 1}, "count", "T21P_E2 has 0 expansion modules"),
        ({"panel": "module"}, "module", "from 1 on a module"),
        ({"source": "site"}, "site_id", "goes with source site"),
        ({"site_id": people.sites[0]}, "site_id", "goes with source site"),
        ({"slot": 200}, "count", "no phone has that many keys"),
    ):
        told = office.refused("POST", preview, {**good, **change})
        assert told[0] == member and says in told[1], (change, told)
        told = office.refused("PUT", rules, {"items": [{**good, **change}]})
        assert told[0] == "items[0]" and says in told[1], (change, told)
    told = office.refused("PUT", rules, {"items": [good, {**good, "slot": 2, "count": 1}]})
    assert told[0] == "items[1]" and "in common with items[0]" in told[1]
    told = office.refused("PUT", rules, {"items": [{**good, "source": "site", "site_id": 2 ** 52}]})
    assert told[0] == "items" and "no site" in told[1]
    office.client.expect(200, "PATCH", f"/v1/devices/{small}", {"key_template_id": template})
    told = office.refused("PUT", f"/v1/key-templates/{template}/key-rules", {"items": [{**good, "count": 3}]})
    assert told[0] == "items" and "T21P_E2 has 2 line keys, no line key 3" in told[1]
    office.put(rules, items=[good])
    told = office.refused("PATCH", f"/v1/devices/{small}", {"model": "T19P_E2"})
    assert told[0] == "model" and "T19P_E2 has 0 line keys, no line key 2" in told[1]
