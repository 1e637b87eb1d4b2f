"""What phones wrote themselves, as their tenant's people list, read and delete it."""

import concurrent.futures
import os

import pytest

import pki
from seal import store_upload
from stack import new_mac, wait_until

OVERRIDE = b"<PHONE_CONFIG><OVERRIDES reg.1.auth.password='user-typed-it'/></PHONE_CONFIG>"
EVERY_BYTE = bytes(range(256))


@pytest.fixture
def admin(api, tenant):
    return api.admin(tenant)


@pytest.fixture
def device(stack, tenant):
    """A device whose phone has written nothing yet: its path."""
    return f"/v1/devices/{tenant.phone().device_id()}/uploads"


def id_of(device):
    return int(device.split("/")[3])


def audit(stack, tenant):
    return stack.sql("select action, object_kind, object_id, actor, payload::jsonb from app.audit where tenant_id = %s"
                     " and object_kind = 'upload' order by seq", (tenant.id,))


def test_what_a_phone_puts_its_admin_lists_reads_and_deletes(stack, api, tenant, admin):
    """The whole way, with a Poly: PUT, list, content, DELETE, and the phone finds none."""
    stack.import_root(stack.authorities.poly, "poly", tenant)
    stack.wait_roots()
    mac = f"0004f2{new_mac()[6:]}"
    phone = tenant.phone(mac=mac, leaf=pki.poly(stack.authorities.poly, mac), vendor="poly", model="VVX_450")
    log, override = f"/{tenant.key}/{mac}-app.log", f"/{tenant.key}/{mac}-phone.cfg"
    for path, text in ((log, b"one\n"), (override, b"<first/>"), (log, EVERY_BYTE), (override, OVERRIDE)):
        assert phone.get(path, "PUT", body=text).status == 200
    where = f"/v1/devices/{phone.device_id()}/uploads"
    items = admin.expect(200, "GET", where).json["items"]
    assert [(one["name"], one["kind"], one["bytes"], one["lost_bytes"], one["source"]) for one in items] == [
        (f"{mac}-app.log", "log", 260, 0, "127.0.0.1"),
        (f"{mac}-phone.cfg", "override", len(OVERRIDE), 0, "127.0.0.1")]
    for one, text in zip(items, (b"one\n" + EVERY_BYTE, OVERRIDE)):
        assert admin.expect(200, "GET", f"{where}/{one['id']}").json == one
        assert admin.expect(200, "GET", f"{where}/{one['id']}/content").body == text
    assert phone.get(override).status == 200
    admin.expect(204, "DELETE", f"{where}/{items[1]['id']}")
    assert phone.get(override).status == 404
    assert admin.get(f"{where}/{items[1]['id']}").status == 404
    assert [one["name"] for one in admin.get(where).json["items"]] == [f"{mac}-app.log"]
    assert phone.get(override, "PUT", body=b"<again/>").status == 200


def test_content_is_bytes_that_no_browser_shows(stack, admin, device):
    html = b"<script>alert(1)</script>"
    upload = store_upload(stack, id_of(device), "a-b_c.1.xml", html[:5], b"", html[5:], kind="directory")
    path = f"{device}/{upload}/content"
    answer = admin.expect(200, "GET", path)
    assert answer.body == html
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-b_c.1.xml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    head = admin.expect(200, "HEAD", path)
    assert head.body == b"" and head.headers["Content-Disposition"] == answer.headers["Content-Disposition"]


def test_a_log_of_many_parts_is_read_whole_and_in_order(stack, admin, device):
    parts = [os.urandom(4096) for _ in range(256)]
    upload = store_upload(stack, id_of(device), "long.log", *parts)
    assert admin.expect(200, "GET", f"{device}/{upload}/content").body == b"".join(parts)


def test_a_log_whose_parts_made_room_is_empty(stack, admin, device):
    upload = store_upload(stack, id_of(device), "empty.log")
    answer = admin.expect(200, "GET", f"{device}/{upload}/content")
    assert answer.body == b"" and answer.headers["Content-Length"] == "0"


def test_who_may_what(stack, api, tenant, device):
    upload = store_upload(stack, id_of(device), "a.log", b"text")
    viewer, technician = api.member(tenant, "viewer"), api.member(tenant, "technician")
    assert len(viewer.expect(200, "GET", device).json["items"]) == 1
    viewer.expect(200, "GET", f"{device}/{upload}")
    for method, path in (("GET", f"{device}/{upload}/content"), ("HEAD", f"{device}/{upload}/content"),
                         ("DELETE", f"{device}/{upload}")):
        assert viewer.request(method, path).status == 403
    assert audit(stack, tenant) == []
    assert technician.expect(200, "GET", f"{device}/{upload}/content").body == b"text"
    technician.expect(204, "DELETE", f"{device}/{upload}")
    payload = {"device_id": id_of(device), "name": "a.log"}
    assert audit(stack, tenant) == [(action, "upload", str(upload), f"user:{technician.user_id}", payload)
                                    for action in ("upload.read", "upload.delete")]
    assert stack.sql("select bk.audit_verify(%s)", (tenant.id,)) == [(None,)]


def test_of_a_suspended_tenant_it_is_read_and_not_deleted(stack, api, tenant, admin, device):
    upload = store_upload(stack, id_of(device), "a.log", b"text")
    stack.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (tenant.id,))
    assert admin.expect(200, "GET", f"{device}/{upload}/content").body == b"text"
    assert admin.expect(403, "DELETE", f"{device}/{upload}").problem == "suspended"
    assert [row[0] for row in audit(stack, tenant)] == ["upload.read"]


def test_another_device_or_tenant_has_it_not(stack, api, tenant, admin, device):
    upload = store_upload(stack, id_of(device), "a.log", b"text")
    neighbour = f"/v1/devices/{tenant.phone().device_id()}/uploads"
    stranger = api.admin(stack.tenant())
    for client, where in ((admin, neighbour), (stranger, device)):
        for method, rest in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
            assert client.request(method, f"{where}/{upload}{rest}").status == 404
    assert stranger.get(device).status == 404
    assert admin.expect(200, "GET", neighbour).json == {"items": []}
    assert admin.expect(200, "GET", f"{device}/{upload}/content").body == b"text"


@pytest.mark.parametrize("column", ["content", "content_key"])
def test_a_part_that_does_not_open_gives_none_of_the_others(stack, api, tenant, admin, device, column):
    upload = store_upload(stack, id_of(device), "a.log", b"the first part", b"the second part")
    stack.sql(f"update app.upload_part set {column} = set_byte({column}, 20, get_byte({column}, 20) # 1)"
              " where upload_id = %s and part_index = 2", (upload,))
    answer = admin.get(f"{device}/{upload}/content")
    assert answer.status == 503 and answer.problem == "crypto"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Disposition"] is None
    assert b"part" not in answer.body and audit(stack, tenant) == []
    assert f"upload {upload}: a part does not open" in api.log_path.read_text()
    # One of another row does not open either; and what cannot be read can be deleted.
    other = store_upload(stack, id_of(device), "b.log", b"another's")
    stack.sql("update app.upload_part as p set content = o.content, content_key = o.content_key, bytes = o.bytes"
              "  from app.upload_part as o where o.upload_id = %s and p.upload_id = %s", (other, upload))
    assert admin.get(f"{device}/{upload}/content").status == 503
    admin.expect(204, "DELETE", f"{device}/{upload}")
    assert stack.sql("select count(*) from app.upload_part where upload_id = %s", (upload,)) == [(0,)]


def test_after_a_change_of_the_data_key_it_still_opens(stack, tenant, admin, device):
    parts = [os.urandom(100) for _ in range(3)]
    upload = store_upload(stack, id_of(device), "a.log", *parts)
    for _ in range(2):
        stack.beckon("keys", "rotate", "--tenant", tenant.name)
        assert admin.expect(200, "GET", f"{device}/{upload}/content").body == b"".join(parts)


def test_a_reading_waits_for_a_change_of_the_data_key(stack, tenant, admin, device):
    """It holds the key from before it reads it: none sees the key of yesterday and the parts of today."""
    upload = store_upload(stack, id_of(device), "a.log", b"text")
    changing = stack.database.connect("beckon_operator", autocommit=False)
    with changing, changing.cursor() as cursor:
        cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(tenant.id),))
        cursor.execute("select bk.data_key_claim()")
        waiting = ("select count(*) from pg_stat_activity where application_name like 'beckon-api/%'"
                   " and wait_event_type = 'Lock'")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(admin.get, f"{device}/{upload}/content")
            wait_until("it waits", lambda: stack.sql(waiting)[0][0] == 1)
            changing.rollback()
            assert answer.result(20).body == b"text"
    changing.close()
