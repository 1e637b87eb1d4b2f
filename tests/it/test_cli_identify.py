"""beckon identify: paths, User-Agents and certificates as phones really send them; check; trust roots."""

import json
import pathlib
import ssl

import pytest

from cli_world import Beckon, beckon, cluster, furnish  # noqa: F401
import pki

# model, version, mac, User-Agent: from templates, logs and tests of projects that serve such phones.
AGENTS = """\
T20P|9.72.0.30|0015655e167c|Yealink SIP-T20P 9.72.0.30 00:15:65:5e:16:7c
T22P|7.72.0.30|0015653931fc|Yealink SIP-T22P 7.72.0.30 00:15:65:39:31:fc
T23G|44.80.0.60|0015659370f2|Yealink SIP-T23G 44.80.0.60 00:15:65:93:70:f2
T26P|6.72.0.30|0015654b57d2|Yealink SIP-T26P 6.72.0.30 00:15:65:4b:57:d2
T27P|45.80.0.25|0015658c4812|Yealink SIP-T27P 45.80.0.25 00:15:65:8c:48:12
T28P|2.70.0.140|00156513ae0b|yealink SIP-T28P 2.70.0.140 00:15:65:13:ae:0b
T18|18.0.0.80|001565273e05|yealink SIP-T18 18.0.0.80 00:15:65:27:3e:05
T29G|46.83.0.120|00156513ae0b|yealink SIP-T29G 46.83.0.120 00:15:65:13:ae:0b
T38G|38.70.0.125|0015652fc35e|Yealink SIP-T38G  38.70.0.125 00:15:65:2f:c3:5e
T40P|54.80.0.10|001565948664|Yealink SIP-T40P 54.80.0.10 00:15:65:94:86:64
T41P|36.72.0.1|001565538322|Yealink SIP-T41P 36.72.0.1 00:15:65:53:83:22
T41P|36.83.0.120|001565538322|Yealink SIP-T41P 36.83.0.120 00:15:65:53:83:22
T42G|29.83.0.120|0015654c3bb0|Yealink SIP-T42G 29.83.0.120 00:15:65:4c:3b:b0
T46G|28.72.0.1|0015654aa937|Yealink SIP-T46G 28.72.0.1 00:15:65:4a:a9:37
T46G|28.83.0.120|0015654aa937|Yealink SIP-T46G 28.83.0.120 00:15:65:4a:a9:37
T48G|35.72.0.6|0015655c6082|Yealink SIP-T48G 35.72.0.6 00:15:65:5c:60:82
T48G|35.83.0.120|0015655c6082|Yealink SIP-T48G 35.83.0.120 00:15:65:5c:60:82
T49G|51.80.0.10|0015659b5a44|Yealink SIP-T49G 51.80.0.10 00:15:65:9b:5a:44
VP-T49G|51.80.0.10|0015659b5a44|Yealink SIP VP-T49G 51.80.0.10 00:15:65:9b:5a:44
T58A|58.83.0.15|0015659b5b22|Yealink SIP-T58A 58.83.0.15 00:15:65:9b:5b:22
T31G|124.85.257.55|805ec0d57d72|Yealink SIP-T31G 124.85.257.55 80:5e:c0:d5:7d:72
T33G|124.85.257.55|805ec0bdeaef|Yealink SIP-T33G 124.85.257.55 80:5e:c0:bd:ea:ef
T34W|124.86.0.75|249ad888d0f4|Yealink SIP-T34W 124.86.0.75 24:9a:d8:88:d0:f4
T77U|185.87.0.10|44dbd2bdb569|Yealink SIP-T77U 185.87.0.10 44:db:d2:bd:b5:69
T85W|185.87.0.10|44dbd267584b|Yealink SIP-T85W 185.87.0.10 44:db:d2:67:58:4b
T87W|185.87.0.10|44dbd2c973b7|Yealink SIP-T87W 185.87.0.10 44:db:d2:c9:73:b7
CP860|37.72.0.5|0015658a3786|Yealink CP860 37.72.0.5 00:15:65:8a:37:86
W52P|25.73.0.20|00156540ae35|Yealink SIP-W52P 25.73.0.20 00:15:65:40:ae:35
W52P|25.80.0.15|001565b86005|Yealink W52P 25.80.0.15 00:15:65:b8:60:05
W60B|77.81.0.35|805ec009abdc|Yealink W60B 77.81.0.35 80:5e:c0:09:ab:dc
W70B|146.87.0.15|805e0c1d654e|Yealink W70B 146.87.0.15 80:5e:0c:1d:65:4e
W75B|175.85.0.5|249ad8dffb11|Yealink W75B 175.85.0.5 24:9a:d8:df:fb:11
W80B|103.83.0.122|249ad8d1a631|Yealink W80B 103.83.0.122 24:9a:d8:d1:a6:31
W80DM|103.83.0.122|249ad8d1a631|Yealink W80DM 103.83.0.122 24:9a:d8:d1:a6:31
W80DM|103.87.0.10|249ad8d1a631|Yealink W80DM 103.87.0.10 24:9a:d8:d1:a6:31
W90DM|130.85.0.15|805ec0d9c744|Yealink W90DM 130.85.0.15 80:5e:c0:d9:c7:44
VP530P|23.70.0.40|001565314bc0|VP530P 23.70.0.40 00:15:65:31:4b:c0
VP530|23.70.0.41|0015653d58e3|VP530 23.70.0.41 00:15:65:3d:58:e3
T46G|28.71.0.81|-|Yealink-T46G 28.71.0.81 28.1.0.128.0.0.0
"""
SIP_AGENTS = """\
SIP-T53W|96.86.0.70|Yealink SIP-T53W 96.86.0.70
SIP-T54W|96.85.0.5|Yealink SIP-T54W 96.85.0.5
VP-T49G|51.80.0.100|Yealink SIP VP-T49G 51.80.0.100
"""
PATHS = """\
/y000000000000.boot|-|boot
/001565123456.boot|001565123456|boot
/y000000000000.cfg|-|common
/y000000000004.cfg|-|common
/y000000000005.cfg|-|common
/y000000000007.cfg|-|common
/y000000000023.cfg|-|common
/y000000000028.cfg|-|common
/y000000000029.cfg|-|common
/y000000000032.cfg|-|common
/y000000000037.cfg|-|common
/y000000000038.cfg|-|common
/y000000000044.cfg|-|common
/y000000000045.cfg|-|common
/y000000000046.cfg|-|common
/y000000000051.cfg|-|common
/y000000000053.cfg|-|common
/y000000000054.cfg|-|common
/y000000000056.cfg|-|common
/y000000000058.cfg|-|common
/y000000000065.cfg|-|common
/y000000000066.cfg|-|common
/y000000000067.cfg|-|common
/y000000000073.cfg|-|common
/y000000000074.cfg|-|common
/y000000000076.cfg|-|common
/y000000000078.cfg|-|common
/y000000000095.cfg|-|common
/y000000000096.cfg|-|common
/y000000000097.cfg|-|common
/y000000000107.cfg|-|common
/y000000000108.cfg|-|common
/y000000000109.cfg|-|common
/y000000000116.cfg|-|common
/y000000000123.cfg|-|common
/y000000000143.cfg|-|common
/y000000000146.cfg|-|common
/y000000000148.cfg|-|common
/y000000000171.cfg|-|common
/y000000000172.cfg|-|common
/y000000000175.cfg|-|common
/y000000000180.cfg|-|common
/y000000000182.cfg|-|common
/y000000000183.cfg|-|common
/y000000000184.cfg|-|common
/y000000000187.cfg|-|common
/y000000000188.cfg|-|common
/y000000000192.cfg|-|common
/0015654b57d2.cfg|0015654b57d2|device
/0015655e167c.cfg|0015655e167c|device
/0015658c4812.cfg|0015658c4812|device
/249ad8123456.cfg|249ad8123456|device
/805e0c123456.cfg|805e0c123456|device
/805ec0123456.cfg|805ec0123456|device
/e434d7123456.cfg|e434d7123456|device
/805ec0d57d72.cfg|805ec0d57d72|device
/001565123456-contact.xml|001565123456|directory
"""


def rows(text):
    return [line.split("|") for line in text.splitlines()]


@pytest.fixture
def alone(tmp_path):
    """Without database, settings or key."""
    return Beckon(tmp_path)


@pytest.mark.parametrize("model, version, mac, agent", rows(AGENTS))
def test_user_agents(alone, model, version, mac, agent):
    got = alone.json("identify", "--user-agent", agent)
    assert got["vendor"] == "yealink" and got["model"] == model and got["firmware"] == version
    assert got["mac"] == (None if mac == "-" else mac) and got["kind"] is None


def test_the_other_maker(alone):
    """tests/unit/vendor has every row; here, that the command asks all makers."""
    got = alone.json("identify", "--path", "/k7qm2/cfgc074ad0b63ee.xml", "--user-agent",
                     "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee")
    assert (got["vendor"], got["mac"], got["kind"]) == ("grandstream", "c074ad0b63ee", "device")
    assert (got["model"], got["firmware"]) == ("GRP2614", "1.0.5.15")
    assert alone.json("identify", "--path", "/cfggrp2614.xml")["model"] == "GRP2614"
    assert alone.json("identify", "--sip-user-agent", "Grandstream HT802 1.0.17.5")["model"] == "HT802"


@pytest.mark.parametrize("model, version, agent", rows(SIP_AGENTS))
def test_sip_user_agents(alone, model, version, agent):
    got = alone.json("identify", "--sip-user-agent", agent)
    assert got["vendor"] == "yealink" and got["firmware"] == version
    assert got["model"] == model.removeprefix("SIP-")


@pytest.mark.parametrize("path, mac, kind", rows(PATHS))
def test_paths(alone, path, mac, kind):
    for form in (path, path.lstrip("/"), "/abcd2345efgh" + path, "https://prov.example/abcd2345efgh" + path):
        got = alone.json("identify", "--path", form)
        assert got["vendor"] == "yealink" and got["kind"] == kind
        assert got["mac"] == (None if mac == "-" else mac)


def test_nothing_known_is_null(alone):
    got = alone.json("identify", "--path", "/../etc/passwd", "--user-agent", "curl/7.88", "--sip-user-agent", "x")
    assert set(got.values()) == {None}
    assert alone.run("identify")[0] == 2


def write(leaf, path, form):
    pem = leaf.pem() if callable(leaf.pem) else leaf.pem
    pem = pem.decode() if isinstance(pem, bytes) else pem
    path.write_bytes(pem.encode() if form == "pem" else ssl.PEM_cert_to_DER_cert(
        pem[: pem.index("-----END CERTIFICATE-----") + 26]))
    return path


@pytest.mark.parametrize("form", ["pem", "der"])
@pytest.mark.parametrize("make, rule", [(pki.yealink_cn, "cn"), (pki.yealink_serial, "serial")])
def test_a_certificate_proves_its_mac(alone, tmp_path, form, make, rule):
    leaf = make(pki.Authority("Yealink Root CA"), "805ec0000001")
    got = alone.json("identify", "--cert", write(leaf, tmp_path / "phone", form))
    certificate = got["certificate"]
    assert got["mac"] == certificate["mac"] == "805ec0000001" and got["vendor"] == "yealink"
    assert rule in certificate["rule"] and certificate["proves"].startswith("the MAC")
    assert "CN=Yealink Root CA" in certificate["issuer"] and len(certificate["sha256"]) == 64
    assert certificate["sha256"] == leaf.fingerprint.hex() if isinstance(leaf.fingerprint, bytes) else True
    assert certificate["not_before"] < certificate["not_after"]


def test_certificates_that_prove_nothing(alone, tmp_path):
    authority = pki.Authority("Yealink Root CA")
    for label, leaf in pki.not_proving(authority, "805ec0000001").items():
        got = alone.json("identify", "--cert", write(leaf, tmp_path / "phone", "pem"))
        assert got["mac"] is None, label
        assert got["certificate"]["rule"] in (None, "yealink-generic"), label
        assert got["certificate"]["proves"].startswith("nothing"), label


def test_what_is_no_certificate_is_an_error(alone, tmp_path):
    path = tmp_path / "text"
    path.write_text("no certificate")
    assert alone.error("identify", "--cert", path)["error"] in ("invalid", "malformed")
    assert str(tmp_path / "none") in alone.error("identify", "--cert", tmp_path / "none")["detail"]


def test_sources_that_disagree_are_named(alone, tmp_path):
    leaf = pki.yealink_cn(pki.Authority("Yealink Root CA"), "805ec0000001")
    got = alone.json("identify", "--path", "/805ec0000002.cfg", "--cert", write(leaf, tmp_path / "p", "pem"))
    assert got["mac"] == "805ec0000001"
    assert "certificate says MAC 805ec0000001" in got["conflict"] and "805ec0000002" in got["conflict"]


# --- trust roots and check ----------------------------------------------------------------------


def test_trust_roots_must_be_cas_of_a_known_maker(beckon, tmp_path):  # noqa: F811
    authority = pki.Authority("Yealink Root CA")
    root = authority.write(tmp_path, "root")
    leaf = write(pki.yealink_cn(authority, "805ec0000001"), tmp_path / "leaf", "pem")
    old = pki.Authority("Old CA", days=-1).write(tmp_path, "old")
    assert "CA" in beckon.error("trust-root", "import", leaf, "--maker", "yealink")["detail"]
    assert "expired" in beckon.error("trust-root", "import", old, "--maker", "yealink")["detail"]
    assert "nobody" in beckon.error("trust-root", "import", root, "--maker", "nobody")["detail"]
    error = beckon.error("trust-root", "import", root, "--maker", "yealink", "--rule", "no-such")
    assert "yealink-cn" in error["detail"]
    assert beckon.json("trust-root", "list")["trust_roots"] == []


def test_a_trust_root_is_imported_once_and_a_bundle_whole(beckon, tmp_path):  # noqa: F811
    one, two = pki.Authority("Yealink Root CA"), pki.Authority("Yealink Root CA 2")
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(one.pem() + b"\nsome words\n" + two.pem())
    added = beckon.json("trust-root", "import", bundle, "--maker", "yealink")["trust_roots"]
    again = beckon.json("trust-root", "import", one.write(tmp_path, "one"), "--maker", "yealink",
                        "--rule", "yealink-cn")["trust_roots"]
    assert len(added) == 2 and again[0]["root_id"] == added[0]["root_id"]
    listed = {root["root_id"]: root for root in beckon.json("trust-root", "list")["trust_roots"]}
    assert listed[again[0]["root_id"]]["rules"] == ["yealink-cn"]
    assert len(listed[added[1]["root_id"]]["rules"]) > 1


def test_a_tenants_own_root_is_its_own(beckon, tmp_path):  # noqa: F811
    furnish(beckon, "rooted")
    path = pki.Authority("Rooted CA").write(tmp_path, "rooted")
    beckon.json("trust-root", "import", path, "--maker", "yealink", "--tenant", "rooted")
    scopes = [root["scope"] for root in beckon.json("trust-root", "list", "--tenant", "rooted")["trust_roots"]]
    assert "tenant" in scopes
    for words in (("--tenant", "acme"), ()):
        assert "Rooted CA" not in json.dumps(beckon.json("trust-root", "list", *words))


def checks(beckon, *words, code=0, **environment):  # noqa: F811
    got, out, err = beckon.run("check", "--json", *words, **environment)
    assert got == code, out + err
    return {row["check"]: row for row in json.loads(out)["checks"]}


def test_check_of_a_good_installation(beckon):  # noqa: F811
    found = checks(beckon)
    for what in ("database", "migrations", "role", "clock", "partitions", "master key"):
        assert found[what]["state"] == "ok", found[what]
    assert "state" in beckon.text("check")
    # A login that is nobody's administrator sees enough.
    assert checks(beckon, BECKON_PG=beckon.database.dsn("beckon_operator"))["migrations"]["state"] == "ok"


def test_check_names_what_is_wrong_and_what_comes_next(beckon, cluster, tmp_path):  # noqa: F811
    empty = cluster.database("empty", migrate=False)
    found = checks(beckon, code=1, BECKON_PG=empty.dsn())
    assert found["migrations"]["state"] == "fail" and "beckon migrate" in found["migrations"]["next"]
    found = checks(beckon, code=1, BECKON_PG="host=/nowhere")
    assert found["database"]["state"] == "fail"
    other = tmp_path / "other.key"
    beckon.text("keys", "new", other)
    found = checks(beckon, code=1, BECKON_MASTER_KEY_FILE=str(other))
    assert found["master key"]["state"] == "fail" and "acme" in found["master key"]["detail"]
    found = checks(beckon, code=1, BECKON_MASTER_KEY_FILE=str(tmp_path / "none"))
    assert found["master key"]["state"] == "fail"


def days(count):
    return pki._now() + count * pki.DAY  # pylint: disable=protected-access


@pytest.mark.parametrize("left, state", [(365, "ok"), (150, "warn"), (60, "warn"), (20, "fail"), (-1, "fail")])
def test_check_of_listeners(beckon, tmp_path, left, state):  # noqa: F811
    authority = pki.Authority("Server CA")
    cert, key = pki.server(authority, begin=days(-30), end=days(left)).write(tmp_path, "server")
    settings = tmp_path / "config.conf"
    settings.write_text(f"workers = 2\nlistener.phones.address = :8443\nlistener.phones.cert = {cert}\n"
                        f"listener.phones.key = {key}\n")
    found = checks(beckon, "--settings", settings, code=1 if state == "fail" else 0)
    assert found["listener phones"]["state"] == state, found["listener phones"]


def test_check_of_a_key_that_is_anothers(beckon, tmp_path):  # noqa: F811
    authority = pki.Authority("Server CA")
    cert, _ = pki.server(authority).write(tmp_path, "one")
    _, key = pki.server(authority).write(tmp_path, "two")
    settings = tmp_path / "config.conf"
    settings.write_text(f"listener.phones.cert = {cert}\nlistener.phones.key = {key}\n")
    found = checks(beckon, "--settings", settings, code=1)["listener phones"]
    assert found["state"] == "fail" and (str(key) in found["detail"] or str(cert) in found["detail"])


# --- every sample that was collected --------------------------------------------------------------------

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus"
# The same words of two makers: the first of them is named, and the device's own maker is asked when it matters.
SHARED = {"/y000000000000.boot": {"yealink", "flyingvoice"}, "/y000000000000.cfg": {"yealink", "flyingvoice"},
          "/000000000000.cfg": {"poly", "sangoma"}}


def corpus(kind):
    """(vendor, columns…) of each row of tests/corpus/<maker>-<kind>.tsv."""
    for path in sorted(CORPUS.glob(f"*-{kind}.tsv")):
        if kind == "user-agents" and path.name.endswith("-sip-user-agents.tsv"):
            continue
        for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()[1:]:
            yield line.split("\t")


def known(text):
    return None if text == "-" else text


def test_every_collected_path_is_identified(tmp_path):
    rows = [*corpus("request-paths"),
            ["gigaset", "/42/fw262.bin?mac=7C2F804DF9A9&fw262.bin", "7c2f804df9a9", "firmware"]]
    assert len(rows) >= 234
    beckon = Beckon(tmp_path)
    for vendor, path, mac, kind in rows:
        told = beckon.json("identify", "--path", path)
        assert told["vendor"] in SHARED.get(path, {vendor}), path
        assert (told["mac"], told["kind"]) == (known(mac), kind), path


def test_every_collected_user_agent_is_identified(tmp_path):
    beckon = Beckon(tmp_path)
    rows = list(corpus("user-agents"))
    assert len(rows) >= 125
    for vendor, model, version, mac, agent in rows:
        told = beckon.json("identify", "--user-agent", agent)
        assert (told["vendor"], told["model"], told["firmware"], told["mac"]) == (
            vendor, known(model.removeprefix("SIP-")), known(version), known(mac)), agent
    rows = list(corpus("sip-user-agents"))
    assert len(rows) >= 18
    for vendor, model, version, agent in rows:
        told = beckon.json("identify", "--sip-user-agent", agent)
        assert (told["vendor"], told["model"], told["firmware"]) == (
            vendor, known(model.removeprefix("SIP-")), known(version)), agent
