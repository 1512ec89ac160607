"""Auto-approve rules, changed one at a time: whoever sets one is its author, and it acts within the author's rights."""

from planning.models import AutoApproveRule
from stocksense.core.masters import Master

RULES = Master(AutoApproveRule, author="author", instead="Switch it off: what it approved names it.")
"""Proposals approved without asking, in the name of whoever made the rule what it is."""
