"""A PBX over UDP as far as the notifier sees one: answers NOTIFY and OPTIONS as it is told, and remembers."""

import hashlib
import re
import secrets
import socket
import threading
import time


def fields(message):
    """{lower-case name: [values]} of a SIP message."""
    found = {}
    for line in message.split("\r\n")[1:]:
        if not line:
            break
        name, _, value = line.partition(":")
        found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def parameters(value):
    return {name.lower(): quoted if quoted else plain
            for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', value)}


class SipPeer:
    """
    answer(request) -> a status code, (status, [extra header lines]), or None for silence; by default 200.
    With a password every NOTIFY is challenged first (407, digest), and wrong credentials get 407 again.
    """

    def __init__(self, answer=None, password=None, algorithm="MD5"):
        self.answer = answer or (lambda request: 200)
        self.password, self.algorithm = password, algorithm
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.notifies = []  # (monotonic time, user, event), one per transaction that was let in
        self.messages = []
        self.arrivals = []  # (monotonic time, first line's method) of each request, retransmissions left out
        self._done, self._seen = {}, set()
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def stop(self):
        self._stop = True
        self._thread.join()
        self.socket.close()

    def _reply(self, message, head, source, status, extra=()):
        lines = [f"SIP/2.0 {status} Reason"]
        lines += [f"Via: {via}" for via in head.get("via", [])]
        to = head["to"][0]
        lines += [f"From: {head['from'][0]}", f"To: {to}{'' if 'tag=' in to else ';tag=peer'}",
                  f"Call-ID: {head['call-id'][0]}", f"CSeq: {head['cseq'][0]}", *extra, "Content-Length: 0", "", ""]
        self.socket.sendto("\r\n".join(lines).encode(), source)

    def _is_good(self, method, given):
        digest = (lambda text: hashlib.sha256(text.encode()).hexdigest()) if self.algorithm == "SHA-256" \
            else (lambda text: hashlib.md5(text.encode()).hexdigest())
        first = digest(f"{given['username']}:{given['realm']}:{self.password}")
        second = digest(f"{method}:{given['uri']}")
        want = digest(f"{first}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{second}")
        return given.get("response") == want and given.get("algorithm") == self.algorithm

    def _run(self):
        while not self._stop:
            try:
                data, source = self.socket.recvfrom(65536)
            except (TimeoutError, OSError):
                continue
            message = data.decode("utf-8", "replace")
            if message.startswith("SIP/2.0"):
                continue
            self.messages.append(message)
            head = fields(message)
            method, uri = message.split(" ", 2)[:2]
            branch = head["via"][0]
            if (branch, method) not in self._seen:
                self._seen.add((branch, method))
                self.arrivals.append((time.monotonic(), method))
            if method == "OPTIONS":
                status = self.answer("OPTIONS")
                if status is not None:
                    self._reply(message, head, source, 200 if status == 200 else status)
                continue
            if method != "NOTIFY":
                self._other(message, head, source)
                continue
            if branch not in self._done:
                self._done[branch] = self._judge(method, uri, head)
            if self._done[branch] is not None:
                self._reply(message, head, source, *self._done[branch])

    def _other(self, message, head, source):
        """Any other request: silence. For a test's own kind of peer to replace."""

    def _judge(self, method, uri, head):
        if self.password is not None:
            given = parameters(head.get("proxy-authorization", [""])[0])
            if not given or not self._is_good(method, given):
                return 407, [f'Proxy-Authenticate: Digest realm="peer", nonce="{secrets.token_hex(8)}", '
                             f'algorithm={self.algorithm}, qop="auth"']
        user = re.match(r"sip:([^@]*)@", uri).group(1)
        self.notifies.append((time.monotonic(), user, head["event"][0]))
        said = self.answer(user)
        return None if said is None else said if isinstance(said, tuple) else (said, [])
