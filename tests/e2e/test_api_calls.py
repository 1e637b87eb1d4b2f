"""What every call has, whatever its resource: one transaction, its rights, Idempotency-Key, and honest answers
when the database or Redis is ill."""

import concurrent.futures
import hashlib
import os
import signal
import threading
import time

import pytest

from api import Api, Client
from redis_server import Redis
from stack import wait_until

SLOW = float(os.environ.get("BECKON_TEST_SLOW", "1"))


@pytest.fixture(scope="module")
def tenant(stack):
    return stack.tenant()


@pytest.fixture(scope="module")
def admin(api, tenant):
    return api.admin(tenant)


def sites(stack, name):
    return stack.sql("select count(*) from app.site where name = %s", (name,))[0][0]


def waiting(stack):
    """Calls that wait for a lock."""
    return stack.sql("select count(*) from pg_stat_activity where application_name like 'beckon-api/%'"
                     " and wait_event_type = 'Lock'")[0][0]


def keyed(client, key, name, path="/v1/sites"):
    return client.post(path, {"name": name}, headers={"Idempotency-Key": key})


# --- Idempotency-Key ---

def test_the_same_call_again_is_answered_again_and_done_once(stack, api, admin):
    before = api.metric("beckon_api_repeated_total")
    first, again = keyed(admin, "key-1", "Once"), keyed(admin, "key-1", "Once")
    assert first.status == 201 and again.status == 201
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == again.headers[name] is not None
    assert first.body == again.body and sites(stack, "Once") == 1
    assert api.metric("beckon_api_repeated_total") == before + 1


def test_another_call_under_the_same_key_is_refused(stack, admin, tenant, api):
    assert keyed(admin, "key-2", "Two").status == 201
    other = keyed(admin, "key-2", "Another two")
    assert other.status == 422 and other.problem == "idempotency" and sites(stack, "Another two") == 0
    elsewhere = keyed(admin, "key-2", "Two", "/v1/profiles")
    assert elsewhere.status == 422 and elsewhere.problem == "idempotency"
    colleague = keyed(api.admin(tenant), "key-2", "Two")  # another actor: another call
    assert colleague.status == 422 and colleague.problem == "idempotency"


def test_keys_of_tenants_do_not_meet(stack, api, admin):
    stranger = api.admin(stack.tenant())
    assert keyed(admin, "key-3", "Three").status == 201
    assert keyed(stranger, "key-3", "Not three").status == 201


def test_at_once_one_is_done_and_all_get_its_answer(stack, admin):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: keyed(admin, "key-4", "At once"), range(24)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1 and sites(stack, "At once") == 1


def test_what_failed_may_be_tried_again_under_its_key(stack, admin):
    assert keyed(admin, "key-5", "x" * 1000).status == 422
    assert keyed(admin, "key-5", "Five").status == 201


def test_a_key_is_good_for_a_day(stack, admin):
    assert keyed(admin, "key-6", "Six").status == 201
    stack.sql("update app.idempotency set created_at = now() - interval '25 hours'"
              " where idempotency_key = 'key-6'")
    assert keyed(admin, "key-6", "Another six").status == 201


@pytest.mark.parametrize("key", ["", "a b", "\xe4", "x" * 256])
def test_a_key_is_visible_ascii(admin, key):
    answer = admin.post("/v1/sites", {"name": f"odd {len(key)}"}, headers={"Idempotency-Key": key})
    assert answer.status == 400 and "Idempotency-Key" in answer.json["detail"]


def test_an_answer_that_grows_when_it_is_kept_stops_no_call(admin):
    """Quotes within quotes: it is repeated without its body then, as one that is too long."""
    body = {"name": "quotes", "raw": {"yealink": {f"p.k{i}": '"' * 250 for i in range(62)}},
            "emergency_address": {f"q{i}": '"' * 120 for i in range(7)}}
    calls = [admin.post("/v1/sites", body, headers={"Idempotency-Key": "quotes"}) for _ in range(2)]
    assert [one.status for one in calls] == [201, 201]
    assert calls[0].headers["Location"] == calls[1].headers["Location"]
    assert len(calls[0].body) > 33000 and calls[1].body == b""


def test_without_a_tenant_a_key_cannot_be_kept_and_that_is_said(api):
    answer = api.operator().post("/v1/tenants", {"name": "never-made"}, headers={"Idempotency-Key": "k"})
    assert answer.status == 422 and answer.problem == "idempotency"


def test_an_operators_key_is_kept_with_the_tenant_he_is_in(stack, api, tenant):
    """Although the audit row of a new tenant stands in that one's chain."""
    operator = api.operator(tenant)
    first, again = keyed(operator, "key-new", "made-once", "/v1/tenants"), keyed(operator, "key-new", "made-once",
                                                                                 "/v1/tenants")
    assert first.status == 201 and again.status == 201 and first.body == again.body
    assert stack.sql("select tenant_id, status from app.idempotency where idempotency_key = 'key-new'") == [
        (tenant.id, 201)]


def test_no_clear_text_and_no_plain_hash_of_a_body_is_kept(stack, admin, tenant):
    keyed(admin, "key-7", "Seven")
    kept = stack.sql("select request_hash from app.idempotency where idempotency_key = 'key-7'")[0][0]
    for text in (b'{"name": "Seven"}', b'POST/v1/sites{"name": "Seven"}'):
        assert bytes(kept) != hashlib.sha256(text).digest()


# --- rights ---

def test_roles_and_a_suspended_tenant(stack, api):
    tenant = stack.tenant(pbx=False)
    viewer, admin, operator = api.member(tenant, "viewer"), api.admin(tenant), api.operator(tenant)
    assert viewer.get("/v1/sites").status == 200
    refused = viewer.post("/v1/sites", {"name": "x"})
    assert refused.status == 403 and refused.problem == "role"
    nowhere = api.operator().get("/v1/sites")
    assert nowhere.status == 403 and nowhere.problem == "no-tenant"
    stack.sql("update app.tenant set status = 'suspended' where tenant_id = %s", (tenant.id,))
    assert admin.get("/v1/sites").status == 200
    refused = admin.post("/v1/sites", {"name": "x"})
    assert refused.status == 403 and refused.problem == "suspended"
    assert operator.post("/v1/sites", {"name": "by the operator"}).status == 201


def test_a_refused_call_changes_nothing_and_says_so_in_one_form(stack, admin, tenant):
    audit = "select count(*) from app.audit where tenant_id = %s"
    before = stack.sql(audit, (tenant.id,))
    for answer in (admin.post("/v1/sites", {"name": ""}), admin.get("/v1/sites/999999999"),
                   admin.get("/v1/sites/0"), admin.post("/v1/sites", b"[]"),
                   admin.request("PUT", "/v1/sites", {})):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.json["status"] == answer.status and answer.json["instance"]
        assert answer.json["type"].startswith("urn:beckon:problem:")
    assert stack.sql(audit, (tenant.id,)) == before


def test_what_fails_at_the_commit_is_not_told_as_done(stack, admin):
    stack.sql("create function public.late() returns trigger language plpgsql as"
              " $$ begin raise exception 'too late'; end $$")
    stack.sql("create constraint trigger late after insert on app.site deferrable initially deferred"
              " for each row when (new.name = 'Too late') execute function public.late()")
    try:
        for answer in (admin.post("/v1/sites", {"name": "Too late"}), keyed(admin, "key-late", "Too late")):
            assert answer.status == 503 and answer.headers["Location"] is None and sites(stack, "Too late") == 0
    finally:
        stack.sql("drop function public.late() cascade")
    assert keyed(admin, "key-late", "Too late").status == 201


def test_the_audit_row_names_actor_source_and_request(stack, admin, tenant):
    assert admin.post("/v1/sites", {"name": "Audited"}).status == 201
    row = stack.sql("select actor, action, request_id, host(source) from app.audit where tenant_id = %s"
                    " order by seq desc limit 1", (tenant.id,))[0]
    assert row[0] == f"user:{admin.user_id}" and row[1] == "site.create"
    assert row[2] and row[3] == "127.0.0.1"


# --- the database ---

def test_a_deadlock_is_tried_again_and_not_told(stack, admin, tenant):
    site = admin.expect(201, "POST", "/v1/sites", {"name": "Lock"}).json["id"]
    with stack.database.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("set deadlock_timeout = '60s'")  # it is our call that PostgreSQL breaks off
        cursor.execute("select from app.audit_head where tenant_id = %s for update", (tenant.id,))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            # Has the site, wants the chain of audit rows; the other way round below.
            call = pool.submit(admin.patch, f"/v1/sites/{site}", {"name": "Locked"})
            wait_until("our call waits", lambda: waiting(stack) == 1)
            cursor.execute("select from app.site where site_id = %s for update", (site,))
            assert not call.done()
            other.rollback()
            assert call.result(30).status == 200
    assert admin.get(f"/v1/sites/{site}").json["name"] == "Locked"


def test_of_two_who_read_the_same_tenant_one_changes_it(stack, api):
    made = stack.tenant(pbx=False)
    operators = [api.operator() for _ in range(2)]
    path = f"/v1/tenants/{made.id}"
    etag = operators[0].get(path).headers["ETag"]
    with stack.database.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("select from app.tenant where tenant_id = %s for update", (made.id,))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(one.patch, path, {"title": f"of {i}"}, headers={"If-Match": etag})
                     for i, one in enumerate(operators)]
            wait_until("both wait", lambda: waiting(stack) == 2)
            other.rollback()
            assert sorted(call.result(30).status for call in calls) == [200, 412]


@pytest.fixture(scope="module")
def own(own_stack):
    made = Api(own_stack, {"pg.statement_timeout_ms": 2000})
    yield made
    made.stop()
    made.check_log()


@pytest.fixture(scope="module")
def own_admin(own, own_stack):
    return own.admin(own_stack.tenant())


def test_a_lock_that_lasts_is_503_with_the_time_to_come_back(own_stack, own, own_admin):
    site = own_admin.expect(201, "POST", "/v1/sites", {"name": "Held"}).json["id"]
    with own_stack.database.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("select from app.site where site_id = %s for update", (site,))
        begun = time.monotonic()
        answer = own_admin.patch(f"/v1/sites/{site}", {"name": "x"})
        assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
        assert time.monotonic() - begun < 5 * SLOW
        assert own_admin.get("/v1/sites").status == 200
        other.rollback()
    assert own_admin.get(f"/v1/sites/{site}").json["name"] == "Held"


def test_connections_that_were_cut_while_they_rested_are_not_noticed(own_stack, own, own_admin):
    for _ in range(4):
        assert own_admin.get("/v1/sites").status == 200
    own_stack.sql("select pg_terminate_backend(pid) from pg_stat_activity"
                  " where application_name like 'beckon-api/%%'")
    assert {own_admin.get("/v1/sites").status for _ in range(12)} == {200}


def test_while_the_database_is_away_calls_are_503_and_all_heals_alone(own_stack, own, own_admin):
    own_stack.cluster.stop("immediate")
    try:
        for _ in range(5):
            answer = own_admin.get("/v1/sites")
            assert answer.status == 503 and "Retry-After" in answer.headers
            assert "detail" not in answer.json  # where the database is, is nobody's business
        login = own.anonymous.post("/v1/auth/login", {"email": own_admin.email, "password": "x" * 10})
        assert login.status == 503
        assert own.anonymous.get("/v1/me").status == 401 and own.anonymous.get("/v1/x").status == 404
        wait_until("not ready", lambda: own.look("/readyz")[0] == 503)
        assert own.metric("beckon_pg_up") == 0
    finally:
        own_stack.cluster.start()
    wait_until("ready", lambda: own.look("/readyz")[0] == 200)
    assert own_admin.get("/v1/sites").status == 200


def test_a_full_queue_is_told_at_once(own_stack):
    narrow = Api(own_stack, {"threads": 1, "queue_max": 2, "workers": 1})
    try:
        admin = narrow.admin(own_stack.tenant())
        site = admin.expect(201, "POST", "/v1/sites", {"name": "Held"}).json["id"]
        with own_stack.database.connect(autocommit=False) as other, other.cursor() as cursor:
            cursor.execute("select from app.site where site_id = %s for update", (site,))
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                calls = [pool.submit(Client(narrow, admin.token).patch, f"/v1/sites/{site}", {"name": f"{i}"})
                         for i in range(8)]
                wait_until("some refused", lambda: sum(call.done() for call in calls) >= 6)
                other.rollback()
                statuses = sorted(call.result(30).status for call in calls)
            assert statuses[0] == 200 and statuses[-1] == 503 and set(statuses) == {200, 503}
    finally:
        narrow.stop()
    narrow.check_log()


# --- Redis, and the end ---

def test_a_doorbell_rings_after_the_commit_and_nobody_waits_for_it(own_stack):
    redis = Redis().start()
    api = Api(own_stack, redis=redis)
    try:
        tenant = own_stack.tenant()
        admin, phone = api.admin(tenant), tenant.phone()
        device = phone.device_id()
        job = {"kind": "reprovision", "device_id": device}
        wait_until("a bell", lambda: (
            admin.expect(202, "POST", "/v1/jobs", job), redis.command("EXISTS", "beckon:doorbell"))[1] == ":1")
        redis.stop()
        lost = api.metric("beckon_doorbells_lost_total")
        wait_until("Redis is missed", lambda: (
            admin.expect(202, "POST", "/v1/jobs", job), api.metric("beckon_doorbells_lost_total"))[1] > lost)
        begun = time.monotonic()
        admin.expect(202, "POST", "/v1/jobs", job)
        assert admin.get("/v1/jobs").status == 200 and time.monotonic() - begun < 2 * SLOW
        assert api.look("/readyz")[0] == 200
    finally:
        api.stop()
        redis.stop()
    api.check_log()


def test_stopping_finishes_what_is_under_way(own_stack):
    api = Api(own_stack, {"drain_s": 20})
    try:
        admin = api.admin(own_stack.tenant())
        site = admin.expect(201, "POST", "/v1/sites", {"name": "Held"}).json["id"]
        with own_stack.database.connect(autocommit=False) as other, other.cursor() as cursor:
            cursor.execute("select from app.site where site_id = %s for update", (site,))
            answers = []
            thread = threading.Thread(
                target=lambda: answers.append(Client(api, admin.token).patch(f"/v1/sites/{site}", {"name": "New"})))
            thread.start()
            wait_until("our call waits", lambda: waiting(own_stack) == 1)
            api.process.send_signal(signal.SIGTERM)
            wait_until("no new calls", lambda: "stopping" in api.log(100000) or api.look("/readyz")[0] != 200)
            other.rollback()
            thread.join(30)
        assert answers[0].status == 200
        assert api.process.wait(30) == 0
        assert own_stack.sql("select name from app.site where site_id = %s", (site,)) == [("New",)]
    finally:
        api.stop()
    api.check_log()


def test_a_killed_worker_loses_no_accepted_call_and_is_replaced(own_stack):
    api = Api(own_stack, {"workers": 1})
    try:
        admin = api.admin(own_stack.tenant())
        accepted = []

        def write(i):
            try:
                answer = keyed(Client(api, admin.token), f"kill-{i}", f"Kill {i}")
            except OSError:
                return
            if answer.status == 201:
                accepted.append(answer.json["id"])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(write, i) for i in range(40)]
            wait_until("some accepted", lambda: len(accepted) >= 5)
            children = f"/proc/{api.process.pid}/task/{api.process.pid}/children"
            with open(children) as pids:
                os.kill(int(pids.read().split()[0]), signal.SIGKILL)
            for call in calls:
                call.result(60)
        wait_until("ready again", lambda: api.look("/readyz")[0] == 200)
        kept = {row[0] for row in own_stack.sql("select site_id from app.site")}
        assert set(accepted) <= kept
        for i in range(40):  # the same keys again: everything is there once
            assert keyed(admin, f"kill-{i}", f"Kill {i}").status == 201
        assert own_stack.sql("select count(*) from app.site where name like 'Kill %%'") == [(40,)]
    finally:
        api.stop()
