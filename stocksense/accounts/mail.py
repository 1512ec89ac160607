"""Mails to people, written from templates and sent by the worker so that no page waits for a mail server."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send(*, template: str, to: str, **context: Any) -> None:
    """Send the mail `<template>_subject.txt`, `<template>_message.txt` once the transaction is committed."""
    from stocksense.accounts import tasks

    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    body = render_to_string(f"{template}_message.txt", context).strip() + "\n"
    hand_over(tasks.send_mail, subject=subject, body=body, to=to)


def hand_over(task: Callable[..., Any], **arguments: Any) -> None:
    """Give the task to a worker after commit; do it here where the queue cannot be reached, and never fail the page."""

    def publish() -> None:
        try:
            task.apply_async(kwargs=arguments, retry=False)  # type: ignore[attr-defined]
        except OperationalError:
            _at_once(task, arguments)

    transaction.on_commit(publish)


def _at_once(task: Callable[..., Any], arguments: dict[str, Any]) -> None:
    try:
        task(**arguments)
    except OSError:
        logger.exception("a mail could not be sent: neither the queue nor the mail server answers")
