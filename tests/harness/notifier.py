"""Starts beckon-notifier beside a Stack, on a free admin port."""

import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

from stack import BIN, StackError, free_port, wait_until


class Notifier:
    def __init__(self, stack, redis=None, **settings):
        self.stack = stack
        self.port = free_port()
        self.process = None
        values = {
            "pg": stack.database.dsn("beckon_notifier"),
            "master_key_file": stack.master_key,
            "admin.address": f"127.0.0.1:{self.port}",
            "redis.address": redis.address if redis else "",
            "egress.allow": "127.0.0.0/8",
            "egress.cleartext": "127.0.0.0/8",
            "log.level": "debug",
            "sip.timeout_ms": 3000,
            **{name.replace("__", "."): value for name, value in settings.items()},
        }
        self.settings = pathlib.Path(stack.directory) / f"notifier-{self.port}.conf"
        self.settings.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
        self.log_path = self.settings.with_suffix(".log")

    def start(self, wait=True):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("BECKON_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "beckon-notifier", "--settings", self.settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean)
        if wait:
            wait_until("notifier ready", self.is_ready, 30)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise StackError(f"beckon-notifier ended with {self.process.returncode}\n{self.log()}")
        return self.admin("/readyz")[0] == 200

    def admin(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, urllib.error.URLError) as error:
            return 0, str(error)

    def metric(self, name):
        status, text = self.admin("/metrics")
        assert status == 200, text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith((name + " ", name + "{")))

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s=20):
        """SIGTERM; the exit code."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def log(self, size=6000):
        return self.log_path.read_text(errors="replace")[-size:]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
