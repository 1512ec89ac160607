"""Addresses of forecasting's resources below `/api/v1/`."""

from forecasting.api.events import DemandEventView
from forecasting.api.overrides import ForecastOverrideView, OverrideReasonView
from forecasting.api.runs import ForecastRunView, ForecastView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(DemandEventView, ForecastRunView, ForecastView, ForecastOverrideView, OverrideReasonView)
