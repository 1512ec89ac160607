"""Working on a job: progress, the heartbeat, and the ends that are recorded."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from stocksense.core import clock
from stocksense.core.errors import InvalidInput
from stocksense.jobs import services, worker
from stocksense.jobs.models import Job, JobState
from stocksense.jobs.tests.conftest import make_job
from stocksense.jobs.worker import Heartbeat, Progress, run_job

pytestmark = pytest.mark.django_db


def ended(job: Job) -> tuple[str, str]:
    job.refresh_from_db()
    return job.state, job.error


class Told(list):
    """What a listener heard, as (step, done)."""

    def listen(self, step, done, total, unit, message):
        self.append((step, done))


@pytest.fixture
def told() -> Told:
    return Told()


def test_progress_is_written_three_times_a_second_at_most(monkeypatch, told):
    seconds = iter([0.0, 0.1, 0.29, 0.3, 0.31])
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    progress = Progress(services.claim(make_job().pk), told.listen)
    for done in range(1, 6):
        progress("fence", done, 100)
    assert told == [("fence", 1), ("fence", 4)]


def test_a_new_step_and_the_end_of_one_are_always_written(monkeypatch, told):
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: 0.0))
    progress = Progress(services.claim(make_job().pk), told.listen)
    progress("fence", 1, 3)
    progress("fence", 2, 3)
    progress("fence", 3, 3)
    progress("barn", 1, 3)
    assert told == [("fence", 1), ("fence", 3), ("barn", 1)]


def test_progress_raises_the_reason_to_stop_and_writes_nothing_more(told):
    job = make_job()
    progress = Progress(services.claim(job.pk), told.listen)
    progress.stop(services.JobCancelled("enough"))
    with pytest.raises(services.JobCancelled, match="enough"):
        progress("fence", 1, 3)
    assert told == []
    assert job.steps.get(name="fence").done == 0


def beat(lease, monkeypatch, until, patience=5.0) -> Progress:
    """Let a heartbeat beat fast until something is true."""
    monkeypatch.setattr(worker, "HEARTBEAT_SECONDS", 0.02)
    progress = Progress(lease)
    heartbeat = Heartbeat(progress)
    heartbeat.start()
    give_up = time.monotonic() + patience
    while not until(progress, heartbeat) and time.monotonic() < give_up:
        time.sleep(0.02)
    heartbeat.end()
    assert not heartbeat.is_alive()
    return progress


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_renews_the_lease(monkeypatch):
    job = make_job()
    lease = services.claim(job.pk)
    nearly_over = clock.now() + timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=nearly_over)
    beat(lease, monkeypatch, lambda *_: Job.objects.get().lease_expires_at > nearly_over)
    assert Job.objects.get().lease_expires_at > clock.now() + timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_of_a_lost_job_stops_the_work(monkeypatch):
    job = make_job()
    lease = services.claim(job.pk)
    Job.objects.filter(pk=job.pk).update(fencing_token=2)
    progress = beat(lease, monkeypatch, lambda _, heartbeat: not heartbeat.is_alive())
    with pytest.raises(services.JobLost):
        progress("fence", 1, 3)


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_tells_the_work_of_a_cancel_request(monkeypatch, django_user_model):
    job = make_job()
    lease = services.claim(job.pk)
    services.request_cancel(job_id=job.pk, actor=django_user_model.objects.create_user("a@example.com"))
    progress = beat(lease, monkeypatch, lambda _, heartbeat: not heartbeat.is_alive())
    with pytest.raises(services.JobCancelled):
        progress("fence", 1, 3)


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_connects_again_after_the_database_was_away(monkeypatch):
    job = make_job()
    lease = services.claim(job.pk)
    renew, renewed, cut = services.renew, [], []

    def renew_over_a_cut_line(lease):
        if not cut:
            cut.append(True)
            connection.ensure_connection()
            connection.connection.close()
        renew(lease)
        renewed.append(True)

    monkeypatch.setattr(services, "renew", renew_over_a_cut_line)
    beat(lease, monkeypatch, lambda *_: renewed)
    assert cut
    assert renewed


def test_work_that_is_done_succeeds_with_its_result():
    job = make_job()

    def work(lease, progress):
        progress("fence", 3, 3, "sheep")
        return {"sheep": 3}

    assert run_job(job.pk, work) == JobState.SUCCEEDED
    assert ended(job) == ("succeeded", "")
    assert job.result == {"sheep": 3}


def test_work_that_cannot_be_done_fails_with_the_sentence_of_its_error():
    def work(lease, progress):
        raise InvalidInput("There are no sheep.")

    job = make_job()
    assert run_job(job.pk, work) == JobState.FAILED
    assert ended(job) == ("failed", "There are no sheep.")


def test_an_unknown_error_is_recorded_and_raised():
    def work(lease, progress):
        raise OperationalError("disk on fire")

    job = make_job()
    with pytest.raises(OperationalError):
        run_job(job.pk, work)
    assert ended(job) == ("failed", "Unexpected OperationalError: disk on fire. The log has the details.")


def test_work_that_is_asked_to_stop_ends_cancelled():
    def work(lease, progress):
        progress.stop(services.JobCancelled("enough"))
        progress("fence", 1, 3)

    job = make_job()
    assert run_job(job.pk, work) == JobState.CANCELLED
    assert ended(job) == ("cancelled", "")


def test_work_that_another_worker_took_over_ends_without_a_word():
    def work(lease, progress):
        Job.objects.filter(pk=lease.job_id).update(fencing_token=2)
        return {"sheep": 3}

    job = make_job()
    assert run_job(job.pk, work) is None
    assert ended(job) == ("running", "")
    assert job.result == {}


def test_a_job_that_was_cancelled_while_its_worker_was_dead_does_no_work(django_user_model):
    job = make_job()
    services.claim(job.pk)
    services.request_cancel(job_id=job.pk, actor=django_user_model.objects.create_user("a@example.com"))
    Job.objects.filter(pk=job.pk).update(lease_expires_at=clock.now() - timedelta(seconds=1))
    assert run_job(job.pk, lambda *_: pytest.fail("worked")) == JobState.CANCELLED


def test_nothing_is_done_where_there_is_nothing_to_claim():
    assert run_job(404, lambda *_: pytest.fail("worked")) is None
