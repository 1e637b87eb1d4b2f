"""pytest fixtures of the end-to-end tests and the attacks; conftest.py of both folders takes them from here."""

import pytest

import postgres
from api import Api
from enrolment import Enrolled
from stack import Authorities, Stack

_running = []  # stacks whose log a failure shows


@pytest.fixture(scope="session")
def cluster():
    with postgres.Cluster.temporary() as made:
        yield made


@pytest.fixture(scope="session")
def authorities(tmp_path_factory):
    return Authorities(tmp_path_factory.mktemp("pki"))


def _stack(directory, settings=None, **options):
    made = Stack(directory, settings, **options)
    _running.append(made)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        _running.remove(made)
    made.check_log()


@pytest.fixture(scope="session")
def stack(tmp_path_factory, cluster, authorities):
    """The shared one: tests make tenants of their own in it and break nothing of it."""
    yield from _stack(tmp_path_factory.mktemp("stack"), cluster=cluster, authorities=authorities)


@pytest.fixture(scope="session")
def api(stack):
    """beckon-api beside the shared stack."""
    made = Api(stack)
    _running.append(made)
    try:
        yield made
    finally:
        made.stop()
        _running.remove(made)
    made.check_log()


@pytest.fixture(scope="module")
def own_stack(request, tmp_path_factory, authorities):
    """One that may be broken, with its own PostgreSQL; SETTINGS of the module apply to it."""
    settings = getattr(request.module, "SETTINGS", None)
    yield from _stack(tmp_path_factory.mktemp("own"), settings, authorities=authorities)


@pytest.fixture
def tenant(stack):
    return stack.tenant()


@pytest.fixture
def phone(tenant):
    return tenant.phone()


@pytest.fixture(scope="module", params=["mtls", "enrolment"])
def caller(request, stack):
    """A phone of either listener, served under own_file: by its certificate, or by a secret in the path."""
    if request.param == "mtls":
        return stack.tenant().phone()
    one = Enrolled(stack.tenant(), {"enrolment": "token"})
    one.arm()
    return one


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for one in _running:
            report.sections.append((f"log of {one.directory}", one.log_tail()))
