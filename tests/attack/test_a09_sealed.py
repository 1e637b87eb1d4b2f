"""A9: sealed secrets are bound to their row and field; moved, they open nowhere and nothing is served."""

import pytest


def swap(stack, first, second):
    """Exchange the sealed secrets of two extensions."""
    stack.sql(
        "update app.extension as e set secret = o.secret from app.extension as o"
        " where (e.tenant_id, e.extension_id, o.tenant_id, o.extension_id)"
        "    in ((%s, %s, %s, %s), (%s, %s, %s, %s))",
        (*first, *second, *second, *first),
    )


def extension_of(stack, phone):
    return stack.sql(
        "select tenant_id, extension_id from app.extension where tenant_id = %s and number = %s",
        (phone.tenant.id, phone.number),
    )[0]


@pytest.mark.parametrize("across_tenants", [False, True])
def test_swapped_secrets_do_not_open(stack, tenant, across_tenants):
    one = tenant.phone()
    two = (stack.tenant() if across_tenants else tenant).phone()
    good = {phone: phone.get() for phone in (one, two)}
    rows = [extension_of(stack, phone) for phone in (one, two)]
    swap(stack, *rows)
    for phone in (one, two):
        answer = phone.get()
        assert answer.status == 503
        assert 60 <= int(answer.field("Retry-After")) <= 180
        for secret in (one.secret, two.secret):
            assert secret.encode() not in answer.body
    # What holds no secret of a line is still served; the phone keeps its accounts.
    assert one.get(f"/{one.tenant.key}/y000000000096.cfg").status == 200
    swap(stack, *rows)
    for phone in (one, two):
        again = phone.get()
        assert again.status == 200
        assert again.field("ETag") == good[phone].field("ETag")


def test_a_swapped_data_key_does_not_open(stack):
    one, two = stack.tenant(), stack.tenant()
    phone = one.phone()
    assert phone.get().status == 200
    own = stack.sql("select data_key from app.tenant where tenant_id = %s", (one.id,))[0][0]
    stack.sql(
        "update app.tenant set data_key = (select data_key from app.tenant where tenant_id = %s)"
        " where tenant_id = %s", (two.id, one.id),
    )
    answer = phone.get()
    assert answer.status == 503
    assert b"account." not in answer.body
    stack.sql("update app.tenant set data_key = %s where tenant_id = %s", (own, one.id))
    assert phone.get().status == 200


@pytest.mark.parametrize("at", [1, 12, 13, 28, -1])
def test_one_changed_bit_does_not_open(stack, phone, at):
    """In the nonce, in the text, in the tag."""
    row = extension_of(stack, phone)
    sealed = bytes(
        stack.sql("select secret from app.extension where tenant_id = %s and extension_id = %s", row)[0][0]
    )
    changed = bytearray(sealed)
    changed[at] ^= 1
    assert phone.get().status == 200
    stack.sql(
        "update app.extension set secret = %s where tenant_id = %s and extension_id = %s",
        (bytes(changed), *row),
    )
    assert phone.get().status == 503


def test_a_stolen_database_holds_no_secret(stack, tenant):
    """Everything that is stored, searched for planted secrets."""
    secret = "canary-of-a-sip-password-7431"
    admin = "canaryadmin92x"
    phone = tenant.phone(secret=secret)
    stack.beckon(
        "setting", "set", "--tenant", tenant.name, "--mac", phone.mac,
        "security.admin_secret=@-", stdin=admin,
    )
    body = phone.get().body.decode()
    assert secret in body and admin in body  # the phone itself has them
    tables = stack.sql(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('app', 'bk')"
    )
    assert len(tables) > 10
    for (table,) in tables:
        for word in (secret, admin):
            found = stack.sql(
                f"select count(*) from {table} as t where position(%s in t::text) > 0"
                f" or position(%s in t::text) > 0",
                (word, word.encode().hex()),
            )[0][0]
            assert found == 0, table
    log = stack.log_path.read_text(errors="replace")
    assert secret not in log and admin not in log
