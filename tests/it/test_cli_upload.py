"""beckon upload: what phones wrote, listed, shown and deleted by the operator."""

import os
import pty
import re
import subprocess
import types

import pytest

from cli_world import BECKON, beckon, cluster, furnish  # noqa: F401
from seal import store_upload

MAC = "0004f2000001"
TEXT = "first line\tü\r\n\x1b[2Jred\x07 \x9b1m\n".encode() + b"\xff\x9b\x00end"


class Scene:
    def __init__(self, beckon, name):  # noqa: F811
        self.beckon, self.tenant = beckon, name
        self.tenant_id = furnish(beckon, name)["tenant_id"]
        beckon.json("device", "add", "--tenant", name, MAC, "--vendor", "poly", "--model", "VVX_450")
        self.device_id = self.sql("select device_id from app.device where tenant_id = %s", (self.tenant_id,))[0][0]
        self.place = ("--tenant", name, "--mac", MAC)

    def sql(self, *arguments):
        return self.beckon.database.sql(*arguments)

    def store(self, name, *parts, **options):
        world = types.SimpleNamespace(sql=self.sql, master_key=self.beckon.master_key)
        return store_upload(world, self.device_id, name, *parts, **options)

    def list(self):
        return self.beckon.json("upload", "list", *self.place)["uploads"]

    def audit(self):
        return self.sql("select action, object_id, payload::jsonb from app.audit where tenant_id = %s"
                        " and object_kind = 'upload' order by seq", (self.tenant_id,))

    def show(self, *words):
        """The bytes on a standard output that is no terminal."""
        return subprocess.run([BECKON, "upload", "show", *self.place, *words], env=self.beckon.environment,
                              capture_output=True, timeout=60, check=True).stdout


@pytest.fixture
def scene(beckon, request):  # noqa: F811
    return Scene(beckon, re.sub("[^a-z]+", "-", request.node.name).strip("-")[:50])


def test_files_are_listed_by_name(scene):
    assert scene.list() == []
    assert "no file" in scene.beckon.text("upload", "list", *scene.place)
    scene.store("b.log", b"12", b"345")
    scene.store("a.xml", b"<a/>", kind="directory")
    first, second = scene.list()
    assert (first["name"], first["kind"], first["bytes"], first["source"]) == ("a.xml", "directory", 4, "192.0.2.7")
    assert (second["name"], second["bytes"], second["lost_bytes"]) == ("b.log", 5, 0)
    assert set(first) == {"upload_id", "name", "kind", "bytes", "lost_bytes", "source", "created_at", "updated_at"}
    assert "b.log" in scene.beckon.text("upload", "list", *scene.place)


def test_one_is_shown_as_it_came_and_audited(scene):
    scene.store("a.log", TEXT[:20], TEXT[20:])
    assert scene.show("--name", "a.log") == TEXT
    assert scene.show("--name", "Logs/A.LOG") == TEXT  # as the phone wrote it
    assert scene.audit() == 2 * [("upload.read", "a.log", {"mac": MAC})]
    scene.store("utf8.xml", "<a>ü\x1b</a>".encode(), kind="directory")
    shown = scene.beckon.json("upload", "show", *scene.place, "--name", "utf8.xml")
    assert (shown["content"], shown["kind"], shown["bytes"]) == ("<a>ü\x1b</a>", "directory", 10)


def test_a_terminal_gets_no_control_characters(scene):
    scene.store("a.log", TEXT)
    parent, child = pty.openpty()
    try:
        subprocess.run([BECKON, "upload", "show", *scene.place, "--name", "a.log"], env=scene.beckon.environment,
                       stdout=child, timeout=60, check=True)
        got = os.read(parent, 65536)
    finally:
        os.close(parent)
        os.close(child)
    # The terminal itself makes \r\n of \n.
    assert got.replace(b"\r\n", b"\n").decode() == (
        "first line\tü\\x0d\n\\x1b[2Jred\\x07 \\xc2\\x9b1m\n\\xff\\x9b\\x00end")


def test_one_is_deleted_and_audited(scene):
    scene.store("a.log", b"one")
    scene.store("b.log", b"two")
    gone = scene.beckon.json("upload", "delete", *scene.place, "--name", "a.log")
    assert (gone["name"], gone["bytes"]) == ("a.log", 3)
    assert [row["name"] for row in scene.list()] == ["b.log"]
    assert scene.audit() == [("upload.delete", "a.log", {"mac": MAC})]
    assert scene.sql("select count(*) from app.upload_part where tenant_id = %s", (scene.tenant_id,)) == [(1,)]


@pytest.mark.parametrize("command", ["show", "delete"])
def test_what_is_not_there_is_told(scene, command):
    beckon = scene.beckon  # noqa: F811
    other = Scene(beckon, f"{scene.tenant}-other")
    other.store("theirs.log", b"theirs")
    told = beckon.error("upload", command, *scene.place, "--name", "theirs.log")
    assert told["error"] == "not_found" and "upload list" in told["detail"]
    for bad in ("", "a/", "a b", "x" * 65, "ü"):
        assert beckon.error("upload", command, *scene.place, "--name", bad, code=2)["error"] == "usage"
    assert beckon.error("upload", command, *scene.place, code=2)["error"] == "usage"
    told = beckon.error("upload", "list", "--tenant", scene.tenant, "--mac", "0004f2000009")
    assert told["error"] == "not_found" and "device list" in told["detail"]
    assert other.list() != [] and scene.audit() == other.audit() == []


def test_a_part_that_does_not_open_shows_nothing(scene):
    upload = scene.store("a.log", b"the first part", b"the second part")
    scene.sql("update app.upload_part set content = set_byte(content, 20, get_byte(content, 20) # 1)"
              " where upload_id = %s and part_index = 2", (upload,))
    code, out, err = scene.beckon.run("upload", "show", *scene.place, "--name", "a.log")
    assert (code, out) == (1, "") and "does not open with the tenant's data key" in err
    assert scene.audit() == []


def test_after_a_change_of_the_data_key_it_still_opens(scene):
    scene.store("a.log", b"one ", b"two")
    scene.beckon.json("keys", "rotate", "--tenant", scene.tenant)
    assert scene.show("--name", "a.log") == b"one two"
