"""A23: handshakes cost us more than whoever asks for them. Places are few, and dealt out to networks in turn."""

import concurrent.futures
import time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

import pki
import rawtls
from service import Service
from stack import free_port, wait_until

PLACES = 8
SHARE = PLACES // 4
EARLY_S = 5
REQUESTS = 30
CONNECTIONS = 100
SETTINGS = {
    "workers": 1, "limits.handshakes": PLACES, "limits.early_timeout_s": EARLY_S,
    "limits.connections": CONNECTIONS, "limits.network_percent": 60, "limits.requests": REQUESTS,
    "limits.failures": 0, "pg.query_timeout_ms": 8000,
}
ATTACKER, OFFICE, HOME = "127.0.1.1", "127.0.2.1", "127.0.3.1"


@pytest.fixture(scope="module")
def served(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


def proxied(source):
    family, target = ("TCP6", "2001:db8::1") if ":" in source else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {source} {target} 40000 443\r\n".encode()


class Stalled:
    """Connections that say hello and then nothing: each costs the server its signature and a place."""

    def __init__(self, stack, sources, is_proxied=False):
        if is_proxied:
            self.connections = [rawtls.Connection(stack.proxied_address, tls=False, before_tls=proxied(source))
                                for source in sources]
        else:
            self.connections = [rawtls.Connection(stack.address, tls=False, source=source) for source in sources]
        for connection in self.connections:
            connection.send(rawtls.client_hello())

    def close(self):
        for connection in self.connections:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def under_way(stack):
    return stack.metric("beckon_handshakes")


def waiting(stack):
    return stack.metric("beckon_handshakes_waiting")


def quiet(stack):
    wait_until("no handshake", lambda: under_way(stack) == 0 and waiting(stack) == 0, EARLY_S * 3)


def test_one_network_does_not_keep_others_waiting(own_stack, served):
    """Three times as many as there are places, all of one network: it gets its part, and that is all."""
    quiet(own_stack)
    sources = [f"127.0.1.{n + 1}" for n in range(3 * PLACES)]
    with Stalled(own_stack, sources):
        wait_until("they wait", lambda: waiting(own_stack) == len(sources) - SHARE)
        assert under_way(own_stack) == SHARE
        for _ in range(10):
            begun = time.monotonic()
            assert served.get(source=HOME).status == 200
            assert time.monotonic() - begun < EARLY_S / 2
        assert under_way(own_stack) == SHARE  # still, and it took no more
    quiet(own_stack)


@pytest.mark.parametrize("network, elsewhere", [
    ("198.51.100.{}", "198.51.101.1"), ("2001:db8:1:{}::1", "2001:db8:2::1")], ids=["/24", "/48"])
def test_behind_a_balancer_it_is_the_network_that_it_tells(own_stack, served, network, elsewhere):
    quiet(own_stack)
    with Stalled(own_stack, [network.format(n) for n in range(3 * PLACES)], is_proxied=True):
        wait_until("they wait", lambda: waiting(own_stack) == 3 * PLACES - SHARE)
        assert under_way(own_stack) == SHARE
        begun = time.monotonic()
        answer = served.get(address=own_stack.proxied_address, before_tls=proxied(elsewhere))
        assert answer.status == 200 and time.monotonic() - begun < EARLY_S / 2
    quiet(own_stack)


def test_an_office_behind_one_address_is_late_not_lost(own_stack, served):
    """Many at once from one address, with SHARE places among them: nobody is closed."""
    quiet(own_stack)
    refused = own_stack.metric("beckon_connections_refused_total")
    most = 0
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(served.get, source=OFFICE, timeout_s=60) for _ in range(150)]
        while not all(answer.done() for answer in answers):
            most = max(most, under_way(own_stack))
    assert [answer.result().status for answer in answers] == [200] * 150
    assert most <= SHARE
    assert own_stack.metric("beckon_connections_refused_total") == refused


def test_three_times_too_many_from_everywhere(own_stack, served):
    """All places are taken by those who stall, and more of them wait: who is honest waits, and is served."""
    quiet(own_stack)
    timeouts = own_stack.metric("beckon_early_timeouts_total")
    with Stalled(own_stack, [f"127.0.{100 + n}.1" for n in range(3 * PLACES)]):
        wait_until("places are taken", lambda: under_way(own_stack) == PLACES)
        wait_until("others wait", lambda: waiting(own_stack) == 2 * PLACES)
        with pytest.raises((TimeoutError, OSError)):
            served.get(source=HOME, timeout_s=1)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(served.get, source=HOME, timeout_s=EARLY_S * 6) for _ in range(8)]
            wait_until("they are tired of stalling", lambda:
                       own_stack.metric("beckon_early_timeouts_total") >= timeouts + PLACES, EARLY_S * 2)
            assert under_way(own_stack) <= PLACES
            assert [answer.result().status for answer in answers] == [200] * len(answers)
    quiet(own_stack)
    # Told like any handshake that fails, so that who does it again and again is kept out in the end.
    assert wait_until("told", lambda: own_stack.strangers("handshake not finished in time"))


def test_who_gave_up_waiting_costs_no_signature(own_stack, served):
    quiet(own_stack)

    def gone():
        return sum(row[3] for row in own_stack.strangers("gone while it waited for its turn"))

    before = gone()
    with Stalled(own_stack, [ATTACKER] * SHARE) as holding:
        wait_until("its places are taken", lambda: under_way(own_stack) == SHARE)
        with Stalled(own_stack, [ATTACKER] * 20):
            wait_until("others wait", lambda: waiting(own_stack) == 20)
        holding.close()
    quiet(own_stack)
    wait_until("told", lambda: gone() >= before + 20)


def test_one_network_does_not_get_all_connections(own_stack, served):
    quiet(own_stack)
    part = CONNECTIONS * SETTINGS["limits.network_percent"] // 100
    silent = [rawtls.Connection(own_stack.address, tls=False, source=ATTACKER) for _ in range(CONNECTIONS)]
    try:
        wait_until("its part", lambda: part <= own_stack.metric("beckon_connections") <= part + 1)
        assert under_way(own_stack) == 0  # who says nothing takes no place
        assert served.get(source=HOME).status == 200
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize("count, is_served", [(10, True), (180, False)])
def test_a_long_chain_is_refused_early(own_stack, served, count, is_served):
    """The leaf alone would hold: the rest is ballast, and below the 100 kB that OpenSSL takes by itself."""
    quiet(own_stack)
    leaf = pki.yealink_cn(own_stack.authorities.issuing, served.mac)
    leaf.chain += [pki.Authority(f"ballast {n}").certificate for n in range(count)]
    size = sum(len(one.public_bytes(Encoding.DER)) for one in leaf.chain)
    assert is_served or 80_000 < size < 100_000, size
    cert, key = leaf.write(own_stack.directory, f"ballast-{count}")
    begun = time.monotonic()
    ca = own_stack.authorities.server_ca
    if is_served:
        with rawtls.Connection(own_stack.address, cert, key, ca) as connection:
            assert connection.request("/").status == 404
    else:
        assert rawtls.handshake_fails(own_stack.address, cert, key, ca) == b""
    assert time.monotonic() - begun < EARLY_S / 2


class Stuck:
    """The database answers no fetch meanwhile; `count` requests of the office wait for it."""

    def __init__(self, stack, phone, count, address, are_waiting):
        self.stack, self.phone, self.count, self.address, self.are_waiting = stack, phone, count, address, are_waiting

    def __enter__(self):
        self.lock = self.stack.database.connect(autocommit=False)
        self.lock.cursor().execute("lock table app.device in access exclusive mode")
        self.pool = concurrent.futures.ThreadPoolExecutor(self.count)
        self.requests = [
            self.pool.submit(self.phone.get, address=self.address, source=OFFICE, timeout_s=30)
            for _ in range(self.count)]
        wait_until("they wait for the database", self.are_waiting)
        return self

    def answers(self):
        self.lock.rollback()
        return [one.result().status for one in self.requests]

    def __exit__(self, *_):
        self.lock.close()
        self.pool.shutdown()


def turned_away(phone, address):
    """Seconds after which it shall come again; it was told so within one."""
    begun = time.monotonic()
    answer = phone.get(address=address, source=HOME)
    assert answer.status == 503 and time.monotonic() - begun < 1
    return int(answer.field("Retry-After"))


def assert_spread(after):
    assert min(after) >= 60 and max(after) <= 180 and len(set(after)) > 5, after


def test_too_many_requests_are_told_so_at_once(own_stack, served):
    """As many as may have their answers in memory; the rest is sent away, and not all for one moment."""
    quiet(own_stack)
    busy = own_stack.metric("beckon_http_busy_total")
    address = own_stack.address
    with Stuck(own_stack, served, REQUESTS, address,
               lambda: own_stack.metric("beckon_http_requests") == REQUESTS) as stuck:
        assert_spread([turned_away(served, address) for _ in range(20)])
        assert stuck.answers() == [200] * REQUESTS
    assert own_stack.metric("beckon_http_busy_total") == busy + 20
    assert served.get().status == 200


def test_a_full_queue_of_the_database_is_told_at_once(own_stack, served):
    port = free_port()
    certs, keys = zip(*own_stack.server_files)
    service = Service(own_stack, "beckon-config", {
        "pg": own_stack.database.dsn("beckon_config"), "master_key_file": own_stack.master_key,
        "public_url": own_stack.public_url, "workers": 1, "trust.refresh_s": 3600, "limits.failures": 0,
        "pg.query_timeout_ms": 8000, "pg.in_flight_max": 1, "pg.queue_max": 4,
        "listener.phones.address": f"127.0.0.1:{port}",
        "listener.phones.cert": ",".join(map(str, certs)), "listener.phones.key": ",".join(map(str, keys)),
    })
    address = ("127.0.0.1", port)
    with service, Stuck(own_stack, served, 4, address, lambda: service.metric("beckon_http_requests") == 4) as stuck:
        assert_spread([turned_away(served, address) for _ in range(20)])
        assert stuck.answers() == [200] * 4
        assert served.get(address=address).status == 200
        assert "database_busy" in service.log(10**6)
