from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from inventory.services import changes
        from stocksense.company.changes import AFTER_CHANGE
        from stocksense.ingestion import rooms

        rooms.add("inventory.importers")
        AFTER_CHANGE.append(changes.count_every)
