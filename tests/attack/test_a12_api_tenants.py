"""A12 through the API: every operation of the document with one's own ids, another tenant's, too small a role and
no token. What is another tenant's and what does not exist cannot be told apart.
"""

import itertools
import re

import pytest

import contract
import pki
from api import Client
from stack import new_mac

DOCUMENT = contract.Document.load()
OPERATIONS = [one for one in DOCUMENT.operations if one.role != "none"]
TENANTS = [one for one in OPERATIONS if one.role != "operator"]
_counter = itertools.count(1)


def new_pem():
    made = pki.Authority(f"Attack CA {next(_counter)}").certificate
    return made.public_bytes(pki.serialization.Encoding.PEM).decode()


def new_email():
    return f"attack{next(_counter)}@people.example"


class Side:
    """A tenant with one of everything, and somebody of each role."""

    def __init__(self, stack, api, mark):
        self.tenant = stack.tenant(pbx=False)
        self.clients = {role: api.member(self.tenant, role) for role in ("viewer", "technician", "admin")}
        self.world = contract.World(self.clients["admin"], new_mac, new_email, new_pem, mark, stack)
        self.world.ids["tenant_id"] = self.tenant.id
        self.world.operator = api.operator()
        self.world.ids["cert_rule_id"] = self.world.make("createCertRule")["id"]
        self.world.ids["ban_id"] = self.world.make("createBan")["id"]


@pytest.fixture(scope="module")
def ours(stack, api):
    return Side(stack, api, "ours")


@pytest.fixture(scope="module")
def theirs(stack, api):
    return Side(stack, api, "theirs")


def snapshot(stack, tenant):
    """Everything of a tenant that an operation could have touched."""
    return [
        stack.sql(f"select md5(coalesce(string_agg(t::text, ',' order by t::text), ''))"
                  f" from app.{table} as t where t.tenant_id = %s", (tenant.id,))
        for table in ("tenant", "site", "membership", "pbx", "pbx_control", "extension", "profile", "device",
                      "device_line", "device_key", "key_template", "key_template_key", "key_rule", "trust_root",
                      "job", "job_batch", "audit", "device_state", "enrolment", "anomaly", "blocked_certificate",
                      "upload", "upload_part")
    ]


def without_instance(answer):
    return answer.status, answer.headers.get("content-type"), re.sub(
        rb'"instance":"[^"]*"', b'"instance":""', answer.body
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_without_a_token_nothing_is_answered(ours, api, operation):
    answer = Client(api).request(operation.method, ours.world.path(operation),
                                 ours.world.body(operation.id))
    assert answer.status == 401
    for token in ("", "x", "a.b.c", ours.clients["admin"].token[:-2]):
        assert Client(api, token).request(operation.method, ours.world.path(operation)).status == 401


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_a_role_does_what_the_document_says(ours, operation):
    """Each smaller role: 403, whatever else is wrong with the call, and nothing is written."""
    need = contract.ROLES.index(operation.role)
    for role, client in ours.clients.items():
        if contract.ROLES.index(role) >= need:
            continue
        for ids in ({}, {name: contract.UNKNOWN_ID for name in ours.world.ids}):
            answer = client.request(operation.method, ours.world.path(operation, **ids),
                                    ours.world.body(operation.id))
            assert answer.status == 403, (role, answer)
            assert answer.json["type"] == "urn:beckon:problem:role"


@pytest.mark.parametrize("operation", [one for one in TENANTS if "_id}" in one.path], ids=lambda one: one.id)
def test_another_tenants_id_is_an_unknown_id(ours, theirs, stack, operation):
    """The same bytes but for the request's id, and the other tenant is as it was."""
    name = operation.path.partition("{")[2].partition("}")[0]
    client = ours.clients["admin"]
    before = snapshot(stack, theirs.tenant)
    # As many digits, so that not even lengths of a path could matter.
    unknown = int("9" * len(str(theirs.world.ids[name])) + "99")
    answers = [
        client.request(operation.method, operation.path.format(**{**ours.world.ids, name: number}),
                       ours.world.body(operation.id), headers=headers)
        for number in (theirs.world.ids[name], unknown) for headers in ({}, {"If-Match": "*"})
    ]
    assert {one.status for one in answers} == {404}, answers
    assert len({without_instance(one) for one in answers}) == 1
    assert snapshot(stack, theirs.tenant) == before


def test_another_tenants_upload_is_an_unknown_upload(ours, theirs, stack):
    """Below a device of one's own too; so is one of another device of one's own."""
    client, mine = ours.clients["admin"], ours.world.ids
    neighbour = ours.world.make("createDevice")["id"]
    before = snapshot(stack, theirs.tenant), snapshot(stack, ours.tenant)
    for method, rest in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        answers = [client.request(method, f"/v1/devices/{device}/uploads/{upload}{rest}") for device, upload in (
            (mine["device_id"], contract.UNKNOWN_ID), (mine["device_id"], theirs.world.ids["upload_id"]),
            (theirs.world.ids["device_id"], theirs.world.ids["upload_id"]), (neighbour, mine["upload_id"]))]
        assert {one.status for one in answers} == {404}, answers
        assert len({without_instance(one) for one in answers}) == 1
    assert (snapshot(stack, theirs.tenant), snapshot(stack, ours.tenant)) == before


def test_another_tenants_id_in_a_body_is_an_unknown_id(ours, theirs, stack):
    client = ours.clients["admin"]
    mine, other = ours.world.ids, theirs.world.ids
    device = f"/v1/devices/{mine['device_id']}"
    cases = [
        ("PATCH", device, "site_id", {}), ("PATCH", device, "profile_id", {}),
        ("PATCH", f"/v1/extensions/{mine['extension_id']}", "pbx_id", {}),
        ("POST", "/v1/extensions", "pbx_id", {"number": "4711", "secret": "x"}),
        ("PUT", device + "/lines/1", "extension_id", {}),
        ("POST", "/v1/jobs", "device_id", {"kind": "reboot"}),
    ]
    before = snapshot(stack, theirs.tenant)
    for method, path, member, rest in cases:
        answers = [client.request(method, path, {**rest, member: number})
                   for number in (other[member], contract.UNKNOWN_ID)]
        assert [one.status for one in answers] == [422, 422], answers
        assert without_instance(answers[0]) == without_instance(answers[1])
        assert answers[0].json["errors"][0]["member"] == member
    for body in ({"kind": "reboot", "filter": {"site_id": other["site_id"]}},
                 {"kind": "reboot", "filter": {"profile_id": other["profile_id"]}}):
        made = client.expect(202, "POST", "/v1/job-batches", body).json
        assert made["job_count"] == made["joined_count"] == made["refused_count"] == 0
    answer = client.request("POST", "/v1/job-batches",
                            {"kind": "reboot", "device_ids": [mine["device_id"], other["device_id"]]})
    assert answer.status == 422
    assert snapshot(stack, theirs.tenant) == before


@pytest.mark.parametrize("operation", [one for one in TENANTS if one.id.startswith("list")],
                         ids=lambda one: one.id)
def test_lists_hold_nothing_of_others(ours, theirs, operation):
    client = ours.clients["admin"]
    path = ours.world.path(operation)
    body = client.get(path + ("?limit=200" if operation.parameters("query") else ""))
    assert body.status == 200
    assert "theirs" not in body.body.decode() and theirs.tenant.name not in body.body.decode()
    for name, parameter in operation.parameters("query").items():
        if name.endswith("_id") and name in theirs.world.ids:
            found = client.get(f"{path}?{name}={theirs.world.ids[name]}")
            assert found.json["items"] == []


def test_tenants_are_operators_business(ours, theirs, api):
    operator = api.operator()
    assert {ours.tenant.name, theirs.tenant.name} <= {
        one["name"] for one in operator.get("/v1/tenants?limit=200").json["items"]
    }
    for client in ours.clients.values():
        assert client.get("/v1/tenants").status == 403
        assert client.get(f"/v1/tenants/{theirs.tenant.id}").status == 403
    # And an operator who signed in to no tenant sees no tenant's things.
    for path in ("/v1/devices", "/v1/tenant", f"/v1/devices/{ours.world.ids['device_id']}"):
        answer = operator.get(path)
        assert answer.status == 403 and answer.json["type"] == "urn:beckon:problem:no-tenant"


def test_rights_end_with_the_membership(stack, ours, api):
    """Nothing of yesterday's token counts (rule 3)."""
    client = api.member(ours.tenant, "admin")
    assert client.get("/v1/sites").status == 200
    stack.sql("update app.membership set role = 'viewer' where user_id = %s", (client.user_id,))
    assert client.request("POST", "/v1/sites", {"name": "x"}).status == 403
    assert client.get("/v1/sites").status == 200
    stack.sql("delete from app.membership where user_id = %s", (client.user_id,))
    assert client.get("/v1/sites").status == 401


def test_row_level_security_stands_behind_it(stack, ours, theirs):
    """As the API's own role, with the tenant of a transaction: rows of others are not there."""
    with stack.database.connect("beckon_api") as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select set_config('bk.tenant_id', %s, false)", (str(ours.tenant.id),))
            for table in ("site", "pbx", "pbx_control", "extension", "profile", "device", "device_line",
                          "device_key", "job", "job_batch", "membership", "visit", "audit", "enrolment", "anomaly",
                          "blocked_certificate", "upload", "upload_part"):
                cursor.execute(f"select count(*) from app.{table} where tenant_id <> %s", (ours.tenant.id,))
                assert cursor.fetchone()[0] == 0, table
                if table not in ("visit", "audit", "job", "enrolment", "anomaly"):
                    cursor.execute(f"delete from app.{table} where tenant_id = %s", (theirs.tenant.id,))
                    assert cursor.rowcount == 0, table


def test_sql_in_every_text_stays_text(ours, stack):
    """A14: whatever stands in a member, a filter or a path is a parameter, never a statement."""
    client = ours.clients["admin"]
    hostile = "'; drop table app.device cascade; select '$1 %s \\"
    site = client.expect(201, "POST", "/v1/sites", {"name": hostile, "emergency_address": {hostile: hostile}})
    assert site.json["name"] == hostile and site.json["emergency_address"] == {hostile: hostile}
    quoted = "".join(f"%{byte:02X}" for byte in hostile.encode())
    assert [one["name"] for one in client.get(f"/v1/sites?name={quoted}").json["items"]] == [hostile]
    for operation in TENANTS:
        for name, parameter in operation.parameters("query").items():
            answer = client.get(f"{ours.world.path(operation)}?{name}={quoted}")
            assert answer.status in (200, 422), (operation, name, answer)
    for path in ("/v1/devices/1;select", f"/v1/devices/{quoted}", "/v1/devices/1%27"):
        assert client.get(path).status == 404
    assert stack.sql("select count(*) from app.device")[0][0] > 0
