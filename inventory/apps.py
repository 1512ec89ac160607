from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("inventory.importers")
