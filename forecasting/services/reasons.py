"""The company's list of reasons for overrides."""

from forecasting.models import OverrideReason
from stocksense.core.masters import Master

REASONS = Master(
    OverrideReason,
    fixed=frozenset({"code"}),
    instead="Stop offering it instead: value added is reported by it.",
)
