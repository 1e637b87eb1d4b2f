"""A1: without a valid factory certificate not one byte of HTTP is answered."""

import pytest

import pki
import rawtls
LABELS = [
    "another CA", "another CA of the same name", "expired", "not yet valid", "for servers only",
    "self-signed", "signed by a phone",
]


@pytest.fixture(scope="module")
def victim(stack):
    phone = stack.tenant().phone()
    assert phone.get().status == 200
    return phone


@pytest.fixture(scope="module")
def leaves(stack, victim):
    made = pki.not_trusted(stack.authorities.issuing, victim.mac, stack.authorities.stranger)
    assert set(made) == set(LABELS)
    return made


@pytest.mark.parametrize("label", LABELS)
def test_a_bad_chain_gets_no_http(stack, victim, leaves, label):
    cert, key = leaves[label].write(stack.directory, "bad-chain")
    assert rawtls.handshake_fails(stack.address, cert, key, stack.authorities.server_ca) == b""
    assert victim.get().status == 200


@pytest.mark.parametrize("label", LABELS)
def test_a_bad_chain_gets_no_http_with_tls_1_2_either(stack, leaves, label):
    import ssl

    cert, key = leaves[label].write(stack.directory, "bad-chain")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        wanted = rawtls.context(cert, key, stack.authorities.server_ca,
                                maximum=ssl.TLSVersion.TLSv1_2)
        rawtls.Connection(stack.address, tls_context=wanted)  # TLS 1.2: judged within the handshake


def test_a_ca_as_leaf_gets_no_configuration(stack, victim):
    """The intermediate's own certificate and key, shown as a phone's."""
    for authority in (stack.authorities.issuing, stack.authorities.root):
        cert, key = authority.as_leaf().write(stack.directory, "ca-leaf")
        data = rawtls.handshake_fails(stack.address, cert, key, stack.authorities.server_ca)
        assert b"account." not in data
        assert data == b"" or rawtls.take_all(data)[0].status == 404


def test_a_ca_that_is_named_like_a_phone_is_no_phone(stack, victim):
    """A maker's intermediate whose CN happens to be a MAC: whoever may sign is not who is signed."""
    authority = stack.authorities.issuing.intermediate(victim.mac)
    cert, key = authority.as_leaf().write(stack.directory, "ca-mac")
    try:
        with rawtls.Connection(stack.address, cert, key, stack.authorities.server_ca) as connection:
            assert connection.request(victim.own_file).status == 404
    except OSError:
        pass  # refused within the handshake
    assert victim.get().status == 200


def test_no_certificate_gets_no_http(stack, victim):
    assert rawtls.handshake_fails(stack.address, None, None, stack.authorities.server_ca) == b""


def test_somebody_elses_certificate_without_its_key_gets_no_http(stack, victim):
    """Certificates are public; the key is the proof. A client that signs with another key fails."""
    import subprocess

    fake = pki.Leaf(victim.leaf.certificate, pki.new_key(), victim.leaf.chain)
    cert, key = fake.write(stack.directory, "fake")
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{stack.port}", "-quiet", "-cert", cert, "-key", key],
        input=f"GET {victim.own_file} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        capture_output=True, text=True, timeout=30,
    )
    assert "HTTP/1.1" not in done.stdout
    assert done.returncode != 0
