"""A Grandstream as it stands on a desk, without a certificate: phonesim comes in, is reset, is copied, changes hands."""

import pytest

from enrolment import EnrolledGrandstream


class Desk(EnrolledGrandstream):
    """A phone with a line; armed and judged with the command line, run by phonesim with a memory of its own."""

    def __init__(self, tenant, *policy):
        super().__init__(tenant)
        if policy:
            self.beckon("policy", "set", *policy)
        self.memory = self.stack.directory / f"desk-{self.mac}"
        self.url = None

    def beckon(self, *words):
        return self.stack.beckon(*words, "--tenant", self.tenant.name)

    def enrol(self):
        """What the redirect service shall send the phone to, until the next time."""
        self.url = self.beckon("device", "enrol", self.mac)["url"]
        return self.url

    def run(self, *words, url=None, memory=None, model=None):
        """One start of the phone; a Simulation."""
        return self.stack.phonesim(self, *self.words(memory, model), *words, url=url or self.url)

    def words(self, memory=None, model=None):
        return ["--maker", self.vendor, "--model", model or self.model, "--state", memory or self.memory]

    def reasons(self):
        return [row[1] for row in self.tenant.visit_rows()]

    def wait_reason(self, reason):
        return self.tenant.wait_visit(reason, lambda status, why, *_: why == reason)


TOKEN = "enrolment=token"


@pytest.fixture
def desk(tenant):
    return Desk(tenant, TOKEN)


def files(desk, *statuses):
    """What a round asks for, its own binary first."""
    names = [f"cfg{desk.mac}.bin", f"cfg{desk.mac}.xml", f"cfg{desk.model.lower()}.xml", "cfg.xml"]
    return list(zip(names, statuses))


def test_a_token_leads_to_the_whole_file_and_a_restart_asks_with_the_secret(stack, desk):
    url = desk.enrol()
    first = desk.run()
    assert first.code == 0, first.output
    assert first.statuses() == files(desk, 404, 200) * 2
    assert [event["good"] for event in first.of_kind("round")] == [True, True]
    assert first.of_kind("redirected")[0]["from"] == url.rstrip("/")
    account = first.state["accounts"][0]
    assert (account["user_name"], account["password"]) == (desk.number, desk.secret)
    assert "/s-" in first.state["url"] and desk.state() == "bound"

    again = desk.run()
    assert again.code == 0, again.output
    assert again.statuses() == files(desk, 404, 304)
    assert again.state["url"] == first.state["url"]
