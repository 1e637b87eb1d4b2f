"""The whole circle: beckon-api, beckon-notifier and Redis beside a stack, and a real PBX that phones register at.

    from circle import scene, world  # noqa: F401     (fixtures)
    phone = scene.phone()
    job = scene.request("reprovision", phone)
    scene.wait(job, "done")
"""

import pytest

from api import Api
from kamailio import CONTROL_USER, Kamailio
from live_phone import LivePhone
from notifier import Notifier
from redis_server import Redis
from stack import Stack, Tenant, wait_until

CONTROL = "control-secret"
WINDOW_S = 4


class World:
    def __init__(self, directory, authorities, redis, pbx):
        self.redis, self.pbx = redis, pbx
        self.stack = Stack(directory, {"redis.address": redis.address}, authorities=authorities)
        self.stack.start()
        self.api = Api(self.stack, redis=redis)
        self.notifier = Notifier(self.stack, redis, jobs__window_s=WINDOW_S, jobs__reboot_window_s=WINDOW_S,
                                 jobs__offline_retry_s=1, sweep_ms=1000, lease_s=3).start()

    def stop(self):
        self.notifier.stop()
        self.api.stop()
        self.stack.stop()
        self.api.check_log()
        self.stack.check_log()
        assert "Sanitizer" not in self.notifier.log_path.read_text(errors="replace")


@pytest.fixture(scope="module")
def world(tmp_path_factory, authorities):
    with Redis() as redis, Kamailio(answer_ms=2000) as pbx:
        made = World(tmp_path_factory.mktemp("circle"), authorities, redis, pbx)
        yield made
        made.stop()


class Scene:
    """A tenant of the PBX and its admin, who does everything over the API."""

    def __init__(self, world):
        self.world, self.pbx = world, world.pbx
        self.tenant = Tenant(world.stack, registrar=world.pbx.address, transport="udp")
        self.admin = world.api.admin(self.tenant)
        self.pbx_id = self.admin.get("/v1/pbxs").json["items"][0]["id"]
        self.pbx.set_password(CONTROL_USER, self.tenant.domain, CONTROL)
        self.admin.expect(200, "PATCH", f"/v1/pbxs/{self.pbx_id}", {"control": {
            "driver": "sip", "address": self.pbx.address, "username": CONTROL_USER, "secret": CONTROL,
            "rate_per_s": 50, "in_flight_max": 20}})
        self.lives = []

    def phone(self, *arguments, live=True, **options):
        phone = self.tenant.phone(**options)
        self.pbx.set_password(phone.number, self.tenant.domain, phone.secret)
        phone.live = self.start(phone, *arguments) if live else None
        return phone

    def start(self, phone, *arguments, **options):
        live = LivePhone(phone, "--boot-ms", "300", *arguments, **options)
        self.lives.append(live)
        live.wait("registered")
        self.pbx.wait_registered(f"{phone.number}@{self.tenant.domain}")
        return live

    def stop(self):
        for live in self.lives:
            live.stop()

    def request(self, kind, phone):
        answer = self.admin.expect(202, "POST", "/v1/jobs", {"kind": kind, "device_id": phone.device_id()})
        assert answer.headers["Location"] == f"/v1/jobs/{answer.json['id']}"
        return answer.json["id"]

    def job(self, job):
        return self.admin.expect(200, "GET", f"/v1/jobs/{job}").json

    def wait(self, job, state, timeout_s=10):
        try:
            return wait_until(f"job {job} {state}", lambda: (row := self.job(job))["state"] == state and row, timeout_s)
        except Exception as error:
            raise AssertionError(f"{error}: {self.job(job)}\n{self.world.notifier.log(1500)}") from error

    def extension(self, phone):
        return self.admin.get(f"/v1/extensions?number={phone.number}").json["items"][0]


@pytest.fixture
def scene(world):
    made = Scene(world)
    yield made
    made.stop()
