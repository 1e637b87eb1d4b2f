"""A16: what people type stays the value it is: no name, label or value adds a parameter to a phone's file."""

import re
from xml.etree import ElementTree

import psycopg2
import pytest

from stack import StackError, new_mac, parameters

# Accepted or refused is the product's choice; adding or changing a parameter is not.
VALUES = {
    "quote": 'Bob "the" Builder',
    "apostrophe": "O'Neil",
    "percent": "100% %s %n %d",
    "reset word": "%NULL%",
    "reset word inside": "a%NULL%b",
    "equal sign": "a = b = c",
    "a whole line": "account.2.enable = 1",
    "comment": "# account.1.enable = 0",
    "comment behind": "Bob # x",
    "header": "#!version:1.0.0.1",
    "backslashes": "a\\nb\\r\\n\\0",
    "XML": "<b>&amp;</b>",
    "XML parameter": "</P3><P47>evil.example</P47><P3>",
    "XML item": '</item><item name="account.1.sip.server.1.address">evil.example',
    "XML end": "</config></gs_provision>",
    "XML entity": "&#10;&evil;",
    "XML comment": "<!-- x --><![CDATA[x]]>",
    "include": 'include:config "evil.cfg"',
    "template": "${x} {{x}} <%= x %>",
    "umlauts": "J\u00fcrgen \u00d6sterle",
    "emoji": "\U0001f4de desk",
    "right to left": "\u05d0\u05d1",
    "blanks around": "  Bob  ",
    "comma": "Builder, Bob",
    "SQL": "'); drop table app.device; --",
}
CONTROLS = {
    "line feed": "Bob\naccount.2.enable = 1",
    "carriage return": "Bob\raccount.2.enable = 1",
    "both": "Bob\r\naccount.2.enable = 1",
    "escape": "Bob\x1b[2J",
    "tab": "Bob\tx",
    "next line (C1)": "Bob\x85account.2.enable = 1",
    "DEL": "Bob\x7f",
    "line separator": "Bob\u2028account.2.enable = 1",
    "paragraph separator": "Bob\u2029account.2.enable = 1",
    "byte order mark": "\ufeffBob",
}


@pytest.fixture(scope="module")
def plain_keys(stack):
    phone = stack.tenant().phone(display_name="Bob")
    body = phone.get().body
    assert parameters(body)["account.1.display_name"] == "Bob"
    return set(parameters(body))


@pytest.mark.parametrize("label", sorted(VALUES))
def test_a_display_name_adds_no_parameter(stack, tenant, plain_keys, label):
    value = VALUES[label]
    done = stack.beckon_run(
        "extension", "add", "--tenant", tenant.name, "--pbx", "main", "1001", "--display-name", value,
        "--json",
    )
    if done.returncode != 0:
        assert done.returncode in (1, 2) and done.stderr.strip(), "refused without a word"
        assert stack.sql("select count(*) from app.extension where tenant_id = %s", (tenant.id,))[0][0] == 0
        return
    phone = tenant.phone(register=False)
    add = ("device", "add", "--tenant", tenant.name, phone.mac, "--vendor", "yealink", "--model", "T54W",
           "--line", "1=1001")
    done = stack.beckon_run(*add)
    if done.returncode != 0:  # no phone is left without a file by a write; and what was there before is not served
        assert "account.1.display_name" in done.stderr
        stack.sql("update app.extension set display_name = 'Bob' where tenant_id = %s", (tenant.id,))
        stack.beckon(*add)
        stack.sql("update app.extension set display_name = %s where tenant_id = %s", (value, tenant.id))
    answer = phone.get()
    if answer.status == 503:  # the encoder cannot write it: nothing is served, the phone keeps what it has
        assert b"account." not in answer.body
        phone.tenant.wait_visit("its reason", lambda status, reason, *_: reason == "render_failed")
        return
    assert answer.status == 200
    assert set(parameters(answer.body)) == plain_keys
    run = stack.phonesim(phone, "--once")
    assert run.code == 0, run.output
    account = run.state["accounts"]
    assert len(account) == 1 and account[0]["enable"]
    assert account[0]["display_name"] == value.strip(" ")


@pytest.mark.parametrize("label", sorted(CONTROLS))
def test_control_characters_are_refused_by_the_command_line(stack, tenant, label):
    done = stack.beckon_run(
        "extension", "add", "--tenant", tenant.name, "--pbx", "main", "1001",
        "--display-name", CONTROLS[label], "--json",
    )
    assert done.returncode in (1, 2), done.stdout
    assert done.stderr.strip() or "error" in done.stdout
    assert stack.sql("select count(*) from app.extension where tenant_id = %s", (tenant.id,))[0][0] == 0


@pytest.mark.parametrize("label", sorted(CONTROLS))
@pytest.mark.parametrize(
    "statement",
    [
        "update app.extension set display_name = %s where tenant_id = %s",
        "update app.extension set auth_id = %s where tenant_id = %s",
        "update app.extension set number = %s where tenant_id = %s",
        "update app.device_line set label = %s where tenant_id = %s",
        "update app.device_key set label = %s where tenant_id = %s",
        "update app.device_key set value = %s where tenant_id = %s",
        "update app.device set settings = jsonb_build_object('call.pickup_code', %s::text) where tenant_id = %s",
        "update app.device set raw = jsonb_build_object('yealink', jsonb_build_object('features.x', %s::text))"
        " where tenant_id = %s",
        "update app.device set raw = jsonb_build_object('grandstream', jsonb_build_object('P4428', %s::text))"
        " where tenant_id = %s",
        "update app.pbx set domain = %s where tenant_id = %s",
    ],
    ids=["display name", "auth id", "number", "line label", "key label", "key value", "setting", "raw", "raw of the other maker", "domain"],
)
def test_control_characters_are_refused_by_the_schema(stack, keyed_tenant, label, statement):
    with pytest.raises(psycopg2.errors.CheckViolation):
        stack.sql(statement, (CONTROLS[label], keyed_tenant.id))
    stack.sql(statement, ("x1", keyed_tenant.id))  # the control


@pytest.fixture(scope="module")
def keyed_tenant(stack):
    tenant = stack.tenant()
    tenant.phone("--key", "line/2=blf,line=1,value=1002,label=x")
    return tenant


@pytest.mark.parametrize("label", sorted(CONTROLS))
def test_the_encoder_holds_where_the_schema_was_taken_away(own_stack, label):
    """Both checks gone, as a careless migration would have it: nothing is served rather than injected."""
    own_stack.sql("alter table app.extension drop constraint if exists extension_name_ck")
    phone = own_stack.tenant().phone(display_name="Bob")
    whole = parameters(phone.get().body)
    other = XmlPhone(own_stack.tenant(), "Bob")
    whole_xml = other.parameters()
    own_stack.sql(
        "update app.extension set display_name = %s where tenant_id in (%s, %s)",
        (CONTROLS[label], phone.tenant.id, other.tenant.id),
    )
    done = other.render()
    assert done.returncode == 1 and done.stdout == "" and "control character" in done.stderr
    answer = phone.get()
    assert answer.status in (200, 503)
    if answer.status == 200:
        assert set(parameters(answer.body)) == set(whole)
        assert b"\naccount.2.enable = 1" not in answer.body
        assert not any(byte in answer.body for byte in (b"\r", b"\x1b", b"\x7f"))
    else:
        assert b"account." not in answer.body
    own_stack.sql(
        "update app.extension set display_name = 'Bob' where tenant_id in (%s, %s)",
        (phone.tenant.id, other.tenant.id),
    )
    assert parameters(phone.get().body) == whole
    assert other.parameters() == whole_xml


RESERVED = [
    "account.1.sip_server.1.address", "account.1.password", "account.3.user_name",
    "static.auto_provision.server.url", "static.security.user_password", "static.auto_provision.server.password",
]


@pytest.mark.parametrize("name", RESERVED)
def test_raw_parameters_do_not_set_what_the_driver_reserves(stack, phone, name):
    done = stack.beckon_run(
        "setting", "set", "--tenant", phone.tenant.name, "--mac", phone.mac, f"raw:yealink:{name}=evil",
    )
    assert done.returncode in (1, 2)
    assert done.stderr.strip()
    good = parameters(phone.get().body)
    # And where it came into the database all the same.
    stack.sql(
        "update app.device set raw = jsonb_build_object('yealink', jsonb_build_object(%s::text, 'evil'))"
        " where tenant_id = %s", (name, phone.tenant.id),
    )
    answer = phone.get()
    assert answer.status in (200, 503)
    if answer.status == 200:
        assert parameters(answer.body).get(name) == good.get(name)
        assert "evil" not in parameters(answer.body).values()


def test_a_raw_parameter_of_another_name_is_set(stack, phone):
    """The control: raw parameters do reach the phone."""
    stack.beckon(
        "setting", "set", "--tenant", phone.tenant.name, "--mac", phone.mac,
        "raw:yealink:features.intercom.mute=1",
    )
    assert parameters(phone.get().body)["features.intercom.mute"] == "1"


@pytest.mark.parametrize("name", ["x y", "x=y", "x\ny", "#x", "", "a.b\r\nc", "\u00fc.x", "x" * 300])
def test_a_raw_name_is_a_name(stack, phone, name):
    done = stack.beckon_run(
        "setting", "set", "--tenant", phone.tenant.name, "--mac", phone.mac, f"raw:yealink:{name}=1",
    )
    before = set(parameters(phone.get().body))
    if name == "x=y":  # parameter x, value "y=1"
        assert before - {"x"} == before or "x" in before
        return
    assert done.returncode in (1, 2)


def test_passwords_are_values_too(stack, tenant):
    secret = 'p"a\\s%s = #w%d\'$;'
    phone = tenant.phone(secret=secret)
    run = stack.phonesim(phone, "--once")
    assert run.code == 0, run.output
    assert run.state["accounts"][0]["password"] == secret


# --- the XML of a Grandstream, read by a parser that is not ours -------------------------------------

class XmlPhone:
    """A Grandstream whose file is asked of the command line: it renders as beckon-config does."""

    def __init__(self, tenant, display_name, *arguments):
        self.tenant, self.mac = tenant, new_mac()
        tenant.extension("1001", "secret-1001", display_name)
        tenant.extension("1005", "secret-1005", display_name)
        tenant.stack.beckon("device", "add", "--tenant", tenant.name, self.mac, "--vendor", "grandstream",
                            "--model", "GRP2614", "--line", "1=1001", "--line", "5=1005", *arguments)

    def render(self):
        return self.tenant.stack.beckon_run(
            "render", "--tenant", self.tenant.name, "--mac", self.mac, "--secrets",
            "--file", f"cfg{self.mac}.xml")

    def parameters(self):
        done = self.render()
        assert done.returncode == 0, done.stderr
        return self.read(done.stdout)

    def read(self, text):
        """What differs between tenants made equal."""
        return xml_parameters(re.sub(r"\bpbx\d+", "pbx", text.replace(self.tenant.key, "key")), self.mac)


def xml_parameters(text, mac):
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("gs_provision", {"version": "1"})
    assert [one.tag for one in root] == ["mac", "config", "config"] and root[0].text == mac
    found = {}
    for config in root[1:]:
        for one in config:
            name = one.attrib["name"] if config.attrib["version"] == "2" else one.tag
            assert len(one) == 0 and name not in found and (one.tag == "item") == ("." in name)
            found[name] = one.text or ""
    return found


@pytest.fixture(scope="module")
def plain_xml(stack):
    return XmlPhone(stack.tenant(), "Bob").parameters()


@pytest.mark.parametrize("label", sorted(VALUES))
def test_a_display_name_is_one_xml_value(stack, tenant, plain_xml, label):
    value = VALUES[label]
    try:
        phone = XmlPhone(tenant, value)
    except StackError as refused:  # as an extension, or once a phone was to have it
        assert stack.sql("select count(*) from app.device where tenant_id = %s", (tenant.id,))[0][0] == 0
        has_extension = stack.sql("select count(*) from app.extension where tenant_id = %s", (tenant.id,))[0][0] > 0
        assert has_extension == (label == "blanks around")
        assert not has_extension or "begins or ends with a blank" in str(refused)
        return
    done = phone.render()
    assert done.returncode == 0, done.stderr
    got = phone.read(done.stdout)
    want = dict(plain_xml)
    for name in ("P3", "account.5.sip.subscriber.name"):
        assert plain_xml[name] == "Bob"
        want[name] = value
    assert got == want


@pytest.mark.parametrize("name", ["P47", "P34", "P402", "P702", "P1702", "P237", "P2", "P1361",
                                  "account.5.sip.server.1.address", "provisioning.config.serverPath",
                                  "users.admin.password"])
def test_reserved_numbers_and_aliases_are_not_set_raw(stack, tenant, plain_xml, name):
    phone = XmlPhone(tenant, "Bob")
    set_raw = ("setting", "set", "--tenant", tenant.name, "--mac", phone.mac)
    done = stack.beckon_run(*set_raw, f"raw:grandstream:{name}=evil")
    assert done.returncode in (1, 2) and "cannot be set raw" in done.stderr
    stack.sql(
        "update app.device set raw = jsonb_build_object('grandstream', jsonb_build_object(%s::text, 'evil'))"
        " where tenant_id = %s", (name, tenant.id))
    assert phone.parameters() == plain_xml
    # The control: others do reach the phone, in either form.
    stack.sql("update app.device set raw = '{}' where tenant_id = %s", (tenant.id,))
    stack.beckon(*set_raw, "raw:grandstream:P4428=1", "raw:grandstream:sip.notify.challenge=No")
    assert phone.parameters() == plain_xml | {"P4428": "1", "sip.notify.challenge": "No"}


@pytest.mark.parametrize("name", ["p47", "P047", "P47 ", "P", "P1><P47", 'a.b"><x', "a.b\n", "mac", "a..b"])
def test_a_raw_xml_name_is_a_name(stack, tenant, name):
    phone = XmlPhone(tenant, "Bob")
    done = stack.beckon_run("setting", "set", "--tenant", tenant.name, "--mac", phone.mac,
                            f"raw:grandstream:{name}=evil.example")
    assert done.returncode in (1, 2) and done.stderr.strip()
    assert "evil.example" not in phone.parameters().values()
