"""A private Kamailio with deploy/kamailio/kamailio.cfg, as the tenants' PBX: on free loopback ports, known by pid.

    with Kamailio() as pbx:
        pbx.set_password("1001", "tenant.example", "secret")       # adds or changes an account, at once
        pbx.set_password("beckon", "tenant.example", "control")    # the one that may send NOTIFY there
        pbx.registrations()                                        # {"1001@tenant.example": ["sip:1001@127.0.0.1:…"]}
        pbx.notifies()                                             # what it let through to a phone, with the time
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from sip_client import SipClient
from stack import ROOT, StackError, free_port, wait_until

CONTROL_USER = "beckon"


class Kamailio:
    """
    tls: (certificate file, key file). sha256: digest by SHA-256 alone, for phones and control accounts.
    answer_ms: how long a phone may take before it is a 408.
    """

    def __init__(self, tls=None, sha256=False, answer_ms=8000):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bkk", dir="/tmp"))
        self.log_path = self.directory / "log"
        self.tls, self.sha256, self.answer_ms = tls, sha256, answer_ms
        self.port = self.tls_port = None
        self.accounts = {}  # address of record: HA1
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def tls_address(self):
        return f"127.0.0.1:{self.tls_port}"

    # --- life ---------------------------------------------------------------------------------------

    def start(self):
        """Starts it, or starts it again where it was: with the accounts, without the registrations."""
        shutil.copy(ROOT / "deploy/kamailio/kamailio.cfg", self.directory)
        (self.directory / "accounts.cfg").write_text("".join(
            f'$sht(account=>{aor}) = "{ha1}";\n' for aor, ha1 in self.accounts.items()))
        (self.directory / "ctl").unlink(missing_ok=True)
        for _ in range(3):  # a port is free when we look and may be taken when it starts
            self.port, self.tls_port = self.port or free_port(), self.tls_port or free_port()
            self._spawn()
            try:
                wait_until("Kamailio answers", self._is_ready, 20)
                return self
            except StackError:
                if self.process.poll() is None or "Address already in use" not in self.log():
                    self.stop_process()
                    raise
                self.port = self.tls_port = None
        raise StackError(f"Kamailio found no free port:\n{self.log()}")

    def _spawn(self):
        here = str(self.directory)
        words = ["/usr/sbin/kamailio", "-f", f"{here}/kamailio.cfg", "-DD", "-E", "-w", here, "-Y", here,
                 "-P", f"{here}/kamailio.pid", "-m", "64", "-M", "8", "-A", f"SIP_PORT={self.port}",
                 "-A", f"ANSWER_MS={self.answer_ms}"]
        if self.sha256:
            words += ["-A", "WITH_SHA256"]
        if self.tls:
            cert, key = self.tls
            (self.directory / "tls.cfg").write_text(
                f"[server:default]\nmethod = TLSv1.2+\ncertificate = {cert}\nprivate_key = {key}\n")
            words += ["-A", "WITH_TLS", "-A", f"TLS_PORT={self.tls_port}"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise StackError(f"Kamailio ended with {self.process.returncode}\n{self.log()}")
        with SipClient(self.address) as client:
            return client.request("OPTIONS", f"sip:{self.address}", timeout_s=0.2)[0] == 200

    def stop_process(self):
        """Ends it and keeps what start() needs again. Its children end with it: it is their group's leader."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def stop(self):
        self.stop_process()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # --- accounts and registrations -----------------------------------------------------------------

    def command(self, *words):
        """What kamcmd prints; StackError when it fails."""
        done = subprocess.run(["kamcmd", "-s", "unixs:ctl", *words], cwd=self.directory, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=15)
        if done.returncode != 0:
            raise StackError(f"kamcmd {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def set_password(self, user, domain, password):
        digest = hashlib.sha256 if self.sha256 else hashlib.md5
        self.accounts[f"{user}@{domain}"] = digest(f"{user}:{domain}:{password}".encode()).hexdigest()
        if self.process is not None:
            self.command("htable.sets", "account", f"{user}@{domain}", "s:" + self.accounts[f"{user}@{domain}"])

    def registrations(self):
        """{address of record: [contact, …]} of what is registered now."""
        found = {}
        for name, value in re.findall(r"^\s*(AoR|Address): (.*)$", self.command("ul.dump"), re.MULTILINE):
            if name == "AoR":
                found[value] = contacts = []
            else:
                contacts.append(value)
        return {aor: contacts for aor, contacts in found.items() if contacts}

    def wait_registered(self, aor, timeout_s=10):
        return wait_until(f"{aor} is registered", lambda: self.registrations().get(aor), timeout_s)

    # --- what went through --------------------------------------------------------------------------

    def _rows(self, word, pattern):
        return [(float(at), uri.removeprefix("sip:"), rest)
                for at, uri, rest in re.findall(rf"{word} (\d+\.\d+) (\S+) ({pattern})$", self.log(None), re.MULTILINE)]

    def notifies(self):
        """(wall clock in s, address of record, event) of each NOTIFY it let through to a phone, oldest first."""
        return self._rows("notify", ".*")

    def answers(self):
        """(wall clock in s, address of record, status) of what phones answered."""
        return [(at, aor, int(status)) for at, aor, status in self._rows("answer", r"\d+")]

    def log(self, size=6000):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return text if size is None else text[-size:]
