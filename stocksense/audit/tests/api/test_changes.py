"""The history over REST: what it shows, how it is searched, paged and taken away."""

import csv
import io

import openpyxl
import pytest
from django.contrib.auth.models import Permission

from inventory.models import Category, Item
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
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
        Item.objects.filter(pk=item.pk).update(name="=Green", category=food)
    return item


@pytest.fixture
def admin(api_client):
    return api_client("admin")


def test_a_change_is_told_whole(admin, ada, tea):
    (change,) = admin.rows("audit?request_id=r-change")
    drinks, food = (Category.objects.get(path=path).pk for path in ("Drinks", "Food"))
    fixed = {name: change[name] for name in change if name not in {"id", "at", "database_role"}}
    assert fixed == {
        "kind": "inventory.item", "kind_label": "item", "object_id": str(tea.pk), "object_label": "TEA",
        "action": "update", "actor_id": ada.pk, "actor": "Ada <ada@example.com>", "channel": "import",
        "request_id": "r-change", "reason": "new range",
        "changes": [
            {"name": "name", "label": "name", "before": "Tea", "after": "=Green"},
            {
                "name": "category", "label": "category",
                "before": f"Drinks (#{drinks})", "after": f"Food (#{food})",
            },
        ],
    }  # fmt: skip
    assert admin.get(f"audit/{change['id']}").json() == change
    assert admin.get(f"audit/{change['id']}?fields=id,reason").json() == {"id": change["id"], "reason": "new range"}


@pytest.mark.parametrize("number", ["0", "999999999999", "9" * 30, "x", "-1"])
def test_a_number_that_no_change_has_is_not_there(admin, number):
    assert admin.get(f"audit/{number}").status_code == 404


def test_each_filter_finds_what_it_says(admin, ada, tea):
    def found(query: str) -> list[tuple[str, str]]:
        return [(row["kind"], row["action"]) for row in admin.rows(f"audit?{query}")]

    update, insert = ("inventory.item", "update"), ("inventory.item", "insert")
    categories = [("inventory.category", "insert")] * 2
    assert found(f"actor_id={ada.pk}") == [update, insert, *categories]
    assert found(f"actor_id={ada.pk}&channel=admin") == [insert, *categories]
    assert found(f"actor_id={ada.pk}&action=update") == [update]
    assert found("kind=inventory.category") == categories
    assert found("kind__in=inventory.category,inventory.item&request_id=r-add") == [insert, *categories]
    assert found(f"kind=inventory.item&object_id={tea.pk}") == [update, insert]
    assert found(f"kind=inventory.category&object_id={tea.category_id}") == [("inventory.category", "insert")]
    assert found("kind=inventory.item&object_id=0") == []
    newer, older = admin.rows("audit?kind=inventory.item")
    at = {"kind": "inventory.item"}
    assert [row["id"] for row in admin.rows(f"audit?{_query(at, at__gt=older['at'])}")] == [newer["id"]]
    assert [row["id"] for row in admin.rows(f"audit?{_query(at, at__lte=older['at'])}")] == [older["id"]]
    assert [row["id"] for row in admin.rows(f"audit?{_query(at, at__lt=newer['at'])}")] == [older["id"]]
    assert len(admin.rows(f"audit?{_query(at, at__gte=older['at'])}")) == 2


def _query(*parts: dict[str, str], **more: str) -> str:
    from urllib.parse import urlencode

    return urlencode({**parts[0], **more})


def test_an_orders_history_tells_of_its_parts_where_asked(admin):
    schedule = make(PurchaseOrderSchedule)
    of_order = f"audit?kind=vendors.purchaseorder&object_id={schedule.line.order_id}"
    assert [row["kind"] for row in admin.rows(of_order)] == ["vendors.purchaseorder"]
    assert [row["kind"] for row in admin.rows(f"{of_order}&parts=true")] == [
        "vendors.purchaseorderschedule", "vendors.purchaseorderline", "vendors.purchaseorder"
    ]  # fmt: skip


def test_pages_follow_each_other_while_new_changes_come(admin, tea):
    for number in range(5):
        Item.objects.filter(pk=tea.pk).update(name=f"name {number}")
    every = [row["id"] for row in admin.rows("audit?kind=inventory.item")]
    seen, address = [], "audit?kind=inventory.item&page_size=3"
    while address:
        page = admin.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
        Item.objects.filter(pk=tea.pk).update(name=f"meanwhile {len(seen)}")
    assert len(every) == 7
    assert seen == every


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("kind=nothing", "/kind"),
        ("kind__in=inventory.item,nothing", "/kind__in"),
        ("kind=inventory.item&kind__in=inventory.category", "/kind"),
        ("object_id=1", "/object_id"),
        ("kind=inventory.item&object_id=abc", "/object_id"),
        ("kind=inventory.item&object_id=99999999999999999999", "/object_id"),
        ("parts=true", "/parts"),
        ("actor_id=abc", "/actor_id"),
        ("channel=pigeon", "/channel"),
        ("at__gte=yesterday", "/at__gte"),
        ("colour=red", "/colour"),
        ("cursor=abc", "/cursor"),
        ("ordering=at", "/ordering"),
        ("format=csv&page_size=3", "/page_size"),
    ],
)
def test_a_wrong_question_is_told(admin, query, pointer):
    answer = admin.get(f"audit?{query}")
    assert answer.status_code == 400, answer.content
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_a_file_has_a_line_per_changed_field_safe_for_spreadsheets(admin, tea):
    answer = admin.get("audit?request_id=r-change&fields=object_label,reason,changes", Accept="text/csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    drinks, food = (Category.objects.get(path=path).pk for path in ("Drinks", "Food"))
    assert lines == [
        ["object_label", "reason", "field", "before", "after"],
        ["TEA", "new range", "name", "Tea", "'=Green"],
        ["TEA", "new range", "category", f"Drinks (#{drinks})", f"Food (#{food})"],
    ]
    answer = admin.get("audit?request_id=r-change&format=xlsx&fields=object_label,changes")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[2]] == ["TEA", "name", "Tea", "'=Green"]


def test_looking_is_not_exporting(api_client, tea):
    caller = api_client("viewer")
    assert caller.get("audit").status_code == 403
    caller.user.user_permissions.add(*Permission.objects.filter(codename__in=["view_history", "view_accessentry"]))
    assert caller.get("audit").status_code == 200
    assert caller.get("audit?format=csv").status_code == 403
    assert caller.get("access-log").status_code == 200
    assert caller.get("access-log?format=csv").status_code == 403


def test_a_page_takes_the_same_queries_however_long_it_is(admin, tea):
    few = admin.queries("audit?kind=inventory.item&page_size=1")
    for number in range(30):
        Item.objects.filter(pk=tea.pk).update(name=f"name {number}")
    assert admin.queries("audit?kind=inventory.item&page_size=30") == few
