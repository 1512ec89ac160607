"""Django's LOGGING, and how it is put into force in every kind of process."""

import logging
import logging.config
import sys
import threading
from types import TracebackType
from typing import Any

import structlog

from stocksense.core.logs import formatting

FORMATTERS = {
    "json": {"()": "stocksense.core.logs.formatting.JsonFormatter"},
    "readable": {"()": "stocksense.core.logs.formatting.ReadableFormatter"},
}
_OF_SERVERS = ("_granian", "granian.access", "daphne", "celery", "kombu", "uvicorn", "uvicorn.access", "uvicorn.error")


def settings(*, form: str, level: str) -> dict[str, Any]:
    """LOGGING for the `form` 'json' or 'readable': every logger's lines to standard error through one formatter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": FORMATTERS[form]},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        # Django's own handlers would write a second line, and mail tracebacks.
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
            # PostgreSQL's notices of what exists already are no news.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }


def configure(configuration: dict[str, Any]) -> None:
    """Put LOGGING into force (Django's LOGGING_CONFIG): also for warnings, uncaught errors and servers' loggers."""
    logging.config.dictConfig(configuration)
    for name in _OF_SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *formatting.shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if configuration["formatters"].get("line") == FORMATTERS["json"]:
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("stocksense").critical("uncaught error", exc_info=(kind, error, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        information = (given.exc_type, given.exc_value, given.exc_traceback)
        logging.getLogger("stocksense").critical("uncaught error in a thread", exc_info=information)
