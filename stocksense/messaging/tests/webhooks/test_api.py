"""Webhooks over REST: the secret once, changes by If-Match, and nobody but administrators."""

import pytest

from stocksense.messaging.models import News, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import dispatch, news, sealing
from stocksense.testing.api import pointers

pytestmark = pytest.mark.django_db


@pytest.fixture
def setter(api_client):
    return api_client("admin")


def body(receiver, **more):
    return {"url": receiver.url, "topics": ["plan.published"], **more}


def test_the_secret_is_shown_once_and_kept_sealed(setter, receiver):
    made = setter.post("webhooks", body(receiver, description="ERP"))
    secret = made.json()["secret"]
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    row = WebhookEndpoint.objects.get()
    assert secret not in row.secret
    assert sealing.unseal(row.secret) == secret
    shown = setter.get(made["Location"]).json()
    assert "secret" not in shown
    assert (shown["url"], shown["topics"], shown["is_rotating"], shown["description"]) == (
        receiver.url, ["plan.published"], False, "ERP",
    )  # fmt: skip
    rotated = setter.post(f"webhooks/{row.pk}/rotate-secret").json()
    assert (rotated["is_rotating"], rotated["secret"] != secret) == (True, True)
    assert setter.post(f"webhooks/{row.pk}/end-rotation").json()["is_rotating"] is False


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"url": "https://169.254.169.254/latest"}, 422),
        ({"url": "ftp://example.com/"}, 422),
        ({"url": "https://example.com:22/"}, 422),
        ({"url": "x" * 501}, 400),
        ({"topics": ["weather.changed"]}, 422),
        ({"topics": ["webhook.test"]}, 422),
        ({"topics": []}, 400),
        ({"secret": "whsec_mine"}, 400),
        ({"paused_at": None}, 400),
    ],
)
def test_what_cannot_be_is_refused(setter, receiver, changed, status):
    assert setter.post("webhooks", body(receiver) | changed).status_code == status
    assert not WebhookEndpoint.objects.exists()


def test_changing_and_removing_name_the_state(setter, made):
    address = f"webhooks/{made.endpoint.pk}"
    assert setter.patch(address, {"is_active": False}, if_match='W/"old"').status_code == 412
    assert setter.patch(address, {"url": "https://10.0.0.1/"}).status_code == 422
    changed = setter.patch(address, {"topics": ["job.finished"], "is_active": False})
    assert (changed.json()["topics"], changed.json()["is_active"]) == (["job.finished"], False)
    assert setter.delete(address).status_code == 204
    assert setter.get(address).status_code == 404


def test_a_test_message_its_delivery_and_its_replay(setter, made, receiver):
    asked = setter.post(f"webhooks/{made.endpoint.pk}/test")
    assert asked.status_code == 202
    address = asked["Location"]
    assert setter.post(f"{address}/replay").status_code == 409
    dispatch.deliver_due()
    sent = setter.get(address).json()
    assert (sent["state"], sent["last_status"], sent["topic"]) == ("delivered", 204, "webhook.test")
    assert '"type":"webhook.test"' in sent["body"]
    assert setter.post(f"{address}/replay").json()["state"] == "waiting"
    dispatch.deliver_due()
    assert [headers["webhook-id"] for _, headers, _ in receiver.requests] == [sent["message_id"]] * 2


def test_dead_ones_are_listed_and_replayed(setter, made):
    for number in range(3):
        news.hand_to_endpoints(news.message(News.PLAN_PUBLISHED, {"run": number}))
    WebhookDelivery.objects.update(state="dead")
    assert len(setter.results(f"webhook-deliveries?state=dead&webhook={made.endpoint.pk}")) == 3
    assert setter.post(f"webhooks/{made.endpoint.pk}/replay-dead").json() == {"count": 3}
    assert setter.results("webhook-deliveries?state=dead") == []


def test_a_paused_endpoint_says_why_and_is_resumed(setter, made, receiver):
    receiver.status = 410
    news.hand_to_endpoints(news.message(News.PLAN_PUBLISHED, {}))
    dispatch.deliver_due()
    (row,) = setter.results("webhooks?paused_at__isnull=false")
    assert "410" in row["pause_reason"]
    assert setter.post(f"webhooks/{row['id']}/resume").json()["paused_at"] is None


@pytest.mark.parametrize("role", ["viewer", "planner", "approver", "supplier", None])
def test_everybody_else_sees_and_changes_nothing(api_client, made, receiver, role):
    outsider, address = api_client(role), f"webhooks/{made.endpoint.pk}"
    before = WebhookEndpoint.objects.values().get()
    answers = [
        outsider.get("webhooks"),
        outsider.get(address),
        outsider.get("webhook-deliveries"),
        outsider.post("webhooks", body(receiver)),
        outsider.patch(address, {"is_active": False}, if_match="*"),
        outsider.delete(address, if_match="*"),
        *(
            outsider.post(f"{address}/{name}")
            for name in ("rotate-secret", "end-rotation", "test", "resume", "replay-dead")
        ),
    ]
    assert {answer.status_code for answer in answers} <= {401, 403}
    assert WebhookEndpoint.objects.values().get() == before
    assert not WebhookDelivery.objects.exists()


def test_unknown_ids_are_404(setter, made):
    for name in ("rotate-secret", "end-rotation", "test", "resume", "replay-dead"):
        assert setter.post(f"webhooks/999999/{name}").status_code == 404
    assert setter.post("webhook-deliveries/999999/replay").status_code == 404
    assert pointers(setter.get("webhooks?colour=red")) == ["/colour"]
