"""A11: nothing below TLS 1.2, nothing without forward secrecy and AEAD, nothing in the clear."""

import socket
import ssl
import threading
import warnings

import pytest

import pki
import rawtls


def old_context(phone, version, ciphers="ALL:@SECLEVEL=0"):
    """A client as old as it can be made: OpenSSL's own floor is taken away."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(phone.stack.authorities.server_ca)
    made.load_cert_chain(phone.cert, phone.key)
    made.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = version
        made.maximum_version = version
    return made


def old_server(authority, directory, ciphers="ALL:@SECLEVEL=0"):
    """A server that takes anything, for the control: closes after the handshake."""
    cert, key = pki.server(authority, key="rsa2048").write(directory, "old")
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(cert, key)
    settings.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        settings.minimum_version = ssl.TLSVersion.TLSv1
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                plain, _ = listening.accept()
                settings.wrap_socket(plain, server_side=True).close()
            except ssl.SSLError:
                pass
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return listening


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(stack, phone, version, tmp_path):
    with old_server(stack.authorities.server, tmp_path) as listening:
        control = old_context(phone, version)
        with rawtls.Connection(listening.getsockname(), tls_context=control) as connection:
            assert connection.socket.version() in ("TLSv1", "TLSv1.1")  # the client can
    with pytest.raises((ssl.SSLError, ConnectionError)):
        rawtls.Connection(stack.address, tls_context=old_context(phone, version))
    assert phone.get().status == 200


@pytest.mark.parametrize(
    "cipher, is_good",
    [
        ("ECDHE-ECDSA-AES256-GCM-SHA384", True),
        ("ECDHE-RSA-AES128-GCM-SHA256", True),
        ("ECDHE-RSA-CHACHA20-POLY1305", True),
        ("AES128-GCM-SHA256", False),  # RSA key exchange: no forward secrecy
        ("AES128-SHA", False),
        ("ECDHE-RSA-AES128-SHA", False),  # CBC
        ("ECDHE-RSA-AES256-SHA384", False),
        ("ECDHE-RSA-NULL-SHA", False),
        ("AECDH-AES128-SHA", False),  # anonymous
        ("PSK-AES128-GCM-SHA256", False),
    ],
)
def test_only_forward_secret_aead(stack, phone, cipher, is_good):
    client = old_context(phone, ssl.TLSVersion.TLSv1_2, f"{cipher}:@SECLEVEL=0")
    if is_good:
        with rawtls.Connection(stack.address, tls_context=client) as connection:
            assert connection.request(phone.own_file).status == 200
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            rawtls.Connection(stack.address, tls_context=client)


def test_http_in_the_clear_gets_no_http(stack, phone):
    request = f"GET {phone.own_file} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with rawtls.Connection(stack.address, tls=False) as connection:
        connection.send(request)
        data, is_closed = connection.read_to_close()
    assert is_closed
    assert b"HTTP" not in data and b"account" not in data


def test_no_renegotiation(stack, phone):
    """A client that asks for a new handshake on an open connection (TLS 1.2) is not followed."""
    import subprocess

    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{stack.port}", "-tls1_2", "-cert", phone.cert,
         "-cert_chain", phone.cert, "-key", phone.key, "-CAfile", stack.authorities.server_ca],
        input="R\n", capture_output=True, text=True, timeout=30,
    )
    said = done.stdout + done.stderr
    assert "RENEGOTIATING" in said  # it did try
    assert done.returncode != 0, said[-800:]
    assert "no renegotiation" in said.lower() or "error" in said.lower()
    assert phone.get().status == 200


def test_no_compression(phone):
    with phone.connect() as connection:
        assert connection.socket.compression() is None
