"""Starts beckon-api beside a Stack, and speaks to it.

    api = Api(stack)                    # its database, keys and authorities; ready
    operator = api.operator()           # a client signed in as an operator, in no tenant
    admin = api.admin(tenant)           # a new user of that tenant, signed in there
    answer = admin.post("/v1/sites", {"name": "Berlin"})
    assert answer.status == 201 and answer.json["id"] > 0
    api.stop()

Nothing here is shared with the server's code: a JSON body is built and read by Python's own library.
"""

import base64
import hashlib
import http.client
import itertools
import json
import os
import ssl
import threading

from service import Service
from stack import StackError, free_port

PASSWORD = "correct horse battery staple"
_counter = itertools.count(1)


def _b64(raw):
    return base64.b64encode(raw).decode().rstrip("=")


def password_hash(password):
    salt = os.urandom(16)
    made = hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=64 * 2**20, dklen=32)
    return f"$scrypt$ln=15,r=8,p=1${_b64(salt)}${_b64(made)}"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # looked up without regard to case
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The stable end of a problem's type."""
        return self.json["type"].rsplit(":", 1)[1]

    @property
    def etag(self):
        return self.headers.get("ETag")

    def shape(self):
        """All that an outsider can compare: without the number of the request, and the time."""
        body = {name: value for name, value in self.json.items() if name != "instance"}
        headers = sorted((name.lower(), value) for name, value in self.headers.items()
                         if name.lower() not in ("date", "content-length"))
        return self.status, headers, body

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:2000]!r}>"


class Client:
    """Somebody who calls the API, with a token or without; a kept connection a thread."""

    def __init__(self, api, token=None, email=None, user_id=None):
        self.api = api
        self.token = token
        self.email = email
        self.user_id = user_id
        self.local = threading.local()

    def request(self, method, path, body=None, headers=None, content_type="application/json"):
        """body: an object to be sent as JSON, bytes or text as they are, or None."""
        sent = {"Content-Type": content_type} if body is not None else {}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        sent.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False).encode()
        while True:
            connection = getattr(self.local, "connection", None)
            is_rested = connection is not None  # and may be closed by now
            if not is_rested:
                connection = self.local.connection = http.client.HTTPSConnection(
                    "127.0.0.1", self.api.port, context=self.api.tls, timeout=60)
            try:
                connection.request(method, path, body, sent)
                answer = connection.getresponse()
                return Answer(answer.status, answer.headers, answer.read())
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if not is_rested:
                    raise

    def close(self):
        connection = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
            self.local.connection = None

    def expect(self, status, method, path, body=None, **options):
        answer = self.request(method, path, body, **options)
        if answer.status != status:
            raise StackError(f"{method} {path}: want {status}, got {answer}; sent {body!r}")
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.request("PUT", path, body, **options)

    def patch(self, path, body=None, **options):
        options.setdefault("content_type", "application/merge-patch+json")
        return self.request("PATCH", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)


class Api(Service):
    def __init__(self, stack, settings=None, redis=None, start=True):
        self.port = free_port()
        self.jwt_key = stack.directory / f"jwt-{next(_counter)}.pem"
        stack.beckon("keys", "jwt", self.jwt_key)
        certificate, key = stack.server_files[0]
        super().__init__(stack, "beckon-api", {
            "pg": stack.database.dsn("beckon_api"),
            "master_key_file": stack.master_key,
            "master_key_previous_file": stack.previous_key,
            "jwt.key_file": self.jwt_key,
            "enrolment_url": stack.enrolment_url,
            "workers": 2,
            "redis.address": redis.address if redis else "",
            "listener.rest.address": f"127.0.0.1:{self.port}",
            "listener.rest.cert": certificate,
            "listener.rest.key": key,
            **(settings or {}),
        })
        self.tls = ssl.create_default_context(cafile=stack.authorities.server_ca)
        self.anonymous = Client(self)
        if start:
            self.start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    # --- who calls ---

    def with_token(self, token):
        return Client(self, token)

    def login(self, email, tenant=None, password=PASSWORD):
        """A client with a fresh token."""
        body = {"email": email, "password": password, **({"tenant": tenant} if tenant else {})}
        answer = Client(self).expect(200, "POST", "/v1/auth/login", body)
        return Client(self, answer.json["access_token"], email)

    def person(self, is_operator=False):
        """(user_id, e-mail) of somebody new who has a role nowhere yet, with PASSWORD."""
        email = f"p{os.getpid()}.{next(_counter)}@people.example"
        user_id = self.stack.sql(
            "select bk.operator_user_create(%s, 'Somebody', %s, %s)",
            (email, password_hash(PASSWORD), is_operator),
        )[0][0]
        return user_id, email

    def operator(self, tenant=None):
        """Signed in to that tenant, or to none."""
        user_id, email = self.person(is_operator=True)
        client = self.login(email, tenant.name if tenant else None)
        client.user_id = user_id
        return client

    def member(self, tenant, role="admin"):
        email = f"{role}{os.getpid()}.{next(_counter)}@{tenant.name}.example"
        added = self.stack.beckon("user", "add", email, "--tenant", tenant.name, "--role", role,
                                  "--password-file", "-", stdin=PASSWORD)
        client = self.login(email)
        client.user_id = added["user_id"]
        return client

    def admin(self, tenant):
        return self.member(tenant, "admin")
