"""People who sign in, as the operator makes and unmakes them; and the key that signs their tokens."""

import re
import subprocess

import pytest

from cli_world import Beckon, beckon, cluster  # noqa: F401

HASH = re.compile(r"\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")


def hash_of(beckon, email):  # noqa: F811
    return beckon.database.sql("select password_hash from app.app_user where email = %s", (email,))[0][0]


def test_a_member_gets_a_role_and_a_password_that_is_shown_once(beckon):  # noqa: F811
    added = beckon.json("user", "add", "Anna@Acme.example", "--tenant", "acme", "--role", "admin",
                        "--display-name", "Anna Berg")
    assert added["is_new"] and added["role"] == "admin" and added["tenant"] == "acme"
    assert re.fullmatch(r"[A-HJ-NP-Za-km-z2-9]{20}", added["password"])
    assert HASH.fullmatch(hash_of(beckon, "anna@acme.example"))
    listed = beckon.json("user", "list")["users"]
    anna = next(user for user in listed if user["email"] == "anna@acme.example")
    assert anna["memberships"] == ["acme: admin"] and not anna["is_operator"]
    assert anna["display_name"] == "Anna Berg" and anna["last_login_at"] is None
    everything = beckon.text("user", "list") + beckon.text("user", "list", "--json")
    assert added["password"] not in everything and "scrypt" not in everything
    payloads = "".join(row[0] for row in beckon.database.sql("select payload from app.audit"))
    assert added["password"] not in payloads and "scrypt" not in payloads


def test_who_is_there_already_keeps_the_password(beckon):  # noqa: F811
    beckon.json("tenant", "add", "second")
    beckon.json("user", "add", "both@x.example", "--tenant", "acme", "--role", "viewer",
                "--password-file", "-", stdin="the-first-password\n")
    before = hash_of(beckon, "both@x.example")
    again = beckon.json("user", "add", "both@x.example", "--tenant", "second", "--role", "admin")
    assert not again["is_new"] and "password" not in again
    assert hash_of(beckon, "both@x.example") == before
    twice = beckon.error("user", "add", "both@x.example", "--tenant", "second", "--role", "admin")
    assert twice["error"] == "exists" and "has a role" in twice["detail"]


def test_an_operator_belongs_to_no_tenant(beckon):  # noqa: F811
    added = beckon.json("user", "add", "root@ops.example", "--operator", "--password-file", "-",
                        stdin="a-long-password\n")
    assert "password" not in added and added["role"] == "operator"
    row = beckon.database.sql("select is_operator from app.app_user where user_id = %s",
                              (added["user_id"],))
    assert row == [(True,)]
    assert beckon.error("user", "add", "root@ops.example", "--operator")["error"] == "exists"


@pytest.mark.parametrize("words, code, word", [
    (("x@y.example",), 2, "--operator"),
    (("x@y.example", "--operator", "--tenant", "acme", "--role", "admin"), 2, "either"),
    (("x@y.example", "--tenant", "acme"), 2, "--role"),
    (("x@y.example", "--operator", "--role", "admin"), 2, "--role"),
    (("x@y.example", "--tenant", "acme", "--role", "boss"), 1, "technician"),
    (("nobody", "--operator"), 1, "e-mail"),
    (("a b@c.example", "--operator"), 1, "e-mail"),
    (("x@y.example", "--tenant", "nowhere", "--role", "admin"), 1, "nowhere"),
])
def test_what_makes_no_user(beckon, words, code, word):  # noqa: F811
    assert word in beckon.error("user", "add", *words, code=code)["detail"]
    assert beckon.database.sql("select count(*) from app.app_user where email = 'x@y.example'") == [(0,)]


@pytest.mark.parametrize("password", ["short", "x" * 257, ""])
def test_a_password_has_a_length(beckon, password):  # noqa: F811
    error = beckon.error("user", "add", "x@y.example", "--operator", "--password-file", "-",
                         stdin=password)
    assert error["error"] == "invalid"


def test_another_password_and_being_shut_out(beckon):  # noqa: F811
    beckon.json("user", "add", "c@x.example", "--tenant", "acme", "--role", "viewer")
    before = hash_of(beckon, "c@x.example")
    beckon.database.sql("update app.app_user set failed_count = 3, locked_until = now() + interval '1 h'"
                        " where email = 'c@x.example'")
    made = beckon.json("user", "password", "C@x.example")
    assert len(made["password"]) == 20 and hash_of(beckon, "c@x.example") != before
    state = "select status, failed_count, locked_until is null from app.app_user where email = 'c@x.example'"
    assert beckon.database.sql(state) == [("active", 0, True)]
    assert beckon.json("user", "disable", "c@x.example")["status"] == "disabled"
    assert beckon.database.sql(state)[0][0] == "disabled"
    beckon.json("user", "enable", "c@x.example")
    assert beckon.database.sql(state)[0][0] == "active"
    actions = [row[0] for row in beckon.database.sql(
        "select action from app.audit where object_id ilike 'c@x.example' order by tenant_id, seq")]
    assert {"user.add", "user.password", "user.disable", "user.enable"} <= set(actions)
    for verb in ("password", "disable", "enable"):
        assert beckon.error("user", verb, "nobody@x.example")["error"] == "not_found"


def test_the_key_of_tokens_is_private_p256_and_never_overwritten(tmp_path):
    path = tmp_path / "jwt.pem"
    beckon = Beckon(tmp_path)  # noqa: F811
    beckon.text("keys", "jwt", path)
    assert path.stat().st_mode & 0o777 == 0o600
    text = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], check=True,
                          capture_output=True, text=True).stdout
    assert "prime256v1" in text and "Private-Key: (256 bit)" in text
    kept = path.read_text()
    assert beckon.error("keys", "jwt", path)["error"] == "exists" and path.read_text() == kept
