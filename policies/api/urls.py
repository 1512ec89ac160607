"""Addresses of policies' resources below `/api/v1/`."""

from policies.api.rules import PolicyRuleView
from policies.api.runs import PolicyRunView, PolicyView
from stocksense.core.api.routers import addresses

urlpatterns = addresses(PolicyRuleView, PolicyRunView, PolicyView)
