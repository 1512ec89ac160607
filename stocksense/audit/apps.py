from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "stocksense.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from stocksense.audit.services import baseline
        from stocksense.core import setup

        setup.on_database_ready(baseline.write_baselines)
