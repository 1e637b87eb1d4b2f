"""Visits, strangers, maintenance and the audit chain."""

import datetime
import threading
import time

import pytest
from psycopg2 import errors

from schema_world import FINGERPRINT, World, cluster, world  # noqa: F401

UTC = datetime.timezone.utc
VISIT = {
    "at": "timestamptz", "tenant_id": "bigint", "device_id": "bigint", "mac": "macaddr", "source": "inet",
    "listener": "text", "kind": "text", "path": "text", "status": "integer", "reason": "text",
    "user_agent": "text", "model": "text", "firmware": "text", "fingerprint": "bytea",
    "revision": "bigint", "bytes": "integer", "duration_us": "integer", "request_id": "text",
    "is_whole": "boolean", "is_boot": "boolean",
}


def record(world, visits):
    """Write rows as beckon-config does: arrays in text form, through a prepared statement."""
    def element(name, value):
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "t" if value else "f"
        if isinstance(value, bytes):
            value = "\\x" + value.hex()
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    defaults = dict(
        at=datetime.datetime.now(UTC), mac="02:00:00:00:00:01", source="192.0.2.1", listener="phones",
        kind="device", path="020000000001.cfg", status=200, user_agent="Yealink SIP-T54W 96.86.0.70",
        model="T54W", firmware="96.86.0.70", fingerprint=FINGERPRINT, revision=1, bytes=20000,
        duration_us=900, request_id="r1", is_whole=True)
    rows = [{**dict.fromkeys(VISIT), **defaults, **visit} for visit in visits]
    arrays = ["{" + ",".join(element(name, row[name]) for row in rows) + "}" for name in VISIT]
    with world.as_role("beckon_config") as cursor:
        types = ", ".join(f"{kind}[]" for kind in VISIT.values())
        marks = ", ".join(f"${number}" for number in range(1, len(VISIT) + 1))
        cursor.execute(f"prepare visits ({types}) as select bk.visits_record({marks})")
        cursor.execute(f"execute visits ({', '.join(['%s'] * len(VISIT))})", arrays)
        return cursor.fetchone()[0]


def state(world, device):
    columns = ("last_visit_at", "last_source", "model_seen", "firmware_seen", "revision_held", "held_at")
    row = world.sql(f"select {', '.join(columns)} from app.device_state where device_id = %s", (device,))[0]
    return dict(zip(columns, row))


def visits(world, tenant, what="count(*)"):
    return world.one(f"select {what} from app.visit where tenant_id = %s", (tenant,))


@pytest.fixture
def phone(world):
    tenant = world.tenant()
    return tenant, world.device(tenant)


def test_recording_waits_before_it_writes_anything_of_a_device(world):
    """An admin's release holds the device's state and goes on to its anomalies, which a batch writes too."""
    tenant = world.tenant()
    mac = world.mac()
    device = world.device(tenant, mac=mac)
    foreign = dict(tenant_id=tenant, mac=mac, status=404, reason="foreign_tenant_key", revision=None)
    batch = [foreign, dict(tenant_id=tenant, device_id=device)]
    record(world, [foreign])
    results = []
    admin = world.database.connect(autocommit=False)
    with admin, admin.cursor() as cursor:
        cursor.execute("select from app.device_state where device_id = %s for update", (device,))
        recorder = threading.Thread(target=lambda: results.append(record(world, batch)))
        recorder.start()
        wait_blocked(world)
        cursor.execute("update app.anomaly set decision = 'superseded', decided_at = now() where device_id = %s",
                       (device,))
        assert cursor.rowcount == 1  # and no deadlock
    recorder.join(10)
    admin.close()
    assert results == [2]


def wait_blocked(world):
    until = time.monotonic() + 10
    while not world.sql("select 1 from pg_stat_activity where wait_event_type = 'Lock'"
                        " and datname = current_database()"):
        assert time.monotonic() < until, "nobody waits for a lock"
        time.sleep(0.01)


def test_a_served_visit_is_written_and_moves_the_devices_state(world, phone):
    tenant, device = phone
    at = datetime.datetime.now(UTC)
    assert record(world, [dict(tenant_id=tenant, device_id=device, at=at, revision=7)]) == 1
    row = world.sql(
        "select at, device_id, mac, source, listener, kind, path, status, reason, user_agent, model, firmware,"
        " fingerprint, revision, bytes, duration_us, request_id from app.visit where tenant_id = %s", (tenant,))[0]
    assert row[0] == at
    assert row[1:12] == (
        device, "02:00:00:00:00:01", "192.0.2.1", "phones", "device", "020000000001.cfg", 200, None,
        "Yealink SIP-T54W 96.86.0.70", "T54W", "96.86.0.70")
    assert (bytes(row[12]), *row[13:]) == (FINGERPRINT, 7, 20000, 900, "r1")
    assert state(world, device) == {
        "last_visit_at": at, "last_source": "192.0.2.1", "model_seen": "T54W",
        "firmware_seen": "96.86.0.70", "revision_held": 7, "held_at": at}


@pytest.mark.parametrize("label, visit", [
    ("refused", dict(status=404, reason="suspended")),
    ("the common file", dict(kind="common")),
    ("not delivered whole", dict(is_whole=False)),
    ("whole unknown", dict(is_whole=None)),
    ("a part of it", dict(status=206)),
    ("our own fault", dict(status=503, reason="database")),
])
def test_only_the_whole_own_file_counts_as_held(world, phone, label, visit):
    tenant, device = phone
    assert record(world, [dict(tenant_id=tenant, device_id=device, **visit)]) == 1
    assert state(world, device)["revision_held"] is None, label
    assert visits(world, tenant) == 1


def test_a_304_confirms_what_is_held(world, phone):
    tenant, device = phone
    record(world, [dict(tenant_id=tenant, device_id=device, status=304, bytes=0, revision=3)])
    assert state(world, device)["revision_held"] == 3


def test_a_late_batch_does_not_turn_the_state_back(world, phone):
    tenant, device = phone
    now = datetime.datetime.now(UTC)
    record(world, [dict(tenant_id=tenant, device_id=device, at=now, revision=9, source="192.0.2.9")])
    record(world, [
        dict(tenant_id=tenant, device_id=device, at=now - datetime.timedelta(seconds=2), revision=8,
             source="192.0.2.8", firmware="old")])
    after = state(world, device)
    assert (after["revision_held"], after["last_visit_at"], after["last_source"]) == (9, now, "192.0.2.9")
    assert after["firmware_seen"] == "96.86.0.70"
    record(world, [
        dict(tenant_id=tenant, device_id=device, at=now + datetime.timedelta(seconds=second),
             revision=revision, kind=kind, firmware="")
        for second, revision, kind in ((3, 12, "common"), (1, 10, "device"), (2, 11, "device"))])
    after = state(world, device)
    assert (after["revision_held"], after["held_at"]) == (11, now + datetime.timedelta(seconds=2))
    assert after["last_visit_at"] == now + datetime.timedelta(seconds=3)
    assert after["firmware_seen"] == "96.86.0.70"  # an empty one says nothing


def test_unknown_tenants_are_left_out_and_deleted_devices_are_not(world, phone):
    tenant, device = phone
    gone = world.device(tenant)
    world.sql("delete from app.device where device_id = %s", (gone,))
    assert record(world, [
        dict(tenant_id=tenant, device_id=gone), dict(tenant_id=999999999, device_id=1),
        dict(tenant_id=None), dict(tenant_id=tenant, device_id=None, status=404, reason="unknown_device"),
        dict(tenant_id=tenant, device_id=device)]) == 3
    assert visits(world, tenant) == 3
    assert record(world, []) == 0


def test_one_odd_visit_does_not_cost_the_batch(world, phone):
    tenant, device = phone
    assert record(world, [
        dict(tenant_id=tenant, device_id=device, path="x" * 5000, user_agent="ü" * 5000, model="m" * 100,
             firmware="f" * 100, status=1234, bytes=-1, duration_us=-5, fingerprint=b"\x01", listener=None,
             kind=None, request_id="i" * 500, reason="r" * 500),
        dict(tenant_id=tenant, device_id=device, model="m" * 100)]) == 2
    assert world.sql("select char_length(path), char_length(user_agent), status, bytes, kind from app.visit"
                     " where tenant_id = %s and reason is not null", (tenant,)) == [(256, 256, 0, 0, "none")]
    assert state(world, device)["model_seen"] == "m" * 64


def test_batches_of_many_workers_on_the_same_devices_do_not_kill_each_other(world):
    tenant = world.tenant()
    devices = [world.device(tenant) for _ in range(30)]
    failures = []

    def run(number):
        try:
            for turn in range(5):
                order = devices if (number + turn) % 2 else devices[::-1]
                record(world, [dict(tenant_id=tenant, device_id=device) for device in order])
        except Exception as error:  # noqa: BLE001 (reported below)
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert visits(world, tenant) == 8 * 5 * 30


def test_a_visit_of_a_day_without_a_partition_is_kept_and_moved_when_its_day_is_made(world, phone):
    tenant, device = phone
    day = datetime.datetime.now(UTC) + datetime.timedelta(days=12)
    assert record(world, [dict(tenant_id=tenant, device_id=device, at=day)]) == 1
    where = "select tableoid::regclass::text from app.visit where tenant_id = %s"
    assert world.one(where, (tenant,)) == "app.visit_default"
    maintain(world, day)
    assert world.one(where, (tenant,)) == f"app.visit_{day:%Y%m%d}"
    assert visits(world, tenant) == 1
    assert record(world, [dict(tenant_id=tenant, device_id=device, at=day)]) == 1
    assert visits(world, tenant, "count(distinct visit_id)") == 2


def maintain(world, now=None):
    with world.as_role("beckon_notifier") as cursor:
        cursor.execute("select what, done_count from bk.maintain(coalesce(%s, now()))", (now,))
        return cursor.fetchall()


def days(world):
    return {row[0] for row in world.sql(
        "select c.relname from pg_inherits as i join pg_class as c on c.oid = i.inhrelid"
        " where i.inhparent = 'app.visit'::regclass")}


def test_maintain_makes_seven_days_ahead_and_twice_does_nothing(world):
    today = datetime.datetime.now(UTC).date()
    maintain(world)
    for ahead in range(0, 8):
        assert f"visit_{today + datetime.timedelta(days=ahead):%Y%m%d}" in days(world)
    before = days(world)
    assert all(what not in ("visit day made", "visit day dropped") for what, _ in maintain(world))
    assert days(world) == before


def test_maintain_by_several_at_once_is_done_by_one(cluster):
    world = World(cluster.database("maintain_race"))
    failures, answers = [], []
    later = datetime.datetime.now(UTC) + datetime.timedelta(days=40)

    def run():
        try:
            answers.append(maintain(world, later))
        except Exception as error:  # noqa: BLE001 (reported below)
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    made = [sum(what == "visit day made" for what, _ in answer) for answer in answers]
    assert sum(made) == 9


def test_maintain_drops_what_each_tenant_no_longer_keeps(cluster):
    world = World(cluster.database("retention"))
    short, long = world.tenant(retention_days=2), world.tenant(retention_days=20)
    now = datetime.datetime.now(UTC)
    for tenant in (short, long):
        device = world.device(tenant)
        for age in (0, 1, 3, 10, 25):
            at = now - datetime.timedelta(days=age)
            maintain(world, at)
            record(world, [dict(tenant_id=tenant, device_id=device, at=at)])
    maintain(world, now)
    ages = "array_agg(extract(day from %r::timestamptz - at)::int order by at desc)" % now.isoformat()
    assert visits(world, short, ages) == [0, 1]
    assert visits(world, long, ages) == [0, 1, 3, 10]
    assert f"visit_{now - datetime.timedelta(days=25):%Y%m%d}" not in days(world)
    # The audit says nothing of visits, and expired things of other kinds go with their own time.
    key = world.key(long, now - datetime.timedelta(days=31))
    ending = world.key(long, now - datetime.timedelta(days=1))
    world.sql("insert into app.idempotency (tenant_id, idempotency_key, request_hash, created_at)"
              " values (%s, 'old', sha256(''), now() - interval '25 hours'), (%s, 'new', sha256(''), now())",
              (long, long))
    done = dict(maintain(world, now))
    assert (done["tenant keys long expired"], done["idempotency keys"]) == (1, 1)
    assert world.sql("select tenant_key from app.tenant_key where tenant_key in (%s, %s)", (key, ending)) == [(ending,)]


def strangers(world, rows):
    with world.as_role("beckon_config") as cursor:
        cursor.execute(
            "select bk.strangers_record(%s::timestamptz[], %s::inet[], %s::text[], %s::text[], %s::text[],"
            " %s::macaddr[], %s::integer[])", [list(column) for column in zip(*rows)])
        return cursor.fetchone()[0]


def test_strangers_add_up_by_source_minute_reason_and_claim(world):
    minute = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    row = (minute, "198.51.100.1", "phones", "no_certificate", "CN=x", "02:00:00:00:00:01", 2)
    assert strangers(world, [row, row, (*row[:4], "y" * 999, None, 1)]) == 2
    assert strangers(world, [row]) == 1
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select * from bk.strangers_list(%s)", (minute - datetime.timedelta(minutes=1),))
        got = [one for one in cursor.fetchall() if one[0] == minute.replace(second=0)]
    assert got == [
        (minute.replace(second=0), "198.51.100.1", "phones", "no_certificate", "CN=x", "02:00:00:00:00:01", 6),
        (minute.replace(second=0), "198.51.100.1", "phones", "no_certificate", "y" * 256, None, 1)]


def test_a_flood_of_strangers_costs_counters_and_not_rows(world):
    minute = datetime.datetime(2026, 1, 3, 3, 4, tzinfo=UTC)
    for turn in range(4):
        strangers(world, [
            (minute, f"198.51.{turn}.{number % 250}", "phones", "unknown_tenant_key", f"key {turn} {number}",
             None, 1) for number in range(1500)])
    rows, seen = world.sql(
        "select count(*), sum(seen_count) from app.stranger where minute = %s", (minute,))[0]
    assert seen == 6000
    assert rows <= 2001
    assert world.sql("select source::text, claimed from app.stranger where minute = %s and claimed = ''",
                     (minute,)) == [("198.51.0.0/16", "")]


def append(world, tenant, count=1, role="beckon_api"):
    with world.as_role(role, tenant) as cursor:
        for number in range(count):
            cursor.execute("select bk.audit_append('user:1', 'site.update', 'site', '7', 'r', '192.0.2.1',"
                           " '{\"b\": 1, \"a\": \"ü\"}')")
        return cursor.fetchone()[0]


def verify(world, tenant):
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("set time zone 'Asia/Tokyo'")  # the hash does not depend on the session
        cursor.execute("select bk.audit_verify(%s)", (tenant,))
        return cursor.fetchone()[0]


def test_the_audit_chain_counts_up_and_verifies(world):
    tenant = world.tenant()
    assert verify(world, tenant) is None
    assert append(world, tenant, 3) == 3
    assert append(world, tenant) == 4
    assert verify(world, tenant) is None


@pytest.mark.parametrize("edit, broken_at", [
    ("update app.audit set actor = 'user:2' where tenant_id = %s and seq = 2", 2),
    ("update app.audit set at = at + interval '1 second' where tenant_id = %s and seq = 1", 1),
    ("update app.audit set payload = '{}' where tenant_id = %s and seq = 3", 3),
    ("update app.audit set payload_hash = sha256('x'), payload = null where tenant_id = %s and seq = 3", 3),
    ("delete from app.audit where tenant_id = %s and seq = 2", 2),
    ("delete from app.audit where tenant_id = %s and seq = 5", 5),
    ("delete from app.audit_head where tenant_id = %s", 6),
])
def test_an_edited_audit_chain_is_found(world, edit, broken_at):
    tenant = world.tenant()
    append(world, tenant, 5)
    world.sql(edit, (tenant,))
    assert verify(world, tenant) == broken_at


def test_an_erased_payload_leaves_the_chain_whole(world):
    tenant = world.tenant()
    append(world, tenant, 3)
    with world.as_role("beckon_operator") as cursor:
        cursor.execute("select bk.audit_erase(%s, 2)", (tenant,))
        assert cursor.fetchone()[0] is True
    assert world.one("select payload from app.audit where tenant_id = %s and seq = 2", (tenant,)) is None
    assert verify(world, tenant) is None


def test_appends_of_many_connections_make_one_chain(world):
    tenant, failures = world.tenant(), []

    def run():
        try:
            for _ in range(10):
                append(world, tenant)
        except Exception as error:  # noqa: BLE001 (reported below)
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert world.sql("select count(*), max(seq) from app.audit where tenant_id = %s", (tenant,)) == [(80, 80)]
    assert verify(world, tenant) is None


def test_the_audit_is_append_only_to_services_and_needs_a_tenant(world):
    tenant = world.tenant()
    append(world, tenant)
    for text in ("update app.audit set actor = 'x'", "delete from app.audit", "delete from app.audit_head",
                 "insert into app.audit select * from app.audit", "select bk.audit_verify(1)"):
        with world.as_role("beckon_api", tenant) as cursor:
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(text)
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        append(world, None)


def test_the_operators_own_chain_stands_beside_those_of_tenants(world):
    with world.as_role("beckon_operator") as cursor:
        for _ in range(2):
            cursor.execute("select bk.operator_audit_append(null, 'operator:root', 'tenant.create', 'tenant', '1',"
                           " '', null, '{}')")
        assert cursor.fetchone()[0] == 2
    assert verify(world, None) is None
    world.sql("update app.audit set action = 'tenant.update' where tenant_id is null and seq = 1")
    assert verify(world, None) == 1
