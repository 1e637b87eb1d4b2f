"""The simulated Grandstream against a server that is none of ours: what it sends is judged here, by the RFCs alone.

Where the service and the simulator were wrong in the same way, tests with both of them would be content.
"""

import base64
import hashlib
import http.server
import ssl
import subprocess
import threading
import urllib.request

import pytest

import pki
from stack import BIN, Simulation

MAC, MODEL = "c074ad000001", "grp2614"
AGENT = f"Grandstream Model HW GRP2614 SW 1.0.5.15 DevId {MAC}"
USER, PASSWORD = MAC, 'a "steady" \\ secret'
REALM, NONCE, OPAQUE = "somebody's", "n0nce,of=ours", "0paque"
OWN = f"cfg{MAC}.xml"


def gs_file(mac=MAC, **values):
    rows = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<gs_provision version="1">\n<mac>{mac}</mac>\n'
            f'<config version="1">{rows}</config>\n</gs_provision>\n')


def is_basic(value, *_):
    return value == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def is_digest(algorithm):
    """RFC 7616 3.4.1 with qop=auth, written down from there."""
    def h(text):
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[algorithm], text.encode()).hexdigest()

    def judge(value, method, target):
        scheme, _, rest = value.partition(" ")
        if scheme != "Digest":
            return False
        given = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
        want = h(":".join([h(f"{USER}:{REALM}:{PASSWORD}"), NONCE, given["nc"], given["cnonce"], "auth",
                           h(f"{method}:{target}")]))
        return (given["response"] == want and given["username"] == USER and given["uri"] == target
                and given["nonce"] == NONCE and given["realm"] == REALM and given["opaque"] == OPAQUE
                and given["qop"] == "auth" and given["algorithm"] == algorithm and given["nc"] == "00000001")

    return judge


def digest_challenge(algorithm):
    return f'Digest realm="{REALM}", nonce="{NONCE}", opaque="{OPAQUE}", qop="auth", algorithm={algorithm}'


# What the server asks for behind the steady URL, and what is an answer to that. Of two it takes SHA-256.
LOGINS = {
    "secret in the URL": ([], lambda value, *_: value == ""),
    "Basic": (['Basic realm="x"'], is_basic),
    "Digest MD5": ([digest_challenge("MD5")], is_digest("MD5")),
    "Digest SHA-256": ([digest_challenge("MD5"), digest_challenge("SHA-256")], is_digest("SHA-256")),
}


class Server:
    """Files by path, over TLS; below /steady only for those who answer the challenges."""

    def __init__(self, directory, authorities, challenges=(), is_answer=lambda *_: True):
        self.files, self.seen = {}, []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                login = self.headers.get("Authorization", "")
                status = 200 if self.path in server.files else 404
                if self.path.startswith("/steady/") and not is_answer(login, "GET", self.path):
                    status = 401
                server.seen.append((self.path, status, self.headers["User-Agent"], bool(login)))
                body = server.files[self.path].encode() if status == 200 else b""
                self.send_response(status)
                for challenge in challenges if status == 401 else ():
                    self.send_header("WWW-Authenticate", challenge)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        cert, key = pki.server(authorities.server).write(directory, "other-server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.host = f"127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()
        self.ca, self.memory = authorities.server_ca, directory / "memory"

    def run(self, *words):
        self.seen.clear()
        process = subprocess.Popen(
            [BIN / "phonesim", "--maker", "grandstream", "--mac", MAC, "--url", f"https://{self.host}/token",
             "--server-ca", self.ca, "--state", self.memory, "--print-state", *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return Simulation.of(process)

    def asked(self):
        return [(path, status) for path, status, *_ in self.seen]

    def stop(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def serve(tmp_path, authorities):
    made = []

    def start(*login):
        made.append(Server(tmp_path, authorities, *login))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.mark.parametrize("login", LOGINS)
def test_a_first_file_leads_it_to_where_it_stays(serve, login):
    challenges, is_answer = LOGINS[login]
    server = serve(challenges, is_answer)
    way = {"P237": f"{server.host}/steady", "P212": 2}
    if challenges:
        way |= {"P1360": USER, "P1361": PASSWORD.replace('"', "&quot;").replace("\\", "&#92;")}
    server.files[f"/token/{OWN}"] = gs_file(**way)
    server.files[f"/steady/{OWN}"] = gs_file(**way, P271=1, P47="pbx.example", P35="1001", P34="a&amp;b&lt;")

    def rounds(path, *statuses):
        twice = [401] if challenges else []
        return [(f"/{path}/{file}", status) for file, last in zip((f"cfg{MAC}.bin", OWN), statuses)
                for status in ([*twice, last] if path == "steady" else [last])]

    first = server.run()
    assert first.code == 0, first.output
    assert server.asked() == rounds("token", 404, 200) + rounds("steady", 404, 200)
    assert {agent for _, _, agent, _ in server.seen} == {AGENT}
    assert not any(told for path, _, _, told in server.seen if path.startswith("/token/"))
    account, = first.state["accounts"]
    assert (account["server"], account["user_name"], account["password"]) == ("pbx.example", "1001", "a&b<")

    again = server.run()
    assert again.code == 0 and server.asked() == rounds("steady", 404, 200), again.output

    reset = server.run("--factory-reset")
    assert reset.code == 0, reset.output
    assert server.asked() == rounds("token", 404, 200) + rounds("steady", 404, 200)


def test_a_wrong_password_is_tried_once_and_nothing_is_lost(serve):
    challenges, is_answer = LOGINS["Digest SHA-256"]
    server = serve(challenges, is_answer)
    server.files[f"/token/{OWN}"] = gs_file(P237=f"{server.host}/steady", P212=2, P1360=USER, P1361="wrong")
    run = server.run()
    assert run.code == 1 and run.state["accounts"] == [], run.output
    steady = [status for path, status in server.asked() if path == f"/steady/{OWN}"]
    assert steady == [401, 401]
    assert run.state["url"] == f"https://{server.host}/steady"


def test_the_first_file_that_is_there_is_the_one(serve):
    server = serve()
    server.files["/token/cfg.xml"] = gs_file(P271=1, P47="pbx.example", P35="1001", P34="x")
    run = server.run()
    assert run.code == 0, run.output
    assert server.asked() == [(f"/token/cfg{MAC}.bin", 404), (f"/token/{OWN}", 404), (f"/token/cfg{MODEL}.xml", 404),
                              ("/token/cfg.xml", 200)]


def test_the_file_of_another_phone_is_not_taken(serve):
    server = serve()
    server.files[f"/token/{OWN}"] = gs_file("c074ad000002", P271=1, P47="pbx.example", P35="1001", P34="x")
    run = server.run()
    assert run.code == 1 and run.state["accounts"] == []
    assert any("another phone" in event["text"] for event in run.of_kind("error")), run.output
