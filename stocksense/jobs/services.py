"""The life of a job: made, claimed by one worker at a time, reported on, ended, and picked up again when lost."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from stocksense.accounts.models import User
from stocksense.core import clock, context
from stocksense.core.context import Channel, Origin
from stocksense.core.errors import Conflict, InvalidInput
from stocksense.jobs import registry
from stocksense.jobs.models import ENDED, Job, JobState, JobStep
from stocksense.messaging.models import News
from stocksense.messaging.webhooks import news
from stocksense.realtime import hints

LEASE = timedelta(seconds=45)
"""How long a worker may be silent before its job is given to another (noticed within 20 s more by beat)."""

MOST_ATTEMPTS = 5

logger = logging.getLogger(__name__)


class JobLost(Exception):
    """Another worker holds the job by now; whoever gets this must stop without writing anything more."""


class JobCancelled(Exception):
    """A person asked the job to stop."""


@dataclass(frozen=True)
class Lease:
    """The right to work on a job: writes are made with this token or not at all."""

    job_id: int
    token: int


def create_job(
    *,
    kind: str,
    title: str,
    steps: Sequence[str],
    parameters: dict[str, Any],
    actor: User | None,
    single_key: str = "",
) -> Job:
    """Record a job that waits for a worker; call `dispatch` to have one take it.

    Raises Conflict where a job with the same `single_key` waits or runs.
    """
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                title=title,
                parameters=parameters,
                created_by=actor,
                request_id=context.current().request_id,
                single_key=single_key,
            )
            JobStep.objects.bulk_create(
                JobStep(job=job, position=position, name=name) for position, name in enumerate(steps)
            )
    except IntegrityError as error:
        running = Job.objects.filter(single_key=single_key).exclude(state__in=ENDED).first()
        if running is None:
            raise
        raise Conflict(f"{running.title} is already under way (job {running.pk}).", job=running.pk) from error
    return job


def dispatch(job: Job) -> None:
    """Hint a worker at the job after commit. A lost hint is repeated by `requeue_lost_jobs`."""
    Job.objects.filter(pk=job.pk).update(announced_at=clock.now())
    transaction.on_commit(lambda: registry.send(job.kind, job.pk))


def claim(job_id: int) -> Lease | None:
    """Take the job for this worker; None where it has ended or another worker holds it."""
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).filter(pk=job_id).first()
        if job is None or job.state in ENDED:
            return None
        if job.state == JobState.RUNNING and job.lease_expires_at and job.lease_expires_at > clock.now():
            return None
        if job.attempt >= MOST_ATTEMPTS:
            _end(job, JobState.FAILED, error=f"Given up after {job.attempt} attempts: the worker died each time.")
            return None
        job.state = JobState.RUNNING
        job.attempt += 1
        job.fencing_token += 1
        job.started_at = job.started_at or clock.now()
        job.lease_expires_at = clock.now() + LEASE
        job.save(update_fields=["state", "attempt", "fencing_token", "started_at", "lease_expires_at"])
    hints.publish_after_commit(hints.job_group(job_id))
    return Lease(job_id, job.fencing_token)


def origin_of(job_id: int) -> Origin:
    """For whom and by which request the job works: what its changes and log lines say, whoever sent it again."""
    job = Job.objects.select_related("created_by").get(pk=job_id)
    origin = Origin(request_id=job.request_id, channel=Channel.TASK, reason=f"job {job.pk}: {job.title}")
    if job.created_by is None:
        return origin
    return replace(origin, actor_id=job.created_by.pk, actor=context.label_of(job.created_by))


def renew(lease: Lease) -> None:
    """Say that the worker lives. Raises JobLost or JobCancelled where it must stop."""
    held = Job.objects.filter(pk=lease.job_id, fencing_token=lease.token, state=JobState.RUNNING)
    if not held.update(lease_expires_at=clock.now() + LEASE):
        raise JobLost(f"job {lease.job_id} is no longer held with token {lease.token}")
    if held.filter(cancel_requested_at__isnull=False).exists():
        raise JobCancelled(f"job {lease.job_id} was cancelled")


def require_lease(lease: Lease) -> None:
    """Lock the job row for the rest of the transaction and check the token: call before publishing results."""
    held = Job.objects.select_for_update(of=("self",)).filter(
        pk=lease.job_id, fencing_token=lease.token, state=JobState.RUNNING
    )
    if not held.exists():
        raise JobLost(f"job {lease.job_id} is no longer held with token {lease.token}")


def report(lease: Lease, *, step: str, done: int, total: int, unit: str, message: str = "") -> None:
    """Write how far a step is and hint open pages."""
    rows = JobStep.objects.filter(job_id=lease.job_id, name=step, job__fencing_token=lease.token)
    ended = done >= total
    now = clock.now()
    values: dict[str, Any] = {"done": done, "total": total, "unit": unit, "message": message[:300]}
    values["state"] = JobState.SUCCEEDED if ended else JobState.RUNNING
    values["finished_at"] = now if ended else None
    rows.filter(started_at__isnull=True).update(started_at=now)
    rows.update(**values)
    hints.publish_after_commit(hints.job_group(lease.job_id))


def succeed(lease: Lease, *, result: dict[str, Any]) -> None:
    """End the job well. Raises JobLost where it is not held any more."""
    with transaction.atomic():
        require_lease(lease)
        _end(Job.objects.get(pk=lease.job_id), JobState.SUCCEEDED, result=result)


def fail(lease: Lease, *, error: str) -> None:
    """End the job with a message a person can act on; silently nothing where it is held by another."""
    _end_if_held(lease, JobState.FAILED, error)


def end_cancelled(lease: Lease) -> None:
    """End the job as its cancel request asked."""
    _end_if_held(lease, JobState.CANCELLED, "")


def _end_if_held(lease: Lease, state: JobState, error: str) -> None:
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).get(pk=lease.job_id)
        if job.fencing_token == lease.token and job.state == JobState.RUNNING:
            _end(job, state, error=error)


def _end(job: Job, state: JobState, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    job.state, job.error, job.result = state, error, result or {}
    job.finished_at, job.lease_expires_at = clock.now(), None
    job.save(update_fields=["state", "error", "result", "finished_at", "lease_expires_at"])
    job.steps.filter(state=JobState.RUNNING).update(state=state)
    data = {"id": job.pk, "kind": job.kind, "title": job.title, "state": job.state, "error": error}
    news.announce(News.JOB_FINISHED, data | {"url": f"/api/v1/jobs/{job.pk}"})
    hints.publish_after_commit(hints.job_group(job.pk))


def request_cancel(*, job_id: int, actor: User) -> Job:
    """Ask a job to stop: at once where it still waits, at its next report where it runs.

    Raises InvalidInput where there is no such job, Conflict where it has ended.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).filter(pk=job_id).first()
        if job is None:
            raise InvalidInput(f"There is no job {job_id}.", job=job_id)
        if job.state in ENDED:
            raise Conflict(f"Job {job_id} has ended already ({job.get_state_display()}).", job=job_id)
        job.cancel_requested_at = clock.now()
        job.save(update_fields=["cancel_requested_at"])
        if job.state == JobState.QUEUED:
            _end(job, JobState.CANCELLED)
    logger.info("job %s: cancel requested by user %s", job_id, actor.pk)
    return job


def requeue_lost_jobs() -> list[int]:
    """Hint workers again at jobs whose worker is silent or whose first hint was lost; returns their ids."""
    now = clock.now()
    lost = Q(state=JobState.RUNNING, lease_expires_at__lt=now)
    never_taken = Q(state=JobState.QUEUED, created_at__lt=now - LEASE)
    quiet = Q(announced_at__isnull=True) | Q(announced_at__lt=now - LEASE)
    found = list(Job.objects.filter(lost | never_taken, quiet, kind__in=registry.kinds()).order_by("pk"))
    Job.objects.filter(pk__in=[job.pk for job in found]).update(announced_at=now)
    for job in found:
        logger.warning("job %s (%s) has no worker, attempt %s: sent again", job.pk, job.kind, job.attempt)
        registry.send(job.kind, job.pk)
    return [job.pk for job in found]
