"""SIGUSR2: the program is replaced under load, and no listening socket is closed meanwhile."""

import os
import signal
import socket

import pytest

import rawtls
from load import Load
from stack import free_port, wait_until

SLOW = float(os.environ.get("BECKON_TEST_SLOW", "1"))


@pytest.fixture(scope="module")
def served(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


def upgrade(stack):
    """Replace the program, and wait until the old workers have gone and the new ones serve."""
    before = set(stack.worker_pids())
    stack.process.send_signal(signal.SIGUSR2)
    wait_until(
        "new workers alone",
        lambda: len(stack.worker_pids()) == len(before) and not before & set(stack.worker_pids()),
        timeout_s=20 * SLOW,
    )
    wait_until("ready", lambda: stack.admin("/readyz")[0] == 200, timeout_s=10 * SLOW)


def test_an_upgrade_under_load_loses_nothing(own_stack, served):
    with Load(served, threads=4, requests_each=3) as load:
        wait_until("load", lambda: load.count() > 30)
        for _ in range(2):
            upgrade(own_stack)
            enough = load.count() + 30
            wait_until("load goes on", lambda: load.count() > enough)
    assert load.failures == []
    assert {status for _, status, _ in load.answers} == {200}


@pytest.mark.parametrize("line", ["nonsense = 1", "listener.phones.cert = /nowhere.pem"])
def test_an_upgrade_with_broken_settings_is_refused(own_stack, served, line):
    text = own_stack.settings_path.read_text()
    before = own_stack.worker_pids()
    own_stack.settings_path.write_text(text + line + "\n")
    told = own_stack.log_tail(10**6).count("upgrade refused")
    try:
        own_stack.process.send_signal(signal.SIGUSR2)
        wait_until("refused", lambda: own_stack.log_tail(10**6).count("upgrade refused") > told,
                   timeout_s=10 * SLOW)
        assert served.get().status == 200
        assert own_stack.worker_pids() == before
    finally:
        own_stack.settings_path.write_text(text)


def test_sockets_are_taken_over_by_address_not_by_their_place(own_stack, served):
    """A row without client certificates, put before the others, must not get their sockets."""
    text = own_stack.settings_path.read_text()
    port = free_port()
    rows = [line for line in text.splitlines() if line.startswith("listener.phones.")]
    first = [line.replace("listener.phones.", "listener.aaa.").replace(str(own_stack.port), str(port))
             for line in rows] + ["listener.aaa.kind = enrolment"]
    own_stack.settings_path.write_text("\n".join(first) + "\n" + text)
    try:
        upgrade(own_stack)
        for _ in range(8):
            assert served.get().status == 200
            # Still no HTTP without a certificate.
            assert rawtls.handshake_fails(own_stack.address, None, None,
                                          own_stack.authorities.server_ca) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
    finally:
        own_stack.settings_path.write_text(text)
    upgrade(own_stack)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_second_signal_while_one_is_under_way_is_refused(own_stack, served):
    before = own_stack.worker_pids()
    for _ in range(5):
        own_stack.process.send_signal(signal.SIGUSR2)
    wait_until("new workers alone", lambda: len(own_stack.worker_pids()) == len(before)
               and not set(before) & set(own_stack.worker_pids()), timeout_s=20 * SLOW)
    wait_until("ready", lambda: own_stack.admin("/readyz")[0] == 200, timeout_s=10 * SLOW)
    assert served.get().status == 200
