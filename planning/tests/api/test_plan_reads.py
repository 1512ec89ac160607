"""Plans, proposals, exceptions and projections over REST: reading."""

from decimal import Decimal

import pytest

from inventory.tests.factories import ItemFactory, LocationFactory
from planning.models import PlannedOrder
from planning.services import decisions
from planning.services.decisions.quantities import to_order
from planning.tests.desk import day
from planning.tests.factories import PlanExceptionFactory, PlanRunFactory, outlook
from stocksense.company.models import Scenario

pytestmark = pytest.mark.django_db

PATHS = ("plan-runs", "planned-orders", "exceptions", "projections")


def test_a_proposal_as_the_plan_has_it(desk, caller):
    (row,) = caller("viewer").results("planned-orders")
    assert row == {
        "id": desk.order.pk,
        "run": desk.run.pk,
        "kind": "purchase",
        "item": desk.coffee.sku,
        "item_id": desk.coffee.pk,
        "uom": "pcs",
        "location": desk.store.code,
        "location_id": desk.store.pk,
        "supplier": desk.supplier.code,
        "supplier_id": desk.supplier.pk,
        "origin": None,
        "origin_id": None,
        "quantity": "108",
        "quantity_to_order": "108",
        "unit_price": "4",
        "value": "432",
        "release_on": "2026-03-02",
        "due_on": "2026-03-09",
        "need_on": "2026-03-02",
        "cost_of_inaction": "412",
        "exception_kind": "",
        "reason": "reorder",
        "decision": None,
        "order_number": None,
    }


def test_one_proposal_has_its_trace_and_its_item_on_demand(desk, caller):
    viewer = caller("viewer")
    row = viewer.get(f"planned-orders/{desk.order.pk}").json()
    assert row["trace"]["levels"]["order_up_to"] == 120.0
    assert viewer.get(f"planned-orders/{desk.order.pk}?expand=item").json()["item"]["name"] == "Espresso"
    assert viewer.get(f"planned-orders/{desk.order.pk + 1}").status_code == 404


@pytest.mark.parametrize("path", ["planned-orders", "planned-orders?decided=false&expand=item", "exceptions"])
def test_lists_take_a_fixed_number_of_queries(desk, caller, path):
    viewer = caller("viewer")

    def more() -> int:
        for number in range(3):
            order = desk.other(cost_of_inaction=Decimal(number))
            PlanExceptionFactory(run=desk.run, item=order.item, location=desk.store)
        desk.reject(order)
        return viewer.queries(path)

    assert more() == more() <= 10


def test_the_dearest_first_and_pages_that_stay_in_their_run(desk, caller):
    viewer = caller("viewer")
    cheap, dear = desk.other(cost_of_inaction=Decimal(1)), desk.other(cost_of_inaction=Decimal(900))
    page = viewer.get("planned-orders?page_size=2&fields=id").json()
    assert page["results"] == [{"id": dear.pk}, {"id": desk.order.pk}]
    desk.night()
    following = viewer.get(page["next"]).json()
    assert following == {"results": [{"id": cheap.pk}], "next": None}


def test_filters_as_the_worklist_has_them(desk, caller):
    viewer = caller("viewer")
    origin = LocationFactory(code="DC")
    moved = desk.proposal(origin=origin, need_on=day(3), release_on=day(3), exception_kind="stock_out")
    bought = desk.other(value=Decimal(9000), release_on=day(20))

    def found(query: str) -> list[int]:
        return sorted(row["id"] for row in viewer.results(f"planned-orders?{query}"))

    assert found("kind=transfer") == [moved.pk]
    assert found("tab=at_risk") == [moved.pk]
    assert found("tab=new") == [desk.order.pk, bought.pk]
    assert found(f"supplier={desk.supplier.code}") == [desk.order.pk, bought.pk]
    assert found("origin=DC") == [moved.pk]
    assert found(f"item__in={bought.item.sku},nothing") == [bought.pk]
    assert found("value__gte=9000") == [bought.pk]
    assert found("release_on__lte=2026-03-05&location=" + desk.store.code) == [desk.order.pk, moved.pk]
    assert found("need_on=2026-03-05") == [moved.pk]
    desk.reject()
    assert found("decided=true") == [desk.order.pk]
    assert found("decided=false") == [moved.pk, bought.pk]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("run=0", "/run"),
        ("run=x", "/run"),
        ("run=999999999999999999999", "/run"),
        ("scenario=nope", "/scenario"),
        ("tab=nope", "/tab"),
        ("decided=nope", "/decided"),
        ("colour=red", "/colour"),
    ],
)
def test_what_is_not_known_is_refused(desk, caller, query, pointer):
    answer = caller("viewer").get(f"planned-orders?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_before_the_first_plan_everything_is_empty(caller):
    viewer = caller("viewer")
    assert [viewer.results(path) for path in PATHS] == [[], [], [], []]
    assert [viewer.get(f"{path}/1").status_code for path in PATHS] == [404] * 4


def test_an_earlier_run_and_a_trial_are_asked_for_by_name(desk, caller):
    viewer, first = caller("viewer"), desk.run
    newer = desk.night(quantity=Decimal(240))
    trial = desk.proposal(run=PlanRunFactory(scenario=Scenario.objects.create(name="Double")), quantity=Decimal(500))
    assert [row["id"] for row in viewer.results("planned-orders")] == [newer.pk]
    assert [row["id"] for row in viewer.results(f"planned-orders?run={first.pk}")] == [desk.order.pk]
    assert [row["id"] for row in viewer.results("planned-orders?scenario=Double")] == [trial.pk]
    assert viewer.get(f"planned-orders/{desk.order.pk}").status_code == 404
    assert viewer.get(f"planned-orders/{desk.order.pk}?run={first.pk}").json()["quantity"] == "108"
    current = {row["id"]: row["is_current"] for row in viewer.results("plan-runs")}
    assert current == {first.pk: False, newer.run_id: True, trial.run_id: True}
    assert [row["id"] for row in viewer.results("plan-runs?is_current=true&scenario=baseline")] == [newer.run_id]


def test_what_approving_orders_is_what_the_service_orders(desk, caller):
    parts = [desk.proposal(release_on=day(offset), quantity=Decimal(60)) for offset in (1, 2)]
    desk.edit(300, parts[1])
    plain = desk.other()
    orders = list(PlannedOrder.objects.filter(run=desk.run))
    standing = decisions.standings(desk.run, orders)
    rows = PlannedOrder.objects.filter(run=desk.run, run_date=desk.run.run_date).annotate(**to_order(desk.run))
    by_sql = dict(rows.values_list("pk", "quantity_to_order"))
    assert by_sql == {order.pk: standing[order.pk].quantity for order in orders}
    assert by_sql[plain.pk] == 108
    assert by_sql[parts[1].pk] == 300


@pytest.mark.parametrize("edited", [1, 60, 110, 168, 200, 228, 500])
def test_an_edit_spread_over_parts_is_the_same_in_sql(desk, edited):
    parts = [desk.order, *(desk.proposal(release_on=day(offset), quantity=Decimal(60)) for offset in (1, 1))]
    desk.edit(1, parts[0])
    decisions.standing.PlanDecision.objects.update(quantity=Decimal(edited))
    standing = decisions.standings(desk.run, parts)
    rows = PlannedOrder.objects.filter(run=desk.run, run_date=desk.run.run_date).annotate(**to_order(desk.run))
    assert dict(rows.values_list("pk", "quantity_to_order")) == {
        order.pk: standing[order.pk].quantity for order in parts
    }


def test_exceptions_are_ranked_and_say_whether_they_are_handled(desk, caller):
    place = {"run": desk.run, "item": desk.coffee, "location": desk.store}
    cheap = PlanExceptionFactory(cost_of_inaction=5, kind="excess", details={"units": 12.0}, **place)
    dear = PlanExceptionFactory(**place)
    viewer = caller("viewer")
    rows = viewer.results("exceptions")
    assert [(row["id"], row["cost_of_inaction"], row["handled"]) for row in rows] == [
        (dear.pk, "412", False),
        (cheap.pk, "5", False),
    ]
    assert rows[0]["message"].startswith("4 pcs available")
    decisions.decide_exceptions(
        exception_ids=[dear.pk], run_id=desk.run.pk, decision=decisions.exceptions.ExceptionWord.DONE,
        actor=desk.planner,
    )  # fmt: skip
    assert [row["id"] for row in viewer.results("exceptions?handled=false")] == [cheap.pk]
    assert [row["id"] for row in viewer.results("exceptions?group=at_risk")] == [dear.pk]
    assert viewer.get(f"exceptions/{cheap.pk}").json()["details"] == {"units": 12.0}


def test_projections_show_days_when_asked(desk, caller):
    outlook(desk.run, desk.coffee, desk.store)
    outlook(desk.run, ItemFactory(sku="TEA"), desk.store)
    viewer = caller("viewer")
    row = viewer.results(f"projections?item={desk.coffee.sku}")[0]
    assert set(row) == {"id", "run", "item", "item_id", "location", "location_id", "first_date"}
    whole = viewer.get(f"projections/{row['id']}").json()
    assert (whole["on_hand_mean"][0], whole["on_hand_p10"][0], whole["on_hand_p90"][0]) == (40.0, 25.0, 52.0)
    assert len(viewer.results("projections?fields=item,on_hand_mean")[0]["on_hand_mean"]) == 56


@pytest.mark.parametrize("path", PATHS)
def test_nobody_and_suppliers_see_nothing(desk, caller, client, path):
    assert client.get(f"/api/v1/{path}").status_code in {401, 403}
    assert caller("supplier").get(path).status_code == 403
    assert caller("supplier").get(f"{path}/1").status_code == 403
