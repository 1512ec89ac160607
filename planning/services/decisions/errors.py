"""What a decision is refused with."""

from stocksense.core.errors import Conflict, NotAllowed


class RunSuperseded(Conflict):
    """A newer plan is current. `fields["quantities"]` holds its quantity per order asked for, or None."""

    code = "run_superseded"


class QuantityChanged(Conflict):
    """A line's quantity is not what the person saw when deciding. `fields["skus"]` names the lines."""

    code = "quantity_changed"


class ApprovalLimitExceeded(NotAllowed):
    """An order would be worth more than the actor may approve. `fields`: limit, value, who (may approve it)."""

    code = "approval_limit_exceeded"


class SecondPersonNeeded(NotAllowed):
    """The company wants another person to approve what somebody changed or made."""

    code = "second_person_needed"
