"""A10: no two devices share a key, and no two secrets a ciphertext: what is learned of one tells nothing of another."""

import itertools

from seal import data_key

SECRET = "the-same-secret-everywhere"


def sealed_of(stack, phone):
    return bytes(stack.sql("select secret from app.extension where tenant_id = %s and number = %s",
                           (phone.tenant.id, phone.number))[0][0])


def pieces(sealed, size=8):
    return {sealed[at:at + size] for at in range(len(sealed) - size + 1)}


def test_the_same_secret_is_never_sealed_the_same(stack):
    """Of one tenant, of another, and once more for the same device: not even eight bytes are alike."""
    one = stack.tenant()
    phones = [one.phone(secret=SECRET), one.phone(secret=SECRET), stack.tenant().phone(secret=SECRET)]
    sealed = [sealed_of(stack, phone) for phone in phones]
    stack.sql("delete from app.device where tenant_id = %s and mac = %s::macaddr", (one.id, phones[0].mac))
    stack.sql("delete from app.extension where tenant_id = %s and number = %s", (one.id, phones[0].number))
    again = one.phone(secret=SECRET, number=phones[0].number, mac=phones[0].mac, leaf=phones[0].leaf)
    sealed.append(sealed_of(stack, again))
    assert len({len(text) for text in sealed}) == 1
    for a, b in itertools.combinations(sealed, 2):
        assert not pieces(a) & pieces(b)
    assert SECRET.encode() in again.get().body  # the control: it is this secret


def test_each_tenant_has_a_key_of_its_own(stack):
    keys = [data_key(stack, stack.tenant(pbx=False).id) for _ in range(5)]
    assert len(set(keys)) == len(keys)
    stored = [bytes(row[0]) for row in stack.sql("select data_key from app.tenant where data_key is not null")]
    nonces = [text[1:13] for text in stored]
    assert len(set(nonces)) == len(nonces)
    assert not any(pieces(a, 12) & pieces(b, 12) for a, b in itertools.combinations(stored, 2))


def test_what_is_served_counts_on_tls_and_on_no_key_of_files(phone):
    """A maker's file encryption with a key that phones share would look like protection, and be none."""
    answer = phone.get()
    assert answer.body.startswith(b"#!version:1.0.0.1\n")
    assert b"aes_key" not in answer.body
