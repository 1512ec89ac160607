"""Tasks act for whoever asked for them: the origin travels in the message's headers."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from stocksense.core import context
from stocksense.core.context import NOBODY, Channel, Origin

HEADER = "stocksense_origin"
_running: dict[str, AbstractContextManager[Origin]] = {}


def connect() -> None:
    """Have every task that is sent carry its origin, and every task that runs act for it. Called while apps load."""
    before_task_publish.connect(_send_origin, weak=False, dispatch_uid=HEADER)
    task_prerun.connect(_take_origin, weak=False, dispatch_uid=HEADER)
    task_postrun.connect(_drop_origin, weak=False, dispatch_uid=HEADER)


def _send_origin(headers: dict[str, Any] | None = None, **_: Any) -> None:
    origin = context.current()
    if headers is not None and origin is not NOBODY:
        headers[HEADER] = context.to_header(origin)


def _take_origin(task_id: str, task: Any, **_: Any) -> None:
    if task.request.is_eager:
        return  # it runs inside of what asked for it
    origin = context.from_header(task.request.get(HEADER))
    request_id = origin.request_id or context.accepted_request_id(task_id)
    reason = origin.reason or f"task {task.name.rpartition('.')[2]}"
    _running[task_id] = context.using(replace(origin, request_id=request_id, channel=Channel.TASK, reason=reason))
    _running[task_id].__enter__()


def _drop_origin(task_id: str, **_: Any) -> None:
    entered = _running.pop(task_id, None)
    if entered is not None:
        entered.__exit__(None, None, None)
