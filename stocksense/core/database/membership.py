"""Conditions on many ids as one array: as a list of parameters, thousands take longer to read than the rows to find."""

from collections.abc import Iterable

from django.db.models import BooleanField, F, Func, TextField, Value


def one_of(field: str, ids: Iterable[int]) -> Func:
    """The condition that a whole-number field is among `ids`."""
    return _compared(field, ids, "= ANY")


def none_of(field: str, ids: Iterable[int]) -> Func:
    """The condition that a whole-number field is not among `ids`."""
    return _compared(field, ids, "<> ALL")


def _compared(field: str, ids: Iterable[int], operator: str) -> Func:
    array = Value(f"{{{','.join(str(int(one)) for one in ids)}}}", output_field=TextField())
    template = "(%(expressions)s::bigint[]))"
    return Func(F(field), array, template=template, arg_joiner=f" {operator} (", output_field=BooleanField())
