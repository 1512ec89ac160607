"""Where each WebSocket lives. Signed in by session, and only from our own origin."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from stocksense.jobs.consumers import JobConsumer

websocket_application = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter([path("ws/jobs/<int:job_id>/", JobConsumer.as_asgi())]))
)
