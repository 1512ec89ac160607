"""Addresses of webhooks below `/api/v1/`."""

from stocksense.core.api.routers import addresses
from stocksense.messaging.api.webhooks import WebhookDeliveryView, WebhookView

urlpatterns = addresses(WebhookView, WebhookDeliveryView)
