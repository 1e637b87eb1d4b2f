"""beckon key-template and key-rule: keys that phones share or that follow people, and models that have too few."""

import json

import pytest

from cli_world import beckon, cluster, furnish  # noqa: F401


@pytest.fixture
def tenant(beckon, request):  # noqa: F811
    name = "t" + str(abs(hash(request.node.name)))[:12]
    furnish(beckon, name)
    return name


def keys_of(beckon, tenant, mac):  # noqa: F811
    """What a fetch would be given: {(panel, module, slot): (kind, value)}."""
    parts = beckon.database.sql(
        "select c.parts from app.device as d join app.tenant as t using (tenant_id),"
        "       app.phone_config(d.tenant_id, d.device_id) as c"
        " where t.name = %s and d.mac = %s::macaddr", (tenant, mac))[0][0]
    return {(one["panel"], one["module"], one["slot"]): (one["kind"], one["value"])
            for one in json.loads("{" + parts + "}")["keys"]}


def test_a_template_is_made_used_changed_and_deleted(beckon, tenant):  # noqa: F811
    of = ("--tenant", tenant)
    assert beckon.json("key-template", "add", "desk", *of, "--key", "line/2=blf,line=1,value=1002,label=Änne",
                       "--key", "line/3=voicemail") == {"name": "desk", "keys": 2}
    beckon.json("setting", "set", *of, "--profile", "office", "--create", "ui.language=de")
    beckon.json("device", "add", "805ec0000001", *of, "--vendor", "yealink", "--model", "T54W",
                "--key-template", "desk")
    beckon.json("device", "add", "805ec0000002", *of, "--vendor", "yealink", "--model", "T54W",
                "--profile", "office", "--key", "line/3=none")
    assert keys_of(beckon, tenant, "805ec0000001") == {
        ("line", 0, 2): ("blf", "1002"), ("line", 0, 3): ("voicemail", "")}
    assert beckon.json("key-template", "use", "desk", *of, "--profile", "office") == {
        "name": "desk", "devices": 0, "profiles": 1}
    assert keys_of(beckon, tenant, "805ec0000002") == {("line", 0, 2): ("blf", "1002"), ("line", 0, 3): ("none", "")}
    for mac in ("805ec0000001", "805ec0000002"):
        assert beckon.json("device", "show", mac, *of)["key_template"] == "desk"
    assert beckon.json("key-template", "set", "desk", *of, "--key", "module.1/1=park,value=*85",
                       "--clear", "line/2") == {"name": "desk", "keys": 1, "cleared": 1}
    assert keys_of(beckon, tenant, "805ec0000001") == {
        ("line", 0, 3): ("voicemail", ""), ("module", 1, 1): ("park", "*85")}
    assert [one["kind"] for one in beckon.json("key-template", "show", "desk", *of)["keys"]] == ["voicemail", "park"]
    listed = beckon.json("key-template", "list", *of)["key_templates"]
    assert [(one["name"], one["keys"], one["devices"], one["profiles"]) for one in listed] == [("desk", 2, 1, 1)]
    assert "use this template" in beckon.error("key-template", "delete", "desk", *of)["detail"]
    beckon.json("key-template", "use", "--none", *of, "--device", "805ec0000001", "--profile", "office")
    assert keys_of(beckon, tenant, "805ec0000001") == {}
    beckon.json("key-template", "delete", "desk", *of)
    assert beckon.json("key-template", "list", *of)["key_templates"] == []
    actions = [row[0] for row in beckon.database.sql(
        "select a.action from app.audit as a join app.tenant as t using (tenant_id)"
        " where t.name = %s and a.action like 'key_template%%' order by a.seq", (tenant,))]
    assert actions == ["key_template.add", "key_template.use", "key_template.keys", "key_template.use",
                       "key_template.delete"]


def test_no_model_is_given_more_than_it_has(beckon, tenant):  # noqa: F811
    of = ("--tenant", tenant)
    small = ("--vendor", "yealink", "--model", "T21P_E2")
    told = beckon.error("device", "add", "805ec0000001", *of, *small, "--line", "3=1001")
    assert "T21P_E2 has 2 lines, no line 3" in told["detail"]
    told = beckon.error("device", "add", "805ec0000001", *of, *small, "--key", "line/3=blf")
    assert "T21P_E2 has 2 line keys, no line key 3" in told["detail"]
    told = beckon.error("device", "add", "805ec0000001", *of, "--vendor", "yealink", "--key", "line/200=blf")
    assert "the largest yealink has" in told["detail"]
    beckon.json("key-template", "add", "desk", *of, "--key", "line/3=blf")
    told = beckon.error("device", "add", "805ec0000001", *of, *small, "--key-template", "desk")
    assert "T21P_E2 has 2 line keys" in told["detail"]
    beckon.json("device", "add", "805ec0000001", *of, *small)
    for words in (("use", "desk", "--device", "805ec0000001"),):
        told = beckon.error("key-template", *words, *of)
        assert "device 805ec0000001: T21P_E2 has 2 line keys, no line key 3" in told["detail"]
    beckon.json("key-template", "add", "two", *of, "--key", "line/2=blf")
    beckon.json("key-template", "use", "two", *of, "--device", "805ec0000001")
    told = beckon.error("key-template", "set", "two", *of, "--key", "line/3=blf")
    assert "T21P_E2 has 2 line keys, no line key 3" in told["detail"]
    beckon.json("setting", "set", *of, "--profile", "office", "--create", "ui.language=de")
    beckon.json("key-template", "use", "desk", *of, "--profile", "office")
    rows = ("mac,vendor,model,profile,line3\n805ec0000011,yealink,T21P_E2,,1001\n")
    told = beckon.error("device", "import", "-", *of, stdin=rows)
    assert [(one["line"], one["column"]) for one in told["problems"]] == [(2, "line3")]
    assert "T21P_E2 has 2 lines, no line 3" in told["problems"][0]["detail"]
    rows = ("mac,vendor,model,profile\n805ec0000011,yealink,T21P_E2,office\n")
    told = beckon.error("device", "import", "-", *of, stdin=rows)
    assert "device 805ec0000011: T21P_E2 has 2 line keys, no line key 3" in told["detail"]
    assert len(beckon.json("device", "list", *of)["devices"]) == 1


def test_what_is_not_there_or_wrong_is_named(beckon, tenant):  # noqa: F811
    of = ("--tenant", tenant)
    beckon.json("key-template", "add", "desk", *of)
    for words, says in (
        (("set", "nothing", "--key", "line/1=dnd"), "no key template"),
        (("set", "desk", "--clear", "line/1"), "no key on line/1"),
        (("set", "desk", "--clear", "side/1"), "--clear: the panel"),
        (("set", "desk", "--key", "line/1=hotline"), "no kind"),
        (("use", "desk", "--device", "805ec00000ff"), "no device"),
        (("use", "desk", "--profile", "nobody"), "no profile"),
        (("add", "desk"), "of this name already"),
        (("add", "two", "--key", "line/1=dnd", "--key", "line/1=dnd"), "same panel and slot"),
    ):
        assert says in beckon.error("key-template", *words, *of)["detail"], words
    beckon.error("key-template", "use", *of, "--device", "805ec00000ff", code=2)


def test_a_rule_is_shown_and_set(beckon, tenant):  # noqa: F811
    of = ("--tenant", tenant)
    beckon.json("site", "add", "bonn", *of)
    for number, name in (("1003", "Zoe"), ("1004", "Anna")):
        beckon.json("extension", "add", *of, "--pbx", "main", number, "--display-name", name, "--secret-file", "-",
                    stdin="secret\n")
    for mac, number in (("805ec0000001", "1001"), ("805ec0000002", "1003"), ("805ec0000003", "1004")):
        beckon.json("device", "add", mac, *of, "--vendor", "yealink", "--model", "T21P_E2", "--site", "bonn",
                    "--line", f"1={number}")
    shown = beckon.json("key-rule", "preview", *of, "--device", "805ec0000001", "line/1+1=blf")
    assert shown == {"people": 2, "left_out": 1, "keys": [
        {"panel": "line", "module": 0, "slot": 1, "kind": "blf", "line": 1, "value": "1004", "label": "Anna",
         "extension": ""}]}
    assert keys_of(beckon, tenant, "805ec0000001") == {}
    assert beckon.json("key-rule", "set", *of, "--device", "805ec0000001", "line/1+2=blf") == {
        "of": "805ec0000001", "rules": 1}
    assert keys_of(beckon, tenant, "805ec0000001") == {("line", 0, 1): ("blf", "1004"), ("line", 0, 2): ("blf", "1003")}
    beckon.json("key-template", "add", "desk", *of)
    beckon.json("key-rule", "set", *of, "--template", "desk", "line/2+1=speed_dial,site=bonn,line=1",
                "programmable/1+1=blf,everyone")
    beckon.json("key-template", "use", "desk", *of, "--device", "805ec0000002")
    assert keys_of(beckon, tenant, "805ec0000002") == {
        ("line", 0, 2): ("speed_dial", "1001"), ("programmable", 0, 1): ("blf", "1001")}
    listed = beckon.json("key-rule", "list", *of, "--template", "desk")["rules"]
    assert [(one["slot"], one["count"], one["source"], one["site"]) for one in listed] == [
        (2, 1, "site", "bonn"), (1, 1, "tenant", None)]
    assert beckon.json("key-rule", "set", *of, "--device", "805ec0000001")["rules"] == 0
    assert keys_of(beckon, tenant, "805ec0000001") == {}
    for words, says in (
        (("preview", "--device", "805ec0000001", "line/2+2=blf"), "T21P_E2 has 2 line keys, no line key 3"),
        (("set", "--device", "805ec0000001", "line/2+2=blf"), "T21P_E2 has 2 line keys, no line key 3"),
        (("set", "--template", "desk", "line/2+2=blf"), "T21P_E2 has 2 line keys, no line key 3"),
        (("set", "--device", "805ec0000001", "line/1+2=blf", "line/2+1=blf"), "keys in common"),
        (("set", "--device", "805ec0000001", "line/1+2=blf,site=atlantis"), "no site"),
        (("set", "--device", "805ec00000ff", "line/1+2=blf"), "no device"),
        (("set", "--template", "nothing", "line/1+2=blf"), "no key template"),
        (("set", "--device", "805ec0000001", "line/1=blf"), "PANEL/SLOT+COUNT=KIND"),
    ):
        assert says in beckon.error("key-rule", *words, *of)["detail"], words
    beckon.error("key-rule", "set", *of, "line/1+2=blf", code=2)
