"""Corrections and analogues in the admin: by POST, by who may, with the sentence that helps."""

import pytest
from django.urls import reverse

from forecasting.models import DemandCorrection, ItemAnalogue
from forecasting.tests.records import corrected, person, place, sold, weeks_ago
from stocksense.accounts.roles import Role

pytestmark = pytest.mark.django_db
LIST = "admin:forecasting_demandcorrection_changelist"


@pytest.fixture
def outlier():
    sold(place("TEA"), [*[9, 16] * 10, 900])
    corrected()
    return DemandCorrection.objects.get()


@pytest.fixture
def planner(client):
    client.person = person()
    client.force_login(client.person)
    return client


def do(row: DemandCorrection, name: str) -> str:
    return reverse("admin:forecasting_demandcorrection_do", args=[row.pk, name])


def test_a_correction_is_undone_by_post_alone(planner, outlier):
    assert planner.get(do(outlier, "undo")).status_code == 405
    outlier.refresh_from_db()
    assert outlier.state == "applied"
    shown = planner.post(do(outlier, "undo"), follow=True)
    assert "no run corrects this bucket again" in shown.content.decode()
    outlier.refresh_from_db()
    assert (outlier.state, outlier.author) == ("undone", planner.person)


def test_what_is_ticked_in_the_list_is_undone_at_once(planner, outlier):
    chosen = {"action": "undo_selected", "_selected_action": [outlier.pk]}
    assert "1 undone" in planner.post(reverse(LIST), chosen, follow=True).content.decode()
    assert "0 undone" in planner.post(reverse(LIST), chosen, follow=True).content.decode()
    outlier.refresh_from_db()
    assert (outlier.state, outlier.author) == ("undone", planner.person)


def test_a_viewer_sees_and_changes_nothing(client, outlier):
    client.force_login(person(Role.VIEWER))
    assert "outlier" in client.get(reverse(LIST)).content.decode().lower()
    assert client.post(do(outlier, "undo")).status_code == 403
    client.post(reverse(LIST), {"action": "undo_selected", "_selected_action": [outlier.pk]})
    outlier.refresh_from_db()
    assert (outlier.state, outlier.author) == ("applied", None)


def test_a_planner_adds_what_is_known_of_a_week(planner, outlier):
    address = reverse("admin:forecasting_demandcorrection_add")
    said = {
        "item": outlier.item_id, "location": outlier.location_id, "date": weeks_ago(2), "reason": "Counted",
    }  # fmt: skip
    refused = planner.post(address, said | {"quantity": "-400"})
    assert "no more than that can be taken away" in refused.content.decode()
    assert DemandCorrection.objects.count() == 1
    assert planner.post(address, said | {"quantity": "-4"}).status_code == 302
    made = DemandCorrection.objects.get(kind="manual")
    assert (made.quantity, made.author, made.date) == (-4, planner.person, weeks_ago(2))


def test_nobody_edits_or_deletes_a_correction(planner, outlier):
    change = reverse("admin:forecasting_demandcorrection_change", args=[outlier.pk])
    assert planner.post(change, {"quantity": "1"}).status_code == 403
    delete = reverse("admin:forecasting_demandcorrection_delete", args=[outlier.pk])
    assert planner.post(delete, {"post": "yes"}).status_code == 403
    assert DemandCorrection.objects.filter(pk=outlier.pk, quantity=outlier.quantity).exists()


def test_the_list_has_a_fixed_number_of_queries(planner, outlier, django_assert_max_num_queries):
    planner.get(reverse(LIST))
    with django_assert_max_num_queries(20) as first:
        planner.get(reverse(LIST))
    before = len(first)
    for sku in ("A", "B", "C"):
        sold(place(sku), [*[9, 16] * 10, 900])
    corrected()
    with django_assert_max_num_queries(before):
        planner.get(reverse(LIST))


def test_who_saves_an_analogue_has_chosen_it(planner):
    old, new = place("OLD").item, place("NEW").item
    address = reverse("admin:forecasting_itemanalogue_add")
    said = {"item": new.pk, "analogue": new.pk, "weight": "1", "scale": "0.5"}
    assert "An item is no analogue of itself." in planner.post(address, said).content.decode()
    assert planner.post(address, said | {"analogue": old.pk}).status_code == 302
    row = ItemAnalogue.objects.get()
    assert (row.item, row.analogue, row.chosen_by) == (new, old, planner.person)
