"""Where each page lives. With `routing` the only module that knows every app's pages."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from stocksense.accounts.views import start
from stocksense.core.api.schema import pages
from stocksense.core.health import health
from stocksense.core.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", start, name="start"),
    path("healthz", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("stocksense.api_v1")),
    path("api/schema/", pages.schema, name="api-schema"),
    path("docs", pages.docs, name="api-docs"),
    path("docs/errors", pages.errors, name="api-errors"),
    path("redoc", pages.redoc, name="api-redoc"),
    path("redoc.js", pages.redoc_script, name="api-redoc-script"),
    path("account/", include("stocksense.accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "stocksense.core.api.outside.bad_request"
handler403 = "stocksense.core.api.outside.permission_denied"
handler404 = "stocksense.core.api.outside.page_not_found"
handler500 = "stocksense.core.api.outside.server_error"
