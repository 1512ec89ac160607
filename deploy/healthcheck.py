"""Exit code 0 while this container does its work: pages answer, or the role's process is there."""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROLE_FILE = Path("/tmp/stocksense-role")  # noqa: S108


def healthy(role: str) -> bool:
    """web: `/healthz` says yes. ws: the server answers at all. The others end with their process."""
    if role not in ("web", "ws"):
        return True
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz",
        headers={"Host": host, "X-Forwarded-Proto": "https"},
    )
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return role == "ws"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy(ROLE_FILE.read_text().strip()) else 1)
