"""The life of a job: who may take it, who may write, and how it ends."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.jobs import registry, services
from stocksense.jobs.models import Job, JobState, JobStep
from stocksense.jobs.tests.conftest import KIND, make_job

pytestmark = pytest.mark.django_db


def state(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


def silent_since(job: Job, seconds: float) -> None:
    """The worker of this job has let its lease run out."""
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=seconds))


@pytest.fixture
def person(django_user_model):
    return django_user_model.objects.create_user("planner@example.com")


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_race_for_a_job_one_gets_it():
    job, start, leases = make_job(), threading.Barrier(2), []

    def race():
        start.wait()
        leases.append(services.claim(job.pk))
        connections.close_all()

    racers = [threading.Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(leases, key=lambda lease: lease is None) == [services.Lease(job.pk, 1), None]
    assert Job.objects.get().attempt == 1


def test_a_claim_starts_the_lease_and_counts_the_attempt(monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    job = make_job()
    assert services.claim(job.pk) == services.Lease(job.pk, 1)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.fencing_token) == ("running", 1, 1)
    assert (job.started_at, job.lease_expires_at) == (now, now + timedelta(seconds=45))


def test_a_job_delivered_twice_is_taken_once():
    job = make_job()
    assert services.claim(job.pk) is not None
    assert services.claim(job.pk) is None


def test_an_unknown_job_and_an_ended_one_cannot_be_claimed():
    job = make_job()
    services.succeed(services.claim(job.pk), result={})
    assert services.claim(job.pk) is None
    assert services.claim(job.pk + 1) is None


def test_a_silent_worker_loses_its_job_to_the_next_attempt():
    job = make_job()
    first = services.claim(job.pk)
    silent_since(job, 1)
    second = services.claim(job.pk)
    assert (first.token, second.token) == (1, 2)
    with pytest.raises(services.JobLost):
        services.renew(first)
    services.renew(second)


def test_a_stale_attempt_writes_nothing():
    job = make_job()
    stale = services.claim(job.pk)
    silent_since(job, 1)
    services.claim(job.pk)
    services.report(stale, step="fence", done=7, total=9, unit="sheep")
    services.fail(stale, error="too late")
    services.end_cancelled(stale)
    with pytest.raises(services.JobLost):
        services.succeed(stale, result={"sheep": 9})
    with pytest.raises(services.JobLost):
        services.require_lease(stale)
    assert state(job) == JobState.RUNNING
    assert Job.objects.get().result == {}
    assert list(JobStep.objects.values_list("state", "done")) == [("queued", 0), ("queued", 0)]


def test_a_renewed_lease_lasts_from_now(monkeypatch):
    job = make_job()
    lease = services.claim(job.pk)
    later = clock.now() + timedelta(seconds=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    services.renew(lease)
    assert Job.objects.get().lease_expires_at == later + timedelta(seconds=45)


def test_a_step_begins_with_its_first_report_and_ends_with_its_last():
    job = make_job()
    lease = services.claim(job.pk)
    services.report(lease, step="fence", done=1, total=2, unit="sheep", message="counting")
    step = job.steps.get(name="fence")
    begun = step.started_at
    assert (step.state, step.done, step.total, step.unit, step.message) == ("running", 1, 2, "sheep", "counting")
    assert begun is not None
    assert step.finished_at is None
    services.report(lease, step="fence", done=2, total=2, unit="sheep")
    step.refresh_from_db()
    assert (step.state, step.done, step.started_at, step.message) == ("succeeded", 2, begun, "")
    assert step.finished_at is not None


def test_a_waiting_job_is_cancelled_at_once(person):
    job = make_job()
    services.request_cancel(job_id=job.pk, actor=person)
    assert state(job) == JobState.CANCELLED
    assert services.claim(job.pk) is None


def test_a_running_job_is_asked_to_stop_and_told_at_its_next_renewal(person):
    job = make_job()
    lease = services.claim(job.pk)
    services.request_cancel(job_id=job.pk, actor=person)
    assert state(job) == JobState.RUNNING
    with pytest.raises(services.JobCancelled):
        services.renew(lease)


def test_an_ended_job_cannot_be_cancelled(person):
    job = make_job()
    services.succeed(services.claim(job.pk), result={"sheep": 9})
    with pytest.raises(Conflict, match=rf"Job {job.pk} has ended already \(Succeeded\)"):
        services.request_cancel(job_id=job.pk, actor=person)
    assert Job.objects.get().cancel_requested_at is None


def test_a_job_that_does_not_exist_cannot_be_cancelled(person):
    with pytest.raises(InvalidInput, match="There is no job 404"):
        services.request_cancel(job_id=404, actor=person)


def test_an_ending_closes_its_running_steps_and_its_lease():
    job = make_job()
    lease = services.claim(job.pk)
    services.report(lease, step="fence", done=1, total=2, unit="sheep")
    services.fail(lease, error="The wolf came.")
    job.refresh_from_db()
    assert (job.state, job.error, job.lease_expires_at) == ("failed", "The wolf came.", None)
    assert job.finished_at is not None
    assert list(job.steps.values_list("state", flat=True)) == ["failed", "queued"]


def test_a_second_job_with_the_same_single_key_is_refused_until_the_first_has_ended():
    first = make_job(single_key="sheep", title="Counting sheep")
    with pytest.raises(Conflict, match=rf"Counting sheep is already under way \(job {first.pk}\)") as refused:
        make_job(single_key="sheep")
    assert refused.value.fields == {"job": first.pk}
    assert Job.objects.count() == 1
    services.succeed(services.claim(first.pk), result={})
    assert make_job(single_key="sheep").state == JobState.QUEUED


def test_jobs_without_a_single_key_do_not_hinder_each_other():
    assert make_job().pk != make_job().pk


def test_a_job_whose_worker_is_silent_is_announced_again(announced):
    lost, alive = make_job(), make_job()
    for job in (lost, alive):
        services.claim(job.pk)
    silent_since(lost, 1)
    assert services.requeue_lost_jobs() == [lost.pk]
    assert announced == [lost.pk]


def test_a_job_that_nobody_took_is_announced_again_after_a_lease(announced):
    forgotten, fresh = make_job(), make_job()
    Job.objects.filter(pk=forgotten.pk).update(created_at=clock.now() - timedelta(seconds=46))
    assert services.requeue_lost_jobs() == [forgotten.pk]
    assert announced == [forgotten.pk]
    assert state(fresh) == JobState.QUEUED


def test_jobs_that_no_worker_here_can_carry_out_are_left_alone():
    job = make_job()
    Job.objects.filter(pk=job.pk).update(created_at=clock.now() - timedelta(days=1))
    assert services.requeue_lost_jobs() == []


def test_a_job_whose_worker_dies_five_times_is_given_up_with_a_message():
    job = make_job()
    for attempt in range(1, 6):
        assert services.claim(job.pk).token == attempt
        silent_since(job, 1)
    assert services.claim(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "Given up after 5 attempts: the worker died each time.")


def test_a_job_is_announced_after_commit_only(announced, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.dispatch(make_job())
        assert announced == []
    assert announced == [Job.objects.get().pk]


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), RedisConnectionError("gone"), ConnectionResetError("gone")]
)
def test_without_a_broker_the_announcement_is_lost_and_logged(monkeypatch, caplog, error):
    class Task:
        @staticmethod
        def apply_async(**_):
            raise error

    monkeypatch.setitem(registry._TASKS, KIND, "somewhere.task")
    monkeypatch.setattr(registry, "import_string", lambda _: Task)
    registry.send(KIND, 7)
    assert "job 7 could not be announced" in caplog.text
