"""All three services as an operator runs them: an account that is not root, and programs without a sanitizer.

A build with a sanitizer has no filter of system calls and may be dumped (base/harden.h), so what is said of
processes and of their memory is tried with the programs of build/dev, which ./test builds as well.

    with Hardened(tmp, authorities) as installation:
        installation.stack, installation.api, installation.notifier, installation.redis
"""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import service
import stack
from api import Api
from notifier import Notifier
from redis_server import Redis
from stack import Stack

ACCOUNT = "nobody"  # as root; else whoever runs the tests
AS_ROOT = os.geteuid() == 0


def has_sanitizer(program):
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return "libasan" in needed or "libtsan" in needed or "libubsan" in needed


def plain_programs():
    """The folder of programs without a sanitizer."""
    if (stack.BIN / "beckon-config").exists() and not has_sanitizer(stack.BIN / "beckon-config"):
        return stack.BIN
    programs = stack.ROOT / "build" / "dev" / "bin"
    if not (programs / "beckon-config").exists():
        raise stack.StackError(f"{programs} lacks beckon-config: cmake --preset dev && cmake --build build/dev")
    return programs


class AccountStack(Stack):
    def spawn(self, timeout_s=30):
        give(self.directory)
        super().spawn(timeout_s)


def give(directory):
    """Everything in it to the account, which reads keys and certificates itself."""
    if not AS_ROOT:
        return
    entry = pwd.getpwnam(ACCOUNT)
    for path in [directory, *pathlib.Path(directory).rglob("*")]:
        os.chown(path, entry.pw_uid, entry.pw_gid)


class Hardened:
    def __init__(self, authorities, stays=False):
        """stays: whoever runs the tests runs the services too, root or not."""
        self.authorities = authorities
        changes = AS_ROOT and not stays
        self.account = {"user": ACCOUNT if changes else "",
                        "harden.allow_root": "no" if changes or not AS_ROOT else "yes"}
        self.former = stack.BIN

    def __enter__(self):
        stack.BIN = service.BIN = plain_programs()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bkh", dir="/tmp"))
        self.directory.chmod(0o711)
        self.redis = Redis().start()
        self.redis.directory.chmod(0o711)
        self.redis.socket.chmod(0o777)
        self.api = self.notifier = None
        self.stack = AccountStack(
            self.directory, {**self.account, "redis.address": self.redis.address}, authorities=self.authorities)
        self.stack.start()
        self.api = Api(self.stack, self.account, redis=self.redis, start=False)
        self.notifier = Notifier(self.stack, self.redis, **{
            name.replace(".", "__"): value for name, value in self.account.items()})
        give(self.directory)
        self.api.start()
        self.notifier.start()
        return self

    def __exit__(self, *_):
        for one in (self.notifier, self.api, self.stack):
            if one is not None:
                one.stop()
        self.redis.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        stack.BIN = service.BIN = self.former

    @property
    def masters(self):
        return {"beckon-config": self.stack.process.pid, "beckon-api": self.api.process.pid,
                "beckon-notifier": self.notifier.process.pid}

    @property
    def processes(self):
        """(name, pid) of every process: masters, and workers behind them."""
        found = []
        for name, pid in self.masters.items():
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            found += [(name, pid), *((f"{name} worker", int(child)) for child in children)]
        return found

    @property
    def logs(self):
        return [self.stack.log_path, self.api.log_path, self.notifier.log_path]
