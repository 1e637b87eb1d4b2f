"""A21: no HTTP/2, by no door: not by ALPN, not by its preface, not by an upgrade."""

import pytest

import rawtls

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def test_h2_is_not_negotiated(stack, caller):
    wanted = rawtls.context(caller.cert, caller.key, stack.authorities.server_ca)
    wanted.set_alpn_protocols(["h2"])
    try:
        with rawtls.Connection(caller.address, tls_context=wanted) as connection:
            assert connection.socket.selected_alpn_protocol() is None
    except OSError:
        pass  # refusing the handshake is as good
    both = rawtls.context(caller.cert, caller.key, stack.authorities.server_ca)
    both.set_alpn_protocols(["h2", "http/1.1"])
    with rawtls.Connection(caller.address, tls_context=both) as connection:
        assert connection.socket.selected_alpn_protocol() in (None, "http/1.1")
        assert connection.request(caller.own_file).status == 200


@pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
@pytest.mark.parametrize("tail", [b"", SETTINGS, SETTINGS * 1000], ids=["alone", "settings", "flood"])
def test_the_preface_is_malformed(caller, before, tail):
    with caller.connect() as connection:
        for _ in range(before):
            assert connection.request(caller.own_file).status == 200
        connection.send(PREFACE + tail)
        data, is_closed = connection.read_to_close()
    assert is_closed
    assert [answer.status for answer in rawtls.take_all(data)] == [400]
    assert caller.get().status == 200


def test_the_preface_in_pieces_is_malformed(caller):
    with caller.connect() as connection:
        for byte in PREFACE:
            if not connection.send(bytes([byte])):
                break
        data, is_closed = connection.read_to_close()
    assert is_closed
    assert [answer.status for answer in rawtls.take_all(data)] == [400]


@pytest.mark.parametrize("protocol", ["h2c", "h2", "h2c, websocket", "websocket", "TLS/1.0"])
def test_an_upgrade_is_not_followed(caller, protocol):
    """RFC 9110 7.8 lets a server ignore it; 101 or a frame of HTTP/2 must not come."""
    with caller.connect() as connection:
        connection.send(
            f"GET {caller.own_file} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            f"Upgrade: {protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n".encode()
        )
        answer = connection.read_answer()
        assert answer.status in (200, 400)
        assert answer.field("Upgrade") is None
        # Whoever goes on as if it had been accepted meets HTTP/1.1.
        connection.send(PREFACE + SETTINGS)
        data, is_closed = connection.read_to_close()
        assert is_closed
        assert {one.status for one in rawtls.take_all(data)} <= {400}


def test_an_upgrade_in_the_clear_is_no_http(caller):
    with rawtls.Connection(caller.address, tls=False) as connection:
        connection.send(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
            b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
        )
        data, is_closed = connection.read_to_close()
    assert is_closed and b"HTTP" not in data
