"""beckon-notifier --check-config: what cannot work is said before anything is started."""

import subprocess

import pytest

from stack import BIN


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "master.key"
    path.write_text("0123456789abcdef" * 4 + "\n")
    path.chmod(0o600)
    return path


def check(key_file, **settings):
    given = {"pg": "dbname=beckon", "master_key_file": key_file, **settings}
    return subprocess.run([BIN / "beckon-notifier", "--check-config", *(f"--{key}={value}" for key, value in
                                                                         given.items())],
                          capture_output=True, text=True, env={}, timeout=30)


@pytest.mark.parametrize("setting, good", [
    ("admin.address", "127.0.0.1:9103"), ("admin.address", "[::1]:9103"),
    ("egress.allow", "10.0.0.0/8, fd00::/8"), ("redis.address", "unix:/run/redis.sock"),
])
def test_what_works_is_taken(key_file, setting, good):
    done = check(key_file, **{setting: good})
    assert (done.returncode, done.stdout, done.stderr) == (0, "settings are good\n", "")


@pytest.mark.parametrize("setting, bad", [
    ("admin.address", "unix:/run/beckon.sock"),  # the servers can, libre's HTTP cannot
    ("admin.address", "localhost:9103"), ("admin.address", "127.0.0.1"),
    ("egress.allow", "10.0.0.0/33"), ("egress.cleartext", "pbx.example"),
    ("redis.address", "redis.example:6379"), ("sip.tls_ca_file", "/nowhere.pem"),
    ("lease_s", "1"),
])
def test_what_cannot_work_is_named(key_file, setting, bad):
    done = check(key_file, **{setting: bad})
    assert done.returncode != 0 and setting in done.stderr, done.stderr
