"""Answers as JSON by orjson: numbers of the database as exact decimal strings, instants in UTC."""

from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def dump(data: Any) -> bytes:
    """`data` as JSON. Decimals become strings without an exponent or trailing zeros; NaN becomes null."""
    return orjson.dumps(data, default=_default, option=_OPTIONS)


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def decimal_text(value: Decimal) -> str:
    """A decimal in plain notation: 12.500 as "12.5", 1E+3 as "1000"."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class JsonRenderer(BaseRenderer):
    """JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """The bytes; nothing where there is nothing to say."""
        return b"" if data is None else dump(data)
