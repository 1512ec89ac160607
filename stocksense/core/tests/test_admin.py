"""The admin as a whole: every page opens, state changes by POST only, nothing comes from elsewhere."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from inventory.tests.factories import LocationFactory
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CompanySettings
from stocksense.core.admin.base import StockSenseModelAdmin
from stocksense.ingestion.models import ImportBatch
from vendors.models import PurchaseOrder
from vendors.tests.factories import SupplierFactory

pytestmark = pytest.mark.django_db

MODELS = sorted((model for model in admin.site._registry), key=lambda model: model._meta.label)


@pytest.fixture
def boss(client):
    user = User.objects.create_superuser("boss@example.com", "a long pass phrase")
    client.force_login(user)
    return client


@pytest.fixture
def order():
    return PurchaseOrder.objects.create(
        number="PO-900", supplier=SupplierFactory(), destination=LocationFactory(), currency="EUR"
    )


def do(order, name: str) -> str:
    return reverse("admin:vendors_purchaseorder_do", args=[order.pk, name])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_and_form_opens_and_searches(model, boss):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    model_admin = admin.site._registry[model]
    assert isinstance(model_admin, StockSenseModelAdmin)
    assert boss.get(reverse(f"{name}_changelist"), follow=True).status_code == 200
    if model_admin.search_fields:
        assert boss.get(reverse(f"{name}_changelist"), {"q": "ab"}).status_code == 200
    adding = boss.get(reverse(f"{name}_add"))
    request = adding.wsgi_request
    assert adding.status_code == (200 if model_admin.has_add_permission(request) else 403)


def test_an_action_by_get_is_refused_and_changes_nothing(boss, order):
    assert boss.get(do(order, "approve")).status_code == 405
    order.refresh_from_db()
    assert order.state == "draft"


def test_an_action_by_post_changes_the_state_and_is_logged(boss, order):
    assert boss.post(do(order, "approve")).status_code == 302
    order.refresh_from_db()
    assert order.state == "approved"
    assert LogEntry.objects.get().change_message == "Approve: PO-900 is approved."


def test_an_action_with_a_question_asks_first(boss, order):
    page = boss.post(do(order, "cancel"))
    assert "no longer counts as supply" in page.content.decode()
    order.refresh_from_db()
    assert order.state == "draft"
    boss.post(do(order, "cancel"), {"confirmed": "yes"})
    order.refresh_from_db()
    assert order.state == "cancelled"


def test_only_the_steps_that_the_state_allows_are_offered(boss, order):
    page = boss.get(reverse("admin:vendors_purchaseorder_change", args=[order.pk])).content.decode()
    assert re.findall(r"/do/(\w+)/", page) == ["approve", "cancel"]


def test_a_step_that_the_state_forbids_is_refused_with_a_reason(boss, order):
    page = boss.post(do(order, "send"), {"confirmed": "yes"}, follow=True).content.decode()
    assert "PO-900 is draft; it cannot become sent." in page
    assert LogEntry.objects.count() == 0


def test_an_action_needs_its_permission_and_a_csrf_token(client, order):
    from django.test import Client

    client.force_login(UserFactory(role=Role.VIEWER))
    assert client.post(do(order, "approve")).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(UserFactory(role=Role.PLANNER))
    assert strict.post(do(order, "approve")).status_code == 403
    order.refresh_from_db()
    assert order.state == "draft"


def test_company_settings_open_as_a_form(boss):
    assert (
        boss.get(reverse("admin:company_companysettings_changelist")).url == "/admin/company/companysettings/1/change/"
    )
    assert CompanySettings.objects.count() == 1
    assert boss.get(reverse("admin:company_companysettings_add")).status_code == 403


def test_a_new_user_gets_the_chosen_role(boss):
    fields = {"email": "new@example.com", "name": "New", "role": "planner", "usable_password": "true"}
    passwords = {"password1": "Four dull horses, 3 lakes", "password2": "Four dull horses, 3 lakes"}
    answer = boss.post(reverse("admin:accounts_user_add"), {**fields, **passwords})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    user = User.objects.get(email="new@example.com")
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert [group.name for group in user.groups.all()] == ["planner"]
    page = boss.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert '<option value="planner" selected' in page


def test_changing_a_role_takes_the_other_away(boss):
    user = UserFactory(role=Role.PLANNER)
    data = {"email": user.email, "name": user.name, "is_active": "on", "is_staff": "on", "role": "viewer"}
    answer = boss.post(reverse("admin:accounts_user_change", args=[user.pk]), data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert [group.name for group in user.groups.all()] == ["viewer"]


def test_an_import_report_is_readable(boss):
    reject = {
        "file": "items.csv",
        "line": 7,
        "column": "unit_cost",
        "value": "-1",
        "reason": "A cost cannot be negative.",
    }
    file = {
        "kind": "items",
        "file": "items.csv",
        "rows": 3,
        "new": 2,
        "rejected": 1,
        "rejects": [reject],
        "warnings": [],
    }
    batch = ImportBatch.objects.create(source="/data", state="imported", report={"files": [file], "warnings": []})
    page = boss.get(reverse("admin:ingestion_importbatch_change", args=[batch.pk])).content.decode()
    assert "Line 7, unit_cost “-1”: A cost cannot be negative." in page


def test_pages_load_nothing_from_other_hosts(boss):
    for page in ("/admin/", "/admin/inventory/item/", "/admin/inventory/item/add/"):
        html = boss.get(page).content.decode()
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', html) == []
