"""beckon-notifier between a real PostgreSQL, a real Redis and a PBX that answers as it is told."""

import signal
import time

import pytest

from notifier import bell_stack, notifiers, peers, redis, scene  # noqa: F401
from seal import set_control
from sip_peer import fields
from stack import wait_until


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_called_phone_that_fetches_is_done_with_the_time_of_each_state(scene, notifiers, algorithm):
    here = scene(password="s3cret", algorithm=algorithm)
    phone = here.tenant.phone()
    notifiers()
    job = here.request("reprovision", phone)[phone.mac]
    begun = time.monotonic()
    here.wait(job, "answered")
    assert time.monotonic() - begun < 2
    assert here.peer.notifies[0][1:] == (phone.number, "check-sync;reboot=false")
    message = next(text for text in here.peer.messages if "Proxy-Authorization" in text)
    head = fields(message)
    assert message.startswith(f"NOTIFY sip:{phone.number}@{here.domain} SIP/2.0")
    assert head["subscription-state"] == ["terminated;reason=noresource"]
    assert "tag=" not in head["to"][0] and head["from"][0].startswith(f"<sip:beckon@{here.domain}>")
    assert "0.0.0.0" not in message and head["contact"][0].startswith("<sip:beckon@127.0.0.1:")
    assert phone.get().status == 200
    row = here.wait(job, "done", 2)
    assert row["created_at"] <= row["sent_at"] <= row["answered_at"] <= row["ended_at"]
    assert row["outcome"].startswith("the phone holds revision")


def test_a_reboot_is_done_by_the_first_request_of_a_boot(scene, notifiers):
    here = scene()
    phone = here.tenant.phone()
    notifiers(jobs__reboot_window_s=30)
    job = here.request("reboot", phone)[phone.mac]
    here.wait(job, "answered")
    assert here.peer.notifies[0][2] == "check-sync;reboot=true"
    assert phone.get().status == 200  # its own file alone marks no boot
    phone.get(f"/{here.tenant.key}/{phone.mac}.boot")
    assert here.wait(job, "done", 2)["outcome"] == "the phone started again"


@pytest.mark.parametrize("answer, state, words", [
    (489, "failed", "does not know this event"),
    (481, "failed", "allow unsolicited check-sync on the phone"),
    (405, "failed", "check the PBX's routing"),
    (501, "failed", "own driver"),
    (603, "failed", "refuses everywhere"),
])
def test_a_refusal_ends_the_job_and_says_what_to_set(scene, notifiers, answer, state, words):
    here = scene(lambda user: answer)
    phone = here.tenant.phone()
    notifiers()
    row = here.wait(here.request("reprovision", phone)[phone.mac], state)
    assert words in row["outcome"] and row["attempt_count"] == 1


def test_a_phone_that_is_offline_waits_and_is_called_when_it_is_back(scene, notifiers):
    is_there = []
    here = scene(lambda user: 200 if is_there else 480)
    phone = here.tenant.phone()
    notifiers()
    job = here.request("reprovision", phone)[phone.mac]
    wait_until("it waits", lambda: here.row(job)["waiting_reason"] == "phone offline")
    assert here.row(job)["sent_at"] is None
    is_there.append(True)
    here.wait(job, "answered")
    phone.get()
    here.wait(job, "done")


def test_a_phone_that_answers_and_never_comes_is_called_twice_and_given_up(scene, notifiers):
    here = scene()
    phone = here.tenant.phone()
    notifiers()
    row = here.wait(here.request("reprovision", phone)[phone.mac], "expired")
    assert row["outcome"] == "the phone answered 2xx and did not come for its configuration"
    assert len(here.peer.notifies) == 2
    # the window, from `sent` to `sent`: how long each takes to arrive differs by some milliseconds
    assert here.peer.notifies[1][0] - here.peer.notifies[0][0] >= 1.9


def test_a_silent_phone_is_not_its_pbxs_fault(scene, notifiers):
    here = scene(lambda user: 200 if user == "OPTIONS" else None)
    phone = here.tenant.phone()
    notifiers(sip__timeout_ms=600)
    row = here.wait(here.request("reprovision", phone)[phone.mac], "expired")
    assert row["outcome"] == "no sign of the phone after 2 calls"
    assert here.stack.sql("select breaker from app.pbx_lease where pbx_id = %s", (here.pbx_id,))[0][0] == "closed"


def test_only_the_right_phone_of_a_shared_line_is_called(scene, notifiers):
    here = scene()
    first, second = here.tenant.phone(), here.tenant.phone()
    here.stack.sql(
        "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
        " select l.tenant_id, %s, 2, l.extension_id from app.device_line as l where l.device_id = %s",
        (second.device_id(), first.device_id()))
    notifiers()
    row = here.wait(here.request("reboot", first)[first.mac], "failed")
    assert "would hit other phones" in row["outcome"] and here.peer.notifies == []
    here.wait(here.request("reboot", second)[second.mac], "answered")
    assert [user for _, user, _ in here.peer.notifies] == [second.number]
    job = here.request("reprovision", first)[first.mac]
    wait_until("called", lambda: len(here.peer.notifies) == 2)
    assert here.row(job)["state"] == "sent"  # an answer of somebody's proves nothing


def test_a_wrong_account_stops_the_pbx_until_it_is_mended(scene, notifiers):
    here = scene(password="right")
    set_control(here.stack, here.tenant.id, here.peer.address, "wrong")
    phones = [here.tenant.phone() for _ in range(5)]
    notifiers()
    jobs = here.request("reprovision", *phones)
    wait_until("the breaker opens", lambda: here.stack.sql(
        "select breaker, note from app.pbx_lease where pbx_id = %s", (here.pbx_id,))[0][0] == "open")
    job = jobs[phones[0].mac]
    wait_until("its reason", lambda: any(
        here.row(job)["waiting_reason"] == "the PBX refuses the control account" for job in jobs.values()))
    tried = len([text for text in here.peer.messages if text.startswith("NOTIFY")])
    assert tried <= 10  # five in flight at most, two messages each
    set_control(here.stack, here.tenant.id, here.peer.address, "right")
    wait_until("all answered", lambda: all(here.row(job)["state"] == "answered" for job in jobs.values()), 20)


def test_an_ill_pbx_opens_its_breaker_and_harms_no_other(scene, notifiers):
    ill, well = scene(lambda user: 503), scene()
    ill_phones, phone = [ill.tenant.phone() for _ in range(8)], well.tenant.phone()
    notifiers()
    jobs = ill.request("reprovision", *ill_phones)
    wait_until("the breaker opens", lambda: ill.stack.sql(
        "select breaker from app.pbx_lease where pbx_id = %s", (ill.pbx_id,))[0][0] == "open")
    well.wait(well.request("reprovision", phone)[phone.mac], "answered", 3)
    assert all(ill.row(job)["state"] in ("queued", "sent") for job in jobs.values())


def test_what_is_refused_without_asking_a_pbx_says_nothing_of_its_health(scene, notifiers):
    here = scene(lambda user: 503)
    first, shared, *phones = [here.tenant.phone() for _ in range(7)]
    here.stack.sql(  # the second has the first one's line too, and the first no other
        "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
        " select l.tenant_id, %s, 2, l.extension_id from app.device_line as l where l.device_id = %s",
        (shared.device_id(), first.device_id()))
    notifiers(jobs__window_s=60)

    def called(phone):
        job = here.request("reprovision", phone)[phone.mac]
        wait_until("called in vain", lambda: here.row(job)["waiting_reason"] != "")

    for phone in phones[:4]:
        called(phone)
    here.wait(here.request("reboot", first)[first.mac], "failed")
    called(phones[4])
    wait_until("the breaker opens", lambda: here.stack.sql(
        "select 1 from app.pbx_lease where pbx_id = %s and breaker = 'open'", (here.pbx_id,)))
    assert len(here.peer.notifies) < 4 + 5  # five in a row, not five after the refusal


def test_a_pbx_outside_the_address_policy_gets_no_packet(scene, notifiers):
    here = scene()
    phone = here.tenant.phone()
    notifiers(egress__allow="192.0.2.0/24")
    job = here.request("reprovision", phone)[phone.mac]
    wait_until("forbidden", lambda: here.row(job)["waiting_reason"] == "the address policy forbids this PBX")
    assert here.peer.messages == []
    assert "egress.allow" in here.stack.sql(
        "select note from app.pbx_lease where pbx_id = %s", (here.pbx_id,))[0][0]


def test_without_redis_everything_works_a_sweep_later(scene, notifiers):
    here = scene()
    phone = here.tenant.phone()
    notifiers(with_redis=False)
    job = here.request("reprovision", phone, ring=False)[phone.mac]
    here.wait(job, "answered", 5)
    phone.get()
    here.wait(job, "done", 5)


def test_a_line_that_challenges_gets_its_own_credentials(scene, notifiers):
    """A phone with challenge_checksync: 401 of its own behind a PBX that demands nothing."""
    seen = []

    def answer(user):
        if user == "OPTIONS":
            return 200
        message = here.peer.messages[-1]
        if "\r\nAuthorization:" in message:
            seen.append(message)
            return 200
        return 401, ['WWW-Authenticate: Digest realm="phone", nonce="abc", algorithm=MD5, qop="auth"']

    here = scene(answer)
    phone = here.tenant.phone()
    notifiers()
    here.wait(here.request("reprovision", phone)[phone.mac], "answered")
    assert f'username="{phone.number}"' in seen[0] and 'realm="phone"' in seen[0]


def test_two_notifiers_never_exceed_the_rate_together_and_one_takes_over(scene, notifiers):
    here = scene(control=dict(rate=10))
    phones = [here.tenant.phone() for _ in range(40)]
    first, second = notifiers(), notifiers()
    here.request("reprovision", *phones)
    wait_until("some are called", lambda: len(here.peer.notifies) >= 10)
    holder = here.stack.sql("select owner from app.pbx_lease where pbx_id = %s", (here.pbx_id,))[0][0]
    (first if f"owner={holder}" in first.log(100000) else second).kill()
    wait_until("all are called", lambda: len({user for _, user, _ in here.peer.notifies}) == 40, 30)
    times = sorted(at for at, _, _ in here.peer.notifies)
    for at in times:
        # 10 a second, and what half a second saves
        assert len([other for other in times if at <= other < at + 1]) <= 10 + 5 + 1


def test_a_notifier_that_was_stopped_for_longer_than_its_lease_sends_nothing_stale(scene, notifiers):
    here = scene(control=dict(rate=5))
    phones = [here.tenant.phone() for _ in range(20)]
    first = notifiers()
    here.request("reprovision", *phones)
    wait_until("it began", lambda: len(here.peer.notifies) >= 3)
    first.signal(signal.SIGSTOP)
    second = notifiers()
    wait_until("the other goes on", lambda: len(here.peer.notifies) >= 12, 20)
    first.signal(signal.SIGCONT)
    wait_until("all are called", lambda: len({user for _, user, _ in here.peer.notifies}) == 20, 30)
    assert second.is_ready() and first.is_ready()
    times = sorted(at for at, _, _ in here.peer.notifies)
    for at in times:
        assert len([other for other in times if at <= other < at + 1]) <= 5 + 2 + 1
    fences = here.stack.sql("select count(distinct fence) from app.job where tenant_id = %s", (here.tenant.id,))
    assert fences[0][0] == 2


def test_it_drains_reports_and_gives_its_leases_back(scene, notifiers):
    def slow(user):
        time.sleep(0.3)
        return 200

    here = scene(slow)
    phones = [here.tenant.phone() for _ in range(3)]
    first = notifiers(lease_s=60)
    jobs = here.request("reprovision", *phones)
    wait_until("in flight", lambda: any(here.row(job)["state"] == "sent" for job in jobs.values()))
    assert first.stop() == 0
    assert all(here.row(job)["state"] in ("answered", "queued") for job in jobs.values())
    assert here.stack.sql("select leased_until <= now() from app.pbx_lease where pbx_id = %s",
                          (here.pbx_id,))[0][0]
