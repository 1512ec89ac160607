"""Times on pages are the company's."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError
from django.utils import timezone

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company import middleware
from stocksense.company.models import CompanySettings
from stocksense.core.admin import formats
from stocksense.jobs.models import Job

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
"""Half past midnight of the next day in Paris."""


@pytest.fixture
def job():
    row = Job.objects.create(kind="import", title="Import of stock")
    Job.objects.filter(pk=row.pk).update(created_at=LATE)
    return row


@pytest.mark.parametrize(("zone", "shown"), [("UTC", "14 Jul 2026 22:30"), ("Europe/Paris", "15 Jul 2026 00:30")])
def test_lists_and_pages_show_the_company_s_time_in_one_format(zone, shown, job, client):
    CompanySettings.objects.update(time_zone=zone)
    client.force_login(UserFactory(role=Role.PLANNER))
    for page in ("/admin/jobs/job/", f"/admin/jobs/job/{job.pk}/change/"):
        assert shown in client.get(page).content.decode()


def test_a_changed_time_zone_shows_on_the_next_page(job, client):
    client.force_login(UserFactory(role=Role.PLANNER))
    assert "14 Jul 2026 22:30" in client.get("/admin/jobs/job/").content.decode()
    CompanySettings.objects.update(time_zone="Asia/Tokyo")
    assert "15 Jul 2026 07:30" in client.get("/admin/jobs/job/").content.decode()


def test_the_format_does_not_depend_on_the_reader_s_language(job, client):
    client.force_login(UserFactory(role=Role.PLANNER))
    page = client.get("/admin/jobs/job/", headers={"accept-language": "de"}).content.decode()
    assert "14 Jul 2026 22:30" in page


def test_moments_follow_the_time_zone_in_force():
    with timezone.override("Europe/Paris"):
        assert formats.moment(LATE) == "15 Jul 2026 00:30"
    assert formats.moment(LATE) == "14 Jul 2026 22:30"
    assert formats.moment(None) == "–"


def test_without_a_database_the_health_check_still_answers(client, monkeypatch):
    def gone() -> None:
        raise DatabaseError

    monkeypatch.setattr(middleware.CompanySettings.objects, "filter", lambda **_: gone())
    assert client.get("/healthz").status_code == 200
