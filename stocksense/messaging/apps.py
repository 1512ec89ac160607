from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "stocksense.messaging"
    label = "messaging"
    verbose_name = "Messages"

    def ready(self) -> None:
        from stocksense.core.api import idempotency
        from stocksense.messaging.idempotency import KeyTable

        idempotency.keep_in(KeyTable())
