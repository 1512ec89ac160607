"""What must run before Django does, and what a person is told where it cannot."""

import sys

WITHOUT_SERVERS = frozenset(
    {"embedded", "help", "--help", "-h", "version", "--version", "collectstatic", "demo", "serve"}
    | {"document_tables", "document_formats"}
)
"""Commands that start no server themselves (`demo` and `serve` start them with their own messages)."""

UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"


def prepare(argv: list[str]) -> None:
    """Check the data folder and start what the command needs. Ends with a message where that fails."""
    if len(argv) < 2 or "--help" in argv:
        return
    from stocksense import embedded
    from stocksense.embedded.places import check_data_folder, places
    from stocksense.settings import env

    postgres, redis = env.uses_embedded_database(), env.uses_embedded_redis()
    if not (postgres or redis):
        return
    folder = env.data_folder()
    try:
        check_data_folder(places(folder))
        if argv[1] not in WITHOUT_SERVERS:
            embedded.ensure_running(folder, postgres=postgres, redis=redis)
    except embedded.EmbeddedError as error:
        sys.exit(f"{error}")
    except OSError as error:
        sys.exit(f"The data folder {folder} cannot be used: {error.strerror}. Choose another with STOCKSENSE_DATA.")


def sign(argv: list[str]) -> None:
    """Have the history say that this command made the changes that it makes."""
    from stocksense.core import context

    command = argv[1] if len(argv) > 1 else "help"
    origin = context.Origin(
        request_id=context.new_request_id(), channel=context.Channel.COMMAND, actor=f"manage.py {command}"
    )
    context.begin(origin)


def explain(error: Exception) -> str:
    """What to do about a database error that escaped a command; '' where nothing is known."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state in (UNDEFINED_TABLE, UNDEFINED_COLUMN):
        return "The database lacks tables that this version needs. Run: manage.py migrate"
    return ""
