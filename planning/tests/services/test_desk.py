"""Saved views, pasted SKUs and preferences."""

from datetime import timedelta

import pytest

from planning.models import DeskPage, SavedView, SkuList
from planning.services.desk import skus, views
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db

WORKLIST = DeskPage.WORKLIST


@pytest.fixture
def ada():
    return UserFactory(role=Role.PLANNER, name="Ada")


@pytest.fixture
def viewer():
    return UserFactory(role=Role.VIEWER)


def save(actor, name="Mine", query="tab=new", shared=False):
    return views.save_view(name=name, page=WORKLIST, query=query, is_shared=shared, actor=actor)


def names(user):
    return [view.name for view in views.views_of(user, WORKLIST)]


def test_private_views_are_seen_by_their_owner_and_team_views_by_all(ada, viewer):
    save(ada)
    save(ada, "Ours", shared=True)
    save(viewer, "Theirs")
    assert (names(ada), names(viewer)) == (["Mine", "Ours"], ["Theirs", "Ours"])


def test_saving_under_a_name_of_ones_own_replaces_the_query(ada):
    first = save(ada)
    again = save(ada, "  Mine ", query="tab=at_risk")
    assert (again.pk, again.query) == (first.pk, "tab=at_risk")


def test_two_people_may_use_one_name_for_private_views(ada, viewer):
    save(ada)
    save(viewer)
    assert SavedView.objects.filter(name="Mine").count() == 2


def test_a_viewer_neither_makes_nor_changes_team_views(ada, viewer):
    ours = save(ada, "Ours", shared=True)
    with pytest.raises(NotAllowed):
        save(viewer, "Ours", query="", shared=True)
    with pytest.raises(NotAllowed):
        views.rename_view(view_id=ours.pk, name="Mine", actor=viewer)
    with pytest.raises(NotAllowed):
        views.delete_view(view_id=ours.pk, actor=viewer)
    ours.refresh_from_db()
    assert (ours.name, ours.query) == ("Ours", "tab=new")


def test_a_team_view_is_changed_by_its_author_and_administrators_alone(ada):
    ours, bob = save(ada, "Ours", shared=True), UserFactory(role=Role.PLANNER)
    for act in (
        lambda: save(bob, "Ours", query="", shared=True),
        lambda: views.rename_view(view_id=ours.pk, name="Mine", actor=bob),
        lambda: views.delete_view(view_id=ours.pk, actor=bob),
    ):
        with pytest.raises(NotAllowed, match="The team view “Ours” is Ada"):
            act()
    ours.refresh_from_db()
    assert (ours.name, ours.query, SavedView.objects.count()) == ("Ours", "tab=new", 1)
    # A copy of one's own, also for the team, is another matter.
    assert {save(bob, "Ours").owner, save(bob, "Bob's", shared=True).owner} == {bob}
    admin = UserFactory(role=Role.ADMIN)
    assert views.rename_view(view_id=ours.pk, name="All of ours", actor=admin).name == "All of ours"
    assert save(ada, "All of ours", query="tab=all", shared=True).query == "tab=all"


def test_a_private_view_of_somebody_else_is_not_there(ada, viewer):
    mine = save(ada)
    with pytest.raises(views.NoSuchView):
        views.delete_view(view_id=mine.pk, actor=viewer)
    with pytest.raises(views.NoSuchView):
        views.set_default_view(page=WORKLIST, view_id=mine.pk, actor=viewer)
    assert SavedView.objects.get() == mine


def test_a_taken_name_and_a_blank_one_are_refused(ada):
    save(ada)
    other = save(ada, "Other")
    with pytest.raises(Conflict):
        views.rename_view(view_id=other.pk, name="Mine", actor=ada)
    with pytest.raises(InvalidInput):
        views.rename_view(view_id=other.pk, name=" \n", actor=ada)
    assert names(ada) == ["Mine", "Other"]


def test_the_list_opens_with_the_chosen_view_while_it_is_there(ada):
    view = save(ada)
    views.set_default_view(page=WORKLIST, view_id=view.pk, actor=ada)
    assert views.default_view(views.preference_of(ada), WORKLIST) == view
    assert views.default_view(views.preference_of(ada), DeskPage.EXCEPTIONS) is None
    views.delete_view(view_id=view.pk, actor=ada)
    assert views.default_view(views.preference_of(ada), WORKLIST) is None


def test_single_keys_are_remembered_per_person(ada, viewer):
    views.set_single_keys(on=False, actor=ada)
    assert (views.preference_of(ada).single_keys, views.preference_of(viewer).single_keys) == (False, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A1\nB2\r\nC3", ["A1", "B2", "C3"]),
        ("A1, B2;C3\tD4", ["A1", "B2", "C3", "D4"]),
        ('"A1"\n\n a1 \nB 2', ["a1", "B 2"]),
        (" \n;,", []),
    ],
)
def test_skus_are_read_from_whatever_a_sheet_gives(text, found):
    assert skus.parse_skus(text) == found


def test_too_many_skus_and_a_text_that_is_none_are_refused():
    with pytest.raises(InvalidInput, match="These are 5,001 SKUs"):
        skus.parse_skus("\n".join(map(str, range(5001))))
    with pytest.raises(InvalidInput, match="is no SKU"):
        skus.parse_skus("x" * 65)


def test_a_pasted_list_keeps_its_token_and_goes_after_ninety_days_unless_a_view_names_it(ada):
    token = skus.keep_skus(skus=["A", "B"], actor=ada)
    assert skus.keep_skus(skus=["A", "B"], actor=ada) == token
    assert skus.kept_skus(token) == ["A", "B"]
    kept = skus.keep_skus(skus=["C"], actor=ada)
    save(ada, query=f"tab=all&list={kept}")
    SkuList.objects.update(created_at=clock.now() - timedelta(days=91))
    skus.keep_skus(skus=["D"], actor=ada)
    assert (skus.kept_skus(token), skus.kept_skus(kept)) == (None, ["C"])
