"""beckon device import: all rows or none, and every mistake with its place."""

import pytest

from cli_world import beckon, cluster, furnish  # noqa: F401


@pytest.fixture
def tenant(beckon, request):  # noqa: F811
    name = "t" + str(abs(hash(request.node.name)))[:12]
    furnish(beckon, name)
    return name


def run(beckon, tenant, text, tmp_path, *words):  # noqa: F811
    path = tmp_path / "phones.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ("device", "import", path, "--tenant", tenant, *words)


def devices(beckon, tenant):  # noqa: F811
    return beckon.json("device", "list", "--tenant", tenant)["devices"]


def test_rows_become_phones(beckon, tenant, tmp_path):  # noqa: F811
    beckon.json("setting", "set", "--tenant", tenant, "--site", "bonn", "--create", "time.zone=Europe/Berlin")
    text = ("\ufeffmac,vendor,model,label,serial,site,line1,line2\r\n"
            "80:5e:c0:00:00:01,yealink,t54w,\"Küche, \"\"EG\"\"\",S1,bonn,1001,1002@main\r\n"
            "805EC0000002,yealink,T53,,,,,1001\r\n")
    dry = beckon.json(*run(beckon, tenant, text, tmp_path, "--dry-run"))
    assert dry == {"rows": 2, "added": 0, "dry_run": True} and devices(beckon, tenant) == []
    assert beckon.json(*run(beckon, tenant, text, tmp_path))["added"] == 2
    one, two = devices(beckon, tenant)
    assert one["label"] == 'Küche, "EG"' and one["model"] == "T54W" and one["site"] == "bonn"
    assert one["lines"] == ["1001", "1002"] and two["lines"] == ["1001"] and two["mac"] == "805ec0000002"
    shown = beckon.json("device", "show", "--tenant", tenant, "805ec0000002")
    assert [line["index"] for line in shown["lines"]] == [2] and shown["serial"] == ""


def test_standard_input_and_one_maker_for_all(beckon, tenant):  # noqa: F811
    done = beckon.json("device", "import", "-", "--tenant", tenant, "--vendor", "yealink",
                       stdin="mac\n805ec0000011\n805ec0000012\n")
    assert done["added"] == 2


def test_every_mistake_is_told_at_once_and_nothing_is_changed(beckon, tenant, tmp_path):  # noqa: F811
    beckon.json("device", "add", "--tenant", tenant, "805ec0000021", "--vendor", "yealink")
    text = ("mac,vendor,label,line1,site\n"
            "805ec0000021,yealink,taken,1001,\n"
            "805ec000002,yealink,short,,\n"
            "805ec0000023,nokia,maker,,\n"
            "805ec0000024,yealink,line,4711,\n"
            "805ec0000025,yealink,site,,atlantis\n"
            "805ec0000025,yealink,twin,,\n"
            "805ec0000026,yealink,fields\n"
            "805ec0000027,yealink,\"two\nlines\",,\n"
            "805ec0000028,yealink,good,1002,\n")
    error = beckon.error(*run(beckon, tenant, text, tmp_path))
    found = [(problem["line"], problem.get("column")) for problem in error["problems"]]
    assert found == [(2, "mac"), (3, "mac"), (4, "vendor"), (5, "line1"), (6, "site"), (7, "mac"), (8, None),
                     (9, "label")]
    assert "8 errors in 9 rows" in error["detail"] and "nothing was changed" in error["detail"]
    assert len(devices(beckon, tenant)) == 1
    code, _, text_errors = beckon.run(*run(beckon, tenant, text, tmp_path))
    assert code == 1 and "line 5, column line1" in text_errors


def test_an_ambiguous_number_wants_its_pbx(beckon, tenant, tmp_path):  # noqa: F811
    beckon.json("pbx", "add", "--tenant", tenant, "second", "--domain", "two.example")
    beckon.json("extension", "add", "--tenant", tenant, "--pbx", "second", "1001")
    head = "mac,vendor,line1\n805ec0000031,yealink,"
    error = beckon.error(*run(beckon, tenant, head + "1001\n", tmp_path))
    assert "NUMBER@PBX" in error["problems"][0]["detail"]
    assert beckon.json(*run(beckon, tenant, head + "1001@second\n", tmp_path))["added"] == 1
    assert beckon.json("device", "show", "--tenant", tenant, "805ec0000031")["lines"][0]["pbx"] == "second"


def test_only_the_first_twenty_are_shown(beckon, tenant, tmp_path):  # noqa: F811
    text = "mac,vendor\n" + "".join(f"bad{i},yealink\n" for i in range(30))
    error = beckon.error(*run(beckon, tenant, text, tmp_path))
    assert len(error["problems"]) == 20 and "30 errors" in error["detail"] and "first 20" in error["detail"]


@pytest.mark.parametrize("text, named", [
    (b"", "empty"),
    (b"mac,vendor,colour\n", "colour"),
    (b"mac,mac,vendor\n", "twice"),
    (b"vendor\nyealink\n", "mac is missing"),
    (b"mac\n805ec0000041\n", "vendor is missing"),
    (b'mac,vendor\n805ec0000041,"yealink\n', "line 2, column 2"),
    (b"mac,vendor\n805ec0000041,yea\xfflink\n", "UTF-8"),
    (b"mac,vendor\n" + b"x" * (1024 * 1024 + 1) + b",yealink\n", "line 2, column 1: the record is longer"),
    (b"mac,vendor\n" + b"\n" * 100001, "more than 100000 rows"),
])
def test_files_that_cannot_be_read(beckon, tenant, tmp_path, text, named):  # noqa: F811
    assert named in beckon.error(*run(beckon, tenant, text, tmp_path))["detail"]


def test_several_batches_in_one_transaction(beckon, tenant, tmp_path):  # noqa: F811
    text = "mac,vendor,line1\n" + "".join(f"805ec1{i:06x},yealink,1001\n" for i in range(1201))
    bad = text + "805ec1000000,yealink,1001\n"
    assert "line 2" in beckon.error(*run(beckon, tenant, bad, tmp_path))["problems"][0]["detail"]
    assert devices(beckon, tenant) == []
    assert beckon.json(*run(beckon, tenant, text, tmp_path))["added"] == 1201
    found = devices(beckon, tenant)
    assert len(found) == 1201 and all(device["lines"] == ["1001"] for device in found)
