from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "stocksense.messaging"
    label = "messaging"
    verbose_name = "Messages"
