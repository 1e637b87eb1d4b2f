"""A3: only the exact rule of the issuer makes an identity; whatever else a certificate says is refused."""

import json

import pytest

import pki
import rawtls
from stack import new_mac

LABELS = sorted(pki.not_proving(pki.Authority("labels"), "805ec0000000"))
# Subjects of the form that all Yealinks without a certificate of their own share.
GENERIC = {
    "generic, shared by many phones", "CN=yealink.com alone", "MAC in O only", "MAC in OU only",
    "MAC as SAN only",
}


NO_PROOF = ("no_identity", "generic_certificate")


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
    reasons = NO_PROOF if label in GENERIC else ("no_identity",)
    victim.tenant.wait_visit(label, lambda status, reason, *_: status == 404 and reason in reasons)
    stack.sql("delete from app.visit where tenant_id = %s", (victim.tenant.id,))


@pytest.mark.parametrize(
    "label",
    ["CN lower", "CN upper", "CN printable", "CN BMP", "CN, O and C besides", "serialNumber",
     "serialNumber upper", "with SANs", "RSA"],
)
def test_what_the_rules_allow_is_an_identity(stack, victim, label):
    """The control: the same chain with a subject that proves the MAC, of a phone that is not bound yet."""
    from cryptography import x509

    mac, issuing = new_mac(), stack.authorities.issuing
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
    assert victim.tenant.phone(mac=mac, leaf=leaf).get().status == 200
