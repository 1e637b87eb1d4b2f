"""What the tests of the command line share: a database, a master key, and `beckon` itself."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import postgres  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BECKON_BUILD", ROOT / "build" / "dev"))
BECKON = (BUILD if BUILD.is_absolute() else ROOT / BUILD) / "bin" / "beckon"
PUBLIC_URL = "https://prov.example:8443"


class Beckon:
    """The program with its environment; calls return (exit code, stdout, stderr)."""

    def __init__(self, directory, dsn=None):
        self.directory = pathlib.Path(directory)
        self.dsn = dsn
        self.master_key = self.directory / "master.key"
        self.environment = {
            "PATH": os.environ["PATH"],
            "BECKON_MASTER_KEY_FILE": str(self.master_key),
            "BECKON_PUBLIC_URL": PUBLIC_URL,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        if dsn is not None:
            self.environment["BECKON_PG"] = dsn

    def start(self, *words, **environment):
        return subprocess.Popen(
            [str(BECKON), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**self.environment, **environment},
        )

    def run(self, *words, stdin="", **environment):
        process = self.start(*words, **environment)
        out, err = process.communicate(stdin, timeout=120)
        assert process.returncode in (0, 1, 2), f"{words}: died with {process.returncode}\n{err}"
        return process.returncode, out, err

    def text(self, *words, stdin="", **environment):
        code, out, err = self.run(*words, stdin=stdin, **environment)
        assert code == 0, f"{words}: {err}{out}"
        return out

    def json(self, *words, stdin="", **environment):
        return json.loads(self.text(*words, "--json", stdin=stdin, **environment))

    def error(self, *words, stdin="", code=1, **environment):
        """The error object of a command that must fail."""
        got, out, err = self.run(*words, "--json", stdin=stdin, **environment)
        assert got == code, f"{words}: exit {got}\n{out}{err}"
        return json.loads(err)


@pytest.fixture(scope="module")
def cluster():
    assert BECKON.exists(), f"{BECKON} is missing: cmake --build {BUILD} --target beckon"
    with postgres.Cluster.temporary() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def beckon(cluster, tmp_path_factory):
    """Migrated by the program itself, with a master key and one tenant: acme, PBX main, 1001 and 1002."""
    database = cluster.database("beckon", migrate=False)
    beckon = Beckon(tmp_path_factory.mktemp("cli"), database.dsn())
    beckon.database = database
    beckon.text("migrate")
    beckon.text("keys", "new", beckon.master_key)
    furnish(beckon, "acme")
    return beckon


def furnish(beckon, tenant):
    added = beckon.json("tenant", "add", tenant)
    beckon.json("pbx", "add", "--tenant", tenant, "main", "--domain", "sip.example")
    for number in ("1001", "1002"):
        beckon.json(
            "extension", "add", "--tenant", tenant, "--pbx", "main", number, "--secret-file", "-",
            stdin=f"secret-{tenant}-{number}\n",
        )
    return added
