"""Bounded load: threads that fetch one file again and again and remember every failure with its time.

    with Load(phone, threads=8) as load:
        …disturb…
    load.failures, load.answers
"""

import threading
import time


class Load:
    """Each thread: a new connection, `requests_each` requests on it, the next connection.

    judge(answer): what is wrong with its body, or None; remembered in `wrong`.
    """

    def __init__(self, phone, threads=8, requests_each=1, pause_s=0.005, timeout_s=10, judge=None):
        self.phone = phone
        self.requests_each = requests_each
        self.pause_s = pause_s
        self.timeout_s = timeout_s
        self.judge = judge
        self.wrong = []
        self.lock = threading.Lock()
        self.answers = []  # (monotonic time, status, thread)
        self.failures = []  # (monotonic time begun, time ended, error, thread)
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(threads)
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.timeout_s * 2)
        if any(thread.is_alive() for thread in self.threads):
            raise TimeoutError("a load thread hangs")

    def _run(self, number):
        while not self.stopping.is_set():
            begun = time.monotonic()
            try:
                with self.phone.connect(timeout_s=self.timeout_s) as connection:
                    for _ in range(self.requests_each):
                        begun = time.monotonic()
                        answer = connection.request(self.phone.own_file)
                        fault = self.judge(answer) if self.judge else None
                        with self.lock:
                            self.answers.append((time.monotonic(), answer.status, number))
                            if fault is not None:
                                self.wrong.append(fault)
                        is_last = (answer.field("Connection") or "").lower() == "close"
                        if self.stopping.wait(self.pause_s) or is_last:
                            break
            except OSError as error:  # ssl.SSLError and TimeoutError are OSErrors
                with self.lock:
                    self.failures.append((begun, time.monotonic(), repr(error), number))
                self.stopping.wait(self.pause_s)

    def count(self):
        with self.lock:
            return len(self.answers)

    def since(self, moment, status=None):
        """(time, status, thread) of the answers after that moment."""
        with self.lock:
            return [
                one for one in self.answers if one[0] >= moment and status in (None, one[1])
            ]


def server_pid_of(connection, server_port, pids):
    """Which of the processes holds the server's end of a connection on loopback (/proc)."""
    import os

    client_port = connection.port()
    wanted = (f"0100007F:{server_port:04X}", f"0100007F:{client_port:04X}")
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    inodes = [row[9] for row in rows if (row[1], row[2]) == wanted]
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except FileNotFoundError:
            continue
        for name in names:
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except FileNotFoundError:
                continue
            if inodes and target == f"socket:[{inodes[0]}]":
                return pid
    return None
