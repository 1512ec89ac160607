"""A job's page leads to what the job made, for whoever may see that."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from forecasting.services.training import KIND as TRAINING
from planning.services.cycle import KIND as CYCLE
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.ingestion.uploads import KIND as IMPORT
from stocksense.jobs import pages
from stocksense.jobs.models import Job, JobState

pytestmark = pytest.mark.django_db

RESULT = {"forecast_run": 3, "policy_run": 4, "plan_run": 5}


def ended(kind: str, *, parameters=None, result=None) -> Job:
    return Job.objects.create(
        kind=kind, title="work", state=JobState.SUCCEEDED, parameters=parameters or {}, result=result or {}
    )


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (TRAINING, {}, [("Training", "/admin/forecasting/training/")]),
        (IMPORT, {"parameters": {"batch": 7}}, [("Upload 7", "/admin/imports/7/")]),
        (CYCLE, {}, []),
        (CYCLE, {"result": {"forecast_run": 3}}, [("Forecast run 3", "/admin/forecasting/forecastrun/3/change/")]),
        (
            CYCLE,
            {"result": RESULT},
            [
                ("Worklist", "/admin/planning/worklist/"),
                ("Plan run 5", "/admin/planning/planrun/5/change/"),
                ("Policy run 4", "/admin/policies/policyrun/4/change/"),
                ("Forecast run 3", "/admin/forecasting/forecastrun/3/change/"),
            ],
        ),
    ],
)
def test_a_job_leads_to_what_it_made(sign_in, kind, values, expected):
    job = ended(kind, **values)
    client = sign_in(UserFactory(role=Role.ADMIN))
    page = client.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    main = page[page.index('id="job"') :]
    for label, address in expected:
        assert f'href="{address}">{label}</a>' in main
    assert main.count('class="ss-link"') == len(expected) + 1  # (the dashboard comes last)


def test_nobody_is_led_where_they_may_not_go():
    assert pages.links(ended(CYCLE, result=RESULT), AnonymousUser()) == []


def test_a_job_of_another_kind_leads_nowhere_else():
    assert pages.links(ended("counting sheep"), UserFactory(role=Role.ADMIN)) == []
