"""A4: what a device may is asked for each request, not for each connection."""

import pytest


def set_state(stack, phone, state):
    stack.sql(
        "set role beckon_cross;"  # quarantine is lifted by functions only
        "update app.device set state = %s where tenant_id = %s and mac = %s::macaddr",
        (state, phone.tenant.id, phone.mac),
    )


def accept(stack, phone):
    """What an admin does with a quarantined device."""
    tenant, device = phone.tenant.id, phone.device_id()
    stack.sql("select set_config('bk.tenant_id', %s, true); select bk.device_accept(%s, 'user:1')",
              (str(tenant), device))
    assert phone.state() == "bound"


@pytest.mark.parametrize("state", ["suspended", "quarantined", "released"])
def test_a_device_is_stopped_on_its_open_connection(stack, phone, state):
    with phone.connect() as connection:
        first = connection.request(phone.own_file)
        assert first.status == 200
        set_state(stack, phone, state)
        refused = connection.request(phone.own_file)
        assert refused.status == 404
        # Nor may it confirm what it has: that too is an answer about a configuration.
        asked = connection.request(
            phone.own_file, headers=[("If-None-Match", first.field("ETag"))]
        )
        assert asked.status == 404
        if state == "quarantined":
            accept(stack, phone)
        else:
            set_state(stack, phone, "claimed" if state == "released" else "bound")
        assert connection.request(phone.own_file).status == 200
    row = phone.tenant.wait_visit("refusal", lambda status, *_: status == 404)
    assert row[1] == state


def test_a_suspended_tenant_is_stopped_on_an_open_connection(stack, phone):
    with phone.connect() as connection:
        assert connection.request(phone.own_file).status == 200
        stack.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (phone.tenant.id,))
        assert connection.request(phone.own_file).status == 404
        stack.sql("update app.tenant set status = 'active' where tenant_id = %s", (phone.tenant.id,))
        assert connection.request(phone.own_file).status == 200


def test_a_blocked_certificate_is_stopped_on_an_open_connection(stack, phone):
    with phone.connect() as connection:
        assert connection.request(phone.own_file).status == 200
        stack.sql(
            "insert into app.blocked_certificate (tenant_id, fingerprint) values (null, %s)",
            (phone.leaf.fingerprint(),),
        )
        assert connection.request(phone.own_file).status == 404


def test_an_ended_key_is_stopped_on_an_open_connection(stack, phone):
    with phone.connect() as connection:
        assert connection.request(phone.own_file).status == 200
        stack.sql(
            "update app.tenant_key set valid_until = now() where tenant_id = %s", (phone.tenant.id,)
        )
        assert connection.request(phone.own_file).status == 404


def test_a_root_taken_away_is_felt_on_an_open_connection(stack, tenant, authorities):
    """A trust root that is disabled after the handshake vouches for nobody."""
    import pki
    from stack import new_mac

    root = pki.Authority("Yealink Root CA to be withdrawn")
    stack.import_root(root, "yealink")
    mac = new_mac()
    phone = tenant.phone(mac=mac, leaf=pki.yealink_cn(root, mac))
    sha256 = root.as_leaf().fingerprint()
    with phone.connect() as connection:
        assert connection.request(phone.own_file).status == 200
        stack.sql("update app.trust_root set is_enabled = false where sha256 = %s", (sha256,))
        assert connection.request(phone.own_file).status == 404
