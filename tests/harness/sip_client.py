"""One SIP request over UDP as a control account sends it: retransmitted, answered to a digest challenge once."""

import hashlib
import secrets
import socket
import time

from sip_peer import fields, parameters

CHALLENGES = {407: ("proxy-authenticate", "Proxy-Authorization"), 401: ("www-authenticate", "Authorization")}
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def split_address(address):
    host, _, port = address.rpartition(":")
    return host, int(port)


def digest_answer(challenge, method, uri, user, password, count=1):
    """The value of (Proxy-)Authorization for a challenge (RFC 7616 3.4.1, qop auth)."""
    asked = parameters(challenge)
    algorithm = asked.get("algorithm", "MD5")
    cnonce = secrets.token_hex(8)

    def digest(text):
        return HASHES[algorithm](text.encode()).hexdigest()

    first = digest(f"{user}:{asked['realm']}:{password}")
    response = digest(f"{first}:{asked['nonce']}:{count:08x}:{cnonce}:auth:{digest(f'{method}:{uri}')}")
    return (f'Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={algorithm}, qop=auth, nc={count:08x}, cnonce="{cnonce}"')


class SipClient:
    """
    address: whom the packets go to, "127.0.0.1:5060". request() returns (status, text of the final answer), or
    (None, "") when none came in time.
    """

    def __init__(self, address):
        self.peer = split_address(address)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, text):
        self.socket.sendto(text.encode(), self.peer)

    def text_of(self, method, uri, sender, extra=(), branch=None, call_id=None, cseq=1, to=None):
        host, port = self.socket.getsockname()
        return "\r\n".join([
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch={branch or 'z9hG4bK' + secrets.token_hex(8)};rport",
            "Max-Forwards: 70", f"From: <{sender}>;tag={secrets.token_hex(4)}", f"To: {to or f'<{uri}>'}",
            f"Call-ID: {call_id or secrets.token_hex(8)}", f"CSeq: {cseq} {method}",
            f"Contact: <sip:{host}:{port}>", *extra, "Content-Length: 0", "", ""])

    def receive(self, call_id, timeout_s):
        """(status, text) of the next answer to call_id, provisional ones too; None after timeout_s."""
        due = time.monotonic() + timeout_s
        while (left := due - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text = self.socket.recv(65536).decode("utf-8", "replace")
            except (TimeoutError, ConnectionRefusedError):
                continue
            if text.startswith("SIP/2.0 ") and fields(text).get("call-id") == [call_id]:
                return int(text.split(" ", 2)[1]), text
        return None

    def exchange(self, text, timeout_s):
        call_id = fields(text)["call-id"][0]
        due, wait_s = time.monotonic() + timeout_s, 0.5
        self.send(text)
        while (left := due - time.monotonic()) > 0:
            answer = self.receive(call_id, min(wait_s, left))
            if answer is None:
                self.send(text)  # RFC 3261 17.1.2.2, timer E
                wait_s = min(wait_s * 2, 4)
            elif answer[0] >= 200:
                return answer
        return None, ""

    def request(self, method, uri, sender="sip:test@127.0.0.1", extra=(), user=None, password=None, line=None,
                timeout_s=15):
        """user, password: for a 407; line: (user, password) for a 401, which a phone makes."""
        call_id = secrets.token_hex(8)
        accounts = {407: (user, password), 401: line or (None, None)}
        challenges = {}  # status: challenge; each is answered in every request from then on
        for cseq in (1, 2, 3):
            given = [
                f"{CHALLENGES[status][1]}: {digest_answer(challenge, method, uri, *accounts[status], count=cseq)}"
                for status, challenge in challenges.items()
            ]
            text = self.text_of(method, uri, sender, [*extra, *given], call_id=call_id, cseq=cseq)
            status, answer = self.exchange(text, timeout_s)
            if status not in CHALLENGES or status in challenges or accounts[status][0] is None:
                break
            challenges[status] = fields(answer)[CHALLENGES[status][0]][0]
        return status, answer

    def notify(self, aor, event, **options):
        """An unsolicited NOTIFY to an address of record, as a provisioning service sends it."""
        return self.request("NOTIFY", f"sip:{aor}", extra=[f"Event: {event}", "Subscription-State: terminated"],
                            **options)

