from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "stocksense.core"
    label = "core"
    verbose_name = "Platform"

    def ready(self) -> None:
        from stocksense import celery  # noqa: F401  (shared_task binds to the application once it exists)
        from stocksense.core import checks, setup, tasks  # noqa: F401  (checks register themselves)
        from stocksense.core.database import attribution, roles

        attribution.attribute_writes()
        tasks.connect()
        setup.on_database_ready(roles.grant_privileges)
