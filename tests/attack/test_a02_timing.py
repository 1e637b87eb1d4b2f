"""A2: 10,000 questions of one genuine phone for others: one answer, and its time tells nothing either.

A MAC may be nobody's, a neighbour's number, another phone of the same tenant, or another tenant's, bound or
claimed. Each kind is asked as often, in one random order over kept connections, with as many different
MACs, so that what differs is what is known of them and nothing else. The times of two kinds are told apart when
Mann-Whitney says so (p < 0.01) the same way round in two of three runs: one chance in 1,500 where nothing differs,
whatever else the machine does meanwhile, since the order is random.
"""

import random
import time

import pytest

from ranks import mann_whitney
from stack import new_mac, wait_until

RUNS, QUESTIONS, MACS_EACH = 3, 10000, 60
P = 0.01
# Limits are off: a certificate that guesses is soon answered without a look-up, and it is the look-up whose
# time could tell something, to many phones together or to a patient one.
SETTINGS = {"workers": 1, "log.level": "warn", "limits.scan_subjects": 0, "limits.failures": 0}


def add_devices(tenant, macs, is_bound):
    tenant.stack.sql(
        "insert into app.device (tenant_id, mac, vendor, model)"
        " select %s, mac::macaddr, 'yealink', 'T54W' from unnest(%s::text[]) as mac", (tenant.id, macs))
    if is_bound:
        # Only a phone's own fetch may bind; 120 of those would be 120 certificates more.
        tenant.stack.sql("set local session_replication_role = replica;"
                         "update app.device set state = 'bound', bound_at = now()"
                         " where tenant_id = %s and state = 'claimed'", (tenant.id,))


@pytest.fixture(scope="module")
def mine(own_stack):
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


@pytest.fixture(scope="module")
def kinds(own_stack, mine):
    """{kind: MACs}, as many of each; none is the phone's own."""
    rng = random.Random(2)
    number = int(mine.mac, 16)
    made = {kind: [new_mac() for _ in range(MACS_EACH)]
            for kind in ("own tenant's", "elsewhere, bound", "elsewhere, claimed")}
    add_devices(mine.tenant, made["own tenant's"], is_bound=True)
    add_devices(own_stack.tenant(), made["elsewhere, bound"], is_bound=True)
    add_devices(own_stack.tenant(), made["elsewhere, claimed"], is_bound=False)
    made["nobody's"] = [f"{rng.getrandbits(40) | 2 << 40:012x}" for _ in range(MACS_EACH)]
    made["neighbouring"] = [f"{number + (1 << 20) + step:012x}" for step in range(MACS_EACH)]
    own_stack.sql("analyze")
    return made


class Asker:
    """One kept connection; each question timed from the first byte sent to the last byte of the answer."""

    def __init__(self, phone):
        self.phone = phone
        self.connection = phone.connect()

    def ask(self, path):
        """(seconds, Answer)"""
        question = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        begun = time.perf_counter()
        self.connection.socket.sendall(question)
        first = self.connection.socket.recv(65536)
        ended = time.perf_counter()
        self.connection.pending += first
        answer = self.connection.read_answer()
        if (answer.field("Connection") or "").lower() == "close":
            self.connection.close()
            self.connection = self.phone.connect()
        return ended - begun, answer


def run(mine, kinds, rng):
    """{kind: times}, {what the answers look like}."""
    plan = [(kind, mac) for kind, macs in kinds.items()
            for mac in macs * (QUESTIONS // len(kinds) // MACS_EACH + 1)]
    rng.shuffle(plan)
    times, shapes = {kind: [] for kind in kinds}, set()
    askers = [Asker(mine) for _ in range(2)]
    for asker in askers:
        for _ in range(50):
            asker.ask(f"/{mine.tenant.key}/{new_mac()}.cfg")  # what is slower at first is slow for nobody
    for count, (kind, mac) in enumerate(plan):
        lasted, answer = askers[count % len(askers)].ask(f"/{mine.tenant.key}/{mac}.cfg")
        times[kind].append(lasted)
        shapes.add(repr(answer.shape()))
        assert answer.status == 404, (kind, mac, answer)
    for asker in askers:
        asker.connection.close()
    return times, shapes


def test_ten_thousand_questions_have_one_answer_and_one_time(mine, kinds, record_property):
    told_apart, shapes, told = {}, set(), []
    rng = random.Random(1)
    for number in range(RUNS):
        times, seen = run(mine, kinds, rng)
        shapes |= seen
        assert sum(map(len, times.values())) >= QUESTIONS
        for kind in kinds:
            if kind == "nobody's":
                continue
            p, sign = mann_whitney(times["nobody's"], times[kind])
            told.append(f"run {number}: nobody's and {kind}: p = {p:.3f}, {sign:+d}")
            if p < P:
                told_apart[kind, sign] = told_apart.get((kind, sign), 0) + 1
    record_property("mann_whitney", told)
    print("\n".join(told))
    assert len(shapes) == 1, shapes
    assert all(count < 2 for count in told_apart.values()), told
    assert mine.get().status == 200  # nobody is locked out who may be there


def test_limits_do_not_tell_either(stack, phone):
    """With limits as they are by default: the same answer before and after a certificate is known to guess."""
    macs = [new_mac() for _ in range(100)] + [phone.tenant.phone().mac, stack.tenant().phone().mac]
    assert phone.get().status == 200  # its address is banned otherwise: test_a02_limits.py
    wait_until("PostgreSQL knows", lambda: stack.sql("select 1 from app.good_source where address = '127.0.0.1'"))
    with phone.connect() as connection:
        shapes = {repr(connection.request(f"/{phone.tenant.key}/{mac}.cfg").shape()) for mac in macs * 3}
        assert len(shapes) == 1
        assert connection.request(phone.own_file).status == 200


def test_the_measurement_tells_what_does_differ(mine):
    """The control: a 404 from a file, in far fewer questions."""
    asker = Asker(mine)
    times = {True: [], False: []}
    for is_own in [True, False] * 150:
        mac = mine.mac if is_own else new_mac()
        lasted, answer = asker.ask(f"/{mine.tenant.key}/{mac}.cfg")
        assert answer.status == (200 if is_own else 404)
        times[is_own].append(lasted)
    assert mann_whitney(times[True], times[False])[0] < P


def test_ranks_follow_the_textbook():
    """Of the helper itself: shifted samples are told apart, samples of one distribution are not."""
    rng = random.Random(3)
    same = [[rng.gauss(0, 1) for _ in range(2000)] for _ in range(2)]
    assert mann_whitney(*same)[0] > P
    p, sign = mann_whitney(same[0], [value + 0.15 for value in same[1]])
    assert p < P and sign == -1
    assert mann_whitney([1, 2] * 50, [1, 2] * 50)[0] > 0.9
    # 30 and 30 ranks that alternate: U = 435 of 900, worked out by hand, no ties.
    assert abs(mann_whitney(range(0, 60, 2), range(1, 61, 2))[0] - 0.8303) < 0.0005
