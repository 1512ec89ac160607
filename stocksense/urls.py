"""Where each page lives. With `routing` the only module that knows every app's pages."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from stocksense.core.health import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health, name="health"),
    path("api/v1/", include("stocksense.api_v1")),
    path("admin/", admin.site.urls),
]
