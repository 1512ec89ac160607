"""The generated demo company: its data, its people and its first plan."""

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import transaction

from inventory.models import Item
from planning.services import cycle
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role
from stocksense.company import services as company
from stocksense.company.demo import write_demo_company
from stocksense.company.models import CurrentRun, RunKind
from stocksense.core import clock
from stocksense.core.errors import Conflict, DomainError
from stocksense.ingestion import services as ingestion
from stocksense.jobs.models import Job, JobState
from stocksense.jobs.worker import Listener

LOGINS = "demo_logins.json"
TIME_ZONE = "Europe/Paris"
"""Where the generated company is at home, as its company file says."""

PEOPLE = {
    "admin@demo.example": ("Ada Admin", Role.ADMIN),
    "planner@demo.example": ("Paul Planner", Role.PLANNER),
    "approver@demo.example": ("Aicha Approver", Role.APPROVER),
    "viewer@demo.example": ("Vera Viewer", Role.VIEWER),
}


@dataclass(frozen=True)
class Login:
    """How one person of the demo signs in."""

    email: str
    role: str
    password: str


def is_demo(data_folder: Path) -> bool:
    """Whether the folder was made by the demo: the demo's logins are kept in it."""
    return (data_folder / LOGINS).exists()


def require_demo_or_empty(data_folder: Path) -> None:
    """Raise Conflict where the database holds a company that is not the demo's: nobody else's data is touched."""
    if not is_demo(data_folder) and (Item.objects.exists() or User.objects.exists()):
        raise Conflict(
            f"{data_folder} holds {company.settings().name}, not the demo company. Serve it with `make serve`, or name "
            "another folder for the demo: STOCKSENSE_DATA=.stocksense-demo make demo"
        )


def ensure_people(data_folder: Path) -> list[Login]:
    """Create the demo's people with generated passwords, kept in a private file so that they can be shown again."""
    path = data_folder / LOGINS
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    passwords = {email: known.get(email) or secrets.token_urlsafe(12) for email in PEOPLE}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(passwords, file, indent=1)
    for email, (name, role) in PEOPLE.items():
        _ensure_person(email, name, role, passwords[email], changed=email not in known)
    return [Login(email, PEOPLE[email][1].value, password) for email, password in passwords.items()]


@transaction.atomic
def _ensure_person(email: str, name: str, role: Role, password: str, *, changed: bool) -> None:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, is_staff=True)
    elif changed:
        user.set_password(password)
        user.save(update_fields=["password"])
    assign_role(user=user, role=role)


def ensure_data(progress: Listener) -> str:
    """Import the generated company where the database is empty; returns what was done, '' for nothing."""
    if Item.objects.exists():
        return ""
    with tempfile.TemporaryDirectory(prefix="stocksense-demo-") as folder:
        summary = write_demo_company(Path(folder), last_date=clock.local_date(TIME_ZONE) - timedelta(days=1))

        def listener(kind: str, done: int, total: int) -> None:
            progress(f"import {kind}", done, total, "rows", "")

        report = ingestion.import_folder(folder=Path(folder), actor=None, progress=listener)
    if report.refused:
        raise Conflict(f"The generated company could not be imported: {report.reason}")
    return f"{summary.name}: {sum(summary.rows.values()):,} rows imported"


def ensure_plan(progress: Listener) -> str:
    """Run the first cycle, standing for tonight's, where there is no plan; returns what was done, '' for nothing."""
    if CurrentRun.objects.run_of(RunKind.PLAN) is not None:
        return ""
    job = cycle.create_nightly_cycle()
    state = cycle.run_cycle(job.pk, listener=progress)
    job = Job.objects.get(pk=job.pk)
    if state != JobState.SUCCEEDED:
        raise DomainError(job.error or "The first cycle did not finish.")
    return f"{job.result['item_locations']:,} item-locations planned, {job.result['planned_orders']:,} proposals"
