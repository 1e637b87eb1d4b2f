"""A whole running Beckon for tests: private PostgreSQL, migrations, keys, CAs, beckon-config with two workers.

    stack = Stack(directory)          # settings: Stack(directory, {"visits.queue_max": 3})
    stack.start()
    tenant = stack.tenant()
    phone = tenant.phone()            # a device with a line, and its factory certificate
    answer = phone.get(phone.own_file)
    stack.stop()

BECKON_BUILD names the build directory, default build/dev. Everything stands in `directory`; what was
started is stopped by its process id. Nothing sleeps: waits poll with a deadline.
"""

import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pki
import postgres
import rawtls

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BECKON_BUILD", ROOT / "build" / "dev"))
BIN = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "bin"

_counter = itertools.count(1)
_used_ports = set()


# Tests may be run by root, who serves nobody unless told to; tests/attack/test_a24_secrets.py has accounts.
AS_ROOT = "yes" if os.geteuid() == 0 else "no"


class StackError(Exception):
    """Says what did not come up, with the end of its log."""


def wait_until(what, condition, timeout_s=10, every_s=0.02):
    """The first true value of condition(); StackError after the deadline."""
    due = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= due:
            raise StackError(f"not within {timeout_s} s: {what}")
        time.sleep(every_s)


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _used_ports:
            _used_ports.add(port)
            return port


def new_mac():
    return f"805ec0{os.getpid() % 256:02x}{next(_counter):04x}"


class Authorities:
    """Yealink's as the demo has it, other makers' beside it, one that nobody trusts, and our own for servers."""

    def __init__(self, directory):
        self.directory = directory
        self.root = pki.Authority("Yealink Root CA")
        self.issuing = self.root.intermediate("Yealink Equipment Issuing CA")
        self.poly = pki.Authority("Polycom Root CA")
        self.snom = pki.Authority("Snom Phone 1 SHA-256")
        self.cisco = pki.Authority("Cisco Small Business CA")
        self.stranger = pki.Authority("Nobody's CA")
        self.server = pki.Authority("Server CA")
        self.server_ca = self.server.write(directory, "server-ca")


class Stack:
    def __init__(self, directory, settings=None, cluster=None, authorities=None):
        self.directory = pathlib.Path(directory)
        self.log_path = self.directory / "beckon-config.log"
        self.extra_settings = dict(settings or {})
        self.own_cluster = cluster is None
        self.cluster = cluster or postgres.Cluster.temporary()
        self.authorities = authorities or Authorities(self.directory)
        self.database = None
        self.process = None
        self.clients = []  # phonesim processes under way
        self.environment = {}  # of beckon-config, besides ours
        self.port = free_port()
        self.proxied_port = free_port()
        self.enrolment_port = free_port()  # Basic where a path proves nothing
        self.digest_port = free_port()  # Digest there
        self.admin_port = free_port()
        self.workers = int(self.extra_settings.pop("workers", 2))

    # --- life ---------------------------------------------------------------------------------------

    def start(self):
        if not (BIN / "beckon-config").exists() or not (BIN / "beckon").exists():
            raise StackError(f"{BIN} lacks beckon-config or beckon: cmake --build {BUILD}")
        try:
            if self.own_cluster:
                self.cluster.create()
                self.cluster.start()
            name = f"beckon_{os.getpid()}_{next(_counter)}"
            self.database = self.cluster.database(name, migrate=False)
            self.master_key = self.directory / "master.key"
            self.previous_key = self.directory / "master.previous"  # there while the master key changes
            self.beckon("keys", "new", self.master_key, is_json=False)
            self.beckon("migrate", is_json=False)
            self.write_server_certificates()
            self.write_settings()
            self.import_root(self.authorities.root, "yealink")
            self.spawn()
        except BaseException:
            self.stop()
            raise
        return self

    def write_server_certificates(self):
        self.server_files = [
            pki.server(self.authorities.server, key=kind).write(self.directory, f"server-{kind}")
            for kind in ("p256", "rsa2048")
        ]

    def write_settings(self):
        certs = ",".join(str(cert) for cert, _ in self.server_files)
        keys = ",".join(str(key) for _, key in self.server_files)
        settings = {
            "pg": self.database.dsn("beckon_config"),
            "master_key_file": self.master_key,
            "master_key_previous_file": self.previous_key,
            "public_url": self.public_url,
            "enrolment_url": self.enrolment_url,
            "workers": self.workers,
            "admin.address": f"127.0.0.1:{self.admin_port}",
            "trust.refresh_s": 1,
            "visits.flush_ms": 50,
            "log.level": "debug",
            "harden.allow_root": AS_ROOT,
            "listener.phones.address": f"127.0.0.1:{self.port}",
            "listener.phones.cert": certs,
            "listener.phones.key": keys,
            "listener.proxied.address": f"127.0.0.1:{self.proxied_port}",
            "listener.proxied.cert": certs,
            "listener.proxied.key": keys,
            "listener.proxied.proxy_from": "127.0.0.1/32",
        }
        for name, port, auth in (("enrolment", self.enrolment_port, "basic"),
                                 ("digest", self.digest_port, "digest")):
            settings |= {
                f"listener.{name}.address": f"127.0.0.1:{port}",
                f"listener.{name}.cert": certs,
                f"listener.{name}.key": keys,
                f"listener.{name}.kind": "enrolment",
                f"listener.{name}.auth": auth,
            }
        settings |= self.extra_settings
        self.settings_path = self.directory / "beckon-config.conf"
        self.settings_path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def spawn(self, timeout_s=30):
        """Start beckon-config and wait until it says it is ready."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("BECKON_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "beckon-config", "--settings", self.settings_path],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env={**clean, **self.environment},
            )
        self.wait_ready(timeout_s)

    def wait_ready(self, timeout_s=30):
        def ready():
            if self.process.poll() is not None:
                raise StackError(f"beckon-config ended with {self.process.returncode}\n{self.log_tail()}")
            return self.admin("/readyz")[0] == 200

        try:
            wait_until("/readyz", ready, timeout_s)
        except StackError as error:
            raise StackError(f"{error}; {self.admin('/readyz')}\n{self.log_tail()}") from error

    def terminate(self, timeout_s=20):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def stop(self):
        for client in self.clients:
            if client.poll() is None:
                client.kill()
            client.wait()
        if self.process is not None and self.process.poll() is None:
            workers = self.worker_pids()
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                for pid in workers:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
        if self.own_cluster:
            self.cluster.close()

    def check_log(self):
        """StackError when a worker crashed by itself or a sanitizer spoke; kill -9 of a test is neither."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        found = re.search(r"Sanitizer|runtime error:|starting another.* signal=(4|6|7|8|11) ", text)
        if found:
            raise StackError(f"beckon-config crashed:\n{text[max(0, found.start() - 500):found.start() + 5000]}")

    def log_tail(self, size=6000):
        try:
            return self.log_path.read_text(errors="replace")[-size:]
        except OSError:
            return ""

    # --- looking in ---------------------------------------------------------------------------------

    @property
    def public_url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    @property
    def proxied_address(self):
        return ("127.0.0.1", self.proxied_port)

    @property
    def enrolment_url(self):
        return f"https://127.0.0.1:{self.enrolment_port}"

    @property
    def enrolment_address(self):
        return ("127.0.0.1", self.enrolment_port)

    def worker_pids(self):
        pid = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            return []
        return [int(word) for word in children.split()]

    def admin(self, path, timeout_s=5):
        """(status, text) of the admin port; (0, why) when it does not answer."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.admin_port}{path}", timeout=timeout_s
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, urllib.error.URLError) as error:
            return 0, str(error)

    def metric(self, name, labels=""):
        """Value of a metric, summed over its rows whose labels contain the text."""
        status, text = self.admin("/metrics")
        if status != 200:
            raise StackError(f"/metrics: {status} {text}")
        rows = [
            line.rsplit(" ", 1) for line in text.splitlines()
            if line.startswith((name + " ", name + "{")) and labels in line
        ]
        if not rows:
            raise StackError(f"no metric {name} {labels} among:\n{text}")
        return sum(float(value) for _, value in rows)

    def sql(self, text, parameters=None):
        """As the superuser: sees and may do everything."""
        return self.database.sql(text, parameters)

    # --- the command line ---------------------------------------------------------------------------

    def beckon_run(self, *arguments, stdin=None):
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("BECKON_")
        }
        environment["BECKON_PG"] = self.database.dsn()
        environment["BECKON_PUBLIC_URL"] = self.public_url
        environment["BECKON_ENROLMENT_URL"] = self.enrolment_url
        if self.master_key.exists():
            environment["BECKON_MASTER_KEY_FILE"] = str(self.master_key)
            environment["BECKON_MASTER_KEY_PREVIOUS_FILE"] = str(self.previous_key)
        return subprocess.run(
            [str(BIN / "beckon"), *map(str, arguments)], env=environment, cwd=self.directory,
            input=stdin if stdin is not None else "", text=True, capture_output=True, timeout=60,
        )

    def beckon(self, *arguments, stdin=None, is_json=True):
        """The JSON (or text) that a command prints; StackError when it fails."""
        words = [*arguments, "--json"] if is_json else list(arguments)
        done = self.beckon_run(*words, stdin=stdin)
        if done.returncode != 0:
            raise StackError(
                f"beckon {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return json.loads(done.stdout) if is_json else done.stdout

    def import_root(self, authority, maker, tenant=None, legacy=False):
        path = authority.write(self.directory, f"root-{next(_counter)}")
        words = ["trust-root", "import", path, "--maker", maker]
        self.beckon(*words, *(["--tenant", tenant.name] if tenant else []),
                    *(["--legacy"] if legacy else []))
        if self.process is not None:
            self.wait_roots()

    def wait_roots(self):
        """Until every worker uses the roots that are in the database now."""
        count = self.sql("select count(*) from app.trust_root where is_enabled and not is_legacy")[0][0]
        self.process.send_signal(signal.SIGHUP)
        wait_until(
            f"{count} trust roots in {self.workers} workers",
            lambda: self.metric("beckon_trust_roots") == count * self.workers,
        )

    # --- who is there -------------------------------------------------------------------------------

    def tenant(self, **options):
        return Tenant(self, **options)

    def strangers(self, reason=None):
        rows = self.sql("select reason, claimed, claimed_mac::text, seen_count from app.stranger")
        return [row for row in rows if reason is None or row[0] == reason]

    def phonesim(self, phone, *arguments, wait=True, url=None):
        """Run the simulated phone; Simulation, or with wait=False the process."""
        words = [
            str(BIN / "phonesim"), "--url", url or phone.tenant.url, "--mac", phone.mac,
            "--server-ca", str(self.authorities.server_ca), "--print-state", *map(str, arguments),
        ]
        if phone.cert is not None:
            words += ["--cert", str(phone.cert), "--key", str(phone.key)]
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.clients.append(process)
        if not wait:
            return process
        return Simulation.of(process)


class Simulation:
    """What a phonesim told: its events, its state at the end, its exit code."""

    def __init__(self, output, code):
        self.output = output
        self.code = code
        self.events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        states = [event for event in self.events if event["event"] == "state"]
        self.state = states[-1] if states else None

    @classmethod
    def of(cls, process, timeout_s=60):
        output, _ = process.communicate(timeout=timeout_s)
        return cls(output, process.returncode)

    def of_kind(self, kind):
        return [event for event in self.events if event["event"] == kind]

    def statuses(self):
        return [(event["file"], event["status"]) for event in self.of_kind("status")]


class Tenant:
    """A tenant with a PBX, made by the command line."""

    def __init__(self, stack, pbx=True, key=None, registrar=None, transport="tcp", domain=None):
        number = next(_counter)
        self.stack = stack
        self.name = f"t{os.getpid()}-{number}"
        self.key = key or f"k{os.getpid() % 100000:05d}{number:06d}"
        stack.beckon("tenant", "add", self.name, "--title", f"Tenant {number}", "--key", self.key)
        self.id = stack.sql("select tenant_id from app.tenant where name = %s", (self.name,))[0][0]
        self.numbers = itertools.count(1001)
        self.domain = domain or f"pbx{number}.example"
        if pbx:
            stack.beckon(
                "pbx", "add", "--tenant", self.name, "main", "--domain", self.domain,
                "--registrar", registrar or f"sip.{self.domain}:5070", "--transport", transport,
            )

    @property
    def url(self):
        return f"{self.stack.public_url}/{self.key}"

    def extension(self, number, secret=None, display_name=None):
        words = ["extension", "add", "--tenant", self.name, "--pbx", "main", number]
        if display_name is not None:
            words += ["--display-name", display_name]
        if secret is not None:
            words += ["--secret-file", "-"]
        self.stack.beckon(*words, stdin=secret)

    def phone(self, *arguments, mac=None, leaf=None, number=None, secret=None, display_name=None,
              vendor="yealink", model="T54W", register=True):
        """A device with one line and a certificate that proves it; arguments go to `device add`."""
        phone = Phone(self, mac or new_mac(), leaf)
        if register:
            phone.number = number or str(next(self.numbers))
            phone.secret = secret or f"secret-of-{phone.mac}"
            self.extension(phone.number, phone.secret, display_name)
            self.stack.beckon(
                "device", "add", "--tenant", self.name, phone.mac, "--vendor", vendor, "--model", model,
                "--line", f"1={phone.number}", *arguments,
            )
        return phone

    def visits(self, *arguments):
        return self.stack.beckon("visits", "--tenant", self.name, "--limit", "1000", *arguments)

    def visit_rows(self, **wanted):
        """(status, reason, kind, path, mac, device_id) as they stand in the table, oldest first."""
        return self.stack.sql(
            "select status, reason, kind, path, replace(mac::text, ':', ''), device_id"
            "  from app.visit where tenant_id = %s order by at, visit_id", (self.id,)
        )

    def wait_visit(self, what, condition, timeout_s=10):
        """The first visit for which condition(status, reason, kind, path, mac, device_id) holds."""
        def found():
            return next((row for row in self.visit_rows() if condition(*row)), None)

        try:
            return wait_until(f"visit: {what}", found, timeout_s)
        except StackError as error:
            raise StackError(f"{error}; there are {self.visit_rows()}") from error


class Phone:
    """A phone as its owner knows it: MAC, certificate, and ways to ask for files."""

    def __init__(self, tenant, mac, leaf=None):
        self.tenant = tenant
        self.stack = tenant.stack
        self.mac = mac
        self.leaf = leaf or pki.yealink_cn(self.stack.authorities.issuing, mac)
        self.cert, self.key = self.leaf.write(self.stack.directory, f"phone-{mac}-{next(_counter)}")

    @property
    def address(self):
        return self.stack.address

    @property
    def own_file(self):
        return f"/{self.tenant.key}/{self.mac}.cfg"

    def agent(self):
        pairs = ":".join(self.mac[i:i + 2] for i in range(0, 12, 2))
        return f"Yealink SIP-T54W 96.86.0.70 {pairs}"

    def connect(self, **options):
        options.setdefault("address", self.stack.address)
        return rawtls.Connection(
            options.pop("address"), self.cert, self.key, self.stack.authorities.server_ca, **options
        )

    def get(self, path=None, method="GET", headers=(), body=None, **options):
        """One request on a connection of its own."""
        with self.connect(**options) as connection:
            return connection.request(
                path or self.own_file, method, [("User-Agent", self.agent()), *headers], body=body
            )

    def device_id(self):
        return self.stack.sql(
            "select device_id from app.device where tenant_id = %s and mac = %s::macaddr",
            (self.tenant.id, self.mac),
        )[0][0]

    def state(self):
        return self.stack.sql(
            "select state from app.device where tenant_id = %s and mac = %s::macaddr",
            (self.tenant.id, self.mac),
        )[0][0]


def parameters(body):
    """{name: value} of a configuration, for tests that look at one; phonesim is the strict reader."""
    lines = body.decode().split("\n")
    if lines[0] != "#!version:1.0.0.1":
        raise StackError(f"no configuration: {lines[0]!r}")
    pairs = [line.split("=", 1) for line in lines[1:] if line.strip() and not line.startswith("#")]
    return {name.strip(): value.strip() for name, value in pairs}
