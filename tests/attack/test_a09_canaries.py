"""A9: 200 secrets are planted, used, mistyped and refused; then everything that a thief might get is searched
for them: dump and files of the database, Redis, logs, metrics, answers of the API, and the memory of all processes.

What must hold a secret is told by name: the answer that hands it out once, the phone's own file, the
notifier's memory of the control account whose PBX it holds open; and the keys themselves, in memory.
"""

import base64
import http.client
import json
import pathlib
import random
import secrets
import socket
import subprocess
import time

import pytest

from enrolment import Enrolled, provisioning
from hardened import Hardened
from postgres import BIN as PG_BIN
from seal import data_key, seal
from sip_peer import SipPeer
from stack import parameters, wait_until


MARK = "cnry"  # 3 bytes of it make 4 whole digits of base64


def base64_of(text):
    """As it begins, whatever follows."""
    return base64.b64encode(text.encode()[:len(text) // 3 * 3])


class Canaries:
    """Texts that are nowhere else in the world."""

    def __init__(self):
        self.kinds = {}  # text: what it was planted as

    def new(self, kind, length=24):
        """All begin alike, so that one look through a gigabyte finds them all."""
        text = MARK + "".join(random.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(length - len(MARK)))
        self.kinds[text] = kind
        return text

    def add(self, kind, text):
        self.kinds[text] = kind

    def found(self, data, but=()):
        """What of them is in these bytes, as it is, in hexadecimal digits or in base64."""
        kinds = set()
        for form, begins in ((str.encode, MARK.encode()), (lambda text: text.encode().hex().encode(),
                             MARK.encode().hex().encode()), (base64_of, base64_of(MARK))):
            forms = {form(text): (text, kind) for text, kind in self.kinds.items()}
            own = [one for one in forms if not one.startswith(begins)]  # drawn by Beckon
            sizes = {len(one) for one in forms}
            hits = [one for one in own if one in data]
            at = data.find(begins)
            while at >= 0:
                hits += [data[at:at + size] for size in sizes if data[at:at + size] in forms]
                at = data.find(begins, at + 1)
            kinds |= {forms[hit][1] for hit in hits if forms[hit][0] not in but}
        return sorted(kinds)


class Planted:
    """The installation after all of it; `answers` are those that may not hold a secret."""

    def __init__(self, installation, peer):
        self.installation, self.stack, self.api = installation, installation.stack, installation.api
        self.peer, self.canaries, self.answers = peer, Canaries(), []
        self.control = self.canaries.new("control account in use")
        peer.password = self.control
        self.tenant = self.stack.tenant()
        self.phones = []
        self.with_people()
        self.with_pbxs()
        self.with_accounts()
        self.with_layers()
        self.with_enrolments()
        self.with_uploads()
        self.with_rest()
        self.with_mistakes()
        self.with_traffic()
        self.with_uploads()

    def ask(self, client, status, method, path, body=None, **options):
        answer = client.expect(status, method, path, body, **options)
        self.answers.append(answer.body)
        return answer

    def with_people(self):
        password = self.canaries.new("password of an admin")
        email = f"canary@{self.tenant.name}.example"
        self.stack.beckon("user", "add", email, "--tenant", self.tenant.name, "--role", "admin", "--password-file", "-",
                          stdin=password)
        self.admin = self.api.login(email, password=password)
        self.canaries.add("access token", self.admin.token)
        for number in range(10):
            word = self.canaries.new("password by the API")
            mail = f"person{number}@{self.tenant.name}.example"
            made = self.ask(self.admin, 201, "POST", "/v1/users", {
                "email": mail, "display_name": "P", "role": "viewer", "password": word})
            other = self.canaries.new("another password by the API")
            self.ask(self.admin, 200, "PATCH", f"/v1/users/{made.json['id']}", {"password": other})
            self.ask(self.api.anonymous, 401, "POST", "/v1/auth/login", {"email": mail, "password": word})
            self.canaries.add("access token", self.api.login(mail, password=other).token)
            self.ask(self.api.anonymous, 401, "POST", "/v1/auth/login", {
                "email": mail, "password": self.canaries.new("a wrong password")})

    def with_pbxs(self):
        self.pbx_id = self.admin.get("/v1/pbxs").json["items"][0]["id"]
        self.ask(self.admin, 200, "PATCH", f"/v1/pbxs/{self.pbx_id}", {"control": {
            "driver": "sip", "address": self.peer.address, "username": "beckon", "secret": self.control,
            "rate_per_s": 50, "in_flight_max": 20}})
        for number in range(8):
            self.ask(self.admin, 201, "POST", "/v1/pbxs", {
                "name": f"c{number}", "domain": f"c{number}.{self.tenant.domain}", "registrars": [{"host": "sip.example"}],
                "control": {"driver": "sip", "address": "127.0.0.1:5", "username": "beckon",
                            "secret": self.canaries.new("control account by the API")}},
                headers={"Idempotency-Key": f"pbx-{number}"})

    def with_accounts(self):
        for _ in range(20):
            phone = self.tenant.phone(secret=self.canaries.new("SIP password by the command line"))
            self.phones.append(phone)
        for number in range(40):
            word = self.canaries.new("SIP password by the API")
            made = self.ask(self.admin, 201, "POST", "/v1/extensions", {
                "pbx_id": self.pbx_id, "number": f"{5000 + number}", "secret": word})
            if number % 2:
                self.ask(self.admin, 200, "PATCH", f"/v1/extensions/{made.json['id']}",
                         {"secret": self.canaries.new("another SIP password by the API")})

    def with_layers(self):
        for phone in self.phones[:10]:
            self.stack.beckon("setting", "set", "--tenant", self.tenant.name, "--mac", phone.mac,
                              "security.admin_secret=@-", stdin=self.canaries.new("web password by the command line"))
        for phone in self.phones[10:]:
            self.ask(self.admin, 200, "PATCH", f"/v1/devices/{phone.device_id()}", {"settings": {
                "security.admin_secret": self.canaries.new("web password by the API"),
                "security.user_secret": self.canaries.new("the user's web password by the API")}})
        self.ask(self.admin, 201, "POST", "/v1/profiles", {"name": "canary", "settings": {
            "security.admin_secret": self.canaries.new("web password of a profile")}})
        self.ask(self.admin, 200, "PATCH", "/v1/tenant", {"settings": {
            "security.user_secret": self.canaries.new("web password of all phones")}})

    def with_enrolments(self):
        """The URL with its token is told to whoever arms, once; the secret to the phone alone."""
        self.enrolled = []
        for method in ("url", "basic") * 5:
            one = Enrolled(self.tenant, policy={"enrolment": "token", "enrolment_secret": method})
            self.canaries.add("SIP password by the command line", one.secret)
            armed = self.admin.expect(201, "POST", f"/v1/devices/{one.id}/enrolment", {})
            one.url = armed.json["url"]
            self.canaries.add("enrolment token", one.url.split("/e-")[1].split("/")[0].rstrip("/"))
            self.enrolled.append((method, one))

    def with_rest(self):
        key = data_key(self.stack, self.tenant.id)
        for number in range(10):
            row = self.stack.sql(
                "insert into app.webhook (tenant_id, url, events, secret) values (%s, 'https://a.example/', '{x}', %s)"
                " returning webhook_id", (self.tenant.id, seal(key, "x", b"x")))[0][0]
            word = self.canaries.new("key of a web hook")
            self.stack.sql("update app.webhook set secret = %s where webhook_id = %s", (
                seal(key, f"{self.tenant.id}/webhook.secret/{row}", word.encode()), row))
            pin = self.canaries.new("PIN", 12)
            self.stack.sql(
                "update app.extension set pin = %s where tenant_id = %s and extension_id = (select extension_id"
                " from app.extension where tenant_id = %s order by 1 offset %s limit 1)",
                (seal(key, "x", pin.encode()), self.tenant.id, self.tenant.id, number))

    def with_uploads(self):
        """What phones wrote is read back by them and by their admin, and by nobody else."""
        for number, phone in enumerate(self.phones):
            word = self.canaries.new("in a file that a phone wrote")
            text = f"#!version:1.0.0.1\naccount.1.password = {word}\n" + "linekey.1.label = x\n" * 100 * number
            path = f"/{self.tenant.key}/{phone.mac}-local.cfg"
            assert phone.get(path, "PUT", body=text.encode()).status == 200
            assert phone.get(path).body == text.encode()
            where = f"/v1/devices/{phone.device_id()}/uploads"
            upload = self.ask(self.admin, 200, "GET", where).json["items"][0]
            assert self.admin.expect(200, "GET", f"{where}/{upload['id']}/content").body == text.encode()

    def mistakes(self):
        """(what, path, body) of requests that are answered 422, some by a sentence that repeats the secret."""
        def extension(**members):
            return {"pbx_id": self.pbx_id, "number": "1", "secret": "x", **members}

        def control(**members):
            return {"name": "x", "domain": "x.example", "registrars": [{"host": "sip.example"}],
                    "control": {"driver": "sip", "address": "127.0.0.1:5", "username": "x", "secret": "x", **members}}

        return (
            ("in a number", "/v1/extensions", lambda word: extension(number=f"1 {word}")),
            ("too long", "/v1/extensions", lambda word: extension(secret=word * 10)),
            ("in a list", "/v1/extensions", lambda word: extension(secret=[word])),
            ("as an id", "/v1/extensions", lambda word: extension(pbx_id=word)),
            ("as a name", "/v1/extensions", lambda word: extension(**{word: 1})),
            ("as a setting", "/v1/profiles", lambda word: {"name": "x", "settings": {word: "1"}}),
            ("as a setting's value", "/v1/profiles",
             lambda word: {"name": "x", "settings": {"sip.register_expires_s": word}}),
            ("as a maker", "/v1/profiles", lambda word: {"name": "x", "raw": {word: {"a": "1"}}}),
            ("as a driver", "/v1/pbxs", lambda word: control(driver=word)),
            ("as an option", "/v1/pbxs", lambda word: control(options={word: "x"})),
            ("as an option's value", "/v1/pbxs", lambda word: control(options={"transport": word})),
        )

    def with_mistakes(self):
        """Secrets where none belongs, and what no layer accepts: refused, and forgotten."""
        new = self.canaries.new
        for what, status, path, body in (
            *((what, 422, path, body) for what, path, body in self.mistakes()),
            ("a number that is taken", 409, "/v1/extensions",
             lambda word: {"pbx_id": self.pbx_id, "number": "5000", "secret": word}),
            ("no e-mail", 422, "/v1/users",
             lambda word: {"email": "x", "display_name": "x", "role": "viewer", "password": word}),
            ("too long", 422, "/v1/profiles",
             lambda word: {"name": "x", "settings": {"security.admin_secret": word * 4}}),
            ("no JSON", 400, "/v1/users", lambda word: '{"password": "' + word),
            ("nobody", 401, "/v1/auth/login", lambda word: {"email": "nobody@x.example", "password": word}),
        ):
            for _ in range(3):
                # The answer may repeat what was wrong to whoever sent it; nobody else gets to see it.
                self.admin.expect(status, "POST", path, body(new(f"mistake: {what}: {status} {path}")))
        for _ in range(5):
            self.api.with_token(new("no token at all", 60)).get("/v1/me")
            self.admin.get("/v1/me?" + new("query of the API"))
            self.stack.beckon_run("extension", "add", "--tenant", self.tenant.name, "--pbx", "nothing", "1",
                                  "--secret-file", "-", stdin=new("SIP password for no PBX"))

    def with_traffic(self):
        for phone in self.phones:
            assert parameters(phone.get().body)["account.1.password"] == phone.secret
            phone.get(f"{phone.own_file}?{self.canaries.new('query of a phone')}")
        for method, one in self.enrolled:
            path = one.url[one.url.index("/", 8):]
            url, user, password = provisioning(one.get(path.rstrip("/") + "/" + one.file))
            if method == "url":
                secret = url.split("/s-")[1].split("/")[0]
                answer = one.get(one.steady_path(secret))
            else:
                secret = password
                answer = one.basic(secret) if method == "basic" else one.get(one.plain_path, headers=[(
                    "Authorization", "Digest " + self.canaries.new("half a Digest"))])
            self.canaries.add("steady secret", secret)
            if method != "digest":
                assert parameters(answer.body)["account.1.password"] == one.secret
            one.basic(self.canaries.new("a wrong Basic password"))
        job = self.admin.expect(202, "POST", "/v1/jobs", {"device_id": self.phones[0].device_id(), "kind": "reprovision"}).json
        wait_until("the phone is called", lambda: self.admin.get(f"/v1/jobs/{job['id']}").json["state"] != "queued", 20)
        # PostgreSQL goes away in the middle of it.
        self.stack.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^beckon'")
        for _ in range(5):
            self.api.anonymous.request("POST", "/v1/auth/login", {
                "email": "a@b.example", "password": self.canaries.new("password while the database is away")})
        wait_until("all ready", lambda: self.stack.admin("/readyz")[0] == 200 and self.api.look("/readyz")[0] == 200, 30)
        for path in ("/v1/tenant", "/v1/users", "/v1/sites", "/v1/profiles", "/v1/pbxs", "/v1/extensions", "/v1/devices",
                     "/v1/jobs", "/v1/visits", "/v1/refusals", "/v1/audit-events", "/v1/anomalies", "/v1/me",
                     f"/v1/devices/{self.phones[0].device_id()}", f"/v1/devices/{self.enrolled[0][1].id}/enrolment"):
            self.ask(self.admin, 200, "GET", path)


    def with_uploads(self):
        """A phone's own settings hold passwords too: short and long ones, refused, too long, and half of one."""
        for number, phone in enumerate(self.phones[:6]):
            path, theirs = (f"/{self.tenant.key}/{mac}-local.cfg" for mac in (phone.mac, self.phones[-1].mac))
            word = self.canaries.new("what a phone wrote")
            assert phone.get(path, "PUT", body=(word * (1, 200, 9000)[number % 3]).encode()).status == 200
            assert word.encode() in phone.get(path).body
            word = self.canaries.new("what a phone may not write")
            assert phone.get(theirs, "PUT", body=(word * (1, 200, 9000)[number % 3]).encode()).status == 404
            word = self.canaries.new("what is too long")
            assert phone.get(path, "PUT", body=(word * 20000).encode()).status == 413
            with phone.connect() as connection:
                word = self.canaries.new("half of what a phone writes")
                connection.send(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n{word * 1000}".encode())


@pytest.fixture(scope="module")
def planted(authorities):
    peer = SipPeer(password=secrets.token_hex(4))
    try:
        with Hardened(authorities) as installation:
            yield Planted(installation, peer)
    finally:
        peer.stop()


def test_there_are_200_of_them_and_a_search_finds_what_is_there(planted):
    assert len(planted.canaries.kinds) >= 200
    word, kind = next(iter(planted.canaries.kinds.items()))
    for form in (word, word.encode().hex(), base64.b64encode(word.encode()).decode()):
        assert planted.canaries.found(b"x" + form.encode() + b"y") == [kind]


def test_a_dump_and_the_files_of_the_database_hold_none(planted):
    stack = planted.stack
    dump = subprocess.run([PG_BIN / "pg_dump", "--dbname", stack.database.dsn()], capture_output=True, check=True).stdout
    assert b"COPY app.extension" in dump
    assert planted.canaries.found(dump) == []
    stack.sql("checkpoint")
    files = [path for path in stack.cluster.directory.rglob("*") if path.is_file()]
    assert any("pg_wal" in str(path) for path in files)
    assert {path.name: found for path in files if (found := planted.canaries.found(path.read_bytes()))} == {}


def test_redis_holds_none(planted):
    redis = planted.installation.redis
    assert redis.command("SAVE") == "+OK"
    assert planted.canaries.found((redis.directory / "dump.rdb").read_bytes()) == []


def test_logs_and_metrics_hold_none(planted):
    installation = planted.installation
    for log in installation.logs:
        assert planted.canaries.found(log.read_bytes()) == [], log.name
    for text in (planted.stack.admin("/metrics")[1], installation.api.look("/metrics")[1],
                 installation.notifier.look("/metrics")[1]):
        assert "beckon_" in text and planted.canaries.found(text.encode()) == []


def test_answers_of_the_api_hold_none(planted):
    assert len(planted.answers) > 100
    assert [found for body in planted.answers if (found := planted.canaries.found(body))] == []


def memory(pid):
    """Everything that a core would hold, and what is kept out of one: all memory that can be read."""
    parts = []
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as source:
        for row in maps:
            span, rights = row.split()[:2]
            if "r" not in rights or "[v" in row:
                continue
            begin, end = (int(number, 16) for number in span.split("-"))
            try:
                source.seek(begin)
                parts.append(source.read(end - begin) or b"")
            except OSError:
                continue
    return b"\0".join(parts)


def left_in_memory(planted, whose=""):
    left = {}
    for name, pid in planted.installation.processes:
        if not name.startswith(whose):
            continue
        but = (planted.control,) if name == "beckon-notifier" else ()
        found = planted.canaries.found(memory(pid), but)
        if found:
            left[f"{name} {pid}"] = found
    return left


def test_memory_holds_none_when_all_is_done(planted):
    """Root alone may look (test_a24_secrets.py); an idle process has nothing left but keys, and open PBXs."""
    assert left_in_memory(planted) == {}


def test_keys_are_in_their_files_and_in_memory_once(planted):
    stack = planted.stack
    digits = stack.master_key.read_text().strip()
    master = bytes.fromhex(digits)
    pem = [line.encode() for line in planted.api.jwt_key.read_text().splitlines() if not line.startswith("-")]
    forms = [digits.encode(), master, base64.b64encode(master)[:-2], *pem]
    key = data_key(stack, planted.tenant.id)
    forms += [key, key.hex().encode(), base64.b64encode(key)[:-2]]
    redis = planted.installation.redis
    assert redis.command("SAVE") == "+OK"
    stored = [path for path in stack.cluster.directory.rglob("*") if path.is_file()]
    for path in [*stored, redis.directory / "dump.rdb", *planted.installation.logs]:
        data = path.read_bytes()
        assert not [form for form in forms if form in data], path.name
    for name, pid in planted.installation.processes:
        data = memory(pid)
        assert data.count(master) == 1, name  # on the page that is neither swapped nor dumped
        assert digits.encode() not in data, name
        if name != "beckon-notifier":  # which holds it with the PBX
            assert key not in data, name


def left_when_idle(planted, patience_s=3):
    """What the API still has when whatever was under way is over: an answer is read before its request is freed."""
    end = time.monotonic() + patience_s
    looks = 1  # one may take longer than that on a busy machine, and the first begins too early
    while (left := left_in_memory(planted, "beckon-api worker")) and (time.monotonic() < end or looks < 3):
        looks += 1
        time.sleep(0.1)
    return left


class Wire:
    """One connection to the API, told record by record what to send."""

    def __init__(self, planted):
        api = planted.api
        self.planted = planted
        plain = socket.create_connection(("127.0.0.1", api.port), timeout=20)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = api.tls.wrap_socket(plain, server_hostname="127.0.0.1")

    def request(self, body, path="/v1/extensions", header="x-more: none"):
        text = json.dumps(body).encode()
        return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.planted.admin.token}\r\n{header}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n").encode() + text

    def send(self, *pieces):
        """Each is read before the next comes."""
        for at, piece in enumerate(pieces):
            if at > 0:
                time.sleep(0.02)
            self.tls.sendall(piece)

    def status(self):
        answer = http.client.HTTPResponse(self.tls)
        answer.begin()
        answer.read()
        return answer.status

    def close(self):
        self.tls.close()


def test_memory_holds_none_of_what_was_refused_at_once(planted):
    """Many at a time: what one leaves is not overwritten by the next."""
    for what, path, body in planted.mistakes():
        wires = [Wire(planted) for _ in range(12)]  # a look may take longer than a connection may rest
        for wire in wires:
            wire.send(wire.request(body(planted.canaries.new(f"refused at once: {what}")), path))
        assert [wire.status() for wire in wires] == [422] * len(wires), what
        assert left_when_idle(planted) == {}
        for wire in wires:
            wire.close()


def test_memory_holds_none_of_what_came_in_pieces(planted):
    wires = []
    for what, path, body in planted.mistakes():
        word = planted.canaries.new(f"in pieces: {what}")
        wires.append(Wire(planted))
        data = wires[-1].request(body(word), path)
        middle = data.index(word.encode()) + len(word) // 2
        wires[-1].send(data[:middle], data[middle:])
    for wire in wires:
        assert wire.status() == 422
    assert left_when_idle(planted) == {}
    for wire in wires:
        wire.close()


def test_memory_holds_none_of_a_body_that_outgrew_its_buffer(planted):
    """Its beginning was in smaller ones."""
    wires = []
    for size in (5000, 12000, 30000, 100000):
        for step in (4000, 200000):
            word = planted.canaries.new(f"in a body of {size} bytes, {step} at a time")
            wires.append(Wire(planted))
            data = wires[-1].request({"secret": word, "pbx_id": planted.pbx_id, "number": "n" * size})
            wires[-1].send(*(data[at:at + step] for at in range(0, len(data), step)))
    for wire in wires:
        assert wire.status() == 422
    assert left_when_idle(planted) == {}
    for wire in wires:
        wire.close()


def test_memory_holds_none_of_what_was_never_served(planted):
    wires = []
    for what, is_behind, make in (
        ("a second request in the record of the first", True, lambda wire, word: wire.request({"secret": word})),
        ("half a second request", True, lambda wire, word: wire.request({"secret": word})[:-1]),
        ("half a request", False, lambda wire, word: wire.request({"secret": word}, header="x-more: " + word)[:-1]),
        ("half a request with a query", False, lambda wire, word: wire.request({}, "/v1/me?" + word)[:-1]),
        ("half a request with a long head", False,
         lambda wire, word: wire.request({}, header="x-more: " + "x" * 3000 + word)[:-1]),
        ("half a head", False, lambda wire, word: b"GET / HTTP/1.1\r\nAuthorization: Basic " + word.encode()),
        ("a body that is too long", False,
         lambda wire, word: wire.request({"secret": word, "x": "x" * 2000000})[:9000]),
    ):
        for _ in range(4):  # at the same time, so that no other takes the memory of all
            wire = Wire(planted)
            first = wire.request({"pbx_id": planted.pbx_id, "number": "no number"}) if is_behind else b""
            wire.send(first + make(wire, planted.canaries.new(f"never served: {what}")))
            if is_behind:
                assert wire.status() == 422
            wires.append(wire)
    for wire in wires:
        wire.close()
    assert left_when_idle(planted) == {}
