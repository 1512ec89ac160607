"""Auto-approve rules: what they approve after a nightly plan, what they leave to people, and their dry run."""

from decimal import Decimal

import pytest
from django.urls import reverse

from inventory.models import Category
from inventory.tests.factories import ItemFactory, LocationFactory
from planning.models import (
    ApprovalLimit,
    AutoApproveRule,
    DecisionBatch,
    DecisionEntry,
    PlanDecision,
    PlannedOrder,
    PlanRun,
)
from planning.services import cycle, decisions
from planning.services.auto_approval import apply_rules, dry_run
from planning.tests.builder import two_level_company
from planning.tests.desk import Desk, day
from planning.tests.factories import PolicyFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.company.models import CurrentRun, Scenario
from stocksense.jobs.models import Job
from vendors.models import PurchaseOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return Desk()


def rule(desk, **fields):
    values = {"name": "small and regular", "author": desk.planner, "is_active": True, **fields}
    return AutoApproveRule.objects.create(**values)


def approved(desk):
    return set(PlannedOrder.objects.filter(pk__in=_taken()).values_list("pk", flat=True))


def _taken():
    return [pk for word in PlanDecision.objects.filter(decision="approved") for pk in word.planned_order_ids]


def test_a_rule_approves_what_is_due_in_its_authors_name(desk):
    made = rule(desk)
    later = desk.other(release_on=day(1))
    (outcome,) = apply_rules(run=desk.run)
    assert (outcome.lines, outcome.value, outcome.problems) == (1, 432, ())
    batch = DecisionBatch.objects.get()
    assert (batch.actor, batch.rule, batch.reason) == (desk.planner, made, "rule: small and regular")
    assert desk.open_orders() == [later]
    assert decisions.last_batch(desk.planner) is None
    assert apply_rules(run=desk.run)[0].lines == 0


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"kind": "purchase"}, True),
        ({"kind": "transfer"}, False),
        ({"max_line_value": 432}, True),
        ({"max_line_value": 431}, False),
        ({"max_order_value": 432}, True),
        ({"max_order_value": 431}, False),
        ({"abc": "A"}, True),
        ({"abc": "B"}, False),
        ({"max_change_percent": 50}, False),
        ({"is_active": False}, False),
    ],
)
def test_every_condition_must_be_met(desk, condition, fits):
    PolicyFactory(run=desk.run.policy_run, item=desk.coffee, location=desk.store)
    rule(desk, **condition)
    apply_rules(run=desk.run)
    assert bool(approved(desk)) is fits


def test_supplier_location_and_category_narrow_a_rule(desk):
    drinks = Category.objects.create(name="Drinks", path="Drinks")
    coffee = Category.objects.create(name="Coffee", path="Drinks/Coffee", parent=drinks)
    like = Category.objects.create(name="Drinks and more", path="Drinks and more")
    inside = desk.other(item=ItemFactory(category=coffee))
    desk.other(item=ItemFactory(category=like))
    away = desk.other(item=ItemFactory(category=drinks), location=LocationFactory())
    made = rule(desk, category=drinks)
    assert {order.pk for order in dry_run(rule=made)[0].orders} == {inside.pk, away.pk}
    made.location = desk.store
    assert [order.pk for order in dry_run(rule=made)[0].orders] == [inside.pk]
    made.supplier = Desk().supplier
    assert dry_run(rule=made)[0].orders == []


def test_orders_that_answer_a_shortage_are_left_to_people(desk):
    urgent = desk.other(exception_kind="stock_out_risk")
    made = rule(desk)
    apply_rules(run=desk.run)
    assert approved(desk) == {desk.order.pk}
    made.only_regular = False
    made.save()
    apply_rules(run=desk.run)
    assert approved(desk) == {desk.order.pk, urgent.pk}


def test_a_quantity_near_the_last_order_is_approved(desk):
    desk.approve(quantities={desk.order.pk: Decimal(90)})
    PurchaseOrder.objects.update(state="received")
    again = desk.night(7, need_on=day(7), release_on=day(7), due_on=day(14))
    made = rule(desk, max_change_percent=19)
    apply_rules(run=desk.run)
    assert again.pk not in approved(desk)
    made.max_change_percent = 20
    made.save()
    apply_rules(run=desk.run)
    assert again.pk in approved(desk)


def test_what_a_person_edited_put_aside_or_refused_stays_as_it_is(desk):
    tea, juice = desk.other(), desk.other()
    desk.edit(60)
    desk.snooze(tea, until=day(5))
    desk.reject(juice)
    rule(desk)
    assert apply_rules(run=desk.run)[0].lines == 0
    assert PurchaseOrder.objects.count() == 0


def test_the_authors_limit_holds_and_what_it_stops_is_told(desk):
    ApprovalLimit.objects.create(role=Role.PLANNER, max_order_value=500)
    desk.other(quantity=Decimal(24))
    elsewhere = desk.other(location=LocationFactory())
    rule(desk)
    (outcome,) = apply_rules(run=desk.run)
    assert approved(desk) == {elsewhere.pk}
    assert (outcome.lines, len(outcome.problems)) == (1, 1)
    assert "you may approve up to 500.00 EUR" in outcome.problems[0]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.VIEWER}])
def test_a_rule_of_somebody_who_may_not_approve_does_nothing_and_says_so(desk, change):
    author = UserFactory(role=change.pop("role", Role.PLANNER), **change)
    rule(desk, author=author)
    (outcome,) = apply_rules(run=desk.run)
    assert (outcome.lines, len(outcome.problems)) == (0, 1)
    assert approved(desk) == set()


def test_rules_leave_scenarios_and_superseded_runs_alone(desk):
    rule(desk)
    old = desk.run
    desk.night(1, release_on=day(5))
    assert "newer plan" in apply_rules(run=old)[0].problems[0]
    Scenario.objects.filter(pk=desk.run.scenario_id).update(is_baseline=False)
    desk.run.scenario.refresh_from_db()
    assert apply_rules(run=desk.run) == []
    assert approved(desk) == set()


def test_a_dry_run_compares_with_what_people_did_and_writes_nothing(desk):
    tea, juice, milk, water = (desk.other() for _ in range(4))
    desk.approve(desk.order)
    desk.edit(60, tea)
    desk.approve(tea)
    desk.reject(juice)
    desk.undo(desk.reject(milk))
    desk.snooze(water, until=day(3))
    first = desk.run
    desk.night(1, release_on=day(1))
    again = desk.proposal(item=juice.item, source_id=juice.source_id)
    made = rule(desk, is_active=False)
    before = DecisionBatch.objects.count()
    newest, oldest = dry_run(rule=made)
    assert (oldest.run, [order.pk for order in oldest.orders]) == (
        first,
        [desk.order.pk, tea.pk, juice.pk, milk.pk, water.pk],
    )
    assert oldest.people == {"approved": 1, "changed": 1, "rejected": 1, "undecided": 1, "snoozed": 1}
    assert (oldest.value, oldest.agreement) == (2160, 0.25)
    assert again.pk in [order.pk for order in newest.orders]
    assert newest.people == {"rejected": 1, "undecided": 1}
    assert DecisionBatch.objects.count() == before


def test_the_dry_run_page_says_what_would_have_happened(desk, client):
    desk.approve()
    made = rule(desk)
    client.force_login(desk.planner)
    text = " ".join(client.get(reverse("admin:planning_rule_dry_run", args=[made.pk])).content.decode().split())
    assert "It would have approved 1 line worth € 432." in text
    assert "People decided 1 line of these and approved 100 % as proposed." in text
    assert "Espresso" in text
    assert client.get(reverse("admin:planning_rule_dry_run", args=[999_999])).status_code == 404


def test_whoever_saves_a_rule_is_its_author(desk, client):
    made = rule(desk, is_active=False)
    approver = desk.person(Role.APPROVER)
    client.force_login(approver)
    url = reverse("admin:planning_autoapproverule_change", args=[made.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "mine", "position": 1, "is_active": "on", "only_regular": "on"}).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.author) == ("mine", approver)
    client.force_login(desk.planner)
    client.post(url, {"name": "theirs", "position": 1})
    made.refresh_from_db()
    assert (made.name, made.author) == ("mine", approver)


def test_decisions_are_listed_and_cannot_be_changed(desk, client):
    result = desk.approve(reason="shelf is empty")
    client.force_login(desk.person(Role.ADMIN))
    for model in ("decisionbatch", "plandecision", "exceptiondecision", "approvallimit", "autoapproverule"):
        assert client.get(reverse(f"admin:planning_{model}_changelist")).status_code == 200
    url = reverse("admin:planning_decisionbatch_change", args=[result.batch.pk])
    page = client.get(url).content.decode()
    assert desk.coffee.sku in page
    assert client.post(url, {"reason": "nothing"}).status_code == 403
    result.batch.refresh_from_db()
    assert result.batch.reason == "shelf is empty"


def test_an_act_is_undone_from_the_admin_by_post_after_a_question(desk, client):
    result = desk.approve()
    client.force_login(desk.planner)
    url = reverse("admin:planning_decisionbatch_do", args=[result.batch.pk, "undo"])
    assert client.get(url).status_code == 405
    assert "Orders that went on cannot be undone." in client.post(url).content.decode()
    assert PurchaseOrder.objects.get().state == "draft"
    client.post(url, {"confirmed": "yes"})
    result.batch.refresh_from_db()
    assert (PurchaseOrder.objects.get().state, result.batch.undone_by) == ("cancelled", desk.planner)


def test_a_nightly_cycle_lets_the_rules_approve_and_one_on_request_does_not():
    two_level_company(items=2)
    author = UserFactory(role=Role.PLANNER)
    AutoApproveRule.objects.create(name="all", author=author, is_active=True, only_regular=False)

    def night(nightly):
        job = cycle.create_cycle(actor=None)
        job.parameters["nightly"] = nightly
        job.save()
        cycle.run_cycle(job.pk)
        return Job.objects.get(pk=job.pk).result

    assert "auto_approved" not in night(False)
    assert PurchaseOrder.objects.count() == 0
    noted = night(True)["auto_approved"]
    assert noted["lines"] == DecisionEntry.objects.count() > 0
    assert noted["problems"] == []
    run = PlanRun.objects.get(pk=CurrentRun.objects.get(kind="plan").run_id)
    assert run.summary["auto_approved"] == noted
    assert PurchaseOrder.objects.filter(state="draft", created_by=author).count() == 1


def test_what_a_rule_cannot_do_does_not_undo_the_plan(monkeypatch):
    two_level_company(items=2)
    AutoApproveRule.objects.create(name="all", author=UserFactory(role=Role.VIEWER), is_active=True, only_regular=False)
    job = cycle.create_cycle(actor=None)
    job.parameters["nightly"] = True
    job.save()
    cycle.run_cycle(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded"
    assert job.result["auto_approved"]["problems"][0] == "all: You may not approve planned orders."
    assert CurrentRun.objects.get(kind="plan").run_id == job.result["plan_run"]
