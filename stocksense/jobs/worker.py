"""Working on a job: the lease kept alive, progress passed on, every end recorded."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connections

from stocksense.core import context
from stocksense.core.database.busy import is_busy
from stocksense.core.errors import DomainError
from stocksense.jobs import services
from stocksense.jobs.models import JobState
from stocksense.jobs.services import JobCancelled, JobLost, Lease

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
REPORT_SECONDS = 0.3

Listener = Callable[[str, int, int, str, str], None]


class Progress:
    """What the work tells of itself: (step, done, total, unit, message). Raises JobLost or JobCancelled to stop it."""

    def __init__(self, lease: Lease, listener: Listener | None = None) -> None:
        self.lease = lease
        self._listener = listener
        self._last = (-1.0, "")
        self._stop_reason: Exception | None = None

    def __call__(self, step: str, done: int, total: int, unit: str = "", message: str = "") -> None:
        """Report; a step is finished where done reaches total. Writes at most three times a second."""
        if self._stop_reason is not None:
            raise self._stop_reason
        now = time.monotonic()
        last_at, last_step = self._last
        if done < total and step == last_step and now - last_at < REPORT_SECONDS:
            return
        self._last = (now, step)
        services.report(self.lease, step=step, done=done, total=total, unit=unit, message=message)
        if self._listener is not None:
            self._listener(step, done, total, unit, message)

    def stop(self, reason: Exception) -> None:
        """Make the next report raise `reason`."""
        self._stop_reason = reason


class Heartbeat(threading.Thread):
    """Renews the lease while the work computes, on a database connection of its own."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(daemon=True, name=f"job-{progress.lease.job_id}-heartbeat")
        self._progress = progress
        self._ended = threading.Event()

    def run(self) -> None:
        """Renew until ended, lost or cancelled, with a new connection where the database was away."""
        try:
            while not self._ended.wait(HEARTBEAT_SECONDS):
                try:
                    services.renew(self._progress.lease)
                except (JobLost, JobCancelled) as reason:
                    self._progress.stop(reason)
                    return
                except (OperationalError, InterfaceError):
                    logger.warning("job %s: the database does not answer the heartbeat", self._progress.lease.job_id)
                    connections.close_all()
        finally:
            connections.close_all()

    def end(self) -> None:
        """Stop renewing."""
        self._ended.set()
        self.join(timeout=5)


def _says(error: Exception) -> str:
    if is_busy(error):
        return "Other work held rows that this needs for too long. What was under way was not kept: run it again."
    return f"Unexpected {type(error).__name__}: {error}. The log has the details."


def run_job(
    job_id: int, work: Callable[[Lease, Progress], dict[str, Any]], *, listener: Listener | None = None
) -> JobState | None:
    """Claim the job, do `work`, record how it ended; None where there was nothing to claim.

    Expected ends (done, DomainError, cancelled, lost) are recorded and returned. An unknown error is recorded
    as failed and raised again.
    """
    lease = services.claim(job_id)
    if lease is None:
        return None
    progress = Progress(lease, listener)
    heartbeat = Heartbeat(progress)
    heartbeat.start()
    try:
        services.renew(lease)
        with context.using(services.origin_of(job_id)):
            result = work(lease, progress)
        services.succeed(lease, result=result)
    except JobCancelled:
        services.end_cancelled(lease)
        return JobState.CANCELLED
    except JobLost:
        logger.warning("job %s was taken over by another worker; this one stops", job_id)
        return None
    except DomainError as error:
        services.fail(lease, error=error.message)
        return JobState.FAILED
    except Exception as error:
        services.fail(lease, error=_says(error))
        raise
    finally:
        heartbeat.end()
    return JobState.SUCCEEDED
