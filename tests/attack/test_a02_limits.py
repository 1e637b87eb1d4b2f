"""A2, A23: whoever tries MAC after MAC, or handshake after handshake, is kept out for a while, and nobody else is.

Scanners come through the listener that demands a PROXY header, so that each has an address of its own.
"""

import contextlib
import ipaddress
import itertools
import ssl
import subprocess
import time
import urllib.request

import pytest

import rawtls
from redis_server import Redis
from stack import BIN, Stack, free_port, wait_until

SETTINGS = {
    "limits.scan_subjects": 60,
    "limits.failures": 400,
    "limits.window_s": 600,
    "limits.ban_s": 600,
    "limits.refresh_s": 1,
}
_networks = itertools.count(1)


@pytest.fixture(scope="module")
def redis():
    with Redis() as made:
        yield made


@pytest.fixture(scope="module")
def made(tmp_path_factory, authorities, redis):
    stack = Stack(tmp_path_factory.mktemp("limits"), {**SETTINGS, "redis.address": redis.address},
                  authorities=authorities)
    try:
        yield stack.start()
    finally:
        stack.stop()
    stack.check_log()


@pytest.fixture(scope="module")
def tenant(made):
    return made.tenant()


@pytest.fixture
def address():
    """In a /24 of its own."""
    return str(ipaddress.ip_address("100.64.0.7") + 256 * next(_networks))


def neighbour(address, step=1):
    return str(ipaddress.ip_address(address) + step)


def proxy(address):
    family, target = ("TCP6", "2001:db8::1") if ":" in address else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {address} {target} 40000 443\r\n".encode()


def fetch(phone, address, path=None, to=None):
    return phone.get(path, address=to or phone.stack.proxied_address, before_tls=proxy(address))


def is_let_in(phone, address, to=None):
    """Does a connection from there get as far as an answer, of whatever status?"""
    try:
        return fetch(phone, address, to=to).status in (200, 404)
    except (OSError, AssertionError):
        return False


def other_macs(start=0):
    return (f"0015651{number:05x}" for number in itertools.count(start))


def scan(phone, address, macs, to=None, per_connection=20):
    """How many MACs were answered before the door was shut; all of the same 404."""
    answered = 0
    macs = iter(macs)
    while batch := list(itertools.islice(macs, per_connection)):
        try:
            with phone.connect(address=to or phone.stack.proxied_address, before_tls=proxy(address)) as connection:
                for mac in batch:
                    answer = connection.request(f"/{phone.tenant.key}/{mac}.cfg")
                    assert answer.status == 404 and answer.body == b"not found\n"
                    answered += 1
                    if (answer.field("Connection") or "").lower() == "close":
                        break
        except OSError:
            return answered
    return answered


def scan_until_shut_out(phone, address, first=0):
    """How many more come through depends on how long the database takes to say yes."""
    assert scan(phone, address, itertools.islice(other_macs(first), 20000)) < 20000


def fail_handshake(stack, address):
    """Without a certificate. False when we are not even let in: then TLS does not answer."""
    wanted = rawtls.context(None, None, None, minimum=ssl.TLSVersion.TLSv1_3)
    with rawtls.Connection(stack.proxied_address, tls=False, before_tls=proxy(address)) as plain:
        try:
            tls = wanted.wrap_socket(plain.socket, server_hostname="localhost")
        except OSError:
            return False
        with tls, contextlib.suppress(OSError):
            tls.recv(1)  # the alert
        return True


def make_good(stack, phone, address):
    assert fetch(phone, address).status == 200
    wait_until("the database knows that a phone was served there", lambda: stack.sql(
        "select 1 from app.good_source where address = %s", (address,)))


def ban_of(stack, network):
    rows = stack.sql(
        "select reason, (seen ->> 'macs')::integer, (seen ->> 'failures')::integer, banned_by from app.ban"
        " where network = %s::cidr and lifted_at is null and until > now()", (network,))
    return rows[0] if rows else None


def wait_out(stranger, address, to=None):
    """By each of the workers. Not with a phone that is served: where one was, the ban ends."""
    wait_until(f"{address} is kept out", lambda: not any(is_let_in(stranger, address, to) for _ in range(8)))


def wait_in(phone, address, to=None, timeout_s=10):
    wait_until(f"{address} is let in", lambda: is_let_in(phone, address, to), timeout_s)


def test_a_genuine_phone_that_tries_many_macs_is_shut_out(made, tenant, address):
    stranger = tenant.phone(register=False)
    scan_until_shut_out(stranger, address)
    reason, macs, failures, by = ban_of(made, address)
    assert (reason, by) == ("scan", "limits") and failures >= 4
    assert 57 <= macs <= 100  # a worker hears what the other saw with the answer to what it tells
    wait_out(stranger, address)
    phone = tenant.phone()
    assert fetch(phone, neighbour(address)).status == 200  # its neighbour is not
    assert not is_let_in(phone, address)
    assert made.metric("beckon_bans") >= 1
    assert made.metric("beckon_addresses_refused_total") >= 1
    assert "banned" in made.log_path.read_text(errors="replace")


def test_an_open_connection_ends_with_its_next_failure(made, tenant, address):
    stranger = tenant.phone(register=False)
    answered = scan(stranger, address, itertools.islice(other_macs(), 20000), per_connection=20000)
    assert ban_of(made, address) is not None and answered < 20000


def test_one_without_a_certificate_is_shut_out_by_its_failed_handshakes(made, tenant, address):
    tried = 0
    while tried < 5000 and fail_handshake(made, address):
        tried += 1
    reason, macs, failures, _ = ban_of(made, address)
    assert reason == "failures" and macs == 0 and 400 <= failures <= tried < 5000
    wait_out(tenant.phone(register=False), address)


def test_malformed_requests_count_too(made, tenant, address):
    phone = tenant.phone()
    for _ in range(5000):
        try:
            with phone.connect(address=made.proxied_address, before_tls=proxy(address)) as connection:
                connection.send(b"GET / HTTP/9.9\r\n\r\n")
                connection.read_to_close()
        except OSError:
            break
    else:
        pytest.fail("5,000 malformed requests and never shut out")
    assert ban_of(made, address)[0] == "failures"


def test_the_operator_sees_a_ban_and_lifts_it_and_a_limit_does_not_undo_that(made, tenant, address):
    stranger = tenant.phone(register=False)
    scan_until_shut_out(stranger, address)
    wait_out(stranger, address)
    listed = {row["network"]: row for row in made.beckon("ban", "list")["bans"]}
    assert listed[address]["reason"] == "scan" and listed[address]["seen"]["macs"] >= 57
    made.beckon("ban", "lift", address)
    assert address not in {row["network"] for row in made.beckon("ban", "list")["bans"]}
    wait_in(stranger, address)
    scan(stranger, address, itertools.islice(other_macs(1000), 150))
    assert is_let_in(stranger, address) and ban_of(made, address) is None


def test_an_address_where_a_phone_was_served_is_never_banned(made, tenant, address):
    phone, stranger = tenant.phone(), tenant.phone(register=False)
    make_good(made, phone, address)
    scan(stranger, address, itertools.islice(other_macs(), 200))
    for _ in range(5):
        assert fetch(phone, address).status == 200
    wait_until("a ban was refused", lambda: made.metric("beckon_ban_requests_total", 'result="good"') >= 1)
    assert ban_of(made, address) is None


def test_a_good_fetch_that_comes_late_ends_a_ban(made, tenant, address):
    """Two workers: one served the phone, the other has asked for the ban."""
    phone, stranger = tenant.phone(), tenant.phone(register=False)
    with phone.connect(address=made.proxied_address, before_tls=proxy(address)) as connection:
        scan_until_shut_out(stranger, address)
        assert ban_of(made, address) is not None
        assert connection.request(phone.own_file).status == 200  # it was let in before
        wait_in(phone, address)
        assert ban_of(made, address) is None


def test_a_network_of_scanners_is_shut_out_but_for_its_good_addresses(made, tenant, address):
    """Four times as many, from many addresses of one /24, none of which does enough for a ban of its own."""
    phone, stranger = tenant.phone(), tenant.phone(register=False)
    make_good(made, phone, address)
    macs = other_macs()
    for step in range(1, 60):
        if scan(stranger, neighbour(address, step), itertools.islice(macs, 8)) < 8:
            break
    network = str(ipaddress.ip_network(f"{address}/24", strict=False))
    assert wait_until("a ban", lambda: ban_of(made, network))[0] == "scan"
    wait_out(stranger, neighbour(address, 100))
    assert fetch(phone, address).status == 200
    assert made.sql("select count(*) from app.ban where network <<= %s::cidr and network <> %s::cidr",
                    (network, network)) == [(0,)]
    other = str(ipaddress.ip_address(address) + 65536)  # no other test's
    assert fetch(phone, other).status == 200


def test_a_certificate_over_its_limit_is_not_looked_up_and_still_gets_its_own_file(made, tenant, address):
    """Its owner's address is good, so nobody is banned: it is the certificate that has an end."""
    phone = tenant.phone()
    make_good(made, phone, address)
    shapes = set()
    with phone.connect(address=made.proxied_address, before_tls=proxy(address)) as connection:
        for mac in itertools.islice(other_macs(), 150):
            shapes.add(repr(connection.request(f"/{tenant.key}/{mac}.cfg").shape()))
        assert connection.request(phone.own_file).status == 200
    assert len(shapes) == 1
    stopped = made.metric("beckon_guesses_stopped_total")
    assert stopped >= 150 - 65


def test_a_ban_ends(tmp_path, authorities, address):
    stack = Stack(tmp_path, {**SETTINGS, "limits.ban_s": 4}, authorities=authorities)
    try:
        stack.start()
        stranger = stack.tenant().phone(register=False)
        scan_until_shut_out(stranger, address)
        wait_out(stranger, address)
        wait_in(stranger, address, timeout_s=10)
        scan_until_shut_out(stranger, address)  # who goes on is banned anew, within the same window
        wait_out(stranger, address)
        wait_in(stranger, address, timeout_s=10)
        # And it ends in a worker that cannot ask any more.
        scan_until_shut_out(stranger, address)
        wait_out(stranger, address)
        stack.cluster.stop()
        wait_until("let in, and told to come back", lambda: answers_503(stranger, address), timeout_s=15)
    finally:
        stack.stop()
    stack.check_log()


def answers_503(phone, address):
    try:
        return fetch(phone, address).status == 503
    except OSError:
        return False


@contextlib.contextmanager
def second_process(stack):
    """Another beckon-config of the same installation, on ports of its own; its proxied address."""
    directory = stack.directory / f"second-{free_port()}"
    directory.mkdir()
    ports = {name: free_port() for name in ("port", "proxied_port", "admin_port")}
    settings = stack.settings_path.read_text()
    for name, port in ports.items():
        settings = settings.replace(f"127.0.0.1:{getattr(stack, name)}", f"127.0.0.1:{port}")
    path = directory / "settings.conf"
    path.write_text(settings)
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen([BIN / "beckon-config", "--settings", path], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)

    def ready():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports['admin_port']}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    try:
        wait_until("the second process", ready, 30)
        yield ("127.0.0.1", ports["proxied_port"])
    finally:
        process.terminate()
        process.wait(20)


def test_two_processes_count_together_and_ban_together(made, tenant, address):
    stranger = tenant.phone(register=False)
    with second_process(made) as second:
        macs = other_macs()
        for to in (None, second) * 5:  # fifty here, fifty there: too few for a ban by either
            scan(stranger, address, itertools.islice(macs, 10), to=to)
        assert wait_until("a ban", lambda: ban_of(made, address))[0] == "scan"
        wait_out(stranger, address)
        wait_out(stranger, address, to=second)
        made.beckon("ban", "lift", address)
        wait_in(stranger, address, to=second)


@pytest.mark.parametrize("trouble", ["killed", "flushed"])
def test_without_what_redis_knew_each_worker_counts_by_itself(made, tenant, address, redis, trouble):
    stranger, phone = tenant.phone(register=False), tenant.phone()
    half = scan(stranger, address, itertools.islice(other_macs(), 40))
    assert half == 40
    if trouble == "killed":
        redis.kill()
    else:
        assert redis.command("FLUSHALL") == "+OK"
    try:
        assert fetch(phone, neighbour(address, 50)).status == 200
        scan_until_shut_out(stranger, address, first=40)
        wait_out(stranger, address)
        assert fetch(phone, neighbour(address, 51)).status == 200
    finally:
        if trouble == "killed":
            redis.start()


def test_a_number_forged_in_redis_bans_nobody_who_does_nothing(made, tenant, address, redis):
    """Whoever can write to Redis may lower a limit to a sixteenth, not to nothing (A25)."""
    stranger = tenant.phone(register=False)
    window = int(time.time()) // SETTINGS["limits.window_s"]
    macs, failures = (f"beckon:limit:{address}:{window}:{what}" for what in ("macs", "failures"))
    for number in range(300):
        redis.command("PFADD", macs, f"forged-{number}")
    redis.command("INCRBY", failures, 1000000)
    assert scan(stranger, address, itertools.islice(other_macs(), 3)) == 3
    for _ in range(20):
        assert is_let_in(stranger, address)
    assert ban_of(made, address) is None


def test_limits_can_be_switched_off(tmp_path, authorities, address):
    stack = Stack(tmp_path, {"limits.scan_subjects": 0, "limits.failures": 0}, authorities=authorities)
    try:
        stack.start()
        stranger = stack.tenant().phone(register=False)
        assert scan(stranger, address, itertools.islice(other_macs(), 600)) == 600
        assert stack.sql("select count(*) from app.ban") == [(0,)]
    finally:
        stack.stop()
    stack.check_log()
