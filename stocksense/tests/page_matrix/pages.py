"""Every page outside of `/api/v1/`, as the URL configuration has it, with the objects that addresses need."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from planning.models import AutoApproveRule, PlannedOrder
from stocksense.accounts.models import ServiceAccount, User, UserKind
from stocksense.accounts.roles import Role
from stocksense.accounts.services.programs import create_service_account
from stocksense.audit.tests.rows import make
from stocksense.ingestion.models import ImportBatch
from stocksense.tests.api_matrix.world import World


@dataclass(frozen=True)
class Page:
    """One address."""

    title: str
    path: str


def pages(world: World) -> list[Page]:
    """All that have a name (others lead to those), ordered by title; actions on objects stand once each."""
    found = [page for pattern in _walk(get_resolver().url_patterns) for page in _of(*pattern, world=world)]
    return sorted(found, key=lambda page: page.title)


def _walk(
    patterns: Sequence[URLPattern | URLResolver], route: str = "", space: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if here != "api/v1/":
                yield from _walk(pattern.url_patterns, here, f"{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.name:
            yield f"{space}{pattern.name}", pattern


def _of(name: str, pattern: URLPattern, *, world: World) -> Iterator[Page]:
    wanted = list(pattern.pattern.regex.groupindex)
    if name == "admin:app_list":
        for label in sorted({model._meta.app_label for model in admin.site._registry}):
            yield Page(f"{name} {label}", reverse(name, args=[label]))
        return
    model = _model_of(name)
    values = _values(world, model)
    if wanted == ["object_id", "name"] and model is not None:
        for action in getattr(admin.site._registry[model], "post_actions", ()):
            yield Page(f"{name} {action}", reverse(name, kwargs={"object_id": values["object_id"], "name": action}))
        return
    yield Page(name, reverse(name, kwargs={key: values[key] for key in wanted}))


def _model_of(name: str) -> type[Model] | None:
    """The model whose admin a URL name belongs to."""
    for model in admin.site._registry:
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
            return model
    return None


def _values(world: World, model: type[Model] | None) -> dict[str, Any]:
    """What stands in addresses: the newest object of each kind."""
    return {
        "object_id": world.callers["viewer"].user.pk
        if model is User
        else 0
        if model is None
        else _newest(world, model),
        "content_type_id": ContentType.objects.get_for_model(User).pk,
        "id": world.callers["viewer"].user.pk,
        "pk": 0,
        "batch_id": _newest(world, ImportBatch),
        "kind": "errors",
        "order_id": _newest(world, PlannedOrder),
        "rule_id": _newest(world, AutoApproveRule),
        "supplier_id": world.order.supplier_id,
        "item_id": world.item.pk,
        "location_id": world.place.pk,
        "uidb36": "1",
        "key": "no-key",
    }


def _newest(world: World, model: type[Model]) -> object:
    """The id of the newest object; of one made now where there is none."""
    if model is User:
        return world.callers["viewer"].user.pk
    if model is ServiceAccount:  # whose table holds people too
        programs = User.objects.filter(kind=UserKind.SERVICE)
        return (programs.first() or create_service_account(name="P", role=Role.VIEWER, actor=admin_of(world))).pk
    return world.pk(model) or make(model).pk


def admin_of(world: World) -> User:
    """Who may make it."""
    user: User = world.callers["admin"].user
    return user
