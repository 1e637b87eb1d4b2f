"""Phones whose first file names the others come in by it: a Dinstar by its serial number, a Poly
by its master, an Avaya by the list that it starts with.
"""

from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from enrolment import Enrolled

TOKEN = {"enrolment": "token"}
INDEX = "83/da44-1017-9088-0092.xml"  # a serial number, of which Beckon knows nothing


class Dinstar(Enrolled):
    """It says nothing of itself; what it holds is what its files told it."""

    vendor, default_model = "dinstar", "DAG2000-16S"

    def agent(self, model=None):
        return "curl/8.0"

    def start(self, base, headers=()):
        """Its index, then what that names: (status of the index, status and parameters of the file)."""
        index = self.get(f"{base}/{INDEX}", headers=headers)
        if index.status != 200:
            return index.status, None, {}
        root = ElementTree.fromstring(index.body.decode())
        product = root.find("product")
        file, = product.findall("ConfigFile")
        assert (product.get("id"), file.get("action"), file.get("reboot")) == ("83", "merge", "never")
        base = urlsplit(product.get("url")).path or base
        answer = self.get(f"{base}/{file.get('name').replace('$(MA)', self.mac)}", headers=headers)
        return 200, answer.status, self.read(answer) if answer.status == 200 else {}

    @staticmethod
    def read(answer):
        """{group/group/name: value}, by a parser that is not ours."""
        told = {}

        def walk(group, path):
            for one in group:
                if one.tag == "param":
                    assert path + one.get("name") not in told
                    told[path + one.get("name")] = one.get("value")
                else:
                    walk(one, f"{path}{one.tag}/")

        walk(ElementTree.fromstring(answer.body.decode()), "")
        return told



def test_a_dinstar_comes_in_by_its_index(stack, tenant):
    one = Dinstar(tenant, TOKEN)
    one.arm()
    status, file_status, told = one.start(f"/{tenant.key}/e-{one.token}")
    assert (status, file_status) == (200, 200)
    # The index led to the steady address at once, so this is the whole file.
    assert told["provision/url"] == f"{stack.enrolment_url}/{tenant.key}/s-{one.steady}"
    assert told["sipacc/sipacc1/user_id"] == one.number and told["sipacc/sipacc1/auth_pwd"] == one.secret
    assert one.state() == "bound"
    # It starts again with what it was told; the token is used up.
    assert one.start(urlsplit(told["provision/url"]).path) == (200, 200, told)
    assert one.start(f"/{tenant.key}/e-{one.token}")[0] == 404
    tenant.wait_visit("both", lambda status, why, kind, *_: kind == "index-by-serial" and status == 404)


def test_a_dinstar_with_a_password_is_told_it_by_its_file(stack, tenant):
    one = Dinstar(tenant, {**TOKEN, "enrolment_secret": "basic"})
    one.arm("basic")
    status, file_status, told = one.start(f"/{tenant.key}/e-{one.token}")
    assert (status, file_status) == (200, 200)
    assert told == {"provision/url": f"{stack.enrolment_url}/{tenant.key}", "provision/provison_account": one.mac,
                    "provision/provison_password": one.steady}
    assert one.start(f"/{tenant.key}")[0] == 401
    assert one.basic(one.steady).status == 200
    assert one.state() == "bound"


def test_a_first_index_holds_no_secret_of_a_line_and_resets_nothing(tenant):
    one = Dinstar(tenant, TOKEN)
    one.arm()
    index = one.get(f"/{tenant.key}/e-{one.token}/{INDEX}")
    file = one.get(one.token_path)
    assert index.status == file.status == 200
    for answer in (index, file):
        assert one.secret.encode() not in answer.body and one.number.encode() not in answer.body
    assert {name.split("/")[0] for name in one.read(file)} == {"provision"}
    assert one.state() == "claimed"


@pytest.mark.parametrize("path", [
    "da44-1017-9088-0092.xml", "83/da44-1017-9088-009.xml", "83/../83/da44-1017-9088-0092.xml", "83/x.xml",
    "8388888/da44-1017-9088-0092.xml",
])
def test_what_is_no_index_is_not_there(tenant, path):
    one = Dinstar(tenant, TOKEN)
    one.arm()
    assert one.get(f"/{tenant.key}/e-{one.token}/{path}").status in (400, 404)
    assert one.get(f"/{tenant.key}/e-{'x' * 24}/{INDEX}").status == 404
    assert one.get(f"/{tenant.key}/a/{INDEX}").status == 404  # no MAC: nobody is meant


class Poly(Enrolled):
    vendor, default_model = "poly", "VVX_450"

    def agent(self, model=None):
        return f"FileTransport PolycomVVX-{model or self.model}-UA/5.9.1.0615 (SN:{self.mac})"


def test_a_poly_comes_in_by_its_master(stack, tenant):
    one = Poly(tenant, TOKEN)
    one.arm()

    def fetch(base):
        """Its master, then the files that names, in their order."""
        master = one.get(f"{base}/{one.mac}.cfg")
        if master.status != 200:
            return master.status, {}
        told = {}
        for name in ElementTree.fromstring(master.body.decode()).get("CONFIG_FILES").split(","):
            answer = one.get(f"{base}/{name.strip().replace('[PHONE_MAC_ADDRESS]', one.mac)}")
            assert answer.status == 200, name
            for element in ElementTree.fromstring(answer.body.decode()).iter():
                told |= element.attrib
        return 200, told

    status, told = fetch(f"/{tenant.key}/e-{one.token}")
    assert status == 200
    assert one.secret not in told.values() and not any(name.startswith("reg.") for name in told)
    assert one.state() == "claimed"
    address, = [value for value in told.values() if f"s-{one.steady}" in value]
    status, told = fetch(f"/{tenant.key}/s-{one.steady}")
    assert status == 200 and told["reg.1.auth.password"] == one.secret and address in told.values()
    assert one.state() == "bound"
    assert fetch(f"/{tenant.key}/e-{one.token}") == (404, {})


class Avaya(Enrolled):
    vendor, default_model = "avaya", "J179"

    def agent(self, model=None):
        return f"Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/{model or self.model}-4.1.3.0.6 (MAC:{self.mac})"

    def start(self, base):
        """It reads on where GET sends it; (files, what was SET)."""
        files, told, name = [], {}, "J100Supgrade.txt"
        while name is not None:
            answer, following = self.get(f"{base}/{name}"), None
            files.append((name, answer.status))
            for line in answer.body.decode().splitlines() if answer.status == 200 else []:
                verb, rest = line.split(" ", 1)
                if verb == "GET":
                    following = rest.replace("$MACADDR", self.mac)
                    break
                assert verb == "SET"
                key, value = rest.split(" ", 1)
                told[key] = value.strip('"')
            name = following
        return files, told


def test_an_avaya_comes_in_by_what_it_starts_with(stack, tenant):
    one = Avaya(tenant, TOKEN)
    one.arm()
    names = ["J100Supgrade.txt", "46xxsettings.txt", f"{one.mac}.txt"]
    files, told = one.start(f"/{tenant.key}/e-{one.token}")
    assert files == [(name, 200) for name in names]
    assert set(told) == {"TLSSRVR", "TLSPORT", "HTTPDIR"} and one.state() == "claimed"
    assert told["HTTPDIR"] == f"{tenant.key}/s-{one.steady}"
    files, told = one.start(f"/{told['HTTPDIR']}")
    assert files == [(name, 200) for name in names]
    assert told["FORCE_SIP_PASSWORD"] == one.secret and one.state() == "bound"
    assert one.start(f"/{tenant.key}/e-{one.token}")[0] == [("J100Supgrade.txt", 404)]
    tenant.wait_visit("boot", lambda status, why, kind, *_: (status, kind) == (200, "firmware"))


def test_nobody_elses_firmware_is_there(stack, tenant):
    one = Poly(tenant, TOKEN)
    one.arm()
    for proof in (f"e-{one.token}", f"s-{one.steady}"):
        for name in ("sip.ld", "3111-46157-002.sip.ld", "J100Supgrade.txt"):
            assert one.get(f"/{tenant.key}/{proof}/{name}").status == 404
    assert one.state() == "claimed"
