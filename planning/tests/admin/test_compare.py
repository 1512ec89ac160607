"""The page that compares two runs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.tests.factories import ItemFactory
from planning.tests.admin.conftest import furnish
from planning.tests.admin.test_pages import text_of
from planning.tests.factories import AS_OF, PlannedOrderFactory, PlanRunFactory
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

COMPARE = "/admin/planning/compare/"


@pytest.fixture
def desks():
    """Monday's desk, and Tuesday's run: the first order is larger, the others are gone, one is new."""
    desk = furnish()
    after = PlanRunFactory(as_of=AS_OF + timedelta(days=1), run_date=AS_OF + timedelta(days=1))
    first = desk.orders[0]
    shared = {"run": after, "location": desk.store, "supplier": desk.supplier}
    PlannedOrderFactory(item=first.item, quantity=Decimal(120), **shared)
    PlannedOrderFactory(item=ItemFactory(sku="NEW", name="Matcha"), quantity=Decimal(250), **shared)
    desk.after = after
    return desk


def test_the_current_run_is_compared_with_the_one_before(desks, sign_in):
    page = text_of(sign_in(desks.planner).get(COMPARE))
    assert "<span>€ 1,824</span>" in page
    assert '<span class="ss-strong">€ 1,480</span> <span class="ss-tag">−€ 344</span>' in page
    assert page.index("Matcha") < page.index("Filter coffee 1 kg") < page.index("Espresso 250 g")
    assert "Need of 2 Mar: 108 pcs, release 2 Mar, arrives 9 Mar → 120 pcs, release 2 Mar, arrives 9 Mar" in page
    assert "Timing and lot sizes" in page


def test_movers_are_filtered_by_cause_and_words(desks, sign_in):
    client = sign_in(desks.planner)
    assert "Green tea at Lille changed" not in text_of(client.get(f"{COMPARE}?q=matcha"))
    assert "No change fits these filters." in text_of(client.get(f"{COMPARE}?cause=demand"))
    assert "Matcha" in text_of(client.get(f"{COMPARE}?cause=timing"))


def test_one_run_or_the_same_twice_is_explained(desk, sign_in):
    client = sign_in(desk.planner)
    assert "There is one plan so far." in text_of(client.get(COMPARE))
    PlanRunFactory(as_of=AS_OF + timedelta(days=1), run_date=AS_OF + timedelta(days=1))
    same = client.get(f"{COMPARE}?before={desk.run.pk}&after={desk.run.pk}")
    assert (same.status_code, "Choose two different runs" in text_of(same)) == (200, True)


@pytest.mark.parametrize("asked", ["before=x", "before=" + "9" * 400, "after=-1", "page=x"])
def test_addresses_that_no_page_sends_are_answered(asked, desks, sign_in):
    assert sign_in(desks.planner).get(f"{COMPARE}?{asked}").status_code == 200


def test_equal_runs_say_that_nothing_changed(sign_in):
    planner = UserFactory(role=Role.PLANNER)
    for _ in range(2):
        PlanRunFactory()
    assert "Nothing changed: both runs propose the same." in text_of(sign_in(planner).get(COMPARE))


def test_before_the_first_run_the_page_says_what_to_do(sign_in):
    assert "ss-empty" in text_of(sign_in(UserFactory(role=Role.PLANNER)).get(COMPARE))


def test_only_who_sees_runs_may_compare_them(desks, sign_in):
    stranger = UserFactory()
    stranger.groups.clear()
    assert sign_in(stranger).get(COMPARE).status_code == 403


def test_the_page_needs_a_fixed_number_of_queries(desks, sign_in):
    client = sign_in(desks.planner)

    def queries() -> int:
        client.get(COMPARE)
        with CaptureQueriesContext(connection) as captured:
            client.get(COMPARE)
        return len(captured)

    few = queries()
    for _ in range(6):
        PlannedOrderFactory(run=desks.after, item=ItemFactory(), location=desks.store, supplier=desks.supplier)
    assert (queries(), few <= 36) == (few, True)
