"""Addresses of forecasting's resources below `/api/v1/`."""

from forecasting.api.analogues import ItemAnalogueView
from forecasting.api.corrections import DemandCorrectionView
from forecasting.api.events import DemandEventView
from forecasting.api.runs import ForecastRunView, ForecastView
from forecasting.api.totals import ForecastAggregateView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(
    DemandEventView, ForecastRunView, ForecastView, ForecastAggregateView, DemandCorrectionView, ItemAnalogueView
)
