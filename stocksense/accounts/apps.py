from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "stocksense.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from stocksense.accounts import roles
        from stocksense.core import setup

        setup.on_database_ready(roles.sync_groups)
