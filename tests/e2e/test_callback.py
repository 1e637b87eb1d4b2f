"""The whole circle: an admin changes something over REST, the right phone is called back through a real PBX, comes,
and the job says truthfully what happened. beckon-api, beckon-notifier, Redis, Kamailio, phonesim."""

import datetime
import time

import pytest

from circle import WINDOW_S, scene, world  # noqa: F401
from stack import wait_until


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def assert_times(row, *states):
    times = [row["times"][state] for state in states]
    assert None not in times, row
    assert times == sorted(times, key=time_of), row


def test_a_new_secret_is_on_the_phone_within_two_seconds_and_the_job_knows_it(scene):
    phone = scene.phone()
    extension = scene.extension(phone)
    since = phone.live.mark()
    scene.pbx.set_password(phone.number, scene.tenant.domain, "a-new-secret-77")
    scene.admin.expect(200, "PATCH", f"/v1/extensions/{extension['id']}", {"secret": "a-new-secret-77"})
    device = scene.admin.get(f"/v1/devices/{phone.device_id()}").json
    assert device["pending_since"] is not None and device["revision_held"] < device["revision"]
    begun = time.monotonic()
    job = scene.request("reprovision", phone)
    row = scene.wait(job, "done", 2)
    assert time.monotonic() - begun < 2
    assert_times(row, "queued", "sent", "answered", "ended")
    phone.live.wait("round", since, cause="check-sync")
    device = scene.admin.get(f"/v1/devices/{phone.device_id()}").json
    assert device["pending_since"] is None and device["revision_held"] == device["revision"]
    assert phone.live.stop().state["parameters"]["account.1.password"] == "a-new-secret-77"


def test_a_reboot_is_done_when_the_phone_has_started_again(scene):
    phone = scene.phone()
    since = phone.live.mark()
    row = scene.wait(scene.request("reboot", phone), "done")
    assert_times(row, "queued", "sent", "answered", "ended")
    assert row["outcome"] == "the phone started again"
    phone.live.wait("reboot", since)
    phone.live.wait("registered", since)


def test_of_a_shared_extension_only_the_right_phone_comes(scene):
    first, second = scene.phone(), scene.phone(live=False)
    scene.admin.expect(201, "PUT", f"/v1/devices/{second.device_id()}/lines/2",
                       {"extension_id": scene.extension(first)["id"]})
    scene.start(second)
    marks = first.live.mark()
    job = scene.request("reprovision", second)
    scene.wait(job, "done")
    assert first.live.of_kind("notify", marks) == []
    row = scene.wait(scene.request("reboot", first), "failed")
    assert "would hit other phones" in row["outcome"]
    assert first.live.of_kind("notify", marks) == []


def test_a_phone_that_is_off_waits_and_is_done_when_it_registers(scene):
    phone = scene.phone()
    phone.live.stop()
    job = scene.request("reboot", phone)
    wait_until("it waits", lambda: scene.job(job)["waiting_reason"] == "phone offline")
    assert scene.job(job)["state"] == "queued" and scene.job(job)["times"]["sent"] is None
    again = scene.start(phone)
    scene.wait(job, "done", 15)
    again.wait("reboot")


def test_a_phone_unplugged_from_the_pbx_is_called_when_it_is_back(scene):
    phone = scene.phone("--sip-expires-s", "2")
    phone.live.unplug()
    wait_until("its registration ends",
               lambda: f"{phone.number}@{scene.tenant.domain}" not in str(scene.pbx.registrations()), 10)
    job = scene.request("reprovision", phone)
    wait_until("it waits", lambda: scene.job(job)["waiting_reason"] == "phone offline")
    phone.live.plug()
    scene.wait(job, "done", 15)


def test_a_phone_that_says_200_and_never_comes_is_told_so(scene):
    phone = scene.phone("--ignore-check-sync")
    row = scene.wait(scene.request("reprovision", phone), "expired", 3 * WINDOW_S + 5)
    assert row["outcome"] == "the phone answered 2xx and did not come for its configuration"
    assert row["attempt_count"] == 2 and len(phone.live.of_kind("notify")) == 2


@pytest.mark.parametrize("answer, words", [("489", "does not know this event"), ("481", "allow unsolicited check-sync"),
                                           ("603", "refuses everywhere")])
def test_a_phone_that_refuses_fails_the_job_with_what_to_set_on_it(scene, answer, words):
    phone = scene.phone("--notify-answer", answer)
    row = scene.wait(scene.request("reprovision", phone), "failed")
    assert words in row["outcome"] and row["attempt_count"] == 1


def test_a_phone_that_challenges_gets_its_own_lines_credentials(scene):
    phone = scene.phone("--notify-challenge")
    scene.wait(scene.request("reprovision", phone), "done")


def test_a_batch_by_filter_calls_every_phone_once(scene):
    phones = [scene.phone() for _ in range(4)]
    answer = scene.admin.expect(202, "POST", "/v1/job-batches",
                                {"kind": "reprovision", "filter": {"vendor": "yealink"}})
    batch = f"/v1/job-batches/{answer.json['id']}"
    assert answer.headers["Location"] == batch
    wait_until("all are done",
               lambda: scene.admin.get(batch).json["counts"].get("done") == 4, 15)
    for phone in phones:
        assert len(phone.live.of_kind("notify")) == 1


def test_asking_twice_is_asking_once_and_a_waiting_job_can_be_cancelled(scene):
    phone = scene.phone(live=False)
    job = scene.request("reprovision", phone)
    assert scene.request("reprovision", phone) == job
    wait_until("it waits", lambda: scene.job(job)["waiting_reason"] == "phone offline")
    scene.admin.expect(200, "POST", f"/v1/jobs/{job}/cancel")
    assert scene.job(job)["state"] == "cancelled"
    assert scene.request("reprovision", phone) != job


def test_flushed_redis_costs_a_sweep_at_most(scene):
    phone = scene.phone()
    scene.world.redis.command("FLUSHALL")
    scene.wait(scene.request("reprovision", phone), "done", 3)
    scene.world.redis.kill()
    try:
        job = scene.request("reprovision", phone)
        scene.wait(job, "done", 6)
    finally:
        scene.world.redis.start()
