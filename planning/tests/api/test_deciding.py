"""Deciding on proposals and exceptions over REST: the services' rules, each role, stale plans, twice, and at once."""

import threading
from decimal import Decimal

import pytest
from django.db import connections

from planning.models import DecisionBatch, PlanDecision
from planning.tests.desk import Desk, day
from planning.tests.factories import PlanExceptionFactory
from stocksense.company import services as company
from stocksense.testing.api import ApiClient
from vendors.models import PurchaseOrder

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, int, int]:
    return PurchaseOrder.objects.count(), PlanDecision.objects.count(), DecisionBatch.objects.count()


def test_approving_one_makes_a_draft(desk, caller):
    answer = caller("planner").post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk, "seen": "108"})
    order = PurchaseOrder.objects.get()
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "decision": DecisionBatch.objects.get().pk,
            "decided": [desk.order.pk],
            "already_decided": [],
            "purchase_orders": [{"id": order.pk, "number": order.number}],
            "transfer_orders": [],
        },
    )
    (row,) = caller("viewer").results("planned-orders")
    assert (row["decision"], row["order_number"]) == ("approved", order.number)


def test_approving_one_with_another_quantity(desk, caller):
    caller("planner").post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk, "quantity": 120})
    assert PurchaseOrder.objects.get().lines.get().schedules.get().quantity == 120


def test_approving_many_is_one_act(desk, caller):
    other = desk.other()
    body = {
        "run": desk.run.pk,
        "ids": [desk.order.pk, other.pk],
        "quantities": {str(other.pk): "60"},
        "seen": {str(desk.order.pk): "108", str(other.pk): "108"},
        "reason": "Monday",
    }
    answer = caller("planner").post("planned-orders/approve", body).json()
    assert (answer["decided"], len(answer["purchase_orders"])) == ([desk.order.pk, other.pk], 1)
    batch = DecisionBatch.objects.get()
    assert (batch.lines, batch.value, batch.reason) == (2, Decimal(672), "Monday")


def test_a_superseded_plan_is_answered_409_with_the_new_quantity(desk, caller):
    old, newer = desk.run.pk, desk.night(quantity=Decimal(240))
    planner = caller("planner")
    for path, body in (
        (f"planned-orders/{desk.order.pk}/approve", {"run": old}),
        ("planned-orders/approve", {"run": old, "ids": [desk.order.pk]}),
    ):
        answer = planner.post(path, body)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "run_superseded")
        assert problem["fields"]["current_run"] == newer.run_id
        assert Decimal(problem["fields"]["quantities"][str(desk.order.pk)]) == 240
    assert counts() == (0, 0, 0)


def test_a_quantity_that_somebody_changed_meanwhile_is_answered_409(desk, caller):
    desk.edit(240)
    before = counts()
    answer = caller("planner").post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk, "seen": "108"})
    assert (answer.status_code, answer.json()["code"]) == (409, "quantity_changed")
    assert counts() == before


def test_above_the_limit_it_is_403_and_says_who_may(desk, caller):
    from planning.models import ApprovalLimit

    ApprovalLimit.objects.create(role="planner", max_order_value=400)
    answer = caller("planner").post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "approval_limit_exceeded")
    assert (problem["fields"]["limit"], problem["fields"]["value"]) == ("400", "432")
    assert problem["fields"]["who"] == ["approver", "admin"]
    assert counts() == (0, 0, 0)
    assert caller("approver").post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk}).status_code == 200


def test_a_second_person_is_needed_for_ones_own_edit(desk, caller):
    settings = company.settings()
    settings.separate_approver = True
    settings.save()
    first, second = caller("planner"), caller("planner")
    address = f"planned-orders/{desk.order.pk}"
    assert first.post(f"{address}/edit", {"run": desk.run.pk, "quantity": "240"}).status_code == 200
    answer = first.post(f"{address}/approve", {"run": desk.run.pk})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_person_needed")
    assert not PurchaseOrder.objects.exists()
    assert second.post(f"{address}/approve", {"run": desk.run.pk, "seen": "240"}).status_code == 200


def test_rejecting_snoozing_editing_and_taking_back(desk, caller):
    planner, address, run = caller("planner"), f"planned-orders/{desk.order.pk}", {"run": desk.run.pk}

    def row() -> dict:
        return planner.get(address).json()

    planner.post(f"{address}/edit", run | {"quantity": 96})
    assert (row()["quantity_to_order"], row()["decision"]) == ("96", None)
    planner.post(f"{address}/snooze", run | {"until": str(day(3))})
    assert row()["decision"] == "snoozed"
    assert planner.post(f"{address}/reopen", run).status_code == 200
    assert (row()["quantity_to_order"], row()["decision"]) == ("108", None)
    rejected = planner.post(f"{address}/reject", run | {"reason": "Too much"}).json()
    assert row()["decision"] == "rejected"
    again = planner.post(f"{address}/reject", run)
    assert (again.status_code, again.json()["detail"]) == (409, "This line was rejected already.")
    undone = planner.post(f"decisions/{rejected['decision']}/undo")
    assert (undone.status_code, undone.json()["undone_by"]) == (200, planner.user.email)
    assert row()["decision"] is None


def test_many_that_are_partly_decided_say_so(desk, caller):
    other = desk.other()
    desk.reject()
    body = {"run": desk.run.pk, "ids": [desk.order.pk, other.pk]}
    answer = caller("planner").post("planned-orders/snooze", body | {"until_change": True}).json()
    assert (answer["decided"], answer["already_decided"]) == ([other.pk], [desk.order.pk])


def test_an_act_is_shown_with_its_lines_and_undone_as_a_whole(desk, caller):
    planner = caller("planner")
    made = planner.post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk}).json()
    act = planner.get(f"decisions/{made['decision']}").json()
    assert (act["verb"], act["lines"], act["actor"]) == ("approve", 1, planner.user.email)
    assert act["entries"][0]["order_number"] == made["purchase_orders"][0]["number"]
    undone = planner.post(f"decisions/{made['decision']}/undo")
    assert undone.status_code == 200, undone.content
    assert PurchaseOrder.objects.get().state == "cancelled"
    assert planner.results("decisions?undone_at__isnull=true") == []


COMMANDS = [
    ("approve", {"seen": "108"}),
    ("reject", {}),
    ("snooze", {"until_change": True}),
    ("edit", {"quantity": "96"}),
    ("reopen", {}),
]


@pytest.mark.parametrize("role", ["viewer", "supplier", None])
@pytest.mark.parametrize(("name", "body"), COMMANDS)
def test_who_may_not_decide_changes_nothing(desk, api_client, role, name, body):
    outsider = api_client(role)
    run = {"run": desk.run.pk}
    answers = [outsider.post(f"planned-orders/{desk.order.pk}/{name}", run | body)]
    if name != "edit":
        ids = {"ids": [desk.order.pk]}
        answers.append(outsider.post(f"planned-orders/{name}", run | ids))
    assert {answer.status_code for answer in answers} <= {401, 403}
    assert counts() == (0, 0, 0)


def test_who_may_not_undo_changes_nothing(desk, api_client):
    batch = desk.reject().batch
    for role in ("viewer", "supplier", None):
        assert api_client(role).post(f"decisions/{batch.pk}/undo").status_code in {401, 403}
    assert DecisionBatch.objects.get().undone_at is None


def test_the_same_request_twice_acts_once(desk, caller):
    planner = caller("planner")
    sent = {"path": "planned-orders/approve", "body": {"run": desk.run.pk, "ids": [desk.order.pk]}}
    first, second = (planner.post(**sent, **{"Idempotency-Key": "monday-1"}) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second["Idempotent-Replayed"] == "true"
    assert counts() == (1, 1, 1)
    other = planner.post("planned-orders/approve", {"run": 1, "ids": [1]}, **{"Idempotency-Key": "monday-1"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/run"),
        ({"run": "x", "ids": [1]}, "/run"),
        ({"run": 1}, "/ids"),
        ({"run": 1, "ids": []}, "/ids"),
        ({"run": 1, "ids": ["x"]}, "/ids/0"),
        ({"run": 1, "ids": list(range(1, 1002))}, "/ids"),
        ({"run": 1, "ids": [1], "quantities": {"x": 1}}, "/quantities/x"),
        ({"run": 1, "ids": [1], "colour": "red"}, "/colour"),
    ],
)
def test_a_body_that_means_nothing_is_refused_by_field(desk, caller, body, pointer):
    answer = caller("planner").post("planned-orders/approve", body)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("quantity", ["0", "-5", "1000000000000", "0.5"])
def test_a_quantity_that_cannot_be_ordered_is_refused(desk, caller, quantity):
    answer = caller("planner").post(f"planned-orders/{desk.order.pk}/edit", {"run": desk.run.pk, "quantity": quantity})
    assert answer.status_code == 422
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999", "-1"])
def test_a_line_that_is_not_there_is_404(desk, caller, pk):
    answer = caller("planner").post(f"planned-orders/{pk}/reject", {"run": desk.run.pk})
    assert answer.status_code == 404


def test_exceptions_are_done_snoozed_and_dismissed(desk, caller):
    place = {"run": desk.run, "item": desk.coffee, "location": desk.store}
    first, second, third = (PlanExceptionFactory(kind=kind, **place) for kind in ("stock_out", "excess", "late_order"))
    planner, run = caller("planner"), {"run": desk.run.pk}
    assert planner.post(f"exceptions/{first.pk}/done", run).json()["decided"] == [first.pk]
    assert planner.post(f"exceptions/{second.pk}/dismiss", run).status_code == 422
    assert planner.post(f"exceptions/{second.pk}/dismiss", run | {"reason": "Season"}).status_code == 200
    many = run | {"ids": [third.pk], "until": str(day(5))}
    assert planner.post("exceptions/snooze", many).status_code == 200
    assert planner.results("exceptions?handled=false") == []
    assert PlanExceptionFactory(kind="expiring", **place)
    for role in ("viewer", "supplier"):
        assert caller(role).post("exceptions/done", run | {"ids": [first.pk]}).status_code == 403
    assert DecisionBatch.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_approve_one_order_at_once_one_does():
    desk = Desk()
    callers = [ApiClient("planner") for _ in range(2)]
    start, answers = threading.Barrier(2), []

    def approve(person: ApiClient) -> None:
        start.wait()
        answers.append(person.post(f"planned-orders/{desk.order.pk}/approve", {"run": desk.run.pk}))
        connections.close_all()

    threads = [threading.Thread(target=approve, args=(person,)) for person in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert counts() == (1, 1, 1)
    assert PurchaseOrder.objects.get().lines.get().schedules.get().quantity == 108
