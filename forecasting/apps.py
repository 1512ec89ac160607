from django.apps import AppConfig


class ForecastingConfig(AppConfig):
    name = "forecasting"

    def ready(self) -> None:
        from stocksense.core import setup
        from stocksense.ingestion import rooms

        rooms.add("forecasting.importers", "forecasting.exporters")
        setup.on_database_ready(_ensure_reasons)


def _ensure_reasons(using: str) -> None:
    from forecasting.services.overrides import ensure_reasons  # (numeric libraries: not at start-up)

    ensure_reasons(using)
