"""A28: where somebody comes from is told by the configured balancer and by nobody else."""

import ipaddress
import socket
import ssl
import struct

import pytest

import rawtls
from stack import wait_until

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def v1(source):
    family, target = ("TCP6", "2001:db8::1") if ":" in source else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {source} {target} 40000 443\r\n".encode()


def v2(source, target=None, command=1, tlvs=b""):
    address = ipaddress.ip_address(source)
    target = ipaddress.ip_address(target or ("2001:db8::1" if address.version == 6 else "192.0.2.1"))
    body = address.packed + target.packed + struct.pack("!HH", 40000, 443) + tlvs
    family = 0x21 if address.version == 6 else 0x11
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(body)) + body


def seen_from(phone, source):
    return wait_until(
        f"a visit from {source}",
        lambda: phone.stack.sql(
            "select status from app.visit where tenant_id = %s and host(source) = %s",
            (phone.tenant.id, source),
        ),
    )


@pytest.mark.parametrize(
    "header, source",
    [
        (v1("198.51.100.7"), "198.51.100.7"),
        (v1("2001:db8::7"), "2001:db8::7"),
        (v2("198.51.100.8"), "198.51.100.8"),
        (v2("2001:db8::8"), "2001:db8::8"),
        (v2("198.51.100.9", tlvs=b"\x04\x00\x03abc" + b"\x02\x00\x04host"), "198.51.100.9"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (SIGNATURE + b"\x20\x00\x00\x00", "127.0.0.1"),  # LOCAL: a health check of the balancer
    ],
    ids=["v1", "v1 IPv6", "v2", "v2 IPv6", "v2 with TLVs", "v1 unknown", "v2 local"],
)
def test_the_configured_balancer_is_believed(stack, phone, header, source):
    with phone.connect(address=stack.proxied_address, before_tls=header) as connection:
        assert connection.request(phone.own_file).status == 200
    seen_from(phone, source)


@pytest.mark.parametrize(
    "header", [v1("198.51.100.7"), v2("198.51.100.7")], ids=["v1", "v2"]
)
def test_from_others_it_is_refused(stack, phone, header):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        phone.connect(address=stack.address, before_tls=header)
    with rawtls.Connection(stack.address, tls=False) as connection:
        connection.send(header)
        data, is_closed = connection.read_to_close()
    assert is_closed and b"HTTP" not in data
    assert phone.get().status == 200


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 40000\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 443\n",
        b"PROXY TCP4 999.51.100.7 192.0.2.1 40000 443\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 443\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.1 70000 443\r\n",
        b"PROXY TCP4  198.51.100.7 192.0.2.1 40000 443\r\n",
        b"proxy TCP4 198.51.100.7 192.0.2.1 40000 443\r\n",
        b"PROXY TCP4 " + b"1" * 200 + b"\r\n",
        v1("198.51.100.7") * 2,
        v2("198.51.100.7") * 2,
        SIGNATURE + b"\x31\x11\x00\x0c" + b"\x00" * 12,
        SIGNATURE + b"\x21\x11\x00\x04" + b"\x00" * 4,
        SIGNATURE + b"\x2f\x11\x00\x0c" + b"\x00" * 12,
        SIGNATURE + b"\x21\x11\xff\xff" + b"\x00" * 65535,
    ],
    ids=[
        "missing", "no port", "LF only", "no address", "wrong family", "port", "two blanks", "lower case",
        "too long", "v1 twice", "v2 twice", "version 3", "too short", "no command", "64 KiB",
    ],
)
def test_a_bad_or_missing_header_closes(stack, phone, header):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        phone.connect(address=stack.proxied_address, before_tls=header)
    good = phone.connect(address=stack.proxied_address, before_tls=v1("198.51.100.20"))
    with good as connection:
        assert connection.request(phone.own_file).status == 200


def test_a_header_in_pieces_is_understood(stack, phone):
    for header, source in ((v1("198.51.100.30"), "198.51.100.30"), (v2("198.51.100.31"), "198.51.100.31")):
        plain = socket.create_connection(stack.proxied_address, timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in header:
            plain.sendall(bytes([byte]))
        wanted = rawtls.context(phone.cert, phone.key, stack.authorities.server_ca)
        with wanted.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(f"GET {phone.own_file} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while chunk := tls.recv(65536):
                data += chunk
        assert rawtls.take_all(data)[0].status == 200
        seen_from(phone, source)


def test_header_fields_of_http_are_not_believed(stack, phone):
    answer = phone.get(
        headers=[("X-Forwarded-For", "198.51.100.66"), ("X-Real-IP", "198.51.100.66"),
                 ("Forwarded", "for=198.51.100.66")]
    )
    assert answer.status == 200
    seen_from(phone, "127.0.0.1")
    assert stack.sql(
        "select count(*) from app.visit where tenant_id = %s and host(source) = '198.51.100.66'",
        (phone.tenant.id,),
    )[0][0] == 0
    inner = phone.connect()  # a PROXY line inside of TLS is a malformed request
    with inner as connection:
        connection.send(v1("198.51.100.66"))
        data, is_closed = connection.read_to_close()
    assert is_closed
    assert [one.status for one in rawtls.take_all(data)] == [400]


def test_who_is_banned_is_who_the_balancer_names_and_nobody_a_header_names(stack, tenant):
    """A scanner that blames others: HTTP fields, and a PROXY line of its own inside of TLS."""
    scanner, victim, other = "203.0.113.5", "203.0.113.6", "203.0.113.7"
    phone, stranger = tenant.phone(), tenant.phone(register=False)
    blame = [("X-Forwarded-For", victim), ("X-Real-IP", victim), ("Forwarded", f"for={victim}")]

    def is_let_in(who, source):
        try:
            return who.get(address=stack.proxied_address, before_tls=v1(source)).status in (200, 404)
        except OSError:
            return False

    number = 0
    while number < 20000:
        try:
            with stranger.connect(address=stack.proxied_address, before_tls=v1(scanner)) as connection:
                for number in range(number, number + 20):
                    answer = connection.request(f"/{tenant.key}/0015651{number:05x}.cfg", headers=blame)
                    if (answer.field("Connection") or "").lower() == "close":
                        break
                connection.send(v1(victim))
        except OSError:
            break
        number += 1
    banned = wait_until("a ban", lambda: stack.sql(
        "select host(network::inet) from app.ban where network << '203.0.113.0/24' and until > now()"))
    assert banned == [(scanner,)]
    wait_until("by each worker", lambda: not any(is_let_in(stranger, scanner) for _ in range(8)))
    assert is_let_in(phone, victim) and is_let_in(phone, other)
    with phone.connect() as connection:  # nor the balancer, which all of it came from
        assert connection.request(phone.own_file).status == 200


def test_a_balancers_own_connections_ban_it_not(stack, phone):
    """Its health checks are nobody's failures: LOCAL and UNKNOWN have its own address."""
    failures = stack.metric("beckon_failures_total")
    for header in (SIGNATURE + b"\x20\x00\x00\x00", b"PROXY UNKNOWN\r\n") * 20:
        with rawtls.Connection(stack.proxied_address, tls=False, before_tls=header) as connection:
            connection.send(b"GET / HTTP/1.0\r\n\r\n")  # no TLS
            connection.read_to_close()
    assert stack.metric("beckon_failures_total") == failures
    with rawtls.Connection(stack.address, tls=False) as connection:
        connection.send(b"GET / HTTP/1.0\r\n\r\n")  # no TLS
        connection.read_to_close()
    wait_until("anybody else's do count", lambda: stack.metric("beckon_failures_total") == failures + 1)
