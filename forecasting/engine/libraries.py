"""Libraries that take seconds to load, loaded where they are needed and without what they only look for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def statsforecast_models() -> Any:
    """The module `statsforecast.models`.

    A library of its own looks for data frames of dask, which it is never given: a second of the four it takes to load.
    """
    with _not_found("dask.dataframe"):
        from statsforecast import models
    return models


@contextmanager
def _not_found(name: str) -> Iterator[None]:
    """While a library is loaded, a module it can do without is not there; as it was afterwards."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # (so it is said that there is none)
    try:
        yield
    finally:
        del sys.modules[name]
