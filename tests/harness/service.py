"""One of our programs beside a Stack: its settings file, its process, its admin port, its log."""

import os
import pathlib
import re
import signal
import subprocess
import urllib.error
import urllib.request

from stack import AS_ROOT, BIN, StackError, free_port, wait_until


class Service:
    """program: "beckon-api"; settings: {"log.level": "debug"}, written to a file of this one's own."""

    def __init__(self, stack, program, settings):
        self.stack = stack
        self.program = program
        self.admin_port = free_port()
        self.process = None
        self.environment = {}  # of the program, besides ours
        values = {"admin.address": f"127.0.0.1:{self.admin_port}", "log.level": "debug",
                  "harden.allow_root": AS_ROOT, **settings}
        self.settings = pathlib.Path(stack.directory) / f"{program}-{self.admin_port}.conf"
        self.settings.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
        self.log_path = self.settings.with_suffix(".log")

    def start(self, wait=True):
        """Does nothing when it runs already."""
        if self.process is not None and self.process.poll() is None:
            return self
        if not (BIN / self.program).exists():
            raise StackError(f"{BIN / self.program} is missing; build it first")
        clean = {key: value for key, value in os.environ.items() if not key.startswith("BECKON_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / self.program, "--settings", self.settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**clean, **self.environment})
        if wait:
            try:
                wait_until(f"{self.program} ready", self.is_ready, 30)
            except StackError as error:
                self.stop()
                raise StackError(f"{error}\n{self.log()}") from error
        return self

    def refusal(self, timeout_s=10):
        """What it says when it does not start; an error when it does."""
        self.start(wait=False)
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            self.stop()
            raise StackError(f"{self.program} runs with these settings\n{self.log()}") from error
        if code == 0:
            raise StackError(f"{self.program} ended as if it had worked\n{self.log()}")
        return self.log()

    def is_ready(self):
        if self.process.poll() is not None:
            raise StackError(f"{self.program} ended with {self.process.returncode}\n{self.log()}")
        return self.look("/readyz")[0] == 200

    def look(self, path):
        """(status, text) of the admin port; (0, why) when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, urllib.error.URLError) as error:
            return 0, str(error)

    def metric(self, name, labels=""):
        status, text = self.look("/metrics")
        assert status == 200, text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith((name + " ", name + "{")) and labels in line)

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

    log_tail = log

    @property
    def directory(self):
        return self.log_path

    def check_log(self):
        """StackError when it crashed by itself or a sanitizer spoke; kill -9 of a test is neither."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        found = re.search(r"Sanitizer|runtime error:|starting another.* signal=(4|6|7|8|11) ", text)
        if found:
            raise StackError(
                f"{self.program} crashed:\n{text[max(0, found.start() - 500):found.start() + 5000]}")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
