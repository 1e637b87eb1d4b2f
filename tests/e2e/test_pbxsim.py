"""pbxsim answers as it is told and counts what it got: what ./bench and the tests of rates believe."""

import time

import pytest

from pbxsim import PbxSim
from sip_client import SipClient

HEADERS = ["Event: check-sync", "Subscription-State: terminated"]


def test_each_pbx_answers_and_counts_for_itself():
    with PbxSim(3) as pbxs:
        for address, count in zip(pbxs.addresses, (0, 1, 4)):
            with SipClient(address) as client:
                assert client.request("OPTIONS", "sip:x")[0] == 200
                assert client.request("INVITE", "sip:x")[0] == 405
                assert [client.notify(f"{n}@a", "check-sync")[0] for n in range(count)] == [200] * count
        found = pbxs.summary()
        assert found["notifies"] == 5 and [pbx["notifies"] for pbx in found["pbxs"]] == [0, 1, 4]
        assert [pbx["options"] for pbx in found["pbxs"]] == [1, 1, 1]
        assert abs(found["last_ms"] - time.time() * 1000) < 10000
        pbxs.stop()
        assert pbxs.summary()["notifies"] == 5


@pytest.mark.parametrize("arguments, password, status", [
    (["--challenge"], "anything", 200),
    (["--challenge", "--user", "u", "--password", "p"], "p", 200),
    (["--challenge", "--user", "u", "--password", "p"], "q", 407),
], ids=["any credentials", "right", "wrong"])
def test_it_may_challenge_first(arguments, password, status):
    with PbxSim(arguments=arguments) as pbxs, SipClient(pbxs.addresses[0]) as client:
        assert client.notify("1@a", "check-sync")[0] == 407
        assert client.notify("1@a", "check-sync", user="u", password=password)[0] == status
        pbx = pbxs.summary()["pbxs"][0]
        assert (pbx["challenges"], pbx["notifies"]) == ((2, 1) if status == 200 else (3, 0))


def test_shares_of_phones_are_silent_or_refuse_always_the_same_ones():
    with PbxSim(arguments=["--answer", "20=0", "--answer", "30=503"]) as pbxs, SipClient(pbxs.addresses[0]) as client:
        def answers():
            found = {}
            for number in range(200):
                client.send(client.text_of("NOTIFY", f"sip:{number}@a", "sip:b@a", HEADERS, call_id=f"c{number}"))
                got = client.receive(f"c{number}", 0.05)
                found[number] = got and got[0]
            return found

        first = answers()
        counts = {status: list(first.values()).count(status) for status in (None, 503, 200)}
        assert 20 <= counts[None] <= 60 and 35 <= counts[503] <= 85 and sum(counts.values()) == 200
        assert answers() == first
        assert pbxs.summary()["notifies"] == 400  # what was let in, however answered


def test_copies_are_answered_and_not_counted():
    with PbxSim(arguments=["--delay-ms", "300"]) as pbxs, SipClient(pbxs.addresses[0]) as client:
        text = client.text_of("NOTIFY", "sip:1@a", "sip:b@a", HEADERS, call_id="c")
        sent = time.monotonic()
        client.send(text)
        client.send(text)
        assert client.receive("c", 5)[0] == 200 and time.monotonic() - sent >= 0.3
        assert client.receive("c", 0.2) is None
        client.send(text)
        assert client.receive("c", 5)[0] == 200
        pbx = pbxs.summary()["pbxs"][0]
        assert (pbx["notifies"], pbx["copies"]) == (1, 2)


def test_a_rate_is_the_most_within_any_second():
    with PbxSim(arguments=["--times"]) as pbxs, SipClient(pbxs.addresses[0]) as client:
        for burst in range(2):  # 5 late in one second and 5 early in the next are 10 within one
            for number in range(5):
                assert client.notify(f"{number}@a", "check-sync")[0] == 200
            due = time.monotonic() + 0.4
            while burst == 0 and time.monotonic() < due:
                assert client.request("OPTIONS", "sip:x")[0] == 200
        found = pbxs.summary()
        assert found["max_per_s"] == 10
        times = found["pbxs"][0]["at_us"]
        assert times == sorted(times) and len(times) == 10 and times[5] - times[4] >= 390000
