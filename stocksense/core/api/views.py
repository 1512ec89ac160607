"""The base of every resource: reading as rows, changing through services, each convention in one place.

A resource says what it is in class attributes and calls one service per change:

    class ItemView(Listed, Detailed):
        resource, model, row = "items", Item, ItemRow
        permissions = {"list": "inventory.view_item", "partial_update": "inventory.change_item"}
        filter_fields = {"sku": CODE, "updated_at": TIME}
        ordering_fields, ordering = ("sku", "updated_at"), ("sku",)

        def partial_update(self, request, pk):
            data = self.valid(ItemInput, partial=True)
            with self.changing(pk) as item:
                services.change_item(item=item, actor=request.user, **data)
            return self.shown(pk)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import transaction
from django.db.models import BigAutoField, Model, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from stocksense.core.api import bodies, commands, etags, exports, filters, pagination, unchanged
from stocksense.core.api.fixed import Fixed
from stocksense.core.api.handling import Handled
from stocksense.core.api.problems import UnknownParameters
from stocksense.core.api.renderers import dump
from stocksense.core.api.rows import Json, Row, Shape, read, read_sorted
from stocksense.core.database import search

SHAPE_PARAMETERS = ("fields", "expand")
PAGE_PARAMETERS = ("cursor", "page_size")
CURSOR_FREE = frozenset({*SHAPE_PARAMETERS, *PAGE_PARAMETERS, "format"})
"""What may change from page to page of one list."""
UNCHANGED_BY = frozenset({"fields", "expand", "page_size", "ordering"})
"""Parameters with which a list is the same query whoever asks: no filters, no search, the first page."""
LIST_PARAMETERS = (*SHAPE_PARAMETERS, *PAGE_PARAMETERS, "ordering", "search", "format")


class Resource(ViewSetMixin, Handled):
    """What a resource is. Derive from `Listed` and `Detailed`; write `create`, `partial_update` and commands."""

    resource: ClassVar[str]
    """Plural, as in the address: `purchase-orders`."""
    singular: ClassVar[str] = ""
    """One of them with its article, where the plural does not say it: `the company's settings`."""
    model: ClassVar[type[Model]]
    row: ClassVar[type[Row]]
    permissions: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    """Action → permission (`SIGNED_IN` for everybody; any one of several); an action that is not named is refused."""
    filter_fields: ClassVar[Mapping[str, filters.Operators]] = {}
    search_fields: ClassVar[tuple[str, str] | None] = None
    """(code path, name path) found by `search=`."""
    ordering_fields: ClassVar[Sequence[str]] = ()
    ordering: ClassVar[Sequence[str]] = ()
    _filterset: ClassVar[Any]
    described: ClassVar[Mapping[str, commands.Command]] = {}
    """What the schema says of actions that are neither standard nor commands (signing in)."""
    always_expanded: ClassVar[tuple[str, ...]] = ()
    """Children that a single object always shows."""
    detail_parameters: ClassVar[Sequence[str]] = ()
    """Parameters of GET on one object that the resource reads itself."""

    @classmethod
    def filterset(cls) -> Any:
        """The django-filter class of this resource, made at its first use."""
        if "_filterset" not in cls.__dict__:
            cls._filterset = filters.filterset(cls.model, cls.filter_fields, cls.row.columns())
        return cls._filterset

    def queryset(self) -> "QuerySet[Any]":
        """The rows that exist for this caller: what they may not see is not found. Annotations of the row go here."""
        return self.model._default_manager.all()

    def shape(self, *, detail: bool = False) -> Shape:
        """The fields and expansions asked for. Raises UnknownParameters for names that the row does not have."""
        query = self.request.query_params
        columns = self.row.columns()
        expandable = {**self.row.expandable, **self.row.children}
        fields = _names(query.get("fields"), known=[*columns, *self.row.children], parameter="fields")
        expand = _names(query.get("expand"), known=list(expandable), parameter="expand")
        if detail and fields is None:
            expand = [*self.always_expanded, *(name for name in expand or () if name not in self.always_expanded)]
        chosen = fields or [name for name in columns if detail or name not in self.row.only_when_asked]
        shown = [name for name in chosen if name not in self.row.children]
        wanted = [*(expand or ()), *(name for name in chosen if name in self.row.children)]
        return Shape(self.row, tuple(shown), tuple(dict.fromkeys(wanted)))

    def permission_for(self, action: str | None) -> str | tuple[str, ...] | None:
        """What a caller needs for an action: a command's own permission, else the table's; None: nobody may."""
        found = commands.of(self, action)
        return found.permission if found else self.permissions.get(action or "")

    @classmethod
    def is_same_for_all(cls) -> bool:
        """Whether every caller has the same rows: then SQL is kept, and reads need not build it."""
        return cls.queryset is Resource.queryset and getattr(cls, "_page", Listed._page) is Listed._page

    def represent(self, pk: Any, *, shape: Shape | None = None) -> Json:
        """One object as the API shows it. Raises Http404 where it is not there for this caller."""
        found, _ = read(self._one(pk)[:1], shape or Shape(self.row, tuple(self.row.columns())))
        if not found:
            raise Http404
        return found[0]

    def shown_state(self, pk: Any, shape: Shape) -> Json:
        """The same, for showing only: decimals and instants may be the text of JSON already."""
        key = self.model._meta.pk
        if (
            not self.is_same_for_all()
            or not isinstance(key, BigAutoField)
            or not (str(pk).isdecimal() and len(pk) < 19)
        ):
            return self.represent(pk, shape=shape)
        rows = Fixed(
            (type(self), "one"),
            build=lambda: self.queryset().filter(pk=1)[:1],
            usual=lambda: self._one(pk)[:1],
            parameters=(int(pk),),
        )
        found, _ = read(rows, shape)
        if not found:
            raise Http404
        return found[0]

    def not_found(self) -> NoReturn:
        """Raises Http404."""
        raise Http404

    def _one(self, pk: Any) -> "QuerySet[Any]":
        """The visible rows with this id (one or none). Raises Http404 for what is no id at all."""
        try:
            return self.queryset().filter(pk=self.model._meta.pk.to_python(pk))
        except (ModelValidationError, ValueError, OverflowError) as error:
            raise Http404 from error

    def lock_first(self) -> None:
        """Lock what services lock before an object of this kind (a plan's pointer, say): one order for everybody."""

    @contextmanager
    def locked(self, pk: Any) -> Iterator[Any]:
        """The object, locked in a transaction, whatever state it is in: for commands that take no If-Match.

        What is locked and yielded is the plain object: annotations of `queryset()` serve reading only.
        Raises Http404 where it is not there for this caller.
        """
        with transaction.atomic():
            self.lock_first()
            visible = self._one(pk).order_by().values("pk")
            found = self.model._base_manager.select_for_update(of=("self",)).filter(pk__in=visible).first()
            if found is None:
                raise Http404
            yield found

    @contextmanager
    def changing(self, pk: Any) -> Iterator[Any]:
        """The same, once If-Match is known to name the present state.

        Raises PreconditionRequired without If-Match, PreconditionFailed where it names another state.
        """
        etags.require_given(self.request)
        with self.locked(pk) as found:
            etags.require(self.request, self.etag(pk))
            yield found

    def etag(self, pk: Any) -> str:
        """The ETag of the object's present state, whatever fields of it anybody asked for."""
        return etags.of(dump(self.represent(pk, shape=self._whole())))

    def valid(
        self, serializer: type[serializers.Serializer[Any]] | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        """The request's body, checked (by a command's own `body` unless another serializer is given).

        Raises ValidationError, also for fields that the body does not have.
        """
        found = commands.of(self, self.action)
        serializer = serializer or (found.body if found else None)
        filters.refuse_unknown(self.request.query_params, ())
        if serializer is None:
            self.refuse_body()
            return {}
        return bodies.checked(serializer, self.request.data, partial=partial, context=self.body_context())

    def body_context(self) -> dict[str, Any]:
        """What serializers of bodies may look at."""
        return {"request": self.request, "view": self}

    def refuse_body(self) -> None:
        """Raises ValidationError where the request says more than its address."""
        filters.refuse_unknown(self.request.query_params, ())
        if self.request.data not in (None, {}, ""):
            raise serializers.ValidationError("Nothing is read from a body here: send none.")

    def shown(self, pk: Any, *, status: int = 200) -> Response:
        """The object after a change, with its new ETag (and its address where it was made)."""
        body = self.represent(pk, shape=self._whole())
        headers = {"ETag": etags.of(dump(body))}
        if status == 201:
            headers["Location"] = f"{self.request.path.rstrip('/')}/{pk}"
        return Response(body, status=status, headers=headers)

    def _whole(self) -> Shape:
        return Shape(self.row, tuple(self.row.columns()), self.always_expanded)

    def _answer(self, body: Any, *, etag: str | None = None) -> HttpResponse:
        return self._sent(dump(body), etag=etag)

    def _sent(self, content: bytes, *, etag: str | None = None) -> HttpResponse:
        etag = etag or etags.of(content)
        if etags.known(self.request, etag):
            answer = HttpResponse(status=304)
        else:
            answer = HttpResponse(content, content_type="application/json")
        answer["ETag"] = etag
        return answer


class Listed(Resource):
    """GET on the collection: filters, search, ordering, keyset pages; as CSV or XLSX by Accept or `format=`."""

    export_types: ClassVar[tuple[str, ...]] = exports.TYPES

    def list(self, request: Request) -> HttpResponseBase:
        """One page of rows."""
        if "HTTP_IF_NONE_MATCH" not in request.META or not self.is_same_for_all():
            return self._listed(request)
        name = unchanged.name_of(request, self)
        if found := unchanged.found(name, request):
            unchanged.say(request, tables=found.tables, state=found.state, permission=self.permission_for(self.action))
            return HttpResponse(status=304, headers={"ETag": found.etag})
        tables = self._tables(request)
        state = unchanged.state_of(tables)
        answer = self._listed(request)
        if tables and state is not None and "ETag" in answer.headers:
            unchanged.remember(name, tables=tables, state=state, etag=answer.headers["ETag"])
        return answer

    def _tables(self, request: Request) -> unchanged.Tables | None:
        """The tables that this list rests on; None where they do not say all."""
        shape, declared = self.shape(), self.filterset().base_filters
        named = [declared[name] for name in request.query_params if name in declared]
        if any(one.method for one in named) or not set(shape.expand) <= self.row.expandable.keys():
            return None
        columns = [*self.row.columns().values(), *shape.paths(), *(one.field_name for one in named)]
        if "search" in request.query_params:
            columns += self.search_fields or ()
        return unchanged.tables_of(self.model, columns)

    def _listed(self, request: Request) -> HttpResponseBase:
        query = request.query_params
        made = self.filterset()
        filters.refuse_unknown(query, [*made.base_filters, *LIST_PARAMETERS])
        ordering = self._ordering(query.get("ordering"))
        paths = self.row.columns()
        media_type = exports.wanted(query, request.accepted_media_type)
        size = pagination.page_size(query.get("page_size"))
        if self.is_same_for_all() and not media_type and query.keys() <= UNCHANGED_BY:
            fixed = Fixed(
                (type(self), *ordering, size), build=lambda: self._sorted(self.queryset(), ordering)[: size + 1]
            )
            return self._answer(self._shown_page(fixed, size, ordering))
        rows = self._found(filters.filtered(self.queryset(), query, made), query.get("search"))
        if media_type:
            return self._file(rows, ordering, media_type)
        if cursor := query.get("cursor"):
            values = pagination.decode(
                cursor, model=self.model, ordering=ordering, paths=paths, bound_to=self._binding()
            )
            rows = pagination.after(rows, ordering, paths, values)
        return self._answer(self._page(self._sorted(rows, ordering), size, ordering))

    def _sorted(self, rows: "QuerySet[Any]", ordering: Sequence[str]) -> "QuerySet[Any]":
        return rows.order_by(*pagination.order_by(ordering, self.row.columns(), self.model))

    def _file(self, rows: "QuerySet[Any]", ordering: Sequence[str], media_type: str) -> HttpResponseBase:
        """All rows of the list, without pages."""
        query = self.request.query_params
        if paged := {name: ["A file holds all rows: it has no pages."] for name in PAGE_PARAMETERS if name in query}:
            raise UnknownParameters(paged)
        return exports.answer(self._sorted(rows, ordering), self.shape(), media_type=media_type, name=self.resource)

    def _page(self, rows: "QuerySet[Any]", size: int, ordering: Sequence[str]) -> Json:
        return self._shown_page(rows[: size + 1], size, ordering)

    def _shown_page(self, rows: "QuerySet[Any] | Fixed", size: int, ordering: Sequence[str]) -> Json:
        paths = self.row.columns()
        keys = [paths[name.removeprefix("-")] for name in ordering]
        found, ids, sorted_by = read_sorted(rows, self.shape(), keys)
        following = None
        if len(found) > size:
            cursor = pagination.encode((*sorted_by[size - 1], ids[size - 1]), bound_to=self._binding())
            following = self._address(cursor=cursor)
        return {"results": found[:size], "next": following}

    def _binding(self) -> str:
        """What a cursor belongs to: this list with these filters, in this ordering."""
        query = self.request.query_params
        kept = sorted((name, str(value)) for name, value in query.items() if name not in CURSOR_FREE)
        return f"{self.request.path} {urlencode(kept)}"

    def _address(self, **changed: str) -> str:
        query = self.request.query_params.copy()
        for name, value in changed.items():
            query[name] = value
        return f"{self.request.build_absolute_uri(self.request.path)}?{query.urlencode()}"

    def _ordering(self, text: str | None) -> Sequence[str]:
        if not text:
            return tuple(self.ordering)
        names = text.split(",")
        known = [*self.ordering_fields, *(f"-{name}" for name in self.ordering_fields)]
        if wrong := [name for name in names if name not in known]:
            raise UnknownParameters(
                {
                    "ordering": [
                        f"{', '.join(wrong)}: order by any of {', '.join(self.ordering_fields)} (- for descending)."
                    ]
                }
            )
        return names

    def _found(self, rows: "QuerySet[Any]", term: str | None) -> "QuerySet[Any]":
        if not term:
            return rows
        if self.search_fields is None:
            raise UnknownParameters({"search": ["This list cannot be searched; use its filters."]})
        code, name = self.search_fields
        return search.matching(rows, term, code=code, name=name)


class Detailed(Resource):
    """GET on one object.

    Its ETag names the object's state: the same one for all of it and for some `fields`, so that a change may follow
    any GET. With `expand` the ETag has a second part, for what is not the object's own; If-Match ignores it.
    """

    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """The object; 304 where the caller has this state already."""
        filters.refuse_unknown(request.query_params, [*SHAPE_PARAMETERS, *self.detail_parameters])
        shape, whole = self.shape(detail=True), self._whole()
        state = self.shown_state(pk, whole)  # before what is shown: an ETag may be older than its body, not newer
        content = dump(state)
        etag = etags.of(content)
        if shape == whole:
            return self._sent(content, etag=etag)
        if set(shape.expand) <= set(whole.expand):
            names = [*shape.fields, *shape.expand]
            return self._answer({name: state[name] for name in dict.fromkeys(names)}, etag=etag)
        content = dump(self.represent(pk, shape=shape))
        return self._sent(content, etag=etags.with_view(etag, content))


def _names(text: str | None, *, known: Sequence[str], parameter: str) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if wrong := [name for name in names if name not in known]:
        raise UnknownParameters({parameter: [f"{', '.join(wrong)}: known are {', '.join(known)}."]})
    return list(dict.fromkeys(names))
