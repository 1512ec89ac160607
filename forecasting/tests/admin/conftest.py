"""A shop with a published forecast, and people who look at it."""

from collections.abc import Callable
from typing import Any

import pytest

from forecasting.tests.builder import Shop


@pytest.fixture
def shop() -> Shop:
    """Nothing in it yet."""
    return Shop()


@pytest.fixture
def sign_in(client: Any) -> Callable[[Any], Any]:
    """A client signed in as someone."""

    def signed_in(user: Any) -> Any:
        client.force_login(user)
        return client

    return signed_in
