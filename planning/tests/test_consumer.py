"""News for open planning pages: who may listen, and what is told of runs, decisions and undo."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from planning.consumers import news
from planning.services import decisions
from planning.tests.desk import Desk
from stocksense import routing
from stocksense.accounts.roles import Role
from stocksense.core import clock
from stocksense.realtime import hints

pytestmark = pytest.mark.django_db(transaction=True)


@database_sync_to_async
def cookie_of(user) -> str:
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def socket(cookie: str = "") -> WebsocketCommunicator:
    headers = [(b"origin", b"https://localhost"), (b"host", b"localhost"), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(routing.websocket_application, "/ws/planning/", headers=headers)


async def test_a_visitor_who_is_not_signed_in_is_sent_away():
    page = socket()
    await page.connect()
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}
    await page.disconnect()


async def test_a_person_who_may_not_see_plans_is_sent_away():
    desk = await database_sync_to_async(Desk)()
    supplier = await database_sync_to_async(desk.person)(Role.SUPPLIER)
    page = socket(await cookie_of(supplier))
    await page.connect()
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}
    await page.disconnect()


async def test_a_viewer_hears_of_decisions_undo_and_a_new_run():
    desk = await database_sync_to_async(Desk)()
    viewer = await database_sync_to_async(desk.person)(Role.VIEWER)
    page = socket(await cookie_of(viewer))
    assert await page.connect() == (True, None)
    quiet = {"orders": [], "exceptions": [], "reload": False}
    assert await page.receive_json_from(timeout=5) == {"run": {"id": desk.run.pk}, **quiet}
    result = await database_sync_to_async(desk.approve)()
    decided = {**quiet, "run": {"id": desk.run.pk}, "orders": [desk.order.pk]}
    assert await page.receive_json_from(timeout=5) == decided
    await database_sync_to_async(decisions.undo_batch)(batch_id=result.batch.pk, actor=desk.planner)
    assert await page.receive_json_from(timeout=5) == decided
    await database_sync_to_async(desk.night)()
    await database_sync_to_async(hints.publish_after_commit)(hints.planning_group(desk.run.scenario_id))
    assert await page.receive_json_from(timeout=5) == {"run": {"id": desk.run.pk}, **quiet}
    await page.disconnect()


def test_an_act_is_told_once_and_again_when_it_is_undone():
    desk, before = Desk(), clock.now() - timedelta(minutes=1)
    batch = desk.approve().batch
    scenario = desk.run.scenario_id
    message, acts = news(scenario, since=before, told=set())
    assert (message["orders"], acts) == ([desk.order.pk], {(batch.pk, False)})
    assert news(scenario, since=before, told=acts)[0]["orders"] == []
    decisions.undo_batch(batch_id=batch.pk, actor=desk.planner)
    assert news(scenario, since=before, told=acts)[0]["orders"] == [desk.order.pk]


def test_of_a_large_act_the_page_is_told_to_look_at_all_its_lines(monkeypatch):
    monkeypatch.setattr("planning.consumers.MOST_LINES", 1)
    desk, before = Desk(), clock.now() - timedelta(minutes=1)
    desk.approve(desk.order, desk.other())
    message, _ = news(desk.run.scenario_id, since=before, told=set())
    assert (message["orders"], message["reload"]) == ([], True)
