"""A shop with a published forecast, and people who look at it."""

import pytest

from forecasting.tests.builder import Shop


@pytest.fixture
def shop() -> Shop:
    """Nothing in it yet."""
    return Shop()
