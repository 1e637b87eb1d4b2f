"""Raw bytes over TLS: what a well-behaved HTTP library would not send, and what it would hide of the answer.

    with Connection(("127.0.0.1", 8443), phone.cert, phone.key, ca) as connection:
        connection.send(b"GET / HTTP/1.1\\r\\n…")
        answers, is_closed = connection.read_to_close()

Every wait has a deadline; nothing sleeps.
"""

import socket
import ssl
import time


class Answer:
    """One HTTP answer as it came: header fields in their order."""

    def __init__(self, status_line, fields, body):
        self.status_line = status_line
        self.status = int(status_line.split(b" ", 2)[1])
        self.fields = fields  # [(name, value)], as sent
        self.body = body

    def field(self, wanted):
        found = [value for name, value in self.fields if name.lower() == wanted.lower()]
        return found[0] if found else None

    def shape(self, without=("date",)):
        """What an outsider can compare: status line, fields in order, body."""
        fields = [
            (name, value) for name, value in self.fields if name.lower() not in without
        ]
        return (self.status_line, [name for name, _ in self.fields], fields, self.body)

    def __repr__(self):
        return f"<{self.status_line!r} {self.fields!r} {self.body[:200]!r}>"


class NotHttp(Exception):
    pass


def _head(data):
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = data[:end].split(b"\r\n")
    if not lines[0].startswith(b"HTTP/1."):
        raise NotHttp(f"no status line: {data[:80]!r}")
    fields = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon:
            raise NotHttp(f"no header field: {line!r}")
        fields.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    return lines[0], fields, end + 4


def take_answer(data, is_head=False, is_ended=False):
    """(Answer, rest) when data begins with a whole answer, else None."""
    head = _head(data)
    if head is None:
        return None
    status_line, fields, at = head
    status = int(status_line.split(b" ", 2)[1])
    length = [value for name, value in fields if name.lower() == "content-length"]
    if any(name.lower() == "transfer-encoding" for name, _ in fields):
        raise NotHttp("a Transfer-Encoding in an answer of known length")
    if len(length) > 1:
        raise NotHttp(f"{len(length)} Content-Length fields")
    if is_head or status in (204, 304):
        return Answer(status_line, fields, b""), data[at:]
    if not length:
        return (Answer(status_line, fields, data[at:]), b"") if is_ended else None
    end = at + int(length[0])
    if len(data) < end:
        return None
    return Answer(status_line, fields, data[at:end]), data[end:]


def take_all(data):
    """Every answer in data, read to its end; rest that is no whole answer is an error."""
    answers = []
    while data:
        taken = take_answer(data, is_ended=True)
        if taken is None:
            raise NotHttp(f"no whole answer: {data[:200]!r}")
        answers.append(taken[0])
        data = taken[1]
    return answers


def context(cert, key, ca, minimum=ssl.TLSVersion.TLSv1_2, maximum=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = minimum
    if maximum is not None:
        made.maximum_version = maximum
    if ca is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_verify_locations(ca)
    if cert is not None:
        made.load_cert_chain(cert, key)
    return made


class Connection:
    """One mTLS connection. tls=None: plain TCP. before_tls: bytes sent ahead of the handshake; source: the
    address that it comes from."""

    def __init__(
        self, address, cert=None, key=None, ca=None, tls=True, timeout_s=10, before_tls=b"",
        name="localhost", tls_context=None, session=None, source=None,
    ):
        self.deadline_s = timeout_s
        self.pending = b""
        self.socket = socket.create_connection(
            address, timeout=timeout_s, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if before_tls:
            self.socket.sendall(before_tls)
        if tls:
            wrap = tls_context or context(cert, key, ca)
            try:
                self.socket = wrap.wrap_socket(self.socket, server_hostname=name, session=session)
            except BaseException:
                self.socket.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def port(self):
        return self.socket.getsockname()[1]

    def send(self, data):
        """False when the peer would not take it: it may have answered and closed already."""
        try:
            self.socket.sendall(data)
        except (ssl.SSLError, ConnectionError):
            return False
        return True

    def _receive(self, due):
        """b"" at the end, None when the deadline came."""
        left = due - time.monotonic()
        if left <= 0:
            return None
        self.socket.settimeout(left)
        try:
            return self.socket.recv(65536)
        except (socket.timeout, TimeoutError):
            return None
        except (ssl.SSLError, ConnectionError):
            return b""

    def read_answer(self, is_head=False, timeout_s=None):
        """The next answer; ConnectionError when the peer closes first, TimeoutError when it waits."""
        due = time.monotonic() + (timeout_s or self.deadline_s)
        while True:
            taken = take_answer(self.pending, is_head)
            if taken is not None:
                self.pending = taken[1]
                return taken[0]
            data = self._receive(due)
            if data is None:
                raise TimeoutError(f"no answer in time; so far {self.pending[:200]!r}")
            if data == b"":
                raise ConnectionError(f"closed without an answer; so far {self.pending[:200]!r}")
            self.pending += data

    def read_to_close(self, timeout_s=None):
        """(bytes, was it closed before the deadline?)"""
        due = time.monotonic() + (timeout_s or self.deadline_s)
        while True:
            data = self._receive(due)
            if data is None:
                return self.pending, False
            if data == b"":
                return self.pending, True
            self.pending += data

    def request(self, path, method="GET", headers=(), host="localhost", timeout_s=None, body=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b""))
        return self.read_answer(is_head=method == "HEAD", timeout_s=timeout_s)


def client_hello(name="localhost"):
    """The first bytes of a client, who then says nothing more."""
    made, incoming, outgoing = context(None, None, None), ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        made.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def handshake_fails(address, cert, key, ca, maximum=None, minimum=ssl.TLSVersion.TLSv1_2):
    """
    The bytes of HTTP an outsider gets who does everything a phone would do: b"" when there are none.
    With TLS 1.3 the client is done before the server judges its certificate, so that it takes a
    request and a read to see the refusal.
    """
    try:
        with Connection(
            address, tls_context=context(cert, key, ca, minimum=minimum, maximum=maximum)
        ) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            data, is_closed = connection.read_to_close()
            if not is_closed:
                raise TimeoutError("neither answered nor closed")
            return data
    except (ssl.SSLError, ConnectionError):
        return b""
