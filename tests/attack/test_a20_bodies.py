"""
A20 where bodies are taken: an API request ends exactly where its Content-Length says, one that is too
long is answered before it is read, and one that does not come is hung up on.
"""

import json
import subprocess
import time

import pytest

import rawtls
from api import Api

LIMIT = 1048576
IDLE_S = 2


@pytest.fixture(scope="module")
def own_api(stack):
    made = Api(stack, {"limits.idle_timeout_s": IDLE_S, "workers": 1})
    yield made
    made.stop()
    made.check_log()


def connect(api):
    return rawtls.Connection(("127.0.0.1", api.port), ca=api.stack.authorities.server_ca)


def head(length=None, method="POST", path="/v1/auth/login", more=""):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n" + more + "\r\n").encode()


def answers_of(connection):
    data, is_closed = connection.read_to_close()
    return rawtls.take_all(data), is_closed


def login_body(size=None):
    """Refused without work (422): no password."""
    body = b'{"email":"a@b.example"'
    if size is None:
        return body + b"}"
    return body + b" " * (size - len(body) - 1) + b"}"


def test_a_body_in_pieces_is_one_and_the_connection_goes_on(own_api):
    with connect(own_api) as connection:
        body = login_body()
        for _ in range(3):
            connection.send(head(len(body)))
            for at in range(0, len(body), 7):
                connection.send(body[at:at + 7])
            assert connection.read_answer().status == 422
        connection.send(head(method="GET", path="/v1/me"))
        assert connection.read_answer().status == 401


def test_what_follows_a_body_at_once_is_not_served(own_api):
    """Pipelined requests behind a body: the answer is the last, so that nobody can disagree where it ended."""
    body = login_body()
    with connect(own_api) as connection:
        connection.send(head(len(body)) + body + head(method="GET", path="/v1/me"))
        answers, is_closed = answers_of(connection)
        assert [answer.status for answer in answers] == [422] and is_closed


@pytest.mark.parametrize("text", [
    head(5, more="Content-Length: 5\r\n") + b"{}xyz",
    head("5, 5") + b"{}xyz", head("+2") + b"{}", head("0x2") + b"{}", head("02") + b"{}", head("") + b"{}",
    head(more="Transfer-Encoding: chunked\r\n") + b"2\r\n{}\r\n0\r\n\r\n",
    head(2, more="Transfer-Encoding: chunked\r\n") + b"{}",
    head(2, more="Expect: 200-ok\r\n") + b"{}",
    head(2, method="GET", path="/v1/me") + b"{}",
    head("9" * 16) + b"{}",
], ids=lambda text: str(len(text)))
def test_lengths_that_can_be_read_in_two_ways(own_api, text):
    with connect(own_api) as connection:
        connection.send(text)
        answers, is_closed = answers_of(connection)
        assert [answer.status for answer in answers] == [400] and is_closed


def test_the_longest_body_is_read_and_a_byte_more_is_not(own_api):
    with connect(own_api) as connection:
        connection.send(head(LIMIT) + login_body(LIMIT))
        assert connection.read_answer().status == 422
    for length in (LIMIT + 1, 2**30, 10**14):
        with connect(own_api) as connection:
            begun = time.monotonic()
            connection.send(head(length))
            answers, is_closed = answers_of(connection)
            assert time.monotonic() - begun < 1.5, "waited for the body"
            assert [answer.status for answer in answers] == [413] and is_closed
            assert answers[0].field("content-type") == "application/problem+json"
            assert json.loads(answers[0].body)["type"] == "urn:beckon:problem:too-large"
            assert answers[0].status_line == b"HTTP/1.1 413 Content Too Large"


def test_too_long_on_a_kept_connection_too(own_api):
    body = login_body()
    with connect(own_api) as connection:
        connection.send(head(len(body)) + body)
        assert connection.read_answer().status == 422
        connection.send(head(2 * LIMIT) + b"{" * 100000)
        answers, is_closed = answers_of(connection)
        assert [answer.status for answer in answers] == [413] and is_closed


def test_a_body_that_is_too_long_is_no_second_request(own_api):
    with connect(own_api) as connection:
        connection.send(head(LIMIT + 1) + head(method="GET", path="/v1/me") * 50)
        answers, is_closed = answers_of(connection)
        assert [answer.status for answer in answers] == [413] and is_closed


@pytest.mark.parametrize("sent", [b"", b"{"], ids=["nothing", "a byte"])
def test_a_body_that_does_not_come_is_hung_up_on(own_api, sent):
    with connect(own_api) as connection:
        begun = time.monotonic()
        connection.send(head(50) + sent)
        data, is_closed = connection.read_to_close(IDLE_S + 4)
        assert is_closed and data == b"" and IDLE_S - 0.5 < time.monotonic() - begun


def test_a_caller_that_leaves_in_the_middle_harms_nobody(own_api):
    for _ in range(20):
        connection = connect(own_api)
        connection.send(head(1000) + b"{")
        connection.close()
        with connect(own_api) as other:
            other.send(head(len(login_body())) + login_body())
            other.close()  # its call is on a thread by now, or not
    assert own_api.anonymous.get("/v1/me").status == 401


def test_expect_100_continue_is_answered_before_the_body(own_api):
    body = login_body()
    with connect(own_api) as connection:
        connection.send(head(len(body), more="Expect: 100-continue\r\n"))
        assert connection.socket.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.send(body)
        assert connection.read_answer().status == 422
    with connect(own_api) as connection:
        connection.send(head(LIMIT + 1, more="Expect: 100-continue\r\n"))
        answers, is_closed = answers_of(connection)
        assert [answer.status for answer in answers] == [413] and is_closed


@pytest.mark.parametrize("size, status", [(LIMIT, "422"), (LIMIT + 1, "413")])
def test_curl_which_asks_before_it_sends_so_much(own_api, tmp_path, size, status):
    (tmp_path / "body").write_bytes(login_body(size))
    done = subprocess.run(
        ["curl", "-sS", "--cacert", own_api.stack.authorities.server_ca, "-H", "Content-Type: application/json",
         "-H", "Expect: 100-continue", "--data-binary", f"@{tmp_path}/body", "-o", tmp_path / "out",
         "-w", "%{http_code}", f"{own_api.url}/v1/auth/login"],
        capture_output=True, text=True, timeout=30)
    assert done.stdout == status, done.stderr
