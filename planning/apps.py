from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self) -> None:
        from planning.services.decisions import limits
        from stocksense.ingestion import rooms

        rooms.add("planning.exporters")
        limits.hold_orders_to_limits()
