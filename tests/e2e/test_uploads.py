"""What phones write themselves: a Poly its log, overrides, contacts and call lists, a Yealink its user's settings."""

import base64
import hashlib
import json
import os
import re

import pytest

import pki
import rawtls
from enrolment import Enrolled
from stack import new_mac, wait_until

UPLOAD_BYTES = 20000
SETTINGS = {
    "listener.phones.upload_bytes": UPLOAD_BYTES,
    "listener.enrolment.upload_bytes": UPLOAD_BYTES,
    "listener.digest.upload_bytes": UPLOAD_BYTES,
    "listener.proxied.upload_bytes": 0,
    "limits.uploads_per_hour": 30,
    "limits.upload_device_bytes": 65536,
    "limits.bodies_bytes": 65536,
    "workers": 1,
}
EVERY_BYTE = bytes(range(256))


@pytest.fixture(scope="module")
def stack(own_stack):
    own_stack.import_root(own_stack.authorities.poly, "poly")
    own_stack.wait_roots()
    return own_stack


class Poly:
    def __init__(self, tenant):
        self.mac = f"0004f2{new_mac()[6:]}"
        leaf = pki.poly(tenant.stack.authorities.poly, self.mac)
        self.phone = tenant.phone(mac=self.mac, leaf=leaf, vendor="poly", model="VVX_450")
        self.phone.agent = lambda: f"FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 (SN:{self.mac})"
        self.tenant = tenant

    def path(self, suffix, folder="", mac=None):
        return f"/{self.tenant.key}/{folder}{mac or self.mac}{suffix}"

    def put(self, suffix, body, method="PUT", **place):
        return self.phone.get(self.path(suffix, **place), method, body=body)

    def read(self, suffix, headers=(), **place):
        return self.phone.get(self.path(suffix, **place), headers=headers)


@pytest.fixture
def poly(stack):
    return Poly(stack.tenant())


@pytest.fixture
def one(stack):
    made = Enrolled(stack.tenant(), {"enrolment": "token"})
    made.arm()
    return made


def files(tenant):
    return dict(tenant.stack.sql("select name, bytes from app.upload where tenant_id = %s", (tenant.id,)))


def wait_reason(tenant, reason):
    return tenant.wait_visit(reason, lambda status, why, *_: why == reason)


def test_a_log_grows_and_is_read_back_whole(poly):
    for part in (b"0512|so|boot\n", EVERY_BYTE, b""):
        answer = poly.put("-app.log", part)
        assert (answer.status, answer.body) == (200, b"stored\n")
    whole = poly.read("-app.log")
    assert (whole.status, whole.body) == (200, b"0512|so|boot\n" + EVERY_BYTE)
    assert whole.field("content-type") == "application/octet-stream"
    assert poly.read("-boot.log").status == 404


@pytest.mark.parametrize("suffix", ["-phone.cfg", "-web.cfg", "-directory.xml", "-calls.xml"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_what_a_user_changed_is_replaced_and_read_back(poly, suffix, method):
    assert poly.read(suffix).status == 404
    wait_reason(poly.tenant, "nothing_stored")
    for text in (b"<a first='1'/>", b"<a second='2'/>"):
        assert poly.put(suffix, text, method).status == 200
    answer = poly.read(suffix)
    assert answer.body == b"<a second='2'/>"
    again = poly.read(suffix, headers=[("If-None-Match", answer.field("etag"))])
    assert (again.status, again.body) == (304, b"")
    assert poly.put(suffix, b"<a third='3'/>").status == 200
    changed = poly.read(suffix, headers=[("If-None-Match", answer.field("etag"))])
    assert (changed.status, changed.body) == (200, b"<a third='3'/>")


def test_folders_and_letters_are_the_phones_business(poly):
    assert poly.put("-calls.xml", b"<callLists/>", folder="calls/").status == 200
    assert poly.read("-calls.xml", mac=poly.mac.upper()).body == b"<callLists/>"
    assert files(poly.tenant) == {f"{poly.mac}-calls.xml": 12}


def test_a_yealink_keeps_its_users_settings(stack):
    phone = stack.tenant().phone()
    for name in ("-local.cfg", "-contact.xml"):
        path = f"/{phone.tenant.key}/{phone.mac}{name}"
        assert phone.get(path, "PUT", body=b"of its user").status == 200
        assert phone.get(path).body == b"of its user"


def test_it_is_kept_sealed_and_never_logged(stack, poly):
    canary = f"canary-{os.urandom(8).hex()}".encode()
    assert poly.put("-phone.cfg", b"<a reg.1.auth.password='" + canary + b"'/>").status == 200
    assert canary in poly.read("-phone.cfg").body
    rows = stack.sql("select content, content_key from app.upload_part where tenant_id = %s", (poly.tenant.id,))
    assert len(rows) == 1 and canary not in bytes(rows[0][0])
    assert canary not in stack.log_path.read_bytes()


def test_a_visit_tells_what_was_written(stack, poly):
    assert poly.put("-phone.cfg", b"<a/>" * 10).status == 200
    row = poly.tenant.wait_visit("upload", lambda status, why, kind, *_: kind == "upload")
    assert row[:2] == (200, None) and row[3].endswith(f"{poly.mac}-phone.cfg")
    assert stack.sql("select bytes, revision from app.visit where tenant_id = %s and kind = 'upload'",
                     (poly.tenant.id,)) == [(40, None)]
    assert poly.read("-phone.cfg").status == 200
    poly.tenant.wait_visit("read back", lambda status, why, kind, *_: (status, kind) == (200, "override"))
    held = stack.sql("select revision_held, last_visit_at is not null from app.device_state where tenant_id = %s",
                     (poly.tenant.id,))
    assert held == [(None, True)]  # it has told nothing of the configuration that it holds


# --- who may not ---


def test_nobody_writes_or_reads_what_is_anothers(stack, poly):
    neighbour, foreign = Poly(poly.tenant), Poly(stack.tenant())
    for other in (neighbour, foreign):
        assert other.put("-phone.cfg", b"<theirs/>").status == 200
    want = poly.phone.get(f"/{poly.tenant.key}/nothing", "PUT", body=b"x").shape()
    for other in (neighbour, foreign):
        for key in (poly.tenant.key, other.tenant.key):
            path = f"/{key}/{other.mac}-phone.cfg"
            assert poly.phone.get(path, "PUT", body=b"<mine/>").shape() == want, path
            assert poly.phone.get(path).status == 404
    for other in (neighbour, foreign):
        assert other.read("-phone.cfg").body == b"<theirs/>"


@pytest.mark.parametrize("suffix", [".cfg", "-license.cfg", "-user.cfg", "-registration.cfg", "-core.tar", ".csr"])
def test_only_files_of_its_own_are_written(poly, suffix):
    assert poly.put(suffix, b"x").status == 404
    assert files(poly.tenant) == {}


def test_the_shared_directory_is_nobodys(poly):
    path = f"/{poly.tenant.key}/000000000000-directory.xml"
    assert poly.phone.get(path, "PUT", body=b"x").status == 404
    assert poly.phone.get(path).status == 404


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "MKCOL", "PROPFIND"])
def test_other_methods_change_nothing(poly, method):
    assert poly.put("-phone.cfg", b"<a/>").status == 200
    assert poly.put("-phone.cfg", b"<b/>", method).status == 404
    assert poly.read("-phone.cfg").body == b"<a/>"


def test_a_suspended_phone_writes_nothing(stack, poly):
    assert poly.put("-app.log", b"one").status == 200
    stack.sql("update app.device set state = 'suspended' where tenant_id = %s", (poly.tenant.id,))
    assert poly.put("-app.log", b"two").status == 404
    assert poly.read("-app.log").status == 404
    stack.sql("update app.device set state = 'bound' where tenant_id = %s", (poly.tenant.id,))
    assert poly.read("-app.log").body == b"one"


def test_a_listener_may_take_none(stack, poly):
    header = b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"
    place = {"address": stack.proxied_address, "before_tls": header}
    assert poly.phone.get(poly.path("-app.log"), "PUT", body=b"x", **place).status == 404
    assert poly.put("-app.log", b"x").status == 200
    assert poly.phone.get(poly.path("-app.log"), **place).body == b"x"


# --- limits ---


def test_a_file_has_its_length(stack, poly):
    assert poly.put("-phone.cfg", b"x" * UPLOAD_BYTES).status == 200
    before = stack.metric("beckon_uploads_total", 'result="too_large"')
    too_long = poly.put("-phone.cfg", b"y" * (UPLOAD_BYTES + 1))
    assert (too_long.status, too_long.body) == (413, b"too large\n")
    wait_reason(poly.tenant, "upload_too_long")
    assert poly.read("-phone.cfg").body == b"x" * UPLOAD_BYTES
    assert stack.metric("beckon_uploads_total", 'result="too_large"') == before + 1
    # Who is not known is told no more than by a short one.
    unknown = Poly(stack.tenant())
    assert unknown.phone.get(f"/{poly.tenant.key}/{unknown.mac}-phone.cfg", "PUT",
                             body=b"y" * (UPLOAD_BYTES + 1)).status == 404


def test_the_oldest_of_the_logs_makes_room_for_the_next(poly):
    for index in range(5):
        assert poly.put("-app.log", bytes([65 + index]) * UPLOAD_BYTES).status == 200
    answer = poly.read("-app.log").body
    assert answer == b"".join(bytes([65 + index]) * UPLOAD_BYTES for index in range(2, 5))


def test_what_finds_no_room_is_413(stack, poly):
    assert poly.put("-phone.cfg", b"x" * UPLOAD_BYTES).status == 200
    stack.sql("update app.upload set bytes = 65536 where tenant_id = %s", (poly.tenant.id,))
    assert poly.put("-web.cfg", b"y").status == 413
    wait_reason(poly.tenant, "upload_full")
    assert poly.read("-phone.cfg").status == 200


def test_who_writes_too_often_is_asked_to_wait(stack, poly):
    faults = stack.metric("beckon_config_fetches_total", 'result="fault"')
    for _ in range(30):
        assert poly.put("-calls.xml", b"<calls/>").status == 200
    answer = poly.put("-calls.xml", b"<more/>")
    assert (answer.status, answer.body) == (503, b"try again later\n")
    assert 60 <= int(answer.field("retry-after")) <= 180
    wait_reason(poly.tenant, "upload_too_often")
    assert stack.metric("beckon_uploads_total", 'result="too_often"') >= 1
    assert stack.metric("beckon_config_fetches_total", 'result="fault"') == faults  # it is no fault of ours
    assert poly.read("-calls.xml").body == b"<calls/>"
    assert poly.read(".cfg").status == 200  # it is served as ever


def head(poly, length, suffix="-app.log"):
    return f"PUT {poly.path(suffix)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


def test_bodies_have_their_room_and_fetches_need_none(stack, poly):
    slow = [poly.phone.connect() for _ in range(3)]
    try:
        for connection in slow:
            connection.send(head(poly, UPLOAD_BYTES) + b"x")
        wait_until("held", lambda: stack.metric("beckon_http_body_bytes") == 3 * UPLOAD_BYTES)
        with poly.phone.connect() as connection:
            connection.send(head(poly, UPLOAD_BYTES) + b"y" * UPLOAD_BYTES)
            answer = connection.read_answer()
            assert answer.status == 503 and answer.field("retry-after")
        assert poly.put("-phone.cfg", b"<short/>" * 2000).status == 200
        assert poly.read(".cfg").status == 200
        slow.pop().close()
        wait_until("free", lambda: stack.metric("beckon_http_body_bytes") == 2 * UPLOAD_BYTES)
        assert poly.put("-app.log", b"y" * UPLOAD_BYTES).status == 200
        connection = slow.pop()
        connection.send(b"x" * (UPLOAD_BYTES - 1))
        assert connection.read_answer().status == 200
        connection.close()
    finally:
        for connection in slow:
            connection.close()
    wait_until("all free", lambda: stack.metric("beckon_http_body_bytes") == 0)


def test_nothing_follows_a_body(poly):
    with poly.phone.connect() as connection:
        get = f"GET {poly.path('.cfg')} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        connection.send(head(poly, 3) + b"abc" + get)
        data, is_closed = connection.read_to_close()
    answers = rawtls.take_all(data)
    assert [answer.status for answer in answers] == [200] and is_closed


def test_expect_100_continue(poly):
    with poly.phone.connect() as connection:
        connection.send(head(poly, 3)[:-2] + b"Expect: 100-continue\r\n\r\n")
        assert connection.socket.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.send(b"abc")
        assert connection.read_answer().status == 200


@pytest.mark.parametrize("more", ["Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\nContent-Length: 3\r\n"])
def test_a_body_has_one_length(poly, more):
    with poly.phone.connect() as connection:
        connection.send(f"PUT {poly.path('-app.log')} HTTP/1.1\r\nHost: localhost\r\n{more}\r\nabc".encode())
        data, is_closed = connection.read_to_close()
    assert is_closed and [answer.status for answer in rawtls.take_all(data)] == [400]


def test_a_phone_that_leaves_in_the_middle_has_written_nothing(stack, poly):
    for _ in range(5):
        with poly.phone.connect() as connection:
            connection.send(head(poly, 100) + b"half")
    wait_until("free", lambda: stack.metric("beckon_http_body_bytes") == 0)
    assert poly.read("-app.log").status == 404


# --- phones without a certificate ---


def test_a_steady_secret_in_the_url(one):
    path = one.steady_path(file=f"{one.mac}-local.cfg")
    assert one.get(path, "PUT", body=b"of its user").status == 200
    assert one.get(path).body == b"of its user"
    assert one.get(path, "PUT", body=b"x" * (UPLOAD_BYTES + 1)).status == 413
    assert one.get(path.replace(one.steady, one.steady[::-1]), "PUT", body=b"x").status == 404
    assert one.get(f"/{one.tenant.key}/e-{one.token}/{one.mac}-local.cfg", "PUT", body=b"x").status == 404
    assert one.get(path).body == b"of its user"


def test_a_steady_secret_by_basic(stack):
    one = Enrolled(stack.tenant(), {"enrolment": "token"})
    one.arm("basic")
    path = f"/{one.tenant.key}/{one.mac}-contact.xml"

    def ask(method, body=None, password=one.steady):
        pair = base64.b64encode(f"{one.mac}:{password}".encode()).decode()
        return one.get(path, method, headers=[("Authorization", f"Basic {pair}")], body=body)

    assert one.get(path, "PUT", body=b"x").status == 401
    assert ask("PUT", b"<contacts/>").status == 200
    assert ask("GET").body == b"<contacts/>"
    assert ask("PUT", b"x", one.steady[::-1]).status == 404
    assert ask("PUT", b"x" * (UPLOAD_BYTES + 1)).status == 413
    assert ask("GET").body == b"<contacts/>"


def test_a_steady_secret_by_digest(stack):
    one = Enrolled(stack.tenant(), {"enrolment": "token"})
    one.arm("digest")
    path = f"/{one.tenant.key}/{one.mac}-contact.xml"

    def credentials(challenge, method):
        nonce = re.search(r'nonce="([^"]+)"', challenge)[1]
        realm = re.search(r'realm="([^"]+)"', challenge)[1]

        def hashed(text):
            return hashlib.sha256(text.encode()).hexdigest()

        answer = hashed(f"{hashed(f'{one.mac}:{realm}:{one.steady}')}:{nonce}:00000001:c:auth:"
                        f"{hashed(f'{method}:{path}')}")
        return [("Authorization", f'Digest username="{one.mac}", realm="{realm}", nonce="{nonce}", uri="{path}",'
                                  f' algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="{answer}"')]

    for method, body, want in (("PUT", b"<contacts/>", b"stored\n"), ("GET", None, b"<contacts/>")):
        challenged = one.get(path, method, port=stack.digest_port, body=body)
        assert challenged.status == 401
        answer = one.get(path, method, port=stack.digest_port, body=body,
                         headers=credentials(challenged.field("www-authenticate"), method))
        assert (answer.status, answer.body) == (200, want)


def test_who_only_begins_writes_nothing(stack):
    one = Enrolled(stack.tenant(), {"enrolment": "address"})
    one.set_site("127.0.0.0/8")
    path = f"/{one.tenant.key}/a/{one.mac}-local.cfg"
    assert one.get(path, "PUT", body=b"x").status == 404
    assert one.get(path).status == 404
    assert files(one.tenant) == {}


def test_serving_armed_gives_nothing_and_takes_all(stack, poly):
    assert poly.put("-phone.cfg", b"<a/>").status == 200
    stack.sql("update app.tenant set policy = %s where tenant_id = %s", (json.dumps({"serving": "armed"}), poly.tenant.id))
    stack.sql("update app.device_state set revision_held = 1000 where tenant_id = %s", (poly.tenant.id,))
    stack.sql("update app.device set armed_until = null where tenant_id = %s", (poly.tenant.id,))
    assert poly.read("-phone.cfg").status == 404
    wait_reason(poly.tenant, "unarmed")
    assert poly.put("-phone.cfg", b"<b/>").status == 200
    stack.sql("update app.device set armed_until = 'infinity' where tenant_id = %s", (poly.tenant.id,))
    assert poly.read("-phone.cfg").body == b"<b/>"


def test_a_part_that_does_not_open_is_our_fault(stack, poly):
    assert poly.put("-phone.cfg", b"<a/>").status == 200
    stack.sql("update app.upload_part set content = set_byte(content, 20, get_byte(content, 20) # 1)"
              " where tenant_id = %s", (poly.tenant.id,))
    assert poly.read("-phone.cfg").status == 503
    wait_reason(poly.tenant, "secret_unreadable")


def test_a_change_of_the_data_key_keeps_what_was_written(stack, poly):
    assert poly.put("-app.log", b"one ").status == 200
    stack.beckon("keys", "rotate", "--tenant", poly.tenant.name)
    assert poly.put("-app.log", b"two").status == 200
    assert poly.read("-app.log").body == b"one two"
