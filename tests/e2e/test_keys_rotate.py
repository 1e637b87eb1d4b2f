"""Master key and data keys change while phones are served: the steps of docs/keys.md, under load."""

import os
import re
import shutil
import signal
import threading

import pytest
from cryptography.exceptions import InvalidTag

from api import Api
from load import Load
from notifier import Notifier, peers, redis  # noqa: F401 (fixtures)
from seal import data_key, seal, set_control, unseal
from sip_peer import SipPeer
from stack import Stack, StackError, parameters, wait_until

MASTER_PLACE = "0/tenant.data_key/{}"


@pytest.fixture(scope="module")
def installation(tmp_path_factory, authorities, redis):  # noqa: F811
    """beckon-config, beckon-api and beckon-notifier of one database."""
    stack = Stack(tmp_path_factory.mktemp("rotate"), {"redis.address": redis.address}, authorities=authorities)
    stack.start()
    api = Api(stack, redis=redis)
    notifier = Notifier(stack, redis, jobs__window_s=30, sweep_ms=1000, lease_s=3).start()
    yield stack, api, notifier
    for service in (notifier, api):
        service.stop()
        service.check_log()
    stack.stop()
    stack.check_log()


def reload_keys(*services):
    """SIGHUP, and until every process has read the keys."""
    for service in services:
        text = "reloading" if isinstance(service, Notifier) else "master keys read"
        processes = 1 if isinstance(service, Notifier) else 2
        wanted = service.log_path.read_text(errors="replace").count(text) + processes
        service.process.send_signal(signal.SIGHUP)
        wait_until(f"{text} by {service.log_path.name}",
                   lambda: service.log_path.read_text(errors="replace").count(text) >= wanted)


def serves(phone):
    """A judge of answers (load.py) that takes this phone's file alone, whole."""
    whole = phone.get().body
    assert parameters(whole)["account.1.password"] == phone.secret

    def judge(answer):
        if answer.status == 200 and answer.body == whole:
            return None
        if answer.status == 503 and 60 <= int(answer.field("Retry-After") or 0) <= 180:
            return "503"
        return f"{answer.status} {answer.body[:80]!r}"
    return judge


def opens(stack, path, tenant_id):
    """Whether the tenant's data key is sealed under the master key in this file."""
    sealed = stack.sql("select data_key from app.tenant where tenant_id = %s", (tenant_id,))[0][0]
    try:
        unseal(bytes.fromhex(path.read_text()), MASTER_PLACE.format(tenant_id), bytes(sealed))
        return True
    except InvalidTag:
        return False


def test_the_master_key_changes_under_load(installation):
    stack, api, notifier = installation
    phones = [stack.tenant().phone() for _ in range(3)]
    operator = api.operator()
    etags = [phone.get().field("ETag") for phone in phones]
    former, fresh = stack.directory / "master.former", stack.directory / "master.next"

    with Load(phones[0], threads=4, requests_each=3, judge=serves(phones[0])) as load:
        wait_until("load", lambda: load.count() > 20)
        stack.beckon("keys", "new", fresh, is_json=False)
        # A key that no service has would leave every phone without its file.
        refused = stack.beckon_run("keys", "rotate", "--new", fresh)
        assert refused.returncode == 1 and "master_key_previous_file" in refused.stderr
        assert phones[1].get().status == 200

        shutil.copy2(stack.master_key, former)
        shutil.copy2(stack.master_key, stack.previous_key)
        os.replace(fresh, stack.master_key)
        reload_keys(stack, notifier)
        reload_keys(api)  # last: it seals new tenants' keys
        made = operator.expect(201, "POST", "/v1/tenants", {"name": "made-between"}).json
        assert opens(stack, stack.master_key, int(made["id"]))

        count = stack.sql("select count(*) from app.tenant where data_key is not null")[0][0]
        assert stack.beckon("keys", "rotate", "--new", stack.master_key) == {
            "tenants": count, "changed": count - 1}
        assert stack.beckon("keys", "rotate", "--new", stack.master_key) == {"tenants": count, "changed": 0}
        stack.previous_key.unlink()
        reload_keys(stack, notifier, api)

        # A worker that starts now is forked from a master that has read the former key.
        victim = stack.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until("a replacement", lambda: len(stack.worker_pids()) == 2 and victim not in stack.worker_pids())
        enough = load.count() + 100
        wait_until("load goes on", lambda: load.count() > enough)

    assert load.wrong == []
    assert {status for _, status, _ in load.answers} == {200}
    assert len(load.failures) <= 4, load.failures  # connections of the worker that was killed
    for phone, etag in zip(phones, etags):
        again = phone.get()
        assert again.status == 200 and again.field("ETag") == etag  # the data key is the same
        assert opens(stack, stack.master_key, phone.tenant.id)
        assert not opens(stack, former, phone.tenant.id)
    action, payload = stack.sql("select action, payload::jsonb from app.audit where tenant_id is null"
                                " and action = 'keys.rotate'")[0]
    assert payload == {"tenants": count - 1}
    assert stack.beckon("check")["checks"]


def test_a_data_key_of_another_master_key_changes_nothing(installation):
    stack, _, _ = installation
    tenant = stack.tenant()
    sealed = stack.sql("select data_key from app.tenant where tenant_id = %s", (tenant.id,))[0][0]
    stranger = seal(bytes(32), MASTER_PLACE.format(tenant.id), bytes(32))
    stack.sql("update app.tenant set data_key = %s where tenant_id = %s", (stranger, tenant.id))
    before = stack.sql("select tenant_id, data_key from app.tenant order by 1")
    shutil.copy2(stack.master_key, stack.previous_key)
    fresh = stack.directory / "master.unused"
    stack.beckon("keys", "new", fresh, is_json=False)
    shutil.copy2(fresh, stack.master_key)
    try:
        with pytest.raises(StackError, match=f"{tenant.name} opens under none"):
            stack.beckon("keys", "rotate", "--new", fresh)
    finally:
        os.replace(stack.previous_key, stack.master_key)
    assert stack.sql("select tenant_id, data_key from app.tenant order by 1") == before
    stack.sql("update app.tenant set data_key = %s where tenant_id = %s", (sealed, tenant.id))


# ---- a tenant's data key ----

def sealed_columns(stack):
    """(table, column, id column) of every column that the schema says is sealed, read from its text."""
    return stack.sql(
        "select t.relname, a.attname, (select i.attname from pg_attribute as i join pg_index as x"
        "         on x.indrelid = t.oid and x.indisprimary and i.attrelid = t.oid"
        "        and i.attnum = x.indkey[x.indnkeyatts - 1])"
        "  from pg_constraint as c join pg_class as t on t.oid = c.conrelid"
        "  join pg_attribute as a on a.attrelid = t.oid and a.attnum = any (c.conkey)"
        " where c.contype = 'c' and pg_get_constraintdef(c.oid) ~ 'is_sealed' order by 1, 2")


def layer_tables(stack):
    return [row[0] for row in stack.sql(
        "select t.relname from pg_constraint as c join pg_class as t on t.oid = c.conrelid"
        " where pg_get_constraintdef(c.oid) ~ 'is_layer_settings' and t.relname <> 'operator_layer' order by 1")]


def test_every_sealed_column_is_one_that_rotation_knows(installation):
    stack, _, _ = installation
    known = {row[0] for row in stack.sql("select * from bk.sealed_fields()")}
    columns = {f"{table}.{column}" for table, column, _ in sealed_columns(stack)}
    assert known == columns | {f"{table}.settings" for table in layer_tables(stack)}
    assert {"extension.secret", "pbx_control.secret", "enrolment.secret", "tenant.settings"} <= known
    # A bytea that is neither sealed nor known to be something else: does it hold a secret?
    plain = {f"{table}.{column}" for table, column in stack.sql(
        "select t.relname, a.attname from pg_attribute as a join pg_class as t on t.oid = a.attrelid"
        "  join pg_namespace as n on n.oid = t.relnamespace"
        " where n.nspname = 'app' and t.relkind in ('r', 'p') and not t.relispartition"
        "   and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bytea'::regtype")} - columns
    public = ("hash", "sha256", "fingerprint", "certificate")
    assert {name for name in plain if not name.endswith(public)} == {
        "tenant.data_key", "upload_part.content"}  # sealed under upload_part.content_key


def plant(stack, phone):
    """A secret in everything that may hold one; {(table, id, name): (place, plain)}."""
    tenant = phone.tenant
    key = data_key(stack, tenant.id)
    planted = {}
    stack.sql("insert into app.site (tenant_id, name) values (%s, 's')", (tenant.id,))
    stack.sql("insert into app.profile (tenant_id, name) values (%s, 'p')", (tenant.id,))
    stack.sql("insert into app.handset (tenant_id, device_id, handset_index) values (%s, %s, 1)",
              (tenant.id, phone.device_id()))
    set_control(stack, tenant.id, "127.0.0.1:5", "control")
    stack.sql("insert into app.webhook (tenant_id, url, events, secret) values (%s, 'https://a.example/', '{x}', %s)",
              (tenant.id, seal(key, "x", b"x")))
    stack.sql("insert into app.enrolment (tenant_id, device_id, method, username, secret_hash, secret, valid_until)"
              " values (%s, %s, 'digest', %s, sha256(''), %s, 'infinity')",
              (tenant.id, phone.device_id(), phone.mac, seal(key, "x", b"x")))
    stack.sql("insert into app.upload (tenant_id, device_id, name, kind, bytes, source)"
              " values (%s, %s, 'a.log', 'log', 0, '127.0.0.1')", (tenant.id, phone.device_id()))
    stack.sql("insert into app.upload_part (tenant_id, part_id, upload_id, part_index, bytes, content_key, content)"
              " select tenant_id, 4711, upload_id, 1, 0, %s, %s from app.upload where tenant_id = %s",
              (seal(key, "x", b"x"), seal(key, "x", b""), tenant.id))
    for table, column, id_column in sealed_columns(stack):
        for (row,) in stack.sql(f"select {id_column} from app.{table} where tenant_id = %s", (tenant.id,)):
            plain = phone.secret if (table, column) == ("extension", "secret") else f"{table}.{column} of {row}"
            place = f"{tenant.id}/{table}.{column}/{row}"
            stack.sql(f"update app.{table} set {column} = %s where tenant_id = %s and {id_column} = %s",
                      (seal(key, place, plain.encode()), tenant.id, row))
            planted[table, row, column] = (place, plain)
    for table in layer_tables(stack):
        words = {"tenant": (), "site": ("--site", "s"), "profile": ("--profile", "p"),
                 "device": ("--mac", phone.mac)}[table]
        stack.beckon("setting", "set", "--tenant", tenant.name, *words, "security.admin_secret=@-",
                     stdin=f"layer-{table}-8")
    return planted


def test_a_tenants_data_key_changes_and_every_secret_with_it(installation):
    stack, _, _ = installation
    other = stack.tenant().phone()
    phone = stack.tenant().phone()
    planted = plant(stack, phone)
    assert {table for table, _, _ in planted} == {table for table, _, _ in sealed_columns(stack)}
    former = data_key(stack, phone.tenant.id)
    before, strange = phone.get(), other.get()
    assert parameters(before.body)["static.security.user_password"] == "admin:layer-device-8"
    revision = stack.sql("select revision from app.device where device_id = %s", (phone.device_id(),))

    done = stack.beckon("keys", "rotate", "--tenant", phone.tenant.name)
    assert done == {"tenant": phone.tenant.name, "values": len(planted) + len(layer_tables(stack))}

    key = data_key(stack, phone.tenant.id)
    assert key != former
    for (table, row, column), (place, plain) in planted.items():
        id_column = {t: i for t, _, i in sealed_columns(stack)}[table]
        sealed = stack.sql(f"select {column} from app.{table} where tenant_id = %s and {id_column} = %s",
                           (phone.tenant.id, row))[0][0]
        assert unseal(key, place, bytes(sealed)).decode() == plain
        with pytest.raises(InvalidTag):
            unseal(former, place, bytes(sealed))
    after = phone.get()
    assert after.status == 200 and after.body == before.body
    assert after.field("ETag") != before.field("ETag")  # keyed by the data key: phones fetch once more
    assert phone.get(headers=[("If-None-Match", before.field("ETag"))]).status == 200
    assert stack.sql("select revision from app.device where device_id = %s", (phone.device_id(),)) == revision
    assert other.get().field("ETag") == strange.field("ETag")
    payload = stack.sql("select payload::jsonb from app.audit where tenant_id = %s and action = 'keys.rotate'",
                        (phone.tenant.id,))[0][0]
    assert payload == {"values": done["values"]}


def test_a_secret_that_does_not_open_leaves_everything_as_it_was(installation):
    stack, _, _ = installation
    phone = stack.tenant().phone()
    before = stack.sql("select data_key from app.tenant where tenant_id = %s", (phone.tenant.id,))
    stack.sql("update app.extension set pin = %s where tenant_id = %s",
              (seal(bytes(32), "x", b"x"), phone.tenant.id))
    with pytest.raises(StackError, match="extension.pin of row .* does not open"):
        stack.beckon("keys", "rotate", "--tenant", phone.tenant.name)
    assert stack.sql("select data_key from app.tenant where tenant_id = %s", (phone.tenant.id,)) == before
    assert phone.get().status == 200


def test_a_data_key_changes_under_load_of_phones_and_admins(installation):
    """Phones fetch, some for the first time; an admin sets secrets; each stays readable."""
    stack, api, _ = installation
    tenant = stack.tenant()
    phone = tenant.phone()
    admin = api.admin(tenant)
    extension = stack.sql("select extension_id from app.extension where tenant_id = %s", (tenant.id,))[0][0]
    writes, stopping = [], threading.Event()
    whole = phone.get().body

    def write():
        while not stopping.is_set():
            answer = admin.patch(f"/v1/extensions/{extension}", {"secret": f"written-{len(writes):08d}"})
            writes.append(answer.status)

    def judge(answer):
        """The whole file with one of the secrets that were set, or a 503 that says when to come again."""
        if answer.status == 503 and 60 <= int(answer.field("Retry-After") or 0) <= 180:
            return "503"
        secret = re.search(rb"account.1.password = (\S+)\n", answer.body) if answer.status == 200 else None
        if secret is None or not re.fullmatch(rb"written-\d{8}|" + phone.secret.encode(), secret[1]):
            return f"{answer.status} {answer.body[:80]!r}"
        same = answer.body.replace(secret[1], phone.secret.encode()) == whole
        return None if same else f"another file: {answer.body[:80]!r}"

    writer = threading.Thread(target=write)
    with Load(phone, threads=4, requests_each=20, pause_s=0, judge=judge) as load:
        writer.start()
        for _ in range(25):
            enough = load.count() + 20
            stack.beckon("keys", "rotate", "--tenant", tenant.name)
            wait_until("load goes on", lambda: load.count() > enough)
        stopping.set()
        writer.join(30)

    # Nobody got another file, nobody was sent away; the blink of a change is a 503 at worst.
    assert {fault for fault in load.wrong} <= {"503"}, load.wrong
    assert len(load.wrong) <= len(load.answers) / 50, f"{len(load.wrong)} of {len(load.answers)}"
    assert load.failures == []
    assert len(writes) > 25 and set(writes) == {200}
    print(f"{len(load.wrong)} times 503 of {len(load.answers)}, {len(writes)} writes")
    assert parameters(phone.get().body)["account.1.password"] == f"written-{len(writes) - 1:08d}"


def test_what_is_fetched_while_a_key_changes_is_not_kept(installation):
    """Made from rows of the former key, it would be found by fetches that have the new one."""
    stack, _, _ = installation
    phone = stack.tenant().phone()
    assert phone.get().status == 200
    kept = "select count(*) from app.device_config where tenant_id = %s"
    assert stack.sql(kept, (phone.tenant.id,))[0][0] == 1
    stack.sql("delete from app.device_config where tenant_id = %s", (phone.tenant.id,))
    changing = stack.database.connect("beckon_operator", autocommit=False)
    with changing, changing.cursor() as cursor:
        cursor.execute("select set_config('bk.tenant_id', %s, true)", (str(phone.tenant.id),))
        cursor.execute("select bk.data_key_claim()")
        assert phone.get().status == 200  # it does not wait, either
        assert stack.sql(kept, (phone.tenant.id,))[0][0] == 0
    changing.close()
    assert phone.get().status == 200
    assert stack.sql(kept, (phone.tenant.id,))[0][0] == 1


@pytest.mark.parametrize("password", [None, "control-7"])
def test_phones_are_called_back_right_after_a_change(installation, password):
    """The notifier holds a PBX open, with the key of then; lines' secrets are of the new one."""
    stack, api, _ = installation
    peer = SipPeer(password=password)
    try:
        tenant = stack.tenant()
        set_control(stack, tenant.id, peer.address, password)
        admin = api.admin(tenant)
        phones = [tenant.phone() for _ in range(4)]
        for phone in phones:
            assert phone.get().status == 200
            job = admin.expect(202, "POST", "/v1/jobs", {"device_id": phone.device_id(), "kind": "reprovision"}).json
            state = wait_until("called", lambda: next((now for now in [admin.get(f"/v1/jobs/{job['id']}").json]
                                                       if now["state"] != "queued"), None), 15)
            assert state["state"] in ("sent", "answered"), state
            stack.beckon("keys", "rotate", "--tenant", tenant.name)
    finally:
        peer.stop()
