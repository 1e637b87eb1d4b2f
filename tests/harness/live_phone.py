"""A simulated phone that lives on while a test watches it: its events as they come.

    with LivePhone(phone, "--for-s", "60", "--sip") as live:      # phone: stack.Phone
        live.wait("registered")
        since = live.mark()
        …
        live.wait("round", since, cause="check-sync")
"""

import json
import signal
import threading

from stack import Simulation, StackError, wait_until


class LivePhone:
    def __init__(self, phone, *arguments, for_s=120, **options):
        self.phone = phone
        self.lines = []
        self.events = []
        words = ["--sip", "--for-s", for_s, *arguments]
        self.process = phone.stack.phonesim(phone, *words, wait=False, **options)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("{"):
                self.events.append(json.loads(line))

    def mark(self):
        """For wait(since): events from now on."""
        return len(self.events)

    def of_kind(self, kind, since=0, **members):
        return [event for event in self.events[since:]
                if event["event"] == kind and all(event.get(name) == value for name, value in members.items())]

    def wait(self, kind, since=0, timeout_s=15, count=1, **members):
        """The count-th event of that kind with these members; StackError with what there was."""
        def found():
            events = self.of_kind(kind, since, **members)
            if len(events) < count and self.process.poll() is not None and not self._thread.is_alive():
                raise StackError(f"the phone ended with {self.process.returncode}")
            return events[count - 1] if len(events) >= count else None

        try:
            return wait_until(f"{kind} {members}", found, timeout_s)
        except StackError as error:
            raise StackError(f"{error}; the phone said:\n{''.join(self.lines[-40:])}") from error

    def unplug(self):
        since = self.mark()
        self.process.send_signal(signal.SIGUSR1)
        self.wait("offline", since)

    def plug(self):
        since = self.mark()
        self.process.send_signal(signal.SIGUSR2)
        self.wait("online", since)

    def stop(self):
        """SIGTERM; Simulation of all it said."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        self._thread.join(20)
        return Simulation("".join(self.lines), self.process.returncode)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        done = self.stop()
        assert "Sanitizer" not in done.output and "runtime error:" not in done.output, done.output
