"""What refers to rows that somebody wants to delete and so keeps them: how many of each kind, a few examples, links.

Django collects all of it to list it, which for an item are years of its movements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import PROTECT, RESTRICT, ForeignKey, Model, QuerySet
from django.forms.models import _get_foreign_key
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

EXAMPLES = 5
COUNTED = 1000
NAMED = 100
"""How many rows the address of a list names."""


@dataclass(frozen=True)
class Link:
    """A row and the address of its page; none where the reader may not see it."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Use:
    """Rows of one kind that refer to what is to be deleted. `url` is their list; examples are of what people change."""

    kind: str
    count: str
    examples: Sequence[Link]
    url: str


def of(rows: Sequence[Model], request: HttpRequest, site: Any) -> list[Use]:
    """What keeps rows of one model from being deleted: one query per foreign key, two more for each that finds some."""
    keys = _keys(type(rows[0])) if rows else []
    models = [key.model for key in keys]
    found = []
    for key in keys:
        referring = key.model._base_manager.filter(**{f"{key.name}__in": rows}).order_by()
        if referring.exists():
            role = f" ({key.verbose_name})" if models.count(key.model) > 1 else ""
            listed = {f"{key.name}__id__in": ",".join(str(row.pk) for row in rows[:NAMED])}
            found.append(use(referring, request, site, role=role, listed=listed))
    return found


def use(
    rows: "QuerySet[Any]", request: HttpRequest, site: Any, *, listed: Mapping[str, str] | None = None, role: str = ""
) -> Use:
    """These rows, which are some, as people read of them.

    `listed` are the filters of their list; `role`, said beside their kind, tells two foreign keys of one kind apart.
    """
    meta, count = rows.model._meta, rows[: COUNTED + 1].count()
    admin = site.get_model_admin(rows.model) if site.is_registered(rows.model) else None
    may_see = admin is not None and admin.has_view_permission(request)
    changeable = admin is None or admin.has_change_permission(request)
    return Use(
        kind=capfirst(f"{meta.verbose_name_plural}{role}"),
        count=f"{count:,}" if count <= COUNTED else f"more than {COUNTED:,}",
        examples=[one for one in pages(rows, request, site) if one.url] if changeable else [],
        url=f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_changelist')}?{urlencode(listed or {})}"
        if may_see
        else "",
    )


def pages(rows: "Sequence[Model] | QuerySet[Any]", request: HttpRequest, site: Any) -> list[Link]:
    """The first of these rows with their pages."""
    return [Link(str(row), _page(row, request, site)) for row in rows[:EXAMPLES]]


def _keys(model: type[Model]) -> "list[ForeignKey[Any, Any]]":
    """The foreign keys that keep a row of this model."""
    relations: Any = model._meta.get_fields(include_hidden=True)
    return [
        one.field for one in relations if one.auto_created and getattr(one, "on_delete", None) in {PROTECT, RESTRICT}
    ]


def _page(row: Model, request: HttpRequest, site: Any) -> str:
    """The address of the row's page, or of the page that it is a line of."""
    model = type(row)
    if site.is_registered(model):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        may_see = site.get_model_admin(model).has_view_permission(request, row)
        return reverse(name, args=[quote(row.pk)]) if may_see else ""
    for parent, admin in site._registry.items():
        for inline in admin.inlines:
            if inline.model is model:
                key = _get_foreign_key(parent, model, fk_name=inline.fk_name)
                return _page(getattr(row, key.name), request, site)
    return ""
