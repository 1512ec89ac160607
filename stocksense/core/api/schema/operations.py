"""Each operation of a resource as OpenAPI says it; views that are no resource are left to drf-spectacular."""

import inspect
import re
from typing import Any

from django.db.models import PROTECT, RESTRICT, Model
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from stocksense.core.api import batches, commands, exports
from stocksense.core.api.commands import Command
from stocksense.core.api.inputs import Name, Reference
from stocksense.core.api.rows import Row
from stocksense.core.api.schema import parts
from stocksense.core.api.schema.parts import Schema
from stocksense.core.api.views import Resource

SHARED = "stocksense.core.api."
"""Where the bases of resources are."""
SUMMARIES = {
    "list": "List {many}.",
    "retrieve": "Read {one}.",
    "create": "Create {one}.",
    "partial_update": "Change {one}.",
    "destroy": "Remove {one}.",
    "batch": "{kinds} up to {most:,} {many}.",
}
"""What the usual actions do, where the resource has no words of its own for it."""
DETAILS = {
    "partial_update": "Fields that are sent are set, the others stay; null empties a field.",
    "batch": "Each operation stands by itself, and the answer says how it went; with `atomic`, all or none.",
}
"""What more there is to know of them, where there is more than parameters and answers say."""
ACRONYMS = {"api": "API"}


class ApiSchema(AutoSchema):
    """What a resource declares, said in OpenAPI."""

    view: Any

    @property
    def _resource(self) -> bool:
        return isinstance(self.view, Resource)

    @property
    def _action(self) -> str:
        return str(getattr(self.view, "action", ""))

    @property
    def _command(self) -> Command | None:
        return commands.of(self.view, self._action) or self.view.described.get(self._action)

    @property
    def _on_object(self) -> bool:
        return "{id}" in self.path

    @property
    def _reads(self) -> bool:
        return self.method == "GET"

    @property
    def _if_match(self) -> bool:
        found = self._command
        return found.if_match if found else self._action in {"partial_update", "update", "destroy"}

    def get_operation_id(self) -> str:
        """`items_list`, `items_create`, `planned_orders_approve`."""
        if not self._resource:
            return super().get_operation_id()
        return f"{self.view.resource}_{self._action}".replace("-", "_")

    def get_tags(self) -> list[str]:
        """The resource."""
        return [self.view.resource] if self._resource else super().get_tags()

    def get_summary(self) -> str | None:
        """The first sentence of the action's docstring; of an action that all resources share, what it does to this."""
        if not self._resource:
            return super().get_summary()
        return self._usual_summary() if self._usual else self._said()[0] or None

    def get_description(self) -> str:  # type: ignore[override]
        """What there is to know of the action beyond its summary, then what the resource is."""
        if not self._resource:
            return super().get_description()
        about = inspect.getdoc(type(self.view)) or ""
        more = self._usual_details() if self._usual else self._said()[1]
        return f"{more}\n\n{about}".strip()

    @property
    def _usual(self) -> bool:
        """Whether the action is that of the shared bases, whose docstrings know nothing of the resource."""
        action = getattr(self.view, self._action, None)
        return self._action in SUMMARIES and str(getattr(action, "__module__", "")).startswith(SHARED)

    def _said(self) -> tuple[str, str]:
        """The first sentence of the action's docstring, and the rest."""
        first, _, paragraphs = (inspect.getdoc(getattr(self.view, self._action, None)) or "").partition("\n\n")
        sentence, *rest = re.split(r"(?<=[.!?]) (?=[A-Z0-9`])", " ".join(first.split("\n")), maxsplit=1)
        return sentence, "\n\n".join([*rest, *filter(None, [paragraphs])])

    def _usual_summary(self) -> str:
        many = self._many
        kinds = " or ".join(self.view.operations()).capitalize() if self._action == "batch" else ""
        return SUMMARIES[self._action].format(
            many=many,
            one=self.view.singular or f"one {_singular(many)}",
            kinds=kinds.replace(" or ", ", ", kinds.count(" or ") - 1),
            most=batches.MOST,
        )

    def _usual_details(self) -> str:
        if self._action != "destroy":
            return DETAILS.get(self._action, "")
        related = self.view.model._meta.get_fields(include_hidden=True)
        kept = any(getattr(one, "on_delete", None) in {PROTECT, RESTRICT} for one in related if one.auto_created)
        return f"409 while anything refers to the {_singular(self._many)}." if kept else ""

    @property
    def _many(self) -> str:
        return " ".join(ACRONYMS.get(word, word) for word in self.view.resource.split("-"))

    def get_auth(self) -> list[Schema]:
        """Any of the ways to sign in."""
        if not self._resource:
            return super().get_auth()
        return [{name: []} for name in parts.SECURITY] if self.view.authentication_classes else []

    def get_filter_backends(self) -> list[Any]:
        """None: a resource's filters are described by `_get_parameters`."""
        return [] if self._resource else super().get_filter_backends()

    def _get_parameters(self) -> list[Schema]:
        if not self._resource:
            return super()._get_parameters()
        found: list[Schema] = []
        if self._on_object:
            found.append({"in": "path", "name": "id", "required": True, "schema": _id_schema(self.view.model)})
        if self._action == "list":
            found += self._list_parameters()
        if self._action in {"list", "retrieve"}:
            found += self._shape_parameters()
            found.append(parts.header("If-None-Match", "The ETag of an earlier answer: 304 where it still holds."))
        if self._action == "retrieve":
            found += [parts.query(name, parts.TEXT, "See the description.") for name in self.view.detail_parameters]
        if self._if_match:
            found.append(
                parts.header(
                    "If-Match", "The ETag of any GET of the object, or * for whatever is there.", required=True
                )
            )
        if self.method == "POST" and self._action not in self.view.without_idempotency_key:
            found.append(parts.header("Idempotency-Key", "The same key and request have the same answer for 24 hours."))
        return found

    def _list_parameters(self) -> list[Schema]:
        view = self.view
        made = view.filterset().base_filters
        found = [parts.filter_parameter(name, one) for name, one in sorted(made.items())]
        if view.search_fields:
            code, name = (*view.search_fields, "")[:2]
            said = f"`{code}` starts with this" + (f", or `{name}` has words that start with its words" if name else "")
            found.append(parts.query("search", parts.TEXT, f"Rows whose {said}."))
        if view.ordering_fields:
            values = [sign + name for name in view.ordering_fields for sign in ("", "-")]
            usual = ",".join(view.ordering) or "id"
            found.append(parts.several("ordering", values, f"Columns to order by; - for descending. Else by {usual}."))
        formats = {"type": "string", "enum": [*exports.FORMATS], "default": "json"}
        found.append(parts.query("format", formats, "As Accept says, for links: csv and xlsx hold all rows, unpaged."))
        return found + parts.page_parameters()

    def _shape_parameters(self) -> list[Schema]:
        row = self.view.row
        found = [parts.several("fields", [*row.columns(), *row.children], "Only these fields of each row.")]
        if names := [*row.expandable, *row.children]:
            found.append(parts.several("expand", list(dict.fromkeys(names)), "Related rows to show whole."))
        return found

    def get_request_serializer(self) -> Any:
        """The body that the action checks."""
        if not self._resource:
            return super().get_request_serializer()
        if found := self._command:
            return found.body
        bodies = {"create": "create_body", "partial_update": "change_body"}
        if self._action == "batch":
            return batches.BatchBody
        return getattr(self.view, bodies.get(self._action, ""), None)

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        if not self._resource:
            return super()._get_response_bodies(direction)
        found: Schema = {}
        status, answer = self._success()
        found[status] = answer
        if self._action == "create":
            found |= {str(other): answer for other in getattr(self.view, "create_statuses", ())}
        if self._action in {"list", "retrieve"}:
            found["304"] = {"description": "The caller has this already.", "headers": parts.answer_headers("ETag")}
        problems = [*parts.ALWAYS]
        if self._on_object:
            problems += parts.ON_OBJECT
        if not self._reads:
            problems += parts.WRITES
        if self._if_match:
            problems += parts.WITH_STATE
        if self._reads and self._command:
            problems += ["409", "422"]
        for code in sorted(problems):
            found[code] = {"$ref": f"#/components/responses/{parts.PROBLEM_ANSWERS[code][0]}"}
        return dict(sorted(found.items()))

    def _success(self) -> tuple[str, Schema]:
        if found := self._command:
            schema = self._ref(found.answer) if found.answer else {"type": "object", "additionalProperties": True}
            said: Schema = {"description": "The job to follow." if found.status == 202 else "Done."}
            names = [] if self._reads else ["Idempotent-Replayed"]
            if found.answer and issubclass(found.answer, Row) and not self._reads and found.status == 200:
                names.append("ETag")
            if found.status in {201, 202}:
                names.append("Location")
            return str(found.status), said | _json(schema, *names) if found.status != 204 else said
        row = self._ref(self.view.row)
        if self._action == "list":
            return "200", {"description": "A page of rows."} | self._page(row)
        if self._action == "create":
            return self._created(row)
        if self._action == "destroy":
            return "204", {"description": "Removed."}
        if self._action == "batch":
            return "200", {"description": "How each operation went."} | _json(self._batch(row), "Idempotent-Replayed")
        return "200", {"description": "The object."} | _json(row, "ETag")

    def _created(self, row: Schema) -> tuple[str, Schema]:
        """What creating answers: the object, unless the view names another answer (`create_answer`, its statuses)."""
        other = getattr(self.view, "create_answer", None)
        if other is None:
            return "201", {"description": "Made."} | _json(row, "ETag", "Location", "Idempotent-Replayed")
        status = getattr(self.view, "create_statuses", (201,))[0]
        said = "The job to follow." if status == 202 else "Done."
        headers = ["Idempotent-Replayed", *(["Location"] if status == 202 else [])]
        return str(status), {"description": said} | _json(self._ref(other), *headers)

    def _page(self, row: Schema) -> Schema:
        schema = self._named(
            f"{_name(self.view.row)}Page",
            {
                "type": "object",
                "required": ["results", "next"],
                "properties": {
                    "results": {"type": "array", "items": row},
                    "next": {"type": ["string", "null"], "format": "uri", "description": "The next page's address."},
                },
            },
        )
        answer = _json(schema, "ETag")
        for media_type in getattr(self.view, "export_types", ()):
            answer["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
        return answer

    def _batch(self, row: Schema) -> Schema:
        result = {
            "type": "object",
            "required": ["index", "status"],
            "properties": {
                "index": {"type": "integer"},
                "status": {"type": "integer", "description": "As of a single request."},
                "id": {},
                "etag": parts.TEXT,
                "body": row,
                "problem": {"$ref": "#/components/schemas/Problem"},
            },
        }
        results = {
            "type": "object",
            "required": ["results"],
            "properties": {"results": {"type": "array", "items": result}},
        }
        return self._named(f"{_name(self.view.row)}BatchResults", results)

    def _ref(self, serializer: Any) -> Schema:
        component = self.resolve_serializer(serializer, "response")
        return component.ref if component else {"type": "object", "additionalProperties": True}

    def _named(self, name: str, schema: Schema) -> Schema:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return component.ref


class RowSchema(OpenApiSerializerExtension):
    """A row: any of its fields may be left out by `fields=`, and some are shown whole by `expand=`."""

    target_class = Row
    match_subclasses = True

    def get_name(self, auto_schema: Any = None, direction: Any = None) -> str:
        """`Item` for ItemRow."""
        return _name(type(self.target))

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        """The fields as they are, then what may be expanded."""
        row: type[Row] = type(self.target)
        schema: Schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        schema.pop("required", None)
        properties: dict[str, Schema] = schema.setdefault("properties", {})
        for shown in properties.values():
            shown.pop("readOnly", None)
        for name, (_, related) in row.expandable.items():
            ref = auto_schema.resolve_serializer(related, direction).ref
            properties[name] = (
                {"anyOf": [properties[name], ref]} if name in properties else {"anyOf": [ref, {"type": "null"}]}
            )
        for name, children in row.children.items():
            ref = auto_schema.resolve_serializer(children.row, direction).ref
            properties[name] = {"type": "array", "items": ref}
        return schema


class ReferenceSchema(OpenApiSerializerFieldExtension):
    """Another row, named by its code or its id."""

    target_class = Reference

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:
        """Text or a number."""
        code = {"type": "string", "description": f"Its {self.target.code}."}
        return {"anyOf": [code, {"type": "integer", "description": "Its id."}]}


class NameSchema(OpenApiSerializerFieldExtension):
    """The same for rows that a service looks up itself."""

    target_class = Name

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:
        """Text or a number."""
        return {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}


class TimeOfDaySchema(OpenApiSerializerFieldExtension):
    """A local time: OpenAPI's own `time` would need an offset."""

    target_class = serializers.TimeField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:
        """`02:30` or `02:30:00`."""
        return {"type": "string", "examples": ["02:30:00"]}


def _json(schema: Schema, *headers: str) -> Schema:
    made: Schema = {"content": {"application/json": {"schema": schema}}}
    return made | ({"headers": parts.answer_headers(*headers)} if headers else {})


def _singular(many: str) -> str:
    """`category` for `categories`, `item` for `items`."""
    return f"{many[:-3]}y" if many.endswith("ies") else many.removesuffix("s")


def _name(row: type[Any]) -> str:
    return row.__name__.removesuffix("Row")


def _id_schema(model: type[Model]) -> Schema:
    kind = model._meta.pk.get_internal_type()
    if kind == "UUIDField":
        return {"type": "string", "format": "uuid"}
    return {"type": "integer"} if "AutoField" in kind or "IntegerField" in kind else dict(parts.TEXT)
