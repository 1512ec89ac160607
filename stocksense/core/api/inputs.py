"""Bodies of requests: fields written one by one, rows named by their code or id, keys left to the database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.validators import UniqueValidator


class Reference(serializers.RelatedField[Any, Any, Any]):
    """Another row, named by its code (text) or its id (a number)."""

    default_error_messages = {
        "does_not_exist": "There is no {name} {value}.",
        "incorrect_type": "Name the {name} by its {code} (text) or its id (number).",
    }

    def __init__(self, model: type[Model], code: str, **options: Any) -> None:
        self.code, self.named = code, str(model._meta.verbose_name)
        super().__init__(queryset=model._default_manager.all(), **options)

    def to_internal_value(self, data: Any) -> Any:
        """The row. Fails for a name that nothing has."""
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("incorrect_type", name=self.named, code=self.code)
        found = None
        known = self.context.get("references")
        if known is not None and known.looked_up(self):
            found = known.row(self, data)
        elif isinstance(data, int) or "\x00" not in data:
            where = {"pk": data} if isinstance(data, int) else {self.code: data}
            found = self.get_queryset().filter(**where).first()  # type: ignore[union-attr]
        if found is None:
            self.fail("does_not_exist", name=self.named, value=repr(data)[:80])
        return found

    def to_representation(self, value: Any) -> Any:
        """The code."""
        return getattr(value, self.code)

    def get_choices(self, cutoff: Any = None) -> dict[Any, Any]:
        """None are listed: there may be a hundred thousand."""
        return {}


class References:
    """Rows that the bodies of a batch name, found in two queries per field however many bodies there are."""

    def __init__(self) -> None:
        self._rows: dict[tuple[type[Model], str], dict[Any, Any]] = {}

    def look_up(self, serializer: type[serializers.Serializer[Any]], bodies: Sequence[Mapping[str, Any]]) -> None:
        """Find what the bodies name in the serializer's reference fields."""
        for name, field in serializer().fields.items():
            if isinstance(field, Reference):
                named = [body.get(name) for body in bodies]
                rows = self._rows.setdefault(self._table(field), {})
                ids = {one for one in named if isinstance(one, int) and abs(one) < 2**63}
                codes = {one for one in named if isinstance(one, str) and "\x00" not in one}
                queryset: Any = field.get_queryset()
                rows |= queryset.in_bulk(ids) if ids else {}
                rows |= {getattr(row, field.code): row for row in queryset.filter(**{f"{field.code}__in": codes})}

    def looked_up(self, field: Reference) -> bool:
        """Whether this field's rows were looked for."""
        return self._table(field) in self._rows

    def row(self, field: Reference, data: Any) -> Any:
        """The row that the field's value names, if there is one."""
        return self._rows[self._table(field)].get(data)

    @staticmethod
    def _table(field: Reference) -> tuple[type[Model], str]:
        queryset: Any = field.get_queryset()
        return queryset.model, field.code


class Input(serializers.ModelSerializer[Any]):
    """Fields of a model that a caller may write. Uniqueness is the database's to say, once, when the row is written."""

    def get_fields(self) -> dict[str, Any]:
        """The fields, without look-ups for rows that have the same key."""
        fields = super().get_fields()
        for field in fields.values():
            field.validators = [check for check in field.validators if not isinstance(check, UniqueValidator)]
        return fields

    def get_validators(self) -> list[Any]:
        """None over several fields: the service has them."""
        return []


class Entry(serializers.Serializer[Any]):
    """A row inside a body: it is given whole, also where the body around it changes some fields only."""

    def to_internal_value(self, data: Any) -> Any:
        """The row's values. Raises ValidationError, in a partial change as well, for required ones that are missing."""
        if getattr(self.root, "partial", False) and isinstance(data, Mapping):
            missing = [field for name, field in self.fields.items() if field.required and name not in data]
            if missing:
                raise serializers.ValidationError(
                    {
                        str(field.field_name): [ErrorDetail(str(field.error_messages["required"]), "required")]
                        for field in missing
                    }
                )
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """A time as UTC. Without an offset it is the company's local time."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """Raises ValidationError where the offset leads out of the calendar."""
        try:
            return super().enforce_timezone(value).astimezone(UTC)
        except OverflowError:
            self.fail("overflow")


class Name(serializers.Field[Any, Any, Any, Any]):
    """A row's code (text) or id (number), for services that look it up themselves."""

    default_error_messages = {"incorrect_type": "Give a code (text) or an id (number).", "blank": "May not be blank."}

    def to_internal_value(self, data: Any) -> int | str:
        """The code or id."""
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("incorrect_type")
        if data == "":
            self.fail("blank")
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value
