"""Jobs as the notifier moves them: routes, leases, claims, reports, settling (0020)."""

import datetime
import threading

import psycopg2
import pytest

from schema_world import cluster, world  # noqa: F401 (fixtures)

REPORT = ("tenant_id", "job_id", "fence", "attempt", "result", "text", "delay_s", "is_idle")


class Scene:
    """One tenant with a PBX that can be called, and the notifier's functions as it calls them."""

    def __init__(self, world):
        self.world = world
        self.tenant = world.tenant()
        self.pbx = self.add_pbx()
        self.owner = f"notifier-{self.tenant}"

    def add_pbx(self, **columns):
        pbx = self.world.pbx(self.tenant)
        self.world._insert("pbx_control", "pbx_id", tenant_id=self.tenant, pbx_id=pbx, driver="sip", **columns)
        return pbx

    def phone(self, pbx=None, extension=None, index=1, **columns):
        """A device with one line; columns of the device."""
        device = self.world.device(self.tenant, **columns)
        extension = extension or self.world.extension(self.tenant, pbx or self.pbx)
        self.world.line(self.tenant, device, extension, index)
        return device

    def request(self, kind, *devices, role="beckon_api", batch=None):
        with self.world.as_role(role, self.tenant) as cursor:
            cursor.execute("select * from bk.jobs_request(%s, %s::bigint[], %s, 'user:1')",
                           (kind, list(devices), batch))
            return {row[0]: row[1:] for row in cursor.fetchall()}

    def job(self, kind, device):
        job, is_new, refusal = self.request(kind, device)[device]
        assert refusal == "" and job is not None
        return job

    def call(self, text, parameters, role="beckon_notifier"):
        with self.world.as_role(role) as cursor:
            cursor.execute(text, parameters)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    def take(self, owner=None, lease_s=30):
        rows = self.call("select * from bk.leases_take(%s, %s)", (owner or self.owner, lease_s))
        return {row["pbx_id"]: row for row in rows if row["tenant_id"] == self.tenant}

    def claim(self, leases, *owner, **options):
        """What is to be sent."""
        return [row for row in self.claim_all(leases, *owner, **options) if row["attempt"] > 0]

    def claim_all(self, leases, owner=None, limit=10, window_s=120, reboot_window_s=300):
        """And what was put right instead: attempt 0."""
        rows = list(leases.values())
        return self.call(
            "select * from bk.jobs_claim(%s, %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s, %s)",
            (owner or self.owner, [row["tenant_id"] for row in rows], [row["pbx_id"] for row in rows],
             [row["fence"] for row in rows], [limit] * len(rows), window_s, reboot_window_s))

    def report(self, claimed, lease, result, text="", delay_s=0, is_idle=False, **other):
        row = {**dict(tenant_id=claimed["tenant_id"], job_id=claimed["job_id"], fence=lease["fence"],
                      attempt=claimed["attempt"], result=result, text=text, delay_s=delay_s,
                      is_idle=is_idle), **other}
        return self.call(
            "select bk.jobs_report(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s, %s, %s::int[],"
            " %s::boolean[]) as count", [[row[name]] for name in REPORT])[0]["count"]

    def settle(self, device=None):
        if device is None:
            return self.call("select * from bk.jobs_settle(10000)", ())[0]
        return self.call("select * from bk.jobs_settle_devices(%s::bigint[], %s::bigint[])",
                         ([self.tenant], [device]))[0]

    def row(self, job):
        names = ("state", "waiting_reason", "outcome", "attempt_count", "wait_count", "wanted_revision", "pbx_id",
                 "sent_at", "answered_at", "ended_at", "due_at", "created_at", "fence", "contact")
        # as text: 'infinity' is beyond Python's dates
        columns = ", ".join(f"{name}::text" if name == "due_at" else name for name in names)
        return dict(zip(names, self.world.sql(f"select {columns} from app.job where job_id = %s", (job,))[0]))

    def now_due(self, job):
        self.world.sql("update app.job set due_at = now() - interval '1 second' where job_id = %s", (job,))

    def held(self, device, revision, when="now()"):
        self.world.sql(f"update app.device_state set revision_held = %s, held_at = {when}, last_visit_at = {when}"
                       " where device_id = %s", (revision, device))

    def sent(self, kind="reprovision", device=None, **options):
        """A job that was claimed: (job, claimed row, lease)."""
        device = device or self.phone()
        job = self.job(kind, device)
        leases = self.take()
        claimed = [row for row in self.claim(leases, **options) if row["job_id"] == job]
        assert len(claimed) == 1
        return job, claimed[0], leases[claimed[0]["pbx_id"]]


@pytest.fixture
def scene(world):
    return Scene(world)


# ---- making jobs --------------------------------------------------------------------------------

def test_asking_twice_is_asking_once_and_wants_the_revision_of_now(scene):
    device = scene.phone()
    job = scene.job("reprovision", device)
    assert scene.row(job)["wanted_revision"] == scene.world.revision(scene.tenant, device)
    scene.world.sql("update app.device set revision = revision + 5 where device_id = %s", (device,))
    again, is_new, _ = scene.request("reprovision", device)[device]
    assert (again, is_new) == (job, False)
    assert scene.row(job)["wanted_revision"] == scene.world.revision(scene.tenant, device)
    reboot, is_new, _ = scene.request("reboot", device)[device]
    assert is_new and reboot != job


def test_devices_that_may_not_be_served_and_foreign_ones_get_no_job(scene):
    suspended = scene.phone()
    scene.world.sql("update app.device set state = 'suspended' where device_id = %s", (suspended,))
    other = Scene(scene.world).phone()
    assert scene.request("reprovision", suspended, other, 10**12) == {
        suspended: (None, False, "the device is suspended")}


def test_without_a_tenant_nothing_can_be_asked_for(scene):
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
        with scene.world.as_role("beckon_api") as cursor:
            cursor.execute("select * from bk.jobs_request('reboot', '{1}', null, '')")


def test_the_api_moves_no_job_but_cancels_one_that_waits(scene):
    job = scene.job("reprovision", scene.phone())
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        with scene.world.as_role("beckon_api", scene.tenant) as cursor:
            cursor.execute("update app.job set state = 'done', ended_at = now() where job_id = %s", (job,))

    def cancel(job, tenant=scene.tenant):
        with scene.world.as_role("beckon_api", tenant) as cursor:
            cursor.execute("select bk.job_cancel(%s, 'user:1')", (job,))
            return cursor.fetchone()[0]

    assert cancel(job, Scene(scene.world).tenant) is None
    assert cancel(job) == "cancelled"
    assert scene.row(job)["outcome"] == "cancelled by user:1"
    assert cancel(job) == "cancelled"  # it was already; nothing changes
    sent, _, _ = scene.sent()
    assert cancel(sent) == "sent"


def test_a_job_waits_for_a_change_of_many_devices_and_wants_what_comes_of_it(scene):
    device = scene.phone()
    before = scene.world.revision(scene.tenant, device)
    scene.world.sql("insert into app.change (tenant_id, reason, device_ids) values (%s, 'tenant', %s)",
                    (scene.tenant, [device]))
    job = scene.job("reprovision", device)
    row = scene.row(job)
    assert (row["due_at"], row["wanted_revision"]) == ("infinity", before + 1)
    assert scene.take() == {} # nothing is due
    scene.held(device, before)
    assert scene.settle(device) == {"ended": 0, "woken": 0}
    while scene.call("select bk.changes_apply(500) as count", ())[0]["count"] > 0:
        pass
    assert scene.row(job)["due_at"] != "infinity"
    assert scene.world.revision(scene.tenant, device) == before + 1
    assert scene.claim(scene.take())[0]["job_id"] == job


# ---- routes -------------------------------------------------------------------------------------

def test_the_line_that_only_this_device_uses_is_picked(scene):
    device = scene.world.device(scene.tenant)
    shared = scene.world.extension(scene.tenant, scene.pbx)
    own = scene.world.extension(scene.tenant, scene.pbx)
    scene.world.line(scene.tenant, device, shared, 1)
    scene.world.line(scene.tenant, device, own, 2)
    scene.phone(extension=shared)
    claimed = scene.sent(device=device)[1]
    assert (claimed["extension_id"], claimed["is_exclusive"]) == (own, True)


def test_a_device_with_shared_lines_only_is_called_on_one_and_told_so(scene):
    shared = scene.world.extension(scene.tenant, scene.pbx)
    device = scene.phone(extension=shared)
    scene.phone(extension=shared)
    assert scene.sent(device=device)[1]["is_exclusive"] is False


def test_a_line_that_moved_to_another_pbx_takes_the_job_along(scene):
    second = scene.add_pbx()
    extension = scene.world.extension(scene.tenant, scene.pbx)
    device = scene.phone(extension=extension)
    job = scene.job("reprovision", device)
    leases = scene.take()
    scene.world.sql("update app.extension set pbx_id = %s where extension_id = %s", (second, extension))
    assert scene.claim(leases) == []
    assert scene.row(job)["pbx_id"] == second
    assert [row["job_id"] for row in scene.claim(scene.take())] == [job]


def test_a_device_without_a_line_waits_and_goes_on_when_it_gets_one(scene):
    device = scene.world.device(scene.tenant)
    job = scene.job("reprovision", device)
    assert scene.row(job)["pbx_id"] is None
    scene.settle()
    assert scene.row(job)["waiting_reason"] == "no line on a PBX that can be called"
    scene.world.line(scene.tenant, device, scene.world.extension(scene.tenant, scene.pbx))
    scene.now_due(job)
    scene.settle()
    row = scene.row(job)
    assert (row["pbx_id"], row["waiting_reason"]) == (scene.pbx, "")


# ---- leases -------------------------------------------------------------------------------------

def test_a_pbx_has_one_holder_until_its_lease_ends(scene):
    scene.job("reprovision", scene.phone())
    first = scene.take("a")[scene.pbx]
    assert first["is_new"] and scene.take("b") == {}
    renewed = scene.take("a")[scene.pbx]
    assert (renewed["is_new"], renewed["fence"], renewed["free_ms"]) == (False, first["fence"], 0)
    scene.world.sql("update app.pbx_lease set leased_until = now() - interval '3 seconds' where pbx_id = %s",
                    (scene.pbx,))
    second = scene.take("b")[scene.pbx]
    assert second["fence"] > first["fence"] and second["is_new"] and 2900 < second["free_ms"] < 60000
    assert scene.take("a") == {}
    assert scene.claim({scene.pbx: first}, "a") == []
    assert len(scene.claim({scene.pbx: second}, "b")) == 1


def test_a_lease_without_work_is_not_renewed_and_a_dropped_one_is_free_at_once(scene):
    job, claimed, lease = scene.sent()
    scene.call("select bk.leases_drop(%s)", (scene.owner,))
    assert scene.claim({scene.pbx: lease}) == []
    scene.job("reprovision", scene.phone())
    assert scene.take("next")[scene.pbx]["fence"] == lease["fence"] + 1
    scene.world.sql("update app.job set state = 'cancelled', ended_at = now(), waiting_reason = ''"
                    " where tenant_id = %s and ended_at is null", (scene.tenant,))
    assert scene.take("next") == {}


def test_many_takers_at_once_and_each_pbx_has_one(scene):
    for pbx in [scene.pbx] + [scene.add_pbx() for _ in range(7)]:
        scene.job("reprovision", scene.phone(pbx))
    got, barrier = [], threading.Barrier(8)

    def take(owner):
        barrier.wait()
        got.extend((owner, pbx) for pbx in scene.take(owner))

    threads = [threading.Thread(target=take, args=(f"n{number}",)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len({pbx for _, pbx in got}) == len(got) == 8


def test_the_breaker_is_the_holders_and_an_edit_of_the_control_side_closes_it(scene):
    scene.job("reprovision", scene.phone())
    lease = scene.take()[scene.pbx]

    def breaker(fence):
        return scene.call("select bk.lease_breaker(%s, %s, %s, %s, 'open', 30, 5, 'no answer') as held",
                          (scene.owner, scene.tenant, scene.pbx, fence))[0]["held"]

    assert breaker(lease["fence"] - 1) is False
    assert breaker(lease["fence"]) is True
    seen = scene.take()[scene.pbx]
    assert (seen["breaker"], seen["failed_count"]) == ("open", 5) and 25 <= seen["breaker_s"] <= 30
    scene.world.sql("update app.pbx_control set username = 'beckon' where pbx_id = %s", (scene.pbx,))
    edited = scene.take()[scene.pbx]
    assert edited["breaker"] == "closed" and edited["version"] != seen["version"]


# ---- claims -------------------------------------------------------------------------------------

def test_sent_is_committed_with_what_the_attempt_needs(scene):
    job, claimed, lease = scene.sent()
    row = scene.row(job)
    assert (row["state"], row["attempt_count"], row["fence"]) == ("sent", 1, lease["fence"])
    assert row["contact"] == f"sip:{claimed['number']}@pbx.example"
    assert claimed["domain"] == "pbx.example" and claimed["auth_id"] == claimed["number"]
    assert scene.claim({scene.pbx: lease}) == []


def test_no_job_is_claimed_twice_by_connections_that_meet(scene):
    for _ in range(60):
        scene.job("reprovision", scene.phone())
    leases, got, barrier = scene.take(), [], threading.Barrier(6)

    def claim():
        barrier.wait()
        while rows := scene.claim(leases, limit=3):
            got.extend(row["job_id"] for row in rows)

    threads = [threading.Thread(target=claim) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(got) == len(set(got)) == 60


def test_what_happened_to_the_device_since_decides(scene):
    gone, suspended = scene.phone(), scene.phone()
    gone_job, suspended_job = scene.job("reprovision", gone), scene.job("reprovision", suspended)
    scene.world.sql("update app.device set state = 'suspended' where device_id = %s", (suspended,))
    scene.world.sql("delete from app.device where device_id = %s", (gone,))
    assert scene.claim(scene.take()) == []
    assert (scene.row(gone_job)["state"], scene.row(gone_job)["outcome"]) == (
        "cancelled", "the device was deleted")
    assert scene.row(suspended_job)["waiting_reason"] == "the device is suspended"


def test_a_phone_is_not_rebooted_twice_within_the_window_nor_called_while_it_reboots(scene):
    device = scene.phone()
    first, claimed, lease = scene.sent("reboot", device)
    reprovision = scene.job("reprovision", device)
    assert scene.claim({scene.pbx: lease}) == []
    assert scene.row(reprovision)["waiting_reason"] == "a reboot is under way"
    scene.world.sql("update app.device_state set booted_at = now() where device_id = %s", (device,))
    assert scene.settle(device)["ended"] == 1
    scene.now_due(reprovision)
    assert [row["job_id"] for row in scene.claim({scene.pbx: lease})] == [reprovision]
    second = scene.job("reboot", device)
    assert scene.claim({scene.pbx: lease}) == []
    assert scene.row(second)["waiting_reason"] == "a reboot is under way"
    scene.now_due(second)
    assert [row["job_id"] for row in scene.claim({scene.pbx: lease}, reboot_window_s=0)] == [second]


# ---- reports ------------------------------------------------------------------------------------

@pytest.mark.parametrize("result, text, is_idle, state, where", [
    ("answered", "", False, "answered", None),
    ("sent", "the PBX took it", False, "sent", "outcome"),
    ("queued", "phone offline", True, "queued", "waiting_reason"),
    ("failed", "the phone refuses unsolicited NOTIFY", False, "failed", "outcome"),
])
def test_each_report_moves_the_job(scene, result, text, is_idle, state, where):
    job, claimed, lease = scene.sent()
    assert scene.report(claimed, lease, result, text, 60, is_idle) == 1
    row = scene.row(job)
    assert row["state"] == state
    assert where is None or row[where] == text
    assert (row["answered_at"] is not None) == (state == "answered")
    assert (row["ended_at"] is not None) == (state == "failed")
    assert (row["sent_at"] is None) == is_idle
    assert row["wait_count"] == (1 if is_idle else 0)
    assert scene.report(claimed, lease, "failed", "late") == (1 if state == "sent" else 0)


def test_an_answer_that_is_told_after_the_phone_has_come_keeps_its_time(scene):
    job, claimed, lease = scene.sent()
    scene.held(claimed["device_id"], 99)
    assert scene.settle(claimed["device_id"])["ended"] == 1
    scene.report(claimed, lease, "answered")
    row = scene.row(job)
    assert row["state"] == "done" and row["answered_at"] == row["ended_at"]
    scene.report(claimed, lease, "failed", "nonsense")
    assert scene.row(job) == row


@pytest.mark.parametrize("other", [dict(fence=0), dict(attempt=2), dict(attempt=0)])
def test_a_report_of_another_lease_or_attempt_counts_for_nothing(scene, other):
    job, claimed, lease = scene.sent()
    assert scene.report(claimed, lease, "failed", "stale", **other) == 0
    assert scene.row(job)["state"] == "sent"


# ---- settling -----------------------------------------------------------------------------------

@pytest.mark.parametrize("label, revision, when, state", [
    ("at the wanted revision", 0, "now()", "done"),
    ("at a later one", 3, "now()", "done"),
    ("before the job was made", 0, "now() - interval '1 minute'", "sent"),
])
def test_a_reprovision_is_done_when_the_phone_holds_the_revision(scene, label, revision, when, state):
    job, claimed, _ = scene.sent()
    scene.held(claimed["device_id"], scene.row(job)["wanted_revision"] + revision, when)
    scene.settle(claimed["device_id"])
    assert scene.row(job)["state"] == state


def test_a_phone_that_comes_by_itself_ends_a_job_that_waits(scene):
    device = scene.phone()
    job = scene.job("reprovision", device)
    scene.held(device, scene.row(job)["wanted_revision"])
    assert scene.settle()["ended"] >= 1 # the sweep finds it without a doorbell
    row = scene.row(job)
    assert (row["state"], row["sent_at"]) == ("done", None)


def test_a_phone_that_came_for_an_older_revision_is_called_again_at_once(scene):
    job, claimed, lease = scene.sent()
    scene.held(claimed["device_id"], scene.row(job)["wanted_revision"])
    scene.world.sql("update app.device set revision = revision + 1 where device_id = %s", (claimed["device_id"],))
    scene.request("reprovision", claimed["device_id"])
    assert scene.settle(claimed["device_id"]) == {"ended": 0, "woken": 1}
    assert scene.row(job)["state"] == "queued"
    assert [row["job_id"] for row in scene.claim({scene.pbx: lease})] == [job]


def test_a_reboot_is_done_by_a_boot_after_it_was_sent(scene):
    job, claimed, _ = scene.sent("reboot")
    boot = "update app.device_state set booted_at = now() - interval '{}' where device_id = %s"
    scene.held(claimed["device_id"], 99)
    scene.world.sql(boot.format("1 minute"), (claimed["device_id"],))
    scene.settle(claimed["device_id"])
    assert scene.row(job)["state"] == "sent"
    scene.world.sql(boot.format("0"), (claimed["device_id"],))
    scene.settle(claimed["device_id"])
    assert (scene.row(job)["state"], scene.row(job)["outcome"]) == ("done", "the phone started again")


@pytest.mark.parametrize("result, outcome", [
    ("answered", "the phone answered 2xx and did not come for its configuration"),
    ("sent", "no sign of the phone after 2 calls"),
])
def test_after_its_window_there_is_one_more_attempt_and_then_the_end(scene, result, outcome):
    job, claimed, lease = scene.sent()
    scene.report(claimed, lease, result)
    scene.settle()
    assert scene.row(job)["state"] == result # its window is not over
    scene.now_due(job)
    scene.settle()
    assert (scene.row(job)["state"], scene.row(job)["waiting_reason"]) == ("queued", "no reaction yet")
    claimed = scene.claim({scene.pbx: lease})[0]
    scene.report(claimed, lease, result)
    scene.now_due(job)
    scene.settle()
    row = scene.row(job)
    assert (row["state"], row["outcome"]) == ("expired", outcome)


def test_what_reached_nobody_is_no_attempt(scene):
    job, claimed, lease = scene.sent()
    for number in range(5):
        assert scene.report(claimed, lease, "queued", "phone offline", is_idle=True) == 1
        claimed = scene.claim({scene.pbx: lease})[0]
        assert claimed["wait_count"] == number + 1
    scene.report(claimed, lease, "answered")
    scene.now_due(job)
    scene.settle()
    assert scene.row(job)["state"] == "queued" # the first real attempt is over, a second follows


def test_time_ends_a_job_and_says_what_it_waited_for(scene):
    job, claimed, lease = scene.sent()
    scene.report(claimed, lease, "queued", "phone offline", 3600, True)
    scene.world.sql("update app.job set expires_at = now() where job_id = %s", (job,))
    scene.settle()
    row = scene.row(job)
    assert (row["state"], row["outcome"]) == ("expired", "not done in time: phone offline")


def test_a_visit_wakes_the_job_of_a_phone_that_was_offline(scene):
    job, claimed, lease = scene.sent("reboot")
    scene.report(claimed, lease, "queued", "phone offline", 3600, True)
    scene.held(claimed["device_id"], 1)
    assert scene.settle(claimed["device_id"]) == {"ended": 0, "woken": 1}
    due = datetime.datetime.fromisoformat(scene.row(job)["due_at"] + ":00")
    assert due - datetime.datetime.now(datetime.timezone.utc) < datetime.timedelta(seconds=6)


def test_settling_a_second_time_changes_nothing(scene):
    job, claimed, _ = scene.sent()
    scene.held(claimed["device_id"], 99)
    assert scene.settle(claimed["device_id"])["ended"] == 1
    before = scene.row(job)
    assert scene.settle(claimed["device_id"]) == {"ended": 0, "woken": 0}
    scene.settle()
    assert scene.row(job) == before


# ---- what a fetch tells -------------------------------------------------------------------------

def test_a_fetch_tells_of_an_open_job_and_carries_the_databases_time(scene):
    mac = scene.world.mac()
    device = scene.phone(mac=mac)
    key, root = scene.world.key(scene.tenant), scene.world.root()
    assert scene.world.fetch(key, mac, root=root)["has_open_job"] is False
    job = scene.job("reprovision", device)
    answer = scene.world.fetch(key, mac, root=root)
    assert answer["has_open_job"] is True
    fetched = datetime.datetime.fromtimestamp(answer["fetched_at_us"] / 1e6, datetime.timezone.utc)
    assert fetched >= scene.row(job)["created_at"]


def test_pending_is_counted_from_the_first_change_the_phone_does_not_hold(scene):
    device = scene.phone()

    def revised():
        return scene.world.one("select revised_at from app.device where device_id = %s", (device,))

    def change(label):
        scene.world.sql("update app.device set settings = jsonb_build_object('time.zone', %s::text)"
                        " where device_id = %s", (label, device))

    scene.held(device, scene.world.revision(scene.tenant, device))
    born = revised()
    change("Europe/Berlin")
    first = revised()
    assert first > born
    change("Europe/Vienna")
    assert revised() == first
    scene.held(device, scene.world.revision(scene.tenant, device))
    change("Europe/Berlin")
    assert revised() > first


# ---- rows that could stop a queue ---------------------------------------------------------------

def test_a_job_whose_pbx_went_goes_on_at_one_with_lower_fences(scene):
    """One refused row would refuse the claim of every PBX that is asked in the same statement."""
    other = scene.add_pbx()
    device = scene.phone()
    job, claimed, lease = scene.sent(device=device)
    scene.report(claimed, lease, "queued", "phone offline", is_idle=True)
    scene.world.sql("update app.pbx_lease set fence = 7 where pbx_id = %s", (other,))
    scene.world.sql("delete from app.device_line where device_id = %s", (device,))
    scene.world.line(scene.tenant, device, scene.world.extension(scene.tenant, other), 1)
    scene.world.sql("delete from app.extension where pbx_id = %s", (scene.pbx,))
    scene.world.sql("delete from app.pbx where pbx_id = %s", (scene.pbx,))
    scene.now_due(job)
    scene.settle()
    assert [row["job_id"] for row in scene.claim(scene.take())] == [job]


def test_a_job_with_a_fence_of_another_time_stops_no_claim(scene):
    """As after a clock that was set back: fences of a control side made anew begin with the time."""
    odd, good = (scene.job("reprovision", scene.phone()) for _ in range(2))
    scene.world.sql("update app.job set fence = 1000000000000 where job_id = %s", (odd,))
    leases = scene.take()
    assert [row["job_id"] for row in scene.claim(leases)] == [good]
    assert [row["job_id"] for row in scene.claim(leases)] == [odd]


def test_a_job_of_a_pbx_that_nobody_may_call_any_more_looks_for_another(scene):
    other, device = scene.add_pbx(), scene.phone()
    job = scene.job("reprovision", device)
    scene.world.sql("update app.pbx_control set is_enabled = false where pbx_id = %s", (scene.pbx,))
    scene.settle()
    row = scene.row(job)
    assert (row["pbx_id"], row["waiting_reason"]) == (None, "no line on a PBX that can be called")
    scene.world.line(scene.tenant, device, scene.world.extension(scene.tenant, other), 2)
    scene.now_due(job)
    scene.settle()
    assert [row["job_id"] for row in scene.claim(scene.take())] == [job]


def test_jobs_that_are_put_right_are_told_so_that_nobody_thinks_the_queue_is_empty(scene):
    suspended = [scene.phone() for _ in range(3)]
    jobs = {scene.job("reprovision", device) for device in suspended}
    good = scene.job("reprovision", scene.phone())
    scene.world.sql("update app.device set state = 'suspended' where device_id = any (%s)", (suspended,))
    leases = scene.take()
    told = scene.claim_all(leases, limit=3)
    assert {row["job_id"] for row in told} == jobs
    assert {(row["pbx_id"], row["attempt"], row["extension_secret"]) for row in told} == {(scene.pbx, 0, None)}
    assert [row["job_id"] for row in scene.claim_all(leases, limit=3)] == [good]
