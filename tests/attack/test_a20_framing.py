"""
A20: requests that two HTTP implementations could read differently. One answer, 400, and the
connection is closed, whatever follows: on the first request and on a later one of a kept connection.
"""

import pytest

import rawtls

SECOND = "GET {own} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def malformed(own):
    """{label: bytes}; most carry a second request where a lenient parser would find one."""
    second = SECOND.format(own=own)
    head = f"GET {own} HTTP/1.1\r\nHost: localhost\r\n"
    post = f"POST {own} HTTP/1.1\r\nHost: localhost\r\n"
    texts = {
        "CL.CL": head + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + second,
        "CL.CL, the same": post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + second,
        "CL list": post + "Content-Length: 5, 5\r\n\r\nhello" + second,
        "CL.TE": post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
        "TE.CL": post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + second,
        "TE.TE": post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + second,
        "TE on a GET": head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
        "TE on a POST": post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second,
        "TE disguised": head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + second,
        "TE with a tab": head + "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n" + second,
        "TE unknown": head + "Transfer-Encoding: x\r\n\r\n" + second,
        "body on a GET": head + "Content-Length: 5\r\n\r\nhello" + second,
        "an empty body on a GET": head + "Content-Length: 0\r\n\r\n" + second,
        "CL negative": post + "Content-Length: -1\r\n\r\n" + second,
        "CL with a plus": post + "Content-Length: +5\r\n\r\nhello" + second,
        "CL hexadecimal": post + "Content-Length: 0x5\r\n\r\nhello" + second,
        "CL empty": post + "Content-Length:\r\n\r\n" + second,
        "CL beyond 64 bits": post + "Content-Length: 99999999999999999999999\r\n\r\n" + second,
        "LF only": head.replace("\r\n", "\n") + "\n" + second,
        "LF ends one field": f"GET {own} HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n" + second,
        "LF ends the head": head + "\n" + second,
        "LF behind the request line": f"GET {own} HTTP/1.1\nHost: localhost\r\n\r\n" + second,
        "CR only": head.replace("\r\n", "\r") + "\r" + second,
        "CR inside of a field": head + "X: a\rb\r\n\r\n" + second,
        "two Hosts": head + "Host: localhost\r\n\r\n" + second,
        "two Hosts, not the same": head + "Host: evil.example\r\n\r\n" + second,
        "no Host": f"GET {own} HTTP/1.1\r\n\r\n" + second,
        "folded field": head + "X: a\r\n b\r\n\r\n" + second,
        "folded with a tab": head + "X: a\r\n\tb\r\n\r\n" + second,
        "blank in front of the first field": f"GET {own} HTTP/1.1\r\n Host: localhost\r\n\r\n" + second,
        "blank before the colon": head + "X : a\r\n\r\n" + second,
        "no colon": head + "X\r\n\r\n" + second,
        "empty name": head + ": a\r\n\r\n" + second,
        "NUL in a value": head + "X: a\0b\r\n\r\n" + second,
        "NUL in a name": head + "X\0: b\r\n\r\n" + second,
        "control character in a value": head + "X: a\x01b\r\n\r\n" + second,
        "no version": f"GET {own}\r\nHost: localhost\r\n\r\n" + second,
        "HTTP/0.9": f"GET {own}\r\n",
        "HTTP/1.2": f"GET {own} HTTP/1.2\r\nHost: localhost\r\n\r\n" + second,
        "HTTP/2.0": f"GET {own} HTTP/2.0\r\nHost: localhost\r\n\r\n" + second,
        "HTTP/11": f"GET {own} HTTP/11\r\nHost: localhost\r\n\r\n" + second,
        "lower-case http": f"GET {own} http/1.1\r\nHost: localhost\r\n\r\n" + second,
        "two blanks": f"GET  {own} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "blank behind the version": f"GET {own} HTTP/1.1 \r\nHost: localhost\r\n\r\n" + second,
        "tab for a blank": f"GET\t{own}\tHTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "blank in the target": f"GET {own} x HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "absolute target": f"GET https://localhost{own} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "CONNECT": "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "star": "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "no method": f" {own} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "odd method": f"G@T {own} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "empty line in front": "\r\n" + second,
        "long head": head + "X: " + "a" * 20000 + "\r\n\r\n" + second,
        "long name": head + "X" * 20000 + ": a\r\n\r\n" + second,
        "long target": f"GET /{'a' * 20000} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "long method": f"{'G' * 20000} {own} HTTP/1.1\r\nHost: localhost\r\n\r\n" + second,
        "head without end": head + "X: a\r\n" * 5000,
        "hundreds of fields": head + "".join(f"X{i}: a\r\n" for i in range(500)) + "\r\n" + second,
        "400 kB name": head + "X" * 400000,
        "TLS again": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "binary": "\x00\x01\x02\x03",
    }
    return {label: text.encode("latin-1") for label, text in texts.items()}


LABELS = list(malformed("/x"))


def exchange(caller, data, before):
    """All answers to data on a connection with `before` good requests, and whether it was closed."""
    with caller.connect() as connection:
        for _ in range(before):
            assert connection.request(caller.own_file).status == 200
        connection.send(data)
        got, is_closed = connection.read_to_close()
    return rawtls.take_all(got), is_closed


@pytest.mark.parametrize("before", [0, 1, 3], ids=["first", "second", "fourth"])
@pytest.mark.parametrize("label", LABELS)
def test_malformed_is_one_400_and_closed(caller, label, before):
    answers, is_closed = exchange(caller, malformed(caller.own_file)[label], before)
    assert is_closed
    assert [answer.status for answer in answers] == [400]
    assert b"account." not in answers[0].body
    assert caller.get().status == 200


@pytest.mark.parametrize("before", [0, 2], ids=["first", "later"])
def test_the_control_is_served_and_kept(caller, before):
    """The same client, the same exchange, a good request: served, and a further one, too."""
    with caller.connect() as connection:
        for _ in range(before + 2):
            connection.send(SECOND.format(own=caller.own_file).encode())
            assert connection.read_answer().status == 200


@pytest.mark.parametrize("before", [0, 2], ids=["first", "later"])
@pytest.mark.parametrize("count", [2, 5])
def test_pipelined_requests_get_one_answer_and_the_end(caller, before, count):
    answers, is_closed = exchange(caller, SECOND.format(own=caller.own_file).encode() * count, before)
    assert is_closed
    assert len(answers) == 1
    assert answers[0].status in (200, 400)
    if answers[0].status == 200:
        assert answers[0].field("Connection").lower() == "close"


@pytest.mark.parametrize("before", [0, 2], ids=["first", "later"])
def test_a_request_in_single_bytes_is_a_request(caller, before):
    """Checking must not depend on how the bytes arrive."""
    with caller.connect() as connection:
        for _ in range(before):
            assert connection.request(caller.own_file).status == 200
        for byte in SECOND.format(own=caller.own_file).encode():
            connection.send(bytes([byte]))
        assert connection.read_answer().status == 200


@pytest.mark.parametrize("label", ["CL.TE", "LF only", "two Hosts", "folded field", "body on a GET"])
@pytest.mark.parametrize("before", [0, 1], ids=["first", "later"])
def test_malformed_in_pieces_is_malformed(caller, label, before):
    data = malformed(caller.own_file)[label]
    with caller.connect() as connection:
        for _ in range(before):
            assert connection.request(caller.own_file).status == 200
        for at in range(0, len(data), 7):
            if not connection.send(data[at:at + 7]):
                break
        got, is_closed = connection.read_to_close()
    assert is_closed
    assert [answer.status for answer in rawtls.take_all(got)] == [400]


def test_malformed_requests_are_counted_and_told(stack, caller):
    before = stack.metric("beckon_http_malformed_total")
    exchange(caller, malformed(caller.own_file)["two Hosts"], 0)
    assert stack.metric("beckon_http_malformed_total") == before + 1
