"""A phone as it stands on a desk, without a certificate: it comes in, is reset, is copied, changes hands."""

import itertools
import shutil
from urllib.parse import urlsplit

import pytest

from circle import scene, world  # noqa: F401
from enrolment import Enrolled, EnrolledGrandstream
from stack import wait_until

TOKEN = "enrolment=token"
ELSEWHERE = "127.0.1.1"  # another address of this machine, in another /24

# Of the module's own stack alone: the shared one asks for Basic there.
SETTINGS = {"listener.enrolment.auth": "digest"}


class Desk:
    """Of a phone with a line: its tenant uses the command line, and phonesim is the phone, with a memory of its own."""

    copies = itertools.count(1)

    def __init__(self, tenant, *policy, mac=None):
        super().__init__(tenant, mac=mac)
        if policy:
            self.policy(*policy)
        self.memory = self.stack.directory / f"desk-{self.mac}-{next(self.copies)}"

    def beckon(self, *words):
        return self.stack.beckon(*words, "--tenant", self.tenant.name)

    def policy(self, *pairs):
        self.beckon("policy", "set", *pairs)

    def enrol(self):
        """Its one-time URL: what a redirect service or DHCP would send a phone to that knows nothing else."""
        self.url = self.beckon("device", "enrol", self.mac)["url"].removesuffix("/")
        return self.url

    def words(self, memory=None, model=None):
        return ["--maker", self.vendor, "--model", model or self.model, "--state", memory or self.memory]

    def run(self, *words, memory=None, model=None):
        """The phone is switched on, and off when it has asked for its files."""
        return self.stack.phonesim(self, *self.words(memory, model), *words, url=self.url)

    def blank(self):
        """What another phone remembers that is new."""
        return self.memory.with_name(f"{self.memory.name}-blank-{next(self.copies)}")

    def copy(self, memory=None):
        """All that the phone remembers, in other hands."""
        copied = self.memory.with_name(f"{self.memory.name}-copy-{next(self.copies)}")
        shutil.copytree(memory or self.memory, copied)
        return copied

    def wait_reason(self, reason):
        return self.tenant.wait_visit(reason, lambda status, why, *_: why == reason)

    def wait_served(self):
        """Until its visit is written down: from then on the service knows where it was."""
        wait_until("held", lambda: self.stack.sql(
            "select 1 from app.device_state where device_id = %s and revision_held is not null", (self.id,)))

    def asked(self, *statuses):
        """What a round asks for, with what came of it."""
        return list(zip(self.files(), statuses))


class Grandstream(Desk, EnrolledGrandstream):
    def files(self):
        return [f"cfg{self.mac}.bin", f"cfg{self.mac}.xml", f"cfg{self.model.lower()}.xml", "cfg.xml"]


class Yealink(Desk, Enrolled):
    def files(self):
        return [f"{self.mac}.boot", "y000000000000.boot", "y000000000096.cfg", f"{self.mac}.cfg"]


def secret_of(run):
    return run.state["url"].rsplit("/s-", 1)[1]


def set_state(desk, state):
    desk.stack.sql("update app.device set state = %s where device_id = %s", (state, desk.id))


def has_nothing(run, desk):
    return run.code == 1 and run.state["accounts"] == [] and run.state["url"] == desk.url


def has_line(run, desk):
    account = run.state["accounts"][0]
    return account["enable"] and (account["user_name"], account["password"]) == (desk.number, desk.secret)


@pytest.fixture
def desk(tenant):
    made = Grandstream(tenant, TOKEN)
    made.enrol()
    return made


# --- it comes in ---


def test_a_token_leads_to_the_whole_file_and_a_restart_asks_with_the_secret(desk):
    first = desk.run()
    assert first.code == 0 and has_line(first, desk), first.output
    assert first.statuses() == desk.asked(404, 200) * 2
    begun = first.of_kind("redirected")
    assert [event["from"] for event in begun] == [desk.url]
    assert begun[0]["to"] == first.state["url"] and len(secret_of(first)) == 24
    assert desk.state() == "bound"

    again = desk.run()
    assert again.code == 0 and again.statuses() == desk.asked(404, 304), again.output
    assert again.state["url"] == first.state["url"]


def test_nobody_armed_it(desk):
    desk.beckon("device", "disarm", desk.mac)
    run = desk.run()
    assert has_nothing(run, desk) and run.statuses() == desk.asked(404, 404, 404, 404), run.output
    assert desk.state() == "claimed"


def test_the_policy_closes_again(desk):
    assert desk.run().code == 0
    desk.policy("enrolment=off")
    run = desk.run()
    assert run.code == 1 and has_line(run, desk), run.output  # it keeps what it has
    desk.wait_reason("enrolment_off")


def challenged(asked):
    return [pair for file, status in asked for pair in ((file, 401), (file, status))]


def test_user_and_password(stack, tenant):
    desk = Grandstream(tenant, TOKEN, "enrolment_secret=basic")
    desk.enrol()
    first = desk.run()
    assert first.code == 0 and has_line(first, desk), first.output
    assert first.statuses() == desk.asked(404, 200) + challenged(desk.asked(404, 200))
    assert first.state["url"] == f"{stack.enrolment_url}/{tenant.key}"
    assert first.state["parameters"]["P1360"] == desk.mac
    assert desk.state() == "bound"

    again = desk.run()
    assert again.code == 0 and again.statuses() == challenged(desk.asked(404, 304)), again.output

    desk.enrol()  # the former password ends with that
    late = desk.run()
    assert late.code == 1 and late.statuses() == challenged(desk.asked(404, 404, 404, 404)), late.output
    desk.wait_reason("unknown_secret")


def test_digest(own_stack):
    """The service can do it, and the simulator; of no maker's phones it is known, so the command line refuses."""
    desk = Yealink(own_stack.tenant(), TOKEN)
    desk.arm("digest")
    desk.url = f"{own_stack.enrolment_url}/{desk.tenant.key}/e-{desk.token}"
    first = desk.run("--no-boot-files")
    assert first.code == 0 and has_line(first, desk), first.output
    began, went_on = desk.asked(None, None, 404, 200)[2:], desk.asked(None, None, 200, 200)[2:]
    assert first.statuses() == began + challenged(went_on)
    assert first.state["url"] == f"{own_stack.enrolment_url}/{desk.tenant.key}"
    assert desk.state() == "bound"


def test_it_registers_and_is_called_back(scene):
    desk = Grandstream(scene.tenant, TOKEN)
    desk.enrol()
    scene.pbx.set_password(desk.number, scene.tenant.domain, desk.secret)
    live = scene.start(desk, *desk.words(), url=desk.url)

    since = live.mark()
    extension = scene.extension(desk)
    scene.pbx.set_password(desk.number, scene.tenant.domain, "a-new-secret-77")
    scene.admin.expect(200, "PATCH", f"/v1/extensions/{extension['id']}", {"secret": "a-new-secret-77"})
    scene.wait(scene.request("reprovision", desk), "done")
    assert live.wait("notify", since)["sip_event"] == "resync"
    live.wait("round", since, cause="check-sync", good=True)
    live.wait("registered", since)
    device = scene.admin.get(f"/v1/devices/{desk.id}").json
    assert device["pending_since"] is None and device["revision_held"] == device["revision"]

    since = live.mark()
    scene.wait(scene.request("reboot", desk), "done")
    live.wait("reboot", since)
    live.wait("registered", since)
    assert live.stop().state["parameters"]["P34"] == "a-new-secret-77"


# --- it is set back to the factory ---


def test_a_reset_phone_is_refused_and_told_until_it_is_armed_again(desk):
    before = desk.run()
    assert before.code == 0
    run = desk.run("--factory-reset")
    assert has_nothing(run, desk) and run.statuses() == desk.asked(404, 404, 404, 404), run.output
    assert desk.anomalies() == ["factory_reset"]

    old = desk.url
    assert desk.enrol() != old
    assert desk.anomalies() == []
    after = desk.run()
    assert after.code == 0 and has_line(after, desk), after.output
    assert secret_of(after) != secret_of(before)


def test_a_reset_phone_comes_back_by_itself_where_it_was_when_the_policy_says_so(desk):
    desk.policy("reset=reenrol")
    before = desk.run()
    assert before.code == 0
    desk.wait_served()
    kept = desk.copy()

    elsewhere = desk.run("--factory-reset", "--source", ELSEWHERE)
    assert has_nothing(elsewhere, desk), elsewhere.output
    after = desk.run("--factory-reset")
    assert after.code == 0 and has_line(after, desk), after.output
    assert secret_of(after) != secret_of(before)

    run = desk.run(memory=kept)
    assert run.code == 1 and {status for _, status in run.statuses()} == {404}, run.output


# --- somebody copies it ---


def test_the_url_in_other_hands_before_the_phone_has_its_file(desk):
    assert desk.get(f"{urlsplit(desk.url).path}/{desk.file}").status == 200
    copy = desk.run("--source", ELSEWHERE, memory=desk.blank())
    assert has_nothing(copy, desk), copy.output
    desk.wait_reason("enrolment_used")
    own = desk.run()
    assert own.code == 0 and has_line(own, desk), own.output


def test_the_url_in_other_hands_afterwards(desk):
    assert desk.run().code == 0
    copy = desk.run("--source", ELSEWHERE, memory=desk.blank())
    assert has_nothing(copy, desk), copy.output
    assert desk.anomalies() == ["factory_reset"]
    assert desk.run().code == 0


def quarantined(desk, kind):
    """What a copy has brought about: nobody has anything, the phone keeps what it has; and the way out."""
    wait_until("quarantined", lambda: desk.state() == "quarantined")
    assert desk.anomalies() == [kind]
    for memory in (desk.copy(), desk.memory):
        run = desk.run(memory=memory)
        assert run.code == 1 and has_line(run, desk), run.output
        assert {status for _, status in run.statuses()} == {404}

    known = desk.copy()
    desk.beckon("device", "block", desk.mac)
    assert desk.state() == "bound" and desk.anomalies() == []
    assert desk.run(memory=known).code == 1  # the secret that two had is nobody's now
    desk.enrol()
    again = desk.run("--factory-reset")
    assert again.code == 0 and has_line(again, desk), again.output


def test_the_secret_in_a_phone_of_another_model(desk):
    assert desk.run().code == 0
    copy = desk.run(memory=desk.copy(), model="GRP2616")
    assert copy.code == 1 and {status for _, status in copy.statuses()} == {404}, copy.output
    quarantined(desk, "other_model")


def test_the_secret_in_too_many_networks(desk):
    desk.policy("networks_per_day_max=2")
    assert desk.run().code == 0
    for network in (1, 2):
        assert desk.state() == "bound"
        assert desk.run("--source", f"127.0.{network}.1", memory=desk.copy()).code == 0
    quarantined(desk, "many_networks")


# --- it changes hands ---


def test_a_phone_moves_to_another_tenant(stack, desk):
    assert desk.run().code == 0
    former = desk.copy()
    set_state(desk, "released")
    gone = desk.run()
    assert gone.code == 1 and has_line(gone, desk), gone.output  # it keeps what it has until it is reset

    new = Grandstream(stack.tenant(), TOKEN, mac=desk.mac)
    new.enrol()
    new.memory = desk.memory
    run = new.run("--factory-reset")
    assert run.code == 0 and has_line(run, new) and new.state() == "bound", run.output
    assert desk.secret not in run.output and desk.tenant.key not in run.output

    for state in ("released", "claimed"):  # the former tenant may write the phone down again: nothing comes of it
        set_state(desk, state)
        late = desk.run(memory=desk.copy(former))
        assert late.code == 1 and {status for _, status in late.statuses()} == {404}, late.output
    desk.wait_reason("unknown_secret")
    assert new.run().code == 0 and new.state() == "bound"
