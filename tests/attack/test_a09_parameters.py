"""A9, what explains a phone's files: no password stands in /parameters, /changes, `beckon explain` or a log, of any
maker, whatever was changed since: the passwords, the maker, the model. And nobody's phone is explained to others.
"""

import itertools
import json
import pathlib

import pytest

from enrolment import Enrolled
from stack import ROOT, new_mac, wait_until

VENDORS = sorted(path.parent.name for path in (ROOT / "libcommon/vendor").glob("*/models.tsv"))
_counter = itertools.count(1)


def canary(what):
    return f"cnry{next(_counter):04d}{what}Zq7"


class Watched(Enrolled):
    """A phone of that maker with a password in every place that has one."""

    def __init__(self, tenant, admin, vendor, model):
        self.vendor, self.default_model = vendor, model
        super().__init__(tenant, {"enrolment": "token"}, model=model)
        self.arm()
        self.admin = admin
        self.planted = [self.token, self.steady]
        self.line = admin.get(f"/v1/devices/{self.id}/lines").json["items"][0]
        self.plant("first")

    def plant(self, what):
        made = [canary(what + part) for part in ("sip", "admin", "user", "ldap")]
        self.planted += made
        self.sip = made[0]
        self.admin.expect(200, "PATCH", f"/v1/extensions/{self.line['extension_id']}", {"secret": made[0]})
        self.admin.expect(200, "PATCH", f"/v1/devices/{self.id}", {"settings": {
            "security.admin_secret": made[1], "security.user_secret": made[2], "phonebook.ldap_secret": made[3],
            "phonebook.ldap_url": "ldaps://ldap.example", "phonebook.ldap_base": "dc=example"}})

    def agent(self, model=None):
        return "curl/8.0"

    def told(self, part):
        return self.admin.get(f"/v1/devices/{self.id}/{part}")

    def explained(self):
        done = self.stack.beckon_run("explain", "--tenant", self.tenant.name, "--mac", self.mac, "--json")
        return done.stdout + done.stderr

    def assert_told_no_password(self, *texts):
        for text in texts:
            assert not [one for one in self.planted if one in text or json.dumps(one)[1:-1] in text], text[:2000]

    def fetch(self, files):
        return [self.get(self.steady_path(file=file)) for file in files]


@pytest.fixture
def admin(api, tenant):
    return api.admin(tenant)


def model_of(vendor):
    """The first that has a line, and may have it by a PBX over TCP, which an N510 may not."""
    rows = [line.split("\t") for line in (ROOT / f"libcommon/vendor/{vendor}/models.tsv").read_text().splitlines()
            if line and not line.startswith("#")]
    return next(row[0] for row in rows[1:]
                if int(row[rows[0].index("line_count")]) > 0 and row[0] != "N510 IP PRO")


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_password_is_explained(api, tenant, admin, vendor):
    one = Watched(tenant, admin, vendor, model_of(vendor))
    answer = one.told("parameters")
    assert answer.status == 200, answer
    items = answer.json["items"]
    assert [row for row in items if "********-" in row["value"]] != []
    files = list(dict.fromkeys(row["file"] for row in items))
    one.assert_told_no_password(answer.body.decode(), one.explained())

    fetched = one.fetch(files)
    assert any(one.sip.encode() in file.body for file in fetched), "the phone itself is told its password"
    assert one.told("changes").status == 200
    one.plant("second")
    changed = one.told("changes")
    passwords = [row for row in changed.json["items"] if "********-" in (row["after"] or "")]
    assert passwords and all(row["before"] != row["after"] for row in passwords)
    one.assert_told_no_password(changed.body.decode(), one.told("parameters").body.decode(), one.explained())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_phone_that_changed_its_maker_or_model_is_explained(api, tenant, admin, vendor):
    """What was served before is not compared with another maker's, or another model's."""
    one = Watched(tenant, admin, "yealink", "T54W")
    assert one.get(one.steady_path()).status == 200
    assert one.told("changes").json["items"] == []
    for change in ({"vendor": vendor, "model": f"X-{vendor} nobody knows"}, {"model": model_of(vendor)}):
        admin.expect(200, "PATCH", f"/v1/devices/{one.id}", change)
        assert one.told("changes").problem == "nothing-served"
        answer = one.told("parameters")
        assert answer.status == 200
        assert "vendor" in change or "********-" in answer.body.decode()  # some makers know their models alone
        one.assert_told_no_password(answer.body.decode(), one.explained())


def test_a_phone_that_changed_its_mac_is_another(tenant, admin):
    one = Watched(tenant, admin, "yealink", "T54W")
    assert one.get(one.steady_path()).status == 200
    admin.expect(200, "PATCH", f"/v1/devices/{one.id}", {"mac": new_mac()})
    assert one.told("changes").problem == "nothing-served"


# A password that the maker's format cannot carry: the file is refused by the name of the parameter alone.
REFUSED = {"avaya": '"', "algo": "$MAC$"}


@pytest.mark.parametrize("vendor", REFUSED)
def test_a_password_that_is_refused_is_not_told(stack, api, tenant, admin, vendor):
    one = Watched(tenant, admin, vendor, model_of(vendor))
    files = list(dict.fromkeys(row["file"] for row in one.told("parameters").json["items"]))
    made = canary("refused") + REFUSED[vendor]
    one.planted.append(made)
    answer = admin.patch(f"/v1/extensions/{one.line['extension_id']}", {"secret": made})
    one.assert_told_no_password(answer.body.decode())
    if answer.status == 200:  # else it was refused as it was written
        assert {file.status for file in one.fetch(files[-1:])} <= {404, 503}
        wait_until("the refusal", lambda: [row for row in tenant.visit_rows() if row[0] in (404, 503)])
    seen = admin.get("/v1/visits").body.decode() + admin.get("/v1/audit-events").body.decode() + str(
        stack.sql("select * from app.visit where tenant_id = %s", (tenant.id,)))
    logs = "".join(path.read_text(errors="replace") for path in pathlib.Path(stack.directory).glob("*.log"))
    one.assert_told_no_password(seen, logs, one.told("parameters").body.decode(), one.explained())


def test_a_raw_parameter_that_is_refused_is_told_without_its_value(tenant, admin):
    one = Watched(tenant, admin, "yealink", "T54W")
    value = canary("raw")
    for raw in ({"account.1.password": value}, {"account.01.password": value}, {"features.x": f"{value}\n"},
                {"no name": value}):
        answer = admin.patch(f"/v1/devices/{one.id}", {"raw": {"yealink": raw}})
        assert answer.status == 422 and value not in answer.body.decode(), answer
    assert value not in one.told("parameters").body.decode()


def test_nobody_elses_phone_is_explained(stack, api, tenant, admin):
    one = Watched(tenant, admin, "yealink", "T54W")
    assert one.get(one.steady_path()).status == 200
    strangers = [api.admin(stack.tenant()), api.operator()]
    missing = strangers[0].get("/v1/devices/999999999/parameters")
    assert missing.status == 404
    for part in ("parameters", "changes"):
        path = f"/v1/devices/{one.id}/{part}"
        refused = strangers[0].get(path)
        assert refused.shape() == missing.shape()
        assert strangers[1].get(path).status in (403, 404)  # an operator who is in no tenant
        assert api.anonymous.get(path).status == 401
        assert strangers[0].get(path, headers={"X-Tenant": tenant.name}).status == 404
    other = stack.tenant()
    done = stack.beckon_run("explain", "--tenant", other.name, "--mac", one.mac, "--json")
    assert done.returncode != 0 and one.number not in done.stdout + done.stderr
