"""A private Redis: in a directory of its own, on a unix socket, no TCP, nothing kept on disk."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import time


class Redis:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bkr", dir="/tmp"))
        self.socket = self.directory / "s"
        self.process = None

    @property
    def address(self):
        return f"unix:{self.socket}"

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no",
             "--dir", self.directory],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 15
        while self.command("PING") != "+PONG":
            if time.monotonic() > deadline:
                raise RuntimeError("Redis does not answer")
            time.sleep(0.02)
        return self

    def command(self, *words):
        """The first line of the answer; None when nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(str(self.socket))
                encoded = [str(word).encode() for word in words]
                client.sendall(b"*%d\r\n" % len(words)
                               + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
                return client.makefile("rb").readline().decode().strip()
        except OSError:
            return None

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
