"""ASGI entry point: WebSockets, and pages too where one process serves one person."""

import gc
import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.production")
os.environ.setdefault("DATABASE_TIME_LIMITS", "requests")

http = get_asgi_application()

from stocksense.routing import websocket_application  # noqa: E402  (needs the app registry)

application = ProtocolTypeRouter({"http": http, "websocket": websocket_application})

gc.collect()
gc.freeze()  # as in wsgi.py
