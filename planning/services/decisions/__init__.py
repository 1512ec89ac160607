"""What planners decide on proposals and exceptions: words that survive runs, drafts that approvals make, and undo."""

from planning.services.decisions.errors import (
    ApprovalLimitExceeded,
    QuantityChanged,
    RunSuperseded,
    SecondPersonNeeded,
)
from planning.services.decisions.exceptions import (
    decide_exceptions,
    exception_key,
    exception_settles,
    measure,
    measured,
    settled_exceptions,
)
from planning.services.decisions.limits import ask_for, ends_of, held_values, limit_of, who_may
from planning.services.decisions.proposals import (
    approve_planned_orders,
    clear_edit,
    edit_planned_order,
    is_quantity,
    reject_planned_orders,
    reopen_planned_orders,
    snooze_planned_orders,
)
from planning.services.decisions.reach import Back, Return, expected_quantity
from planning.services.decisions.recording import DecisionResult
from planning.services.decisions.standing import (
    Standing,
    decision_key,
    proposed_by_key,
    settled,
    settled_ids,
    settles,
    standings,
    words,
)
from planning.services.decisions.undo import last_batch, undo_batch

__all__ = [
    "ApprovalLimitExceeded",
    "Back",
    "DecisionResult",
    "QuantityChanged",
    "Return",
    "RunSuperseded",
    "SecondPersonNeeded",
    "Standing",
    "approve_planned_orders",
    "ask_for",
    "clear_edit",
    "decide_exceptions",
    "decision_key",
    "edit_planned_order",
    "ends_of",
    "exception_key",
    "exception_settles",
    "expected_quantity",
    "held_values",
    "is_quantity",
    "last_batch",
    "limit_of",
    "measure",
    "measured",
    "proposed_by_key",
    "reject_planned_orders",
    "reopen_planned_orders",
    "settled",
    "settled_exceptions",
    "settled_ids",
    "settles",
    "snooze_planned_orders",
    "standings",
    "undo_batch",
    "who_may",
    "words",
]
