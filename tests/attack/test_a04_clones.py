"""A4: an extracted key, a resold phone. What a phone was at first is what it is: another certificate or model
for its MAC is quarantined, as is one certificate in many networks, and the tenant decides in one call. Where the
policy says so, secrets leave in a window or for a new revision only."""

import pki
import rawtls
from stack import wait_until


def with_certificate(phone, leaf):
    """The same phone's requests, with another certificate."""
    cert, key = leaf.write(phone.stack.directory, f"other-{phone.mac}-{leaf.fingerprint().hex()[:8]}")
    with rawtls.Connection(phone.stack.address, cert, key, phone.stack.authorities.server_ca) as connection:
        return connection.request(phone.own_file, headers=[("User-Agent", phone.agent())])


def anomaly(stack, phone):
    return stack.sql("select kind, seen, decision from app.anomaly where device_id = %s order by anomaly_id",
                     (phone.device_id(),))


def decide(stack, phone, function):
    return stack.sql("select set_config('bk.tenant_id', %s, false);"
                     f"select bk.{function}(%s, 'a test')", (str(phone.tenant.id), phone.device_id()))[0][0]


def test_another_certificate_is_refused_told_and_accepted(stack, phone):
    assert phone.get().status == 200
    new = pki.yealink_cn(stack.authorities.issuing, phone.mac)
    assert with_certificate(phone, new).status == 404
    assert phone.get().status == 404
    (kind, seen, _), = anomaly(stack, phone)
    assert (kind, seen["fingerprint"], seen["source"]) == ("other_certificate", new.fingerprint().hex(), "127.0.0.1")
    assert decide(stack, phone, "device_accept") == ""
    assert with_certificate(phone, new).status == 200
    assert phone.get().status == 404


def test_another_certificate_is_refused_and_blocked(stack, phone):
    assert phone.get().status == 200
    new = pki.yealink_cn(stack.authorities.issuing, phone.mac)
    assert with_certificate(phone, new).status == 404
    assert decide(stack, phone, "device_block") == ""
    assert phone.get().status == 200
    assert with_certificate(phone, new).status == 404
    phone.tenant.wait_visit("blocked", lambda status, reason, *_: reason == "blocked_certificate")
    assert phone.state() == "bound"


def test_another_model_by_its_user_agent_is_quarantined(stack, phone):
    assert phone.get().status == 200
    pairs = ":".join(phone.mac[i:i + 2] for i in range(0, 12, 2))
    with phone.connect() as connection:
        other = connection.request(
            phone.own_file, headers=[("User-Agent", f"Yealink SIP-T46U 108.86.0.20 {pairs}")])
    assert other.status == 404 and phone.state() == "quarantined"
    assert anomaly(stack, phone)[0][1]["model"] == "T46U"


def test_a_generic_certificate_is_told_as_one(stack, phone):
    assert with_certificate(phone, pki.yealink_generic(stack.authorities.issuing)).status == 404
    phone.tenant.wait_visit("generic", lambda status, reason, *_: reason == "generic_certificate")


def test_a_phone_in_many_networks_is_quarantined(stack, phone):
    def come_from(source):
        header = f"PROXY TCP4 {source} 192.0.2.1 40000 443\r\n".encode()
        return phone.get(address=stack.proxied_address, before_tls=header).status

    stack.sql("update app.tenant set policy = '{\"networks_per_day_max\": 2}' where tenant_id = %s",
              (phone.tenant.id,))
    for number in range(1, 3):
        assert come_from(f"198.51.{number}.7") == 200
        wait_until("network", lambda: stack.sql(
            "select count(*) from app.device_network where device_id = %s", (phone.device_id(),)) == [(number,)])
    assert come_from("198.51.3.7") == 200
    wait_until("quarantine", lambda: phone.state() == "quarantined")
    assert come_from("198.51.1.7") == 404
    assert anomaly(stack, phone)[0][0] == "many_networks"


def test_a_stolen_key_gets_nothing_outside_the_window(stack, phone):
    stack.sql("update app.tenant set policy = '{\"serving\": \"armed\"}' where tenant_id = %s", (phone.tenant.id,))
    first = phone.get()
    assert first.status == 200  # the first window
    wait_until("held", lambda: stack.sql(
        "select 1 from app.device_state where device_id = %s and revision_held is not null", (phone.device_id(),)))
    stack.sql("update app.device set armed_until = now() - interval '1 second' where device_id = %s",
              (phone.device_id(),))
    assert phone.get().status == 404
    # Nor is it confirmed what the phone holds: a 304 would tell that a guess is right.
    assert phone.get(headers=[("If-None-Match", first.field("ETag"))]).status == 404
    phone.tenant.wait_visit("unarmed", lambda status, reason, *_: reason == "unarmed")
    # What the tenant changes is delivered once.
    stack.beckon("setting", "set", "--tenant", phone.tenant.name, "time.zone=Europe/Vienna")
    assert phone.get().status == 200
    wait_until("held", lambda: stack.sql(
        "select 1 from app.device_state join app.device using (tenant_id, device_id)"
        " where device_id = %s and revision_held = revision", (phone.device_id(),)))
    assert phone.get().status == 404
    # And one call opens the window again.
    stack.beckon("device", "arm", "--tenant", phone.tenant.name, phone.mac)
    assert phone.get().status == 200
