"""The files of this app: suppliers, their terms and price breaks, and open orders of all kinds."""

from stocksense.ingestion import importers
from vendors.importers.finish import warn_of_missing_sources
from vendors.importers.open_orders import OpenOrdersImporter
from vendors.importers.suppliers import PriceBreaksImporter, SupplierItemsImporter, SuppliersImporter


def register() -> None:
    """Make the kinds of files of this app known."""
    importers.register(SuppliersImporter(), SupplierItemsImporter(), PriceBreaksImporter(), OpenOrdersImporter())
    importers.register_finisher(warn_of_missing_sources)
