"""Everything an operator adds, the rules its values meet, and what other tenants see of it: nothing."""

import hashlib
import json
import re
from xml.etree import ElementTree

import pytest

from cli_world import Beckon, beckon, cluster, furnish  # noqa: F401

COMMANDS = (
    "migrate", "check", "keys new", "keys jwt", "keys rotate", "user add", "user list", "user password",
    "user disable", "user enable", "tenant add", "tenant list", "pbx add", "pbx control", "pbx list", "extension add",
    "extension list", "device add", "device import", "device list", "device show", "setting set",
    "setting list", "trust-root import", "trust-root list", "visits", "upload list", "upload show", "upload delete", "render", "explain", "identify",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_a_database(tmp_path, command):
    out = Beckon(tmp_path).text(*command.split(), "--help")
    for word in (f"Usage: beckon {command}", "Options:", "--json", "Example:", "Exit codes:"):
        assert word in out
    assert command in Beckon(tmp_path).text("--help")


@pytest.mark.parametrize("words", [(), ("devise", "add"), ("device",), ("device", "add"),
                                   ("tenant", "list", "--nope"), ("visits",)])
def test_wrong_usage_is_exit_code_2(tmp_path, words):
    assert Beckon(tmp_path).run(*words)[0] == 2


def test_without_a_database_the_setting_is_named(tmp_path):
    assert "BECKON_PG" in Beckon(tmp_path).error("tenant", "list")["detail"]
    error = Beckon(tmp_path, "host=/nowhere").error("tenant", "list")
    assert error["error"] == "down"


def test_a_servers_settings_file_will_do(beckon, tmp_path):  # noqa: F811
    path = tmp_path / "beckon-config.conf"
    path.write_text(f"pg = {beckon.dsn}\nworkers = 3\nlistener.phones.address = :8443\n")
    names = Beckon(tmp_path).json("tenant", "list", "--settings", path)
    assert "acme" in [tenant["name"] for tenant in names["tenants"]]


def test_a_master_key_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "new.key"
    beckon = Beckon(tmp_path)  # noqa: F811
    beckon.text("keys", "new", path)
    text = path.read_text()
    assert re.fullmatch(r"[0-9a-f]{64}\n", text) and path.stat().st_mode & 0o777 == 0o600
    assert beckon.error("keys", "new", path)["error"] == "exists"
    assert path.read_text() == text


def test_a_tenant_gets_a_readable_key_of_its_own(beckon):  # noqa: F811
    one, other = beckon.json("tenant", "add", "one"), beckon.json("tenant", "add", "other")
    for added in (one, other):
        assert re.fullmatch(r"[a-hj-km-np-z2-9]{12}", added["key"])
        assert added["url"].endswith("/" + added["key"])
    assert one["key"] != other["key"] and one["tenant_id"] != other["tenant_id"]
    twin = beckon.error("tenant", "add", "one")
    assert twin["error"] == "exists" and "tenant one" in twin["detail"]
    assert "in use" in beckon.error("tenant", "add", "third", "--key", one["key"])["detail"]
    assert "a-z" in beckon.error("tenant", "add", "No Name")["detail"]


def test_secrets_are_sealed_and_stay_inside(beckon):  # noqa: F811
    row = beckon.database.sql("select secret from app.extension where number = '1001' limit 1")[0][0]
    assert b"secret-acme-1001" not in bytes(row)
    out = beckon.text("extension", "list", "--tenant", "acme") + beckon.text(
        "device", "list", "--tenant", "acme")
    assert "secret-acme" not in out
    payloads = "".join(row[0] for row in beckon.database.sql("select payload from app.audit"))
    assert "secret-acme" not in payloads


def test_a_made_secret_is_shown_on_request_only(beckon):  # noqa: F811
    words = ("extension", "add", "--tenant", "acme", "--pbx", "main")
    shown = beckon.json(*words, "2001", "--show-secret")
    assert re.fullmatch(r"[A-Za-z0-9]{24}", shown["secret"]) and shown["secret_made"]
    assert "secret" not in beckon.json(*words, "2002")
    assert "2001" in beckon.error(*words, "2001")["detail"]


@pytest.mark.parametrize("words, named", [
    (("pbx", "add", "p", "--domain", "bad domain"), "--domain"),
    (("pbx", "add", "p", "--domain", "x.example", "--proxy", "a", "--proxy", "b", "--proxy", "c"), "at most 2"),
    (("pbx", "add", "p", "--domain", "x.example\naccount.1.enable = 0"), "--domain"),
    (("extension", "add", "3001", "--pbx", "nowhere"), "nowhere"),
    (("extension", "add", "3001", "--pbx", "main", "--display-name", "a\nb"), "--display-name"),
    (("extension", "add", "30<1", "--pbx", "main"), "30<1"),
    (("device", "add", "80:5e:c0", "--vendor", "yealink"), "MAC"),
    (("device", "add", "805ec0ff0001", "--vendor", "acme-phones"), "acme-phones"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--line", "1=4711"), "4711"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--line", "17=1001"), "INDEX"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--line", "1=1001", "--line", "1=1002"),
     "same INDEX"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--label", "x\u2028y"), "--label"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--key", "line/1=nonsense"), "nonsense"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--setting", "time.zone=Mars/Base"),
     "time.zone"),
    (("device", "add", "805ec0ff0001", "--vendor", "yealink", "--site", "atlantis"), "atlantis"),
    (("device", "show", "805ec0ff0001"), "805ec0ff0001"),
    (("setting", "set", "no.such=1"), "no.such"),
    (("setting", "set", "ui.ring_volume=16"), "ui.ring_volume"),
    (("setting", "set", "raw:yealink:account.1.password=x"), "account.1.password"),
    (("setting", "set", "raw:yealink:features.x=a\nb"), "features.x"),
    (("setting", "set", "security.admin_secret=visible1"), "command line"),
])
def test_refusals_name_what_is_wrong_and_change_nothing(beckon, words, named):  # noqa: F811
    before = beckon.database.sql("select (select count(*) from app.device),"
                                 " (select count(*) from app.pbx), (select count(*) from app.audit)")
    error = beckon.error(*words, "--tenant", "acme")
    assert named in error["detail"]
    assert beckon.database.sql("select (select count(*) from app.device),"
                               " (select count(*) from app.pbx), (select count(*) from app.audit)") == before


def test_a_phone_with_everything(beckon):  # noqa: F811
    beckon.json("setting", "set", "--tenant", "acme", "--site", "bonn", "--create",
                "time.zone=Europe/Berlin")
    added = beckon.json(
        "device", "add", "--tenant", "acme", "80:5E:C0:00:10:01", "--vendor", "yealink", "--model", "t54w",
        "--label", "Empfang", "--site", "bonn", "--line", "1=1001", "--line", "2=1002@main",
        "--key", "line/2=blf,line=1,value=1002,label=Anna\\, Berta", "--setting", "call.waiting=no",
        "--setting", "raw:yealink:features.dnd.enable=0",
    )
    assert added["mac"] == "805ec0001001" and added["model"] == "T54W" and added["lines"] == 2
    shown = beckon.json("device", "show", "--tenant", "acme", "805ec0001001")
    assert shown["state"] == "claimed" and shown["is_pending"] and shown["revision_held"] is None
    assert [line["number"] for line in shown["lines"]] == ["1001", "1002"]
    assert shown["keys"][0]["label"] == "Anna, Berta"
    layers = {row["key"]: row for row in shown["settings"]}
    assert layers["time.zone"]["layer"] == "site" and layers["call.waiting"]["value"] is False
    assert layers["raw:yealink:features.dnd.enable"]["value"] == "0"
    out = beckon.text("device", "show", "--tenant", "acme", "805ec0001001")
    assert "Empfang" in out and "Anna, Berta" in out
    actions = [row[0] for row in beckon.database.sql(
        "select action from app.audit where object_id = '805ec0001001'")]
    assert actions == ["device.add"]


def test_locks_hold_against_higher_layers(beckon):  # noqa: F811
    beckon.json("tenant", "add", "locks")
    beckon.json("device", "add", "--tenant", "locks", "805ec0002001", "--vendor", "yealink")
    beckon.json("setting", "set", "--tenant", "locks", "time.format=24h", "--lock")
    error = beckon.error("setting", "set", "--tenant", "locks", "--mac", "805ec0002001", "time.format=12h")
    assert error["error"] == "denied" and "tenant layer" in error["detail"]
    beckon.json("setting", "set", "--tenant", "locks", "time.format=")
    beckon.json("setting", "set", "--tenant", "locks", "--mac", "805ec0002001", "time.format=12h")
    rows = beckon.json("setting", "list", "--tenant", "locks", "--mac", "805ec0002001")["settings"]
    assert [(row["value"], row["is_effective"]) for row in rows] == [("12h", True)]


def test_setting_keys_are_listed_without_a_database(tmp_path):
    keys = {row["key"]: row for row in Beckon(tmp_path).json("setting", "list", "--keys")["keys"]}
    assert keys["time.zone"]["type"] == "text" and "60 to 86400" in keys["sip.register_expires_s"]["range"]
    assert keys["sip.register_expires_s"]["unit"] == "seconds" and keys["rtp.port_min"]["unit"] == ""
    assert keys["time.zone"]["default"] == "factory" and keys["security.admin_secret"]["default"] == "kept"
    assert keys["sip.local_port"]["makers"]["yealink"] == ["sip.listen_port"]
    assert keys["audio.dtmf_mode"]["makers"]["yealink"] == ["account.1.dtmf.type"]
    assert "yealink" not in keys["ui.ring_volume"]["makers"]


def test_the_page_of_settings_has_every_setting_and_maker(tmp_path):
    page = Beckon(tmp_path).text("setting", "list", "--markdown")
    keys = Beckon(tmp_path).json("setting", "list", "--keys")["keys"]
    for row in keys:
        assert f"\n| `{row['key']}` | {row['type']} | {row['range']} | {row['unit']} | {row['default']} | " in page
    assert "| `sip.local_port` | `sip.listen_port` |\n" in page.split("\n### Yealink\n")[1]
    assert "\nNot supported: `ui.ring_volume`" in page.split("\n### Yealink\n")[1]
    assert "`P57` … `P62`" in page.split("\n### Grandstream\n")[1]


def test_a_change_raises_the_revision(beckon):  # noqa: F811
    beckon.json("device", "add", "--tenant", "acme", "805ec0003001", "--vendor", "yealink")
    show = ("device", "show", "--tenant", "acme", "805ec0003001")
    before = beckon.json(*show)["revision"]
    beckon.json("setting", "set", "--tenant", "acme", "--mac", "805ec0003001", "call.waiting=yes")
    assert beckon.json(*show)["revision"] == before + 1


def test_a_change_of_more_than_a_thousand_devices_reaches_them_all(beckon):  # noqa: F811
    beckon.json("tenant", "add", "many")
    beckon.database.sql(
        "insert into app.device (tenant_id, mac, vendor) select tenant_id,"
        "  ('0015' || lpad(to_hex(n), 8, '0'))::macaddr, 'yealink' from app.tenant, generate_series(1, 1001) as n"
        " where name = 'many'")

    def raised_to(revision):
        return beckon.database.sql(
            "select count(*) from app.device join app.tenant using (tenant_id)"
            " where name = 'many' and revision = %s", (revision,))[0][0]

    beckon.json("setting", "set", "--tenant", "many", "time.format=24h")
    assert raised_to(2) == 1001
    # By another hand, nobody has raised them yet: maintain does.
    beckon.database.sql("update app.tenant set settings = '{}' where name = 'many'")
    assert raised_to(2) == 1001
    for expected in (1001, 0):
        done = {row["what"]: row["done_count"] for row in beckon.json("maintain")["done"]}
        assert done["devices raised"] == expected
    assert raised_to(3) == 1001


def test_two_tenants_see_nothing_of_each_other(beckon):  # noqa: F811
    furnish(beckon, "left")
    furnish(beckon, "right")
    beckon.json("device", "add", "--tenant", "left", "805ec0004001", "--vendor", "yealink",
                "--line", "1=1001", "--label", "left phone")
    for words in (("device", "list"), ("extension", "list"), ("pbx", "list"), ("visits",),
                  ("setting", "list"), ("trust-root", "list")):
        assert "805ec0004001" not in json.dumps(beckon.json(*words, "--tenant", "right"))
    for words in (("device", "show", "805ec0004001"), ("render", "--mac", "805ec0004001"),
                  ("setting", "set", "--mac", "805ec0004001", "call.waiting=no")):
        assert beckon.error(*words, "--tenant", "right")["error"] == "not_found"
    # The same MAC may be claimed twice; the phone decides by its first fetch.
    beckon.json("device", "add", "--tenant", "right", "805ec0004001", "--vendor", "yealink")
    assert beckon.json("device", "list", "--tenant", "left")["devices"][0]["label"] == "left phone"
    assert "no tenant" in beckon.error("device", "list", "--tenant", "nobody")["detail"]


RENDER = ("render", "--tenant", "shown", "--mac", "805ec0005001")


@pytest.fixture(scope="module")
def shown(beckon):  # noqa: F811
    furnish(beckon, "shown")
    beckon.json("device", "add", "--tenant", "shown", "805ec0005001", "--vendor", "yealink", "--model",
                "T54W", "--line", "1=1001", "--setting", "security.admin_secret=@-", stdin="Admin-12345")
    return beckon


def test_render_shows_each_file_and_masks_secrets(shown):
    files = {file["name"]: file for file in shown.json(*RENDER)["files"]}
    assert list(files) == ["805ec0005001.boot", "y000000000096.cfg", "805ec0005001.cfg"]
    content = files["805ec0005001.cfg"]["content"]
    assert "account.1.password = ********\n" in content and "admin:********\n" in content
    for text in (json.dumps(files), shown.text(*RENDER), shown.text("device", "show", "--tenant", "shown",
                                                                    "805ec0005001")):
        assert "secret-shown" not in text and "Admin-12345" not in text
    assert "==> 805ec0005001.cfg (device" in shown.text(*RENDER)


def test_render_gives_secrets_when_asked_and_the_audit_notes_it(shown):
    count = "select count(*) from app.audit where action = 'device.reveal'"
    before = shown.database.sql(count)[0][0]
    text = shown.text(*RENDER, "--secrets", "--file", "805ec0005001.cfg")
    assert text.startswith("#!version:1.0.0.1\n")
    assert "account.1.password = secret-shown-1001\n" in text and "admin:Admin-12345\n" in text
    assert shown.database.sql(count)[0][0] == before + 1
    assert "no file" in shown.error(*RENDER, "--file", "805ec0005002.cfg")["detail"]


def test_render_of_another_maker(shown):
    shown.json("device", "add", "--tenant", "shown", "c074ad005002", "--vendor", "grandstream", "--model",
               "GRP2614", "--line", "1=1001", "--setting", "security.admin_secret=@-", stdin="Admin-12345")
    render = ("render", "--tenant", "shown", "--mac", "c074ad005002")
    files = {file["name"]: file for file in shown.json(*render)["files"]}
    assert list(files) == ["cfgc074ad005002.xml", "cfg.xml"]
    own = ElementTree.fromstring(files["cfgc074ad005002.xml"]["content"])
    assert own.findtext("mac") == "c074ad005002"
    assert own.findtext("config/P34") == own.findtext("config/P2") == "********"
    assert own.findtext("config/P35") == "1001" and own.findtext("config/P212") == "2"
    common = ElementTree.fromstring(files["cfg.xml"]["content"])
    assert [one.tag for one in common.iter()][2:] == ["P237", "P212", "P1360", "P1361"]
    text = shown.text(*render, "--secrets", "--file", "cfgc074ad005002.xml")
    assert "<P34>secret-shown-1001</P34>\n" in text and "<P2>Admin-12345</P2>\n" in text
    assert "no file" in shown.error(*render, "--file", "cfgc074ad005002.bin")["detail"]


def test_explain_names_the_layer_of_each_parameter(shown):
    shown.json("device", "add", "--tenant", "shown", "805ec0005003", "--vendor", "yealink", "--model", "T54W",
               "--line", "1=1001", "--key", "line/1=blf,value=1002", "--key", "line/2=pickup,value=1003",
               "--setting", "ui.ring_volume=7", "--setting", "call.waiting=no")
    explain = ("explain", "--tenant", "shown", "--mac", "805ec0005003")
    told = shown.json(*explain)
    own = {row["name"]: row for row in told["parameters"] if row["file"] == "805ec0005003.cfg"}
    wanted = {
        "call_waiting.enable": ("0", "device: call.waiting"),
        "local_time.ntp_server1": ("", "default: time.ntp_servers"),
        "account.1.user_name": ("1001", "line 1"),
        "account.2.enable": ("0", "line 2"),
        "linekey.1.value": ("1002", "key line, 1"),
        "sip.notify_reboot_enable": ("0", "driver"),
    }
    assert {name: (own[name]["value"], own[name]["from"]) for name in wanted} == wanted
    assert own["account.1.password"]["value"].startswith("********-")
    assert own["static.security.user_password"]["state"] == "kept"
    # Nothing is dropped in silence: a setting without a parameter, a key without a word at another maker.
    shown.json("device", "add", "--tenant", "shown", "0004f2005003", "--vendor", "poly", "--model", "VVX_450",
               "--line", "1=1001", "--key", "line/2=dtmf,value=1003")
    poly = shown.json("explain", "--tenant", "shown", "--mac", "0004f2005003")["parameters"]
    assert [row for row in poly if row.get("state") == "unsupported"] == [
        {"file": "phone0004f2005003.cfg", "name": "dtmf", "value": "", "from": "key line, 2", "state": "unsupported"}]
    assert told["unsupported"] == ["ui.ring_volume"]
    assert "ui.ring_volume is set, and Yealink has no parameter for it" in shown.text(*explain)
    assert "default:" not in shown.text(*explain, "--set")
    assert "secret-shown" not in shown.text(*explain)
    assert "no device" in shown.error("explain", "--tenant", "shown", "--mac", "805ec0005999")["detail"]


def test_render_reads_what_the_service_reads(shown):
    """store_phone.c against bk.device_fetch: the same layers and keys, a template's and one maker's raw too."""
    tenant, key = shown.database.sql(
        "select k.tenant_id, k.tenant_key from app.tenant_key as k join app.tenant using (tenant_id)"
        " where name = 'shown'")[0]
    shown.database.sql(
        "with t as (insert into app.key_template (tenant_id, name) values (%s, 'reception')"
        "           returning key_template_id),"
        " k as (insert into app.key_template_key (tenant_id, key_template_id, panel, slot, kind, value)"
        "       select %s, key_template_id, 'line', 5, 'blf', '1005' from t)"
        " update app.device set key_template_id = (select key_template_id from t), raw ="
        "   '{\"yealink\": {\"features.x\": \"1\"}, \"poly\": {\"y\": \"2\"}}' where tenant_id = %s",
        (tenant, tenant, tenant))
    shown.json("setting", "set", "--tenant", "shown", "--site", "köln", "--create", "time.zone=Europe/Berlin")
    shown.database.sql("update app.device set site_id = (select site_id from app.site where tenant_id = %s)"
                       " where tenant_id = %s", (tenant, tenant))
    der = b"\x30" + bytes(99)
    root = shown.database.sql(
        "insert into app.trust_root (tenant_id, name, maker, rules, certificate, not_after)"
        " values (%s, 'r', 'yealink', '{yealink-cn}', %s, now() + interval '1 year') returning root_id",
        (tenant, der))[0][0]
    fetched = shown.database.sql(
        "select verdict, config from bk.device_fetch(%s, '805ec0005001', '805ec0005001', 'yealink', %s, %s,"
        " 'device')", (key, [root], hashlib.sha256(der).digest()))
    assert fetched[0][0] == "serve"
    ours = shown.json(*RENDER, "--secrets", "--file", "805ec0005001.cfg")["files"][0]["content"]
    service = json.loads(fetched[0][1])
    assert "linekey.5.value = 1005" in ours and "features.x = 1" in ours and "\ny = " not in ours
    assert [layer["layer"] for layer in service["layers"]] == ["operator", "tenant", "site", "device"]
    assert {key["slot"] for key in service["keys"]} == {5}


def test_another_master_key_opens_nothing(shown, tmp_path):
    other = tmp_path / "other.key"
    shown.text("keys", "new", other)
    error = shown.error(*RENDER, BECKON_MASTER_KEY_FILE=str(other))
    assert error["error"] == "crypto" and "shown" in error["detail"]
    other.chmod(0o644)
    assert str(other) in shown.error(*RENDER, BECKON_MASTER_KEY_FILE=str(other))["detail"]


def test_visits_tell_the_reason_in_words(beckon):  # noqa: F811
    tenant = furnish(beckon, "visited")["tenant_id"]
    for second, status, reason in ((1, 200, None), (2, 404, "unknown_device")):
        beckon.database.sql(
            "insert into app.visit (tenant_id, at, mac, source, listener, kind, path, status, reason,"
            " user_agent) values (%s, now() + %s * interval '1 second', '805ec0006001', '192.0.2.7',"
            " 'phones', 'device', '805ec0006001.cfg', %s, %s, E'evil\\x1b[2J')",
            (tenant, second, status, reason))
    visits = beckon.json("visits", "--tenant", "visited")["visits"]
    assert [visit["status"] for visit in visits] == [404, 200]
    assert visits[0]["reason_text"] == "the tenant has no device with this MAC"
    assert visits[0]["mac"] == "805ec0006001" and visits[0]["source"] == "192.0.2.7"
    assert len(beckon.json("visits", "--tenant", "visited", "--refused")["visits"]) == 1
    assert len(beckon.json("visits", "--tenant", "visited", "--mac", "805ec0006001", "--limit", "1")["visits"]) == 1
    assert beckon.json("visits", "--tenant", "visited", "--mac", "805ec0006002")["visits"] == []
    assert "\x1b" not in beckon.text("visits", "--tenant", "visited")
    beckon.database.sql(
        "insert into app.stranger (minute, source, listener, reason, claimed, seen_count)"
        " values (date_trunc('minute', now()), '198.51.100.3', 'phones', 'no_identity', 'CN=x', 3)")
    assert beckon.json("visits", "--strangers")["strangers"][0]["seen_count"] == 3


def test_a_pbx_is_given_its_control_side_and_keeps_what_is_not_said(beckon):  # noqa: F811
    beckon.json("pbx", "add", "--tenant", "acme", "controlled", "--domain", "c.example")
    words = ("pbx", "control", "--tenant", "acme", "controlled", "--address", "sbc.c.example:5061")
    answer = beckon.json(*words, "--username", "beckon", "--secret-file", "-", "--rate", "7.5",
                         "--option", "transport=tls", stdin="hunter2-hunter2")
    assert answer["options"] == {"transport": "tls"} and "hunter2" not in json.dumps(answer)

    def row():
        return beckon.database.sql("select address, username, octet_length(secret), options, rate_per_s::text, in_flight_max,"
                                   " is_enabled from app.pbx_control join app.pbx using (tenant_id, pbx_id)"
                                   " where name = 'controlled'")[0]

    assert row() == ("sbc.c.example:5061", "beckon", 29 + 15, {"transport": "tls"}, "7.5", 5, True)
    beckon.json("pbx", "control", "--tenant", "acme", "controlled", "--address", "other.example", "--off")
    assert row() == ("other.example", "", 29 + 15, {}, "7.5", 5, False)
    listed = {pbx["name"]: pbx for pbx in beckon.json("pbx", "list", "--tenant", "acme")["pbxs"]}
    assert listed["controlled"]["control"] == "sip other.example"


@pytest.mark.parametrize("words, said", [
    (("--address", "a b"), "address"),
    (("--address", "h:0"), "address"),
    (("--address", "h", "--driver", "telnet"), "there is sip"),
    (("--address", "h", "--option", "colour=red"), "no such option"),
    (("--address", "h", "--option", "transport=pigeon"), "udp tcp tls"),
    (("--address", "h", "--rate", "1.2.3"), "0.01 to 1000"),
    (("--address", "h", "--in-flight", "0"), "1"),
])
def test_a_control_side_that_cannot_be_is_refused(beckon, words, said):  # noqa: F811
    assert said in beckon.error("pbx", "control", "--tenant", "acme", "main", *words, code=2)["detail"]
