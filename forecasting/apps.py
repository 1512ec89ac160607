from django.apps import AppConfig


class ForecastingConfig(AppConfig):
    name = "forecasting"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("forecasting.importers", "forecasting.exporters")
