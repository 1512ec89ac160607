"""The History tab, the audit search, the access log and the export."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import Category, Item
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.audit.services import access, reads
from stocksense.audit.services.reads import Query
from stocksense.audit.tests.rows import make
from stocksense.core import context
from vendors.models import PurchaseOrderSchedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return UserFactory(name="Ada", email="ada@example.com", role=Role.ADMIN)


@pytest.fixture
def tea(ada) -> Item:
    with context.acting(actor=ada, channel="admin", request_id="r-add"):
        drinks, food = (Category.objects.create(path=name, name=name) for name in ("Drinks", "Food"))
        item = Item.objects.create(sku="TEA", name="Tea", category=drinks)
    with context.acting(actor=ada, channel="import", request_id="r-change", reason="new range"):
        Item.objects.filter(pk=item.pk).update(name="Green tea", category=food)
    return item


def test_a_change_tells_each_field_before_and_after(tea, ada):
    changed, added = reads.of_object(tea)
    drinks, food = (Category.objects.get(path=path).pk for path in ("Drinks", "Food"))
    assert [(entry.name, entry.before, entry.after) for entry in changed.fields] == [
        ("name", "Tea", "Green tea"),
        ("category", f"Drinks (#{drinks})", f"Food (#{food})"),
    ]
    assert (changed.actor, changed.actor_id, changed.channel, changed.reason, changed.request_id) == (
        "Ada <ada@example.com>", ada.pk, "import", "new range", "r-change"
    )  # fmt: skip
    assert (added.action, added.row_label, added.kind) == ("insert", "TEA", "inventory.item")
    assert ("sku", None, "TEA") in [(entry.name, entry.before, entry.after) for entry in added.fields]


def test_the_history_tab_shows_it_to_whoever_may_see_the_object(client, tea):
    client.force_login(UserFactory(role=Role.VIEWER))
    page = client.get(reverse("admin:inventory_item_history", args=[tea.pk]))
    text = page.content.decode()
    assert "Green tea" in text
    assert "new range" in text
    assert "Ada &lt;ada@example.com&gt;" in text
    assert "whole request" not in text


def test_an_order_tells_of_its_lines_and_their_schedules():
    schedule = make(PurchaseOrderSchedule)
    with context.acting(request_id="r-schedule"):
        PurchaseOrderSchedule.objects.filter(pk=schedule.pk).update(quantity=7)
    found = reads.of_object(schedule.line.order)
    assert (found[0].kind, found[0].request_id, found[0].fields[0].after) == (
        "vendors.purchaseorderschedule", "r-schedule", "7.000"
    )  # fmt: skip
    assert [change.kind for change in found[1:]] == [
        "vendors.purchaseorderschedule", "vendors.purchaseorderline", "vendors.purchaseorder"
    ]  # fmt: skip


def test_a_role_that_was_given_is_in_a_persons_history(ada):
    kinds = {change.kind for change in reads.of_object(ada)}
    assert {"accounts.user", "accounts.usergroup"} <= kinds


@pytest.mark.parametrize(
    "query",
    [
        lambda ada: Query(actor_id=ada.pk), lambda ada: Query(request_id="r-change"),
        lambda ada: Query(kinds=["inventory.item"]), lambda ada: Query(since=timezone.now() - timedelta(hours=1)),
    ],
)  # fmt: skip
def test_the_search_finds_by_person_request_kind_and_date(tea, ada, query):
    assert "Green tea" in [entry.after for change in reads.changes(query(ada)) for entry in change.fields]


def test_what_was_before_a_date_is_not_after_it(tea):
    assert reads.changes(Query(kinds=["inventory.item"], until=timezone.now() - timedelta(hours=1))) == []
    assert reads.changes(Query(kinds=["nowhere.nothing"])) == []


def test_pages_by_key_show_each_change_once():
    for number in range(7):
        Category.objects.create(path=f"c{number}", name="x")
    seen, before = [], None
    while page := reads.changes(Query(kinds=["inventory.category"], before=before), size=3):
        seen += [change.row_label for change in page]
        before = page[-1].position
    assert seen == [f"c{number}" for number in range(6, -1, -1)]
    assert [change.row_label for change in reads.stream(Query(kinds=["inventory.category"]), size=2)] == seen


def test_a_search_is_three_queries_whatever_it_finds(tea, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert reads.changes(Query())
    for number in range(40):
        Item.objects.create(sku=f"I{number}", category=tea.category)
    with django_assert_num_queries(3):
        assert len(reads.changes(Query())) == 50


def test_the_pages_are_for_those_who_may_audit(client, ada, tea):
    pages = [reverse(f"admin:{name}") for name in ("audit_search", "audit_access", "audit_export")]
    for role in (Role.VIEWER, Role.PLANNER, Role.APPROVER):
        client.force_login(UserFactory(role=role))
        assert [client.get(page).status_code for page in pages] == [403, 403, 403]
    client.force_login(ada)
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]


def test_the_search_page_says_what_is_wrong_and_finds_nothing(client, ada, tea):
    client.force_login(ada)
    page = client.get(reverse("admin:audit_search"), {"row": "1"})
    assert "Choose what kind of object has this number." in page.content.decode()
    assert page.context["changes"] == []
    for bad in (
        {"before": "x,y"},
        {"before": "2026-01-01T00:00+00:00,99999999999999999999"},
        {"who": "'"},
        {"request": "a b"},
    ):
        assert client.get(reverse("admin:audit_search"), bad).status_code == 200


def test_the_export_is_safe_to_open_in_a_spreadsheet(client, ada):
    with context.acting(reason="=HYPERLINK(1)"):
        Category.objects.create(path="=cmd()", name="-1+1")
    client.force_login(ada)
    answer = client.get(reverse("admin:audit_export"), {"kind": "inventory.category"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["field"], row["after"], row["reason"]) for row in rows if row["field"] in {"path", "name"}] == [
        ("name", "'-1+1", "'=HYPERLINK(1)"), ("path", "'=cmd()", "'=HYPERLINK(1)"),
    ]  # fmt: skip
    assert client.get(reverse("admin:audit_export"), {"row": "1"}).status_code == 400


def test_the_access_page_shows_what_was_asked(client, ada, monkeypatch):
    fresh = access.AccessLog()
    monkeypatch.setattr(access, "log", fresh)
    client.force_login(ada)
    client.get("/api/v1/items", HTTP_X_REQUEST_ID="r-seen")
    fresh.flush()
    page = client.get(reverse("admin:audit_access"), {"request": "r-seen"})
    assert [entry.request_id for entry in page.context["entries"]] == ["r-seen"]
    assert client.get(reverse("admin:audit_access"), {"request": "other"}).context["entries"] == []


def test_a_reason_given_with_a_request_is_kept(client, ada, tea):
    client.force_login(ada)
    url = reverse("admin:inventory_category_change", args=[tea.category_id])
    category = Category.objects.get(pk=tea.category_id)
    data = {"name": "Hot drinks", "path": category.path, "parent": ""}
    assert client.post(url, data, HTTP_X_CHANGE_REASON="menu", HTTP_X_REQUEST_ID="r-form").status_code == 302
    newest = reads.of_object(category)[0]
    assert (newest.reason, newest.request_id, newest.channel, newest.actor_id) == ("menu", "r-form", "admin", ada.pk)
