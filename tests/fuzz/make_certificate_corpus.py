#!/usr/bin/python3
"""Seeds of fuzz_certificate: certificates as factories issue them, and as nobody should.

Writes corpus/certificate/*.der and *.pem beside this script; the same bytes every time (Ed25519
signatures are deterministic, the key is fixed and worthless). The DER is put together here, since no
library lets one write a NUL into a PrintableString. What is meant to be well-formed is read back
with python3-cryptography.

    make_certificate_corpus.py [FOLDER]
"""
import base64
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
UTF8, PRINTABLE, T61, IA5, BMP, UNIVERSAL, OCTETS, NUMERIC, VISIBLE = (
    0x0C, 0x13, 0x14, 0x16, 0x1E, 0x1C, 0x04, 0x12, 0x1A)
OIDS = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
        "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "mail": "1.2.840.113549.1.9.1"}


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = bytearray([40 * first + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        out += bytes(reversed(digits))
    return tlv(0x06, bytes(out))


def attribute(field, value, tag=PRINTABLE):
    value = value.encode() if isinstance(value, str) else value
    return tlv(0x30, oid(OIDS.get(field, field)), tlv(tag, value))


def name(*rdns):
    """Each rdn: (field, value[, tag]), or a list of such for a multi-valued one."""
    rdns = [rdn if isinstance(rdn, list) else [rdn] for rdn in rdns]
    return tlv(0x30, *(tlv(0x31, *sorted(attribute(*a) for a in rdn)) for rdn in rdns))


ISSUER = name(("C", "CN"), ("O", "Yealink Network Technology Co., Ltd."),
              ("CN", "Yealink Equipment Issuing CA"))
ED25519 = tlv(0x30, oid("1.3.101.112"))
VALIDITY = tlv(0x30, tlv(0x17, b"150101000000Z"), tlv(0x17, b"350101000000Z"))
PUBLIC = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(subject, issuer=ISSUER, extensions=b""):
    tbs = tlv(0x30, tlv(0xA0, tlv(0x02, b"\2")), tlv(0x02, b"\x15\x65\x62"), ED25519, issuer,
              VALIDITY, subject, PUBLIC, extensions)
    return tlv(0x30, tbs, ED25519, tlv(0x03, b"\0" + KEY.sign(tbs)))


def pem(der, label="CERTIFICATE"):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def alternative_names(*dns):
    names = tlv(0x30, *(tlv(0x82, n.encode()) for n in dns))
    return tlv(0xA3, tlv(0x30, tlv(0x30, oid("2.5.29.17"), tlv(0x04, names))))


def yealink_a(mac="001565000062", prefix="ffffffff-ffff-ffff-fff0-"):
    return name(("C", "CN"), ("ST", "FuJian"), ("L", "Xiamen"),
                ("O", "Yealink Network Technology Co., Ltd."), ("OU", "Yealink Equipment"),
                ("CN", "yealink.com"), ("serialNumber", prefix + mac))


MAC = "001565000062"
FORM_B = certificate(name(("CN", MAC)))
GOOD = {  # python3-cryptography must read these
    "yealink-form-a": certificate(yealink_a()),
    "yealink-form-a-upper": certificate(yealink_a("805EC0ABCDEF")),
    "yealink-form-b": FORM_B,
    "yealink-form-b-utf8": certificate(name(("CN", MAC, UTF8))),
    "yealink-generic": certificate(name(("O", "Yealink"), ("CN", "Yealink Equipment"))),
    "yealink-generic-certain": certificate(name(("C", "CN"), ("CN", "yealink.com"))),
    "poly": certificate(name(("CN", "0004F28B54F4"), ("O", "Polycom Inc."))),
    "poly-lower": certificate(name(("CN", "0004f28b54f4"), ("O", "Polycom Inc."))),
    "cisco-st": certificate(name(("OU", "CP-8841-3PCC"), ("L", "88012BA01234"), ("ST", "000e08abcdef"))),
    "cisco-generic": certificate(name(("OU", "cisco.com"), ("L", "ciscogeneric"), ("ST", "ciscogeneric"))),
    "cisco-sentence": certificate(name(
        ("C", "US"), ("ST", "708105B37234"), ("L", "CBT153908BX"), ("O", "Cisco Systems, Inc."),
        ("OU", "cisco.com"), ("CN", "SPA-525G2, MAC: 708105B37234, Serial: CBT153908BX"),
        ("mail", "linksys-certadmin@cisco.com", IA5))),
    "cisco-sentence-other-mac": certificate(name(
        ("ST", "708105B37235"), ("L", "CBT153908BX"), ("OU", "cisco.com"),
        ("CN", "SPA-525G2, MAC: 708105B37234, Serial: CBT153908BX"))),
    "self-issued": certificate(name(("CN", MAC)), name(("CN", MAC))),
    "empty-subject": certificate(name()),
    "empty-cn": certificate(name(("CN", "", UTF8))),
    "two-cns": certificate(name(("CN", MAC), ("CN", "001565000063"))),
    "mac-in-o": certificate(name(("O", MAC), ("CN", "phone"))),
    "mac-in-ou-and-cn": certificate(name(("OU", "001565000063"), ("CN", MAC))),
    "mac-in-alternative-name": certificate(name(("CN", "phone")),
                                           extensions=alternative_names(MAC, "a.example")),
    "mac-with-colons": certificate(name(("CN", "00:15:65:00:00:62"))),
    "mac-11-digits": certificate(name(("CN", MAC[:-1]))),
    "mac-13-digits": certificate(name(("CN", MAC + "0"))),
    "mac-blank-behind": certificate(name(("CN", MAC + " "))),
    "form-a-two-serials": certificate(name(("CN", "yealink.com"),
                                           ("serialNumber", "ffffffff-ffff-ffff-fff0-" + MAC),
                                           ("serialNumber", "ffffffff-ffff-ffff-fff0-" + MAC))),
    "form-a-no-dashes": certificate(yealink_a(prefix="fffffffffffffffffff0")),
    "multi-valued-rdn": certificate(name([("CN", MAC), ("OU", "x")])),
    "attributes-16": certificate(name(*[("OU", str(i)) for i in range(15)], ("CN", MAC))),
    "attributes-17": certificate(name(*[("OU", str(i)) for i in range(16)], ("CN", MAC))),
    "text-128": certificate(name(("CN", "x" * 128, UTF8))),
    "text-129": certificate(name(("CN", "x" * 129, UTF8))),
    "unknown-attribute": certificate(name(("1.2.3.4.5.6", "x", UTF8), ("CN", MAC))),
    "mail-ia5": certificate(name(("mail", "a@b.example", IA5), ("CN", MAC))),
    "bmp": certificate(name(("CN", MAC.encode("utf-16-be"), BMP))),
    "universal": certificate(name(("CN", MAC.encode("utf-32-be"), UNIVERSAL))),
}
HOSTILE = {
    "nul-in-cn": certificate(name(("CN", MAC + "\0.example", UTF8))),
    "nul-behind-cn": certificate(name(("CN", MAC + "\0"))),
    "nul-in-bmp": certificate(name(("CN", "a\0b".encode("utf-16-be"), BMP))),
    "line-feed": certificate(name(("CN", MAC + "\n", UTF8))),
    "escape": certificate(name(("CN", "\x1b[2J", IA5))),
    "c1-control": certificate(name(("CN", "\x85", UTF8))),
    "right-to-left": certificate(name(("CN", "\u202e" + MAC, UTF8))),
    "t61": certificate(name(("CN", MAC, T61))),
    "t61-high": certificate(name(("CN", b"caf\xe9", T61))),
    "printable-high": certificate(name(("CN", b"caf\xe9"))),
    "numeric": certificate(name(("CN", MAC, NUMERIC))),
    "visible": certificate(name(("CN", MAC, VISIBLE))),
    "octets": certificate(name(("CN", MAC, OCTETS))),
    "sequence": certificate(name(("CN", tlv(0x0C, b"x"), 0x30))),
    "bits": certificate(name(("CN", b"\0" + MAC.encode(), 0x03))),
    "bmp-odd": certificate(name(("CN", b"\0a\0", BMP))),
    "bmp-surrogates": certificate(name(("CN", "\U0001f600".encode("utf-16-be"), BMP))),
    "universal-short": certificate(name(("CN", b"\0\0\0a\0", UNIVERSAL))),
    "universal-beyond": certificate(name(("CN", b"\0\x11\0\0", UNIVERSAL))),
    "utf8-cut": certificate(name(("CN", b"a\xc3", UTF8))),
    "utf8-overlong": certificate(name(("CN", b"\xc0\xb0", UTF8))),
    "utf8-surrogate": certificate(name(("CN", b"\xed\xa0\x80", UTF8))),
    "empty-rdn": certificate(name([], ("CN", MAC))),
    "empty-rdn-last": certificate(name(("CN", MAC), [])),
    "empty-issuer": certificate(name(("CN", MAC)), name()),
    "long-issuer": certificate(name(("CN", MAC)), name(*[("OU", "x" * 200, UTF8)] * 40)),
    "alternative-names-1000": certificate(
        name(("CN", MAC)), extensions=alternative_names(*[f"{i}.example" for i in range(1000)])),
    "long-oid": certificate(name(("1.2." + ".".join(["4294967295"] * 40), "x"), ("CN", MAC))),
    "byte-behind": FORM_B + b"x",
    "twice": FORM_B * 2,
    "cut": FORM_B[:-1],
    "length-4-gib": b"\x30\x84\xff\xff\xff\xff" + FORM_B[4:],
    "indefinite-length": b"\x30\x80" + FORM_B[3:] + b"\0\0",
    "version-1": certificate(name(("CN", MAC))).replace(tlv(0xA0, tlv(2, b"\2")),
                                                        tlv(0xA0, tlv(2, b"\0"))),
}
PEMS = {
    "form-b": pem(FORM_B),
    "form-b-with-text": b"Certificate:\n    Data:\n" + pem(FORM_B) + b"\n",
    "two-blocks": pem(FORM_B) * 2,
    "other-label": pem(FORM_B, "PRIVATE KEY"),
    "trusted": pem(FORM_B, "TRUSTED CERTIFICATE"),
    "no-end": pem(FORM_B)[:-30],
    "encrypted": pem(FORM_B).replace(
        b"-----\nM", b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nM", 1),
    "crlf": pem(FORM_B).replace(b"\n", b"\r\n"),
}


def main():
    default = pathlib.Path(__file__).parent / "corpus" / "certificate"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for label, der in GOOD.items():
        x509.load_der_x509_certificate(der)
        (folder / f"{label}.der").write_bytes(der)
    for label, der in HOSTILE.items():
        (folder / f"{label}.der").write_bytes(der)
    for label, text in PEMS.items():
        (folder / f"{label}.pem").write_bytes(text)


if __name__ == "__main__":
    main()
