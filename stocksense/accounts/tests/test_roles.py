"""What each role may do, exactly."""

from fnmatch import fnmatch

import pytest
from django.contrib.auth.models import Group, Permission

from stocksense.accounts import roles
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role, assign_role

pytestmark = pytest.mark.django_db

PLANNER_BEYOND_VIEWER = {
    "company": "add_calendar add_calendarday add_calendarweekday"
    " change_calendar change_calendarday change_calendarweekday",
    "forecasting": "add_demandcorrection add_demandevent add_forecastoverride add_itemanalogue"
    " change_demandcorrection change_demandevent change_forecastoverride change_itemanalogue delete_itemanalogue"
    " train_forecast",
    "ingestion": "import_data",
    "inventory": "add_category add_demand add_item add_itemlocation add_lane add_location add_stockmovement"
    " change_category change_item change_itemlocation change_lane change_location change_transferorder",
    "jobs": "change_job",
    "planning": "approve decide run_cycle",
    "policies": "add_policyrule change_policyrule",
    "vendors": "add_pricebreak add_supplier add_supplieritem"
    " change_pricebreak change_purchaseorder change_supplier change_supplieritem",
}


def named(permissions) -> set[str]:
    return {f"{app}.{name}" for app, name in permissions.values_list("content_type__app_label", "codename")}


def allowed(role: Role) -> set[str]:
    return named(Group.objects.get(name=role.value).permissions)


def by_app(names: set[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        app, _, codename = name.partition(".")
        found.setdefault(app, []).append(codename)
    return {app: " ".join(codenames) for app, codenames in found.items()}


def everything() -> set[str]:
    return named(Permission.objects.all())


def test_a_viewer_sees_all_business_rows_and_changes_none():
    seen = {app for app, codenames in by_app(allowed(Role.VIEWER)).items() if codenames}
    assert seen == {"company", "forecasting", "ingestion", "inventory", "jobs", "planning", "policies", "vendors"}
    assert allowed(Role.VIEWER) == {
        name for name in everything() if name.partition(".")[0] in seen and name.partition(".")[2].startswith("view_")
    }


def test_a_planner_may_also_change_masters_terms_and_rules_and_decide():
    assert allowed(Role.VIEWER) < allowed(Role.PLANNER)
    assert by_app(allowed(Role.PLANNER) - allowed(Role.VIEWER)) == PLANNER_BEYOND_VIEWER


def test_an_approver_may_also_approve_over_the_limit_and_set_auto_approve_rules():
    assert allowed(Role.APPROVER) - allowed(Role.PLANNER) == {
        "planning.approve_over_limit",
        "planning.add_autoapproverule",
        "planning.change_autoapproverule",
    }
    assert allowed(Role.PLANNER) < allowed(Role.APPROVER)


def test_an_admin_may_do_everything_and_a_supplier_only_reach_its_own():
    assert allowed(Role.ADMIN) == everything()
    assert allowed(Role.SUPPLIER) == {"vendors.reach_own"}


def test_no_pattern_of_a_role_is_misspelt():
    patterns = {pattern for patterns in roles.PERMISSIONS.values() for pattern in patterns} - {"analytics.view_*"}
    known = everything()
    assert [pattern for pattern in sorted(patterns) if not any(fnmatch(name, pattern) for name in known)] == []


def test_synchronising_takes_back_what_a_role_should_not_have_and_leaves_other_groups_alone():
    extra = Permission.objects.get(codename="delete_item")
    Group.objects.get(name=Role.VIEWER.value).permissions.add(extra)
    own = Group.objects.create(name="night shift")
    own.permissions.add(extra)
    roles.sync_groups("default")
    assert "inventory.delete_item" not in allowed(Role.VIEWER)
    assert named(own.permissions) == {"inventory.delete_item"}


def test_a_new_role_takes_the_place_of_the_one_before():
    user, own = User.objects.create_user("ada@example.com"), Group.objects.create(name="night shift")
    user.groups.add(own)
    assign_role(user=user, role=Role.VIEWER)
    assign_role(user=user, role=Role.PLANNER)
    assert set(user.groups.values_list("name", flat=True)) == {"night shift", "planner"}
    assert User.objects.get().has_perm("planning.decide")
    assert not User.objects.get().has_perm("planning.approve_over_limit")
