"""Workers die, certificates change, the service ends: what a phone notices of it (nearly nothing)."""

import os
import signal
import ssl
import time

import pytest

import pki
import rawtls
from load import Load, server_pid_of
from stack import new_mac, wait_until

SLOW = float(os.environ.get("BECKON_TEST_SLOW", "1"))  # sanitizer builds are given more time
SETTINGS = {"pg.query_timeout_ms": 8000, "drain_s": 10}


@pytest.fixture(scope="module")
def busy_phone(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


def kept_connections(stack, phone, want_each=3, at_most=200):
    """Open connections that have been served, by worker; each worker has some."""
    pids = stack.worker_pids()
    by_pid = {pid: [] for pid in pids}
    for _ in range(at_most):
        connection = phone.connect()
        assert connection.request(phone.own_file).status == 200
        by_pid[server_pid_of(connection, stack.port, pids)].append(connection)
        if all(len(some) >= want_each for some in by_pid.values()):
            return by_pid
    raise AssertionError(f"all connections at one worker: {[len(some) for some in by_pid.values()]}")


def test_a_killed_worker_takes_only_its_own_connections_along(own_stack, busy_phone):
    stack, phone = own_stack, busy_phone
    assert len(stack.worker_pids()) == 2
    with Load(phone, threads=6, requests_each=4) as load:
        wait_until("load", lambda: load.count() > 50)
        by_pid = kept_connections(stack, phone)
        victim, survivor = sorted(by_pid, key=lambda pid: len(by_pid[pid]))
        os.kill(victim, signal.SIGKILL)
        killed_at = time.monotonic()

        # Serving again: as many workers as before, and all of them by a fresh connection.
        wait_until(
            "a replacement",
            lambda: len(stack.worker_pids()) == 2 and victim not in stack.worker_pids(),
            timeout_s=1 * SLOW,
        )
        for connection in by_pid[survivor]:
            assert connection.request(phone.own_file).status == 200
        for connection in by_pid[victim]:
            with pytest.raises((ConnectionError, ssl.SSLError)):
                connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                connection.read_answer()
        enough = load.count() + 100
        wait_until("load goes on", lambda: load.count() > enough)
        wait_until(
            "every thread is served again",
            lambda: {thread for _, _, thread in load.since(killed_at + 0.001)} == set(range(6)),
        )
    for connections in by_pid.values():
        for connection in connections:
            connection.close()

    # Each thread had one connection at most to lose, at that moment and at no other.
    threads = [thread for _, _, _, thread in load.failures]
    assert len(threads) == len(set(threads)), load.failures
    for begun, ended, error, _ in load.failures:
        assert begun <= killed_at + 0.2 and ended >= killed_at - 0.05, (begun - killed_at, error)
        assert ended - killed_at < 1 * SLOW, error
    assert {status for _, status, _ in load.answers} == {200}
    for thread in range(6):
        first = min(at for at, _, number in load.since(killed_at + 0.001) if number == thread)
        assert first - killed_at < 1 * SLOW
    stack.wait_ready()
    assert stack.metric("beckon_worker_starts_total") == 3


def test_workers_killed_again_and_again_come_back(own_stack, busy_phone):
    for _ in range(5):
        before = own_stack.worker_pids()
        os.kill(before[0], signal.SIGKILL)
        wait_until(
            "replaced",
            lambda: len(own_stack.worker_pids()) == 2 and before[0] not in own_stack.worker_pids(),
            timeout_s=3 * SLOW,
        )
        assert busy_phone.get().status == 200
    own_stack.wait_ready()


def test_a_reload_changes_certificates_and_roots_for_new_connections(own_stack, busy_phone):
    stack, phone = own_stack, busy_phone
    mac = new_mac()
    late_root = pki.Authority("Yealink Root CA of later")
    late = phone.tenant.phone(mac=mac, leaf=pki.yealink_cn(late_root, mac))
    assert rawtls.handshake_fails(
        stack.address, late.cert, late.key, stack.authorities.server_ca
    ) == b""

    open_one = phone.connect()
    assert open_one.request(phone.own_file).status == 200
    old = open_one.socket.getpeercert(binary_form=True)
    path = late_root.write(stack.directory, "late-root")
    stack.beckon("trust-root", "import", path, "--maker", "yealink")
    stack.write_server_certificates()
    stack.process.send_signal(signal.SIGHUP)

    def shown():
        with phone.connect() as connection:
            assert connection.request(phone.own_file).status == 200
            return connection.socket.getpeercert(binary_form=True)

    # Every worker has reloaded when many connections in a row see the new one.
    wait_until("the new certificate", lambda: all(shown() != old for _ in range(8)))

    def late_is_served():
        try:
            return all(late.get().status == 200 for _ in range(8))
        except (ssl.SSLError, ConnectionError):
            return False

    wait_until("the new root", late_is_served)
    assert open_one.request(phone.own_file).status == 200
    assert open_one.socket.getpeercert(binary_form=True) == old
    open_one.close()


def test_a_reload_with_a_bad_file_keeps_the_good_certificate(own_stack, busy_phone):
    stack, phone = own_stack, busy_phone
    cert, _ = stack.server_files[0]
    good = cert.read_bytes()
    try:
        cert.write_bytes(b"no certificate\n")
        before = stack.log_path.stat().st_size
        stack.process.send_signal(signal.SIGHUP)
        wait_until(
            "the log tells",
            lambda: cert.name in stack.log_path.read_text(errors="replace")[before:],
        )
        assert all(phone.get().status == 200 for _ in range(6))
    finally:
        cert.write_bytes(good)
        stack.process.send_signal(signal.SIGHUP)


def test_reloads_under_load_lose_nothing(own_stack, busy_phone):
    with Load(busy_phone, threads=4, requests_each=3) as load:
        for _ in range(5):
            enough = load.count() + 40
            own_stack.process.send_signal(signal.SIGHUP)
            wait_until("load goes on", lambda: load.count() > enough)
    assert load.failures == []
    assert {status for _, status, _ in load.answers} == {200}


def test_sigterm_finishes_what_is_under_way_and_exits_0(own_stack, busy_phone):
    """Last in this file: the stack is started again afterwards."""
    stack, phone = own_stack, busy_phone
    idle = phone.connect()
    assert idle.request(phone.own_file).status == 200
    lock = stack.database.connect(autocommit=False)
    with lock.cursor() as cursor:
        cursor.execute("lock table app.device in access exclusive mode")
    busy = phone.connect(timeout_s=15)
    busy.send(f"GET {phone.own_file} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    wait_until(
        "the fetch waits for the lock",
        lambda: stack.sql("select count(*) from pg_locks where not granted")[0][0] > 0,
    )
    stack.process.send_signal(signal.SIGTERM)
    data, is_closed = idle.read_to_close()
    assert (data, is_closed) == (b"", True)  # idle: closed at once, nothing lost
    assert stack.process.poll() is None
    lock.rollback()
    lock.close()
    answer = busy.read_answer()
    assert answer.status == 200
    assert f"account.1.user_name = {phone.number}".encode() in answer.body
    assert busy.read_to_close() == (b"", True)
    assert stack.process.wait(15) == 0
    assert stack.worker_pids() == []

    count = stack.sql("select count(*) from app.visit where tenant_id = %s", (phone.tenant.id,))[0][0]
    stack.spawn()
    assert phone.get().status == 200
    phone.tenant.wait_visit("the visit after", lambda *_: len(phone.tenant.visit_rows()) > count)


def test_nobody_is_left_behind_when_the_master_dies(own_stack, busy_phone):
    """Workers without a master would hold the port and serve for ever."""
    stack = own_stack
    workers = stack.worker_pids()
    stack.process.kill()
    stack.process.wait()
    wait_until(
        "workers are gone", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), 10
    )
    stack.spawn()
    assert busy_phone.get().status == 200
