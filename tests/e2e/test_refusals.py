"""Whoever may not have a configuration gets none, and cannot tell why (docs/rules.md, rule 2)."""

import pytest

import pki
import rawtls
from stack import new_mac


@pytest.fixture(scope="module")
def parties(stack):
    """Two tenants, phones of both, and all that is refused: {label: (phone that asks, path)}."""
    one, two = stack.tenant(), stack.tenant()
    mine, neighbour, foreign = one.phone(), one.phone(), two.phone()
    assert foreign.get().status == 200  # bound, so that it is known to be somebody's
    assert mine.get().status == 200
    suspended, unknown = one.phone(), one.phone(register=False)
    stack.sql(
        "update app.device set state = 'suspended' where tenant_id = %s and mac = %s::macaddr",
        (one.id, suspended.mac),
    )
    mac = new_mac()
    generic = one.phone(mac=mac, leaf=pki.yealink_generic(stack.authorities.issuing))
    refused = {
        "a phone nobody knows": (unknown, unknown.own_file),
        "another tenant's phone": (foreign, f"/{one.key}/{foreign.mac}.cfg"),
        "another tenant's key": (mine, f"/{two.key}/{mine.mac}.cfg"),
        "another tenant's key, its phone": (mine, f"/{two.key}/{foreign.mac}.cfg"),
        "phone 2's file with phone 1's certificate": (mine, neighbour.own_file),
        "phone 2's boot file": (mine, f"/{one.key}/{neighbour.mac}.boot"),
        "an unknown phone's file with phone 1's certificate": (mine, f"/{one.key}/{new_mac()}.cfg"),
        "another tenant's phone's file under the own key": (mine, f"/{one.key}/{foreign.mac}.cfg"),
        "an unknown key": (mine, f"/nosuchkey0/{mine.mac}.cfg"),
        "a key too short": (mine, f"/k/{mine.mac}.cfg"),
        "no key": (mine, f"/{mine.mac}.cfg"),
        "the root": (mine, "/"),
        "no file name": (mine, f"/{one.key}/"),
        "another file": (mine, f"/{one.key}/phone.xml"),
        "what its user changed": (mine, f"/{one.key}/{mine.mac}-local.cfg"),
        "its contacts": (mine, f"/{one.key}/{mine.mac}-contact.xml"),
        "a file below": (mine, f"/{one.key}/a/{mine.mac}.cfg"),
        "the common file, unknown phone": (unknown, f"/{one.key}/y000000000096.cfg"),
        "the common file of another tenant": (mine, f"/{two.key}/y000000000096.cfg"),
        "a generic certificate": (generic, generic.own_file),
        "a suspended phone": (suspended, suspended.own_file),
    }
    return {"one": one, "two": two, "mine": mine, "foreign": foreign, "refused": refused}


LABELS = [
    "a phone nobody knows", "another tenant's phone", "another tenant's key",
    "another tenant's key, its phone", "phone 2's file with phone 1's certificate",
    "phone 2's boot file", "an unknown phone's file with phone 1's certificate",
    "another tenant's phone's file under the own key", "an unknown key", "a key too short", "no key",
    "the root", "no file name", "another file", "what its user changed",
    "its contacts", "a file below", "the common file, unknown phone",
    "the common file of another tenant", "a generic certificate", "a suspended phone",
]


def test_the_list_is_whole(parties):
    assert set(LABELS) == set(parties["refused"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("label", LABELS)
def test_refused_looks_the_same(parties, label, method):
    want_phone, want_path = parties["refused"]["a phone nobody knows"]
    want = want_phone.get(want_path, method).shape()
    phone, path = parties["refused"][label]
    answer = phone.get(path, method)
    assert answer.status == 404
    assert answer.body == (b"not found\n" if method == "GET" else b"")
    assert answer.shape() == want
    assert parties["mine"].get().status == 200  # the same client is served what is its own


def test_a_condition_changes_nothing(parties):
    etag = parties["mine"].get().field("ETag")
    foreign = parties["foreign"]
    tag = foreign.get().field("ETag")
    plain = parties["mine"].get(f"/{parties['one'].key}/{foreign.mac}.cfg").shape()
    for condition in (etag, tag, "*"):
        answer = parties["mine"].get(
            f"/{parties['one'].key}/{foreign.mac}.cfg", headers=[("If-None-Match", condition)]
        )
        assert answer.shape() == plain


def test_the_user_agent_is_compared_never_trusted(parties):
    """Another phone's MAC in the User-Agent proves nothing for it, and gives nothing away."""
    mine, foreign = parties["mine"], parties["foreign"]
    with mine.connect() as connection:
        answer = connection.request(
            f"/{parties['one'].key}/{foreign.mac}.cfg", headers=[("User-Agent", foreign.agent())]
        )
    assert answer.status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FETCH"])
def test_other_methods_get_no_configuration(parties, method):
    """What is written for a phone is read by GET and HEAD; for what it writes itself, see test_uploads.py."""
    mine = parties["mine"]
    with mine.connect() as connection:
        connection.send(
            f"{method} {mine.own_file} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
        data, is_closed = connection.read_to_close()
    assert is_closed
    answers = rawtls.take_all(data)
    assert len(answers) == 1
    assert answers[0].status in (400, 404)
    assert b"account." not in answers[0].body


def test_no_certificate_gets_no_http(stack, parties):
    data = rawtls.handshake_fails(stack.address, None, None, stack.authorities.server_ca)
    assert data == b""


def test_a_foreign_chain_gets_no_http(stack, parties):
    mine = parties["mine"]
    leaves = pki.not_trusted(stack.authorities.issuing, mine.mac, stack.authorities.stranger)
    for label, leaf in leaves.items():
        cert, key = leaf.write(stack.directory, "refused")
        data = rawtls.handshake_fails(stack.address, cert, key, stack.authorities.server_ca)
        assert data == b"", label
    assert mine.get().status == 200
