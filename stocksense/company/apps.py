from django.apps import AppConfig


class CompanyConfig(AppConfig):
    name = "stocksense.company"
    label = "company"
    verbose_name = "Company"

    def ready(self) -> None:
        from stocksense.accounts import second_factor
        from stocksense.company import services
        from stocksense.core import setup

        setup.on_database_ready(services.ensure_base_rows)
        second_factor.read_roles_with(services.second_factor_roles)
