"""A22: slowhttptest holds 5,000 connections of three slow kinds open; phones are served as before, memory is bounded.

On the enrolment listener, where nobody needs a certificate to go on from TLS to HTTP. Limits are off, since they
would only ban the one address that all of it comes from, and the deadlines are so long that all connections stand at
once: what they do by themselves is tried in test_a22_slow.py. Time is compared once they stand, and with the attacker's
programs at the lowest priority: they poll without pause, and here it is one machine's processor that they would take from
those they attack. All phones are to be served throughout.
"""

import os
import resource
import shutil
import signal
import subprocess
import threading
import time

import pytest

import rawtls
from enrolment import Enrolled
from stack import BUILD, wait_until

PARTS = {  # what slowhttptest does, how many processes: one alone opens too few connections a second
    "slow headers": (3, ["-H", "-x", "24"]),
    "slow body": (3, ["-B", "-s", "8192", "-x", "10"]),
    # A file is all in the kernel's buffers before its reader has had a byte: these cost the service nothing.
    "slow read": (1, ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "16", "-k", "3"]),
}
EACH = 900
STANDING = 5000  # of the 5,400 of the first two kinds
HOLD_S = 10
SETTINGS = {
    "workers": 2, "log.level": "warn", "limits.scan_subjects": 0, "limits.failures": 0,
    "limits.early_timeout_s": 120, "limits.idle_timeout_s": 120, "limits.connections": 6000,
}
IS_SANITIZED = BUILD.name in ("asan", "tsan")
# Some 30 KiB, a head that is not complete included; buffers that TLS kept would double it. Sanitizers put
# fences around everything.
BYTES_EACH_MAX = (512 if IS_SANITIZED else 48) << 10
# Below NOISE_S nobody tells one machine's moods from an attack; who is slowed down is so in each of the WINDOWS.
TIMES_SLOWER_MAX, NOISE_S, WINDOWS = 2, 1 if IS_SANITIZED else 0.25, 3


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """For the service and slowhttptest, which take it from here; master.c raises its own as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 20000) if hard != resource.RLIM_INFINITY else 20000
    assert wanted > 3 * STANDING // 4, f"ulimit -Hn is {hard}: too few for 5,000 connections"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Phones:
    """Phones that fetch, each time over a new connection; how long each fetch took and what became of it."""

    def __init__(self, phone, threads=3, pause_s=0.05):
        self.phone, self.pause_s = phone, pause_s
        self.context = rawtls.context(phone.cert, phone.key, phone.stack.authorities.server_ca)
        self.fetches = []  # (begun, seconds, status or error)
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def _run(self):
        while not self.stopping.wait(self.pause_s):
            begun = time.monotonic()
            try:
                with self.phone.connect(tls_context=self.context, timeout_s=20) as connection:
                    told = connection.request(self.phone.own_file).status
            except OSError as error:
                told = repr(error)
            self.fetches.append((begun, time.monotonic() - begun, told))

    def p99_between(self, begin, end):
        lasted = sorted(seconds for begun, seconds, _ in self.fetches if begin <= begun < end)
        assert len(lasted) > 50
        return lasted[len(lasted) * 99 // 100]


def memory(stack):
    """Bytes that the workers hold (VmRSS)."""
    total = 0
    for pid in stack.worker_pids():
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            total += next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS"))
    return total


def attack(stack, url, directory):
    program = shutil.which("slowhttptest")
    assert program, "slowhttptest is missing: scripts/install.sh test"
    log = open(directory / "slowhttptest.log", "wb")
    processes = []
    for count, words in PARTS.values():
        for _ in range(count):
            processes.append(subprocess.Popen(
                [program, *words, "-c", str(EACH), "-r", "150", "-i", "5", "-l", "300", "-p", "10", "-v", "0",
                 "-u", url],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory))
    log.close()
    return processes


def stop(processes):
    for process in processes:
        process.send_signal(signal.SIGKILL)
    for process in processes:
        process.wait()


def test_five_thousand_slow_connections_slow_nobody_down(own_stack, tmp_path, record_property):
    tenant = own_stack.tenant()
    phone = tenant.phone()
    victim = Enrolled(tenant, {"enrolment": "token"})  # its file is 68 kB, read at 3 bytes a second
    victim.arm()
    assert victim.get(victim.steady_path()).status == 200
    assert phone.get().status == 200
    pids, before = own_stack.worker_pids(), memory(own_stack)

    def standing():
        return own_stack.metric("beckon_connections")

    with Phones(phone) as phones:
        calm_from = time.monotonic()
        assert not phones.stopping.wait(HOLD_S)  # measuring
        calm = phones.p99_between(calm_from, time.monotonic())
        processes = attack(own_stack, own_stack.enrolment_url + victim.steady_path(), tmp_path)
        try:
            wait_until(f"{STANDING} connections", lambda: standing() >= STANDING, 240, every_s=0.5)
            for process in processes:
                os.setpriority(os.PRIO_PROCESS, process.pid, 19)
            most, slow = standing(), []
            while not slow or slow[-1] >= max(TIMES_SLOWER_MAX * calm, NOISE_S) and len(slow) < WINDOWS:
                begun = time.monotonic()
                assert not phones.stopping.wait(HOLD_S)
                slow.append(phones.p99_between(begun, time.monotonic()))
            held = memory(own_stack)
            assert standing() >= STANDING
            assert own_stack.admin("/healthz")[0] == 200
        finally:
            stop(processes)
        wait_until("slow connections are gone", lambda: standing() < 100, 60)
    told = f"{most:.0f} connections; p99 {calm * 1000:.0f} ms -> {[round(one * 1000) for one in slow]} ms; " \
           f"{(held - before) / most / 1024:.1f} KiB each; {len(phones.fetches)} fetches"
    record_property("slowhttptest", told)
    print(told)
    assert {status for _, _, status in phones.fetches} == {200}
    assert slow[-1] < max(TIMES_SLOWER_MAX * calm, NOISE_S), told
    assert held - before < BYTES_EACH_MAX * most, told
    assert own_stack.worker_pids() == pids
