"""A6: no session is resumed, with nothing on this listener and on no other: each handshake proves itself."""

import socket
import ssl
import threading

import pytest

import pki
import rawtls

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def session_of(phone, address, version, session=None):
    """(was it resumed, session) of a served request."""
    wanted = session_of.contexts.setdefault(
        (phone.mac, version),
        rawtls.context(phone.cert, phone.key, phone.stack.authorities.server_ca, version, version),
    )
    with rawtls.Connection(address, tls_context=wanted, session=session) as connection:
        answer = connection.request(phone.own_file)
        assert answer.status == 200
        return connection.socket.session_reused, connection.socket.session


session_of.contexts = {}  # a session belongs to the context it was made with


@pytest.mark.parametrize("version", VERSIONS)
def test_no_ticket_is_given_and_no_session_resumed(phone, version):
    reused, session = session_of(phone, phone.stack.address, version)
    assert not reused
    assert session is None or not session.has_ticket
    if session is not None:
        reused, _ = session_of(phone, phone.stack.address, version, session)
        assert not reused


def lenient_server(authority, directory):
    """A server with tickets, for the control: answers any request with 200."""
    cert, key = pki.server(authority).write(directory, "lenient")
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(cert, key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with settings.wrap_socket(plain, server_side=True) as tls:
                    tls.recv(65536)
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    tls.recv(1)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return listening


@pytest.mark.parametrize("version", VERSIONS)
def test_the_client_would_resume_if_it_could(phone, version, tmp_path):
    """The control: against a server with tickets the same client does resume."""
    with lenient_server(phone.stack.authorities.server, tmp_path) as listening:
        reused, session = session_of(phone, listening.getsockname(), version)
        assert not reused and session is not None and session.has_ticket
        reused, _ = session_of(phone, listening.getsockname(), version, session)
        assert reused
        # And a session from elsewhere is worth nothing here.
        reused, _ = session_of(phone, phone.stack.address, version, session)
        assert not reused
