from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "policies"

    def ready(self) -> None:
        from stocksense.ingestion import rooms

        rooms.add("policies.exporters")
