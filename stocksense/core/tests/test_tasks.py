"""Tasks act for whoever asked for them."""

import uuid

import pytest
from celery import signals

from stocksense.celery import app
from stocksense.core import context, tasks
from stocksense.core.context import NOBODY, Origin


@app.task(name="stocksense.core.tests.test_tasks.tell")
def tell() -> Origin:
    return context.current()


def published() -> dict:
    """The headers of a message as sent from here."""
    headers: dict = {}
    signals.before_task_publish.send(sender=tell.name, headers=headers, body=None)
    return headers


def run_as_worker(headers: dict) -> Origin:
    """What the task sees in a worker that got a message with these headers."""
    from celery.app.trace import build_tracer

    task_id = str(uuid.uuid4())
    seen = []
    original = tell.run
    tell.run = lambda: seen.append(original())
    try:
        trace = build_tracer(tell.name, tell, app=app, eager=False)
        trace(task_id, (), {}, {"id": task_id, "task": tell.name, "is_eager": False, **headers})
    finally:
        tell.run = original
    assert task_id not in tasks._running
    return seen[0]


def test_a_task_acts_for_the_request_that_asked_for_it():
    with context.using(Origin(request_id="r-1", channel="admin", reason="spring", actor_id=7, actor="Ada")):
        headers = published()
    seen = run_as_worker(headers)
    assert seen == Origin(request_id="r-1", channel="task", reason="spring", actor_id=7, actor="Ada")
    assert context.current() is NOBODY


def test_a_task_of_the_clock_acts_for_nobody_with_an_id_of_its_own():
    assert published() == {}
    seen = run_as_worker({})
    assert (seen.actor_id, seen.channel, seen.reason) == (None, "task", "task tell")
    assert len(seen.request_id) == 36


@pytest.mark.parametrize("value", [{}, None])
def test_a_message_without_an_origin_is_no_error(value):
    assert run_as_worker({tasks.HEADER: value}).actor_id is None


def test_an_eager_task_runs_inside_of_what_asked_for_it():
    with context.acting(request_id="r-2", channel="admin"):
        assert tell.apply().result.request_id == "r-2"
