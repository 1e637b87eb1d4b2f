"""What the schema tests share: a migrated database, and short ways to fill it."""

import contextlib
import hashlib
import itertools
import pathlib
import sys

import psycopg2
import psycopg2.extras
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import postgres  # noqa: E402

FINGERPRINT = b"\xf1" * 32
SEALED = b"\x01" + bytes(60)  # the form of sealed bytes; what is in them is not the schema's business
TENANT_ROLES = ("beckon_api", "beckon_operator", "beckon_notifier")


@pytest.fixture(scope="module")
def cluster():
    with postgres.Cluster.temporary() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def world(cluster):
    return World(cluster.database("beckon"))


class World:
    def __init__(self, database):
        self.database = database
        self.sql = database.sql
        self._numbers = itertools.count(1)

    def one(self, text, parameters=None):
        return self.sql(text, parameters)[0][0]

    @contextlib.contextmanager
    def as_role(self, role, tenant=None):
        """A cursor in one transaction of a role, with a tenant set or none; rolled back on error."""
        connection = self.database.connect(role, autocommit=False)
        try:
            with connection, connection.cursor() as cursor:
                if tenant is not None:
                    cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(tenant),))
                yield cursor
        finally:
            connection.close()

    def tenant(self, **columns):
        number = next(self._numbers)
        return self._insert(
            "tenant", "tenant_id", name=f"tenant-{number}", data_key=SEALED, **columns
        )

    def key(self, tenant, valid_until=None):
        key = f"key{next(self._numbers):08d}"
        self.sql(
            "insert into app.tenant_key (tenant_id, tenant_key, valid_until) values (%s, %s, %s)",
            (tenant, key, valid_until),
        )
        return key

    def mac(self):
        return f"80:5e:c0:{next(self._numbers):06x}".replace(":", "").lower()

    def device(self, tenant, **columns):
        columns.setdefault("mac", self.mac())
        columns.setdefault("vendor", "yealink")
        return self._insert("device", "device_id", tenant_id=tenant, **columns)

    def pbx(self, tenant, **columns):
        columns.setdefault("name", f"pbx {next(self._numbers)}")
        columns.setdefault("domain", "pbx.example")
        return self._insert("pbx", "pbx_id", tenant_id=tenant, **columns)

    def extension(self, tenant, pbx, **columns):
        columns.setdefault("number", str(1000 + next(self._numbers)))
        return self._insert(
            "extension", "extension_id", tenant_id=tenant, pbx_id=pbx, secret=SEALED, **columns
        )

    def line(self, tenant, device, extension, index=1, **columns):
        return self._insert(
            "device_line", "line_id", tenant_id=tenant, device_id=device, extension_id=extension,
            line_index=index, **columns,
        )

    def site(self, tenant, **columns):
        columns.setdefault("name", f"site {next(self._numbers)}")
        return self._insert("site", "site_id", tenant_id=tenant, **columns)

    def profile(self, tenant, **columns):
        columns.setdefault("name", f"profile {next(self._numbers)}")
        return self._insert("profile", "profile_id", tenant_id=tenant, **columns)

    def root(self, tenant=None, maker="yealink", **columns):
        certificate = columns.pop("certificate", None) or (
            b"\x30" + hashlib.sha512(str(next(self._numbers)).encode()).digest()
        )
        return self._insert(
            "trust_root", "root_id", tenant_id=tenant, name="a root", maker=maker,
            rules=["yealink-cn"], certificate=certificate, not_after="2040-01-01", **columns,
        )

    def _insert(self, table, id_column, **columns):
        return self.one(
            f"insert into app.{table} ({', '.join(columns)})"
            f" values ({', '.join(['%s'] * len(columns))}) returning {id_column}",
            tuple(
                psycopg2.extras.Json(value) if isinstance(value, dict) else value
                for value in columns.values()
            ),
        )

    def revision(self, tenant, device):
        return self.one(
            "select revision from app.device where tenant_id = %s and device_id = %s", (tenant, device)
        )

    def fetch(self, key, mac, path_mac=None, maker="yealink", root=None, fingerprint=FINGERPRINT,
              kind="device", model="", serial="", source="192.0.2.1", is_legacy=False, cursor=None):
        """One call of bk.device_fetch as beckon_config; a dict."""
        return self._row(
            "select * from bk.device_fetch(%s, %s::macaddr, %s::macaddr, %s, %s::bigint[], %s::bytea, %s,"
            " %s, %s, %s::inet, %s)",
            (key, mac, path_mac, maker, root if isinstance(root, list) else [root], fingerprint, kind,
             model, serial, source, is_legacy), cursor)

    def enrol(self, key, proof, proved=None, mac=None, maker="grandstream", kind="device", model="",
              source="192.0.2.1", cursor=None):
        """One call of bk.enrol_fetch as beckon_config; a dict. proved: the token or secret itself."""
        hashed = hashlib.sha256(proved.encode()).digest() if proved is not None else None
        return self._row(
            "select * from bk.enrol_fetch(%s, %s, %s::bytea, %s::macaddr, %s::text[], %s::text[], %s,"
            " %s::inet)",
            (key, proof, hashed, mac, [maker], [kind], model, source), cursor)

    def _row(self, text, parameters, cursor=None):
        if cursor is None:
            with self.as_role("beckon_config") as cursor:
                return self._row(text, parameters, cursor)
        cursor.execute(text, parameters)
        rows = cursor.fetchall()
        assert len(rows) == 1
        return dict(zip([column.name for column in cursor.description], rows[0]))


def constraint_of(error):
    """The name by which a command line translates an error."""
    return error.value.diag.constraint_name
