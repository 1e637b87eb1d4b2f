"""A27: hostile certificates of clients, end to end: no identity, no crash, nobody else disturbed.

Three ways in: odd certificates that the maker's CA has signed and a client can use in a whole handshake; bytes
that no client library would send, shown by raw_x509; and some hundred bit flips of a genuine one, once as they are and once
signed again, so that they reach what comes after the signature.
"""

import itertools
import random
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import pki
import rawtls
import raw_x509 as raw

SETTINGS = {"workers": 1, "log.level": "warn", "limits.scan_subjects": 0, "limits.failures": 0}
CN, O, OU, SERIAL, EMAIL = "2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.5", "1.2.840.113549.1.9.1"
FLIPS = 250
_numbers = itertools.count()


@pytest.fixture(scope="module")
def other(own_stack):
    """Who has to be served whatever happens."""
    phone = own_stack.tenant().phone()
    assert phone.get().status == 200
    return phone


@pytest.fixture
def bait(other):
    """Who a hostile certificate claims to be. Never fetched, so that any certificate could be its first."""
    return other.tenant.phone()


@pytest.fixture(autouse=True)
def nobody_is_hurt(own_stack, other):
    pids = own_stack.worker_pids()
    yield
    assert other.get().status == 200
    assert own_stack.worker_pids() == pids
    own_stack.check_log()


def ask(stack, chain, key, path):
    """The status, by a client that has the key; None: no handshake; by the raw client when no library loads it."""
    stem = stack.directory / f"hostile-{next(_numbers) % 8}"
    cert_path, key_path = stem.with_suffix(".pem"), stem.with_suffix(".key")
    cert_path.write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in chain))
    key_path.write_bytes(pki.Leaf(None, key).key_pem())
    try:
        context = rawtls.context(cert_path, key_path, stack.authorities.server_ca)
    except (ssl.SSLError, ValueError):
        raw.show(stack.address, chain)
        return None
    try:
        with rawtls.Connection(stack.address, tls_context=context) as connection:
            return connection.request(path).status
    except (ssl.SSLError, ConnectionError):
        return None


def subjects(mac):
    """{label: subject}: what a strict reader takes for no identity, but for HARMLESS ones."""
    text = mac.encode()
    wide, wider = mac.encode("utf-16-be"), mac.encode("utf-32-be")
    return {
        "NUL behind the MAC": raw.name(raw.attribute(CN, text + b"\0")),
        "NUL and a host behind it": raw.name(raw.attribute(CN, text + b"\0.example", raw.PRINTABLE)),
        "NUL in front": raw.name(raw.attribute(CN, b"\0" + text, raw.IA5)),
        "overlong UTF-8": raw.name(raw.attribute(CN, text[:-1] + bytes([0xc1, 0x80 | text[-1]]))),
        "a surrogate in UTF-8": raw.name(raw.attribute(CN, text + b"\xed\xa0\x80")),
        "a surrogate in BMP": raw.name(raw.attribute(CN, wide + b"\xd8\x00", raw.BMP)),
        "BMP of odd length": raw.name(raw.attribute(CN, wide + b"\0", raw.BMP)),
        "Universal beyond Unicode": raw.name(raw.attribute(CN, wider + b"\x00\x11\x00\x00", raw.UNIVERSAL)),
        "Universal of odd length": raw.name(raw.attribute(CN, wider + b"\0", raw.UNIVERSAL)),
        "T61 that is not ASCII": raw.name(raw.attribute(CN, text + b"\xe4", raw.T61)),
        "PrintableString that is not": raw.name(raw.attribute(CN, text + b"\xff", raw.PRINTABLE)),
        "GeneralString": raw.name(raw.attribute(CN, text, raw.GENERAL)),
        "GraphicString": raw.name(raw.attribute(CN, text, raw.GRAPHIC)),
        "OCTET STRING": raw.name(raw.attribute(CN, text, raw.OCTETS)),
        "BIT STRING": raw.name(raw.attribute(CN, b"\0" + text, raw.BITS)),
        "an INTEGER": raw.name(raw.attribute(CN, bytes.fromhex(mac), raw.INTEGER)),
        "a SEQUENCE": raw.name(raw.attribute(CN, raw.tlv(raw.UTF8, text), raw.SEQUENCE)),
        "a string in pieces": raw.name(raw.attribute(CN, raw.tlv(raw.UTF8, text[:6]) + raw.tlv(raw.UTF8, text[6:]),
                                                     raw.UTF8 | 0x20)),
        "empty": raw.name(raw.attribute(CN, b"")),
        "200 attributes": raw.name(*[raw.attribute(OU, b"x")] * 200, raw.attribute(CN, text)),
        "all in one RDN": raw.tlv(raw.SEQUENCE, raw.tlv(
            raw.SET, *sorted([raw.attribute(CN, text), raw.attribute(O, b"Yealink")]))),
        "an O of 8,000 bytes": raw.name(raw.attribute(O, b"x" * 8000), raw.attribute(CN, text)),
        "a CN of 8,000 bytes": raw.name(raw.attribute(CN, b"0" * 8000)),
        "an OID of 2,000 bytes": raw.name(raw.attribute("2.5." + ".".join(["999999999"] * 400), b"x"),
                                          raw.attribute(CN, text)),
        "the MAC in an e-mail": raw.name(raw.attribute(EMAIL, text, raw.IA5)),
        "format characters": raw.name(raw.attribute(CN, b"%s%n%x%p" + text)),
        "a line of a log": raw.name(raw.attribute(CN, b"x\n2026 level=info mac=" + text)),
    }


SUBJECTS = sorted(subjects("805ec0000000"))
# OpenSSL and we find nothing wrong with these, subjects and others: who the CA has signed is who it is.
HARMLESS = {
    "a string in pieces", "an OID of 2,000 bytes", "a negative serial", "serial 0", "a serial of 4,000 bytes",
    "1,000 SANs", "an empty SAN", "version 4", "version -1", "dates of 1950",
}


@pytest.mark.parametrize("label", SUBJECTS)
def test_an_odd_subject_is_nobody(own_stack, bait, label):
    issuing = own_stack.authorities.issuing
    key = pki.new_key()
    der = raw.certificate(issuing, subjects(bait.mac)[label], key)
    status = ask(own_stack, [der, issuing.certificate.public_bytes(serialization.Encoding.DER)], key, bait.own_file)
    if label not in HARMLESS:
        assert status in (404, None)
        assert bait.state() == "claimed"


def oddities(issuing, mac):
    """{label: (DER, key)}: the right subject, and something else about the certificate that is monstrous."""
    subject = raw.name(raw.attribute(CN, mac.encode()))
    key = pki.new_key()
    san = "2.5.29.17"
    dns = raw.tlv(0x82, b"x" * 60)
    field = bytes.fromhex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    explicit = raw.tlv(  # parameters written out: what CVE-2022-0778 looped over, with a field that is no prime
        raw.SEQUENCE,
        raw.tlv(raw.SEQUENCE, raw.oid("1.2.840.10045.2.1"), raw.tlv(
            raw.SEQUENCE, raw.integer(1),
            raw.tlv(raw.SEQUENCE, raw.oid("1.2.840.10045.1.1"), raw.integer(697)),
            raw.tlv(raw.SEQUENCE, raw.tlv(raw.OCTETS, b"\x17"), raw.tlv(raw.OCTETS, b"\x16")),
            raw.tlv(raw.OCTETS, b"\x02\x00\x10"), raw.integer(int.from_bytes(field, "big")), raw.integer(1))),
        raw.tlv(raw.BITS, b"\0\x02\x00\x10"))

    def one(**options):
        return raw.certificate(issuing, subject, options.pop("key", key), **options), key

    return {
        "a negative serial": one(serial=raw.integer(-5)),
        "serial 0": one(serial=raw.integer(0)),
        "a serial of 4,000 bytes": one(serial=raw.integer(1 << 32000)),
        "a serial of no bytes": one(serial=raw.tlv(raw.INTEGER)),
        "version 4": one(version=3),
        "version -1": one(version=-1),
        "1,000 SANs": one(extensions=[raw.extension(san, raw.tlv(raw.SEQUENCE, raw.tlv(0x82, b"x.ex") * 1000))]),
        "an extension of 60,000 bytes": one(extensions=[raw.extension("1.2.3.4", b"x" * 60000)]),
        "dates of 1950": one(validity=raw.tlv(raw.SEQUENCE, raw.tlv(raw.UTC_TIME, b"500101000000Z"),
                                              raw.tlv(raw.UTC_TIME, b"491231235959Z"))),
        "an empty SAN": one(extensions=[raw.extension(san, raw.tlv(raw.SEQUENCE))]),
        "the same extension 200 times": one(extensions=[raw.extension(san, raw.tlv(raw.SEQUENCE, dns))] * 200),
        "a critical one that nobody knows": one(extensions=[raw.extension("1.2.3.4", b"x", True)]),
        "an extension that is not DER": one(extensions=[raw.extension("2.5.29.19", b"\xff\xff\xff", True)]),
        "nested 2,000 deep": one(extensions=[raw.extension(san, nest(2000))]),
        "the month 13": one(validity=raw.tlv(raw.SEQUENCE, raw.tlv(raw.UTC_TIME, b"201301000000Z"),
                                             raw.tlv(raw.UTC_TIME, b"451231235959Z"))),
        "an end before its beginning": one(validity=raw.tlv(raw.SEQUENCE, raw.tlv(raw.UTC_TIME, b"451231235959Z"),
                                                            raw.tlv(raw.UTC_TIME, b"200101000000Z"))),
        "times of other types": one(validity=raw.tlv(raw.SEQUENCE, raw.integer(1), raw.tlv(raw.NULL))),
        "a year of 40 digits": one(validity=raw.tlv(raw.SEQUENCE, raw.tlv(raw.UTC_TIME, b"200101000000Z"),
                                                    raw.tlv(raw.TIME, b"9" * 40 + b"Z"))),
        "explicit parameters of a curve": one(public=explicit),
        "a point not on its curve": one(public=raw.spki(key)[:-1] + b"\0"),
        "RSA with exponent 0": one(public=raw.tlv(
            raw.SEQUENCE, raw.tlv(raw.SEQUENCE, raw.oid("1.2.840.113549.1.1.1"), raw.tlv(raw.NULL)),
            raw.tlv(raw.BITS, b"\0", raw.tlv(raw.SEQUENCE, raw.integer(1 << 2048 | 1), raw.integer(0))))),
        "RSA of 60,000 bits": one(public=raw.tlv(
            raw.SEQUENCE, raw.tlv(raw.SEQUENCE, raw.oid("1.2.840.113549.1.1.1"), raw.tlv(raw.NULL)),
            raw.tlv(raw.BITS, b"\0", raw.tlv(raw.SEQUENCE, raw.integer(1 << 60000 | 1), raw.integer(65537))))),
    }


def nest(depth):
    out = b""
    for _ in range(depth):
        out = raw.tlv(raw.SEQUENCE, out)
    return out


ODDITIES = sorted(oddities(pki.Authority("labels"), "805ec0000000"))


@pytest.mark.parametrize("label", ODDITIES)
def test_a_monstrous_certificate_hurts_nobody(own_stack, bait, label):
    issuing = own_stack.authorities.issuing
    der, key = oddities(issuing, bait.mac)[label]
    status = ask(own_stack, [der, issuing.certificate.public_bytes(serialization.Encoding.DER)], key, bait.own_file)
    if label not in HARMLESS:
        assert status in (404, None)
        assert bait.state() == "claimed"


def deep_chain(root, depth, mac):
    authority, sent = root, []
    for number in range(depth):
        authority = authority.intermediate(f"Intermediate {number}")
        sent.insert(0, authority.certificate)
    leaf = authority.issue(pki.name((pki.CN, mac)))
    return pki.Leaf(leaf.certificate, leaf.key, sent)


@pytest.mark.parametrize("depth", [5, 20])
def test_a_deep_chain_is_not_climbed(own_stack, bait, depth):
    leaf = deep_chain(own_stack.authorities.root, depth, bait.mac)
    chain = [one.public_bytes(serialization.Encoding.DER) for one in [leaf.certificate, *leaf.chain]]
    assert ask(own_stack, chain, leaf.key, bait.own_file) is None
    assert bait.state() == "claimed"


@pytest.mark.parametrize("chain", [
    [], [b""], [b"\x30\x80"], [b"\x30\x84\xff\xff\xff\xff"], [b"\0" * 100], [b"\x30\x03\x02\x01\x05"] * 500,
    [b"\x30" * 15000], [b"\x30\x82\xff\xff" + b"A" * 65535],
], ids=["none", "empty", "indefinite", "4 GiB long", "zeros", "500 of them", "all heads", "64 KiB"])
def test_what_is_no_certificate_ends_the_handshake(own_stack, chain):
    raw.show(own_stack.address, chain)  # cannot succeed; that it ends, and hurts nobody, is asked


@pytest.mark.parametrize("is_signed", [False, True], ids=["as they are", "signed again"])
def test_bit_flips_of_a_genuine_certificate_are_nobody(own_stack, other, bait, is_signed):
    """Signed again, some flips leave a sound certificate: of another serial number, or of another MAC."""
    issuing = own_stack.authorities.issuing
    issuer_der = issuing.certificate.public_bytes(serialization.Encoding.DER)
    genuine = pki.yealink_serial(issuing, bait.mac)
    der = genuine.certificate.public_bytes(serialization.Encoding.DER)
    rng = random.Random(27)
    served = 0
    for count in range(FLIPS):
        source = raw.to_be_signed(der) if is_signed else der
        flipped = bytearray(source)
        for _ in range(rng.choice((1, 1, 1, 2, 8))):
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        shown = raw.signed(bytes(flipped), issuing) if is_signed else bytes(flipped)
        status = ask(own_stack, [shown, issuer_der], genuine.key, bait.own_file)
        assert status in (None, 404, 200), shown.hex()
        if status == 200:
            served += 1
            assert is_signed and names(shown, bait.mac), shown.hex()
        if count % 50 == 0:
            assert other.get().status == 200
    if not is_signed:
        assert served == 0 and bait.state() == "claimed"


def names(der, mac):
    """Does the certificate, read by another library, say that it is this phone?"""
    subject = x509.load_der_x509_certificate(der).subject
    said = [one.value for one in subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)]
    return len(said) == 1 and said[0].lower().endswith(mac)


def test_the_genuine_one_is_served(own_stack, bait):
    """The control: the same way in, with nothing odd about it."""
    issuing = own_stack.authorities.issuing
    key = pki.new_key()
    der = raw.certificate(issuing, raw.name(raw.attribute(CN, bait.mac.encode())), key)
    assert ask(own_stack, [der, issuing.certificate.public_bytes(serialization.Encoding.DER)], key,
               bait.own_file) == 200
