"""A17: what tenants type does not become SIP, and what a PBX answers does not harm the notifier."""

import socket
import threading

import pytest

from notifier import Notifier
from seal import set_control
from sip_peer import SipPeer, fields
from stack import wait_until


@pytest.fixture
def scene(stack):
    tenant = stack.tenant()
    peer = SipPeer()
    set_control(stack, tenant.id, peer.address)
    with Notifier(stack, sweep_ms=300, sip__timeout_ms=1500, jobs__window_s=60) as notifier:
        yield tenant, peer, notifier
    peer.stop()


def ask(stack, tenant, device, kind="reprovision"):
    connection = stack.database.connect("beckon_api", autocommit=False)
    with connection, connection.cursor() as cursor:
        cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(tenant.id),))
        cursor.execute("select job_id from bk.jobs_request(%s, array[%s::bigint], null, '')", (kind, device))
        job = cursor.fetchone()[0]
    connection.close()
    return job


@pytest.mark.parametrize("number, seen", [
    ("1001;transport=tcp", "1001%3Btransport%3Dtcp"),
    ("1001?Replaces=x", "1001%3FReplaces%3Dx"),
    ("10%0d%0aX", "10%250d%250aX"),
    ("a:b", "a%3Ab"),
    ("*97#", "*97%23"),
    ("straße", "stra%C3%9Fe"),
])
def test_a_number_stays_the_user_of_one_address(stack, scene, number, seen):
    tenant, peer, _ = scene
    phone = tenant.phone(number=number)
    ask(stack, tenant, phone.device_id())
    wait_until("it is called", lambda: peer.notifies)
    message = next(text for text in peer.messages if text.startswith("NOTIFY"))
    assert message.split("\r\n")[0] == f"NOTIFY sip:{seen}@{tenant.domain} SIP/2.0"
    assert fields(message)["to"] == [f"<sip:{seen}@{tenant.domain}>"]
    assert message.count("\r\n\r\n") == 1


@pytest.mark.parametrize("answer", [
    b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 200 " + b"x" * 10000 + b"\r\n%s\r\n\r\n",
    b"SIP/2.0 99999 OK\r\n%s\r\n\r\n",
    b"\x00" * 4000,
    b"SIP/2.0 407 No\r\n%s\r\nProxy-Authenticate: Digest " + b'a="b",' * 500 + b"\r\n\r\n",
    b"SIP/2.0 407 No\r\n%s\r\nProxy-Authenticate: Digest realm=\"r\", nonce=\"" + b"n" * 5000 + b"\"\r\n\r\n",
    b"INVITE sip:x SIP/2.0\r\n\r\n",
    b"SIP/2.0 100 Trying\r\n%s\r\n\r\n" * 3,
])
def test_hostile_answers_cost_one_call_and_nothing_else(stack, answer):
    """A PBX of its own whose every answer is bad; another tenant's goes on being served."""
    tenant, other = stack.tenant(), stack.tenant()
    well = SipPeer()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    server.settimeout(0.1)
    stop = threading.Event()

    def run():
        while not stop.is_set():
            try:
                data, source = server.recvfrom(65536)
            except (TimeoutError, OSError):
                continue
            head = fields(data.decode())
            lines = "\r\n".join([f"Via: {head['via'][0]}", f"From: {head['from'][0]}", f"To: {head['to'][0]};tag=x",
                                 f"Call-ID: {head['call-id'][0]}", f"CSeq: {head['cseq'][0]}"]).encode()
            for _ in range(20):
                server.sendto(answer.replace(b"%s", lines)[:60000], source)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        set_control(stack, tenant.id, "127.0.0.1:%d" % server.getsockname()[1], "s3cret")
        set_control(stack, other.id, well.address)
        bad, good = tenant.phone(), other.phone()
        with Notifier(stack, sweep_ms=300, sip__timeout_ms=800, jobs__window_s=60) as notifier:
            ask(stack, tenant, bad.device_id())
            job = ask(stack, other, good.device_id())
            wait_until("the other is answered", lambda: stack.sql(
                "select state from app.job where job_id = %s", (job,))[0][0] == "answered")
            wait_until("the bad one was tried", lambda: stack.sql(
                "select attempt_count from app.job where tenant_id = %s", (tenant.id,))[0][0] > 0)
            wait_until("and reported", lambda: notifier.metric("beckon_calls_in_flight") == 0)
            assert notifier.process.poll() is None
            assert "Sanitizer" not in notifier.log_path.read_text(errors="replace")
    finally:
        stop.set()
        thread.join()
        server.close()
        well.stop()
