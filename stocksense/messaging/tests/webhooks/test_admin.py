"""Webhooks in the admin: the secret shown once, state changes by POST, and nobody without the permission."""

import pytest
from django.test import Client

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory
from stocksense.core import clock
from stocksense.messaging.models import News, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import news, sealing

pytestmark = pytest.mark.django_db
LIST = "/admin/messaging/webhookendpoint/"


@pytest.fixture
def page(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def test_adding_shows_the_secret_once(page, receiver):
    form = {"url": receiver.url, "description": "ERP", "topics": ["plan.published", "job.finished"], "is_active": "on"}
    answer = page.post(f"{LIST}add/", form)
    row = WebhookEndpoint.objects.get()
    secret = sealing.unseal(row.secret)
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert row.topics == ["plan.published", "job.finished"]
    assert secret not in page.get(f"{LIST}{row.pk}/change/").content.decode()
    assert row.secret not in page.get(f"{LIST}{row.pk}/change/").content.decode()


def test_an_address_inside_is_an_error_beside_the_field(page, receiver):
    answer = page.post(f"{LIST}add/", {"url": "https://10.0.0.1/", "topics": ["plan.published"]})
    assert "is inside a private network" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_changing_keeps_the_secret(page, made, receiver):
    before = WebhookEndpoint.objects.get().secret
    page.post(f"{LIST}{made.endpoint.pk}/change/", {"url": receiver.url + "/new", "topics": ["job.finished"]})
    row = WebhookEndpoint.objects.get()
    assert (row.url, row.topics, row.is_active, row.secret) == (receiver.url + "/new", ["job.finished"], False, before)


def test_a_new_secret_asks_first_and_is_shown_once(page, made):
    address = f"{LIST}{made.endpoint.pk}/do/rotate_secret/"
    assert page.get(address).status_code == 405
    assert "signs beside the new one" in page.post(address).content.decode()
    assert WebhookEndpoint.objects.get().previous_secret == ""
    shown = page.post(address, {"confirmed": "yes"}).content.decode()
    row = WebhookEndpoint.objects.get()
    assert sealing.unseal(row.secret) in shown
    assert sealing.unseal(row.previous_secret) == made.secret
    page.post(f"{LIST}{row.pk}/do/end_rotation/", {"confirmed": "yes"})
    assert WebhookEndpoint.objects.get().previous_secret == ""


def test_the_list_says_what_is_paused_and_resume_takes_it_up(page, made):
    WebhookEndpoint.objects.update(paused_at=clock.now(), pause_reason="It has taken nothing for 2 days.")
    shown = page.get(LIST).content.decode()
    assert "is paused, its messages wait. It has taken nothing for 2 days." in shown
    page.post(f"{LIST}{made.endpoint.pk}/do/resume/")
    assert WebhookEndpoint.objects.get().paused_at is None
    assert "is paused" not in page.get(LIST).content.decode()


def test_messages_are_listed_and_replayed_by_post(page, made):
    news.hand_to_endpoints(news.message(News.PLAN_PUBLISHED, {"run": 1}))
    WebhookDelivery.objects.update(state="dead", attempts=12, last_error="Answered 500.")
    row = WebhookDelivery.objects.get()
    assert "Answered 500." in page.get("/admin/messaging/webhookdelivery/").content.decode()
    address = f"/admin/messaging/webhookdelivery/{row.pk}/do/replay/"
    assert page.get(address).status_code == 405
    page.post(address)
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)
    WebhookDelivery.objects.update(state="dead")
    page.post(f"{LIST}{made.endpoint.pk}/do/replay_dead/")
    row.refresh_from_db()
    assert row.state == "waiting"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PLANNER, Role.APPROVER])
def test_others_open_nothing_and_change_nothing(made, role):
    client = Client()
    client.force_login(UserFactory(role=role))
    before = WebhookEndpoint.objects.values().get()
    for address in (LIST, f"{LIST}add/", f"{LIST}{made.endpoint.pk}/change/", "/admin/messaging/webhookdelivery/"):
        assert client.get(address).status_code == 403
    assert client.post(f"{LIST}{made.endpoint.pk}/do/rotate_secret/", {"confirmed": "yes"}).status_code in {403, 404}
    assert WebhookEndpoint.objects.values().get() == before


def test_an_endpoint_goes_with_what_it_was_sent(page, made):
    news.hand_to_endpoints(news.message(News.PLAN_PUBLISHED, {"run": 1}))
    assert WebhookDelivery.objects.filter(endpoint=made.endpoint).exists()
    asked = page.get(f"{LIST}{made.endpoint.pk}/delete/").content.decode()
    assert "permission" not in asked
    page.post(f"{LIST}{made.endpoint.pk}/delete/", {"post": "yes"})
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
