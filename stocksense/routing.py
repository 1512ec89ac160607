"""Where each WebSocket lives. Own pages sign in by their session, all others by a ticket."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from planning.consumers import PlanConsumer
from stocksense.accounts.sockets import RequireSecondFactor
from stocksense.jobs.consumers import JobConsumer
from stocksense.realtime.authentication import SocketOrigins

SOCKETS = [
    path("ws/jobs/<int:job_id>/", JobConsumer.as_asgi()),
    path("ws/planning/", PlanConsumer.as_asgi()),
]

_sockets = URLRouter(SOCKETS)
websocket_application = SocketOrigins(pages=AuthMiddlewareStack(RequireSecondFactor(_sockets)), programs=_sockets)
