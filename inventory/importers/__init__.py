"""The files of this app: masters, lanes, stock and demand."""

from inventory.importers.demand import DemandImporter
from inventory.importers.finish import count_changes
from inventory.importers.lanes import LanesImporter
from inventory.importers.masters import ItemLocationsImporter, ItemsImporter, LocationsImporter
from inventory.importers.stock import StockImporter
from stocksense.ingestion import importers


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(
        ItemsImporter(),
        LocationsImporter(),
        ItemLocationsImporter(),
        LanesImporter(),
        StockImporter(),
        DemandImporter(),
    )
    importers.register_finisher(count_changes)
