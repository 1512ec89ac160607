"""Which Celery task carries out which kind of job."""

import logging

from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
_TASKS: dict[str, str] = {}


def register(kind: str, task_path: str) -> None:
    """Let jobs of `kind` be carried out by the task at that dotted path, called with the job's id."""
    _TASKS[kind] = task_path


def kinds() -> list[str]:
    """The kinds that a worker can carry out."""
    return list(_TASKS)


def send(kind: str, job_id: int) -> None:
    """Hint a worker at a job. Without a broker the hint is lost and logged; the reaper sends it again."""
    try:
        import_string(_TASKS[kind]).apply_async(args=(job_id,), retry=False)
    except (OperationalError, RedisError, OSError):
        logger.warning("job %s could not be announced: the message broker does not answer", job_id)
