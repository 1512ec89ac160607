"""What must run before Django does: the embedded servers of this data folder."""

import sys

WITHOUT_SERVERS = frozenset(
    {
        "embedded",
        "help",
        "--help",
        "-h",
        "version",
        "--version",
        "collectstatic",
        "demo",
        "document_tables",
        "document_formats",
    }
)
"""Commands that start no server themselves (`demo` starts them with its own messages)."""


def prepare(argv: list[str]) -> None:
    """Start what the command needs. Ends the process with a message, not a traceback, where that fails."""
    if len(argv) < 2 or argv[1] in WITHOUT_SERVERS or "--help" in argv:
        return
    from stocksense import embedded
    from stocksense.settings import env

    postgres, redis = env.uses_embedded_database(), env.uses_embedded_redis()
    if not (postgres or redis):
        return
    try:
        embedded.ensure_running(env.data_folder(), postgres=postgres, redis=redis)
    except embedded.EmbeddedError as error:
        sys.exit(f"{error}")
