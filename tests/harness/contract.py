"""The OpenAPI document as tests use it: its operations, schemas that say what an answer may hold, and bodies
that break one rule each. What is in the document is tried; nothing is repeated here by hand but one good body
for each operation that takes one (`World`).
"""

import copy
import json
import pathlib
import secrets
import subprocess

import jsonschema
import yaml

from seal import store_upload

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "api-spec" / "openapi.yaml"
UNKNOWN_ID = 9007199254740991  # no row of any test has it
ROLES = ["none", "viewer", "technician", "admin", "operator"]


class Operation:
    def __init__(self, document, path, method, node):
        self.document = document
        self.path = path
        self.method = method.upper()
        self.id = node["operationId"]
        self.role = node["x-role"]
        self.node = node

    def __repr__(self):
        return f"{self.method} {self.path}"

    def statuses(self, first):
        return [int(status) for status in self.node["responses"] if status.startswith(first)]

    def parameters(self, place):
        found = [self.document.resolve(one) for one in self.node.get("parameters", [])]
        return {one["name"]: one for one in found if one["in"] == place}

    def body_schema(self):
        body = self.node.get("requestBody")
        return self.document.resolve(body["content"]["application/json"]["schema"]) if body else None

    def answer_schema(self, status):
        answer = self.document.resolve(self.node["responses"][str(status)])
        content = answer.get("content", {}).get("application/json")
        return content["schema"] if content else None

    def answers_bytes(self, status):
        answer = self.document.resolve(self.node["responses"][str(status)])
        return "application/octet-stream" in answer.get("content", {})

    def answer_headers(self, status):
        return list(self.document.resolve(self.node["responses"][str(status)]).get("headers", {}))


class Document:
    def __init__(self, text):
        self.text = text
        self.root = yaml.safe_load(text)
        self.operations = [
            Operation(self, path, method, node)
            for path, methods in self.root["paths"].items() for method, node in methods.items()
        ]
        self.by_id = {one.id: one for one in self.operations}
        self.strict = self._strict()

    @classmethod
    def load(cls):
        return cls(DOCUMENT.read_text(encoding="utf-8"))

    def resolve(self, node):
        while "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _strict(self):
        """A copy in which an object has the members that it names and no others: what an answer is held to."""
        root = copy.deepcopy(self.root)

        def close(node):
            if isinstance(node, dict):
                if "properties" in node and "additionalProperties" not in node:
                    node["additionalProperties"] = False
                for value in node.values():
                    close(value)
            elif isinstance(node, list):
                for value in node:
                    close(value)

        close(root)
        return root

    def check(self, value, schema):
        """Raises what jsonschema raises when value is not as the schema says."""
        schema = copy.deepcopy(schema)
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        whole = {**schema, "components": self.strict["components"]}
        jsonschema.Draft202012Validator(
            whole, format_checker=jsonschema.FormatChecker()
        ).validate(value)


def printed(binary, option):
    done = subprocess.run([str(binary), option], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


def faults(document, schema, required_only=False):
    """(label, member, value) for each rule of each property: value breaks that rule and no other."""
    for name, node in schema.get("properties", {}).items():
        node = document.resolve(node)
        if "anyOf" in node:
            node = document.resolve(node["anyOf"][0])
        types = node.get("type", "object")
        kinds = types if isinstance(types, list) else [types]
        if "null" not in kinds and name in schema.get("required", []):
            yield "null", name, None
        kind = next(one for one in kinds if one != "null")
        wrong = {"string": 7, "integer": "seven", "number": "seven", "boolean": "yes", "array": "one",
                 "object": "one"}
        yield "type", name, wrong[kind]
        if "enum" in node:
            yield "word", name, "no-such-word"
        if kind == "string" and "enum" not in node:
            if "maxLength" in node and node["maxLength"] < 60000:
                yield "too long", name, "x" * (node["maxLength"] + 1)
            if node.get("minLength", 0) > 0:
                yield "too short", name, ""
            if node.get("maxLength", 0) < 60000:
                yield "control", name, "x\u0007y" + "z" * max(node.get("minLength", 0) - 3, 0)
                yield "separator", name, "x\u2028y" + "z" * max(node.get("minLength", 0) - 3, 0)
        if "maximum" in node:
            yield "too large", name, node["maximum"] + 1
        if kind in ("integer", "number") and "minimum" in node:
            yield "too small", name, node["minimum"] - 1
        if kind == "array" and "maxItems" in node and node["maxItems"] < 1000:
            yield "too many", name, [None] * (node["maxItems"] + 1)


class World:
    """A tenant with one of everything, made through the API; ids by the names that paths use. What phones alone
    bring about (quarantine, anomalies) is put into the database of stack."""

    def __init__(self, client, mac, email, pem, mark, stack):
        self.stack = stack
        self.client = client
        self.operator = None  # whoever needs one sets it
        self.mac = mac
        self.email = email
        self.pem = pem
        self.mark = mark  # in names, so that two worlds may share a tenant
        self.count = 0
        self.ids = {"index": 1, "slot": 2, "module": 1}
        for operation, name in (
            ("createSite", "site_id"), ("createKeyTemplate", "key_template_id"), ("createProfile", "profile_id"), ("createPbx", "pbx_id"),
            ("createExtension", "extension_id"), ("createTrustRoot", "trust_root_id"),
            ("createDevice", "device_id"), ("createUser", "user_id"),
            ("createBlockedCertificate", "blocked_certificate_id"),
        ):
            self.ids[name] = self.make(operation)["id"]
        for path, operation in (
            ("/v1/devices/{device_id}/lines/1", "putDeviceLine"),
            ("/v1/devices/{device_id}/keys/line/2", "putDeviceLineKey"),
            ("/v1/devices/{device_id}/keys/programmable/2", "putDeviceProgrammableKey"),
            ("/v1/devices/{device_id}/keys/module/1/2", "putDeviceModuleKey"),
            ("/v1/key-templates/{key_template_id}/keys/line/2", "putKeyTemplateLineKey"),
            ("/v1/key-templates/{key_template_id}/keys/programmable/2", "putKeyTemplateProgrammableKey"),
            ("/v1/key-templates/{key_template_id}/keys/module/1/2", "putKeyTemplateModuleKey"),
        ):
            client.expect(201, "PUT", path.format(**self.ids), self.body(operation))
        client.expect(200, "PATCH", "/v1/tenant", {"policy": {"enrolment": "token"}})
        client.expect(201, "POST", f"/v1/devices/{self.ids['device_id']}/enrolment",
                      self.body("armDeviceEnrolment"))
        self.serve(self.ids["device_id"])
        self.ids["anomaly_id"] = self.anomaly(self.ids["device_id"], "guessing")
        self.ids["upload_id"] = self.upload()
        self.ids["job_id"] = self.make("createJob")["id"]
        self.ids["job_batch_id"] = self.make("createJobBatch")["id"]

    PATHS = {
        "createSite": "/v1/sites", "createKeyTemplate": "/v1/key-templates", "createProfile": "/v1/profiles", "createPbx": "/v1/pbxs",
        "createExtension": "/v1/extensions", "createTrustRoot": "/v1/trust-roots",
        "createDevice": "/v1/devices", "createUser": "/v1/users", "createJob": "/v1/jobs",
        "createJobBatch": "/v1/job-batches", "createCertRule": "/v1/cert-rules",
        "createBlockedCertificate": "/v1/blocked-certificates",
        "createBan": "/v1/bans",
    }

    def anomaly(self, device_id, kind, **seen):
        """As beckon-config notes it: its id."""
        return self.stack.sql(
            "insert into app.anomaly (tenant_id, device_id, kind, seen)"
            " select tenant_id, device_id, %s, %s from app.device where device_id = %s returning anomaly_id",
            (kind, json.dumps(seen), device_id))[0][0]

    def upload(self):
        """A file that the device's phone wrote: its id."""
        self.count += 1
        return store_upload(self.stack, self.ids["device_id"], f"{self.mark}-{self.count}.log", b"a log of ", b"two parts")

    def serve(self, device_id):
        """As beckon-config keeps what it hands out."""
        self.stack.sql("select app.device_config_make(tenant_id, device_id, revision) from app.device"
                       " where device_id = %s", (device_id,))

    def quarantine(self, device_id, kind="other_certificate", **seen):
        """A bound device, quarantined for what was seen: the anomaly's id."""
        self.stack.sql(
            "set role beckon_cross;"
            "update app.device set state = 'bound', bound_at = now(), is_bound_by_own_root = true"
            " where device_id = %s and state = 'claimed';"
            "update app.device set state = 'quarantined' where device_id = %s", (device_id, device_id))
        return self.anomaly(device_id, kind, **seen)

    def make(self, operation):
        status = 202 if "Job" in operation else 201
        client = self.operator if operation in ("createCertRule", "createBan") else self.client
        return client.expect(status, "POST", self.PATHS[operation], self.body(operation)).json

    def path(self, operation, **other):
        return operation.path.format(**{**self.ids, **other})

    def body(self, operation_id):
        """A good body: for create and put whole, for patch a change of something."""
        self.count += 1
        name = f"{self.mark} {self.count}"
        bodies = {
            "createSite": lambda: {
                "name": name, "time_zone": "Europe/Berlin", "country": "DE",
                "emergency_address": {"country": "DE", "A3": "Bonn"},
                "addresses": ["192.0.2.0/24", "2001:db8:1::/48"],
                "settings": {"time.ntp_servers": ["ntp.example"]}, "locks": ["time.ntp_servers"],
            },
            "updateSite": lambda: {"country": "FR", "emergency_address": {"A3": None, "A6": "Rue"}},
            "createKeyTemplate": lambda: {"name": name},
            "updateKeyTemplate": lambda: {"name": name},
            "createProfile": lambda: {
                "name": name, "vendor": "yealink", "model": "T54W",
                "settings": {"ui.backlight_s": 60, "security.admin_secret": "s3cret-s3cret"},
                "raw": {"yealink": {"features.dnd_refuse_code": "486"}},
            },
            "updateProfile": lambda: {"key_template_id": self.ids["key_template_id"], "settings": {"ui.backlight_s": 30}, "policy": {"reset": "reenrol"}},
            "createPbx": lambda: {
                "name": name, "domain": f"p{self.count}.{self.mark}.example",
                "registrars": [{"host": "sip.example", "port": 5061}], "transport": "tls",
                "srtp": "required",
                "control": {"driver": "sip", "address": "sip.example:5061", "username": "beckon",
                            "secret": "c0ntrol", "options": {"transport": "tls"}},
            },
            "updatePbx": lambda: {"control": {"rate_per_s": 5, "options": {"tls_name": "sip.example"}}},
            "createExtension": lambda: {
                "pbx_id": self.ids["pbx_id"], "number": f"{1000 + self.count}", "secret": "s3cret",
                "display_name": "Änne Bär",
            },
            "updateExtension": lambda: {"secret": "an0ther", "auth_id": name},
            "createTrustRoot": lambda: {"certificate": self.pem(), "maker": "yealink", "name": name},
            "createBan": lambda: {  # where no test comes from
                "network": f"198.18.{self.count % 256}.7", "reason": name, "seconds": 600, "spares_good": False,
            },
            "createCertRule": lambda: {
                "name": f"{self.mark}-rule-{self.count}", "maker": "grandstream",
                "subject": "CN={mac}; O=Example Ltd", "source": "a phone on the desk",
            },
            "updateTrustRoot": lambda: {"rules": None, "enabled": False},
            "createDevice": lambda: {
                "mac": self.mac(), "vendor": "yealink", "model": "t54w", "label": name,
                "site_id": self.ids["site_id"], "profile_id": self.ids["profile_id"],
                "key_template_id": self.ids["key_template_id"],
                "location": {"floor": "3"}, "settings": {"ui.language": "de"},
            },
            "updateDevice": lambda: {"label": name, "serial": "42", "is_legacy": True, "location": {"room": "3.14"}},
            "createUser": lambda: {
                "email": self.email(), "display_name": name, "password": "correct horse battery",
                "role": "viewer",
            },
            "updateUser": lambda: {"role": "technician", "display_name": name},
            "updateOwnTenant": lambda: {"title": name, "policy": {"serving": "always"}, "settings": {"ui.ring_volume": 3}},
            "createTenant": lambda: {"name": f"{self.mark}-{self.count}", "title": name, "region": "eu"},
            "updateTenant": lambda: {"title": name, "retention_days": 30},
            "replaceDeviceLines": lambda: {"items": [
                {"index": 1, "extension_id": self.ids["extension_id"], "label": "Office"},
            ]},
            "putDeviceLine": lambda: {
                "extension_id": self.ids["extension_id"], "label": "Office",
                "settings": {"sip.register_expires_s": 600},
            },
            "replaceDeviceKeys": lambda: {"items": [
                {"panel": "line", "slot": 2, "kind": "blf", "line": 1, "value": "1002", "label": "Ben"},
                {"panel": "programmable", "slot": 2, "kind": "speed_dial", "value": "1003"},
                {"panel": "module", "module": 1, "slot": 2, "kind": "blf", "value": "1004"},
            ]},
            "putDeviceLineKey": lambda: {"kind": "blf", "line": 1, "value": "1002", "label": name},
            "putDeviceProgrammableKey": lambda: {"kind": "speed_dial", "value": "1003"},
            "putDeviceModuleKey": lambda: {"kind": "blf", "value": "1004"},
            "replaceKeyTemplateKeys": lambda: {"items": [
                {"panel": "line", "slot": 2, "kind": "blf", "line": 1, "value": "1002", "label": "Ben"},
                {"panel": "programmable", "slot": 2, "kind": "speed_dial", "value": "1003"},
                {"panel": "module", "module": 1, "slot": 2, "kind": "blf", "value": "1004"},
            ]},
            "putKeyTemplateLineKey": lambda: {"kind": "blf", "line": 1, "value": "1002", "label": name},
            "putKeyTemplateProgrammableKey": lambda: {"kind": "speed_dial", "value": "1003"},
            "putKeyTemplateModuleKey": lambda: {"kind": "blf", "value": "1004"},
            "replaceDeviceKeyRules": lambda: {"items": [
                {"panel": "line", "slot": 10, "count": 5, "kind": "speed_dial", "line": 1},
                {"panel": "line", "slot": 15, "count": 2, "source": "tenant"},
                {"panel": "module", "module": 2, "slot": 1, "count": 60, "source": "site",
                 "site_id": self.ids["site_id"]},
            ]},
            "replaceKeyTemplateKeyRules": lambda: {"items": [{"panel": "programmable", "slot": 5, "count": 3}]},
            "previewDeviceKeyRule": lambda: {"panel": "line", "slot": 20, "count": 8, "of_template": True},
            "armDevice": lambda: {"hours": 5},
            "armDeviceEnrolment": lambda: {"method": "url", "hours": 24},
            "createBlockedCertificate": lambda: {"fingerprint": secrets.token_hex(32), "note": name},
            "createJob": lambda: {"kind": "reprovision", "device_id": self.ids["device_id"]},
            "createJobBatch": lambda: {"kind": "reboot", "filter": {"site_id": self.ids["site_id"]}},
        }
        return bodies[operation_id]() if operation_id in bodies else None
