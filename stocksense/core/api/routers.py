"""Addresses of resources: plural nouns without a trailing slash, an object's commands below it."""

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from stocksense.core.api.views import Resource


def addresses(*resources: type[Resource]) -> list[URLPattern | URLResolver]:
    """URL patterns of the resources, named `<resource>-list`, `<resource>-detail`, `<resource>-<command>`."""
    router = SimpleRouter(trailing_slash=False)
    for resource in resources:
        router.register(resource.resource, resource, basename=resource.resource)
    return list(router.urls)
