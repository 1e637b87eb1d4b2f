"""A7: a phone that moves to another tenant gets the new one's file or none, also on a connection that it kept."""

import pytest


def set_state(phone, state):
    phone.stack.sql(
        "update app.device set state = %s where tenant_id = %s and mac = %s::macaddr",
        (state, phone.tenant.id, phone.mac))


@pytest.fixture
def owners(stack):
    """One phone as two tenants know it; bound to the first."""
    first = stack.tenant().phone(secret="secret-at-the-first")
    second = stack.tenant().phone(mac=first.mac, leaf=first.leaf, secret="secret-at-the-second")
    with first.connect() as connection:
        assert connection.request(first.own_file).status == 200
        yield first, second, connection


def holds(body, phone):
    return any(text.encode() in body for text in (phone.secret, phone.tenant.domain, phone.tenant.key))


def test_a_new_owner_is_seen_between_two_requests(owners):
    first, second, connection = owners
    before = connection.request(first.own_file)
    assert first.number.encode() in before.body and first.secret.encode() in before.body
    assert connection.request(second.own_file).status == 404

    set_state(first, "released")
    after = connection.request(second.own_file)
    assert after.status == 200
    assert holds(after.body, second) and not holds(after.body, first)
    assert connection.request(first.own_file).status == 404
    stale = connection.request(second.own_file, headers=[("If-None-Match", before.field("ETag"))])
    assert stale.status == 200  # not mistaken for what the other tenant had given


def test_ownership_that_goes_back_and_forth_is_followed_each_time(owners):
    owner, other, connection = owners
    for _ in range(10):
        set_state(owner, "released")
        set_state(other, "claimed")
        owner, other = other, owner
        got = connection.request(owner.own_file)
        assert got.status == 200, (got, owner.state(), other.state())
        assert holds(got.body, owner) and not holds(got.body, other)
        assert connection.request(other.own_file).status == 404, (owner.state(), other.state())


def test_a_deleted_device_is_gone_from_an_open_connection(owners):
    first, second, connection = owners
    first.stack.sql("delete from app.device where tenant_id = %s and mac = %s::macaddr", (first.tenant.id, first.mac))
    assert connection.request(first.own_file).status == 404
    got = connection.request(second.own_file)
    assert got.status == 200 and not holds(got.body, first)
