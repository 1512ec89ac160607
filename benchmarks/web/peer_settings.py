"""Bare Django REST framework on the same database: its own defaults."""

from stocksense.settings.local import *  # noqa: F403

MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",  # answers have a length
    "allauth.account.middleware.AccountMiddleware",  # its app refuses to start without it
]
ROOT_URLCONF = "benchmarks.web.peer"
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
