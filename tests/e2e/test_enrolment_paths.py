"""Phones without a certificate, request by request: token, steady secret, site, Basic, Digest, reset."""

import hashlib
import re

import pytest

from enrolment import Enrolled, draw, provisioning
from stack import parameters, wait_until

TOKEN = {"enrolment": "token"}
ELSEWHERE = "127.0.1.1"  # another address of this machine, in another /24


def reasons(tenant):
    return [row[1] for row in tenant.visit_rows()]


def wait_reason(tenant, reason):
    return tenant.wait_visit(reason, lambda status, why, *_: why == reason)


@pytest.fixture
def one(tenant):
    made = Enrolled(tenant, TOKEN)
    made.arm()
    return made


def test_a_token_leads_to_the_steady_secret_and_that_to_the_file(stack, one):
    first = one.get(one.token_path)
    assert first.status == 200
    assert provisioning(first) == (f"{stack.enrolment_url}/{one.tenant.key}/s-{one.steady}", "%NULL%", "%NULL%")
    names = set(parameters(first.body))
    assert all(name.startswith("static.auto_provision.server.") for name in names), names
    assert one.secret.encode() not in first.body and one.number.encode() not in first.body
    assert one.state() == "claimed"

    whole = one.get(one.steady_path())
    assert whole.status == 200
    assert one.secret.encode() in whole.body
    assert provisioning(whole)[0] == f"{stack.enrolment_url}/{one.tenant.key}/s-{one.steady}"
    assert one.state() == "bound"
    again = one.get(one.steady_path(), headers=[("If-None-Match", whole.field("ETag"))])
    assert again.status == 304
    held = wait_until("held", lambda: stack.sql(
        "select revision_held = revision from app.device_state join app.device using (tenant_id, device_id)"
        " where device_id = %s and revision_held is not null", (one.id,)))
    assert held == [(True,)]


def test_a_first_file_is_not_the_file_that_a_phone_holds(stack, one):
    one.get(one.token_path)
    one.tenant.wait_visit("first file", lambda status, *_: status == 200)
    assert stack.sql("select revision_held from app.device_state where device_id = %s", (one.id,)) == [(None,)]


def test_everything_that_is_refused_looks_the_same(stack, one):
    unknown = one.get(f"/{one.tenant.key}/e-{draw()}/{one.file}")
    assert unknown.status == 404
    one.get(one.steady_path())
    for path in (
        one.token_path,  # locked
        one.steady_path(draw()),
        one.steady_path(file="805ec0ffffff.cfg"),  # another MAC
        f"/{one.tenant.key}/e-{one.token[:-1]}/{one.file}",
        f"/{one.tenant.key}/s-{one.steady.upper()}/{one.file}",
        f"/nosuchkey/s-{one.steady}/{one.file}",
        one.address_path,
        one.steady_path(file="unknown.bin"),
        f"/{one.tenant.key}//s-{one.steady}/{one.file}",
    ):
        answer = one.get(path)
        if answer.status == 401:  # a path that proves nothing: asked of everybody
            continue
        assert answer.shape() == unknown.shape(), path


def test_common_and_boot_files_come_with_the_secret_and_without_lines(one):
    assert one.get(f"/{one.tenant.key}/e-{one.token}/y000000000096.cfg").status == 404
    for file in ("y000000000096.cfg", f"{one.mac}.boot"):
        answer = one.get(one.steady_path(file=file))
        assert answer.status == 200
        assert one.secret.encode() not in answer.body


def test_no_secret_is_written_down(stack, one):
    one.get(one.token_path)
    one.get(one.steady_path())
    one.get(one.steady_path("x" + one.steady[1:-1]))  # one letter short: it may be a real one but for that
    for spelling in (f"S-{one.steady}", f"s%2D{one.steady}", f"%73-{one.steady}", f"E-{one.token}"):
        assert one.get(f"/{one.tenant.key}/{spelling}/{one.file}").status in (401, 404)
    one.tenant.wait_visit("200", lambda status, why, kind, path, *_: status == 200 and "/s-*/" in path)
    one.tenant.wait_visit("token", lambda status, why, kind, path, *_: "/e-*/" in path)
    text = stack.log_path.read_text(errors="replace") + str(stack.sql("select path from app.visit"))
    for part in (one.token, one.steady, one.steady[1:-1]):
        assert part not in text


def test_a_token_is_used_from_one_place_until_the_secret_is_used(one):
    assert one.get(one.token_path).status == 200
    assert one.get(one.token_path).status == 200
    assert one.get(one.token_path, source=ELSEWHERE).status == 404
    wait_reason(one.tenant, "enrolment_used")
    assert one.get(one.steady_path(), source=ELSEWHERE).status == 200
    assert one.get(one.token_path).status == 404
    wait_reason(one.tenant, "factory_reset")
    assert one.anomalies() == ["factory_reset"]


def test_another_model_with_the_secret_is_quarantined(one):
    one.get(one.steady_path())
    assert one.get(one.steady_path(), agent=one.agent("T46U")).status == 404
    assert one.state() == "quarantined"
    assert one.get(one.steady_path()).status == 404


def test_the_user_agents_mac_is_compared(one):
    other = one.agent().replace(one.mac[-2:], "ee" if one.mac[-2:] != "ee" else "ef")
    assert one.get(one.steady_path(), agent=other).status == 404
    wait_reason(one.tenant, "mac_mismatch")


def test_an_office_enrols_by_its_addresses(stack, tenant):
    one = Enrolled(tenant, {"enrolment": "address"})
    assert one.get(one.address_path).status == 404
    wait_reason(tenant, "enrolment_address")
    one.set_site("127.0.0.0/24")
    assert one.get(one.address_path, source=ELSEWHERE).status == 404
    first = one.get(one.address_path)
    assert first.status == 200
    url = provisioning(first)[0]
    match = re.fullmatch(rf"{stack.enrolment_url}/{tenant.key}/s-([a-z0-9]{{24}})", url)
    assert match, url
    again = one.get(one.address_path)  # it did not get the answer, say
    assert provisioning(again)[0] == url
    whole = one.get(one.steady_path(match[1]))
    assert whole.status == 200 and one.secret.encode() in whole.body
    assert one.get(one.address_path).status == 404


def test_a_reset_phone_enrols_again_where_the_policy_says_so(stack, one):
    one.get(one.token_path)
    one.get(one.steady_path())
    one.tenant.wait_visit("file", lambda status, why, kind, path, *_: status == 200 and "/s-*/" in path)
    one.set_policy(**TOKEN, reset="reenrol")
    assert one.get(one.token_path, source=ELSEWHERE).status == 404  # not from where it was known
    first = one.get(one.token_path)
    assert first.status == 200
    new = provisioning(first)[0].rsplit("s-", 1)[1]
    assert new != one.steady
    assert one.get(one.steady_path()).status == 404
    whole = one.get(one.steady_path(new))
    assert whole.status == 200 and one.secret.encode() in whole.body


# --- Basic and Digest ---


def test_everybody_is_asked_before_anything_is_looked_up(stack, one):
    challenge = one.get(one.plain_path)
    assert challenge.status == 401
    assert challenge.field("WWW-Authenticate").startswith('Basic realm="beckon"')
    other = one.get(f"/nosuchkey/{draw()}")
    assert other.shape() == challenge.shape()


def test_basic(stack, tenant):
    one = Enrolled(tenant, TOKEN)
    one.arm("basic")
    first = one.get(one.token_path)
    assert provisioning(first) == (f"{stack.enrolment_url}/{tenant.key}", one.mac, one.steady)
    for password, user in ((draw(), None), (one.steady, "805ec0ffffff"), (one.steady, "admin"), ("", None)):
        assert one.basic(password, user).status == 404
    assert one.get(one.steady_path()).status == 404  # given as a password, it is no part of a URL
    whole = one.basic(one.steady)
    assert whole.status == 200 and one.secret.encode() in whole.body
    assert provisioning(whole) == (f"{stack.enrolment_url}/{tenant.key}", one.mac, one.steady)


def digest(one, answer, secret, algorithm="SHA-256", path=None, tamper=None):
    """RFC 7616: what a phone answers a challenge with."""
    hashed = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}[algorithm]

    def hex_of(text):
        return hashed(text.encode()).hexdigest()

    path = path or one.plain_path
    challenge = next(value for name, value in answer.fields
                     if name.lower() == "www-authenticate" and f"algorithm={algorithm}" in value)
    nonce = re.search(r'nonce="([^"]+)"', challenge)[1]
    a1 = hex_of(f"{one.mac}:beckon:{secret}")
    a2 = hex_of(f"GET:{path}")
    response = hex_of(f"{a1}:{nonce}:00000001:abcdef:auth:{a2}")
    text = (f'Digest username="{one.mac}", realm="beckon", nonce="{nonce}", uri="{path}", algorithm={algorithm},'
            f' qop=auth, nc=00000001, cnonce="abcdef", response="{response}"')
    return [("Authorization", tamper(text) if tamper else text)]


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_digest(stack, tenant, algorithm):
    one = Enrolled(tenant, TOKEN)
    one.arm("digest")
    port = stack.digest_port
    one.get(one.token_path)
    with one.connect(port) as connection:
        challenge = connection.request(one.plain_path)
        assert challenge.status == 401
        agent = ("User-Agent", one.agent())
        wrong = connection.request(one.plain_path, headers=[agent, *digest(one, challenge, draw(), algorithm)])
        assert wrong.status == 404
        for tamper in (lambda text: text.replace('nonce="', 'nonce="0'), lambda text: text.replace("nc=0", "nc=1")):
            answer = digest(one, challenge, one.steady, algorithm, tamper=tamper)
            assert connection.request(one.plain_path, headers=[agent, *answer]).status == 404
        whole = connection.request(one.plain_path, headers=[agent, *digest(one, challenge, one.steady, algorithm)])
        assert whole.status == 200 and one.secret.encode() in whole.body
    assert one.basic(one.steady).status == 404  # it was given for Digest


def test_a_digest_for_nobody_is_refused_alike(stack, tenant):
    one = Enrolled(tenant, TOKEN)
    one.arm("digest")
    stranger = Enrolled(tenant)
    with one.connect(stack.digest_port) as connection:
        challenge = connection.request(one.plain_path)
        wrong = connection.request(one.plain_path, headers=digest(one, challenge, draw()))
        nobody = connection.request(
            stranger.plain_path, headers=digest(stranger, challenge, draw(), path=stranger.plain_path))
        assert wrong.status == 404 and wrong.shape() == nobody.shape()


# --- what the listener does not do ---


def test_a_certificate_is_not_asked_for_and_proves_nothing_there(stack, phone):
    with phone.connect(address=("127.0.0.1", stack.enrolment_port)) as connection:
        assert connection.request(phone.own_file).status == 401
    assert phone.state() == "claimed"


def test_no_secret_opens_the_mtls_listener(stack, phone, one):
    for path in (one.token_path, one.steady_path()):
        assert phone.get(path).status == 404
    assert one.state() == "claimed"


def test_nobody_writes_the_file_that_is_written_for_it(one):
    assert one.get(one.steady_path(), method="PUT", body=b"x").status == 404


def test_armed_serving(stack, one):
    one.set_policy(**TOKEN, serving="armed")
    assert one.get(one.steady_path()).status == 200
    wait_until("held", lambda: stack.sql(
        "select 1 from app.device_state where device_id = %s and revision_held is not null", (one.id,)))
    stack.sql("update app.device set armed_until = null where device_id = %s", (one.id,))
    assert one.get(one.steady_path()).status == 404
    wait_reason(one.tenant, "unarmed")
