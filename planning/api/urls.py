"""Addresses of planning's resources below `/api/v1/`."""

from planning.api.decisions import DecisionView
from planning.api.exceptions import ExceptionView
from planning.api.item_plans import ItemPlanView
from planning.api.orders import PlannedOrderView
from planning.api.plans import PlanRunView
from planning.api.projections import ProjectionView
from planning.api.rules import AutoApproveRuleView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(
    PlanRunView, PlannedOrderView, ExceptionView, ProjectionView, ItemPlanView, DecisionView, AutoApproveRuleView
)
