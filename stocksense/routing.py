"""Where each WebSocket lives. Signed in by session, and only from our own origin."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from planning.consumers import PlanConsumer
from stocksense.accounts.sockets import RequireSecondFactor
from stocksense.jobs.consumers import JobConsumer

SOCKETS = [
    path("ws/jobs/<int:job_id>/", JobConsumer.as_asgi()),
    path("ws/planning/", PlanConsumer.as_asgi()),
]

websocket_application = AllowedHostsOriginValidator(AuthMiddlewareStack(RequireSecondFactor(URLRouter(SOCKETS))))
