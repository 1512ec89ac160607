"""What remains to be done when all files are merged."""

from django.db.backends.utils import CursorWrapper

from inventory.services import item_locations
from stocksense.ingestion.importers import ImportContext

COMPANY_WIDE = ("company", "calendars", "exchange_rates")


def count_changes(context: ImportContext, cursor: CursorWrapper) -> None:
    """Move the change counter of every item-location whose inputs changed; company-wide inputs are everyone's."""
    company_wide = [context.counts[kind] for kind in COMPANY_WIDE if kind in context.counts]
    if any(counts.new or counts.changed for counts in company_wide):
        item_locations.note_changes("SELECT NULL::bigint, NULL::bigint")
    item_locations.count_noted_changes()
