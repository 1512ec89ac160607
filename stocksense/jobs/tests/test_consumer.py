"""A job's page over its WebSocket: who may listen, what is sent, and when it ends."""

import importlib

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from stocksense import routing
from stocksense.accounts.roles import Role, assign_role
from stocksense.jobs import services
from stocksense.jobs.tests.conftest import make_job

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "stocksense.example"


@pytest.fixture
def application(settings):
    """The sockets of a site with one host name."""
    settings.ALLOWED_HOSTS = [SITE]
    yield importlib.reload(routing).websocket_application
    settings.ALLOWED_HOSTS = ["*"]
    importlib.reload(routing)


@database_sync_to_async
def cookie_of(django_user_model, role: Role | None) -> str:
    user = django_user_model.objects.create_user("someone@example.com", is_staff=True)
    if role:
        assign_role(user=user, role=role)
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


@database_sync_to_async
def claimed_job() -> services.Lease:
    return services.claim(make_job().pk)


def socket(application, job_id: int, cookie: str = "", origin: str = f"https://{SITE}") -> WebsocketCommunicator:
    headers = [(b"origin", origin.encode()), (b"host", SITE.encode()), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(application, f"/ws/jobs/{job_id}/", headers=headers)


async def test_a_visitor_who_is_not_signed_in_is_sent_away(application):
    lease = await claimed_job()
    page = socket(application, lease.job_id)
    await page.connect()
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}
    await page.disconnect()


@pytest.mark.parametrize("role", [None, Role.SUPPLIER])
async def test_a_person_who_may_not_see_jobs_is_sent_away(application, django_user_model, role):
    lease = await claimed_job()
    page = socket(application, lease.job_id, await cookie_of(django_user_model, role))
    await page.connect()
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4403}
    await page.disconnect()


async def test_a_page_on_another_site_cannot_listen(application, django_user_model):
    lease = await claimed_job()
    cookie = await cookie_of(django_user_model, Role.VIEWER)
    page = socket(application, lease.job_id, cookie, origin="https://elsewhere.example")
    connected, _ = await page.connect()
    assert not connected
    await page.disconnect()


async def test_a_job_that_does_not_exist_closes_with_4404(application, django_user_model):
    page = socket(application, 404, await cookie_of(django_user_model, Role.VIEWER))
    await page.connect()
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 4404}
    await page.disconnect()


async def test_a_viewer_sees_the_state_each_report_and_the_end(application, django_user_model):
    lease = await claimed_job()
    page = socket(application, lease.job_id, await cookie_of(django_user_model, Role.VIEWER))
    assert await page.connect() == (True, None)
    first = await page.receive_json_from(timeout=5)
    assert (first["job"]["id"], first["job"]["state"], first["job"]["error"]) == (lease.job_id, "running", "")
    assert [(step["name"], step["state"], step["done"]) for step in first["steps"]] == [
        ("fence", "queued", 0), ("barn", "queued", 0),
    ]  # fmt: skip
    await database_sync_to_async(services.report)(lease, step="fence", done=3, total=9, unit="sheep", message="white")
    fence = (await page.receive_json_from(timeout=5))["steps"][0]
    assert fence.pop("started_at")
    assert fence.pop("finished_at") is None
    assert fence == {
        "position": 0, "name": "fence", "state": "running", "done": 3, "total": 9, "unit": "sheep", "message": "white",
    }  # fmt: skip
    await database_sync_to_async(services.succeed)(lease, result={})
    assert (await page.receive_json_from(timeout=5))["job"]["state"] == "succeeded"
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": 1000}
    await page.disconnect()
