"""bk.upload_put and bk.upload_get: what a phone may keep, how often it writes, and when it goes."""

import itertools
import threading
import time

import pytest

from schema_world import SEALED, cluster, world  # noqa: F401

LIMIT = 1000  # bytes of one device
_parts = itertools.count(1)


class Scene:
    def __init__(self, world, **tenant):
        self.world = world
        self.tenant = world.tenant(**tenant)
        self.key = world.key(self.tenant)
        self.root = world.root()
        self.mac = world.mac()
        self.device = world.device(self.tenant, mac=self.mac)
        assert self.fetch("device")["verdict"] == "serve"

    def fetch(self, kind):
        return self.world.fetch(key=self.key, mac=self.mac, root=self.root, kind=kind)

    def put(self, name="a.log", kind="log", size=10, hourly=1000, limit=LIMIT, key=SEALED, device=None):
        with self.world.as_role("beckon_config") as cursor:
            cursor.execute(
                "select bk.upload_put(%s, %s, %s, %s, %s, '192.0.2.7', %s, %s, %s, %s, %s, %s)",
                (self.tenant, device or self.device, key, name, kind, next(_parts), size, SEALED,
                 b"\x01" + bytes(28 + size), hourly, limit))
            return cursor.fetchone()[0]

    def sizes(self, name="a.log"):
        with self.world.as_role("beckon_config") as cursor:
            cursor.execute("select bytes from bk.upload_get(%s, %s, %s)", (self.tenant, self.device, name))
            return [row[0] for row in cursor.fetchall()]

    def files(self):
        return {name: (size, lost) for name, size, lost in self.world.sql(
            "select name, bytes, lost_bytes from app.upload where tenant_id = %s", (self.tenant,))}


@pytest.fixture
def scene(world):
    return Scene(world)


def test_a_log_grows_and_any_other_file_is_replaced(scene):
    for size in (10, 20, 30):
        assert scene.put(size=size) == "stored"
        assert scene.put("a-phone.cfg", "override", size=size) == "stored"
    assert scene.sizes() == [10, 20, 30] and scene.sizes("a-phone.cfg") == [30]
    assert scene.files() == {"a.log": (60, 0), "a-phone.cfg": (30, 0)}
    assert scene.sizes("b.log") == []


def test_the_oldest_of_the_logs_makes_room(scene):
    for name in ("a.log", "b.log", "a.log", "b.log"):
        assert scene.put(name, size=240) == "stored"
    assert scene.put("a-phone.cfg", "override", size=300) == "stored"
    assert scene.sizes("a.log") == [240] and scene.sizes("b.log") == [240]
    assert scene.files() == {"a.log": (240, 240), "b.log": (240, 240), "a-phone.cfg": (300, 0)}
    assert scene.put("b.log", size=700) == "stored"
    assert scene.files() == {"a.log": (0, 480), "b.log": (700, 480), "a-phone.cfg": (300, 0)}


def test_what_makes_no_room_is_refused_and_nothing_is_lost(scene):
    assert scene.put("a-phone.cfg", "override", size=600) == "stored"
    assert scene.put("a.log", size=300) == "stored"
    assert scene.put("a-web.cfg", "override", size=401) == "full"
    assert scene.put("a.log", size=401) == "full"
    assert scene.files() == {"a-phone.cfg": (600, 0), "a.log": (300, 0)}
    assert scene.put("a-phone.cfg", "override", size=1000) == "stored"  # in the place of its former
    assert scene.files() == {"a-phone.cfg": (1000, 0), "a.log": (0, 300)}


def test_a_device_has_sixteen_files(scene):
    for index in range(16):
        assert scene.put(f"{index}.log", size=1) == "stored"
    assert scene.put("16.log", size=1) == "full"
    assert scene.put("3.log", size=1) == "stored"


def test_a_log_has_256_parts(scene):
    for _ in range(258):
        assert scene.put(size=1) == "stored"
    assert scene.sizes() == [1] * 256 and scene.files() == {"a.log": (256, 2)}


def test_an_empty_file_is_a_file(scene):
    assert scene.put("a-calls.xml", "calls", size=5) == "stored"
    assert scene.put("a-calls.xml", "calls", size=0) == "stored"
    assert scene.sizes("a-calls.xml") == [0]


def test_an_hour_has_its_number(scene):
    other = scene.world.device(scene.tenant)
    assert [scene.put(hourly=3) for _ in range(5)] == ["stored"] * 3 + ["too_often"] * 2
    assert scene.put(device=other) == "unknown_device"  # a mere claim has written nothing yet
    scene.world.sql("update app.device_state set upload_hour = upload_hour - interval '1 hour'"
                    " where device_id = %s", (scene.device,))
    assert scene.put(hourly=3) == "stored"


def test_a_key_that_is_changed_is_not_sealed_with(scene):
    assert scene.put(key=b"\x01" + bytes(59) + b"\x02") == "busy"
    with scene.world.as_role("beckon_operator", scene.tenant) as cursor:
        cursor.execute("select bk.data_key_claim()")
        assert scene.put() == "busy"
    assert scene.put() == "stored"


@pytest.mark.parametrize("state", ["suspended", "quarantined", "released"])
def test_a_device_that_is_served_nothing_writes_nothing(scene, state):
    scene.world.sql("update app.device set state = %s where device_id = %s", (state, scene.device))
    assert scene.fetch("upload")["verdict"] == state and scene.fetch("stored")["verdict"] == state
    assert scene.put() == "unknown_device"


def test_who_writes_needs_no_window_and_who_reads_does(scene):
    scene.world.sql("update app.tenant set policy = '{\"serving\": \"armed\"}' where tenant_id = %s", (scene.tenant,))
    scene.world.sql("update app.device set armed_until = null where device_id = %s", (scene.device,))
    scene.world.sql("update app.device_state set revision_held = 1000 where device_id = %s", (scene.device,))
    assert scene.fetch("device")["verdict"] == "unarmed" == scene.fetch("stored")["verdict"]
    answer = scene.fetch("upload")
    assert answer["verdict"] == "serve" and bytes(answer["data_key"]) == SEALED
    assert scene.fetch("log")["verdict"] == "unknown_path"


def test_enrolled_phones_write_with_their_steady_secret_only(world):
    scene = Scene(world)
    world.sql("update app.tenant set policy = '{\"enrolment\": \"token\", \"serving\": \"armed\"}'"
              " where tenant_id = %s", (scene.tenant,))
    world.sql("insert into app.enrolment (tenant_id, device_id, method, token_hash, secret_hash, secret, valid_until)"
              " values (%s, %s, 'url', sha256('token'), sha256('secret'), %s, 'infinity')",
              (scene.tenant, scene.device, SEALED))
    world.sql("update app.device set armed_until = null where device_id = %s", (scene.device,))
    world.sql("update app.device_state set revision_held = 1000 where device_id = %s", (scene.device,))

    def verdict(proof, proved, kind):
        return world.enrol(scene.key, proof, proved, scene.mac, maker="yealink", kind=kind)["verdict"]

    assert verdict("url", "secret", "device") == "unarmed" == verdict("url", "secret", "stored")
    assert verdict("url", "secret", "upload") == "serve"
    assert verdict("token", "token", "upload") == "unknown_path" == verdict("token", "token", "stored")


def test_nothing_of_a_phone_that_is_gone_stays(scene):
    for change in ("mac = '020000ffff01'", "state = 'released'"):
        assert scene.put() == "stored"
        scene.world.sql(f"update app.device set {change} where device_id = %s", (scene.device,))
        assert scene.files() == {}
        scene.world.sql("update app.device set mac = %s, state = 'claimed' where device_id = %s",
                        (scene.mac, scene.device))
        assert scene.fetch("device")["verdict"] == "serve"
    assert scene.put() == "stored"
    scene.world.sql("delete from app.device where device_id = %s", (scene.device,))
    assert scene.files() == {}
    assert scene.world.one("select count(*) from app.upload_part where tenant_id = %s", (scene.tenant,)) == 0


def test_logs_and_call_lists_have_the_tenants_retention(world):
    scene = Scene(world, retention_days=30)
    for name, kind in (("a.log", "log"), ("b.log", "log"), ("a-calls.xml", "calls"), ("a-phone.cfg", "override"),
                       ("a-directory.xml", "directory")):
        assert scene.put(name, kind, size=10) == "stored"
    world.sql("update app.upload_part as p set created_at = now() - interval '31 days'"
              "  from app.upload as u where u.upload_id = p.upload_id and u.tenant_id = %s and u.name <> 'b.log'",
              (scene.tenant,))
    world.sql("update app.upload set created_at = now() - interval '31 days', updated_at = now() - interval '31 days'"
              " where tenant_id = %s and name <> 'b.log'", (scene.tenant,))
    assert scene.put("a.log", size=7) == "stored"

    def maintain():
        with world.as_role("beckon_notifier") as cursor:
            cursor.execute("select done_count from bk.maintain(now()) where what = 'parts of uploads'")
            return cursor.fetchone()[0]

    assert maintain() == 2 and maintain() == 0
    assert scene.files() == {"a.log": (7, 0), "b.log": (10, 0), "a-phone.cfg": (10, 0), "a-directory.xml": (10, 0)}


def test_two_at_once_are_both_kept_and_the_limit_holds(scene):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(scene.put(size=90))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["stored"] * 16
    size, lost = scene.files()["a.log"]
    assert size == sum(scene.sizes()) == 990 and lost == 16 * 90 - 990
    indexes = scene.world.sql("select part_index from app.upload_part where tenant_id = %s order by 1", (scene.tenant,))
    assert indexes == [(index,) for index in range(6, 17)]


def test_who_deletes_a_log_and_who_makes_room_in_it_do_not_block_each_other(scene):
    assert scene.put("a.log", size=600) == "stored"
    assert scene.put("b.log", size=300) == "stored"
    answers = []
    deleting = scene.world.database.connect(autocommit=False)
    with deleting, deleting.cursor() as cursor:
        which = "tenant_id = %s and name = 'a.log'"
        cursor.execute(f"select from app.upload where {which} for update", (scene.tenant,))
        writer = threading.Thread(target=lambda: answers.append(scene.put("b.log", size=400)))
        writer.start()
        wait_for_lock(scene.world)
        cursor.execute(f"delete from app.upload where {which}", (scene.tenant,))
    deleting.close()
    writer.join(10)
    assert answers == ["stored"]
    size, lost = scene.files().pop("b.log")
    assert size == sum(scene.sizes("b.log")) and "a.log" not in scene.files()


def wait_for_lock(world):
    deadline = time.monotonic() + 10
    while not world.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def test_a_tenant_reads_and_deletes_and_writes_nothing(scene):
    assert scene.put() == "stored"
    for role in ("beckon_api", "beckon_operator"):
        with scene.world.as_role(role, scene.tenant) as cursor:
            cursor.execute("select count(*) from app.upload as u join app.upload_part as p using (tenant_id, upload_id)")
            assert cursor.fetchone() == (1,)
            cursor.execute("select has_table_privilege('app.upload', 'insert, update'),"
                           "       has_table_privilege('app.upload_part', 'insert, update')")
            assert cursor.fetchone() == (False, False)
    with scene.world.as_role("beckon_notifier", scene.tenant) as cursor:
        cursor.execute("select has_table_privilege('app.upload_part', 'select')")
        assert cursor.fetchone() == (False,)
    with scene.world.as_role("beckon_api", scene.tenant) as cursor:
        cursor.execute("delete from app.upload")
        assert cursor.rowcount == 1
    assert scene.sizes() == []
