"""A kind of job whose announcements are collected instead of sent."""

import pytest

from stocksense.jobs import registry, services
from stocksense.jobs.models import Job

KIND = "counting sheep"


@pytest.fixture
def announced(monkeypatch) -> list[int]:
    """Ids of the jobs that workers were hinted at, in order."""
    sent: list[int] = []
    monkeypatch.setitem(registry._TASKS, KIND, "nowhere.at_all")
    monkeypatch.setattr(registry, "send", lambda kind, job_id: sent.append(job_id))
    return sent


def make_job(**options) -> Job:
    """A waiting job of two steps."""
    values = {"title": "Counting", "steps": ["fence", "barn"], "parameters": {}, "actor": None, **options}
    return services.create_job(kind=KIND, **values)
