"""A planner's desk for tests of the API."""

import pytest

from planning.tests.desk import Desk


@pytest.fixture
def desk(db) -> Desk:
    """A current plan with one proposal of 108 pieces (432 €)."""
    return Desk()
