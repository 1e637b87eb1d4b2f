"""What a lease is good for: nothing is sent to a PBX that may be another's, and its rate is kept in messages, however
often it changes hands. And what a notifier survives: SIGHUP, a database that goes and comes back."""

import contextlib
import signal
import threading
import time

import pki
from kamailio import CONTROL_USER, Kamailio
from notifier import bell_stack, notifiers, peers, redis, scene  # noqa: F401
from seal import set_control
from sip_peer import fields
from stack import wait_until

CHALLENGE = 407, ['Proxy-Authenticate: Digest realm="peer", nonce="0a4f113b", algorithm=MD5, qop="auth"']


def is_over(here):
    return here.stack.sql("select leased_until <= now() from app.pbx_lease where pbx_id = %s", (here.pbx_id,))[0][0]


def most_in_a_second(times):
    return max(len([other for other in times if at <= other < at + 1]) for at in times)


def end(here, job):
    """As if the phone had come."""
    here.stack.sql("update app.job set state = 'done', ended_at = now() where job_id = %s and ended_at is null", (job,))


@contextlib.contextmanager
def blocked_claims(stack):
    """Claims wait in the database as long as this lasts. Gives a function that waits for one to do so."""
    def wait():
        wait_until("a claim is under way", lambda: stack.sql(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%jobs_claim%'"
            " and datname = current_database()"))

    connection = stack.database.connect(autocommit=False)
    try:
        connection.cursor().execute("lock table app.device_state in access exclusive mode")
        yield wait
    finally:
        connection.close()


def test_a_pbx_that_challenges_gets_no_more_messages_than_its_rate(scene, notifiers):
    here = scene(password="s3cret", control=dict(rate=10))
    phones = [here.tenant.phone() for _ in range(20)]
    notifiers(jobs__window_s=60)
    jobs = here.request("reprovision", *phones)
    wait_until("all answered", lambda: all(here.row(job)["state"] == "answered" for job in jobs.values()), 20)
    times = [at for at, _ in here.peer.arrivals]
    assert len(times) == 40  # each call twice: without and with credentials
    assert most_in_a_second(times) <= 10 + 5 + 1  # 10 a second, and what half a second saves
    assert times[-1] - times[0] >= (40 - 5 - 2) / 10


def test_after_a_stop_beyond_the_lease_nothing_is_sent_again(scene, notifiers):
    here = scene(lambda user: 200 if user == "OPTIONS" else None)
    phone = here.tenant.phone()
    notifier = notifiers(jobs__window_s=60, sip__timeout_ms=30000)
    here.request("reprovision", phone)
    wait_until("it is sent, and sent again", lambda: len(here.peer.messages) >= 2)
    notifier.signal(signal.SIGSTOP)
    wait_until("the lease is over", lambda: is_over(here))
    count = len(here.peer.messages)
    notifier.signal(signal.SIGCONT)
    wait_until("it knows", lambda: notifier.metric("beckon_pbxs_leased") == 0)
    assert notifier.metric("beckon_calls_in_flight") == 0
    assert len(here.peer.messages) == count


def test_a_challenge_that_comes_after_the_lease_is_not_answered(scene, notifiers):
    made, stopped = [], []

    def answer(user):
        if user == "OPTIONS" or stopped and "Proxy-Authorization" in here.peer.messages[-1]:
            return 200
        if not stopped:
            made[0].signal(signal.SIGSTOP)
            stopped.append(fields(here.peer.messages[-1])["call-id"])
            wait_until("the lease is over", lambda: is_over(here))
            threading.Timer(0.1, made[0].signal, [signal.SIGCONT]).start()  # the answer is there first
        return CHALLENGE

    here = scene(answer)
    set_control(here.stack, here.tenant.id, here.peer.address, "s3cret")
    phone = here.tenant.phone()
    made.append(notifiers(jobs__window_s=6, sip__timeout_ms=30000))
    row = here.wait(here.request("reprovision", phone)[phone.mac], "answered", 20)
    assert row["attempt_count"] == 2
    assert [fields(text)["call-id"] for text in here.peer.messages].count(stopped[0]) == 1


def test_what_is_claimed_when_the_lease_is_over_is_given_back_unsent(scene, notifiers):
    here = scene()
    phone = here.tenant.phone()
    notifier = notifiers(with_redis=False, jobs__window_s=60)  # a doorbell would wait on the same connection
    with blocked_claims(here.stack) as wait:
        job = here.request("reprovision", phone, ring=False)[phone.mac]
        wait()
        notifier.signal(signal.SIGSTOP)
    wait_until("it is sent, says the database", lambda: here.row(job)["state"] == "sent")
    wait_until("the lease is over", lambda: is_over(here))
    assert here.peer.messages == []
    notifier.signal(signal.SIGCONT)
    row = here.wait(job, "answered", 20)
    assert row["attempt_count"] == 2 and row["wait_count"] == 1
    assert len(here.peer.notifies) == 1 and notifier.metric("beckon_jobs_not_sent_total") == 1


def test_a_pbx_that_had_nothing_to_do_is_called_at_once(scene, notifiers):
    """Slow ones too: what was not used is still there when the lease has been renewed, run out, or come back."""
    here = scene(control=dict(rate=0.5))
    phone = here.tenant.phone()
    notifiers()

    def call():
        begun, count = time.monotonic(), len(here.peer.notifies)
        job = here.request("reprovision", phone)[phone.mac]
        wait_until("the call", lambda: len(here.peer.notifies) > count, 10, 0.002)
        end(here, job)
        return here.peer.notifies[-1][0] - begun

    assert call() < 0.5
    last = time.monotonic()
    wait_until("its rate allows another", lambda: time.monotonic() > last + 2.1)
    assert not is_over(here)
    assert call() < 0.5
    wait_until("the lease is over", lambda: is_over(here), 10, 0.005)
    assert call() < 0.5


def test_what_another_has_spent_is_not_there_any_more(scene, notifiers):
    here = scene(control=dict(rate=1))
    phone = here.tenant.phone()
    notifiers()
    end(here, here.request("reprovision", phone)[phone.mac])
    wait_until("the lease is over", lambda: is_over(here))
    here.stack.sql("update app.pbx_lease set fence = fence + 1, owner = 'another', leased_until = now()"
                   " where pbx_id = %s", (here.pbx_id,))
    begun, count = time.monotonic(), len(here.peer.notifies)
    here.request("reprovision", phone)
    wait_until("the call", lambda: len(here.peer.notifies) > count)
    assert here.peer.notifies[-1][0] - begun > 0.9


def test_sighup_opens_pbxs_anew_and_drops_no_call(scene, notifiers, tmp_path):
    here, is_free = scene(lambda user: is_free.wait(10) and 200), threading.Event()
    first, second = here.tenant.phone(), here.tenant.phone()
    authorities = tmp_path / "ca.pem"
    authorities.write_text("")
    notifier = notifiers(sip__tls_ca_file=authorities, jobs__window_s=60, sip__timeout_ms=10000)
    one = here.request("reprovision", first)[first.mac]
    wait_until("in flight", lambda: here.peer.notifies)
    notifier.signal(signal.SIGHUP)
    wait_until("it is told", lambda: "reloading" in notifier.log(100000))
    two = here.request("reprovision", second)[second.mac]
    is_free.set()
    here.wait(one, "answered")
    here.wait(two, "answered", 3)
    assert [user for _, user, _ in here.peer.notifies] == [first.number, second.number]
    ports = {fields(text)["via"][0].split(";")[0] for text in here.peer.messages if text.startswith("NOTIFY")}
    assert len(ports) == 2  # another socket: opened anew

    authorities.unlink()
    notifier.signal(signal.SIGHUP)
    wait_until("it is refused", lambda: "not reloaded" in notifier.log(100000))
    end(here, two)
    here.wait(here.request("reprovision", second)[second.mac], "answered", 3)
    assert notifier.process.poll() is None


def test_who_may_vouch_for_a_pbx_is_read_again_on_sighup(scene, notifiers, tmp_path, authorities):
    """A PBX over TLS: the connection that works is left when the operator trusts its authority no more."""
    trusted, nobody = tmp_path / "ca.pem", authorities.stranger.write(tmp_path, "stranger").read_bytes()
    trusted.write_bytes(authorities.server_ca.read_bytes())
    with Kamailio(tls=pki.server(authorities.server).write(tmp_path, "pbx")) as pbx:
        here = scene()
        pbx.set_password(CONTROL_USER, here.domain, "c0ntrol")
        set_control(here.stack, here.tenant.id, pbx.tls_address, "c0ntrol", username=CONTROL_USER,
                    options='{"transport": "tls"}')
        phone = here.tenant.phone()
        notifier = notifiers(egress__cleartext="", sip__tls_ca_file=trusted, jobs__offline_retry_max_s=1)
        job = here.request("reprovision", phone)[phone.mac]
        for content, reason in (None, "phone offline"), (nobody, "the PBX does not answer"), \
                (authorities.server_ca.read_bytes(), "phone offline"):
            if content is not None:
                trusted.write_bytes(content)
                notifier.signal(signal.SIGHUP)
            wait_until(reason, lambda: here.row(job)["waiting_reason"] == reason, 15)


def test_a_database_that_goes_and_comes_back_costs_no_job(scene, notifiers):
    """Answers that nobody could write down are written when it is back; nobody is called beyond the lease."""
    is_free = threading.Event()
    here = scene(lambda user: is_free.wait(10) and 200, control=dict(rate=100, in_flight=1))
    phones = [here.tenant.phone() for _ in range(10)]
    notifier = notifiers(jobs__window_s=60, sip__timeout_ms=10000)
    jobs = here.request("reprovision", *phones)
    wait_until("in flight", lambda: here.peer.notifies)
    called = here.peer.notifies[0][1]
    here.stack.cluster.stop()
    try:
        wait_until("not ready", lambda: not notifier.is_ready())
        is_free.set()
        wait_until("it heard the answer", lambda: "outcome=answered" in notifier.log(100000))
        wait_until("the lease is over", lambda: notifier.metric("beckon_pbxs_leased") == 0)
        assert len(here.peer.notifies) == 1  # a claim that cannot be committed is none
    finally:
        here.stack.cluster.start()
    by_number = {phone.number: jobs[phone.mac] for phone in phones}
    here.wait(by_number[called], "answered", 10)
    wait_until("all are called", lambda: all(here.row(job)["state"] == "answered" for job in jobs.values()), 20)
    assert sorted(user for _, user, _ in here.peer.notifies) == sorted(by_number)
    assert all(here.row(job)["attempt_count"] == 1 for job in jobs.values())
