"""kill -9 of whatever takes part, at a hundred seeded points of the flow: every accepted job ends, and no phone is
called twice within its window."""

import contextlib
import http.client
import os
import pathlib
import random
import signal
import threading
import time

import pytest

from api import Api
from notifier import Notifier
from redis_server import Redis
from seal import set_control
from sip_peer import SipPeer
from stack import Stack, StackError, wait_until

POINTS = 100
SEED = 20261126
WINDOW_S = 3


class Ledger:
    """What was accepted: one job a phone."""

    def __init__(self, admin):
        self.admin = admin
        self.jobs = {}

    def request(self, phone, device):
        """As a careful caller: with a key of its own, until there is an answer."""
        deadline = time.monotonic() + 20
        key = {"Idempotency-Key": f"phone-{phone.mac}"}
        while True:
            try:
                answer = self.admin.post("/v1/jobs", {"kind": "reprovision", "device_id": device}, headers=key)
                if answer.status == 202:
                    break
                assert answer.status in (409, 500, 503), answer  # 409: the first with this key is still at work
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < deadline, "not accepted within 20 s"
            time.sleep(0.02)
        self.jobs[answer.json["id"]] = phone


class Phones:
    """Phones that come when they are called: each NOTIFY leads to a fetch over mTLS, like the real one's."""

    def __init__(self, phones):
        self.by_number = {phone.number: phone for phone in phones}
        self.threads = []

    def __call__(self, user):
        if user == "OPTIONS":
            return 200
        thread = threading.Thread(target=self._come, args=(self.by_number[user],))
        thread.start()
        self.threads.append(thread)
        return 200

    @staticmethod
    def _come(phone):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if phone.get().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)  # as a phone that got a 503 or nothing: it asks again


@pytest.fixture
def world(tmp_path, authorities):
    with Redis() as redis:
        stack = Stack(tmp_path, {"redis.address": redis.address}, authorities=authorities)
        stack.start()
        api = Api(stack, redis=redis)
        notifiers = [Notifier(stack, redis, jobs__window_s=WINDOW_S, jobs__reboot_window_s=WINDOW_S, lease_s=3,
                              sweep_ms=1000) for _ in range(2)]
        try:
            for notifier in notifiers:
                notifier.start()
            yield stack, redis, api, notifiers
        finally:
            for notifier in notifiers:
                notifier.stop()
            api.stop()
            stack.stop()


def test_every_accepted_job_ends_and_no_phone_is_called_twice_within_its_window(world):
    stack, redis, api, notifiers = world
    chance = random.Random(SEED)
    tenant = stack.tenant()
    phones = [tenant.phone() for _ in range(POINTS)]
    devices = {phone: phone.device_id() for phone in phones}
    come = Phones(phones)
    peer = SipPeer(come, password="s3cret")
    set_control(stack, tenant.id, peer.address, "s3cret", rate=200, in_flight=50)
    ledger = Ledger(api.admin(tenant))

    def workers():
        return pathlib.Path(f"/proc/{api.process.pid}/task/{api.process.pid}/children").read_text().split()

    def kill_api():
        orphans = workers()
        api.kill()
        for orphan in orphans:  # as systemd does with what is left
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(orphan), signal.SIGKILL)
        wait_until("nobody is left who answers for it", lambda: api.look("/healthz")[0] == 0, 20)
        api.start()

    def kill_api_worker():
        of_master = workers()
        if of_master:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(chance.choice(of_master)), signal.SIGKILL)

    def kill_notifier():
        victim = chance.choice(notifiers)
        victim.kill()
        victim.start(wait=False)

    def kill_redis():
        redis.kill()
        redis.start()

    def kill_backend():
        stack.sql("select pg_terminate_backend(pid) from (select pid from pg_stat_activity"
                  " where application_name like 'beckon-%' order by random() limit 3) as few")

    deeds = [kill_api, kill_api_worker, kill_notifier, kill_redis, kill_backend, lambda: redis.command("FLUSHALL")]
    done_by, trouble = [], []

    def do(deed):
        try:
            deed()
        except Exception as error:  # a thread of its own: nobody else hears it
            trouble.append(error)

    try:
        for phone in phones:
            deed = chance.choice(deeds)
            # At a random point of: request, commit, claim, call, answer, fetch, visit, settle
            point = threading.Timer(chance.uniform(0, 0.06), do, [deed])
            point.start()
            ledger.request(phone, devices[phone])
            point.join()
            assert not trouble
            done_by.append(deed)

        def open_jobs():
            try:
                return stack.sql("select job_id, state, waiting_reason from app.job where ended_at is null"
                                 " and tenant_id = %s", (tenant.id,))
            except Exception as error:  # our own connection may be one of those that were killed
                return [str(error)]

        try:
            wait_until("every job has ended", lambda: not open_jobs(), 60, 0.2)
        except StackError as error:
            raise AssertionError(f"{error}: {open_jobs()}\n{notifiers[0].log()}") from error
        for thread in come.threads:
            thread.join()

        rows = dict(stack.sql("select job_id, state from app.job where tenant_id = %s", (tenant.id,)))
        assert set(rows) == set(ledger.jobs), "a job that nobody was promised, or a promise without a job"
        assert set(rows.values()) == {"done"}, {job: state for job, state in rows.items() if state != "done"}
        calls = {}
        for at, user, _ in peer.notifies:
            calls.setdefault(user, []).append(at)
        twice = {user: times for user, times in calls.items()
                 if any(later - earlier < WINDOW_S - 0.2 for earlier, later in zip(times, times[1:]))}
        assert not twice
        assert set(calls) == {phone.number for phone in phones}
        assert len({deed for deed in done_by}) == len(deeds)
    finally:
        peer.stop()
