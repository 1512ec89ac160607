"""Planners' overrides: written, looked at before they are written, and put into every forecast run."""

from forecasting.services.overrides.applying import apply_to_run
from forecasting.services.overrides.preview import Preview, preview_override
from forecasting.services.overrides.writing import (
    LARGEST_FACTOR,
    SPAN_FIELDS,
    change_override,
    change_overrides,
    create_override,
    create_overrides,
    ensure_reasons,
    locked_override,
    problems_of,
    reference_day,
    reinstate_override,
    version_of,
    withdraw_override,
)

__all__ = [
    "LARGEST_FACTOR",
    "SPAN_FIELDS",
    "Preview",
    "apply_to_run",
    "change_override",
    "change_overrides",
    "create_override",
    "create_overrides",
    "ensure_reasons",
    "locked_override",
    "preview_override",
    "problems_of",
    "reference_day",
    "reinstate_override",
    "version_of",
    "withdraw_override",
]
