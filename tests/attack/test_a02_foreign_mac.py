"""A2: a genuine phone asks for other phones' files, and learns nothing from the answers."""

import itertools
import random

import pytest

from stack import new_mac


@pytest.fixture(scope="module")
def pair(stack):
    mine, theirs = stack.tenant().phone(), stack.tenant().phone()
    assert mine.get().status == 200 and theirs.get().status == 200
    return mine, theirs


def neighbours(mac):
    number = int(mac, 16)
    return [f"{number + step & 0xffffffffffff:012x}" for step in range(-40, 41) if step]


def test_hundreds_of_macs_give_nothing(stack, pair):
    mine, theirs = pair
    random.seed(2)
    macs = neighbours(mine.mac) + [theirs.mac] * 20
    macs += [f"{random.getrandbits(48):012x}" for _ in range(200)]
    sibling = mine.tenant.phone()  # the tenant's own other phone is foreign, too
    macs.append(sibling.mac)
    shapes = set()
    with mine.connect() as connection:
        for mac, name in itertools.product(macs, ("{}.cfg", "{}.boot")):
            answer = connection.request(f"/{mine.tenant.key}/{name.format(mac)}")
            shapes.add(repr(answer.shape()))
            assert answer.status == 404
        assert connection.request(mine.own_file).status == 200
    assert len(shapes) == 1


@pytest.mark.parametrize("spelling", ["upper", "colons", "dashes", "twice", "query", "fragment"])
def test_another_spelling_of_a_mac_is_no_way_around(pair, spelling):
    mine, theirs = pair
    pairs = [theirs.mac[i:i + 2] for i in range(0, 12, 2)]
    path = {
        "upper": f"{theirs.mac.upper()}.cfg",
        "colons": f"{':'.join(pairs)}.cfg",
        "dashes": f"{'-'.join(pairs)}.cfg",
        "twice": f"{mine.mac}.cfg/{theirs.mac}.cfg",
        "query": f"{theirs.mac}.cfg?mac={mine.mac}",
        "fragment": f"{theirs.mac}.cfg#{mine.mac}.cfg",
    }[spelling]
    answer = mine.get(f"/{mine.tenant.key}/{path}")
    assert answer.status in (400, 404)
    assert b"account." not in answer.body


def test_headers_do_not_make_another_phone(pair):
    mine, theirs = pair
    wanted = mine.get(f"/{mine.tenant.key}/{theirs.mac}.cfg").shape()
    headers = [
        ("X-Forwarded-For", "10.0.0.1"), ("X-Original-URL", theirs.own_file),
        ("X-Rewrite-URL", theirs.own_file), ("X-SSL-Client-S-DN", f"CN={theirs.mac}"),
        ("X-Client-Cert", "x"), ("Forwarded", f"for={theirs.mac}"), ("X-MAC", theirs.mac),
    ]
    answer = mine.get(f"/{mine.tenant.key}/{theirs.mac}.cfg", headers=headers)
    assert answer.shape() == wanted
    own = mine.get(headers=headers)
    assert own.status == 200 and mine.number.encode() in own.body


def test_a_new_phone_of_the_maker_gets_nothing(stack, pair):
    """A genuine certificate whose phone no tenant has."""
    mine, _ = pair
    nobody = mine.tenant.phone(mac=new_mac(), register=False)
    for path in (nobody.own_file, mine.own_file, f"/{mine.tenant.key}/y000000000096.cfg"):
        assert nobody.get(path).status == 404
