from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "stocksense.messaging"
    label = "messaging"
    verbose_name = "Messages"

    def ready(self) -> None:
        from stocksense.core.api import idempotency
        from stocksense.messaging import services
        from stocksense.messaging.idempotency import KeyTable
        from stocksense.messaging.webhooks import news

        idempotency.keep_in(KeyTable())
        services.subscribe(news.TOPIC, news.hand_to_endpoints)
