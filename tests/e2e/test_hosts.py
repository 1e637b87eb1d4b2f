"""Host names with certificates of their own, and the makers whose phones are sent there."""

import signal
import socket
import ssl

import pytest

import pki
import rawtls
from service import Service
from stack import free_port, parameters, wait_until

NAME = "yealink.phones.example"


class Hosts:
    """A second beckon-config that answers to a name of its own with an RSA certificate of another CA."""

    def __init__(self, stack):
        self.stack = stack
        self.port = free_port()
        self.authority = pki.Authority("CA that old phones know")
        self.ca = self.authority.write(stack.directory, "host-ca")
        self.url = f"https://{NAME}:{self.port}"
        self.renew()
        self.rows = {
            "pg": stack.database.dsn("beckon_config"), "master_key_file": stack.master_key,
            "public_url": stack.public_url, "workers": 1, "trust.refresh_s": 1, "visits.flush_ms": 50,
            "listener.phones.address": f"127.0.0.1:{self.port}",
            "listener.phones.cert": ",".join(str(cert) for cert, _ in stack.server_files),
            "listener.phones.key": ",".join(str(key) for _, key in stack.server_files),
            "host.yealink.listener": "phones", "host.yealink.names": f"other.example, {NAME}",
            "host.yealink.cert": self.cert, "host.yealink.key": self.key,
            "host.yealink.makers": "yealink", "host.yealink.url": self.url,
        }
        self.service = Service(stack, "beckon-config", self.rows).start()

    def renew(self, **options):
        self.leaf = pki.server(self.authority, key="rsa2048", hosts=(NAME,), **options)
        self.cert, self.key = self.leaf.write(self.stack.directory, "host-rsa")

    def met(self, phone, name):
        """The DER that somebody meets who asks for this name."""
        context = rawtls.context(phone.cert, phone.key, None)
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=name) as tls:
                return tls.getpeercert(binary_form=True)


def der_of(leaf):
    return ssl.PEM_cert_to_DER_cert(leaf.pem().decode().split("-----END")[0] + "-----END CERTIFICATE-----\n")


@pytest.fixture(scope="module")
def hosts(stack):
    made = Hosts(stack)
    yield made
    made.service.stop()
    made.service.check_log()


def test_the_name_chooses_the_certificate(hosts, phone):
    assert hosts.met(phone, NAME) == der_of(hosts.leaf)
    assert hosts.met(phone, NAME.upper()) == der_of(hosts.leaf)
    for name in (None, "elsewhere.example"):
        assert hosts.met(phone, name) != der_of(hosts.leaf)


def test_its_phones_are_sent_there(hosts, phone):
    context = rawtls.context(phone.cert, phone.key, hosts.ca)
    with rawtls.Connection(("127.0.0.1", hosts.port), tls_context=context, name=NAME) as connection:
        answer = connection.request(phone.own_file)
    assert answer.status == 200
    told = parameters(answer.body)["static.auto_provision.server.url"]
    assert told == f"{hosts.url}/{phone.tenant.key}"
    assert parameters(phone.get().body)["static.auto_provision.server.url"] == phone.tenant.url


def test_nobody_comes_without_a_certificate_by_any_name(hosts):
    for name in (NAME, "localhost"):
        context = rawtls.context(None, None, None)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with rawtls.Connection(("127.0.0.1", hosts.port), tls_context=context, name=name) as connection:
                connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                connection.read_answer()


def test_sighup_reads_its_certificate_again(hosts, phone):
    before = der_of(hosts.leaf)
    end = pki._now() + 20 * pki.DAY
    hosts.renew(end=end)
    hosts.service.signal(signal.SIGHUP)
    wait_until("the new certificate", lambda: hosts.met(phone, NAME) == der_of(hosts.leaf))
    assert hosts.met(phone, NAME) != before
    told = hosts.service.metric("beckon_certificate_expires_at_seconds")
    assert abs(told - (end - pki.datetime.datetime(1970, 1, 1)).total_seconds()) < 2


@pytest.mark.parametrize("row, value, said", [
    ("host.yealink.listener", "nowhere", "there is no listener.nowhere"),
    ("host.yealink.names", "*.example", "no host name"),
    ("host.yealink.names", "a.example,A.example", "there twice"),
    ("host.yealink.cert", "/nowhere.pem", "/nowhere.pem"),
    ("host.yealink.makers", "nobody", "is no maker"),
    ("host.yealink.makers", "", "go together"),
    ("host.yealink.url", "http://x", "https://"),
])
def test_settings_that_cannot_work_are_refused(hosts, row, value, said):
    assert said in Service(hosts.stack, "beckon-config", {**hosts.rows, row: value}).refusal()
