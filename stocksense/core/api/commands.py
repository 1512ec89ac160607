"""Commands: the changes that are more than writing fields, as POST below an object or below its collection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from rest_framework import serializers
from rest_framework.decorators import action

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Command:
    """What a view's method does beyond the resource's standard actions: read by permissions and by the schema."""

    permission: str
    body: type[serializers.Serializer[Any]] | None
    answer: type[serializers.Serializer[Any]] | None
    status: int
    if_match: bool


def command(
    permission: str,
    *,
    on_collection: bool = False,
    path: str = "",
    body: type[serializers.Serializer[Any]] | None = None,
    answer: type[serializers.Serializer[Any]] | None = None,
    status: int = 200,
    if_match: bool | None = None,
    methods: tuple[Literal["get", "post"], ...] = ("post",),
) -> Callable[[View], View]:
    """Make a method the command `POST /<resource>/{id}/<path>`, or `/<resource>/<path>` on the collection.

        @command("planning.approve", body=ApproveBody, answer=PlannedOrderRow)
        def approve(self, request, pk):
            with self.changing(pk) as order:
                services.approve(order=order, actor=request.user, **self.valid())
            return self.shown(pk)

    `path` is the method's name with hyphens unless given (so `approve` and `approve_many` may share one). `permission`
    is what callers need (`SIGNED_IN` for everybody). `self.valid()` checks the request against `body`; without a body
    a request that has one is refused. `answer` and `status` (202 for a job) describe the answer in the schema.
    `if_match`: callers must send If-Match (428 otherwise); on by default for commands on an object; switch it off where
    the body or the state machine already says which state is meant. `methods=("get",)` makes a further question.
    """
    on_object = not on_collection
    reads = methods == ("get",)

    def decorate(view: View) -> View:
        name = getattr(view, "__name__", "")
        made = action(
            detail=on_object,
            methods=list(methods),
            url_path=path or name.replace("_", "-"),
            url_name=name.replace("_", "-"),
        )(view)
        needed = (on_object and not reads) if if_match is None else if_match
        made.command = Command(permission, body, answer, status, needed)  # type: ignore[attr-defined]
        return made  # type: ignore[return-value]

    return decorate


def of(view: Any, name: str | None) -> Command | None:
    """The command that `view`'s action of that name is, if it is one."""
    return getattr(getattr(view, name, None), "command", None) if name else None
