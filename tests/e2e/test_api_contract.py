"""Server and document are held against each other, both ways: every route is in api-spec/openapi.yaml and every
operation of it is answered as it says; what it forbids is refused, by name.
"""

import concurrent.futures
import itertools
import json

import pytest

import contract
import pki
from stack import BIN, new_mac

DOCUMENT = contract.Document.load()
OPERATIONS = DOCUMENT.operations
WITH_BODY = [one for one in OPERATIONS if one.body_schema() is not None]
_counter = itertools.count(1)


def new_pem():
    made = pki.Authority(f"Contract CA {next(_counter)}").certificate
    return made.public_bytes(pki.serialization.Encoding.PEM).decode()


def new_email():
    return f"contract{next(_counter)}@people.example"


@pytest.fixture(scope="module")
def operator(api):
    return api.operator()


@pytest.fixture(scope="module")
def world(api, stack, operator):
    tenant = stack.tenant(pbx=False)
    made = contract.World(api.admin(tenant), new_mac, new_email, new_pem, "contract", stack)
    made.ids["tenant_id"] = operator.expect(
        201, "POST", "/v1/tenants", made.body("createTenant")
    ).json["id"]
    made.operator = operator
    made.ids["cert_rule_id"] = made.make("createCertRule")["id"]
    made.ids["ban_id"] = made.make("createBan")["id"]
    return made


def client_of(world, operation):
    return world.operator if operation.role == "operator" else world.client


def call(world, operation, path=None, **options):
    return client_of(world, operation).request(
        operation.method, path or world.path(operation), **options
    )


def problem(answer, status):
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json
    DOCUMENT.check(body, {**DOCUMENT.resolve({"$ref": "#/components/schemas/Problem"}),
                          "additionalProperties": True})
    assert body["status"] == status
    assert body["type"].startswith("urn:beckon:problem:")
    return body


def good_path(world, operation):
    """A path whose call will succeed: what is deleted or cancelled is made for that."""
    if operation.method == "DELETE" and operation.id.startswith("deleteDevice") and "Line" == operation.id[12:]:
        world.client.expect(201, "PUT", f"/v1/devices/{world.ids['device_id']}/lines/3",
                            world.body("putDeviceLine"))
        return world.path(operation, index=3)
    if operation.method == "DELETE" and "/keys/" in operation.path:
        put = DOCUMENT.by_id[operation.id.replace("delete", "put")]
        call(world, put, path=world.path(put, slot=9), body=world.body(put.id))
        return world.path(operation, slot=9)
    if operation.id == "deleteDeviceEnrolment":
        device = world.make("createDevice")
        path = world.path(operation, device_id=device["id"])
        world.client.expect(201, "POST", path, world.body("armDeviceEnrolment"))
        return path
    if operation.id == "deleteDeviceUpload":
        return world.path(operation, upload_id=world.upload())
    if operation.id in ("acceptDevice", "blockDevice"):
        device = world.make("createDevice")
        world.quarantine(device["id"])
        return world.path(operation, device_id=device["id"])
    if operation.method == "DELETE":
        made = world.make("create" + operation.id.removeprefix("delete"))
        name = operation.path.rpartition("{")[2].rstrip("}")
        return world.path(operation, **{name: made["id"]})
    if operation.id == "cancelJob":
        device = world.make("createDevice")
        job = world.client.expect(
            202, "POST", "/v1/jobs", {"kind": "reboot", "device_id": device["id"]}
        ).json
        return world.path(operation, job_id=job["id"])
    return world.path(operation)


def good_body(world, api, operation):
    if operation.id == "login":
        return {"email": api.person(is_operator=True)[1], "password": "correct horse battery staple"}
    return world.body(operation.id)


# --- the document ---------------------------------------------------------------------------------------


def test_the_document_is_what_the_server_prints():
    assert contract.printed(BIN / "beckon-api", "--print-openapi") == DOCUMENT.text, (
        "the tables changed: build/dev/bin/beckon-api --print-openapi > api-spec/openapi.yaml"
    )


def test_routes_and_operations_are_the_same():
    routes = {
        tuple(line.split()) for line in contract.printed(BIN / "beckon-api", "--print-routes").splitlines()
    }
    assert routes == {(one.method, one.path, one.id, one.role) for one in OPERATIONS}
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)


def test_schemas_are_schemas_and_examples_follow_them():
    import jsonschema

    for name, schema in DOCUMENT.root["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for member, node in schema.get("properties", {}).items():
            for example in node.get("examples", []):
                DOCUMENT.check(example, node), (name, member)
            if "default" in node:
                DOCUMENT.check(node["default"], node), (name, member)


def test_everything_referred_to_is_there():
    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for node in references(DOCUMENT.root):
        DOCUMENT.resolve(node)


# --- what it promises -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_operation_answers_as_described(world, api, operation):
    body = good_body(world, api, operation)
    answer = call(world, operation, path=good_path(world, operation), body=body)
    assert answer.status in operation.statuses("2"), answer
    schema = operation.answer_schema(answer.status)
    if operation.answers_bytes(answer.status):
        assert answer.headers["content-type"] == "application/octet-stream"
    elif schema is None:
        assert answer.body == b""
    else:
        assert answer.headers["content-type"] == "application/json"
        DOCUMENT.check(answer.json, schema)
    for name in operation.answer_headers(answer.status):
        assert answer.headers.get(name.lower()), f"{name} is missing"
    if answer.headers.get("location"):
        read = client_of(world, operation).get(answer.headers["location"])
        assert read.status == 200
        assert read.json["id"] == answer.json["id"]


@pytest.mark.parametrize("operation", [one for one in WITH_BODY if one.method == "PATCH"],
                         ids=lambda one: one.id)
def test_a_patch_changes_what_it_says_and_nothing_else(world, operation):
    path = world.path(operation)
    before = call(world, DOCUMENT.by_id[operation.id.replace("update", "get")], path=path).json
    body = world.body(operation.id)
    after = call(world, operation, path=path, body=body,
                 content_type="application/merge-patch+json").json
    moved = {name for name in after if after[name] != before[name]}
    allowed = set(body) | {"updated_at", "revision", "pending_since", "has_secret"}
    assert moved <= allowed, (before, after)
    for name, value in body.items():
        if not isinstance(value, (dict, type(None))) and name in after:
            assert after[name] == value
    again = call(world, operation, path=path, body={})
    assert again.status == 200


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.id.startswith("list")],
                         ids=lambda one: one.id)
def test_lists_page_and_filter(world, operation):
    """Every filter with a value of its type, and one of another; limit and cursor lead through all of it."""
    queries = operation.parameters("query")
    if not queries:
        return  # the parts of a device: always all of them
    path = world.path(operation)
    assert problem(call(world, operation, path=f"{path}?no_such=1"), 422)
    assert problem(call(world, operation, path=f"{path}?limit=0"), 422)
    assert problem(call(world, operation, path=f"{path}?limit=201"), 422)
    assert problem(call(world, operation, path=f"{path}?cursor=x"), 422)
    for name, parameter in queries.items():
        if name in ("limit", "cursor"):
            continue
        schema = parameter["schema"]
        samples = {"integer": "1", "boolean": "true", "string": "a"}
        good = schema.get("enum", [samples[schema["type"]]])[0]
        if schema.get("format") == "date-time":
            good = "2026-01-31T08:00:00.5Z"
        if name == "mac":
            good = "80:5E:C0:00:00:01"
        answer = call(world, operation, path=f"{path}?{name}={good}&limit=2")
        assert answer.status == 200, (name, answer)
        DOCUMENT.check(answer.json, operation.answer_schema(200))
        if schema["type"] != "string" or "enum" in schema or "format" in schema or name == "mac":
            told = problem(call(world, operation, path=f"{path}?{name}=!"), 422)
            assert name in told["detail"]
    whole = call(world, operation, path=f"{path}?limit=200").json
    seen, cursor = [], None
    while True:
        page = call(world, operation, path=f"{path}?limit=1" + (f"&cursor={cursor}" if cursor else "")).json
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(seen) <= 1000
    if operation.id not in ("listTenants", "listAuditEvents"):  # others make those meanwhile
        assert [one["id"] for one in seen] == [one["id"] for one in whole["items"]]


# --- what it refuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if "_id}" in one.path],
                         ids=lambda one: one.id)
def test_what_is_not_there_is_404(world, operation):
    head, _, name = operation.path.partition("{")
    first = name.partition("}")[0]
    path = world.path(operation, **{first: contract.UNKNOWN_ID})
    told = problem(call(world, operation, path=path, body=world.body(operation.id)), 404)
    assert set(told) == {"type", "title", "status", "instance"}
    for bad in ("0", "-1", "x", "1.5", "99999999999999999999", "%31"):
        path = operation.path.replace("{" + first + "}", bad, 1).format(**world.ids)
        assert call(world, operation, path=path, body=world.body(operation.id)).status == 404, bad


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if "If-Match" in one.parameters("header")],
                         ids=lambda one: one.id)
def test_a_stale_etag_is_412_and_changes_nothing(world, operation):
    path = world.path(operation)
    body = world.body(operation.id)
    problem(call(world, operation, path=path, body=body, headers={"If-Match": '"0"'}), 412)
    get = next((one for one in OPERATIONS if one.path == operation.path and one.method == "GET"), None)
    if get is None or operation.method == "DELETE":
        return
    etag = call(world, get, path=path).headers["etag"]
    good = call(world, operation, path=path, body=body, headers={"If-Match": f'"x", {etag}'})
    assert good.status in operation.statuses("2"), good
    if good.headers["etag"] != etag:
        problem(call(world, operation, path=path, body=body, headers={"If-Match": etag}), 412)
    again = call(world, operation, path=path, body=body, headers={"If-Match": "*"})
    assert again.status in operation.statuses("2"), again


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda one: one.id)
def test_bodies_that_are_none(world, operation):
    path = world.path(operation)
    problem(call(world, operation, path=path, body=b"{", content_type="application/json"), 400)
    problem(call(world, operation, path=path, body=b"[]", content_type="application/json"), 400)
    problem(call(world, operation, path=path, body=b"{}", content_type="text/plain"), 415)
    too_long = call(world, operation, path=path, body=b"", headers={"Content-Length": "2000000"})
    problem(too_long, 413)
    client_of(world, operation).close()  # the rest of the body never comes


@pytest.mark.parametrize("operation", [one for one in WITH_BODY if one.id != "login"], ids=lambda one: one.id)
def test_members_are_bounded_and_named(world, operation):
    """Each rule of each member of the schema, broken alone: 422 that names the member."""
    schema = operation.body_schema()
    path = world.path(operation)
    good = world.body(operation.id)
    cases = [("unknown", "no_such_member", 1), ("read only", "id", 1)]
    cases += list(contract.faults(DOCUMENT, schema))
    cases += [("missing", name, ...) for name in schema.get("required", [])]
    for label, name, value in cases:
        body = {**good, name: value}
        if value is ...:
            del body[name]
        if operation.id == "createJobBatch" and name == "device_ids":
            body.pop("filter", None)
        told = problem(call(world, operation, path=path, body=body), 422)
        named = [one["member"] for one in told.get("errors", [])]
        assert any(one == name or one.startswith((name + "[", name + ".")) for one in named), (
            label, name, told
        )
    # Several faults are told together.
    told = problem(call(world, operation, path=path, body={"no_such": 1, "nor_such": 2}), 422)
    assert {"no_such", "nor_such"} <= {one["member"] for one in told["errors"]}


def test_nested_members_are_bounded_and_named(world):
    pbx = f"/v1/pbxs/{world.ids['pbx_id']}"
    device = f"/v1/devices/{world.ids['device_id']}"
    extension = world.ids["extension_id"]
    profile = f"/v1/profiles/{world.ids['profile_id']}"
    template = f"/v1/key-templates/{world.ids['key_template_id']}"
    cases = [
        ("PATCH", pbx, {"registrars": [{"host": "a b"}]}, "registrars[0].host"),
        ("PATCH", pbx, {"registrars": [{"host": "a", "port": 70000}]}, "registrars[0].port"),
        ("PATCH", pbx, {"proxies": [{"port": 1}]}, "proxies[0].host"),
        ("PATCH", pbx, {"control": {"driver": "smoke"}}, "control.driver"),
        ("PATCH", pbx, {"control": {"address": "a b"}}, "control.address"),
        ("PATCH", pbx, {"control": {"options": {"transport": "pigeon"}}}, "control.options.transport"),
        ("PATCH", pbx, {"control": {"options": {"nope": 1}}}, "control.options.nope"),
        ("PATCH", pbx, {"control": {"rate_per_s": 0}}, "control.rate_per_s"),
        ("PATCH", pbx, {"control": {"state": {}}}, "control.state"),
        ("PATCH", device, {"settings": {"no.such": 1}}, "settings.no.such"),
        ("PATCH", device, {"settings": {"time.zone": "Mars/Base"}}, "settings.time.zone"),
        ("PATCH", device, {"settings": {"ui.ring_volume": 99}}, "settings.ui.ring_volume"),
        ("PATCH", device, {"settings": {"ui.ring_volume": "9"}}, "settings.ui.ring_volume"),
        ("PATCH", device, {"settings": {"audio.codecs": ["pcma", "x,y"]}}, "settings.audio.codecs"),
        ("PATCH", device, {"settings": {"security.admin_secret": "short"}}, "settings.security.admin_secret"),
        ("PATCH", device, {"settings": {"security.admin_secret": {"sealed": "AAAA"}}},
         "settings.security.admin_secret"),
        ("PATCH", device, {"raw": {"nokia": {"a": "b"}}}, "raw.nokia"),
        ("PATCH", device, {"raw": {"yealink": {"account.1.password": "x"}}}, "raw.yealink.account.1.password"),
        ("PATCH", device, {"raw": {"yealink": {"a.b": "x\ny"}}}, "raw.yealink.a.b"),
        ("PATCH", device, {"locks": ["nope"]}, "locks[0]"),
        ("PATCH", device, {"location": {"floor": "x\u2028"}}, "location.floor"),
        ("PATCH", device, {"location": {f"n{i}": "x" * 200 for i in range(20)}}, "location"),
        ("PATCH", device, {"site_id": contract.UNKNOWN_ID}, "site_id"),
        ("PATCH", device, {"profile_id": contract.UNKNOWN_ID}, "profile_id"),
        ("PATCH", device, {"key_template_id": contract.UNKNOWN_ID}, "key_template_id"),
        ("PATCH", device, {"model": "T19P_E2"}, "model"),
        ("PUT", device + "/lines/17", {"extension_id": extension}, "index"),
        ("PUT", device + "/lines/1", {"extension_id": contract.UNKNOWN_ID}, "extension_id"),
        ("PUT", device + "/lines/1",
         {"extension_id": extension, "settings": {"security.user_secret": "1234567"}},
         "settings.security.user_secret"),
        ("PUT", device + "/lines", {"items": [{"index": 1, "extension_id": extension}] * 2}, "items[1]"),
        ("PUT", device + "/keys/line/28", {"kind": "none"}, "slot"),
        ("PUT", device + "/keys/programmable/15", {"kind": "none"}, "slot"),
        ("PUT", device + "/keys/module/4/1", {"kind": "none"}, "slot"),
        ("PUT", device + "/keys/module/1/61", {"kind": "none"}, "slot"),
        ("PUT", device + "/keys", {"items": [{"panel": "line", "slot": 1, "kind": "none"}] * 2}, "items[1]"),
        ("PUT", device + "/keys", {"items": [{"panel": "module", "slot": 1, "kind": "none"}]}, "items[0]"),
        ("PUT", device + "/keys/line/1", {"kind": "blf", "line": 17}, "line"),
        ("PUT", template + "/keys/programmable/101", {"kind": "none"}, "slot"),
        ("PUT", template + "/keys/line/28", {"kind": "none"}, "slot"),  # the device has 27
        ("PUT", template + "/keys", {"items": [{"panel": "module", "module": 4, "slot": 1, "kind": "none"}]}, "items"),
        ("PATCH", profile, {"key_template_id": contract.UNKNOWN_ID}, "key_template_id"),
        ("POST", "/v1/jobs", {"kind": "reboot", "device_id": contract.UNKNOWN_ID}, "device_id"),
        ("POST", "/v1/job-batches", {"kind": "reboot", "device_ids": [contract.UNKNOWN_ID]}, "device_ids"),
        ("POST", "/v1/job-batches", {"kind": "reboot"}, "device_ids"),
        ("POST", "/v1/job-batches", {"kind": "reboot", "filter": {"color": 1}}, "filter.color"),
        ("POST", "/v1/trust-roots", {"certificate": "no PEM", "maker": "yealink"}, "certificate"),
        ("POST", "/v1/trust-roots", {"certificate": new_pem(), "maker": "yealink", "rules": ["x"]}, "rules"),
        ("POST", "/v1/extensions", {"pbx_id": world.ids["pbx_id"], "number": "a@b", "secret": "x"}, "number"),
        ("POST", "/v1/extensions", {"pbx_id": contract.UNKNOWN_ID, "number": "1", "secret": "x"}, "pbx_id"),
    ]
    for method, path, body, member in cases:
        told = problem(world.client.request(method, path, body), 422)
        assert member in [one["member"] for one in told["errors"]], (path, body, told)
    limit = world.client.request("PUT", device + "/keys/line/28", {"kind": "none"}).json
    assert "T54W has 27 line keys" in limit["detail"]
    smaller = world.client.request("PATCH", device, {"model": "T19P_E2"}).json
    assert "T19P_E2 has 0 line keys, no line key " in smaller["detail"]


def test_names_that_are_taken_are_409_and_say_so(world):
    for operation, member, name in (
        ("createSite", "name", "site_id"), ("createProfile", "name", "profile_id"),
        ("createKeyTemplate", "name", "key_template_id"),
        ("createPbx", "name", "pbx_id"), ("createExtension", "number", "extension_id"),
        ("createDevice", "mac", "device_id"), ("createUser", "email", "user_id"),
    ):
        path = world.PATHS[operation]
        there = world.client.get(f"{path}/{world.ids[name]}").json
        body = {**world.body(operation), member: there[member]}
        told = problem(world.client.request("POST", path, body), 409)
        assert told["type"] == "urn:beckon:problem:taken"
        assert told["errors"][0]["member"] == member


def test_what_is_in_use_is_not_deleted_and_says_by_what(world):
    for path, name, kind in (
        ("/v1/sites", "site_id", "device"), ("/v1/profiles", "profile_id", "device"),
        ("/v1/key-templates", "key_template_id", "device"),
        ("/v1/pbxs", "pbx_id", "extension"), ("/v1/extensions", "extension_id", "device"),
    ):
        told = problem(world.client.request("DELETE", f"{path}/{world.ids[name]}"), 409)
        assert told["type"] == "urn:beckon:problem:in-use"
        assert told["used_by"][0]["kind"] == kind
        assert told["used_by"][0]["name"] in told["detail"]


def test_trust_roots_name_the_rules_of_their_maker(world, stack):
    """Built in, or the operator's own; one that a root names is not deleted."""
    name = f"contract-own-{next(_counter)}"
    rules, roots = "/v1/cert-rules", "/v1/trust-roots"
    rule = world.operator.expect(201, "POST", rules, {
        "name": name, "maker": "ownmaker", "subject": "CN={model} {mac}; O=Example Ltd"}).json
    shared = world.operator.expect(201, "POST", rules, {
        "name": f"{name}-shared", "maker": "ownmaker", "subject": "CN=shared", "generic": True}).json
    root = world.client.expect(201, "POST", roots, {"certificate": new_pem(), "maker": "ownmaker"}).json
    assert root["rules"] == [name]
    for maker, names, member in (
        ("nobody", None, "maker"), ("ownmaker", [shared["name"]], "rules"), ("ownmaker", ["snom-cn"], "rules"),
        ("yealink", ["yealink-generic"], "rules"), ("snom", [name], "rules"),
    ):
        body = {"certificate": new_pem(), "maker": maker, **({"rules": names} if names else {})}
        told = problem(world.client.request("POST", roots, body), 422)
        assert told["errors"][0]["member"] == member, (maker, names)
    told = problem(world.operator.request("DELETE", f"{rules}/{rule['id']}"), 409)
    assert told["type"] == "urn:beckon:problem:in-use" and str(root["id"]) in told["detail"]
    for subject, generic in (("CN={max}", False), ("CN=shared", False), ("CN={mac}", True), ("CN={mac};O=x", False)):
        body = {"name": f"{name}-bad", "maker": "m", "subject": subject, "generic": generic}
        assert problem(world.operator.request("POST", rules, body), 422)["errors"][0]["member"] == "subject"
    for taken, status in ((name, 409), ("yealink-cn", 422)):
        body = {"name": taken, "maker": "m", "subject": "CN={mac}"}
        assert problem(world.operator.request("POST", rules, body), status)["errors"][0]["member"] == "name"
    world.client.expect(204, "DELETE", f"{roots}/{root['id']}")
    for one in (rule, shared):
        world.operator.expect(204, "DELETE", f"{rules}/{one['id']}")
    told = stack.sql("select action, object_id from app.audit where tenant_id is null and actor like 'user:%%'"
                     " and object_kind = 'cert_rule' order by seq desc limit 4")
    assert told == [("cert_rule.delete", str(shared["id"])), ("cert_rule.delete", str(rule["id"])),
                    ("cert_rule.create", str(shared["id"])), ("cert_rule.create", str(rule["id"]))]
    assert stack.sql("select bk.audit_verify(null)") == [(None,)]


def test_locks_of_lower_layers_hold(world):
    """The site locks time.ntp_servers: neither the device nor its line may set it; the profile may."""
    site = world.make("createSite")
    device = world.client.expect(
        201, "POST", "/v1/devices", {**world.body("createDevice"), "site_id": site["id"]}
    ).json
    body = {"settings": {"time.ntp_servers": ["other.example"]}}
    told = problem(world.client.request("PATCH", f"/v1/devices/{device['id']}", body), 422)
    assert "locked by the site layer" in told["detail"]
    line = {"extension_id": world.ids["extension_id"], **body}
    told = problem(world.client.request("PUT", f"/v1/devices/{device['id']}/lines/1", line), 422)
    assert "locked by the site layer" in told["detail"]
    assert world.client.get(f"/v1/devices/{device['id']}").json["settings"] == device["settings"]
    # Off the site, the device is free.
    world.client.expect(200, "PATCH", f"/v1/devices/{device['id']}", {"site_id": None, **body})


def test_states_of_a_device(world, stack):
    device = world.make("createDevice")
    path = f"/v1/devices/{device['id']}"
    patch = lambda status, state: world.client.expect(status, "PATCH", path, {"state": state})  # noqa: E731
    assert "errors" in patch(422, "bound").json  # only the phone binds
    assert patch(200, "suspended").json["state"] == "suspended"
    told = problem(world.client.request("POST", "/v1/jobs", {"kind": "reboot", "device_id": device["id"]}), 409)
    assert "suspended" in told["detail"]
    patch(200, "claimed")
    patch(200, "released")
    patch(422, "suspended")
    patch(200, "claimed")


def test_jobs_join_and_are_cancelled_once(world):
    device = world.make("createDevice")
    body = {"kind": "reboot", "device_id": device["id"]}
    first = world.client.expect(202, "POST", "/v1/jobs", body)
    second = world.client.expect(202, "POST", "/v1/jobs", body)
    assert first.headers["location"] == second.headers["location"]
    path = first.headers["location"]
    done = world.client.expect(200, "POST", path + "/cancel").json
    assert done["state"] == "cancelled" and done["times"]["ended"] and "user:" in done["outcome"]
    third = world.client.expect(202, "POST", "/v1/jobs", body)
    assert third.headers["location"] != path


def test_a_job_outlives_its_device(world):
    device = world.make("createDevice")
    job = world.client.expect(202, "POST", "/v1/jobs", {"kind": "reboot", "device_id": device["id"]}).json
    world.client.expect(204, "DELETE", f"/v1/devices/{device['id']}")
    answer = world.client.get(f"/v1/jobs/{job['id']}").json
    assert answer["device_id"] is None and answer["mac"] == device["mac"]
    DOCUMENT.check(answer, DOCUMENT.by_id["getJob"].answer_schema(200))


def test_of_writers_with_the_same_etag_one_wins(world):
    path = f"/v1/devices/{world.make('createDevice')['id']}"
    etag = world.client.get(path).headers["etag"]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(
            lambda number: world.client.request("PATCH", path, {"label": f"writer {number}"},
                                                headers={"If-Match": etag}),
            range(6),
        ))
    assert sorted(one.status for one in answers) == [200] + 5 * [412]
    won = next(one for one in answers if one.status == 200)
    assert world.client.get(path).json["label"] == won.json["label"]


def test_a_batch_counts_joins_and_names_what_is_refused(world):
    devices = [world.make("createDevice")["id"] for _ in range(4)]
    world.client.expect(202, "POST", "/v1/jobs", {"kind": "reboot", "device_id": devices[0]})
    world.client.expect(200, "PATCH", f"/v1/devices/{devices[1]}", {"state": "suspended"})
    made = world.client.expect(
        202, "POST", "/v1/job-batches", {"kind": "reboot", "device_ids": devices, "label": "All"}
    ).json
    assert (made["job_count"], made["joined_count"], made["refused_count"]) == (2, 1, 1)
    assert made["refused"] == [{"device_id": devices[1], "reason": "the device is suspended"}]
    assert made["counts"]["queued"] == 2
    read = world.client.get(f"/v1/job-batches/{made['id']}").json
    assert read["counts"] == made["counts"] and read["label"] == "All"
    jobs = world.client.get(f"/v1/jobs?job_batch_id={made['id']}").json["items"]
    assert {one["device_id"] for one in jobs} == set(devices[2:])


def test_nobody_takes_his_own_rights_away(world, stack):
    me = world.client.get("/v1/me").json["user_id"]
    problem(world.client.request("PATCH", f"/v1/users/{me}", {"role": "viewer"}), 409)
    problem(world.client.request("PATCH", f"/v1/users/{me}", {"status": "disabled"}), 409)
    problem(world.client.request("DELETE", f"/v1/users/{me}"), 409)


def test_an_account_that_serves_others_is_not_this_tenants_to_change(world, stack, api):
    user_id, email = api.person()
    other = stack.tenant(pbx=False)
    stack.sql("insert into app.membership (tenant_id, user_id, role) values (%s, %s, 'viewer')",
              (other.id, user_id))
    body = {"email": email, "role": "viewer", "password": "another password"}
    _, boss = api.person(is_operator=True)
    operator = api.login(boss, world.client.get("/v1/me").json["tenant"]["name"])
    assert operator.expect(201, "POST", "/v1/users", body).json["id"] == user_id
    path = f"/v1/users/{user_id}"
    for change in ({"password": "another password"}, {"status": "disabled"}, {"display_name": "X"}):
        told = problem(world.client.request("PATCH", path, {**change, "role": "admin"}), 409)
        assert told["type"] == "urn:beckon:problem:shared-account"
    assert world.client.get(path).json["role"] == "viewer"  # nothing of it was done
    api.login(email, other.name)  # with his own password


def test_no_tenant_takes_an_account_that_it_did_not_make(world, stack, api):
    """Else it reads who that is, keeps others from closing it, or waits with a password of its own."""
    other = stack.tenant(pbx=False)
    theirs = api.admin(other)
    _, operators = api.person(is_operator=True)
    for email in (theirs.email, operators):
        told = problem(world.client.post("/v1/users", {"email": email, "role": "viewer"}), 409)
        assert told["type"] == "urn:beckon:problem:taken" and "Somebody" not in json.dumps(told)
    api.login(theirs.email)  # which tenant is still no question

    mine = {"email": "early@bird.example", "role": "viewer", "password": "known to the first"}
    made = world.client.expect(201, "POST", "/v1/users", mine).json
    body = {"email": mine["email"], "role": "admin", "password": "chosen by the second"}
    problem(theirs.post("/v1/users", body), 409)
    world.client.expect(204, "DELETE", f"/v1/users/{made['id']}")
    assert theirs.expect(201, "POST", "/v1/users", body).json["last_login_at"] is None
    login = {"email": mine["email"], "password": mine["password"]}
    assert api.anonymous.post("/v1/auth/login", login).status == 401
    api.login(mine["email"], password=body["password"])


def test_two_admins_who_remove_each_other_leave_one(api, stack):
    tenant = stack.tenant(pbx=False)
    removals = [lambda me, other: me.request("DELETE", f"/v1/users/{other.user_id}"),
                lambda me, other: me.request("PATCH", f"/v1/users/{other.user_id}", {"role": "viewer"}),
                lambda me, other: me.request("PATCH", f"/v1/users/{other.user_id}", {"status": "disabled"})]
    for removal in removals:
        for _ in range(4):
            pair = [api.admin(tenant), api.admin(tenant)]
            for one in pair:
                one.get("/v1/me")  # connected
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                list(pool.map(removal, pair, reversed(pair)))
            left = stack.sql(
                "select u.user_id from app.membership as m join app.app_user as u using (user_id)"
                " where m.tenant_id = %s and m.role = 'admin' and u.status = 'active' and user_id = any (%s)",
                (tenant.id, [one.user_id for one in pair]))
            assert len(left) == 1


def test_a_name_that_is_cut_in_the_middle_of_a_character_is_refused_all_the_same(world):
    path = f"/v1/sites/{world.ids['site_id']}"
    for pad in range(4):
        name = "a" * pad + "ü" * 60
        for body in ({"settings": {name: 1}}, {"raw": {"yealink": {name: "1"}}}, {"raw": {name: {}}}, {name: 1}):
            told = problem(world.client.request("PATCH", path, body), 422)
            assert told["detail"] and told["errors"][0]["member"].encode()


def test_secrets_are_written_and_never_read(world, api, stack):
    """The extension's, the PBX's, the layer's and the user's: in no answer, log or audit row."""
    secrets = {"extension": "s3kr1t-extension", "pbx": "s3kr1t-control", "layer": "s3kr1t-layer!",
               "user": "s3kr1t-password"}
    ids = world.ids
    client = world.client
    answers = [
        client.expect(200, "PATCH", f"/v1/extensions/{ids['extension_id']}", {"secret": secrets["extension"]}),
        client.expect(200, "PATCH", f"/v1/pbxs/{ids['pbx_id']}", {"control": {"secret": secrets["pbx"]}}),
        client.expect(200, "PATCH", f"/v1/sites/{ids['site_id']}",
                      {"settings": {"security.admin_secret": secrets["layer"]}}),
        client.expect(200, "PATCH", f"/v1/users/{ids['user_id']}", {"password": secrets["user"]}),
    ]
    answers += [client.get(f"/v1/{name}?limit=200")
                for name in ("extensions", "pbxs", "sites", "users", "audit-events")]
    text = b"".join(one.body for one in answers).decode() + api.log_tail(1 << 20)
    assert "s3kr1t" not in text and '"sealed"' not in text
    assert answers[1].json["control"]["has_secret"] is True
    assert answers[2].json["settings"]["security.admin_secret"] == {"has_secret": True}
    stored = stack.sql("select secret from app.pbx_control where pbx_id = %s", (ids["pbx_id"],))[0][0]
    client.expect(200, "PATCH", f"/v1/pbxs/{ids['pbx_id']}", {"control": {"rate_per_s": 3}})
    kept = stack.sql("select secret from app.pbx_control where pbx_id = %s", (ids["pbx_id"],))[0][0]
    assert bytes(kept) == bytes(stored)  # a patch of something else leaves it
    gone = client.expect(200, "PATCH", f"/v1/pbxs/{ids['pbx_id']}", {"control": {"secret": None}}).json
    assert gone["control"]["has_secret"] is False
    assert client.expect(200, "PATCH", f"/v1/pbxs/{ids['pbx_id']}", {"control": None}).json["control"] is None
    client.expect(200, "PATCH", f"/v1/pbxs/{ids['pbx_id']}",
                  {"control": {"driver": "sip", "address": "sip.example"}})


def test_unicode_is_kept_as_it_is(world):
    for label in ("Empfang Süd", "受付", "مكتب", "🏢 \"Büro\" \\ %s $1 '; drop table app.device; --"):
        device = world.client.expect(
            200, "PATCH", f"/v1/devices/{world.ids['device_id']}", {"label": label}
        ).json
        assert device["label"] == label
        found = world.client.get("/v1/devices?label_prefix=" + "".join(
            f"%{byte:02X}" for byte in label[:3].encode()
        )).json["items"]
        assert world.ids["device_id"] in [one["id"] for one in found]


def test_visits_tell_why_in_words(world, stack, api):
    tenant = stack.tenant()
    phone = tenant.phone()
    other = tenant.phone()
    client = api.admin(tenant)
    assert phone.get().status == 200
    assert phone.get(other.own_file).status == 404
    tenant.wait_visit("refused", lambda status, reason, *rest: reason == "mac_mismatch")
    refused = client.get("/v1/visits?refused=true").json["items"]
    assert [one["reason"] for one in refused] == ["mac_mismatch"]
    assert refused[0]["reason_text"] == "path or User-Agent name another MAC than the certificate"
    operation = DOCUMENT.by_id["listVisits"]
    for query in ("", f"?mac={phone.mac}", f"?device_id={phone.device_id()}", "?refused=false", "?limit=1"):
        answer = client.get("/v1/visits" + query).json
        DOCUMENT.check(answer, operation.answer_schema(200))
        assert answer["items"], query
    assert client.get("/v1/visits?since=2999-01-01T00:00:00Z").json["items"] == []
    device = client.get(f"/v1/devices?mac={phone.mac}").json["items"][0]
    assert device["state"] == "bound" and device["pending_since"] is None
    assert device["firmware"] == "96.86.0.70"
    assert json.dumps(device).count(phone.secret) == 0
