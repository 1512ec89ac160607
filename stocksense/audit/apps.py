from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "stocksense.audit"
    label = "audit"
    verbose_name = "Audit"
