"""Addresses of planning's resources below `/api/v1/`."""

from planning.api.exceptions import ExceptionView
from planning.api.orders import PlannedOrderView
from planning.api.plans import PlanRunView
from planning.api.projections import ProjectionView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(PlanRunView, PlannedOrderView, ExceptionView, ProjectionView)
