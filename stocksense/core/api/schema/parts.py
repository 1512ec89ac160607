"""Parts that operations share: parameters, headers, problem answers, ways to sign in."""

from typing import Any

import django_filters

from stocksense.core.api.pagination import DEFAULT_SIZE, LARGEST_SIZE

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}

PROBLEM_ANSWERS = {
    "400": ("BadRequest", "The request is malformed, or a parameter or field is wrong or unknown."),
    "401": ("NotSignedIn", "Nobody is signed in, or the token or key is not valid."),
    "403": ("NotAllowed", "The caller may not do this."),
    "404": ("NotFound", "There is nothing at this address for the caller."),
    "406": ("NotAcceptable", "None of the accepted media types can be written."),
    "409": ("Conflict", "The state is not one from which this can be done."),
    "411": ("LengthRequired", "The body came without Content-Length."),
    "412": ("PreconditionFailed", "The object changed since the caller read it."),
    "413": ("TooLarge", "The body is too large."),
    "415": ("UnsupportedMediaType", "The body is of a media type that is not read."),
    "422": ("NotPossible", "The request is well-formed and cannot be carried out as written."),
    "428": ("PreconditionRequired", "If-Match is missing."),
    "429": ("TooManyRequests", "The caller's limit is used up; Retry-After says for how long."),
    "500": ("Fault", "Something went wrong on the server, and nothing was changed."),
    "503": ("Unavailable", "The database or another server does not answer; Retry-After says when to try again."),
}
ALWAYS = ("400", "401", "403", "406", "429", "500", "503")
WRITES = ("409", "411", "413", "415", "422")
ON_OBJECT = ("404",)
WITH_STATE = ("412", "428")

_PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is for programs, `detail` for people.",
    "required": ["type", "title", "status", "code", "detail", "instance", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/docs/errors#invalid"]},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": TEXT,
        "detail": TEXT,
        "instance": TEXT,
        "request_id": TEXT,
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemEntry"}},
    },
    "examples": [
        {
            "type": "/docs/errors#invalid",
            "title": "Bad Request",
            "status": 400,
            "code": "invalid",
            "detail": "There is no such field.",
            "instance": "/api/v1/items",
            "request_id": "6b0f7c9ad1d24a3e8f52c7be55a8e1c4",
            "errors": [{"pointer": "/colour", "detail": "There is no such field.", "code": "invalid"}],
        }
    ],
}
_ENTRY: Schema = {
    "type": "object",
    "required": ["pointer", "detail", "code"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the body, or /name of a parameter."},
        "detail": TEXT,
        "code": TEXT,
    },
}
SECURITY: dict[str, Schema] = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token."},
    "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "ssk_…", "description": "A program's API key."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "Pages of StockSense itself."},
}


def query(name: str, schema: Schema, description: str) -> Schema:
    """A parameter of the address."""
    return {"in": "query", "name": name, "schema": schema, "description": description}


def header(name: str, description: str, *, required: bool = False) -> Schema:
    """A header of the request."""
    return {"in": "header", "name": name, "schema": TEXT, "description": description, "required": required}


def answer_headers(*names: str) -> Schema:
    """Headers of an answer, by name."""
    known = {
        "ETag": "The state of what is shown: send it as If-None-Match to read again, as If-Match to change.",
        "Location": "The address of what was made.",
        "Idempotent-Replayed": "`true` where this is the stored answer to an earlier request with the same key.",
        "Content-Disposition": "The name of the file.",
    }
    return {name: {"schema": TEXT, "description": known[name]} for name in names}


def several(name: str, values: list[str], description: str) -> Schema:
    """A parameter that takes several of the values, parted by commas."""
    schema = {"type": "array", "items": {"type": "string", "enum": values}}
    return query(name, schema, description) | {"style": "form", "explode": False}


def page_parameters() -> list[Schema]:
    """Cursor and size."""
    size = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
    return [
        query("cursor", TEXT, "Where the page begins: take it from `next` of the page before."),
        query("page_size", size, "Rows of the page."),
    ]


def filter_parameter(name: str, made: django_filters.Filter) -> Schema:
    """The parameter of one filter."""
    schema: Schema = dict(TEXT)
    choices = dict(made.extra.get("choices") or {})
    if isinstance(made, django_filters.BaseCSVFilter):
        schema = {"type": "array", "items": dict(TEXT)}
    elif choices and not callable(choices):
        schema = {"type": "string", "enum": [str(value) for value in choices if value not in ("", None)]}
    elif isinstance(made, django_filters.BooleanFilter):
        schema = {"type": "boolean"}
    elif isinstance(made, django_filters.NumberFilter):
        schema = {"type": "number"}
    elif isinstance(made, django_filters.DateFilter):
        schema = {"type": "string", "format": "date"}
    elif isinstance(made, django_filters.IsoDateTimeFilter | django_filters.DateTimeFilter):
        schema = {"type": "string", "format": "date-time"}
    field, _, operator = name.partition("__")
    said = {
        "": "equals",
        "in": "is one of",
        "startswith": "starts with",
        "contains": "contains",
        "isnull": "is unknown",
    }
    words = said.get(
        operator,
        {"gt": "is above", "gte": "is at least", "lt": "is below", "lte": "is at most"}.get(operator, operator),
    )
    found = query(name, schema, str(made.extra.get("help_text") or f"Rows whose `{field}` {words} this."))
    return found | {"style": "form", "explode": False} if schema.get("type") == "array" else found


def add_shared(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Adds what operations refer to; drops media types of changes from bodies that make something new."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update({"Problem": _PROBLEM, "ProblemEntry": _ENTRY})
    components["responses"] = {
        name: {
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        | ({"headers": {"Retry-After": {"schema": {"type": "integer"}}}} if status in {"429", "503"} else {})
        for status, (name, description) in PROBLEM_ANSWERS.items()
    }
    components.setdefault("securitySchemes", {}).update(SECURITY)
    for operations in result["paths"].values():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if method != "patch":
                content.pop("application/merge-patch+json", None)
            for media in content.values():
                _close(media.get("schema", {}), components["schemas"])
    return result


def _close(schema: Schema, schemas: dict[str, Schema], seen: frozenset[str] = frozenset()) -> None:
    """Says of a body's objects that they have no other fields: the server refuses what it does not know."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen and name in schemas:
        _close(schemas[name], schemas, seen | {name})
    elif schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
        for inner in schema["properties"].values():
            _close(inner, schemas, seen)
    elif "items" in schema:
        _close(schema["items"], schemas, seen)
    for inner in schema.get("allOf", ()):
        _close(inner, schemas, seen)
