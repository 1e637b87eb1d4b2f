"""The private PostgreSQL that every other test stands on."""

import os
import subprocess
import time

import psycopg2
import pytest

from schema_world import postgres


def test_a_cluster_starts_stops_crashes_and_keeps_its_rows():
    with postgres.Cluster.temporary(durable=True) as cluster:
        cluster.sql("postgres", "create table kept (one integer)")
        cluster.sql("postgres", "insert into kept values (7)")
        for mode in ("smart", "fast", "immediate"):
            cluster.stop(mode)
            assert cluster.pid() is None
            with pytest.raises(psycopg2.OperationalError):
                cluster.connect()
            cluster.start()
            cluster.start()  # a second time is no error
            assert cluster.sql("postgres", "select one from kept") == [(7,)]
        cluster.kill()
        deadline = time.monotonic() + 30
        while True:  # its backends go on for a moment, and keep a successor out
            try:
                cluster.start()
                break
            except postgres.PostgresError:
                assert time.monotonic() < deadline
        assert cluster.sql("postgres", "select one from kept") == [(7,)]
        directory = cluster.directory
    assert not directory.exists()


def test_everything_stands_in_the_settings_file_so_that_pg_ctl_by_hand_works():
    with postgres.Cluster.temporary() as cluster:
        cluster.stop()
        command = [str(postgres.BIN / "pg_ctl"), "-D", str(cluster.data), "-l", str(cluster.log), "-w", "start"]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
        assert cluster.sql("postgres", "show listen_addresses") == [("",)]
        assert cluster.sql("postgres", "show unix_socket_directories") == [(str(cluster.socket_dir),)]


def test_a_directory_that_is_too_deep_for_a_socket_is_told_at_once(tmp_path):
    with pytest.raises(postgres.PostgresError, match="107"):
        postgres.Cluster(tmp_path / ("d" * 100))


def test_migrations_have_heads_and_one_number_each():
    for version, name, path in postgres.migrations():
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"-- {version:04d} "), path.name
        for word in ("Locks:", "Backfill:", "Undo:"):
            assert word in text.split("\n\n", 1)[0], (path.name, word)
