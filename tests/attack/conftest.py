"""Takes the fixtures of tests/harness; see fixtures.py there."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

from fixtures import (  # noqa: E402, F401
    api,
    authorities,
    caller,
    cluster,
    own_stack,
    phone,
    pytest_runtest_makereport,
    stack,
    tenant,
)
