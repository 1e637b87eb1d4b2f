#!/usr/bin/python3
"""What calling phones back costs: one tenant with many devices over many PBXs, all of it real but the phones.

    callback.py [--devices N] [--pbxs N] [--calls N] [--json FILE]     called by ./bench; BECKON_BUILD names the build

- one call that makes a job for every device, until it is committed and answered (target 10 s for 100,000)
- calls a second through one notifier over all PBXs, and what one costs it in CPU (target 1,000/s)
- from sending a job to its NOTIFY, when calm: median and 99th percentile (target 250 ms)
- a change of one extension, and one of the whole tenant: until answered, what is raised, how fetches fare meanwhile
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import postgres  # noqa: E402
from api import Api  # noqa: E402
from notifier import Notifier  # noqa: E402
from pbxsim import PbxSim  # noqa: E402
from redis_server import Redis  # noqa: E402
from seal import data_key, seal, set_control  # noqa: E402
from sip_peer import SipPeer  # noqa: E402
from stack import Stack, wait_until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def fill(stack, tenant, pbxs, addresses, device_count):
    """Devices with a line each, spread over PBXs; in bulk, as no API would."""
    stack.sql("insert into app.pbx (tenant_id, name, domain) select %s, 'pbx ' || n, 'pbx' || n || '.example'"
              " from generate_series(1, %s) as n", (tenant.id, pbxs))
    stack.sql("insert into app.pbx_control (tenant_id, pbx_id, driver, address, rate_per_s, in_flight_max)"
              " select p.tenant_id, p.pbx_id, 'sip', a.address, 1000, 50 from app.pbx as p"
              " join unnest(%s) with ordinality as a (address, n) on p.name = 'pbx ' || a.n"
              " where p.tenant_id = %s", (addresses, tenant.id))
    first = stack.sql("select setval('app.extension_extension_id_seq',"
                      " nextval('app.extension_extension_id_seq') + %s) - %s", (device_count, device_count))[0][0]
    key = data_key(stack, tenant.id)
    connection = stack.database.connect("postgres", autocommit=False)
    with connection, connection.cursor() as cursor:
        for start in range(0, device_count, 5000):
            ids = range(first + start, first + min(start + 5000, device_count))
            secrets = [seal(key, f"{tenant.id}/extension.secret/{one}", b"a secret of a line") for one in ids]
            cursor.execute(
                "insert into app.extension (tenant_id, extension_id, pbx_id, number, secret) overriding system value"
                " select %s, e.id, p.pbx_id, e.id::text, e.secret from unnest(%s::bigint[], %s::bytea[]) as e (id, secret)"
                " join app.pbx as p on p.tenant_id = %s and p.name = 'pbx ' || (e.id %% %s + 1)",
                (tenant.id, list(ids), secrets, tenant.id, pbxs))
        cursor.execute(
            "insert into app.device (tenant_id, mac, vendor, model) select %s, ('02be' || lpad(to_hex(n), 8, '0'))::macaddr,"
            " 'yealink', 'T54W' from generate_series(1, %s) as n", (tenant.id, device_count))
        cursor.execute(
            "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
            " select d.tenant_id, d.device_id, 1, e.extension_id from"
            " (select *, row_number() over (order by device_id) as n from app.device where tenant_id = %s) as d"
            " join (select *, row_number() over (order by extension_id) as n from app.extension where tenant_id = %s) as e"
            " using (n)", (tenant.id, tenant.id))
    connection.close()
    while stack.sql("select bk.changes_apply(1000)")[0][0]:
        pass
    stack.sql("analyze")


def one_call(stack, tenant, admin, device_count):
    begun = time.monotonic()
    answer = admin.expect(202, "POST", "/v1/job-batches", {"kind": "reprovision", "filter": {"vendor": "yealink"}})
    took = time.monotonic() - begun
    count = stack.sql("select count(*) from app.job where tenant_id = %s", (tenant.id,))[0][0]
    assert count == device_count, (count, answer.json)
    return {"jobs": count, "s": took, "jobs_per_s": count / took}


def throughput(stack, redis, sim, calls):
    notifier = Notifier(stack, redis, log__level="warn", egress__allow="127.0.0.1", egress__cleartext="127.0.0.1",
                        sip__timeout_ms=5000)
    with notifier:
        def answered():
            return notifier.metric("beckon_calls_total")

        wait_until("the first calls", lambda: answered() > calls / 20, 60)
        count, cpu, at = answered(), cpu_s(notifier.process.pid), time.monotonic()
        wait_until("all calls", lambda: answered() - count > calls, 300, 0.05)
        took = time.monotonic() - at
        count, cpu = answered() - count, cpu_s(notifier.process.pid) - cpu
        bad = sum(notifier.metric("beckon_calls_total{outcome=\"%s\"" % name) for name in ("silent", "ill", "refused"))
    said = sim.summary()
    return {"calls": count, "s": took, "calls_per_s": count / took, "notifier_cpu_us": cpu / count * 1e6,
            "not_answered": bad, "pbx_max_per_s": said["max_per_s"]}


def latency(stack, redis, tenant, admin, count):
    arrived = {}
    peer = SipPeer(lambda user: arrived.setdefault(user, time.monotonic()) and 200)
    phones = [tenant.phone() for _ in range(20)]
    devices = {phone.number: phone.device_id() for phone in phones}
    set_control(stack, tenant.id, peer.address, rate=1000, in_flight=50)
    times = []
    with Notifier(stack, redis, log__level="warn") as notifier:
        wait_until("Redis", lambda: notifier.metric("beckon_redis_up") == 1)
        for turn in range(count):
            number = phones[turn % len(phones)].number
            arrived.pop(number, None)
            begun = time.monotonic()
            job = admin.expect(202, "POST", "/v1/jobs", {"kind": "reprovision", "device_id": devices[number]}).json["id"]
            wait_until("the NOTIFY", lambda: number in arrived, 10, 0.0005)
            times.append((arrived[number] - begun) * 1000)
            stack.sql("update app.job set state = 'done', ended_at = now() where job_id = %s and ended_at is null", (job,))
    peer.stop()
    return {"jobs": count, "p50_ms": statistics.median(times), "p99_ms": percentile(times, 0.99), "max_ms": max(times)}


def changes(stack, redis, tenant, admin, other):
    phone = other.phone()

    def fetches(until):
        times = []
        while not until():
            begun = time.monotonic()
            assert phone.get().status == 200
            times.append((time.monotonic() - begun) * 1000)
        return times

    end = time.monotonic() + 3
    calm = fetches(lambda: time.monotonic() > end)
    before = stack.sql("select sum(revision) from app.device where tenant_id = %s", (tenant.id,))[0][0]
    extension = stack.sql("select min(extension_id) from app.extension where tenant_id = %s", (tenant.id,))[0][0]
    begun = time.monotonic()
    admin.expect(200, "PATCH", f"/v1/extensions/{extension}", {"display_name": "Somebody new"})
    one_s = time.monotonic() - begun
    raised = stack.sql("select sum(revision) from app.device where tenant_id = %s", (tenant.id,))[0][0] - before
    with Notifier(stack, redis, log__level="warn") as notifier:
        begun = time.monotonic()
        admin.expect(200, "PATCH", "/v1/tenant", {"settings": {"time.zone": "Europe/Lisbon"}})
        all_s = time.monotonic() - begun
        done = threading.Event()

        def watch():
            wait_until("all raised", lambda: not stack.sql("select 1 from app.change where done_at is null"), 600, 0.1)
            done.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        meanwhile = fetches(done.is_set)
        watcher.join()
        spread_s = time.monotonic() - begun
        count = notifier.metric("beckon_devices_raised_total")
    return {"one_extension_ms": one_s * 1000, "one_extension_raises": int(raised), "tenant_ms": all_s * 1000,
            "tenant_raises": int(count), "spread_s": spread_s, "fetch_p99_calm_ms": percentile(calm, 0.99),
            "fetch_p99_spreading_ms": percentile(meanwhile, 0.99)}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--devices", type=int, default=100000)
    options.add_argument("--pbxs", type=int, default=200)
    options.add_argument("--calls", type=int, default=20000)
    options.add_argument("--jobs", type=int, default=300)
    options.add_argument("--json")
    options = options.parse_args()
    with postgres.Cluster.temporary(durable=True) as cluster, Redis() as redis, \
            PbxSim(options.pbxs) as sim, tempfile.TemporaryDirectory() as directory:
        stack = Stack(pathlib.Path(directory), {"log.level": "warn", "redis.address": redis.address}, cluster=cluster)
        stack.start()
        api = Api(stack, {"log.level": "warn"}, redis=redis)
        try:
            tenant, other = stack.tenant(pbx=False), stack.tenant()
            admin, other_admin = api.admin(tenant), api.admin(other)
            print(f"filling a tenant with {options.devices} devices", flush=True)
            fill(stack, tenant, options.pbxs, sim.addresses, options.devices)
            result = {"devices": options.devices, "pbxs": options.pbxs}
            result["changes"] = changes(stack, redis, tenant, admin, other)
            result["one_call"] = one_call(stack, tenant, admin, options.devices)
            result["throughput"] = throughput(stack, redis, sim, min(options.calls, options.devices // 2))
            stack.sql("update app.job set state = 'cancelled', ended_at = now(), waiting_reason = ''"
                      " where ended_at is null")
            result["latency"] = latency(stack, redis, other, other_admin, options.jobs)
        finally:
            api.stop()
            stack.stop()
    calls, changed, late = result["throughput"], result["changes"], result["latency"]
    print(f"""
calling back: {options.devices} devices of one tenant, {options.pbxs} PBXs, one notifier; PostgreSQL durable
  jobs for all devices by one call    {result['one_call']['s']:8.2f} s    {result['one_call']['jobs_per_s']:8.0f} jobs/s
  calls through one notifier          {calls['calls_per_s']:8.0f} /s   {calls['notifier_cpu_us']:8.0f} us CPU of it each
  job -> NOTIFY when calm             {late['p50_ms']:8.1f} ms   {late['p99_ms']:8.1f} ms at the 99th percentile
  a change of one extension           {changed['one_extension_ms']:8.1f} ms   raises {changed['one_extension_raises']} device(s)
  a change of the whole tenant        {changed['tenant_ms']:8.1f} ms   {changed['tenant_raises']} raised in {changed['spread_s']:.1f} s
  fetch p99 calm, while it spreads    {changed['fetch_p99_calm_ms']:8.1f} ms   {changed['fetch_p99_spreading_ms']:8.1f} ms""")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


main()
