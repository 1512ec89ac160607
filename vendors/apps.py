from django.apps import AppConfig


class VendorsConfig(AppConfig):
    name = "vendors"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("vendors.importers")
