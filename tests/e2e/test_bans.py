"""Bans by hand: through the command line and the API, who is in one, and what is written down of it."""

import pytest

from stack import StackError, wait_until

BALANCER = "PROXY TCP4 {} 192.0.2.1 40000 443\r\n"


def is_let_in(phone, address):
    try:
        phone.get(address=phone.stack.proxied_address, before_tls=BALANCER.format(address).encode())
        return True
    except OSError:
        return False


def wait_out(phone, address):
    wait_until(f"{address} is kept out", lambda: not any(is_let_in(phone, address) for _ in range(8)))


def wait_in(phone, address):
    wait_until(f"{address} is let in", lambda: all(is_let_in(phone, address) for _ in range(8)))


@pytest.fixture
def stranger(tenant):
    return tenant.phone(register=False)


def test_the_command_line_bans_lists_and_lifts(stack, stranger):
    made = stack.beckon("ban", "add", "192.0.2.0/25", "--hours", "2", "--reason", "ticket 4711")
    assert made["network"] == "192.0.2.0/25" and made["good_addresses"] == 0
    wait_out(stranger, "192.0.2.99")
    assert is_let_in(stranger, "192.0.2.200")
    row = next(row for row in stack.beckon("ban", "list")["bans"] if row["ban_id"] == made["ban_id"])
    assert row["network"] == "192.0.2.0/25" and row["reason"] == "ticket 4711" and row["is_in_force"]
    assert row["banned_by"].startswith("operator:")
    assert "ticket 4711" in stack.beckon("ban", "list", is_json=False)
    stack.beckon("ban", "lift", "192.0.2.0/25")
    wait_in(stranger, "192.0.2.99")
    assert made["ban_id"] not in [row["ban_id"] for row in stack.beckon("ban", "list")["bans"]]
    row = next(row for row in stack.beckon("ban", "list", "--all")["bans"] if row["ban_id"] == made["ban_id"])
    assert not row["is_in_force"] and row["lifted_by"].startswith("operator:")
    actions = [action for action, in stack.sql(
        "select action from app.audit where tenant_id is null and object_id = '192.0.2.0/25' order by seq")]
    assert actions == ["ban.add", "ban.lift"]


@pytest.mark.parametrize(
    "words, says",
    [
        (("ban", "lift", "192.0.2.77"), "no ban of 192.0.2.77 is in force"),
        (("ban", "add", "0.0.0.0/0"), "at widest /8"),
        (("ban", "add", "192.0.2.1/24"), "192.0.2.1/24"),
        (("ban", "add", "nowhere"), "nowhere"),
        (("ban", "add", "192.0.2.1", "--hours", "9000"), "--hours"),
        (("ban", "add", "192.0.2.1", "--reason", "x" * 129), "128 characters"),
    ],
    ids=lambda one: " ".join(one)[:30] if isinstance(one, tuple) else None,
)
def test_what_cannot_be_is_said(stack, words, says):
    with pytest.raises(StackError, match=says):
        stack.beckon(*words)


def test_addresses_where_phones_were_served_are_spared_unless_they_are_meant(stack, tenant, stranger):
    phone, office, other = tenant.phone(), "192.0.2.150", "192.0.2.151"
    assert phone.get(address=stack.proxied_address, before_tls=BALANCER.format(office).encode()).status == 200
    wait_until("it is known", lambda: stack.sql("select 1 from app.good_source where address = %s", (office,)))
    assert stack.beckon("ban", "add", "192.0.2.128/25")["good_addresses"] == 1
    wait_out(stranger, other)
    assert is_let_in(phone, office)
    stack.beckon("ban", "add", "192.0.2.128/25", "--even-good")
    wait_out(stranger, office)
    stack.beckon("ban", "lift", "192.0.2.128/25")
    wait_in(stranger, other)


def test_operators_ban_and_lift_through_the_api(stack, api, stranger):
    operator = api.operator()
    made = operator.expect(201, "POST", "/v1/bans", {"network": "2001:db8:5::/48", "seconds": 600})
    ban = made.json
    assert made.headers["Location"] == f"/v1/bans/{ban['id']}"
    assert ban["network"] == "2001:db8:5::/48" and ban["in_force"] and ban["reason"] == "by hand"
    assert ban["banned_by"] == f"user:{operator.user_id}" and ban["lifted_at"] is None and ban["seen"] == {}
    source = "2001:db8:5::9"
    line = f"PROXY TCP6 {source} 2001:db8::1 40000 443\r\n".encode()

    def is_in():
        try:
            return stranger.get(address=stack.proxied_address, before_tls=line).status == 404
        except OSError:
            return False

    wait_until("it is kept out", lambda: not any(is_in() for _ in range(8)))
    assert ban["id"] in [one["id"] for one in operator.get("/v1/bans").json["items"]]
    lifted = operator.expect(200, "POST", f"/v1/bans/{ban['id']}/lift").json
    assert not lifted["in_force"] and lifted["lifted_by"] == f"user:{operator.user_id}"
    assert operator.post(f"/v1/bans/{ban['id']}/lift").status == 409
    wait_until("it is let in", lambda: all(is_in() for _ in range(8)))
    assert ban["id"] not in [one["id"] for one in operator.get("/v1/bans").json["items"]]
    assert ban["id"] in [one["id"] for one in operator.get("/v1/bans?all=true&limit=200").json["items"]]
    assert operator.get(f"/v1/bans/{ban['id']}").json == lifted
    assert stack.sql("select actor, action from app.audit where tenant_id is null and object_kind = 'ban'"
                     " and object_id = %s order by seq", (str(ban["id"]),)) == [
        (f"user:{operator.user_id}", "ban.create"), (f"user:{operator.user_id}", "ban.lift")]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.1/8", "::/0", "2001:db8::1/32", "x", "10.0.0.0/33", "10/8"])
def test_the_api_says_what_is_no_network(api, network):
    answer = api.operator().post("/v1/bans", {"network": network})
    assert answer.status == 422 and answer.json["errors"][0]["member"] == "network", answer
