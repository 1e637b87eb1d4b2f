"""A model is a row of data: one that an operator adds as a file is served, shown and bounded, without a build."""

import pathlib
import subprocess
import tempfile

import pytest

from api import Api
from stack import BIN, new_mac, parameters

_FOLDER = tempfile.TemporaryDirectory(prefix="beckon-models-")
FOLDER = pathlib.Path(_FOLDER.name)
HEADER = "name\tcodes\tline_count\tkey_count\tprogrammable_count\tmodule_count\tmodule_key_count\tnotes\n"
(FOLDER / "yealink.tsv").write_text(HEADER + "T99X\t999\t2\t3\t0\t0\t0\tnot built in\n")
(FOLDER / "README").write_text("what is no table is passed over\n")
SETTINGS = {"models_dir": str(FOLDER)}


@pytest.fixture(scope="module")
def api(own_stack):
    with Api(own_stack, {"models_dir": str(FOLDER)}) as service:
        yield service


@pytest.fixture(scope="module")
def own_stack(request, tmp_path_factory, authorities):
    from fixtures import _stack
    yield from _stack(tmp_path_factory.mktemp("models"), SETTINGS, authorities=authorities)


def test_a_phone_of_the_added_model_gets_a_file_of_its_size(own_stack):
    tenant = own_stack.tenant()
    phone = tenant.phone()
    own_stack.sql("update app.device set model = 'T99X' where mac = %s::macaddr", (phone.mac,))
    got = parameters(phone.get().body)
    assert "account.2.enable" in got and "account.3.enable" not in got
    assert "linekey.3.type" in got and "linekey.4.type" not in got
    told = own_stack.beckon("render", "--settings", own_stack.settings_path, "--tenant", tenant.name, "--mac", phone.mac)
    assert [one["name"] for one in told["files"]] == [f"{phone.mac}.boot", "y000000000999.cfg", f"{phone.mac}.cfg"]
    assert parameters(told["files"][2]["content"].encode()).keys() == got.keys()


def test_its_limits_are_those_of_the_row(own_stack, api):
    tenant = own_stack.tenant()
    client = api.admin(tenant)
    device = client.expect(201, "POST", "/v1/devices", {"mac": new_mac(), "vendor": "yealink", "model": "t99x"}).json
    assert device["model"] == "T99X"
    path = f"/v1/devices/{device['id']}/keys/line"
    key = {"kind": "speed_dial", "line": 1, "value": "1"}
    client.expect(201, "PUT", f"{path}/3", key)
    assert "T99X has 3 line keys" in str(client.expect(422, "PUT", f"{path}/4", key).json)
    done = own_stack.beckon_run("device", "add", "--settings", own_stack.settings_path, "--tenant", tenant.name,
                                new_mac(), "--vendor", "yealink", "--model", "T99X", "--key", "line/4=blf,value=1")
    assert done.returncode == 1 and "T99X has 3 line keys" in done.stderr


@pytest.mark.parametrize("name, text, says", [
    ("yealink.tsv", HEADER + "T99X\t999\tmany\t3\t0\t0\t0\t\n", "yealink.tsv:2: line_count: want a number from 0 to 16"),
    ("yealink.tsv", HEADER + "T99X\t999\t2\n", "yealink.tsv:2: too few columns"),
    ("yealink.tsv", "name\n", "yealink.tsv:1: column is missing: codes"),
    ("nobody.tsv", HEADER, "nobody.tsv: no maker of ours has this name"),
])
@pytest.mark.parametrize("program", ["beckon-config", "beckon-api", "beckon"])
def test_a_broken_table_names_file_line_and_rule(own_stack, api, tmp_path, program, name, text, says):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / name).write_text(text)
    if program == "beckon":
        own = tmp_path / "beckon.conf"
        own.write_text(f"models_dir = {folder}\n")
        command = [BIN / "beckon", "identify", "--settings", own, "--path", "/805ec0000001.cfg"]
    else:
        base = own_stack.settings_path if program == "beckon-config" else api.settings
        lines = [line for line in base.read_text().splitlines() if not line.startswith("models_dir ")]
        own = tmp_path / "own.conf"
        own.write_text("\n".join([*lines, f"models_dir = {folder}"]) + "\n")
        command = [BIN / program, "--settings", own, "--check-config"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert says in done.stderr + done.stdout
