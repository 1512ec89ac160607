"""WSGI entry point: pages and the API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.production")

application = get_wsgi_application()
