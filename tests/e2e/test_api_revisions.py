"""A change of extension, line, key, layer, PBX or site raises the revision of exactly the devices whose file
changes, in its own transaction; of more than 1,000 through a change that is applied in batches. The proof that
"exactly" is meant is the file itself: what `beckon render` writes of each device, before and after.
"""

import itertools
import os
import time

import pytest

from stack import new_mac

SLOW = float(os.environ.get("BECKON_TEST_SLOW", "1"))

_counter = itertools.count(1)


class Fleet:
    """Four phones: a and b share an extension, a and c a site, b and d a profile; c is on another PBX."""

    def __init__(self, stack, api):
        self.stack = stack
        self.tenant = stack.tenant(pbx=False)
        self.client = api.admin(self.tenant)
        make = lambda path, body: self.client.expect(201, "POST", path, body).json["id"]  # noqa: E731
        self.sites = [make("/v1/sites", {"name": f"site {i}"}) for i in range(2)]
        self.profiles = [make("/v1/profiles", {"name": f"profile {i}"}) for i in range(2)]
        self.pbxs = [make("/v1/pbxs", {"name": f"pbx {i}", "domain": f"p{i}.example"}) for i in range(2)]
        self.extensions = {
            name: make("/v1/extensions", {"pbx_id": self.pbxs[pbx], "number": number, "secret": "s" + number})
            for name, pbx, number in (("shared", 0, "100"), ("c", 1, "101"), ("d", 0, "102"))
        }
        self.devices, self.macs = {}, {}
        for name, site, profile, extension in (
            ("a", 0, 0, "shared"), ("b", 1, 1, "shared"), ("c", 0, 0, "c"), ("d", 1, 1, "d"),
        ):
            self.macs[name] = new_mac()
            self.devices[name] = make("/v1/devices", {
                "mac": self.macs[name], "vendor": "yealink", "model": "T54W",
                "site_id": self.sites[site], "profile_id": self.profiles[profile],
            })
            self.client.expect(201, "PUT", f"/v1/devices/{self.devices[name]}/lines/1",
                               {"extension_id": self.extensions[extension]})

    def revisions(self):
        return {name: self.client.get(f"/v1/devices/{device}").json["revision"]
                for name, device in self.devices.items()}

    def files(self):
        """All that each phone would be given, without its revision: what people and time write is not in it."""
        made = {}
        for name, mac in self.macs.items():
            told = self.stack.beckon("render", "--tenant", self.tenant.name, "--mac", mac, "--secrets")
            made[name] = [one["content"] for one in told["files"]]
        return made


@pytest.fixture(scope="module")
def fleet(stack, api):
    return Fleet(stack, api)


CHANGES = [
    # what, method, path, body, whose files change
    ("an extension's secret", "PATCH", "/v1/extensions/{shared}", {"secret": "an0ther"}, "ab"),
    ("the same secret again", "PATCH", "/v1/extensions/{shared}", {"secret": "an0ther"}, ""),
    ("an extension's name", "PATCH", "/v1/extensions/{c}", {"display_name": "Änne"}, "c"),
    ("an extension's number", "PATCH", "/v1/extensions/{d}", {"number": "199"}, "d"),
    ("an extension's domain", "PATCH", "/v1/extensions/{d}", {"domain": "other.example"}, "d"),
    ("an extension's name to authenticate with", "PATCH", "/v1/extensions/{d}",
     {"auth_id": "auth"}, "d"),
    ("a PBX's transport", "PATCH", "/v1/pbxs/{pbx0}", {"transport": "tls"}, "abd"),
    ("a PBX's domain, which one has of its own", "PATCH", "/v1/pbxs/{pbx0}", {"domain": "new.example"}, "ab"),
    ("a PBX's name", "PATCH", "/v1/pbxs/{pbx0}", {"name": "renamed"}, ""),
    ("a PBX's control side", "PATCH", "/v1/pbxs/{pbx0}",
     {"control": {"driver": "sip", "address": "sip.example"}}, ""),
    ("a site's zone", "PATCH", "/v1/sites/{site0}", {"time_zone": "Europe/Berlin"}, "ac"),
    ("a site's setting", "PATCH", "/v1/sites/{site1}", {"settings": {"ui.backlight_s": 60}}, "bd"),
    ("a site's name", "PATCH", "/v1/sites/{site1}", {"name": "elsewhere"}, ""),
    ("a site's address", "PATCH", "/v1/sites/{site1}", {"emergency_address": {"A3": "Bonn"}}, ""),
    ("a profile's setting", "PATCH", "/v1/profiles/{profile0}", {"settings": {"ui.language": "de"}}, "ac"),
    ("a profile's secret", "PATCH", "/v1/profiles/{profile0}",
     {"settings": {"security.admin_secret": "s3cret-s3cret"}}, "ac"),
    ("the same secret of a profile again", "PATCH", "/v1/profiles/{profile0}",
     {"settings": {"security.admin_secret": "s3cret-s3cret"}}, ""),
    ("another secret of a profile", "PATCH", "/v1/profiles/{profile0}",
     {"settings": {"security.admin_secret": "an0ther-an0ther"}}, "ac"),
    ("a profile's raw parameter", "PATCH", "/v1/profiles/{profile1}",
     {"raw": {"yealink": {"features.dnd_refuse_code": "486"}}}, "bd"),
    ("a device's setting", "PATCH", "/v1/devices/{dev_a}", {"settings": {"net.vlan_id": 7}}, "a"),
    ("a device's label", "PATCH", "/v1/devices/{dev_a}", {"label": "x", "location": {"floor": "1"}}, ""),
    ("the tenant's setting", "PATCH", "/v1/tenant", {"settings": {"time.ntp_servers": ["ntp.example"]}}, "abcd"),
    ("the tenant's title", "PATCH", "/v1/tenant", {"title": "x"}, ""),
    ("a line more", "PUT", "/v1/devices/{dev_c}/lines/2", {"extension_id": "{shared}"}, "c"),
    ("a line as it is", "PUT", "/v1/devices/{dev_c}/lines/2", {"extension_id": "{shared}"}, ""),
    ("a line's label", "PUT", "/v1/devices/{dev_c}/lines/2", {"extension_id": "{shared}", "label": "L"}, "c"),
    ("lines as they are", "PUT", "/v1/devices/{dev_d}/lines",
     {"items": [{"index": 1, "extension_id": "{d}"}]}, ""),
    ("a line less", "DELETE", "/v1/devices/{dev_c}/lines/2", None, "c"),
    ("a key", "PUT", "/v1/devices/{dev_b}/keys/line/3", {"kind": "blf", "value": "100", "line": 1}, "b"),
    ("a key as it is", "PUT", "/v1/devices/{dev_b}/keys/line/3", {"kind": "blf", "value": "100", "line": 1}, ""),
    ("all keys", "PUT", "/v1/devices/{dev_b}/keys",
     {"items": [{"panel": "line", "slot": 4, "kind": "speed_dial", "value": "7"}]}, "b"),
    ("a key less", "DELETE", "/v1/devices/{dev_b}/keys/line/4", None, "b"),
    ("an off site", "PATCH", "/v1/devices/{dev_d}", {"site_id": None}, "d"),
    ("a job", "POST", "/v1/jobs", {"kind": "reprovision", "device_id": "{dev_a}"}, ""),
]


def fill(value, ids):
    if isinstance(value, dict):
        return {name: fill(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [fill(one, ids) for one in value]
    if isinstance(value, str) and value.startswith("{"):
        return ids[value.strip("{}")]
    return value


def test_exactly_whose_file_changes_is_raised(fleet):
    ids = {**fleet.extensions, **{f"dev_{name}": one for name, one in fleet.devices.items()}}
    for kind, made in (("site", fleet.sites), ("profile", fleet.profiles), ("pbx", fleet.pbxs)):
        ids.update({f"{kind}{i}": one for i, one in enumerate(made)})
    revisions, files = fleet.revisions(), fleet.files()
    for what, method, path, body, raised in CHANGES:
        answer = fleet.client.request(method, path.format(**ids), fill(body, ids))
        assert answer.status in (200, 201, 202, 204), (what, answer)
        now, written = fleet.revisions(), fleet.files()
        assert {name for name in now if now[name] > revisions[name]} == set(raised), what
        # Once; a list that takes rows away and brings others is two of the database's statements.
        assert all(now[name] - revisions[name] <= (2 if what == "all keys" else 1) for name in raised), what
        assert {name for name in written if written[name] != files[name]} == set(raised), what
        revisions, files = now, written


def test_pending_is_told_until_the_phone_holds_it(stack, api):
    tenant = stack.tenant()
    phone = tenant.phone()
    client = api.admin(tenant)
    path = f"/v1/devices/{phone.device_id()}"
    assert client.get(path).json["pending_since"] is not None  # it has held nothing yet
    assert phone.get().status == 200

    def is_pending(wanted):
        due = time.monotonic() + 10
        while (client.get(path).json["pending_since"] is not None) != wanted:
            assert time.monotonic() < due, client.get(path)
            time.sleep(0.02)

    is_pending(False)
    assert [one["id"] for one in client.get("/v1/devices?pending=false").json["items"]] == [phone.device_id()]
    client.expect(200, "PATCH", path, {"settings": {"ui.ring_volume": 1}})
    first = client.get(path).json["pending_since"]
    assert first is not None
    client.expect(200, "PATCH", path, {"settings": {"ui.ring_volume": 2}})
    assert client.get(path).json["pending_since"] == first  # since the oldest change it does not hold
    assert [one["id"] for one in client.get("/v1/devices?pending=true").json["items"]] == [phone.device_id()]
    assert phone.get().status == 200
    is_pending(False)


@pytest.fixture(scope="module")
def crowd(stack, api):
    """A tenant with 5,000 phones that hold their configuration; one of them with a line."""
    tenant = stack.tenant(pbx=False)
    client = api.admin(tenant)
    stack.sql(
        "insert into app.device (tenant_id, mac, vendor)"
        " select %s, ('02' || lpad(to_hex(%s + n), 10, '0'))::macaddr, 'yealink'"
        "   from generate_series(1, 5000) as n", (tenant.id, tenant.id * 100000),
    )
    stack.sql("update app.device_state as s set revision_held = d.revision from app.device as d"
              " where d.tenant_id = s.tenant_id and d.device_id = s.device_id and d.tenant_id = %s",
              (tenant.id,))
    pbx = client.expect(201, "POST", "/v1/pbxs", {"name": "main", "domain": "p.example"}).json["id"]
    extension = client.expect(
        201, "POST", "/v1/extensions", {"pbx_id": pbx, "number": "1", "secret": "x"}
    ).json["id"]
    device = client.get("/v1/devices?limit=1").json["items"][0]["id"]
    client.expect(201, "PUT", f"/v1/devices/{device}/lines/1", {"extension_id": extension})
    stack.sql("analyze app.device, app.device_state")
    return tenant, client, extension, device


def apply_changes(stack):
    """As the notifier does."""
    while stack.sql("select bk.changes_apply(1000)")[0][0] > 0:
        pass


def raised(stack, tenant):
    return stack.sql("select count(*), min(device_id) from app.device"
                     " where tenant_id = %s and revision > 1", (tenant.id,))[0]


def test_one_extension_of_a_large_tenant_raises_its_own_device_only(stack, crowd):
    tenant, client, extension, device = crowd
    before = client.get(f"/v1/devices/{device}").json["revision"]
    client.expect(200, "PATCH", f"/v1/extensions/{extension}", {"secret": "another"})
    assert client.get(f"/v1/devices/{device}").json["revision"] == before + 1
    assert raised(stack, tenant) == (1, device)
    assert [one["id"] for one in client.get("/v1/devices?pending=true").json["items"]] == [device]


def test_more_than_a_thousand_are_raised_by_a_change(stack, crowd):
    """Accepted at once; pending for each of them from that moment, though none is raised yet."""
    tenant, client, _, device = crowd
    begun = time.monotonic()
    client.expect(200, "PATCH", "/v1/tenant", {"settings": {"ui.ring_volume": 2}})
    assert time.monotonic() - begun < 1 * SLOW
    changes = stack.sql("select cardinality(device_ids), raised_count, created_at from app.change"
                        " where tenant_id = %s", (tenant.id,))
    assert [change[:2] for change in changes] == [(5000, 0)]
    assert raised(stack, tenant)[0] == 1
    begun = time.monotonic()
    page = client.get("/v1/devices?limit=200&pending=true").json["items"]
    assert time.monotonic() - begun < 1 * SLOW
    assert len(page) == 200 and all(one["pending_since"] is not None for one in page)
    since = changes[0][2].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert page[1]["pending_since"] == since and page[1]["revision"] == 1
    assert client.get("/v1/devices?pending=false").json["items"] == []
    # A job wants what is still to come, and waits for it.
    job = client.expect(202, "POST", "/v1/jobs", {"kind": "reprovision", "device_id": page[1]["id"]}).json
    assert job["wanted_revision"] == 2
    apply_changes(stack)
    assert raised(stack, tenant)[0] == 5000
    assert client.get(f"/v1/devices/{page[1]['id']}").json["revision"] == 2


def test_a_filter_of_pending_devices_makes_a_batch(stack, crowd):
    tenant, client, _, _ = crowd
    client.expect(200, "PATCH", "/v1/tenant", {"settings": {"ui.backlight_s": 10}})
    apply_changes(stack)
    stack.sql("update app.device_state as s set revision_held = d.revision from app.device as d"
              " where d.tenant_id = s.tenant_id and d.device_id = s.device_id and d.tenant_id = %s"
              "   and d.device_id %% 2 = 0", (tenant.id,))
    behind = stack.sql("select count(*) from app.device where tenant_id = %s and device_id %% 2 = 1",
                       (tenant.id,))[0][0]
    made = client.expect(
        202, "POST", "/v1/job-batches", {"kind": "reprovision", "filter": {"pending": True}}
    ).json
    assert made["job_count"] + made["joined_count"] == behind
    assert made["refused_count"] == 0
