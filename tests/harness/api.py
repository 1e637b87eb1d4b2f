"""beckon-api beside a Stack, and clients that are signed in to it.

    api = Api(stack)            # its database, keys and authorities; started, ready
    operator = api.operator()   # a client signed in as an operator, in no tenant
    admin = api.admin(tenant)   # … as an admin of this tenant
    admin.get("/v1/devices").json["items"]
    api.stop()
"""

import base64
import hashlib
import http.client
import itertools
import json
import os
import signal
import ssl
import subprocess

from stack import BIN, StackError, free_port, wait_until

_counter = itertools.count(1)
PASSWORD = "correct horse battery staple"


def _b64(raw):
    return base64.b64encode(raw).decode().rstrip("=")


def password_hash(password):
    salt = os.urandom(16)
    made = hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=64 * 2**20, dklen=32)
    return f"$scrypt$ln=15,r=8,p=1${_b64(salt)}${_b64(made)}"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000]!r}"


class Client:
    """One person, signed in; a connection of its own that is kept."""

    def __init__(self, api, token=None):
        self.api = api
        self.token = token
        self.connection = None

    def request(self, method, path, body=None, headers=None, content_type="application/json"):
        sent = {"Content-Type": content_type} if body is not None else {}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        sent.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False).encode()
        for attempt in (1, 2):  # a connection that rested may be closed by now
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(
                    "127.0.0.1", self.api.port, context=self.api.context, timeout=60
                )
            try:
                self.connection.request(method, path, body, sent)
                answer = self.connection.getresponse()
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, headers, answer.read())
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def expect(self, status, method, path, body=None, **options):
        answer = self.request(method, path, body, **options)
        if answer.status != status:
            raise StackError(f"{method} {path}: want {status}, got {answer}; sent {body!r}")
        return answer


class Api:
    def __init__(self, stack, settings=None):
        self.stack = stack
        self.port = free_port()
        self.admin_port = free_port()
        self.log_path = stack.directory / "beckon-api.log"
        self.context = ssl.create_default_context(cafile=stack.authorities.server_ca)
        self.context.check_hostname = False
        key = stack.directory / "jwt.pem"
        if not key.exists():
            subprocess.run(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-out", key], check=True, capture_output=True,
            )
            key.chmod(0o600)
        cert, private = stack.server_files[0]
        values = {
            "pg": stack.database.dsn("beckon_api"), "master_key_file": stack.master_key, "workers": 1,
            "admin.address": f"127.0.0.1:{self.admin_port}", "jwt.key_file": key, "log.level": "debug",
            "listener.rest.address": f"127.0.0.1:{self.port}", "listener.rest.cert": cert,
            "listener.rest.key": private, **(settings or {}),
        }
        path = stack.directory / "beckon-api.conf"
        path.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
        clean = {key: value for key, value in os.environ.items() if not key.startswith("BECKON_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "beckon-api", "--settings", path], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=stack.directory, env=clean,
            )
        try:
            wait_until("beckon-api is ready", self._is_ready, 30)
        except StackError as error:
            self.stop()
            raise StackError(f"{error}\n{self.log_tail()}") from error

    def _is_ready(self):
        if self.process.poll() is not None:
            raise StackError(f"beckon-api ended with {self.process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def log_tail(self, size=6000):
        return self.log_path.read_text(errors="replace")[-size:] if self.log_path.exists() else ""

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        text = self.log_path.read_text(errors="replace")
        if "Sanitizer" in text or "runtime error:" in text:
            raise StackError(f"beckon-api crashed:\n{text[-8000:]}")

    # --- who calls ---

    def login(self, email, tenant=None, password=PASSWORD):
        body = {"email": email, "password": password, **({"tenant": tenant} if tenant else {})}
        answer = Client(self).expect(200, "POST", "/v1/auth/login", body)
        return Client(self, answer.json["access_token"])

    def person(self, is_operator=False):
        """(user_id, e-mail) of somebody new, with PASSWORD."""
        email = f"p{os.getpid()}.{next(_counter)}@people.example"
        user_id = self.stack.sql(
            "select bk.operator_user_create(%s, 'Somebody', %s, %s)",
            (email, password_hash(PASSWORD), is_operator),
        )[0][0]
        return user_id, email

    def operator(self, tenant=None):
        _, email = self.person(is_operator=True)
        return self.login(email, tenant.name if tenant else None)

    def member(self, tenant, role):
        user_id, email = self.person()
        self.stack.sql(
            "insert into app.membership (tenant_id, user_id, role) values (%s, %s, %s)",
            (tenant.id, user_id, role),
        )
        client = self.login(email)
        client.user_id = user_id
        return client

    def admin(self, tenant):
        return self.member(tenant, "admin")
