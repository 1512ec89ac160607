"""Addresses of resources: plural nouns without a trailing slash, an object's commands below it."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import DynamicRoute, Route, SimpleRouter

from stocksense.core.api.views import Resource


class _Router(SimpleRouter):
    """Commands on the collection come before the object, so that `planned-orders/approve` is no object's address."""

    routes = [
        Route(r"^{prefix}\Z", {"get": "list", "post": "create"}, "{basename}-list", False, {"suffix": "List"}),
        Route(r"^{prefix}:batch\Z", {"post": "batch"}, "{basename}-batch", False, {}),
        DynamicRoute(r"^{prefix}/{url_path}\Z", "{basename}-{url_name}", False, {}),
        Route(
            r"^{prefix}/{lookup}\Z",
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
            "{basename}-detail",
            True,
            {"suffix": "Instance"},
        ),
        DynamicRoute(r"^{prefix}/{lookup}/{url_path}\Z", "{basename}-{url_name}", True, {}),
    ]


def addresses(*resources: type[Resource]) -> list[URLPattern | URLResolver]:
    """URL patterns of the resources, named `<resource>-list`, `-batch`, `-detail`, `<resource>-<command>`."""
    router = _Router(trailing_slash=False)
    for resource in resources:
        router.register(resource.resource, resource, basename=resource.resource)
    return list(router.urls)
