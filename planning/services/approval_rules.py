"""Auto-approve rules, changed one at a time: whoever sets one is its author, and it acts within the author's rights."""

from typing import Any

from planning.models import AutoApproveRule
from stocksense.core.masters import Master


class RuleMaster(Master[AutoApproveRule]):
    """Proposals approved without asking, in the name of whoever made the rule what it is."""

    def new(self, *, actor: Any, **values: Any) -> AutoApproveRule:
        """A rule of the actor's."""
        return super().new(actor=actor, **{**values, "author": actor})

    def change(self, *, row: AutoApproveRule, actor: Any, **values: Any) -> AutoApproveRule:
        """Other values; from now on it is the actor's. Errors as `create`."""
        return super().change(row=row, actor=actor, **{**values, "author": actor})


RULES = RuleMaster(AutoApproveRule, instead="Switch it off: what it approved names it.")
