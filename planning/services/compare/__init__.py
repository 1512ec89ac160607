"""Two plans side by side: what changed between them, by how much money, and why."""

from planning.services.compare.choice import Pair, choose_runs, comparable_runs
from planning.services.compare.proposals import CAUSE_NAMES, CauseTotal, Comparison, Mover, Part, compare_runs
from planning.services.compare.warnings import KindChange, WarningChange, compare_warnings, warning_changes

__all__ = [
    "CAUSE_NAMES",
    "CauseTotal",
    "Comparison",
    "KindChange",
    "Mover",
    "Pair",
    "Part",
    "WarningChange",
    "choose_runs",
    "comparable_runs",
    "compare_runs",
    "compare_warnings",
    "warning_changes",
]
