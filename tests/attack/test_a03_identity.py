"""A3: only the exact rule of the issuer makes an identity; whatever else a certificate says is refused."""

import json

import pytest

import pki
import rawtls
from stack import new_mac, wait_until

LABELS = sorted(pki.not_proving(pki.Authority("labels"), "805ec0000000"))
# Subjects of the form that all Yealinks without a certificate of their own share.
GENERIC = {
    "generic, shared by many phones", "CN=yealink.com alone", "MAC in O only", "MAC in OU only",
    "MAC as SAN only",
}


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
    expected = "generic_certificate" if label in GENERIC else "no_identity"
    victim.tenant.wait_visit(label, lambda status, reason, *_: status == 404 and reason == expected)
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


# --- other makers, and rules of the operator's own ------------------------------------------------------


def fetch(stack, leaf, path):
    cert, key = leaf.write(stack.directory, "other-maker")
    with rawtls.Connection(stack.address, cert, key, stack.authorities.server_ca) as connection:
        return connection.request(path)


def device(stack, tenant, maker, model=""):
    """A claim of a maker that may have no driver yet; its MAC."""
    mac = new_mac()
    stack.sql(
        "insert into app.device (tenant_id, mac, vendor, model) values (%s, %s::macaddr, %s, %s)",
        (tenant.id, mac, maker, model),
    )
    return mac


def reason_of(tenant):
    """Why the one visit since the last was refused."""
    reason = tenant.wait_visit("a refusal", lambda status, *_: status == 404)[1]
    tenant.stack.sql("delete from app.visit where tenant_id = %s", (tenant.id,))
    return reason


@pytest.fixture(scope="module")
def makers(stack):
    """A root for each maker with its built-in rules."""
    found = {}
    for maker in ("poly", "snom", "cisco"):
        found[maker] = pki.Authority(f"CA of {maker}")
        stack.import_root(found[maker], maker)
    return found


GOOD = {
    "poly": ("poly", lambda ca, mac: pki.poly(ca, mac)),
    "snom upper": ("snom", lambda ca, mac: pki.snom(ca, mac)),
    "snom lower": ("snom", lambda ca, mac: ca.issue(pki.name((pki.CN, mac)))),
    "cisco": ("cisco", lambda ca, mac: pki.cisco(ca, mac)),
    "cisco SPA525G2": ("cisco", lambda ca, mac: pki.cisco_sentence(ca, mac)),
}
BAD = {
    "poly in small letters": ("poly", lambda ca, mac: ca.issue(
        pki.name((pki.CN, mac), (pki.O, "Polycom Inc.")))),
    "poly without O": ("poly", lambda ca, mac: ca.issue(pki.name((pki.CN, mac.upper())))),
    "poly by yealink's form": ("poly", lambda ca, mac: pki.yealink_serial(ca, mac)),
    "snom, CN twice": ("snom", lambda ca, mac: ca.issue(pki.name((pki.CN, mac), (pki.CN, mac)))),
    "snom by cisco's form": ("snom", lambda ca, mac: pki.cisco(ca, mac)),
    "cisco in capitals": ("cisco", lambda ca, mac: pki.cisco(ca, mac.upper())),
    "cisco by snom's form": ("cisco", lambda ca, mac: pki.snom(ca, mac)),
    "cisco without a serial": ("cisco", lambda ca, mac: ca.issue(
        pki.name((pki.OU, "SPA-962"), (pki.ST, mac)))),
    "cisco, two MACs": ("cisco", lambda ca, mac: ca.issue(
        pki.cisco_sentence_subject(mac, st="708105B37234"))),
    "cisco, shared names around a MAC": ("cisco", lambda ca, mac: ca.issue(
        pki.name((pki.OU, "cisco.com"), (pki.L, "ciscogeneric"), (pki.ST, mac)))),
    "cisco generic": ("cisco", lambda ca, mac: pki.cisco_generic(ca)),
}


@pytest.mark.parametrize("label", GOOD)
def test_each_makers_form_is_known(stack, tenant, makers, label):
    """Known, and refused for want of such a file: that comes last."""
    maker, issue = GOOD[label]
    mac = device(stack, tenant, maker)
    answer = fetch(stack, issue(makers[maker], mac), f"/{tenant.key}/nothing.txt")
    assert (answer.status, answer.body) == (404, b"not found\n")
    told = tenant.wait_visit(label, lambda status, *_: status == 404)
    assert (told[1], told[4]) == ("unknown_path", mac)
    assert reason_of(tenant) == "unknown_path"


@pytest.mark.parametrize("label", BAD)
def test_what_is_near_a_makers_form_proves_nothing(stack, tenant, makers, label):
    maker, issue = BAD[label]
    mac = device(stack, tenant, maker)
    answer = fetch(stack, issue(makers[maker], mac), f"/{tenant.key}/{mac}.cfg")
    assert (answer.status, answer.body) == (404, b"not found\n")
    assert reason_of(tenant) == ("generic_certificate" if label.endswith("generic") else "no_identity")


@pytest.mark.parametrize("maker", ["poly", "snom", "cisco"])
def test_a_root_of_one_maker_vouches_for_no_other(stack, tenant, makers, maker):
    """Each other maker's form, and each other maker's device."""
    for label, (other, issue) in GOOD.items():
        if other == maker:
            continue
        mac = device(stack, tenant, maker)
        fetch(stack, issue(makers[other], mac), f"/{tenant.key}/{mac}.cfg")
        assert reason_of(tenant) == "maker_mismatch", label


def test_a_rule_of_the_operators_own_end_to_end(stack):
    """A maker whose certificates nobody knows: an own rule and an own root make its phones known."""
    tenant = stack.tenant()
    ca, mac = pki.Authority("Own CA for Grandstreams"), device(stack, tenant, "grandstream")
    good = ca.issue(pki.name((pki.O, "Example Ltd"), (pki.CN, f"GXP2170 {mac}"), (pki.SERIAL, "20EX17")))
    path = ca.write(stack.directory, "own-root")
    refused = stack.beckon_run("trust-root", "import", path, "--maker", "grandstream", "--json")
    assert refused.returncode == 1 and "no issuer rule" in refused.stderr
    stack.beckon("cert-rule", "add", "grandstream-own", "--maker", "grandstream", "--subject",
                 "CN={model} {mac-lower}; O=Example Ltd; serialNumber={serial}")
    stack.import_root(ca, "grandstream")
    assert stack.sql("select rules from app.trust_root where maker = 'grandstream'")[0][0] == ["grandstream-own"]

    fetch(stack, good, f"/{tenant.key}/nothing.txt")
    assert reason_of(tenant) == "unknown_path"
    for bad in (
        pki.name((pki.O, "Example Ltd"), (pki.CN, mac), (pki.SERIAL, "20EX17")),
        pki.name((pki.O, "Example"), (pki.CN, f"GXP2170 {mac}"), (pki.SERIAL, "20EX17")),
        pki.name((pki.O, "Example Ltd"), (pki.CN, f"GXP2170 {mac}")),
    ):
        fetch(stack, ca.issue(bad), f"/{tenant.key}/nothing.txt")
        assert reason_of(tenant) == "no_identity"

    # The rule is the maker's, not the root's: Yealink's root does not take it.
    yealink = stack.authorities.issuing
    fetch(stack, yealink.issue(good.certificate.subject), f"/{tenant.key}/nothing.txt")
    assert reason_of(tenant) == "no_identity"

    # A generic form of this maker, added while phones come: seen within trust.refresh_s.
    stack.beckon("cert-rule", "add", "grandstream-shared", "--maker", "grandstream", "--subject",
                 "O=Example Ltd; serialNumber=20EX17", "--generic")

    def is_refused():
        fetch(stack, good, f"/{tenant.key}/nothing.txt")
        return reason_of(tenant) == "generic_certificate"

    wait_until("the generic form is known to both workers", lambda: is_refused() and is_refused()
               and is_refused() and is_refused())
    stack.beckon("cert-rule", "delete", "grandstream-shared")
    told = json.loads(stack.beckon_run("cert-rule", "delete", "grandstream-own", "--json").stderr)
    assert "trust roots name this rule" in json.dumps(told)
