"""A log may be longer than any file that is written for a phone."""

import pki
from stack import new_mac

SETTINGS = {
    "listener.phones.upload_bytes": 1048576,
    "limits.upload_device_bytes": 4194304,
    "workers": 1,
}


def test_a_log_of_more_than_a_mebibyte_is_read_back(own_stack):
    stack = own_stack
    stack.import_root(stack.authorities.poly, "poly")
    stack.wait_roots()
    tenant, mac = stack.tenant(), f"0004f2{new_mac()[6:]}"
    phone = tenant.phone(mac=mac, leaf=pki.poly(stack.authorities.poly, mac), vendor="poly", model="VVX_450")
    phone.agent = lambda: f"FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 (SN:{mac})"
    path = f"/{tenant.key}/{mac}-app.log"
    for letter in (b"a", b"b", b"c"):
        assert phone.get(path, "PUT", body=letter * 1048576).status == 200
    answer = phone.get(path)
    assert answer.status == 200 and answer.body == b"".join(letter * 1048576 for letter in (b"a", b"b", b"c"))
