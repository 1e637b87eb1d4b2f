"""What a maker's format cannot carry is refused by the command line too, before it is stored."""

import itertools

import pytest

from cli_world import beckon, cluster, furnish  # noqa: F401

_macs = itertools.count(1)


@pytest.fixture
def tenant(beckon, request):  # noqa: F811
    name = "t" + str(abs(hash(request.node.name)))[:12]
    furnish(beckon, name)
    return name


@pytest.fixture
def of(tenant):
    return ("--tenant", tenant)


def new_mac():
    return f"0080f0{next(_macs):06x}"


def extension(beckon, of, number, name="", secret="secret"):  # noqa: F811
    beckon.json("extension", "add", *of, "--pbx", "main", number, "--display-name", name, "--secret-file", "-", stdin=secret)


def phone(beckon, of, vendor, model, *words):  # noqa: F811
    mac = new_mac()
    beckon.json("device", "add", mac, *of, "--vendor", vendor, "--model", model, *words)
    beckon.text("render", *of, "--mac", mac, "--secrets")
    return mac


def test_a_name_is_refused_where_a_phone_cannot_show_it(beckon, of):  # noqa: F811
    extension(beckon, of, "2001", 'Anna "A" Berg')
    phone(beckon, of, "poly", "VVX_450", "--line", "1=2001")
    mac = new_mac()
    error = beckon.error("device", "add", mac, *of, "--vendor", "panasonic", "--line", "2=2001", "--label", "Küche")
    assert error["error"] == "invalid"
    assert error["detail"].startswith(f'device {mac} "Küche" (Panasonic), line 2: ') and "holds a quote" in error["detail"]
    assert "Anna" not in str(error)
    assert mac not in [one["mac"] for one in beckon.json("device", "list", *of)["devices"]]


def test_a_secret_is_judged_where_there_is_a_master_key(beckon, of):  # noqa: F811
    extension(beckon, of, "2001", secret='ge"heim')
    error = beckon.error("device", "add", new_mac(), *of, "--vendor", "panasonic", "--line", "1=2001")
    assert "holds a quote" in error["detail"] and "heim" not in str(error)
    # Without one it stands sealed, and is left to whoever renders.
    beckon.json("device", "add", new_mac(), *of, "--vendor", "panasonic", "--line", "1=2001", BECKON_MASTER_KEY_FILE="")


@pytest.mark.parametrize("layer", ["tenant", "site", "profile", "device"])
def test_a_setting_is_refused_in_every_layer(beckon, of, layer):  # noqa: F811
    words = () if layer in ("tenant", "device") else (f"--{layer}", "there")
    if words:
        beckon.json("setting", "set", *of, *words, "--create", "time.format=24h")
    mac = phone(beckon, of, "mitel", "6867i", "--line", "1=1001", *words)
    where = ("--mac", mac) if layer == "device" else words
    error = beckon.error("setting", "set", *of, *where, "call.voicemail_number=*9#7")
    assert f"device {mac} (Mitel), {layer}: call.voicemail_number" in error["detail"]
    listed = beckon.json("setting", "list", *of)["settings"] + beckon.json("setting", "list", *of, "--mac", mac)["settings"]
    assert "call.voicemail_number" not in [one["key"] for one in listed]
    beckon.json("setting", "set", *of, *where, "call.voicemail_number=*97")


def test_a_template_is_judged_by_the_phones_that_use_it(beckon, of):  # noqa: F811
    macs = [phone(beckon, of, "mitel", "6867i", "--line", "1=1001") for _ in range(2)]
    beckon.json("key-template", "add", "desk", *of, "--key", "line/2=blf,value=1002,label=Room #2")
    error = beckon.error("key-template", "use", "desk", *of, "--device", macs[0], "--device", macs[1])
    told = [error["detail"], *(one["detail"] for one in error["problems"])]
    assert [any(mac in one for one in told) for mac in macs] == [True, True] and "Room #2" in told[0]
    beckon.json("key-template", "set", "desk", *of, "--key", "line/2=blf,value=1002,label=Room 2")
    beckon.json("key-template", "use", "desk", *of, "--device", macs[0])
    assert macs[0] in beckon.error("key-template", "set", "desk", *of, "--key", "line/3=blf,value=1,label=#")["detail"]
    assert len(beckon.json("key-template", "show", "desk", *of)["keys"]) == 1


def test_what_was_bad_before_keeps_nobody_from_other_changes(beckon, of):  # noqa: F811
    mac = phone(beckon, of, "mitel", "6867i", "--line", "1=1001", "--key", "line/2=speed_dial,value=1,label=x")
    beckon.database.sql("update app.device_key set label = 'Room #2' where value = '1' and label = 'x'")
    assert beckon.run("render", *of, "--mac", mac)[0] == 1
    beckon.json("setting", "set", *of, "time.format=24h")
    assert mac in beckon.error("setting", "set", *of, "call.voicemail_number=*9#7")["detail"]


def test_an_import_tells_each_line_that_cannot_be(beckon, of, tmp_path):  # noqa: F811
    extension(beckon, of, "2001", 'Anna "A" Berg')
    extension(beckon, of, "2002", "Ben", secret='ge"heim')
    path = tmp_path / "phones.csv"
    macs = [new_mac() for _ in range(5)]
    path.write_text("mac,vendor,line1,line2\n"
                    f"{macs[0]},panasonic,1001,2001\n{macs[1]},poly,2001,2002\n{macs[2]},panasonic,2002,\n"
                    f"{macs[3]},panasonic,1001,1002\n{macs[4]},yealink,2001,2002\n")
    for words in (("--dry-run",), ()):
        error = beckon.error("device", "import", path, *of, *words)
        found = [(one["line"], one["column"]) for one in error["problems"]]
        assert set(found) == {(2, "line2"), (4, "line1")} and "nothing was changed" in error["detail"]
        assert "Anna" not in str(error) and "heim" not in str(error)
        assert beckon.json("device", "list", *of)["devices"] == []
    path.write_text(f"mac,vendor,line1\n{macs[1]},poly,2001\n{macs[3]},panasonic,1001\n")
    assert beckon.json("device", "import", path, *of, "--dry-run") == {"rows": 2, "added": 0, "dry_run": True}
    assert beckon.json("device", "list", *of)["devices"] == []
    assert beckon.json("device", "import", path, *of)["added"] == 2
