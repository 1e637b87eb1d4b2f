"""A32: our clocks are wrong by a day or ten years, from the start or suddenly: phones are served, no job is lost, no
lease is stolen, and what has expired by that clock is told as that.

Leases, windows and times of visits are PostgreSQL's; waiting is by monotonic time. What is left to a process's own
wall clock is whether certificates and tokens are valid now, and the log.
"""

import datetime
import os
import subprocess

import pytest

import pki
from api import Api
from faketime import FakeClock
from notifier import Notifier, Scene
from redis_server import Redis
from sip_peer import SipPeer
from stack import BIN, Stack, new_mac, wait_until

OFFSETS = ["+1d", "-1d", "+10y", "-10y"]
YEARS = datetime.timedelta(days=365)


@pytest.fixture(scope="module")
def redis():
    with Redis() as made:
        yield made


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clock")
    directory.chmod(0o755)
    return FakeClock(directory / "config")


@pytest.fixture(scope="module")
def clocked(tmp_path_factory, authorities, redis, clock):
    """A stack whose beckon-config has that clock; nobody else."""
    made = Stack(tmp_path_factory.mktemp("clocked"), {**clock.settings, "redis.address": redis.address},
                 authorities=authorities)
    made.environment = clock.environment
    made.start()
    yield made
    made.stop()
    made.check_log()


@pytest.fixture(autouse=True)
def right_again(clock):
    yield
    clock.set("+0")


@pytest.fixture(scope="module")
def old_root(clocked):
    """Valid for longer than clocks go wrong, as factory certificates often are."""
    root = pki.Authority("Yealink Root CA of long ago", days=40 * 365, begin=pki._now() - 30 * YEARS)
    clocked.import_root(root, "yealink")
    return root


@pytest.fixture
def old_phone(clocked, old_root):
    mac = new_mac()
    leaf = pki.yealink_cn(old_root, mac, begin=pki._now() - 30 * YEARS, end=pki._now() + 30 * YEARS)
    return clocked.tenant().phone(mac=mac, leaf=leaf)


def put_server_certificates(stack, begin, end):
    stack.server_files = [
        pki.server(stack.authorities.server, key=kind, begin=begin, end=end).write(stack.directory, f"server-{kind}")
        for kind in ("p256", "rsa2048")]


# --- beckon-config -----------------------------------------------------------------------------------


def request(kept, phone, headers=()):
    """On a kept connection, which a step forward may have closed while it waited; then on a new one."""
    try:
        return kept.request(phone.own_file, headers=headers)
    except ConnectionError:
        return phone.get(headers=headers)


@pytest.mark.parametrize("offset", OFFSETS)
def test_phones_are_served_while_the_clock_jumps(clocked, clock, old_phone, offset):
    with old_phone.connect() as kept:
        etag = kept.request(old_phone.own_file).field("ETag")
        clock.set(offset)
        assert request(kept, old_phone, [("If-None-Match", etag)]).status == 304
        assert old_phone.get().status == 200
        assert clocked.admin("/healthz")[0] == clocked.admin("/readyz")[0] == 200
        clock.set("+0")
        assert request(kept, old_phone).status == 200
    assert old_phone.get().status == 200

    def written():
        return clocked.sql("select count(*), bool_and(at between now() - interval '1 minute' and now())"
                           "  from app.visit where tenant_id = %s", (old_phone.tenant.id,))[0]

    assert wait_until("five visits, at PostgreSQL's time", lambda: written()[0] == 5 and written())[1]


@pytest.mark.parametrize("offset, reason", [("+10y", "certificate has expired"), ("-10y", "certificate is not yet valid")])
def test_what_is_not_valid_by_that_clock_is_told_and_not_for_long(clocked, clock, offset, reason):
    phone = clocked.tenant().phone()
    assert phone.get().status == 200
    clock.set(offset)
    with pytest.raises(OSError):
        phone.get()
    pairs = ":".join(phone.mac[i:i + 2] for i in range(0, 12, 2))
    wait_until("the stranger, with the reason and who it claims to be", lambda: [
        row for row in clocked.strangers(reason) if phone.mac.upper() in row[1] or pairs == row[2]])
    clocked.process.send_signal(1)  # roots read meanwhile are the same when the clock is right again
    clock.set("+0")
    assert phone.get().status == 200


@pytest.mark.parametrize("offset, words", [("+10y", "expired on"), ("-10y", "not valid before")])
def test_a_service_whose_own_certificate_is_not_valid_says_so(clocked, clock, offset, words):
    clock.set(offset)
    said = subprocess.run(
        [BIN / "beckon-config", "--settings", clocked.settings_path, "--check-config"],
        env={**os.environ, **clock.environment}, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert words in said.stdout + said.stderr and "server-p256.pem" in said.stdout + said.stderr
    # One that runs keeps what it has: reloads under a wrong clock take nothing away.
    before = clocked.log_path.stat().st_size
    clocked.process.send_signal(1)
    wait_until("told in the log", lambda: words in clocked.log_path.read_text(errors="replace")[before:])
    clock.set("+0")
    assert clocked.tenant().phone().get().status == 200


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_service_begins_under_a_wrong_clock(clocked, clock, old_phone, offset):
    put_server_certificates(clocked, pki._now() - 30 * YEARS, pki._now() + 30 * YEARS)
    clock.set(offset)
    clocked.terminate()
    clocked.spawn()
    assert old_phone.get().status == 200
    clock.set("+0")
    assert old_phone.get().status == 200


@pytest.mark.parametrize("offset, is_taken", [("+0", True), ("+10y", False)])
def test_a_root_that_has_expired_is_not_imported(clocked, clock, offset, is_taken):
    root = pki.Authority("Yealink Root CA that ends soon", days=365).write(clocked.directory, "ends-soon")
    clock.set(offset)
    said = subprocess.run(
        [BIN / "beckon", "trust-root", "import", root, "--maker", "yealink"],
        env={**os.environ, **clock.environment, "BECKON_PG": clocked.database.dsn()},
        capture_output=True, text=True, timeout=60)
    assert (said.returncode == 0) == is_taken, said.stderr
    assert is_taken or "expired" in said.stderr


# --- beckon-notifier ---------------------------------------------------------------------------------


@pytest.fixture
def peer():
    made = SipPeer()
    yield made
    made.stop()


@pytest.fixture
def notifier(clocked, redis, tmp_path):
    """notifier() -> (a notifier, its clock)"""
    made = []
    tmp_path.chmod(0o755)

    def make(offset="+0"):
        own = FakeClock(tmp_path / f"notifier-{len(made)}")
        own.set(offset)
        one = Notifier(clocked, redis, jobs__window_s=2, jobs__reboot_window_s=2, jobs__offline_retry_s=1,
                       sweep_ms=1000, lease_s=3, **{name.replace(".", "__"): value for name, value in own.settings.items()})
        one.environment = own.environment
        made.append(one.start())
        return one, own

    yield make
    for one in made:
        one.stop()
        one.check_log()


def holder(stack, pbx_id):
    return stack.sql("select owner, fence, leased_until > now() from app.pbx_lease where pbx_id = %s", (pbx_id,))[0]


@pytest.mark.parametrize("offset", OFFSETS)
def test_no_job_is_lost_while_the_notifiers_clock_jumps(clocked, redis, peer, notifier, offset):
    scene = Scene(clocked, redis, peer)
    _, own = notifier()
    before, after = scene.tenant.phone(), scene.tenant.phone()
    job = scene.request("reprovision", before)[before.mac]
    scene.wait(job, "answered")
    owner = holder(clocked, scene.pbx_id)
    own.set(offset)
    late = scene.request("reprovision", after)[after.mac]
    scene.wait(late, "answered")
    for phone, one in ((before, job), (after, late)):
        assert phone.get().status == 200
        row = scene.wait(one, "done")
        assert row["attempt_count"] == 1
        assert row["created_at"] <= row["sent_at"] <= row["answered_at"] <= row["ended_at"]
    own.set("+0")
    assert holder(clocked, scene.pbx_id) == owner  # renewed, by the same one, throughout
    assert sorted(user for _, user, _ in peer.notifies) == sorted([before.number, after.number])


@pytest.mark.parametrize("offset", ["+10y", "-10y"])
def test_a_notifier_with_a_wrong_clock_steals_no_lease(clocked, redis, peer, notifier, offset):
    scene = Scene(clocked, redis, peer)
    notifier()
    phones = [scene.tenant.phone() for _ in range(3)]

    def call(phone):
        job = scene.request("reprovision", phone)[phone.mac]
        scene.wait(job, "answered")
        assert phone.get().status == 200
        assert scene.wait(job, "done")["attempt_count"] == 1

    call(phones[0])
    owner = holder(clocked, scene.pbx_id)
    other, _ = notifier(offset)
    # Its sweeps, and what rings for both: it looks for something to lease more than once.
    for phone in phones[1:]:
        call(phone)
    sweeps = other.metric("beckon_sweeps_total")
    wait_until("it has swept", lambda: other.metric("beckon_sweeps_total") >= sweeps + 3)
    assert holder(clocked, scene.pbx_id) == owner
    assert other.metric("beckon_pbxs_leased") == 0
    assert len(peer.notifies) == len(phones)  # each once


# --- beckon-api --------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", OFFSETS)
def test_the_api_goes_on_and_whoever_signs_in_anew_gets_in(clocked, redis, clock, offset, tmp_path):
    """Tokens of before the jump are refused as long as it lasts: too old, or not valid yet."""
    tmp_path.chmod(0o755)
    own = FakeClock(tmp_path / "api")
    api = Api(clocked, own.settings, redis, start=False)
    api.environment = own.environment
    with api:
        tenant = clocked.tenant()
        phone = tenant.phone()
        admin = api.admin(tenant)
        assert admin.get("/v1/devices").status == 200
        own.set(offset)
        assert api.look("/readyz")[0] == 200
        assert admin.get("/v1/devices").status == 401
        again = api.login(admin.email)
        assert again.get("/v1/devices").status == 200
        made = again.post("/v1/jobs", {"kind": "reprovision", "device_id": phone.device_id()})
        assert made.status == 202
        own.set("+0")
        assert admin.get("/v1/devices").status == 200
        assert admin.get(f"/v1/jobs/{made.json['id']}").status == 200
        row = clocked.sql("select created_at between now() - interval '1 minute' and now() from app.job"
                          " where job_id = %s", (made.json["id"],))
        assert row == [(True,)]
    api.check_log()
