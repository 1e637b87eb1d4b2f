"""A Grandstream comes in without a certificate: its binary is not there, its XML leads it on, by each of its ways."""

from xml.etree import ElementTree

import pytest

from enrolment import EnrolledGrandstream

ADDRESS = ["P237", "P212", "P1360", "P1361"]  # path, protocol, user, password


@pytest.fixture
def one(tenant):
    made = EnrolledGrandstream(tenant, {"enrolment": "token"})
    made.arm()
    return made


def parameters(answer, mac=None):
    """{name: value} of a file, by a parser that is not ours."""
    assert answer.status == 200
    root = ElementTree.fromstring(answer.body.decode())
    assert root.tag == "gs_provision" and root.findtext("mac") == mac
    return {one.get("name", one.tag): one.text or "" for config in root.findall("config") for one in config}


def host_and_path(stack, one, *rest):
    scheme, address = stack.enrolment_url.split("://")
    assert scheme == "https"
    return "/".join([address, one.tenant.key, *rest])


def test_a_token_leads_to_the_steady_secret_and_that_to_the_file(stack, one):
    binary = one.token_path.removesuffix(".xml") + ".bin"
    assert one.get(binary).status == 404
    assert one.state() == "claimed"

    first = parameters(one.get(one.token_path), one.mac)
    assert list(first) == ADDRESS
    assert list(first.values()) == [host_and_path(stack, one, f"s-{one.steady}"), "2", "", ""]

    assert one.get(one.steady_path(file=f"cfg{one.mac}.bin")).status == 404
    whole = parameters(one.get(one.steady_path()), one.mac)
    assert {name: whole[name] for name in ADDRESS} == first
    assert (whole["P35"], whole["P34"]) == (one.number, one.secret)
    assert one.state() == "bound"


@pytest.mark.parametrize("file", ["cfg.xml", "cfggrp2614.xml"])
def test_common_files_hold_the_address_alone(stack, one, file):
    got = parameters(one.get(one.steady_path(file=file)))
    assert list(got) == ADDRESS and got["P237"] == host_and_path(stack, one, f"s-{one.steady}")


@pytest.mark.parametrize("file", ["phonebook.xml", "cfg", "cfg805ec0ffffff.bin", "cfg805ec0ffffff.xml"])
def test_what_is_not_its_own_is_not_there(one, file):
    assert one.get(one.steady_path(file=file)).status == 404


def test_another_phones_binary_is_a_wrong_mac(one):
    one.get(one.steady_path(file="cfg805ec0ffffff.bin"))
    one.tenant.wait_visit("its reason", lambda status, reason, *_: reason == "mac_mismatch")


def test_user_and_password_are_told_and_then_used(stack, tenant):
    one = EnrolledGrandstream(tenant, {"enrolment": "token", "enrolment_secret": "basic"})
    one.arm("basic")
    first = parameters(one.get(one.token_path), one.mac)
    assert list(first.values()) == [host_and_path(stack, one), "2", one.mac, one.steady]

    asked = one.get(one.plain_path)
    assert asked.status == 401
    whole = parameters(one.basic(one.steady), one.mac)
    assert whole["P1361"] == one.steady and whole["P34"] == one.secret
    assert one.basic("x" * 24).status == 404
