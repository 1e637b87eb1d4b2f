"""Certificates byte by byte, and a TLS 1.2 client that shows whatever bytes it is given as its own.

Python's ssl reads a certificate before it sends it, so that what its OpenSSL refuses never reaches ours:

    der = certificate(ca, subject=name(attribute("2.5.4.3", b"805ec0000001")), key=key)
    show(("127.0.0.1", 8443), [der, ca.certificate…])     # the server's alert, or None when it just closes
"""

import os
import socket
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# --- DER (X.690) -----------------------------------------------------------------------------------

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8, NUMERIC, PRINTABLE, T61, IA5, UTC_TIME, TIME = 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18
GRAPHIC, VISIBLE, GENERAL, UNIVERSAL, BMP = 0x19, 0x1a, 0x1b, 0x1c, 0x1e
SEQUENCE, SET = 0x30, 0x31


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def integer(number):
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for number in [40 * first + second, *rest]:
        digits = [number & 0x7f]
        while number := number >> 7:
            digits.append(number & 0x7f | 0x80)
        out += bytes(reversed(digits))
    return tlv(OID, out)


def attribute(dotted, text, tag=UTF8):
    return tlv(SEQUENCE, oid(dotted), tlv(tag, text))


def name(*attributes):
    """One RDN each."""
    return tlv(SEQUENCE, *(tlv(SET, one) for one in attributes))


def extension(dotted, value, is_critical=False):
    return tlv(SEQUENCE, oid(dotted), *([tlv(BOOLEAN, b"\xff")] if is_critical else []), tlv(OCTETS, value))


SHA256_ECDSA = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
VALID = tlv(SEQUENCE, tlv(UTC_TIME, b"200101000000Z"), tlv(UTC_TIME, b"451231235959Z"))


def spki(key):
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(tbs, authority):
    """Whatever the bytes are, the CA has signed them."""
    return tlv(SEQUENCE, tbs, SHA256_ECDSA, tlv(BITS, b"\0", authority.key.sign(tbs, ec.ECDSA(hashes.SHA256()))))


def certificate(authority, subject, key, serial=None, validity=VALID, public=None, extensions=None, version=2):
    return signed(
        tlv(SEQUENCE,
            tlv(0xa0, integer(version)), serial or integer(int.from_bytes(os.urandom(8), "big")), SHA256_ECDSA,
            authority.certificate.subject.public_bytes(), validity, subject, public or spki(key),
            *([tlv(0xa3, tlv(SEQUENCE, *extensions))] if extensions is not None else [])),
        authority)


def to_be_signed(der):
    """Of a certificate, its first member."""
    def head(at):
        length, at = der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7f
            length, at = int.from_bytes(der[at:at + size], "big"), at + size
        return at, length
    begin, _ = head(0)
    inner, length = head(begin)
    return der[begin:inner + length]


# --- TLS 1.2 up to the client's certificate (RFC 5246, 8422) ------------------------------------------

HANDSHAKE, ALERT = 22, 21
SERVER_HELLO_DONE = 14


def _vector(size, *parts):
    body = b"".join(parts)
    return len(body).to_bytes(size, "big") + body


def _message(kind, body):
    return bytes([kind]) + _vector(3, body)


def _records(data, kind=HANDSHAKE):
    return b"".join(struct.pack("!BHH", kind, 0x303, len(data[at:at + 16384])) + data[at:at + 16384]
                    for at in range(0, len(data), 16384))


def _hello():
    extensions = b"".join(struct.pack("!H", number) + _vector(2, body) for number, body in (
        (10, _vector(2, b"\x00\x17")),  # groups: P-256
        (11, _vector(1, b"\x00")),
        (13, _vector(2, b"\x04\x03\x08\x04\x04\x01")),  # ECDSA and RSA with SHA-256
        (23, b""), (0xff01, b"\x00")))
    return _message(1, b"\x03\x03" + os.urandom(32) + b"\x00" + _vector(2, b"\xc0\x2b\xc0\x2f") + b"\x01\x00" +
                    _vector(2, extensions))


class _Reader:
    def __init__(self, link):
        self.link, self.pending, self.messages = link, b"", b""

    def record(self):
        """(kind, body), or None at the end."""
        while len(self.pending) < 5 or len(self.pending) < 5 + int.from_bytes(self.pending[3:5], "big"):
            data = self.link.recv(65536)
            if not data:
                return None
            self.pending += data
        end = 5 + int.from_bytes(self.pending[3:5], "big")
        taken, self.pending = self.pending[:end], self.pending[end:]
        return taken[0], taken[5:]

    def until(self, wanted):
        """Skip messages up to that one; ConnectionError when another end comes first."""
        while True:
            while len(self.messages) >= 4:
                end = 4 + int.from_bytes(self.messages[1:4], "big")
                if len(self.messages) < end:
                    break
                kind, self.messages = self.messages[0], self.messages[end:]
                if kind == wanted:
                    return
            record = self.record()
            if record is None or record[0] != HANDSHAKE:
                raise ConnectionError(f"no handshake: {record}")
            self.messages += record[1]


def show(address, chain, timeout_s=10):
    """
    A handshake with these DERs as the client's certificates, and a proof of possession that is none: it cannot
    succeed. The number of the server's alert (RFC 5246 7.2.2); None when it closed without one.
    """
    with socket.create_connection(address, timeout=timeout_s) as link:
        link.sendall(_records(_hello()))
        reader = _Reader(link)
        reader.until(SERVER_HELLO_DONE)
        point = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        flight = (_message(11, _vector(3, *(_vector(3, der) for der in chain))) +
                  _message(16, _vector(1, point)) + _message(15, b"\x04\x03" + _vector(2, os.urandom(70))))
        try:
            link.sendall(_records(flight))
            while (record := reader.record()) is not None:
                if record[0] == ALERT:
                    return record[1][1]
        except ConnectionError:
            pass
        return None
