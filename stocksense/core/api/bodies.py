"""Request bodies: strict JSON, checked by serializers that say no to fields they do not have."""

import codecs
import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any

from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser

DEEPEST = 32
"""Levels of nesting; ours go four deep."""
INTEGER_LIMIT = 2**63


class LengthRequired(exceptions.APIException):
    """A body came without its length: it could not be read, and must not be taken for an empty one."""

    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length header."


class JsonParser(BaseParser):
    """JSON as RFC 8259 means it, and nothing beside it.

    Refused with 400 are repeated names (which of the values is meant?), NaN and Infinity, text that is no UTF-8 or
    holds zero bytes or half surrogates (the database keeps neither), whole numbers beyond 64 bits and deep nesting.
    Numbers that a binary float cannot hold exactly become decimals.
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body's value. Raises ParseError."""
        request = parser_context["request"] if parser_context else None
        # (the request's own reading knows how much may be read; a bare stream does not)
        return loads(request.body if request is not None else stream.read())


class MergePatchParser(JsonParser):
    """The same under RFC 7396's name: what PATCH does with it is what merging means for flat objects."""

    media_type = "application/merge-patch+json"


def loads(body: bytes) -> Any:
    """The value of strict JSON. Raises ParseError saying what is wrong and, where known, at which line."""
    try:
        value = json.loads(
            codecs.decode(body, "utf-8"),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_constant,
        )
        _check(value)
    except UnicodeDecodeError as error:
        raise exceptions.ParseError("The body is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise exceptions.ParseError(
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise exceptions.ParseError(f"The body is nested more than {DEEPEST} levels deep.") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise exceptions.ParseError(f"The name {twice[:100]!r} occurs twice in one object.")
    return found


def _number(text: str) -> float | Decimal:
    value = float(text)
    if not math.isfinite(value):
        raise exceptions.ParseError(f"The number {text[:40]} is too large.")
    exact = Decimal(text)
    return value if Decimal(repr(value)) == exact else exact


def _integer(text: str) -> int:
    if len(text) > 20 or not -INTEGER_LIMIT <= int(text) < INTEGER_LIMIT:
        raise exceptions.ParseError(f"The number {text[:40]} is beyond 64 bits; send large quantities as text.")
    return int(text)


def _constant(text: str) -> None:
    raise exceptions.ParseError(f"{text} is no JSON number.")


def _check(value: Any) -> None:
    """Raises ParseError for text that the database cannot keep, and for values nested too deep."""
    level = [value]
    for _ in range(DEEPEST):
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _check_text(one)
            elif isinstance(one, dict):
                for name in one:
                    _check_text(name)
                deeper.extend(one.values())
            elif isinstance(one, list):
                deeper.extend(one)
        if not deeper:
            return
        level = deeper
    raise exceptions.ParseError(f"The body is nested more than {DEEPEST} levels deep.")


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise exceptions.ParseError("The body holds text with a zero byte.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise exceptions.ParseError("The body holds half of a surrogate pair, which is no text.") from error


def checked(
    serializer: type[serializers.Serializer[Any]], data: Any, *, partial: bool = False, context: dict[str, Any]
) -> dict[str, Any]:
    """`data` as the serializer's values. Raises ValidationError, also for fields at any depth that it does not have."""
    with _bound(serializer, data, partial=partial, context=context) as bound:
        errors: dict[str, Any] = dict(_unknown(bound, data))
        if not bound.is_valid():
            errors = _merged(errors, bound.errors)
        if errors:
            raise serializers.ValidationError(errors)
        return dict(bound.validated_data)


@contextmanager
def _bound(
    serializer: type[serializers.Serializer[Any]], data: Any, *, partial: bool, context: dict[str, Any]
) -> Iterator[Any]:
    """A serializer of `data`, one that waits from an earlier request where there is one.

    Copying the fields for each request costs more than checking a body by them. They hold nothing of a request.
    """
    waiting = _waiting(serializer, partial)
    try:
        bound: Any = waiting.pop()
    except IndexError:
        bound = serializer(partial=partial)
    bound.initial_data, bound._context = data, context
    try:
        yield bound
    finally:
        for name in ("initial_data", "_context", "_validated_data", "_errors"):
            vars(bound).pop(name, None)
        waiting.append(bound)


@lru_cache(maxsize=512)
def _waiting(_serializer: type[serializers.Serializer[Any]], _partial: bool) -> deque[Any]:
    """Serializers of this class that no request uses now: at most as many as there were requests at once."""
    return deque()


def _unknown(serializer: Any, data: Any) -> Iterator[tuple[str, Any]]:
    """(name, errors) of what `data` holds and the serializer has not: a misspelt field must not be lost in silence."""
    if not isinstance(data, Mapping):
        return
    for name, value in data.items():
        field = serializer.fields.get(name)
        if field is None:
            yield name, ["There is no such field."]
        elif field.read_only:
            yield name, ["This field cannot be set."]
        elif isinstance(field, serializers.Serializer):
            if nested := dict(_unknown(field, value)):
                yield name, nested
        elif isinstance(field, serializers.ListSerializer) and isinstance(value, list):
            found = [dict(_unknown(field.child, one)) for one in value]
            if any(found):
                yield name, found


def _merged(unknown: dict[str, Any], errors: Any) -> dict[str, Any]:
    merged = dict(unknown)
    for name, found in errors.items():
        if name not in merged:
            merged[name] = found
        elif _is_nested(merged[name]) and _is_nested(found):
            merged[name] = _merged(_by_name(merged[name]), _by_name(found))
    return merged


def _is_nested(errors: Any) -> bool:
    return isinstance(errors, dict) or (isinstance(errors, list) and any(isinstance(one, dict) for one in errors))


def _by_name(errors: Any) -> dict[Any, Any]:
    """Errors of a list's elements by their position, as those of an object are by name."""
    return errors if isinstance(errors, dict) else {index: one for index, one in enumerate(errors) if one}
