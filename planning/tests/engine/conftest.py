"""Fixtures of the planning engine's tests."""

import pytest

from planning.tests.engine.builder import PlanBuilder


@pytest.fixture
def plan() -> PlanBuilder:
    """An empty plan of six days."""
    return PlanBuilder()
