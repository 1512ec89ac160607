"""The one formatter of all log lines. Loads without Django, for servers that log before an application exists."""

import logging
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from stocksense.core.logs.redaction import remove_secrets

_KNOWN_EXTRAS = ["status_code", "duration_ms", "job_id", "task_id", "task_name"]


def _origin(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Request id, user and route, as far as they are known without asking the database."""
    context = sys.modules.get("stocksense.core.context")
    if context is None:
        return event
    origin = context.current()
    # Django logs refused requests after their middleware is through; the record still names the request.
    request = getattr(event.get("_record"), "request", None)
    if origin is context.NOBODY and hasattr(request, "request_id"):
        origin = context.of_request(request)
    if origin.request_id:
        event.setdefault("request_id", origin.request_id)
    if origin.channel:
        event.setdefault("channel", str(origin.channel))
    actor_id = origin.known_actor_id()
    if actor_id is not None:
        event.setdefault("user_id", actor_id)
    match = getattr(origin.request, "resolver_match", None)
    if match is not None and match.view_name:
        event.setdefault("route", match.view_name)
    return event


def _process(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if record is not None and record.threadName != "MainThread":
        event["thread"] = record.threadName
    return event


def _json(event: EventDict, **_: Any) -> str:
    import orjson

    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode(errors="replace")


def shared_processors() -> list[Processor]:
    """What is added to every line, whether structlog or the standard library made it."""
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=_KNOWN_EXTRAS),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _origin,
        _process,
    ]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, *last: Processor) -> None:
        super().__init__(
            foreign_pre_chain=shared_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                remove_secrets,
                *last,
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """One line; a record that cannot be formatted is told of instead of lost."""
        try:
            return super().format(record)
        except Exception as error:
            broken = f"log record of {record.name} could not be formatted: {type(error).__name__}"
            return super().format(logging.LogRecord(record.name, logging.ERROR, "", 0, broken, None, None))


class JsonFormatter(_Formatter):
    """One JSON object per event: at, level, logger, event, and what is bound."""

    def __init__(self) -> None:
        super().__init__(
            structlog.processors.EventRenamer("event"), structlog.processors.JSONRenderer(serializer=_json)
        )


class ReadableFormatter(_Formatter):
    """The same as text for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__(_readable)


def _readable(_logger: Any, _method: str, event: EventDict) -> str:
    words = [event.pop(name, "") for name in ("at", "level", "logger", "event")]
    trace = event.pop("exception", "")
    line = " ".join([*(str(word) for word in words), *(f"{name}={value}" for name, value in event.items())])
    return f"{line}\n{trace}" if trace else line
