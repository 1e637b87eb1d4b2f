"""Another wall clock for our processes, by Debian's libfaketime; it may jump while they run.

    clock = FakeClock(directory / "clock")
    stack = Stack(directory, clock.settings); stack.environment = clock.environment
    clock.set("+10y")      # from the next look at the time on
    clock.set("+0")

Monotonic time goes on as it is, as it does when somebody sets the clock of a machine. Python and PostgreSQL stay in
their own time.
"""

import glob
import os
import pathlib


class FakeClock:
    def __init__(self, path):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            raise FileNotFoundError("libfaketime is missing: scripts/install.sh test")
        self.path = pathlib.Path(path)
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",  # its name until 0.9.8
        }
        # The sanitizer wants to be the first library of a process, and does as well as the second.
        options = os.environ.get("ASAN_OPTIONS", "")
        self.environment["ASAN_OPTIONS"] = f"{options}{':' if options else ''}verify_asan_link_order=0"
        # It opens that file whenever it is asked for the time, which a worker may not.
        self.settings = {"harden.seccomp": "off"}

    def set(self, offset):
        """"+1d", "-10y", "+0": from the real time."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(offset + "\n")
        fresh.chmod(0o644)
        fresh.rename(self.path)
