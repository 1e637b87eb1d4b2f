"""A25: a forged doorbell makes the notifier look, and nothing more."""

import random
import socket

import pytest

from notifier import Notifier
from redis_server import Redis
from seal import set_control
from sip_peer import SipPeer
from stack import wait_until


@pytest.fixture
def redis():
    with Redis() as made:
        yield made


def flood(redis, entries):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(redis.socket))
        reader = client.makefile("rb")
        for fields in entries:
            words = [b"XADD", b"beckon:doorbell", b"MAXLEN", b"~", b"1000", b"*", *fields]
            client.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            length = reader.readline()
            if length.startswith(b"$"):
                reader.readline()


def test_ten_thousand_forged_entries_call_nobody(stack, redis):
    tenant = stack.tenant()
    peer = SipPeer()
    phone = tenant.phone()
    set_control(stack, tenant.id, peer.address)
    device = phone.device_id()
    chance = random.Random(25)
    forms = [
        lambda: (b"d", b"%d:%d" % (tenant.id, device)),
        lambda: (b"d", b"%d:0" % tenant.id),
        lambda: (b"d", b"%d:%d" % (chance.randrange(1, 10**9), chance.randrange(1, 10**9))),
        lambda: (b"d", chance.randbytes(chance.randrange(1, 60))),
        lambda: (b"d", b"1:2:3"),
        lambda: (b"d", b"-1:-1"),
        lambda: (b"d", b"99999999999999999999:1"),
        lambda: (b"d", b"1:1'; drop table app.job; --"),
        lambda: (b"kind", b"reboot", b"device", b"%d" % device),
        lambda: (chance.randbytes(8), b"x" * 5000),
    ]
    try:
        with Notifier(stack, redis, sweep_ms=1000) as notifier:
            wait_until("Redis", lambda: notifier.metric("beckon_redis_up") == 1)
            flood(redis, (chance.choice(forms)() for _ in range(10000)))
            wait_until("doorbells are heard", lambda: notifier.metric("beckon_doorbells_total") > 500)
            sweeps = notifier.metric("beckon_sweeps_total")
            wait_until("and swept after", lambda: notifier.metric("beckon_sweeps_total") > sweeps + 1)
            assert peer.messages == []
            assert notifier.process.poll() is None
            assert "Sanitizer" not in notifier.log_path.read_text(errors="replace")
    finally:
        peer.stop()


def test_a_doorbell_that_was_refused_is_heard_again(stack, redis):
    """Somebody writes a text where the stream should be: the sweep works on, and looks again."""
    with Notifier(stack, redis, sweep_ms=200) as notifier:
        wait_until("Redis", lambda: notifier.metric("beckon_redis_up") == 1)
        redis.command("DEL", "beckon:doorbell")
        redis.command("SET", "beckon:doorbell", "no stream")
        wait_until("the refusal", lambda: "doorbell cannot be read" in notifier.log_path.read_text(errors="replace"))
        redis.command("DEL", "beckon:doorbell")
        before = notifier.metric("beckon_doorbells_total")
        redis.command("XADD", "beckon:doorbell", "9999999999999-1", "d", "1:1")
        wait_until("the doorbell", lambda: notifier.metric("beckon_doorbells_total") > before)
        redis.command("DEL", "beckon:doorbell")
