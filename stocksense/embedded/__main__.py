"""`python -m stocksense.embedded status|start|stop [--data DIR]`, without Django."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stocksense.embedded import EmbeddedError, ensure_running, status, stop

_CHECKOUT = Path(__file__).resolve().parents[2]


def default_data_dir() -> Path:
    """STOCKSENSE_DATA, else `.stocksense` beside manage.py."""
    named = os.environ.get("STOCKSENSE_DATA")
    return Path(named) if named else _CHECKOUT / ".stocksense"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 with a message on stderr; `status` returns 3 where not both servers run."""
    parser = argparse.ArgumentParser(prog="python -m stocksense.embedded", description=__doc__)
    parser.add_argument("action", choices=["status", "start", "stop"])
    parser.add_argument("--data", type=Path, default=default_data_dir(), help="data folder (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.action == "stop":
            stop(chosen.data)
        elif chosen.action == "start":
            ensure_running(chosen.data)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return _report(chosen.data, expect_running=chosen.action != "stop")


def _report(data_dir: Path, *, expect_running: bool) -> int:
    now = status(data_dir)
    print(f"data folder  {now.data_dir}")
    for server, url in ((now.postgres, now.endpoints.database_url), (now.redis, now.endpoints.redis_url)):
        state = f"running (process {server.pid})" if server.running else "stopped"
        print(f"{server.name:<12} {state}" + (f"  {url}" if server.running else ""))
    both = now.postgres.running and now.redis.running
    return 3 if expect_running and not both else 0


if __name__ == "__main__":
    raise SystemExit(main())
