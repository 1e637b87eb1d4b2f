"""The circle once more, for the other makers: each one's phone asks, registers at a real PBX, obeys its own event.

Poly, Snom and Cisco prove who they are by certificate; Grandstream and Fanvil, whose certificates nobody knows, are
enrolled by a token. What they sent is read by the simulator's own parsers.
"""

import itertools
import os

import pytest

import pki
from circle import scene, world  # noqa: F401
from enrolment import EnrolledFanvil, EnrolledGrandstream

_count = itertools.count(1)
NTP = "ntp.example"


class Maker:
    """How its phones begin, what they ask for, and what they are called back with."""

    def __init__(self, model, sim_model, oui, files, ntp, resync, reboot, leaf=None, enrolled=None):
        self.model, self.sim_model, self.oui, self.files, self.ntp = model, sim_model, oui, files, ntp
        self.resync, self.reboot, self.leaf, self.enrolled = resync, reboot, leaf, enrolled


# files: (name, status) of the first visit, which may move on to another address; {mac} and {MAC}.
MAKERS = {
    "grandstream": Maker(
        "GRP2614", "GRP2614", "c074ad", [("cfg{mac}.bin", 404), ("cfg{mac}.xml", 200)] * 2, "P30",
        "resync", "check-sync;reboot=true", enrolled=EnrolledGrandstream),
    "fanvil": Maker(
        "X6", "X6", "0c383e", None, "SNTP Server", "check-sync", "check-sync;reboot=true", enrolled=EnrolledFanvil),
    "poly": Maker(
        "VVX_450", "VVX_450", "0004f2",
        [("{mac}.cfg", 200), ("phone{mac}.cfg", 200)], "tcpIpApp.sntp.address", "check-sync", None, leaf="poly"),
    "snom": Maker(
        "D785", "D785", "000413",
        [("snomD785.htm", 200), ("snomD785-{MAC}.htm", 200), ("snomD785-firmware.htm", 404), ("{MAC}.xml", 200)],
        "ntp_server", "check-sync;reboot=false", "check-sync;reboot=true", leaf="snom"),
    "cisco": Maker(
        "CP-8841-3PCC", "CP-8841-3PCC", "00562b", [("CP-8841-3PCC.cfg", 200), ("{mac}.xml", 200)],
        "Primary_NTP_Server", "resync", "reboot_now", leaf="cisco"),
}


@pytest.fixture(scope="module")
def trusting(world):  # noqa: F811
    for name, maker in MAKERS.items():
        if maker.leaf is not None:
            world.stack.import_root(getattr(world.stack.authorities, maker.leaf), name)


def start(scene, name):  # noqa: F811
    """A phone of that maker, registered."""
    maker = MAKERS[name]
    mac = f"{maker.oui}{os.getpid() % 256:02x}{next(_count):04x}"
    words = ["--maker", name, "--model", maker.sim_model]
    if maker.leaf is not None:
        leaf = getattr(pki, maker.leaf)(getattr(scene.world.stack.authorities, maker.leaf), mac)
        return scene.phone(*words, vendor=name, model=maker.model, mac=mac, leaf=leaf)
    phone = maker.enrolled(scene.tenant, {"enrolment": "token"}, mac=mac)
    scene.pbx.set_password(phone.number, scene.tenant.domain, phone.secret)
    phone.arm()
    phone.live = scene.start(
        phone, *words, url=f"{scene.world.stack.enrolment_url}/{scene.tenant.key}/e-{phone.token}")
    return phone


def asked(phone, since=0):
    """(name, status) of what it was answered, without the directories before names."""
    return [(event["file"].rsplit("/", 1)[-1], event["status"]) for event in phone.live.of_kind("status", since)]


def set_ntp(scene, phone):  # noqa: F811
    scene.admin.expect(200, "PATCH", f"/v1/devices/{phone.device_id()}", {"settings": {"time.ntp_servers": [NTP]}})


def answered(phone, since, event):
    """The NOTIFY that the phone took, after a 401 where its maker wants one."""
    return phone.live.wait("notify", since, sip_event=event, answer=200)


@pytest.mark.parametrize("name", MAKERS)
def test_a_changed_setting_is_fetched_by_the_right_phone(trusting, scene, name):  # noqa: F811
    maker, phone = MAKERS[name], start(scene, name)
    assert phone.live.of_kind("error") == []
    if maker.files is not None:
        want = [(file.format(mac=phone.mac, MAC=phone.mac.upper()), status) for file, status in maker.files]
        assert asked(phone)[:len(want)] == want
    other = start(scene, name)
    since, others = phone.live.mark(), other.live.mark()
    set_ntp(scene, phone)
    scene.wait(scene.request("reprovision", phone), "done")
    phone.live.wait("round", since, cause="check-sync", good=True)
    answered(phone, since, maker.resync)
    assert other.live.of_kind("notify", others) == []
    if name == "poly":  # it starts again when what it found is another
        phone.live.wait("reboot", since)
        phone.live.wait("registered", since)
    done = phone.live.stop()
    assert done.of_kind("error") == [] and done.state["parameters"][maker.ntp] == NTP
    device = scene.admin.get(f"/v1/devices/{phone.device_id()}").json
    assert device["pending_since"] is None and device["revision_held"] == device["revision"]


@pytest.mark.parametrize("name", [name for name, maker in MAKERS.items() if maker.reboot is not None])
def test_a_reboot_is_done_when_the_phone_has_started_again(trusting, scene, name):  # noqa: F811
    phone = start(scene, name)
    since = phone.live.mark()
    row = scene.wait(scene.request("reboot", phone), "done")
    assert row["outcome"] == "the phone started again"
    answered(phone, since, MAKERS[name].reboot)
    phone.live.wait("reboot", since)
    phone.live.wait("registered", since)


def test_a_poly_that_finds_nothing_new_stays_up(trusting, scene):  # noqa: F811
    phone = start(scene, "poly")
    since = phone.live.mark()
    scene.wait(scene.request("reprovision", phone), "done")
    phone.live.wait("round", since, cause="check-sync", good=True)
    assert phone.live.of_kind("reboot", since) == []


def test_a_polys_logs_are_kept_for_its_tenant(trusting, scene):  # noqa: F811
    phone = start(scene, "poly")
    told = phone.live.wait("uploaded", file=f"{phone.mac}-app.log")
    assert [event["status"] for event in phone.live.of_kind("uploaded")] == [200, 200] and told["status"] == 200
    since = phone.live.mark()
    scene.wait(scene.request("reprovision", phone), "done")
    phone.live.wait("uploaded", since, file=f"{phone.mac}-app.log", status=200)
    parts = scene.world.stack.sql(
        "select u.name, count(*), sum(p.bytes) = u.bytes from app.upload as u join app.upload_part as p"
        " using (tenant_id, upload_id) where u.device_id = %s group by u.upload_id, u.tenant_id order by 1",
        (phone.device_id(),))
    assert parts == [(f"{phone.mac}-app.log", 2, True), (f"{phone.mac}-boot.log", 1, True)]


def test_a_poly_asks_for_everybodys_master_when_its_own_is_not_there(trusting, scene):  # noqa: F811
    """Of a phone that nobody knows neither is there, and it keeps what it held."""
    mac = f"0004f2{os.getpid() % 256:02x}{next(_count):04x}"
    phone = scene.tenant.phone(mac=mac, leaf=pki.poly(scene.world.stack.authorities.poly, mac), register=False)
    run = scene.world.stack.phonesim(phone, "--maker", "poly")
    assert run.code == 1
    assert run.statuses() == [(f"{mac}.cfg", 404), ("000000000000.cfg", 404)]


def test_snom_and_cisco_want_the_lines_password_first(trusting, scene):  # noqa: F811
    for name in ("snom", "cisco"):
        phone = start(scene, name)
        since = phone.live.mark()
        scene.wait(scene.request("reprovision", phone), "done")
        assert [event["answer"] for event in phone.live.of_kind("notify", since)] == [401, 200], name


def test_a_reboot_of_a_poly_is_refused_in_words(trusting, scene):  # noqa: F811
    phone = start(scene, "poly")
    refused = scene.admin.post("/v1/jobs", {"kind": "reboot", "device_id": phone.device_id()})
    assert refused.status == 409 and refused.problem == "device-refused"
    assert refused.json["detail"] == "phones of poly have no event that makes them start again"
    assert scene.admin.get(f"/v1/jobs?device_id={phone.device_id()}").json["items"] == []
