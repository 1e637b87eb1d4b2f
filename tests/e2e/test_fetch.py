"""A phone gets its configuration: the main journey, by a phone that follows it and by a plain client."""

import re

import pytest

import rawtls
from stack import parameters


def assert_registers_at(state, index, domain, hosts):
    """
    A phone writes sip_server's address into its own address of record, so that it is the SIP domain;
    where the registrar is another host, requests have to go there as to an outbound proxy.
    """
    parameters = state["parameters"]
    server = parameters[f"account.{index}.sip_server.1.address"]
    if server == domain and (domain, None) not in hosts:
        assert parameters[f"account.{index}.outbound_proxy_enable"] == "1"
        way = f"account.{index}.outbound_proxy"
    else:
        way = f"account.{index}.sip_server"
    reached = [
        (parameters.get(f"{way}.{at}.address"), int(parameters.get(f"{way}.{at}.port", 0)))
        for at in range(1, len(hosts) + 1)
    ]
    assert reached == hosts


def test_a_phone_configures_itself(stack, phone, tmp_path):
    run = stack.phonesim(phone, "--once", "--state", tmp_path / "phone")
    assert run.code == 0, run.output
    account = run.state["accounts"][0]
    assert account["index"] == 1 and account["enable"]
    assert account["user_name"] == phone.number
    assert account["password"] == phone.secret
    assert_registers_at(run.state, 1, phone.tenant.domain, [(f"sip.{phone.tenant.domain}", 5070)])
    assert account["transport"] == 1
    assert len(run.state["accounts"]) == 1
    assert run.state["parameters"]["sip.notify_reboot_enable"] == "0"
    assert run.state["parameters"]["static.auto_provision.server.url"] == phone.tenant.url

    again = stack.phonesim(phone, "--once", "--state", tmp_path / "phone")
    assert again.code == 0, again.output
    assert {status for _, status in again.statuses()} == {304}
    assert again.state["accounts"] == run.state["accounts"]


def test_the_phone_asks_in_its_order_and_follows_the_boot_file(stack, phone):
    files = [name for name, _ in stack.phonesim(phone, "--once").statuses()]
    assert files[0] == f"{phone.mac}.boot"
    assert files[1:] == ["y000000000096.cfg", f"{phone.mac}.cfg"]


def test_firmware_without_boot_files_gets_the_classic_pair(stack, phone):
    run = stack.phonesim(phone, "--once", "--no-boot-files", "--keep-alive")
    assert run.code == 0, run.output
    assert run.statuses() == [("y000000000096.cfg", 200), (f"{phone.mac}.cfg", 200)]


def test_a_phone_with_a_serial_number_certificate_is_served(stack, tenant, authorities):
    import pki
    from stack import new_mac

    mac = new_mac()
    phone = tenant.phone(mac=mac, leaf=pki.yealink_serial(authorities.issuing, mac))
    assert stack.phonesim(phone, "--once").code == 0


def test_a_certificate_right_under_the_root_is_served(stack, tenant, authorities):
    import pki
    from stack import new_mac

    mac = new_mac()
    phone = tenant.phone(mac=mac, leaf=pki.yealink_cn(authorities.root, mac, key="rsa2048"))
    assert phone.get().status == 200


def test_the_phone_comes_back_by_time_and_sees_a_change(stack, tenant, tmp_path):
    phone = tenant.phone("--setting", "provisioning.interval_min=2")
    process = stack.phonesim(phone, "--for-s", "30", "--minute-ms", "200", wait=False)
    changed = False
    events = []
    import json

    for line in process.stdout:
        events.append(json.loads(line))
        event = events[-1]
        if event["event"] == "round" and not changed:
            stack.beckon(
                "setting", "set", "--tenant", tenant.name, "--mac", phone.mac, "sip.local_port=5099"
            )
            changed = True
        if event["event"] == "round" and any(
            one["event"] == "status" and one["round"] == event["round"] and one["status"] == 200
            and one["file"] == f"{phone.mac}.cfg" for one in events
        ) and event["round"] > 1:
            break
    else:
        pytest.fail(f"the phone ended without having seen the change: {events}")
    process.terminate()
    rest, _ = process.communicate(timeout=20)
    events += [json.loads(line) for line in rest.splitlines()]
    state = [event for event in events if event["event"] == "state"][-1]
    assert "5099" in state["parameters"].values()


def test_what_is_taken_away_is_taken_from_the_phone(stack, tenant, tmp_path):
    phone = tenant.phone("--setting", "call.pickup_code=*8", "--key", "line/2=blf,line=1,value=1002,label=Bob")
    first = stack.phonesim(phone, "--once", "--state", tmp_path / "phone")
    assert first.code == 0, first.output
    assert "*8" in first.state["parameters"].values()
    assert {"linekey.2"} <= {key["key"] for key in first.state["keys"]}

    stack.sql("delete from app.device_key where tenant_id = %s", (tenant.id,))
    stack.beckon("setting", "set", "--tenant", tenant.name, "--mac", phone.mac, "call.pickup_code=")
    second = stack.phonesim(phone, "--once", "--state", tmp_path / "phone")
    assert second.code == 0, second.output
    assert "*8" not in second.state["parameters"].values()
    assert "linekey.2" not in {key["key"] for key in second.state["keys"]}
    assert "Bob" not in second.state["parameters"].values()


def test_200_has_a_strong_etag_and_a_plain_text(phone):
    answer = phone.get()
    assert answer.status == 200
    assert re.fullmatch(r'"[0-9a-f]{16,128}"', answer.field("ETag"))
    assert answer.field("Content-Type").split(";")[0] == "text/plain"
    assert int(answer.field("Content-Length")) == len(answer.body)
    assert parameters(answer.body)["account.1.user_name"] == phone.number


def test_the_etag_stays_while_nothing_changes_and_changes_with_the_file(stack, phone):
    first, second = phone.get(), phone.get()
    assert first.field("ETag") == second.field("ETag")
    assert first.body == second.body
    stack.beckon(
        "setting", "set", "--tenant", phone.tenant.name, "--mac", phone.mac, "call.waiting=yes"
    )
    third = phone.get()
    assert third.field("ETag") != first.field("ETag")
    assert third.body != first.body


def test_two_phones_have_different_files_and_etags(tenant):
    one, two = tenant.phone().get(), tenant.phone().get()
    assert one.field("ETag") != two.field("ETag")
    assert one.body != two.body


def conditions(etag):
    other = '"' + "0" * (len(etag) - 2) + '"'
    return [
        ("the tag", etag, 304),
        ("a star", "*", 304),
        ("a list with it", f"{other}, {etag}", 304),
        ("a list without blanks", f"{other},{etag},{other}", 304),
        ("as a weak tag: weak comparison", f"W/{etag}", 304),
        ("another tag", other, 200),
        ("without quotes", etag.strip('"'), 200),
        ("a list without it", f'{other}, "x"', 200),
        ("the tag as part of a longer one", f'"x{etag[1:]}', 200),
    ]


@pytest.mark.parametrize("at", range(9), ids=[label for label, _, _ in conditions('"x"')])
def test_if_none_match(phone, at):
    whole = phone.get()
    _, condition, want = conditions(whole.field("ETag"))[at]
    answer = phone.get(headers=[("If-None-Match", condition)])
    assert answer.status == want
    if want == 304:
        assert answer.body == b""
        assert answer.field("ETag") == whole.field("ETag")
    else:
        assert answer.body == whole.body


def test_never_304_without_a_condition(phone):
    etag = phone.get().field("ETag")
    assert phone.get(headers=[("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT")]).status == 200
    assert phone.get(headers=[("If-Match", etag)]).status == 200


@pytest.mark.parametrize("condition", [None, "its tag"])
def test_head_is_a_get_without_body(phone, condition):
    whole = phone.get()
    headers = [] if condition is None else [("If-None-Match", whole.field("ETag"))]
    got = phone.get(headers=headers)
    with phone.connect() as connection:
        head = connection.request(phone.own_file, "HEAD", headers)
        assert head.status == got.status
        assert head.field("ETag") == got.field("ETag")
        if got.status == 200:
            assert head.field("Content-Length") == str(len(whole.body))
        # Nothing follows the head: the next answer on this connection begins where it should.
        assert connection.request(phone.own_file).body == whole.body


def test_one_connection_serves_many_requests(phone):
    with phone.connect() as connection:
        bodies = {connection.request(phone.own_file).body for _ in range(20)}
    assert len(bodies) == 1


def test_connection_close_is_honoured(phone):
    with phone.connect() as connection:
        assert connection.request(phone.own_file, headers=[("Connection", "close")]).status == 200
        assert connection.read_to_close() == (b"", True)


@pytest.mark.parametrize("name", ["{mac}.boot", "y000000000000.boot", "y000000000096.cfg", "{mac}.cfg"])
def test_every_file_of_the_fact_page_is_there(phone, name):
    path = f"/{phone.tenant.key}/{name.format(mac=phone.mac)}"
    answer = phone.get(path)
    assert answer.status == 200
    assert answer.body.startswith(b"#!version:1.0.0.1\n")
    assert phone.get(path, headers=[("If-None-Match", answer.field("ETag"))]).status == 304


@pytest.mark.parametrize("code", ["000000000000", "000000000028", "000000000123", "000000000192"])
def test_the_common_file_of_any_model_number_is_the_tenants(phone, code):
    assert phone.get(f"/{phone.tenant.key}/y{code}.cfg").status == 200


def test_the_common_file_holds_no_secret(phone):
    for name in ("y000000000096.cfg", f"{phone.mac}.boot"):
        body = phone.get(f"/{phone.tenant.key}/{name}").body
        assert phone.secret.encode() not in body
        assert b"account.1.password" not in body


def test_the_common_file_does_not_touch_the_phones_own(phone):
    """A changed common file with an unchanged own one (304) must leave the phone as it should be."""
    common = parameters(phone.get(f"/{phone.tenant.key}/y000000000096.cfg").body)
    own = parameters(phone.get().body)
    different = {
        name for name in common.keys() & own.keys() if common[name] != own[name]
    }
    assert different == set()


def test_both_server_certificates_serve(stack, phone):
    """P-256 for those who can, RSA for the old ones."""
    import ssl

    for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"):
        wanted = rawtls.context(
            phone.cert, phone.key, stack.authorities.server_ca, maximum=ssl.TLSVersion.TLSv1_2
        )
        wanted.set_ciphers(cipher)
        with rawtls.Connection(stack.address, tls_context=wanted) as connection:
            assert connection.socket.cipher()[0] == cipher
            assert connection.request(phone.own_file).status == 200


def test_a_line_of_another_pbx_and_a_second_line(stack, tenant):
    stack.beckon(
        "pbx", "add", "--tenant", tenant.name, "second", "--domain", "other.example",
        "--registrar", "a.other.example:5061", "--registrar", "b.other.example:5061",
        "--transport", "tls", "--srtp", "required",
    )
    stack.beckon("extension", "add", "--tenant", tenant.name, "--pbx", "second", "77",
                 "--auth-id", "auth77", "--display-name", "Zw\u00f6lf", "--secret-file", "-", stdin="s77")
    phone = tenant.phone("--line", "3=77@second")
    run = stack.phonesim(phone, "--once")
    assert run.code == 0, run.output
    accounts = {account["index"]: account for account in run.state["accounts"]}
    assert set(accounts) == {1, 3}
    assert accounts[3]["user_name"] == "77"
    assert accounts[3]["auth_name"] == "auth77"
    assert accounts[3]["display_name"] == "Zw\u00f6lf"
    assert accounts[3]["password"] == "s77"
    assert (accounts[3]["transport"], accounts[3]["srtp"]) == (2, 2)
    assert_registers_at(
        run.state, 3, "other.example", [("a.other.example", 5061), ("b.other.example", 5061)]
    )
