"""One item at one location: what it has, what comes, what is expected, what is proposed, and why."""

from planning.admin.item_location.page import page

__all__ = ["page"]
