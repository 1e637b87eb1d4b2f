"""PostgreSQL stops, is slow, or does not take visits: phones are told to come back, and the loop never waits."""

import os
import signal
import time

import pytest

import rawtls
from load import Load
from stack import wait_until

SLOW = float(os.environ.get("BECKON_TEST_SLOW", "1"))
TIMEOUT_MS = 600
SETTINGS = {"pg.query_timeout_ms": TIMEOUT_MS, "visits.queue_max": 5}


@pytest.fixture(scope="module")
def served(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


def is_fault(answer):
    return answer.status == 503 and 60 <= int(answer.field("Retry-After")) <= 180


def assert_alive(stack, phone):
    """What needs no database is answered at once, by every worker."""
    begun = time.monotonic()
    assert stack.admin("/healthz")[0] == 200
    assert stack.admin("/metrics")[0] == 200
    for _ in range(8):
        with phone.connect() as connection:
            connection.send(b"BROKEN\r\n\r\n")
            data, is_closed = connection.read_to_close()
            assert is_closed and rawtls.take_all(data)[0].status == 400
    assert time.monotonic() - begun < 3 * SLOW


def test_a_database_that_is_gone_is_503_and_heals_alone(own_stack, served):
    stack, phone = own_stack, served
    workers = stack.worker_pids()
    kept = phone.connect()
    assert kept.request(phone.own_file).status == 200
    with Load(phone, threads=4) as load:
        wait_until("load", lambda: load.count() > 20)
        stack.cluster.stop("immediate")
        down_at = time.monotonic()
        for _ in range(6):
            begun = time.monotonic()
            answer = phone.get()
            assert is_fault(answer), answer
            assert time.monotonic() - begun < (TIMEOUT_MS / 1000 + 1) * SLOW
            assert b"account." not in answer.body
        assert is_fault(kept.request(phone.own_file))
        assert_alive(stack, phone)
        wait_until("not ready", lambda: stack.admin("/readyz")[0] != 200)
        assert stack.worker_pids() == workers

        stack.cluster.start()
        up_at = time.monotonic()
        wait_until("200 again", lambda: load.since(up_at, 200), timeout_s=5 * SLOW)
        assert kept.request(phone.own_file).status in (200, 503)
        wait_until(
            "200 on every connection",
            lambda: all(phone.get().status == 200 for _ in range(6)),
            timeout_s=max(0.1, 5 * SLOW - (time.monotonic() - up_at)),
        )
        assert kept.request(phone.own_file).status == 200
    kept.close()
    assert load.failures == []
    assert {status for _, status, _ in load.answers} == {200, 503}
    assert {status for at, status, _ in load.answers if down_at + 1 < at < up_at} <= {503}
    assert stack.worker_pids() == workers
    wait_until("ready", lambda: stack.admin("/readyz")[0] == 200)


def test_backends_that_are_ended_heal_alone(own_stack, served):
    stack, phone = own_stack, served
    for _ in range(3):
        stack.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'beckon_config' and datname = current_database()"
        )
        wait_until("200 again", lambda: phone.get().status == 200, timeout_s=5 * SLOW)
    wait_until("up", lambda: stack.metric("beckon_pg_up") >= 2)
    count = stack.sql("select count(*) from pg_stat_activity where usename = 'beckon_config'"
                      " and datname = current_database()")[0][0]
    assert count <= 6  # two workers, three connections each: none is left behind


def test_a_refusal_is_not_mistaken_for_a_fault(own_stack, served):
    """And the other way round: without database nobody is told 404."""
    stack, phone = own_stack, served
    unknown = f"/{phone.tenant.key}/805ec0abcdef.cfg"
    assert phone.get(unknown).status == 404
    stack.cluster.stop("immediate")
    try:
        assert is_fault(phone.get(unknown))
        assert is_fault(phone.get(f"/unknownkey00/{phone.mac}.cfg"))
        assert is_fault(phone.get(method="HEAD"))
    finally:
        stack.cluster.start()
    wait_until("200 again", lambda: phone.get().status == 200, timeout_s=5 * SLOW)


def test_a_worker_that_starts_without_database_still_answers(own_stack, served):
    """It begins with the trust roots its siblings read last, and tells phones to come back."""
    stack, phone = own_stack, served
    stack.cluster.stop("immediate")
    try:
        before = stack.worker_pids()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until("new workers", lambda: len(stack.worker_pids()) == len(before)
                   and not set(before) & set(stack.worker_pids()))
        for _ in range(6):
            assert is_fault(phone.get())
    finally:
        stack.cluster.start()
    wait_until("200 again", lambda: phone.get().status == 200, timeout_s=5 * SLOW)
    wait_until("ready", lambda: stack.admin("/readyz")[0] == 200)


def test_a_database_older_than_the_program_is_told_and_not_ready(own_stack):
    stack = own_stack
    newest = stack.sql("select max(version) from bk.migration")[0][0]
    stack.sql("update bk.migration set version = -version where version = %s", (newest,))
    try:
        stack.process.send_signal(signal.SIGHUP)
        wait_until("not ready", lambda: stack.admin("/readyz")[0] == 503)
        assert f"needed={newest}" in stack.log_tail()
    finally:
        stack.sql("update bk.migration set version = -version where version < 0")
    stack.process.send_signal(signal.SIGHUP)
    wait_until("ready", lambda: stack.admin("/readyz")[0] == 200)


def test_a_slow_database_slows_nothing_else(own_stack, served):
    stack, phone = own_stack, served
    lock = stack.database.connect(autocommit=False)
    try:
        with lock.cursor() as cursor:
            cursor.execute("lock table app.device in access exclusive mode")
        waiting = [phone.connect() for _ in range(8)]
        begun = time.monotonic()
        for connection in waiting:
            connection.send(f"GET {phone.own_file} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert_alive(stack, phone)
        for connection in waiting:
            assert is_fault(connection.read_answer())
        assert time.monotonic() - begun < (TIMEOUT_MS / 1000 + 3) * SLOW
        # And for as long as it stays slow, each within its deadline.
        for _ in range(3):
            begun = time.monotonic()
            assert is_fault(phone.get())
            assert time.monotonic() - begun < (TIMEOUT_MS / 1000 + 1) * SLOW
        for connection in waiting:
            connection.close()
    finally:
        lock.rollback()
        lock.close()
    wait_until("200 again", lambda: phone.get().status == 200, timeout_s=5 * SLOW)


def test_visits_that_cannot_be_written_never_hold_up_a_fetch(own_stack, served):
    stack, phone = own_stack, served
    wait_until("visits are written", lambda: stack.metric("beckon_visits_queue") == 0)
    before = stack.metric("beckon_visits_dropped_total")
    lock = stack.database.connect(autocommit=False)
    try:
        with lock.cursor() as cursor:
            cursor.execute("lock table app.visit in access exclusive mode")
        for _ in range(40):
            begun = time.monotonic()
            assert phone.get().status == 200
            assert time.monotonic() - begun < 1 * SLOW
        assert stack.metric("beckon_visits_dropped_total") > before
        assert stack.metric("beckon_visits_queue") <= 2 * SETTINGS["visits.queue_max"]
    finally:
        lock.rollback()
        lock.close()
    count = len(phone.tenant.visit_rows())
    assert phone.get().status == 200
    wait_until("visits are written again", lambda: len(phone.tenant.visit_rows()) > count)


def test_a_worker_that_starts_without_database_answers_503(own_stack, served):
    import signal

    stack, phone = own_stack, served
    stack.cluster.stop("immediate")
    try:
        for pid in stack.worker_pids():
            os.kill(pid, signal.SIGKILL)
        # New workers know the roots that the old ones had: phones are answered, not left waiting.
        def fault():
            try:
                return is_fault(phone.get(timeout_s=2))
            except OSError:
                return False

        wait_until("503 of a new worker", fault, timeout_s=5 * SLOW)
        assert stack.admin("/readyz")[0] != 200
    finally:
        stack.cluster.start()
    wait_until("200 again", lambda: phone.get().status == 200, timeout_s=5 * SLOW)
    stack.wait_ready()
