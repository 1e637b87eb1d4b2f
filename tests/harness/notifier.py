"""Starts beckon-notifier beside a Stack, on a free admin port; and what its tests share: fixtures and a scene."""

import pytest

from redis_server import Redis
from seal import set_control
from service import Service
from sip_peer import SipPeer
from stack import Stack, wait_until


class Notifier(Service):
    def __init__(self, stack, redis=None, **settings):
        super().__init__(stack, "beckon-notifier", {
            "pg": stack.database.dsn("beckon_notifier"),
            "master_key_file": stack.master_key,
            "master_key_previous_file": stack.previous_key,
            "redis.address": redis.address if redis else "",
            "egress.allow": "127.0.0.0/8",
            "egress.cleartext": "127.0.0.0/8",
            "sip.timeout_ms": 3000,
            **{name.replace("__", "."): value for name, value in settings.items()},
        })


@pytest.fixture(scope="module")
def redis():
    with Redis() as made:
        yield made


@pytest.fixture(scope="module")
def bell_stack(tmp_path_factory, authorities, redis):
    made = Stack(tmp_path_factory.mktemp("bell"), {"redis.address": redis.address}, authorities=authorities)
    made.start()
    yield made
    made.stop()
    made.check_log()


@pytest.fixture
def peers():
    made = []

    def make(*arguments, **options):
        made.append(SipPeer(*arguments, **options))
        return made[-1]

    yield make
    for peer in made:
        peer.stop()


@pytest.fixture
def notifiers(bell_stack, redis):
    made = []

    def make(with_redis=True, **settings):
        options = dict(jobs__window_s=2, jobs__reboot_window_s=2, jobs__offline_retry_s=1, sweep_ms=1000, lease_s=3)
        made.append(Notifier(bell_stack, redis if with_redis else None, **{**options, **settings}).start())
        return made[-1]

    yield make
    for notifier in made:
        notifier.stop()
        assert "Sanitizer" not in notifier.log_path.read_text(errors="replace")


class Scene:
    def __init__(self, stack, redis, peer, **control):
        self.stack, self.redis, self.peer = stack, redis, peer
        self.tenant = stack.tenant()
        self.domain = self.tenant.domain
        self.pbx_id = set_control(stack, self.tenant.id, peer.address, peer.password, **control)

    def request(self, kind, *phones, ring=True):
        """{mac: job_id}, made as the API makes them; the doorbell is rung after the commit."""
        connection = self.stack.database.connect("beckon_api", autocommit=False)
        ids = {phone.device_id(): phone.mac for phone in phones}
        with connection, connection.cursor() as cursor:
            cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(self.tenant.id),))
            cursor.execute("select device_id, job_id from bk.jobs_request(%s, %s::bigint[], null, 'user:1')",
                           (kind, list(ids)))
            jobs = dict(cursor.fetchall())
        connection.close()
        if ring:
            for device in jobs:
                self.redis.command("XADD", "beckon:doorbell", "*", "d", f"{self.tenant.id}:{device}")
        return {ids[device]: job for device, job in jobs.items()}

    def row(self, job):
        names = ("state", "waiting_reason", "outcome", "attempt_count", "wait_count", "created_at", "sent_at",
                 "answered_at", "ended_at")
        return dict(zip(names, self.stack.sql(
            f"select {', '.join(names)} from app.job where job_id = %s", (job,))[0]))

    def wait(self, job, state, timeout_s=15):
        def reached():
            row = self.row(job)
            return row if row["state"] == state else None
        try:
            return wait_until(f"job {job} {state}", reached, timeout_s)
        except Exception as error:
            raise AssertionError(f"{error}: {self.row(job)}") from error


@pytest.fixture
def scene(bell_stack, redis, peers):
    def make(*arguments, control=None, **options):
        return Scene(bell_stack, redis, peers(*arguments, **options), **(control or {}))
    return make
