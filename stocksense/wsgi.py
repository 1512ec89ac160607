"""WSGI entry point: pages and the API."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.production")
os.environ.setdefault("DATABASE_TIME_LIMITS", "requests")

application = get_wsgi_application()

gc.collect()
gc.freeze()  # what the code itself is made of need not be looked through again: a full pass holds every request up
