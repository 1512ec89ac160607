"""Many changes in one request: `POST /<resource>:batch`, each with a result of its own, together or each for itself.

    {"atomic": false, "operations": [
        {"op": "create", "body": {…}},
        {"op": "change", "id": 7, "if_match": "W/\\"…\\"", "body": {…}},
        {"op": "remove", "id": 8, "if_match": "*"}]}

Creates are carried out first, then changes, then removals, in one transaction; an object occurs at most once. What
others of the batch refer to is removed after them.
`atomic`: all or nothing: where any is refused the answer is 422, nothing was done, and what was not itself at fault
has the status 424. Otherwise the answer is 200 and each result says how its operation went.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import transaction
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api import bodies, etags, filters, inputs, problems
from stocksense.core.api.permissions import permitted
from stocksense.core.api.renderers import dump
from stocksense.core.api.rows import Json, read
from stocksense.core.api.views import Resource
from stocksense.core.errors import RowsRefused

MOST = 1000
PARTS = 10
"""Into how many a refused set of operations is parted."""
ACTIONS = {"create": "create", "change": "partial_update", "remove": "destroy"}
"""What is done, in this order, and the action whose permission it needs."""
STATUSES = {"create": 201, "change": 200, "remove": 204}


class BatchRefused(exceptions.APIException):
    """An atomic batch of which something was refused."""

    status_code = 422
    default_code = "batch_refused"
    default_detail = "Nothing was done, because some operations were refused. See the results."


class OperationBody(serializers.Serializer[Any]):
    """One operation of a batch."""

    op = serializers.ChoiceField(choices=list(ACTIONS), help_text="What to do.")
    id = serializers.JSONField(required=False, help_text="Of the object to change or remove.")
    if_match = serializers.CharField(required=False, help_text="Its ETag, or *; required to change or remove.")
    body = serializers.DictField(required=False, help_text="As in a single request.")


class BatchBody(serializers.Serializer[Any]):
    """Operations, and whether they stand or fall together."""

    atomic = serializers.BooleanField(default=False)
    operations: Any = serializers.ListSerializer(child=OperationBody(), min_length=1, max_length=MOST)


@dataclass
class Operation:
    """One operation, and how it went."""

    index: int
    kind: str
    pk: Any = None
    if_match: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    found: Any = None
    status: int = 0
    problem: Json | None = None


class Batched(Resource):
    """POST on `<resource>:batch`, for a resource that is `Created`, `Changed` or `Removed` (any of them).

    Rows are looked up, locked, compared and shown in a fixed number of queries. Where a service can make, change or
    remove many objects at once, `create_many`, `change_many` and `remove_many` call it. They do nothing where any is
    refused: those that RowsRefused names are left out, else smaller parts are tried, down to the one at fault.
    """

    create_many: ClassVar[Callable[..., Sequence[Any]] | None] = None
    """`create_many(self, datas)`: the objects made, in order."""
    change_many: ClassVar[Callable[..., None] | None] = None
    """`change_many(self, changes)`: of locked objects, each with its data."""
    remove_many: ClassVar[Callable[..., None] | None] = None
    """`remove_many(self, rows)`: locked objects, which stay as they were where they are not removed."""

    def permission_for(self, action: str | None) -> str | tuple[str, ...] | None:
        """A batch is open to whoever may carry out any kind of its operations; each operation is asked again."""
        if action != "batch":
            return super().permission_for(action)
        needed = [super(Batched, self).permission_for(ACTIONS[kind]) for kind in self.operations()]
        return tuple(name for one in needed if one is not None for name in ((one,) if isinstance(one, str) else one))

    @classmethod
    def operations(cls) -> list[str]:
        """The kinds of operations that this resource has."""
        return [kind for kind, action in ACTIONS.items() if hasattr(cls, action)]

    def batch(self, request: Request) -> Response:
        """Carry out up to 1,000 operations."""
        filters.refuse_unknown(request.query_params, ())
        given = bodies.checked(BatchBody, request.data, context=self.body_context())
        listed = [_operation(index, one) for index, one in enumerate(given["operations"])]
        self._check(listed)
        with transaction.atomic():
            if not (given["atomic"] and any(one.problem for one in listed)):
                with self.acting():
                    self._carry_out(listed, together=given["atomic"])
            if given["atomic"] and any(one.problem for one in listed):
                transaction.set_rollback(True)
                return self._refused(listed)
            return Response({"results": self._results(listed)})

    def acting(self) -> AbstractContextManager[None]:
        """What a batch is carried out in, inside its transaction."""
        return nullcontext()

    def _check(self, listed: Sequence[Operation]) -> None:
        """Permission, shape and body of each, before anything is done."""
        allowed = {kind: permitted(self.request, self.permission_for(action)) for kind, action in ACTIONS.items()}
        context = self.body_context() | {"references": self._references(listed)}
        repeated = Counter(str(one.pk) for one in listed if one.pk is not None)
        for one in listed:
            try:
                if one.kind not in self.operations():
                    raise serializers.ValidationError({"op": [f"{self.resource} cannot be {one.kind}d here."]})
                if not allowed[one.kind]:
                    raise exceptions.PermissionDenied
                if one.kind != "create":
                    _check_target(one, repeated)
                if one.kind == "remove" and one.body:
                    raise serializers.ValidationError({"body": ["Nothing is read from a body here: send none."]})
                if one.kind != "remove":
                    one.data = self._checked(one, context)
            except Exception as error:
                self._note(one, error)

    def _checked(self, one: Operation, context: dict[str, Any]) -> dict[str, Any]:
        view: Any = self
        body = view.create_body if one.kind == "create" else view.change_body
        try:
            return bodies.checked(body, one.body, partial=one.kind == "change", context=context)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"body": error.detail}) from error

    def _references(self, listed: Sequence[Operation]) -> inputs.References:
        """The rows that bodies name, found in one query per field instead of one per operation."""
        view: Any = self
        kinds = {"create": getattr(view, "create_body", None), "change": getattr(view, "change_body", None)}
        found = inputs.References()
        for kind, serializer in kinds.items():
            if serializer is not None:
                found.look_up(serializer, [one.body for one in listed if one.kind == kind])
        return found

    def _carry_out(self, listed: Sequence[Operation], *, together: bool) -> None:
        self._lock([one for one in listed if one.kind != "create" and not one.problem])
        for kind in ACTIONS:
            self._do(kind, [one for one in listed if one.kind == kind and not one.problem], together=together)
            if together and any(one.problem for one in listed):
                return

    def _lock(self, listed: Sequence[Operation]) -> None:
        """Lock the objects in the order of their ids and compare their states."""
        if not listed:
            return
        self.lock_first()
        pk = self.model._meta.pk
        keys = [key for one in listed if (key := _key(pk, one.pk)) is not None]
        visible = self.queryset().filter(pk__in=keys).order_by().values("pk")
        rows = self.model._base_manager.filter(pk__in=visible).order_by("pk").select_for_update(of=("self",))
        locked = {row.pk: row for row in rows}
        states, ids = read(self.queryset().filter(pk__in=list(locked)), self._whole())
        known = {key: etags.of(dump(state)) for key, state in zip(ids, states, strict=True)}
        for one in listed:
            one.found = locked.get(_key(pk, one.pk))
            if one.found is None or one.found.pk not in known:
                self._note(one, exceptions.NotFound())
            elif not etags.matches(one.if_match, known[one.found.pk]):
                self._note(one, problems.PreconditionFailed())

    def _do(self, kind: str, listed: Sequence[Operation], *, together: bool) -> None:
        """Operations of one kind: at once where the service can, and without those that it refuses."""
        if len(listed) > 1 and getattr(self, f"{kind}_many") is not None:
            try:
                with transaction.atomic():
                    self._at_once(kind, listed)
            except RowsRefused as error:
                for place, why in error.refusals.items():
                    self._note(listed[place], why, of="/body")
                if not together:
                    self._do(kind, [one for one in listed if not one.problem], together=together)
            except Exception as error:
                if not problems.is_refusal(error):
                    raise
                self._in_parts(kind, listed, together=together)
            return
        for one in listed:
            self._try(kind, one)
            if together and one.problem:
                return

    def _in_parts(self, kind: str, listed: Sequence[Operation], *, together: bool) -> None:
        """Which of them are at fault is found out by trying parts, in order."""
        size = -(-len(listed) // PARTS)
        for start in range(0, len(listed), size):
            part = listed[start : start + size]
            self._do(kind, part, together=together)
            if together and any(one.problem for one in part):
                return

    def _at_once(self, kind: str, listed: Sequence[Operation]) -> None:
        view: Any = self
        if kind == "create":
            for one, made in zip(listed, view.create_many([one.data for one in listed]), strict=True):
                one.found, one.pk = made, made.pk
        elif kind == "change":
            view.change_many([(copy(one.found), one.data) for one in listed])  # (a refused change leaves its row set)
        else:
            view.remove_many([one.found for one in listed])
        for one in listed:
            one.status = STATUSES[kind]

    def _try(self, kind: str, one: Operation) -> None:
        view: Any = self
        try:
            with transaction.atomic():
                if kind == "create":
                    one.found = view.create_one(one.data)
                elif kind == "change":
                    view.change_one(one.found, one.data)
                else:
                    view.remove_one(one.found)
            one.status = STATUSES[kind]
        except Exception as error:
            self._note(one, error, of="/body")

    def _note(self, one: Operation, error: Exception, *, of: str = "") -> None:
        """The problem of the operation's part `of`. Raises what is a fault and no refusal: then nothing stands."""
        if not problems.is_refusal(error):
            raise error
        answer = problems.handle(error, {"request": self.request, "view": self})
        document: Json = dict(answer.data) if answer is not None else {}
        for entry in document.get("errors", ()):
            entry["pointer"] = f"/operations/{one.index}{of}{entry['pointer']}"
        one.problem, one.status = document, document["status"]

    def _results(self, listed: Sequence[Operation]) -> list[Json]:
        shown = [one.found.pk for one in listed if not one.problem and one.status in {200, 201}]
        rows, ids = read(self.queryset().filter(pk__in=shown), self._whole()) if shown else ([], [])
        bodies_by_id = dict(zip(ids, rows, strict=True))
        return [_result(one, bodies_by_id.get(one.found.pk) if one.found is not None else None) for one in listed]

    def _refused(self, listed: Iterable[Operation]) -> Response:
        results: list[Json] = []
        for one in listed:
            status = one.status if one.problem else 424
            results.append({"index": one.index, "status": status} | ({"problem": one.problem} if one.problem else {}))
        answer = problems.handle(BatchRefused(), {"request": self.request, "view": self})
        if answer is None:
            raise BatchRefused
        answer.data["results"] = results
        return answer


def _operation(index: int, given: dict[str, Any]) -> Operation:
    return Operation(index, given["op"], given.get("id"), given.get("if_match", ""), dict(given.get("body", {})))


def _check_target(one: Operation, repeated: Counter[str]) -> None:
    if one.pk is None:
        raise serializers.ValidationError({"id": ["Say which object."]})
    if repeated[str(one.pk)] > 1:
        raise serializers.ValidationError({"id": ["Name each object once in a batch."]})
    if not one.if_match:
        raise problems.PreconditionRequired("Give if_match: the ETag of the object as you read it, or *.")


def _key(pk: Any, value: Any) -> Any:
    """The value as an id; None for what is no id."""
    if isinstance(value, bool | float | dict | list):
        return None
    try:
        return pk.to_python(value)
    except Exception:
        return None


def _result(one: Operation, body: Json | None) -> Json:
    result: Json = {"index": one.index, "status": one.status}
    if one.problem:
        return result | {"problem": one.problem}
    result["id"] = one.found.pk if one.found.pk is not None else one.pk
    if body is not None:
        result |= {"etag": etags.of(dump(body)), "body": body}
    return result
