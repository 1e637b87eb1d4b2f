"""Rule 1: a root names one maker, which must be the device's; a tenant's own vouches for that tenant only."""

import pytest

import pki
from stack import new_mac


@pytest.fixture(scope="module")
def roots(stack, authorities):
    """Yealink's root is there; beside it Poly's, which names a rule of Yealink's too: no command lets it."""
    stack.import_root(authorities.poly, "poly")
    stack.sql("update app.trust_root set rules = rules || '{yealink-cn}' where maker = 'poly'")
    stack.wait_roots()


def poly_device(stack, tenant, mac):
    stack.sql(
        "insert into app.device (tenant_id, mac, vendor, model) values (%s, %s::macaddr, 'poly', 'VVX450')",
        (tenant.id, mac),
    )


def test_yealinks_root_does_not_vouch_for_a_poly(stack, tenant, roots):
    mac = new_mac()
    poly_device(stack, tenant, mac)
    phone = tenant.phone(mac=mac, register=False)  # a Yealink certificate of that MAC
    assert phone.get().status == 404
    assert phone.state() == "claimed"
    row = tenant.wait_visit("refusal", lambda status, *_: status == 404)
    assert row[1] == "maker_mismatch"


def test_polys_root_does_not_vouch_for_a_yealink(stack, tenant, authorities, roots):
    mac = new_mac()
    phone = tenant.phone(mac=mac, leaf=pki.yealink_cn(authorities.poly, mac))
    assert phone.get().status == 404
    assert phone.state() == "claimed"
    row = tenant.wait_visit("refusal", lambda status, *_: status == 404)
    assert row[1] == "no_identity"  # not even a MAC: a rule is its maker's, whichever root names it
    # The control: the same device with Yealink's certificate.
    genuine = pki.yealink_cn(authorities.issuing, mac)
    phone.cert, phone.key = genuine.write(stack.directory, "genuine")
    assert phone.get().status == 200


def test_a_tenants_root_vouches_for_its_own_devices_only(stack, roots):
    one, two = stack.tenant(), stack.tenant()
    own = pki.Authority(f"CA of {one.name}")
    stack.import_root(own, "yealink", one)
    mine = one.phone(mac=(mac := new_mac()), leaf=pki.yealink_cn(own, mac))
    theirs = two.phone(mac=(mac := new_mac()), leaf=pki.yealink_cn(own, mac))
    assert mine.get().status == 200
    assert theirs.get().status == 404
    assert theirs.state() == "claimed"
    row = two.wait_visit("refusal", lambda status, *_: status == 404)
    assert row[1] == "foreign_root"


def test_a_tenants_root_does_not_tell_who_has_a_phone(stack, roots):
    """With a CA of its own a tenant can make any MAC: it must not learn or fill others' records."""
    one, two = stack.tenant(), stack.tenant()
    victim = two.phone()
    assert victim.get().status == 200
    two.wait_visit("200", lambda status, *_: status == 200)
    own = pki.Authority(f"CA of {one.name}")
    stack.import_root(own, "yealink", one)
    forged = one.phone(mac=victim.mac, leaf=pki.yealink_cn(own, victim.mac), register=False)
    unknown = one.phone(mac=(mac := new_mac()), leaf=pki.yealink_cn(own, mac), register=False)
    assert forged.get().shape() == unknown.get().shape()
    assert forged.get(victim.own_file).status == 404
    one.wait_visit("refusal", lambda status, *_: status == 404)
    told = [row for row in two.visit_rows() if row[1] == "foreign_tenant_key"]
    assert told == []
    assert victim.get().status == 200


def test_the_same_root_for_two_tenants_vouches_for_both(stack, roots):
    one, two = stack.tenant(), stack.tenant()
    shared = pki.Authority("CA of a reseller")
    for tenant in (one, two):
        stack.import_root(shared, "yealink", tenant)
    for tenant in (one, two):
        phone = tenant.phone(mac=(mac := new_mac()), leaf=pki.yealink_cn(shared, mac))
        assert phone.get().status == 200


@pytest.mark.parametrize("what", ["a phone's certificate", "an expired CA", "no certificate", "a key"])
def test_what_is_no_root_is_not_imported(stack, authorities, what):
    path = stack.directory / "no-root.pem"
    if what == "a phone's certificate":
        path.write_bytes(pki.yealink_cn(authorities.issuing, new_mac()).pem())
    elif what == "an expired CA":
        path.write_bytes(pki.Authority("Old CA", days=-1).pem())
    elif what == "no certificate":
        path.write_text("hello\n")
    else:
        path.write_bytes(pki.yealink_cn(authorities.issuing, new_mac()).key_pem())
    count = stack.sql("select count(*) from app.trust_root")[0][0]
    done = stack.beckon_run("trust-root", "import", path, "--maker", "yealink")
    assert done.returncode in (1, 2)
    assert done.stderr.strip()
    assert stack.sql("select count(*) from app.trust_root")[0][0] == count


def test_a_root_of_no_maker_is_not_imported(stack, authorities):
    path = pki.Authority("X").write(stack.directory, "x-root")
    for maker in ("nobody", "", "yealink' or 1=1"):
        assert stack.beckon_run("trust-root", "import", path, "--maker", maker).returncode in (1, 2)
    assert stack.beckon_run(
        "trust-root", "import", path, "--maker", "yealink", "--rule", "no-such-rule"
    ).returncode in (1, 2)


def test_rules_of_a_root_are_kept_to(stack, tenant):
    """A root imported for one form of subject does not vouch for the other."""
    root = pki.Authority("Yealink Root CA, CN only")
    path = root.write(stack.directory, "cn-only")
    stack.beckon("trust-root", "import", path, "--maker", "yealink", "--rule", "yealink-cn")
    stack.wait_roots()
    by_cn = tenant.phone(mac=(mac := new_mac()), leaf=pki.yealink_cn(root, mac))
    by_serial = tenant.phone(mac=(mac := new_mac()), leaf=pki.yealink_serial(root, mac))
    assert by_cn.get().status == 200
    assert by_serial.get().status == 404
