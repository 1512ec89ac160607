"""Where webhooks may be sent. Private networks are refused unless they are named here."""

from .env import env

WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
"""Networks of one's own, such as 10.1.0.0/16."""
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[443, 8443])
WEBHOOK_PLAIN_HTTP = env.bool("WEBHOOK_PLAIN_HTTP", default=False)
"""http:// too: signed, but readable on its way."""
