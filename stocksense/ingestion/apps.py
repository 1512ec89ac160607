from django.apps import AppConfig


class IngestionConfig(AppConfig):
    name = "stocksense.ingestion"
    label = "ingestion"
    verbose_name = "Data in and out"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("stocksense.ingestion.company_importers")
