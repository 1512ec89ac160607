from django.apps import AppConfig


class IngestionConfig(AppConfig):
    name = "stocksense.ingestion"
    label = "ingestion"
    verbose_name = "Data in and out"
