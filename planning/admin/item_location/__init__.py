"""One item at one location: what it has, what comes, what is expected, what is proposed, and why."""

from planning.admin.item_location.page import page
from planning.admin.item_location.trees import view as supply
from planning.admin.item_location.trial import view as what_if

__all__ = ["page", "supply", "what_if"]
