"""Actions on one object that change state: a button that POSTs, a permission, a line in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest


@dataclass(frozen=True)
class PostAction:
    """How a `post_action` method is offered.

    `confirm` is the sentence of a page shown before the action runs; blank runs it at once.
    `available` says whether the object is in a state that allows it.
    """

    name: str
    label: str
    permission: str
    tone: str = "plain"
    confirm: str = ""
    available: Callable[[Any], bool] = lambda _: True

    def offered_to(self, request: HttpRequest, obj: Model) -> bool:
        """Whether this person may do this to this object now."""
        return request.user.has_perm(self.permission) and self.available(obj)


def post_action(*, label: str, permission: str, tone: str = "plain", confirm: str = "", available: Any = None) -> Any:
    """Mark a ModelAdmin method `(request, obj) -> str` as a POST-only action; the string is told to the person.

    A method that returns a response shows that page instead. `permission` is an `app.codename`. List the method's
    name in `post_actions`.
    """

    def mark(method: Any) -> Any:
        method.post_action = PostAction(
            name=method.__name__,
            label=label,
            permission=permission,
            tone=tone,
            confirm=confirm,
            available=available or (lambda _: True),
        )
        return method

    return mark
