"""What happened is written down, with its reason, for the tenant it concerns; and the first fetch binds."""

import pytest

import pki
import rawtls
from stack import new_mac, wait_until


def is_refusal(status, reason, kind, path, mac, device_id):
    return status == 404


def test_a_fetch_is_a_visit_that_the_tenant_reads(stack, phone):
    etag = phone.get().field("ETag")
    phone.get(headers=[("If-None-Match", etag)])
    phone.tenant.wait_visit(
        "304", lambda status, reason, kind, path, mac, device_id: status == 304 and reason is None
    )
    row = phone.tenant.wait_visit(
        "200", lambda status, reason, kind, path, mac, device_id: status == 200 and reason is None
    )
    assert row[2] == "device"
    assert row[3].endswith(f"/{phone.mac}.cfg")
    assert row[4] == phone.mac
    assert row[5] == phone.device_id()
    text = str(phone.tenant.visits("--mac", phone.mac))
    assert phone.mac in text.replace(":", "")


def test_the_visit_tells_model_firmware_and_fingerprint(stack, phone):
    phone.get()
    phone.tenant.wait_visit("200", lambda status, *_: status == 200)
    model, firmware, fingerprint, agent, source, listener = stack.sql(
        "select model, firmware, fingerprint, user_agent, host(source), listener from app.visit"
        " where tenant_id = %s", (phone.tenant.id,)
    )[0]
    assert (model, firmware) == ("T54W", "96.86.0.70")
    assert bytes(fingerprint) == phone.leaf.fingerprint()
    assert agent == phone.agent()
    assert source == "127.0.0.1"
    assert listener == "phones"


def test_the_device_state_knows_what_the_phone_holds(stack, phone):
    phone.get()
    held = wait_until(
        "revision_held",
        lambda: stack.sql(
            "select s.revision_held = d.revision, s.model_seen, s.firmware_seen from app.device_state s"
            "  join app.device d using (tenant_id, device_id)"
            " where s.tenant_id = %s and s.revision_held is not null", (phone.tenant.id,)
        ),
    )
    assert held[0] == (True, "T54W", "96.86.0.70")


def test_only_a_body_or_a_tag_that_it_has_tells_what_a_phone_holds(stack, phone):
    assert phone.get(method="HEAD").status == 200
    assert phone.get(headers=[("If-None-Match", "*")]).status == 304
    phone.tenant.wait_visit("the 304", lambda status, *_: status == 304)
    held = ("select revision_held from app.device_state where tenant_id = %s", (phone.tenant.id,))
    assert stack.sql(*held) == [(None,)]
    etag = phone.get(method="HEAD").field("ETag")
    assert phone.get(headers=[("If-None-Match", etag)]).status == 304
    wait_until("held", lambda: stack.sql(*held)[0][0] is not None)


def test_the_first_fetch_binds_the_claim(stack, phone):
    assert phone.state() == "claimed"
    assert phone.get().status == 200
    assert phone.state() == "bound"


def test_a_refused_fetch_binds_nothing(stack, tenant):
    one, two = tenant.phone(), tenant.phone()
    assert one.get(two.own_file).status == 404
    assert (one.state(), two.state()) == ("claimed", "claimed")


def test_two_tenants_cannot_hold_one_phone(stack):
    one, two = stack.tenant(), stack.tenant()
    first = one.phone()
    second = two.phone(mac=first.mac, leaf=first.leaf)
    assert first.get().status == 200
    assert second.get().status == 404
    assert (first.state(), second.state()) == ("bound", "claimed")
    row = two.wait_visit("refusal", is_refusal)
    assert row[1] == "bound_elsewhere"

    stack.sql("update app.device set state = 'released' where tenant_id = %s", (one.id,))
    assert second.get().status == 200
    assert first.get().status == 404
    assert second.state() == "bound"


@pytest.mark.parametrize(
    "reason", ["unknown_device", "mac_mismatch", "suspended", "unknown_path", "no_identity",
               "generic_certificate"]
)
def test_a_refusal_has_its_reason(stack, tenant, reason):
    phone = tenant.phone(register=reason != "unknown_device")
    path = phone.own_file
    if reason == "mac_mismatch":
        path = tenant.phone().own_file
    elif reason == "suspended":
        stack.sql("update app.device set state = 'suspended' where tenant_id = %s", (tenant.id,))
    elif reason == "unknown_path":
        path = f"/{tenant.key}/config.xml"
    elif reason in ("no_identity", "generic_certificate"):
        phone.leaf = (pki.yealink_generic(stack.authorities.issuing) if reason == "generic_certificate"
                      else stack.authorities.issuing.issue(pki.name((pki.CN, "a phone"))))
        phone.cert, phone.key = phone.leaf.write(stack.directory, f"unproved-{phone.mac}")
    assert phone.get(path).status == 404
    row = tenant.wait_visit(reason, is_refusal)
    assert row[1] == reason
    assert reason in str(tenant.visits("--refused"))


def test_both_tenants_are_told_of_a_foreign_key(stack):
    one, two = stack.tenant(), stack.tenant()
    phone = one.phone()
    assert phone.get().status == 200
    assert phone.get(f"/{two.key}/{phone.mac}.cfg").status == 404
    for tenant in (one, two):
        row = tenant.wait_visit("foreign key", is_refusal)
        assert row[4] == phone.mac
        assert row[1]
        assert phone.mac in str(tenant.visits("--refused")).replace(":", "")


def test_a_tenants_visits_are_its_own(stack):
    one, two = stack.tenant(), stack.tenant()
    phone = one.phone()
    assert phone.get().status == 200
    one.wait_visit("200", lambda status, *_: status == 200)
    assert phone.mac not in str(two.visits()).replace(":", "")


def test_an_unknown_key_is_a_strangers(stack, phone):
    path = f"/zzzzzzzzzzz{phone.mac[-5:]}/{phone.mac}.cfg"
    assert phone.get(path).status == 404
    rows = wait_until(
        "stranger", lambda: [row for row in stack.strangers("unknown_tenant_key")
                             if row[2] and row[2].replace(":", "") == phone.mac]
    )
    assert rows[0][3] >= 1
    assert "unknown_tenant_key" in str(stack.beckon("visits", "--strangers"))


@pytest.mark.parametrize("label", ["another CA", "expired", "not yet valid", "self-signed", "for servers only"])
def test_a_failed_handshake_is_a_strangers_with_what_it_claimed(stack, label):
    mac = new_mac()
    leaf = pki.not_trusted(stack.authorities.issuing, mac, stack.authorities.stranger)[label]
    cert, key = leaf.write(stack.directory, f"failed-{mac}")
    assert rawtls.handshake_fails(stack.address, cert, key, stack.authorities.server_ca) == b""
    rows = wait_until(
        f"a stranger that claimed {mac}",
        lambda: [row for row in stack.strangers() if mac in row[1].lower()],
    )
    assert rows[0][0]
    assert mac in str(stack.beckon("visits", "--strangers")).lower()


def test_a_handshake_without_certificate_is_a_strangers(stack):
    before = sum(row[3] for row in stack.strangers())
    rawtls.handshake_fails(stack.address, None, None, stack.authorities.server_ca)
    wait_until("one stranger more", lambda: sum(row[3] for row in stack.strangers()) > before)


def test_nothing_secret_is_logged(stack, phone):
    phone.get()
    phone.get(f"/{phone.tenant.key}/y000000000096.cfg")
    phone.tenant.wait_visit("200", lambda status, *_: status == 200)
    log = stack.log_path.read_text(errors="replace")
    assert phone.secret not in log
    assert phone.tenant.key not in log
