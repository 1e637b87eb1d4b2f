"""What was odd about a phone, who was refused and which certificates prove nothing: told by the API, and decided there."""

import secrets
import time

import pytest

import contract
import pki

DOCUMENT = contract.Document.load()


@pytest.fixture
def admin(api, tenant):
    return api.admin(tenant)


def other_certificate(phone):
    """The same MAC, of the same maker, and another certificate: a phone beside the first, with its own key."""
    cert, key = phone.cert, phone.key
    phone.leaf = pki.yealink_cn(phone.stack.authorities.issuing, phone.mac)
    phone.cert, phone.key = phone.leaf.write(phone.stack.directory, f"other-{phone.mac}-{secrets.token_hex(4)}")
    return cert, key


@pytest.fixture
def quarantined(phone):
    """(phone with the other certificate, the first one's files)."""
    assert phone.get().status == 200
    first = other_certificate(phone)
    assert phone.get().status == 404
    assert phone.state() == "quarantined"
    return phone, first


# --- quarantine -----------------------------------------------------------------------------------------


def test_what_was_seen_is_told(admin, quarantined):
    phone, _ = quarantined
    where = f"/v1/devices/{phone.device_id()}"
    device = admin.expect(200, "GET", where).json
    assert device["state"] == "quarantined" and device["open_anomaly_count"] == 1
    assert device["model_pinned"] == "T54W" and len(device["fingerprint"]) == 64
    one, = admin.expect(200, "GET", "/v1/anomalies?is_open=true").json["items"]
    assert (one["kind"], one["device_id"], one["mac"]) == ("other_certificate", device["id"], phone.mac)
    assert one["seen"]["source"] == "127.0.0.1" and len(one["seen"]["fingerprint"]) == 64
    assert one["seen"]["fingerprint"] != device["fingerprint"]
    assert "accept or block" in one["kind_text"] and one["decision"] is None
    assert admin.expect(200, "GET", f"/v1/anomalies/{one['id']}").json == one


def test_quarantine_ends_by_a_decision_alone(admin, quarantined):
    phone, _ = quarantined
    where = f"/v1/devices/{phone.device_id()}"
    told = admin.patch(where, {"state": "bound"})
    assert told.status == 422 and told.json["errors"][0]["member"] == "state"
    assert f"POST {where}/accept or /block" in told.json["detail"]
    # Nor by way of suspension.
    admin.expect(200, "PATCH", where, {"state": "suspended"})
    told = admin.patch(where, {"state": "bound"})
    assert told.status == 422 and "set it to quarantined, then accept or block" in told.json["detail"]
    refused = admin.post(f"{where}/accept")
    assert refused.status == 409 and refused.problem == "device-refused"
    assert refused.json["detail"] == "the device is suspended: there is nothing to decide"
    admin.expect(200, "PATCH", where, {"state": "quarantined"})
    assert admin.expect(200, "POST", f"{where}/accept").json["state"] == "bound"
    # What is given up begins anew.
    admin.expect(200, "PATCH", where, {"state": "released"})
    admin.expect(200, "PATCH", where, {"state": "claimed"})


def test_accepted_is_the_phone_from_now_on(api, tenant, admin, quarantined):
    phone, first = quarantined
    where = f"/v1/devices/{phone.device_id()}"
    seen = admin.get("/v1/anomalies").json["items"][0]["seen"]["fingerprint"]
    etag = admin.get(where).headers["etag"]
    assert admin.post(f"{where}/accept", headers={"If-Match": '"0"'}).status == 412
    technician = api.member(tenant, "technician")
    assert api.member(tenant, "viewer").post(f"{where}/accept").status == 403
    accepted = technician.expect(200, "POST", f"{where}/accept", headers={"If-Match": etag})
    assert (accepted.json["state"], accepted.json["fingerprint"]) == ("bound", seen)
    assert accepted.json["open_anomaly_count"] == 0
    one, = admin.get("/v1/anomalies").json["items"]
    assert (one["decision"], one["decided_by"]) == ("accepted", f"user:{technician.user_id}")
    assert admin.get("/v1/audit-events?action=device.accept").json["items"][0]["object_id"] == str(accepted.json["id"])
    assert phone.get().status == 200
    phone.cert, phone.key = first
    assert phone.get().status == 404 and phone.state() == "quarantined"
    assert technician.post(f"{where}/accept").status == 200


def test_blocked_is_not_the_phone(admin, quarantined):
    phone, first = quarantined
    where = f"/v1/devices/{phone.device_id()}"
    seen = admin.get("/v1/anomalies").json["items"][0]["seen"]["fingerprint"]
    blocked = admin.expect(200, "POST", f"{where}/block").json
    assert blocked["state"] == "bound" and blocked["fingerprint"] != seen
    assert admin.post(f"{where}/block").json["detail"] == "the device is bound: there is nothing to decide"
    one, = admin.get("/v1/blocked-certificates").json["items"]
    assert one["fingerprint"] == seen
    assert phone.get().status == 404 and phone.state() == "bound"
    phone.tenant.wait_visit("blocked", lambda status, reason, *_: reason == "blocked_certificate")
    other = phone.cert, phone.key
    phone.cert, phone.key = first
    assert phone.get().status == 200
    # Taken from the list, it is another certificate once more.
    admin.expect(204, "DELETE", f"/v1/blocked-certificates/{one['id']}")
    phone.cert, phone.key = other
    assert phone.get().status == 404 and phone.state() == "quarantined"


def test_another_maker_is_not_accepted(api, stack, tenant, admin):
    world = contract.World(admin, lambda: "805ec0" + secrets.token_hex(3), lambda: f"{secrets.token_hex(6)}@a.example",
                           lambda: pki.Authority(f"CA {secrets.token_hex(6)}").certificate.public_bytes(
                               pki.serialization.Encoding.PEM).decode(), "anomalies", stack)
    device = world.ids["device_id"]
    world.quarantine(device, "other_maker", maker="poly", fingerprint=secrets.token_hex(32))
    told = admin.post(f"/v1/devices/{device}/accept")
    assert told.status == 409 and "certificate of maker poly" in told.json["detail"]
    assert admin.get(f"/v1/devices/{device}").json["state"] == "quarantined"


def test_anomalies_are_found_by_device_kind_and_decision(api, stack, tenant, admin):
    phones = [tenant.phone() for _ in range(2)]
    ids = [one.device_id() for one in phones]
    for device in ids:
        for kind in ("guessing", "foreign_key", "factory_reset"):
            stack.sql("insert into app.anomaly (tenant_id, device_id, kind, seen) values (%s, %s, %s, '{}')",
                      (tenant.id, device, kind))
    stack.sql("update app.anomaly set decision = 'accepted', decided_at = now() where tenant_id = %s"
              " and kind = 'guessing'", (tenant.id,))
    find = lambda query: admin.expect(200, "GET", f"/v1/anomalies?{query}").json["items"]  # noqa: E731
    assert len(find("")) == 6
    assert {one["device_id"] for one in find(f"device_id={ids[0]}")} == {ids[0]}
    assert {one["kind"] for one in find("kind=guessing")} == {"guessing"}
    assert len(find("is_open=true")) == 4 and len(find("is_open=false")) == 2
    assert len(find(f"is_open=true&kind=factory_reset&device_id={ids[1]}")) == 1
    assert all(one["seen"] == dict.fromkeys(("source", "fingerprint", "maker", "model", "networks"))
               for one in find(""))
    newest = [one["id"] for one in find("")]
    assert newest == sorted(newest, reverse=True)
    stranger = api.admin(stack.tenant())
    assert stranger.get("/v1/anomalies").json["items"] == []
    assert stranger.get(f"/v1/anomalies/{newest[0]}").status == 404


# --- blocked certificates -------------------------------------------------------------------------------


def test_a_fingerprint_is_written_as_people_have_it(admin):
    digits = secrets.token_hex(32)
    pairs = ":".join(digits[i:i + 2] for i in range(0, 64, 2)).upper()
    made = admin.expect(201, "POST", "/v1/blocked-certificates", {"fingerprint": pairs, "note": "stolen"}).json
    assert (made["fingerprint"], made["note"]) == (digits, "stolen")
    again = admin.post("/v1/blocked-certificates", {"fingerprint": digits})
    assert again.status == 409 and again.problem == "taken"
    for bad in (digits[:-1], digits + "0", "g" * 64, pairs[:-3], digits[:32] + pairs[47:], ""):
        told = admin.post("/v1/blocked-certificates", {"fingerprint": bad})
        assert told.status == 422 and "64 hexadecimal digits" in told.json["detail"], bad


def test_a_certificate_is_blocked_for_this_tenant_only(api, stack, tenant, admin, phone):
    assert phone.get().status == 200
    fingerprint = admin.get(f"/v1/devices/{phone.device_id()}").json["fingerprint"]
    admin.expect(201, "POST", "/v1/blocked-certificates", {"fingerprint": fingerprint})
    assert phone.get().status == 404
    other = stack.tenant()
    assert api.admin(other).get("/v1/blocked-certificates").json["items"] == []
    technician = api.member(tenant, "technician")
    assert technician.get("/v1/blocked-certificates").status == 200
    assert technician.post("/v1/blocked-certificates", {"fingerprint": fingerprint}).status == 403


def test_an_operator_in_no_tenant_blocks_for_all(api, stack, tenant, admin, phone):
    assert phone.get().status == 200
    fingerprint = admin.get(f"/v1/devices/{phone.device_id()}").json["fingerprint"]
    operator = api.operator()
    made = operator.expect(201, "POST", "/v1/blocked-certificates", {"fingerprint": fingerprint, "note": "leaked"})
    where = made.headers["location"]
    DOCUMENT.check(made.json, DOCUMENT.by_id["createBlockedCertificate"].answer_schema(201))
    assert operator.post("/v1/blocked-certificates", {"fingerprint": fingerprint}).status == 409
    assert operator.get(where).json == made.json and operator.get(where).headers["etag"]
    assert phone.get().status == 404
    # No tenant sees it or takes it away, an operator in that tenant neither.
    for client in (admin, api.operator(tenant)):
        assert client.get(where).status == 404 and client.delete(where).status == 404
        assert client.get("/v1/blocked-certificates").json["items"] == []
    assert phone.get().status == 404
    operator.expect(201, "POST", "/v1/blocked-certificates", {"fingerprint": secrets.token_hex(32)})
    page = operator.get("/v1/blocked-certificates?limit=1").json
    rest = operator.get(f"/v1/blocked-certificates?limit=200&cursor={page['next_cursor']}").json
    DOCUMENT.check(rest, DOCUMENT.by_id["listBlockedCertificates"].answer_schema(200))
    assert made.json["id"] in [one["id"] for one in page["items"] + rest["items"]]
    assert operator.delete(where, headers={"If-Match": '"0"'}).status == 412
    assert operator.delete(where).status == 204 and operator.delete(where).status == 404
    assert phone.get().status == 200
    acts = stack.sql("select action, payload from app.audit where tenant_id is null and object_id = %s"
                     " and object_kind = 'blocked_certificate' order by seq", (str(made.json["id"]),))
    assert [action for action, _ in acts] == ["blocked_certificate.create", "blocked_certificate.delete"]
    assert all(fingerprint in payload for _, payload in acts)
    assert stack.sql("select bk.audit_verify(null)")[0][0] is None


def test_only_operators_touch_what_is_no_tenants(stack, api, tenant):
    """The functions ask again, whoever calls them."""
    admin = api.admin(tenant)
    with stack.database.connect("beckon_api") as connection:
        with connection.cursor() as cursor:
            for call in ("bk.api_certificate_list(%s, 0, 1)", "bk.api_certificate_block(%s, sha256(''), '', '', null)",
                         "bk.api_certificate_unblock(%s, 1, '', null)"):
                with pytest.raises(Exception, match="is no operator"):
                    cursor.execute(f"select {call}", (admin.user_id,))
                connection.rollback()


# --- refusals -------------------------------------------------------------------------------------------


def refusals(client, query=""):
    answer = client.expect(200, "GET", f"/v1/refusals?{query}").json
    DOCUMENT.check(answer, DOCUMENT.by_id["getRefusals"].answer_schema(200))
    return answer


def test_who_was_refused_and_why(api, stack, tenant, admin, phone):
    other = tenant.phone()
    stranger = tenant.phone(register=False)
    assert phone.get().status == 200
    for _ in range(3):
        assert phone.get(other.own_file).status == 404
    assert stranger.get().status == 404
    tenant.wait_visit("both", lambda *_: len([row for row in tenant.visit_rows() if row[1]]) == 4)
    told = refusals(admin)
    assert told["refused_count"] == 4 and told["group_count"] == 2 and told["is_whole"] is True
    by_reason = {one["reason"]: one for one in told["items"]}
    guess = by_reason["mac_mismatch"]
    assert (guess["count"], guess["mac"], guess["source"]) == (3, phone.mac, "127.0.0.1")
    assert guess["reason_text"] == "path or User-Agent name another MAC than the certificate"
    assert guess["first_at"] < guess["last_at"]
    unknown = by_reason["unknown_device"]
    assert (unknown["count"], unknown["mac"], unknown["device_id"]) == (1, stranger.mac, None)
    assert [one["last_at"] for one in told["items"]] == sorted((one["last_at"] for one in told["items"]), reverse=True)
    assert [one["reason"] for one in refusals(admin, "reason=unknown_device")["items"]] == ["unknown_device"]
    assert refusals(admin, f"mac={stranger.mac}")["refused_count"] == 1
    assert refusals(admin, f"device_id={phone.device_id()}")["refused_count"] == 3
    assert len(refusals(admin, "limit=1")["items"]) == 1 and refusals(admin, "limit=1")["group_count"] == 2
    assert refusals(admin, f"since={unknown['last_at']}")["refused_count"] == 1
    assert refusals(admin, f"until={guess['first_at']}")["refused_count"] == 0
    assert refusals(api.admin(stack.tenant()))["items"] == []
    for bad in ("since=yesterday", "device_id=x", "mac=1", "limit=0", "limit=201", "cursor=1", "color=1"):
        assert admin.get(f"/v1/refusals?{bad}").status == 422, bad


def test_a_day_by_default_and_never_more_than_is_kept(stack, tenant, admin):
    stack.sql("insert into app.visit (tenant_id, at, source, listener, kind, path, status, reason)"
              " select %s, now() - days * interval '1 day', '192.0.2.1', 'l', 'none', '/', 404, 'unknown_device'"
              "   from unnest(array[0.5, 2, 80, 100]) as days", (tenant.id,))
    assert refusals(admin)["refused_count"] == 1
    assert refusals(admin, "since=2000-01-01T00:00:00Z")["refused_count"] == 3  # retention_days: 90
    assert refusals(admin, "since=2000-01-01T00:00:00Z")["since"] > "2000-01-02"


def test_many_visits_cost_little(stack, tenant, admin):
    """100,000 visits of a day, a tenth refused; then more refusals than one answer looks at."""
    fill = ("insert into app.visit (tenant_id, at, mac, source, listener, kind, path, status, reason)"
            " select %s, now() - n * interval '1 millisecond' - %s::interval,"
            "        ('02' || lpad(to_hex(n %% 5000), 10, '0'))::macaddr, '192.0.2.1'::inet + n %% 200, 'l', 'none',"
            "        '/', 404, case when n %% %s = 0 then 'unknown_device' end from generate_series(1, %s) as n")
    stack.sql(fill, (tenant.id, "1 hour", 10, 100000))
    stack.sql("analyze app.visit")
    plan = "\n".join(row[0] for row in stack.sql(
        "explain select reason, mac, source, at from app.visit where tenant_id = %s and reason is not null"
        " and at >= now() - interval '1 day' and at < now() order by at desc limit 100000", (tenant.id,)))
    assert "_tenant_id_at_idx" in plan and "_pkey" not in plan, plan  # refusals are read, not all visits
    begun = time.monotonic()
    told = refusals(admin)
    assert told["refused_count"] == 10000 and told["is_whole"] is True
    tenth_s = time.monotonic() - begun
    stack.sql(fill, (tenant.id, "2 hours", 1, 110000))
    begun = time.monotonic()
    told = refusals(admin, "limit=200")
    assert told["refused_count"] == 100000 and told["is_whole"] is False and len(told["items"]) == 200
    full_s = time.monotonic() - begun
    print(f"10,000 of 100,000: {tenth_s * 1000:.0f} ms; the bound of 100,000: {full_s * 1000:.0f} ms")
    assert tenth_s < 2 and full_s < 8
