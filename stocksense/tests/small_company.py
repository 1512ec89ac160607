"""The example company of docs/examples, imported and planned: what the guide's and the fuzzing's servers hold."""

from pathlib import Path

from planning.services import cycle
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.ingestion.services import import_folder
from stocksense.jobs.models import Job, JobState
from vendors.models import Supplier, SupplierContact

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "small-company"


def import_and_plan() -> None:
    """Fill the empty database of a test with the example company and its first plan."""
    report = import_folder(folder=EXAMPLE, actor=None)
    assert not report.refused, report.reason
    job = cycle.create_cycle(actor=None)
    cycle.run_cycle(job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert ended.state == JobState.SUCCEEDED, ended.error


def person_of(role: Role, **fields: object) -> User:
    """Somebody of the role; a supplier's person belongs to the company's first supplier."""
    made = UserFactory(role=role, is_staff=role != Role.SUPPLIER, **fields)
    if role == Role.SUPPLIER:
        SupplierContact.objects.create(supplier=Supplier.objects.order_by("pk").first(), user=made)
    return made
