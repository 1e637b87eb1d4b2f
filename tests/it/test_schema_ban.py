"""Bans: what a limit may ask for, who is never banned, what operators add and lift, what time takes away."""

import ipaddress
import itertools

import pytest
from psycopg2 import errors

from schema_world import cluster, constraint_of, world  # noqa: F401 (fixtures)

_numbers = itertools.count(1)


@pytest.fixture
def address():
    """One that no other test knows, in a /24 of its own."""
    return str(ipaddress.ip_address("100.64.0.7") + 256 * next(_numbers))


def network_of(address):
    return str(ipaddress.ip_network(f"{address}/24", strict=False))


def request(world, network, seconds=3600, reason="scan"):
    with world.as_role("beckon_config") as cursor:
        cursor.execute("select verdict, seconds_left from bk.ban_request(%s::cidr, %s, '{\"macs\": 61}', %s)",
                       (network, reason, seconds))
        return cursor.fetchone()


def good(world, *addresses):
    with world.as_role("beckon_config") as cursor:
        cursor.execute("select bk.good_sources_record(%s::inet[])", (list(addresses),))


def bans(world):
    """{network: (seconds_left, spares_good, good addresses)}"""
    with world.as_role("beckon_config") as cursor:
        cursor.execute("select network::text, seconds_left, spares_good, coalesce(good, '') from bk.bans()")
        return {row[0]: (row[1], row[2], set(filter(None, row[3].split(",")))) for row in cursor.fetchall()}


def add(world, network, seconds=3600, spares_good=True, reason="by hand"):
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select ban_id, good_count from bk.operator_ban_add(%s::cidr, %s, %s, %s, 'operator:me')",
                       (network, reason, seconds, spares_good))
        return cursor.fetchone()


def lift(world, network):
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select bk.operator_ban_lift(%s::cidr, null, 'operator:me')", (network,))
        return cursor.fetchone()[0]


def test_a_limit_bans_once_and_for_as_long_as_it_says(world, address):
    assert request(world, address) == ("banned", 3600)
    verdict, left = request(world, address, seconds=7200)
    assert verdict == "known" and 3590 <= left <= 3600
    left, spares_good, _ = bans(world)[f"{address}/32"]
    assert spares_good and 3590 <= left <= 3600
    assert world.sql("select reason, seen, banned_by from app.ban where network = %s::cidr", (address,)) == [
        ("scan", {"macs": 61}, "limits")]


def test_a_ban_that_is_over_is_in_force_for_nobody(world, address):
    request(world, address)
    world.sql("update app.ban set banned_at = now() - interval '2 h', until = now() - interval '1 s'"
              " where network = %s::cidr", (address,))
    assert f"{address}/32" not in bans(world)
    assert request(world, address)[0] == "banned"


def test_where_a_phone_was_served_within_a_day_no_limit_bans(world, address):
    good(world, address)
    assert request(world, address) == ("good", None)
    world.sql("update app.good_source set last_at = now() - interval '23 h 59 min' where address = %s", (address,))
    assert request(world, address)[0] == "good"
    world.sql("update app.good_source set last_at = now() - interval '24 h 1 s' where address = %s", (address,))
    assert request(world, address)[0] == "banned"


def test_a_phone_that_is_served_after_all_ends_the_ban_that_a_limit_made(world, address):
    request(world, address)
    add(world, neighbour := str(ipaddress.ip_address(address) + 1))
    good(world, address, neighbour)
    assert f"{address}/32" not in bans(world)
    assert request(world, address) == ("good", None)
    assert f"{neighbour}/32" in bans(world)  # an operator's goes on


def test_a_good_fetch_and_a_ban_at_the_same_time_end_without_a_ban(world, address):
    with world.as_role("beckon_config") as one:
        one.execute("select bk.good_sources_record(%s::inet[])", ([address],))
        with pytest.raises(errors.LockNotAvailable), world.as_role("beckon_config") as other:
            other.execute("set local lock_timeout = '50ms'")
            other.execute("select verdict from bk.ban_request(%s::cidr, 'scan', '{}', 60)", (address,))
    assert request(world, address) == ("good", None)


def test_a_banned_network_tells_its_good_addresses(world, address):
    neighbour, outside = str(ipaddress.ip_address(address) + 1), str(ipaddress.ip_address(address) + 256)
    good(world, neighbour, outside)
    assert request(world, network_of(address))[0] == "banned"
    assert bans(world)[network_of(address)][2] == {neighbour}
    add(world, network_of(address), spares_good=False)
    assert bans(world)[network_of(address)][1:] == (False, set())


def test_a_network_with_more_good_addresses_than_can_be_spared_is_not_banned(world):
    network = "2001:db8:beef::/48"
    put = ("insert into app.good_source (address, last_at)"
           " select '2001:db8:beef::'::inet + n, now() from generate_series(%s, %s) as n")
    world.sql(put, (1, 1000))
    assert request(world, network)[0] == "banned"
    assert len(bans(world)[network][2]) == 1000
    world.sql("delete from app.ban where network = %s::cidr", (network,))
    world.sql(put, (1001, 1001))
    assert request(world, network)[0] == "good"


def test_ipv6_is_banned_by_address_and_48(world):
    good(world, "2001:db8:77::1", "2001:db8:78::1")
    assert request(world, "2001:db8:77::1")[0] == "good"
    assert request(world, "2001:db8:77::2")[0] == "banned"
    assert request(world, "2001:db8:77::/48")[0] == "banned"
    assert bans(world)["2001:db8:77::/48"][2] == {"2001:db8:77::1"}


@pytest.mark.parametrize("network", ["10.0.0.0/8", "198.51.100.0/25", "0.0.0.0/0", "2001:db8::/32", "::/0"])
def test_a_limit_bans_nothing_wider_than_its_networks(world, network):
    with pytest.raises(errors.CheckViolation) as refused:
        request(world, network)
    assert constraint_of(refused) == "ban_network_ck"


@pytest.mark.parametrize("network", ["0.0.0.0/0", "64.0.0.0/7", "::/0", "2000::/15"])
def test_nobody_bans_half_the_internet(world, network):
    with pytest.raises(errors.CheckViolation) as refused:
        add(world, network)
    assert constraint_of(refused) == "ban_network_ck"


@pytest.mark.parametrize("seconds", [0, -5, 367 * 86400])
def test_a_ban_has_an_end_and_a_near_one(world, address, seconds):
    with pytest.raises(errors.CheckViolation) as refused:
        add(world, address, seconds=seconds)
    assert constraint_of(refused) == "ban_until_ck"


def test_what_an_operator_lifts_no_limit_bans_again_until_it_would_have_ended(world, address):
    request(world, address)
    assert lift(world, address) is not None
    assert f"{address}/32" not in bans(world)
    assert lift(world, address) is None
    assert request(world, address) == ("lifted", None)
    world.sql("update app.ban set banned_at = now() - interval '2 h', until = now() - interval '1 s'"
              " where network = %s::cidr", (address,))
    assert request(world, address)[0] == "banned"


def test_a_ban_by_hand_takes_the_place_of_the_former(world, address):
    good(world, address)
    first, good_count = add(world, address)
    assert good_count == 1
    second, _ = add(world, address, seconds=60)
    assert second > first
    assert bans(world)[f"{address}/32"][0] <= 60
    assert request(world, address)[0] == "known"
    assert world.sql("select count(*) from app.ban where network = %s::cidr and lifted_at is null", (address,)) == [(1,)]


def test_workers_ask_at_the_same_time_and_one_ban_is_made(world, address):
    with world.as_role("beckon_config") as one:
        one.execute("select verdict from bk.ban_request(%s::cidr, 'scan', '{}', 60)", (address,))
        assert one.fetchone()[0] == "banned"
        with pytest.raises(errors.LockNotAvailable), world.as_role("beckon_config") as other:
            other.execute("set local lock_timeout = '50ms'")
            other.execute("select verdict from bk.ban_request(%s::cidr, 'scan', '{}', 60)", (address,))
    assert request(world, address)[0] == "known"


def test_only_operators_list_add_and_lift_through_the_api(world, address):
    made = []
    for is_operator in (True, False):
        made.append(world.one("insert into app.app_user (email, is_operator) values (%s, %s) returning user_id",
                              (f"ban-{next(_numbers)}@example.org", is_operator)))
    operator, other = made
    calls = [
        ("select count(*) from bk.api_ban_list(%s, true, null, 10)", ()),
        ("select bk.api_ban_add(%s, %s::cidr, 'x', 60, true, 'r1', '192.0.2.1')", (address,)),
        ("select bk.api_ban_lift(%s, 1, 'r1', '192.0.2.1')", ()),
    ]
    for text, rest in calls:
        with pytest.raises(errors.InsufficientPrivilege), world.as_role("beckon_api") as cursor:
            cursor.execute(text, (other, *rest))
    with world.as_role("beckon_api") as cursor:
        cursor.execute(calls[1][0], (operator, address))
        ban_id = cursor.fetchone()[0]
        cursor.execute("select bk.api_ban_lift(%s, %s, 'r2', '192.0.2.1')", (operator, ban_id))
        assert cursor.fetchone()[0]
        cursor.execute("select bk.api_ban_lift(%s, %s, 'r2', '192.0.2.1')", (operator, ban_id))
        assert not cursor.fetchone()[0]
    assert world.sql("select actor, action, object_id from app.audit where tenant_id is null order by seq") == [
        (f"user:{operator}", "ban.create", str(ban_id)), (f"user:{operator}", "ban.lift", str(ban_id))]
    assert world.one("select bk.audit_verify(null)") is None


def test_maintenance_forgets_old_bans_and_addresses_and_does_what_it_did(world, address):
    request(world, address)
    good(world, "192.0.2.200", "192.0.2.201")
    world.sql("update app.ban set banned_at = now() - interval '100 d', until = now() - interval '91 d'"
              " where network = %s::cidr", (address,))
    world.sql("update app.good_source set last_at = now() - interval '3 d' where address = '192.0.2.200'")
    with world.as_role("beckon_notifier") as cursor:
        cursor.execute("select what, done_count from bk.maintain()")
        done = dict(cursor.fetchall())
    assert done["bans"] == 1 and done["good addresses"] == 1 and "strangers" in done and "jobs" in done
    assert world.sql("select host(address) from app.good_source where address << '192.0.2.0/24'") == [("192.0.2.201",)]
    assert world.one("select count(*) from app.ban where network = %s::cidr", (address,)) == 0


def test_good_addresses_are_written_once_a_minute_and_in_any_order(world):
    good(world, "192.0.2.9", "192.0.2.8", "192.0.2.9")
    before = world.sql("select address, last_at from app.good_source where address in ('192.0.2.8', '192.0.2.9')")
    assert len(before) == 2
    good(world, "192.0.2.8", "192.0.2.9")
    assert before == world.sql(
        "select address, last_at from app.good_source where address in ('192.0.2.8', '192.0.2.9')")
    with world.as_role("beckon_config") as cursor:
        with pytest.raises(errors.CheckViolation):
            cursor.execute("select bk.good_sources_record('{192.0.2.0/24}')")
