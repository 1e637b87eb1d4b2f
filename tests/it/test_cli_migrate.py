"""beckon migrate: in order, once, and never over a file that was changed."""

import json
import re
import shutil
import subprocess

import pytest

from cli_world import BECKON, Beckon, cluster, postgres  # noqa: F401

LATEST = len(postgres.migrations())


@pytest.fixture
def fresh(cluster, tmp_path, request):  # noqa: F811
    name = re.sub(r"[^a-z]", "_", request.node.name)[:50]
    database = cluster.database(name, migrate=False)
    beckon = Beckon(tmp_path, database.dsn())
    beckon.database = database
    return beckon


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "migrations"
    shutil.copytree(postgres.MIGRATIONS, copy)
    return copy


def versions(beckon):
    return [row[0] for row in beckon.database.sql("select version from bk.migration order by version")]


def test_twice_does_nothing(fresh):
    first = fresh.json("migrate")
    assert first["applied"] == LATEST and first["version"] == LATEST
    before = fresh.database.sql("select * from bk.migration order by version")
    assert fresh.text("migrate") == f"nothing to do, at {LATEST:04d}\n"
    assert fresh.database.sql("select * from bk.migration order by version") == before


def test_the_harness_and_the_program_agree(fresh):
    fresh.database.migrate()
    assert fresh.json("migrate")["applied"] == 0


def test_status_changes_nothing(fresh):
    status = fresh.json("migrate", "--status")
    assert status["version"] == 0 and len(status["migrations"]) == LATEST
    assert {row["state"] for row in status["migrations"]} == {"pending"}
    assert fresh.database.sql("select to_regclass('bk.migration')") == [(None,)]


def test_many_at_once_apply_each_file_once(fresh):
    running = [fresh.start("migrate", "--json") for _ in range(4)]
    applied = 0
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        applied += json.loads(out)["applied"]
    assert applied == LATEST and versions(fresh) == list(range(1, LATEST + 1))


def test_a_changed_file_is_refused_and_named(fresh, folder):
    fresh.text("migrate", "--dir", folder)
    name = sorted(path.name for path in folder.glob("0007_*.sql"))[0]
    (folder / name).write_text((folder / name).read_text() + "-- later thought\n")
    error = fresh.error("migrate", "--dir", folder)
    assert error["error"] == "stale" and name in error["detail"] and "never edited" in error["detail"]


def test_a_renamed_file_is_refused(fresh, folder):
    fresh.text("migrate", "--dir", folder)
    (folder / "0003_site.sql").rename(folder / "0003_place.sql")
    assert "0003_place.sql" in fresh.error("migrate", "--dir", folder)["detail"]


def test_a_missing_file_is_refused(fresh, folder):
    next(folder.glob("0004_*.sql")).unlink()
    assert "should be 0004" in fresh.error("migrate", "--dir", folder)["detail"]
    assert fresh.database.sql("select to_regclass('bk.migration')") == [(None,)]


def test_a_database_newer_than_the_program_is_refused(fresh, folder):
    (folder / f"{LATEST + 1:04d}_future.sql").write_text("select 1;\n")
    fresh.text("migrate", "--dir", folder)
    error = fresh.error("migrate")
    assert f"{LATEST + 1:04d}" in error["detail"] and "newer" in error["detail"]


def test_a_file_that_fails_leaves_nothing_of_itself(fresh, folder):
    bad = folder / f"{LATEST + 1:04d}_bad.sql"
    bad.write_text("create table bk.half (x integer);\nselect 1/0;\n")
    error = fresh.error("migrate", "--dir", folder)
    assert bad.name in error["detail"] and "division by zero" in error["detail"]
    assert versions(fresh) == list(range(1, LATEST + 1))
    assert fresh.database.sql("select to_regclass('bk.half')") == [(None,)]
    bad.write_text("create table bk.half (x integer);\n")
    assert fresh.json("migrate", "--dir", folder)["applied"] == 1


def test_a_file_without_transaction_runs_concurrent_indexes(fresh, folder):
    path = folder / f"{LATEST + 1:04d}_ix.sql"
    path.write_text(
        "-- no-transaction\n"
        "create index concurrently if not exists device_one_ix on app.device (serial);\n"
        "create index concurrently if not exists\n    device_two_ix on app.device (label);\n"
    )
    fresh.text("migrate", "--dir", folder)
    count = "select count(*) from pg_indexes where indexname in ('device_one_ix', 'device_two_ix')"
    assert fresh.database.sql(count) == [(2,)] and versions(fresh)[-1] == LATEST + 1


def test_names_that_are_no_migrations_are_refused(fresh, folder):
    (folder / "fix.sql").write_text("select 1;")
    assert "fix.sql" in fresh.error("migrate", "--dir", folder)["detail"]
    assert fresh.error("migrate", "--dir", folder / "nowhere")["error"] == "io"


def test_the_binary_needs_no_files(fresh, tmp_path):
    alone = tmp_path / "beckon"
    shutil.copy(BECKON, alone)
    done = subprocess.run([alone, "migrate"], cwd=tmp_path, env=fresh.environment, text=True,
                          capture_output=True, timeout=120, check=False)
    assert done.returncode == 0 and f"now at {LATEST:04d}" in done.stdout
