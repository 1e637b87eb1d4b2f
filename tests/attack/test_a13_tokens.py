"""
A13: forged and stale access tokens at the running server. Each gets the same 401 with the same body,
whether its signature is wrong, its header asks for something, its time is over, or its owner is gone.
"""

import base64
import hashlib
import hmac
import json
import statistics
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(raw):
    raw = raw if isinstance(raw, bytes) else json.dumps(raw, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def unb64(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Forger:
    """Has one good token of a member, and (which an attacker has not) the key that signed it."""

    def __init__(self, api, client):
        self.header, self.claims = (unb64(part) for part in client.token.split(".")[:2])
        self.key = serialization.load_pem_private_key(api.jwt_key.read_bytes(), None)
        self.public_pem = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.other = ec.generate_private_key(ec.SECP256R1())
        self.p384 = ec.generate_private_key(ec.SECP384R1())

    def es(self, text, key=None, size=32, hash_=hashes.SHA256):
        r, s = decode_dss_signature((key or self.key).sign(text, ec.ECDSA(hash_())))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def token(self, header=None, claims=None, sign=None, drop=()):
        header = {**self.header, **(header or {})}
        claims = {**self.claims, **(claims or {})}
        for name in drop:
            header.pop(name, None)
            claims.pop(name, None)
        text = b64(header) + b"." + b64(claims)
        return (text + b"." + b64((sign or self.es)(text))).decode()

    def mac(self, key):
        return lambda text: hmac.new(key, text, hashlib.sha256).digest()


def forged(f):
    now = int(time.time())
    good = f.token()
    head, body, signature = good.split(".")
    return {
        "none": f.token({"alg": "none"}, sign=lambda _: b""),
        "None, signed": f.token({"alg": "None"}),
        "none, no last dot": ".".join([b64({"alg": "none"}).decode(), body]),
        "HS256 with the public key": f.token({"alg": "HS256"}, sign=f.mac(f.public_pem)),
        "HS256 with the public key, no line end": f.token({"alg": "HS256"}, sign=f.mac(f.public_pem.strip())),
        "ES256 with a MAC": f.token(sign=f.mac(f.public_pem)),
        "HS256 with one byte": f.token({"alg": "HS256"}, sign=f.mac(b"k")),
        "HS256 with nothing": f.token({"alg": "HS256"}, sign=f.mac(b"")),
        "RS256": f.token({"alg": "RS256"}),
        "ES384": f.token({"alg": "ES384"}, sign=lambda t: f.es(t, f.p384, 48, hashes.SHA384)),
        "ES256 by P-384": f.token(sign=lambda t: f.es(t, f.p384, 48)),
        "alg a list": f.token({"alg": ["ES256"]}),
        "no alg": f.token(drop=("alg",)),
        "another key": f.token(sign=lambda t: f.es(t, f.other)),
        "DER": f.token(sign=lambda t: f.key.sign(t, ec.ECDSA(hashes.SHA256()))),
        "no signature": f"{head}.{body}.",
        "r = s = 0": f.token(sign=lambda _: bytes(64)),
        "r and s beyond": f.token(sign=lambda _: b"\xff" * 64),
        "another body": f"{head}.{b64({**f.claims, 'tid': f.claims['tid'] + 1}).decode()}.{signature}",
        "kid unknown": f.token({"kid": "0" * 16}),
        "kid a path": f.token({"kid": "../../../dev/null"}, sign=f.mac(b"")),
        "kid SQL": f.token({"kid": "' or 1=1 --"}),
        "kid and NUL": f.token({"kid": f.header["kid"] + "\0"}),
        "no kid": f.token(drop=("kid",)),
        "jku": f.token({"jku": "http://127.0.0.1:1/keys"}, sign=lambda t: f.es(t, f.other)),
        "jku, signed": f.token({"jku": "http://127.0.0.1:1/keys"}),
        "x5u": f.token({"x5u": "http://127.0.0.1:1/cert"}),
        "x5c": f.token({"x5c": ["MIIB"]}),
        "jwk": f.token({"jwk": {"kty": "EC"}}, sign=lambda t: f.es(t, f.other)),
        "crit": f.token({"crit": ["x"], "x": 1}),
        "expired": f.token(claims={"iat": now - 1000, "nbf": now - 1000, "exp": now - 100}),
        "exp a text": f.token(claims={"exp": str(now + 900)}),
        "no exp": f.token(drop=("exp",)),
        "for a year": f.token(claims={"exp": now + 31536000}),
        "not yet": f.token(claims={"nbf": now + 600}),
        "issued in future": f.token(claims={"iat": now + 600, "nbf": now + 600, "exp": now + 1200}),
        "another issuer": f.token(claims={"iss": "evil"}),
        "another audience": f.token(claims={"aud": "other"}),
        "audience a list": f.token(claims={"aud": ["beckon-api"]}),
        "subject a number": f.token(claims={"sub": f.claims["sub"].split(":")[1]}),
        "nobody": f.token(claims={"sub": "user:999999999"}),
        "a tenant where he has no role": f.token(claims={"tid": 999999999}),
        "no tenant, but no operator": f.token(claims={"tid": 0}),
        "tenant a text": f.token(claims={"tid": "1 or 1=1"}),
        "no tenant claim": f.token(drop=("tid",)),
        "four parts": good + "." + signature,
        "cut": good[:-1],
        "longer": good + "A",
        "padded": good + "==",
        "a blank inside": f"{head}. {body}.{signature}",
        "dots": "..", "empty": "", "JSON": '{"alg":"none"}', "8 kB": "a" * 8000,
        "twice": f"{good}, {good}",
        "percent": good.replace(".", "%2e"),
    }


@pytest.fixture(scope="module")
def member(api, stack):
    return api.member(stack.tenant())


@pytest.fixture(scope="module")
def forger(api, member):
    return Forger(api, member)


def test_the_forger_can_make_a_good_one(api, forger):
    assert api.with_token(forger.token()).get("/v1/me").status == 200


def test_every_forged_token_gets_the_one_answer(api, forger):
    want = api.anonymous.get("/v1/me").shape()
    assert want[0] == 401
    tokens = forged(forger)
    assert len(tokens) >= 55
    for label, token in tokens.items():
        for path in ("/v1/me", "/v1/auth-is-not-needed-for-404"):
            answer = api.with_token(token).get(path)
            if path == "/v1/me":
                assert answer.shape() == want, label
            else:
                assert answer.status == 404, label


def test_a_token_is_looked_for_in_one_place(api, member):
    token = member.token
    assert api.anonymous.get(f"/v1/me?access_token={token}").status == 401
    for headers in ({"Cookie": f"access_token={token}"}, {"X-Authorization": f"Bearer {token}"},
                    {"Authorization": token}, {"Authorization": f"Token {token}"},
                    {"Authorization": f"Bearer\t{token}"}, {"Authorization": f"Bearer{token}"}):
        assert api.anonymous.get("/v1/me", headers=headers).status == 401
    assert api.anonymous.get("/v1/me", headers={"Authorization": f"bearer  {token}"}).status == 200


def test_another_tenants_id_in_a_good_token_needs_a_role_there(api, stack, forger):
    """Were the signing key ever stolen: rights are looked up, not believed."""
    other = stack.tenant(pbx=False)
    assert api.with_token(forger.token(claims={"tid": other.id})).get("/v1/me").status == 401
    assert api.with_token(forger.token(claims={"role": "operator"})).get("/v1/me").json["role"] == "admin"


def test_nobody_costs_what_somebody_costs(api, member):
    def spent(email):
        begun = time.monotonic()
        answer = api.anonymous.post("/v1/auth/login", {"email": email, "password": "wrong-password"})
        assert answer.status == 401
        return time.monotonic() - begun

    pairs = [(spent(member.email if i < 3 else f"m{i}@x.example"), spent(f"n{i}@x.example"))
             for i in range(3)]
    known, unknown = (statistics.median(column) for column in zip(*pairs))
    assert 0.4 < unknown / known < 2.5, pairs
