#!/usr/bin/env python
"""Django's command line; starts the embedded servers first where no others are named."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksense.settings.local")
    from stocksense.core import start

    start.prepare(sys.argv)
    start.sign(sys.argv)
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError as error:
        if not start.explain(error):
            raise
        sys.exit(start.explain(error))


if __name__ == "__main__":
    main()
