from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "stocksense.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        from stocksense.audit.services import baseline, changes
        from stocksense.core import setup
        from stocksense.core.api import unchanged

        setup.on_database_ready(baseline.write_baselines)
        setup.on_database_ready(changes.watch)
        unchanged.states_from(changes.state_of)
