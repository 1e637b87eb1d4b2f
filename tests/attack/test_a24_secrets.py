"""A24: what processes give up, and what logs do not say. (That no memory, dump or answer holds a secret: A9.)"""

import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest

import stack
from enrolment import Enrolled
from hardened import AS_ROOT, Hardened
from stack import wait_until


@pytest.fixture(scope="module")
def installation(authorities):
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))  # what services get from us
    try:
        with Hardened(authorities) as made:
            yield made
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)


def status(pid):
    rows = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, value in (row.split(":", 1) for row in rows)}


def test_no_process_is_root_or_may_become_anybody(installation):
    assert len(installation.processes) == 7  # two masters with two workers, one notifier
    for name, pid in installation.processes:
        now = status(pid)
        assert "0" not in now["Uid"] + now["Gid"] + now["Groups"], name
        assert set(now["CapPrm"] + now["CapEff"] + now["CapAmb"]) == {"0" * 16}, name
        assert now["NoNewPrivs"] == ["1"], name


def test_every_process_has_a_filter_of_system_calls(installation):
    for name, pid in installation.processes:
        assert status(pid)["Seccomp"] == ["2"], name
        wanted = 2 if name.endswith("worker") else 1  # a worker's own, on top of its master's
        assert int(status(pid)["Seccomp_filters"][0]) >= wanted, name


def test_no_process_can_be_dumped_or_debugged_by_its_user(installation):
    for name, pid in installation.processes:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0\s", limits), name
        # The files of a process that may not be dumped are root's, whoever it runs as.
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0, name


def leaves_core(pid):
    os.kill(pid, signal.SIGABRT)
    _, code = os.waitpid(pid, 0)
    assert os.WTERMSIG(code) == signal.SIGABRT
    return os.WCOREDUMP(code)


def test_a_killed_process_leaves_no_core(authorities, tmp_path):
    """Where others leave one. (On a machine whose kernel writes none the limits above are all there is to tell.)"""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
    try:
        control = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
        print("others leave a core:", leaves_core(control.pid))
        with Hardened(authorities, stays=True) as made:  # who changes his account leaves none anyway
            for name, pid in made.masters.items():
                assert not leaves_core(pid), name
            assert not list(made.directory.rglob("core*"))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, limits)


def start(settings):
    return subprocess.run([stack.BIN / "beckon-config", "--settings", settings], capture_output=True, text=True,
                          timeout=30)


def test_root_serves_nobody_unless_told_to(installation):
    if not AS_ROOT:  # tests/unit/base/test_harden.c has what others may try
        return
    ours = installation.stack
    text = ours.settings_path.read_text()
    path = ours.directory / "root.conf"
    path.write_text(re.sub(r"(?m)^(user|admin\.address|listener\.(\w+)\.address) = .*$",
                           lambda row: "" if row[1] == "user" else f"{row[1]} = 127.0.0.1:0", text))
    done = start(path)
    assert done.returncode == 1
    assert "started as root" in done.stderr and "harden.allow_root" in done.stderr


def test_a_file_that_the_account_cannot_read_is_told_at_the_start(installation):
    if not AS_ROOT:
        return
    ours = installation.stack
    key = ours.directory / "roots-own.key"
    key.write_bytes(ours.server_files[0][1].read_bytes())
    key.chmod(0o600)
    text = ours.settings_path.read_text().replace(str(ours.server_files[0][1]), str(key))
    path = ours.directory / "unreadable.conf"
    path.write_text(re.sub(r"(?m)^(admin\.address|listener\.\w+\.address) = .*$", r"\1 = 127.0.0.1:0", text))
    done = start(path)
    assert done.returncode == 1 and str(key) in done.stderr and "not serving" in done.stderr


def test_an_upgrade_keeps_all_of_it(installation):
    ours = installation.stack
    before = ours.worker_pids()
    ours.process.send_signal(signal.SIGUSR2)
    wait_until("new workers alone", lambda: len(ours.worker_pids()) == 2
               and not set(before) & set(ours.worker_pids()), timeout_s=30)
    test_no_process_is_root_or_may_become_anybody(installation)
    test_every_process_has_a_filter_of_system_calls(installation)
    test_no_process_can_be_dumped_or_debugged_by_its_user(installation)


# ---- logs ----

MARK = "queryword"


def test_logs_hold_no_secret_of_a_path_and_no_query(installation):
    ours, api = installation.stack, installation.api
    tenant = ours.tenant()
    phone = tenant.phone()
    shown = []
    for method in ("url", "basic", "digest"):
        one = Enrolled(tenant, policy={"enrolment": "token"})
        one.arm(method if method != "url" else None)
        shown += [one.token, one.steady]
        for path in (one.token_path, f"/{tenant.key}/s-{one.steady}/{one.file}", one.token_path,
                     f"/{tenant.key}/s-{one.steady}x/{one.file}", f"/{tenant.key}/e-{one.token.upper()}/{one.file}",
                     f"/{tenant.key}/s-{one.steady}/../x", f"/{tenant.key}/s-{one.steady}/{one.file}?{MARK}=1"):
            one.get(path)
        # The same by a phone with a certificate, and where no enrolment is.
        for path in (one.token_path, f"/{tenant.key}/s-{one.steady}/{one.file}", f"/s-{one.steady}/x", f"/e-{one.token}"):
            phone.get(path)
    phone.get(f"{phone.own_file}?{MARK}=2")
    phone.get(f"/{tenant.key}/nothing?{MARK}=3")
    with phone.connect() as connection:
        connection.send(f"GET /{tenant.key}/s-{shown[0]}/a\x01b?{MARK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.read_answer()
    admin = api.admin(tenant)
    for path in (f"/v1/devices?mac={MARK}", f"/v1/nothing?{MARK}=4", f"/v1/devices/1?{MARK}=5", f"/v1/visits?{MARK}=6"):
        admin.get(path)
        api.anonymous.get(path)
    api.anonymous.request("GET", f"/v1/me?access_token={MARK}", headers={"Authorization": f"Bearer {MARK}.{MARK}.x"})

    ours.wait_roots()
    wait_until("the log", lambda: "malformed" in ours.log_path.read_text(errors="replace"))
    for log in installation.logs:
        text = log.read_text(errors="replace")
        assert MARK not in text.lower(), log.name
        for secret in shown:
            assert secret not in text.lower(), log.name
        assert not re.search(r"/[es]-[a-z0-9]", text), log.name
    # What is recorded for tenants names the file, not what was shown beside it.
    paths = "\n".join(row[0] for row in ours.sql("select path from app.visit"))
    assert not any(secret in paths.lower() for secret in shown)
