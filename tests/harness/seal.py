"""Seals and opens as libcommon/base/seal.h describes it, written from that description alone."""

import os
import pathlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def seal(key, place, plain):
    nonce = os.urandom(12)
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key, place, sealed):
    assert sealed[0] == 1
    return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())


def data_key(stack, tenant_id):
    """The tenant's key, opened with the stack's master key."""
    master = bytes.fromhex(pathlib.Path(stack.master_key).read_text().strip())
    sealed = stack.sql("select data_key from app.tenant where tenant_id = %s", (tenant_id,))[0][0]
    return unseal(master, f"0/tenant.data_key/{tenant_id}", bytes(sealed))


def set_control(stack, tenant_id, address, password=None, username="beckon", pbx="main", rate=50,
                in_flight=20, options='{}'):
    """Give a tenant's PBX a control side, as the API does."""
    pbx_id = stack.sql("select pbx_id from app.pbx where tenant_id = %s and name = %s", (tenant_id, pbx))[0][0]
    sealed = None
    if password is not None:
        sealed = seal(data_key(stack, tenant_id), f"{tenant_id}/pbx_control.secret/{pbx_id}", password.encode())
    stack.sql(
        "insert into app.pbx_control (tenant_id, pbx_id, driver, address, username, secret, options, rate_per_s,"
        " in_flight_max) values (%s, %s, 'sip', %s, %s, %s, %s, %s, %s)"
        " on conflict on constraint pbx_control_pk do update set address = excluded.address,"
        " username = excluded.username, secret = excluded.secret, options = excluded.options,"
        " rate_per_s = excluded.rate_per_s, in_flight_max = excluded.in_flight_max",
        (tenant_id, pbx_id, address, username if password is not None else "", sealed, options, rate, in_flight))
    return pbx_id


def store_upload(stack, device_id, name, *parts, kind="log", source="192.0.2.7"):
    """Keep a file of parts as beckon-config does when a phone has written it: its id."""
    tenant_id = stack.sql("select tenant_id from app.device where device_id = %s", (device_id,))[0][0]
    tenant_key = data_key(stack, tenant_id)
    upload_id = stack.sql(
        "insert into app.upload (tenant_id, device_id, name, kind, bytes, source) values (%s, %s, %s, %s, %s, %s)"
        " returning upload_id", (tenant_id, device_id, name, kind, sum(map(len, parts)), source))[0][0]
    for index, text in enumerate(parts, 1):
        part_id, key = int.from_bytes(os.urandom(6)) + 1, os.urandom(32)
        stack.sql(
            "insert into app.upload_part (tenant_id, part_id, upload_id, part_index, bytes, content_key, content)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (tenant_id, part_id, upload_id, index, len(text),
             seal(tenant_key, f"{tenant_id}/upload_part.content_key/{part_id}", key),
             seal(key, f"{tenant_id}/upload_part.content/{part_id}", text)))
    return upload_id


def set_secret(stack, tenant_id, number, secret):
    """Change an extension's secret, as the API does."""
    extension_id = stack.sql("select extension_id from app.extension where tenant_id = %s and number = %s",
                             (tenant_id, number))[0][0]
    sealed = seal(data_key(stack, tenant_id), f"{tenant_id}/extension.secret/{extension_id}", secret.encode())
    stack.sql("update app.extension set secret = %s where extension_id = %s", (sealed, extension_id))
