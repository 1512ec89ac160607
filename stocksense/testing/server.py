"""Pages and WebSockets over a test's database, in a process of their own: `-m stocksense.testing.server NAME PORT`."""

import os
import sys


def main(database: str, port: str) -> None:
    """Serve with daphne until terminated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.test")
    from django.conf import settings

    for configured in settings.DATABASES.values():
        configured["NAME"] = database
    from daphne.cli import CommandLineInterface

    CommandLineInterface().run(
        ["-b", "127.0.0.1", "-p", port, "--no-server-name", "-v", "0", "stocksense.asgi:application"]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
