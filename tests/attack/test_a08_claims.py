"""A8: claiming a stranger's phone gives nothing, reveals nothing, and takes nothing from its owner."""

import threading

import pytest

import rawtls


def set_state(phone, state):
    phone.stack.sql(
        "update app.device set state = %s where tenant_id = %s and mac = %s::macaddr",
        (state, phone.tenant.id, phone.mac))


@pytest.fixture
def owner(stack):
    phone = stack.tenant().phone()
    assert phone.get().status == 200
    assert phone.state() == "bound"
    return phone


def claim_of(owner, tenant):
    """The same phone, as another tenant has written it down; it has the certificate, the claimer has not."""
    return tenant.phone(mac=owner.mac, leaf=owner.leaf, secret=f"secret-at-{tenant.key}")


def test_a_claim_does_not_tell_who_has_the_phone(stack, api, owner):
    """The API takes a claim on a bound MAC and on nobody's alike, and says the same of both afterwards."""
    from stack import new_mac

    tenant = stack.tenant()
    admin = api.admin(tenant)
    told = []
    for mac in (owner.mac, new_mac()):
        made = admin.post("/v1/devices", {"mac": mac, "vendor": "yealink", "model": "T54W"})
        assert made.status == 201
        shown = admin.get(f"/v1/devices/{made.json['id']}").json
        told.append({name: value for name, value in shown.items()
                     if name not in ("id", "mac", "created_at", "updated_at", "claimed_at", "pending_since", "armed_until")})
        assert shown["state"] == "claimed"
    assert told[0] == told[1]
    assert admin.post("/v1/devices", {"mac": owner.mac, "vendor": "yealink"}).status == 409  # its own, twice


def test_a_claim_takes_nothing_from_the_owner(stack, owner):
    claim_of(owner, stack.tenant())
    assert owner.get().status == 200
    assert owner.state() == "bound"


def test_a_claim_made_before_the_owners_takes_nothing_either(stack):
    early = stack.tenant().phone()
    owner = claim_of(early, stack.tenant())
    assert owner.get().status == 200
    assert (owner.state(), early.state()) == ("bound", "claimed")
    assert early.get().status == 404


def test_a_fetch_under_the_wrong_key_reveals_nothing_and_is_told_to_both(stack, owner):
    claim = claim_of(owner, stack.tenant())
    answer = claim.get()
    nobody = stack.tenant().phone(register=False)
    assert answer.status == 404
    assert answer.shape() == nobody.get().shape()
    assert claim.state() == "claimed" and owner.state() == "bound"

    claim.tenant.wait_visit("bound_elsewhere", lambda status, reason, *_: reason == "bound_elsewhere")
    told = owner.tenant.wait_visit("foreign_tenant_key", lambda status, reason, *_: reason == "foreign_tenant_key")
    assert told[4] == owner.mac
    # Neither reads who the other is: not by key, not by name.
    for mine, other in ((owner.tenant, claim.tenant), (claim.tenant, owner.tenant)):
        text = str(mine.visits())
        assert other.key not in text and other.name not in text


def test_whoever_has_the_key_but_not_the_phone_binds_nothing(stack, owner):
    """A claimer fetches with another phone of the maker, which it does have."""
    claim = claim_of(owner, stack.tenant())
    other = claim.tenant.phone()
    assert other.get(claim.own_file).status == 404
    assert claim.state() == "claimed"


TENANTS, CLIENTS_EACH, ROUNDS = 10, 5, 5


def test_of_fifty_that_race_for_a_released_phone_one_tenant_wins(stack):
    """50 kept connections with the phone's certificate, each asks under its tenant's key at the same moment."""
    first = stack.tenant().phone()
    claims = [first] + [claim_of(first, stack.tenant()) for _ in range(TENANTS - 1)]
    stack.sql("update app.device set state = 'claimed' where mac = %s::macaddr and state <> 'claimed'", (first.mac,))
    context = rawtls.context(first.cert, first.key, stack.authorities.server_ca)
    clients = [(claim, rawtls.Connection(stack.address, tls_context=context))
               for claim in claims for _ in range(CLIENTS_EACH)]
    winners = set()
    try:
        for claim, connection in clients:  # the handshakes are done: what is left is the race
            assert connection.request(f"/{claim.tenant.key}/nothing.txt").status == 404
        for _ in range(ROUNDS):
            winners.add(race(clients, claims))
    finally:
        for _, connection in clients:
            connection.close()
    assert winners <= {claim.tenant.id for claim in claims}


def race(clients, claims):
    """The tenant that won; its phone is released and claimed again afterwards."""
    start = threading.Barrier(len(clients))
    answers = [None] * len(clients)

    def run(number):
        claim, connection = clients[number]
        start.wait(10)
        answers[number] = connection.request(claim.own_file)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    served = {claim.tenant.id for (claim, _), answer in zip(clients, answers) if answer.status == 200}
    assert {answer.status for answer in answers} == {200, 404}
    assert len(served) == 1, served
    states = [claim.state() for claim in claims]
    assert sorted(states) == ["bound"] + ["claimed"] * (len(claims) - 1)
    winner = claims[states.index("bound")]
    assert served == {winner.tenant.id}
    # Everyone of the winner's was served, also who came while it was being bound.
    assert all(answer.status == 200 for (claim, _), answer in zip(clients, answers) if claim is winner)
    for (claim, _), answer in zip(clients, answers):
        if answer.status == 200:
            assert claim.secret.encode() in answer.body
    set_state(winner, "released")
    set_state(winner, "claimed")
    return winner.tenant.id
