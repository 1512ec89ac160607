"""Pages of the lists hold a place, not a number: each line is on one page, in every order and whatever is decided."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test.utils import CaptureQueriesContext

from planning.admin import places
from planning.services import decisions, reads
from planning.services.reads import Place
from planning.tests.factories import PlanExceptionFactory
from stocksense.core.database.keyset import values_of

WORKLIST, EXCEPTIONS = "/admin/planning/worklist/?tab=all&horizon=all", "/admin/planning/exceptions/"


@pytest.fixture
def desk(desk, monkeypatch):
    """A desk of two lines a page: five proposals, two of them worth nothing to wait for, one without a price."""
    monkeypatch.setattr(places, "PER_PAGE", 2)
    for order, day in zip(desk.orders[2:], (3, 1), strict=True):
        order.cost_of_inaction, order.release_on = Decimal(0), order.release_on + timedelta(days=day)
        order.save()
    return desk


@pytest.fixture
def planner(desk, sign_in):
    return sign_in(desk.planner)


def shown(page) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr[^>]*data-line="(\d+)"', page.content.decode())]


def link(page, title: str) -> str:
    """Where a link of the pager leads; blank where it has none."""
    found = re.search(rf'href="([^"]+)">{title}</a>', page.content.decode())
    return html.unescape(found[1]) if found else ""


def said(page) -> str:
    return re.search(r'ss-pager".*?<span class="ss-quiet">([^<]*)</span>', page.content.decode(), re.DOTALL)[1]


def walk(client, url: str, way: str) -> list[list[int]]:
    """The lines of each page from `url` on, following the pager."""
    base, pages = url.partition("?")[0], [client.get(url)]
    while step := link(pages[-1], way):
        pages.append(client.get(base + step))
        assert len(pages) < 9
    return [shown(page) for page in pages]


def turned(page_at, keys, rows_of, place: Place) -> list[list[int]]:
    """The pages from `place` on in its direction, each found from the row that the one before ended with."""
    pages = []
    while True:
        page = page_at(place)
        pages.append(page.ids)
        if not (page.has_previous if place.backward else page.has_next):
            return pages
        last = rows_of(page.ids)[0 if place.backward else -1]
        place = Place(tuple(values_of(last, keys)), place.backward)
        assert len(pages) < 9


@pytest.mark.parametrize("by_source", [False, True])
def test_in_every_order_the_pages_show_each_line_once_forward_and_back(desk, by_source):
    plan = reads.current_plan()
    rows = reads.planned_orders(plan, reads.WorklistQuery(whole_horizon=True))
    for sort in ("", *(sign + name for name in reads.SORTS for sign in ("", "-"))):
        keys = reads.sort_keys(sort, by_source=by_source)
        ids = list(reads.sorted_rows(rows, sort, by_source=by_source).values_list("pk", flat=True))

        def page_at(place, sort=sort):
            return reads.orders_page(rows, place, 2, sort, by_source=by_source)

        def rows_of(found):
            return reads.whole(plan, found)

        assert turned(page_at, keys, rows_of, reads.BEGINNING) == [ids[:2], ids[2:4], ids[4:]], sort
        assert turned(page_at, keys, rows_of, reads.END) == [ids[3:], ids[1:3], ids[:2]], sort


@pytest.mark.parametrize("asked", ["", "&sort=-item&by=source"])
def test_next_and_previous_lead_through_the_whole_list(desk, planner, asked):
    pages = walk(planner, WORKLIST + asked, "Next")
    ids = [pk for page in pages for pk in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len(set(ids)) == 5
    assert walk(planner, f"{WORKLIST}{asked}&before=end", "Previous") == [ids[3:], ids[1:3], ids[:2]]


def test_unknown_values_come_last_in_either_direction(desk, planner):
    moved = desk.move.pk
    assert walk(planner, f"{WORKLIST}&sort=source", "Next")[-1] == [moved]
    assert walk(planner, f"{WORKLIST}&sort=-source", "Next")[-1] == [moved]


def test_the_pager_says_which_lines_these_are(desk, planner):
    first = planner.get(WORKLIST)
    second = planner.get(WORKLIST.partition("?")[0] + link(first, "Next"))
    last = planner.get(WORKLIST.partition("?")[0] + link(second, "Last"))
    assert [said(page) for page in (first, second, last)] == ["1–2 of 5", "3–4 of 5", "4–5 of 5"]
    assert [link(first, "First"), link(first, "Previous"), link(last, "Next"), link(last, "Last")] == [""] * 4
    again = planner.get(WORKLIST.partition("?")[0] + link(second, "Previous"))
    assert (said(again), shown(again)) == ("1–2 of 5", shown(first))


def test_deciding_a_page_leaves_the_planner_at_the_lines_that_followed(desk, planner):
    second = WORKLIST.partition("?")[0] + link(planner.get(WORKLIST), "Next")
    before = shown(planner.get(second))
    decisions.reject_planned_orders(planned_order_ids=before[:1], run_id=desk.run.pk, actor=desk.planner)
    page = planner.get(second)
    assert shown(page)[0] == before[1]
    assert said(page) == "3–4 of 4"


def test_where_nothing_is_left_the_nearest_lines_are_shown(desk, planner):
    pages = walk(planner, WORKLIST, "Next")
    base = WORKLIST.partition("?")[0]
    third = base + link(planner.get(base + link(planner.get(WORKLIST), "Next")), "Next")
    decisions.reject_planned_orders(planned_order_ids=pages[2], run_id=desk.run.pk, actor=desk.planner)
    assert shown(planner.get(third)) == pages[1]


def test_a_decision_without_a_script_comes_back_to_the_same_place(desk, planner):
    second = WORKLIST.partition("?")[0] + link(planner.get(WORKLIST), "Next")
    page = planner.get(second).content.decode()
    back = html.unescape(re.search(r'name="back" value="([^"]+)"', page)[1])
    assert shown(planner.get(back)) == shown(planner.get(second))


@pytest.mark.parametrize("place", ["after=x", "before=x", "after=" + "A" * 4000, "after=e30&from=²"])
def test_a_place_of_no_list_is_the_beginning(desk, planner, place):
    assert shown(planner.get(f"{WORKLIST}&{place}")) == shown(planner.get(WORKLIST))


def test_a_place_belongs_to_its_order(desk, planner):
    by_value = link(planner.get(f"{WORKLIST}&sort=value"), "Next")
    token = re.search(r"after=([^&]+)", by_value)[1]
    assert shown(planner.get(f"{WORKLIST}&sort=item&after={token}")) == shown(planner.get(f"{WORKLIST}&sort=item"))


def test_a_later_page_costs_the_queries_of_the_first(desk, planner, django_assert_num_queries):
    from django.db import connection

    with CaptureQueriesContext(connection) as first:
        page = planner.get(WORKLIST)
    second = WORKLIST.partition("?")[0] + link(page, "Next")
    with django_assert_num_queries(len(first)):
        planner.get(second)


def test_exceptions_are_paged_in_every_order(desk, planner):
    for number in range(3):
        row = desk.orders[number]
        PlanExceptionFactory(run=desk.run, item=row.item, location=row.location, kind="excess", cost_of_inaction=0)
    plan = reads.current_plan()
    rows = reads.exceptions(plan)
    for sort in ("", *(sign + name for name in reads.EXCEPTION_SORTS for sign in ("", "-"))):
        ids = list(reads.sorted_exceptions(rows, sort).values_list("pk", flat=True))

        def page_at(place, sort=sort):
            return reads.exceptions_page(rows, place, 3, sort)

        def rows_of(found):
            return reads.whole_exceptions(plan, found)

        keys = reads.exception_keys(sort)
        assert len(ids) == 7
        assert turned(page_at, keys, rows_of, reads.BEGINNING) == [ids[:3], ids[3:6], ids[6:]], sort
        assert turned(page_at, keys, rows_of, reads.END) == [ids[4:], ids[1:4], ids[:3]], sort
    assert [len(page) for page in walk(planner, f"{EXCEPTIONS}?sort=due", "Next")] == [2, 2, 2, 1]
