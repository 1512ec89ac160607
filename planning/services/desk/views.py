"""Saved views: names for the query strings of a list, private or the team's."""

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from planning.models import DeskPage, DeskPreference, SavedView
from stocksense.accounts.models import User
from stocksense.core.errors import Conflict, InvalidInput, NotAllowed

LONGEST_NAME = 80
LONGEST_QUERY = 2000
_DEFAULT_FIELD = {DeskPage.WORKLIST: "worklist_view", DeskPage.EXCEPTIONS: "exceptions_view"}


class NoSuchView(InvalidInput):
    """The view is gone, or somebody else's."""

    code = "no_such_view"


def views_of(user: User, page: DeskPage) -> "QuerySet[SavedView]":
    """The views of a list that `user` sees: the own ones and the team's, each with its owner."""
    rows = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), page=page)
    return rows.select_related("owner").order_by("is_shared", "position", "name")


def save_view(*, name: str, page: DeskPage, query: str, is_shared: bool, actor: User) -> SavedView:
    """Name a query string. A view of that name that is the actor's own to change takes the new query.

    Raises InvalidInput for a blank or overlong name or query, NotAllowed for a team view without planning.decide, or
    under the name of a team view that somebody else made.
    """
    name = _checked_name(name)
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("This view has too many conditions to be saved: paste its SKUs as a list.", field="query")
    if is_shared and not actor.has_perm("planning.decide"):
        raise NotAllowed("You may not make views of the team. Save it as your own.")
    same = SavedView.objects.filter(page=page, name=name, is_shared=is_shared)
    with transaction.atomic():
        found = (same if is_shared else same.filter(owner=actor)).select_for_update().first()
        if found is None:
            return SavedView.objects.create(name=name, page=page, query=query, is_shared=is_shared, owner=actor)
        _require_changeable(found, actor)
        found.query = query
        found.save(update_fields=["query", "updated_at"])
        return found


def rename_view(*, view_id: int, name: str, actor: User) -> SavedView:
    """Give a view another name. Raises NoSuchView, NotAllowed, InvalidInput, or Conflict where the name is taken."""
    view, view.name = _changeable(view_id, actor), _checked_name(name)
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise Conflict(f"There is a view called “{view.name}” already.", field="name") from error
    return view


def may_change(view: SavedView, actor: User) -> bool:
    """Whether this person may change a view: its author, and for the team's an administrator too."""
    return view.owner_id == actor.pk or (view.is_shared and actor.has_perm("planning.change_savedview"))


def delete_view(*, view_id: int, actor: User) -> SavedView:
    """Forget a view; who opened the list with it gets the plain list. Raises NoSuchView or NotAllowed."""
    view = _changeable(view_id, actor)
    view.delete()
    return view


def set_default_view(*, page: DeskPage, view_id: int | None, actor: User) -> None:
    """Open the list with this view from now on; None opens it plain. Raises NoSuchView."""
    view = views_of(actor, page).filter(pk=view_id).first() if view_id else None
    if view_id and view is None:
        raise NoSuchView("This view is gone. Choose another one.", view=view_id)
    DeskPreference.objects.update_or_create(user=actor, defaults={_DEFAULT_FIELD[page]: view})


def set_single_keys(*, on: bool, actor: User) -> None:
    """Switch the shortcuts of one key on or off for this person (WCAG 2.1.4)."""
    DeskPreference.objects.update_or_create(user=actor, defaults={"single_keys": on})


def preference_of(user: User) -> DeskPreference:
    """What this person set; the defaults where nothing was set."""
    rows = DeskPreference.objects.select_related("worklist_view", "exceptions_view")
    return rows.filter(user=user).first() or DeskPreference(user=user)


def default_view(preference: DeskPreference, page: DeskPage) -> SavedView | None:
    """The view that the person opens the list with, while it is still theirs to see."""
    view: SavedView | None = getattr(preference, _DEFAULT_FIELD[page])
    return view if view and (view.is_shared or view.owner_id == preference.user_id) else None


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())
    if not cleaned or len(cleaned) > LONGEST_NAME:
        raise InvalidInput(f"Give the view a name of up to {LONGEST_NAME} characters.", field="name")
    return cleaned


def _changeable(view_id: int, actor: User) -> SavedView:
    view = SavedView.objects.filter(Q(owner=actor) | Q(is_shared=True), pk=view_id).first()
    if view is None:
        raise NoSuchView("This view is gone. Choose another one.", view=view_id)
    _require_changeable(view, actor)
    return view


def _require_changeable(view: SavedView, actor: User) -> None:
    if not may_change(view, actor):
        raise NotAllowed(
            f"The team view “{view.name}” is {view.owner}'s to change. Save the list under another name, or as yours."
        )
