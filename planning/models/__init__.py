"""What a plan says, what people decided on it, and who may decide without asking."""

from planning.models.approvals import ApprovalLimit, AutoApproveRule
from planning.models.decisions import (
    BatchVerb,
    Decision,
    DecisionBatch,
    DecisionEntry,
    ExceptionDecision,
    ExceptionWord,
    PlanDecision,
)
from planning.models.desk import DeskPage, DeskPreference, SavedView, SkuList
from planning.models.runs import (
    ExceptionKind,
    OrderKind,
    Pegging,
    PlanException,
    PlannedOrder,
    PlanRun,
    Projection,
    RunRow,
    RunRowQuerySet,
    SupplyKind,
)

__all__ = [
    "ApprovalLimit",
    "AutoApproveRule",
    "BatchVerb",
    "Decision",
    "DecisionBatch",
    "DecisionEntry",
    "DeskPage",
    "DeskPreference",
    "ExceptionDecision",
    "ExceptionKind",
    "ExceptionWord",
    "OrderKind",
    "Pegging",
    "PlanDecision",
    "PlanException",
    "PlanRun",
    "PlannedOrder",
    "Projection",
    "RunRow",
    "RunRowQuerySet",
    "SavedView",
    "SkuList",
    "SupplyKind",
]
