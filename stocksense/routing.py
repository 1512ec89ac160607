"""Where each WebSocket lives. Signed in by session, and only from our own origin."""

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

websocket_application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([])))
