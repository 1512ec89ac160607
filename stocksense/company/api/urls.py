"""Addresses of company-wide resources below `/api/v1/`."""

from django.urls import URLPattern, URLResolver, path

from stocksense.company.api.resources import CalendarView, CompanyView, ExchangeRateView, ScenarioView
from stocksense.core.api.routers import addresses

_company = CompanyView.as_view({"get": "retrieve", "patch": "partial_update"})

urlpatterns: list[URLPattern | URLResolver] = [
    path("company", _company, {"pk": "1"}, name="company-detail"),
    *addresses(CalendarView, ExchangeRateView, ScenarioView),
]
