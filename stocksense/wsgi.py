"""WSGI entry point: pages and the API, with what answers unchanged lists in front."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.production")
os.environ.setdefault("DATABASE_TIME_LIMITS", "requests")

_django = get_wsgi_application()

from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections, reset_queries  # noqa: E402

from stocksense.accounts.api.revalidation import Revalidation  # noqa: E402  (it speaks to apps, which are loaded now)

application = Revalidation(_django)

request_finished.disconnect(close_old_connections)  # the next request's start closes them
request_started.disconnect(reset_queries)  # nobody reads what production does not log

gc.collect()
gc.freeze()  # what the code itself is made of need not be looked through again: a full pass holds every request up
gc.set_threshold(50_000)  # a request makes thousands of objects, nearly all gone with it: 700 is several passes each
