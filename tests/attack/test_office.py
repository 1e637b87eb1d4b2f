"""An office of 300 phones behind one address reboots at once, and some of them are nobody's: no attack (A2, A4).

Every phone asks for all the files that it asks for at a start, on a connection of its own; those that are
refused try again and again. Limits are as they are by default, and the address has never been seen before.
"""

import collections
import concurrent.futures

import pytest

from load import Load
from stack import Stack, wait_until

OFFICE = "203.0.113.77"
PHONES, UNKNOWN, TRIES = 300, 15, 6
PROXY = f"PROXY TCP4 {OFFICE} 192.0.2.1 40000 443\r\n".encode()
COMMON = "y000000000096.cfg"


class Seat:
    """One phone as Load and the threads below see it: through the office's address."""

    def __init__(self, phone):
        self.phone = phone
        self.own_file = phone.own_file

    def connect(self, **options):
        return self.phone.connect(address=self.phone.stack.proxied_address, before_tls=PROXY, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory, authorities):
    stack = Stack(tmp_path_factory.mktemp("office"), authorities=authorities)
    try:
        yield stack.start()
    finally:
        stack.stop()
    stack.check_log()


@pytest.fixture(scope="module")
def tenant(made):
    return made.tenant()


@pytest.fixture(scope="module")
def known(made, tenant):
    """Claimed by import, as an office is."""
    phones = [tenant.phone(register=False) for _ in range(PHONES - UNKNOWN)]
    rows = ["mac,vendor,model", *(f"{phone.mac},yealink,T54W" for phone in phones)]
    path = made.directory / "office.csv"
    path.write_text("\n".join(rows) + "\n")
    made.beckon("device", "import", "--tenant", tenant.name, path)
    return [Seat(phone) for phone in phones]


@pytest.fixture(scope="module")
def unknown(tenant):
    return [Seat(tenant.phone(register=False)) for _ in range(UNKNOWN)]


def boot(seat, tries=1):
    """The statuses of its own file and of all that it asked for, in that order."""
    own, all_ = [], []
    for _ in range(tries):
        with seat.connect(timeout_s=60) as connection:
            for path in (f"/{seat.phone.tenant.key}/{COMMON}", seat.own_file.replace(".cfg", ".boot"), seat.own_file):
                status = connection.request(path, headers=[("User-Agent", seat.phone.agent())]).status
                all_.append(status)
            own.append(status)
    return own, all_


def nobody_is_banned(stack):
    assert stack.sql("select network::text, reason, seen from app.ban") == []
    assert stack.metric("beckon_addresses_refused_total") == 0


def test_unknown_phones_alone_are_no_scanner(made, unknown):
    """Before the first good fetch from there: each names its own MAC, and proves it."""
    with concurrent.futures.ThreadPoolExecutor(UNKNOWN) as threads:
        for own, _ in threads.map(lambda seat: boot(seat, TRIES), unknown):
            assert own == [404] * TRIES
    nobody_is_banned(made)
    assert made.metric("beckon_failures_total", 'kind="fetch"') >= 2 * TRIES * UNKNOWN


def test_new_phones_that_nobody_has_claimed_yet_are_no_scanner(made):
    """Plugged in before anybody has typed them in: more MACs for each worker than a scanner needs to be banned."""
    tenant = made.tenant()
    seats = [Seat(tenant.phone(register=False)) for _ in range(160)]
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        for own, _ in threads.map(boot, seats):
            assert own == [404]
    nobody_is_banned(made)


def test_all_known_phones_are_served_when_the_office_reboots(made, known, unknown):
    seats = [(seat, 1) for seat in known]
    for number, seat in enumerate(unknown):  # among the others, and several times
        seats.insert(number * 19, (seat, TRIES))
    with Load(known[0], threads=2, timeout_s=60) as load, concurrent.futures.ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda one: (one[0], boot(*one)), seats))
    found = collections.Counter()
    for seat, (own, _) in answers:
        found[seat in known, tuple(own)] += 1
    assert found == {(True, (200,)): PHONES - UNKNOWN, (False, (404,) * TRIES): UNKNOWN}
    assert load.failures == [] and load.count() > 0
    assert {status for _, status, _ in load.answers} == {200}
    nobody_is_banned(made)
    wait_until("the office is known for good", lambda: made.sql(
        "select 1 from app.good_source where address = %s", (OFFICE,)))


def test_and_a_phone_of_it_that_is_played_with_bans_nobody(made, known):
    """Somebody in the office uses a phone's certificate to try 300 MACs."""
    with known[1].connect(timeout_s=60) as connection:
        for number in range(300):
            assert connection.request(f"/{known[1].phone.tenant.key}/00156500{number:04x}.cfg").status == 404
    assert boot(known[1])[0] == [200]
    assert boot(known[2])[0] == [200]
    nobody_is_banned(made)
