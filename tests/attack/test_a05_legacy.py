"""A5: phones of before 2012 (TLS 1.0, SHA-1, 1024 bits) must not lower the floor of all others."""

import json
import ssl

import pytest

import pki
import rawtls
from service import Service
from stack import free_port, wait_until

OLD = ssl.TLSVersion.TLSv1


class Legacy:
    """A legacy listener in a process of its own, under a legacy root of its own."""

    def __init__(self, stack):
        self.stack = stack
        self.port = free_port()
        self.root = pki.Authority("Yealink Root CA of 2005", key="rsa1024")
        stack.import_root(self.root, "yealink", legacy=True)
        self.service = Service(stack, "beckon-config", settings(stack, {
            "listener.old.address": f"127.0.0.1:{self.port}",
            **pair(stack, "listener.old"),
            "listener.old.kind": "legacy",
        })).start()

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def phone(self, tenant, allowed=True):
        phone = tenant.phone(leaf=None)
        phone.leaf = pki.yealink_cn(self.root, phone.mac, key="rsa1024")
        phone.cert, phone.key = phone.leaf.write(self.stack.directory, f"old-{phone.mac}")
        self.stack.sql("update app.device set is_legacy = %s where tenant_id = %s and mac = %s::macaddr",
                       (allowed, tenant.id, phone.mac))
        return phone


def pair(stack, row):
    return {f"{row}.cert": ",".join(str(cert) for cert, _ in stack.server_files),
            f"{row}.key": ",".join(str(key) for _, key in stack.server_files)}


def settings(stack, rows):
    return {
        "pg": stack.database.dsn("beckon_config"), "master_key_file": stack.master_key,
        "public_url": stack.public_url, "workers": 1, "trust.refresh_s": 1, "visits.flush_ms": 50, **rows,
    }


def old_context(phone, ca, maximum=OLD):
    """What such a phone knows: TLS 1.0, no authentication of what it got but by RSA."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.set_ciphers("AES128-SHA:AES256-SHA:@SECLEVEL=0")
    made.minimum_version, made.maximum_version = OLD, maximum
    made.load_verify_locations(ca)
    made.load_cert_chain(phone.cert, phone.key)
    return made


def get(phone, address, **options):
    ca = phone.stack.authorities.server_ca
    with rawtls.Connection(address, tls_context=old_context(phone, ca, **options)) as connection:
        answer = connection.request(phone.own_file)
        return connection.socket.version(), answer


@pytest.fixture(scope="module")
def legacy(stack):
    made = Legacy(stack)
    yield made
    made.service.stop()
    made.service.check_log()


def test_an_old_phone_is_served_where_it_may(legacy, tenant):
    phone = legacy.phone(tenant)
    version, answer = get(phone, legacy.address)
    assert (version, answer.status) == ("TLSv1", 200)
    assert phone.secret.encode() in answer.body


def test_only_where_its_tenant_allowed_it(legacy, tenant):
    phone = legacy.phone(tenant, allowed=False)
    _, answer = get(phone, legacy.address)
    assert answer.status == 404
    tenant.wait_visit("legacy_not_allowed", lambda status, reason, *_: reason == "legacy_not_allowed")


def test_the_others_floor_stays(legacy, stack, tenant):
    """Neither its TLS nor its root opens the other listener; a root of 2048 bits would not either."""
    phone, modern = legacy.phone(tenant), tenant.phone()
    for one in (phone, modern):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            get(one, stack.address)
    assert modern.get().status == 200
    for maximum in (ssl.TLSVersion.TLSv1_2, None):
        assert rawtls.handshake_fails(
            stack.address, phone.cert, phone.key, stack.authorities.server_ca, maximum=maximum) == b""
    strong = pki.Authority("Yealink Root CA, legacy all the same")
    stack.import_root(strong, "yealink", legacy=True)
    leaf = pki.yealink_cn(strong, phone.mac)
    cert, key = leaf.write(stack.directory, f"strong-{phone.mac}")
    assert rawtls.handshake_fails(stack.address, cert, key, stack.authorities.server_ca) == b""
    wait_until("who came is told", lambda: [
        row for row in stack.strangers() if row[1] and phone.mac in row[1].lower()])


def test_other_roots_do_not_vouch_on_the_legacy_listener(legacy, phone):
    assert phone.get().status == 200
    assert rawtls.handshake_fails(
        legacy.address, phone.cert, phone.key, phone.stack.authorities.server_ca) == b""


def test_a_process_with_both_is_refused(stack):
    mixed = Service(stack, "beckon-config", settings(stack, {
        "listener.old.address": f"127.0.0.1:{free_port()}", **pair(stack, "listener.old"),
        "listener.old.kind": "legacy",
        "listener.new.address": f"127.0.0.1:{free_port()}", **pair(stack, "listener.new"),
    }))
    assert "legacy listeners have a process of their own" in mixed.refusal()


@pytest.mark.parametrize("days, state", [(20, "fail"), (60, "warn"), (150, "warn"), (400, "ok")])
def test_the_end_of_a_root_is_announced(legacy, stack, days, state):
    root = pki.Authority(f"Ends in {days} days", days=days)
    stack.import_root(root, "yealink", legacy=True)
    listed = stack.beckon("trust-root", "list")["trust_roots"]
    root_id = max(one["root_id"] for one in listed)
    try:
        earliest = stack.sql("select extract(epoch from min(not_after)) from app.trust_root"
                             " where is_legacy and is_enabled")[0][0]
        wait_until("the earliest end", lambda: abs(
            legacy.service.metric("beckon_trust_root_expires_at_seconds") - float(earliest)) < 1)
        done = stack.beckon_run("check", "--json")
        rows = {row["check"]: row for row in json.loads(done.stdout)["checks"]}
        assert rows[f"trust root {root_id} (yealink)"]["state"] == state
    finally:
        stack.sql("delete from app.trust_root where root_id = %s", (root_id,))
