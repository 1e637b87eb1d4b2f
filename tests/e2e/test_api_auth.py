"""Signing in, what a token opens, and what takes it away again at once."""

import base64
import concurrent.futures
import json

import pytest

from api import PASSWORD


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.fixture(scope="module")
def acme(stack):
    return stack.tenant()


@pytest.fixture(scope="module")
def other(stack):
    return stack.tenant()


@pytest.fixture(scope="module")
def admin(api, acme):
    return api.member(acme)


def test_a_member_signs_in_and_is_who_he_is(api, acme, admin):
    answer = api.anonymous.post("/v1/auth/login", {"email": admin.email, "password": PASSWORD})
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    assert told["token_type"] == "Bearer" and told["expires_in"] == 900 and told["role"] == "admin"
    assert told["tenant"] == {"id": acme.id, "name": acme.name}
    said = claims(told["access_token"])
    assert said["sub"] == f"user:{admin.user_id}" and said["tid"] == acme.id
    assert said["exp"] - said["iat"] == 900 and said["iss"] == "beckon" and said["aud"] == "beckon-api"
    me = api.with_token(told["access_token"]).get("/v1/me")
    assert me.status == 200
    assert me.json == {"user_id": admin.user_id, "email": admin.email, "display_name": "",
                       "role": "admin", "tenant": {"id": acme.id, "name": acme.name}}


def test_an_address_is_found_in_any_case(api, admin):
    body = {"email": admin.email.upper(), "password": PASSWORD}
    assert api.anonymous.post("/v1/auth/login", body).status == 200


def test_an_operator_needs_no_tenant_and_may_enter_any(api, acme):
    operator = api.operator()
    assert operator.get("/v1/me").json["tenant"] is None
    inside = api.login(operator.email, tenant=acme.name).get("/v1/me").json
    assert inside["role"] == "operator" and inside["tenant"]["id"] == acme.id
    answer = api.anonymous.post("/v1/auth/login", {
        "email": operator.email, "password": PASSWORD, "tenant": "there-is-none"})
    assert answer.status == 422 and answer.problem == "tenant"


def test_who_serves_several_tenants_says_which(api, stack, acme, other):
    both = api.member(acme)
    stack.beckon("user", "add", both.email, "--tenant", other.name, "--role", "viewer",
                 "--password-file", "-", stdin="another-password-that-is-not-used")
    answer = api.anonymous.post("/v1/auth/login", {"email": both.email, "password": PASSWORD})
    assert answer.status == 422 and answer.problem == "tenant-needed"
    assert sorted(answer.json["tenants"]) == sorted([acme.name, other.name])
    assert api.login(both.email, tenant=other.name).get("/v1/me").json["role"] == "viewer"
    foreign = {"email": both.email, "password": PASSWORD, "tenant": stack.tenant().name}
    nowhere = {**foreign, "tenant": "there-is-none"}
    assert api.anonymous.post("/v1/auth/login", foreign).shape() == \
        api.anonymous.post("/v1/auth/login", nowhere).shape()


def test_all_who_may_not_sign_in_get_one_answer(api, stack, acme):
    disabled, locked, known = api.member(acme), api.member(acme), api.member(acme)
    stack.beckon("user", "disable", disabled.email)
    stack.sql("update app.app_user set locked_until = now() + interval '5 minutes' where email = %s",
              (locked.email,))
    tries = [
        {"email": known.email, "password": "not the password"},
        {"email": "nobody@nowhere.example", "password": PASSWORD},
        {"email": disabled.email, "password": PASSWORD},
        {"email": locked.email, "password": PASSWORD},
        {"email": known.email, "password": "x"},
    ]
    answers = [api.anonymous.post("/v1/auth/login", one) for one in tries]
    assert answers[0].status == 401 and answers[0].problem == "login"
    assert all(answer.shape() == answers[0].shape() for answer in answers)


def test_five_wrong_passwords_close_an_account_for_a_while(api, stack, acme):
    user = api.member(acme)
    good, bad = ({"email": user.email, "password": one} for one in (PASSWORD, "wrong-password"))
    for _ in range(4):
        assert api.anonymous.post("/v1/auth/login", bad).status == 401
    assert api.anonymous.post("/v1/auth/login", good).status == 200  # starts the count anew
    for _ in range(5):
        assert api.anonymous.post("/v1/auth/login", bad).status == 401
    assert api.anonymous.post("/v1/auth/login", good).status == 401
    assert user.get("/v1/me").status == 200  # a token is not the password
    stack.beckon("user", "enable", user.email)
    assert api.anonymous.post("/v1/auth/login", good).status == 200


@pytest.mark.parametrize("body, word", [
    ({}, "email"), ({"email": "a@b.example"}, "password"), ({"email": 7, "password": "x"}, "email"),
    ({"email": "a@b.example", "password": ""}, "password"),
    ({"email": "a@b.example", "password": "x", "admin": True}, "admin"),
    ({"email": "a@b.example", "password": "x\u0000y"}, "body"),
])
def test_a_login_that_cannot_be_one_is_told_why(api, body, word):
    answer = api.anonymous.post("/v1/auth/login", body)
    assert answer.status in (400, 422) and word in answer.json["detail"]


def test_a_token_ends_with_the_account_the_role_and_the_tenant(api, stack, acme):
    user = api.member(acme)
    assert user.get("/v1/me").status == 200
    stack.beckon("user", "disable", user.email)
    refused = user.get("/v1/me")
    assert refused.status == 401 and refused.shape() == api.with_token("none").get("/v1/me").shape()
    stack.beckon("user", "enable", user.email)
    assert user.get("/v1/me").status == 200

    stack.sql("update app.membership set role = 'viewer' where user_id = %s", (user.user_id,))
    assert user.get("/v1/me").json["role"] == "viewer"
    stack.sql("delete from app.membership where user_id = %s", (user.user_id,))
    assert user.get("/v1/me").status == 401

    gone = stack.tenant(pbx=False)
    last = api.member(gone)
    stack.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (gone.id,))
    assert last.get("/v1/me").status == 200  # looking is allowed
    stack.sql("update app.tenant set status = 'deleted', data_key = null where tenant_id = %s",
              (gone.id,))
    assert last.get("/v1/me").status == 401


def test_without_a_token_there_is_a_challenge(api):
    for client in (api.anonymous, api.with_token(""), api.with_token("a.b.c")):
        answer = client.get("/v1/me")
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.problem == "token"
    basic = api.anonymous.get("/v1/me", headers={"Authorization": "Basic YTpi"})
    assert basic.status == 401


def test_unknown_paths_and_methods(api, admin):
    assert api.anonymous.get("/v1/nothing").status == 404
    assert admin.get("/").status == 404 and admin.get("/v1/me/").status == 404
    assert admin.get("/v1//me").status == 404 and admin.get("/v1/%6de").status == 404
    answer = admin.delete("/v1/me")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
    assert admin.get("/v1/auth/login").headers["Allow"] == "POST"
    head, full = admin.request("HEAD", "/v1/me"), admin.get("/v1/me")
    assert head.status == 200 and head.body == b""
    assert head.headers["Content-Length"] == full.headers["Content-Length"]


@pytest.mark.parametrize("body, status", [
    (b"{", 400), (b"[]", 400), (b"7", 400), (b"null", 400), (b'{"email": "a", "email": "b"}', 400),
    (b'{"email": "\xff"}', 400), (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 400), (b"{}x", 400),
    (b'{"a": [' + b"{}," * 30000 + b"{}]}", 400), (b" ", 400), (b"{}", 422),
])
def test_a_body_is_one_object_of_a_certain_shape(api, body, status):
    answer = api.anonymous.post("/v1/auth/login", body)
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("content_type, status", [
    ("application/json", 422), ("Application/JSON; charset=utf-8", 422), ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415), ("", 415), ("application/merge-patch+json", 415),
])
def test_a_body_says_what_it_is(api, content_type, status):
    assert api.anonymous.post("/v1/auth/login", b"{}", content_type=content_type).status == status


def test_logins_at_once_are_bounded_and_the_rest_is_told_to_come_back(api, acme):
    user = api.member(acme)
    body = {"email": user.email, "password": "wrong-password"}
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        statuses = list(pool.map(
            lambda _: api.anonymous.post("/v1/auth/login", {**body, "email": f"{_}@x.example"}).status,
            range(96)))
    assert set(statuses) <= {401, 429} and statuses.count(401) > 0


def test_one_line_a_call_and_no_secret_in_it(api, admin):
    admin.get("/v1/me")
    text = api.log(1 << 20)
    assert "route=getMe" in text and f"user={admin.user_id}" in text and "status=200" in text
    assert PASSWORD not in text and admin.token not in text
    assert api.metric("beckon_api_calls_total", "good") > 0
    assert api.metric("beckon_pg_up") == 2
