from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "stocksense.jobs"
    label = "jobs"
    verbose_name = "Jobs"
