"""A22: whoever is slow or silent is hung up on; others are served meanwhile."""

import time

import pytest

import rawtls
from stack import wait_until

EARLY_S, IDLE_S = 2, 2
SETTINGS = {
    "limits.early_timeout_s": EARLY_S, "limits.idle_timeout_s": IDLE_S, "limits.connections": 60,
    "workers": 1,
}
SLACK_S = 3


@pytest.fixture(scope="module")
def served(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


def assert_closed_in_time(connection, begun, limit_s, bytes_wanted=b""):
    data, is_closed = connection.read_to_close(limit_s + SLACK_S)
    assert is_closed, "still open"
    lasted = time.monotonic() - begun
    assert lasted > limit_s - 0.5, f"closed after {lasted} s already"
    assert bytes_wanted is None or data == bytes_wanted


def test_silence_before_tls_is_cut(own_stack, served):
    with rawtls.Connection(own_stack.address, tls=False) as connection:
        assert_closed_in_time(connection, time.monotonic(), EARLY_S)


def test_half_a_handshake_is_cut(own_stack, served):
    with rawtls.Connection(own_stack.address, tls=False) as connection:
        connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32)
        assert_closed_in_time(connection, time.monotonic(), EARLY_S, None)


def test_silence_after_tls_is_cut(served):
    begun = time.monotonic()
    with served.connect() as connection:
        assert_closed_in_time(connection, begun, EARLY_S)


def drip(connection, text, every_s, until):
    """Send byte by byte; False once the peer has hung up."""
    for byte in text:
        if time.monotonic() > until or not connection.send(bytes([byte])):
            return
        connection.socket.settimeout(every_s)
        try:
            if connection.socket.recv(1) == b"":
                return
        except TimeoutError:
            pass
        except OSError:
            return


@pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
def test_a_head_that_drips_is_cut(served, before):
    """Each byte in time, the whole never: the limit is for the head, not for a pause."""
    with served.connect() as connection:
        begun = time.monotonic()
        for _ in range(before):
            assert connection.request(served.own_file).status == 200
        drip(
            connection,
            f"GET {served.own_file} HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 1000}\r\n\r\n".encode(),
            0.1, begun + EARLY_S + IDLE_S + SLACK_S,
        )
        assert time.monotonic() - begun < EARLY_S + IDLE_S + SLACK_S
        data, is_closed = connection.read_to_close(SLACK_S)
        assert is_closed
        assert data == b"" or [one.status for one in rawtls.take_all(data)] == [400]


def test_an_idle_connection_is_cut_after_its_time(served):
    with served.connect() as connection:
        assert connection.request(served.own_file).status == 200
        begun = time.monotonic()
        assert_closed_in_time(connection, begun, IDLE_S)


def test_a_busy_connection_is_not_cut(served):
    """The control: what asks in time stays open for longer than any limit."""
    until = time.monotonic() + EARLY_S + IDLE_S
    with served.connect() as connection:
        while time.monotonic() < until:
            assert connection.request(served.own_file).status == 200
            time.sleep(0.2)  # the pause of a phone between files, not a wait for something


def test_silent_connections_do_not_keep_phones_out_for_long(own_stack, served):
    """More than the limit of connections: the surplus is closed, and after the early timeout all serve."""
    before = own_stack.metric("beckon_connections_refused_total")
    begun = time.monotonic()
    silent = [rawtls.Connection(own_stack.address, tls=False) for _ in range(80)]
    try:
        # A flood of phones must not make the service look dead to whoever watches it.
        assert own_stack.admin("/healthz")[0] == 200
        assert own_stack.metric("beckon_connections") <= SETTINGS["limits.connections"] + 1
        assert own_stack.metric("beckon_connections_refused_total") > before

        def is_served():
            try:
                return served.get(timeout_s=2).status == 200
            except OSError:
                return False

        wait_until("a phone is served", is_served, timeout_s=EARLY_S + SLACK_S)
        assert time.monotonic() - begun > EARLY_S - 0.5  # it was full until then
    finally:
        for connection in silent:
            connection.close()
    assert served.get().status == 200


def test_an_answer_that_nobody_reads_is_given_up(own_stack, served):
    """A phone that asks and never reads must not hold its connection for ever."""
    def open_now():
        return own_stack.metric("beckon_connections")

    # The one that asks for the metric is open itself; those of the tests before are closing.
    wait_until("nobody else is there", lambda: open_now() == 1, timeout_s=EARLY_S + IDLE_S + SLACK_S)
    with served.connect() as connection:
        begun = time.monotonic()
        connection.send(f"GET {served.own_file} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert open_now() == 2
        wait_until("its end", lambda: open_now() == 1, timeout_s=IDLE_S + SLACK_S)
        assert time.monotonic() - begun > IDLE_S - 0.5
