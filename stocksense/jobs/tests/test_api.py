"""Jobs over REST."""

import pytest
from django.test import Client

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.jobs import services
from stocksense.jobs.api import jobs
from stocksense.jobs.consumers import job_state
from stocksense.jobs.models import Job

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs"


@pytest.fixture
def planner() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.PLANNER))
    return client


@pytest.fixture
def job() -> Job:
    return services.create_job(
        kind="test", title="A test", steps=["read", "write"], parameters={"secret": 1}, actor=UserFactory()
    )


def test_a_job_with_its_steps_as_open_pages_see_it(planner, job):
    lease = services.claim(job.pk)
    services.report(lease, step="read", done=3, total=10, unit="rows")
    body = planner.get(f"{JOBS}/{job.pk}").json()
    assert (body["state"], body["title"], body["created_by"]) == ("running", "A test", job.created_by.email)
    assert [(step["name"], step["state"], step["done"], step["total"]) for step in body["steps"]] == [
        ("read", "running", 3, 10),
        ("write", "queued", 0, 0),
    ]
    assert "secret" not in str(body)
    assert job_state(job.pk) == {"job": body, "steps": body["steps"]}
    assert job_state(0) is None


def test_newest_first_and_by_state(planner, job):
    other = services.create_job(kind="test", title="Another", steps=[], parameters={}, actor=None)
    services.claim(other.pk)
    assert [one["id"] for one in planner.get(JOBS).json()["results"]] == [other.pk, job.pk]
    assert [one["id"] for one in planner.get(f"{JOBS}?state=queued").json()["results"]] == [job.pk]


def test_cancelled_where_it_waits(planner, job):
    answer = planner.post(f"{JOBS}/{job.pk}/cancel", content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    again = planner.post(f"{JOBS}/{job.pk}/cancel", content_type="application/json")
    assert (again.status_code, again.json()["status"]) == (409, 409)
    assert planner.post(f"{JOBS}/0/cancel", content_type="application/json").status_code == 404


def test_a_viewer_cancels_nothing(job):
    viewer = Client()
    viewer.force_login(UserFactory(role=Role.VIEWER))
    assert viewer.post(f"{JOBS}/{job.pk}/cancel", content_type="application/json").status_code == 403
    job.refresh_from_db()
    assert (job.state, job.cancel_requested_at) == ("queued", None)
    supplier = Client()
    supplier.force_login(UserFactory(role=Role.SUPPLIER))
    assert [supplier.get(f"{JOBS}{rest}").status_code for rest in ("", f"/{job.pk}", f"/{job.pk}/result")] == [403] * 3


def test_its_result_once_there_is_one(planner, job):
    assert planner.get(f"{JOBS}/{job.pk}/result").status_code == 409
    services.succeed(services.claim(job.pk), result={"run": 7})
    assert planner.get(f"{JOBS}/{job.pk}/result").json() == {"run": 7}
    assert planner.get(f"{JOBS}/0/result").status_code == 404


def test_what_asks_for_long_work_is_told_where_to_look(job):
    answer = jobs.accepted(job)
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{job.pk}")
    assert answer.data["id"] == job.pk
