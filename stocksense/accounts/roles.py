"""The five roles and what each may do: one table in code, kept as Django groups in the database.

A role's permissions are written as `app.codename` patterns, expanded against the permissions that exist.
"""

from fnmatch import fnmatch

from django.contrib.auth.models import Group, Permission
from django.db import models, transaction

from stocksense.accounts.models import User

BUSINESS_APPS = (
    "company",
    "ingestion",
    "jobs",
    "inventory",
    "vendors",
    "forecasting",
    "policies",
    "planning",
    "analytics",
)


class Role(models.TextChoices):
    """What a person is in the company."""

    VIEWER = "viewer"
    PLANNER = "planner"
    APPROVER = "approver"
    ADMIN = "admin"
    SUPPLIER = "supplier"


_SEE = tuple(f"{app}.view_*" for app in BUSINESS_APPS)
_PLAN = (
    *_SEE,
    *(
        f"inventory.{verb}_{model}"
        for verb in ("add", "change")
        for model in ("item", "category", "location", "itemlocation", "lane")
    ),
    *(f"vendors.{verb}_{model}" for verb in ("add", "change") for model in ("supplier", "supplieritem", "pricebreak")),
    "vendors.change_purchaseorder",
    "inventory.change_transferorder",
    "inventory.add_stockmovement",
    "inventory.add_demand",
    "company.change_calendar*",
    "company.add_calendar*",
    *(
        f"forecasting.{verb}_{model}"
        for verb in ("add", "change")
        for model in ("demandevent", "forecastoverride", "demandcorrection", "itemanalogue")
    ),
    "forecasting.delete_itemanalogue",
    "forecasting.train_forecast",
    "policies.add_policyrule",
    "policies.change_policyrule",
    "ingestion.import_data",
    "jobs.change_job",
    "planning.run_cycle",
    "planning.decide",
    "planning.approve",
)

PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.VIEWER: _SEE,
    Role.PLANNER: _PLAN,
    Role.APPROVER: (
        *_PLAN,
        "planning.approve_over_limit",
        "planning.add_autoapproverule",
        "planning.change_autoapproverule",
    ),
    Role.ADMIN: ("*",),
    Role.SUPPLIER: ("vendors.reach_own",),
}


def sync_groups(using: str) -> None:
    """Make the roles' groups say exactly what `PERMISSIONS` says; other groups are left alone."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for role, patterns in PERMISSIONS.items():
        group, _ = Group.objects.using(using).get_or_create(name=role.value)
        allowed = [row for name, row in known.items() if any(fnmatch(name, pattern) for pattern in patterns)]
        group.permissions.set(allowed)


@transaction.atomic
def assign_role(*, user: User, role: Role) -> None:
    """Give `user` this role and take the other roles away."""
    others = Group.objects.filter(name__in=[other.value for other in Role if other != role])
    user.groups.remove(*others)
    user.groups.add(Group.objects.get(name=role.value))
