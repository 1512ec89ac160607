"""Demand events, changed one at a time; imports change them in bulk."""

from forecasting.models import DemandEvent
from inventory.services import changes
from stocksense.core.masters import Master


def _count(event: DemandEvent) -> None:
    places = None if event.location_id is None else [event.location_id]
    changes.count_every(items=[event.item_id], locations=places)


EVENTS = Master(
    DemandEvent,
    touched=_count,
    unseen=frozenset({"label"}),
    instead="Give it an end date.",
)
"""Promotions and other happenings: whatever plans the item counts a change of one."""
