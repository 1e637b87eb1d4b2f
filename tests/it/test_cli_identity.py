"""The command line of identity: quarantine, windows, enrolment, policies, sites, blocked certificates, refusals."""

import hashlib
import json
import re

import pytest

from cli_world import beckon, cluster, furnish  # noqa: F401
import pki
import seal

MAKER_DER = b"\x30" + bytes(120)
ENROLMENT_URL = "https://enrol.example:9443"


@pytest.fixture(scope="module")
def acme(beckon):  # noqa: F811
    """A tenant whose phones come: fetches are the database's own function, as beckon-config calls it."""
    return Acme(beckon)


class Acme:
    def __init__(self, beckon):  # noqa: F811
        self.beckon = beckon
        self.sql = beckon.database.sql
        added = furnish(beckon, "identity")
        self.id, self.key = added["tenant_id"], added["key"]
        self.root = self.sql(
            "insert into app.trust_root (tenant_id, name, maker, rules, certificate, not_after) values"
            " (null, 'r', 'yealink', '{yealink-cn}', %s, now() + interval '1 year') returning root_id",
            (MAKER_DER,))[0][0]
        self.count = 0

    def json(self, *words, **options):
        return self.beckon.json(*words, "--tenant", "identity", **options)

    def error(self, *words, **options):
        return self.beckon.error(*words, "--tenant", "identity", **options)

    def device(self, vendor="yealink", *words):
        self.count += 1
        mac = f"805ec0aa{self.count:04x}"
        self.json("device", "add", mac, "--vendor", vendor, *words)
        return mac

    def fetch(self, mac, certificate="own", model="", source="192.0.2.1"):
        """The verdict of a fetch with a certificate of this name."""
        return self.sql(
            "select verdict from bk.device_fetch(%s, %s, %s, 'yealink', %s, %s, 'device', %s, '', %s)",
            (self.key, mac, mac, [self.root], fingerprint(mac, certificate), model, source))[0][0]

    def state(self, mac):
        return self.sql("select state from app.device where tenant_id = %s and mac = %s", (self.id, mac))[0][0]

    def quarantined(self):
        mac = self.device()
        assert self.fetch(mac) == "serve"
        assert self.fetch(mac, "another") == "quarantined"
        assert self.fetch(mac) == "quarantined"
        return mac

    def actions(self, mac):
        return [row[0] for row in self.sql(
            "select action from app.audit where tenant_id = %s and object_id = %s order by seq", (self.id, mac))]


def fingerprint(mac, name):
    return hashlib.sha256(f"{mac} {name}".encode()).digest()


# --- quarantine -----------------------------------------------------------------------------------------


def test_what_was_seen_is_listed_and_accepted(acme):
    mac = acme.quarantined()
    found = acme.json("anomaly", "list", "--mac", mac)["anomalies"]
    assert [(one["kind"], one["state"], one["decision"]) for one in found] == [
        ("other_certificate", "quarantined", None)]
    assert found[0]["seen"]["fingerprint"] == fingerprint(mac, "another").hex()
    assert fingerprint(mac, "another").hex() in found[0]["seen_text"]
    assert "another certificate" in acme.beckon.text("anomaly", "list", "--tenant", "identity")

    answer = acme.json("device", "accept", mac)
    assert answer["state"] == "bound" == acme.state(mac)
    assert [one["kind"] for one in answer["anomalies"]] == ["other_certificate"]
    assert acme.fetch(mac, "another") == "serve"
    assert acme.fetch(mac) == "quarantined"  # the former one is the strange one now
    assert acme.actions(mac)[-1] == "device.accept"
    decided = acme.json("anomaly", "list", "--mac", mac, "--all")["anomalies"]
    assert sorted(str(one["decision"]) for one in decided) == ["None", "accepted"]
    assert all(one["decided_by"].startswith("operator:") for one in decided if one["decision"])


def test_what_was_seen_is_blocked(acme):
    mac = acme.quarantined()
    assert acme.json("device", "block", mac)["state"] == "bound"
    assert acme.fetch(mac) == "serve"
    assert acme.fetch(mac, "another") == "blocked_certificate"
    blocked = acme.json("certificate", "list")["certificates"]
    assert fingerprint(mac, "another").hex() in [one["fingerprint"] for one in blocked if one["scope"] == "tenant"]
    assert acme.actions(mac)[-1] == "device.block"


@pytest.mark.parametrize("command", ["accept", "block"])
def test_there_is_nothing_to_decide_about_others(acme, command):
    mac = acme.device()
    told = acme.error("device", command, mac)
    assert told["error"] == "denied" and "nothing to decide" in told["detail"]
    assert "has no device" in acme.error("device", command, "805ec0ffffff")["detail"]
    theirs = furnish(acme.beckon, f"others-{command}")
    quarantined = acme.quarantined()
    told = acme.beckon.error("device", command, quarantined, "--tenant", theirs["name"])
    assert "has no device" in told["detail"]
    assert acme.state(quarantined) == "quarantined"


# --- windows and policies --------------------------------------------------------------------------------


def test_a_window_is_opened_again(acme):
    acme.json("setting", "set", "--profile", "armed", "--create", "ui.backlight_s=60")
    acme.json("policy", "set", "--profile", "armed", "serving=armed", "armed_hours=5")
    mac = acme.device("yealink", "--profile", "armed")
    assert acme.fetch(mac) == "serve"
    acme.sql("update app.device_state set revision_held = 1 where tenant_id = %s", (acme.id,))
    acme.sql("update app.device set armed_until = now() - interval '1 hour', revision = 1 where tenant_id = %s and mac = %s",
             (acme.id, mac))
    assert acme.fetch(mac) == "unarmed"
    answer = acme.json("device", "arm", mac)
    assert answer["armed_until"].endswith("Z")
    hours = "select round(extract(epoch from armed_until - now()) / 3600) from app.device where tenant_id = %s and mac = %s"
    assert acme.sql(hours, (acme.id, mac))[0][0] == 5
    assert acme.fetch(mac) == "serve"
    acme.json("device", "arm", mac, "--hours", "2")
    assert acme.sql(hours, (acme.id, mac))[0][0] == 2
    assert "720" in acme.error("device", "arm", mac, "--hours", "721", code=2)["detail"]


def policy_of(acme, *words):
    return {one["key"]: (one["value"], one["set_by"])
            for one in acme.json("policy", "show", *words)["policy"]}


def test_policies_are_set_and_overridden_key_by_key(acme):
    acme.json("setting", "set", "--profile", "p", "--create", "ui.backlight_s=60")
    assert policy_of(acme)["enrolment"] == ("off", "default")
    shown = acme.json("policy", "set", "enrolment=token", "networks_per_day_max=0")["policy"]
    assert {one["key"]: one["set_by"] for one in shown}["enrolment"] == "tenant"
    acme.json("policy", "set", "--profile", "p", "enrolment=off", "enrolment_hours=1")
    found = policy_of(acme, "--profile", "p")
    assert found["enrolment"] == ("off", "profile") and found["enrolment_hours"] == (1, "profile")
    assert found["networks_per_day_max"] == (0, "tenant") and found["serving"] == ("always", "default")
    assert policy_of(acme)["enrolment"] == ("token", "tenant")
    acme.json("policy", "set", "--profile", "p", "enrolment=")
    assert policy_of(acme, "--profile", "p")["enrolment"] == ("token", "tenant")
    acme.json("policy", "set", "enrolment=", "networks_per_day_max=")
    assert policy_of(acme)["enrolment"] == ("off", "default")
    assert acme.sql("select policy from app.tenant where tenant_id = %s", (acme.id,))[0][0] == {}


@pytest.mark.parametrize("text, want", [
    ("enrolment=always", "off token address token_and_address"),
    ("enrolment_hours=0", "1"), ("enrolment_hours=721", "720"), ("armed_hours=x", "armed_hours"),
    ("networks_per_day_max=1001", "1000"), ("nothing=1", "KEY=VALUE"), ("enrolment", "KEY=VALUE"),
])
def test_a_policy_that_is_none_is_refused(acme, text, want):
    before = acme.sql("select policy from app.tenant where tenant_id = %s", (acme.id,))
    assert want in acme.error("policy", "set", "reset=reenrol", text)["detail"]
    assert acme.sql("select policy from app.tenant where tenant_id = %s", (acme.id,)) == before
    assert "no profile" in acme.error("policy", "set", "--profile", "none", "reset=reenrol")["detail"]


# --- sites -----------------------------------------------------------------------------------------------


def test_a_site_has_networks(acme):
    acme.json("site", "add", "bonn", "--address", "192.0.2.0/24", "--address", "2001:db8:7::/48")
    listed = {one["name"]: one for one in acme.json("site", "list")["sites"]}
    assert listed["bonn"]["addresses"] == ["192.0.2.0/24", "2001:db8:7::/48"] and listed["bonn"]["devices"] == 0
    assert "192.0.2.0/24" in acme.beckon.text("site", "list", "--tenant", "identity")
    acme.json("site", "addresses", "bonn", "198.51.100.7")
    assert acme.sql("select addresses::text[] from app.site where tenant_id = %s and name = 'bonn'",
                    (acme.id,))[0][0] == ["198.51.100.7/32"]
    acme.json("site", "addresses", "bonn")
    assert acme.sql("select addresses::text[] from app.site where tenant_id = %s and name = 'bonn'",
                    (acme.id,))[0][0] == []
    assert "already" in acme.error("site", "add", "bonn")["detail"]
    assert "no such site" in acme.error("site", "addresses", "köln", "192.0.2.0/24")["detail"]
    for bad in ("192.0.2.0/33", "x", "192.0.2.1/24", ""):
        assert "network" in acme.error("site", "addresses", "bonn", bad)["detail"], bad
    many = [f"10.{i}.0.0/16" for i in range(33)]
    assert "32" in acme.error("site", "addresses", "bonn", *many)["detail"]
    assert acme.error("site", "addresses", "bonn", "10.0.0.0/8", "10.0.0.0/8")["error"] == "invalid"


# --- enrolment -------------------------------------------------------------------------------------------


def enrol(acme, mac, *words, **options):
    return acme.json("device", "enrol", mac, *words, BECKON_ENROLMENT_URL=ENROLMENT_URL, **options)


def came(acme, proof, text, mac):
    return acme.sql(
        "select verdict, method, secret from bk.enrol_fetch(%s, %s, %s, %s, '{yealink}', '{device}', '', '192.0.2.1')",
        (acme.key, proof, hashlib.sha256(text.encode()).digest() if text else None, mac))[0]


def test_a_phone_without_a_certificate_is_let_in_once(acme):
    mac = acme.device()
    told = acme.error("device", "enrol", mac, BECKON_ENROLMENT_URL=ENROLMENT_URL)
    assert told["error"] == "denied" and "policy" in told["detail"]
    acme.json("policy", "set", "enrolment=token", "enrolment_hours=7")
    assert "BECKON_ENROLMENT_URL" in acme.error("device", "enrol", mac)["detail"]
    answer = enrol(acme, mac)
    head, _, token = answer["url"].partition("/e-")
    assert head == f"{ENROLMENT_URL}/{acme.key}" and re.fullmatch("[a-z0-9]{24}/", token) and answer["is_one_time"] is True
    token = token.rstrip("/")
    kept = acme.sql("select token_hash, secret_hash, secret, username, method,"
                    "  round(extract(epoch from valid_until - now()) / 3600)"
                    "  from app.enrolment join app.device using (tenant_id, device_id)"
                    " where tenant_id = %s and mac = %s", (acme.id, mac))[0]
    assert bytes(kept[0]) == hashlib.sha256(token.encode()).digest()
    assert kept[3:] == ("", "url", 7)
    assert token.encode() not in bytes(kept[2])

    # Nowhere else: not in the audit row, not in a list.
    audit = acme.sql("select payload from app.audit where tenant_id = %s", (acme.id,))
    assert not any(token in (row[0] or "") for row in audit)
    assert acme.actions(mac)[-1] == "device.enrol"
    shown = acme.json("device", "show", mac)
    assert token not in json.dumps(shown)
    assert shown["enrolment"]["method"] == "url" and shown["enrolment"]["token_used_at"] is None

    # What it let in: the token leads to the secret, whose hash is kept and which opens as sealed.
    verdict, method, sealed = came(acme, "token", token, mac)
    assert (verdict, method) == ("enrol", "url")
    secret = opened(acme, mac, bytes(sealed))
    assert len(secret) == 24 and hashlib.sha256(secret).digest() == bytes(kept[1])
    assert came(acme, "url", secret.decode(), mac)[0] == "serve"

    # Again: another token, and what was given before is nothing.
    assert "cannot enrol by digest" in acme.error(
        "device", "enrol", mac, "--method", "digest", BECKON_ENROLMENT_URL=ENROLMENT_URL)["detail"]
    again = enrol(acme, mac, "--method", "basic", "--hours", "1")["url"].partition("/e-")[2].rstrip("/")
    assert again != token
    assert came(acme, "token", token, mac)[0] == "unknown_secret"
    assert came(acme, "url", secret.decode(), mac)[0] == "unknown_secret"
    assert came(acme, "token", again, mac)[:2] == ("enrol", "basic")
    assert acme.sql("select username from app.enrolment join app.device using (tenant_id, device_id)"
                    " where tenant_id = %s and mac = %s", (acme.id, mac)) == [(mac,)]

    acme.json("device", "disarm", mac)
    assert came(acme, "token", again, mac)[0] == "unknown_secret"
    assert "no enrolment" in acme.error("device", "disarm", mac)["detail"]
    for words, want in ((("--method", "post"), "digest"), (("--hours", "0"), "720")):
        code = 2 if "--hours" in words else 1
        assert want in acme.error("device", "enrol", mac, *words, code=code,
                                  BECKON_ENROLMENT_URL=ENROLMENT_URL)["detail"]


def opened(acme, mac, sealed):
    device_id, data_key = acme.sql(
        "select device_id, data_key from app.device join app.tenant using (tenant_id)"
        " where tenant_id = %s and mac = %s", (acme.id, mac))[0]
    master = bytes.fromhex(acme.beckon.master_key.read_text().strip())
    key = seal.unseal(master, f"0/tenant.data_key/{acme.id}", bytes(data_key))
    return seal.unseal(key, f"{acme.id}/enrolment.secret/{device_id}", sealed)


def test_a_site_lets_its_phones_in(acme):
    acme.json("site", "add", "home", "--address", "192.0.2.0/24")
    acme.json("setting", "set", "--profile", "at-home", "--create", "ui.backlight_s=60")
    acme.json("policy", "set", "--profile", "at-home", "enrolment=address")
    elsewhere = acme.device("yealink", "--profile", "at-home")
    told = acme.error("device", "enrol", elsewhere, BECKON_ENROLMENT_URL=ENROLMENT_URL)
    assert "addresses of the device's site" in told["detail"]
    mac = acme.device("yealink", "--profile", "at-home", "--site", "home")
    answer = enrol(acme, mac)
    assert answer["url"] == f"{ENROLMENT_URL}/{acme.key}/a/" and answer["is_one_time"] is False
    assert came(acme, "none", None, mac)[0] in ("enrol", "renew")


# --- blocked certificates ----------------------------------------------------------------------------------


def test_a_certificate_is_blocked_for_a_tenant_or_for_all(acme, tmp_path):
    leaf = pki.yealink_cn(pki.Authority("Yealink Root CA"), "805ec0000001")
    path, _ = leaf.write(tmp_path, "leaked")
    one = leaf.fingerprint().hex()
    other = hashlib.sha256(b"other").hexdigest()
    colons = ":".join(other.upper()[i:i + 2] for i in range(0, 64, 2))
    block = ("certificate", "block")
    assert acme.beckon.json(*block, "--all-tenants", "--cert", path, "--note", "leaked") == {
        "fingerprint": one, "scope": "operator"}
    assert acme.json(*block, colons)["fingerprint"] == other
    assert acme.json(*block, other, "--note", "again")["scope"] == "tenant"
    listed = {(row["fingerprint"], row["scope"]): row["note"] for row in acme.json("certificate", "list")["certificates"]}
    assert listed[(one, "operator")] == "leaked" and listed[(other, "tenant")] == "again"
    assert [row["fingerprint"] for row in acme.beckon.json("certificate", "list")["certificates"]] == [one]

    assert "for this tenant" in acme.error("certificate", "unblock", one)["detail"]
    acme.beckon.json("certificate", "unblock", "--all-tenants", "--cert", path)
    acme.json("certificate", "unblock", other)
    assert "not blocked" in acme.error("certificate", "unblock", other)["detail"]
    assert "for all" in acme.beckon.error("certificate", "unblock", "--all-tenants", other)["detail"]
    for words, code in (((), 2), ((other, "--cert", path), 2), (("abc",), 1), ((other + "0",), 1),
                        ((other[:-1] + "g",), 1), (("--cert", tmp_path / "none"), 1)):
        assert acme.error(*block, *words, code=code)["detail"]
    assert "for whom" in acme.beckon.error(*block, other, code=2)["detail"]
    assert "for whom" in acme.error(*block, other, "--all-tenants", code=2)["detail"]


# --- refusals ----------------------------------------------------------------------------------------------


def test_refusals_are_counted_by_reason_phone_and_source(acme):
    for hours, mac, source, reason, count in (
        (0, "805ec0bb0001", "192.0.2.7", "unknown_device", 3), (0, "805ec0bb0001", "192.0.2.8", "unknown_device", 1),
        (0, None, "192.0.2.7", "no_identity", 2), (0, "805ec0bb0001", "192.0.2.7", None, 5),
        (30, "805ec0bb0002", "192.0.2.9", "suspended", 4),
    ):
        acme.sql(
            "insert into app.visit (tenant_id, at, mac, source, listener, kind, path, status, reason)"
            " select %s, now() - %s * interval '1 hour', %s, %s, 'phones', 'device', '/x', 404, %s"
            "   from generate_series(1, %s)", (acme.id, hours, mac, source, reason, count))
    rows = acme.json("refusals")["refusals"]
    assert [(row["reason"], row["mac"], row["source"], row["count"]) for row in rows] == [
        ("unknown_device", "805ec0bb0001", "192.0.2.7", 3), ("no_identity", None, "192.0.2.7", 2),
        ("unknown_device", "805ec0bb0001", "192.0.2.8", 1)]
    assert rows[0]["reason_text"] == "the tenant has no device with this MAC"
    assert rows[0]["first_at"] <= rows[0]["last_at"] and rows[0]["device"] is False
    assert [row["reason"] for row in acme.json("refusals", "--hours", "48", "--limit", "1")["refusals"]] == ["suspended"]
    assert "no device with this MAC" in acme.beckon.text("refusals", "--tenant", "identity")
    furnish(acme.beckon, "quiet")
    assert acme.beckon.json("refusals", "--tenant", "quiet")["refusals"] == []
