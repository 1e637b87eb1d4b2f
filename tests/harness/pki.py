"""Certificate authorities and certificates for tests: the makers' as the fact pages tell of them, and hostile ones.

    ca = Authority("Yealink Root CA")
    issuing = ca.intermediate("Yealink Equipment Issuing CA")
    leaf = yealink_cn(issuing, "805ec0000001")     # subject form B
    cert_path, key_path = leaf.write(directory, "phone1")
"""

import datetime
import ipaddress
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
DAY = datetime.timedelta(days=1)

_keys = {}  # RSA keys take long to make; which one a certificate has matters to no test


def _now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def new_key(kind="p256"):
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    bits = int(kind.removeprefix("rsa"))
    if bits not in _keys:
        _keys[bits] = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return _keys[bits]


def name(*attributes):
    """name((NameOID.COMMON_NAME, "x"), …): one RDN each, in this order; a tuple of pairs is one RDN."""
    parts = []
    for attribute in attributes:
        if isinstance(attribute[0], tuple):
            parts.append(x509.RelativeDistinguishedName([_attribute(*one) for one in attribute]))
        else:
            parts.append(x509.RelativeDistinguishedName([_attribute(*attribute)]))
    return x509.Name(parts)


def _attribute(oid, text, asn1_type=None):
    return x509.NameAttribute(oid, text, _type=asn1_type or _ASN1Type.UTF8String)


BMP = _ASN1Type.BMPString
PRINTABLE = _ASN1Type.PrintableString
CN = NameOID.COMMON_NAME
SERIAL = NameOID.SERIAL_NUMBER
O = NameOID.ORGANIZATION_NAME
OU = NameOID.ORGANIZATIONAL_UNIT_NAME
C = NameOID.COUNTRY_NAME
ST = NameOID.STATE_OR_PROVINCE_NAME
L = NameOID.LOCALITY_NAME


class Leaf:
    """A certificate with its key and the chain that is sent along (intermediates, no root)."""

    def __init__(self, certificate, key, chain=()):
        self.certificate = certificate
        self.key = key
        self.chain = list(chain)

    def pem(self):
        return b"".join(
            one.public_bytes(serialization.Encoding.PEM) for one in [self.certificate, *self.chain]
        )

    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def fingerprint(self):
        return self.certificate.fingerprint(hashes.SHA256())

    def write(self, directory, stem):
        """(certificate path, key path); the key is readable by its owner only."""
        directory = pathlib.Path(directory)
        cert_path, key_path = directory / f"{stem}.pem", directory / f"{stem}.key"
        for path, content in ((cert_path, self.pem()), (key_path, self.key_pem())):
            fresh = path.with_suffix(path.suffix + ".new")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            fresh.rename(path)  # whole at any moment: a reload may read it now
        return cert_path, key_path


class Authority:
    def __init__(self, common_name, parent=None, days=3650, key="p256", begin=None):
        self.key = new_key(key)
        self.parent = parent
        self.subject = name((CN, common_name), (O, "Test of Beckon"))
        signer = parent or self
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin or _now() - 30 * DAY)
            .not_valid_after(_now() + days * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(False, False, False, False, False, True, True, False, False),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False
            )
            .sign(signer.key, hashes.SHA256())
        )

    def intermediate(self, common_name):
        return Authority(common_name, parent=self)

    def chain(self):
        """What a leaf of this authority has to send: all but the root."""
        return [] if self.parent is None else [self.certificate, *self.parent.chain()]

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def as_leaf(self):
        """The CA's own certificate, shown as if it were a phone's."""
        return Leaf(self.certificate, self.key, self.chain())

    def write(self, directory, stem):
        path = pathlib.Path(directory) / f"{stem}.pem"
        path.write_bytes(self.pem())
        return path

    def write_key(self, directory, stem):
        path = pathlib.Path(directory) / f"{stem}.key"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(Leaf(self.certificate, self.key).key_pem())
        return path

    def issue(
        self, subject, usages=(CLIENT,), sans=(), key="p256", begin=None, end=None, is_ca=False,
        self_signed=False,
    ):
        own_key = new_key(key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.subject)
            .public_key(own_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin or _now() - DAY)
            .not_valid_after(end or _now() + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(sans)), critical=False)
        certificate = builder.sign(own_key if self_signed else self.key, hashes.SHA256())
        return Leaf(certificate, own_key, [] if self_signed else self.chain())


def server(authority, key="p256", hosts=("localhost",), addresses=("127.0.0.1",), **options):
    """A server's certificate for names and addresses."""
    sans = [x509.DNSName(host) for host in hosts]
    sans += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    return authority.issue(name((CN, hosts[0])), usages=(SERVER,), sans=sans, key=key, **options)


# --- phones, as the fact page of Yealink tells of them (section 3) ---------------------------------


def yealink_cn(authority, mac, **options):
    """Form B: CN=<MAC>."""
    return authority.issue(name((CN, mac.upper())), **options)


def yealink_serial_subject(mac, serial=None, common_name="yealink.com"):
    return name(
        (C, "CN", PRINTABLE), (ST, "FuJian"), (L, "Xiamen"),
        (O, "Yealink Network Technology Co., Ltd."), (OU, "Yealink Equipment"), (CN, common_name),
        (SERIAL, serial or f"ffffffff-ffff-ffff-fff0-{mac}"),
    )


def yealink_serial(authority, mac, **options):
    """Form A: CN=yealink.com, the MAC at the end of serialNumber."""
    return authority.issue(yealink_serial_subject(mac), **options)


def yealink_generic(authority):
    """The shared certificate of phones without one of their own."""
    return authority.issue(
        name((C, "CN", PRINTABLE), (ST, "FuJian"), (L, "Xiamen"),
             (O, "Yealink Network Technology Co., Ltd."), (OU, "Yealink Equipment"),
             (CN, "yealink.com"))
    )


# --- other makers' phones: section 3 of their pages -------------------------------------------------


def poly(authority, mac, **options):
    return authority.issue(name((CN, mac.upper()), (O, "Polycom Inc.")), **options)


def snom(authority, mac, **options):
    return authority.issue(name((CN, mac.upper())), **options)


def cisco(authority, mac, model="CP-8841-3PCC", serial="88012BA01234", **options):
    """SPA and MPP: OU is the product, L the serial number, ST the MAC."""
    return authority.issue(name((OU, model), (L, serial), (ST, mac)), **options)


def cisco_sentence_subject(mac, model="SPA-525G2", serial="CBT153908BX", st=None):
    sentence = f"{model}, MAC: {mac.upper()}, Serial: {serial}"
    return name((C, "US", PRINTABLE), (ST, st or mac.upper()), (L, serial), (O, "Cisco Systems, Inc."),
                (OU, "cisco.com"), (CN, sentence))


def cisco_sentence(authority, mac, **options):
    """As an SPA525G2 has it."""
    return authority.issue(cisco_sentence_subject(mac, **options))


def cisco_generic(authority):
    return authority.issue(name((OU, "cisco.com"), (L, "ciscogeneric"), (ST, "ciscogeneric")))


def not_proving(authority, mac):
    """{label: Leaf}: chains that hold, of subjects that prove nothing (attack A3, A27)."""
    issue = authority.issue
    colons = ":".join(mac[i:i + 2] for i in range(0, 12, 2))
    uuid = f"ffffffff-ffff-ffff-fff0-{mac}"
    return {
        "generic, shared by many phones": yealink_generic(authority),
        "CN=yealink.com alone": issue(name((CN, "yealink.com"))),
        "no subject": issue(x509.Name([])),
        "two CNs, the same": issue(name((CN, mac), (CN, mac))),
        "two CNs, ours first": issue(name((CN, mac), (CN, "805ec0ffffff"))),
        "two CNs, ours last": issue(name((CN, "805ec0ffffff"), (CN, mac))),
        "two CNs in one RDN": issue(name(((CN, mac), (CN, "805ec0ffffff")))),
        "NUL behind the MAC": issue(name((CN, mac + "\0.example"))),
        "NUL inside": issue(name((CN, mac[:6] + "\0" + mac[6:]))),
        "NUL at the end": issue(name((CN, mac + "\0"))),
        "11 digits": issue(name((CN, mac[:11]))),
        "13 digits": issue(name((CN, mac + "0"))),
        "14 digits, two too many in front": issue(name((CN, "00" + mac))),
        "a blank behind": issue(name((CN, mac + " "))),
        "a blank in front": issue(name((CN, " " + mac))),
        "a line end behind": issue(name((CN, mac + "\n"))),
        "colons": issue(name((CN, colons))),
        "dashes": issue(name((CN, colons.replace(":", "-")))),
        "no hexadecimal digit": issue(name((CN, mac[:11] + "g"))),
        "full width digits": issue(name((CN, mac[:11] + "\uff11"))),
        "with a prefix": issue(name((CN, "MAC" + mac))),
        "MAC in O only": issue(name((CN, "yealink.com"), (O, mac))),
        "MAC in OU only": issue(name((CN, "yealink.com"), (OU, mac))),
        "MAC as SAN only": issue(name((CN, "yealink.com")), sans=[x509.DNSName(mac)]),
        "serialNumber is the bare MAC": issue(yealink_serial_subject(mac, serial=mac)),
        "serialNumber with 11 digits": issue(yealink_serial_subject(mac, serial=uuid[:-1])),
        "serialNumber with 13 digits": issue(yealink_serial_subject(mac, serial=uuid + "0")),
        "serialNumber twice": issue(
            name((CN, "yealink.com"), (SERIAL, uuid), (SERIAL, "ffffffff-ffff-ffff-fff0-805ec0ffffff"))
        ),
        "serialNumber with another CN": issue(
            yealink_serial_subject(mac, common_name="example.com")
        ),
    }


def not_trusted(authority, mac, other_authority):
    """{label: Leaf}: the right subject in a chain that does not hold (attack A1)."""
    subject = name((CN, mac))
    return {
        "another CA": other_authority.issue(subject),
        "another CA of the same name": Authority(
            authority.subject.get_attributes_for_oid(CN)[0].value
        ).issue(subject),
        "expired": authority.issue(subject, begin=_now() - 60 * DAY, end=_now() - DAY),
        "not yet valid": authority.issue(subject, begin=_now() + DAY, end=_now() + 60 * DAY),
        "for servers only": authority.issue(subject, usages=(SERVER,)),
        "self-signed": authority.issue(subject, self_signed=True),
        "signed by a phone": _signed_by_a_phone(authority, subject),
    }


def _signed_by_a_phone(authority, subject):
    phone = authority.issue(name((CN, "805ec0fffffe")))
    key = new_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(phone.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - DAY)
        .not_valid_after(_now() + 365 * DAY)
        .sign(phone.key, hashes.SHA256())
    )
    return Leaf(certificate, key, [phone.certificate, *phone.chain])
