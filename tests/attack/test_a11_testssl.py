"""A11: testssl.sh on the listeners of phones: nothing above LOW.

What it says of protocols, ciphers, key exchange, tickets, renegotiation and the named vulnerabilities is judged
as it says it, and the chain is judged against the test's CA. What is left out is named below, with the reason.
"""

import json
import shutil
import subprocess

import pytest

WORSE = {"MEDIUM", "HIGH", "CRITICAL", "WARN", "FATAL"}
# (listener, or None for all; finding; how it must begin): where a CRL is, is for the CA of the server's
# certificate to say, and the test's says nothing. What needs a client's certificate testssl.sh cannot try:
# test_a11_downgrade.py does, for renegotiation and compression.
NO_CERTIFICATE = "client x509-based authentication prevents this"
LEFT_OUT = (
    (None, "cert_revocation", "Neither CRL nor OCSP URI provided"),
    ("mtls", "secure_client_renego", NO_CERTIFICATE),
    ("mtls", "BREACH", NO_CERTIFICATE),
)
# Had these not been tried, silence would mean nothing. Their ids are testssl.sh 3.0's.
TRIED = {
    "SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "PFS", "cipher_order", "cert_chain_of_trust", "heartbleed",
    "CCS", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS", "POODLE_SSL", "SWEET32", "FREAK", "DROWN",
    "LOGJAM", "BEAST", "LUCKY13", "RC4",
}
# "INFO" in its eyes, but promised (A6, A11).
PROMISED = {
    "TLS1": "not offered", "TLS1_1": "not offered", "SSLv3": "not offered", "TLS1_2": "offered",
    "sessionresumption_ticket": "not supported", "sessionresumption_ID": "No Session ID, no resumption",
    "ALPN": "not offered",
}
LIMIT_S = 300

LISTENERS = {"mtls": "address", "enrolment": "enrolment_address"}


@pytest.fixture(scope="module")
def findings(stack, tmp_path_factory):
    """{listener: [finding]}, of both at once: most of its time testssl.sh waits."""
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    assert program, "testssl.sh is missing: scripts/install.sh test"
    directory = tmp_path_factory.mktemp("testssl")
    runs = {}
    for name, attribute in LISTENERS.items():
        host, port = getattr(stack, attribute)
        log = open(directory / f"{name}.log", "wb")
        runs[name] = (log, subprocess.Popen(
            [program, "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--ip", host,
             "--connect-timeout", "10", "--openssl-timeout", "10", "--add-ca", stack.authorities.server_ca,
             "--jsonfile", directory / f"{name}.json",
             "--protocols", "--server-preference", "--server-defaults", "--fs", "--vulnerable", f"localhost:{port}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory))
    try:
        for log, process in runs.values():
            process.wait(LIMIT_S)
    finally:
        for log, process in runs.values():
            if process.poll() is None:
                process.kill()
                process.wait()
            log.close()
    return {name: json.loads((directory / f"{name}.json").read_text()) for name in LISTENERS}


def is_left_out(listener, finding):
    return any(where in (None, listener) and finding["id"].split(" ")[0] == name
               and finding["finding"].startswith(text) for where, name, text in LEFT_OUT)


@pytest.mark.parametrize("listener", LISTENERS)
def test_nothing_is_worse_than_low(findings, listener):
    bad = [one for one in findings[listener]
           if one["severity"] in WORSE and not is_left_out(listener, one)]
    assert not bad, bad


@pytest.mark.parametrize("listener", LISTENERS)
def test_all_was_tried_and_what_is_promised_holds(findings, listener):
    said = {}
    for one in findings[listener]:
        said.setdefault(one["id"].split(" ")[0], []).append(one["finding"])
    assert TRIED <= set(said)
    for name, wanted in PROMISED.items():
        assert all(text.startswith(wanted) for text in said[name]), (name, said[name])


def test_the_listeners_serve_afterwards(stack, findings, phone):
    assert phone.get().status == 200
