"""A3, A27: only the exact rule of the issuer makes an identity; whatever else a certificate says is refused."""

import pytest

import pki
import rawtls
from stack import wait_until

LABELS = sorted(pki.not_proving(pki.Authority("labels"), "805ec0000000"))


@pytest.fixture(scope="module")
def victim(stack):
    phone = stack.tenant().phone()
    assert phone.get().status == 200
    return phone


@pytest.fixture(scope="module")
def leaves(stack, victim):
    return pki.not_proving(stack.authorities.issuing, victim.mac)


@pytest.mark.parametrize("label", LABELS)
def test_no_identity_no_configuration(stack, victim, leaves, label):
    cert, key = leaves[label].write(stack.directory, "no-identity")
    common = f"/{victim.tenant.key}/y000000000096.cfg"
    for path in (victim.own_file, common):
        data = rawtls.Connection(stack.address, cert, key, stack.authorities.server_ca)
        with data as connection:
            answer = connection.request(path)
        assert answer.status == 404, label
        assert answer.body == b"not found\n"
    victim.tenant.wait_visit(
        label, lambda status, reason, *_: status == 404 and reason == "no_identity"
    )
    stack.sql("delete from app.visit where tenant_id = %s", (victim.tenant.id,))


@pytest.mark.parametrize(
    "label",
    ["CN lower", "CN upper", "CN printable", "CN BMP", "CN, O and C besides", "serialNumber",
     "serialNumber upper", "with SANs", "RSA"],
)
def test_what_the_rules_allow_is_an_identity(stack, victim, label):
    """The control: the same chain with a subject that proves the MAC."""
    from cryptography import x509

    mac, issuing = victim.mac, stack.authorities.issuing
    issue = issuing.issue
    leaf = {
        "CN lower": lambda: issue(pki.name((pki.CN, mac))),
        "CN upper": lambda: issue(pki.name((pki.CN, mac.upper()))),
        "CN printable": lambda: issue(pki.name((pki.CN, mac, pki.PRINTABLE))),
        "CN BMP": lambda: issue(pki.name((pki.CN, mac, pki.BMP))),
        "CN, O and C besides": lambda: issue(pki.name((pki.C, "CN"), (pki.O, "Yealink"), (pki.CN, mac))),
        "serialNumber": lambda: pki.yealink_serial(issuing, mac),
        "serialNumber upper": lambda: issue(
            pki.yealink_serial_subject(mac, serial=f"ffffffff-ffff-ffff-fff0-{mac.upper()}")
        ),
        "with SANs": lambda: issue(pki.name((pki.CN, mac)), sans=[x509.DNSName("805ec0ffffff")]),
        "RSA": lambda: issue(pki.name((pki.CN, mac)), key="rsa2048"),
    }[label]()
    cert, key = leaf.write(stack.directory, "identity")
    with rawtls.Connection(stack.address, cert, key, stack.authorities.server_ca) as connection:
        assert connection.request(victim.own_file).status == 200


@pytest.mark.parametrize("what", ["300 SANs", "long CN", "100 attributes", "long extension", "old dates"])
def test_monstrous_certificates_hurt_nobody(stack, victim, what):
    """A27: huge or odd, genuine or not: refused or served, and the worker lives."""
    import datetime

    from cryptography import x509

    mac, issue = victim.mac, stack.authorities.issuing.issue
    if what == "300 SANs":
        leaf = issue(pki.name((pki.CN, mac)), sans=[x509.DNSName(f"{i:060d}") for i in range(300)])
    elif what == "long CN":
        leaf = issue(x509.Name([x509.NameAttribute(pki.O, "x" * 5000), x509.NameAttribute(pki.CN, mac)]))
    elif what == "100 attributes":
        leaf = issue(pki.name(*[(pki.OU, f"{i}") for i in range(100)], (pki.CN, mac)))
    elif what == "long extension":
        leaf = issue(pki.name((pki.CN, mac)), sans=[x509.UniformResourceIdentifier("u:" + "x" * 60000)])
    else:
        leaf = issue(pki.name((pki.CN, mac)), begin=datetime.datetime(1950, 1, 2))
    cert, key = leaf.write(stack.directory, "monster")
    pids = stack.worker_pids()
    try:
        with rawtls.Connection(stack.address, cert, key, stack.authorities.server_ca) as connection:
            assert connection.request(victim.own_file).status in (200, 404)
    except OSError:
        pass  # refused within the handshake: too large
    assert victim.get().status == 200
    assert stack.worker_pids() == pids
    wait_until("ready", lambda: stack.admin("/readyz")[0] == 200)
