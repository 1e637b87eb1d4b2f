"""The simulated phone registers with what beckon-config gave it, at a real Kamailio, and obeys check-sync."""

import contextlib
import socket
import ssl
import time

import pytest

import pki
from kamailio import CONTROL_USER, Kamailio
from live_phone import LivePhone
from seal import set_secret
from sip_client import SipClient
from sip_peer import SipPeer
from stack import Tenant, wait_until

CONTROL = "control-secret"


@pytest.fixture(scope="module")
def pbx():
    with Kamailio(answer_ms=2000) as made:
        yield made


class Scene:
    """A tenant whose phones register at a Kamailio, and its control account there."""

    def __init__(self, stack, pbx, transport="udp", domain=None):
        self.pbx = pbx
        self.tenant = Tenant(stack, registrar=pbx.address, transport=transport, domain=domain)
        self.domain = self.tenant.domain
        pbx.set_password(CONTROL_USER, self.domain, CONTROL)

    def phone(self, **options):
        phone = self.tenant.phone(**options)
        self.pbx.set_password(phone.number, self.domain, phone.secret)
        return phone

    def notify(self, phone, event="check-sync;reboot=false", **options):
        """(status, text) of the answer that came back through the PBX."""
        with SipClient(self.pbx.address) as client:
            return client.notify(f"{phone.number}@{self.domain}", event, sender=f"sip:{CONTROL_USER}@{self.domain}",
                                 user=CONTROL_USER, password=CONTROL, **options)


@pytest.fixture(params=["udp", "tcp"])
def scene(request, stack, pbx):
    return Scene(stack, pbx, request.param)


@pytest.fixture
def udp(stack, pbx):
    return Scene(stack, pbx)


def test_it_registers_with_the_account_it_was_given_and_takes_it_back(scene):
    phone = scene.phone()
    aor = f"{phone.number}@{scene.domain}"
    with LivePhone(phone) as live:
        event = live.wait("registered")
        assert (event["account"], event["user"], event["server"]) == (1, phone.number, scene.domain)
        assert scene.pbx.registrations()[aor] == [event["contact"]]
        assert live.stop().of_kind("unregistered")
    assert aor not in scene.pbx.registrations()


def test_a_check_sync_makes_it_fetch_at_once(scene):
    phone = scene.phone()
    with LivePhone(phone) as live:
        live.wait("registered")
        before, since = time.time() * 1000, live.mark()
        assert scene.notify(phone)[0] == 200
        notify = live.wait("notify", since)
        assert (notify["sip_event"], notify["answer"], notify["leads_to"]) == ("check-sync;reboot=false", 200, "sync")
        done = live.wait("round", since, cause="check-sync")
        assert done["good"] and before <= notify["at_ms"] <= done["at_ms"] <= before + 5000
        assert live.of_kind("status", since, file=f"{phone.mac}.cfg", status=304)
        assert not live.of_kind("reboot")
        assert scene.pbx.notifies()[-1][1:] == (f"{phone.number}@{scene.domain}", "check-sync;reboot=false")


def test_with_reboot_it_goes_away_boots_and_registers_again(scene):
    phone = scene.phone()
    with LivePhone(phone, "--boot-ms", "300") as live:
        live.wait("registered")
        since = live.mark()
        assert scene.notify(phone, "check-sync;reboot=true")[0] == 200
        reboot = live.wait("reboot", since)
        booted = live.wait("round", since, cause="reboot")
        again = live.wait("registered", since, is_refresh=False)
        assert reboot["at_ms"] + 300 <= booted["at_ms"] <= again["at_ms"]
        assert not live.of_kind("unregistered")  # real phones just go
        assert live.of_kind("request", since)[0]["file"] == f"{phone.mac}.boot"
        wait_until("one contact is left", lambda: scene.pbx.registrations().get(
            f"{phone.number}@{scene.domain}") == [again["contact"]])
        assert scene.notify(phone)[0] == 200


def test_a_reboot_may_take_registrations_back_first(udp):
    phone = udp.phone()
    with LivePhone(phone, "--boot-ms", "1000", "--reboot-unregister") as live:
        live.wait("registered")
        assert udp.notify(phone, "check-sync;reboot=true")[0] == 200
        live.wait("unregistered")
        assert udp.notify(phone)[0] == 480
        live.wait("registered", count=2)


def test_a_changed_secret_is_taken_by_a_check_sync(scene):
    phone = scene.phone()
    with LivePhone(phone, "--sip-retry-ms", "60000") as live:
        live.wait("registered")
        set_secret(scene.tenant.stack, scene.tenant.id, phone.number, "another secret")
        assert scene.notify(phone)[0] == 200
        failed = live.wait("register_failed")  # the PBX does not know it yet
        assert failed["status"] == 401
        since = live.mark()
        scene.pbx.set_password(phone.number, scene.domain, "another secret")
        live.unplug()
        live.plug()
        live.wait("registered", since)


def test_an_account_that_moved_leaves_its_old_address(scene):
    phone = scene.phone()
    with LivePhone(phone) as live:
        live.wait("registered", user=phone.number)
        scene.pbx.set_password("4711", scene.domain, phone.secret)
        scene.tenant.stack.sql("update app.extension set number = '4711' where tenant_id = %s", (scene.tenant.id,))
        assert scene.notify(phone)[0] == 200
        live.wait("registered", user="4711")
        live.wait("unregistered", user=phone.number)
        assert [aor for aor in scene.pbx.registrations() if aor.endswith("@" + scene.domain)] == [f"4711@{scene.domain}"]


def test_a_domain_that_is_the_registrar_itself_needs_no_proxy(stack, pbx):
    here = Scene(stack, pbx, domain="127.0.0.1")
    phone = here.phone()
    with LivePhone(phone, "--print-state") as live:
        assert live.wait("registered")["server"] == "127.0.0.1"
        assert here.notify(phone)[0] == 200
        assert live.stop().state["parameters"]["account.1.outbound_proxy_enable"] == "0"


def test_it_refreshes_before_its_registration_ends(udp):
    phone = udp.phone()
    with LivePhone(phone, "--sip-expires-s", "2") as live:
        live.wait("registered", is_refresh=True, count=2)
        assert udp.notify(phone)[0] == 200


def test_a_challenge_of_the_phone_wants_the_lines_own_credentials(scene):
    phone = scene.phone()
    with LivePhone(phone, "--notify-challenge") as live:
        live.wait("registered")
        status, answer = scene.notify(phone)
        assert status == 401 and 'realm="phonesim"' in answer
        assert scene.notify(phone, line=(phone.number, "wrong"))[0] == 401
        assert not live.of_kind("round", cause="check-sync")
        assert scene.notify(phone, line=(phone.number, phone.secret))[0] == 200
        live.wait("round", cause="check-sync")


@pytest.mark.parametrize("arguments, status, leads_to", [
    (["--notify-answer", "489"], 489, "nothing"),
    (["--notify-answer", "503"], 500, "nothing"),  # a proxy passes no 503 on (RFC 3261 16.7)
    (["--notify-answer", "202"], 202, "sync"),
    (["--ignore-check-sync"], 200, "nothing"),
    (["--notify-answer", "0"], 408, "nothing"),
], ids=["refuses", "is ill", "accepts", "answers and ignores", "is silent"])
def test_it_can_misbehave(udp, arguments, status, leads_to):
    phone = udp.phone()
    with LivePhone(phone, *arguments) as live:
        live.wait("registered")
        assert udp.notify(phone)[0] == status
        notify = live.wait("notify")
        assert notify["leads_to"] == leads_to
        done = live.stop()
        assert len([one for one in done.of_kind("round") if one["cause"] == "check-sync"]) == (leads_to == "sync")


def test_it_can_obey_and_never_fetch(udp):
    phone = udp.phone()
    with LivePhone(phone, "--never-fetch", "--boot-ms", "50", "--minute-ms", "1") as live:
        live.wait("registered")
        assert udp.notify(phone)[0] == 200
        assert udp.notify(phone, "check-sync;reboot=true")[0] == 200
        live.wait("registered", count=2, is_refresh=False)
        assert len(live.of_kind("round")) == 1


def test_its_answer_may_be_late_and_copies_of_a_notify_act_once(udp):
    phone = udp.phone()
    with LivePhone(phone, "--notify-delay-ms", "1200") as live:
        contact = live.wait("registered")["contact"]
        since = live.mark()
        with SipClient(contact.split("@")[1]) as client:  # straight to it: a PBX absorbs copies itself
            sent = time.monotonic()
            status, _ = client.notify(f"{phone.number}@{contact.split('@')[1]}", "check-sync;reboot=false")
            assert status == 200 and time.monotonic() - sent >= 1.2
        live.wait("round", since, cause="check-sync")
        copies = live.of_kind("notify", since, is_duplicate=True)
        assert copies and len(live.of_kind("notify", since, is_duplicate=False)) == 1
        assert len(live.of_kind("round", since)) == 1


def test_unplugged_it_is_silent_and_registers_when_it_is_back(scene):
    phone = scene.phone()
    with LivePhone(phone) as live:
        live.wait("registered")
        live.unplug()
        since = live.mark()
        assert scene.notify(phone)[0] == 408  # the PBX believes it is there
        assert not live.of_kind("notify", since)
        live.plug()
        live.wait("registered", since, is_refresh=False)
        assert scene.notify(phone)[0] == 200


def test_it_may_come_online_late(udp):
    phone = udp.phone()
    with LivePhone(phone, "--offline-ms", "1500") as live:
        first = live.wait("round")
        assert udp.notify(phone)[0] == 480
        assert live.wait("registered")["at_ms"] >= first["at_ms"] + 1000


def test_it_comes_back_after_the_pbx_was_restarted(stack):
    with Kamailio() as own:
        for transport in ("udp", "tcp"):
            here = Scene(stack, own, transport)
            phone = here.phone()
            with LivePhone(phone, "--sip-retry-ms", "200", "--sip-expires-s", "3") as live:
                live.wait("registered")
                own.stop_process()
                own.start()
                own.wait_registered(f"{phone.number}@{here.domain}")
                assert here.notify(phone)[0] == 200


def test_sha_256_digest_is_spoken(stack):
    with Kamailio(sha256=True) as own:
        here = Scene(stack, own)
        phone = here.phone()
        with LivePhone(phone) as live:
            live.wait("registered")
            assert here.notify(phone)[0] == 200


def test_other_requests_are_answered_as_rfc_3261_says(udp):
    phone = udp.phone()
    with LivePhone(phone) as live:
        contact = live.wait("registered")["contact"]
        with SipClient(contact.split("@")[1]) as client:
            uri = contact
            assert client.request("OPTIONS", uri)[0] == 200
            status, answer = client.request("INVITE", uri)
            assert status == 405 and "Allow: NOTIFY, OPTIONS" in answer
            assert client.request("BYE", uri)[0] == 481
            assert client.request("NOTIFY", uri, extra=["Event: message-summary"])[0] == 489
            assert client.request("NOTIFY", uri)[0] == 489
            assert client.request("NOTIFY", uri.replace(phone.number, "4711"), extra=["Event: check-sync"])[0] == 404
            client.send("nonsense\r\n\r\n")
            live.wait("error", where="sip")
            assert client.request("OPTIONS", uri)[0] == 200


def test_only_the_control_account_may_notify_and_only_its_own_domain(stack, pbx, udp):
    phone, other = udp.phone(), Scene(stack, pbx)
    with LivePhone(phone) as live, SipClient(pbx.address) as client:
        live.wait("registered")
        aor = f"{phone.number}@{udp.domain}"
        tries = {
            "no account": dict(sender=f"sip:{CONTROL_USER}@{udp.domain}"),
            "wrong password": dict(sender=f"sip:{CONTROL_USER}@{udp.domain}", user=CONTROL_USER, password="no"),
            "a phone's account": dict(sender=f"sip:{aor}", user=phone.number, password=phone.secret),
            "another tenant's": dict(sender=f"sip:{CONTROL_USER}@{other.domain}", user=CONTROL_USER, password=CONTROL),
        }
        got = {label: client.notify(aor, "check-sync", **options)[0] for label, options in tries.items()}
        assert got == {"no account": 407, "wrong password": 407, "a phone's account": 403, "another tenant's": 403}
        assert not live.of_kind("notify")


def test_the_pbx_offers_tls(tmp_path, authorities):
    files = pki.server(authorities.server).write(tmp_path, "pbx")
    with Kamailio(tls=files) as own:
        context = ssl.create_default_context(cafile=str(authorities.server_ca))
        host, port = own.tls_address.split(":")
        with socket.create_connection((host, int(port)), 5) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall((f"OPTIONS sip:{own.tls_address} SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:1;branch=z9hG4bKx\r\n"
                            "Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\n"
                            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode())
            assert secure.recv(4096).startswith(b"SIP/2.0 200")


def test_a_registrar_may_be_silent_refuse_or_want_longer(stack):
    """REGISTER against a peer that answers as it is told: copies of one request, then 423, then 200."""
    answers = iter([None, None, (423, ["Min-Expires: 90"]), 200])
    with contextlib.closing(_Registrar(answers)) as peer:
        tenant = Tenant(stack, registrar=peer.address, transport="udp")
        with LivePhone(tenant.phone(), "--sip-expires-s", "60") as live:
            live.wait("registered")
            first, second, third, longer = peer.messages[:4]
            assert first == second == third and "Expires: 60" in first and "Expires: 90" in longer


class _Registrar(SipPeer):
    def __init__(self, answers):
        self.answers = answers
        super().__init__()

    def close(self):
        self.stop()

    def _other(self, message, head, source):
        said = next(self.answers, 200)
        if said is not None:
            self._reply(message, head, source, *(said if isinstance(said, tuple) else (said, [])))
