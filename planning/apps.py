from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("planning.exporters")
