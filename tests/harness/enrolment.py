"""A phone without a certificate, as its tenant arms it and as it asks; tests of enrolment share it.

    one = Enrolled(tenant, policy={"enrolment": "token"})
    one.arm()
    first = one.get(one.token_path)        # names the steady secret
"""

import base64
import hashlib
import json
import secrets
import string

import rawtls
from seal import data_key, seal
from stack import new_mac, parameters

ALPHABET = string.ascii_lowercase + string.digits


def draw():
    return "".join(secrets.choice(ALPHABET) for _ in range(24))


class Enrolled:
    """A device with a line, by the command line; armed as the API does it."""

    vendor, default_model = "yealink", "T54W"
    cert = key = None

    def __init__(self, tenant, policy=None, model=None, mac=None):
        self.tenant = tenant
        self.stack = tenant.stack
        self.mac = mac or new_mac()
        self.model = model or self.default_model
        self.number = str(next(tenant.numbers))
        self.secret = f"secret-of-{self.mac}-at-{tenant.name}"
        if policy is not None:
            self.set_policy(**policy)
        tenant.extension(self.number, self.secret)
        self.stack.beckon("device", "add", "--tenant", tenant.name, self.mac, "--vendor", self.vendor,
                          "--model", self.model, "--line", f"1={self.number}")
        self.id = self.stack.sql("select device_id from app.device where tenant_id = %s and mac = %s::macaddr",
                                 (tenant.id, self.mac))[0][0]

    def set_policy(self, **keys):
        self.stack.sql("update app.tenant set policy = %s where tenant_id = %s",
                       (json.dumps(keys), self.tenant.id))

    def set_site(self, *networks):
        self.stack.sql(
            "with s as (insert into app.site (tenant_id, name, addresses)"
            "           values (%s, %s, %s::cidr[]) returning site_id)"
            " update app.device set site_id = (select site_id from s) where device_id = %s",
            (self.tenant.id, draw(), list(networks), self.id))

    def arm(self, method=None, with_token=True):
        """As the API does: a token, and a steady secret that nobody is told."""
        self.token, self.steady = draw(), draw()
        sealed = seal(data_key(self.stack, self.tenant.id), f"{self.tenant.id}/enrolment.secret/{self.id}",
                      self.steady.encode())
        hashes = [hashlib.sha256(one.encode()).digest() for one in (self.token, self.steady)]
        refusal = self.stack.sql(
            "select set_config('bk.tenant_id', %s, false);"
            "select refusal from bk.enrolment_arm(%s, %s, %s, '', %s, %s, null)",
            (str(self.tenant.id), self.id, method, hashes[0] if with_token else None, hashes[1], sealed))[-1][0]
        assert refusal == "", refusal

    # --- what it asks; these names are also those of stack.Phone ---

    cert = key = None

    @property
    def address(self):
        return self.stack.enrolment_address

    @property
    def own_file(self):
        return self.steady_path()

    @property
    def file(self):
        return f"{self.mac}.cfg"

    @property
    def token_path(self):
        return f"/{self.tenant.key}/e-{self.token}/{self.file}"

    @property
    def address_path(self):
        return f"/{self.tenant.key}/a/{self.file}"

    def steady_path(self, secret=None, file=None):
        return f"/{self.tenant.key}/s-{secret or self.steady}/{file or self.file}"

    @property
    def plain_path(self):
        return f"/{self.tenant.key}/{self.file}"

    def agent(self, model=None):
        pairs = ":".join(self.mac[i:i + 2] for i in range(0, 12, 2))
        return f"Yealink SIP-{model or self.model} 96.86.0.70 {pairs}"

    def connect(self, port=None, source=None):
        return rawtls.Connection(("127.0.0.1", port or self.stack.enrolment_port), None, None,
                                 self.stack.authorities.server_ca, source=source)

    def get(self, path=None, method="GET", headers=(), agent=None, body=None, **options):
        with self.connect(**options) as connection:
            return connection.request(
                path or self.own_file, method, [("User-Agent", agent or self.agent()), *headers], body=body)

    def basic(self, password, user=None, **options):
        pair = base64.b64encode(f"{user or self.mac}:{password}".encode()).decode()
        return self.get(self.plain_path, headers=[("Authorization", f"Basic {pair}")], **options)

    def device_id(self):
        return self.id

    def state(self):
        return self.stack.sql("select state from app.device where device_id = %s", (self.id,))[0][0]

    def anomalies(self):
        return [row[0] for row in self.stack.sql(
            "select kind from app.anomaly where device_id = %s and decision is null order by 1", (self.id,))]


class EnrolledGrandstream(Enrolled):
    """The maker whose certificates nobody knows; it asks for a binary of its own first."""

    vendor, default_model = "grandstream", "GRP2614"

    @property
    def file(self):
        return f"cfg{self.mac}.xml"

    def agent(self, model=None):
        return f"Grandstream Model HW {model or self.model} SW 1.0.5.15 DevId {self.mac}"


class EnrolledFanvil(Enrolled):
    """Its certificates are not known either; it asks for a file of its model first."""

    vendor, default_model = "fanvil", "X6"

    def agent(self, model=None):
        return f"Fanvil {model or self.model} 2.4.5 {self.mac}"


def provisioning(answer):
    """(url, user, password) that a file tells the phone."""
    values = parameters(answer.body)
    return tuple(values[f"static.auto_provision.server.{name}"] for name in ("url", "username", "password"))
