"""A private PostgreSQL 15: a cluster in a directory of its own, on a unix socket, no TCP.

For every Python test, the demo and the benchmark. Root cannot run PostgreSQL, so as root it runs as
user "postgres"; an ordinary user runs it directly. Everything stands in postgresql.conf, so that
`pg_ctl -D <dir>/data start` by hand does what start() does.

    with Cluster.temporary() as cluster:
        database = cluster.database("beckon")      # created, migrated
        with database.connect("beckon_api") as connection: ...
"""

import hashlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

BIN = pathlib.Path(os.environ.get("BECKON_PG_BINDIR", "/usr/lib/postgresql/15/bin"))
MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "migrations"
PORT = 5432  # only the number in the socket's name: nothing listens on TCP
SOCKET_PATH_MAX = 107  # sun_path is 108 bytes with its terminator
SUPERUSER = "postgres"

CONF = """\
# Private cluster of Beckon's tests and demo: unix socket only.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0777
max_connections = 150
shared_buffers = 64MB
fsync = {fsync}
synchronous_commit = {fsync}
full_page_writes = {fsync}
autovacuum = on
jit = off
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 2000
lc_messages = 'C'
timezone = 'UTC'
"""


class PostgresError(Exception):
    """Says which step failed, with the end of the log."""


class Cluster:
    """One cluster in a directory: <dir>/data, <dir>/log, <dir>/s (the socket)."""

    def __init__(self, directory, durable=False):
        self.directory = pathlib.Path(directory).resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self.socket_dir = self.directory / "s"
        self.durable = durable
        self._remove = False
        socket = self.socket_dir / f".s.PGSQL.{PORT}"
        if len(os.fsencode(socket)) > SOCKET_PATH_MAX:
            raise PostgresError(
                f"{socket}: {len(os.fsencode(socket))} bytes, a unix socket's path has at most "
                f"{SOCKET_PATH_MAX}; use a shorter directory"
            )
        if not (BIN / "pg_ctl").exists():
            raise PostgresError(f"{BIN}/pg_ctl is missing: install postgresql-15, or set BECKON_PG_BINDIR")

    @classmethod
    def temporary(cls, **kwargs):
        """A cluster that is gone with the `with` block; below /tmp, which user postgres can reach."""
        cluster = cls(tempfile.mkdtemp(prefix="bkpg", dir="/tmp"), **kwargs)
        cluster._remove = True
        return cluster

    def __enter__(self):
        try:
            self.create()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stop("immediate")
        if self._remove:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, *command, check=True):
        """Run one of PostgreSQL's programs as the user that may."""
        if os.geteuid() == 0:
            command = ("runuser", "-u", SUPERUSER, "--", *command)
        done = subprocess.run(
            [str(word) for word in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            env={**os.environ, "LC_ALL": "C", "PGTZ": "UTC"},
        )
        if check and done.returncode != 0:
            raise PostgresError(f"{' '.join(map(str, command))}: {done.stdout}\n{self.log_tail()}")
        return done

    def create(self):
        """initdb and the settings; does nothing where a cluster is already."""
        if (self.data / "PG_VERSION").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(exist_ok=True)
        self.data.mkdir(exist_ok=True)
        self.log.touch()
        if os.geteuid() == 0:
            owner = pwd.getpwnam(SUPERUSER)
            for path in (self.directory, self.socket_dir, self.data, self.log):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            os.chmod(self.directory, 0o755)
        self._run(
            BIN / "initdb", "-D", self.data, "-U", SUPERUSER, "-A", "trust",
            "--encoding=UTF8", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"]),
        )
        conf = CONF.format(
            port=PORT, socket_dir=self.socket_dir, fsync="on" if self.durable else "off"
        )
        (self.data / "postgresql.conf").write_text(conf, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(self.data / "postgresql.conf", owner.pw_uid, owner.pw_gid)

    def start(self):
        if self.pid() is None:
            self._run(BIN / "pg_ctl", "-D", self.data, "-l", self.log, "-w", "-t", "60", "start")

    def stop(self, mode="fast"):
        """mode: smart, fast, or immediate (as a crash)."""
        if self.pid() is not None:
            self._run(BIN / "pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "60", "stop")

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def kill(self):
        """The postmaster dies without a word; its backends follow when they notice."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while pathlib.Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def pid(self):
        """The postmaster's process id, or None when it does not run."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            # A number left over from before a crash may be somebody else's by now.
            name = pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except (FileNotFoundError, PermissionError, ProcessLookupError, ValueError):
            return None
        return pid if name == "postgres" else None

    def log_tail(self, size=4000):
        try:
            return self.log.read_text(encoding="utf-8", errors="replace")[-size:]
        except OSError:
            return ""

    def dsn(self, database="postgres", user=SUPERUSER):
        """A connection string for libpq, for services and psql alike."""
        return f"host={self.socket_dir} port={PORT} dbname={database} user={user}"

    def connect(self, database="postgres", user=SUPERUSER, autocommit=True):
        connection = psycopg2.connect(self.dsn(database, user))
        connection.autocommit = autocommit
        return connection

    def database(self, name, migrate=True):
        """Create a database and, unless told otherwise, apply every migration to it."""
        self.sql("postgres", f'create database "{name}" encoding \'UTF8\' template template0')
        database = Database(self, name)
        if migrate:
            database.migrate()
        return database

    def sql(self, database, text, parameters=None):
        """Run statements as the superuser; the rows of the last one, if it has any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()


class Database:
    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name

    def dsn(self, user=SUPERUSER):
        return self.cluster.dsn(self.name, user)

    def connect(self, user=SUPERUSER, autocommit=True):
        return self.cluster.connect(self.name, user, autocommit)

    def sql(self, text, parameters=None):
        return self.cluster.sql(self.name, text, parameters)

    def migrate(self, user=SUPERUSER, last=None):
        """Apply migrations/*.sql as `beckon migrate` does: in order, each in a transaction."""
        migrate(lambda: self.connect(user, autocommit=False), last)


def migrations():
    """(version, name, path) of every migration, in order; a gap or a twin is an error."""
    found = []
    for path in sorted(MIGRATIONS.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", path.name)
        if match is None:
            raise PostgresError(f"{path.name}: a migration is called NNNN_what.sql")
        found.append((int(match[1]), match[2], path))
    versions = [version for version, _, _ in found]
    if versions != list(range(1, len(versions) + 1)):
        raise PostgresError(f"migrations are not numbered 1, 2, 3, …: {versions}")
    return found


def migrate(connect, last=None):
    connection = connect()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('bk.migration') is null")
            if cursor.fetchone()[0]:
                cursor.execute("create schema if not exists bk")
                cursor.execute(
                    "create table bk.migration (version integer primary key, name text not null,"
                    " sha256 text not null, applied_at timestamptz not null default now())"
                )
        with connection, connection.cursor() as cursor:
            cursor.execute("select version from bk.migration")
            applied = {row[0] for row in cursor.fetchall()}
        for version, name, path in migrations():
            if version in applied or (last is not None and version > last):
                continue
            text = path.read_text(encoding="utf-8")
            connection.autocommit = text.startswith("-- no-transaction")
            with connection, connection.cursor() as cursor:
                try:
                    cursor.execute(text)
                except psycopg2.Error as error:
                    raise PostgresError(f"{path.name}: {error}") from error
                cursor.execute(
                    "insert into bk.migration (version, name, sha256) values (%s, %s, %s)",
                    (version, name, hashlib.sha256(path.read_bytes()).hexdigest()),
                )
            connection.autocommit = False
    finally:
        connection.close()
