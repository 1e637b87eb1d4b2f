"""Starts pbxsim: many PBXs in one process that answer NOTIFY and count what each got (tests/bench/pbxsim.c).

    with PbxSim(count=2, arguments=["--challenge"]) as pbxs:
        pbxs.addresses      # ["127.0.0.1:…", …]
        …
        pbxs.summary()      # {"notifies": …, "max_per_s": …, "pbxs": [{"port": …, …}, …]}
"""

import json
import queue
import signal
import subprocess
import threading

from stack import BIN, StackError


class PbxSim:
    def __init__(self, count=1, arguments=()):
        self.words = [BIN / "pbxsim", "--count", str(count), *map(str, arguments)]
        self.process = None
        self.ports = []
        self._rows = queue.Queue()

    @property
    def addresses(self):
        return [f"127.0.0.1:{port}" for port in self.ports]

    def start(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.ports = self._next("ready")["ports"]
        return self

    def _read(self):
        for line in self.process.stdout:
            self._rows.put(json.loads(line))
        self._rows.put({"event": "end"})

    def _next(self, kind):
        try:
            while (row := self._rows.get(timeout=20))["event"] != kind:
                if row["event"] == "end":
                    raise StackError(f"pbxsim ended with {self.process.wait()}")
            return row
        except queue.Empty:
            raise StackError(f"no {kind} of pbxsim") from None

    def summary(self):
        """As it stands now; of the whole run, once it is stopped."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
        return self._next("summary")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
