"""PostgreSQL (with pgvector) and Valkey from pip, started beside the data folder they serve.

Used when no server of one's own is named by DATABASE_URL or REDIS_URL. Nothing here knows Django, and
nothing here listens on the network: both servers are reached by unix sockets in a private folder.
"""

from stocksense.embedded.errors import EmbeddedError
from stocksense.embedded.places import Endpoints, endpoints
from stocksense.embedded.servers import ServerStatus, Status, ensure_running, status, stop

__all__ = [
    "EmbeddedError",
    "Endpoints",
    "ServerStatus",
    "Status",
    "endpoints",
    "ensure_running",
    "status",
    "stop",
]
