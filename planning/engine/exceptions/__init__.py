"""What a planner should look at, ranked by the expected cost of doing nothing; one module per family."""

from planning.engine.exceptions.finding import find_exceptions
from planning.engine.exceptions.kinds import Parameter, PlanException

__all__ = ["Parameter", "PlanException", "find_exceptions"]
